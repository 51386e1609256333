/*
 * What a driver does with a queue as a whole: start, stop, drain, purge, state; and its deletion [doc: I/O Queue States;
 * Managing I/O Queues; Deleting I/O Queues].
 */
#include "queue.h"

/* ---- changes of state ---- */

typedef enum _FX_CHANGE { FxChangeStop, FxChangeDrain, FxChangePurge, FxChangeStopAndPurge } FX_CHANGE;

static const struct {
    BOOLEAN Accepting, StopsDispatching, Cancels, Purged;
    FX_QUEUE_OPERATION Operation; /* that is done when the driver has let go */
} FxChange[] = {
    [FxChangeStop] = { TRUE, TRUE, FALSE, FALSE, FxQueueStopped },
    [FxChangeDrain] = { FALSE, FALSE, FALSE, FALSE, FxQueueDrained },
    [FxChangePurge] = { FALSE, FALSE, TRUE, TRUE, FxQueuePurged },
    [FxChangeStopAndPurge] = { TRUE, TRUE, TRUE, FALSE, FxQueueStopped },
};

/* Callback NULL: none. The callback comes from FxQueueRun, here or later. */
static VOID FxQueueChange(FX_QUEUE *Queue, FX_CHANGE Change, PFN_WDF_IO_QUEUE_STATE Callback, WDFCONTEXT Context)
{
    FX_QUEUE_NOTIFY *Notify = &Queue->Notify[FxChange[Change].Operation];
    BOOLEAN Busy, Stuck;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Busy = Callback != NULL && Notify->Callback != NULL;
    Stuck = Change == FxChangeDrain && !Queue->IsDispatching;
    Queue->IsAccepting = FxChange[Change].Accepting;
    Queue->IsPurged = FxChange[Change].Purged;
    if (FxChange[Change].StopsDispatching)
        Queue->IsDispatching = FALSE;
    if (FxChange[Change].Cancels) {
        FxQueueCancelWaiting(Queue, NULL);
        FxQueueCancelOwned(Queue);
    }
    if (Callback != NULL && !Busy) {
        Notify->Callback = Callback;
        Notify->Context = Context;
    }
    FxQueueWatch(Queue);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (FxChange[Change].Cancels)
        FxProgressPurge(Queue);
    if (Busy)
        FxMistake(Queue->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
                  "WDFQUEUE %p: the callback of the operation before is not called yet", FX_HANDLE(WDFQUEUE, Queue));
    if (Stuck)
        FxMistake(Queue->Object.Globals, STATUS_INVALID_DEVICE_STATE,
                  "WDFQUEUE %p is drained while it is stopped: it never gets empty", FX_HANDLE(WDFQUEUE, Queue));
    FxQueueRun(Queue);
}

VOID FxQueueAwait(FX_QUEUE *Queue, FX_QUEUE_OPERATION Operation)
{
    FX_QUEUE_WAITER Waiter;
    KIRQL Irql;

    KeInitializeEvent(&Waiter.Changed, NotificationEvent, FALSE);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    InsertTailList(&Queue->Waiters, &Waiter.Link);
    while (!FxQueueIsDone(Queue, Operation)) {
        KeClearEvent(&Waiter.Changed);
        KeReleaseSpinLock(&Queue->Lock, Irql);
        KeWaitForSingleObject(&Waiter.Changed, Executive, KernelMode, FALSE, NULL);
        KeAcquireSpinLock(&Queue->Lock, &Irql);
    }
    RemoveEntryList(&Waiter.Link);
    KeReleaseSpinLock(&Queue->Lock, Irql);
}

VOID FxQueuePurge(FX_QUEUE *Queue)
{
    FxQueueChange(Queue, FxChangePurge, NULL, NULL);
}

/* For a synchronous operation: PASSIVE_LEVEL, and not from within a callback that holds the lock: that would wait for itself. */
static VOID FxChangeAndAwait(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Handle, FX_CHANGE Change)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, Handle);

    if (!NT_SUCCESS(FxCheckIrql(Globals, PASSIVE_LEVEL)))
        return;
    FxObjectReference(&Queue->Object);
    FxQueueChange(Queue, Change, NULL, NULL);
    FxQueueAwait(Queue, FxChange[Change].Operation);
    FxObjectDereference(&Queue->Object);
}

WDF_DDI(WdfIoQueueStart);
VOID NTAPI imp_WdfIoQueueStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Handle)
{
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, Handle);
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Queue->IsAccepting = TRUE;
    Queue->IsPurged = FALSE;
    if (!Queue->IsDispatching)
        Queue->IsReadyDue = Queue->Ready.Callback != NULL;
    Queue->IsDispatching = TRUE;
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
}

WDF_DDI(WdfIoQueueStop);
VOID NTAPI imp_WdfIoQueueStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete,
                              WDFCONTEXT Context)
{
    FxQueueChange(FxQueueFromHandle(DriverGlobals, Queue), FxChangeStop, StopComplete, Context);
}

WDF_DDI(WdfIoQueueStopSynchronously);
VOID NTAPI imp_WdfIoQueueStopSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    FxChangeAndAwait(DriverGlobals, Queue, FxChangeStop);
}

WDF_DDI(WdfIoQueueDrain);
VOID NTAPI imp_WdfIoQueueDrain(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete,
                               WDFCONTEXT Context)
{
    FxQueueChange(FxQueueFromHandle(DriverGlobals, Queue), FxChangeDrain, DrainComplete, Context);
}

WDF_DDI(WdfIoQueueDrainSynchronously);
VOID NTAPI imp_WdfIoQueueDrainSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    FxChangeAndAwait(DriverGlobals, Queue, FxChangeDrain);
}

