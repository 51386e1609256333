/*
 * IRP_MJ_POWER of a toaster: system and device states are policy.c's; here are idling, and waking.
 * One wake request is with the bus as long as the device is started and wake is enabled. [doc:
 * Wait/Wake Operations; Canceling a Wait/Wake IRP]
 */
#include "func.h"

static FUNC *FuncOf(_In_ POLICY *Policy)
{
    return CONTAINING_RECORD(Policy, FUNC, Policy);
}

/* ---- waking ---- */

static REQUEST_POWER_COMPLETE FuncWoken;

static VOID FuncArm(_Inout_ FUNC *Func)
{
    POWER_STATE State;

    State.SystemState = PowerSystemSleeping3;
    if (!Func->WakeEnabled || !NT_SUCCESS(IoAcquireRemoveLock(&Func->Remove, FuncWoken)))
        return;
    if (InterlockedCompareExchange(&Func->WakeState, FuncWakeRequested, FuncWakeNone) !=
        FuncWakeNone) {
        IoReleaseRemoveLock(&Func->Remove, FuncWoken);
        return;
    }
    KeClearEvent(&Func->Disarmed);
    if (NT_SUCCESS(PoRequestPowerIrp(Func->Pdo, IRP_MN_WAIT_WAKE, State, FuncWoken, Func, NULL)))
        return;
    InterlockedExchange(&Func->WakeState,
                        FuncWakeNone); /* then it does not wake, until it is armed again */
    KeSetEvent(&Func->Disarmed, IO_NO_INCREMENT, FALSE);
    IoReleaseRemoveLock(&Func->Remove, FuncWoken);
}

/* The request has ended: with success, the lever was pressed. */
_Use_decl_annotations_ static VOID NTAPI FuncWoken(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction,
                                                   POWER_STATE PowerState, PVOID Context,
                                                   PIO_STATUS_BLOCK IoStatus)
{
    FUNC *Func = Context;
    BOOLEAN Awake = NT_SUCCESS(IoStatus->Status);

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(PowerState);
    InterlockedExchange(&Func->WakeState, FuncWakeNone);
    if (Awake) {
        InterlockedIncrement((PLONG)&Func->Status.Wakes);
        FuncAskPower(Func);
        if (Func->Policy.Device == PowerDeviceD0)
            FuncArm(Func); /* else when it has power again */
    }
    if (Func->WakeState == FuncWakeNone)
        KeSetEvent(&Func->Disarmed, IO_NO_INCREMENT, FALSE);
    IoReleaseRemoveLock(&Func->Remove, FuncWoken);
}

/* Whoever comes second, this or FuncCancelWake, lets the request go on. */
static IO_COMPLETION_ROUTINE FuncWakeIsBack;
static NTSTATUS NTAPI FuncWakeIsBack(_In_ PDEVICE_OBJECT DeviceObject, _In_ PIRP Irp,
                                     _In_opt_ PVOID Context)
{
    FUNC *Func = Context;
    LONG Before = InterlockedExchange(&Func->WakeState, FuncWakeCompleting);

    UNREFERENCED_PARAMETER(DeviceObject);
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);
    if (Before == FuncWakeCancelling)
        return STATUS_MORE_PROCESSING_REQUIRED;
    PoStartNextPowerIrp(Irp);
    IoReleaseRemoveLock(&Func->Remove, Irp);
    return STATUS_CONTINUE_COMPLETION;
}

/* The request that FuncArm has asked for comes by on its way down. */
static NTSTATUS FuncPassWake(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    BOOLEAN Wanted;
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Wanted = Func->WakeEnabled;
    if (Wanted) {
        Func->WakeIrp = Irp;
        Func->WakeState = FuncWakeArmed;
    }
    KeReleaseSpinLock(&Func->Lock, Irql);
    if (!Wanted) {
        PoStartNextPowerIrp(Irp);
        FuncComplete(Irp, STATUS_CANCELLED, 0);
        IoReleaseRemoveLock(&Func->Remove, Irp);
        return STATUS_CANCELLED;
    }
    IoMarkIrpPending(Irp);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, FuncWakeIsBack, Func, TRUE, TRUE, TRUE);
    PoCallDriver(Func->Lower, Irp);
    return STATUS_PENDING;
}

