/*
 * The driver's PnP and power callbacks, up and down, in the documented order [doc: Power-Up Sequence for a Function or
 * Filter Driver, Power-Down and Removal Sequence, Surprise-Removal Sequence, and each callback's page for failures].
 */
#include "fx.h"

#include "pdo.h"
#include "resource.h"

/* ---- hooks of other parts ---- */

VOID FxPowerHookInsert(FX_DEVICE *Device, FX_POWER_HOOK *Hook)
{
    KIRQL Irql;

    InitializeListHead(&Hook->Link);
    if (Device->Pnp == NULL)
        return;
    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    InsertTailList(&Device->Pnp->Hooks, &Hook->Link);
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
}

VOID FxPowerHookRemove(FX_DEVICE *Device, FX_POWER_HOOK *Hook)
{
    KIRQL Irql;

    if (Device->Pnp == NULL)
        return;
    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    RemoveEntryList(&Hook->Link);
    InitializeListHead(&Hook->Link);
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
}

#define FX_EACH_HOOK(Hook, Pnp)                                                                 \
    for (PLIST_ENTRY Link_ = (Pnp)->Hooks.Flink;                                                \
         Link_ != &(Pnp)->Hooks && ((Hook) = CONTAINING_RECORD(Link_, FX_POWER_HOOK, Link), 1); \
         Link_ = Link_->Flink)

static NTSTATUS FxConnectHooks(FX_PNP *Pnp)
{
    FX_POWER_HOOK *Hook;
    NTSTATUS Status = STATUS_SUCCESS;

    FX_EACH_HOOK(Hook, Pnp) {
        if (Hook->Connect == NULL || Hook->IsConnected)
            continue;
        Status = Hook->Connect(Hook->Object);
        if (!NT_SUCCESS(Status))
            return Status;
        Hook->IsConnected = TRUE;
    }
    return Status;
}

static NTSTATUS FxDisconnectHooks(FX_PNP *Pnp, BOOLEAN IsFinal)
{
    FX_POWER_HOOK *Hook;
    NTSTATUS First = STATUS_SUCCESS, Status;

    FX_EACH_HOOK(Hook, Pnp) {
        if (!Hook->IsConnected)
            continue;
        Status = STATUS_SUCCESS;
        if (Hook->Disconnect != NULL)
            Status = Hook->Disconnect(Hook->Object, IsFinal);
        Hook->IsConnected = FALSE;
        if (!NT_SUCCESS(Status) && NT_SUCCESS(First))
            First = Status;
    }
    return First;
}

/* The device does not come back to D0: what stayed connected while it slept ends. */
static VOID FxDropHooks(FX_PNP *Pnp)
{
    FX_POWER_HOOK *Hook;

    FX_EACH_HOOK(Hook, Pnp)
        if (Hook->Disconnect != NULL)
            Hook->Disconnect(Hook->Object, TRUE);
}

static NTSTATUS FxEnableDmaHooks(FX_PNP *Pnp)
{
    FX_POWER_HOOK *Hook;
    NTSTATUS Status = STATUS_SUCCESS;

    FX_EACH_HOOK(Hook, Pnp) {
        if (Hook->EnableDma == NULL || Hook->IsDmaEnabled)
            continue;
        Status = Hook->EnableDma(Hook->Object);
        if (!NT_SUCCESS(Status))
            return Status;
        Hook->IsDmaEnabled = TRUE;
    }
    return Status;
}

static NTSTATUS FxDisableDmaHooks(FX_PNP *Pnp)
{
    FX_POWER_HOOK *Hook;
    NTSTATUS First = STATUS_SUCCESS, Status;

    FX_EACH_HOOK(Hook, Pnp) {
        if (!Hook->IsDmaEnabled)
            continue;
        Status = Hook->DisableDma != NULL ? Hook->DisableDma(Hook->Object) : STATUS_SUCCESS;
        Hook->IsDmaEnabled = FALSE;
        if (!NT_SUCCESS(Status) && NT_SUCCESS(First))
            First = Status;
    }
    return First;
}

/* ---- hardware ---- */

static VOID FxForgetResources(FX_PNP *Pnp)
{
    if (Pnp->Raw != NULL)
        FxObjectDelete(Pnp->Raw);
    if (Pnp->Translated != NULL)
        FxObjectDelete(Pnp->Translated);
    Pnp->Raw = Pnp->Translated = NULL;
}

