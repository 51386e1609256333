/* KMDF: a request that is completed while it is cancelable stops with WDF_VIOLATION. */
#include "io.h"

#define NAME L"\\Device\\KmdfViolation"

static WDFREQUEST Held;

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID NTAPI EvtCancel(WDFREQUEST Request)
{
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

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
    is_status(WdfRequestMarkCancelableEx(Held, EvtCancel), STATUS_SUCCESS, "cancelable");
    expect_bugcheck(0x10D);
    WdfRequestComplete(Held, STATUS_SUCCESS);
    return done();
}
