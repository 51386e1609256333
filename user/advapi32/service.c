/*
 * The service control manager as installers of drivers use it: services are registry keys, starting and stopping one is
 * NtLoadDriver and NtUnloadDriver. Kernel drivers only; no other machine; rights asked for are not checked here (the
 * registry and the privilege to load drivers are). What a service depends on is started before it; a service that depends
 * on a group is not started. A service that is deleted goes when it does not run and its last handle is closed: each handle
 * holds one to a named event, whose count tells, in whatever process. [doc: winsvc.h]
 */
#include "../nt.h"
#include <winsvc.h>

#define SERVICE_NAME_LIMIT 256
#define SERVICES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define LOAD_DRIVER_PRIVILEGE 10

typedef struct _SERVICE { /* what an SC_HANDLE points to; without a name it is the manager's */
    WCHAR KeyName[COUNT_OF(SERVICES_KEY) + SERVICE_NAME_LIMIT];
    BOOL IsService;
    HANDLE Presence; /* of a service: the event that all its handles share */
} SERVICE;

typedef struct _DIRECTORY_ENTRY { UNICODE_STRING Name, TypeName; } DIRECTORY_ENTRY; /* OBJECT_DIRECTORY_INFORMATION */
typedef struct _VALUE_DATA { ULONG TitleIndex, Type, DataLength; BYTE Data[4]; } VALUE_DATA; /* partial information */
#define VALUE_DATA_CLASS 2 /* KeyValuePartialInformation */
#define DIRECTORY_QUERY_ACCESS 1

NTSYSAPI NTSTATUS NTAPI NtOpenDirectoryObject(PHANDLE Directory, ACCESS_MASK Access, POBJECT_ATTRIBUTES Attributes);
NTSYSAPI NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE Directory, PVOID Buffer, ULONG Bytes, BOOLEAN Single,
                                               BOOLEAN Restart, PULONG Context, PULONG Returned);
NTSYSAPI NTSTATUS NTAPI NtLoadDriver(PUNICODE_STRING Name);
NTSYSAPI NTSTATUS NTAPI NtUnloadDriver(PUNICODE_STRING Name);
NTSYSAPI NTSTATUS NTAPI NtOpenProcessToken(HANDLE Process, ACCESS_MASK Access, PHANDLE Token);
NTSYSAPI NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll, PTOKEN_PRIVILEGES New, ULONG Bytes,
                                                PTOKEN_PRIVILEGES Old, PULONG Needed);

static BOOL Fail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

static BOOL FailStatus(NTSTATUS Status)
{
    switch (Status) {
    case STATUS_OBJECT_NAME_NOT_FOUND: return Fail(ERROR_SERVICE_DOES_NOT_EXIST);
    case STATUS_IMAGE_ALREADY_LOADED: return Fail(ERROR_SERVICE_ALREADY_RUNNING);
    default: return Fail(RtlNtStatusToDosError(Status));
    }
}

#define PRESENCE_NAME L"\\BaseNamedObjects\\ServiceHandles."

typedef struct _OBJECT_COUNTS { /* PUBLIC_OBJECT_BASIC_INFORMATION */
    ULONG Attributes, Access, HandleCount, PointerCount, Reserved[10];
} OBJECT_COUNTS;

static NTSTATUS OpenPresence(LPCWSTR Name, PHANDLE Event)
{
    WCHAR Text[COUNT_OF(PRESENCE_NAME) + SERVICE_NAME_LIMIT];
    UNICODE_STRING NtName;
    OBJECT_ATTRIBUTES Attributes;

    lstrcpyW(Text, PRESENCE_NAME);
    lstrcatW(Text, Name);
    RtlInitUnicodeString(&NtName, Text);
    InitializeObjectAttributes(&Attributes, &NtName, OBJ_CASE_INSENSITIVE | OBJ_OPENIF, NULL, NULL);
    return NtCreateEvent(Event, EVENT_ALL_ACCESS, &Attributes, 0, FALSE);
}

