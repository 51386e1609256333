/*
 * WDFDEVICE_INIT: what a driver says about a device before WdfDeviceCreate [doc: the WdfDeviceInitXxx pages]. Setters
 * that return nothing put a mistake on the log and leave the setting as it was.
 */
#include "fx.h"

#include "device.h"

FX_DEVICE_INIT *FxDeviceInitAllocate(FX_GLOBALS *Globals, FX_DEVICE_KIND Kind)
{
    FX_DEVICE_INIT *Init = FxAllocate(Globals, sizeof(*Init));

    if (Init == NULL)
        return NULL;
    Init->Globals = Globals;
    Init->Kind = Kind;
    Init->DeviceType = FILE_DEVICE_UNKNOWN;
    Init->Characteristics = FILE_DEVICE_SECURE_OPEN;
    Init->Settings.ReadWriteIoType = WdfDeviceIoBuffered;
    Init->Settings.ControlIoType = WdfDeviceIoBuffered;
    Init->Settings.PowerPageable = TRUE;
    Init->Settings.IsPowerPolicyOwner = Kind == FxDeviceFunction;
    return Init;
}

VOID FxDeviceSettingsFree(FX_DEVICE_SETTINGS *Settings)
{
    FX_STATE_CALLBACK *Callback;

    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        FxFree(Settings->Preprocess[i].Minors);
    while ((Callback = Settings->StateCallbacks) != NULL) {
        Settings->StateCallbacks = Callback->Next;
        FxFree(Callback);
    }
}

VOID FxDeviceInitFree(FX_DEVICE_INIT *Init)
{
    if (!Init->Consumed) {
        FxDeviceSettingsFree(&Init->Settings);
        FxFree(Init->Name.Buffer);
    }
    FxPdoInitFree(Init);
    FxFree(Init->Sddl.Buffer);
    FxFree(Init);
}

/* A zero-terminated copy in *Copy, whose old value goes. NULL makes it empty. */
static NTSTATUS FxReplaceString(FX_GLOBALS *Globals, PUNICODE_STRING Copy, PCUNICODE_STRING Source)
{
    UNICODE_STRING New = { 0, 0, NULL };

    if (Source != NULL && Source->Length != 0) {
        New.MaximumLength = Source->Length + sizeof(WCHAR);
        New.Buffer = FxAllocate(Globals, New.MaximumLength);
        if (New.Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyUnicodeString(&New, Source);
    }
    FxFree(Copy->Buffer);
    *Copy = New;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDeviceInitFree);
VOID NTAPI imp_WdfDeviceInitFree(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    if (!FxInitOf(DeviceInit)->IsOwned) /* else the framework frees it after the callback */
        FxDeviceInitFree(FxInitOf(DeviceInit));
}

/* ---- control devices ---- */

WDF_DDI(WdfControlDeviceInitAllocate);
PWDFDEVICE_INIT NTAPI imp_WdfControlDeviceInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                       CONST UNICODE_STRING *SDDLString)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE_INIT *Init;

    FX_OBJECT_OF(FX_DRIVER, Globals, Driver, FxTypeDriver);
    FX_REQUIRE(Globals, SDDLString);
    if (!NT_SUCCESS(FxCheckIrql(Globals, PASSIVE_LEVEL)))
        return NULL;
    Init = FxDeviceInitAllocate(Globals, FxDeviceControl);
    if (Init != NULL && !NT_SUCCESS(FxReplaceString(Globals, &Init->Sddl, SDDLString))) {
        FxDeviceInitFree(Init);
        Init = NULL;
    }
    return (PWDFDEVICE_INIT)Init;
}

WDF_DDI(WdfControlDeviceInitSetShutdownNotification);
VOID NTAPI imp_WdfControlDeviceInitSetShutdownNotification(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                           PWDFDEVICE_INIT DeviceInit,
                                                           PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION Notification,
                                                           UCHAR Flags)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE_INIT *Init = FxInitOf(DeviceInit);

    FX_REQUIRE(Globals, DeviceInit);
    FX_REQUIRE(Globals, Notification);
    if (Init->Kind != FxDeviceControl || Flags == 0 || (Flags & ~(WdfDeviceShutdown | WdfDeviceLastChanceShutdown))) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "shutdown notification flags 0x%x, or not a control device", Flags);
        return;
    }
    Init->Settings.EvtShutdown = Notification;
    Init->ShutdownFlags = Flags;
}

