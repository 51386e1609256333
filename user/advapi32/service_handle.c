/*
 * Handles of the manager and of services, with the rights they were opened for. Administrators get
 * what they ask for, everybody else may look. A deleted service goes when it does not run and its
 * last handle is closed: each handle holds one to a named event, whose count tells, in whatever
 * process. [doc: Service Security and Access Rights, DeleteService]
 */
#include "service.h"

#define PRESENCE_NAME L"\\BaseNamedObjects\\ServiceHandles."
#define MANAGER_FOR_ALL                                                                            \
    (SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_QUERY_LOCK_STATUS |            \
     READ_CONTROL)
#define SERVICE_FOR_ALL                                                                            \
    (SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | SERVICE_ENUMERATE_DEPENDENTS |                  \
     SERVICE_INTERROGATE | SERVICE_USER_DEFINED_CONTROL | READ_CONTROL)

typedef struct _OBJECT_COUNTS { /* PUBLIC_OBJECT_BASIC_INFORMATION */
    ULONG Attributes, Access, HandleCount, PointerCount, Reserved[10];
} OBJECT_COUNTS;

static const GENERIC_MAPPING ManagerMapping = {
    SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_QUERY_LOCK_STATUS | READ_CONTROL,
    SC_MANAGER_CREATE_SERVICE | SC_MANAGER_MODIFY_BOOT_CONFIG | READ_CONTROL,
    SC_MANAGER_CONNECT | SC_MANAGER_LOCK | READ_CONTROL, SC_MANAGER_ALL_ACCESS};
static const GENERIC_MAPPING ServiceMapping = {
    SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS | SERVICE_INTERROGATE |
        SERVICE_ENUMERATE_DEPENDENTS | READ_CONTROL,
    SERVICE_CHANGE_CONFIG | READ_CONTROL,
    SERVICE_START | SERVICE_STOP | SERVICE_PAUSE_CONTINUE | SERVICE_USER_DEFINED_CONTROL |
        READ_CONTROL,
    SERVICE_ALL_ACCESS};

/* Who may write to the services' key is an administrator as far as services go. */
static BOOL IsAdministrator(VOID)
{
    HANDLE Key;

    if (!NT_SUCCESS(ScmOpenKey(NULL, KEY_CREATE_SUB_KEY, &Key)))
        return FALSE;
    NtClose(Key);
    return TRUE;
}

/* What of the wish is granted; 0: it is refused. */
static ACCESS_MASK Grant(ACCESS_MASK Wish, const GENERIC_MAPPING *Mapping, ACCESS_MASK ForAll)
{
    ACCESS_MASK Most = IsAdministrator() ? Mapping->GenericAll : ForAll,
                Access = Wish & ~0xF0000000u;

    Access |= Wish & GENERIC_READ ? Mapping->GenericRead : 0;
    Access |= Wish & GENERIC_WRITE ? Mapping->GenericWrite : 0;
    Access |= Wish & GENERIC_EXECUTE ? Mapping->GenericExecute : 0;
    Access |= Wish & GENERIC_ALL ? Mapping->GenericAll : 0;
    if (Access & MAXIMUM_ALLOWED)
        Access = (Access & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | Most;
    return Access & ~Most ? 0 : Access | READ_CONTROL;
}

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

    return NT_SUCCESS(NtQueryObject(Service->Presence, 0, &Counts, sizeof(Counts), NULL)) &&
           Counts.HandleCount == 1;
}

VOID ScmFreeHandle(SERVICE *Service)
{
    if (Service->Presence != NULL)
        NtClose(Service->Presence);
    HeapFree(ProcessHeap(), 0, Service);
}

static BOOL IsName(LPCWSTR Name)
{
    SIZE_T Units = 0;

    for (; Name[Units] != 0; Units++)
        if (Name[Units] == '/' || Name[Units] == '\\' || Units == SERVICE_NAME_LIMIT)
            return FALSE;
    return Units != 0;
}

SERVICE *ScmNewHandle(LPCWSTR Name, ACCESS_MASK Access)
{
    SERVICE *Service;

    if (Name != NULL && !IsName(Name)) {
        SetLastError(ERROR_INVALID_NAME);
        return NULL;
    }
    Service = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Service));
    if (Service == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    Service->Access = Access;
    if (Name == NULL)
        return Service;
    lstrcpyW(Service->Name, Name);
    if (NT_SUCCESS(OpenPresence(Name, &Service->Presence)))
        return Service;
    ScmFreeHandle(Service);
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return NULL;
}

