/* KMDF: a request that claims more bytes than its buffer has stops with WDF_VIOLATION. */
#include "io.h"

#define NAME L"\\Device\\KmdfViolation"

static WDFREQUEST Held;

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
    ok(Held != NULL, "a request with a buffer of 8 bytes");
    expect_bugcheck(0x10D);
    WdfRequestCompleteWithInformation(Held, STATUS_SUCCESS, 9);
    return done();
}
