/* DriverEntry: one KMDF driver, one root-enumerated device. */
#include "driver.h"

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD AiEvtDeviceAdd;
static EVT_WDF_OBJECT_CONTEXT_CLEANUP AiEvtDriverCleanup;

static NTSTATUS NTAPI AiEvtDeviceAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT Init)
{
    PAGED_CODE();
    return AiDeviceCreate(Driver, Init);
}

static VOID NTAPI AiEvtDriverCleanup(_In_ WDFOBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    AiTraceStop();
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_DRIVER_CONFIG Config;
    NTSTATUS Status;

    WDF_DRIVER_CONFIG_INIT(&Config, AiEvtDeviceAdd);
    Config.DriverPoolTag = AI_TAG;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.EvtCleanupCallback = AiEvtDriverCleanup;
    AiTraceStart();
    Status = WdfDriverCreate(DriverObject, RegistryPath, &Attributes, &Config, WDF_NO_HANDLE);
    if (!NT_SUCCESS(Status))
        AiTraceStop();
    return Status;
}
