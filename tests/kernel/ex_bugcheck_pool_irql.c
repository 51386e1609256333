/* Paged pool at DISPATCH_LEVEL: BAD_POOL_CALLER, subcode 8. */
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
    Block[0] = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExAllocatePoolWithTag(PagedPool, 100, 'tsTP');
    return done();
}
