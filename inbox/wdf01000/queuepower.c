/*
 * Power-managed queues of a device that leaves D0 or comes back [doc: Using Power-Managed I/O Queues]: nothing is presented meanwhile; the
 * driver is told of each request that it holds (EvtIoStop, EvtIoResume) and the device does not go before each is completed,
 * given back or acknowledged.
 */
#include "queue.h"

/* Lock held. An owned request whose state is From, which becomes To; referenced. NULL: none. */
static FX_REQUEST *FxNextStop(FX_QUEUE *Queue, FX_STOP_STATE From, FX_STOP_STATE To)
{
    for (PLIST_ENTRY Link = Queue->Owned.Flink; Link != &Queue->Owned; Link = Link->Flink) {
        FX_REQUEST *Request = CONTAINING_RECORD(Link, FX_REQUEST, QueueLink);

        if (Request->Stop != From)
            continue;
        Request->Stop = (UCHAR)To;
        FxObjectReference(&Request->Object);
        return Request;
    }
    return NULL;
}

static VOID FxCallStop(FX_QUEUE *Queue, FX_REQUEST *Request, ULONG Flags)
{
    FX_CALL Call;

    FxQueueEnter(Queue, &Call, PASSIVE_LEVEL);
    if (Request->State == FxRequestOwned) /* not completed since it was found */
        Queue->Config.EvtIoStop(FX_HANDLE(WDFQUEUE, Queue), FX_HANDLE(WDFREQUEST, Request),
                                Flags | (Request->Cancel == FxCancelMarked ? WdfRequestStopRequestCancelable : 0));
    FxQueueLeave(Queue->Object.Globals, &Call);
}

static VOID FxCallResume(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    FX_CALL Call;

    FxQueueEnter(Queue, &Call, PASSIVE_LEVEL);
    if (Request->State == FxRequestOwned)
        Queue->Config.EvtIoResume(FX_HANDLE(WDFQUEUE, Queue), FX_HANDLE(WDFREQUEST, Request));
    FxQueueLeave(Queue->Object.Globals, &Call);
}

static VOID FxCountStops(FX_QUEUE *Queue, PLIST_ENTRY List)
{
    for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink) {
        CONTAINING_RECORD(Link, FX_REQUEST, QueueLink)->Stop = FxStopDue;
        Queue->UnstoppedCount++;
    }
}

static VOID FxQueueHold(FX_QUEUE *Queue)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Queue->IsPowerHeld = TRUE;
    Queue->UnstoppedCount = 0;
    FxCountStops(Queue, &Queue->Owned);
    FxCountStops(Queue, &Queue->Cancels);
    KeReleaseSpinLock(&Queue->Lock, Irql);
}

/* At removal what is cancelable is cancelled where the driver does not want to be asked. */
static VOID FxQueueCancelForRemoval(FX_QUEUE *Queue)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    FxQueueCancelOwned(Queue);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
}

static VOID FxQueueTellStop(FX_QUEUE *Queue, ULONG Flags)
{
    FX_REQUEST *Request;
    KIRQL Irql;

    if (Queue->Config.EvtIoStop == NULL) {
        if (Flags & WdfRequestStopActionPurge)
            FxQueueCancelForRemoval(Queue);
        return;
    }
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    while ((Request = FxNextStop(Queue, FxStopDue, FxStopCalled)) != NULL) {
        KeReleaseSpinLock(&Queue->Lock, Irql);
        FxCallStop(Queue, Request, Flags);
        FxObjectDereference(&Request->Object);
        KeAcquireSpinLock(&Queue->Lock, &Irql);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
}

static VOID FxQueueAwaitStopped(FX_QUEUE *Queue)
{
    FX_QUEUE_WAITER Waiter;
    KIRQL Irql;

    KeInitializeEvent(&Waiter.Changed, NotificationEvent, FALSE);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    InsertTailList(&Queue->Waiters, &Waiter.Link);
    while (Queue->UnstoppedCount != 0) {
        KeClearEvent(&Waiter.Changed);
        KeReleaseSpinLock(&Queue->Lock, Irql);
        KeWaitForSingleObject(&Waiter.Changed, Executive, KernelMode, FALSE, NULL);
        KeAcquireSpinLock(&Queue->Lock, &Irql);
    }
    RemoveEntryList(&Waiter.Link);
    KeReleaseSpinLock(&Queue->Lock, Irql);
}

VOID FxQueuesPowerDown(FX_DEVICE *Device, BOOLEAN IsRemoval)
{
    ULONG Flags = IsRemoval ? WdfRequestStopActionPurge : WdfRequestStopActionSuspend;
    FX_QUEUE *Queue;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->QueueLock, &Irql);
    Device->QueuesPowered = FALSE;
    KeReleaseSpinLock(&Device->QueueLock, Irql);
    for (Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, Queue))
        if (Queue->IsPowerManaged)
            FxQueueHold(Queue);
    for (Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, Queue))
        if (Queue->IsPowerManaged) {
            FxQueueTellStop(Queue, Flags);
            FxQueueAwaitStopped(Queue);
        }
}

/* EvtIoResume for what the driver kept, then the queue goes on. */
static VOID FxQueueResume(FX_QUEUE *Queue)
{
    FX_REQUEST *Request;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    while ((Request = FxNextStop(Queue, FxStopAcknowledged, FxStopNone)) != NULL) {
        KeReleaseSpinLock(&Queue->Lock, Irql);
        if (Queue->Config.EvtIoResume != NULL)
            FxCallResume(Queue, Request);
        FxObjectDereference(&Request->Object);
        KeAcquireSpinLock(&Queue->Lock, &Irql);
    }
    Queue->IsPowerHeld = FALSE;
    Queue->IsReadyDue = Queue->Ready.Callback != NULL;
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
}

VOID FxQueuesPowerUp(FX_DEVICE *Device)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Device->QueueLock, &Irql);
    Device->QueuesPowered = TRUE;
    KeReleaseSpinLock(&Device->QueueLock, Irql);
    for (FX_QUEUE *Queue = FxQueueNext(Device, NULL); Queue != NULL; Queue = FxQueueNext(Device, Queue))
        if (Queue->IsPowerManaged && Queue->IsPowerHeld)
            FxQueueResume(Queue);
}
