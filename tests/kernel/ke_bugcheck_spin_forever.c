/* A loop at DISPATCH_LEVEL that nothing can end: DPC_WATCHDOG_VIOLATION. */
#include "tap.h"

static volatile LONG Never;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x133);
    {
        KIRQL Old;

        KeRaiseIrql(DISPATCH_LEVEL, &Old);
        while (Never == 0)
            YieldProcessor();
        KeLowerIrql(Old);
    }
    return STATUS_SUCCESS;
}
