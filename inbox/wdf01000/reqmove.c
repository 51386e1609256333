/*
 * Requests that a driver gives back to a queue: its own, another, one of the parent device's; and the answers to EvtIoStop
 * [doc: Requeuing I/O Requests; Using Power-Managed I/O Queues].
 */
#include "queue.h"

#include "pnp.h"

static VOID FxLockTwo(FX_QUEUE *A, FX_QUEUE *B, PKIRQL Irql)
{
    FX_QUEUE *First = A < B ? A : B;

    KeAcquireSpinLock(&First->Lock, Irql);
    KeAcquireSpinLockAtDpcLevel(First == A ? &B->Lock : &A->Lock);
}

static VOID FxUnlockTwo(FX_QUEUE *A, FX_QUEUE *B, KIRQL Irql)
{
    KeReleaseSpinLockFromDpcLevel(A < B ? &B->Lock : &A->Lock);
    KeReleaseSpinLock(A < B ? &A->Lock : &B->Lock, Irql);
}

/* Lock held. Can the driver give it back to a queue? */
static BOOLEAN FxIsMovable(const FX_REQUEST *Request)
{
    return Request->State == FxRequestOwned && Request->Cancel != FxCancelMarked && Request->Cancel != FxCancelStarted;
}

/* ---- to another queue ---- */

/* May this child's requests go to the parent that Queue belongs to? [doc: WdfPdoInitAllowForwardingRequestToParent] */
static BOOLEAN FxIsParentsQueue(FX_DEVICE *Child, const FX_QUEUE *Queue)
{
    return FxPdoForwards(Child) && FxPdoParentWdm(Child) == Queue->Device->Wdm;
}

/* The IRP goes on to the parent's device object: its next stack location is the parent's. */
static VOID FxIrpToDevice(PIRP Irp, FX_DEVICE *Device)
{
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = Device->Wdm;
}

NTSTATUS FxToParentQueue(FX_DEVICE **Device, FX_QUEUE *Queue, PIRP Irp)
{
    if (!FxIsParentsQueue(*Device, Queue))
        return STATUS_INVALID_DEVICE_REQUEST;
    FxIrpToDevice(Irp, Queue->Device);
    *Device = Queue->Device;
    return STATUS_SUCCESS;
}

/* From one queue to the other's tail. */
static NTSTATUS FxMove(FX_REQUEST *Request, FX_QUEUE *From, FX_QUEUE *To)
{
    FX_DEVICE *Old = Request->Device;
    BOOLEAN RunFrom = FALSE, Taken = FALSE, Drop = FALSE;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    FxObjectReference(&From->Object);
    FxObjectReference(&To->Object);
    if (To->IsPowerManaged && (!Request->HoldsPower || Old != To->Device))
        Taken = NT_SUCCESS(FxPowerReference(To->Device));
    FxLockTwo(From, To, &Irql);
    if (!FxIsMovable(Request)) {
        Status = STATUS_INVALID_DEVICE_REQUEST;
    } else if (!To->IsAccepting) {
        Status = STATUS_WDF_BUSY;
    } else {
        RunFrom = FxQueueLose(From, Request);
        if (Request->Device != To->Device) {
            Drop = Request->HoldsPower;
            Request->HoldsPower = FALSE;
            FxIrpToDevice(Request->Irp, To->Device);
            Request->Device = To->Device;
            Request->Object.Device = To->Device;
        }
        Request->HoldsPower |= Taken;
        FxQueueInsert(To, Request, FALSE);
    }
    FxUnlockTwo(From, To, Irql);
    if (Drop)
        FxPowerDereference(Old);
    if (Taken && !NT_SUCCESS(Status))
        FxPowerDereference(To->Device);
    if (NT_SUCCESS(Status)) {
        FxQueueRun(To);
        if (RunFrom)
            FxQueueRun(From);
    }
    FxObjectDereference(&To->Object);
    FxObjectDereference(&From->Object);
    return Status;
}

