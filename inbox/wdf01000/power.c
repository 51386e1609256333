/*
 * Power: IRP_MJ_POWER for function and filter devices. A device power request is handled in its thread at PASSIVE_LEVEL,
 * else by a work item; the request waits for the driver's callbacks. System power requests go to who owns the policy.
 */
#include "fx.h"

#include "pdo.h"

typedef struct _FX_POWER_WORK { /* a request that came above PASSIVE_LEVEL */
    WORK_QUEUE_ITEM Item;
    FX_DEVICE *Device;
    PIRP Irp;
} FX_POWER_WORK;

NTSTATUS FxPowerForward(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    if (Device->Attached == NULL) /* a bus's child is the lowest of its stack */
        return FxPowerComplete(Device, Irp, Irp->IoStatus.Status);
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = PoCallDriver(Device->Attached, Irp);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}

NTSTATUS FxPowerComplete(FX_DEVICE *Device, PIRP Irp, NTSTATUS Status)
{
    PoStartNextPowerIrp(Irp);
    FxCompleteIrp(Irp, Status);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}

/* D0, D1, D2, D3 by the state that the driver is told. A machine that is turned off goes to D3Final. */
static WDF_POWER_DEVICE_STATE FxTargetState(FX_DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    POWER_ACTION Action = Device->Settings.IsPowerPolicyOwner ? Device->Pnp->SystemAction
                                                              : Stack->Parameters.Power.ShutdownType;

    if (Action == PowerActionShutdown || Action == PowerActionShutdownOff || Action == PowerActionShutdownReset)
        return WdfPowerDeviceD3Final;
    return (WDF_POWER_DEVICE_STATE)(WdfPowerDeviceD0 + (Stack->Parameters.Power.State.DeviceState - PowerDeviceD0));
}

/* The lower drivers first, then the device. */
static NTSTATUS FxSetD0(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = FxForwardWait(Device, Irp);
    FxTakeTurn(Device->Pnp);
    if (NT_SUCCESS(Status) && Device->Pnp->IsStarted)
        Status = FxPowerUpDevice(Device);
    if (NT_SUCCESS(Status))
        PoSetPowerState(Device->Wdm, DevicePowerState, IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State);
    if (!NT_SUCCESS(Status) && Device->Pnp->IsStarted)
        FxPnpFail(Device, WdfDeviceFailedAttemptRestart);
    if (!Device->Settings.IsPowerPolicyOwner)
        Device->Pnp->SystemAction = PowerActionNone;
    FxEndTurn(Device->Pnp);
    return FxPowerComplete(Device, Irp, Status);
}

/* The device first, then the lower drivers. A driver cannot refuse: when a callback fails, the device is removed. */
static NTSTATUS FxSetDx(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    FxTakeTurn(Device->Pnp);
    if (!Device->Settings.IsPowerPolicyOwner)
        Device->Pnp->SystemAction = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.ShutdownType;
    Status = FxPowerDownDevice(Device, FxTargetState(Device, IoGetCurrentIrpStackLocation(Irp)));
    PoSetPowerState(Device->Wdm, DevicePowerState, IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State);
    FxEndTurn(Device->Pnp);
    if (!NT_SUCCESS(Status))
        FxPnpFail(Device, WdfDeviceFailedAttemptRestart);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return FxPowerForward(Device, Irp);
}

/* Who owns the policy has asked for each device power request himself: another one means another owner. */
static NTSTATUS FxSetDevicePower(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    if (Stack->Parameters.Power.Type == SystemPowerState)
        return FxSystemPower(Device, Irp);
    if (Device->Settings.IsPowerPolicyOwner && !Device->Pnp->IsRequesting)
        FxViolation(Device->Object.Globals, WDF_POWER_MULTIPLE_PPO, (ULONG_PTR)FX_HANDLE(WDFDEVICE, Device),
                    (ULONG_PTR)Irp, 0);
    return Stack->Parameters.Power.State.DeviceState == PowerDeviceD0 ? FxSetD0(Device, Irp) : FxSetDx(Device, Irp);
}

static VOID NTAPI FxPowerWorker(PVOID Parameter)
{
    FX_POWER_WORK *Work = Parameter;
    FX_DEVICE *Device = Work->Device;
    PIRP Irp = Work->Irp;

    FxFree(Work);
    FxSetDevicePower(Device, Irp);
}

static NTSTATUS FxPowerDefer(FX_DEVICE *Device, PIRP Irp)
{
    FX_POWER_WORK *Work = FxAllocate(Device->Object.Globals, sizeof(*Work));

    if (Work == NULL)
        return FxPowerComplete(Device, Irp, STATUS_INSUFFICIENT_RESOURCES);
    Work->Device = Device;
    Work->Irp = Irp;
    IoMarkIrpPending(Irp);
    ExInitializeWorkItem(&Work->Item, FxPowerWorker, Work);
    ExQueueWorkItem(&Work->Item, CriticalWorkQueue);
    return STATUS_PENDING;
}

NTSTATUS FxPowerDispatch(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoAcquireRemoveLock(&Device->RemoveLock, Irp);

    if (!NT_SUCCESS(Status)) {
        PoStartNextPowerIrp(Irp);
        return FxDispatchGone(Irp);
    }
    if (Stack->MinorFunction == IRP_MN_WAIT_WAKE && Device->Child != NULL)
        return FxPdoWaitWake(Device, Irp);
    if (Stack->MinorFunction == IRP_MN_QUERY_POWER || (Stack->MinorFunction == IRP_MN_SET_POWER && Device->Child != NULL))
        Irp->IoStatus.Status = STATUS_SUCCESS;
    if (Stack->MinorFunction != IRP_MN_SET_POWER ||
        (Stack->Parameters.Power.Type == SystemPowerState && !Device->Settings.IsPowerPolicyOwner))
        return FxPowerForward(Device, Irp);
    return KeGetCurrentIrql() == PASSIVE_LEVEL ? FxSetDevicePower(Device, Irp) : FxPowerDefer(Device, Irp);
}
