/*
 * WDFINTERRUPT: the object, its locks, DPC and work item, and what clients call [doc: Handling
 * Hardware Interrupts; the pages of the WdfInterrupt routines]. The resources and the connection
 * are connect.c's.
 */
#include "fx.h"

#include "interrupt.h"

static FX_INTERRUPT *FxInterruptFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    return FX_OBJECT_OF(FX_INTERRUPT, FxGlobalsOf(DriverGlobals), Handle, FxTypeInterrupt);
}

/* ---- the lock ---- */

VOID FxInterruptLock(FX_INTERRUPT *Interrupt)
{
    KIRQL Irql;

    if (Interrupt->Wait != NULL) {
        FxWaitLockTake(Interrupt->Object.Globals, Interrupt->Wait, NULL);
        return;
    }
    Irql = KeAcquireInterruptSpinLock(Interrupt->Nt);
    if (Interrupt->Spin != NULL && Interrupt->Info.MessageSignaled)
        KeAcquireSpinLockAtDpcLevel(Interrupt->Spin); /* a line's NT lock is the client's */
    Interrupt->OldIrql = Irql;
}

VOID FxInterruptUnlock(FX_INTERRUPT *Interrupt)
{
    KIRQL Irql = Interrupt->OldIrql;

    if (Interrupt->Wait != NULL) {
        FxWaitLockGive(Interrupt->Object.Globals, Interrupt->Wait,
                       FX_HANDLE(WDFINTERRUPT, Interrupt));
        return;
    }
    if (Interrupt->Spin != NULL && Interrupt->Info.MessageSignaled)
        KeReleaseSpinLockFromDpcLevel(Interrupt->Spin);
    KeReleaseInterruptSpinLock(Interrupt->Nt, Irql);
}

/* [doc: WdfInterruptAcquireLock] not before EvtInterruptEnable nor after EvtInterruptDisable: there
 * is no lock then. */
static VOID FxInterruptNeedLock(FX_INTERRUPT *Interrupt, const char *Routine)
{
    if (Interrupt->Wait != NULL || Interrupt->Nt != NULL)
        return;
    FxMistake(Interrupt->Object.Globals, STATUS_INVALID_DEVICE_STATE,
              "%s of an interrupt that is not connected", Routine);
    FxViolation(Interrupt->Object.Globals, WDF_INVALID_LOCK_OPERATION,
                (ULONG_PTR)FX_HANDLE(WDFINTERRUPT, Interrupt), 0, 0);
}

/* ---- DPC and work item ---- */

static VOID FxInterruptFinish(FX_INTERRUPT *Interrupt)
{
    if (InterlockedDecrement(&Interrupt->Busy) == 0)
        KeSetEvent(&Interrupt->Idle, IO_NO_INCREMENT, FALSE);
    FxObjectDereference(&Interrupt->Object);
}

static VOID NTAPI FxInterruptWork(PDEVICE_OBJECT Wdm, PVOID Context)
{
    FX_INTERRUPT *Interrupt = Context;

    UNREFERENCED_PARAMETER(Wdm);
    InterlockedExchange(&Interrupt->ItemQueued, FALSE);
    FxCallbackLockAcquire(Interrupt->Object.Globals, Interrupt->Serial);
    Interrupt->Config.EvtInterruptWorkItem(FX_HANDLE(WDFINTERRUPT, Interrupt),
                                           FxHandleOf(Interrupt->Device));
    FxCallbackLockRelease(Interrupt->Serial);
    FxInterruptFinish(Interrupt);
}

/* <= DISPATCH_LEVEL. FALSE: it is queued already. */
static BOOLEAN FxInterruptQueueWork(FX_INTERRUPT *Interrupt)
{
    if (InterlockedExchange(&Interrupt->ItemQueued, TRUE))
        return FALSE;
    FxObjectReference(&Interrupt->Object);
    if (InterlockedIncrement(&Interrupt->Busy) == 1)
        KeClearEvent(&Interrupt->Idle);
    IoQueueWorkItem(Interrupt->Item, FxInterruptWork, DelayedWorkQueue, Interrupt);
    return TRUE;
}

