/*
 * The registry: keys, values of all types, enumeration, buffer rules, volatile keys, links,
 * notification.
 */
#include "threads.h"

#define ROOT L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\CmTest"

NTSYSAPI NTSTATUS NTAPI ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK Access,
                                    POBJECT_ATTRIBUTES Attributes, ULONG Options);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS Class,
                                            PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName);

static NTSTATUS make(HANDLE Root, PCWSTR Name, ULONG Options, PHANDLE Key, PULONG Disposition)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root,
                               NULL);
    return ZwCreateKey(Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, Options, Disposition);
}

static NTSTATUS open(HANDLE Root, PCWSTR Name, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root,
                               NULL);
    return ZwOpenKey(Key, KEY_ALL_ACCESS, &Attributes);
}

static NTSTATUS set(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return ZwSetValueKey(Key, &String, 0, Type, (PVOID)Data, Bytes);
}

static NTSTATUS query(HANDLE Key, PCWSTR Name, KEY_VALUE_INFORMATION_CLASS Class, PVOID Buffer,
                      ULONG Length, PULONG Result)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    return ZwQueryValueKey(Key, &String, Class, Buffer, Length, Result);
}

static VOID keys(VOID)
{
    HANDLE Key, Child, Again;
    ULONG Disposition = 0;

    is_status(open(NULL, ROOT, &Key), STATUS_OBJECT_NAME_NOT_FOUND, "not there yet");
    is_status(open(NULL, L"\\Registry\\Machine\\Nope\\Nope", &Key), STATUS_OBJECT_NAME_NOT_FOUND,
              "nor its parent");
    is_status(make(NULL, ROOT, 0, &Key, &Disposition), STATUS_SUCCESS, "create");
    is_ulong(Disposition, REG_CREATED_NEW_KEY, "it is new");
    is_status(make(NULL, ROOT, 0, &Again, &Disposition), STATUS_SUCCESS, "create again");
    is_ulong(Disposition, REG_OPENED_EXISTING_KEY, "it is not new");
    ZwClose(Again);
    is_status(make(Key, L"A\\B", 0, &Child, NULL), STATUS_OBJECT_NAME_NOT_FOUND,
              "one level at a time");
    is_status(make(Key, L"Child", 0, &Child, &Disposition), STATUS_SUCCESS, "a subkey");
    is_status(open(Key, L"CHILD", &Again), STATUS_SUCCESS, "case does not matter");
    ZwClose(Again);
    is_status(ZwDeleteKey(Key), STATUS_CANNOT_DELETE, "a key with subkeys stays");
    is_status(ZwDeleteKey(Child), STATUS_SUCCESS, "delete the subkey");
    is_status(set(Child, L"v", REG_SZ, L"", 2), STATUS_KEY_DELETED, "a deleted key");
    is_status(ZwFlushKey(Key), STATUS_SUCCESS, "flush");
    ZwClose(Child);
    is_status(open(Key, L"Child", &Child), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    is_status(ZwDeleteKey(Key), STATUS_SUCCESS, "delete the key");
    ZwClose(Key);
}

/* Where a value comes when they are enumerated (in any order, says the documentation); 8 if not among the eight. */
static ULONG index_of(HANDLE Key, PCWSTR Name)
{
    UCHAR Buffer[128];
    PKEY_VALUE_BASIC_INFORMATION Basic = (PVOID)Buffer;
    ULONG Length, Index = 0;

    for (; Index < 8; Index++) {
        RtlZeroMemory(Buffer, sizeof(Buffer));
        if (ZwEnumerateValueKey(Key, Index, KeyValueBasicInformation, Buffer, sizeof(Buffer) - 2,
                                &Length) == STATUS_SUCCESS &&
            tap_same_wide(Basic->Name, Name, Basic->NameLength / sizeof(WCHAR)))
            break;
    }
    return Index;
}

static VOID values(HANDLE Key)
{
    static const struct {
        PCWSTR Name;
        ULONG Type, Bytes;
        const VOID *Data;
    } Row[] = {
        {L"String", REG_SZ, 8, L"abc"},
        {L"Expand", REG_EXPAND_SZ, 10, L"%ab%"},
        {L"Binary", REG_BINARY, 3, "\1\2\3"},
        {L"Dword", REG_DWORD, 4, "\4\3\2\1"},
        {L"Qword", REG_QWORD, 8, "\1\2\3\4\5\6\7"},
        {L"Multi", REG_MULTI_SZ, 10, L"a\0b\0"},
        {L"None", REG_NONE, 0, NULL},
        {L"", REG_SZ, 4, L"d"},
    };
    UCHAR Buffer[128];
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Buffer;
    PKEY_VALUE_FULL_INFORMATION Full = (PVOID)Buffer;
    PKEY_VALUE_BASIC_INFORMATION Basic = (PVOID)Buffer;
    ULONG Length;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Row); i++) {
        is_status(set(Key, Row[i].Name, Row[i].Type, Row[i].Data, Row[i].Bytes), STATUS_SUCCESS,
                  "set \"%ws\"", Row[i].Name);
        RtlFillMemory(Buffer, sizeof(Buffer), 0xA5);
        is_status(
            query(Key, Row[i].Name, KeyValuePartialInformation, Buffer, sizeof(Buffer), &Length),
            STATUS_SUCCESS, "query");
        is_ulong(Length, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + Row[i].Bytes,
                 "its length");
        is_ulong(Partial->Type, Row[i].Type, "its type");
        is_ulong(Partial->DataLength, Row[i].Bytes, "its bytes");
        is_bytes(Partial->Data, Row[i].Data, Row[i].Bytes, "its data");
    }
    is_status(ZwEnumerateValueKey(Key, index_of(Key, L"String"), KeyValueFullInformation, Buffer,
                                  sizeof(Buffer), &Length),
              STATUS_SUCCESS, "enumerate one");
    is_ulong(Full->NameLength, 12, "its name's length");
    is_bytes(Full->Name, L"String", 12, "its name");
    is_bytes(Buffer + Full->DataOffset, L"abc", 8, "its data");
    is_ulong(Full->DataOffset % 4, 0, "aligned");
    is_status(
        ZwEnumerateValueKey(Key, index_of(Key, L"Binary"), KeyValueBasicInformation, Buffer,
                            sizeof(Buffer), &Length),
        STATUS_SUCCESS, "enumerate another");
    is_bytes(Basic->Name, L"Binary", 12, "its name");
    is_status(
        ZwEnumerateValueKey(Key, 8, KeyValueBasicInformation, Buffer, sizeof(Buffer), &Length),
        STATUS_NO_MORE_ENTRIES, "past the last");
    is_status(query(Key, L"Nope", KeyValuePartialInformation, Buffer, sizeof(Buffer), &Length),
              STATUS_OBJECT_NAME_NOT_FOUND, "no such value");
    is_status(
        query(Key, L"String", (KEY_VALUE_INFORMATION_CLASS)99, Buffer, sizeof(Buffer), &Length),
        STATUS_INVALID_PARAMETER, "no such class");
}

