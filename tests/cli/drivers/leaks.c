/* Leaves two pool blocks behind when it is unloaded. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (ExAllocatePoolWithTag(NonPagedPoolNx, 100, '1kaL') == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return ExAllocatePoolWithTag(PagedPool, 200, '2kaL') == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}
