/* A device is deleted while it is registered as a WMI provider: 0xC4/0xDB. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return bail("no device");
    is_status(IoWMIRegistrationControl(Device, WMIREG_ACTION_REGISTER), STATUS_SUCCESS, "register");
    expect_bugcheck(0xC4);
    IoDeleteDevice(Device);
    return done();
}