static VOID buffer_rules(HANDLE Key)
{
    UCHAR Buffer[64];
    PKEY_VALUE_PARTIAL_INFORMATION Partial = (PVOID)Buffer;
    ULONG Length = 0;

    is_status(query(Key, L"String", KeyValuePartialInformation, NULL, 0, &Length),
              STATUS_BUFFER_TOO_SMALL, "no buffer");
    is_ulong(Length, 20, "tells the length");
    is_status(query(Key, L"String", KeyValuePartialInformation, Buffer, 11, &Length),
              STATUS_BUFFER_TOO_SMALL, "not even the fixed part");
    RtlFillMemory(Buffer, sizeof(Buffer), 0xA5);
    is_status(query(Key, L"String", KeyValuePartialInformation, Buffer, 14, &Length),
              STATUS_BUFFER_OVERFLOW, "part of the data");
    is_ulong(Partial->DataLength, 8, "the length is whole");
    is_bytes(Partial->Data, L"abc", 2, "the data as far as it fits");
    is_ulong(Buffer[14], 0xA5, "and no further");
    is_status(ZwQueryKey(Key, KeyBasicInformation, Buffer, 8, &Length), STATUS_BUFFER_TOO_SMALL,
              "ZwQueryKey too");
    is_status(ZwQueryKey(Key, KeyBasicInformation, Buffer, 18, &Length), STATUS_BUFFER_OVERFLOW,
              "and overflow");
}

