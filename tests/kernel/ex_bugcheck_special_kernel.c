/* Special pool: the kernel reads beyond a block for the driver. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PUCHAR Block;
    UCHAR Copy[80];

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tseT');
    RtlFillMemory(Block, 64, 0);
    expect_bugcheck(0xCD);
    RtlZeroMemory(Copy, sizeof(Copy));
    is_ulong64(RtlCompareMemory(Block, Copy, sizeof(Copy)), 64, "not reached");
    return done();
}