/* Whether no other handle of the service is open. */
static BOOL IsOnlyHandle(const SERVICE *Service)
{
    OBJECT_COUNTS Counts;

    return NT_SUCCESS(NtQueryObject(Service->Presence, 0, &Counts, sizeof(Counts), NULL)) && Counts.HandleCount == 1;
}

static VOID FreeHandle(SERVICE *Service)
{
    if (Service->Presence != NULL)
        NtClose(Service->Presence);
    HeapFree(ProcessHeap(), 0, Service);
}

static SERVICE *NewHandle(LPCWSTR Name)
{
    SERVICE *Service = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Service));

    if (Service == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (Name != NULL) {
        if (lstrlenW(Name) >= SERVICE_NAME_LIMIT || *Name == 0) {
            HeapFree(ProcessHeap(), 0, Service);
            SetLastError(ERROR_INVALID_NAME);
            return NULL;
        }
        lstrcpyW(Service->KeyName, SERVICES_KEY);
        lstrcatW(Service->KeyName, Name);
        Service->IsService = TRUE;
        if (!NT_SUCCESS(OpenPresence(Name, &Service->Presence))) {
            HeapFree(ProcessHeap(), 0, Service);
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
    }
    return Service;
}

/* Opens the service's key; with Create makes one, and fails when it is there. */
static NTSTATUS OpenServiceKey(SERVICE *Service, BOOL Create, PHANDLE Key)
{
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    ULONG Disposition;
    NTSTATUS Status;

    RtlInitUnicodeString(&Name, Service->KeyName);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!Create)
        return NtOpenKey(Key, KEY_ALL_ACCESS, &Attributes);
    Status = NtCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, &Disposition);
    if (NT_SUCCESS(Status) && Disposition == REG_OPENED_EXISTING_KEY) {
        NtClose(*Key);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    return Status;
}

static DWORD GetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Default);
static BOOL IsDriverLoaded(const SERVICE *Service);

#define DELETE_FLAG L"DeleteFlag" /* of a service that is marked for deletion */

static BOOL IsMarked(SERVICE *Service)
{
    BOOL Marked;
    HANDLE Key;

    if (!NT_SUCCESS(OpenServiceKey(Service, FALSE, &Key)))
        return FALSE;
    Marked = GetNumber(Key, DELETE_FLAG, 0) != 0;
    NtClose(Key);
    return Marked;
}

/* A service that is marked, does not run and has no handle but this one goes. */
static VOID DeleteIfDue(SERVICE *Service)
{
    HANDLE Key;

    if (!IsMarked(Service) || !IsOnlyHandle(Service) || IsDriverLoaded(Service) ||
        !NT_SUCCESS(OpenServiceKey(Service, FALSE, &Key)))
        return;
    NtDeleteKey(Key);
    NtClose(Key);
}

static NTSTATUS SetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Value)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, ValueName);
    return NtSetValueKey(Key, &Name, 0, REG_DWORD, &Value, sizeof(Value));
}

/* A text or, with ends in it, several; an absent one is not stored. */
static NTSTATUS SetText(HANDLE Key, LPCWSTR ValueName, DWORD Type, LPCWSTR Text, SIZE_T Units)
{
    UNICODE_STRING Name;

    if (Text == NULL || Units == 0)
        return STATUS_SUCCESS;
    RtlInitUnicodeString(&Name, ValueName);
    return NtSetValueKey(Key, &Name, 0, Type, (PVOID)Text, (ULONG)(Units * sizeof(WCHAR)));
}

static NTSTATUS SetString(HANDLE Key, LPCWSTR ValueName, LPCWSTR Text)
{
    BOOL IsEmpty = Text == NULL || *Text == 0;

    return SetText(Key, ValueName, REG_SZ, Text, IsEmpty ? 0 : (SIZE_T)lstrlenW(Text) + 1);
}

