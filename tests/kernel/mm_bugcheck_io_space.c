/* I/O space unmapped twice: MEMORY_MANAGEMENT. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    PVOID Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x1A);
    Highest.QuadPart = PAGE_SIZE;
    Block = MmMapIoSpace(Highest, 16, MmNonCached);
    MmUnmapIoSpace(Block, 16);
    MmUnmapIoSpace(Block, 16);
    return done();
}
