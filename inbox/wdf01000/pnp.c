/*
 * Plug and Play: IRP_MJ_PNP for function and filter devices, the PnP state machine as far as a driver can see it
 * [doc: PnP and Power Management Callback Sequences; State Machines in the Framework]. Children of a bus are pdo.c's.
 */
#include "fx.h"

#include "pdo.h"
#include "resource.h"
#include "wmi.h"

/* ---- states ---- */

static VOID FxTellState(FX_DEVICE *Device, FX_MACHINE Machine, ULONG State, ULONG Type, ULONG Old, ULONG New)
{
    WDF_DEVICE_PNP_NOTIFICATION_DATA Data; /* the three machines' structures are alike */

    for (FX_STATE_CALLBACK *Entry = Device->Settings.StateCallbacks; Entry != NULL; Entry = Entry->Next) {
        if (Entry->Machine != Machine || Entry->State != State)
            continue;
        if (!(Entry->Types & Type))
            return;
        RtlZeroMemory(&Data, sizeof(Data));
        Data.Type = (WDF_STATE_NOTIFICATION_TYPE)Type;
        Data.Data.EnterState.CurrentState = (WDF_DEVICE_PNP_STATE)Old;
        Data.Data.EnterState.NewState = (WDF_DEVICE_PNP_STATE)New;
        ((PFN_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION)Entry->Callback)(FX_HANDLE(WDFDEVICE, Device), &Data);
        return;
    }
}

VOID FxEnterState(FX_DEVICE *Device, FX_MACHINE Machine, ULONG State)
{
    static const char *const Name[] = { "PnP", "power", "power policy" };
    ULONG Old = Device->Pnp->State[Machine];

    if (Old == State)
        return;
    FxLog(Device->Object.Globals, "device %p: %s state 0x%x", FX_HANDLE(WDFDEVICE, Device), Name[Machine], State);
    FxTellState(Device, Machine, Old, StateNotificationPostProcessState, Old, 0);
    FxTellState(Device, Machine, Old, StateNotificationLeaveState, Old, State);
    FxTellState(Device, Machine, State, StateNotificationEnterState, Old, State);
    Device->Pnp->State[Machine] = State;
}

VOID FxTakeTurn(FX_PNP *Pnp)
{
    KeWaitForSingleObject(&Pnp->Turn, Executive, KernelMode, FALSE, NULL);
}

VOID FxEndTurn(FX_PNP *Pnp)
{
    KeSetEvent(&Pnp->Turn, IO_NO_INCREMENT, FALSE);
}

/* ---- life ---- */

NTSTATUS FxPnpCreate(FX_DEVICE *Device, FX_DEVICE_INIT *Init)
{
    FX_PNP *Pnp = FxAllocate(Device->Object.Globals, sizeof(*Pnp));

    UNREFERENCED_PARAMETER(Init);
    if (Pnp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Pnp->Device = Device;
    KeInitializeSpinLock(&Pnp->Lock);
    KeInitializeEvent(&Pnp->Turn, SynchronizationEvent, TRUE);
    InitializeListHead(&Pnp->Hooks);
    InitializeListHead(&Pnp->RemovalRelations);
    InitializeListHead(&Pnp->UsageDependents);
    Pnp->DeviceState.Disabled = Pnp->DeviceState.DontDisplayInUI = Pnp->DeviceState.Failed = WdfUseDefault;
    Pnp->DeviceState.NotDisableable = Pnp->DeviceState.Removed = WdfUseDefault;
    Pnp->DeviceState.ResourcesChanged = Pnp->DeviceState.AssignedToGuest = WdfUseDefault;
    Pnp->State[FxMachinePnp] = WdfDevStatePnpObjectCreated;
    Pnp->State[FxMachinePower] = WdfDevStatePowerObjectCreated;
    Pnp->State[FxMachinePolicy] = WdfDevStatePwrPolObjectCreated;
    Pnp->LastState = WdfPowerDeviceD3Final;
    KeInitializeTimer(&Pnp->Watchdog);
    FxPolicyInit(Pnp);
    Device->Pnp = Pnp;
    return STATUS_SUCCESS;
}

NTSTATUS FxPnpCommit(FX_DEVICE *Device)
{
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpInit);
    return Device->Children != NULL ? FxChildrenCommit(Device) : STATUS_SUCCESS;
}

