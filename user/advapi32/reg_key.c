/* Keys: the predefined ones, opening, making, deleting, renaming. See registry.h. */
#include "registry.h"

NTSTATUS NTAPI NtOpenKeyEx(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI NtRenameKey(HANDLE, PUNICODE_STRING);

LSTATUS RegError(NTSTATUS Status)
{
    return NT_SUCCESS(Status) ? ERROR_SUCCESS : (LSTATUS)RtlNtStatusToDosError(Status);
}

BOOL RegMakeString(PUNICODE_STRING String, LPCWSTR Text)
{
    SIZE_T Bytes = Text == NULL ? 0 : (SIZE_T)lstrlenW(Text) * sizeof(WCHAR);

    *String = (UNICODE_STRING){(USHORT)Bytes, (USHORT)Bytes, (PWSTR)Text};
    return Bytes <= 0xFFFE;
}

/* ---- predefined keys, opened when they are first used ---- */

static const WCHAR *const RootPath[] = {
    L"\\Registry\\Machine\\Software\\Classes", /* HKEY_CLASSES_ROOT */
    NULL,                                      /* HKEY_CURRENT_USER: as the process's token says */
    L"\\Registry\\Machine",
    L"\\Registry\\User",
    NULL, /* HKEY_PERFORMANCE_DATA: there is none */
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Hardware Profiles\\Current",
};
static HANDLE Roots[COUNT_OF(RootPath)];

static ULONG RootIndex(HKEY Key)
{
    return (ULONG)(ULONG_PTR)Key - 0x80000000u;
}

BOOL RegIsPredefined(HKEY Key)
{
    return RootIndex(Key) < COUNT_OF(RootPath);
}

static NTSTATUS OpenPath(PUNICODE_STRING Path, ACCESS_MASK Access, PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NtOpenKey(Handle, Access, &Attributes);
}

static WCHAR *PutText(WCHAR *To, const WCHAR *Text)
{
    while (*Text != 0)
        *To++ = *Text++;
    return To;
}

static WCHAR *PutNumber(WCHAR *To, ULONG64 Number)
{
    WCHAR Digits[21];
    ULONG Count = 0;

    do
        Digits[Count++] = (WCHAR)(L'0' + Number % 10);
    while ((Number /= 10) != 0);
    while (Count != 0)
        *To++ = Digits[--Count];
    return To;
}

/* "S-1-5-18" and its like. An authority is never beyond 32 bits where users are. */
static WCHAR *PutSid(WCHAR *To, const SID *Sid)
{
    ULONG64 Authority = 0;

    for (ULONG i = 0; i < 6; i++)
        Authority = Authority << 8 | Sid->IdentifierAuthority.Value[i];
    To = PutNumber(PutText(To, L"S-"), Sid->Revision);
    To = PutNumber(PutText(To, L"-"), Authority);
    for (ULONG i = 0; i < Sid->SubAuthorityCount; i++)
        To = PutNumber(PutText(To, L"-"), Sid->SubAuthority[i]);
    return To;
}

static NTSTATUS OpenCurrentUser(ACCESS_MASK Access, PHANDLE Handle)
{
    BYTE User[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE] __attribute__((aligned(8)));
    WCHAR Text[256];
    UNICODE_STRING Path = {0, sizeof(Text), Text};
    HANDLE Token;
    ULONG Bytes;
    NTSTATUS Status = NtOpenProcessTokenEx(NtCurrentProcess(), TOKEN_QUERY, 0, &Token);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = NtQueryInformationToken(Token, TokenUser, User, sizeof(User), &Bytes);
    NtClose(Token);
    if (!NT_SUCCESS(Status))
        return Status;
    Path.Length = (USHORT)((BYTE *)PutSid(PutText(Text, L"\\Registry\\User\\"),
                                          (const SID *)((TOKEN_USER *)User)->User.Sid) -
                           (BYTE *)Text);
    return OpenPath(&Path, Access, Handle);
}

/* HKEY_CLASSES_ROOT is there before anything has registered a class. */
static NTSTATUS OpenClasses(PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path;

    RegMakeString(&Path, RootPath[0]);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return NtCreateKey(Handle, MAXIMUM_ALLOWED, &Attributes, 0, NULL, 0, NULL);
}

static NTSTATUS OpenRoot(ULONG Index, PHANDLE Handle)
{
    UNICODE_STRING Path;

    if (Index == 0)
        return OpenClasses(Handle);
    if (Index == 1)
        return OpenCurrentUser(MAXIMUM_ALLOWED, Handle);
    if (RootPath[Index] == NULL)
        return STATUS_INVALID_HANDLE;
    RegMakeString(&Path, RootPath[Index]);
    return OpenPath(&Path, MAXIMUM_ALLOWED, Handle);
}

LSTATUS RegHandle(HKEY Key, PHANDLE Handle)
{
    ULONG Index = RootIndex(Key);
    HANDLE Opened = NULL;
    NTSTATUS Status;

    *Handle = (HANDLE)Key;
    if (!RegIsPredefined(Key))
        return Key == NULL ? ERROR_INVALID_HANDLE : ERROR_SUCCESS;
    if (Roots[Index] == NULL) {
        Status = OpenRoot(Index, &Opened);
        if (!NT_SUCCESS(Status))
            return RegError(Status);
        if (InterlockedCompareExchangePointer(&Roots[Index], Opened, NULL) != NULL)
            NtClose(Opened); /* another thread was faster */
    }
    *Handle = Roots[Index];
    return ERROR_SUCCESS;
}

VOID RegCloseRoots(VOID)
{
    for (ULONG i = 0; i < COUNT_OF(Roots); i++)
        if (Roots[i] != NULL)
            NtClose(Roots[i]);
}

LSTATUS WINAPI RegOpenCurrentUser(REGSAM Access, PHKEY Result)
{
    return Result == NULL ? ERROR_INVALID_PARAMETER
                          : RegError(OpenCurrentUser(Access, (PHANDLE)Result));
}

/* Another machine's registry is out of reach; this one's is there under its own name too. */
LSTATUS WINAPI RegConnectRegistryW(LPCWSTR Machine, HKEY Key, PHKEY Result)
{
    WCHAR Own[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD Size = COUNT_OF(Own);

    if (Key != HKEY_LOCAL_MACHINE && Key != HKEY_USERS)
        return ERROR_INVALID_HANDLE;
    while (Machine != NULL && *Machine == L'\\')
        Machine++;
    if (Machine != NULL && *Machine != 0 &&
        (!GetComputerNameW(Own, &Size) || lstrcmpiW(Own, Machine) != 0))
        return ERROR_BAD_NETPATH;
    return RegOpenKeyExW(Key, NULL, 0, MAXIMUM_ALLOWED, Result);
}

/* ---- opening and making ---- */

/* Attributes for a name below a key. */
static LSTATUS NameBelow(HKEY Key, LPCWSTR Text, PUNICODE_STRING Name,
                         POBJECT_ATTRIBUTES Attributes)
{
    HANDLE Parent;
    LSTATUS Error = RegHandle(Key, &Parent);

    if (Error == ERROR_SUCCESS && !RegMakeString(Name, Text))
        Error = ERROR_INVALID_PARAMETER;
    InitializeObjectAttributes(Attributes, Name, OBJ_CASE_INSENSITIVE, Parent, NULL);
    return Error;
}

LSTATUS WINAPI RegOpenKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Options, REGSAM Access, PHKEY Result)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Handle;
    LSTATUS Error;

    if (Result == NULL || (Options & ~(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE)) != 0)
        return ERROR_INVALID_PARAMETER;
    *Result = NULL;
    Error = NameBelow(Key, SubKey, &Name, &Attributes);
    if (Error != ERROR_SUCCESS)
        return Error;
    if (Name.Length == 0 && RegIsPredefined(Key)) { /* [doc] */
        *Result = Key;
        return ERROR_SUCCESS;
    }
    Error = RegError(NtOpenKeyEx(&Handle, Access, &Attributes, Options));
    if (Error == ERROR_SUCCESS)
        *Result = (HKEY)Handle;
    return Error;
}

