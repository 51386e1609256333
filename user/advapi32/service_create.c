/*
 * Making services and changing what they are. Services that are programs are refused: nothing here
 * would run them. [doc CreateServiceW, ChangeServiceConfigW, ChangeServiceConfig2W]
 */
#include "service.h"

#define PATH_LIMIT 32767

typedef struct _SERVICE_SETTINGS { /* SERVICE_NO_CHANGE and NULL: not given */
    DWORD Type, Start, ErrorControl;
    LPCWSTR Path, Group, Dependencies, Account, DisplayName;
    LPDWORD Tag;
} SERVICE_SETTINGS;

static BOOL IsDriverType(DWORD Type)
{
    return Type == SERVICE_KERNEL_DRIVER || Type == SERVICE_FILE_SYSTEM_DRIVER ||
           Type == SERVICE_ADAPTER || Type == SERVICE_RECOGNIZER_DRIVER;
}

static DWORD CheckType(DWORD Type)
{
    if (IsDriverType(Type))
        return ERROR_SUCCESS;
    return Type & SERVICE_WIN32 ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER;
}

/* The object of a driver is always \Driver\NAME or \FileSystem\NAME, so no other name of it is
 * taken. */
static DWORD CheckAccount(LPCWSTR Name, LPCWSTR Account)
{
    WCHAR Object[SERVICE_NAME_LIMIT + 16] = L"\\Driver\\",
                                      System[SERVICE_NAME_LIMIT + 16] = L"\\FileSystem\\";

    if (Account == NULL || *Account == 0)
        return ERROR_SUCCESS;
    lstrcatW(Object, Name);
    lstrcatW(System, Name);
    return lstrcmpiW(Account, Object) == 0 || lstrcmpiW(Account, System) == 0
               ? ERROR_SUCCESS
               : ERROR_INVALID_SERVICE_ACCOUNT;
}

static DWORD CheckSettings(LPCWSTR Name, const SERVICE_SETTINGS *New)
{
    if (New->Type != SERVICE_NO_CHANGE && CheckType(New->Type) != ERROR_SUCCESS)
        return CheckType(New->Type);
    if ((New->Start != SERVICE_NO_CHANGE && New->Start > SERVICE_DISABLED) ||
        (New->ErrorControl != SERVICE_NO_CHANGE && New->ErrorControl > SERVICE_ERROR_CRITICAL) ||
        (New->Tag != NULL && (New->Group == NULL || *New->Group == 0)))
        return ERROR_INVALID_PARAMETER;
    if (New->DisplayName != NULL && lstrlenW(New->DisplayName) > SERVICE_NAME_LIMIT)
        return ERROR_INVALID_NAME;
    if (New->Path != NULL && lstrlenW(New->Path) > PATH_LIMIT)
        return ERROR_INVALID_PARAMETER;
    return CheckAccount(Name, New->Account);
}

/* Whether another service has the name for a display name, or has it for its own name. */
static BOOL IsDisplayNameTaken(const SERVICE_LIST *List, LPCWSTR Name, LPCWSTR DisplayName)
{
    for (DWORD i = 0; i < List->Count; i++) {
        const SERVICE_ENTRY *Other = &List->Entries[i];

        if (lstrcmpiW(Other->Name, Name) != 0 &&
            (lstrcmpiW(Other->Name, DisplayName) == 0 ||
             (Other->DisplayName != NULL && lstrcmpiW(Other->DisplayName, DisplayName) == 0)))
            return TRUE;
    }
    return FALSE;
}

/* What the other services say against it; the tag is the first that is free in its group. */
static DWORD CheckAmongOthers(LPCWSTR Name, const SERVICE_SETTINGS *New)
{
    SERVICE_LIST List;
    DWORD Error = ScmReadList(&List);

    if (Error != ERROR_SUCCESS)
        return Error;
    if (New->DisplayName != NULL && *New->DisplayName != 0 &&
        IsDisplayNameTaken(&List, Name, New->DisplayName))
        Error = ERROR_DUPLICATE_SERVICE_NAME;
    else if (ScmIsCircular(&List, Name, New->Dependencies))
        Error = ERROR_CIRCULAR_DEPENDENCY;
    else if (New->Tag != NULL) {
        *New->Tag = 1;
        for (DWORD i = 0; i < List.Count; i++)
            if (ScmIsInGroup(&List.Entries[i], New->Group) && List.Entries[i].Tag >= *New->Tag)
                *New->Tag = List.Entries[i].Tag + 1;
    }
    ScmFreeList(&List);
    return Error;
}

/*
 * NT paths stay as they are, paths from a drive get the name of the DOS devices, and what is
 * relative is so to the system's folder: the kernel's loader sees to it. [doc: ImagePath of a
 * driver's service]
 */
