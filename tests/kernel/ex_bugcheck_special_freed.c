/* Special pool: a freed block is read. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    volatile UCHAR *Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 40, 'tseT');
    ExFreePoolWithTag((PVOID)Block, 'tseT');
    expect_bugcheck(0xD5);
    ok(Block[0] == 0, "not reached");
    return done();
}
