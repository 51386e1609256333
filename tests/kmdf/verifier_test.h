/*
 * A KMDF driver whose EvtDeviceD0Entry makes VERIFIER_TEST_MISTAKE, which only the verifier sees.
 * The verifier is switched on by the registry before a driver is loaded: the first of two loads
 * does that, the second is the test.
 */
#pragma once

#include "pnp_test.h"

/* TRUE: the value was there. */
static BOOLEAN VerifierOn(PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Wdf = RTL_CONSTANT_STRING(L"Parameters\\Wdf"),
                   Parameters = RTL_CONSTANT_STRING(L"Parameters"),
                   Name = RTL_CONSTANT_STRING(L"VerifierOn");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Service, Key, Sub;
    ULONG Disposition = 0, On = 1;

    InitializeObjectAttributes(&Attributes, RegistryPath, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Service, KEY_ALL_ACCESS, &Attributes)))
        return FALSE;
    InitializeObjectAttributes(&Attributes, &Parameters, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               Service, NULL);
    if (NT_SUCCESS(
            ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL)))
        ZwClose(Key);
    InitializeObjectAttributes(&Attributes, &Wdf, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Service,
                               NULL);
    if (NT_SUCCESS(ZwCreateKey(&Sub, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE,
                               &Disposition))) {
        ZwSetValueKey(Sub, &Name, 0, REG_DWORD, &On, sizeof(On));
        ZwClose(Sub);
    }
    ZwClose(Service);
    return Disposition == REG_OPENED_EXISTING_KEY;
}

static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static NTSTATUS NTAPI EvtD0Entry(WDFDEVICE Unused, WDF_POWER_DEVICE_STATE Previous)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Previous);
    expect_bugcheck(0x10D);
    VERIFIER_TEST_MISTAKE;
    return STATUS_SUCCESS;
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;

    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDeviceD0Entry = EvtD0Entry;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    return WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtNoDevice;
static NTSTATUS NTAPI EvtNoDevice(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UNREFERENCED_PARAMETER(Driver);
    return WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    BOOLEAN IsOn = VerifierOn(RegistryPath);
    WDF_DRIVER_CONFIG Config;
    NTSTATUS Status;

    WDF_DRIVER_CONFIG_INIT(&Config, IsOn ? EvtDeviceAdd : EvtNoDevice);
    Status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config,
                             WDF_NO_HANDLE);
    if (IsOn)
        is_status(Status, STATUS_SUCCESS, "the second load, with the verifier");
    return Status;
}
