/*
 * Functional power states of a device with one component: WdfDeviceWdmAssignPowerFrameworkSettings
 * [doc: Supporting Functional Power States; EvtDeviceWdmPostPoFxRegisterDevice;
 * WDF_POWER_FRAMEWORK_SETTINGS]. While nobody refers to the device's power its component is idle,
 * and power-managed queues wait; when PoFx says that power is not required the device goes to Dx.
 * The power policy's worker does it all, one step after the other; PoFx's callbacks only say what
 * there is to do. Leaves out: directed power transitions and the flags of PoFxDeviceFlags.
 */
#include "fx.h"

#include "pnp.h"

/* ---- what PoFx says ---- */

static VOID NTAPI FxComponentActive(PVOID Context, ULONG Component)
{
    FX_DEVICE *Device = Context;
    FX_POFX *PoFx = &Device->Pnp->PoFx;

    if (PoFx->Settings.ComponentActiveConditionCallback != NULL)
        PoFx->Settings.ComponentActiveConditionCallback(PoFx->Settings.PoFxDeviceContext,
                                                        Component);
    InterlockedExchange(&PoFx->IsActive, TRUE);
    FxPolicyQueue(Device);
}

static VOID NTAPI FxComponentIdle(PVOID Context, ULONG Component)
{
    FX_POFX *PoFx = &((FX_DEVICE *)Context)->Pnp->PoFx;

    if (PoFx->Settings.ComponentIdleConditionCallback != NULL)
        PoFx->Settings.ComponentIdleConditionCallback(PoFx->Settings.PoFxDeviceContext, Component);
    else
        PoFxCompleteIdleCondition(PoFx->Handle, Component);
}

static VOID NTAPI FxComponentState(PVOID Context, ULONG Component, ULONG State)
{
    FX_POFX *PoFx = &((FX_DEVICE *)Context)->Pnp->PoFx;

    if (PoFx->Settings.ComponentIdleStateCallback != NULL)
        PoFx->Settings.ComponentIdleStateCallback(PoFx->Settings.PoFxDeviceContext, Component,
                                                  State);
    else
        PoFxCompleteIdleState(PoFx->Handle, Component);
}

static VOID NTAPI FxPowerRequired(PVOID Context)
{
    FX_DEVICE *Device = Context;

    InterlockedExchange(&Device->Pnp->PoFx.IsRequired, TRUE);
    FxPolicyQueue(Device);
    if (!Device->Pnp->PolicyRuns) /* it starts or goes: nobody else answers */
        FxPoFxAnswer(Device->Pnp);
}

static VOID NTAPI FxPowerNotRequired(PVOID Context)
{
    FX_DEVICE *Device = Context;

    InterlockedExchange(&Device->Pnp->PoFx.IsNotRequired, TRUE);
    FxPolicyQueue(Device);
    if (!Device->Pnp->PolicyRuns)
        FxPoFxAnswer(Device->Pnp);
}

static NTSTATUS NTAPI FxPowerControl(PVOID Context, LPCGUID Code, PVOID In, SIZE_T InBytes,
                                     PVOID Out, SIZE_T OutBytes, PSIZE_T Returned)
{
    FX_POFX *PoFx = &((FX_DEVICE *)Context)->Pnp->PoFx;

    return PoFx->Settings.PowerControlCallback(PoFx->Settings.PoFxDeviceContext, Code, In, InBytes,
                                               Out, OutBytes, Returned);
}

VOID FxPoFxAnswer(FX_PNP *Pnp)
{
    if (InterlockedExchange(&Pnp->PoFx.IsRequired, FALSE))
        PoFxReportDevicePoweredOn(Pnp->PoFx.Handle);
    if (InterlockedExchange(&Pnp->PoFx.IsNotRequired, FALSE))
        PoFxCompleteDevicePowerNotRequired(Pnp->PoFx.Handle);
}

/* ---- registration ---- */

static const PO_FX_COMPONENT_IDLE_STATE FxOnlyF0 = {0};

static NTSTATUS FxPoFxCall(FX_DEVICE *Device)
{
    FX_POFX *PoFx = &Device->Pnp->PoFx;
    PO_FX_DEVICE Registration;

    RtlZeroMemory(&Registration, sizeof(Registration));
    Registration.Version = PO_FX_VERSION;
    Registration.ComponentActiveConditionCallback = FxComponentActive;
    Registration.ComponentIdleConditionCallback = FxComponentIdle;
    Registration.ComponentIdleStateCallback = FxComponentState;
    Registration.DevicePowerRequiredCallback = FxPowerRequired;
    Registration.DevicePowerNotRequiredCallback = FxPowerNotRequired;
    if (PoFx->Settings.PowerControlCallback != NULL)
        Registration.PowerControlCallback = FxPowerControl;
    Registration.DeviceContext = Device;
    Registration.ComponentCount = 1;
    if (PoFx->Component != NULL) {
        Registration.Components[0] = *PoFx->Component;
    } else {
        Registration.Components[0].IdleStateCount = 1;
        Registration.Components[0].IdleStates = (PPO_FX_COMPONENT_IDLE_STATE)&FxOnlyF0;
    }
    return PoFxRegisterDevice(Device->Pdo, &Registration, &PoFx->Handle);
}

