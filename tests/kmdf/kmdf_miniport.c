/* KMDF 1.25: a miniport's driver object, which the miniport itself lets go; the driver's own state
 * in the registry. Calls: WdfDriverMiniportUnload, WdfDriverOpenPersistentStateRegistryKey. */
#include "tap.h"
#include <wdf.h>
#include <wdfminiport.h>

static ULONG Unloads, Cleanups;

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID NTAPI EvtUnload(WDFDRIVER Driver)
{
    ok(Driver == WdfGetDriver() && Cleanups == 0, "EvtDriverUnload comes first");
    Unloads++;
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanup;
static VOID NTAPI EvtCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    Cleanups++;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    WdfDriverMiniportUnload(WdfGetDriver());
    is_ulong(Unloads, 1, "EvtDriverUnload");
    is_ulong(Cleanups, 1, "and the driver object is gone");
    done();
}

static VOID TestState(WDFDRIVER Driver)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"Number");
    ULONG Number = 0;
    WDFKEY Key;

    if (is_status(WdfDriverOpenPersistentStateRegistryKey(Driver, KEY_READ | KEY_WRITE,
                                                          WDF_NO_OBJECT_ATTRIBUTES, &Key),
                  STATUS_SUCCESS, "the driver's state")) {
        is_status(WdfRegistryAssignULong(Key, &Name, 77), STATUS_SUCCESS, "is written");
        WdfRegistryClose(Key);
    }
    if (is_status(WdfDriverOpenPersistentStateRegistryKey(Driver, KEY_READ,
                                                          WDF_NO_OBJECT_ATTRIBUTES, &Key),
                  STATUS_SUCCESS, "again")) {
        is_status(WdfRegistryQueryULong(Key, &Name, &Number), STATUS_SUCCESS, "and read");
        is_ulong(Number, 77, "it stayed");
        WdfRegistryClose(Key);
    }
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_DRIVER_CONFIG Config;
    WDFDRIVER Driver;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, WDF_NO_EVENT_CALLBACK);
    Config.DriverInitFlags = WdfDriverInitNoDispatchOverride;
    Config.EvtDriverUnload = EvtUnload;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.EvtCleanupCallback = EvtCleanup;
    is_status(WdfDriverCreate(DriverObject, RegistryPath, &Attributes, &Config, &Driver),
              STATUS_SUCCESS, "a miniport");
    ok(DriverObject->DriverExtension->AddDevice == NULL, "its dispatch table is its own");
    DriverObject->DriverUnload = Unload; /* as a port driver does */
    TestState(Driver);
    return STATUS_SUCCESS;
}
