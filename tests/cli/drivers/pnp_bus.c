/* A bus with two widgets, for which another driver is the function driver, and a raw device. */
#include "../../kernel/pnpbus.h"

static VOID test_bus(VOID)
{
    Child[0] = (CHILD){ .Name = "w1", .DeviceId = L"DDBUS\\Widget", .Instance = L"1", .UniqueId = TRUE, .Present = TRUE,
                        .HardwareIds = L"DDBUS\\Widget&Rev2\0DDBUS\\Widget\0" };
    Child[1] = (CHILD){ .Name = "w2", .DeviceId = L"DDBUS\\Widget", .Instance = L"2", .UniqueId = TRUE, .Present = TRUE,
                        .HardwareIds = L"DDBUS\\Other\0", .CompatibleIds = L"DDBUS\\Generic\0" };
    Child[2] = (CHILD){ .Name = "raw", .DeviceId = L"DDBUS\\Raw", .Instance = L"3", .UniqueId = TRUE, .Present = TRUE,
                        .Raw = TRUE };
    IoInvalidateDeviceRelations(BusPdo, BusRelations);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
