/* IoStatus.Information larger than the output buffer: the copy back would run over its end. */
#include "iodev.h"

static NTSTATUS NTAPI boast(PDEVICE_OBJECT Target, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Target);
    return complete(Irp, STATUS_SUCCESS, 5);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;
    IO_STATUS_BLOCK Iosb;
    UCHAR Out[4];

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = boast;
    if (!NT_SUCCESS(make_device(Driver, 0)) || !NT_SUCCESS(open_device(&Handle, FILE_SYNCHRONOUS_IO_NONALERT)))
        return bail("no device");
    expect_bugcheck(0xC9);
    ZwDeviceIoControlFile(Handle, NULL, NULL, NULL, &Iosb, 0x222000, NULL, 0, Out, sizeof(Out));
    return STATUS_SUCCESS;
}
