/* Special pool: the bytes between a block's end and its page's are written, which the free finds.
 */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    volatile UCHAR *Block;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 33, 'tseT');
    Block[33] = 0;
    expect_bugcheck(0xC1);
    ExFreePoolWithTag((PVOID)Block, 'tseT');
    return done();
}