static VOID NTAPI FxInterruptDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FX_INTERRUPT *Interrupt = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Interrupt->Config.EvtInterruptWorkItem != NULL) {
        FxInterruptQueueWork(Interrupt);
        return;
    }
    FxCallbackLockAcquire(Interrupt->Object.Globals, Interrupt->Serial);
    Interrupt->Config.EvtInterruptDpc(FX_HANDLE(WDFINTERRUPT, Interrupt),
                                      FxHandleOf(Interrupt->Device));
    FxCallbackLockRelease(Interrupt->Serial);
}

/* ---- life ---- */

static VOID FxInterruptDispose(FX_OBJECT *Object)
{
    FX_INTERRUPT *Interrupt = (FX_INTERRUPT *)Object;

    if (Interrupt->Hook.Object == NULL)
        return;
    if (Interrupt->IsEnabled && Interrupt->Nt != NULL)
        FxInterruptCallDisable(Interrupt);
    Interrupt->IsEnabled = FALSE;
    FxInterruptDisconnect(Interrupt);
    FxPowerHookRemove(Interrupt->Device, &Interrupt->Hook);
    KeRemoveQueueDpc(&Interrupt->Dpc);
    KeFlushQueuedDpcs();
    KeWaitForSingleObject(&Interrupt->Idle, Executive, KernelMode, FALSE, NULL);
}

static VOID FxInterruptDestroy(FX_OBJECT *Object)
{
    FX_INTERRUPT *Interrupt = (FX_INTERRUPT *)Object;

    if (Interrupt->Item != NULL)
        IoFreeWorkItem(Interrupt->Item);
    if (Interrupt->LockObject != NULL)
        FxObjectDereference(Interrupt->LockObject);
}

static const FX_CLASS FxInterruptClass = {
    .Type = FxTypeInterrupt,
    .Name = "WDFINTERRUPT",
    .Size = sizeof(FX_INTERRUPT),
    .Dispose = FxInterruptDispose,
    .Destroy = FxInterruptDestroy,
    .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE,
    .ClientMaySetParent = TRUE,
};

/* ---- creation ---- */

static NTSTATUS FxCheckInterruptConfig(FX_GLOBALS *Globals, const WDF_INTERRUPT_CONFIG *Config)
{
    if (Config->EvtInterruptIsr == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "an interrupt without EvtInterruptIsr");
    if (Config->EvtInterruptDpc != NULL && Config->EvtInterruptWorkItem != NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "an interrupt with both EvtInterruptDpc and EvtInterruptWorkItem");
    if (Config->ShareVector > WdfUseDefault || Config->ReportInactiveOnPowerDown > WdfUseDefault)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "an interrupt with a WDF_TRI_STATE that is none");
    if (Config->PassiveHandling ? Config->SpinLock != NULL : Config->WaitLock != NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "an interrupt with a lock of the other kind");
    if (Config->CanWakeDevice && !Config->PassiveHandling)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "an interrupt that wakes its device at DIRQL");
    return STATUS_SUCCESS;
}

/* When it may be created, and with which resources. */
static NTSTATUS FxCheckInterruptTime(FX_DEVICE *Device, const WDF_INTERRUPT_CONFIG *Config)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    FX_PNP *Pnp = Device->Pnp;

    if (Pnp == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                         "an interrupt of a device without resources");
    if (Config->CanWakeDevice && (!Pnp->IsPreparing || !Device->Settings.IsPowerPolicyOwner))
        return FxMistake(
            Globals, STATUS_INVALID_DEVICE_STATE,
            "an interrupt that wakes is of the power policy owner's EvtDevicePrepareHardware");
    if (Pnp->IsPreparing)
        return Config->InterruptRaw != NULL && Config->InterruptTranslated != NULL
                   ? STATUS_SUCCESS
                   : FxMistake(Globals, STATUS_INVALID_DEVICE_STATE,
                               "in EvtDevicePrepareHardware an interrupt needs its resource");
    if (Pnp->State[FxMachinePnp] != WdfDevStatePnpInit &&
        Pnp->State[FxMachinePnp] != WdfDevStatePnpObjectCreated)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_STATE,
                         "an interrupt of a device that was started");
    if (Config->InterruptRaw != NULL || Config->InterruptTranslated != NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "an interrupt with a resource before the device has any");
    return STATUS_SUCCESS;
}