/* ---- name, security, kind of device ---- */

WDF_DDI(WdfDeviceInitAssignName);
NTSTATUS NTAPI imp_WdfDeviceInitAssignName(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           PCUNICODE_STRING DeviceName)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, DeviceInit);
    return NT_SUCCESS(Status) ? FxReplaceString(Globals, &FxInitOf(DeviceInit)->Name, DeviceName) : Status;
}

WDF_DDI(WdfDeviceInitAssignSDDLString);
NTSTATUS NTAPI imp_WdfDeviceInitAssignSDDLString(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PCUNICODE_STRING SDDLString)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, DeviceInit);
    return NT_SUCCESS(Status) ? FxReplaceString(Globals, &FxInitOf(DeviceInit)->Sddl, SDDLString) : Status;
}

WDF_DDI(WdfDeviceInitSetDeviceClass);
VOID NTAPI imp_WdfDeviceInitSetDeviceClass(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           CONST GUID *DeviceClassGuid)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_REQUIRE(Globals, DeviceInit);
    FX_REQUIRE(Globals, DeviceClassGuid);
    FxInitOf(DeviceInit)->ClassGuid = *DeviceClassGuid;
    FxInitOf(DeviceInit)->HasClassGuid = TRUE;
}

WDF_DDI(WdfDeviceInitSetDeviceType);
VOID NTAPI imp_WdfDeviceInitSetDeviceType(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                          DEVICE_TYPE DeviceType)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    FxInitOf(DeviceInit)->DeviceType = DeviceType;
}

WDF_DDI(WdfDeviceInitSetCharacteristics);
VOID NTAPI imp_WdfDeviceInitSetCharacteristics(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                               ULONG DeviceCharacteristics, BOOLEAN OrInValues)
{
    FX_DEVICE_INIT *Init = FxInitOf(DeviceInit);

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    Init->AutoName = (DeviceCharacteristics & FILE_AUTOGENERATED_DEVICE_NAME) != 0;
    Init->Characteristics = DeviceCharacteristics | (OrInValues ? Init->Characteristics : FILE_DEVICE_SECURE_OPEN);
}

WDF_DDI(WdfDeviceInitSetExclusive);
VOID NTAPI imp_WdfDeviceInitSetExclusive(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                         BOOLEAN IsExclusive)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    FxInitOf(DeviceInit)->Settings.IsExclusive = IsExclusive;
}

/* ---- I/O ---- */

WDF_DDI(WdfDeviceInitSetIoType);
VOID NTAPI imp_WdfDeviceInitSetIoType(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                      WDF_DEVICE_IO_TYPE IoType)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    FxInitOf(DeviceInit)->Settings.ReadWriteIoType = IoType;
}

WDF_DDI(WdfDeviceInitSetIoTypeEx);
VOID NTAPI imp_WdfDeviceInitSetIoTypeEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                        PWDF_IO_TYPE_CONFIG IoTypeConfig)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE_SETTINGS *Settings = &FxInitOf(DeviceInit)->Settings;
    WDF_IO_TYPE_CONFIG Config;

    FX_REQUIRE(Globals, DeviceInit);
    if (!NT_SUCCESS(FxCaptureConfig(Globals, "WDF_IO_TYPE_CONFIG", &Config, sizeof(Config), IoTypeConfig)))
        return;
    Settings->ReadWriteIoType = Config.ReadWriteIoType;
    Settings->ControlIoType = Config.DeviceControlIoType;
    Settings->DirectTransferThreshold = Config.DirectTransferThreshold;
}

