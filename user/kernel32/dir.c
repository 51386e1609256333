/*
 * Files by name: attributes, finding, deleting, moving, directories. Not modelled: short names, links,
 * moving to another volume by copying.
 */
#include "k32.h"

typedef struct _FIND { /* what a FindFirstFile handle points to */
    HANDLE Directory;
    BOOL Started;
    UNICODE_STRING Pattern; /* on the heap */
    PUCHAR Next;            /* in Buffer, or NULL when it is used up */
    ULONG64 Align;
    UCHAR Buffer[4096];
} FIND;

NTSTATUS OpenByName(const WCHAR *Name, ACCESS_MASK Access, ULONG Options, PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING NtName;
    NTSTATUS Status;

    if (!NtPathFromDos(Name, &NtName))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    InitializeObjectAttributes(&Attributes, &NtName, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtOpenFile(Handle, Access | SYNCHRONIZE, &Attributes, &IoStatus,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, Options | FILE_SYNCHRONOUS_IO_NONALERT);
    FreeText(NtName.Buffer);
    return Status;
}

/* ---- attributes ---- */

static BOOL QueryName(const WCHAR *Name, FILE_NETWORK_OPEN_INFORMATION *Information)
{
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status = OpenByName(Name, FILE_READ_ATTRIBUTES, 0, &File);

    if (NT_SUCCESS(Status)) {
        Status = NtQueryInformationFile(File, &IoStatus, Information, sizeof(*Information), FileNetworkOpenInformation);
        NtClose(File);
    }
    return StatusToBool(Status);
}

DWORD WINAPI GetFileAttributesW(LPCWSTR Name)
{
    FILE_NETWORK_OPEN_INFORMATION Information;

    return QueryName(Name, &Information) ? Information.FileAttributes : INVALID_FILE_ATTRIBUTES;
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR Name, GET_FILEEX_INFO_LEVELS Level, LPVOID Result)
{
    FILE_NETWORK_OPEN_INFORMATION Information;
    WIN32_FILE_ATTRIBUTE_DATA *Data = Result;

    if (Level != GetFileExInfoStandard) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!QueryName(Name, &Information))
        return FALSE;
    Data->dwFileAttributes = Information.FileAttributes;
    Data->ftCreationTime = *(LPFILETIME)&Information.CreationTime;
    Data->ftLastAccessTime = *(LPFILETIME)&Information.LastAccessTime;
    Data->ftLastWriteTime = *(LPFILETIME)&Information.LastWriteTime;
    Data->nFileSizeHigh = (DWORD)Information.EndOfFile.HighPart;
    Data->nFileSizeLow = Information.EndOfFile.LowPart;
    return TRUE;
}

BOOL WINAPI SetFileAttributesW(LPCWSTR Name, DWORD Value)
{
    FILE_BASIC_INFORMATION Basic = {.FileAttributes = Value ? Value : FILE_ATTRIBUTE_NORMAL};
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status = OpenByName(Name, FILE_WRITE_ATTRIBUTES, 0, &File);

    if (NT_SUCCESS(Status)) {
        Status = NtSetInformationFile(File, &IoStatus, &Basic, sizeof(Basic), FileBasicInformation);
        NtClose(File);
    }
    return StatusToBool(Status);
}

/* ---- deleting, moving, directories ---- */

static BOOL DeleteByName(const WCHAR *Name, ULONG Options)
{
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    IO_STATUS_BLOCK IoStatus;
    HANDLE File;
    NTSTATUS Status = OpenByName(Name, DELETE, Options, &File);

    if (NT_SUCCESS(Status)) {
        Status = NtSetInformationFile(File, &IoStatus, &Disposition, sizeof(Disposition), FileDispositionInformation);
        NtClose(File);
    }
    if (Status == STATUS_FILE_IS_A_DIRECTORY)
        Status = STATUS_ACCESS_DENIED;
    return StatusToBool(Status);
}

BOOL WINAPI DeleteFileW(LPCWSTR Name)
{
    return DeleteByName(Name, 0x40 /* FILE_NON_DIRECTORY_FILE */);
}

BOOL WINAPI RemoveDirectoryW(LPCWSTR Name)
{
    return DeleteByName(Name, 0x1 /* FILE_DIRECTORY_FILE */);
}

BOOL WINAPI CreateDirectoryW(LPCWSTR Name, LPSECURITY_ATTRIBUTES Security)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING NtName;
    HANDLE Directory;
    NTSTATUS Status;

    if (!NtPathFromDos(Name, &NtName))
        return FALSE;
    InitializeObjectAttributes(&Attributes, &NtName, OBJ_CASE_INSENSITIVE, NULL,
                               Security != NULL ? Security->lpSecurityDescriptor : NULL);
    Status = NtCreateFile(&Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &IoStatus, NULL,
                          FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE, 2 /* FILE_CREATE */,
                          0x1 | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    FreeText(NtName.Buffer);
    if (NT_SUCCESS(Status))
        NtClose(Directory);
    return StatusToBool(Status);
}

