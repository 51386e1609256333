/* The header in front of a block destroyed: BAD_POOL_HEADER when it is freed. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PUCHAR Block;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeRaiseIrql(PASSIVE_LEVEL, &Irql);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tsTP');
    expect_bugcheck(0x19);
    Block[-16] ^= 0xFF;
    ExFreePool(Block);
    return done();
}