NTSTATUS FxPrepareHardware(FX_DEVICE *Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    FX_PNP *Pnp = Device->Pnp;
    PFN_WDF_DEVICE_PREPARE_HARDWARE EvtPrepare = Device->Settings.PnpPower.EvtDevicePrepareHardware;
    FX_POWER_HOOK *Hook;
    NTSTATUS Status;

    FxForgetResources(Pnp);
    Status = FxCmListCreate(Device, Raw, FALSE, &Pnp->Raw);
    if (NT_SUCCESS(Status))
        Status = FxCmListCreate(Device, Translated, FALSE, &Pnp->Translated);
    if (!NT_SUCCESS(Status)) {
        FxForgetResources(Pnp);
        return Status;
    }
    FX_EACH_HOOK(Hook, Pnp)
        if (Hook->Assign != NULL)
            Hook->Assign(Hook->Object, Raw, Translated);
    Pnp->IsPrepared = TRUE; /* EvtDeviceReleaseHardware follows even when EvtDevicePrepareHardware fails */
    if (EvtPrepare == NULL)
        return STATUS_SUCCESS;
    Pnp->IsPreparing = TRUE;
    Status = FX_GUARDED(Device->Object.Globals, EvtPrepare, FX_HANDLE(WDFDEVICE, Device),
                        FX_HANDLE(WDFCMRESLIST, Pnp->Raw), FX_HANDLE(WDFCMRESLIST, Pnp->Translated));
    Pnp->IsPreparing = FALSE;
    return Status;
}

VOID FxReleaseHardware(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    PFN_WDF_DEVICE_RELEASE_HARDWARE EvtRelease = Device->Settings.PnpPower.EvtDeviceReleaseHardware;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!Pnp->IsPrepared)
        return;
    Pnp->IsPrepared = FALSE;
    if (EvtRelease != NULL)
        Status = FX_GUARDED(Device->Object.Globals, EvtRelease, FX_HANDLE(WDFDEVICE, Device),
                            FX_HANDLE(WDFCMRESLIST, Pnp->Translated));
    if (!NT_SUCCESS(Status))
        FxMistake(Device->Object.Globals, Status, "EvtDeviceReleaseHardware failed");
    for (PLIST_ENTRY Link = Pnp->Hooks.Flink, Next; Link != &Pnp->Hooks; Link = Next) {
        FX_POWER_HOOK *Hook = CONTAINING_RECORD(Link, FX_POWER_HOOK, Link);

        Next = Link->Flink; /* an object may go with its resources */
        if (Hook->Release != NULL)
            Hook->Release(Hook->Object);
    }
    FxForgetResources(Pnp);
}

/* ---- self-managed I/O ---- */

static NTSTATUS FxSelfManagedStart(FX_DEVICE *Device)
{
    const WDF_PNPPOWER_EVENT_CALLBACKS *Callbacks = &Device->Settings.PnpPower;
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Pnp->SelfManaged == FxSelfNever && Callbacks->EvtDeviceSelfManagedIoInit != NULL)
        Status = FX_GUARDED(Device->Object.Globals, Callbacks->EvtDeviceSelfManagedIoInit,
                            FX_HANDLE(WDFDEVICE, Device));
    else if (Pnp->SelfManaged == FxSelfSuspended && Callbacks->EvtDeviceSelfManagedIoRestart != NULL)
        Status = FX_GUARDED(Device->Object.Globals, Callbacks->EvtDeviceSelfManagedIoRestart,
                            FX_HANDLE(WDFDEVICE, Device));
    Pnp->SelfManaged = NT_SUCCESS(Status) ? FxSelfStarted : FxSelfFailed;
    return Status;
}

static NTSTATUS FxSelfManagedSuspend(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND EvtSuspend = Device->Settings.PnpPower.EvtDeviceSelfManagedIoSuspend;
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Pnp->SelfManaged != FxSelfStarted)
        return STATUS_SUCCESS;
    if (EvtSuspend != NULL)
        Status = FX_GUARDED(Device->Object.Globals, EvtSuspend, FX_HANDLE(WDFDEVICE, Device));
    Pnp->SelfManaged = NT_SUCCESS(Status) ? FxSelfSuspended : FxSelfFailed;
    return Status;
}

VOID FxSelfManagedFlush(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH EvtFlush = Device->Settings.PnpPower.EvtDeviceSelfManagedIoFlush;
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp->SelfManaged == FxSelfNever || Pnp->SelfManaged == FxSelfFlushed)
        return;
    Pnp->SelfManaged = FxSelfFlushed;
    if (EvtFlush != NULL)
        FX_GUARDED_VOID(Device->Object.Globals, EvtFlush, FX_HANDLE(WDFDEVICE, Device));
}

