/*
 * Wake: the power policy owner's wait/wake request and its callbacks that arm and disarm the device [doc: Supporting
 * System Wake-Up; the EvtDeviceArmWake and EvtDeviceDisarmWake pages].
 */
#include "fx.h"

#include "pnp.h"

BOOLEAN FxWakeWanted(FX_DEVICE *Device, SYSTEM_POWER_STATE State, DEVICE_POWER_STATE *DxState)
{
    FX_PNP *Pnp = Device->Pnp;

    if (!Pnp->WakeEnabled || Pnp->Caps.Size == 0 || Pnp->Caps.SystemWake < State || Pnp->Caps.DeviceWake <= PowerDeviceD0)
        return FALSE;
    *DxState = Pnp->Wake.DxState != PowerDeviceMaximum ? Pnp->Wake.DxState : Pnp->Caps.DeviceWake;
    return TRUE;
}

/* ---- the request ---- */

/* Called with WakeLock held by the thread that cancels, else without. */
static VOID NTAPI FxWaitWakeDone(PDEVICE_OBJECT Wdm, UCHAR Minor, POWER_STATE State, PVOID Context,
                                 PIO_STATUS_BLOCK Iosb)
{
    FX_DEVICE *Device = Context;
    FX_PNP *Pnp = Device->Pnp;
    BOOLEAN Canceled = Pnp->WaitWakeCanceler == KeGetCurrentThread();
    KIRQL Irql = DISPATCH_LEVEL;

    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    if (!Canceled)
        KeAcquireSpinLock(&Pnp->WakeLock, &Irql);
    Pnp->WaitWake = NULL;
    Pnp->WaitWakeStatus = Iosb->Status;
    if (NT_SUCCESS(Iosb->Status)) /* an interrupt may have done it before */
        Pnp->WakeTriggered = TRUE;
    if (!Canceled)
        KeReleaseSpinLock(&Pnp->WakeLock, Irql);
    if (!Canceled && NT_SUCCESS(Iosb->Status))
        FxPolicyQueue(Device);
    KeSetEvent(&Pnp->WaitWakeEnded, IO_NO_INCREMENT, FALSE);
    FxObjectDereference(&Device->Object);
}

NTSTATUS FxWaitWakeSend(FX_DEVICE *Device, SYSTEM_POWER_STATE SystemState)
{
    FX_PNP *Pnp = Device->Pnp;
    POWER_STATE State;
    NTSTATUS Status;

    State.SystemState = SystemState;
    KeClearEvent(&Pnp->WaitWakeEnded);
    Pnp->WakeTriggered = FALSE;
    Pnp->WaitWakeStatus = STATUS_PENDING;
    FxObjectReference(&Device->Object);
    Status = PoRequestPowerIrp(Device->Pdo, IRP_MN_WAIT_WAKE, State, FxWaitWakeDone, Device, &Pnp->WaitWake);
    if (Status != STATUS_PENDING) {
        Pnp->WaitWake = NULL;
        KeSetEvent(&Pnp->WaitWakeEnded, IO_NO_INCREMENT, FALSE);
        FxObjectDereference(&Device->Object);
        return Status;
    }
    if (Pnp->WaitWakeStatus == STATUS_PENDING)
        return STATUS_SUCCESS;
    Pnp->WaitWake = NULL; /* it ended at once */
    return NT_SUCCESS(Pnp->WaitWakeStatus) ? STATUS_SUCCESS : Pnp->WaitWakeStatus;
}

VOID FxWaitWakeCancel(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->WakeLock, &Irql);
    if (Pnp->WaitWake != NULL) { /* under WakeLock, so that the request is not freed meanwhile */
        Pnp->WaitWakeCanceler = KeGetCurrentThread();
        IoCancelIrp(Pnp->WaitWake);
        Pnp->WaitWakeCanceler = NULL;
    }
    KeReleaseSpinLock(&Pnp->WakeLock, Irql);
    KeWaitForSingleObject(&Pnp->WaitWakeEnded, Executive, KernelMode, FALSE, NULL);
}

/* ---- the device ---- */

static NTSTATUS FxCallArm(FX_DEVICE *Device)
{
    const WDF_POWER_POLICY_EVENT_CALLBACKS *Policy = &Device->Settings.Policy;
    WDFDEVICE Handle = FX_HANDLE(WDFDEVICE, Device);

    if (Device->Pnp->ArmFor == FxArmS0)
        return Policy->EvtDeviceArmWakeFromS0 != NULL ? Policy->EvtDeviceArmWakeFromS0(Handle) : STATUS_SUCCESS;
    if (Policy->EvtDeviceArmWakeFromSxWithReason != NULL)
        return Policy->EvtDeviceArmWakeFromSxWithReason(Handle, TRUE, FALSE);
    return Policy->EvtDeviceArmWakeFromSx != NULL ? Policy->EvtDeviceArmWakeFromSx(Handle) : STATUS_SUCCESS;
}

/* A device that cannot be armed has not failed. EvtDeviceDisarmWakeFromSx follows a failed arming, ...FromS0 does not. */
VOID FxWakeArm(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status;

    Pnp->ArmFailed = FALSE;
    if (Pnp->ArmFor == FxArmNone)
        return;
    Status = FxCallArm(Device);
    if (NT_SUCCESS(Status)) {
        Pnp->Armed = Pnp->ArmFor;
        return;
    }
    FxMistake(Device->Object.Globals, Status, "the device is not armed to wake");
    Pnp->ArmFailed = TRUE;
    FxWaitWakeCancel(Device);
    if (Pnp->ArmFor == FxArmSx && Device->Settings.Policy.EvtDeviceDisarmWakeFromSx != NULL)
        Device->Settings.Policy.EvtDeviceDisarmWakeFromSx(FX_HANDLE(WDFDEVICE, Device));
}

VOID FxWakeDisarm(FX_DEVICE *Device)
{
    const WDF_POWER_POLICY_EVENT_CALLBACKS *Policy = &Device->Settings.Policy;
    FX_PNP *Pnp = Device->Pnp;
    BOOLEAN IsS0 = Pnp->Armed == FxArmS0;
    PFN_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED Triggered =
        IsS0 ? Policy->EvtDeviceWakeFromS0Triggered : Policy->EvtDeviceWakeFromSxTriggered;
    PFN_WDF_DEVICE_DISARM_WAKE_FROM_S0 Disarm =
        IsS0 ? Policy->EvtDeviceDisarmWakeFromS0 : Policy->EvtDeviceDisarmWakeFromSx;

    if (Pnp->Armed == FxArmNone)
        return;
    FxWaitWakeCancel(Device);
    Pnp->Armed = FxArmNone;
    if (Pnp->WakeTriggered && Triggered != NULL)
        Triggered(FX_HANDLE(WDFDEVICE, Device));
    if (Disarm != NULL)
        Disarm(FX_HANDLE(WDFDEVICE, Device));
}