static SERVICE *Check(SC_HANDLE Handle, BOOL IsService, ACCESS_MASK Access)
{
    SERVICE *Service = (SERVICE *)Handle;

    if (Service == NULL || (Service->Name[0] != 0) != IsService) {
        SetLastError(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if ((Service->Access & Access) != Access) {
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return Service;
}

SERVICE *ScmCheckService(SC_HANDLE Handle, ACCESS_MASK Access)
{
    return Check(Handle, TRUE, Access);
}

SERVICE *ScmCheckManager(SC_HANDLE Handle, ACCESS_MASK Access)
{
    return Check(Handle, FALSE, Access);
}

VOID ScmDeleteIfDue(SERVICE *Service)
{
    HANDLE Key;

    if (!NT_SUCCESS(ScmOpenKey(Service->Name, KEY_READ | DELETE, &Key)))
        return;
    if (ScmGetNumber(Key, L"DeleteFlag", 0) != 0 && IsOnlyHandle(Service) &&
        !ScmIsLoaded(Service->Name, ScmGetNumber(Key, L"Type", SERVICE_KERNEL_DRIVER)) &&
        NT_SUCCESS(ScmDeleteTree(Key)))
        ScmForgetState(Service->Name);
    NtClose(Key);
}

static BOOL IsLocal(LPCWSTR Machine)
{
    return Machine == NULL || *Machine == 0 || lstrcmpiW(Machine, L"\\\\.") == 0 ||
           lstrcmpiW(Machine, L"localhost") == 0 || lstrcmpiW(Machine, L"\\\\localhost") == 0;
}

SC_HANDLE WINAPI OpenSCManagerW(LPCWSTR Machine, LPCWSTR Database, DWORD Access)
{
    ACCESS_MASK Granted;

    if (!IsLocal(Machine)) {
        SetLastError(RPC_S_SERVER_UNAVAILABLE);
        return NULL;
    }
    if (Database != NULL && lstrcmpiW(Database, SERVICES_ACTIVE_DATABASEW) != 0) {
        SetLastError(lstrcmpiW(Database, SERVICES_FAILED_DATABASEW) == 0
                         ? ERROR_DATABASE_DOES_NOT_EXIST
                         : ERROR_INVALID_NAME);
        return NULL;
    }
    Granted = Grant(Access | SC_MANAGER_CONNECT, &ManagerMapping, MANAGER_FOR_ALL);
    if (Granted == 0) {
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return (SC_HANDLE)ScmNewHandle(NULL, Granted);
}

/* The handle of a service that is there; NULL: the error is set. */
static SERVICE *OpenExisting(LPCWSTR Name, ACCESS_MASK Granted)
{
    SERVICE *Service = ScmNewHandle(Name, Granted);
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return NULL;
    ScmDeleteIfDue(Service); /* what a process has left that is gone */
    Status = ScmOpenKey(Name, KEY_READ, &Key);
    if (NT_SUCCESS(Status)) {
        if (ScmGetNumber(Key, L"Type", 0) == 0)
            Status = STATUS_OBJECT_NAME_NOT_FOUND; /* only a place for parameters */
        NtClose(Key);
    }
    if (NT_SUCCESS(Status))
        return Service;
    ScmFreeHandle(Service);
    SetLastError(Status == STATUS_OBJECT_NAME_NOT_FOUND ? ERROR_SERVICE_DOES_NOT_EXIST
                                                        : ScmError(Status));
    return NULL;
}

SC_HANDLE WINAPI OpenServiceW(SC_HANDLE Manager, LPCWSTR Name, DWORD Access)
{
    ACCESS_MASK Granted;

    if (ScmCheckManager(Manager, SC_MANAGER_CONNECT) == NULL)
        return NULL;
    if (Name == NULL) {
        SetLastError(ERROR_INVALID_NAME);
        return NULL;
    }
    Granted = Grant(Access, &ServiceMapping, SERVICE_FOR_ALL);
    if (Granted == 0) {
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return (SC_HANDLE)OpenExisting(Name, Granted);
}

BOOL WINAPI CloseServiceHandle(SC_HANDLE Handle)
{
    SERVICE *Service = (SERVICE *)Handle;

    if (Service == NULL)
        return ScmFail(ERROR_INVALID_HANDLE);
    if (Service->Name[0] != 0)
        ScmDeleteIfDue(Service);
    ScmFreeHandle(Service);
    return TRUE;
}