/* Of the texts, those that name groups (with + before the name) or those that do not, into one value. */
static NTSTATUS SetDependencies(HANDLE Key, LPCWSTR ValueName, LPCWSTR Texts, BOOL Groups)
{
    LPCWSTR At;
    SIZE_T Units = 1;
    WCHAR *List, *To;
    NTSTATUS Status;

    for (At = Texts; At != NULL && *At != 0; At += lstrlenW(At) + 1)
        Units += (SIZE_T)lstrlenW(At) + 1;
    List = To = HeapAlloc(ProcessHeap(), 0, Units * sizeof(WCHAR));
    if (List == NULL)
        return STATUS_NO_MEMORY;
    for (At = Texts; At != NULL && *At != 0; At += lstrlenW(At) + 1)
        if ((*At == SC_GROUP_IDENTIFIERW) == Groups) {
            lstrcpyW(To, At + Groups);
            To += lstrlenW(To) + 1;
        }
    *To++ = 0;
    Status = SetText(Key, ValueName, REG_MULTI_SZ, List, To - List > 1 ? (SIZE_T)(To - List) : 0);
    HeapFree(ProcessHeap(), 0, List);
    return Status;
}

static NTSTATUS SetImagePath(HANDLE Key, LPCWSTR Path)
{
    WCHAR Text[MAX_PATH + 8] = L"\\??\\";
    UNICODE_STRING Name;

    if (lstrlenW(Path) >= MAX_PATH)
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(&Name, L"ImagePath");
    lstrcpyW(Path[0] == '\\' ? Text : Text + 4, Path); /* an NT path stays as it is */
    return NtSetValueKey(Key, &Name, 0, REG_EXPAND_SZ, Text, (lstrlenW(Text) + 1) * sizeof(WCHAR));
}

/* Loading drivers takes a privilege that administrators have and that is off until it is asked for. */
static VOID EnableLoadDriver(VOID)
{
    TOKEN_PRIVILEGES New = {1, {{{LOAD_DRIVER_PRIVILEGE, 0}, SE_PRIVILEGE_ENABLED}}};
    HANDLE Token;

    if (!NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &Token)))
        return;
    NtAdjustPrivilegesToken(Token, FALSE, &New, 0, NULL, NULL); /* without it the load is refused and says so */
    NtClose(Token);
}

SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR Machine, LPCWSTR Database, DWORD Access)
{
    IGNORE_ARG(Database);
    IGNORE_ARG(Access);
    if (Machine != NULL && *Machine != 0) {
        SetLastError(RPC_S_SERVER_UNAVAILABLE);
        return NULL;
    }
    return (SC_HANDLE)NewHandle(NULL);
}

/*
 * What does not go together, or is not modelled: a tag orders drivers within a group at boot, and nothing is started at
 * boot; the object of a driver is always \\Driver\\NAME, so no other name of it (the "account" of a driver) is taken.
 */
static DWORD CheckNewService(LPCWSTR Name, DWORD Type, DWORD StartType, DWORD ErrorControl, LPCWSTR Path, LPDWORD Tag,
                             LPCWSTR Account)
{
    WCHAR ObjectName[SERVICE_NAME_LIMIT + 8] = L"\\Driver\\";

    if (Name == NULL || *Name == 0 || lstrlenW(Name) >= SERVICE_NAME_LIMIT)
        return ERROR_INVALID_NAME;
    for (LPCWSTR At = Name; *At != 0; At++)
        if (*At == '/' || *At == '\\')
            return ERROR_INVALID_NAME;
    if (Path == NULL || Type != SERVICE_KERNEL_DRIVER || StartType > SERVICE_DISABLED ||
        ErrorControl > SERVICE_ERROR_CRITICAL || Tag != NULL)
        return ERROR_INVALID_PARAMETER;
    lstrcatW(ObjectName, Name);
    return Account != NULL && *Account != 0 && lstrcmpiW(Account, ObjectName) != 0 ? ERROR_INVALID_SERVICE_ACCOUNT
                                                                                   : ERROR_SUCCESS;
}

