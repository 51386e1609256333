/* A device object deleted twice while a handle keeps it: REFERENCE_BY_POINTER. */
#include "iodev.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(make_device(Driver, 0)) || !NT_SUCCESS(open_device(&Handle, 0)))
        return bail("no device");
    IoDeleteDevice(Device);
    expect_bugcheck(0x18);
    IoDeleteDevice(Device);
    return STATUS_SUCCESS;
}
