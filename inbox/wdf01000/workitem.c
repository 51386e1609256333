/*
 * WDFWORKITEM: a callback in a system worker thread. Queued again while it waits, it runs once; while it runs, once more
 * [doc: Using Framework Work Items; WdfWorkItemEnqueue].
 */
#include "deferred.h"

typedef struct _FX_WORK_ITEM {
    FX_DEFERRED Deferred;
    PFN_WDF_WORKITEM EvtWorkItemFunc;
    PIO_WORKITEM Item;
    KSPIN_LOCK Lock;
    BOOLEAN Queued; /* waits for a worker; Lock */
    ULONG Busy;     /* queued or running instances; Lock */
    KEVENT Idle;    /* notification; signalled while Busy is 0 */
} FX_WORK_ITEM;

static VOID NTAPI FxWorkItemRoutine(PDEVICE_OBJECT Wdm, PVOID Context)
{
    FX_WORK_ITEM *WorkItem = Context;
    FX_OBJECT *Object = &WorkItem->Deferred.Object;
    BOOLEAN Idle;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Wdm);
    KeAcquireSpinLock(&WorkItem->Lock, &Irql);
    WorkItem->Queued = FALSE;
    KeReleaseSpinLock(&WorkItem->Lock, Irql);
    FxDeferredCall(&WorkItem->Deferred, (VOID (NTAPI *)(WDFOBJECT))WorkItem->EvtWorkItemFunc);
    KeAcquireSpinLock(&WorkItem->Lock, &Irql);
    Idle = --WorkItem->Busy == 0;
    if (Idle)
        KeSetEvent(&WorkItem->Idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&WorkItem->Lock, Irql);
    FxObjectDereference(Object);
}

/* From its own callback nothing can be waited for: the reference of the run keeps the object. */
static VOID FxWorkItemWait(FX_WORK_ITEM *WorkItem)
{
    if (WorkItem->Deferred.Running != KeGetCurrentThread())
        KeWaitForSingleObject(&WorkItem->Idle, Executive, KernelMode, FALSE, NULL);
}

static VOID FxWorkItemDispose(FX_OBJECT *Object)
{
    FxWorkItemWait((FX_WORK_ITEM *)Object);
}

static VOID FxWorkItemDestroy(FX_OBJECT *Object)
{
    FX_WORK_ITEM *WorkItem = (FX_WORK_ITEM *)Object;

    if (WorkItem->Item != NULL)
        IoFreeWorkItem(WorkItem->Item);
    FxDeferredDestroy(Object);
}

static const FX_CLASS FxWorkItemClass = {
    .Type = FxTypeWorkItem, .Name = "WDFWORKITEM", .Size = sizeof(FX_WORK_ITEM), .Dispose = FxWorkItemDispose,
    .Destroy = FxWorkItemDestroy, .PassiveDispose = TRUE, .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

static FX_WORK_ITEM *FxWorkItemFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM Handle)
{
    return FX_OBJECT_OF(FX_WORK_ITEM, FxGlobalsOf(DriverGlobals), Handle, FxTypeWorkItem);
}

WDF_DDI(WdfWorkItemCreate);
NTSTATUS NTAPI imp_WdfWorkItemCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_WORKITEM_CONFIG Config,
                                     PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_WORK_ITEM *WorkItem;
    FX_DEFERRED *Deferred;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Config);
    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    if (Config->Size != sizeof(*Config))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_WORKITEM_CONFIG size 0x%x", Config->Size);
    if (Config->EvtWorkItemFunc == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a work item without EvtWorkItemFunc");
    Status = FxDeferredCreate(Globals, &FxWorkItemClass, Attributes, Config->AutomaticSerialization, FALSE, &Deferred);
    if (!NT_SUCCESS(Status))
        return Status;
    WorkItem = (FX_WORK_ITEM *)Deferred;
    WorkItem->EvtWorkItemFunc = Config->EvtWorkItemFunc;
    KeInitializeSpinLock(&WorkItem->Lock);
    KeInitializeEvent(&WorkItem->Idle, NotificationEvent, TRUE);
    WorkItem->Item = IoAllocateWorkItem(Deferred->Object.Device->Wdm);
    if (WorkItem->Item == NULL) {
        FxObjectAbandon(&Deferred->Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = FxDeferredCommit(Deferred);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFWORKITEM, WorkItem);
    return Status;
}

WDF_DDI(WdfWorkItemEnqueue);
VOID NTAPI imp_WdfWorkItemEnqueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM Handle)
{
    FX_WORK_ITEM *WorkItem = FxWorkItemFromHandle(DriverGlobals, Handle);
    BOOLEAN Queue;
    KIRQL Irql;

    KeAcquireSpinLock(&WorkItem->Lock, &Irql);
    Queue = !WorkItem->Queued;
    if (Queue) {
        WorkItem->Queued = TRUE;
        WorkItem->Busy++;
        KeClearEvent(&WorkItem->Idle);
        FxObjectReference(&WorkItem->Deferred.Object);
    }
    KeReleaseSpinLock(&WorkItem->Lock, Irql);
    if (Queue)
        IoQueueWorkItem(WorkItem->Item, FxWorkItemRoutine, DelayedWorkQueue, WorkItem);
}

WDF_DDI(WdfWorkItemGetParentObject);
WDFOBJECT NTAPI imp_WdfWorkItemGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM Handle)
{
    return FxHandleOf(FxWorkItemFromHandle(DriverGlobals, Handle)->Deferred.Client);
}

WDF_DDI(WdfWorkItemFlush);
VOID NTAPI imp_WdfWorkItemFlush(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM Handle)
{
    FX_WORK_ITEM *WorkItem = FxWorkItemFromHandle(DriverGlobals, Handle);

    if (NT_SUCCESS(FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL)))
        FxWorkItemWait(WorkItem);
}
