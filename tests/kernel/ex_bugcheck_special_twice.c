/* Special pool: a block is freed twice. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 32, 'tseT');
    ExFreePoolWithTag(Block, 'tseT');
    expect_bugcheck(0xC1);
    ExFreePoolWithTag(Block, 'tseT');
    return done();
}