VOID FxPnpDispose(FX_DEVICE *Device)
{
    FxTargetsRemove(Device);
    FxRestartForget(Device->Pnp);
    FxRelationsClear(Device, &Device->Pnp->RemovalRelations);
    FxRelationsClear(Device, &Device->Pnp->UsageDependents);
}

VOID FxPnpDestroy(FX_DEVICE *Device)
{
    FxFree(Device->Pnp->PoFx.Component);
    FxFree(Device->Pnp->UsbIdle);
    FxFree(Device->Pnp);
    Device->Pnp = NULL;
}

/* ---- passing on ---- */

static NTSTATUS NTAPI FxForwardDone(PDEVICE_OBJECT Wdm, PIRP Irp, PVOID Event)
{
    UNREFERENCED_PARAMETER(Wdm);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS FxForwardWait(FX_DEVICE *Device, PIRP Irp)
{
    KEVENT Event;

    if (Device->Attached == NULL)
        return Irp->IoStatus.Status;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, FxForwardDone, &Event, TRUE, TRUE, TRUE);
    IoCallDriver(Device->Attached, Irp);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    return Irp->IoStatus.Status;
}

/* ---- start and stop ---- */

/* With the turn taken and the lower drivers started. */
static NTSTATUS FxStart(FX_DEVICE *Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = FxPrepareHardware(Device, Raw, Translated);

    if (NT_SUCCESS(Status)) {
        FxEnterState(Device, FxMachinePnp, WdfDevStatePnpHardwareAvailable);
        Status = FxPowerUpDevice(Device);
    }
    if (NT_SUCCESS(Status)) {
        Status = FxPoFxRegister(Device);
        if (!NT_SUCCESS(Status))
            FxPowerDownDevice(Device, WdfPowerDeviceD3Final);
    }
    if (!NT_SUCCESS(Status)) {
        FxEnterState(Device, FxMachinePnp, WdfDevStatePnpFailedOwnHardware);
        FxReleaseHardware(Device);
        FxEnterState(Device, FxMachinePnp, WdfDevStatePnpFailed);
        return Status;
    }
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpEnableInterfaces);
    FxRestartPrepare(Device);
    Pnp->IsStarted = TRUE;
    FxInterfacesEnable(Device, TRUE);
    FxWmiEnable(Device, TRUE);
    FxPolicyStart(Device);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpStarted);
    return STATUS_SUCCESS;
}

/* The lists without what the driver had added to the requirements; pool, the caller's. */
static NTSTATUS FxRemoveAdded(FX_DEVICE *Device, PCM_RESOURCE_LIST *Raw, PCM_RESOURCE_LIST *Translated)
{
    INTERFACE_TYPE Interface = *Raw != NULL ? (*Raw)->List[0].InterfaceType : InterfaceTypeUndefined;
    ULONG Bus = *Raw != NULL ? (*Raw)->List[0].BusNumber : 0;
    FX_OBJECT *RawList = NULL, *TranslatedList = NULL;
    NTSTATUS Status = FxCmListCreate(Device, *Raw, TRUE, &RawList);

    if (NT_SUCCESS(Status))
        Status = FxCmListCreate(Device, *Translated, TRUE, &TranslatedList);
    if (NT_SUCCESS(Status))
        Status = Device->Settings.Fdo.EvtDeviceRemoveAddedResources(FX_HANDLE(WDFDEVICE, Device),
                                                                    FX_HANDLE(WDFCMRESLIST, RawList),
                                                                    FX_HANDLE(WDFCMRESLIST, TranslatedList));
    *Raw = *Translated = NULL;
    if (NT_SUCCESS(Status))
        Status = FxCmListToNt(RawList, Interface, Bus, Raw);
    if (NT_SUCCESS(Status))
        Status = FxCmListToNt(TranslatedList, Interface, Bus, Translated);
    if (RawList != NULL)
        FxObjectDelete(RawList);
    if (TranslatedList != NULL)
        FxObjectDelete(TranslatedList);
    return Status;
}