WDF_DDI(WdfDeviceInitSetFileObjectConfig);
VOID NTAPI imp_WdfDeviceInitSetFileObjectConfig(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                PWDF_FILEOBJECT_CONFIG FileObjectConfig,
                                                PWDF_OBJECT_ATTRIBUTES FileObjectAttributes)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_FILE_CONFIG *File = &FxInitOf(DeviceInit)->Settings.File;
    WDF_FILEOBJECT_CONFIG Config;
    ULONG Class;

    FX_REQUIRE(Globals, DeviceInit);
    if (!NT_SUCCESS(FxCaptureConfig(Globals, "WDF_FILEOBJECT_CONFIG", &Config, sizeof(Config), FileObjectConfig)) ||
        !NT_SUCCESS(FxCheckAttributes(Globals, FileObjectAttributes)))
        return;
    Class = (ULONG)Config.FileObjectClass & ~(ULONG)WdfFileObjectCanBeOptional;
    if (Class < WdfFileObjectNotRequired || Class > WdfFileObjectWdfCannotUseFsContexts) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "FileObjectClass 0x%x", Config.FileObjectClass);
        return;
    }
    File->IsSet = TRUE;
    File->EvtCreate = Config.EvtDeviceFileCreate;
    File->EvtClose = Config.EvtFileClose;
    File->EvtCleanup = Config.EvtFileCleanup;
    File->AutoForward = Config.AutoForwardCleanupClose;
    File->FileClass = (WDF_FILEOBJECT_CLASS)Class;
    File->CanBeOptional = Class != (ULONG)Config.FileObjectClass;
    RtlZeroMemory(&File->Attributes, sizeof(File->Attributes));
    if (FileObjectAttributes != NULL)
        File->Attributes = *FileObjectAttributes;
}

WDF_DDI(WdfDeviceInitSetRequestAttributes);
VOID NTAPI imp_WdfDeviceInitSetRequestAttributes(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PWDF_OBJECT_ATTRIBUTES RequestAttributes)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_REQUIRE(Globals, DeviceInit);
    FX_REQUIRE(Globals, RequestAttributes);
    if (!NT_SUCCESS(FxCheckAttributes(Globals, RequestAttributes)))
        return;
    if (!NT_SUCCESS(FxCheckNoParent(RequestAttributes)))
        FxMistake(Globals, STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED, "request attributes with a parent");
    else
        FxInitOf(DeviceInit)->Settings.RequestAttributes = *RequestAttributes;
}

WDF_DDI(WdfDeviceInitSetIoInCallerContextCallback);
VOID NTAPI imp_WdfDeviceInitSetIoInCallerContextCallback(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                         PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    FxInitOf(DeviceInit)->Settings.EvtInCallerContext = EvtIoInCallerContext;
}

WDF_DDI(WdfDeviceInitAllowSelfIoTarget);
VOID NTAPI imp_WdfDeviceInitAllowSelfIoTarget(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    FxInitOf(DeviceInit)->Settings.AllowSelfTarget = TRUE;
}

WDF_DDI(WdfDeviceInitSetRemoveLockOptions);
VOID NTAPI imp_WdfDeviceInitSetRemoveLockOptions(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PWDF_REMOVE_LOCK_OPTIONS Options)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_REMOVE_LOCK_OPTIONS Config;

    FX_REQUIRE(Globals, DeviceInit);
    if (!NT_SUCCESS(FxCaptureConfig(Globals, "WDF_REMOVE_LOCK_OPTIONS", &Config, sizeof(Config), Options)))
        return;
    if (FxInitOf(DeviceInit)->Kind == FxDeviceControl || (Config.Flags & ~WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO))
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "remove lock flags 0x%x, or a control device", Config.Flags);
    else
        FxInitOf(DeviceInit)->Settings.RemoveLockFlags = Config.Flags;
}

