/* A request completed twice: MULTIPLE_IRP_COMPLETE_REQUESTS. */
#include "iodev.h"

static NTSTATUS NTAPI twice(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    complete(Irp, STATUS_SUCCESS, 0);
    expect_bugcheck(0x44);
    return complete(Irp, STATUS_SUCCESS, 0);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    IO_STATUS_BLOCK Iosb;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = twice;
    if (!NT_SUCCESS(make_device(Driver, 0)) || !NT_SUCCESS(open_device(&Handle, FILE_SYNCHRONOUS_IO_NONALERT)))
        return bail("no device");
    ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, 0x222000, NULL, 0, NULL, 0);
    return STATUS_SUCCESS;
}