WDF_DDI(WdfRequestForwardToIoQueue);
NTSTATUS NTAPI imp_WdfRequestForwardToIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, WDFQUEUE DestinationQueue)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_QUEUE *To = FxQueueFromHandle(DriverGlobals, DestinationQueue);
    FX_QUEUE *From = Request->Queue;
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    if (From != NULL && From != To && From->Device == To->Device)
        Status = FxMove(Request, From, To);
    if (Status == STATUS_INVALID_DEVICE_REQUEST)
        FxMistake(Globals, Status, "WDFREQUEST %p cannot be forwarded to WDFQUEUE %p", Handle, DestinationQueue);
    return Status;
}

WDF_DDI(WdfRequestForwardToParentDeviceIoQueue);
NTSTATUS NTAPI imp_WdfRequestForwardToParentDeviceIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle,
                                                          WDFQUEUE ParentDeviceQueue,
                                                          PWDF_REQUEST_FORWARD_OPTIONS ForwardOptions)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_QUEUE *To = FxQueueFromHandle(DriverGlobals, ParentDeviceQueue);
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    FX_REQUIRE(Globals, ForwardOptions);
    if (ForwardOptions->Size != sizeof(*ForwardOptions))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_REQUEST_FORWARD_OPTIONS size 0x%x", ForwardOptions->Size);
    if (ForwardOptions->Flags != WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_REQUEST_FORWARD_OPTIONS flags 0x%x", ForwardOptions->Flags);
    if (Request->Queue != NULL && Request->Queue != To && !Request->IsReserved && FxIsParentsQueue(Request->Device, To))
        Status = FxMove(Request, Request->Queue, To);
    if (Status == STATUS_INVALID_DEVICE_REQUEST)
        FxMistake(Globals, Status, "WDFREQUEST %p cannot be forwarded to the parent's WDFQUEUE %p", Handle, ParentDeviceQueue);
    return Status;
}

/* ---- back to its own ---- */

/* Back to the head of its queue. */
static NTSTATUS FxGiveBack(FX_REQUEST *Request, FX_QUEUE *Queue)
{
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    KIRQL Irql;

    FxObjectReference(&Queue->Object);
    KeAcquireSpinLock(&Queue->Lock, &Irql);
    if (FxIsMovable(Request)) {
        FxQueueLose(Queue, Request);
        FxQueueInsert(Queue, Request, TRUE);
        Status = STATUS_SUCCESS;
    }
    KeReleaseSpinLock(&Queue->Lock, Irql);
    if (NT_SUCCESS(Status))
        FxQueueRun(Queue);
    FxObjectDereference(&Queue->Object);
    return Status;
}

WDF_DDI(WdfRequestRequeue);
NTSTATUS NTAPI imp_WdfRequestRequeue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_QUEUE *Queue = Request->Queue;
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    if (Queue != NULL && Queue->Config.DispatchType == WdfIoQueueDispatchManual)
        Status = FxGiveBack(Request, Queue);
    if (!NT_SUCCESS(Status))
        FxMistake(FxGlobalsOf(DriverGlobals), Status, "WDFREQUEST %p cannot be requeued", Handle);
    return Status;
}

WDF_DDI(WdfRequestStopAcknowledge);
VOID NTAPI imp_WdfRequestStopAcknowledge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Handle, BOOLEAN Requeue)
{
    FX_REQUEST *Request = FxRequestFromHandle(DriverGlobals, Handle);
    FX_QUEUE *Queue = Request->Queue;
    BOOLEAN Called = FALSE;
    KIRQL Irql;

    if (Queue != NULL) {
        KeAcquireSpinLock(&Queue->Lock, &Irql);
        Called = Request->Stop == FxStopCalled && FxRequestIsOwned(Request);
        if (Called && !Requeue) {
            Request->Stop = FxStopAcknowledged;
            Queue->UnstoppedCount--;
            FxQueueWake(Queue);
        }
        KeReleaseSpinLock(&Queue->Lock, Irql);
    }
    if (!Called)
        FxQueueViolation(Request, STATUS_INVALID_DEVICE_REQUEST, "WdfRequestStopAcknowledge outside of EvtIoStop");
    if (Requeue && !NT_SUCCESS(FxGiveBack(Request, Queue)))
        FxQueueViolation(Request, STATUS_INVALID_DEVICE_REQUEST, "WdfRequestStopAcknowledge requeues a cancelable request");
}
