/* An IRP sent one driver further than it has stack locations for: NO_MORE_IRP_STACK_LOCATIONS. */
#include "iodev.h"


NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIRP Irp;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(make_device(Driver, 0)))
        return bail("no device");
    Irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_CREATE;
    IoSetNextIrpStackLocation(Irp);
    expect_bugcheck(0x35);
    IoCallDriver(Device, Irp);
    return STATUS_SUCCESS;
}