/* The device, or since 1.11 one of its queues when the callbacks are serialised with its. */
static NTSTATUS FxCheckInterruptParent(FX_DEVICE *Device, const WDF_INTERRUPT_CONFIG *Config,
                                       PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT **Parent)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    NTSTATUS Status = FxCheckAttributes(Globals, Attributes);

    *Parent = &Device->Object;
    if (!NT_SUCCESS(Status) || Attributes == NULL || Attributes->ParentObject == NULL)
        return Status;
    *Parent = FxObjectFromHandle(Globals, Attributes->ParentObject, FxTypeAny);
    if (Globals->Minor < 11 || (*Parent)->Device != Device ||
        ((*Parent)->Class->Type != FxTypeDevice && (*Parent)->Class->Type != FxTypeQueue))
        return FxMistake(Globals, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED,
                         "an interrupt below a %s", (*Parent)->Class->Name);
    return Config->AutomaticSerialization
               ? STATUS_SUCCESS
               : FxMistake(Globals, STATUS_INVALID_PARAMETER,
                           "an interrupt with a parent but without AutomaticSerialization");
}

static NTSTATUS FxCheckInterruptLevel(FX_GLOBALS *Globals, const WDF_INTERRUPT_CONFIG *Config,
                                      const FX_OBJECT *Parent)
{
    BOOLEAN IsPassive = Parent->ExecutionLevel == WdfExecutionLevelPassive;

    if (!Config->AutomaticSerialization ||
        (IsPassive ? Config->EvtInterruptDpc == NULL : Config->EvtInterruptWorkItem == NULL))
        return STATUS_SUCCESS;
    return FxMistake(
        Globals, STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL,
        IsPassive ? "EvtInterruptDpc is not serialised with callbacks at PASSIVE_LEVEL"
                  : "EvtInterruptWorkItem is not serialised with callbacks at DISPATCH_LEVEL");
}

/* How many were created before: what WdfInterruptCreate's order gives the resources by. */
static ULONG FxInterruptNumber(FX_PNP *Pnp)
{
    ULONG Count = 0;

    for (PLIST_ENTRY Link = Pnp->Hooks.Flink; Link != &Pnp->Hooks; Link = Link->Flink)
        Count +=
            CONTAINING_RECORD(Link, FX_POWER_HOOK, Link)->Object->Class->Type == FxTypeInterrupt;
    return Count;
}

static VOID FxInterruptSetLock(FX_INTERRUPT *Interrupt)
{
    FX_GLOBALS *Globals = Interrupt->Object.Globals;
    const WDF_INTERRUPT_CONFIG *Config = &Interrupt->Config;
    PVOID Handle = Config->PassiveHandling ? (PVOID)Config->WaitLock : (PVOID)Config->SpinLock;

    FxWaitLockInit(&Interrupt->OwnWait);
    if (Config->PassiveHandling)
        Interrupt->Wait = Handle != NULL ? FxWaitLockOf(Globals, Handle) : &Interrupt->OwnWait;
    else if (Handle != NULL)
        Interrupt->Spin = FxSpinLockOf(Globals, Handle);
    if (Handle == NULL)
        return;
    Interrupt->LockObject = FxObjectFromHandle(Globals, Handle, FxTypeAny);
    FxObjectReference(Interrupt->LockObject);
}

