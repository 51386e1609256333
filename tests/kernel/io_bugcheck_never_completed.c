/* A dispatch routine that neither completes, passes on nor pends its request. */
#include "iodev.h"

static NTSTATUS NTAPI forget(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    IO_STATUS_BLOCK Iosb;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = forget;
    if (!NT_SUCCESS(make_device(Driver, 0)) || !NT_SUCCESS(open_device(&Handle, FILE_SYNCHRONOUS_IO_NONALERT)))
        return bail("no device");
    expect_bugcheck(0xC9);
    ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, 0x222000, NULL, 0, NULL, 0);
    return STATUS_SUCCESS;
}
