/* An IRP completed while its cancel routine is set: CANCEL_STATE_IN_COMPLETED_IRP. */
#include "iodev.h"

static VOID NTAPI cancel(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Irp);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIRP Irp;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(make_device(Driver, 0)))
        return bail("no device");
    Irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_CREATE;
    IoSetCancelRoutine(Irp, cancel);
    expect_bugcheck(0x48);
    IoCallDriver(Device, Irp);
    return STATUS_SUCCESS;
}