static VOID FuncCancelWake(_Inout_ FUNC *Func)
{
    PIRP Irp = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Func->WakeEnabled = FALSE;
    if (InterlockedCompareExchange(&Func->WakeState, FuncWakeCancelling, FuncWakeArmed) ==
        FuncWakeArmed)
        Irp = Func->WakeIrp;
    KeReleaseSpinLock(&Func->Lock, Irql);
    if (Irp != NULL) {
        IoCancelIrp(Irp);
        if (InterlockedExchange(&Func->WakeState, FuncWakeCancelled) == FuncWakeCompleting) {
            PoStartNextPowerIrp(Irp);
            IoCompleteRequest(Irp, IO_NO_INCREMENT);
            IoReleaseRemoveLock(&Func->Remove, Irp);
        }
    }
    KeWaitForSingleObject(&Func->Disarmed, Executive, KernelMode, FALSE, NULL);
}

/* ---- power for those who wait ---- */

static REQUEST_POWER_COMPLETE FuncPowerCame;
static VOID NTAPI FuncPowerCame(_In_ PDEVICE_OBJECT DeviceObject, _In_ UCHAR MinorFunction,
                                _In_ POWER_STATE PowerState, _In_opt_ PVOID Context,
                                _In_ PIO_STATUS_BLOCK IoStatus)
{
    FUNC *Func = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(MinorFunction);
    UNREFERENCED_PARAMETER(PowerState);
    Func->Asking = FALSE;
    if (!NT_SUCCESS(IoStatus->Status))
        FuncFailHeld(Func, IoStatus->Status);
    IoReleaseRemoveLock(&Func->Remove, FuncPowerCame);
}

VOID FuncAskPower(_Inout_ FUNC *Func)
{
    POWER_STATE State;
    NTSTATUS Status;
    BOOLEAN Ask;
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Ask = (Func->Obstacles & FUNC_NO_POWER) && Func->Policy.System == PowerSystemWorking &&
          !Func->Asking && !Func->Gone;
    if (Ask)
        Func->Asking = NT_SUCCESS(IoAcquireRemoveLock(&Func->Remove, FuncPowerCame));
    Ask = Ask && Func->Asking;
    KeReleaseSpinLock(&Func->Lock, Irql);
    if (!Ask)
        return;
    State.DeviceState = PowerDeviceD0;
    Status = PoRequestPowerIrp(Func->Pdo, IRP_MN_SET_POWER, State, FuncPowerCame, Func, NULL);
    if (NT_SUCCESS(Status))
        return;
    Func->Asking = FALSE;
    FuncFailHeld(Func, Status);
    IoReleaseRemoveLock(&Func->Remove, FuncPowerCame);
}

/* ---- states ---- */

/* What can still wake keeps the power for that. */
static DEVICE_POWER_STATE FuncChoose(_In_ POLICY *Policy, _In_ SYSTEM_POWER_STATE System)
{
    if (System == PowerSystemWorking)
        return PowerDeviceD0;
    return FuncOf(Policy)->WakeState == FuncWakeArmed ? Policy->DeviceFor[System] : PowerDeviceD3;
}

static VOID FuncDown(_In_ POLICY *Policy, _In_ DEVICE_POWER_STATE State)
{
    UNREFERENCED_PARAMETER(State);
    FuncPause(FuncOf(Policy), FUNC_NO_POWER);
    FuncOf(Policy)->Status.PowerDowns++;
}

static VOID FuncUp(_In_ POLICY *Policy)
{
    FuncArm(FuncOf(Policy));
    FuncResume(FuncOf(Policy), FUNC_NO_POWER);
}

VOID FuncPowerInitialize(_Inout_ FUNC *Func)
{
    PolicyInitialize(&Func->Policy, Func->Pdo, Func->Lower, &Func->Remove);
    Func->Policy.Choose = FuncChoose;
    Func->Policy.Down = FuncDown;
    Func->Policy.Up = FuncUp;
    KeInitializeEvent(&Func->Disarmed, NotificationEvent, TRUE);
}

VOID FuncPowerStart(_Inout_ FUNC *Func)
{
    ULONG Seconds = FuncParameter(L"IdleSeconds", 10);

    Func->WakeEnabled = FuncParameter(L"WakeEnabled", 1) != 0;
    if (Seconds != 0)
        Func->Idle = PoRegisterDeviceForIdleDetection(
            Func->Pdo, Seconds, Seconds, Func->WakeEnabled ? PowerDeviceD2 : PowerDeviceD3);
    FuncArm(Func);
}

VOID FuncPowerStop(_Inout_ FUNC *Func)
{
    if (Func->Idle != NULL)
        PoRegisterDeviceForIdleDetection(Func->Pdo, 0, 0, PowerDeviceUnspecified);
    Func->Idle = NULL;
    FuncCancelWake(Func);
}

NTSTATUS FuncPower(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_WAIT_WAKE)
        return FuncPassWake(Func, Irp);
    return PolicyPower(&Func->Policy, Func->Self, Irp);
}
