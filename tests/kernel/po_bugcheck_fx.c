/* A component that is given back without having been taken. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static PO_FX_COMPONENT_IDLE_STATE State;
    static PO_FX_DEVICE_V1 Given;
    PDEVICE_OBJECT Device;
    POHANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device), STATUS_SUCCESS, "a device");
    Given.Version = PO_FX_VERSION_V1;
    Given.ComponentCount = 1;
    Given.Components[0].IdleStateCount = 1;
    Given.Components[0].IdleStates = &State;
    is_status(PoFxRegisterDevice(Device, (PVOID)&Given, &Handle), STATUS_SUCCESS, "register");
    expect_bugcheck(0xA0);
    PoFxIdleComponent(Handle, 0, 0);
    return STATUS_SUCCESS;
}
