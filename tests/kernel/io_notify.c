/* Changes of a directory, watched through the system service: refusals, the event, what the buffer
 * says, the end of the handle. */
#include <ntifs.h>

#include "tap.h"

/* [doc: NtNotifyChangeDirectoryFile]; no DDK declares them. */
NTSYSAPI NTSTATUS NTAPI ZwNotifyChangeDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID,
                                                    PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN);
NTSYSAPI NTSTATUS NTAPI NtNotifyChangeDirectoryFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID,
                                                    PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN);

#define DIRECTORY L"\\??\\C:\\io_notify"

static HANDLE open_path(PCWSTR Path, ACCESS_MASK Access, ULONG Disposition, ULONG Options)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Iosb;
    UNICODE_STRING Name;
    HANDLE Handle = NULL;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    is_status(ZwCreateFile(&Handle, Access | SYNCHRONIZE, &Attributes, &Iosb, NULL,
                           FILE_ATTRIBUTE_NORMAL, 7, Disposition, Options, NULL, 0),
              STATUS_SUCCESS, "open");
    return Handle;
}

static ULONG Buffer[64];
static IO_STATUS_BLOCK Iosb;

static NTSTATUS watch(HANDLE Directory, HANDLE Event, ULONG Filter)
{
    tap_fill(&Buffer);
    tap_fill(&Iosb);
    return ZwNotifyChangeDirectoryFile(Directory, Event, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                       Filter, FALSE);
}

static VOID test_change(HANDLE Directory, HANDLE Event)
{
    LARGE_INTEGER Zero = {.QuadPart = 0};
    FILE_NOTIFY_INFORMATION *Info = (FILE_NOTIFY_INFORMATION *)Buffer;

    is_status(watch(Directory, Event, 0), STATUS_INVALID_PARAMETER, "no filter");
    is_status(watch(Directory, Event, 0x80000000), STATUS_INVALID_PARAMETER, "an unknown filter");
    is_status(watch(Directory, Event, FILE_NOTIFY_CHANGE_FILE_NAME), STATUS_PENDING,
              "a watch pends");
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_TIMEOUT, "nothing has changed");
    ZwClose(open_path(DIRECTORY L"\\new.txt", GENERIC_WRITE, FILE_CREATE,
                      FILE_SYNCHRONOUS_IO_NONALERT));
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS,
              "a file is made: the event is set");
    is_status(Iosb.Status, STATUS_SUCCESS, "the watch's status");
    is_ulong64(Info->Action, FILE_ACTION_ADDED, "what was done");
    is_ulong64(Info->FileNameLength, 7 * sizeof(WCHAR), "the length of the name");
    ok(RtlEqualMemory(Info->FileName, L"new.txt", 7 * sizeof(WCHAR)), "the name");
    is_ulong64(Iosb.Information,
               FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + 7 * sizeof(WCHAR), "bytes");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    HANDLE Directory, File, Event;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Directory = open_path(DIRECTORY, FILE_LIST_DIRECTORY, FILE_OPEN_IF, FILE_DIRECTORY_FILE);
    is_status(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE),
              STATUS_SUCCESS, "an event");
    test_change(Directory, Event);
    File =
        open_path(DIRECTORY L"\\new.txt", GENERIC_READ | DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE);
    is_status(NtNotifyChangeDirectoryFile(File, Event, NULL, NULL, &Iosb, Buffer, sizeof(Buffer),
                                          FILE_NOTIFY_CHANGE_FILE_NAME, FALSE),
              STATUS_INVALID_PARAMETER, "a file is no directory");
    ZwClose(File);
    is_status(watch(Directory, Event, FILE_NOTIFY_CHANGE_FILE_NAME), STATUS_PENDING, "a watch");
    is_status(Iosb.Status, STATUS_SUCCESS,
              "what happened between two watches is not lost: the file is gone");
    is_ulong64(((FILE_NOTIFY_INFORMATION *)Buffer)->Action, FILE_ACTION_REMOVED, "as it says");
    is_status(watch(Directory, Event, FILE_NOTIFY_CHANGE_FILE_NAME), STATUS_PENDING,
              "another watch");
    ZwClose(Directory);
    is_status(Iosb.Status, STATUS_NOTIFY_CLEANUP, "it ends with the handle");
    ZwClose(Event);
    return done();
}
