/*
 * Resources that drivers claim for hardware which they are about to look for, and which nobody
 * enumerates. A claim is a driver's, or one of its device objects'; what is claimed is taken for
 * everybody else. [doc: IoReportResourceForDetection] Left out: the registry's ResourceMap.
 */
#include "resource.h"

typedef struct _PNP_CLAIM {
    LIST_ENTRY Entry; /* PnpClaims; tree lock */
    const VOID *Owner; /* driver or device object */
    PDRIVER_OBJECT Driver;
    PCM_RESOURCE_LIST List;
} PNP_CLAIM;

static LIST_ENTRY PnpClaims = { &PnpClaims, &PnpClaims };

static PNP_CLAIM *PnpFindClaim(const VOID *Owner)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpClaims.Flink; Entry != &PnpClaims; Entry = Entry->Flink)
        if (CONTAINING_RECORD(Entry, PNP_CLAIM, Entry)->Owner == Owner)
            return CONTAINING_RECORD(Entry, PNP_CLAIM, Entry);
    return NULL;
}

static VOID PnpDropClaim(PNP_CLAIM *Claim)
{
    RemoveEntryList(&Claim->Entry);
    ExFreePoolWithTag(Claim->List, PNP_TAG);
    ExFreePoolWithTag(Claim, PNP_TAG);
}

VOID PnpDropClaims(PDRIVER_OBJECT Driver)
{
    PLIST_ENTRY Entry = PnpClaims.Flink;

    while (Entry != &PnpClaims) {
        PNP_CLAIM *Claim = CONTAINING_RECORD(Entry, PNP_CLAIM, Entry);

        Entry = Entry->Flink;
        if (Claim->Driver == Driver)
            PnpDropClaim(Claim);
    }
}

BOOLEAN PnpIsClaimed(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, const VOID *Except,
                     ULONG64 *Next)
{
    PLIST_ENTRY Entry;

    for (Entry = PnpClaims.Flink; Entry != &PnpClaims; Entry = Entry->Flink) {
        PNP_CLAIM *Claim = CONTAINING_RECORD(Entry, PNP_CLAIM, Entry);

        if (Claim->Owner != Except && PnpListClashes(Wanted, Claim->List, Next))
            return TRUE;
    }
    return FALSE;
}

/* ---- one claim ---- */

/* The list and all that it counts lie within its bytes. */
static BOOLEAN PnpIsWellFormed(const CM_RESOURCE_LIST *List, SIZE_T Bytes)
{
    const SIZE_T Header =
        FIELD_OFFSET(CM_FULL_RESOURCE_DESCRIPTOR, PartialResourceList.PartialDescriptors);
    SIZE_T At = FIELD_OFFSET(CM_RESOURCE_LIST, List);
    ULONG i;

    if (Bytes < At)
        return FALSE;
    for (i = 0; i < List->Count; i++) {
        const CM_FULL_RESOURCE_DESCRIPTOR *Full =
            (const CM_FULL_RESOURCE_DESCRIPTOR *)((const UCHAR *)List + At);

        if (Bytes - At < Header ||
            Full->PartialResourceList.Count >
                (Bytes - At - Header) / sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR))
            return FALSE;
        At += Header + Full->PartialResourceList.Count * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    }
    return TRUE;
}

static PNP_CLAIM *PnpMakeClaim(const VOID *Owner, PDRIVER_OBJECT Driver,
                               const CM_RESOURCE_LIST *List, SIZE_T Bytes)
{
    PNP_CLAIM *Claim = ExAllocatePoolWithTag(PagedPool, sizeof(*Claim), PNP_TAG);

    if (Claim == NULL)
        return NULL;
    Claim->List = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
    if (Claim->List == NULL) {
        ExFreePoolWithTag(Claim, PNP_TAG);
        return NULL;
    }
    RtlCopyMemory(Claim->List, List, Bytes);
    Claim->Owner = Owner;
    Claim->Driver = Driver;
    return Claim;
}

/* In place of what the owner has claimed before, which stays his if this cannot be had. Tree lock.
 */
static NTSTATUS PnpClaim(const VOID *Owner, PDRIVER_OBJECT Driver, PCM_RESOURCE_LIST List,
                         SIZE_T Bytes)
{
    PNP_CLAIM *Old = PnpFindClaim(Owner), *New = NULL;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR At = NULL;

    while ((At = PnpNextDescriptor(List, At)) != NULL)
        if (PnpIsTakenByOthers(At, Owner))
            return STATUS_CONFLICTING_ADDRESSES;
    if (List->Count != 0 && (New = PnpMakeClaim(Owner, Driver, List, Bytes)) == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Old != NULL)
        PnpDropClaim(Old);
    if (New != NULL)
        InsertTailList(&PnpClaims, &New->Entry);
    return STATUS_SUCCESS;
}

NT_EXPORT(IoReportResourceForDetection);
NTSTATUS NTAPI IoReportResourceForDetection(PDRIVER_OBJECT DriverObject,
                                            PCM_RESOURCE_LIST DriverList, ULONG DriverListSize,
                                            PDEVICE_OBJECT DeviceObject,
                                            PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize,
                                            PBOOLEAN ConflictDetected)
{
    BOOLEAN IsDevice = DeviceObject != NULL && DeviceList != NULL;
    PCM_RESOURCE_LIST List = IsDevice ? DeviceList : DriverList;
    ULONG Bytes = IsDevice ? DeviceListSize : DriverListSize;
    NTSTATUS Status;

    *ConflictDetected = FALSE;
    if (List == NULL || !PnpIsWellFormed(List, Bytes))
        return STATUS_UNSUCCESSFUL;
    PnpLockTree();
    Status =
        PnpClaim(IsDevice ? (const VOID *)DeviceObject : DriverObject, DriverObject, List, Bytes);
    PnpUnlockTree();
    *ConflictDetected = Status == STATUS_CONFLICTING_ADDRESSES;
    return Status;
}
