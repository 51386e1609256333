/* See reg.h. */
#include "reg.h"

#define KEY_BASIC_CLASS 0
#define VALUE_BASIC_CLASS 0
#define VALUE_DATA_CLASS 2
#define NAME_BYTES 1024
#define PATH_LIMIT 1024

typedef struct _VALUE_DATA {
    ULONG TitleIndex, Type, DataLength;
    BYTE Data[1];
} VALUE_DATA; /* KeyValuePartialInformation */
#define VALUE_DATA_HEADER 12

PVOID SetupAllocate(SIZE_T Bytes)
{
    PVOID Memory = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, Bytes);

    if (Memory == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return Memory;
}

VOID SetupFree(PVOID Memory)
{
    if (Memory != NULL)
        HeapFree(GetProcessHeap(), 0, Memory);
}

static BOOL PrintArguments(WCHAR *Out, DWORD Limit, const WCHAR *Format, va_list Arguments)
{
    int Count = _vsnwprintf(Out, Limit - 1, Format, Arguments);

    Out[Limit - 1] = 0;
    return Count >= 0 && (DWORD)Count < Limit;
}

BOOL SetupPrint(WCHAR *Out, DWORD Limit, const WCHAR *Format, ...)
{
    va_list Arguments;
    BOOL Fits;

    va_start(Arguments, Format);
    Fits = PrintArguments(Out, Limit, Format, Arguments);
    va_end(Arguments);
    return Fits;
}

BOOL SetupSame(const WCHAR *A, const WCHAR *B)
{
    return _wcsicmp(A, B) == 0;
}

BOOL SetupListHas(const WCHAR *List, const WCHAR *Text)
{
    for (; List != NULL && *List != 0; List += wcslen(List) + 1)
        if (SetupSame(List, Text))
            return TRUE;
    return FALSE;
}

BOOL SetupFailStatus(NTSTATUS Status)
{
    SetLastError(RtlNtStatusToDosError(Status));
    return FALSE;
}

static UNICODE_STRING StringOf(const WCHAR *Text, SIZE_T Length)
{
    UNICODE_STRING String = {(USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)),
                             (PWSTR)Text};

    return String;
}

static HANDLE OpenOne(HANDLE Parent, const WCHAR *Name, SIZE_T Length, BOOL Create)
{
    UNICODE_STRING String = StringOf(Name, Length);
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key = NULL;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE, Parent, NULL);
    Status = Create ? NtCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL)
                    : NtOpenKey(&Key, KEY_ALL_ACCESS, &Attributes);
    if (NT_SUCCESS(Status))
        return Key;
    SetupFailStatus(Status);
    return NULL;
}

/* Each missing key on the way. */
static HANDLE CreatePath(HANDLE Parent, const WCHAR *Path)
{
    static const WCHAR Machine[] = REG_MACHINE L"System"; /* what is always there */
    HANDLE Current = NULL, Next;
    SIZE_T Length;

    if (Parent == NULL) {
        Length = COUNT_OF(Machine) - 1;
        if (_wcsnicmp(Path, Machine, Length) != 0) {
            Length = COUNT_OF(REG_MACHINE) - 1;
            Length += wcschr(Path + Length, L'\\') != NULL
                          ? (SIZE_T)(wcschr(Path + Length, L'\\') - Path) - Length
                          : wcslen(Path + Length);
        }
        Current = OpenOne(NULL, Path, Length, FALSE);
        if (Current == NULL)
            return NULL;
        Path += Length + (Path[Length] == L'\\');
    }
    while (*Path != 0) {
        const WCHAR *End = wcschr(Path, L'\\');

        Length = End != NULL ? (SIZE_T)(End - Path) : wcslen(Path);
        Next = OpenOne(Current != NULL ? Current : Parent, Path, Length, TRUE);
        if (Current != NULL)
            NtClose(Current);
        Current = Next;
        if (Current == NULL)
            return NULL;
        Path += Length + (Path[Length] == L'\\');
    }
    return Current;
}

HANDLE RegpOpen(HANDLE Parent, const WCHAR *Path, BOOL Create)
{
    HANDLE Key = OpenOne(Parent, Path, wcslen(Path), FALSE);

    return Key != NULL || !Create ? Key : CreatePath(Parent, Path);
}

