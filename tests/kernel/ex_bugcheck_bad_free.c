/* An address inside a block freed: BAD_POOL_CALLER. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PUCHAR Block;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeRaiseIrql(PASSIVE_LEVEL, &Irql);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tsTP');
    expect_bugcheck(0xC2);
    ExFreePool(Block + 16);
    return done();
}
