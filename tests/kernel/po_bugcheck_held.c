/* A power request that the bus driver never completes. */
#include "pnpbus.h"

static NTSTATUS power(PDEVICE_OBJECT Device, EXT *Ext, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    if (Ext->Kind != EXT_PDO)
        return pass_on(Ext, Irp);
    IoMarkIrpPending(Irp);
    return STATUS_PENDING; /* kept for ever */
}

static VOID test_bus(VOID)
{
    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    enumerate();
    PowerHook = power;
    expect_bugcheck(0x9F);
    ZwInitiatePowerAction(PowerActionSleep, PowerSystemSleeping3, 0, FALSE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
