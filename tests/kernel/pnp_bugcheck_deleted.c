/* A bus driver that reports a device which it has deleted. */
#include "pnpbus.h"

static VOID test_bus(VOID)
{
    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    enumerate();
    IoDeleteDevice(Child[0].Pdo);
    expect_bugcheck(0xCA);
    enumerate();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
