/* One value: query, set, delete, and RegGetValue, which checks types and ends of texts. See
 * registry.h. */
#include "registry.h"

static NTSTATUS QueryPartial(HANDLE Handle, PUNICODE_STRING Name, REG_DATA_INFO **Info)
{
    ULONG Bytes = 256, Needed = 0;
    NTSTATUS Status;

    *Info = NULL;
    do { /* it can grow between two attempts */
        RegFree(*Info);
        *Info = RegAllocate(Bytes + 2 * sizeof(WCHAR));
        if (*Info == NULL)
            return STATUS_NO_MEMORY;
        Status = NtQueryValueKey(Handle, Name, REG_VALUE_PARTIAL, *Info, Bytes, &Needed);
        Bytes = Needed;
    } while (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL);
    if (!NT_SUCCESS(Status)) {
        RegFree(*Info);
        *Info = NULL;
    }
    return Status;
}

LSTATUS RegFetchValue(HKEY Key, LPCWSTR Name, REG_DATA_INFO **Info)
{
    UNICODE_STRING String;
    HANDLE Handle;
    LSTATUS Error = RegHandle(Key, &Handle);

    *Info = NULL;
    if (Error == ERROR_SUCCESS && !RegMakeString(&String, Name))
        Error = ERROR_INVALID_PARAMETER;
    return Error != ERROR_SUCCESS ? Error : RegError(QueryPartial(Handle, &String, Info));
}

static LSTATUS QueryValue(HKEY Key, LPCWSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data,
                          LPDWORD Size, BOOL IsAnsi)
{
    REG_DATA_INFO *Info;
    PVOID Narrow = NULL;
    LSTATUS Error;

    if (Reserved != NULL || (Data != NULL && Size == NULL))
        return ERROR_INVALID_PARAMETER;
    Error = RegFetchValue(Key, Name, &Info);
    if (Error != ERROR_SUCCESS)
        return Error;
    if (Type != NULL)
        *Type = Info->Type;
    if (IsAnsi && RegIsText(Info->Type)) {
        Narrow = RegNarrowData(Info->Data, &Info->DataLength);
        Error = Narrow == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    }
    if (Error == ERROR_SUCCESS)
        Error = RegGiveData(Narrow != NULL ? Narrow : Info->Data, Info->DataLength, Data, Size);
    RegFree(Narrow);
    RegFree(Info);
    return Error;
}

LSTATUS WINAPI RegQueryValueExW(HKEY Key, LPCWSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data,
                                LPDWORD Size)
{
    return QueryValue(Key, Name, Reserved, Type, Data, Size, FALSE);
}

LSTATUS WINAPI RegQueryValueExA(HKEY Key, LPCSTR Name, LPDWORD Reserved, LPDWORD Type, LPBYTE Data,
                                LPDWORD Size)
{
    LSTATUS Error = ERROR_SUCCESS;
    WCHAR *Wide = RegWiden(Name, &Error);

    if (Error == ERROR_SUCCESS)
        Error = QueryValue(Key, Wide, Reserved, Type, Data, Size, TRUE);
    RegFree(Wide);
    return Error;
}

LSTATUS WINAPI RegSetValueExW(HKEY Key, LPCWSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data,
                              DWORD Size)
{
    UNICODE_STRING String;
    HANDLE Handle;
    LSTATUS Error = RegHandle(Key, &Handle);

    if (Error != ERROR_SUCCESS)
        return Error;
    if (Reserved != 0 || !RegMakeString(&String, Name) || (Data == NULL && Size != 0))
        return ERROR_INVALID_PARAMETER;
    return RegError(NtSetValueKey(Handle, &String, 0, Type, (PVOID)Data, Size));
}

LSTATUS WINAPI RegSetValueExA(HKEY Key, LPCSTR Name, DWORD Reserved, DWORD Type, const BYTE *Data,
                              DWORD Size)
{
    LSTATUS Error = ERROR_SUCCESS;
    WCHAR *Wide = RegWiden(Name, &Error);
    PVOID WideData = NULL;

    if (Error == ERROR_SUCCESS && Data == NULL && Size != 0)
        Error = ERROR_INVALID_PARAMETER;
    if (Error == ERROR_SUCCESS && RegIsText(Type) && Size != 0) {
        WideData = RegWidenData(Data, &Size);
        Error = WideData == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    }
    if (Error == ERROR_SUCCESS)
        Error = RegSetValueExW(Key, Wide, Reserved, Type, WideData != NULL ? WideData : Data, Size);
    RegFree(WideData);
    RegFree(Wide);
    return Error;
}