SC_HANDLE WINAPI CreateServiceW(SC_HANDLE Manager, LPCWSTR Name, LPCWSTR DisplayName, DWORD Access, DWORD Type,
                                DWORD StartType, DWORD ErrorControl, LPCWSTR Path, LPCWSTR Group, LPDWORD Tag,
                                LPCWSTR Dependencies, LPCWSTR Account, LPCWSTR Password)
{
    DWORD Error = Manager == NULL ? ERROR_INVALID_HANDLE
                                  : CheckNewService(Name, Type, StartType, ErrorControl, Path, Tag, Account);
    SERVICE *Service;
    HANDLE Key;
    NTSTATUS Status;

    IGNORE_ARG(Access);
    IGNORE_ARG(Password); /* drivers have none, and it is ignored for them [doc CreateServiceW] */
    if (Error != ERROR_SUCCESS) {
        SetLastError(Error);
        return NULL;
    }
    Service = NewHandle(Name);
    if (Service == NULL)
        return NULL;
    DeleteIfDue(Service); /* what a process has left that is gone */
    Status = OpenServiceKey(Service, TRUE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = SetImagePath(Key, Path);
        if (NT_SUCCESS(Status))
            Status = SetNumber(Key, L"Type", Type);
        if (NT_SUCCESS(Status))
            Status = SetNumber(Key, L"Start", StartType);
        if (NT_SUCCESS(Status))
            Status = SetNumber(Key, L"ErrorControl", ErrorControl);
        if (NT_SUCCESS(Status))
            Status = SetString(Key, L"DisplayName", DisplayName);
        if (NT_SUCCESS(Status))
            Status = SetString(Key, L"Group", Group);
        if (NT_SUCCESS(Status))
            Status = SetString(Key, L"ObjectName", Account);
        if (NT_SUCCESS(Status))
            Status = SetDependencies(Key, L"DependOnService", Dependencies, FALSE);
        if (NT_SUCCESS(Status))
            Status = SetDependencies(Key, L"DependOnGroup", Dependencies, TRUE);
        if (!NT_SUCCESS(Status))
            NtDeleteKey(Key);
        NtClose(Key);
    }
    if (NT_SUCCESS(Status))
        return (SC_HANDLE)Service;
    if (Status == STATUS_OBJECT_NAME_COLLISION)
        SetLastError(IsMarked(Service) ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS);
    else
        FailStatus(Status);
    FreeHandle(Service);
    return NULL;
}

SC_HANDLE WINAPI OpenServiceW(SC_HANDLE Manager, LPCWSTR Name, DWORD Access)
{
    SERVICE *Service;
    HANDLE Key;
    NTSTATUS Status;

    IGNORE_ARG(Access);
    if (Manager == NULL || Name == NULL) {
        SetLastError(Manager == NULL ? ERROR_INVALID_HANDLE : ERROR_INVALID_NAME);
        return NULL;
    }
    Service = NewHandle(Name);
    if (Service == NULL)
        return NULL;
    DeleteIfDue(Service);
    Status = OpenServiceKey(Service, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        FreeHandle(Service);
        FailStatus(Status);
        return NULL;
    }
    NtClose(Key);
    return (SC_HANDLE)Service;
}

static SERVICE *CheckService(SC_HANDLE Handle)
{
    SERVICE *Service = (SERVICE *)Handle;

    if (Service != NULL && Service->IsService)
        return Service;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

/* The service's DWORD value, or Default. */
static DWORD GetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Default)
{
    VALUE_DATA Value;
    UNICODE_STRING Name;
    ULONG Bytes;

    RtlInitUnicodeString(&Name, ValueName);
    if (!NT_SUCCESS(NtQueryValueKey(Key, &Name, VALUE_DATA_CLASS, &Value, sizeof(Value), &Bytes)) ||
        Value.Type != REG_DWORD)
        return Default;
    return *(DWORD UNALIGNED *)Value.Data;
}

