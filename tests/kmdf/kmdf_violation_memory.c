/* KMDF: a request that is completed while its memory is referenced stops with WDF_VIOLATION. */
#include "io.h"

#define NAME L"\\Device\\KmdfViolation"

static WDFREQUEST Held;

static WDFMEMORY Memory;

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID NTAPI EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    Held = Request;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Device;
    IO_SENT Sent;

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    Device = IoDeviceCreate(IoDeviceInit(NAME), NULL);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDefault = EvtDefault;
    is_status(WdfIoQueueCreate(Device, &Config, NULL, NULL), STATUS_SUCCESS, "the default queue");
    WdfControlFinishInitializing(Device);
    IoControl(&Sent, WdfDeviceWdmGetDeviceObject(Device), NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8);
    is_status(WdfRequestRetrieveOutputMemory(Held, &Memory), STATUS_SUCCESS, "its output memory");
    WdfObjectReference(Memory);
    expect_bugcheck(0x10D);
    WdfRequestComplete(Held, STATUS_SUCCESS);
    return done();
}
