/*
 * Providers: registration and its end, the blocks that are known, and which of them consumers want collected or told of.
 * Registration information is asked for from a system thread, as documented. [doc: IoWMIRegistrationControl,
 * IRP_MN_REGINFO_EX, IRP_MN_ENABLE_COLLECTION, IRP_MN_ENABLE_EVENTS]
 */
#include "wmip.h"

#include "../ex/exp.h"

#define WMIP_FLAG_CALLBACK 0x80000000u /* WMIREG_FLAG_CALLBACK: no device but a routine is registered */

LIST_ENTRY WmipProviders = {&WmipProviders, &WmipProviders};

WMIP_PROVIDER *WmipFindProvider(PVOID Device)
{
    for (PLIST_ENTRY Link = WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, WMIP_PROVIDER, Link)->Device == Device)
            return CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);
    return NULL;
}

/* ---- blocks that are held ---- */

static VOID WmipDropBlock(WMIP_BLOCK *Block)
{
    if (--Block->References == 0)
        ExFreePoolWithTag(Block, WMIP_TAG);
}

/* Calls Visit for each block of Guid. */
static ULONG WmipForEach(const GUID *Guid, WMIP_SNAPSHOT *Snapshot)
{
    ULONG Count = 0;

    for (PLIST_ENTRY Link = WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink) {
        WMIP_PROVIDER *Provider = CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);

        for (PLIST_ENTRY At = Provider->Blocks.Flink; At != &Provider->Blocks; At = At->Flink) {
            WMIP_BLOCK *Block = CONTAINING_RECORD(At, WMIP_BLOCK, Link);

            if (Guid != NULL && !WmipSameGuid(&Block->Guid, Guid))
                continue;
            if (Snapshot != NULL && ExAcquireRundownProtection(&Provider->Requests)) {
                Block->References++;
                Snapshot->Block[Snapshot->Count++] = Block;
            }
            Count++;
        }
    }
    return Count;
}

WMIP_SNAPSHOT *WmipTakeSnapshot(const GUID *Guid)
{
    ULONG Count = WmipForEach(Guid, NULL);
    WMIP_SNAPSHOT *Snapshot = ExAllocatePoolWithTag(PagedPool, sizeof(*Snapshot) + Count * sizeof(WMIP_BLOCK *), WMIP_TAG);

    if (Snapshot == NULL)
        return NULL;
    Snapshot->Count = 0;
    WmipForEach(Guid, Snapshot);
    return Snapshot;
}

VOID WmipReleaseSnapshot(WMIP_SNAPSHOT *Snapshot)
{
    for (ULONG i = 0; i < Snapshot->Count; i++) {
        WMIP_PROVIDER *Provider = Snapshot->Block[i]->Provider;

        WmipDropBlock(Snapshot->Block[i]);
        ExReleaseRundownProtection(&Provider->Requests);
    }
    ExFreePoolWithTag(Snapshot, WMIP_TAG);
}

/* ---- what consumers want ---- */

static BOOLEAN WmipIsWanted(const GUID *Guid, BOOLEAN Events)
{
    for (PLIST_ENTRY Link = WmipObjects.Flink; Link != &WmipObjects; Link = Link->Flink) {
        WMIP_OBJECT *Object = CONTAINING_RECORD(Link, WMIP_OBJECT, Link);

        if (WmipSameGuid(&Object->Guid, Guid) && (!Events || Object->Callback != NULL))
            return TRUE;
    }
    return FALSE;
}

/* One request to enable at the first consumer, one to disable at the last. [doc] A refusal is asked again at the next change. */
static VOID WmipSwitch(WMIP_BLOCK *Block, BOOLEAN *State, BOOLEAN Wanted, UCHAR Enable, UCHAR Disable)
{
    WNODE_HEADER Header = {.BufferSize = sizeof(Header), .Guid = Block->Guid};
    NTSTATUS Status;

    if (*State == Wanted)
        return;
    *State = Wanted;
    Status = WmipSend(Block->Provider, Wanted ? Enable : Disable, &Block->Guid, sizeof(Header), &Header, NULL);
    if (!NT_SUCCESS(Status))
        *State = !Wanted;
}

VOID WmipAdjustBlock(WMIP_BLOCK *Block)
{
    if (Block->Flags & WMIREG_FLAG_EXPENSIVE)
        WmipSwitch(Block, &Block->Collecting, WmipIsWanted(&Block->Guid, FALSE), IRP_MN_ENABLE_COLLECTION,
                   IRP_MN_DISABLE_COLLECTION);
    WmipSwitch(Block, &Block->Notifying, WmipIsWanted(&Block->Guid, TRUE), IRP_MN_ENABLE_EVENTS,
               IRP_MN_DISABLE_EVENTS);
}

VOID WmipAdjustGuid(const GUID *Guid)
{
    WMIP_SNAPSHOT *Snapshot = WmipTakeSnapshot(Guid);

    if (Snapshot == NULL)
        return;
    for (ULONG i = 0; i < Snapshot->Count; i++)
        WmipAdjustBlock(Snapshot->Block[i]);
    WmipReleaseSnapshot(Snapshot);
}

/* ---- registration ---- */

typedef struct _WMIP_WORK {
    WORK_QUEUE_ITEM Item;
    WMIP_PROVIDER *Provider; /* its run-down protection is held */
    ULONG_PTR DataPath;
} WMIP_WORK;

static VOID NTAPI WmipRegistrationWork(PVOID Context)
{
    WMIP_WORK Work = *(WMIP_WORK *)Context;

    ExFreePoolWithTag(Context, WMIP_TAG);
    WmipAskForBlocks(Work.Provider, Work.DataPath);
    ExReleaseRundownProtection(&Work.Provider->Requests);
}

