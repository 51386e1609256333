/*
 * See policy.h. A system request goes down first; when it comes back, a device request for the
 * state that goes with it is asked for, and the system request ends with that. The way up and down
 * is the same: children that are set to S0 after their bus find it powered.
 */
#include "policy.h"

VOID PolicyInitialize(_Out_ POLICY *Policy, _In_ PDEVICE_OBJECT Pdo, _In_ PDEVICE_OBJECT Lower,
                      _In_ PIO_REMOVE_LOCK Remove)
{
    ULONG State;

    RtlZeroMemory(Policy, sizeof(*Policy));
    Policy->Pdo = Pdo;
    Policy->Lower = Lower;
    Policy->Remove = Remove;
    Policy->Device = PowerDeviceD3;
    Policy->System = PowerSystemWorking;
    for (State = PowerSystemUnspecified; State < PowerSystemMaximum; State++)
        Policy->DeviceFor[State] = State == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3;
}

VOID PolicyLearn(_Inout_ POLICY *Policy, _In_ const DEVICE_CAPABILITIES *Capabilities)
{
    ULONG State;

    for (State = PowerSystemSleeping1; State <= PowerSystemHibernate; State++)
        if (Capabilities->DeviceState[State] != PowerDeviceUnspecified)
            Policy->DeviceFor[State] = Capabilities->DeviceState[State];
}

VOID PolicyStarted(_Inout_ POLICY *Policy, _In_ PDEVICE_OBJECT Self)
{
    POWER_STATE State;

    State.DeviceState = PowerDeviceD0;
    Policy->Device = PowerDeviceD0;
    PoSetPowerState(Self, DevicePowerState, State);
}

static NTSTATUS PolicyPass(_In_ POLICY *Policy, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = PoCallDriver(Policy->Lower, Irp);
    IoReleaseRemoveLock(Policy->Remove, Irp);
    return Status;
}

/* ---- system states ---- */

static VOID PolicyEndSystem(_In_ POLICY *Policy, _In_ NTSTATUS Status)
{
    PIO_REMOVE_LOCK Remove = Policy->Remove;
    PIRP Irp = Policy->SystemIrp;

    Policy->SystemIrp = NULL;
    PoStartNextPowerIrp(Irp);
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(Remove, Irp);
}

static REQUEST_POWER_COMPLETE PolicyDeviceIsDone;
static VOID NTAPI PolicyDeviceIsDone(_In_ PDEVICE_OBJECT DeviceObject, _In_ UCHAR MinorFunction,
                                     _In_ POWER_STATE PowerState, _In_opt_ PVOID Context,
                                     _In_ PIO_STATUS_BLOCK IoStatus)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(PowerState);
    /* A set must not fail: a device that cannot be set is a matter of the next request to it. */
    PolicyEndSystem(Context, MinorFunction == IRP_MN_SET_POWER ? STATUS_SUCCESS : IoStatus->Status);
}

static IO_COMPLETION_ROUTINE PolicySystemIsBack;
static NTSTATUS NTAPI PolicySystemIsBack(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp,
                                         _In_opt_ PVOID Context)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    POLICY *Policy = Context;
    POWER_STATE State;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        PoStartNextPowerIrp(Irp);
        IoReleaseRemoveLock(Policy->Remove, Irp);
        return STATUS_CONTINUE_COMPLETION;
    }
    if (Stack->MinorFunction == IRP_MN_SET_POWER)
        Policy->System = Stack->Parameters.Power.State.SystemState;
    State.DeviceState = Policy->DeviceFor[Stack->Parameters.Power.State.SystemState];
    if (Policy->Choose != NULL)
        State.DeviceState = Policy->Choose(Policy, Stack->Parameters.Power.State.SystemState);
    Policy->SystemIrp = Irp;
    Status = PoRequestPowerIrp(Policy->Pdo, Stack->MinorFunction, State, PolicyDeviceIsDone, Policy,
                               NULL);
    if (!NT_SUCCESS(Status))
        PolicyEndSystem(Policy, Stack->MinorFunction == IRP_MN_SET_POWER ? STATUS_SUCCESS : Status);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS PolicySystem(_In_ POLICY *Policy, _Inout_ PIRP Irp)
{
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, PolicySystemIsBack, Policy, TRUE, TRUE, TRUE);
    PoCallDriver(Policy->Lower, Irp);
    return STATUS_PENDING;
}

/* ---- device states ---- */

static IO_COMPLETION_ROUTINE PolicyDeviceIsUp;
static NTSTATUS NTAPI PolicyDeviceIsUp(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp,
                                       _In_opt_ PVOID Context)
{
    POLICY *Policy = Context;

    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        PolicyStarted(Policy, DeviceObject);
        if (Policy->Up != NULL)
            Policy->Up(Policy);
    }
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(Policy->Remove, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS PolicySetDevice(_In_ POLICY *Policy, _In_ PDEVICE_OBJECT Self, _Inout_ PIRP Irp)
{
    POWER_STATE State = IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State;

    if (State.DeviceState < Policy->Device) {
        IoMarkIrpPending(Irp);
        IoCopyCurrentIrpStackLocationToNext(Irp);
        IoSetCompletionRoutine(Irp, PolicyDeviceIsUp, Policy, TRUE, TRUE, TRUE);
        PoCallDriver(Policy->Lower, Irp);
        return STATUS_PENDING;
    }
    if (State.DeviceState > Policy->Device) {
        if (Policy->Down != NULL)
            Policy->Down(Policy, State.DeviceState);
        Policy->Device = State.DeviceState;
        PoSetPowerState(Self, DevicePowerState, State);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return PolicyPass(Policy, Irp);
}

NTSTATUS PolicyPower(_Inout_ POLICY *Policy, _In_ PDEVICE_OBJECT Self, _Inout_ PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    if (Stack->MinorFunction != IRP_MN_SET_POWER && Stack->MinorFunction != IRP_MN_QUERY_POWER)
        return PolicyPass(Policy, Irp);
    if (Stack->Parameters.Power.Type == SystemPowerState)
        return PolicySystem(Policy, Irp);
    if (Stack->MinorFunction == IRP_MN_SET_POWER)
        return PolicySetDevice(Policy, Self, Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return PolicyPass(Policy, Irp);
}
