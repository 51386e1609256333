/* RtlQueryRegistryValues and its kin. */
#include "tap.h"

#define KEY L"RtlRegTest"
#define PATH L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\RtlRegTest"

NTSYSAPI NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG, PCWSTR, PRTL_QUERY_REGISTRY_TABLE, PVOID,
                                                 PVOID);

static ULONG Calls, LastType, LastLength;
static WCHAR LastName[32], LastData[32];

static NTSTATUS NTAPI routine(PWSTR Name, ULONG Type, PVOID Data, ULONG Length, PVOID Context,
                              PVOID EntryContext)
{
    Calls += Context == &Calls && EntryContext == &LastType;
    LastType = Type;
    LastLength = Length;
    RtlZeroMemory(LastName, sizeof(LastName));
    RtlZeroMemory(LastData, sizeof(LastData));
    for (ULONG i = 0; Name != NULL && Name[i] != 0 && i < 31; i++)
        LastName[i] = Name[i];
    RtlCopyMemory(LastData, Data, min(Length, sizeof(LastData) - 2));
    return STATUS_SUCCESS;
}

static VOID write(PCWSTR Name, ULONG Type, PVOID Data, ULONG Length)
{
    is_status(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, KEY, Name, Type, Data, Length),
              STATUS_SUCCESS, "write %ws", Name);
}

static NTSTATUS ask(RTL_QUERY_REGISTRY_TABLE *Row)
{
    RTL_QUERY_REGISTRY_TABLE Table[2];

    RtlZeroMemory(Table, sizeof(Table));
    Table[0] = *Row;
    Calls = 0;
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, KEY, Table, &Calls, NULL);
}

static VOID direct(VOID)
{
    RTL_QUERY_REGISTRY_TABLE Row = {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = L"Number"};
    UNICODE_STRING String = {0, 0, NULL};
    WCHAR Room[3];
    ULONG Number = 0;
    struct {
        LONG Size;
        UCHAR Rest[12];
    } Bytes;

    Row.EntryContext = &Number;
    is_status(ask(&Row), STATUS_SUCCESS, "a number");
    is_ulong(Number, 1234, "its value");
    Row.Name = L"Text";
    Row.EntryContext = &String;
    is_status(ask(&Row), STATUS_SUCCESS, "a string");
    is_unicode(&String, L"hello", "its text");
    RtlFreeUnicodeString(&String);
    String.Buffer = Room;
    String.MaximumLength = sizeof(Room);
    String.Length = 0;
    is_status(ask(&Row), STATUS_BUFFER_TOO_SMALL, "no room for it");
    Row.Name = L"Bytes";
    Row.EntryContext = &Bytes;
    Bytes.Size = -16;
    is_status(ask(&Row), STATUS_SUCCESS, "bytes");
    is_bytes(&Bytes, "12345678", 8, "as they are");
    Bytes.Size = 16;
    is_status(ask(&Row), STATUS_SUCCESS, "bytes with length and type");
    is_ulong(Bytes.Size, 8, "length");
    is_bytes(Bytes.Rest + 4, "12345678", 8, "data");
    Row.Name = L"Missing";
    Row.DefaultType = REG_DWORD;
    Number = 77;
    Row.DefaultData = &Number;
    Row.DefaultLength = 4;
    Row.EntryContext = &Bytes;
    is_status(ask(&Row), STATUS_SUCCESS, "a default");
    is_ulong(Bytes.Size, 77, "its value");
    Row.DefaultType = REG_NONE;
    Row.Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    is_status(ask(&Row), STATUS_OBJECT_NAME_NOT_FOUND, "required");
    Row.Flags = RTL_QUERY_REGISTRY_DIRECT | 0x100;
    Row.Name = L"Text";
    Row.DefaultType = REG_DWORD << 24;
    is_status(ask(&Row), STATUS_OBJECT_TYPE_MISMATCH, "of another type than checked for");
}

