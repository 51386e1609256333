/* Services in the registry: their keys and the values of these. */
#include "service.h"

#define PARTIAL_INFORMATION 2 /* KeyValuePartialInformation */
#define BASIC_INFORMATION 0   /* KeyBasicInformation */

typedef struct _KEY_NAME {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, NameLength;
    WCHAR Name[1];
} KEY_NAME;

static NTSTATUS OpenOrCreate(LPCWSTR Path, LPCWSTR Leaf, ACCESS_MASK Access, ULONG Options,
                             PULONG Disposition, PHANDLE Key)
{
    WCHAR Text[COUNT_OF(SERVICES_KEY) + 2 * SERVICE_NAME_LIMIT + 2];
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;

    lstrcpyW(Text, Path);
    if (Leaf != NULL) {
        lstrcatW(Text, L"\\");
        lstrcatW(Text, Leaf);
    }
    RtlInitUnicodeString(&Name, Text);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return Disposition == NULL
               ? NtOpenKey(Key, Access, &Attributes)
               : NtCreateKey(Key, Access, &Attributes, 0, NULL, Options, Disposition);
}

NTSTATUS ScmOpenKey(LPCWSTR Service, ACCESS_MASK Access, PHANDLE Key)
{
    return OpenOrCreate(SERVICES_KEY, Service, Access, 0, NULL, Key);
}

NTSTATUS ScmCreateKey(LPCWSTR Service, PHANDLE Key)
{
    ULONG Disposition;
    NTSTATUS Status = OpenOrCreate(SERVICES_KEY, Service, KEY_READ | KEY_WRITE | DELETE,
                                   REG_OPTION_NON_VOLATILE, &Disposition, Key);

    if (!NT_SUCCESS(Status) || Disposition == REG_CREATED_NEW_KEY)
        return Status;
    NtClose(*Key);
    return STATUS_OBJECT_NAME_COLLISION;
}

NTSTATUS ScmCreateVolatileKey(LPCWSTR Path, PHANDLE Key)
{
    ULONG Disposition;

    return OpenOrCreate(Path, NULL, KEY_READ | KEY_WRITE | DELETE, REG_OPTION_VOLATILE,
                        &Disposition, Key);
}

static NTSTATUS DeleteChild(HANDLE Key, LPCWSTR Name)
{
    UNICODE_STRING Child;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    NTSTATUS Status;

    RtlInitUnicodeString(&Child, Name);
    InitializeObjectAttributes(&Attributes, &Child, OBJ_CASE_INSENSITIVE, Key, NULL);
    Status = NtOpenKey(&Handle, KEY_READ | DELETE, &Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ScmDeleteTree(Handle);
    NtClose(Handle);
    return Status;
}

NTSTATUS ScmDeleteTree(HANDLE Key)
{
    WCHAR Name[SERVICE_NAME_LIMIT + 1];
    NTSTATUS Status;

    while (NT_SUCCESS(Status = ScmEnumerateKey(Key, 0, Name))) {
        Status = DeleteChild(Key, Name);
        if (!NT_SUCCESS(Status))
            return Status;
    }
    return Status == STATUS_NO_MORE_ENTRIES ? NtDeleteKey(Key) : Status;
}

NTSTATUS ScmEnumerateKey(HANDLE Key, ULONG Index, WCHAR Name[SERVICE_NAME_LIMIT + 1])
{
    struct { KEY_NAME Head; WCHAR Text[SERVICE_NAME_LIMIT]; } Record;
    ULONG Bytes;
    NTSTATUS Status =
        NtEnumerateKey(Key, Index, BASIC_INFORMATION, &Record, sizeof(Record), &Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Record.Head.NameLength > SERVICE_NAME_LIMIT * sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    CopyMemory(Name, Record.Head.Name, Record.Head.NameLength);
    Name[Record.Head.NameLength / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

DWORD ScmGetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Default)
{
    SERVICE_VALUE Value;
    UNICODE_STRING Name;
    ULONG Bytes;

    RtlInitUnicodeString(&Name, ValueName);
    if (!NT_SUCCESS(
            NtQueryValueKey(Key, &Name, PARTIAL_INFORMATION, &Value, sizeof(Value), &Bytes)) ||
        Value.Type != REG_DWORD || Value.DataLength != sizeof(DWORD))
        return Default;
    return *(DWORD UNALIGNED *)Value.Data;
}

WCHAR *ScmGetTexts(HANDLE Key, LPCWSTR ValueName)
{
    SERVICE_VALUE *Value;
    UNICODE_STRING Name;
    WCHAR *Texts = NULL;
    ULONG Bytes = 0;

    RtlInitUnicodeString(&Name, ValueName);
    NtQueryValueKey(Key, &Name, PARTIAL_INFORMATION, NULL, 0, &Bytes);
    Value = Bytes != 0 ? HeapAlloc(ProcessHeap(), 0, Bytes) : NULL;
    if (Value == NULL)
        return NULL;
    if (NT_SUCCESS(NtQueryValueKey(Key, &Name, PARTIAL_INFORMATION, Value, Bytes, &Bytes)) &&
        (Value->Type == REG_SZ || Value->Type == REG_EXPAND_SZ || Value->Type == REG_MULTI_SZ))
        Texts = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Value->DataLength + 3 * sizeof(WCHAR));
    if (Texts != NULL)
        CopyMemory(Texts, Value->Data, Value->DataLength);
    HeapFree(ProcessHeap(), 0, Value);
    return Texts;
}

NTSTATUS ScmSetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Value)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, ValueName);
    return NtSetValueKey(Key, &Name, 0, REG_DWORD, &Value, sizeof(Value));
}

/* No units: the value goes. */
static NTSTATUS SetText(HANDLE Key, LPCWSTR ValueName, DWORD Type, LPCWSTR Text, SIZE_T Units)
{
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, ValueName);
    if (Units != 0)
        return NtSetValueKey(Key, &Name, 0, Type, (PVOID)Text, (ULONG)(Units * sizeof(WCHAR)));
    Status = NtDeleteValueKey(Key, &Name);
    return Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : Status;
}

NTSTATUS ScmSetString(HANDLE Key, LPCWSTR ValueName, DWORD Type, LPCWSTR Text)
{
    if (Text == NULL)
        return STATUS_SUCCESS;
    return SetText(Key, ValueName, Type, Text, *Text == 0 ? 0 : (SIZE_T)lstrlenW(Text) + 1);
}

NTSTATUS ScmSetDependencies(HANDLE Key, LPCWSTR ValueName, LPCWSTR Texts, BOOL Groups)
{
    LPCWSTR At;
    SIZE_T Units = 1;
    WCHAR *List, *To;
    NTSTATUS Status;

    if (Texts == NULL)
        return STATUS_SUCCESS;
    for (At = Texts; *At != 0; At += lstrlenW(At) + 1)
        Units += (SIZE_T)lstrlenW(At) + 1;
    List = To = HeapAlloc(ProcessHeap(), 0, Units * sizeof(WCHAR));
    if (List == NULL)
        return STATUS_NO_MEMORY;
    for (At = Texts; *At != 0; At += lstrlenW(At) + 1)
        if ((*At == SC_GROUP_IDENTIFIERW) == Groups) {
            lstrcpyW(To, At + Groups);
            To += lstrlenW(To) + 1;
        }
    *To++ = 0;
    Status = SetText(Key, ValueName, REG_MULTI_SZ, List, To - List > 1 ? (SIZE_T)(To - List) : 0);
    HeapFree(ProcessHeap(), 0, List);
    return Status;
}