static NTSTATUS SetImagePath(HANDLE Key, LPCWSTR Path)
{
    BOOL HasDrive = Path[0] != 0 && Path[1] == ':';
    WCHAR *Text = HeapAlloc(ProcessHeap(), 0, ((SIZE_T)lstrlenW(Path) + 5) * sizeof(WCHAR));
    NTSTATUS Status;

    if (Text == NULL)
        return STATUS_NO_MEMORY;
    lstrcpyW(Text, HasDrive ? L"\\??\\" : L"");
    lstrcatW(Text, Path);
    Status = ScmSetString(Key, L"ImagePath", REG_EXPAND_SZ, Text);
    HeapFree(ProcessHeap(), 0, Text);
    return Status;
}

static NTSTATUS SetChangedNumber(HANDLE Key, LPCWSTR Name, DWORD Value)
{
    return Value == SERVICE_NO_CHANGE ? STATUS_SUCCESS : ScmSetNumber(Key, Name, Value);
}

static NTSTATUS StoreNumbers(HANDLE Key, const SERVICE_SETTINGS *New)
{
    NTSTATUS Status = SetChangedNumber(Key, L"Start", New->Start);

    if (NT_SUCCESS(Status))
        Status = SetChangedNumber(Key, L"ErrorControl", New->ErrorControl);
    if (NT_SUCCESS(Status) && New->Tag != NULL)
        Status = ScmSetNumber(Key, L"Tag", *New->Tag);
    if (NT_SUCCESS(Status))
        Status = SetChangedNumber(Key, L"Type", New->Type);
    return Status;
}

static NTSTATUS StoreTexts(HANDLE Key, const SERVICE_SETTINGS *New)
{
    NTSTATUS Status = New->Path != NULL ? SetImagePath(Key, New->Path) : STATUS_SUCCESS;

    if (NT_SUCCESS(Status))
        Status = ScmSetString(Key, L"DisplayName", REG_SZ, New->DisplayName);
    if (NT_SUCCESS(Status))
        Status = ScmSetString(Key, L"Group", REG_SZ, New->Group);
    if (NT_SUCCESS(Status))
        Status = ScmSetString(Key, L"ObjectName", REG_SZ, New->Account);
    if (NT_SUCCESS(Status))
        Status = ScmSetDependencies(Key, L"DependOnService", New->Dependencies, FALSE);
    if (NT_SUCCESS(Status))
        Status = ScmSetDependencies(Key, L"DependOnGroup", New->Dependencies, TRUE);
    return Status;
}

/* The type comes last: a key without one is no service, so a machine that ends here has made none.
 */
static DWORD Store(HANDLE Key, const SERVICE_SETTINGS *New)
{
    NTSTATUS Status = StoreTexts(Key, New);

    return ScmError(NT_SUCCESS(Status) ? StoreNumbers(Key, New) : Status);
}

static BOOL IsMarked(LPCWSTR Name)
{
    BOOL Marked;
    HANDLE Key;

    if (!NT_SUCCESS(ScmOpenKey(Name, KEY_READ, &Key)))
        return FALSE;
    Marked = ScmGetNumber(Key, L"DeleteFlag", 0) != 0;
    NtClose(Key);
    return Marked;
}

/* With the database locked. */
static DWORD Create(SERVICE *Service, const SERVICE_SETTINGS *New)
{
    HANDLE Key;
    NTSTATUS Status;
    DWORD Error;

    ScmDeleteIfDue(Service); /* what a process has left that is gone */
    if (NT_SUCCESS(ScmOpenKey(Service->Name, KEY_READ, &Key))) {
        BOOL IsService = ScmGetNumber(Key, L"Type", 0) != 0;

        NtClose(Key);
        if (IsService)
            return IsMarked(Service->Name) ? ERROR_SERVICE_MARKED_FOR_DELETE : ERROR_SERVICE_EXISTS;
    }
    Error = CheckAmongOthers(Service->Name, New);
    if (Error != ERROR_SUCCESS)
        return Error;
    Status = ScmCreateKey(Service->Name, &Key);
    if (Status ==
        STATUS_OBJECT_NAME_COLLISION) /* with what an installer has put there for its driver */
        Status = ScmOpenKey(Service->Name, KEY_READ | KEY_WRITE | DELETE, &Key);
    if (!NT_SUCCESS(Status))
        return ScmError(Status);
    Error = Store(Key, New);
    if (Error != ERROR_SUCCESS)
        NtDeleteKey(Key);
    NtClose(Key);
    return Error;
}

