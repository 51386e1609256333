/*
 * Function and filter devices: AddDevice with the driver's EvtDriverDeviceAdd, and what is asked of the device before it
 * exists [doc: EVT_WDF_DRIVER_DEVICE_ADD, the WdfFdoInitXxx pages].
 */
#include "fx.h"

#include "pnp.h"

static NTSTATUS FxCallDeviceAdd(FX_DRIVER *Driver, FX_DEVICE_INIT *Init)
{
    FX_GLOBALS *Globals = Driver->Object.Globals;
    FX_CALLBACK_LOCK *Lock = Driver->Object.Scope == WdfSynchronizationScopeDevice ? &Driver->AddDeviceLock : NULL;
    NTSTATUS Status;

    FxLog(Globals, "EvtDriverDeviceAdd");
    FxCallbackLockAcquire(Globals, Lock);
    Status = FX_GUARDED(Globals, Driver->Config.EvtDriverDeviceAdd, FX_HANDLE(WDFDRIVER, Driver),
                        (PWDFDEVICE_INIT)Init);
    FxCallbackLockRelease(Lock);
    return Status;
}

/* Without a device the driver has chosen not to be in this stack; the PnP manager is told what it returned. */
static NTSTATUS FxFinishAdd(FX_DEVICE_INIT *Init, NTSTATUS Status)
{
    FX_DEVICE *Device = Init->Created;

    if (Device == NULL)
        return Status;
    if (!NT_SUCCESS(Status)) {
        FxMistake(Init->Globals, Status, "EvtDriverDeviceAdd failed");
        FxObjectDelete(&Device->Object);
        return Status;
    }
    Device->Initializing = FALSE;
    Device->Wdm->Flags &= ~DO_DEVICE_INITIALIZING;
    return Status;
}

NTSTATUS NTAPI FxDeviceAdd(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    FX_DRIVER *Driver = FxDriverOf(DriverObject);
    FX_DEVICE_INIT *Init;
    NTSTATUS Status;

    if (Driver == NULL || Driver->Config.EvtDriverDeviceAdd == NULL)
        return STATUS_SUCCESS; /* a driver without it adds no device */
    Init = FxDeviceInitAllocate(Driver->Object.Globals, FxDeviceFunction);
    if (Init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Init->Pdo = Pdo;
    Init->IsOwned = TRUE;
    Status = FxFinishAdd(Init, FxCallDeviceAdd(Driver, Init));
    FxDeviceInitFree(Init);
    return Status;
}

/* ---- before the device exists ---- */

static FX_DEVICE_INIT *FxFdoInit(FX_GLOBALS *Globals, PWDFDEVICE_INIT DeviceInit)
{
    FX_REQUIRE(Globals, DeviceInit);
    if (FxInitOf(DeviceInit)->Kind != FxDeviceFunction)
        FxViolation(Globals, WDF_VERIFIER_FATAL_ERROR, (ULONG_PTR)DeviceInit, FxInitOf(DeviceInit)->Kind, 0);
    return FxInitOf(DeviceInit);
}

WDF_DDI(WdfFdoInitWdmGetPhysicalDevice);
PDEVICE_OBJECT NTAPI imp_WdfFdoInitWdmGetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    return FxFdoInit(FxGlobalsOf(DriverGlobals), DeviceInit)->Pdo;
}

WDF_DDI(WdfFdoInitSetFilter);
VOID NTAPI imp_WdfFdoInitSetFilter(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FX_DEVICE_SETTINGS *Settings = &FxFdoInit(FxGlobalsOf(DriverGlobals), DeviceInit)->Settings;

    Settings->IsFilter = TRUE;
    if (!Settings->PowerPolicyOwnershipSet)
        Settings->IsPowerPolicyOwner = FALSE;
}

WDF_DDI(WdfFdoInitSetEventCallbacks);
VOID NTAPI imp_WdfFdoInitSetEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           PWDF_FDO_EVENT_CALLBACKS FdoEventCallbacks)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE_INIT *Init = FxFdoInit(Globals, DeviceInit);
    WDF_FDO_EVENT_CALLBACKS Callbacks;

    if (NT_SUCCESS(FxCaptureConfig(Globals, "WDF_FDO_EVENT_CALLBACKS", &Callbacks, sizeof(Callbacks), FdoEventCallbacks)))
        Init->Settings.Fdo = Callbacks;
}
