/* DriverEntry writes over its own thread object and driver object, then goes on as if nothing were. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    RtlFillMemory(KeGetCurrentThread(), 0x200, 0x41);
    RtlFillMemory(DriverObject, sizeof(*DriverObject), 0x42);
    DbgPrint("overwrites: done\n");
    return STATUS_SUCCESS;
}
