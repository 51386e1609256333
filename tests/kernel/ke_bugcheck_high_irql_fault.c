/* A fault at DISPATCH_LEVEL: DRIVER_IRQL_NOT_LESS_OR_EQUAL. */
#include "tap.h"

static volatile LONG *volatile Nowhere = (volatile LONG *)0x0000606FFFFF0000;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xD1);
    {
        KIRQL Old;

        KeRaiseIrql(DISPATCH_LEVEL, &Old);
        *Nowhere = 1;
        KeLowerIrql(Old);
    }
    return STATUS_SUCCESS;
}
