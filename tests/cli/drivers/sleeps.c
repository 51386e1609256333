/* Sleeps a second at a time for ever, in DriverEntry: time goes on, the load never ends. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Second = {.QuadPart = -10000000};

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (;;)
        KeDelayExecutionThread(KernelMode, FALSE, &Second);
}
