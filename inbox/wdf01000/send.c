/*
 * Sending requests to I/O targets: synchronously or not, with time-outs, forgotten; completion and cancellation [doc: Sending
 * I/O Requests to General I/O Targets; WdfRequestSend].
 *
 * A sent request is held by the IRP below and by each who is cancelling it: the last to let go finishes it. So a canceller
 * never touches an IRP that has gone, and the driver's completion routine runs once.
 */
#include "usbtarget.h"

FX_SEND *FxSendOf(FX_REQUEST *Request)
{
    if (Request->Send == NULL) {
        Request->Send = FxAllocate(Request->Object.Globals, sizeof(FX_SEND));
        if (Request->Send != NULL)
            Request->Send->Request = Request;
    }
    return Request->Send;
}

VOID FxSendReset(FX_REQUEST *Request)
{
    FX_SEND *Send = Request->Send;

    if (Send == NULL)
        return;
    if (Send->Mdl != NULL && Send->MdlIsLocked)
        MmUnlockPages(Send->Mdl);
    if (Send->Mdl != NULL)
        IoFreeMdl(Send->Mdl);
    FxFree(Send->SystemBuffer);
    if (Send->UrbIsOurs)
        FxFree(Send->Urb);
    if (Send->HasSaved) {
        Request->Irp->MdlAddress = Send->Saved.Mdl;
        Request->Irp->AssociatedIrp.SystemBuffer = Send->Saved.SystemBuffer;
        Request->Irp->UserBuffer = Send->Saved.UserBuffer;
    } else if (Send->IsFormatted && Request->Irp != NULL) {
        Request->Irp->MdlAddress = NULL;
        Request->Irp->AssociatedIrp.SystemBuffer = NULL;
    }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Send->Memory); i++)
        if (Send->Memory[i] != NULL)
            FxObjectDereference(&Send->Memory[i]->Object);
    Send->Mdl = NULL;
    Send->MdlIsLocked = FALSE;
    Send->SystemBuffer = NULL;
    Send->Urb = NULL;
    Send->UrbIsOurs = FALSE;
    Send->CopyOut = FALSE;
    Send->HasSaved = FALSE;
    Send->IsFormatted = FALSE;
    RtlZeroMemory(Send->Memory, sizeof(Send->Memory));
}

VOID FxSendFree(FX_REQUEST *Request)
{
    FxSendReset(Request);
    FxFree(Request->Send);
    Request->Send = NULL;
}

/* ---- finishing ---- */

/* What the driver below left in the IRP; output that went through a buffer of ours is copied. */
static VOID FxSendCollect(FX_REQUEST *Request)
{
    FX_SEND *Send = Request->Send;
    PIRP Irp = Request->Irp;

    Request->Status = Irp->IoStatus.Status;
    Request->Information = Irp->IoStatus.Information;
    if (Send->TimedOut && Request->Status == STATUS_CANCELLED)
        Request->Status = Irp->IoStatus.Status = STATUS_IO_TIMEOUT;
    if (Send->CopyOut && NT_SUCCESS(Request->Status))
        RtlCopyMemory(Send->Output, Send->SystemBuffer, min(Request->Information, Send->OutputLength));
    Send->Params.IoStatus.Status = Request->Status;
    Send->Params.IoStatus.Information = Request->Information;
    if (Send->Params.Type == WdfRequestTypeDeviceControl || Send->Params.Type == WdfRequestTypeDeviceControlInternal)
        Send->Params.Parameters.Ioctl.Output.Length = (size_t)Request->Information;
    else if (Send->Params.Type == WdfRequestTypeRead)
        Send->Params.Parameters.Read.Length = (size_t)Request->Information;
    else if (Send->Params.Type == WdfRequestTypeWrite)
        Send->Params.Parameters.Write.Length = (size_t)Request->Information;
    else if (Send->Params.Type == WdfRequestTypeUsb)
        FxUsbCollect(Send);
}

static VOID FxSendUnlist(FX_REQUEST *Request)
{
    FX_TARGET *Target = Request->Target;
    KIRQL Irql;

    KeAcquireSpinLock(&Target->Lock, &Irql);
    RemoveEntryList(&Request->TargetLink);
    Request->Send->IsSent = FALSE;
    if (IsListEmpty(&Target->Sent))
        KeSetEvent(&Target->Idle, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Target->Lock, Irql);
}

