/* Prints for ever, in DriverEntry. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (ULONG i = 0;; i++)
        DbgPrint("chatters: line %lu, as many as anyone wants to read\n", i);
}
