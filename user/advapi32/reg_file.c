/* Keys as hive files: RegSaveKey, RegLoadKey, RegUnLoadKey, RegRestoreKey. See registry.h. */
#include "registry.h"

NTSTATUS NTAPI NtSaveKeyEx(HANDLE, HANDLE, ULONG);
NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtRestoreKey(HANDLE, HANDLE, ULONG);

/* A new file: one that is there is left as it is. */
LSTATUS WINAPI RegSaveKeyExW(HKEY Key, LPCWSTR FileName, LPSECURITY_ATTRIBUTES Security,
                             DWORD Format)
{
    HANDLE Handle, File;
    LSTATUS Error = FileName == NULL ? ERROR_INVALID_PARAMETER : RegHandle(Key, &Handle);

    if (Error != ERROR_SUCCESS)
        return Error;
    File =
        CreateFileW(FileName, GENERIC_WRITE, 0, Security, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (File == INVALID_HANDLE_VALUE) /* [doc]: ERROR_ALREADY_EXISTS */
        return GetLastError() == ERROR_FILE_EXISTS ? ERROR_ALREADY_EXISTS : (LSTATUS)GetLastError();
    Error = RegError(NtSaveKeyEx(Handle, File, Format));
    CloseHandle(File);
    if (Error != ERROR_SUCCESS)
        DeleteFileW(FileName);
    return Error;
}

LSTATUS WINAPI RegSaveKeyW(HKEY Key, LPCWSTR FileName, LPSECURITY_ATTRIBUTES Security)
{
    return RegSaveKeyExW(Key, FileName, Security, REG_STANDARD_FORMAT);
}

LSTATUS WINAPI RegRestoreKeyW(HKEY Key, LPCWSTR FileName, DWORD Flags)
{
    HANDLE Handle, File;
    LSTATUS Error = FileName == NULL ? ERROR_INVALID_PARAMETER : RegHandle(Key, &Handle);

    if (Error != ERROR_SUCCESS)
        return Error;
    File = CreateFileW(FileName, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (File == INVALID_HANDLE_VALUE)
        return (LSTATUS)GetLastError();
    Error = RegError(NtRestoreKey(Handle, File, Flags));
    CloseHandle(File);
    return Error;
}

/* "\??\" and the file's whole path, from the heap. */
static WCHAR *NtFileName(LPCWSTR FileName)
{
    DWORD Length = GetFullPathNameW(FileName, 0, NULL, NULL);
    WCHAR *Name = Length == 0 ? NULL : RegAllocate(((SIZE_T)Length + 5) * sizeof(WCHAR));

    if (Name == NULL)
        return NULL;
    lstrcpyW(Name, L"\\??\\");
    if (GetFullPathNameW(FileName, Length, Name + 4, NULL) >= Length) {
        RegFree(Name);
        return NULL;
    }
    return Name;
}

LSTATUS WINAPI RegLoadKeyW(HKEY Key, LPCWSTR SubKey, LPCWSTR FileName)
{
    OBJECT_ATTRIBUTES Target, Source;
    UNICODE_STRING TargetName, SourceName;
    HANDLE Handle;
    WCHAR *Path;
    LSTATUS Error;

    if (Key != HKEY_LOCAL_MACHINE && Key != HKEY_USERS)
        return ERROR_INVALID_HANDLE;
    if (FileName == NULL || !RegMakeString(&TargetName, SubKey) || TargetName.Length == 0)
        return ERROR_INVALID_PARAMETER;
    Error = RegHandle(Key, &Handle);
    if (Error != ERROR_SUCCESS)
        return Error;
    Path = NtFileName(FileName);
    if (Path == NULL)
        return ERROR_PATH_NOT_FOUND;
    RegMakeString(&SourceName, Path);
    InitializeObjectAttributes(&Target, &TargetName, OBJ_CASE_INSENSITIVE, Handle, NULL);
    InitializeObjectAttributes(&Source, &SourceName, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Error = RegError(NtLoadKey(&Target, &Source));
    RegFree(Path);
    return Error;
}

LSTATUS WINAPI RegUnLoadKeyW(HKEY Key, LPCWSTR SubKey)
{
    OBJECT_ATTRIBUTES Target;
    UNICODE_STRING Name;
    HANDLE Handle;
    LSTATUS Error;

    if (Key != HKEY_LOCAL_MACHINE && Key != HKEY_USERS)
        return ERROR_INVALID_HANDLE;
    if (!RegMakeString(&Name, SubKey) || Name.Length == 0)
        return ERROR_INVALID_PARAMETER;
    Error = RegHandle(Key, &Handle);
    if (Error != ERROR_SUCCESS)
        return Error;
    InitializeObjectAttributes(&Target, &Name, OBJ_CASE_INSENSITIVE, Handle, NULL);
    return RegError(NtUnloadKey(&Target));
}
