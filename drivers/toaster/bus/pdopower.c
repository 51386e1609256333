/*
 * IRP_MJ_POWER of a toaster, and its lever, which wakes. [doc: Receiving a Wait/Wake IRP;
 * Completing a Wait/Wake IRP] The lever is software as the whole bus: a timer stands for what the
 * hardware would signal.
 */
#include "bus.h"

/* ---- the wake request ---- */

/*
 * The request, if it is there: whoever gets it ends it. Its cancel routine is off, or will find
 * nothing.
 */
static PIRP ToasterTakeWake(_Inout_ TOASTER *Toaster)
{
    KIRQL Irql;
    PIRP Irp;

    KeAcquireSpinLock(&Toaster->Lock, &Irql);
    Irp = Toaster->WakeIrp;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL)
        Irp = NULL; /* it is being cancelled: the cancel routine has it */
    else
        Toaster->WakeIrp = NULL;
    KeReleaseSpinLock(&Toaster->Lock, Irql);
    return Irp;
}

static VOID ToasterEndWake(_Inout_opt_ PIRP Irp, _In_ NTSTATUS Status)
{
    if (Irp == NULL)
        return;
    PoStartNextPowerIrp(Irp);
    BusComplete(Irp, Status, 0);
}

static DRIVER_CANCEL ToasterCancelWake;
_Use_decl_annotations_ static VOID NTAPI ToasterCancelWake(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    TOASTER *Toaster = DeviceObject->DeviceExtension;
    KIRQL Irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Toaster->Lock, &Irql);
    Toaster->WakeIrp = NULL;
    KeReleaseSpinLock(&Toaster->Lock, Irql);
    ToasterEndWake(Irp, STATUS_CANCELLED);
}

/* STATUS_PENDING: the request waits now. */
static NTSTATUS ToasterKeepWake(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    NTSTATUS Status = STATUS_PENDING;
    KIRQL Irql;

    KeAcquireSpinLock(&Toaster->Lock, &Irql);
    if (Toaster->WakeIrp != NULL) {
        Status = STATUS_DEVICE_BUSY;
    } else {
        IoSetCancelRoutine(Irp, ToasterCancelWake);
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
            Status = STATUS_CANCELLED;
        } else {
            IoMarkIrpPending(Irp);
            Toaster->WakeIrp = Irp;
        }
    }
    KeReleaseSpinLock(&Toaster->Lock, Irql);
    return Status;
}

static NTSTATUS ToasterWaitWake(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    SYSTEM_POWER_STATE Deepest = IoGetCurrentIrpStackLocation(Irp)->Parameters.WaitWake.PowerState;
    NTSTATUS Status;

    if (Toaster->Power > PowerDeviceD2 ||
        Deepest > PowerSystemSleeping3) /* what it could not wake from */
        Status = STATUS_INVALID_DEVICE_STATE;
    else
        Status = ToasterKeepWake(Toaster, Irp);
    if (Status != STATUS_PENDING)
        ToasterEndWake(Irp, Status);
    return Status;
}

BOOLEAN ToasterIsArmed(_Inout_ TOASTER *Toaster)
{
    BOOLEAN Armed;
    KIRQL Irql;

    KeAcquireSpinLock(&Toaster->Lock, &Irql);
    Armed = Toaster->WakeIrp != NULL;
    KeReleaseSpinLock(&Toaster->Lock, Irql);
    return Armed;
}

/* ---- the lever ---- */

BOOLEAN ToasterPress(_Inout_ TOASTER *Toaster)
{
    PIRP Irp;

    if (Toaster->Power > PowerDeviceD2)
        return FALSE; /* it has no power for its lever */
    Irp = ToasterTakeWake(Toaster);
    ToasterEndWake(Irp, STATUS_SUCCESS);
    return Irp != NULL;
}

static KDEFERRED_ROUTINE ToasterLeverPops;
static VOID NTAPI ToasterLeverPops(_In_ PKDPC Dpc, _In_opt_ PVOID Context, _In_opt_ PVOID Argument1,
                                   _In_opt_ PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ToasterPress(Context);
}

VOID ToasterInitializeLever(_Inout_ TOASTER *Toaster)
{
    KeInitializeSpinLock(&Toaster->Lock);
    KeInitializeTimer(&Toaster->Lever);
    KeInitializeDpc(&Toaster->LeverDpc, ToasterLeverPops, Toaster);
}

VOID ToasterPopAfter(_Inout_ TOASTER *Toaster, _In_ ULONG Milliseconds)
{
    LARGE_INTEGER Due;

    Due.QuadPart = -10000ll * Milliseconds;
    if (Toaster->Common.State < BusSurpriseRemoved)
        KeSetTimer(&Toaster->Lever, Due, &Toaster->LeverDpc);
}

VOID ToasterDisarm(_Inout_ TOASTER *Toaster, _In_ NTSTATUS Status)
{
    KeCancelTimer(&Toaster->Lever);
    KeFlushQueuedDpcs(); /* a DPC that has begun may still use the toaster */
    ToasterEndWake(ToasterTakeWake(Toaster), Status);
}

/* ---- states ---- */

static VOID ToasterSetDevice(_Inout_ TOASTER *Toaster, _In_ POWER_STATE State)
{
    Toaster->Power = State.DeviceState;
    PoSetPowerState(Toaster->Common.Self, DevicePowerState, State);
}

NTSTATUS ToasterPower(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = Irp->IoStatus.Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_WAIT_WAKE:
        return ToasterWaitWake(Toaster, Irp);
    case IRP_MN_SET_POWER:
        if (Stack->Parameters.Power.Type == DevicePowerState)
            ToasterSetDevice(Toaster, Stack->Parameters.Power.State);
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_POWER:
        Status = STATUS_SUCCESS;
        break;
    default:
        break;
    }
    PoStartNextPowerIrp(Irp);
    return BusComplete(Irp, Status, Irp->IoStatus.Information);
}
