/*
 * Power policy: the owner of a device's power policy turns system power requests into device power requests, and idle
 * time into low power [doc: Power Policy Ownership; Supporting Idle Power-Down; A Device Enters a Low-Power State]. Idle
 * time-outs are the framework's own timers, also where a driver leaves them to the system.
 */
#include "fx.h"

#include "pnp.h"

#define FX_IDLE_DEFAULT_MS 5000u

/* ---- device power requests ---- */

typedef struct _FX_POWER_WAIT {
    KEVENT Event;
    NTSTATUS Status;
} FX_POWER_WAIT;

static VOID NTAPI FxPowerRequestDone(PDEVICE_OBJECT Wdm, UCHAR Minor, POWER_STATE State, PVOID Context,
                                     PIO_STATUS_BLOCK Iosb)
{
    FX_POWER_WAIT *Wait = Context;

    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(State);
    Wait->Status = Iosb->Status;
    KeSetEvent(&Wait->Event, IO_NO_INCREMENT, FALSE);
}

/* With Policy taken. */
static NTSTATUS FxRequestPower(FX_DEVICE *Device, DEVICE_POWER_STATE DeviceState)
{
    FX_POWER_WAIT Wait;
    POWER_STATE State;
    NTSTATUS Status;

    State.DeviceState = DeviceState;
    KeInitializeEvent(&Wait.Event, NotificationEvent, FALSE);
    Device->Pnp->IsRequesting = TRUE;
    Status = PoRequestPowerIrp(Device->Pdo, IRP_MN_SET_POWER, State, FxPowerRequestDone, &Wait, NULL);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Wait.Event, Executive, KernelMode, FALSE, NULL);
        Status = Wait.Status;
    }
    Device->Pnp->IsRequesting = FALSE;
    return Status;
}

static VOID FxTakePolicy(FX_PNP *Pnp)
{
    FxUsbIdleStir(Pnp, 1);
    KeWaitForSingleObject(&Pnp->Policy, Executive, KernelMode, FALSE, NULL);
    FxUsbIdleStir(Pnp, -1);
}

static VOID FxEndPolicy(FX_PNP *Pnp)
{
    KeSetEvent(&Pnp->Policy, IO_NO_INCREMENT, FALSE);
}

/* ---- idle ---- */

static VOID FxIdleTimerStart(FX_PNP *Pnp)
{
    ULONG Milliseconds = Pnp->Idle.IdleTimeout != IdleTimeoutDefaultValue &&
                                 Pnp->Idle.IdleTimeoutType != SystemManagedIdleTimeout
                             ? Pnp->Idle.IdleTimeout
                             : FX_IDLE_DEFAULT_MS;
    LARGE_INTEGER Due = { .QuadPart = -10000LL * Milliseconds };

    KeSetTimer(&Pnp->IdleTimer, Due, &Pnp->IdleDpc);
}

/* Starts to count when nobody needs D0. <= DISPATCH_LEVEL. */
static VOID FxIdleCount(FX_PNP *Pnp)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    if (Pnp->PolicyRuns && Pnp->IdleEnabled && Pnp->References == 0 && Pnp->InD0 && !Pnp->SystemSleeps &&
        Pnp->PoFx.Handle == NULL)
        FxIdleTimerStart(Pnp);
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    if (Pnp->PoFx.Handle != NULL)
        FxPolicyQueue(Pnp->Device);
}

static VOID NTAPI FxIdleTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FX_PNP *Pnp = Context;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->IdleExpired = Pnp->References == 0;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    FxPolicyQueue(Pnp->Device);
}

static VOID FxIdleCancel(FX_PNP *Pnp)
{
    KIRQL Irql;

    KeCancelTimer(&Pnp->IdleTimer);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->IdleExpired = FALSE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
}

static DEVICE_POWER_STATE FxIdleState(FX_PNP *Pnp)
{
    if (Pnp->Idle.DxState != PowerDeviceMaximum)
        return Pnp->Idle.DxState;
    if (Pnp->Idle.IdleCaps != IdleCannotWakeFromS0 && Pnp->Caps.DeviceWake > PowerDeviceD0)
        return Pnp->Caps.DeviceWake;
    return PowerDeviceD3;
}