HANDLE RegpOpenF(BOOL Create, const WCHAR *Format, ...)
{
    WCHAR Path[PATH_LIMIT];
    va_list Arguments;
    BOOL Fits;

    va_start(Arguments, Format);
    Fits = PrintArguments(Path, PATH_LIMIT, Format, Arguments);
    va_end(Arguments);
    if (Fits)
        return RegpOpen(NULL, Path, Create);
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

BOOL RegpSet(HANDLE Key, const WCHAR *Name, DWORD Type, const VOID *Data, DWORD Bytes)
{
    UNICODE_STRING String = StringOf(Name, wcslen(Name));
    NTSTATUS Status = NtSetValueKey(Key, &String, 0, Type, (PVOID)Data, Bytes);

    return NT_SUCCESS(Status) || SetupFailStatus(Status);
}

BOOL RegpSetText(HANDLE Key, const WCHAR *Name, const WCHAR *Text)
{
    return RegpSet(Key, Name, REG_SZ, Text, (DWORD)((wcslen(Text) + 1) * sizeof(WCHAR)));
}

BOOL RegpSetNumber(HANDLE Key, const WCHAR *Name, DWORD Number)
{
    return RegpSet(Key, Name, REG_DWORD, &Number, sizeof(Number));
}

PVOID RegpGet(HANDLE Key, const WCHAR *Name, DWORD *Type, DWORD *Bytes)
{
    UNICODE_STRING String = StringOf(Name, wcslen(Name));
    ULONG Size = 256, Needed = 0;
    NTSTATUS Status = STATUS_BUFFER_OVERFLOW;
    VALUE_DATA *Value = NULL;

    while (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL) {
        SetupFree(Value);
        Size = Needed > Size ? Needed : Size;
        Value = SetupAllocate(Size + 2 * sizeof(WCHAR) + sizeof(*Value));
        if (Value == NULL)
            return NULL;
        Status = NtQueryValueKey(Key, &String, VALUE_DATA_CLASS, Value, Size, &Needed);
    }
    if (!NT_SUCCESS(Status)) {
        SetupFree(Value);
        SetupFailStatus(Status);
        return NULL;
    }
    if (Type != NULL)
        *Type = Value->Type;
    Size = Value->DataLength;
    if (Bytes != NULL)
        *Bytes = Size;
    RtlMoveMemory(Value, Value->Data, Size); /* so that what is freed is what was allocated */
    RtlZeroMemory((PBYTE)Value + Size, 2 * sizeof(WCHAR));
    return Value;
}

BOOL RegpGetText(HANDLE Key, const WCHAR *Name, WCHAR *Out, DWORD Limit)
{
    DWORD Type;
    WCHAR *Value = RegpGet(Key, Name, &Type, NULL);
    BOOL IsText =
        Value != NULL && (Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ);

    Out[0] = 0;
    if (IsText)
        lstrcpynW(Out, Value, (int)Limit);
    SetupFree(Value);
    return IsText;
}

DWORD RegpGetNumber(HANDLE Key, const WCHAR *Name, DWORD Otherwise)
{
    DWORD Type, Bytes, Number = Otherwise;
    PVOID Value = RegpGet(Key, Name, &Type, &Bytes);

    if (Value != NULL && Type == REG_DWORD && Bytes == sizeof(DWORD))
        Number = *(DWORD *)Value;
    SetupFree(Value);
    return Number;
}

BOOL RegpDeleteValue(HANDLE Key, const WCHAR *Name)
{
    UNICODE_STRING String = StringOf(Name, wcslen(Name));
    NTSTATUS Status = NtDeleteValueKey(Key, &String);

    return NT_SUCCESS(Status) || SetupFailStatus(Status);
}

/* KEY_BASIC_INFORMATION and KEY_VALUE_BASIC_INFORMATION end in the length of a name and the name.
 */
static BOOL GiveName(const BYTE *Information, ULONG LengthAt, WCHAR *Name, DWORD Limit)
{
    ULONG Count = *(const ULONG *)(Information + LengthAt) / sizeof(WCHAR);

    if (Count >= Limit)
        Count = Limit - 1;
    RtlCopyMemory(Name, Information + LengthAt + sizeof(ULONG), Count * sizeof(WCHAR));
    Name[Count] = 0;
    return TRUE;
}

BOOL RegpSubkey(HANDLE Key, DWORD Index, WCHAR *Name, DWORD Limit)
{
    BYTE Buffer[NAME_BYTES] __attribute__((aligned(8)));
    ULONG Needed;
    NTSTATUS Status = NtEnumerateKey(Key, Index, KEY_BASIC_CLASS, Buffer, sizeof(Buffer), &Needed);

    return NT_SUCCESS(Status) ? GiveName(Buffer, 12, Name, Limit) : SetupFailStatus(Status);
}

BOOL RegpValueName(HANDLE Key, DWORD Index, WCHAR *Name, DWORD Limit)
{
    BYTE Buffer[NAME_BYTES] __attribute__((aligned(8)));
    ULONG Needed;
    NTSTATUS Status =
        NtEnumerateValueKey(Key, Index, VALUE_BASIC_CLASS, Buffer, sizeof(Buffer), &Needed);

    return NT_SUCCESS(Status) ? GiveName(Buffer, 8, Name, Limit) : SetupFailStatus(Status);
}

BOOL RegpDeleteTree(HANDLE Parent, const WCHAR *Path)
{
    HANDLE Key = RegpOpen(Parent, Path, FALSE);
    WCHAR Name[NAME_BYTES / sizeof(WCHAR)];
    NTSTATUS Status;

    if (Key == NULL)
        return FALSE;
    while (RegpSubkey(Key, 0, Name, COUNT_OF(Name)))
        if (!RegpDeleteTree(Key, Name)) {
            NtClose(Key);
            return FALSE;
        }
    Status = NtDeleteKey(Key);
    NtClose(Key);
    return NT_SUCCESS(Status) || SetupFailStatus(Status);
}