static NTSTATUS WmipQueueRegistration(WMIP_PROVIDER *Provider, ULONG_PTR DataPath)
{
    WMIP_WORK *Work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Work), WMIP_TAG);

    if (Work == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!ExAcquireRundownProtection(&Provider->Requests)) {
        ExFreePoolWithTag(Work, WMIP_TAG);
        return STATUS_DELETE_PENDING;
    }
    Work->Provider = Provider;
    Work->DataPath = DataPath;
    ExInitializeWorkItem(&Work->Item, WmipRegistrationWork, Work);
    ExQueueWorkItem(&Work->Item, DelayedWorkQueue);
    return STATUS_SUCCESS;
}

static VOID WmipFreeProvider(WMIP_PROVIDER *Provider)
{
    while (!IsListEmpty(&Provider->Blocks)) {
        PLIST_ENTRY Link = RemoveHeadList(&Provider->Blocks);

        WmipDropBlock(CONTAINING_RECORD(Link, WMIP_BLOCK, Link));
    }
    if (!Provider->Callback)
        ObDereferenceObject(Provider->Device);
    ExFreePoolWithTag(Provider, WMIP_TAG);
}

static NTSTATUS WmipRegister(PDEVICE_OBJECT Device, BOOLEAN Callback)
{
    WMIP_PROVIDER *Provider;
    NTSTATUS Status;

    if (WmipFindProvider(Device) != NULL)
        return STATUS_OBJECT_NAME_EXISTS;
    Provider = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Provider), WMIP_TAG);
    if (Provider == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Provider->Device = Device;
    Provider->Callback = Callback;
    ExInitializeRundownProtection(&Provider->Requests);
    InitializeListHead(&Provider->Blocks);
    if (!Callback)
        ObReferenceObject(Device);
    InsertTailList(&WmipProviders, &Provider->Link);
    Status = WmipQueueRegistration(Provider, WMIREGISTER);
    if (!NT_SUCCESS(Status)) {
        RemoveEntryList(&Provider->Link);
        WmipFreeProvider(Provider);
    }
    return Status;
}

/* Waits until every request to the device has completed. [doc] */
static NTSTATUS WmipDeregister(WMIP_PROVIDER *Provider)
{
    RemoveEntryList(&Provider->Link);
    ExWaitForRundownProtectionRelease(&Provider->Requests);
    WmipFreeProvider(Provider);
    return STATUS_SUCCESS;
}

static VOID WmipForgetBlocks(WMIP_PROVIDER *Provider)
{
    while (!IsListEmpty(&Provider->Blocks)) {
        PLIST_ENTRY Link = RemoveHeadList(&Provider->Blocks);

        InitializeListHead(Link);
        WmipDropBlock(CONTAINING_RECORD(Link, WMIP_BLOCK, Link));
    }
}

NT_EXPORT(IoWMIRegistrationControl);
NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action)
{
    WMIP_PROVIDER *Provider = WmipFindProvider(DeviceObject);

    if ((Action & 0xFFFF) == WMIREG_ACTION_REGISTER)
        return WmipRegister(DeviceObject, (Action & WMIP_FLAG_CALLBACK) != 0);
    if ((Action & 0xFFFF) > WMIREG_ACTION_BLOCK_IRPS || (Action & 0xFFFF) == 0 || Provider == NULL)
        return STATUS_INVALID_PARAMETER;
    switch (Action & 0xFFFF) {
    case WMIREG_ACTION_REREGISTER:
        WmipForgetBlocks(Provider);
        return WmipQueueRegistration(Provider, WMIREGISTER);
    case WMIREG_ACTION_UPDATE_GUIDS:
        return WmipQueueRegistration(Provider, WMIUPDATE);
    case WMIREG_ACTION_BLOCK_IRPS: /* no more requests: what deregistering does first */
        WmipForgetBlocks(Provider);
        return STATUS_SUCCESS;
    default:
        return WmipDeregister(Provider);
    }
}

/* The low half of the address: devices lie in one arena of less than 4 GiB. [guess: NT's numbers are its own] */
#undef IoWMIDeviceObjectToProviderId
NT_EXPORT(IoWMIDeviceObjectToProviderId);
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject);
ULONG NTAPI IoWMIDeviceObjectToProviderId(PDEVICE_OBJECT DeviceObject)
{
    return (ULONG)(ULONG_PTR)DeviceObject;
}

/* ---- left behind ---- */

VOID WmiCheckDevice(PDEVICE_OBJECT Device)
{
    if (WmipFindProvider(Device) == NULL)
        return;
    KeSetBugCheckText("device %p is being deleted while it is registered as a WMI provider (IoWMIRegistrationControl with "
                      "WMIREG_ACTION_DEREGISTER is missing)", Device);
    KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xDB, (ULONG_PTR)Device, 0, 0);
}

VOID WmiCheckImage(PVOID Base, SIZE_T Bytes)
{
    for (PLIST_ENTRY Link = WmipProviders.Flink; Link != &WmipProviders; Link = Link->Flink) {
        WMIP_PROVIDER *Provider = CONTAINING_RECORD(Link, WMIP_PROVIDER, Link);

        if (!Provider->Callback || (ULONG_PTR)Provider->Device - (ULONG_PTR)Base >= Bytes)
            continue;
        KeSetBugCheckText("a driver is unloaded while its WMI callback %p is registered", Provider->Device);
        KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xDA, (ULONG_PTR)Base, (ULONG_PTR)Provider->Device, 0);
    }
}
