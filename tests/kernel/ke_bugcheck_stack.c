/* A kernel stack that runs out: UNEXPECTED_KERNEL_MODE_TRAP, double fault. */
#include "tap.h"

static volatile ULONG Depth = 1;

static ULONG deeper(ULONG Level)
{
    volatile UCHAR Room[512];

    Room[Level % sizeof(Room)] = (UCHAR)Level;
    if (Depth == 0)
        return 0;
    return deeper(Level + 1) + Room[Level % sizeof(Room)];
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x7F);
    diag("%lu", deeper(0));
    return STATUS_SUCCESS;
}
