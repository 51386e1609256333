/* The spin lock of a passive-level interrupt, which has none: PASSIVE_INTERRUPT_ERROR. */
#include "timer_device.h"

static TIMER Timer;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    IO_CONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_FULLY_SPECIFIED};
    PDEVICE_OBJECT Device;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timer_open(&Timer, FIRST_SLOT);
    IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    P.FullySpecified.PhysicalDeviceObject = Device;
    P.FullySpecified.InterruptObject = &Timer.Interrupt;
    P.FullySpecified.ServiceRoutine = timer_isr;
    P.FullySpecified.ServiceContext = &Timer;
    P.FullySpecified.Vector = Timer.Vector;
    P.FullySpecified.InterruptMode = LevelSensitive;
    P.FullySpecified.ProcessorEnableMask = 1;
    is_status(IoConnectInterruptEx(&P), STATUS_SUCCESS, "a passive-level ISR");
    expect_bugcheck(0x13B);
    KeAcquireInterruptSpinLock(Timer.Interrupt);
    return done();
}
