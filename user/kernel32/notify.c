/* Changes in directories: ReadDirectoryChangesW with its records, FindFirstChangeNotification with
 * a handle to wait for. */
#include "k32.h"

BOOL WINAPI ReadDirectoryChangesW(HANDLE Directory, LPVOID Buffer, DWORD Bytes, BOOL Subtree,
                                  DWORD Filter, LPDWORD Moved, LPOVERLAPPED Overlapped,
                                  LPOVERLAPPED_COMPLETION_ROUTINE Routine)
{
    IO_STATUS_BLOCK IoStatus = {0};
    NTSTATUS Status;

    if (Overlapped != NULL) {
        Overlapped->Internal = STATUS_PENDING;
        Status = NtNotifyChangeDirectoryFile(
            Directory, Routine != NULL ? NULL : OverlappedEvent(Overlapped),
            Routine != NULL ? (PIO_APC_ROUTINE)CallCompletion : NULL,
            Routine != NULL ? (PVOID)Routine : OverlappedContext(Overlapped),
            (PIO_STATUS_BLOCK)Overlapped, Buffer, Bytes, Filter, Subtree != 0);
        return StatusToBool(Status); /* TRUE: it is queued [doc] */
    }
    Status = NtNotifyChangeDirectoryFile(Directory, NULL, NULL, NULL, &IoStatus, Buffer, Bytes,
                                         Filter, Subtree != 0);
    Status = WaitForFile(Directory, &IoStatus, Status);
    if (NT_SUCCESS(Status))
        *Moved = (DWORD)IoStatus.Information;
    return StatusToBool(Status);
}

/* The handle is the directory's own, signalled when the request ends; nobody reads the records. */
static IO_STATUS_BLOCK ChangeStatus;

HANDLE WINAPI FindFirstChangeNotificationW(LPCWSTR Name, BOOL Subtree, DWORD Filter)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING NtName;
    HANDLE Directory;
    NTSTATUS Status;

    if (!NtPathFromDos(Name, &NtName))
        return INVALID_HANDLE_VALUE;
    InitializeObjectAttributes(&Attributes, &NtName, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status =
        NtOpenFile(&Directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &ChangeStatus,
                   FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_DIRECTORY_FILE);
    FreeText(NtName.Buffer);
    if (NT_SUCCESS(Status)) {
        Status = NtNotifyChangeDirectoryFile(Directory, NULL, NULL, NULL, &ChangeStatus, NULL, 0,
                                             Filter, Subtree != 0);
        if (!NT_SUCCESS(Status))
            NtClose(Directory);
    }
    if (NT_SUCCESS(Status))
        return Directory;
    SetStatusError(Status);
    return INVALID_HANDLE_VALUE;
}

HANDLE WINAPI FindFirstChangeNotificationA(LPCSTR Name, BOOL Subtree, DWORD Filter)
{
    WCHAR *Wide = WideFromAnsi(Name);
    HANDLE Handle = INVALID_HANDLE_VALUE;

    if (Wide != NULL)
        Handle = FindFirstChangeNotificationW(Wide, Subtree, Filter);
    FreeText(Wide);
    return Handle;
}

/* The kernel keeps the first call's filter and depth: only that they are legal matters here. */
BOOL WINAPI FindNextChangeNotification(HANDLE Change)
{
    NTSTATUS Status = NtNotifyChangeDirectoryFile(Change, NULL, NULL, NULL, &ChangeStatus, NULL, 0,
                                                  FILE_NOTIFY_CHANGE_FILE_NAME, FALSE);

    return StatusToBool(Status);
}

BOOL WINAPI FindCloseChangeNotification(HANDLE Change)
{
    NTSTATUS Status = NtClose(Change);

    return StatusToBool(Status);
}
