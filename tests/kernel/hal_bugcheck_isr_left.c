/* A driver that is unloaded with its ISR connected:
 * DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS. */
#include "timer_device.h"

static TIMER Timer;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timer_open(&Timer, FIRST_SLOT);
    is_status(timer_connect(&Timer, FALSE, 1), STATUS_SUCCESS, "connected");
    expect_bugcheck(0xCE);
    return STATUS_SUCCESS;
}