static NTSTATUS FxInterruptInit(FX_INTERRUPT *Interrupt, FX_DEVICE *Device,
                                const WDF_INTERRUPT_CONFIG *Config, FX_OBJECT *Parent)
{
    Interrupt->Device = Device;
    Interrupt->Config = *Config;
    Interrupt->Serial = Config->AutomaticSerialization ? FxSerializationLock(Parent) : NULL;
    Interrupt->InPrepare = Device->Pnp->IsPreparing;
    Interrupt->Index = Interrupt->InPrepare ? MAXULONG : FxInterruptNumber(Device->Pnp);
    FxInterruptSetLock(Interrupt);
    KeInitializeDpc(&Interrupt->Dpc, FxInterruptDpc, Interrupt);
    KeInitializeEvent(&Interrupt->Idle, NotificationEvent, TRUE);
    KeInitializeEvent(&Interrupt->WakeServed, NotificationEvent, TRUE);
    if (Config->EvtInterruptWorkItem != NULL) {
        Interrupt->Item = IoAllocateWorkItem(Device->Wdm);
        if (Interrupt->Item == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return Interrupt->InPrepare ? FxInterruptAssignGiven(Interrupt) : STATUS_SUCCESS;
}

static NTSTATUS FxInterruptCreate(FX_DEVICE *Device, const WDF_INTERRUPT_CONFIG *Config,
                                  PWDF_OBJECT_ATTRIBUTES Attributes, FX_OBJECT *Parent,
                                  FX_INTERRUPT **Result)
{
    FX_OBJECT *Object;
    NTSTATUS Status =
        FxObjectCreate(Device->Object.Globals, &FxInterruptClass, Attributes, Parent, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    *Result = (FX_INTERRUPT *)Object;
    Status = FxInterruptInit(*Result, Device, Config, Parent);
    if (NT_SUCCESS(Status))
        Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        return Status;
    }
    FxInterruptHookInit(*Result);
    FxPowerHookInsert(Device, &(*Result)->Hook);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfInterruptCreate);
NTSTATUS NTAPI imp_WdfInterruptCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle,
                                      PWDF_INTERRUPT_CONFIG Configuration,
                                      PWDF_OBJECT_ATTRIBUTES Attributes, WDFINTERRUPT *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    WDF_INTERRUPT_CONFIG Config;
    FX_INTERRUPT *Interrupt;
    FX_OBJECT *Parent;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_INTERRUPT_CONFIG", &Config, sizeof(Config),
                                 Configuration);
    if (NT_SUCCESS(Status))
        Status = FxCheckInterruptConfig(Globals, &Config);
    if (NT_SUCCESS(Status))
        Status = FxCheckInterruptTime(Device, &Config);
    if (NT_SUCCESS(Status))
        Status = FxCheckInterruptParent(Device, &Config, Attributes, &Parent);
    if (NT_SUCCESS(Status))
        Status = FxCheckInterruptLevel(Globals, &Config, Parent);
    if (NT_SUCCESS(Status))
        Status = FxInterruptCreate(Device, &Config, Attributes, Parent, &Interrupt);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFINTERRUPT, Interrupt);
    return Status;
}

/* ---- in the ISR ---- */

/* [guess] the code that is there for interrupts; the page of the code says that it is not used. */
static DECLSPEC_NORETURN VOID FxInterruptWrong(FX_INTERRUPT *Interrupt, const char *Missing)
{
    FxMistake(Interrupt->Object.Globals, STATUS_INVALID_DEVICE_REQUEST,
              "interrupt %p has no %s to queue", FX_HANDLE(WDFINTERRUPT, Interrupt), Missing);
    FxViolation(Interrupt->Object.Globals, WDF_INVALID_INTERRUPT,
                (ULONG_PTR)FX_HANDLE(WDFINTERRUPT, Interrupt), 0, 0);
}

WDF_DDI(WdfInterruptQueueDpcForIsr);
BOOLEAN NTAPI imp_WdfInterruptQueueDpcForIsr(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);

    if (Interrupt->Config.EvtInterruptDpc == NULL)
        FxInterruptWrong(Interrupt, "EvtInterruptDpc");
    return KeInsertQueueDpc(&Interrupt->Dpc, NULL, NULL);
}

WDF_DDI(WdfInterruptQueueWorkItemForIsr);
BOOLEAN NTAPI imp_WdfInterruptQueueWorkItemForIsr(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFINTERRUPT Handle)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);

    if (Interrupt->Config.EvtInterruptWorkItem == NULL)
        FxInterruptWrong(Interrupt, "EvtInterruptWorkItem");
    return Interrupt->Wait != NULL ? FxInterruptQueueWork(Interrupt)
                                   : KeInsertQueueDpc(&Interrupt->Dpc, NULL, NULL);
}

