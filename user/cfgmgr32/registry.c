/* Reading the registry's record of devices: the configuration manager writes it, programs read it. */
#include "cfgmgr.h"

typedef struct _KEY_BASIC {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, NameLength;
    WCHAR Name[1];
} KEY_BASIC; /* KeyBasicInformation */
typedef struct _VALUE_DATA {
    ULONG TitleIndex, Type, DataLength;
    BYTE Data[4];
} VALUE_DATA; /* KeyValuePartialInformation */
#define KEY_BASIC_CLASS 0
#define VALUE_DATA_CLASS 2
#define NAME_BYTES 1024
#define VALUE_DATA_HEADER 12

ULONG CfgLength(const WCHAR *Text)
{
    ULONG Length = 0;

    while (Text[Length] != 0)
        Length++;
    return Length;
}

static UNICODE_STRING CfgString(const WCHAR *Text)
{
    USHORT Bytes = (USHORT)(CfgLength(Text) * sizeof(WCHAR));
    UNICODE_STRING String = {Bytes, Bytes, (PWSTR)Text};

    return String;
}

HANDLE CfgOpenKey(HANDLE Parent, const WCHAR *Path)
{
    UNICODE_STRING Root = CfgString(CFGMGR_CONTROL_SET), Name = CfgString(Path);
    OBJECT_ATTRIBUTES Attributes;
    HANDLE ControlSet = NULL, Key = NULL;

    if (Parent == NULL) {
        Root.Length -= sizeof(WCHAR); /* the last backslash */
        InitializeObjectAttributes(&Attributes, &Root, OBJ_CASE_INSENSITIVE, NULL, NULL);
        if (!NT_SUCCESS(NtOpenKey(&ControlSet, KEY_READ, &Attributes)))
            return NULL;
        Parent = ControlSet;
    }
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, Parent, NULL);
    if (!NT_SUCCESS(NtOpenKey(&Key, KEY_READ, &Attributes)))
        Key = NULL;
    if (ControlSet != NULL)
        NtClose(ControlSet);
    return Key;
}

BOOL CfgSubkeyName(HANDLE Key, ULONG Index, WCHAR *Name, ULONG Limit)
{
    BYTE Buffer[NAME_BYTES] __attribute__((aligned(8)));
    KEY_BASIC *Basic = (KEY_BASIC *)Buffer;
    ULONG Needed, Count, i;

    if (!NT_SUCCESS(NtEnumerateKey(Key, Index, KEY_BASIC_CLASS, Buffer, sizeof(Buffer), &Needed)))
        return FALSE;
    Count = Basic->NameLength / sizeof(WCHAR);
    if (Count >= Limit)
        return FALSE;
    for (i = 0; i < Count; i++)
        Name[i] = Basic->Name[i];
    Name[Count] = 0;
    return TRUE;
}

CONFIGRET CfgReadValue(HANDLE Key, const WCHAR *Name, PVOID Data, ULONG *Bytes, ULONG *Type)
{
    UNICODE_STRING ValueName = CfgString(Name);
    ULONG Size = VALUE_DATA_HEADER + *Bytes, Needed = 0, i;
    VALUE_DATA *Value = HeapAlloc(ProcessHeap(), 0, Size < sizeof(*Value) ? sizeof(*Value) : Size);
    CONFIGRET Result = CR_SUCCESS;
    NTSTATUS Status;

    if (Value == NULL)
        return CR_OUT_OF_MEMORY;
    Status = NtQueryValueKey(Key, &ValueName, VALUE_DATA_CLASS, Value, Size, &Needed);
    if (NT_SUCCESS(Status)) {
        for (i = 0; i < Value->DataLength; i++)
            ((BYTE *)Data)[i] = Value->Data[i];
        *Bytes = Value->DataLength;
        *Type = Value->Type;
    } else if (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL) {
        *Bytes = Needed - VALUE_DATA_HEADER;
        Result = CR_BUFFER_SMALL;
    } else
        Result = CR_NO_SUCH_VALUE;
    HeapFree(ProcessHeap(), 0, Value);
    return Result;
}

VOID CfgNarrow(const WCHAR *Text, ULONG Count, CHAR *Buffer)
{
    ULONG Bytes;

    RtlUnicodeToMultiByteN(Buffer, Count, &Bytes, Text, Count * sizeof(WCHAR));
}

HANDLE CfgOpenForWriting(HANDLE Parent, const WCHAR *Path, BOOL Create)
{
    UNICODE_STRING Name = CfgString(Path);
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key = NULL;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, Parent, NULL);
    Status = Create ? NtCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL)
                    : NtOpenKey(&Key, KEY_ALL_ACCESS, &Attributes);
    return NT_SUCCESS(Status) ? Key : NULL;
}

HANDLE CfgOpenNodeForWriting(const WCHAR *Id)
{
    HANDLE Key = CfgOpenNode(Id), Writable;

    if (Key == NULL)
        return NULL;
    Writable = CfgOpenForWriting(Key, L"", FALSE);
    NtClose(Key);
    return Writable;
}

CONFIGRET CfgWriteValue(HANDLE Key, const WCHAR *Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING ValueName = CfgString(Name);
    NTSTATUS Status = Data != NULL ? NtSetValueKey(Key, &ValueName, 0, Type, (PVOID)Data, Bytes)
                                   : NtDeleteValueKey(Key, &ValueName);

    if (NT_SUCCESS(Status) || (Data == NULL && Status == STATUS_OBJECT_NAME_NOT_FOUND))
        return CR_SUCCESS;
    return Status == STATUS_ACCESS_DENIED ? CR_ACCESS_DENIED : CR_REGISTRY_ERROR;
}

static WCHAR *PutHex(WCHAR *At, ULONG Value, int Digits)
{
    while (Digits-- > 0)
        *At++ = L"0123456789abcdef"[Value >> Digits * 4 & 15];
    return At;
}

VOID CfgFormatGuid(const GUID *Guid, WCHAR *At)
{
    int i;

    *At++ = L'{';
    At = PutHex(At, Guid->Data1, 8);
    *At++ = L'-';
    At = PutHex(At, Guid->Data2, 4);
    *At++ = L'-';
    At = PutHex(At, Guid->Data3, 4);
    *At++ = L'-';
    for (i = 0; i < 8; i++) {
        At = PutHex(At, Guid->Data4[i], 2);
        if (i == 1)
            *At++ = L'-';
    }
    *At++ = L'}';
    *At = 0;
}
