/* Imports from exporter.sys: by name, by ordinal, data, and a routine that is forwarded to the
 * kernel. */
#include <ntddk.h>

DECLSPEC_IMPORT ULONG ExporterAdd(ULONG A, ULONG B);
DECLSPEC_IMPORT ULONG ExporterByOrdinal(ULONG A);
DECLSPEC_IMPORT SIZE_T NTAPI ExporterCompare(const VOID *A, const VOID *B, SIZE_T Bytes);
DECLSPEC_IMPORT ULONG ExporterValue;

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    DbgPrint("importer: unload, value %u\n", ++ExporterValue);
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    DbgPrint("importer: add %u, square %u, value %u, same %u\n", ExporterAdd(30, 4),
             ExporterByOrdinal(9), ExporterValue, (ULONG)ExporterCompare("abcd", "abxd", 4));
    return STATUS_SUCCESS;
}
