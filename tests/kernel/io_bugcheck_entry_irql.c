/* DriverEntry returns at raised IRQL: IRQL_UNEXPECTED_VALUE. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xC8);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    return STATUS_SUCCESS;
}