/* The lower drivers start with the lists that are theirs. */
static NTSTATUS FxStartLower(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PCM_RESOURCE_LIST Raw = Stack->Parameters.StartDevice.AllocatedResources;
    PCM_RESOURCE_LIST Translated = Stack->Parameters.StartDevice.AllocatedResourcesTranslated;
    PCM_RESOURCE_LIST LowerRaw = Raw, LowerTranslated = Translated;
    NTSTATUS Status;

    if (Device->Settings.Fdo.EvtDeviceRemoveAddedResources == NULL)
        return FxForwardWait(Device, Irp);
    Status = FxRemoveAdded(Device, &LowerRaw, &LowerTranslated);
    if (NT_SUCCESS(Status)) {
        Stack->Parameters.StartDevice.AllocatedResources = LowerRaw;
        Stack->Parameters.StartDevice.AllocatedResourcesTranslated = LowerTranslated;
        Status = FxForwardWait(Device, Irp);
        Stack->Parameters.StartDevice.AllocatedResources = Raw;
        Stack->Parameters.StartDevice.AllocatedResourcesTranslated = Translated;
    }
    FxFree(LowerRaw);
    FxFree(LowerTranslated);
    return Status;
}

NTSTATUS FxPnpStart(FX_DEVICE *Device, PIRP Irp)
{
    FX_PNP *Pnp = Device->Pnp;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN WasStopped = Pnp->State[FxMachinePnp] == WdfDevStatePnpStopped;
    NTSTATUS Status;

    FxEnterState(Device, FxMachinePnp, WasStopped ? WdfDevStatePnpStartingFromStopped : WdfDevStatePnpInitStarting);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = FxStartLower(Device, Irp);
    if (!NT_SUCCESS(Status))
        FxEnterState(Device, FxMachinePnp, WdfDevStatePnpFailedInit);
    else
        Status = FxStart(Device, Stack->Parameters.StartDevice.AllocatedResources,
                         Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    return Status;
}

/* Stops the hardware: for a resource rebalance or for removal. */
static VOID FxStopHardware(FX_DEVICE *Device)
{
    NTSTATUS Status = FxPowerDownDevice(Device, WdfPowerDeviceD3Final);

    if (!NT_SUCCESS(Status))
        FxMistake(Device->Object.Globals, Status, "the device did not power down");
    FxReleaseHardware(Device);
    Device->Pnp->IsStarted = FALSE;
}

/* A driver said that the device must stay, or a special file is on it. */
static BOOLEAN FxIsStatic(FX_PNP *Pnp)
{
    for (ULONG i = 0; i < WdfSpecialFileMax; i++)
        if (Pnp->SpecialCount[i] != 0)
            return TRUE;
    return Pnp->Static != 0;
}

static NTSTATUS FxQueryStop(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_QUERY_STOP EvtQueryStop = Device->Settings.PnpPower.EvtDeviceQueryStop;
    NTSTATUS Status = STATUS_SUCCESS;

    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpQueryStopStaticCheck);
    if (FxIsStatic(Device->Pnp))
        Status = STATUS_INVALID_DEVICE_STATE;
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpQueryStopAskDriver);
    if (NT_SUCCESS(Status) && EvtQueryStop != NULL)
        Status = EvtQueryStop(FX_HANDLE(WDFDEVICE, Device));
    FxEnterState(Device, FxMachinePnp,
                 NT_SUCCESS(Status) ? WdfDevStatePnpQueryStopPending : WdfDevStatePnpQueryCanceled);
    return Status;
}

static NTSTATUS FxQueryRemove(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_QUERY_REMOVE EvtQueryRemove = Device->Settings.PnpPower.EvtDeviceQueryRemove;
    NTSTATUS Status = STATUS_SUCCESS;

    if (!Device->Pnp->IsStarted) {
        FxEnterState(Device, FxMachinePnp, WdfDevStatePnpInitQueryRemove);
        return STATUS_SUCCESS;
    }
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpQueryRemoveStaticCheck);
    if (FxIsStatic(Device->Pnp))
        Status = STATUS_INVALID_DEVICE_STATE;
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpQueryRemoveAskDriver);
    if (NT_SUCCESS(Status) && EvtQueryRemove != NULL)
        Status = EvtQueryRemove(FX_HANDLE(WDFDEVICE, Device));
    FxEnterState(Device, FxMachinePnp,
                 NT_SUCCESS(Status) ? WdfDevStatePnpQueryRemovePending : WdfDevStatePnpQueryCanceled);
    return Status;
}

/*
 * A refusal is a word with the PnP manager: the IRP ends here. An idle device that may stop is woken, and stays awake until
 * it stops or the request is cancelled.
 */