NTSTATUS FxPoFxRegister(FX_DEVICE *Device)
{
    FX_POFX *PoFx = &Device->Pnp->PoFx;
    PFN_WDFDEVICE_WDM_POST_PO_FX_REGISTER_DEVICE EvtPost =
        PoFx->Settings.EvtDeviceWdmPostPoFxRegisterDevice;
    NTSTATUS Status;

    if (PoFx->Settings.Size == 0)
        return STATUS_SUCCESS;
    Status = FxPoFxCall(Device);
    if (!NT_SUCCESS(Status))
        return FxMistake(Device->Object.Globals, Status, "PoFxRegisterDevice failed");
    PoFx->IsActive = TRUE; /* [doc] until power management starts */
    PoFx->IsWanted = FALSE;
    if (EvtPost != NULL)
        Status =
            FX_GUARDED(Device->Object.Globals, EvtPost, FX_HANDLE(WDFDEVICE, Device), PoFx->Handle);
    if (NT_SUCCESS(Status))
        return STATUS_SUCCESS;
    PoFxUnregisterDevice(PoFx->Handle);
    PoFx->Handle = NULL;
    return FxMistake(Device->Object.Globals, Status, "EvtDeviceWdmPostPoFxRegisterDevice failed");
}

VOID FxPoFxUnregister(FX_DEVICE *Device)
{
    FX_POFX *PoFx = &Device->Pnp->PoFx;
    PFN_WDFDEVICE_WDM_PRE_PO_FX_UNREGISTER_DEVICE EvtPre =
        PoFx->Settings.EvtDeviceWdmPrePoFxUnregisterDevice;

    if (PoFx->Handle == NULL)
        return;
    if (EvtPre != NULL)
        FX_GUARDED_VOID(Device->Object.Globals, EvtPre, FX_HANDLE(WDFDEVICE, Device), PoFx->Handle);
    FxPoFxAnswer(Device->Pnp);
    PoFxUnregisterDevice(PoFx->Handle);
    PoFx->Handle = NULL;
    PoFx->IsWanted = FALSE;
}

