/*
 * Requests that a driver gets out of a queue itself, or looks for there [doc: Managing I/O Queues]; and the callback that tells
 * it that there are some (WdfIoQueueReadyNotify).
 */
#include "queue.h"

/* Lock held. Can the driver take requests out? */
static NTSTATUS FxCheckTaking(const FX_QUEUE *Queue)
{
    if (Queue->Config.DispatchType == WdfIoQueueDispatchParallel)
        return STATUS_INVALID_DEVICE_STATE;
    if (!Queue->IsDispatching || Queue->IsPowerHeld)
        return STATUS_WDF_PAUSED;
    return STATUS_SUCCESS;
}

/* Lock held. The first after After (NULL: from the head) whose file object is File (NULL: any). */
static FX_REQUEST *FxFindWaiting(FX_QUEUE *Queue, const FX_REQUEST *After, const FX_FILE *File)
{
    PLIST_ENTRY Link = After != NULL ? After->QueueLink.Flink : Queue->Waiting.Flink;

    for (; Link != &Queue->Waiting; Link = Link->Flink) {
        FX_REQUEST *Request = CONTAINING_RECORD(Link, FX_REQUEST, QueueLink);

        if (File == NULL || Request->File == File)
            return Request;
    }
    return NULL;
}

/* Takes the first one of a file (NULL: of any). */
static NTSTATUS FxRetrieve(FX_QUEUE *Queue, const FX_FILE *File, WDFREQUEST *Handle)
{
    FX_REQUEST *Request = NULL;
    NTSTATUS Status;
    KIRQL Irql;

    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Status = FxCheckTaking(Queue);
    if (NT_SUCCESS(Status))
        do
            Request = FxFindWaiting(Queue, Request, File);
        while (Request != NULL && !FxQueueTake(Queue, Request));
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Request == NULL)
        return STATUS_NO_MORE_ENTRIES;
    *Handle = FX_HANDLE(WDFREQUEST, Request);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfIoQueueRetrieveNextRequest);
NTSTATUS NTAPI imp_WdfIoQueueRetrieveNextRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST *OutRequest)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), OutRequest);
    *OutRequest = NULL;
    return FxRetrieve(FxQueueFromHandle(DriverGlobals, Queue), NULL, OutRequest);
}

WDF_DDI(WdfIoQueueRetrieveRequestByFileObject);
NTSTATUS NTAPI imp_WdfIoQueueRetrieveRequestByFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
                                                         WDFFILEOBJECT FileObject, WDFREQUEST *OutRequest)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_REQUIRE(Globals, OutRequest);
    return FxRetrieve(FxQueueFromHandle(DriverGlobals, Queue), FX_OBJECT_OF(FX_FILE, Globals, FileObject, FxTypeFile), OutRequest);
}

WDF_DDI(WdfIoQueueFindRequest);
NTSTATUS NTAPI imp_WdfIoQueueFindRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE QueueHandle, WDFREQUEST FoundRequest,
                                         WDFFILEOBJECT FileObject, PWDF_REQUEST_PARAMETERS Parameters,
                                         WDFREQUEST *OutRequest)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, QueueHandle);
    FX_REQUEST *After = FoundRequest != NULL ? FxRequestFromHandle(DriverGlobals, FoundRequest) : NULL;
    FX_FILE *File = FileObject != NULL ? FX_OBJECT_OF(FX_FILE, Globals, FileObject, FxTypeFile) : NULL;
    FX_REQUEST *Request = NULL;
    NTSTATUS Status;
    KIRQL Irql;

    FX_REQUIRE(Globals, OutRequest);
    *OutRequest = NULL;
    if (Queue->Config.DispatchType != WdfIoQueueDispatchManual)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfIoQueueFindRequest is for manual queues");
    if (Parameters != NULL && Parameters->Size < sizeof(*Parameters))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_REQUEST_PARAMETERS size 0x%x", Parameters->Size);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Status = FxCheckTaking(Queue);
    if (NT_SUCCESS(Status) && After != NULL && (After->Queue != Queue || After->State != FxRequestWaiting))
        Status = STATUS_NOT_FOUND;
    if (NT_SUCCESS(Status)) {
        Request = FxFindWaiting(Queue, After, File);
        Status = Request != NULL ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
    }
    if (NT_SUCCESS(Status)) {
        FxObjectReference(&Request->Object);
        if (Parameters != NULL)
            FxRequestGetParameters(Request, Parameters);
        *OutRequest = FX_HANDLE(WDFREQUEST, Request);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    return Status;
}

WDF_DDI(WdfIoQueueRetrieveFoundRequest);
NTSTATUS NTAPI imp_WdfIoQueueRetrieveFoundRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE QueueHandle,
                                                  WDFREQUEST FoundRequest, WDFREQUEST *OutRequest)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, QueueHandle);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, FoundRequest);
    NTSTATUS Status;
    KIRQL Irql;

    FX_REQUIRE(Globals, OutRequest);
    *OutRequest = NULL;
    if (Queue->Config.DispatchType != WdfIoQueueDispatchManual)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfIoQueueRetrieveFoundRequest is for manual queues");
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Status = FxCheckTaking(Queue);
    if (NT_SUCCESS(Status) && (Request->Queue != Queue || Request->State != FxRequestWaiting || !FxQueueTake(Queue, Request)))
        Status = STATUS_NOT_FOUND;
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (NT_SUCCESS(Status))
        *OutRequest = FoundRequest;
    return Status;
}

WDF_DDI(WdfIoQueueReadyNotify);
NTSTATUS NTAPI imp_WdfIoQueueReadyNotify(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Handle,
                                         PFN_WDF_IO_QUEUE_STATE QueueReady, WDFCONTEXT Context)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, Handle);
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    if (Queue->Config.DispatchType != WdfIoQueueDispatchManual)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfIoQueueReadyNotify is for manual queues");
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    if (QueueReady != NULL ? Queue->Ready.Callback != NULL : Queue->Ready.Callback == NULL || Queue->IsDispatching) {
        Status = STATUS_INVALID_DEVICE_REQUEST;
    } else {
        Queue->Ready.Callback = QueueReady;
        Queue->Ready.Context = Context;
        Queue->IsReadyDue = QueueReady != NULL;
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (!NT_SUCCESS(Status))
        return FxMistake(Globals, Status, "WdfIoQueueReadyNotify: registered already, or not, or the queue is not stopped");
    FxQueueRun(Queue);
    return Status;
}
