/* Subkeys, values and what a key is, by number. See registry.h. */
#include "registry.h"

#define FIRST_BYTES 1024

/* One of NT's services that fill a buffer; Index means nothing to some. */
typedef NTSTATUS (*FETCH)(HANDLE Handle, DWORD Index, PVOID Buffer, ULONG Bytes, PULONG Needed);

static LSTATUS Fetch(FETCH Service, HKEY Key, DWORD Index, PVOID *Info)
{
    ULONG Bytes = FIRST_BYTES, Needed = 0;
    HANDLE Handle;
    NTSTATUS Status;
    LSTATUS Error = RegHandle(Key, &Handle);

    *Info = NULL;
    if (Error != ERROR_SUCCESS)
        return Error;
    do { /* what is there can grow between two attempts */
        RegFree(*Info);
        *Info = RegAllocate(Bytes + 2 * sizeof(WCHAR));
        if (*Info == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        Status = Service(Handle, Index, *Info, Bytes, &Needed);
        Bytes = Needed;
    } while (Status == STATUS_BUFFER_OVERFLOW || Status == STATUS_BUFFER_TOO_SMALL);
    if (NT_SUCCESS(Status))
        return ERROR_SUCCESS;
    RegFree(*Info);
    *Info = NULL;
    return RegError(Status);
}

static NTSTATUS EnumerateKey(HANDLE Handle, DWORD Index, PVOID Buffer, ULONG Bytes, PULONG Needed)
{
    return NtEnumerateKey(Handle, Index, REG_KEY_NODE, Buffer, Bytes, Needed);
}

static NTSTATUS EnumerateValue(HANDLE Handle, DWORD Index, PVOID Buffer, ULONG Bytes, PULONG Needed)
{
    return NtEnumerateValueKey(Handle, Index, REG_VALUE_FULL, Buffer, Bytes, Needed);
}

static NTSTATUS QueryFull(HANDLE Handle, DWORD Index, PVOID Buffer, ULONG Bytes, PULONG Needed)
{
    IGNORE_ARG(Index);
    return NtQueryKey(Handle, REG_KEY_FULL, Buffer, Bytes, Needed);
}

LSTATUS RegFetchKey(HKEY Key, DWORD Index, REG_NODE_INFO **Info)
{
    return Fetch(EnumerateKey, Key, Index, (PVOID *)Info);
}

LSTATUS RegFetchValueAt(HKEY Key, DWORD Index, REG_VALUE_INFO **Info)
{
    return Fetch(EnumerateValue, Key, Index, (PVOID *)Info);
}

LSTATUS RegFetchFull(HKEY Key, REG_FULL_INFO **Info)
{
    return Fetch(QueryFull, Key, 0, (PVOID *)Info);
}

/* ---- giving it to the caller ---- */

LSTATUS RegGiveText(const WCHAR *Text, DWORD Length, LPWSTR Buffer, LPDWORD Size)
{
    if (*Size <= Length)
        return ERROR_MORE_DATA;
    RtlCopyMemory(Buffer, Text, Length * sizeof(WCHAR));
    Buffer[Length] = 0;
    *Size = Length;
    return ERROR_SUCCESS;
}

LSTATUS RegGiveTextAnsi(const WCHAR *Text, DWORD Length, LPSTR Buffer, LPDWORD Size)
{
    DWORD Bytes =
        Length == 0 ? 0
                    : (DWORD)WideCharToMultiByte(CP_ACP, 0, Text, (int)Length, NULL, 0, NULL, NULL);

    if (*Size <= Bytes)
        return ERROR_MORE_DATA;
    if (Bytes != 0)
        WideCharToMultiByte(CP_ACP, 0, Text, (int)Length, Buffer, (int)Bytes, NULL, NULL);
    Buffer[Bytes] = 0;
    *Size = Bytes;
    return ERROR_SUCCESS;
}

LSTATUS RegGiveData(const VOID *Data, DWORD Bytes, LPBYTE Buffer, LPDWORD Size)
{
    DWORD Room;

    if (Size == NULL)
        return ERROR_SUCCESS;
    Room = *Size;
    *Size = Bytes;
    if (Buffer == NULL)
        return ERROR_SUCCESS;
    if (Room < Bytes)
        return ERROR_MORE_DATA;
    RtlCopyMemory(Buffer, Data, Bytes);
    return ERROR_SUCCESS;
}

static VOID GiveTime(LARGE_INTEGER Time, PFILETIME Result)
{
    if (Result != NULL)
        *Result = (FILETIME){Time.LowPart, (DWORD)Time.HighPart};
}

/* ---- subkeys ---- */

static LSTATUS EnumKey(HKEY Key, DWORD Index, PVOID Name, LPDWORD NameSize, LPDWORD Reserved,
                       PVOID Class, LPDWORD ClassSize, PFILETIME Time, BOOL IsAnsi)
{
    REG_NODE_INFO *Info;
    LSTATUS Error;

    if (Name == NULL || NameSize == NULL || Reserved != NULL ||
        (Class != NULL && ClassSize == NULL))
        return ERROR_INVALID_PARAMETER;
    Error = RegFetchKey(Key, Index, &Info);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = IsAnsi ? RegGiveTextAnsi(Info->Name, Info->NameLength / sizeof(WCHAR), Name, NameSize)
                   : RegGiveText(Info->Name, Info->NameLength / sizeof(WCHAR), Name, NameSize);
    if (Error == ERROR_SUCCESS && Class != NULL) {
        const WCHAR *Text =
            Info->ClassLength == 0 ? L"" : (const WCHAR *)((BYTE *)Info + Info->ClassOffset);

        Error = IsAnsi ? RegGiveTextAnsi(Text, Info->ClassLength / sizeof(WCHAR), Class, ClassSize)
                       : RegGiveText(Text, Info->ClassLength / sizeof(WCHAR), Class, ClassSize);
    } else if (Error == ERROR_SUCCESS && ClassSize != NULL) {
        *ClassSize = Info->ClassLength / sizeof(WCHAR);
    }
    GiveTime(Info->LastWriteTime, Time);
    RegFree(Info);
    return Error;
}

LSTATUS WINAPI RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved,
                             LPWSTR Class, LPDWORD ClassSize, PFILETIME Time)
{
    return EnumKey(Key, Index, Name, NameSize, Reserved, Class, ClassSize, Time, FALSE);
}

