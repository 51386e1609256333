/* Contiguous memory freed twice: BAD_POOL_CALLER, subcode 0x60. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PHYSICAL_ADDRESS Highest = {.QuadPart = -1};
    PVOID Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xC2);
    Block = MmAllocateContiguousMemory(PAGE_SIZE, Highest);
    MmFreeContiguousMemory(Block);
    MmFreeContiguousMemory(Block);
    return done();
}