/* With Policy taken. A device that cannot be armed to wake itself stays in D0 until it is idle again. */
static VOID FxGoIdle(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    BOOLEAN Arms = Pnp->Idle.IdleCaps != IdleCannotWakeFromS0;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    FxIdleCancel(Pnp);
    if (Pnp->Idle.IdleCaps == IdleUsbSelectiveSuspend)
        Status = FxUsbIdleAsk(Device);
    if (Arms && NT_SUCCESS(Status))
        Status = FxWaitWakeSend(Device, PowerSystemWorking);
    if (NT_SUCCESS(Status)) {
        Pnp->ArmFor = Arms ? FxArmS0 : FxArmNone;
        Status = FxRequestPower(Device, FxIdleState(Pnp));
        Pnp->ArmFor = FxArmNone;
    }
    FxUsbIdleLetGo(Pnp);
    if (!NT_SUCCESS(Status)) {
        if (Status != STATUS_CANCELLED) /* which says that somebody needs it meanwhile */
            FxMistake(Device->Object.Globals, Status, "the idle device stays in D0");
        FxWaitWakeCancel(Device);
        FxUsbIdleEnd(Device);
        return;
    }
    FxEnterState(Device, FxMachinePolicy,
                 Pnp->Idle.IdleCaps == IdleUsbSelectiveSuspend ? WdfDevStatePwrPolWaitingArmedUsbSS
                 : Arms                                        ? WdfDevStatePwrPolWaitingArmed
                                                               : WdfDevStatePwrPolWaitingUnarmed);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->IdleDown = TRUE;
    Pnp->WantUp = Pnp->ArmFailed;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
}

static VOID FxPolicyStarted(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    FxEnterState(Device, FxMachinePolicy,
                 !Pnp->IdleEnabled                              ? WdfDevStatePwrPolStarted
                 : Pnp->Idle.IdleCaps == IdleCannotWakeFromS0 ? WdfDevStatePwrPolStartedIdleCapable
                                                                : WdfDevStatePwrPolStartedWakeCapable);
}

/* With Policy taken: back to D0. */
static VOID FxGoUp(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = FxRequestPower(Device, PowerDeviceD0);
    KIRQL Irql;

    FxUsbIdleEnd(Device);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->IdleDown = Pnp->WantUp = Pnp->WakeTriggered = FALSE;
    Pnp->PolicyRuns = NT_SUCCESS(Status);
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    Pnp->SystemAction = PowerActionNone;
    if (!NT_SUCCESS(Status)) {
        FxMistake(Device->Object.Globals, Status, "the device does not come back to D0");
        FxEnterState(Device, FxMachinePolicy, WdfDevStatePwrPolDevicePowerRequestFailed);
        FxPnpFail(Device, WdfDeviceFailedAttemptRestart);
        KeSetEvent(&Pnp->InD0Event, IO_NO_INCREMENT, FALSE); /* nobody waits for ever */
        return;
    }
    FxPolicyStarted(Device);
    FxIdleCount(Pnp);
}

/* ---- the worker ---- */

typedef enum _FX_POLICY_ACTION {
    FxPolicyNothing,
    FxPolicyUp,
    FxPolicyDown,
    FxPolicyPoFx
} FX_POLICY_ACTION;

static FX_POLICY_ACTION FxPolicyOfStep(FX_POFX_STEP Step)
{
    return Step == FxPoFxUp ? FxPolicyUp : Step == FxPoFxDown ? FxPolicyDown : FxPolicyPoFx;
}

