/* Keys with all below them, notification, security. See registry.h. */
#include "registry.h"

NTSTATUS NTAPI NtNotifyChangeKey(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK, ULONG,
                                 BOOLEAN, PVOID, ULONG, BOOLEAN);

/* The name from an enumeration, ended, from the heap. */
static LSTATUS NameAt(HKEY Key, DWORD Index, WCHAR Name[REG_NAME_LIMIT + 1])
{
    DWORD Size = REG_NAME_LIMIT + 1;

    return RegEnumKeyExW(Key, Index, Name, &Size, NULL, NULL, NULL, NULL);
}

/* ---- RegDeleteTree ---- */

static LSTATUS DeleteBelow(HKEY Key);

static LSTATUS DeleteChild(HKEY Key, LPCWSTR Name)
{
    HKEY Child;
    LSTATUS Error =
        RegOpenKeyExW(Key, Name, REG_OPTION_OPEN_LINK, DELETE | KEY_ENUMERATE_SUB_KEYS, &Child);

    if (Error != ERROR_SUCCESS)
        return Error;
    Error = DeleteBelow(Child);
    if (Error == ERROR_SUCCESS)
        Error = RegError(NtDeleteKey((HANDLE)Child));
    RegCloseKey(Child);
    return Error;
}

static LSTATUS DeleteBelow(HKEY Key)
{
    WCHAR Name[REG_NAME_LIMIT + 1];
    LSTATUS Error;

    while ((Error = NameAt(Key, 0, Name)) == ERROR_SUCCESS) {
        Error = DeleteChild(Key, Name);
        if (Error != ERROR_SUCCESS)
            return Error;
    }
    return Error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Error;
}

static LSTATUS DeleteValues(HKEY Key)
{
    REG_VALUE_INFO *Info;
    LSTATUS Error;

    while ((Error = RegFetchValueAt(Key, 0, &Info)) == ERROR_SUCCESS) {
        Info->Name[Info->NameLength / sizeof(WCHAR)] =
            0; /* what is behind it has been read: the data */
        Error = RegDeleteValueW(Key, Info->Name);
        RegFree(Info);
        if (Error != ERROR_SUCCESS)
            return Error;
    }
    return Error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Error;
}

LSTATUS WINAPI RegDeleteTreeW(HKEY Key, LPCWSTR SubKey)
{
    LSTATUS Error;

    if (SubKey != NULL && *SubKey != 0)
        return DeleteChild(Key, SubKey);
    Error = DeleteBelow(Key);
    return Error == ERROR_SUCCESS ? DeleteValues(Key) : Error;
}

/* ---- RegCopyTree ---- */

static LSTATUS CopyValues(HKEY From, HKEY To)
{
    REG_VALUE_INFO *Info;
    LSTATUS Error = ERROR_SUCCESS;

    for (DWORD i = 0; Error == ERROR_SUCCESS; i++) {
        UNICODE_STRING Name;
        HANDLE Handle;

        Error = RegFetchValueAt(From, i, &Info);
        if (Error != ERROR_SUCCESS)
            break;
        Name = (UNICODE_STRING){(USHORT)Info->NameLength, (USHORT)Info->NameLength, Info->Name};
        Error = RegHandle(To, &Handle);
        if (Error == ERROR_SUCCESS)
            Error = RegError(NtSetValueKey(Handle, &Name, 0, Info->Type,
                                           (BYTE *)Info + Info->DataOffset, Info->DataLength));
        RegFree(Info);
    }
    return Error == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : Error;
}

static LSTATUS CopyBelow(HKEY From, HKEY To);

static LSTATUS CopyChild(HKEY From, HKEY To, DWORD Index)
{
    WCHAR Name[REG_NAME_LIMIT + 1];
    HKEY Source, Target;
    LSTATUS Error = NameAt(From, Index, Name);

    if (Error == ERROR_SUCCESS)
        Error = RegOpenKeyExW(From, Name, 0, KEY_READ, &Source);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegCreateKeyExW(To, Name, 0, NULL, 0, KEY_WRITE, NULL, &Target, NULL);
    if (Error == ERROR_SUCCESS) {
        Error = CopyBelow(Source, Target);
        RegCloseKey(Target);
    }
    RegCloseKey(Source);
    return Error;
}

/* The names that there are before the copy, so that a tree can be copied below itself. */
static LSTATUS CopyBelow(HKEY From, HKEY To)
{
    REG_FULL_INFO *Info;
    LSTATUS Error = RegFetchFull(From, &Info);
    DWORD Count;

    if (Error != ERROR_SUCCESS)
        return Error;
    Count = Info->SubKeys;
    RegFree(Info);
    Error = CopyValues(From, To);
    for (DWORD i = 0; i < Count && Error == ERROR_SUCCESS; i++)
        Error = CopyChild(From, To, i);
    return Error;
}

LSTATUS WINAPI RegCopyTreeW(HKEY Key, LPCWSTR SubKey, HKEY Target)
{
    HKEY From = Key;
    LSTATUS Error = ERROR_SUCCESS;

    if (SubKey != NULL && *SubKey != 0)
        Error = RegOpenKeyExW(Key, SubKey, 0, KEY_READ, &From);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = CopyBelow(From, Target);
    if (From != Key)
        RegCloseKey(From);
    return Error;
}

/* ---- notification and security ---- */

LSTATUS WINAPI RegNotifyChangeKeyValue(HKEY Key, WINBOOL Tree, DWORD Filter, HANDLE Event,
                                       WINBOOL Asynchronous)
{
    static IO_STATUS_BLOCK Ignored; /* whoever waits for an event has no use for it */
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;
    NTSTATUS Status;
    LSTATUS Error = RegHandle(Key, &Handle);

    if (Error != ERROR_SUCCESS)
        return Error;
    if (Asynchronous && Event == NULL)
        return ERROR_INVALID_PARAMETER;
    Status = NtNotifyChangeKey(Handle, Asynchronous ? Event : NULL, NULL, NULL,
                               Asynchronous ? &Ignored : &IoStatus, Filter, (BOOLEAN)(Tree != 0),
                               NULL, 0, (BOOLEAN)(Asynchronous != 0));
    return Status == STATUS_PENDING || Status == STATUS_NOTIFY_ENUM_DIR ||
                   Status == STATUS_NOTIFY_CLEANUP
               ? ERROR_SUCCESS
               : RegError(Status);
}

LSTATUS WINAPI RegGetKeySecurity(HKEY Key, SECURITY_INFORMATION Information,
                                 PSECURITY_DESCRIPTOR Descriptor, LPDWORD Size)
{
    ULONG Needed = 0;
    HANDLE Handle;
    NTSTATUS Status;
    LSTATUS Error = Size == NULL ? ERROR_INVALID_PARAMETER : RegHandle(Key, &Handle);

    if (Error != ERROR_SUCCESS)
        return Error;
    Status = NtQuerySecurityObject(Handle, Information, Descriptor, *Size, &Needed);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)
        *Size = Needed;
    return RegError(Status);
}

LSTATUS WINAPI RegSetKeySecurity(HKEY Key, SECURITY_INFORMATION Information,
                                 PSECURITY_DESCRIPTOR Descriptor)
{
    HANDLE Handle;
    LSTATUS Error = RegHandle(Key, &Handle);

    return Error != ERROR_SUCCESS ? Error
                                  : RegError(NtSetSecurityObject(Handle, Information, Descriptor));
}
