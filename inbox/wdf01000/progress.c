/*
 * Guaranteed forward progress of a queue [doc: Guaranteeing Forward Progress of I/O Operations]: requests made beforehand, which serve IRPs
 * that no request can be made for; IRPs wait while all of them are in use. A reserved request is never the dispatch
 * routine's own (FxInlineBegin): its IRP is marked pending at once.
 */
#include "queue.h"

typedef struct _FX_FORWARD_PROGRESS {
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY Policy;
    LIST_ENTRY Free;  /* of FX_REQUEST by QueueLink; Queue->Lock */
    LIST_ENTRY Irps;  /* that wait for a request, by Tail.Overlay.ListEntry; Queue->Lock */
} FX_FORWARD_PROGRESS;

/* ---- the policy ---- */

static NTSTATUS FxCheckPolicy(FX_GLOBALS *Globals, PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY Policy)
{
    WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY Kind = Policy->ForwardProgressReservedPolicy;
    BOOLEAN Examines = Policy->ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress != NULL;

    if (!FxSizeIsKnown(Globals, "WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY", Policy->Size))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY size 0x%x", Policy->Size);
    if (Policy->TotalForwardProgressRequests == 0 || Kind <= WdfIoForwardProgressInvalidPolicy ||
        Kind > WdfIoForwardProgressReservedPolicyPagingIO || (Kind == WdfIoForwardProgressReservedPolicyUseExamine && !Examines))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "forward progress: %u requests, policy %d",
                         Policy->TotalForwardProgressRequests, Kind);
    return STATUS_SUCCESS;
}

static VOID FxFreeReserved(FX_FORWARD_PROGRESS *Progress)
{
    while (!IsListEmpty(&Progress->Free)) {
        FX_REQUEST *Request = CONTAINING_RECORD(RemoveHeadList(&Progress->Free), FX_REQUEST, QueueLink);

        FxObjectDeleteUnlisted(&Request->Object);
    }
    FxFree(Progress);
}

static NTSTATUS FxReserveOne(FX_QUEUE *Queue, FX_FORWARD_PROGRESS *Progress)
{
    FX_REQUEST *Request = FxRequestCreateForIrp(Queue->Device, NULL, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Request->IsReserved = TRUE;
    Request->ReservedOf = Queue;
    InsertTailList(&Progress->Free, &Request->QueueLink);
    if (Progress->Policy.EvtIoAllocateResourcesForReservedRequest != NULL)
        Status = Progress->Policy.EvtIoAllocateResourcesForReservedRequest(FX_HANDLE(WDFQUEUE, Queue),
                                                                           FX_HANDLE(WDFREQUEST, Request));
    return Status;
}

WDF_DDI(WdfIoQueueAssignForwardProgressPolicy);
NTSTATUS NTAPI imp_WdfIoQueueAssignForwardProgressPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Handle,
                                                         PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_QUEUE *Queue = FxQueueFromHandle(DriverGlobals, Handle);
    FX_FORWARD_PROGRESS *Progress;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, ForwardProgressPolicy);
    if (NT_SUCCESS(Status))
        Status = FxCheckPolicy(Globals, ForwardProgressPolicy);
    if (NT_SUCCESS(Status) && Queue->Progress != NULL)
        Status = FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "the queue has a forward progress policy already");
    if (!NT_SUCCESS(Status))
        return Status;
    Progress = FxAllocate(Globals, sizeof(*Progress));
    if (Progress == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Progress->Policy = *ForwardProgressPolicy;
    InitializeListHead(&Progress->Free);
    InitializeListHead(&Progress->Irps);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < Progress->Policy.TotalForwardProgressRequests; i++)
        Status = FxReserveOne(Queue, Progress);
    if (!NT_SUCCESS(Status)) {
        FxFreeReserved(Progress);
        return Status;
    }
    Queue->Progress = Progress;
    return STATUS_SUCCESS;
}

/* ---- IRPs without a request ---- */

FX_REQUEST *FxProgressAdmit(FX_QUEUE *Queue, FX_REQUEST *Request)
{
    PFN_WDF_IO_ALLOCATE_REQUEST_RESOURCES Allocate = Queue->Progress->Policy.EvtIoAllocateRequestResources;

    if (Request == NULL || Allocate == NULL ||
        NT_SUCCESS(Allocate(FX_HANDLE(WDFQUEUE, Queue), FX_HANDLE(WDFREQUEST, Request))))
        return Request;
    FxObjectDeleteUnlisted(&Request->Object);
    return NULL;
}

