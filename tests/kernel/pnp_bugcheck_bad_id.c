/* A device ID with a character that no ID may have. */
#include "pnpbus.h"

static VOID test_bus(VOID)
{
    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing,2", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    expect_bugcheck(0xCA);
    enumerate();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