WDF_DDI(WdfDeviceInitAssignWdmIrpPreprocessCallback);
NTSTATUS NTAPI imp_WdfDeviceInitAssignWdmIrpPreprocessCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess, UCHAR MajorFunction, PUCHAR MinorFunctions,
    ULONG NumMinorFunctions)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PREPROCESS *Preprocess;
    BOOLEAN HasMinors = MinorFunctions != NULL && NumMinorFunctions != 0;

    FX_REQUIRE(Globals, DeviceInit);
    FX_REQUIRE(Globals, EvtDeviceWdmIrpPreprocess);
    if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "preprocess callback for major function 0x%x", MajorFunction);
    Preprocess = &FxInitOf(DeviceInit)->Settings.Preprocess[MajorFunction];
    if (HasMinors && Preprocess->Minors != NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "minor functions of 0x%x are given twice", MajorFunction);
    if (HasMinors) {
        Preprocess->Minors = FxAllocate(Globals, NumMinorFunctions);
        if (Preprocess->Minors == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(Preprocess->Minors, MinorFunctions, NumMinorFunctions);
        Preprocess->MinorCount = NumMinorFunctions;
    }
    Preprocess->Callback = EvtDeviceWdmIrpPreprocess;
    return STATUS_SUCCESS;
}

/* ---- PnP and power ---- */

WDF_DDI(WdfDeviceInitSetPnpPowerEventCallbacks);
VOID NTAPI imp_WdfDeviceInitSetPnpPowerEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                      PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;

    FX_REQUIRE(Globals, DeviceInit);
    if (!NT_SUCCESS(FxCaptureConfig(Globals, "WDF_PNPPOWER_EVENT_CALLBACKS", &Callbacks, sizeof(Callbacks),
                                    PnpPowerEventCallbacks)))
        return;
    if (Callbacks.EvtDeviceUsageNotification != NULL && Callbacks.EvtDeviceUsageNotificationEx != NULL) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "both EvtDeviceUsageNotification and its Ex are given");
        return;
    }
    FxInitOf(DeviceInit)->Settings.PnpPower = Callbacks;
}

WDF_DDI(WdfDeviceInitSetPowerPolicyEventCallbacks);
VOID NTAPI imp_WdfDeviceInitSetPowerPolicyEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                         PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_POWER_POLICY_EVENT_CALLBACKS Callbacks;

    FX_REQUIRE(Globals, DeviceInit);
    if (!NT_SUCCESS(FxCaptureConfig(Globals, "WDF_POWER_POLICY_EVENT_CALLBACKS", &Callbacks, sizeof(Callbacks),
                                    PowerPolicyEventCallbacks)))
        return;
    if (Callbacks.EvtDeviceArmWakeFromSx != NULL && Callbacks.EvtDeviceArmWakeFromSxWithReason != NULL) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "both EvtDeviceArmWakeFromSx and its WithReason are given");
        return;
    }
    FxInitOf(DeviceInit)->Settings.Policy = Callbacks;
}

WDF_DDI(WdfDeviceInitSetPowerPolicyOwnership);
VOID NTAPI imp_WdfDeviceInitSetPowerPolicyOwnership(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                    BOOLEAN IsPowerPolicyOwner)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    FxInitOf(DeviceInit)->Settings.PowerPolicyOwnershipSet = TRUE;
    FxInitOf(DeviceInit)->Settings.IsPowerPolicyOwner = IsPowerPolicyOwner;
}

static VOID FxSetPageable(FX_GLOBALS *Globals, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsPageable)
{
    FX_REQUIRE(Globals, DeviceInit);
    FxInitOf(DeviceInit)->Settings.PowerPageable = IsPageable;
    FxInitOf(DeviceInit)->Settings.PageableSet = TRUE;
}

WDF_DDI(WdfDeviceInitSetPowerNotPageable);
VOID NTAPI imp_WdfDeviceInitSetPowerNotPageable(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FxSetPageable(FxGlobalsOf(DriverGlobals), DeviceInit, FALSE);
}

WDF_DDI(WdfDeviceInitSetPowerPageable);
VOID NTAPI imp_WdfDeviceInitSetPowerPageable(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FxSetPageable(FxGlobalsOf(DriverGlobals), DeviceInit, TRUE);
}

