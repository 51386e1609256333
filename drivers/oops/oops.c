#include <ntddk.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'spoO');

    DbgPrint("oops: %wZ, driver object %p\n", RegistryPath, Driver);
    ExFreePoolWithTag(Block, 'spoO');
    ExFreePoolWithTag(Block, 'spoO');
    return STATUS_SUCCESS;
}