static VOID query_key(HANDLE Key)
{
    UCHAR Buffer[256];
    PKEY_FULL_INFORMATION Full = (PVOID)Buffer;
    PKEY_BASIC_INFORMATION Basic = (PVOID)Buffer;
    PKEY_NODE_INFORMATION Node = (PVOID)Buffer;
    struct {
        ULONG NameLength;
        WCHAR Name[1];
    } *Name = (PVOID)Buffer;
    HANDLE Child[3];
    ULONG Length;

    make(Key, L"zeta", 0, &Child[0], NULL);
    make(Key, L"Alpha", 0, &Child[1], NULL);
    make(Key, L"middle", 0, &Child[2], NULL);
    is_status(ZwQueryKey(Key, KeyFullInformation, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "full");
    is_ulong(Full->SubKeys, 3, "subkeys");
    is_ulong(Full->Values, 8, "values");
    is_ulong(Full->MaxNameLen, 12, "longest subkey name");
    is_ulong(Full->MaxValueDataLen, 10, "longest data");
    ok(Full->LastWriteTime.QuadPart != 0, "a time");
    is_status(ZwQueryKey(Key, KeyNameInformation, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "name");
    is_bytes(Name->Name + (Name->NameLength / 2 - 6), L"CmTest", 12, "ends as it should");
    is_status(ZwEnumerateKey(Key, 0, KeyBasicInformation, Buffer, sizeof(Buffer), &Length),
              STATUS_SUCCESS, "the first subkey");
    is_bytes(Basic->Name, L"Alpha", 10, "in alphabetical order");
    is_status(ZwEnumerateKey(Key, 2, KeyNodeInformation, Buffer, sizeof(Buffer), &Length),
              STATUS_SUCCESS, "the third subkey");
    is_bytes(Node->Name, L"zeta", 8, "in alphabetical order");
    is_status(ZwEnumerateKey(Key, 3, KeyBasicInformation, Buffer, sizeof(Buffer), &Length),
              STATUS_NO_MORE_ENTRIES, "past the last");
    for (ULONG i = 0; i < 3; i++) {
        ZwDeleteKey(Child[i]);
        ZwClose(Child[i]);
    }
}

static VOID volatile_keys(HANDLE Key)
{
    HANDLE Volatile, Child;

    is_status(make(Key, L"Volatile", REG_OPTION_VOLATILE, &Volatile, NULL), STATUS_SUCCESS,
              "a volatile key");
    is_status(make(Volatile, L"Child", 0, &Child, NULL), STATUS_CHILD_MUST_BE_VOLATILE,
              "its subkeys are so too");
    is_status(make(Volatile, L"Child", REG_OPTION_VOLATILE, &Child, NULL), STATUS_SUCCESS,
              "then they may be");
    ZwDeleteKey(Child);
    ZwDeleteKey(Volatile);
    ZwClose(Child);
    ZwClose(Volatile);
}

static VOID rename_key(HANDLE Key)
{
    UNICODE_STRING Name;
    HANDLE Child, Again;

    if (tap_routine(L"ZwRenameKey") == NULL) {
        skip(3, "no ZwRenameKey");
        return;
    }
    make(Key, L"Before", 0, &Child, NULL);
    RtlInitUnicodeString(&Name, L"After");
    is_status(ZwRenameKey(Child, &Name), STATUS_SUCCESS, "rename");
    is_status(open(Key, L"Before", &Again), STATUS_OBJECT_NAME_NOT_FOUND, "the old name is gone");
    is_status(open(Key, L"After", &Again), STATUS_SUCCESS, "the new one is there");
    ZwClose(Again);
    ZwDeleteKey(Child);
    ZwClose(Child);
}

static VOID set_information(HANDLE Key)
{
    LARGE_INTEGER Time = {.QuadPart = 0x123456789};
    UCHAR Buffer[64];
    ULONG Length;

    is_status(ZwSetInformationKey(Key, KeyWriteTimeInformation, &Time, sizeof(Time)),
              STATUS_SUCCESS, "set the write time");
    ZwQueryKey(Key, KeyBasicInformation, Buffer, sizeof(Buffer), &Length);
    is_hex(*(ULONG64 *)Buffer, 0x123456789, "it is set");
    is_status(ZwSetInformationKey(Key, KeyWriteTimeInformation, &Time, 3),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong length");
}

static VOID multiple(HANDLE Key)
{
    UNICODE_STRING Name[2];
    KEY_VALUE_ENTRY Entry[2];
    UCHAR Buffer[64];
    ULONG Length = sizeof(Buffer), Required = 0;

    if (tap_routine(L"ZwQueryMultipleValueKey") == NULL) {
        skip(6, "no ZwQueryMultipleValueKey");
        return;
    }
    RtlInitUnicodeString(&Name[0], L"Binary");
    RtlInitUnicodeString(&Name[1], L"String");
    Entry[0].ValueName = &Name[0];
    Entry[1].ValueName = &Name[1];
    is_status(ZwQueryMultipleValueKey(Key, Entry, 2, Buffer, &Length, &Required), STATUS_SUCCESS,
              "two values at once");
    is_ulong(Required, 12, "their bytes, aligned");
    is_ulong(Entry[0].Type, REG_BINARY, "the first one's type");
    is_bytes(Buffer + Entry[1].DataOffset, L"abc", 8, "the second one's data");
    Length = 4;
    is_status(ZwQueryMultipleValueKey(Key, Entry, 2, Buffer, &Length, &Required),
              STATUS_BUFFER_OVERFLOW, "no room");
    RtlInitUnicodeString(&Name[1], L"Nope");
    is_status(ZwQueryMultipleValueKey(Key, Entry, 2, Buffer, &Length, NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "one is missing");
}

/* A link is followed, unless it is opened as a link. */
static VOID open_link(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    UCHAR Buffer[256];
    ULONG Length;
    HANDLE Key;

    RtlInitUnicodeString(&Name, L"\\Registry\\Machine\\System\\CurrentControlSet");
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    is_status(ZwOpenKeyEx(&Key, KEY_READ, &Attributes, REG_OPTION_OPEN_LINK), STATUS_SUCCESS,
              "open the link itself");
    is_status(query(Key, L"SymbolicLinkValue", KeyValuePartialInformation, Buffer, sizeof(Buffer),
                    &Length),
              STATUS_SUCCESS, "where it leads");
    is_ulong(((PKEY_VALUE_PARTIAL_INFORMATION)Buffer)->Type, REG_LINK, "a link");
    ZwClose(Key);
    is_status(ZwOpenKeyEx(&Key, KEY_READ, &Attributes, 0x80), STATUS_INVALID_PARAMETER_4,
              "no such option");
}

static VOID links(VOID)
{
    HANDLE Key;

    is_status(open(NULL, L"\\Registry\\Machine\\System\\ControlSet001\\Services\\CmTest", &Key),
              STATUS_SUCCESS, "CurrentControlSet leads to ControlSet001");
    ZwClose(Key);
}

static VOID notification(HANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    HANDLE Event;

    tap_fill(&IoStatus);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    is_status(ZwNotifyChangeKey(Key, Event, NULL, NULL, &IoStatus, REG_NOTIFY_CHANGE_LAST_SET,
                                FALSE, NULL, 0, TRUE),
              STATUS_PENDING, "ask to be told");
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_TIMEOUT, "nothing yet");
    set(Key, L"Dword", REG_DWORD, "\1\0\0\0", 4);
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS, "told");
    ok(NT_SUCCESS(IoStatus.Status), "and the status block says so");
    ok(!NT_SUCCESS(ZwNotifyChangeKey(Key, NULL, NULL, NULL, &IoStatus, 0x40, FALSE, NULL, 0, TRUE)),
       "no such filter");
    ZwClose(Event);
}

/* Of two keys: whichever changes first. */
static VOID notify_two(HANDLE Key)
{
    static IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Zero = {.QuadPart = 0};
    OBJECT_ATTRIBUTES Attributes, Other;
    UNICODE_STRING Name;
    HANDLE Event, Second;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, SynchronizationEvent, FALSE),
              STATUS_SUCCESS, "an event");
    is_status(make(NULL, L"\\Registry\\Machine\\Software\\CmTestOther", 0, &Second, NULL),
              STATUS_SUCCESS, "a key of another hive");
    RtlInitUnicodeString(&Name, L"\\Registry\\Machine\\Software\\CmTestOther");
    InitializeObjectAttributes(&Other, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    for (ULONG i = 0; i < 2; i++) {
        is_status(ZwNotifyChangeMultipleKeys(Key, 1, &Other, Event, NULL, NULL, &IoStatus,
                                             REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
                  STATUS_PENDING, "ask to be told of either");
        is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_TIMEOUT, "nothing yet");
        set(i == 0 ? Key : Second, L"Dword", REG_DWORD, "\2\0\0\0", 4);
        is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS, "told");
        set(i == 0 ? Second : Key, L"Dword", REG_DWORD, "\3\0\0\0", 4);
        is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_TIMEOUT, "once");
    }
    is_status(ZwNotifyChangeMultipleKeys(Key, 0, NULL, Event, NULL, NULL, &IoStatus,
                                         REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
              STATUS_PENDING, "of the first alone");
    set(Key, L"Dword", REG_DWORD, "\4\0\0\0", 4);
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS, "told");
    is_status(ZwNotifyChangeMultipleKeys(Key, 1, &Other, Event, NULL, NULL, &IoStatus,
                                         REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
              STATUS_PENDING, "of either again");
    is_status(ZwDeleteKey(Second), STATUS_SUCCESS, "the second key goes");
    is_status(ZwWaitForSingleObject(Event, FALSE, &Zero), STATUS_SUCCESS, "which ends the wait");
    is_status(IoStatus.Status, STATUS_NOTIFY_CLEANUP, "as such");
    is_status(ZwNotifyChangeMultipleKeys(Key, 1, &Other, Event, NULL, NULL, &IoStatus,
                                         REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
              STATUS_OBJECT_NAME_NOT_FOUND, "a second key that is not there");
    ok(!NT_SUCCESS(ZwNotifyChangeMultipleKeys(Key, 2, &Other, Event, NULL, NULL, &IoStatus,
                                              REG_NOTIFY_CHANGE_LAST_SET, FALSE, NULL, 0, TRUE)),
       "more than two keys");
    ZwClose(Second);
    ZwClose(Event);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name;
    HANDLE Key;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    keys();
    if (!NT_SUCCESS(make(NULL, ROOT, 0, &Key, NULL)))
        return bail("no key to work with");
    values(Key);
    buffer_rules(Key);
    query_key(Key);
    volatile_keys(Key);
    rename_key(Key);
    set_information(Key);
    multiple(Key);
    open_link();
    links();
    notification(Key);
    notify_two(Key);
    RtlInitUnicodeString(&Name, L"String");
    is_status(ZwDeleteValueKey(Key, &Name), STATUS_SUCCESS, "delete a value");
    is_status(ZwDeleteValueKey(Key, &Name), STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    is_status(ZwDeleteKey(Key), STATUS_SUCCESS, "delete the key with its values");
    ZwClose(Key);
    leak_end();
    return done();
}
