/*
 * WDFDRIVER: one a client. Its deletion, at unload, deletes everything else. Devices and AddDevice are device.c's.
 */
#include "fx.h"

#include "device.h"

#define FX_RESERVED_TAG ' kdD'

PVOID FxAllocate(FX_GLOBALS *Globals, SIZE_T Bytes)
{
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, Bytes, Globals->Public.DriverTag);
}

VOID FxFree(PVOID Block)
{
    if (Block != NULL)
        ExFreePool(Block);
}

static VOID FxDriverDestroy(FX_OBJECT *Object)
{
    Object->Globals->Driver = NULL;
    Object->Globals->Public.Driver = NULL;
}

static const FX_CLASS FxDriverClass = {
    .Type = FxTypeDriver, .Name = "WDFDRIVER", .Size = sizeof(FX_DRIVER), .Destroy = FxDriverDestroy,
    .PassiveDispose = TRUE, .HasExecutionLevel = TRUE,
};

/* Runs in the chain of the stub's unload, before the driver unbinds. */
static VOID NTAPI FxDriverUnload(PDRIVER_OBJECT DriverObject)
{
    FX_DRIVER *Driver = FxDriverOf(DriverObject);

    if (Driver == NULL)
        return;
    FxLog(Driver->Object.Globals, "unload");
    if (Driver->Config.EvtDriverUnload != NULL)
        Driver->Config.EvtDriverUnload(FX_HANDLE(WDFDRIVER, Driver));
}

FX_DRIVER *FxDriverOf(PDRIVER_OBJECT DriverObject)
{
    FX_GLOBALS *Globals = FxFindClient(DriverObject);

    return Globals != NULL ? Globals->Driver : NULL;
}

static NTSTATUS FxCheckDriverConfig(FX_GLOBALS *Globals, PWDF_DRIVER_CONFIG Config)
{
    if (Config->Size != sizeof(*Config))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_DRIVER_CONFIG size 0x%x", Config->Size);
    if ((Config->DriverInitFlags & WdfDriverInitNonPnpDriver) && Config->EvtDriverDeviceAdd != NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a driver without PnP has no EvtDriverDeviceAdd");
    return STATUS_SUCCESS;
}

static VOID FxAttachDriver(FX_DRIVER *Driver)
{
    PDRIVER_OBJECT DriverObject = Driver->DriverObject;
    ULONG Flags = Driver->Config.DriverInitFlags;

    if (Flags & WdfDriverInitNoDispatchOverride)
        return;
    if (!(Flags & WdfDriverInitNonPnpDriver))
        DriverObject->DriverExtension->AddDevice = FxDeviceAdd;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = FxDeviceDispatch;
}

static VOID FxChooseUnload(FX_DRIVER *Driver)
{
    FX_GLOBALS *Globals = Driver->Object.Globals;
    BOOLEAN Plain = (Driver->Config.DriverInitFlags & (WdfDriverInitNonPnpDriver | WdfDriverInitNoDispatchOverride)) == 0;

    Globals->Public.DisplaceDriverUnload = Plain || Driver->Config.EvtDriverUnload != NULL;
    if (Globals->Public.DisplaceDriverUnload)
        Driver->DriverObject->DriverUnload = FxDriverUnload;
}

WDF_DDI(WdfDriverCreate);
NTSTATUS NTAPI imp_WdfDriverCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject,
                                   PCUNICODE_STRING RegistryPath, PWDF_OBJECT_ATTRIBUTES Attributes,
                                   PWDF_DRIVER_CONFIG Config, WDFDRIVER *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object;
    FX_DRIVER *Driver;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, DriverObject);
    FX_REQUIRE(Globals, RegistryPath);
    FX_REQUIRE(Globals, Config);
    if (Handle != NULL)
        *Handle = NULL;
    if (NT_SUCCESS(Status))
        Status = FxCheckDriverConfig(Globals, Config);
    if (NT_SUCCESS(Status))
        Status = FxCheckNoParent(Attributes);
    if (NT_SUCCESS(Status) && Globals->Driver != NULL)
        Status = FxMistake(Globals, STATUS_DRIVER_INTERNAL_ERROR, "WdfDriverCreate is called a second time");
    if (!NT_SUCCESS(Status))
        return Status;
    if (Config->DriverPoolTag != 0 && Config->DriverPoolTag != FX_RESERVED_TAG)
        Globals->Public.DriverTag = Config->DriverPoolTag;
    Status = FxObjectCreate(Globals, &FxDriverClass, Attributes, NULL, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Driver = (FX_DRIVER *)Object;
    Driver->DriverObject = DriverObject;
    Driver->Config = *Config;
    Object->Flags |= FX_FLAG_NO_CLIENT_DELETE;
    FxCallbackLockInit(&Driver->AddDeviceLock, TRUE);
    FxAttachDriver(Driver);
    FxObjectCommit(Object); /* without a parent it cannot fail */
    Globals->Driver = Driver;
    Globals->Public.Driver = FX_HANDLE(WDFDRIVER, Driver);
    Globals->Public.DriverFlags |= Config->DriverInitFlags;
    FxChooseUnload(Driver);
    if (Handle != NULL)
        *Handle = FX_HANDLE(WDFDRIVER, Driver);
    return STATUS_SUCCESS;
}

