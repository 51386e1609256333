/* A freed block written to: DRIVER_CAUGHT_MODIFYING_FREED_POOL when it is given out again. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PUCHAR Block;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeRaiseIrql(PASSIVE_LEVEL, &Irql);
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tsTP');
    expect_bugcheck(0xC6);
    ExFreePool(Block);
    Block[8] = 1;
    for (ULONG i = 0; i < 100; i++)
        ExAllocatePoolWithTag(NonPagedPoolNx, 100, 'tsTP');
    return done();
}
