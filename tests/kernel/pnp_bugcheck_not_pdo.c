/* A function device where a physical one is asked for. */
#include "pnpbus.h"

static VOID test_bus(VOID)
{
    expect_bugcheck(0xCA);
    IoInvalidateDeviceRelations(BusFdo, BusRelations);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
