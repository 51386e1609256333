/* DriverEntry uses a null pointer, two calls deep. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static volatile PULONG Target;

static DECLSPEC_NOINLINE VOID WriteThere(ULONG Value)
{
    *Target = Value; /* the faulting line */
}

static DECLSPEC_NOINLINE VOID Prepare(ULONG Value)
{
    WriteThere(Value + 1);
    DbgPrint("faults: not reached\n");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Prepare(1);
    return STATUS_SUCCESS;
}
