/*
 * Starting, stopping and deleting services. What a service depends on is started before it; of a
 * group that it depends on one member has to run, and all are tried. A driver whose devices are in
 * use is unloaded later, and its service is stopping until then. [doc StartServiceW,
 * ControlService, DeleteService]
 */
#include "service.h"

#define LOAD_DRIVER_PRIVILEGE 10
#define DEEPEST_DEPENDENCY 64

NTSYSAPI NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING Name);
NTSYSAPI NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING Name);
NTSYSAPI NTSTATUS NTAPI NtOpenProcessToken(HANDLE Process, ACCESS_MASK Access, PHANDLE Token);
NTSYSAPI NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll,
                                                PTOKEN_PRIVILEGES New, ULONG Bytes,
                                                PTOKEN_PRIVILEGES Old, PULONG Needed);

/* Loading drivers takes a privilege that administrators have and that is off until it is asked for.
 */
static VOID EnableLoadDriver(VOID)
{
    TOKEN_PRIVILEGES New = {1, {{{LOAD_DRIVER_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED}}};
    HANDLE Token;

    if (!NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token)))
        return;
    NtAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL,
                            NULL); /* without it the load is refused and says so */
    NtClose(Token);
}

static NTSTATUS CallLoader(NTSTATUS (NTAPI *Loader)(PUNICODE_STRING), LPCWSTR Service)
{
    WCHAR Path[COUNT_OF(SERVICES_KEY) + SERVICE_NAME_LIMIT + 2] = SERVICES_KEY L"\\";
    UNICODE_STRING Name;

    lstrcatW(Path, Service);
    RtlInitUnicodeString(&Name, Path);
    return Loader(&Name);
}

/* ---- start ---- */

static DWORD Start(LPCWSTR Service, int Depth);

static DWORD StartNeeded(LPCWSTR Service, int Depth)
{
    DWORD Error = Start(Service, Depth + 1);

    if (Error == ERROR_SERVICE_ALREADY_RUNNING)
        return ERROR_SUCCESS;
    return Error == ERROR_SUCCESS || Error == ERROR_CIRCULAR_DEPENDENCY
               ? Error
               : ERROR_SERVICE_DEPENDENCY_FAIL;
}

static DWORD StartServices(LPCWSTR Names, int Depth)
{
    DWORD Error = ERROR_SUCCESS;

    for (; Names != NULL && *Names != 0 && Error == ERROR_SUCCESS; Names += lstrlenW(Names) + 1)
        Error = StartNeeded(Names, Depth);
    return Error;
}

/* Whether a member of the group runs, once all that can be started have been. */
static BOOL StartGroup(const SERVICE_LIST *List, LPCWSTR Group, LPCWSTR Except, int Depth)
{
    BOOL Runs = FALSE;

    for (DWORD i = 0; i < List->Count; i++)
        if (ScmIsInGroup(&List->Entries[i], Group) &&
            lstrcmpiW(List->Entries[i].Name, Except) != 0 &&
            StartNeeded(List->Entries[i].Name, Depth) == ERROR_SUCCESS)
            Runs = TRUE;
    return Runs;
}

static DWORD StartGroups(LPCWSTR Groups, LPCWSTR Service, int Depth)
{
    SERVICE_LIST List;
    DWORD Error = ERROR_SUCCESS;

    if (Groups == NULL || *Groups == 0)
        return ERROR_SUCCESS;
    Error = ScmReadList(&List);
    for (; Error == ERROR_SUCCESS && *Groups != 0; Groups += lstrlenW(Groups) + 1)
        if (!StartGroup(&List, Groups, Service, Depth))
            Error = ERROR_SERVICE_DEPENDENCY_FAIL;
    ScmFreeList(&List);
    return Error;
}

static DWORD StartDependencies(HANDLE Key, LPCWSTR Service, int Depth)
{
    WCHAR *Services = ScmGetTexts(Key, L"DependOnService"),
          *Groups = ScmGetTexts(Key, L"DependOnGroup");
    DWORD Error;

    if (Depth >= DEEPEST_DEPENDENCY && (Services != NULL || Groups != NULL))
        Error = ERROR_CIRCULAR_DEPENDENCY;
    else
        Error = StartServices(Services, Depth);
    if (Error == ERROR_SUCCESS)
        Error = StartGroups(Groups, Service, Depth);
    HeapFree(ProcessHeap(), 0, Services);
    HeapFree(ProcessHeap(), 0, Groups);
    return Error;
}

