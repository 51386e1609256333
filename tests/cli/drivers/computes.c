/* DriverEntry computes for ever and never comes back to a state that it was in: no circle that a
 * watchdog could find. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static volatile ULONG64 Number;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (;;)
        Number = Number * 3 + 1;
}