/* ---- locking ---- */

WDF_DDI(WdfInterruptSynchronize);
BOOLEAN NTAPI imp_WdfInterruptSynchronize(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle,
                                          PFN_WDF_INTERRUPT_SYNCHRONIZE Callback,
                                          WDFCONTEXT Context)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);
    BOOLEAN Result;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Callback);
    FxInterruptNeedLock(Interrupt, "WdfInterruptSynchronize");
    FxInterruptLock(Interrupt);
    Result = Callback(Handle, Context);
    FxInterruptUnlock(Interrupt);
    return Result;
}

WDF_DDI(WdfInterruptAcquireLock);
VOID NTAPI imp_WdfInterruptAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);

    FxInterruptNeedLock(Interrupt, "WdfInterruptAcquireLock");
    FxInterruptLock(Interrupt);
}

WDF_DDI(WdfInterruptReleaseLock);
VOID NTAPI imp_WdfInterruptReleaseLock(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);

    FxInterruptNeedLock(Interrupt, "WdfInterruptReleaseLock");
    FxInterruptUnlock(Interrupt);
}

WDF_DDI(WdfInterruptTryToAcquireLock);
BOOLEAN NTAPI imp_WdfInterruptTryToAcquireLock(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFINTERRUPT Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);
    LONGLONG Now = 0;

    if (Interrupt->Wait == NULL) {
        FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST,
                  "WdfInterruptTryToAcquireLock of an interrupt at DIRQL");
        return FALSE;
    }
    return NT_SUCCESS(FxCheckIrql(Globals, PASSIVE_LEVEL)) &&
           FxWaitLockTake(Globals, Interrupt->Wait, &Now) == STATUS_SUCCESS;
}

/* ---- enabling ---- */

static NTSTATUS FxInterruptCall(FX_INTERRUPT *Interrupt, PFN_WDF_INTERRUPT_ENABLE Callback,
                                const char *Name)
{
    NTSTATUS Status;

    if (Callback == NULL)
        return STATUS_SUCCESS;
    FxInterruptLock(Interrupt);
    Status = Callback(FX_HANDLE(WDFINTERRUPT, Interrupt), FX_HANDLE(WDFDEVICE, Interrupt->Device));
    FxInterruptUnlock(Interrupt);
    return NT_SUCCESS(Status) ? Status
                              : FxMistake(Interrupt->Object.Globals, Status, "%s failed", Name);
}

NTSTATUS FxInterruptCallEnable(FX_INTERRUPT *Interrupt)
{
    return FxInterruptCall(Interrupt, Interrupt->Config.EvtInterruptEnable, "EvtInterruptEnable");
}

NTSTATUS FxInterruptCallDisable(FX_INTERRUPT *Interrupt)
{
    return FxInterruptCall(Interrupt, Interrupt->Config.EvtInterruptDisable, "EvtInterruptDisable");
}

WDF_DDI(WdfInterruptEnable);
VOID NTAPI imp_WdfInterruptEnable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);

    FxInterruptNeedLock(Interrupt, "WdfInterruptEnable");
    FxInterruptCallEnable(Interrupt);
}

WDF_DDI(WdfInterruptDisable);
VOID NTAPI imp_WdfInterruptDisable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);

    FxInterruptNeedLock(Interrupt, "WdfInterruptDisable");
    FxInterruptCallDisable(Interrupt);
}

/* ---- active ---- */

static VOID FxInterruptReport(FX_INTERRUPT *Interrupt, BOOLEAN Active)
{
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS State = {.Version = CONNECT_FULLY_SPECIFIED};

    if (Interrupt->Nt == NULL) {
        FxMistake(Interrupt->Object.Globals, STATUS_INVALID_DEVICE_STATE,
                  "an interrupt that is not connected is %s",
                  Active ? "reported active" : "reported inactive");
        return;
    }
    State.ConnectionContext.InterruptObject = Interrupt->Nt;
    if (Active)
        IoReportInterruptActive(&State);
    else
        IoReportInterruptInactive(&State);
}