static DWORD Load(LPCWSTR Service)
{
    DWORD Error;

    ScmNoteState(Service, SERVICE_START_PENDING, ERROR_SUCCESS);
    Error = ScmError(CallLoader(NtLoadDriver, Service));
    ScmNoteState(Service, Error == ERROR_SUCCESS ? SERVICE_RUNNING : SERVICE_STOPPED, Error);
    if (Error == ERROR_SUCCESS)
        ScmTellState(Service, TRUE);
    else
        ScmTellStartFailed(Service, Error);
    return Error;
}

/* With the database locked. */
static DWORD Start(LPCWSTR Service, int Depth)
{
    DWORD Error;
    HANDLE Key;
    NTSTATUS Status = ScmOpenKey(Service, KEY_READ, &Key);

    if (!NT_SUCCESS(Status))
        return Status == STATUS_OBJECT_NAME_NOT_FOUND ? ERROR_SERVICE_DOES_NOT_EXIST
                                                      : ScmError(Status);
    if (ScmGetNumber(Key, L"DeleteFlag", 0) != 0)
        Error = ERROR_SERVICE_MARKED_FOR_DELETE;
    else if (ScmIsLoaded(Service, ScmGetNumber(Key, L"Type", SERVICE_KERNEL_DRIVER)))
        Error = ERROR_SERVICE_ALREADY_RUNNING;
    else if (ScmGetNumber(Key, L"Start", SERVICE_DEMAND_START) == SERVICE_DISABLED)
        Error = ERROR_SERVICE_DISABLED;
    else
        Error = StartDependencies(Key, Service, Depth);
    NtClose(Key);
    return Error == ERROR_SUCCESS ? Load(Service) : Error;
}

