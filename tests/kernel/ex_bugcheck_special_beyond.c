/* Special pool by tag: a byte behind the page that the block ends with. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    volatile UCHAR *Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 48, 'tseT');
    ok(((ULONG64)Block & 0xFFF) == 0x1000 - 48, "a block at the end of its page");
    expect_bugcheck(0xD6);
    Block[48] = 1;
    return done();
}
