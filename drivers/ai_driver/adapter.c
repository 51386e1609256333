/*
 * The adapters that the registry knows: subkeys 0000, 0001, ... of the display class. Memory size as the display driver wrote
 * it (HardwareInformation.qwMemorySize, or the older 32-bit MemorySize), name, PCI identifiers from MatchingDeviceId. The
 * location on the bus is not there; a sample or PnP gives it.
 */
#include "driver.h"

#include <ntstrsafe.h>

#define AI_DISPLAY_CLASS \
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\"
#define AI_NAME_CHARACTERS 128u

/* A hexadecimal number of four digits after a mark such as VEN_, in any case. */
static BOOLEAN AiFindHex(_In_ PCUNICODE_STRING Text, _In_ PCWSTR Mark, _Out_ UINT32 *Value)
{
    UNICODE_STRING Wanted, Here;
    ULONG Number;

    *Value = 0;
    RtlInitUnicodeString(&Wanted, Mark);
    for (USHORT At = 0; At + Wanted.Length + 4 * sizeof(WCHAR) <= Text->Length; At += sizeof(WCHAR)) {
        Here.Buffer = Text->Buffer + At / sizeof(WCHAR);
        Here.Length = Here.MaximumLength = Wanted.Length;
        if (!RtlEqualUnicodeString(&Here, &Wanted, TRUE))
            continue;
        Here.Buffer += Wanted.Length / sizeof(WCHAR);
        Here.Length = Here.MaximumLength = 4 * sizeof(WCHAR);
        if (!NT_SUCCESS(RtlUnicodeStringToInteger(&Here, 16, &Number)))
            return FALSE;
        *Value = Number;
        return TRUE;
    }
    return FALSE;
}

static VOID AiReadIdentity(_In_ WDFKEY Key, _Inout_ AI_ADAPTER *Adapter)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"MatchingDeviceId");
    DECLARE_UNICODE_STRING_SIZE(Text, AI_NAME_CHARACTERS);
    UINT32 Vendor, Device;

    if (!NT_SUCCESS(WdfRegistryQueryUnicodeString(Key, &Name, NULL, &Text)) || !AiFindHex(&Text, L"VEN_", &Vendor) ||
        !AiFindHex(&Text, L"DEV_", &Device))
        return;
    Adapter->Sample.PciDeviceId = Device << 16 | Vendor;
    Adapter->Valid |= AI_GPU_VALID_PCI_ID;
}

static VOID AiReadName(_In_ WDFKEY Key, _Inout_ AI_ADAPTER *Adapter)
{
    DECLARE_CONST_UNICODE_STRING(Name, L"DriverDesc");
    DECLARE_UNICODE_STRING_SIZE(Text, AI_NAME_CHARACTERS);
    ULONG Bytes = 0;

    if (!NT_SUCCESS(WdfRegistryQueryUnicodeString(Key, &Name, NULL, &Text)) || Text.Length == 0)
        return;
    if (!NT_SUCCESS(RtlUnicodeToUTF8N(Adapter->Sample.Name, AI_GPU_NAME_BYTES - 1, &Bytes, Text.Buffer, Text.Length)))
        RtlZeroMemory(Adapter->Sample.Name, AI_GPU_NAME_BYTES);
    Adapter->NameIsStatic = Adapter->Sample.Name[0] != '\0';
}

static VOID AiReadMemory(_In_ WDFKEY Key, _Inout_ AI_ADAPTER *Adapter)
{
    DECLARE_CONST_UNICODE_STRING(Wide, L"HardwareInformation.qwMemorySize");
    DECLARE_CONST_UNICODE_STRING(Narrow, L"HardwareInformation.MemorySize");
    UINT64 Bytes = 0;
    ULONG Length = 0;

    if (!NT_SUCCESS(WdfRegistryQueryValue(Key, &Wide, sizeof(Bytes), &Bytes, &Length, NULL)) || Length != sizeof(Bytes)) {
        Bytes = 0;
        if (!NT_SUCCESS(WdfRegistryQueryValue(Key, &Narrow, sizeof(UINT32), &Bytes, &Length, NULL)) ||
            Length != sizeof(UINT32))
            return;
    }
    Adapter->MemoryTotalBytes = Bytes;
    Adapter->Flags |= AI_GPU_FLAG_STATIC_MEMORY;
}

/* FALSE: there is no such subkey. */
static BOOLEAN AiReadAdapter(_In_ UINT32 Number, _Out_ AI_ADAPTER *Adapter)
{
    DECLARE_UNICODE_STRING_SIZE(Path, 128);
    WDFKEY Key;

    RtlZeroMemory(Adapter, sizeof(*Adapter));
    if (!NT_SUCCESS(RtlUnicodeStringPrintf(&Path, AI_DISPLAY_CLASS L"%04u", Number)) ||
        !NT_SUCCESS(WdfRegistryOpenKey(NULL, &Path, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &Key)))
        return FALSE;
    Adapter->Flags = AI_GPU_FLAG_ENUMERATED;
    AiReadIdentity(Key, Adapter);
    AiReadName(Key, Adapter);
    AiReadMemory(Key, Adapter);
    WdfRegistryClose(Key);
    return TRUE;
}

VOID AiGpuEnumerate(AI_GPU *Gpu)
{
    AI_ADAPTER Adapter;

    PAGED_CODE();
    for (UINT32 Number = 0; Number < AI_MAX_ADAPTERS && AiReadAdapter(Number, &Adapter); Number++)
        if (!NT_SUCCESS(AiGpuAddStatic(Gpu, &Adapter)))
            return;
}
