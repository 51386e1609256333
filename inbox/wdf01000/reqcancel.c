/*
 * Cancellation of requests that the driver owns [doc: Canceling I/O Requests; Synchronizing Cancel and Completion Code]. While a
 * request is marked, the IRP has FxCancelOwned as its cancel routine. Whoever gets the routine off the IRP decides: the driver by
 * WdfRequestUnmarkCancelable, or a cancellation, after which EvtRequestCancel is called and the driver must wait for it.
 */
#include "queue.h"

VOID FxRequestCallCancel(FX_QUEUE *Queue, FX_REQUEST *Request, KIRQL Irql)
{
    PFN_WDF_REQUEST_CANCEL EvtCancel = Request->EvtCancel;
    FX_CALL Call;

    FxQueueEnter(Queue, &Call, Irql);
    EvtCancel(FX_HANDLE(WDFREQUEST, Request));
    FxQueueLeave(Queue->Object.Globals, &Call);
}

/* Lock held: the IRP's cancel routine is off, EvtRequestCancel is due. */
static VOID FxStartCancel(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    Request->Cancel = FxCancelStarted;
    RemoveEntryList(&Request->QueueLink);
    InsertTailList(&Queue->Cancels, &Request->QueueLink);
}

/* Called with the cancel spin lock held. The driver cannot complete the request before EvtRequestCancel. */
static VOID NTAPI FxCancelOwned(PDEVICE_OBJECT Wdm, PIRP Irp)
{
    FX_REQUEST *Request = Irp->Tail.Overlay.DriverContext[3];
    FX_QUEUE *Queue = Request->Queue;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Wdm);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    FxObjectReference(&Queue->Object);
    FxStartCancel(Queue, Request);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
}

VOID FxQueueCancelOwned(FX_QUEUE *Queue)
{
    PLIST_ENTRY Link = Queue->Owned.Flink;

    while (Link != &Queue->Owned) {
        FX_REQUEST *Request = CONTAINING_RECORD(Link, FX_REQUEST, QueueLink);

        Link = Link->Flink;
        if (Request->Cancel != FxCancelMarked || IoSetCancelRoutine(Request->Irp, NULL) == NULL)
            continue;
        Request->Irp->Cancel = TRUE;
        FxStartCancel(Queue, Request);
    }
}

/* Lock held. STATUS_CANCELLED: the IRP is cancelled already, the request is not marked. */
static NTSTATUS FxMark(FX_REQUEST *Request, PFN_WDF_REQUEST_CANCEL EvtCancel)
{
    PIRP Irp = Request->Irp;

    if (Request->State != FxRequestOwned || Request->Cancel == FxCancelMarked || Request->Cancel == FxCancelStarted)
        return STATUS_INVALID_DEVICE_REQUEST;
    Request->EvtCancel = EvtCancel;
    Irp->Tail.Overlay.DriverContext[3] = Request;
    IoSetCancelRoutine(Irp, FxCancelOwned);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
        return STATUS_CANCELLED;
    Request->Cancel = FxCancelMarked;
    return STATUS_SUCCESS;
}

/* The request and its queue; the queue NULL when it has none. */
static FX_QUEUE *FxQueueOfRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, FX_REQUEST **Request)
{
    *Request = FxRequestFromHandle(DriverGlobals, Handle);
    return (*Request)->State != FxRequestDone ? (*Request)->Queue : NULL;
}

WDF_DDI(WdfRequestMarkCancelable);
VOID NTAPI imp_WdfRequestMarkCancelable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle,
                                        PFN_WDF_REQUEST_CANCEL EvtRequestCancel)
{
    FX_REQUEST *Request;
    FX_QUEUE *Queue = FxQueueOfRequest(DriverGlobals, Handle, &Request);
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    BOOLEAN CallNow;
    KIRQL Irql;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), EvtRequestCancel);
    if (Queue == NULL)
        FxQueueViolation(Request, Status, "marked cancelable, but it came from no queue");
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    CallNow = FxQueueMayCall(Queue, Irql);
    Status = FxMark(Request, EvtRequestCancel);
    if (Status == STATUS_CANCELLED) {
        FxObjectReference(&Queue->Object);
        if (CallNow)
            Request->Cancel = FxCancelCalled;
        else
            FxStartCancel(Queue, Request);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (Status == STATUS_INVALID_DEVICE_REQUEST)
        FxQueueViolation(Request, Status, "marked cancelable twice, or not the driver's");
    if (Status != STATUS_CANCELLED)
        return;
    if (CallNow)
        FxRequestCallCancel(Queue, Request, Irql);
    else
        FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
}

WDF_DDI(WdfRequestMarkCancelableEx);
NTSTATUS NTAPI imp_WdfRequestMarkCancelableEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle,
                                              PFN_WDF_REQUEST_CANCEL EvtRequestCancel)
{
    FX_REQUEST *Request;
    FX_QUEUE *Queue = FxQueueOfRequest(DriverGlobals, Handle, &Request);
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    KIRQL Irql;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), EvtRequestCancel);
    if (Queue != NULL) {
        KeAcquireSpinLock(&Queue->Lock, &Irql);
        Status = FxMark(Request, EvtRequestCancel);
        KeReleaseSpinLock(&Queue->Lock, Irql);
    }
    if (Status == STATUS_INVALID_DEVICE_REQUEST)
        FxMistake(FxGlobalsOf(DriverGlobals), Status, "WDFREQUEST %p is cancelable already, or not the driver's", Handle);
    return Status;
}

/* Lock held. */
static NTSTATUS FxUnmark(FX_REQUEST *Request)
{
    if (Request->State != FxRequestOwned)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Request->Cancel == FxCancelStarted || Request->Cancel == FxCancelCalled)
        return STATUS_CANCELLED;
    if (Request->Cancel == FxCancelNone)
        return STATUS_INVALID_PARAMETER;
    if (IoSetCancelRoutine(Request->Irp, NULL) == NULL)
        return STATUS_CANCELLED; /* FxCancelOwned waits for the lock */
    Request->Cancel = FxCancelNone;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfRequestUnmarkCancelable);
NTSTATUS NTAPI imp_WdfRequestUnmarkCancelable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    FX_REQUEST *Request;
    FX_QUEUE *Queue = FxQueueOfRequest(DriverGlobals, Handle, &Request);
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    KIRQL Irql;

    if (Queue != NULL) {
        KeAcquireSpinLock(&Queue->Lock, &Irql);
        Status = FxUnmark(Request);
        KeReleaseSpinLock(&Queue->Lock, Irql);
    }
    if (!NT_SUCCESS(Status) && Status != STATUS_CANCELLED)
        FxMistake(FxGlobalsOf(DriverGlobals), Status, "WDFREQUEST %p is not cancelable, or not the driver's", Handle);
    return Status;
}

WDF_DDI(WdfRequestIsCanceled);
BOOLEAN NTAPI imp_WdfRequestIsCanceled(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    const FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    if (Request->Irp == NULL || Request->State == FxRequestDone || Request->Cancel == FxCancelMarked)
        return FALSE;
    return Request->Irp->Cancel;
}