static FX_POLICY_ACTION FxPolicyNext(FX_PNP *Pnp, FX_POFX_STEP *Step)
{
    FX_POLICY_ACTION Action = FxPolicyNothing;
    KIRQL Irql;

    *Step = FxPoFxNothing;
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    if (Pnp->PolicyRuns && !Pnp->SystemSleeps)
        *Step = FxPoFxNext(Pnp);
    if (*Step != FxPoFxNothing) {
        Action = FxPolicyOfStep(*Step);
    } else if (Pnp->PolicyRuns && !Pnp->SystemSleeps) {
        if (Pnp->IdleDown && (Pnp->References != 0 || Pnp->WantUp || Pnp->WakeTriggered || !Pnp->IdleEnabled))
            Action = FxPolicyUp;
        else if (!Pnp->IdleDown && Pnp->IdleExpired && Pnp->References == 0 && Pnp->IdleEnabled && Pnp->InD0)
            Action = FxPolicyDown;
    }
    if (Action != FxPolicyDown)
        Pnp->IdleExpired = FALSE;
    if (Action == FxPolicyNothing)
        Pnp->WorkQueued = FALSE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    return Action;
}

static VOID NTAPI FxPolicyWorker(PVOID Context)
{
    FX_DEVICE *Device = Context;
    FX_POLICY_ACTION Action;
    FX_POFX_STEP Step;

    FxTakePolicy(Device->Pnp);
    while ((Action = FxPolicyNext(Device->Pnp, &Step)) != FxPolicyNothing) {
        if (Action == FxPolicyUp)
            FxGoUp(Device);
        else if (Action == FxPolicyDown)
            FxGoIdle(Device);
        else
            FxPoFxDo(Device, Step);
        if (Action != FxPolicyPoFx)
            FxPoFxChanged(Device->Pnp);
    }
    FxEndPolicy(Device->Pnp);
    FxObjectDereference(&Device->Object);
}

VOID FxPolicyQueue(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    BOOLEAN Queue;
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Queue = !Pnp->WorkQueued && Pnp->PolicyRuns;
    if (Queue) {
        Pnp->WorkQueued = TRUE;
        FxObjectReference(&Device->Object);
    }
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    if (!Queue)
        return;
    ExInitializeWorkItem(&Pnp->Work, FxPolicyWorker, Device);
    ExQueueWorkItem(&Pnp->Work, DelayedWorkQueue);
}

/* ---- start and stop ---- */

VOID FxPolicyInit(FX_PNP *Pnp)
{
    KeInitializeEvent(&Pnp->Policy, SynchronizationEvent, TRUE);
    KeInitializeEvent(&Pnp->InD0Event, NotificationEvent, FALSE);
    KeInitializeEvent(&Pnp->WaitWakeEnded, NotificationEvent, TRUE);
    KeInitializeSpinLock(&Pnp->WakeLock);
    KeInitializeTimer(&Pnp->IdleTimer);
    KeInitializeDpc(&Pnp->IdleDpc, FxIdleTimeout, Pnp);
}

VOID FxPolicyStart(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    KIRQL Irql;

    if (!Device->Settings.IsPowerPolicyOwner)
        return;
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->PolicyRuns = TRUE;
    Pnp->IdleDown = Pnp->WantUp = Pnp->IdleExpired = FALSE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    FxPolicyStarted(Device);
    FxPoFxStart(Pnp);
    FxIdleCount(Pnp);
}

VOID FxPolicyStop(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->PolicyRuns = FALSE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    FxIdleCancel(Pnp);
    KeFlushQueuedDpcs();
    FxTakePolicy(Pnp); /* what was asked for is over then */
    FxWaitWakeCancel(Device);
    FxUsbIdleEnd(Device);
    Pnp->Armed = FxArmNone;
    FxPoFxUnregister(Device);
    FxEndPolicy(Pnp);
}

NTSTATUS FxPolicyAwake(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    if (FxPowerReference(Device) == STATUS_PENDING && Pnp->PolicyRuns)
        KeWaitForSingleObject(&Pnp->InD0Event, Executive, KernelMode, FALSE, NULL);
    return Pnp->InD0 ? STATUS_SUCCESS : STATUS_POWER_STATE_INVALID;
}

/* ---- references ---- */

/* In D0 to stay there while it is referenced; and in F0. */
static BOOLEAN FxIsThere(const FX_PNP *Pnp)
{
    return Pnp->InD0 && !Pnp->IdleExpired && (Pnp->PoFx.Handle == NULL || Pnp->PoFx.IsOpen);
}

