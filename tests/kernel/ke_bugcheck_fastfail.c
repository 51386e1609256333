/* A corrupt list entry: KERNEL_SECURITY_CHECK_FAILURE. */
#include "tap.h"


NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x139);
    __asm__ volatile("int $0x29" : : "c"(3));
    return STATUS_SUCCESS;
}