/* The driver's completion routine, or the synchronous sender, has the request now. */
static VOID FxSendHandOver(FX_REQUEST *Request)
{
    PFN_WDF_REQUEST_COMPLETION_ROUTINE Routine = Request->EvtCompletion;
    WDF_REQUEST_COMPLETION_PARAMS Params = Request->Send->Params;
    FX_TARGET *Target = Request->Target;
    KEVENT *Done = Request->Send->Done;

    FxSendReset(Request);
    if (Done == NULL)
        Request->EvtCompletion = NULL; /* set anew for each sending */
    if (Done != NULL)
        KeSetEvent(Done, IO_NO_INCREMENT, FALSE); /* the request is the sender's now */
    else if (Routine != NULL)
        Routine(FX_HANDLE(WDFREQUEST, Request), FX_HANDLE(WDFIOTARGET, Target), &Params, Request->CompletionContext);
    FxObjectDereference(&Target->Object);
}

/* Drops a hold; the last one finishes. <= DISPATCH_LEVEL. */
static VOID FxSendLetGo(FX_REQUEST *Request)
{
    if (InterlockedDecrement(&Request->Send->Holds) != 0)
        return;
    FxSendCollect(Request);
    FxSendUnlist(Request);
    FxSendHandOver(Request);
}

static NTSTATUS NTAPI FxSendCompleted(PDEVICE_OBJECT Wdm, PIRP Irp, PVOID Context)
{
    FX_REQUEST *Request = Context;
    FX_SEND *Send = Request->Send;

    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Irp);
    if (Send->TimerSet && KeCancelTimer(&Send->Timer)) {
        Send->TimerSet = FALSE;
        InterlockedDecrement(&Send->Holds); /* the timer's; the IRP's own is still there */
    }
    FxSendLetGo(Request);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* ---- cancelling ---- */

/* Takes a hold of a request that is sent; FALSE: it is not, or no longer. Target's lock held. */
static BOOLEAN FxSendHold(FX_REQUEST *Request)
{
    FX_SEND *Send = Request->Send;
    LONG Holds;

    if (Send == NULL || !Send->IsSent)
        return FALSE;
    for (Holds = Send->Holds; Holds != 0; Holds = Send->Holds)
        if (InterlockedCompareExchange(&Send->Holds, Holds + 1, Holds) == Holds)
            return TRUE;
    return FALSE;
}

BOOLEAN FxSendCancel(FX_REQUEST *Request)
{
    FX_TARGET *Target = Request->Target;
    BOOLEAN Held, WasWaiting = FALSE, Cancelled;
    KIRQL Irql;

    if (Target == NULL || Request->Send == NULL)
        return FALSE;
    KeAcquireSpinLock(&Target->Lock, &Irql);
    Held = FxSendHold(Request);
    if (!Held && Request->Send->IsWaiting) {
        RemoveEntryList(&Request->TargetLink);
        Request->Send->IsWaiting = FALSE;
        WasWaiting = TRUE;
    }
    KeReleaseSpinLock(&Target->Lock, Irql);
    if (WasWaiting) {
        Request->Irp->IoStatus.Status = STATUS_CANCELLED;
        Request->Irp->IoStatus.Information = 0;
        FxSendCollect(Request);
        FxSendHandOver(Request);
        return TRUE;
    }
    if (!Held)
        return FALSE;
    Cancelled = IoCancelIrp(Request->Irp);
    FxSendLetGo(Request);
    return Cancelled;
}

VOID FxSendCancelAll(FX_TARGET *Target)
{
    FX_REQUEST *Request;
    PLIST_ENTRY Link;
    KIRQL Irql;

    for (;;) {
        Request = NULL;
        KeAcquireSpinLock(&Target->Lock, &Irql);
        for (Link = Target->Sent.Flink; Link != &Target->Sent && Request == NULL; Link = Link->Flink) {
            FX_REQUEST *One = CONTAINING_RECORD(Link, FX_REQUEST, TargetLink);

            if (!One->Irp->Cancel && FxSendHold(One))
                Request = One;
        }
        KeReleaseSpinLock(&Target->Lock, Irql);
        if (Request == NULL)
            return;
        IoCancelIrp(Request->Irp);
        FxSendLetGo(Request);
    }
}

static VOID NTAPI FxSendTimeOut(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FX_REQUEST *Request = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Request->Send->TimedOut = TRUE;
    IoCancelIrp(Request->Irp); /* the timer's hold keeps it */
    FxSendLetGo(Request);
}