NTSTATUS FxPowerReference(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp == NULL)
        return STATUS_SUCCESS;
    InterlockedIncrement(&Pnp->References);
    if (!Pnp->IdleKnown)
        return Pnp->InD0 ? STATUS_SUCCESS : STATUS_PENDING;
    KeCancelTimer(&Pnp->IdleTimer);
    FxUsbIdleStir(Pnp, 0);
    if (FxIsThere(Pnp))
        return STATUS_SUCCESS;
    FxPolicyQueue(Device);
    return FxIsThere(Pnp) ? STATUS_SUCCESS : STATUS_PENDING;
}

VOID FxPowerDereference(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp != NULL && InterlockedDecrement(&Pnp->References) == 0 && Pnp->IdleKnown)
        FxIdleCount(Pnp);
}

/* ---- system power ---- */

/* Where a device sleeps that does not wake the system: where it wants, but no higher than the system state allows. */
static DEVICE_POWER_STATE FxSleepState(FX_PNP *Pnp, SYSTEM_POWER_STATE State)
{
    DEVICE_POWER_STATE Wanted = PowerDeviceD3;

    if (Pnp->PowerCaps.Size != 0 && Pnp->PowerCaps.IdealDxStateForSx > PowerDeviceD0 &&
        Pnp->PowerCaps.IdealDxStateForSx < PowerDeviceMaximum)
        Wanted = Pnp->PowerCaps.IdealDxStateForSx;
    if (State >= PowerSystemShutdown)
        return PowerDeviceD3;
    if (Pnp->Caps.DeviceState[State] > Wanted && Pnp->Caps.DeviceState[State] <= PowerDeviceD3)
        Wanted = Pnp->Caps.DeviceState[State];
    return Wanted;
}

/* With Policy taken, from D0. */
static VOID FxSleepDevice(FX_DEVICE *Device, SYSTEM_POWER_STATE State)
{
    FX_PNP *Pnp = Device->Pnp;
    DEVICE_POWER_STATE DxState;
    BOOLEAN Arms = FxWakeWanted(Device, State, &DxState) && NT_SUCCESS(FxWaitWakeSend(Device, State));
    NTSTATUS Status;

    if (!Arms)
        DxState = FxSleepState(Pnp, State);
    Pnp->ArmFor = Arms ? FxArmSx : FxArmNone;
    Status = FxRequestPower(Device, DxState);
    Pnp->ArmFor = FxArmNone;
    Pnp->SystemDown = TRUE;
    if (!NT_SUCCESS(Status))
        FxMistake(Device->Object.Globals, Status, "the device does not sleep with the system");
    FxEnterState(Device, FxMachinePolicy,
                 Arms ? WdfDevStatePwrPolSystemAsleepWakeArmed : WdfDevStatePwrPolSystemAsleepNoWake);
}

/* A device that is idle comes up first when it has to be armed otherwise for the system's sleep. */
static NTSTATUS FxSystemSleep(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    SYSTEM_POWER_STATE State = Stack->Parameters.Power.State.SystemState;
    FX_PNP *Pnp = Device->Pnp;
    DEVICE_POWER_STATE DxState;
    KIRQL Irql;

    FxTakePolicy(Pnp);
    FxIdleCancel(Pnp);
    FxPolicyCapabilities(Device);
    if (Pnp->IdleDown && Pnp->PolicyRuns && (Pnp->Armed != FxArmNone || FxWakeWanted(Device, State, &DxState)))
        FxGoUp(Device);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->SystemSleeps = TRUE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    Pnp->SystemAction = Stack->Parameters.Power.ShutdownType;
    FxIdleCancel(Pnp);
    if (Pnp->PolicyRuns && Pnp->InD0)
        FxSleepDevice(Device, State);
    FxEndPolicy(Pnp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return FxPowerForward(Device, Irp);
}

/* Stays asleep: an idle device that nobody needs and whose driver did not ask to have it up with the system. */
static BOOLEAN FxStaysDown(FX_PNP *Pnp)
{
    return Pnp->IdleEnabled && Pnp->Idle.IdleCaps == IdleCannotWakeFromS0 && Pnp->References == 0 &&
           Pnp->Idle.PowerUpIdleDeviceOnSystemWake != WdfTrue;
}

/* The request goes first: the system does not wait for devices. */
static NTSTATUS FxSystemWorks(FX_DEVICE *Device, PIRP Irp)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status;
    KIRQL Irql;

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = FxForwardWait(Device, Irp);
    FxTakePolicy(Pnp);
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->SystemSleeps = FALSE;
    if (Pnp->SystemDown) {
        Pnp->IdleDown = TRUE;
        Pnp->WantUp = !FxStaysDown(Pnp);
    }
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    Pnp->SystemDown = FALSE;
    FxEndPolicy(Pnp);
    FxPolicyQueue(Device);
    return FxPowerComplete(Device, Irp, Status);
}