static VOID routines(VOID)
{
    RTL_QUERY_REGISTRY_TABLE Row = {
        .QueryRoutine = routine, .Name = L"Text", .EntryContext = &LastType};

    is_status(ask(&Row), STATUS_SUCCESS, "a routine");
    is_ulong(Calls, 1, "is called once");
    is_ulong(LastType, REG_SZ, "with the type");
    is_ulong(LastLength, 12, "the length");
    ok(tap_same_wide(LastData, L"hello", 5), "the data");
    Row.Name = L"Multi";
    is_status(ask(&Row), STATUS_SUCCESS, "a REG_MULTI_SZ");
    is_ulong(Calls, 2, "string by string");
    is_ulong(LastType, REG_SZ, "as REG_SZ");
    ok(tap_same_wide(LastData, L"two", 3), "the last one");
    Row.Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    ask(&Row);
    is_ulong(Calls, 1, "or whole");
    is_ulong(LastType, REG_MULTI_SZ, "as it is");
    Row.Flags = RTL_QUERY_REGISTRY_NOVALUE;
    Row.Name = NULL;
    is_status(ask(&Row), STATUS_SUCCESS, "without a value");
    is_ulong(LastType, REG_NONE, "none");
    Row.Flags = RTL_QUERY_REGISTRY_NOEXPAND;
    is_status(ask(&Row), STATUS_SUCCESS, "all values");
    is_ulong(Calls, 4, "four calls");
    Row.Name = L"Missing";
    is_status(ask(&Row), STATUS_SUCCESS, "a missing value");
    is_ulong(Calls, 0, "no call");
    Row.Flags = RTL_QUERY_REGISTRY_REQUIRED;
    is_status(ask(&Row), STATUS_OBJECT_NAME_NOT_FOUND, "required");
    Row.Flags = RTL_QUERY_REGISTRY_DELETE;
    Row.Name = L"Bytes";
    is_status(ask(&Row), STATUS_SUCCESS, "ask and delete");
    is_ulong(Calls, 1, "asked");
    ask(&Row);
    is_ulong(Calls, 0, "deleted");
}

static VOID subkeys(VOID)
{
    RTL_QUERY_REGISTRY_TABLE Table[5];
    ULONG Inner = 0, Outer = 0;

    RtlZeroMemory(Table, sizeof(Table));
    is_status(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)KEY L"\\Sub"), STATUS_SUCCESS,
              "a subkey");
    Inner = 9;
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, KEY L"\\Sub", L"Number", REG_DWORD, &Inner, 4);
    Inner = 0;
    Table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    Table[0].Name = L"Sub";
    Table[1].Flags = RTL_QUERY_REGISTRY_DIRECT;
    Table[1].Name = L"Number";
    Table[1].EntryContext = &Inner;
    Table[2] = Table[1];
    Table[2].Flags |= RTL_QUERY_REGISTRY_TOPKEY;
    Table[2].EntryContext = &Outer;
    is_status(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, PATH, Table, NULL, NULL),
              STATUS_SUCCESS, "query both");
    is_ulong(Inner, 9, "the subkey's");
    is_ulong(Outer, 1234, "the key's");
    is_status(RtlQueryRegistryValuesEx(RTL_REGISTRY_SERVICES, L"Nope", Table, NULL, NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "no such key");
    is_status(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES | RTL_REGISTRY_OPTIONAL, L"Nope", Table,
                                     NULL, NULL),
              STATUS_SUCCESS, "optional");
}

static VOID remove_key(PCWSTR Path)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Key;

    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    if (NT_SUCCESS(ZwOpenKey(&Key, DELETE, &Attributes))) {
        ZwDeleteKey(Key);
        ZwClose(Key);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    ULONG Number = 1234;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    is_status(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)KEY), STATUS_OBJECT_NAME_NOT_FOUND,
              "not there");
    is_status(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)KEY), STATUS_SUCCESS, "create");
    is_status(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)KEY), STATUS_SUCCESS, "there");
    write(L"Number", REG_DWORD, &Number, 4);
    write(L"Text", REG_SZ, L"hello", 12);
    write(L"Bytes", REG_BINARY, "12345678", 8);
    write(L"Multi", REG_MULTI_SZ, L"one\0two\0", 18);
    direct();
    routines();
    subkeys();
    is_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, KEY, L"Number"), STATUS_SUCCESS,
              "delete");
    is_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, KEY, L"Number"),
              STATUS_OBJECT_NAME_NOT_FOUND, "once");
    remove_key(PATH L"\\Sub");
    remove_key(PATH);
    leak_end();
    return done();
}
