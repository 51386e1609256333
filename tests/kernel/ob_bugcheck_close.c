/* A kernel handle closed twice: INVALID_KERNEL_HANDLE. */
#include "objects.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Handle = make_directory(NULL);
    is_status(ZwClose(Handle), STATUS_SUCCESS, "closed");
    expect_bugcheck(0x93);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
