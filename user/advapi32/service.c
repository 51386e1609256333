/*
 * The service control manager as installers of drivers use it: services are registry keys, starting and stopping one is
 * NtLoadDriver and NtUnloadDriver. Kernel drivers only; no other machine; rights asked for are not checked here (the
 * registry and the privilege to load drivers are). [doc: winsvc.h]
 */
#include "../nt.h"
#include <winsvc.h>

#define SERVICE_NAME_LIMIT 256
#define SERVICES_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define LOAD_DRIVER_PRIVILEGE 10

typedef struct _SERVICE { /* what an SC_HANDLE points to; without a name it is the manager's */
    WCHAR KeyName[COUNT_OF(SERVICES_KEY) + SERVICE_NAME_LIMIT];
    BOOL IsService;
} SERVICE;

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

static NTSTATUS SetNumber(HANDLE Key, LPCWSTR ValueName, DWORD Value)
{
    UNICODE_STRING Name;

    RtlInitUnicodeString(&Name, ValueName);
    return NtSetValueKey(Key, &Name, 0, REG_DWORD, &Value, sizeof(Value));
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

SC_HANDLE WINAPI CreateServiceW(SC_HANDLE Manager, LPCWSTR Name, LPCWSTR DisplayName, DWORD Access, DWORD Type,
                                DWORD StartType, DWORD ErrorControl, LPCWSTR Path, LPCWSTR Group, LPDWORD Tag,
                                LPCWSTR Dependencies, LPCWSTR Account, LPCWSTR Password)
{
    SERVICE *Service;
    HANDLE Key;
    NTSTATUS Status;

    IGNORE_ARG(DisplayName);
    IGNORE_ARG(Access);
    IGNORE_ARG(Group);
    IGNORE_ARG(Tag);
    IGNORE_ARG(Dependencies);
    IGNORE_ARG(Account);
    IGNORE_ARG(Password);
    if (Manager == NULL || Name == NULL || Path == NULL || Type != SERVICE_KERNEL_DRIVER) {
        SetLastError(Manager == NULL ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    Service = NewHandle(Name);
    if (Service == NULL)
        return NULL;
    Status = OpenServiceKey(Service, TRUE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = SetImagePath(Key, Path);
        if (NT_SUCCESS(Status))
            Status = SetNumber(Key, L"Type", Type);
        if (NT_SUCCESS(Status))
            Status = SetNumber(Key, L"Start", StartType);
        if (NT_SUCCESS(Status))
            Status = SetNumber(Key, L"ErrorControl", ErrorControl);
        if (!NT_SUCCESS(Status))
            NtDeleteKey(Key);
        NtClose(Key);
    }
    if (NT_SUCCESS(Status))
        return (SC_HANDLE)Service;
    HeapFree(ProcessHeap(), 0, Service);
    if (Status == STATUS_OBJECT_NAME_COLLISION)
        SetLastError(ERROR_SERVICE_EXISTS);
    else
        FailStatus(Status);
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
    Status = OpenServiceKey(Service, FALSE, &Key);
    if (!NT_SUCCESS(Status)) {
        HeapFree(ProcessHeap(), 0, Service);
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

BOOL WINAPI StartServiceW(SC_HANDLE Handle, DWORD Count, LPCWSTR *Arguments)
{
    SERVICE *Service = CheckService(Handle);
    UNICODE_STRING Name;
    NTSTATUS Status;

    IGNORE_ARG(Count);
    IGNORE_ARG(Arguments);
    if (Service == NULL)
        return FALSE;
    EnableLoadDriver();
    RtlInitUnicodeString(&Name, Service->KeyName);
    Status = NtLoadDriver(&Name);
    return NT_SUCCESS(Status) ? TRUE : FailStatus(Status);
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

BOOL WINAPI DeleteService(SC_HANDLE Handle)
{
    SERVICE *Service = CheckService(Handle);
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    Status = OpenServiceKey(Service, FALSE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = NtDeleteKey(Key);
        NtClose(Key);
    }
    return NT_SUCCESS(Status) ? TRUE : FailStatus(Status);
}

BOOL WINAPI CloseServiceHandle(SC_HANDLE Handle)
{
    if (Handle == NULL)
        return Fail(ERROR_INVALID_HANDLE);
    HeapFree(ProcessHeap(), 0, Handle);
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
    WCHAR WideName[MAX_PATH], WidePath[MAX_PATH];

    IGNORE_ARG(DisplayName);
    IGNORE_ARG(Group);
    IGNORE_ARG(Dependencies);
    IGNORE_ARG(Account);
    IGNORE_ARG(Password);
    return CreateServiceW(Manager, Widen(Name, WideName), NULL, Access, Type, StartType, ErrorControl,
                          Widen(Path, WidePath), NULL, Tag, NULL, NULL, NULL);
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