VOID FxPoFxStart(FX_PNP *Pnp)
{
    if (Pnp->PoFx.Handle == NULL)
        return;
    Pnp->PoFx.IsWanted = TRUE;
    PoFxActivateComponent(Pnp->PoFx.Handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxStartDevicePowerManagement(Pnp->PoFx.Handle);
}

/* ---- steps of the policy's worker ---- */

/* With Lock. What there is to do of PoFx's while the device's policy runs and the system works. */
FX_POFX_STEP FxPoFxNext(const FX_PNP *Pnp)
{
    const FX_POFX *PoFx = &Pnp->PoFx;
    BOOLEAN Needed = Pnp->References != 0 || PoFx->Resyncs || !Pnp->IdleEnabled;

    if (PoFx->Handle == NULL)
        return FxPoFxNothing;
    if (PoFx->IsRequired)
        return Pnp->IdleDown ? FxPoFxUp : FxPoFxPowered;
    if (PoFx->IsNotRequired)
        return !Needed && !PoFx->IsWanted && Pnp->InD0 ? FxPoFxDown : FxPoFxReleased;
    if (Needed && !PoFx->IsWanted)
        return FxPoFxActivate;
    if (PoFx->IsActive && PoFx->IsWanted && Pnp->InD0 && !PoFx->IsOpen)
        return FxPoFxOpen;
    if (!Needed && PoFx->IsActive && PoFx->IsWanted && Pnp->InD0)
        return FxPoFxClose;
    return FxPoFxNothing;
}

static VOID FxPoFxOpenQueues(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    FxTakeTurn(Pnp);
    if (Pnp->InD0) {
        Pnp->PoFx.IsOpen = TRUE;
        Pnp->PoFx.Resyncs = FALSE;
        FxQueuesPowerUp(Device);
        KeSetEvent(&Pnp->InD0Event, IO_NO_INCREMENT, FALSE);
    }
    FxEndTurn(Pnp);
}

/* Nobody has a reference, so no request is under way; who comes now waits until the queues open. */
static VOID FxPoFxCloseQueues(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    FxTakeTurn(Pnp);
    Pnp->PoFx.IsOpen = FALSE;
    if (Pnp->References != 0) { /* somebody came who may have seen them open */
        Pnp->PoFx.IsOpen = TRUE;
        FxEndTurn(Pnp);
        return;
    }
    KeClearEvent(&Pnp->InD0Event);
    FxQueuesPowerDown(Device, FALSE);
    FxEndTurn(Pnp);
    Pnp->PoFx.IsWanted = FALSE;
    InterlockedExchange(&Pnp->PoFx.IsActive, FALSE);
    PoFxIdleComponent(Pnp->PoFx.Handle, 0, PO_FX_FLAG_ASYNC_ONLY);
}

/*
 * The device has changed its power. One that is in D0 though PoFx does not want it, because it woke
 * or does not go down, is wanted once, and idle again.
 */
VOID FxPoFxChanged(FX_PNP *Pnp)
{
    if (Pnp->PoFx.Handle == NULL)
        return;
    FxPoFxAnswer(Pnp);
    if (Pnp->InD0 && !Pnp->PoFx.IsWanted && Pnp->References == 0)
        Pnp->PoFx.Resyncs = TRUE;
}

/* The steps that leave the device's power as it is. Policy taken. */
VOID FxPoFxDo(FX_DEVICE *Device, FX_POFX_STEP Step)
{
    FX_POFX *PoFx = &Device->Pnp->PoFx;

    switch (Step) {
    case FxPoFxPowered:
    case FxPoFxReleased: FxPoFxAnswer(Device->Pnp); break;
    case FxPoFxActivate:
        PoFx->IsWanted = TRUE;
        PoFxActivateComponent(PoFx->Handle, 0, PO_FX_FLAG_ASYNC_ONLY);
        break;
    case FxPoFxOpen: FxPoFxOpenQueues(Device); break;
    case FxPoFxClose: FxPoFxCloseQueues(Device); break;
    default: break;
    }
}

BOOLEAN FxPoFxMayOpen(FX_PNP *Pnp)
{
    BOOLEAN MayOpen = Pnp->PoFx.Handle == NULL || (Pnp->PoFx.IsActive && Pnp->PoFx.IsWanted);

    Pnp->PoFx.IsOpen = MayOpen;
    return MayOpen;
}

/* ---- for clients ---- */

/* A copy with its idle states: the driver's may lie on a stack. */
static NTSTATUS FxCopyComponent(FX_GLOBALS *Globals, const PO_FX_COMPONENT *Component,
                                PPO_FX_COMPONENT *Result)
{
    SIZE_T Bytes;
    PPO_FX_COMPONENT Copy;

    *Result = NULL;
    if (Component == NULL)
        return STATUS_SUCCESS;
    if (Component->IdleStateCount == 0 || Component->IdleStates == NULL ||
        Component->DeepestWakeableIdleState >= Component->IdleStateCount)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a component without idle states");
    Bytes = Component->IdleStateCount * sizeof(*Component->IdleStates);
    Copy = FxAllocate(Globals, sizeof(*Copy) + Bytes);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Copy = *Component;
    Copy->IdleStates = (PPO_FX_COMPONENT_IDLE_STATE)(Copy + 1);
    RtlCopyMemory(Copy->IdleStates, Component->IdleStates, Bytes);
    *Result = Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS FxCheckPoFx(FX_DEVICE *Device)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp == NULL || !Device->Settings.IsPowerPolicyOwner)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "PoFx settings by who does not own the power policy");
    if (!Pnp->IdleKnown || Pnp->Idle.IdleTimeoutType == DriverManagedIdleTimeout)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "PoFx settings without an idle time-out that the system manages");
    if (Pnp->PoFx.Settings.Size != 0 || Pnp->IsStarted)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "PoFx settings for a second time");
    return STATUS_SUCCESS;
}

WDF_DDI_PARTIAL(WdfDeviceWdmAssignPowerFrameworkSettings, "directed power transitions; flags");
NTSTATUS NTAPI imp_WdfDeviceWdmAssignPowerFrameworkSettings(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFDEVICE Handle,
                                                            PWDF_POWER_FRAMEWORK_SETTINGS Settings)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    WDF_POWER_FRAMEWORK_SETTINGS Copy;
    PPO_FX_COMPONENT Component;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (NT_SUCCESS(Status))
        Status =
            FxCaptureConfig(Globals, "WDF_POWER_FRAMEWORK_SETTINGS", &Copy, sizeof(Copy), Settings);
    if (NT_SUCCESS(Status))
        Status = FxCheckPoFx(Device);
    if (NT_SUCCESS(Status))
        Status = FxCopyComponent(Globals, Copy.Component, &Component);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Copy.PoFxDeviceFlags != 0)
        FxMistake(Globals, STATUS_NOT_SUPPORTED, "PoFxDeviceFlags 0x%I64x: they are ignored",
                  Copy.PoFxDeviceFlags);
    Device->Pnp->PoFx.Settings = Copy;
    Device->Pnp->PoFx.Component = Component;
    return STATUS_SUCCESS;
}