/* The value's texts from the heap, with an end more than is stored; NULL: it has none. */
static WCHAR *GetTexts(HANDLE Key, LPCWSTR ValueName)
{
    VALUE_DATA *Value;
    UNICODE_STRING Name;
    WCHAR *Texts = NULL;
    ULONG Bytes = 0;

    RtlInitUnicodeString(&Name, ValueName);
    NtQueryValueKey(Key, &Name, VALUE_DATA_CLASS, NULL, 0, &Bytes);
    Value = Bytes != 0 ? HeapAlloc(ProcessHeap(), 0, Bytes) : NULL;
    if (Value == NULL)
        return NULL;
    if (NT_SUCCESS(NtQueryValueKey(Key, &Name, VALUE_DATA_CLASS, Value, Bytes, &Bytes)))
        Texts = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Value->DataLength + 2 * sizeof(WCHAR));
    if (Texts != NULL)
        CopyMemory(Texts, Value->Data, Value->DataLength);
    HeapFree(ProcessHeap(), 0, Value);
    return Texts;
}

#define DEEPEST_DEPENDENCY 32

static DWORD StartWithDependencies(SERVICE *Service, int Depth);

static DWORD StartDependencies(HANDLE Key, int Depth)
{
    WCHAR *Names = GetTexts(Key, L"DependOnService");
    DWORD Error = Depth >= DEEPEST_DEPENDENCY && Names != NULL ? ERROR_CIRCULAR_DEPENDENCY : ERROR_SUCCESS;

    for (WCHAR *At = Names; At != NULL && *At != 0 && Error == ERROR_SUCCESS; At += lstrlenW(At) + 1) {
        SERVICE *Needed = NewHandle(At);

        Error = Needed == NULL ? GetLastError() : StartWithDependencies(Needed, Depth + 1);
        if (Error == ERROR_SERVICE_ALREADY_RUNNING)
            Error = ERROR_SUCCESS;
        else if (Error != ERROR_SUCCESS && Error != ERROR_CIRCULAR_DEPENDENCY)
            Error = ERROR_SERVICE_DEPENDENCY_FAIL;
        if (Needed != NULL)
            FreeHandle(Needed);
    }
    HeapFree(ProcessHeap(), 0, Names);
    return Error;
}

/* Starts what the service depends on, then the service. Of groups it is not known which members run: they fail. */
static DWORD StartWithDependencies(SERVICE *Service, int Depth)
{
    UNICODE_STRING Name;
    WCHAR *Groups;
    HANDLE Key;
    NTSTATUS Status = OpenServiceKey(Service, FALSE, &Key);
    DWORD Error;

    if (!NT_SUCCESS(Status)) {
        FailStatus(Status);
        return GetLastError();
    }
    Groups = GetTexts(Key, L"DependOnGroup");
    Error = GetNumber(Key, DELETE_FLAG, 0) != 0                                ? ERROR_SERVICE_MARKED_FOR_DELETE
            : GetNumber(Key, L"Start", SERVICE_DEMAND_START) == SERVICE_DISABLED ? ERROR_SERVICE_DISABLED
            : Groups != NULL && *Groups != 0                                  ? ERROR_SERVICE_DEPENDENCY_FAIL
                                                                              : StartDependencies(Key, Depth);
    HeapFree(ProcessHeap(), 0, Groups);
    NtClose(Key);
    if (Error != ERROR_SUCCESS)
        return Error;
    RtlInitUnicodeString(&Name, Service->KeyName);
    Status = NtLoadDriver(&Name);
    if (NT_SUCCESS(Status))
        return ERROR_SUCCESS;
    FailStatus(Status);
    return GetLastError();
}

BOOL WINAPI StartServiceW(SC_HANDLE Handle, DWORD Count, LPCWSTR *Arguments)
{
    SERVICE *Service = CheckService(Handle);
    DWORD Error;

    IGNORE_ARG(Count);
    IGNORE_ARG(Arguments); /* drivers get none */
    if (Service == NULL)
        return FALSE;
    EnableLoadDriver();
    Error = StartWithDependencies(Service, 0);
    return Error == ERROR_SUCCESS ? TRUE : Fail(Error);
}

BOOL WINAPI StartServiceA(SC_HANDLE Handle, DWORD Count, LPCSTR *Arguments)
{
    IGNORE_ARG(Arguments); /* drivers get none */
    return StartServiceW(Handle, Count, NULL);
}