LSTATUS WINAPI RegOpenKeyW(HKEY Key, LPCWSTR SubKey, PHKEY Result)
{
    if (Result != NULL && (SubKey == NULL || *SubKey == 0)) { /* the same handle [doc] */
        *Result = Key;
        return ERROR_SUCCESS;
    }
    return RegOpenKeyExW(Key, SubKey, 0, MAXIMUM_ALLOWED, Result);
}

typedef struct _CREATION {
    UNICODE_STRING Class;
    PVOID Descriptor;
    ULONG Options, Disposition;
} CREATION;

static NTSTATUS CreateOne(HANDLE Parent, PUNICODE_STRING Name, REGSAM Access, CREATION *Creation,
                          PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE, Parent,
                               Creation->Descriptor);
    return NtCreateKey(Handle, Access, &Attributes, 0, &Creation->Class, Creation->Options,
                       &Creation->Disposition);
}

/* The keys on the way to the last one, which NT's service does not make. */
static NTSTATUS CreateWay(HANDLE Parent, PUNICODE_STRING Path, REGSAM Access, CREATION *Creation,
                          PHANDLE Handle)
{
    CREATION Way = {.Options = Creation->Options & REG_OPTION_VOLATILE,
                    .Descriptor = Creation->Descriptor};
    UNICODE_STRING Part = {0, 0, Path->Buffer};
    NTSTATUS Status = STATUS_SUCCESS;

    for (USHORT At = 0; At < Path->Length && NT_SUCCESS(Status); At += sizeof(WCHAR)) {
        if (Path->Buffer[At / sizeof(WCHAR)] != L'\\' || At == 0)
            continue;
        Part.Length = Part.MaximumLength = At;
        Status = CreateOne(Parent, &Part, KEY_CREATE_SUB_KEY, &Way, Handle);
        if (NT_SUCCESS(Status))
            NtClose(*Handle);
    }
    return NT_SUCCESS(Status) ? CreateOne(Parent, Path, Access, Creation, Handle) : Status;
}