/* ---- sending ---- */

static VOID FxSendSetTimer(FX_REQUEST *Request, LONGLONG Timeout)
{
    FX_SEND *Send = Request->Send;
    LARGE_INTEGER Due = { .QuadPart = Timeout };

    KeInitializeTimer(&Send->Timer);
    KeInitializeDpc(&Send->TimerDpc, FxSendTimeOut, Request);
    InterlockedIncrement(&Send->Holds);
    Send->TimerSet = TRUE;
    KeSetTimer(&Send->Timer, Due, &Send->TimerDpc);
}

/* Not formatted: the stack location that came in, or for the driver's own IRP the one that it filled, goes on. */
static VOID FxSendDefaultFormat(FX_REQUEST *Request)
{
    if (!Request->Send->IsFormatted && !Request->IsOwn)
        IoCopyCurrentIrpStackLocationToNext(Request->Irp);
}

/* The request is in Target->Sent with one hold. */
static VOID FxSendDown(FX_REQUEST *Request, PWDF_REQUEST_SEND_OPTIONS Options)
{
    FX_TARGET *Target = Request->Target;
    PIRP Irp = Request->Irp;

    FxSendDefaultFormat(Request);
    if (Target->File != NULL)
        IoGetNextIrpStackLocation(Irp)->FileObject = Target->File;
    IoSetCompletionRoutine(Irp, FxSendCompleted, Request, TRUE, TRUE, TRUE);
    if (Options != NULL && (Options->Flags & WDF_REQUEST_SEND_OPTION_TIMEOUT) && Options->Timeout != 0)
        FxSendSetTimer(Request, Options->Timeout);
    (VOID)IoCallDriver(Target->Wdm, Irp); /* the completion routine has its status */
}

static BOOLEAN FxSendForget(FX_REQUEST *Request, FX_TARGET *Target)
{
    PIRP Irp = Request->Irp;

    if (Request->IsOwn || (Request->Send != NULL && Request->Send->IsFormatted) || Request->EvtCompletion != NULL) {
        Request->Status = FxMistake(Request->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
                                    "only a received, unformatted request without completion routine can be forgotten");
        return FALSE;
    }
    FxRequestForget(Request);
    IoSkipCurrentIrpStackLocation(Irp);
    (VOID)IoCallDriver(Target->Wdm, Irp); /* the IRP's status is for whoever completes it */
    return TRUE;
}

static NTSTATUS FxSendCheck(FX_REQUEST *Request, FX_TARGET *Target, PWDF_REQUEST_SEND_OPTIONS Options)
{
    FX_GLOBALS *Globals = Request->Object.Globals;

    if (Options != NULL && Options->Size != sizeof(*Options))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_REQUEST_SEND_OPTIONS size 0x%x", Options->Size);
    if (Request->Send != NULL && (Request->Send->IsSent || Request->Send->IsWaiting))
        FxViolation(Globals, WDF_REQUEST_FATAL_ERROR, WDF_REQUEST_FATAL_ERROR_REQUEST_ALREADY_SENT,
                    (ULONG_PTR)FX_HANDLE(WDFREQUEST, Request), 0);
    if (Target->Wdm == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE, "the target is not open");
    return FxRequestFit(Request, Target);
}

/* Enters the request where its target's state says. FALSE: the target takes none. */
static BOOLEAN FxSendEnlist(FX_REQUEST *Request, FX_TARGET *Target, BOOLEAN IgnoreState)
{
    FX_SEND *Send = Request->Send;
    BOOLEAN Taken = TRUE;
    KIRQL Irql;

    KeAcquireSpinLock(&Target->Lock, &Irql);
    if (IgnoreState || Target->State == WdfIoTargetStarted) {
        InsertTailList(&Target->Sent, &Request->TargetLink);
        KeClearEvent(&Target->Idle);
        Send->IsSent = TRUE;
        Send->Holds = 1;
    } else if (Target->State == WdfIoTargetStopped) {
        InsertTailList(&Target->Waiting, &Request->TargetLink);
        Send->IsWaiting = TRUE;
    } else {
        Taken = FALSE;
    }
    KeReleaseSpinLock(&Target->Lock, Irql);
    return Taken;
}

