/* A timer that is still set when its driver unloads: TIMER_OR_DPC_INVALID. */
#include "tap.h"

static KTIMER Timer;

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Due;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xC7);
    Due.QuadPart = -600LL * 10000000;
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, Due, NULL);
    return STATUS_SUCCESS;
}
