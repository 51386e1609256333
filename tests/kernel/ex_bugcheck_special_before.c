/* Special pool: a byte before the block is written. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    volatile UCHAR *Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Block = ExAllocatePoolWithTag(PagedPool, 32, 'tseT');
    Block[-1] = 0;
    expect_bugcheck(0xC1);
    ExFreePoolWithTag((PVOID)Block, 'tseT');
    return done();
}
