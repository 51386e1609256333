/*
 * Power, as its policy owner: a system state brings the device state that the bus named for it; the
 * system request goes on when the device is there. Before D3 the current operation is waited for,
 * and the others are held until D0. [doc: Handling System Power State Requests, Handling
 * IRP_MN_SET_POWER for Device Power States] Leaves out: idle detection, wake.
 */
#include "driver.h"

static NTSTATUS EduPassPower(EDU *Edu, PIRP Irp)
{
    NTSTATUS Status;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = PoCallDriver(Edu->Lower, Irp);
    IoReleaseRemoveLock(&Edu->Remove, Irp);
    return Status;
}

/* ---- device states ---- */

static NTSTATUS NTAPI EduPoweredUp(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    EDU *Edu = Context;
    POWER_STATE State = {.DeviceState = PowerDeviceD0};

    UNREFERENCED_PARAMETER(Device);
    if (NT_SUCCESS(Irp->IoStatus.Status) && Edu->Registers != NULL) {
        EduEnableHardware(Edu);
        Edu->PowerState = PowerDeviceD0;
        PoSetPowerState(Edu->Self, DevicePowerState, State);
        EduOpen(Edu);
    }
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&Edu->Remove, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS EduSetDevicePower(EDU *Edu, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    DEVICE_POWER_STATE State = Stack->Parameters.Power.State.DeviceState;

    if (State == PowerDeviceD0 && Edu->PowerState != PowerDeviceD0) {
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoMarkIrpPending(Irp);
        IoSetCompletionRoutine(Irp, EduPoweredUp, Edu, TRUE, TRUE, TRUE);
        PoCallDriver(Edu->Lower, Irp);
        return STATUS_PENDING;
    }
    if (State != PowerDeviceD0 && Edu->PowerState == PowerDeviceD0) {
        EduClose(Edu);
        if (Edu->Registers != NULL)
            EduWrite(Edu, EDU_STATUS, 0);
        PoSetPowerState(Edu->Self, DevicePowerState, Stack->Parameters.Power.State);
        Edu->PowerState = State;
    }
    return EduPassPower(Edu, Irp);
}

/* ---- system states ---- */

/* The device is where it has to be: the system request, in Context, goes on. */
static VOID NTAPI EduDeviceDone(PDEVICE_OBJECT Device, UCHAR MinorFunction, POWER_STATE State,
                                PVOID Context, PIO_STATUS_BLOCK IoStatus)
{
    PIRP Irp = Context;
    EDU *Edu = IoGetCurrentIrpStackLocation(Irp)->DeviceObject->DeviceExtension;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(State);
    PoStartNextPowerIrp(Irp);
    EduComplete(Irp, IoStatus->Status, 0);
    IoReleaseRemoveLock(&Edu->Remove, Irp);
}

static NTSTATUS NTAPI EduSystemDone(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    EDU *Edu = Context;
    SYSTEM_POWER_STATE System =
        IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.SystemState;
    POWER_STATE State = {.DeviceState = Edu->DeviceState[System]};
    NTSTATUS Status = Irp->IoStatus.Status;

    UNREFERENCED_PARAMETER(Device);
    if (NT_SUCCESS(Status))
        Status = PoRequestPowerIrp(Edu->Pdo, IRP_MN_SET_POWER, State, EduDeviceDone, Irp, NULL);
    if (NT_SUCCESS(Status))
        return STATUS_MORE_PROCESSING_REQUIRED;
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&Edu->Remove, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS EduSetSystemPower(EDU *Edu, PIRP Irp)
{
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoMarkIrpPending(Irp);
    IoSetCompletionRoutine(Irp, EduSystemDone, Edu, TRUE, TRUE, TRUE);
    PoCallDriver(Edu->Lower, Irp);
    return STATUS_PENDING;
}

NTSTATUS NTAPI EduPower(PDEVICE_OBJECT Device, PIRP Irp)
{
    EDU *Edu = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoAcquireRemoveLock(&Edu->Remove, Irp);

    if (!NT_SUCCESS(Status)) {
        PoStartNextPowerIrp(Irp);
        return EduComplete(Irp, Status, 0);
    }
    if (Stack->MinorFunction != IRP_MN_SET_POWER)
        return EduPassPower(Edu, Irp);
    if (Stack->Parameters.Power.Type == DevicePowerState)
        return EduSetDevicePower(Edu, Irp, Stack);
    if (Edu->DeviceState[Stack->Parameters.Power.State.SystemState] == PowerDeviceUnspecified)
        return EduPassPower(Edu, Irp);
    return EduSetSystemPower(Edu, Irp);
}
