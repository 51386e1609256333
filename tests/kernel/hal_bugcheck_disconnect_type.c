/* A line disconnected as if it were messages: PNP_DETECTED_FATAL_ERROR. */
#include "timer_device.h"

static TIMER Timer;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_MESSAGE_BASED};

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timer_open(&Timer, FIRST_SLOT);
    is_status(timer_connect(&Timer, FALSE, 1), STATUS_SUCCESS, "connected");
    P.ConnectionContext.InterruptObject = Timer.Interrupt;
    expect_bugcheck(0xCA);
    IoDisconnectInterruptEx(&P);
    return done();
}
