/* DriverEntry returns inside a critical region: APC_INDEX_MISMATCH (0x1). */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x1);
    KeEnterCriticalRegion();
    return STATUS_SUCCESS;
}