LSTATUS WINAPI RegDeleteValueW(HKEY Key, LPCWSTR Name)
{
    UNICODE_STRING String;
    HANDLE Handle;
    LSTATUS Error = RegHandle(Key, &Handle);

    if (Error != ERROR_SUCCESS)
        return Error;
    if (!RegMakeString(&String, Name))
        return ERROR_INVALID_PARAMETER;
    return RegError(NtDeleteValueKey(Handle, &String));
}

/* ---- with a subkey ---- */

/* The subkey, which is made if it is not there; the key itself without one. */
static LSTATUS OpenBelow(HKEY Key, LPCWSTR SubKey, REGSAM Access, BOOL Create, HKEY *Result)
{
    *Result = Key;
    if (SubKey == NULL || *SubKey == 0)
        return ERROR_SUCCESS;
    return Create ? RegCreateKeyExW(Key, SubKey, 0, NULL, 0, Access, NULL, Result, NULL)
                  : RegOpenKeyExW(Key, SubKey, 0, Access, Result);
}

static VOID CloseBelow(HKEY Key, HKEY Opened)
{
    if (Opened != Key)
        RegCloseKey(Opened);
}

LSTATUS WINAPI RegSetKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Type, LPCVOID Data,
                               DWORD Size)
{
    HKEY Opened;
    LSTATUS Error = OpenBelow(Key, SubKey, KEY_SET_VALUE, TRUE, &Opened);

    if (Error == ERROR_SUCCESS) {
        Error = RegSetValueExW(Opened, Name, 0, Type, Data, Size);
        CloseBelow(Key, Opened);
    }
    return Error;
}

LSTATUS WINAPI RegDeleteKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name)
{
    HKEY Opened;
    LSTATUS Error = OpenBelow(Key, SubKey, KEY_SET_VALUE, FALSE, &Opened);

    if (Error == ERROR_SUCCESS) {
        Error = RegDeleteValueW(Opened, Name);
        CloseBelow(Key, Opened);
    }
    return Error;
}

/* The unnamed value of a subkey, a text: what the registry of 16-bit Windows had. */
LSTATUS WINAPI RegSetValueW(HKEY Key, LPCWSTR SubKey, DWORD Type, LPCWSTR Data, DWORD Size)
{
    IGNORE_ARG(Size); /* [doc] */
    if (Type != REG_SZ || Data == NULL)
        return ERROR_INVALID_PARAMETER;
    return RegSetKeyValueW(Key, SubKey, NULL, REG_SZ, Data,
                           ((DWORD)lstrlenW(Data) + 1) * sizeof(WCHAR));
}

LSTATUS WINAPI RegQueryValueW(HKEY Key, LPCWSTR SubKey, LPWSTR Data, PLONG Size)
{
    HKEY Opened;
    LSTATUS Error = OpenBelow(Key, SubKey, KEY_QUERY_VALUE, FALSE, &Opened);

    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegQueryValueExW(Opened, NULL, NULL, NULL, (LPBYTE)Data, (LPDWORD)Size);
    CloseBelow(Key, Opened);
    if (Error != ERROR_FILE_NOT_FOUND)
        return Error;
    if (Data != NULL && Size != NULL &&
        *Size >= (LONG)sizeof(WCHAR)) /* a key without a value has an empty one */
        *Data = 0;
    if (Size != NULL)
        *Size = sizeof(WCHAR);
    return ERROR_SUCCESS;
}

/* ---- RegGetValue ---- */

static DWORD RestrictionOf(DWORD Type)
{
    switch (Type) {
    case REG_NONE: return RRF_RT_REG_NONE;
    case REG_SZ: return RRF_RT_REG_SZ;
    case REG_EXPAND_SZ: return RRF_RT_REG_EXPAND_SZ;
    case REG_BINARY: return RRF_RT_REG_BINARY;
    case REG_DWORD: return RRF_RT_REG_DWORD;
    case REG_MULTI_SZ: return RRF_RT_REG_MULTI_SZ;
    case REG_QWORD: return RRF_RT_REG_QWORD;
    default: return 0;
    }
}

/* A binary of another length is no number. [doc: RRF_RT_DWORD, RRF_RT_QWORD] */
static LSTATUS CheckType(DWORD Type, DWORD Bytes, DWORD Flags)
{
    DWORD Allowed = Flags & RRF_RT_ANY;

    if (Allowed != RRF_RT_ANY && (Allowed & RestrictionOf(Type)) == 0)
        return ERROR_UNSUPPORTED_TYPE;
    if ((Type == REG_BINARY || Type == REG_DWORD) && Allowed == RRF_RT_DWORD &&
        Bytes != sizeof(DWORD))
        return ERROR_INVALID_DATA;
    if ((Type == REG_BINARY || Type == REG_QWORD) && Allowed == RRF_RT_QWORD &&
        Bytes != sizeof(DWORD64))
        return ERROR_INVALID_DATA;
    return ERROR_SUCCESS;
}

