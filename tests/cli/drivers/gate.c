/* Calls a routine of PASSIVE_LEVEL at DISPATCH_LEVEL: with the gate on that is found, whatever the routine does. */
#include <ntddk.h>

static VOID unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\??\\NotThere");
    KIRQL Old;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = unload;
    DbgPrint("gate: at PASSIVE_LEVEL 0x%08X\n", IoDeleteSymbolicLink(&Link));
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    IoDeleteSymbolicLink(&Link);
    KeLowerIrql(Old);
    return STATUS_SUCCESS;
}