static NTSTATUS FxPnpQuery(FX_DEVICE *Device, PIRP Irp, NTSTATUS (*Ask)(FX_DEVICE *))
{
    FX_PNP *Pnp = Device->Pnp;
    NTSTATUS Status = Ask(Device);

    if (Status == STATUS_NOT_SUPPORTED)
        FxMistake(Device->Object.Globals, Status, "a query callback must not return it");
    if (NT_SUCCESS(Status) && Pnp->PolicyRuns && !Pnp->IsHeldAwake) {
        FxEndTurn(Pnp);
        FxPolicyAwake(Device);
        FxTakeTurn(Pnp);
        Pnp->IsHeldAwake = TRUE;
    }
    Irp->IoStatus.Status = NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
    return Irp->IoStatus.Status;
}

static VOID FxLetSleep(FX_DEVICE *Device)
{
    if (Device->Pnp->IsHeldAwake)
        FxPowerDereference(Device);
    Device->Pnp->IsHeldAwake = FALSE;
}

static NTSTATUS FxPnpCancel(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = FxForwardWait(Device, Irp);
    FxLetSleep(Device);
    FxEnterState(Device, FxMachinePnp,
                 Device->Pnp->IsStarted ? WdfDevStatePnpStarted : WdfDevStatePnpInit);
    return Status;
}

static NTSTATUS FxPnpStop(FX_DEVICE *Device, PIRP Irp)
{
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpStartedStopping);
    FxStopHardware(Device);
    FxLetSleep(Device);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpStopped);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

/* ---- removal ---- */

static VOID FxSurpriseRemove(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;
    PFN_WDF_DEVICE_SURPRISE_REMOVAL EvtSurpriseRemoval = Device->Settings.PnpPower.EvtDeviceSurpriseRemoval;

    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpSurpriseRemove);
    Pnp->IsGone = TRUE;
    if (EvtSurpriseRemoval != NULL)
        EvtSurpriseRemoval(FX_HANDLE(WDFDEVICE, Device));
    FxInterfacesEnable(Device, FALSE);
    FxWmiEnable(Device, FALSE);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpSurpriseRemoveIoStarted);
    FxStopHardware(Device);
    KeSetEvent(&Pnp->InD0Event, IO_NO_INCREMENT, FALSE); /* whoever waits for D0 learns that it does not come */
    FxQueuesPurge(Device, TRUE);
    FxSelfManagedFlush(Device);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpFailedWaitForRemove);
}

/* All that removal does before the IRP goes on. What a surprise removal did is not done again. */
static VOID FxRemoveDevice(FX_DEVICE *Device)
{
    FX_PNP *Pnp = Device->Pnp;

    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpRemovingDisableInterfaces);
    FxInterfacesEnable(Device, FALSE);
    FxWmiEnable(Device, FALSE);
    FxStopHardware(Device);
    Pnp->IsGone = TRUE;
    KeSetEvent(&Pnp->InD0Event, IO_NO_INCREMENT, FALSE);
    FxQueuesPurge(Device, TRUE);
    FxSelfManagedFlush(Device);
    FxQueuesPurge(Device, FALSE);
    FxSelfManagedCleanup(Device);
    FxTargetsRemove(Device);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpRemoved);
}

static NTSTATUS FxPnpRemove(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status;

    FxRemoveDevice(Device);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpFdoRemoved);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = FxForward(Device, Irp);
    FxEndTurn(Device->Pnp);
    IoReleaseRemoveLockAndWait(&Device->RemoveLock, Irp);
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpFinal);
    FxChildrenRemove(Device);
    FxObjectDelete(&Device->Object);
    return Status;
}

/* A child that is still there keeps its device, ready for another start; one that is missing goes. */
static NTSTATUS FxPdoRemove(FX_DEVICE *Device, PIRP Irp)
{
    FX_PNP *Pnp = Device->Pnp;

    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpRemovingDisableInterfaces);
    FxInterfacesEnable(Device, FALSE);
    FxStopHardware(Device);
    FxLetSleep(Device);
    if (Device->Child->IsMissing) {
        FxRemoveDevice(Device);
        FxEnterState(Device, FxMachinePnp, WdfDevStatePnpPdoRemoved);
        FxEndTurn(Pnp);
        FxCompleteIrp(Irp, STATUS_SUCCESS);
        IoReleaseRemoveLockAndWait(&Device->RemoveLock, Irp);
        FxObjectDelete(&Device->Object);
        return STATUS_SUCCESS;
    }
    FxSelfManagedFlush(Device);
    FxSelfManagedCleanup(Device);
    Pnp->IsGone = FALSE;
    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpInit);
    FxEndTurn(Pnp);
    Pnp->Changing = NULL;
    FxCompleteIrp(Irp, STATUS_SUCCESS);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return STATUS_SUCCESS;
}