NTSTATUS FxSystemPower(FX_DEVICE *Device, PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->Parameters.Power.State.SystemState == PowerSystemWorking
               ? FxSystemWorks(Device, Irp)
               : FxSystemSleep(Device, Irp);
}

/* ---- for clients ---- */

WDF_DDI(WdfDeviceGetSystemPowerAction);
POWER_ACTION NTAPI imp_WdfDeviceGetSystemPowerAction(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    return Device->Pnp != NULL ? Device->Pnp->SystemAction : PowerActionNone;
}

static NTSTATUS FxStopIdle(FX_DEVICE *Device, BOOLEAN WaitForD0)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = WaitForD0 ? FxCheckIrql(Globals, PASSIVE_LEVEL) : STATUS_SUCCESS;

    if (!NT_SUCCESS(Status))
        return Status;
    if (Pnp == NULL || !Device->Settings.IsPowerPolicyOwner)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE, "WdfDeviceStopIdle by who does not own the power policy");
    if (Pnp->IsGone || Pnp->HasFailed)
        return FxMistake(Globals, STATUS_POWER_STATE_INVALID, "WdfDeviceStopIdle of a device that has failed");
    Status = FxPowerReference(Device);
    if (Status == STATUS_SUCCESS || !WaitForD0)
        return Status;
    KeWaitForSingleObject(&Pnp->InD0Event, Executive, KernelMode, FALSE, NULL);
    if (Pnp->InD0)
        return STATUS_SUCCESS;
    FxPowerDereference(Device);
    return FxMistake(Globals, STATUS_POWER_STATE_INVALID, "the device did not come to D0");
}

WDF_DDI(WdfDeviceStopIdleNoTrack);
NTSTATUS NTAPI imp_WdfDeviceStopIdleNoTrack(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN WaitForD0)
{
    return FxStopIdle(FxDeviceFromHandle(DriverGlobals, Device), WaitForD0);
}

WDF_DDI(WdfDeviceStopIdleActual);
NTSTATUS NTAPI imp_WdfDeviceStopIdleActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN WaitForD0,
                                           PVOID Tag, LONG Line, PCCH File)
{
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(Line);
    UNREFERENCED_PARAMETER(File);
    return FxStopIdle(FxDeviceFromHandle(DriverGlobals, Device), WaitForD0);
}

static VOID FxResumeIdle(FX_DEVICE *Device)
{
    if (Device->Pnp == NULL || Device->Pnp->References <= 0)
        FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_STATE, "WdfDeviceResumeIdle without WdfDeviceStopIdle");
    else
        FxPowerDereference(Device);
}

WDF_DDI(WdfDeviceResumeIdleNoTrack);
VOID NTAPI imp_WdfDeviceResumeIdleNoTrack(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    FxResumeIdle(FxDeviceFromHandle(DriverGlobals, Device));
}

WDF_DDI(WdfDeviceResumeIdleActual);
VOID NTAPI imp_WdfDeviceResumeIdleActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PVOID Tag, LONG Line,
                                         PCCH File)
{
    UNREFERENCED_PARAMETER(Tag);
    UNREFERENCED_PARAMETER(Line);
    UNREFERENCED_PARAMETER(File);
    FxResumeIdle(FxDeviceFromHandle(DriverGlobals, Device));
}
