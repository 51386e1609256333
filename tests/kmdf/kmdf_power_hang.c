/* KMDF: EvtDeviceD0Entry never returns: WDF_VIOLATION, WDF_POWER_ROUTINE_TIMED_OUT. */
#include "tap.h"
#include <wdf.h>

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Previous)
{
    KEVENT Never;

    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Previous);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    expect_bugcheck(0x10D);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    return STATUS_SUCCESS;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDFDEVICE Device;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    return WdfDeviceCreate(&Init, NULL, &Device);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;

    tap_begin(DriverObject);
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    is_status(WdfDriverCreate(DriverObject, RegistryPath, NULL, &Config, NULL), STATUS_SUCCESS, "WdfDriverCreate");
    return STATUS_SUCCESS;
}
