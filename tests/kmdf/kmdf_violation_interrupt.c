/* KMDF: a work item queued for an interrupt that has none stops with WDF_VIOLATION [doc:
 * WdfInterruptQueueWorkItemForIsr]. */
#include "pnp_test.h"

static WDFINTERRUPT Interrupt;

static EVT_WDF_INTERRUPT_ISR EvtIsr;
static BOOLEAN NTAPI EvtIsr(WDFINTERRUPT Handle, ULONG Message)
{
    UNREFERENCED_PARAMETER(Handle);
    UNREFERENCED_PARAMETER(Message);
    return FALSE;
}

static VOID Test(VOID)
{
    expect_bugcheck(0x10D);
    WdfInterruptQueueWorkItemForIsr(Interrupt);
}

static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_INTERRUPT_CONFIG Config;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    pnp_test_watch(Init);
    Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!is_status(Status, STATUS_SUCCESS, "WdfDeviceCreate"))
        return Status;
    WDF_INTERRUPT_CONFIG_INIT(&Config, EvtIsr, NULL);
    Status = WdfInterruptCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &Interrupt);
    is_status(Status, STATUS_SUCCESS, "WdfInterruptCreate");
    return Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    return pnp_test_main(DriverObject, RegistryPath, EvtDeviceAdd, Test, NULL);
}
