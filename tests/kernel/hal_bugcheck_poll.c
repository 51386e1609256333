/* A register that never changes, polled at DISPATCH_LEVEL: DPC_WATCHDOG_VIOLATION. */
#include "timer_device.h"

static TIMER Timer;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timer_open(&Timer, FIRST_SLOT);
    expect_bugcheck(0x133);
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    while (!(timer_get(&Timer, TIMER_STATUS) & TIMER_STATUS_EXPIRED))
        ;
    return done();
}
