/* A kernel handle that is protected from close, closed: INVALID_KERNEL_HANDLE. */
#include "objects.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    struct {
        BOOLEAN Inherit, Protect;
    } Flags = {FALSE, TRUE};
    HANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Handle = make_directory(NULL);
    is_status(ObSetHandleAttributes(Handle, &Flags, KernelMode), STATUS_SUCCESS, "protected");
    expect_bugcheck(0x93);
    ZwClose(Handle);
    return STATUS_SUCCESS;
}
