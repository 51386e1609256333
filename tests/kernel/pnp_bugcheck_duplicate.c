/* A bus driver that reports two devices of one name. */
#include "pnpbus.h"

static VOID test_bus(VOID)
{
    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    Child[1] = (CHILD){ .Name = "b", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    expect_bugcheck(0xCA);
    enumerate();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