WDF_DDI(WdfIoQueuePurge);
VOID NTAPI imp_WdfIoQueuePurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete,
                               WDFCONTEXT Context)
{
    FxQueueChange(FxQueueFromHandle(DriverGlobals, Queue), FxChangePurge, PurgeComplete, Context);
}

WDF_DDI(WdfIoQueuePurgeSynchronously);
VOID NTAPI imp_WdfIoQueuePurgeSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    FxChangeAndAwait(DriverGlobals, Queue, FxChangePurge);
}

WDF_DDI(WdfIoQueueStopAndPurge);
VOID NTAPI imp_WdfIoQueueStopAndPurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
                                      PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete, WDFCONTEXT Context)
{
    FxQueueChange(FxQueueFromHandle(DriverGlobals, Queue), FxChangeStopAndPurge, StopAndPurgeComplete, Context);
}

WDF_DDI(WdfIoQueueStopAndPurgeSynchronously);
VOID NTAPI imp_WdfIoQueueStopAndPurgeSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    FxChangeAndAwait(DriverGlobals, Queue, FxChangeStopAndPurge);
}

WDF_DDI(WdfIoQueueGetState);
WDF_IO_QUEUE_STATE NTAPI imp_WdfIoQueueGetState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Handle, PULONG QueueRequests,
                                                PULONG DriverRequests)
{
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, Handle);
    ULONG State = 0;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    State |= Queue->IsAccepting ? WdfIoQueueAcceptRequests : 0;
    State |= Queue->IsDispatching ? WdfIoQueueDispatchRequests : 0;
    State |= Queue->WaitingCount == 0 ? WdfIoQueueNoRequests : 0;
    State |= Queue->OwnedCount == 0 ? WdfIoQueueDriverNoRequests : 0;
    State |= Queue->IsPowerHeld ? WdfIoQueuePnpHeld : 0;
    if (QueueRequests != NULL)
        *QueueRequests = Queue->WaitingCount;
    if (DriverRequests != NULL)
        *DriverRequests = Queue->OwnedCount;
    KeReleaseSpinLock(&Queue->Lock, Irql);
    return (WDF_IO_QUEUE_STATE)State;
}

/* ---- deletion ---- */

/* A callback of the queue deletes it, from the DPC or the work item: that one keeps it until it is done. */
static BOOLEAN FxQueueHoldDeferred(FX_QUEUE *Queue)
{
    BOOLEAN Hold;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Hold = Queue->DeferredCount != 0 && FxQueueIsInLoop(Queue);
    if (Hold) {
        Queue->IsDeferredHeld = TRUE;
        FxObjectReference(&Queue->Object);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    return Hold;
}

/* Nothing is accepted any more, what waits is cancelled, what the driver has is waited for. PASSIVE_LEVEL. */
static VOID FxQueueDispose(FX_OBJECT *Object)
{
    FX_QUEUE *Queue = (FX_QUEUE *)Object;

    FxQueuePurge(Queue);
    FxQueueAwait(Queue, FxQueueHoldDeferred(Queue) ? FxQueuePurged : FxQueueGone);
    FxQueueDelist(Queue);
    FxProgressFree(Queue);
}

const FX_CLASS FxQueueClass = {
    .Type = FxTypeQueue, .Name = "WDFQUEUE", .Size = sizeof(FX_QUEUE), .Dispose = FxQueueDispose, .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE, .HasExecutionLevel = TRUE,
};

/* ---- all queues of a device ---- */

/* The queue after Previous (NULL: the first) of those that still are a device's, referenced; Previous is dereferenced. */
FX_QUEUE *FxQueueNext(FX_DEVICE *Device, FX_QUEUE *Previous)
{
    FX_QUEUE *Next = NULL;
    PLIST_ENTRY Link;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->QueueLock, &Irql);
    Link = Previous != NULL && !IsListEmpty(&Previous->Link) ? Previous->Link.Flink : NULL;
    if (Previous == NULL)
        Link = Device->Queues.Flink;
    if (Link != NULL && Link != &Device->Queues) {
        Next = CONTAINING_RECORD(Link, FX_QUEUE, Link);
        FxObjectReference(&Next->Object);
    }
    KeReleaseSpinLock(&Device->QueueLock, Irql);
    if (Previous != NULL)
        FxObjectDereference(&Previous->Object);
    return Next;
}

VOID FxQueuesPurge(FX_DEVICE *Device, BOOLEAN PowerManaged)
{
    FX_QUEUE *Queue;

    for (Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, Queue))
        if (Queue->IsPowerManaged == PowerManaged)
            FxQueuePurge(Queue);
    for (Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, Queue))
        if (Queue->IsPowerManaged == PowerManaged)
            FxQueueAwait(Queue, FxQueuePurged);
}

VOID FxQueuesCancelFile(FX_DEVICE *Device, PFILE_OBJECT File)
{
    KIRQL Irql;

    for (FX_QUEUE *Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, Queue)) {
        KeAcquireSpinLock(&Queue->Lock, &Irql);
        FxQueueCancelWaiting(Queue, File);
        KeReleaseSpinLock(&Queue->Lock, Irql);
        FxQueueRun(Queue);
    }
}

VOID FxQueueForgetDevice(FX_DEVICE *Device)
{
    for (FX_QUEUE *Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, NULL)) {
        FxObjectReference(&Queue->Object);
        FxObjectDelete(&Queue->Object);
        FxQueueDelist(Queue);
        FxObjectDereference(&Queue->Object);
        FxObjectDereference(&Queue->Object);
    }
}
