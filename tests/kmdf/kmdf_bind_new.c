/* KMDF 1.33: binding of a driver that also runs on older frameworks: it is told that this one is not older. */
#define KMDF_MINIMUM_VERSION_REQUIRED 25
#define DriverEntry DriverEntryOfAll
#include "kmdf_bind.c"
#undef DriverEntry

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = DriverEntryOfAll(DriverObject, RegistryPath);

    ok(!WdfClientVersionHigherThanFramework, "the framework is as new as the driver");
    ok(WDF_IS_FUNCTION_AVAILABLE(WdfDeviceSetDeviceInterfaceStateEx), "the newest function is there");
    ok(WDF_IS_FIELD_AVAILABLE(WDF_DEVICE_STATE, AssignedToGuest), "and a field of 1.31");
    ok(WDF_IS_STRUCTURE_AVAILABLE(WDF_POWER_FRAMEWORK_SETTINGS), "and a structure");
    return Status;
}
