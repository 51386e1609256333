/* A write to the driver's own code: ATTEMPTED_WRITE_TO_READONLY_MEMORY. */
#include "tap.h"


NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xBE);
    *(volatile UCHAR *)(ULONG_PTR)DriverEntry = 0xC3;
    return STATUS_SUCCESS;
}
