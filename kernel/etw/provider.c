/*
 * Event providers of drivers: registration, being enabled, information. [doc: EtwRegister, EtwUnregister, EtwEnableCallback,
 * EtwEventEnabled, EtwProviderEnabled, EtwSetInformation] There is one session, the run's own; what it enables is said on the
 * command line. Left out: filters, provider groups.
 */
#include "etwp.h"

#include "../ex/exp.h"
#include "../ldr/ldr.h"

#define ETWP_ENABLES 32u
#define ETWP_ENABLE_PROVIDER 1u /* EVENT_CONTROL_CODE_ENABLE_PROVIDER */

/* EVENT_INFO_CLASS */
enum { ETWP_TRACK_BINARY, ETWP_RESERVED, ETWP_SET_TRAITS, ETWP_USE_TYPE };

static LIST_ENTRY EtwpProviders = {&EtwpProviders, &EtwpProviders};
static struct {
    GUID Guid;
    BOOLEAN All; /* every provider */
    UCHAR Level;
    ULONG64 Keywords;
} EtwpEnabled[ETWP_ENABLES];
static ULONG EtwpEnabledCount;
static const GUID EtwpSession = {0xd4d0c500, 0x0e7f, 0x4577, {0x8d, 0x0c, 0x6b, 0x00, 0x00, 0x00, 0x00, 0x01}};

ETWP_PROVIDER *EtwpFind(REGHANDLE Handle)
{
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink)
        if ((REGHANDLE)(ULONG_PTR)CONTAINING_RECORD(Link, ETWP_PROVIDER, Link) == Handle)
            return CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);
    return NULL;
}

/* Level 0 and keywords 0 stand for any; together they are the most verbose of both. */
static VOID EtwpWiden(ETWP_PROVIDER *Provider, UCHAR Level, ULONG64 Keywords)
{
    BOOLEAN First = !Provider->Enabled;

    Provider->Level = First ? Level : Level == 0 || Provider->Level == 0 ? 0 : max(Level, Provider->Level);
    Provider->Keywords = First ? Keywords : Keywords == 0 || Provider->Keywords == 0 ? 0 : Keywords | Provider->Keywords;
    Provider->Enabled = TRUE;
}

static VOID EtwpTell(ETWP_PROVIDER *Provider)
{
    if (Provider->Enabled && Provider->Callback != NULL)
        Provider->Callback(&EtwpSession, ETWP_ENABLE_PROVIDER, Provider->Level, Provider->Keywords, 0, NULL,
                           Provider->Context);
}

NTSTATUS EtwEnable(const GUID *Guid, UCHAR Level, ULONG64 Keywords)
{
    ULONG n = EtwpEnabledCount;

    if (n == ETWP_ENABLES)
        return STATUS_TOO_MANY_NAMES;
    EtwpEnabled[n].All = Guid == NULL;
    if (Guid != NULL)
        EtwpEnabled[n].Guid = *Guid;
    EtwpEnabled[n].Level = Level;
    EtwpEnabled[n].Keywords = Keywords;
    EtwpEnabledCount++;
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink) {
        ETWP_PROVIDER *Provider = CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);

        if (Guid != NULL && RtlCompareMemory(&Provider->Guid, Guid, sizeof(GUID)) != sizeof(GUID))
            continue;
        EtwpWiden(Provider, Level, Keywords);
        EtwpTell(Provider);
    }
    return STATUS_SUCCESS;
}

NT_EXPORT(EtwRegister);
NTSTATUS NTAPI EtwRegister(LPCGUID ProviderId, PETWENABLECALLBACK EnableCallback, PVOID CallbackContext,
                           PREGHANDLE RegHandle)
{
    ETWP_PROVIDER *Provider;

    if (ProviderId == NULL || RegHandle == NULL)
        return STATUS_INVALID_PARAMETER;
    *RegHandle = 0;
    Provider = ExpAllocatePool(NonPagedPoolNx, sizeof(*Provider), ETWP_TAG, FALSE, __builtin_return_address(0));
    if (Provider == NULL)
        return STATUS_NO_MEMORY;
    RtlZeroMemory(Provider, sizeof(*Provider));
    Provider->Guid = *ProviderId;
    Provider->Callback = EnableCallback;
    Provider->Context = CallbackContext;
    Provider->Caller = __builtin_return_address(0);
    for (ULONG i = 0; i < EtwpEnabledCount; i++)
        if (EtwpEnabled[i].All || RtlCompareMemory(&EtwpEnabled[i].Guid, ProviderId, sizeof(GUID)) == sizeof(GUID))
            EtwpWiden(Provider, EtwpEnabled[i].Level, EtwpEnabled[i].Keywords);
    InsertTailList(&EtwpProviders, &Provider->Link);
    *RegHandle = (REGHANDLE)(ULONG_PTR)Provider;
    EtwpTell(Provider);
    return STATUS_SUCCESS;
}

