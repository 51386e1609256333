/* The values below Services\ai_driver\Parameters, and the match of image names. */
#include "driver.h"

#include <ntstrsafe.h>

#define AI_POOL_MEGABYTES_MAX 4096u

static const WCHAR AiDefaultNames[] = L"python.exe\0pythonw.exe\0ollama.exe\0llama-server.exe\0onnxruntime.exe\0"
                                      L"winai.exe\0";

static UINT32 AiReadNumber(_In_ WDFKEY Key, _In_ PCWSTR Name, _In_ UINT32 Low, _In_ UINT32 High, _In_ UINT32 Default)
{
    UNICODE_STRING ValueName;
    ULONG Value;

    RtlInitUnicodeString(&ValueName, Name);
    if (!NT_SUCCESS(WdfRegistryQueryULong(Key, &ValueName, &Value)) || Value < Low || Value > High)
        return Default;
    return Value;
}

/* Each name once; empty ones do not count. */
static UINT32 AiCountNames(_In_ PCUNICODE_STRING Names)
{
    UINT32 Count = 0;

    for (UINT32 i = 0; i < Names->Length / sizeof(WCHAR); i++)
        if (Names->Buffer[i] != L'\0' && (i == 0 || Names->Buffer[i - 1] == L'\0'))
            Count++;
    return Count;
}

static NTSTATUS AiSetNames(_Inout_ AI_CONFIG *Config, _In_reads_bytes_(Bytes) const VOID *Text, _In_ SIZE_T Bytes)
{
    if (Bytes > MAXUSHORT - sizeof(WCHAR))
        Bytes = MAXUSHORT - sizeof(WCHAR);
    Bytes &= ~(SIZE_T)1;
    Config->Names.Buffer = ExAllocatePoolZero(PagedPool, Bytes + sizeof(WCHAR), AI_TAG);
    if (Config->Names.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Config->Names.Buffer, Text, Bytes);
    Config->Names.Length = (USHORT)Bytes;
    Config->Names.MaximumLength = (USHORT)(Bytes + sizeof(WCHAR));
    Config->NameCount = AiCountNames(&Config->Names);
    return STATUS_SUCCESS;
}

static NTSTATUS AiReadNames(_In_ WDFKEY Key, _Inout_ AI_CONFIG *Config)
{
    DECLARE_CONST_UNICODE_STRING(Name, AI_VALUE_PROCESS_NAMES);
    WDFMEMORY Memory;
    ULONG Type = REG_NONE;
    size_t Bytes = 0;
    PVOID Text;
    NTSTATUS Status = WdfRegistryQueryMemory(Key, &Name, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, &Memory, &Type);

    if (!NT_SUCCESS(Status))
        return Status == STATUS_INSUFFICIENT_RESOURCES
                   ? Status
                   : AiSetNames(Config, AiDefaultNames, sizeof(AiDefaultNames) - sizeof(WCHAR));
    Text = WdfMemoryGetBuffer(Memory, &Bytes);
    Status = Type == REG_MULTI_SZ ? AiSetNames(Config, Text, Bytes)
                                  : AiSetNames(Config, AiDefaultNames, sizeof(AiDefaultNames) - sizeof(WCHAR));
    WdfObjectDelete(Memory);
    return Status;
}

NTSTATUS AiConfigRead(WDFDRIVER Driver, AI_CONFIG *Config)
{
    WDFKEY Key;
    NTSTATUS Status;

    PAGED_CODE();
    RtlZeroMemory(Config, sizeof(*Config));
    Config->PoolMegabytes = AI_DEFAULT_POOL_MEGABYTES;
    Config->QuotaMegabytes = AI_DEFAULT_QUOTA_MEGABYTES;
    Config->BoostIncrement = AI_DEFAULT_BOOST_INCREMENT;
    Status = WdfDriverOpenParametersRegistryKey(Driver, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &Key);
    if (!NT_SUCCESS(Status))
        return AiSetNames(Config, AiDefaultNames, sizeof(AiDefaultNames) - sizeof(WCHAR));
    Config->PoolMegabytes = AiReadNumber(Key, AI_VALUE_POOL_MEGABYTES, 1, AI_POOL_MEGABYTES_MAX,
                                         AI_DEFAULT_POOL_MEGABYTES);
    Config->QuotaMegabytes = AiReadNumber(Key, AI_VALUE_QUOTA_MEGABYTES, 1, Config->PoolMegabytes,
                                          min(AI_DEFAULT_QUOTA_MEGABYTES, Config->PoolMegabytes));
    Config->BoostIncrement = AiReadNumber(Key, AI_VALUE_BOOST_INCREMENT, 0, AI_BOOST_MAX, AI_DEFAULT_BOOST_INCREMENT);
    Status = AiReadNames(Key, Config);
    WdfRegistryClose(Key);
    return Status;
}

VOID AiConfigDelete(AI_CONFIG *Config)
{
    PAGED_CODE();
    if (Config->Names.Buffer != NULL)
        ExFreePoolWithTag(Config->Names.Buffer, AI_TAG);
    RtlZeroMemory(&Config->Names, sizeof(Config->Names));
}

static UNICODE_STRING AiLastComponent(_In_ PCUNICODE_STRING Path)
{
    UNICODE_STRING Leaf = *Path;
    USHORT Start = Path->Length / sizeof(WCHAR);

    while (Start != 0 && Path->Buffer[Start - 1] != L'\\')
        Start--;
    Leaf.Buffer += Start;
    Leaf.Length -= Start * sizeof(WCHAR);
    return Leaf;
}

BOOLEAN AiConfigHasName(const AI_CONFIG *Config, PCUNICODE_STRING ImagePath)
{
    UNICODE_STRING Leaf = AiLastComponent(ImagePath), Rest = Config->Names, Name;

    PAGED_CODE();
    while (Rest.Length != 0) {
        Name.Buffer = Rest.Buffer;
        for (Name.Length = 0; Name.Length < Rest.Length && Rest.Buffer[Name.Length / sizeof(WCHAR)] != L'\0';)
            Name.Length += sizeof(WCHAR);
        Name.MaximumLength = Name.Length;
        if (Name.Length != 0 && RtlEqualUnicodeString(&Name, &Leaf, TRUE))
            return TRUE;
        Rest.Buffer += Name.Length / sizeof(WCHAR) + 1;
        Rest.Length -= min(Rest.Length, (USHORT)(Name.Length + sizeof(WCHAR)));
    }
    return FALSE;
}