VOID FxSelfManagedCleanup(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP EvtCleanup = Device->Settings.PnpPower.EvtDeviceSelfManagedIoCleanup;
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp->SelfManaged == FxSelfNever)
        return;
    Pnp->SelfManaged = FxSelfNever;
    if (EvtCleanup != NULL)
        FX_GUARDED_VOID(Device->Object.Globals, EvtCleanup, FX_HANDLE(WDFDEVICE, Device));
}

/* ---- power ---- */

static VOID FxSetInD0(FX_PNP *Pnp, BOOLEAN InD0)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->InD0 = InD0;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
}

/* ---- the watchdog ---- */

#define FX_WATCHDOG_100NS (10LL * 60 * 10 * 1000 * 1000) /* [doc: Bug Check 0x10D] has no number; [guess] as for power IRPs */

static VOID NTAPI FxWatchdog(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FX_PNP *Pnp = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Pnp->TimedOut.PowerState = (WDF_DEVICE_POWER_STATE)Pnp->State[FxMachinePower];
    Pnp->TimedOut.PowerPolicyState = (WDF_DEVICE_POWER_POLICY_STATE)Pnp->State[FxMachinePolicy];
    FxViolation(Pnp->Device->Object.Globals, WDF_POWER_ROUTINE_TIMED_OUT, (ULONG_PTR)&Pnp->TimedOut, 0, 0);
}

static VOID FxWatchdogStart(FX_PNP *Pnp)
{
    LARGE_INTEGER Due = { .QuadPart = -FX_WATCHDOG_100NS };

    Pnp->TimedOut.DeviceObject = Pnp->Device->Wdm;
    Pnp->TimedOut.Device = FX_HANDLE(WDFDEVICE, Pnp->Device);
    Pnp->TimedOut.TimedOutThread = KeGetCurrentThread();
    KeInitializeDpc(&Pnp->WatchdogDpc, FxWatchdog, Pnp);
    KeSetTimer(&Pnp->Watchdog, Due, &Pnp->WatchdogDpc);
}

static VOID FxWatchdogStop(FX_PNP *Pnp)
{
    KeCancelTimer(&Pnp->Watchdog);
}

/* ---- up and down ---- */

static NTSTATUS FxD0Exit(FX_DEVICE *Device, WDF_POWER_DEVICE_STATE Target)
{
    PFN_WDF_DEVICE_D0_EXIT EvtD0Exit = Device->Settings.PnpPower.EvtDeviceD0Exit;

    FxSetInD0(Device->Pnp, FALSE);
    if (EvtD0Exit == NULL)
        return STATUS_SUCCESS;
    return FX_GUARDED(Device->Object.Globals, EvtD0Exit, FX_HANDLE(WDFDEVICE, Device), Target);
}

static NTSTATUS FxPreDisable(FX_DEVICE *Device, WDF_POWER_DEVICE_STATE Target)
{
    PFN_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED EvtPreDisabled =
        Device->Settings.PnpPower.EvtDeviceD0ExitPreInterruptsDisabled;

    if (EvtPreDisabled == NULL)
        return STATUS_SUCCESS;
    return FX_GUARDED(Device->Object.Globals, EvtPreDisabled, FX_HANDLE(WDFDEVICE, Device), Target);
}

static NTSTATUS FxKeepFirst(NTSTATUS First, NTSTATUS Next)
{
    return NT_SUCCESS(First) ? Next : First;
}

/* What follows when a step after a successful EvtDeviceD0Entry fails: back down without queues. */
static NTSTATUS FxUndoPowerUp(FX_DEVICE *Device, NTSTATUS Failure)
{
    FX_PNP *Pnp = Device->Pnp;

    FxDisableDmaHooks(Pnp);
    FxPreDisable(Device, WdfPowerDeviceD3Final);
    FxDisconnectHooks(Pnp, TRUE);
    FxD0Exit(Device, WdfPowerDeviceD3Final);
    Pnp->LastState = WdfPowerDeviceD3Final;
    FxEnterState(Device, FxMachinePower, WdfDevStatePowerUpFailed);
    return Failure;
}

static NTSTATUS FxD0Entry(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_D0_ENTRY EvtD0Entry = Device->Settings.PnpPower.EvtDeviceD0Entry;
    NTSTATUS Status = STATUS_SUCCESS;

    if (EvtD0Entry != NULL)
        Status = FX_GUARDED(Device->Object.Globals, EvtD0Entry, FX_HANDLE(WDFDEVICE, Device),
                            Device->Pnp->LastState);
    if (NT_SUCCESS(Status))
        FxSetInD0(Device->Pnp, TRUE);
    return Status;
}

