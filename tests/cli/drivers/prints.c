/*
 * Prints at its load by several components and levels; at its unload writes masks to the Debug
 * Print Filter key, for the next boot.
 */
#include <ntddk.h>
#include <dpfilter.h>

#define FILTER L"Session Manager\\Debug Print Filter"

static VOID SetMask(PCWSTR Name, ULONG Type, PVOID Data, ULONG Bytes)
{
    (VOID) RtlWriteRegistryValue(RTL_REGISTRY_CONTROL, FILTER, Name, Type, Data, Bytes);
}

static VOID Unload(PDRIVER_OBJECT Driver)
{
    ULONG Default = 1u << DPFLTR_INFO_LEVEL, Bus = 0x7FF, Everywhere = 1u << DPFLTR_TRACE_LEVEL;
    static WCHAR Long[400];

    UNREFERENCED_PARAMETER(Driver);
    RtlCreateRegistryKey(RTL_REGISTRY_CONTROL, FILTER);
    SetMask(L"DEFAULT", REG_DWORD, &Default, sizeof(Default));
    SetMask(L"ihvbus", REG_DWORD, &Bus, sizeof(Bus));
    SetMask(L"WIN2000", REG_DWORD, &Everywhere, sizeof(Everywhere));
    /* what is no mask */
    SetMask(L"IHVAUDIO", REG_SZ, L"15", sizeof(L"15"));
    SetMask(L"IHVNETWORK", REG_DWORD, &Bus, 2);
    SetMask(L"NOBODY", REG_DWORD, &Bus, sizeof(Bus));
    SetMask(L"A name that is much longer than that of any component there is", REG_DWORD, &Bus,
            sizeof(Bus));
    SetMask(L"IHVVIDEO", REG_SZ, Long, sizeof(Long));
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = Unload;
    DbgPrint("by DbgPrint\n");
    DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, "default error\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "driver error\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL, "driver warning\n");
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, "driver trace\n");
    DbgPrintEx(DPFLTR_IHVBUS_ID, 10, "bus ten\n");
    DbgPrintEx(DPFLTR_IHVBUS_ID, 11, "bus eleven\n");
    DbgPrintEx(DPFLTR_IHVBUS_ID, DPFLTR_MASK | 0x10, "bus mask\n");
    DbgPrintEx(DPFLTR_IHVAUDIO_ID, DPFLTR_WARNING_LEVEL, "audio warning\n");
    DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_WARNING_LEVEL, "network warning\n");
    DbgPrintEx(DPFLTR_IHVVIDEO_ID, DPFLTR_WARNING_LEVEL, "video warning\n");
    return STATUS_SUCCESS;
}
