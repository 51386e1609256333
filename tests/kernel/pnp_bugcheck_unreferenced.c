/* A bus driver that does not reference the devices that it reports. */
#include "pnpbus.h"

static VOID test_bus(VOID)
{
    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    enumerate();
    ObDereferenceObject(Child[0].Pdo); /* as if it had been forgotten */
    ObDereferenceObject(Child[0].Pdo);
    expect_bugcheck(0xCA);
    Child[0].Present = FALSE;
    enumerate();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
