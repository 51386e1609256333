/* A division by zero that nothing catches: SYSTEM_THREAD_EXCEPTION_NOT_HANDLED. */
#include "tap.h"

static volatile LONG Zero, Ten = 10;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x7E);
    diag("%ld", Ten / Zero);
    return STATUS_SUCCESS;
}
