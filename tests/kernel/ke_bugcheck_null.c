/* A null pointer in a system thread: SYSTEM_THREAD_EXCEPTION_NOT_HANDLED. */
#include "tap.h"

static volatile LONG *volatile Nothing;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x7E);
    *Nothing = 1;
    return STATUS_SUCCESS;
}