BOOLEAN FxSend(FX_REQUEST *Request, FX_TARGET *Target, PWDF_REQUEST_SEND_OPTIONS Options)
{
    ULONG Flags = Options != NULL ? Options->Flags : 0;
    BOOLEAN Synchronous = (Flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS) != 0;
    KEVENT Done;

    Request->Status = FxSendCheck(Request, Target, Options);
    if (!NT_SUCCESS(Request->Status))
        return FALSE;
    if (Flags & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET)
        return FxSendForget(Request, Target);
    if (FxSendOf(Request) == NULL) {
        Request->Status = STATUS_INSUFFICIENT_RESOURCES;
        return FALSE;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Request->Send->Done = Synchronous ? &Done : NULL;
    Request->Send->TimedOut = Request->Send->TimerSet = FALSE;
    Request->Target = Target;
    FxObjectReference(&Target->Object); /* until the request is handed over */
    if (!FxSendEnlist(Request, Target, (Flags & WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE) != 0)) {
        Request->Status = STATUS_INVALID_DEVICE_STATE;
        FxObjectDereference(&Target->Object);
        return FALSE;
    }
    if (!Request->Send->IsWaiting)
        FxSendDown(Request, Options);
    if (Synchronous)
        KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    return TRUE;
}

VOID FxSendWaiting(FX_TARGET *Target, BOOLEAN Started, NTSTATUS Status)
{
    FX_REQUEST *Request;
    KIRQL Irql;

    for (;;) {
        Request = NULL;
        KeAcquireSpinLock(&Target->Lock, &Irql);
        if (!IsListEmpty(&Target->Waiting) && (!Started || Target->State == WdfIoTargetStarted)) {
            Request = CONTAINING_RECORD(RemoveHeadList(&Target->Waiting), FX_REQUEST, TargetLink);
            Request->Send->IsWaiting = FALSE;
        }
        if (Request != NULL && Started) {
            InsertTailList(&Target->Sent, &Request->TargetLink);
            KeClearEvent(&Target->Idle);
            Request->Send->IsSent = TRUE;
            Request->Send->Holds = 1;
        }
        KeReleaseSpinLock(&Target->Lock, Irql);
        if (Request == NULL)
            return;
        if (Started) {
            FxSendDown(Request, NULL);
        } else {
            Request->Irp->IoStatus.Status = Status;
            Request->Irp->IoStatus.Information = 0;
            FxSendCollect(Request);
            FxSendHandOver(Request);
        }
    }
}

/* ---- for clients ---- */

WDF_DDI(WdfRequestSend);
BOOLEAN NTAPI imp_WdfRequestSend(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST RequestHandle, WDFIOTARGET TargetHandle,
                                 PWDF_REQUEST_SEND_OPTIONS Options)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, RequestHandle);
    FX_TARGET *Target = FxTargetFromHandle(DriverGlobals, TargetHandle);

    if (Options != NULL && (Options->Flags & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS)) {
        Request->Status = FxCheckIrql(Request->Object.Globals, PASSIVE_LEVEL);
        if (!NT_SUCCESS(Request->Status))
            return FALSE;
    }
    return FxSend(Request, Target, Options);
}

WDF_DDI(WdfRequestCancelSentRequest);
BOOLEAN NTAPI imp_WdfRequestCancelSentRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxSendCancel(FxRequestFromHandle(DriverGlobals, Handle));
}

WDF_DDI(WdfRequestSetCompletionRoutine);
VOID NTAPI imp_WdfRequestSetCompletionRoutine(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle,
                                              PFN_WDF_REQUEST_COMPLETION_ROUTINE CompletionRoutine, WDFCONTEXT Context)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    Request->EvtCompletion = CompletionRoutine;
    Request->CompletionContext = Context;
}

WDF_DDI(WdfRequestGetCompletionParams);
VOID NTAPI imp_WdfRequestGetCompletionParams(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle,
                                             PWDF_REQUEST_COMPLETION_PARAMS Params)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Request->Object.Globals, Params);
    if (Params->Size != sizeof(*Params)) {
        FxMistake(Request->Object.Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_REQUEST_COMPLETION_PARAMS size 0x%x",
                  Params->Size);
        return;
    }
    if (Request->Send != NULL)
        *Params = Request->Send->Params;
    Params->Size = sizeof(*Params);
}

/* The timer is part of what every sending has. */
WDF_DDI(WdfRequestAllocateTimer);
NTSTATUS NTAPI imp_WdfRequestAllocateTimer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    return FxSendOf(FxRequestFromHandle(DriverGlobals, Handle)) != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