NT_EXPORT(EtwUnregister);
NTSTATUS NTAPI EtwUnregister(REGHANDLE RegHandle)
{
    ETWP_PROVIDER *Provider = EtwpFind(RegHandle);

    if (Provider == NULL) { /* [verifier.tsv] */
        KeSetBugCheckText("EtwUnregister of %#I64x, which is no registration handle (any more)", RegHandle);
        KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xDC, (ULONG_PTR)RegHandle, 0, 0);
    }
    RemoveEntryList(&Provider->Link);
    ExFreePoolWithTag(Provider, ETWP_TAG);
    return STATUS_SUCCESS;
}

/* ---- is it wanted ---- */

static BOOLEAN EtwpIsWanted(const ETWP_PROVIDER *Provider, UCHAR Level, ULONG64 Keyword)
{
    return Provider != NULL && Provider->Enabled && (Provider->Level == 0 || Level <= Provider->Level) &&
           (Keyword == 0 || Provider->Keywords == 0 || (Keyword & Provider->Keywords) != 0);
}

NT_EXPORT(EtwEventEnabled);
BOOLEAN NTAPI EtwEventEnabled(REGHANDLE RegHandle, PCEVENT_DESCRIPTOR EventDescriptor)
{
    return EtwpIsWanted(EtwpFind(RegHandle), EventDescriptor->Level, EventDescriptor->Keyword);
}

NT_EXPORT(EtwProviderEnabled);
BOOLEAN NTAPI EtwProviderEnabled(REGHANDLE RegHandle, UCHAR Level, ULONGLONG Keyword)
{
    return EtwpIsWanted(EtwpFind(RegHandle), Level, Keyword);
}

/* ---- information ---- */

/* A blob that begins with its own size and a name that ends inside. */
static NTSTATUS EtwpSetTraits(ETWP_PROVIDER *Provider, const UCHAR *Traits, ULONG Bytes)
{
    ULONG End = sizeof(USHORT);

    if (Traits == NULL || Bytes < 3 || Bytes > ETWP_TRAITS_BYTES || *(const USHORT *)Traits != Bytes)
        return STATUS_INVALID_PARAMETER;
    while (End < Bytes && Traits[End] != 0)
        End++;
    if (End == Bytes)
        return STATUS_INVALID_PARAMETER;
    RtlCopyMemory(Provider->Traits, Traits, Bytes);
    Provider->TraitsBytes = (USHORT)Bytes;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, ULONG InformationClass, PVOID EventInformation,
                                 ULONG InformationLength);

NT_EXPORT(EtwSetInformation);
NTSTATUS NTAPI EtwSetInformation(REGHANDLE RegHandle, ULONG InformationClass, PVOID EventInformation,
                                 ULONG InformationLength)
{
    ETWP_PROVIDER *Provider = EtwpFind(RegHandle);

    if (Provider == NULL)
        return STATUS_INVALID_HANDLE;
    switch (InformationClass) {
    case ETWP_SET_TRAITS:
        return EtwpSetTraits(Provider, EventInformation, InformationLength);
    case ETWP_USE_TYPE: /* a BOOLEAN; descriptors' types are always looked at */
        return InformationLength == sizeof(BOOLEAN) && EventInformation != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case ETWP_TRACK_BINARY: /* the image's name is not logged, as every event names its provider */
        return InformationLength == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* ---- left behind ---- */

VOID EtwCheckImage(PVOID Base, SIZE_T Bytes)
{
    for (PLIST_ENTRY Link = EtwpProviders.Flink; Link != &EtwpProviders; Link = Link->Flink) {
        ETWP_PROVIDER *Provider = CONTAINING_RECORD(Link, ETWP_PROVIDER, Link);

        if ((ULONG_PTR)Provider->Caller - (ULONG_PTR)Base >= Bytes &&
            (ULONG_PTR)Provider->Callback - (ULONG_PTR)Base >= Bytes)
            continue;
        KeSetBugCheckText("a driver is unloaded with its event provider %p still registered: EtwUnregister is missing",
                          Provider);
        KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xDD, (ULONG_PTR)Provider->Caller, (ULONG_PTR)Base,
                     (ULONG_PTR)Provider);
    }
}
