/* DriverEntry calls itself until its stack is used up. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

#pragma clang diagnostic ignored "-Winfinite-recursion"
static DECLSPEC_NOINLINE ULONG Deeper(volatile ULONG *Above)
{
    volatile ULONG Here[16];

    Here[0] = *Above + 1;
    return Deeper(Here) + Here[0];
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    volatile ULONG Start = 0;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return (NTSTATUS)Deeper(&Start);
}
