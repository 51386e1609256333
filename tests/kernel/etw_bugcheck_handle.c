/* A provider is unregistered twice: 0xC4/0xDC. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const GUID Guid = {0x0e7f0004, 0, 0, {0}};
    REGHANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(EtwRegister(&Guid, NULL, NULL, &Handle), STATUS_SUCCESS, "register");
    is_status(EtwUnregister(Handle), STATUS_SUCCESS, "unregister");
    expect_bugcheck(0xC4);
    EtwUnregister(Handle);
    return done();
}