BOOL WINAPI MoveFileExW(LPCWSTR From, LPCWSTR To, DWORD Flags)
{
    FILE_RENAME_INFORMATION *Rename;
    IO_STATUS_BLOCK IoStatus;
    UNICODE_STRING Target;
    HANDLE File;
    ULONG Bytes;
    NTSTATUS Status;

    if (!NtPathFromDos(To, &Target))
        return FALSE;
    Bytes = sizeof(*Rename) + Target.Length;
    Rename = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Bytes);
    if (Rename == NULL) {
        FreeText(Target.Buffer);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    Rename->ReplaceIfExists = (Flags & MOVEFILE_REPLACE_EXISTING) != 0;
    Rename->FileNameLength = Target.Length;
    for (ULONG i = 0; i < Target.Length / sizeof(WCHAR); i++)
        Rename->FileName[i] = Target.Buffer[i];
    Status = OpenByName(From, DELETE, 0, &File);
    if (NT_SUCCESS(Status)) {
        Status = NtSetInformationFile(File, &IoStatus, Rename, Bytes, FileRenameInformation);
        NtClose(File);
    }
    HeapFree(ProcessHeap(), 0, Rename);
    FreeText(Target.Buffer);
    return StatusToBool(Status);
}

BOOL WINAPI MoveFileW(LPCWSTR From, LPCWSTR To)
{
    return MoveFileExW(From, To, MOVEFILE_COPY_ALLOWED);
}

/* ---- finding ---- */

static BOOL FindFill(FIND *Find)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    Status = NtQueryDirectoryFile(Find->Directory, NULL, NULL, NULL, &IoStatus, Find->Buffer, sizeof(Find->Buffer),
                                  FileBothDirectoryInformation, FALSE, Find->Started ? NULL : &Find->Pattern,
                                  !Find->Started);
    Find->Started = TRUE;
    if (Status == STATUS_NO_SUCH_FILE)
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    Find->Next = NT_SUCCESS(Status) ? Find->Buffer : NULL;
    return StatusToBool(Status);
}

static BOOL FindTake(FIND *Find, LPWIN32_FIND_DATAW Data)
{
    FILE_BOTH_DIR_INFORMATION *Entry;
    ULONG Length;

    if (Find->Next == NULL && !FindFill(Find))
        return FALSE;
    Entry = (PVOID)Find->Next;
    Find->Next = Entry->NextEntryOffset != 0 ? Find->Next + Entry->NextEntryOffset : NULL;
    Data->dwFileAttributes = Entry->FileAttributes;
    Data->ftCreationTime = *(LPFILETIME)&Entry->CreationTime;
    Data->ftLastAccessTime = *(LPFILETIME)&Entry->LastAccessTime;
    Data->ftLastWriteTime = *(LPFILETIME)&Entry->LastWriteTime;
    Data->nFileSizeHigh = (DWORD)Entry->EndOfFile.HighPart;
    Data->nFileSizeLow = Entry->EndOfFile.LowPart;
    Data->dwReserved0 = Data->dwReserved1 = 0;
    Data->cAlternateFileName[0] = 0;
    Length = Entry->FileNameLength / sizeof(WCHAR);
    if (Length > MAX_PATH - 1)
        Length = MAX_PATH - 1;
    for (ULONG i = 0; i < Length; i++)
        Data->cFileName[i] = Entry->FileName[i];
    Data->cFileName[Length] = 0;
    return TRUE;
}