WDF_DDI(WdfDeviceInitSetPowerInrush);
VOID NTAPI imp_WdfDeviceInitSetPowerInrush(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FxSetPageable(FxGlobalsOf(DriverGlobals), DeviceInit, FALSE);
    FxInitOf(DeviceInit)->Settings.PowerInrush = TRUE;
}

/*
 * PnP takes children out before their bus also when it has failed, so that they release their hardware
 * first whatever the driver says; "early" only allows another order.
 */
WDF_DDI(WdfDeviceInitSetReleaseHardwareOrderOnFailure);
VOID NTAPI imp_WdfDeviceInitSetReleaseHardwareOrderOnFailure(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
    WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE ReleaseHardwareOrderOnFailure)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_REQUIRE(Globals, DeviceInit);
    if (ReleaseHardwareOrderOnFailure != WdfReleaseHardwareOrderOnFailureEarly &&
        ReleaseHardwareOrderOnFailure != WdfReleaseHardwareOrderOnFailureAfterDescendants)
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "release hardware order %d", ReleaseHardwareOrderOnFailure);
}

/* One callback a state: a second one for the same state replaces the first. */
static NTSTATUS FxRegisterState(FX_GLOBALS *Globals, PWDFDEVICE_INIT DeviceInit, FX_MACHINE Machine, ULONG State,
                                ULONG LastState, PVOID Callback, ULONG Types)
{
    FX_STATE_CALLBACK *Entry;

    FX_REQUIRE(Globals, DeviceInit);
    FX_REQUIRE(Globals, Callback);
    if (State == 0 || (State & ~(ULONG)WdfDevStateNP) > LastState || Types == 0 || (Types & ~StateNotificationAllStates))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "state 0x%x, callback types 0x%x", State, Types);
    Entry = FxAllocate(Globals, sizeof(*Entry));
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Entry->Machine = Machine;
    Entry->State = State;
    Entry->Types = Types;
    Entry->Callback = Callback;
    Entry->Next = FxInitOf(DeviceInit)->Settings.StateCallbacks; /* the first that matches is called */
    FxInitOf(DeviceInit)->Settings.StateCallbacks = Entry;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDeviceInitRegisterPnpStateChangeCallback);
NTSTATUS NTAPI imp_WdfDeviceInitRegisterPnpStateChangeCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_PNP_STATE PnpState,
    PFN_WDF_DEVICE_PNP_STATE_CHANGE_NOTIFICATION EvtDevicePnpStateChange, ULONG CallbackTypes)
{
    return FxRegisterState(FxGlobalsOf(DriverGlobals), DeviceInit, FxMachinePnp, PnpState, WdfDevStatePnpNull,
                           (PVOID)EvtDevicePnpStateChange, CallbackTypes);
}

WDF_DDI(WdfDeviceInitRegisterPowerStateChangeCallback);
NTSTATUS NTAPI imp_WdfDeviceInitRegisterPowerStateChangeCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_STATE PowerState,
    PFN_WDF_DEVICE_POWER_STATE_CHANGE_NOTIFICATION EvtDevicePowerStateChange, ULONG CallbackTypes)
{
    return FxRegisterState(FxGlobalsOf(DriverGlobals), DeviceInit, FxMachinePower, PowerState, WdfDevStatePowerNull,
                           (PVOID)EvtDevicePowerStateChange, CallbackTypes);
}

WDF_DDI(WdfDeviceInitRegisterPowerPolicyStateChangeCallback);
NTSTATUS NTAPI imp_WdfDeviceInitRegisterPowerPolicyStateChangeCallback(
    PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_POWER_POLICY_STATE PowerPolicyState,
    PFN_WDF_DEVICE_POWER_POLICY_STATE_CHANGE_NOTIFICATION EvtDevicePowerPolicyStateChange, ULONG CallbackTypes)
{
    return FxRegisterState(FxGlobalsOf(DriverGlobals), DeviceInit, FxMachinePolicy, PowerPolicyState,
                           WdfDevStatePwrPolNull, (PVOID)EvtDevicePowerPolicyStateChange, CallbackTypes);
}
