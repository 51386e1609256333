/* An export driver: what importer.sys calls. The loader initialises it when it is first imported
 * from. */
#include <ntddk.h>

/* tests/cli/loader.t changes the second number in a copy. */
static const volatile struct {
    ULONG Mark;
    NTSTATUS InitializeStatus;
} Answer = { 0x57A7E5ED, STATUS_SUCCESS };

ULONG ExporterValue = 42;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("exporter: DriverEntry\n");
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DllInitialize(PUNICODE_STRING RegistryPath)
{
    DbgPrint("exporter: DllInitialize %wZ, IRQL %u\n", RegistryPath, KeGetCurrentIrql());
    return Answer.InitializeStatus;
}

NTSTATUS NTAPI DllUnload(VOID)
{
    DbgPrint("exporter: DllUnload\n");
    return STATUS_SUCCESS;
}

ULONG ExporterAdd(ULONG A, ULONG B)
{
    return A + B;
}

ULONG ExporterByOrdinal(ULONG A)
{
    return A * A;
}
