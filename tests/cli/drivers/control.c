/* Prints what could drive a terminal, a line in three pieces, a line without an end. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("control: no end");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrint("control: \x1b[2Jclear\x07 \ttab\n");
    DbgPrint("control: one, ");
    DbgPrint("two, ");
    DbgPrint("three\r\nnext\n");
    return STATUS_SUCCESS;
}