BOOL WINAPI ControlService(SC_HANDLE Handle, DWORD Control, LPSERVICE_STATUS Result)
{
    SERVICE *Service = CheckService(Handle);
    UNICODE_STRING Name;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    if (Control != SERVICE_CONTROL_STOP)
        return Fail(ERROR_INVALID_SERVICE_CONTROL);
    EnableLoadDriver();
    RtlInitUnicodeString(&Name, Service->KeyName);
    Status = NtUnloadDriver(&Name);
    if (Status == STATUS_INVALID_DEVICE_REQUEST)
        return Fail(ERROR_INVALID_SERVICE_CONTROL);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND || Status == STATUS_OBJECT_PATH_NOT_FOUND)
        return Fail(ERROR_SERVICE_NOT_ACTIVE); /* the driver is not loaded */
    if (!NT_SUCCESS(Status))
        return FailStatus(Status);
    ZeroMemory(Result, sizeof(*Result));
    Result->dwServiceType = SERVICE_KERNEL_DRIVER;
    Result->dwCurrentState = SERVICE_STOPPED;
    return TRUE;
}

/* Whether \\Driver has an object of the service's name. */
static BOOL IsDriverLoaded(const SERVICE *Service)
{
    struct { DIRECTORY_ENTRY Entry; WCHAR Text[2 * SERVICE_NAME_LIMIT]; } Record;
    LPCWSTR Wanted = Service->KeyName + COUNT_OF(SERVICES_KEY) - 1;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Directory;
    ULONG Index = 0, Bytes;
    BOOL Found = FALSE;

    RtlInitUnicodeString(&Name, L"\\Driver");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtOpenDirectoryObject(&Directory, DIRECTORY_QUERY_ACCESS, &Attributes)))
        return FALSE;
    while (!Found &&
           NT_SUCCESS(NtQueryDirectoryObject(Directory, &Record, sizeof(Record), TRUE, FALSE, &Index, &Bytes)))
        Found = CompareStringOrdinal(Record.Entry.Name.Buffer, Record.Entry.Name.Length / sizeof(WCHAR), Wanted, -1,
                                     TRUE) == CSTR_EQUAL;
    NtClose(Directory);
    return Found;
}