BOOL WINAPI StartServiceW(SC_HANDLE Handle, DWORD Count, LPCWSTR *Arguments)
{
    SERVICE *Service = ScmCheckService(Handle, SERVICE_START);
    HANDLE Lock;
    DWORD Error;

    IGNORE_ARG(Count);
    IGNORE_ARG(Arguments); /* drivers get none */
    if (Service == NULL)
        return FALSE;
    Error = ScmLock(&Lock);
    if (Error != ERROR_SUCCESS)
        return ScmFail(Error);
    EnableLoadDriver();
    Error = Start(Service->Name, 0);
    ScmUnlock(Lock);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

BOOL WINAPI StartServiceA(SC_HANDLE Handle, DWORD Count, LPCSTR *Arguments)
{
    IGNORE_ARG(Arguments); /* drivers get none */
    return StartServiceW(Handle, Count, NULL);
}

/* ---- stop ---- */

static BOOL HasRunningDependent(LPCWSTR Service)
{
    SERVICE_LIST List;
    const SERVICE_ENTRY *Entry;
    BOOL Found = FALSE;

    if (ScmReadList(&List) != ERROR_SUCCESS)
        return FALSE;
    Entry = ScmFind(&List, Service);
    for (DWORD i = 0; Entry != NULL && !Found && i < List.Count; i++)
        Found = &List.Entries[i] != Entry && ScmIsOneOf(List.Entries[i].Services, Service) &&
                ScmIsLoaded(List.Entries[i].Name, List.Entries[i].Type);
    ScmFreeList(&List);
    return Found;
}

/* With the database locked. What the driver does while it is unloaded is noted before, and taken
 * back if it refuses. */
static DWORD Stop(LPCWSTR Service)
{
    NTSTATUS Status;

    if (HasRunningDependent(Service))
        return ERROR_DEPENDENT_SERVICES_RUNNING;
    EnableLoadDriver();
    ScmNoteState(Service, SERVICE_STOP_PENDING, ERROR_SUCCESS);
    Status = CallLoader(NtUnloadDriver, Service);
    if (NT_SUCCESS(Status)) {
        ScmTellState(Service, FALSE);
        return ERROR_SUCCESS;
    }
    ScmNoteState(Service, SERVICE_RUNNING, ERROR_SUCCESS);
    if (Status == STATUS_INVALID_DEVICE_REQUEST)
        return ERROR_INVALID_SERVICE_CONTROL; /* it has no unload routine */
    return Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND
               ? ERROR_SERVICE_NOT_ACTIVE
               : ScmError(Status);
}

static DWORD AccessFor(DWORD Control)
{
    switch (Control) {
    case SERVICE_CONTROL_STOP: return SERVICE_STOP;
    case SERVICE_CONTROL_INTERROGATE: return SERVICE_INTERROGATE;
    case SERVICE_CONTROL_PAUSE:
    case SERVICE_CONTROL_CONTINUE:
    case SERVICE_CONTROL_PARAMCHANGE:
    case SERVICE_CONTROL_NETBINDADD:
    case SERVICE_CONTROL_NETBINDREMOVE:
    case SERVICE_CONTROL_NETBINDENABLE:
    case SERVICE_CONTROL_NETBINDDISABLE: return SERVICE_PAUSE_CONTINUE;
    default: return SERVICE_USER_DEFINED_CONTROL;
    }
}

/* With the database locked. [doc ControlService: which states take a control] */
static DWORD Control(LPCWSTR Service, DWORD Type, DWORD Code, LPSERVICE_STATUS_PROCESS Status)
{
    DWORD Error = ERROR_SUCCESS;

    ScmQueryState(Service, Type, Status);
    if (Status->dwCurrentState == SERVICE_STOPPED)
        Error = ERROR_SERVICE_NOT_ACTIVE;
    else if (Code == SERVICE_CONTROL_INTERROGATE)
        Error = ERROR_SUCCESS;
    else if (Code != SERVICE_CONTROL_STOP)
        Error = ERROR_INVALID_SERVICE_CONTROL; /* a driver takes no other */
    else if (Status->dwCurrentState != SERVICE_RUNNING)
        Error = ERROR_SERVICE_CANNOT_ACCEPT_CTRL;
    else
        Error = Stop(Service);
    ScmQueryState(Service, Type, Status);
    return Error;
}

BOOL WINAPI ControlService(SC_HANDLE Handle, DWORD Code, LPSERVICE_STATUS Result)
{
    SERVICE *Service = ScmCheckService(Handle, AccessFor(Code));
    SERVICE_STATUS_PROCESS Status;
    HANDLE Lock, Key;
    DWORD Error;

    if (Service == NULL)
        return FALSE;
    Error = Code == 0 || Code > 255 ? ERROR_INVALID_PARAMETER : ScmLock(&Lock);
    if (Error != ERROR_SUCCESS)
        return ScmFail(Error);
    Error = ScmError(ScmOpenKey(Service->Name, KEY_READ, &Key));
    if (Error == ERROR_SUCCESS) {
        Error = Control(Service->Name, ScmGetNumber(Key, L"Type", SERVICE_KERNEL_DRIVER), Code,
                        &Status);
        NtClose(Key);
        if (Result != NULL)
            CopyMemory(Result, &Status, sizeof(*Result)); /* it starts with the same members */
    }
    ScmUnlock(Lock);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

/* ---- delete ---- */

static DWORD Mark(LPCWSTR Service)
{
    HANDLE Key;
    DWORD Error;
    NTSTATUS Status = ScmOpenKey(Service, KEY_READ | KEY_WRITE, &Key);

    if (!NT_SUCCESS(Status))
        return ScmError(Status);
    if (ScmGetNumber(Key, L"DeleteFlag", 0) != 0)
        Error = ERROR_SERVICE_MARKED_FOR_DELETE;
    else
        Error = ScmError(ScmSetNumber(Key, L"DeleteFlag", 1));
    NtClose(Key);
    return Error;
}

BOOL WINAPI DeleteService(SC_HANDLE Handle)
{
    SERVICE *Service = ScmCheckService(Handle, DELETE);
    HANDLE Lock;
    DWORD Error;

    if (Service == NULL)
        return FALSE;
    Error = ScmLock(&Lock);
    if (Error != ERROR_SUCCESS)
        return ScmFail(Error);
    Error = Mark(Service->Name);
    ScmUnlock(Lock);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

/* ---- programs that are services ---- */

/* [doc] the answer to a program that the service control manager has not started: none is started
 * here. */
static BOOL RefuseDispatcher(VOID)
{
    return ScmFail(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
}

BOOL WINAPI StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW *Table)
{
    IGNORE_ARG(Table);
    return RefuseDispatcher();
}

BOOL WINAPI StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *Table)
{
    IGNORE_ARG(Table);
    return RefuseDispatcher();
}
