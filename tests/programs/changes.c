/* Changes in directories: ReadDirectoryChangesW, waited for, polled and by completion routine, and
 * FindFirstChangeNotification. */
#include <windows.h>

#include <string.h>

#include "tap.h"

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

static char records[1024] __attribute__((aligned(8)));
static DWORD routine_bytes;

static void touch(const char *name, const char *text)
{
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
    DWORD moved;

    if (*text != 0)
        WriteFile(file, text, (DWORD)strlen(text), &moved, NULL);
    CloseHandle(file);
}

static int is_record(unsigned index, DWORD action, const wchar_t *name)
{
    FILE_NOTIFY_INFORMATION *record = (void *)records;

    while (index-- != 0) {
        if (record->NextEntryOffset == 0)
            return 0;
        record = (void *)((char *)record + record->NextEntryOffset);
    }
    return record->Action == action && record->FileNameLength == wcslen(name) * sizeof(wchar_t) &&
           memcmp(record->FileName, name, record->FileNameLength) == 0;
}

static void WINAPI routine(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    (void)overlapped;
    routine_bytes = error == 0 ? bytes : 0;
}

static HANDLE open_directory(const char *name)
{
    return CreateFileA(name, FILE_LIST_DIRECTORY,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
}

static void test_overlapped(void)
{
    HANDLE directory = open_directory("C:\\Watched");
    OVERLAPPED o = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD bytes;

    OK(ReadDirectoryChangesW(directory, records, sizeof(records), TRUE,
                             NAMES | FILE_NOTIFY_CHANGE_SIZE, NULL, &o, NULL),
       "ReadDirectoryChangesW is queued");
    OK(!GetOverlappedResult(directory, &o, &bytes, FALSE) && GetLastError() == ERROR_IO_INCOMPLETE,
       "and waits");
    touch("c:\\watched\\one", "");
    OK(GetOverlappedResult(directory, &o, &bytes, TRUE) && bytes == 12 + 6 &&
           is_record(0, FILE_ACTION_ADDED, L"one"),
       "a new file, under another case of the path");
    touch("C:\\Watched\\one", "12");
    touch("C:\\Watched\\one", "34");
    MoveFileA("C:\\Watched\\one", "C:\\Watched\\two");
    CreateDirectoryA("C:\\Watched\\deep", NULL);
    MoveFileA("C:\\Watched\\two", "C:\\Watched\\deep\\two");
    DeleteFileA("C:\\Watched\\deep\\two");
    OK(ReadDirectoryChangesW(directory, records, sizeof(records), TRUE, NAMES, NULL, &o, NULL),
       "the next");
    OK(GetOverlappedResult(directory, &o, &bytes, TRUE), "has what happened meanwhile");
    OK(is_record(0, FILE_ACTION_MODIFIED, L"one"), "a write that made the file longer");
    OK(is_record(1, FILE_ACTION_RENAMED_OLD_NAME, L"one") &&
           is_record(2, FILE_ACTION_RENAMED_NEW_NAME, L"two"),
       "no write in place, a rename");
    OK(is_record(3, FILE_ACTION_ADDED, L"deep"), "a folder");
    OK(is_record(4, FILE_ACTION_REMOVED, L"two") && is_record(5, FILE_ACTION_ADDED, L"deep\\two"),
       "a file moved into it");
    OK(is_record(6, FILE_ACTION_REMOVED, L"deep\\two"), "and deleted there");
    ReadDirectoryChangesW(directory, records, sizeof(records), TRUE, NAMES, NULL, &o, NULL);
    OK(CancelIo(directory) && !GetOverlappedResult(directory, &o, &bytes, TRUE) &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "cancelled");
    OK(ReadDirectoryChangesW(directory, records, sizeof(records), FALSE, NAMES, NULL, &o, routine),
       "by a routine");
    RemoveDirectoryA("C:\\Watched\\deep");
    OK(SleepEx(1000, TRUE) == WAIT_IO_COMPLETION && routine_bytes == 12 + 8, "which is called");
    OK(!ReadDirectoryChangesW(directory, records, sizeof(records), FALSE, 0, NULL, &o, NULL) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "a filter of nothing");
    CloseHandle(directory);
    CloseHandle(o.hEvent);
}

static void test_handle(void)
{
    HANDLE change =
        FindFirstChangeNotificationA("C:\\Watched", FALSE, FILE_NOTIFY_CHANGE_LAST_WRITE);

    OK(change != INVALID_HANDLE_VALUE, "FindFirstChangeNotification");
    touch("C:\\Watched\\a", "");
    OK(WaitForSingleObject(change, 0) == WAIT_TIMEOUT, "a new file is no write");
    touch("C:\\Watched\\a", "x");
    OK(WaitForSingleObject(change, 0) == WAIT_OBJECT_0, "a write is");
    OK(FindNextChangeNotification(change) && WaitForSingleObject(change, 0) == WAIT_TIMEOUT,
       "the next has not come");
    touch("C:\\Watched\\a", "y");
    OK(WaitForSingleObject(change, 0) == WAIT_OBJECT_0, "the next");
    OK(FindCloseChangeNotification(change), "FindCloseChangeNotification");
    OK(FindFirstChangeNotificationW(L"C:\\Watched\\none", FALSE, 1) == INVALID_HANDLE_VALUE,
       "a folder that is none");
    DeleteFileA("C:\\Watched\\a");
}

/* The watched folder itself goes. */
static void test_deleted(void)
{
    HANDLE directory = open_directory("C:\\Watched");
    OVERLAPPED o = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD bytes;

    ReadDirectoryChangesW(directory, records, sizeof(records), FALSE, NAMES, NULL, &o, NULL);
    OK(RemoveDirectoryA("C:\\Watched"), "a watched folder can be removed");
    OK(!GetOverlappedResult(directory, &o, &bytes, TRUE) && GetLastError() == ERROR_ACCESS_DENIED,
       "which ends the request");
    CloseHandle(directory);
    CloseHandle(o.hEvent);
}

int main(void)
{
    CreateDirectoryA("C:\\Watched", NULL);
    test_overlapped();
    test_handle();
    test_deleted();
    return tap_end();
}
