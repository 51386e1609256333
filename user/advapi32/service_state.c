/*
 * Which state a service is in. Whether its driver is loaded is what the object manager says; what
 * that cannot tell is in a volatile key: that it is being started, that it was asked to stop, and
 * why it does not run.
 */
#include "service.h"

#define STATE_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\ServiceCurrent"

typedef struct _DIRECTORY_ENTRY {
    UNICODE_STRING Name, TypeName;
} DIRECTORY_ENTRY; /* OBJECT_DIRECTORY_INFORMATION */
#define DIRECTORY_QUERY_ACCESS 1

NTSYSAPI NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Directory, ACCESS_MASK Access,
                                              POBJECT_ATTRIBUTES Attributes);
NTSYSAPI NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE Directory, PVOID Buffer, ULONG Bytes,
                                               BOOLEAN Single, BOOLEAN Restart, PULONG Context,
                                               PULONG Returned);

static BOOL IsIn(LPCWSTR DirectoryName, LPCWSTR Wanted)
{
    struct { DIRECTORY_ENTRY Entry; WCHAR Text[2 * SERVICE_NAME_LIMIT]; } Record;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Directory;
    ULONG Index = 0, Bytes;
    BOOL Found = FALSE;

    RtlInitUnicodeString(&Name, DirectoryName);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtOpenDirectoryObject(&Directory, DIRECTORY_QUERY_ACCESS, &Attributes)))
        return FALSE;
    while (!Found && NT_SUCCESS(NtQueryDirectoryObject(Directory, &Record, sizeof(Record), TRUE,
                                                       FALSE, &Index, &Bytes)))
        Found =
            CompareStringOrdinal(Record.Entry.Name.Buffer, Record.Entry.Name.Length / sizeof(WCHAR),
                                 Wanted, -1, TRUE) == CSTR_EQUAL;
    NtClose(Directory);
    return Found;
}

BOOL ScmIsLoaded(LPCWSTR Service, DWORD Type)
{
    return IsIn(Type == SERVICE_FILE_SYSTEM_DRIVER || Type == SERVICE_RECOGNIZER_DRIVER
                    ? L"\\FileSystem"
                    : L"\\Driver",
                Service);
}

static NTSTATUS OpenNote(LPCWSTR Service, PHANDLE Key)
{
    WCHAR Path[COUNT_OF(STATE_KEY) + SERVICE_NAME_LIMIT + 2] = STATE_KEY;
    HANDLE Parent;
    NTSTATUS Status = ScmCreateVolatileKey(Path, &Parent);

    if (!NT_SUCCESS(Status))
        return Status;
    NtClose(Parent);
    lstrcatW(Path, L"\\");
    lstrcatW(Path, Service);
    return ScmCreateVolatileKey(Path, Key);
}

VOID ScmNoteState(LPCWSTR Service, DWORD State, DWORD ExitCode)
{
    HANDLE Key;

    if (!NT_SUCCESS(OpenNote(Service, &Key)))
        return; /* it is then told from the driver object alone */
    ScmSetNumber(Key, L"State", State);
    ScmSetNumber(Key, L"ExitCode", ExitCode);
    NtClose(Key);
}

VOID ScmForgetState(LPCWSTR Service)
{
    HANDLE Key;

    if (!NT_SUCCESS(OpenNote(Service, &Key)))
        return;
    NtDeleteKey(Key);
    NtClose(Key);
}

static VOID ReadNote(LPCWSTR Service, PDWORD State, PDWORD ExitCode)
{
    WCHAR Path[COUNT_OF(STATE_KEY) + SERVICE_NAME_LIMIT + 2] = STATE_KEY L"\\";
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;

    *State = 0;
    *ExitCode = ERROR_SERVICE_NEVER_STARTED;
    lstrcatW(Path, Service);
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtOpenKey(&Key, KEY_READ, &Attributes)))
        return;
    *State = ScmGetNumber(Key, L"State", 0);
    *ExitCode = ScmGetNumber(Key, L"ExitCode", ERROR_SERVICE_NEVER_STARTED);
    NtClose(Key);
}

VOID ScmQueryState(LPCWSTR Service, DWORD Type, LPSERVICE_STATUS_PROCESS Status)
{
    DWORD Noted, ExitCode;
    BOOL IsLoaded = ScmIsLoaded(Service, Type);

    ReadNote(Service, &Noted, &ExitCode);
    ZeroMemory(Status, sizeof(*Status)); /* a driver runs in no process */
    Status->dwServiceType = Type;
    if (Noted == SERVICE_START_PENDING && ScmIsLocked())
        Status->dwCurrentState = SERVICE_START_PENDING;
    else if (!IsLoaded)
        Status->dwCurrentState = SERVICE_STOPPED;
    else if (Noted == SERVICE_STOP_PENDING)
        Status->dwCurrentState = SERVICE_STOP_PENDING;
    else
        Status->dwCurrentState = SERVICE_RUNNING;
    if (Status->dwCurrentState == SERVICE_RUNNING)
        Status->dwControlsAccepted = SERVICE_ACCEPT_STOP;
    if (Status->dwCurrentState == SERVICE_STOPPED && Noted != SERVICE_RUNNING &&
        Noted != SERVICE_STOP_PENDING)
        Status->dwWin32ExitCode = ExitCode;
}