LSTATUS WINAPI RegCreateKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Reserved, LPWSTR Class,
                               DWORD Options, REGSAM Access, LPSECURITY_ATTRIBUTES Security,
                               PHKEY Result, LPDWORD Disposition)
{
    CREATION Creation = {.Descriptor = Security != NULL ? Security->lpSecurityDescriptor : NULL,
                         .Options = Options};
    UNICODE_STRING Name;
    HANDLE Parent, Handle;
    NTSTATUS Status;
    LSTATUS Error;

    if (Result == NULL || Reserved != 0)
        return ERROR_INVALID_PARAMETER;
    *Result = NULL;
    if (SubKey == NULL)
        return ERROR_BADKEY;
    Error = RegHandle(Key, &Parent);
    if (Error != ERROR_SUCCESS)
        return Error;
    if (!RegMakeString(&Name, SubKey) || !RegMakeString(&Creation.Class, Class))
        return ERROR_INVALID_PARAMETER;
    while (Name.Length != 0 && Name.Buffer[Name.Length / sizeof(WCHAR) - 1] == L'\\')
        Name.Length -= sizeof(WCHAR);
    Status = CreateOne(Parent, &Name, Access, &Creation, &Handle);
    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        Status = CreateWay(Parent, &Name, Access, &Creation, &Handle);
    if (!NT_SUCCESS(Status))
        return RegError(Status);
    *Result = (HKEY)Handle;
    if (Disposition != NULL)
        *Disposition = Creation.Disposition;
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegCreateKeyW(HKEY Key, LPCWSTR SubKey, PHKEY Result)
{
    if (SubKey == NULL || *SubKey == 0)
        return RegOpenKeyW(Key, SubKey, Result);
    return RegCreateKeyExW(Key, SubKey, 0, NULL, 0, MAXIMUM_ALLOWED, NULL, Result, NULL);
}

LSTATUS WINAPI RegCloseKey(HKEY Key)
{
    if (Key == NULL)
        return ERROR_INVALID_HANDLE;
    return RegIsPredefined(Key) ? ERROR_SUCCESS : RegError(NtClose((HANDLE)Key));
}

LSTATUS WINAPI RegFlushKey(HKEY Key)
{
    HANDLE Handle;
    LSTATUS Error = RegHandle(Key, &Handle);

    return Error != ERROR_SUCCESS ? Error : RegError(NtFlushKey(Handle));
}

/* ---- deleting and renaming ---- */

/* A link goes itself, not what it leads to. */
LSTATUS WINAPI RegDeleteKeyExW(HKEY Key, LPCWSTR SubKey, REGSAM View, DWORD Reserved)
{
    HKEY Opened;
    LSTATUS Error;

    if (SubKey == NULL || Reserved != 0 || (View & ~(KEY_WOW64_32KEY | KEY_WOW64_64KEY)) != 0)
        return ERROR_INVALID_PARAMETER;
    Error = RegOpenKeyExW(Key, SubKey, REG_OPTION_OPEN_LINK, DELETE, &Opened);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegIsPredefined(Opened) ? ERROR_ACCESS_DENIED : RegError(NtDeleteKey((HANDLE)Opened));
    RegCloseKey(Opened);
    return Error;
}

LSTATUS WINAPI RegDeleteKeyW(HKEY Key, LPCWSTR SubKey)
{
    return RegDeleteKeyExW(Key, SubKey, 0, 0);
}

LSTATUS WINAPI RegRenameKey(HKEY Key, LPCWSTR SubKey, LPCWSTR NewName)
{
    UNICODE_STRING Name;
    HKEY Opened;
    LSTATUS Error;

    if (NewName == NULL || !RegMakeString(&Name, NewName))
        return ERROR_INVALID_PARAMETER;
    Error = RegOpenKeyExW(Key, SubKey, REG_OPTION_OPEN_LINK, KEY_WRITE, &Opened);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegIsPredefined(Opened) ? ERROR_ACCESS_DENIED
                                    : RegError(NtRenameKey((HANDLE)Opened, &Name));
    RegCloseKey(Opened);
    return Error;
}
