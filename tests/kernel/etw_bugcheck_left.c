/* A driver unloads with an event provider registered: 0xC4/0xDD. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const GUID Guid = {0x0e7f0003, 0, 0, {0}};
    REGHANDLE Handle;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(EtwRegister(&Guid, NULL, NULL, &Handle), STATUS_SUCCESS, "register");
    expect_bugcheck(0xC4);
    return STATUS_SUCCESS; /* the unload stops */
}
