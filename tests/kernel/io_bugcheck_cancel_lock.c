/* A cancel routine returns without releasing the cancel spin lock: DRIVER_RETURNED_HOLDING_CANCEL_LOCK (0x11B). */
#include "tap.h"

static VOID NTAPI cancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    IoSetCancelRoutine(Irp, cancel);
    expect_bugcheck(0x11B);
    IoCancelIrp(Irp);
    return done();
}