/* The port driver owns the driver object and its unload routine: the miniport says when it goes. */
WDF_DDI(WdfDriverMiniportUnload);
VOID NTAPI imp_WdfDriverMiniportUnload(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DRIVER *Driver = FX_OBJECT_OF(FX_DRIVER, Globals, Handle, FxTypeDriver);

    if (!(Driver->Config.DriverInitFlags & WdfDriverInitNoDispatchOverride)) {
        FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "WdfDriverMiniportUnload by no miniport");
        return;
    }
    FxLog(Globals, "unload");
    if (Driver->Config.EvtDriverUnload != NULL)
        Driver->Config.EvtDriverUnload(Handle);
    FxObjectDelete(&Driver->Object);
}

/* ---- what a driver tells ---- */

WDF_DDI(WdfDriverGetRegistryPath);
PWSTR NTAPI imp_WdfDriverGetRegistryPath(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_OBJECT_OF(FX_DRIVER, Globals, Handle, FxTypeDriver);
    return Globals->RegistryPath.Buffer; /* zero-terminated: one character was left for it */
}

WDF_DDI(WdfDriverWdmGetDriverObject);
PDRIVER_OBJECT NTAPI imp_WdfDriverWdmGetDriverObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Handle)
{
    return FX_OBJECT_OF(FX_DRIVER, FxGlobalsOf(DriverGlobals), Handle, FxTypeDriver)->DriverObject;
}

WDF_DDI(WdfWdmDriverGetWdfDriverHandle);
WDFDRIVER NTAPI imp_WdfWdmDriverGetWdfDriverHandle(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject)
{
    FX_DRIVER *Driver;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DriverObject);
    Driver = FxDriverOf(DriverObject);
    return Driver != NULL ? FX_HANDLE(WDFDRIVER, Driver) : NULL;
}

WDF_DDI(WdfDriverRegisterTraceInfo);
NTSTATUS NTAPI imp_WdfDriverRegisterTraceInfo(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject,
                                              PFN_WDF_TRACE_CALLBACK EvtTraceCallback, PVOID ControlBlock)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(EvtTraceCallback);
    UNREFERENCED_PARAMETER(ControlBlock);
    return FxMistake(FxGlobalsOf(DriverGlobals), STATUS_NOT_SUPPORTED, "WPP tracing by KMDF is for Windows 2000 only");
}

WDF_DDI(WdfDriverRetrieveVersionString);
NTSTATUS NTAPI imp_WdfDriverRetrieveVersionString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, WDFSTRING String)
{

    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    UNICODE_STRING Version = RTL_CONSTANT_STRING(L"Kernel Mode Driver Framework version 1.33");
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_OBJECT_OF(FX_DRIVER, Globals, Driver, FxTypeDriver);
    return NT_SUCCESS(Status) ? FxStringAssign(FxObjectFromHandle(Globals, String, FxTypeString), &Version) : Status;
}

WDF_DDI(WdfDriverIsVersionAvailable);
BOOLEAN NTAPI imp_WdfDriverIsVersionAvailable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                              PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Params)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_OBJECT_OF(FX_DRIVER, Globals, Driver, FxTypeDriver);
    FX_REQUIRE(Globals, Params);
    if (Params->Size != sizeof(*Params)) {
        FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_DRIVER_VERSION_AVAILABLE_PARAMS size 0x%x", Params->Size);
        return FALSE;
    }
    return Params->MajorVersion == 1 && Params->MinorVersion <= FX_LIBRARY_MINOR;
}