SC_HANDLE WINAPI CreateServiceW(SC_HANDLE Manager, LPCWSTR Name, LPCWSTR DisplayName, DWORD Access,
                                DWORD Type, DWORD StartType, DWORD ErrorControl, LPCWSTR Path,
                                LPCWSTR Group, LPDWORD Tag, LPCWSTR Dependencies, LPCWSTR Account,
                                LPCWSTR Password)
{
    const SERVICE_SETTINGS New = {Type,         StartType, ErrorControl, Path, Group,
                                  Dependencies, Account,   DisplayName,  Tag};
    SERVICE *Service;
    HANDLE Lock;
    DWORD Error;

    IGNORE_ARG(Access);   /* who makes a service has every right to it */
    IGNORE_ARG(Password); /* drivers have none, and it is ignored for them */
    if (ScmCheckManager(Manager, SC_MANAGER_CREATE_SERVICE) == NULL)
        return NULL;
    Service = ScmNewHandle(Name != NULL ? Name : L"", SERVICE_ALL_ACCESS);
    if (Service == NULL)
        return NULL;
    Error = Path == NULL || Type == SERVICE_NO_CHANGE || StartType == SERVICE_NO_CHANGE ||
                    ErrorControl == SERVICE_NO_CHANGE
                ? ERROR_INVALID_PARAMETER
                : CheckSettings(Name, &New);
    if (Error == ERROR_SUCCESS)
        Error = ScmLock(&Lock);
    if (Error == ERROR_SUCCESS) {
        Error = Create(Service, &New);
        ScmUnlock(Lock);
    }
    if (Error == ERROR_SUCCESS) {
        ScmTellInstalled(Service->Name, Path, Type, StartType);
        return (SC_HANDLE)Service;
    }
    ScmFreeHandle(Service);
    SetLastError(Error);
    return NULL;
}

/* With the database locked. */
static DWORD Change(const SERVICE *Service, const SERVICE_SETTINGS *New)
{
    HANDLE Key;
    DWORD Error, Start;
    NTSTATUS Status = ScmOpenKey(Service->Name, KEY_READ | KEY_WRITE, &Key);

    if (!NT_SUCCESS(Status))
        return ScmError(Status);
    Error = ScmGetNumber(Key, L"DeleteFlag", 0) != 0 ? ERROR_SERVICE_MARKED_FOR_DELETE
                                                     : CheckAmongOthers(Service->Name, New);
    Start = ScmGetNumber(Key, L"Start", SERVICE_DEMAND_START);
    if (Error == ERROR_SUCCESS)
        Error = Store(Key, New);
    NtClose(Key);
    if (Error == ERROR_SUCCESS)
        ScmTellStartType(Service->Name, Start, New->Start);
    return Error;
}

BOOL WINAPI ChangeServiceConfigW(SC_HANDLE Handle, DWORD Type, DWORD StartType, DWORD ErrorControl,
                                 LPCWSTR Path, LPCWSTR Group, LPDWORD Tag, LPCWSTR Dependencies,
                                 LPCWSTR Account, LPCWSTR Password, LPCWSTR DisplayName)
{
    const SERVICE_SETTINGS New = {Type,         StartType, ErrorControl, Path, Group,
                                  Dependencies, Account,   DisplayName,  Tag};
    SERVICE *Service = ScmCheckService(Handle, SERVICE_CHANGE_CONFIG);
    HANDLE Lock;
    DWORD Error;

    IGNORE_ARG(Password);
    if (Service == NULL)
        return FALSE;
    Error = CheckSettings(Service->Name, &New);
    if (Error == ERROR_SUCCESS)
        Error = ScmLock(&Lock);
    if (Error != ERROR_SUCCESS)
        return ScmFail(Error);
    Error = Change(Service, &New);
    ScmUnlock(Lock);
    return Error == ERROR_SUCCESS ? TRUE : ScmFail(Error);
}

BOOL WINAPI ChangeServiceConfig2W(SC_HANDLE Handle, DWORD Level, LPVOID Info)
{
    SERVICE *Service = ScmCheckService(Handle, SERVICE_CHANGE_CONFIG);
    HANDLE Key;
    NTSTATUS Status;

    if (Service == NULL)
        return FALSE;
    if (Level != SERVICE_CONFIG_DESCRIPTION)
        return ScmFail(
            Level < SERVICE_CONFIG_DESCRIPTION || Level > SERVICE_CONFIG_LAUNCH_PROTECTED
                ? ERROR_INVALID_LEVEL
                : ERROR_NOT_SUPPORTED); /* what the other levels tell, drivers do not have */
    if (Info == NULL)
        return TRUE; /* [doc ChangeServiceConfig2W] nothing is changed */
    Status = ScmOpenKey(Service->Name, KEY_WRITE, &Key);
    if (NT_SUCCESS(Status)) {
        Status = ScmSetString(Key, L"Description", REG_SZ,
                              ((LPSERVICE_DESCRIPTIONW)Info)->lpDescription);
        NtClose(Key);
    }
    return NT_SUCCESS(Status) ? TRUE : ScmFail(ScmError(Status));
}