/* A driver runs in no process. Why it is not running is not kept: it has not been started, as far as this knows. */
static BOOL QueryStatus(SC_HANDLE Handle, LPSERVICE_STATUS_PROCESS Result)
{
    SERVICE *Service = CheckService(Handle);
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    Status = OpenServiceKey(Service, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return FailStatus(Status);
    ZeroMemory(Result, sizeof(*Result));
    Result->dwServiceType = GetNumber(Key, L"Type", SERVICE_KERNEL_DRIVER);
    NtClose(Key);
    if (IsDriverLoaded(Service)) {
        Result->dwCurrentState = SERVICE_RUNNING;
        Result->dwControlsAccepted = SERVICE_ACCEPT_STOP;
    } else {
        Result->dwCurrentState = SERVICE_STOPPED;
        Result->dwWin32ExitCode = ERROR_SERVICE_NEVER_STARTED;
    }
    return TRUE;
}

BOOL WINAPI QueryServiceStatusEx(SC_HANDLE Handle, SC_STATUS_TYPE Level, LPBYTE Buffer, DWORD Bytes, LPDWORD Needed)
{
    if (Level != SC_STATUS_PROCESS_INFO)
        return Fail(ERROR_INVALID_LEVEL);
    *Needed = sizeof(SERVICE_STATUS_PROCESS);
    if (Bytes < sizeof(SERVICE_STATUS_PROCESS))
        return Fail(ERROR_INSUFFICIENT_BUFFER);
    return QueryStatus(Handle, (LPSERVICE_STATUS_PROCESS)Buffer);
}

BOOL WINAPI QueryServiceStatus(SC_HANDLE Handle, LPSERVICE_STATUS Result)
{
    SERVICE_STATUS_PROCESS Status;

    if (!QueryStatus(Handle, &Status))
        return FALSE;
    CopyMemory(Result, &Status, sizeof(*Result)); /* it starts with the same members */
    return TRUE;
}

BOOL WINAPI DeleteService(SC_HANDLE Handle)
{
    SERVICE *Service = CheckService(Handle);
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    Status = OpenServiceKey(Service, FALSE, &Key);
    if (!NT_SUCCESS(Status))
        return FailStatus(Status);
    if (GetNumber(Key, DELETE_FLAG, 0) != 0) {
        NtClose(Key);
        return Fail(ERROR_SERVICE_MARKED_FOR_DELETE);
    }
    Status = SetNumber(Key, DELETE_FLAG, 1);
    NtClose(Key);
    return NT_SUCCESS(Status) ? TRUE : FailStatus(Status);
}

BOOL WINAPI CloseServiceHandle(SC_HANDLE Handle)
{
    SERVICE *Service = (SERVICE *)Handle;

    if (Service == NULL)
        return Fail(ERROR_INVALID_HANDLE);
    if (Service->IsService)
        DeleteIfDue(Service);
    FreeHandle(Service);
    return TRUE;
}

/* ---- the A forms ---- */

static LPCWSTR Widen(LPCSTR Text, WCHAR *Buffer)
{
    if (Text == NULL)
        return NULL;
    if (MultiByteToWideChar(CP_ACP, 0, Text, -1, Buffer, MAX_PATH) == 0)
        Buffer[0] = 0;
    return Buffer;
}

/* Texts that an empty one ends, from the heap. */
static WCHAR *WidenTexts(LPCSTR Texts)
{
    LPCSTR End = Texts;
    WCHAR *Wide;
    int Length;

    if (Texts == NULL)
        return NULL;
    while (*End != 0)
        End += lstrlenA(End) + 1;
    Length = (int)(End - Texts) + 1;
    Wide = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, ((SIZE_T)Length + 1) * sizeof(WCHAR));
    if (Wide != NULL)
        MultiByteToWideChar(CP_ACP, 0, Texts, Length, Wide, Length);
    return Wide;
}

SC_HANDLE WINAPI OpenSCManagerA(LPCSTR Machine, LPCSTR Database, DWORD Access)
{
    WCHAR Name[MAX_PATH];

    IGNORE_ARG(Database);
    return OpenSCManagerW(Widen(Machine, Name), NULL, Access);
}

SC_HANDLE WINAPI CreateServiceA(SC_HANDLE Manager, LPCSTR Name, LPCSTR DisplayName, DWORD Access, DWORD Type,
                                DWORD StartType, DWORD ErrorControl, LPCSTR Path, LPCSTR Group, LPDWORD Tag,
                                LPCSTR Dependencies, LPCSTR Account, LPCSTR Password)
{
    WCHAR WideName[MAX_PATH], WidePath[MAX_PATH], WideDisplay[MAX_PATH], WideGroup[MAX_PATH], WideAccount[MAX_PATH];
    WCHAR *WideDependencies = WidenTexts(Dependencies);
    SC_HANDLE Service;
    DWORD Error;

    IGNORE_ARG(Password);
    if (WideDependencies == NULL && Dependencies != NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    Service = CreateServiceW(Manager, Widen(Name, WideName), Widen(DisplayName, WideDisplay), Access, Type, StartType,
                             ErrorControl, Widen(Path, WidePath), Widen(Group, WideGroup), Tag, WideDependencies,
                             Widen(Account, WideAccount), NULL);
    Error = GetLastError();
    HeapFree(ProcessHeap(), 0, WideDependencies);
    SetLastError(Error);
    return Service;
}

SC_HANDLE WINAPI OpenServiceA(SC_HANDLE Manager, LPCSTR Name, DWORD Access)
{
    WCHAR Wide[MAX_PATH];

    return OpenServiceW(Manager, Widen(Name, Wide), Access);
}

BOOL WINAPI DllMain(HINSTANCE Instance, DWORD Reason, LPVOID Reserved)
{
    IGNORE_ARG(Instance);
    IGNORE_ARG(Reason);
    IGNORE_ARG(Reserved);
    return TRUE;
}
