/* An interrupt service routine that comes back at another IRQL: IRQL_UNEXPECTED_VALUE. */
#include "timer_device.h"

static TIMER Timer;

static BOOLEAN NTAPI raising_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    KIRQL OldIrql;

    timer_isr(Interrupt, Context);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    return TRUE;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timer_open(&Timer, FIRST_SLOT);
    IoConnectInterrupt(&Timer.Interrupt, raising_isr, &Timer, NULL, Timer.Vector, Timer.Irql,
                       Timer.Irql, LevelSensitive, FALSE, 1, FALSE);
    timer_set(&Timer, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    expect_bugcheck(0xC8);
    timer_set(&Timer, TIMER_RAISE, 0);
    return done();
}
