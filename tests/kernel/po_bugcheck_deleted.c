/* A device that is deleted while a power request for it is not completed. */
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
    POWER_STATE State = { .DeviceState = PowerDeviceD3 };

    Child[0] = (CHILD){ .Name = "a", .DeviceId = L"DDTEST\\Thing", .Instance = L"1", .UniqueId = TRUE, .Raw = TRUE,
                        .Present = TRUE };
    enumerate();
    PowerHook = power;
    is_status(PoRequestPowerIrp(Child[0].Pdo, IRP_MN_SET_POWER, State, NULL, NULL, NULL), STATUS_PENDING, "D3");
    expect_bugcheck(0x9F);
    Child[0].Present = FALSE;
    enumerate();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    pnp_begin(Driver, RegistryPath);
    return STATUS_SUCCESS;
}