LSTATUS WINAPI RegEnumKeyExA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameSize, LPDWORD Reserved,
                             LPSTR Class, LPDWORD ClassSize, PFILETIME Time)
{
    return EnumKey(Key, Index, Name, NameSize, Reserved, Class, ClassSize, Time, TRUE);
}

LSTATUS WINAPI RegEnumKeyW(HKEY Key, DWORD Index, LPWSTR Name, DWORD NameSize)
{
    return EnumKey(Key, Index, Name, &NameSize, NULL, NULL, NULL, NULL, FALSE);
}

LSTATUS WINAPI RegEnumKeyA(HKEY Key, DWORD Index, LPSTR Name, DWORD NameSize)
{
    return EnumKey(Key, Index, Name, &NameSize, NULL, NULL, NULL, NULL, TRUE);
}

/* ---- values ---- */

/* Data as it is, or narrowed. */
static LSTATUS GiveValueData(const REG_VALUE_INFO *Info, LPBYTE Buffer, LPDWORD Size, BOOL IsAnsi)
{
    const BYTE *Data = (const BYTE *)Info + Info->DataOffset;
    DWORD Bytes = Info->DataLength;
    PVOID Narrow;
    LSTATUS Error;

    if (!IsAnsi || !RegIsText(Info->Type) || Size == NULL)
        return RegGiveData(Data, Bytes, Buffer, Size);
    Narrow = RegNarrowData(Data, &Bytes);
    if (Narrow == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    Error = RegGiveData(Narrow, Bytes, Buffer, Size);
    RegFree(Narrow);
    return Error;
}

static LSTATUS EnumValue(HKEY Key, DWORD Index, PVOID Name, LPDWORD NameSize, LPDWORD Reserved,
                         LPDWORD Type, LPBYTE Data, LPDWORD DataSize, BOOL IsAnsi)
{
    REG_VALUE_INFO *Info;
    LSTATUS Error;

    if (Name == NULL || NameSize == NULL || Reserved != NULL || (Data != NULL && DataSize == NULL))
        return ERROR_INVALID_PARAMETER;
    Error = RegFetchValueAt(Key, Index, &Info);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = IsAnsi ? RegGiveTextAnsi(Info->Name, Info->NameLength / sizeof(WCHAR), Name, NameSize)
                   : RegGiveText(Info->Name, Info->NameLength / sizeof(WCHAR), Name, NameSize);
    if (Type != NULL)
        *Type = Info->Type;
    if (Error == ERROR_SUCCESS)
        Error = GiveValueData(Info, Data, DataSize, IsAnsi);
    RegFree(Info);
    return Error;
}

LSTATUS WINAPI RegEnumValueW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved,
                             LPDWORD Type, LPBYTE Data, LPDWORD DataSize)
{
    return EnumValue(Key, Index, Name, NameSize, Reserved, Type, Data, DataSize, FALSE);
}