static BOOLEAN FxMayUseReserved(FX_QUEUE *Queue, PIRP Irp)
{
    const WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY *Policy = &Queue->Progress->Policy;

    switch (Policy->ForwardProgressReservedPolicy) {
    case WdfIoForwardProgressReservedPolicyUseExamine:
        return Policy->ForwardProgressReservePolicySettings.Policy.ExaminePolicy.EvtIoWdmIrpForForwardProgress(
                   FX_HANDLE(WDFQUEUE, Queue), Irp) == WdfIoForwardProgressActionUseReservedRequest;
    case WdfIoForwardProgressReservedPolicyPagingIO:
        return (Irp->Flags & (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO)) != 0;
    default:
        return TRUE;
    }
}

/* Gives the request, which is the caller's, an IRP. */
static VOID FxBindReserved(FX_QUEUE *Queue, FX_REQUEST *Request, PIRP Irp)
{
    Request->Irp = Irp;
    Request->File = FxFileOfIrp(Queue->Device, Irp);
    Request->Queue = NULL;
    Request->State = FxRequestNew;
    Request->Status = STATUS_SUCCESS;
}

static VOID NTAPI FxCancelIrp(PDEVICE_OBJECT Wdm, PIRP Irp)
{
    FX_QUEUE *Queue = Irp->Tail.Overlay.DriverContext[3];
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Wdm);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Queue->Lock, Irql);
    Irp->IoStatus.Information = 0;
    FxCompleteIrp(Irp, STATUS_CANCELLED);
}

/* Lock held. The first waiting IRP that is not being cancelled, taken out; or NULL. */
static PIRP FxTakeIrp(FX_FORWARD_PROGRESS *Progress)
{
    for (PLIST_ENTRY Link = Progress->Irps.Flink; Link != &Progress->Irps; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        if (IoSetCancelRoutine(Irp, NULL) == NULL)
            continue;
        RemoveEntryList(Link);
        return Irp;
    }
    return NULL;
}

/* Lock held. FALSE: the IRP is cancelled already, the caller completes it. */
static BOOLEAN FxPendIrp(FX_QUEUE *Queue, PIRP Irp)
{
    Irp->Tail.Overlay.DriverContext[3] = Queue;
    IoSetCancelRoutine(Irp, FxCancelIrp);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
        return FALSE;
    InsertTailList(&Queue->Progress->Irps, &Irp->Tail.Overlay.ListEntry);
    return TRUE;
}

NTSTATUS FxProgressDispatch(FX_QUEUE *Queue, PIRP Irp)
{
    FX_FORWARD_PROGRESS *Progress = Queue->Progress;
    FX_REQUEST *Request = NULL;
    BOOLEAN IsPending = FALSE;
    KIRQL Irql;

    if (!FxMayUseReserved(Queue, Irp))
        return FxCompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES);
    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    if (!IsListEmpty(&Progress->Free)) {
        Request = CONTAINING_RECORD(RemoveHeadList(&Progress->Free), FX_REQUEST, QueueLink);
        Queue->ReservedInUse++;
    } else {
        IsPending = FxPendIrp(Queue, Irp);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (Request != NULL) {
        FxBindReserved(Queue, Request, Irp);
        if (!NT_SUCCESS(FxQueueArrive(Queue, Request)))
            FxRequestComplete(Request, STATUS_INVALID_DEVICE_STATE, 0, IO_NO_INCREMENT);
    } else if (!IsPending) {
        FxCompleteIrp(Irp, STATUS_CANCELLED);
    }
    return STATUS_PENDING;
}

/* ---- after use ---- */

VOID FxProgressUnbind(FX_REQUEST *Request)
{
    if (Request->Buffers != NULL)
        FxRequestFreeBuffers(Request);
    Request->Irp = NULL;
    Request->File = NULL;
    Request->HoldsPower = FALSE;
}

VOID FxProgressReturn(FX_REQUEST *Request)
{
    FX_QUEUE *Queue = Request->ReservedOf;
    PIRP Irp;
    KIRQL Irql;

    FxObjectReference(&Queue->Object);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    Irp = FxTakeIrp(Queue->Progress);
    if (Irp != NULL) {
        FxBindReserved(Queue, Request, Irp);
        FxQueueInsert(Queue, Request, FALSE);
    } else {
        InsertTailList(&Queue->Progress->Free, &Request->QueueLink);
        Queue->ReservedInUse--;
        FxQueueWake(Queue);
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
}

VOID FxProgressPurge(FX_QUEUE *Queue)
{
    PIRP Irp;
    KIRQL Irql;

    if (Queue->Progress == NULL)
        return;
    do {
        KeAcquireSpinLock(&Queue->Lock, &Irql);
        Irp = FxTakeIrp(Queue->Progress);
        KeReleaseSpinLock(&Queue->Lock, Irql);
        if (Irp != NULL) {
            Irp->IoStatus.Information = 0;
            FxCompleteIrp(Irp, STATUS_CANCELLED);
        }
    } while (Irp != NULL);
}

VOID FxProgressFree(FX_QUEUE *Queue)
{
    if (Queue->Progress == NULL)
        return;
    FxFreeReserved(Queue->Progress);
    Queue->Progress = NULL;
}
