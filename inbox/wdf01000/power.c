/*
 * Power: IRP_MJ_POWER for function and filter devices. A device power request is handled in its thread at PASSIVE_LEVEL,
 * else by a work item; the request waits for the driver's callbacks. System power requests go to who owns the policy.
 */
#include "fx.h"

#include "pnp.h"

typedef struct _FX_POWER_WORK { /* a request that came above PASSIVE_LEVEL */
    WORK_QUEUE_ITEM Item;
    FX_DEVICE *Device;
    PIRP Irp;
} FX_POWER_WORK;

static NTSTATUS FxPowerForward(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = PoCallDriver(Device->Attached, Irp);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}

static NTSTATUS FxPowerComplete(FX_DEVICE *Device, PIRP Irp, NTSTATUS Status)
{
    PoStartNextPowerIrp(Irp);
    FxCompleteIrp(Irp, Status);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}

/* D0, D1, D2, D3 by the state that the driver is told. A machine that is turned off goes to D3Final. */
static WDF_POWER_DEVICE_STATE FxTargetState(PIO_STACK_LOCATION Stack)
{
    POWER_ACTION Action = Stack->Parameters.Power.ShutdownType;

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
    if (!NT_SUCCESS(Status) && Device->Pnp->IsStarted)
        FxPnpFail(Device, WdfDeviceFailedNoRestart);
    FxEndTurn(Device->Pnp);
    return FxPowerComplete(Device, Irp, Status);
}

/* The device first, then the lower drivers. A driver cannot refuse: when a callback fails, the device is removed. */
static NTSTATUS FxSetDx(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    FxTakeTurn(Device->Pnp);
    Status = FxPowerDownDevice(Device, FxTargetState(IoGetCurrentIrpStackLocation(Irp)));
    FxEndTurn(Device->Pnp);
    if (!NT_SUCCESS(Status))
        FxPnpFail(Device, WdfDeviceFailedNoRestart);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return FxPowerForward(Device, Irp);
}

static NTSTATUS FxSetDevicePower(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

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
    if (Stack->MinorFunction != IRP_MN_SET_POWER || Stack->Parameters.Power.Type != DevicePowerState)
        return FxPowerForward(Device, Irp);
    return KeGetCurrentIrql() == PASSIVE_LEVEL ? FxSetDevicePower(Device, Irp) : FxPowerDefer(Device, Irp);
}

/* ---- references ---- */

NTSTATUS FxPowerReference(FX_DEVICE *Device)
{
    if (Device->Pnp == NULL)
        return STATUS_SUCCESS;
    return Device->Pnp->InD0 ? STATUS_SUCCESS : STATUS_PENDING;
}

VOID FxPowerDereference(FX_DEVICE *Device)
{
    UNREFERENCED_PARAMETER(Device);
}
