/*
 * DriverEntry fills all of physical memory with one byte: kernel, page tables, its own code. Whatever is left of the
 * machine, the host has to say something sensible. 0x610000000000 is where Drydock shows physical memory.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    volatile UCHAR *Memory = (volatile UCHAR *)0x610000000000;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    for (SIZE_T i = 0x1000; i < 0x4000000; i++)
        Memory[i] = 0x43;
    return STATUS_SUCCESS;
}