LSTATUS WINAPI RegEnumValueA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameSize, LPDWORD Reserved,
                             LPDWORD Type, LPBYTE Data, LPDWORD DataSize)
{
    return EnumValue(Key, Index, Name, NameSize, Reserved, Type, Data, DataSize, TRUE);
}

/* ---- the key ---- */

static VOID GiveNumber(LPDWORD To, DWORD Number)
{
    if (To != NULL)
        *To = Number;
}

static DWORD DescriptorBytes(HKEY Key)
{
    HANDLE Handle;
    ULONG Bytes = 0;

    if (RegHandle(Key, &Handle) == ERROR_SUCCESS)
        NtQuerySecurityObject(Handle,
                              OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                  DACL_SECURITY_INFORMATION,
                              NULL, 0, &Bytes);
    return Bytes;
}

static LSTATUS QueryInfo(HKEY Key, PVOID Class, LPDWORD ClassSize, LPDWORD Numbers[7],
                         PFILETIME Time, BOOL IsAnsi)
{
    REG_FULL_INFO *Info;
    LSTATUS Error =
        Class != NULL && ClassSize == NULL ? ERROR_INVALID_PARAMETER : RegFetchFull(Key, &Info);

    if (Error != ERROR_SUCCESS)
        return Error;
    if (Class != NULL)
        Error =
            IsAnsi
                ? RegGiveTextAnsi(Info->Class, Info->ClassLength / sizeof(WCHAR), Class, ClassSize)
                : RegGiveText(Info->Class, Info->ClassLength / sizeof(WCHAR), Class, ClassSize);
    else
        GiveNumber(ClassSize, Info->ClassLength / sizeof(WCHAR));
    GiveNumber(Numbers[0], Info->SubKeys);
    GiveNumber(Numbers[1], Info->MaxNameLen / sizeof(WCHAR));
    GiveNumber(Numbers[2], Info->MaxClassLen / sizeof(WCHAR));
    GiveNumber(Numbers[3], Info->Values);
    GiveNumber(Numbers[4], Info->MaxValueNameLen / sizeof(WCHAR));
    GiveNumber(Numbers[5], Info->MaxValueDataLen);
    if (Numbers[6] != NULL)
        *Numbers[6] = DescriptorBytes(Key);
    GiveTime(Info->LastWriteTime, Time);
    RegFree(Info);
    return Error;
}

LSTATUS WINAPI RegQueryInfoKeyW(HKEY Key, LPWSTR Class, LPDWORD ClassSize, LPDWORD Reserved,
                                LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass,
                                LPDWORD Values, LPDWORD MaxValueName, LPDWORD MaxValue,
                                LPDWORD Descriptor, PFILETIME Time)
{
    LPDWORD Numbers[] = {SubKeys, MaxSubKey, MaxClass, Values, MaxValueName, MaxValue, Descriptor};

    return Reserved != NULL ? ERROR_INVALID_PARAMETER
                            : QueryInfo(Key, Class, ClassSize, Numbers, Time, FALSE);
}

LSTATUS WINAPI RegQueryInfoKeyA(HKEY Key, LPSTR Class, LPDWORD ClassSize, LPDWORD Reserved,
                                LPDWORD SubKeys, LPDWORD MaxSubKey, LPDWORD MaxClass,
                                LPDWORD Values, LPDWORD MaxValueName, LPDWORD MaxValue,
                                LPDWORD Descriptor, PFILETIME Time)
{
    LPDWORD Numbers[] = {SubKeys, MaxSubKey, MaxClass, Values, MaxValueName, MaxValue, Descriptor};

    return Reserved != NULL ? ERROR_INVALID_PARAMETER
                            : QueryInfo(Key, Class, ClassSize, Numbers, Time, TRUE);
}