static NTSTATUS FxPostEnable(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED EvtPostEnabled =
        Device->Settings.PnpPower.EvtDeviceD0EntryPostInterruptsEnabled;

    if (EvtPostEnabled == NULL)
        return STATUS_SUCCESS;
    return FX_GUARDED(Device->Object.Globals, EvtPostEnabled, FX_HANDLE(WDFDEVICE, Device),
                      Device->Pnp->LastState);
}

/* From EvtDeviceD0Entry to the queues. */
static NTSTATUS FxPowerUpHardware(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = FxD0Entry(Device);

    if (!NT_SUCCESS(Status)) { /* EvtDeviceD0Exit is not called then */
        FxDropHooks(Pnp);
        FxEnterState(Device, FxMachinePower, WdfDevStatePowerUpFailed);
        return Status;
    }
    FxEnterState(Device, FxMachinePower, WdfDevStatePowerD0StartingConnectInterrupt);
    Status = FxConnectHooks(Pnp);
    if (NT_SUCCESS(Status))
        Status = FxPostEnable(Device);
    if (NT_SUCCESS(Status)) {
        FxEnterState(Device, FxMachinePower, WdfDevStatePowerD0StartingDmaEnable);
        Status = FxEnableDmaHooks(Pnp);
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : FxUndoPowerUp(Device, Status);
}

static NTSTATUS FxPowerUpSteps(FX_DEVICE *Device)
{
    NTSTATUS Status;

    FxEnterState(Device, FxMachinePower, WdfDevStatePowerD0Starting);
    Status = FxPdoHoldParent(Device);
    if (!NT_SUCCESS(Status))
        return Status;
    FxPdoDisableWake(Device);
    Status = FxPowerUpHardware(Device);
    if (!NT_SUCCESS(Status))
        return Status;
    FxChildrenScan(Device);
    FxWakeDisarm(Device);
    if (FxPoFxMayOpen(Device->Pnp))
        FxQueuesPowerUp(Device);
    FxEnterState(Device, FxMachinePower, WdfDevStatePowerD0StartingStartSelfManagedIo);
    Status = FxSelfManagedStart(Device);
    if (!NT_SUCCESS(Status)) {
        FxQueuesPowerDown(Device, TRUE);
        return FxUndoPowerUp(Device, Status);
    }
    FxEnterState(Device, FxMachinePower, WdfDevStatePowerD0);
    return STATUS_SUCCESS;
}

NTSTATUS FxPowerUpDevice(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status;

    if (Pnp->InD0)
        return STATUS_SUCCESS;
    FxWatchdogStart(Pnp);
    Status = FxPowerUpSteps(Device);
    FxWatchdogStop(Pnp);
    if (NT_SUCCESS(Status) && (Pnp->PoFx.Handle == NULL || Pnp->PoFx.IsOpen))
        KeSetEvent(&Pnp->InD0Event, IO_NO_INCREMENT, FALSE);
    return Status;
}

static NTSTATUS FxPowerDownSteps(FX_DEVICE *Device, WDF_POWER_DEVICE_STATE Target)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status;

    FxEnterState(Device, FxMachinePower, Target == WdfPowerDeviceD3Final ? WdfDevStatePowerGotoStopped
                                                                        : WdfDevStatePowerGotoDx);
    if (Target != WdfPowerDeviceD3Final)
        FxPdoEnableWake(Device);
    Status = FxSelfManagedSuspend(Device);
    Pnp->PoFx.IsOpen = FALSE;
    FxQueuesPowerDown(Device, Target == WdfPowerDeviceD3Final);
    FxWakeArm(Device);
    Status = FxKeepFirst(Status, FxDisableDmaHooks(Pnp));
    Status = FxKeepFirst(Status, FxPreDisable(Device, Target));
    Status = FxKeepFirst(Status, FxDisconnectHooks(Pnp, Target == WdfPowerDeviceD3Final));
    Status = FxKeepFirst(Status, FxD0Exit(Device, Target));
    Pnp->LastState = Target;
    FxPdoReleaseParent(Device);
    FxEnterState(Device, FxMachinePower, Target == WdfPowerDeviceD3Final ? WdfDevStatePowerStopped : WdfDevStatePowerDx);
    return Status;
}

NTSTATUS FxPowerDownDevice(FX_DEVICE *Device, WDF_POWER_DEVICE_STATE Target)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status;

    if (!Pnp->InD0)
        return STATUS_SUCCESS;
    KeClearEvent(&Pnp->InD0Event);
    FxWatchdogStart(Pnp);
    Status = FxPowerDownSteps(Device, Target);
    FxWatchdogStop(Pnp);
    return Status;
}