/* Texts end, and lists of texts twice: what lacks in the data is there behind it, in zeros. */
static DWORD WithEnd(const REG_DATA_INFO *Info)
{
    const WCHAR *Text = (const WCHAR *)Info->Data;
    DWORD Length = (Info->DataLength + 1) / sizeof(WCHAR);

    if (!RegIsText(Info->Type))
        return Info->DataLength;
    if (Length == 0 || Text[Length - 1] != 0)
        Length++;
    if (Info->Type == REG_MULTI_SZ && Length > 1 && Text[Length - 2] != 0)
        Length++;
    return Length * sizeof(WCHAR);
}

static LSTATUS Expand(REG_DATA_INFO **Info)
{
    DWORD Length = ExpandEnvironmentStringsW((LPCWSTR)(*Info)->Data, NULL, 0);
    REG_DATA_INFO *New = RegAllocate(sizeof(*New) + (SIZE_T)Length * sizeof(WCHAR));

    if (New == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    New->Type = REG_SZ;
    New->DataLength = Length * sizeof(WCHAR);
    ExpandEnvironmentStringsW((LPCWSTR)(*Info)->Data, (LPWSTR)New->Data, Length);
    RegFree(*Info);
    *Info = New;
    return ERROR_SUCCESS;
}

static LSTATUS GetValue(HKEY Key, LPCWSTR Name, DWORD Flags, REG_DATA_INFO **Info)
{
    LSTATUS Error = RegFetchValue(Key, Name, Info);
    DWORD Type;

    if (Error != ERROR_SUCCESS)
        return Error;
    Type = (*Info)->Type == REG_EXPAND_SZ && !(Flags & RRF_NOEXPAND) ? REG_SZ : (*Info)->Type;
    Error = CheckType(Type, (*Info)->DataLength, Flags);
    if (Error == ERROR_SUCCESS) {
        (*Info)->DataLength = WithEnd(*Info);
        if ((*Info)->Type != Type)
            Error = Expand(Info);
    }
    return Error;
}

static LSTATUS GiveValue(REG_DATA_INFO *Info, LPDWORD Type, PVOID Data, LPDWORD Size, BOOL IsAnsi)
{
    PVOID Narrow = NULL;
    DWORD Bytes = Info->DataLength;
    LSTATUS Error;

    if (Type != NULL)
        *Type = Info->Type;
    if (IsAnsi && RegIsText(Info->Type)) {
        Narrow = RegNarrowData(Info->Data, &Bytes);
        if (Narrow == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
    }
    Error = RegGiveData(Narrow != NULL ? Narrow : Info->Data, Bytes, Data, Size);
    RegFree(Narrow);
    return Error;
}

static LSTATUS GetValueBelow(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Flags, LPDWORD Type,
                             PVOID Data, LPDWORD Size, BOOL IsAnsi)
{
    DWORD Room = Size != NULL ? *Size : 0;
    REG_DATA_INFO *Info = NULL;
    HKEY Opened;
    LSTATUS Error;

    if ((Data != NULL && Size == NULL) ||
        ((Flags & RRF_RT_REG_EXPAND_SZ) != 0 && !(Flags & RRF_NOEXPAND) &&
         (Flags & RRF_RT_ANY) != RRF_RT_ANY))
        return ERROR_INVALID_PARAMETER;
    Error = OpenBelow(Key, SubKey, KEY_QUERY_VALUE, FALSE, &Opened);
    if (Error == ERROR_SUCCESS) {
        Error = GetValue(Opened, Name, Flags, &Info);
        CloseBelow(Key, Opened);
    }
    if (Error == ERROR_SUCCESS)
        Error = GiveValue(Info, Type, Data, Size, IsAnsi);
    RegFree(Info);
    if (Error != ERROR_SUCCESS && (Flags & RRF_ZEROONFAILURE) && Data != NULL)
        RtlZeroMemory(Data, Room);
    return Error;
}

LSTATUS WINAPI RegGetValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR Name, DWORD Flags, LPDWORD Type,
                            PVOID Data, LPDWORD Size)
{
    return GetValueBelow(Key, SubKey, Name, Flags, Type, Data, Size, FALSE);
}

LSTATUS WINAPI RegGetValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name, DWORD Flags, LPDWORD Type,
                            PVOID Data, LPDWORD Size)
{
    LSTATUS Error = ERROR_SUCCESS;
    WCHAR *WideKey = RegWiden(SubKey, &Error), *WideName = RegWiden(Name, &Error);

    if (Error == ERROR_SUCCESS)
        Error = GetValueBelow(Key, WideKey, WideName, Flags, Type, Data, Size, TRUE);
    RegFree(WideKey);
    RegFree(WideName);
    return Error;
}
