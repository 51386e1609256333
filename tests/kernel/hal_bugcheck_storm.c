/* A line that no ISR quietens: HARDWARE_INTERRUPT_STORM. */
#include "timer_device.h"

static TIMER Timer;

static BOOLEAN NTAPI deaf_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Context);
    return FALSE;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timer_open(&Timer, FIRST_SLOT);
    IoConnectInterrupt(&Timer.Interrupt, deaf_isr, &Timer, NULL, Timer.Vector, Timer.Irql,
                       Timer.Irql, LevelSensitive, FALSE, 1, FALSE);
    timer_set(&Timer, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    expect_bugcheck(0xF2);
    timer_set(&Timer, TIMER_RAISE, 0);
    return done();
}
