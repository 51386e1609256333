/* A block freed with another tag: BAD_POOL_CALLER, subcode 0xA. */
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
    ExFreePoolWithTag(Block, 'xsTP');
    return done();
}