static NTSTATUS FxPnpSurpriseRemoval(FX_DEVICE *Device, PIRP Irp)
{
    FxSurpriseRemove(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

/* ---- dispatch ---- */

/* The device's part of a request that changes its state. It does not end the IRP: *Ends says whether it ends here. */
static NTSTATUS FxChangeState(FX_DEVICE *Device, PIRP Irp, UCHAR Minor, BOOLEAN *Ends)
{
    NTSTATUS Status;

    *Ends = FALSE;
    switch (Minor) {
    case IRP_MN_START_DEVICE:
        *Ends = TRUE;
        return FxPnpStart(Device, Irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        *Ends = TRUE;
        return FxPnpCancel(Device, Irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
        Status = FxPnpQuery(Device, Irp, Minor == IRP_MN_QUERY_STOP_DEVICE ? FxQueryStop : FxQueryRemove);
        *Ends = !NT_SUCCESS(Status);
        return Status;
    case IRP_MN_STOP_DEVICE:
        return FxPnpStop(Device, Irp);
    default:
        return FxPnpSurpriseRemoval(Device, Irp);
    }
}

static BOOLEAN FxChangesState(UCHAR Minor)
{
    return Minor <= IRP_MN_CANCEL_STOP_DEVICE || Minor == IRP_MN_SURPRISE_REMOVAL;
}

/* One at a time: the PnP manager waits for each. */
static VOID FxBeginChange(FX_DEVICE *Device, PIRP Irp, UCHAR Minor)
{
    FX_PNP *Pnp = Device->Pnp;

    if (InterlockedCompareExchangePointer((PVOID *)&Pnp->Changing, Irp, NULL) != NULL)
        FxViolation(Device->Object.Globals, WDF_PNP_FATAL_ERROR, (ULONG_PTR)FX_HANDLE(WDFDEVICE, Device), (ULONG_PTR)Irp, 0);
    if (Minor == IRP_MN_STOP_DEVICE || Minor == IRP_MN_REMOVE_DEVICE || Minor == IRP_MN_SURPRISE_REMOVAL)
        FxPolicyStop(Device);
    FxTakeTurn(Pnp);
}

static NTSTATUS FxPnpChange(FX_DEVICE *Device, PIRP Irp, UCHAR Minor)
{
    BOOLEAN Ends;
    NTSTATUS Status;

    FxBeginChange(Device, Irp, Minor);
    if (Minor == IRP_MN_REMOVE_DEVICE)
        return Device->Child != NULL ? FxPdoRemove(Device, Irp) : FxPnpRemove(Device, Irp);
    Status = FxChangeState(Device, Irp, Minor, &Ends);
    FxEndTurn(Device->Pnp);
    Device->Pnp->Changing = NULL; /* before the IRP ends: the next one may come at once */
    Status = Ends || Device->Attached == NULL ? FxCompleteIrp(Irp, Status) : FxForward(Device, Irp);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}

static NTSTATUS FxPnpAsk(FX_DEVICE *Device, PIRP Irp, UCHAR Minor)
{
    switch (Minor) {
    case IRP_MN_QUERY_CAPABILITIES:
        return FxPnpCapabilities(Device, Irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        return FxPnpState(Device, Irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return FxPnpRelations(Device, Irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
        return FxPnpUsage(Device, Irp);
    case IRP_MN_FILTER_RESOURCE_REQUIREMENTS:
        return FxPnpFilterRequirements(Device, Irp);
    case IRP_MN_QUERY_INTERFACE:
        return FxPnpQueryInterface(Device, Irp);
    default:
        return FxForward(Device, Irp);
    }
}

NTSTATUS FxPnpDispatch(FX_DEVICE *Device, PIRP Irp)
{
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status = IoAcquireRemoveLock(&Device->RemoveLock, Irp);

    if (!NT_SUCCESS(Status))
        return FxDispatchGone(Irp);
    if (FxChangesState(Minor))
        return FxPnpChange(Device, Irp, Minor);
    Status = Device->Child != NULL ? FxPdoAsk(Device, Irp, Minor) : FxPnpAsk(Device, Irp, Minor);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
    return Status;
}
