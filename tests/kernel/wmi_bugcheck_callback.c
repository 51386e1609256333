/* A driver unloads while its WMI callback is registered: 0xC4/0xDA. */
#include "tap.h"

static NTSTATUS NTAPI callback(UCHAR Minor, PVOID DataPath, ULONG BufferSize, PVOID Data, PVOID Context, PULONG Bytes)
{
    UNREFERENCED_PARAMETER(Minor);
    UNREFERENCED_PARAMETER(DataPath);
    UNREFERENCED_PARAMETER(BufferSize);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Context);
    *Bytes = 0;
    return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(IoWMIRegistrationControl((PDEVICE_OBJECT)(PVOID)callback, WMIREG_ACTION_REGISTER | 0x80000000), STATUS_SUCCESS,
              "register a callback");
    expect_bugcheck(0xC4);
    return STATUS_SUCCESS; /* the unload stops */
}
