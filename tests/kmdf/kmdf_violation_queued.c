/* KMDF: a request that is completed while it waits in a queue stops with WDF_VIOLATION. */
#include "io.h"

#define NAME L"\\Device\\KmdfViolation"

static WDFREQUEST Held;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Device;
    IO_SENT Sent;

    if (!is_status(IoDriverBegin(DriverObject, RegistryPath), STATUS_SUCCESS, "a driver"))
        return done();
    Device = IoDeviceCreate(IoDeviceInit(NAME), NULL);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchManual);
    is_status(WdfIoQueueCreate(Device, &Config, NULL, NULL), STATUS_SUCCESS, "the default queue");
    WdfControlFinishInitializing(Device);
    IoControl(&Sent, WdfDeviceWdmGetDeviceObject(Device), NULL, IO_CODE(1, METHOD_BUFFERED), 0, 8);
    ok(Held == NULL, "a manual queue presents nothing");
    is_status(WdfIoQueueFindRequest(WdfDeviceGetDefaultQueue(Device), NULL, NULL, NULL, &Held), STATUS_SUCCESS,
              "found, but not retrieved");
    expect_bugcheck(0x10D);
    WdfRequestComplete(Held, STATUS_SUCCESS);
    return done();
}