WDF_DDI(WdfInterruptReportActive);
VOID NTAPI imp_WdfInterruptReportActive(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FxInterruptReport(FxInterruptFromHandle(DriverGlobals, Handle), TRUE);
}

WDF_DDI(WdfInterruptReportInactive);
VOID NTAPI imp_WdfInterruptReportInactive(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    FxInterruptReport(FxInterruptFromHandle(DriverGlobals, Handle), FALSE);
}

/* ---- what it is ---- */

WDF_DDI(WdfInterruptWdmGetInterrupt);
PKINTERRUPT NTAPI imp_WdfInterruptWdmGetInterrupt(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                  WDFINTERRUPT Handle)
{
    return FxInterruptFromHandle(DriverGlobals, Handle)->Nt;
}

WDF_DDI(WdfInterruptGetDevice);
WDFDEVICE NTAPI imp_WdfInterruptGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle)
{
    return FX_HANDLE(WDFDEVICE, FxInterruptFromHandle(DriverGlobals, Handle)->Device);
}

WDF_DDI(WdfInterruptGetInfo);
VOID NTAPI imp_WdfInterruptGetInfo(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle,
                                   PWDF_INTERRUPT_INFO Info)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);
    WDF_INTERRUPT_INFO Copy = {0};

    FX_REQUIRE(Globals, Info);
    if (!FxSizeIsKnown(Globals, "WDF_INTERRUPT_INFO", Info->Size)) {
        FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_INTERRUPT_INFO size 0x%x", Info->Size);
        return;
    }
    if (Interrupt->IsAssigned)
        Copy = Interrupt->Info;
    Copy.Size = Info->Size;
    RtlCopyMemory(Info, &Copy, Info->Size);
}

/* ---- policy ---- */

static VOID FxInterruptTakePolicy(FX_INTERRUPT *Interrupt,
                                  const WDF_INTERRUPT_EXTENDED_POLICY *Policy)
{
    FX_GLOBALS *Globals = Interrupt->Object.Globals;

    if (Interrupt->InPrepare) {
        FxMistake(Globals, STATUS_INVALID_DEVICE_STATE,
                  "the policy of an interrupt that has its resources already");
        return;
    }
    if (Policy->Policy > WdfIrqPolicySpreadMessagesAcrossAllProcessors ||
        Policy->Priority > WdfIrqPriorityHigh) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER,
                  "an interrupt policy or priority that is none");
        return;
    }
    Interrupt->Policy = *Policy;
    Interrupt->HasPolicy = TRUE;
}

WDF_DDI(WdfInterruptSetPolicy);
VOID NTAPI imp_WdfInterruptSetPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle,
                                     WDF_INTERRUPT_POLICY Policy, WDF_INTERRUPT_PRIORITY Priority,
                                     KAFFINITY TargetProcessorSet)
{
    WDF_INTERRUPT_EXTENDED_POLICY Extended = {
        .Size = sizeof(Extended), .Policy = Policy, .Priority = Priority};

    Extended.TargetProcessorSetAndGroup.Mask = TargetProcessorSet;
    FxInterruptTakePolicy(FxInterruptFromHandle(DriverGlobals, Handle), &Extended);
}

WDF_DDI(WdfInterruptSetExtendedPolicy);
VOID NTAPI imp_WdfInterruptSetExtendedPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFINTERRUPT Handle,
                                             PWDF_INTERRUPT_EXTENDED_POLICY PolicyAndGroup)
{
    FX_INTERRUPT *Interrupt = FxInterruptFromHandle(DriverGlobals, Handle);
    WDF_INTERRUPT_EXTENDED_POLICY Copy;

    if (NT_SUCCESS(FxCaptureConfig(FxGlobalsOf(DriverGlobals), "WDF_INTERRUPT_EXTENDED_POLICY",
                                   &Copy, sizeof(Copy), PolicyAndGroup)))
        FxInterruptTakePolicy(Interrupt, &Copy);
}
