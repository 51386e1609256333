/* KeRaiseIrql to a lower IRQL: IRQL_NOT_GREATER_OR_EQUAL. */
#include "tap.h"


NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x9);
    {
        KIRQL Old;

        KeRaiseIrql(DISPATCH_LEVEL, &Old);
        KeRaiseIrql(APC_LEVEL, &Old);
    }
    return STATUS_SUCCESS;
}
