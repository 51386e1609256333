/*
 * Which service drives which hardware ID: a table of the loaded services, and the registry's
 * System\DriverDatabase\DeviceIds for those that could be loaded. [doc: How Setup Selects Drivers: the order of a
 * device's IDs is the order of preference] Left out: ranks by signature, date and version.
 */
#include "pnpp.h"

typedef struct _PNP_MATCH {
    LIST_ENTRY Entry; /* PnpMatches; tree lock */
    UNICODE_STRING Service;
    UNICODE_STRING Ids; /* multi-string */
} PNP_MATCH;

static LIST_ENTRY PnpMatches = { &PnpMatches, &PnpMatches };

static PNP_MATCH *PnpFindMatch(PCUNICODE_STRING Service)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpMatches.Flink; Entry != &PnpMatches; Entry = Entry->Flink) {
        PNP_MATCH *Match = CONTAINING_RECORD(Entry, PNP_MATCH, Entry);

        if (RtlEqualUnicodeString(&Match->Service, Service, TRUE))
            return Match;
    }
    return NULL;
}

static VOID PnpFreeMatch(PNP_MATCH *Match)
{
    PnpFree(&Match->Service);
    PnpFree(&Match->Ids);
    ExFreePoolWithTag(Match, PNP_TAG);
}

NTSTATUS PnpAddMatch(PCUNICODE_STRING Service, PCUNICODE_STRING Ids)
{
    PNP_MATCH *Match = ExAllocatePoolWithTag(PagedPool, sizeof(*Match), PNP_TAG);

    if (Match == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Match->Service = PnpCopy(Service);
    Match->Ids = PnpCopy(Ids);
    if (Match->Service.Buffer == NULL || Match->Ids.Buffer == NULL) {
        PnpFreeMatch(Match);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PnpRemoveMatch(Service);
    InsertTailList(&PnpMatches, &Match->Entry);
    return STATUS_SUCCESS;
}

VOID PnpRemoveMatch(PCUNICODE_STRING Service)
{
    PNP_MATCH *Match = PnpFindMatch(Service);

    if (Match == NULL)
        return;
    RemoveEntryList(&Match->Entry);
    PnpFreeMatch(Match);
}

PCUNICODE_STRING PnpMatchIds(PCUNICODE_STRING Service)
{
    static const UNICODE_STRING None = { 0, 0, NULL };
    PNP_MATCH *Match = PnpFindMatch(Service);

    return Match != NULL ? &Match->Ids : &None;
}

static BOOLEAN PnpHasId(PCUNICODE_STRING Ids, PCUNICODE_STRING Id)
{
    UNICODE_STRING One;
    PWCHAR At = NULL;

    while (PnpNextString(Ids, &At, &One))
        if (RtlEqualUnicodeString(&One, Id, TRUE))
            return TRUE;
    return FALSE;
}

static UNICODE_STRING PnpServiceInDatabase(PCUNICODE_STRING Id)
{
    UNICODE_STRING Path = PnpFormat(L"\\Registry\\Machine\\System\\DriverDatabase\\DeviceIds\\%wZ", Id);
    UNICODE_STRING Service = { 0, 0, NULL };
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    if (Path.Buffer == NULL)
        return Service;
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, KEY_READ, &Attributes))) {
        Service = PnpQueryString(Key, L"Service");
        ZwClose(Key);
    }
    PnpFree(&Path);
    return Service;
}

static UNICODE_STRING PnpServiceOfId(PCUNICODE_STRING Id)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpMatches.Flink; Entry != &PnpMatches; Entry = Entry->Flink) {
        PNP_MATCH *Match = CONTAINING_RECORD(Entry, PNP_MATCH, Entry);

        if (PnpHasId(&Match->Ids, Id))
            return PnpCopy(&Match->Service);
    }
    return PnpServiceInDatabase(Id);
}

/* As setup has installed it; for root devices also as whoever made it has said. */
static UNICODE_STRING PnpInstalledService(PNP_NODE *Node)
{
    UNICODE_STRING Service = { 0, 0, NULL }, Driver = PnpQueryEnumString(Node, L"Driver");

    if ((Node->Flags & PNP_NODE_ROOT_ENUMERATED) || Driver.Buffer != NULL)
        Service = PnpQueryEnumString(Node, L"Service");
    PnpFree(&Driver);
    return Service;
}

UNICODE_STRING PnpFindService(PNP_NODE *Node)
{
    PCUNICODE_STRING Lists[] = { &Node->HardwareIds, &Node->CompatibleIds };
    UNICODE_STRING Service = { 0, 0, NULL }, Id;
    ULONG i;

    Service = PnpInstalledService(Node);
    for (i = 0; i < RTL_NUMBER_OF(Lists) && Service.Buffer == NULL; i++) {
        PWCHAR At = NULL;

        while (Service.Buffer == NULL && PnpNextString(Lists[i], &At, &Id))
            Service = PnpServiceOfId(&Id);
    }
    return Service;
}