BOOL WINAPI FindClose(HANDLE Handle)
{
    FIND *Find = Handle;

    if (Handle == INVALID_HANDLE_VALUE || Handle == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    NtClose(Find->Directory);
    FreeText(Find->Pattern.Buffer);
    HeapFree(ProcessHeap(), 0, Find);
    return TRUE;
}

HANDLE WINAPI FindFirstFileW(LPCWSTR Name, LPWIN32_FIND_DATAW Data)
{
    WCHAR Full[1024];
    WCHAR *Part = NULL;
    FIND *Find;
    DWORD Length = GetFullPathNameW(Name, COUNT_OF(Full), Full, &Part);
    NTSTATUS Status;

    if (Length == 0 || Length >= COUNT_OF(Full) || Part == NULL) {
        SetLastError(Length == 0 ? GetLastError() : ERROR_FILE_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    Find = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Find));
    if (Find == NULL || (Find->Pattern.Buffer = HeapAlloc(ProcessHeap(), 0, (WideLength(Part) + 1) * 2)) == NULL) {
        FreeText(Find);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    lstrcpyW(Find->Pattern.Buffer, lstrcmpW(Part, L"*.*") == 0 ? L"*" : Part);
    RtlInitUnicodeString(&Find->Pattern, Find->Pattern.Buffer);
    *Part = 0;
    Status = OpenByName(Full, FILE_LIST_DIRECTORY, 0x1 /* FILE_DIRECTORY_FILE */, &Find->Directory);
    if (!NT_SUCCESS(Status)) {
        FreeText(Find->Pattern.Buffer);
        FreeText(Find);
        SetStatusError(Status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : Status);
        return INVALID_HANDLE_VALUE;
    }
    if (!FindTake(Find, Data)) {
        DWORD Error = GetLastError();

        FindClose(Find);
        SetLastError(Error);
        return INVALID_HANDLE_VALUE;
    }
    return Find;
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR Name, FINDEX_INFO_LEVELS Level, LPVOID Data, FINDEX_SEARCH_OPS Operation,
                               LPVOID Filter, DWORD Flags)
{
    IGNORE_ARG(Level);
    IGNORE_ARG(Operation); /* a hint only [doc] */
    IGNORE_ARG(Filter);
    IGNORE_ARG(Flags);
    return FindFirstFileW(Name, Data);
}

BOOL WINAPI FindNextFileW(HANDLE Handle, LPWIN32_FIND_DATAW Data)
{
    return FindTake(Handle, Data);
}

static VOID FindDataToAnsi(const WIN32_FIND_DATAW *Wide, LPWIN32_FIND_DATAA Data)
{
    Data->dwFileAttributes = Wide->dwFileAttributes;
    Data->ftCreationTime = Wide->ftCreationTime;
    Data->ftLastAccessTime = Wide->ftLastAccessTime;
    Data->ftLastWriteTime = Wide->ftLastWriteTime;
    Data->nFileSizeHigh = Wide->nFileSizeHigh;
    Data->nFileSizeLow = Wide->nFileSizeLow;
    Data->dwReserved0 = Data->dwReserved1 = 0;
    AnsiFromWide(Wide->cFileName, Data->cFileName, MAX_PATH);
    Data->cAlternateFileName[0] = 0;
}

HANDLE WINAPI FindFirstFileA(LPCSTR Name, LPWIN32_FIND_DATAA Data)
{
    WIN32_FIND_DATAW WideData;
    WCHAR *Wide = WideFromAnsi(Name);
    HANDLE Handle = Wide == NULL ? INVALID_HANDLE_VALUE : FindFirstFileW(Wide, &WideData);

    FreeText(Wide);
    if (Handle != INVALID_HANDLE_VALUE)
        FindDataToAnsi(&WideData, Data);
    return Handle;
}

BOOL WINAPI FindNextFileA(HANDLE Handle, LPWIN32_FIND_DATAA Data)
{
    WIN32_FIND_DATAW WideData;

    if (!FindNextFileW(Handle, &WideData))
        return FALSE;
    FindDataToAnsi(&WideData, Data);
    return TRUE;
}

/* ---- the ANSI forms ---- */

#define ANSI_CALL(Type, Failed, Call)                    \
    WCHAR *Wide = WideFromAnsi(Name);                    \
    Type Result = Wide == NULL ? (Failed) : (Call);      \
                                                         \
    FreeText(Wide);                                      \
    return Result

DWORD WINAPI GetFileAttributesA(LPCSTR Name)
{
    ANSI_CALL(DWORD, INVALID_FILE_ATTRIBUTES, GetFileAttributesW(Wide));
}

BOOL WINAPI GetFileAttributesExA(LPCSTR Name, GET_FILEEX_INFO_LEVELS Level, LPVOID Data)
{
    ANSI_CALL(BOOL, FALSE, GetFileAttributesExW(Wide, Level, Data));
}

BOOL WINAPI SetFileAttributesA(LPCSTR Name, DWORD Value)
{
    ANSI_CALL(BOOL, FALSE, SetFileAttributesW(Wide, Value));
}

BOOL WINAPI DeleteFileA(LPCSTR Name)
{
    ANSI_CALL(BOOL, FALSE, DeleteFileW(Wide));
}

BOOL WINAPI RemoveDirectoryA(LPCSTR Name)
{
    ANSI_CALL(BOOL, FALSE, RemoveDirectoryW(Wide));
}

BOOL WINAPI CreateDirectoryA(LPCSTR Name, LPSECURITY_ATTRIBUTES Security)
{
    ANSI_CALL(BOOL, FALSE, CreateDirectoryW(Wide, Security));
}

BOOL WINAPI MoveFileExA(LPCSTR From, LPCSTR To, DWORD Flags)
{
    WCHAR *WideFrom = WideFromAnsi(From), *WideTo = WideFromAnsi(To);
    BOOL Done = WideFrom != NULL && WideTo != NULL && MoveFileExW(WideFrom, WideTo, Flags);

    FreeText(WideFrom);
    FreeText(WideTo);
    return Done;
}

BOOL WINAPI MoveFileA(LPCSTR From, LPCSTR To)
{
    return MoveFileExA(From, To, MOVEFILE_COPY_ALLOWED);
}
