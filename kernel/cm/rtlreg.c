/*
 * The Rtl routines on the registry: RtlQueryRegistryValues with its tables, and the ones that
 * write, check and delete. Left out: environment variables of REG_EXPAND_SZ values when no
 * environment is given (the System process has none), so such a value is handed over as it stands.
 */
#include "cmp.h"

#define CMP_QUERY_TYPECHECK 0x100u
#define CMP_TYPECHECK_SHIFT 24

NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG RelativeTo, PCWSTR Path,
                                        PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                        PVOID Environment);

/* ---- the key ---- */

static NTSTATUS CmpOpenByName(HANDLE Root, PUNICODE_STRING Name, BOOLEAN Create, ACCESS_MASK Access,
                              PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root,
                               NULL);
    return Create ? ZwCreateKey(Key, Access, &Attributes, 0, NULL, 0, NULL)
                  : ZwOpenKey(Key, Access, &Attributes);
}

static const PCWSTR CmpRelativeRoot[RTL_REGISTRY_MAXIMUM] = {
    L"",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    L"\\Registry\\Machine\\Hardware\\DeviceMap",
    L"\\Registry\\User\\.Default",
};

/*
 * The key that RelativeTo and Path name. *Close: the caller closes it. Create makes the last
 * component.
 */
static NTSTATUS CmpOpenRelative(ULONG RelativeTo, PCWSTR Path, BOOLEAN Create, ACCESS_MASK Access,
                                PHANDLE Key, PBOOLEAN Close)
{
    ULONG Root = RelativeTo & ~(RTL_REGISTRY_HANDLE | RTL_REGISTRY_OPTIONAL);
    UNICODE_STRING Base, Name, Rest;
    NTSTATUS Status = STATUS_SUCCESS;

    *Close = (RelativeTo & RTL_REGISTRY_HANDLE) == 0;
    if (!*Close) {
        *Key = (HANDLE)Path;
        return STATUS_SUCCESS;
    }
    if (Root >= RTL_REGISTRY_MAXIMUM)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&Base, CmpRelativeRoot[Root]);
    RtlInitUnicodeString(&Rest, Path);
    Name.Length = 0;
    Name.MaximumLength = Base.Length + Rest.Length + 2 * sizeof(WCHAR);
    Name.Buffer = ExpAllocatePool(PagedPool, Name.MaximumLength, CMP_TAG, FALSE, NULL);
    if (Name.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlAppendUnicodeStringToString(&Name, &Base);
    if (Base.Length != 0 && Rest.Length != 0 && Rest.Buffer[0] != L'\\')
        RtlAppendUnicodeToString(&Name, L"\\");
    RtlAppendUnicodeStringToString(&Name, &Rest);
    Status = CmpOpenByName(NULL, &Name, Create, Access, Key);
    ExpFreePool(Name.Buffer, CMP_TAG, NULL);
    return Status;
}

/* ---- values on their way to the caller ---- */

typedef struct _CMP_QUERY {
    PRTL_QUERY_REGISTRY_TABLE Row;
    PVOID Context;
    PCWSTR Environment;
} CMP_QUERY;

static BOOLEAN CmpIsString(ULONG Type)
{
    return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ;
}

/* A string into the caller's UNICODE_STRING, whose buffer is made when it has none. */
static NTSTATUS CmpStoreString(PUNICODE_STRING Target, PCWSTR Data, ULONG Bytes)
{
    ULONG Length = Bytes >= sizeof(WCHAR) && Data[Bytes / sizeof(WCHAR) - 1] == 0
                       ? Bytes - sizeof(WCHAR)
                       : Bytes;

    if (Length + sizeof(WCHAR) > MAXUSHORT)
        return STATUS_NAME_TOO_LONG;
    if (Target->Buffer == NULL) {
        Target->Buffer = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), 'vrqR');
        if (Target->Buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Target->MaximumLength = (USHORT)(Length + sizeof(WCHAR));
    } else if (Target->MaximumLength < Length + sizeof(WCHAR)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlCopyMemory(Target->Buffer, Data, Length);
    Target->Buffer[Length / sizeof(WCHAR)] = 0;
    Target->Length = (USHORT)Length;
    return STATUS_SUCCESS;
}

/*
 * Anything else: up to four bytes as they are; more by what the first LONG of the buffer says.
 * [doc]
 */
static NTSTATUS CmpStoreBytes(PVOID Target, ULONG Type, const VOID *Data, ULONG Bytes)
{
    LONG Room = *(LONG UNALIGNED *)Target;

    if (Bytes <= sizeof(ULONG)) {
        RtlCopyMemory(Target, Data, Bytes);
        return STATUS_SUCCESS;
    }
    if (Room < 0) {
        if ((ULONG)-Room < Bytes)
            return STATUS_BUFFER_TOO_SMALL;
        RtlCopyMemory(Target, Data, Bytes);
        return STATUS_SUCCESS;
    }
    if ((ULONG)Room < Bytes + 2 * sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    ((ULONG UNALIGNED *)Target)[0] = Bytes;
    ((ULONG UNALIGNED *)Target)[1] = Type;
    RtlCopyMemory((ULONG UNALIGNED *)Target + 2, Data, Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS CmpDeliverDirect(const CMP_QUERY *Query, ULONG Type, const VOID *Data, ULONG Bytes)
{
    ULONG Wanted = Query->Row->DefaultType >> CMP_TYPECHECK_SHIFT;

    if ((Query->Row->Flags & CMP_QUERY_TYPECHECK) && Wanted != Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (CmpIsString(Type))
        return CmpStoreString(Query->Row->EntryContext, Data, Bytes);
    return CmpStoreBytes(Query->Row->EntryContext, Type, Data, Bytes);
}

static NTSTATUS CmpCallRoutine(const CMP_QUERY *Query, PCWSTR Name, ULONG Type, const VOID *Data,
                               ULONG Bytes)
{
    NTSTATUS Status = Query->Row->QueryRoutine((PWSTR)Name, Type, (PVOID)Data, Bytes,
                                               Query->Context, Query->Row->EntryContext);

    return Status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS
                                             : Status; /* the routine skips the value [doc] */
}

/* Each string of a REG_MULTI_SZ by itself. */
static NTSTATUS CmpDeliverMulti(const CMP_QUERY *Query, PCWSTR Name, PCWSTR Data, ULONG Bytes)
{
    PCWSTR End = Data + Bytes / sizeof(WCHAR);
    NTSTATUS Status = STATUS_SUCCESS;

    while (Data < End && *Data != 0 && NT_SUCCESS(Status)) {
        PCWSTR Next = Data;

        while (Next < End && *Next != 0)
            Next++;
        Status = CmpCallRoutine(Query, Name, REG_SZ, Data,
                                (ULONG)(Next + 1 - Data) * sizeof(WCHAR));
        Data = Next + 1;
    }
    return Status;
}

/* The value of %Name% in an environment block, or NULL. */
static PCWSTR CmpFindVariable(PCWSTR Environment, PCWSTR Name, SIZE_T Length)
{
    while (*Environment != 0) {
        UNICODE_STRING Entry, Wanted = {(USHORT)(Length * 2), (USHORT)(Length * 2), (PWSTR)Name};
        SIZE_T Equals = 1;

        while (Environment[Equals] != 0 && Environment[Equals] != L'=')
            Equals++;
        Entry.Buffer = (PWSTR)Environment;
        Entry.Length = Entry.MaximumLength = (USHORT)(Equals * sizeof(WCHAR));
        if (Environment[Equals] == L'=' && RtlEqualUnicodeString(&Entry, &Wanted, TRUE))
            return Environment + Equals + 1;
        while (*Environment++ != 0)
            ;
    }
    return NULL;
}

/*
 * Copies Source with %variables% replaced; with Target == NULL only counts. Returns characters,
 * without a NUL.
 */
static SIZE_T CmpExpand(PCWSTR Environment, PCWSTR Source, PWSTR Target)
{
    SIZE_T Count = 0;

    while (*Source != 0) {
        SIZE_T Length = 1;
        PCWSTR Value = NULL;

        if (*Source == L'%') {
            while (Source[Length] != 0 && Source[Length] != L'%')
                Length++;
            if (Source[Length] == L'%')
                Value = CmpFindVariable(Environment, Source + 1, Length - 1);
        }
        if (Value == NULL) {
            if (Target != NULL)
                Target[Count] = *Source;
            Count++;
            Source++;
            continue;
        }
        for (; *Value != 0; Value++, Count++)
            if (Target != NULL)
                Target[Count] = *Value;
        Source += Length + 1;
    }
    return Count;
}

static NTSTATUS CmpDeliverPlain(const CMP_QUERY *Query, PCWSTR Name, ULONG Type, const VOID *Data,
                                ULONG Bytes)
{
    return Query->Row->Flags & RTL_QUERY_REGISTRY_DIRECT
               ? CmpDeliverDirect(Query, Type, Data, Bytes)
               : CmpCallRoutine(Query, Name, Type, Data, Bytes);
}

static NTSTATUS CmpDeliverExpanded(const CMP_QUERY *Query, PCWSTR Name, PCWSTR Data)
{
    SIZE_T Count = CmpExpand(Query->Environment, Data, NULL);
    PWSTR Text = ExpAllocatePool(PagedPool, (Count + 1) * sizeof(WCHAR), CMP_TAG, FALSE, NULL);
    NTSTATUS Status;

    if (Text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    CmpExpand(Query->Environment, Data, Text);
    Text[Count] = 0;
    Status = CmpDeliverPlain(Query, Name, REG_SZ, Text, (ULONG)(Count + 1) * sizeof(WCHAR));
    ExpFreePool(Text, CMP_TAG, NULL);
    return Status;
}

/* Data of a string type ends with a NUL that Bytes need not count. */
static NTSTATUS CmpDeliver(const CMP_QUERY *Query, PCWSTR Name, ULONG Type, const VOID *Data,
                           ULONG Bytes)
{
    ULONG Flags = Query->Row->Flags;

    if (Flags & RTL_QUERY_REGISTRY_NOEXPAND)
        return CmpDeliverPlain(Query, Name, Type, Data, Bytes);
    if (Type == REG_MULTI_SZ && !(Flags & RTL_QUERY_REGISTRY_DIRECT))
        return CmpDeliverMulti(Query, Name, Data, Bytes);
    if (Type == REG_EXPAND_SZ && Query->Environment != NULL && !(Flags & CMP_QUERY_TYPECHECK))
        return CmpDeliverExpanded(Query, Name, Data);
    return CmpDeliverPlain(Query, Name, Type, Data, Bytes);
}

/* ---- rows of the table ---- */

/* The value in pool, with two NULs behind its data; Index is used when Name is NULL. */
static NTSTATUS CmpReadValue(HANDLE Key, PCWSTR Name, ULONG Index,
                             PKEY_VALUE_FULL_INFORMATION *Result)
{
    UNICODE_STRING String;
    ULONG Bytes = 256, Needed = 0;
    NTSTATUS Status;

    RtlInitUnicodeString(&String, Name);
    for (;;) {
        PKEY_VALUE_FULL_INFORMATION Info = ExpAllocatePool(PagedPool, Bytes + 2 * sizeof(WCHAR),
                                                           CMP_TAG, FALSE, NULL);

        if (Info == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Status = Name != NULL
                     ? ZwQueryValueKey(Key, &String, KeyValueFullInformation, Info, Bytes, &Needed)
                     : ZwEnumerateValueKey(Key, Index, KeyValueFullInformation, Info, Bytes,
                                           &Needed);
        if (NT_SUCCESS(Status)) {
            RtlZeroMemory((PUCHAR)Info + Info->DataOffset + Info->DataLength, 2 * sizeof(WCHAR));
            *Result = Info;
            return Status;
        }
        ExpFreePool(Info, CMP_TAG, NULL);
        if (Status != STATUS_BUFFER_OVERFLOW && Status != STATUS_BUFFER_TOO_SMALL)
            return Status;
        Bytes = Needed;
    }
}

static NTSTATUS CmpDeliverValue(const CMP_QUERY *Query, PKEY_VALUE_FULL_INFORMATION Info,
                                PCWSTR Name)
{
    return CmpDeliver(Query, Name, Info->Type, (PUCHAR)Info + Info->DataOffset, Info->DataLength);
}

/* No value: its default, if the row has one. */
static NTSTATUS CmpDeliverDefault(const CMP_QUERY *Query)
{
    PRTL_QUERY_REGISTRY_TABLE Row = Query->Row;
    ULONG Type = Row->Flags & CMP_QUERY_TYPECHECK ? Row->DefaultType & 0xFFFFFF : Row->DefaultType;
    ULONG Bytes = Row->DefaultLength;
    UNICODE_STRING Text;
    CMP_QUERY Untyped = *Query;
    RTL_QUERY_REGISTRY_TABLE Copy = *Row;

    if (Row->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (Type == REG_NONE)
        return STATUS_SUCCESS;
    if (Bytes == 0 && (Type == REG_SZ || Type == REG_EXPAND_SZ)) {
        RtlInitUnicodeString(&Text, Row->DefaultData);
        Bytes = Text.Length + sizeof(WCHAR);
    }
    Copy.Flags &= ~CMP_QUERY_TYPECHECK; /* the check is on what the registry has */
    Untyped.Row = &Copy;
    return CmpDeliver(&Untyped, Row->Name, Type, Row->DefaultData, Bytes);
}

static VOID CmpDeleteNamed(HANDLE Key, PCWSTR Name)
{
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    ZwDeleteValueKey(Key, &String);
}

static NTSTATUS CmpQueryNamed(const CMP_QUERY *Query, HANDLE Key)
{
    PKEY_VALUE_FULL_INFORMATION Info;
    NTSTATUS Status = Key == NULL ? STATUS_OBJECT_NAME_NOT_FOUND
                                  : CmpReadValue(Key, Query->Row->Name, 0, &Info);

    if (Status == STATUS_OBJECT_NAME_NOT_FOUND)
        return CmpDeliverDefault(Query);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = CmpDeliverValue(Query, Info, Query->Row->Name);
    ExpFreePool(Info, CMP_TAG, NULL);
    if (NT_SUCCESS(Status) && (Query->Row->Flags & RTL_QUERY_REGISTRY_DELETE))
        CmpDeleteNamed(Key, Query->Row->Name);
    return Status;
}

/* All values of the key. */
static NTSTATUS CmpQueryAll(const CMP_QUERY *Query, HANDLE Key)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Index = 0;

    while (Key != NULL && NT_SUCCESS(Status)) {
        PKEY_VALUE_FULL_INFORMATION Info;
        UNICODE_STRING Name;

        Status = CmpReadValue(Key, NULL, Index, &Info);
        if (!NT_SUCCESS(Status))
            break;
        Name.Buffer = ExpAllocatePool(PagedPool, Info->NameLength + sizeof(WCHAR), CMP_TAG, FALSE,
                                      NULL);
        if (Name.Buffer != NULL) {
            RtlCopyMemory(Name.Buffer, Info->Name, Info->NameLength);
            Name.Buffer[Info->NameLength / sizeof(WCHAR)] = 0;
            Status = CmpDeliverValue(Query, Info, Name.Buffer);
            if (NT_SUCCESS(Status) && (Query->Row->Flags & RTL_QUERY_REGISTRY_DELETE))
                CmpDeleteNamed(Key, Name.Buffer);
            else
                Index++;
            ExpFreePool(Name.Buffer, CMP_TAG, NULL);
        } else {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        }
        ExpFreePool(Info, CMP_TAG, NULL);
    }
    if (Status == STATUS_NO_MORE_ENTRIES)
        return Index == 0 && (Query->Row->Flags & RTL_QUERY_REGISTRY_REQUIRED)
                   ? STATUS_OBJECT_NAME_NOT_FOUND
                   : STATUS_SUCCESS;
    return Status;
}

static NTSTATUS CmpQueryRow(const CMP_QUERY *Query, HANDLE Key)
{
    PRTL_QUERY_REGISTRY_TABLE Row = Query->Row;

    if ((Row->Flags & RTL_QUERY_REGISTRY_DIRECT) &&
        (Row->Name == NULL || (Row->Flags & RTL_QUERY_REGISTRY_SUBKEY)))
        return STATUS_INVALID_PARAMETER;
    if (Row->Flags & RTL_QUERY_REGISTRY_SUBKEY)
        return Row->QueryRoutine == NULL ? STATUS_SUCCESS : CmpQueryAll(Query, Key);
    if (Row->Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return CmpCallRoutine(Query, NULL, REG_NONE, NULL, 0);
    if (Row->Name != NULL)
        return CmpQueryNamed(Query, Key);
    return Row->QueryRoutine == NULL ? STATUS_SUCCESS : CmpQueryAll(Query, Key);
}

/* Goes over to the row's subkey, or back to the top. *Key NULL: the subkey is not there. */
static NTSTATUS CmpChangeKey(PRTL_QUERY_REGISTRY_TABLE Row, HANDLE Top, HANDLE *Key)
{
    UNICODE_STRING Name;
    NTSTATUS Status;

    if (*Key != Top && *Key != NULL)
        ZwClose(*Key);
    *Key = Top;
    if (!(Row->Flags & RTL_QUERY_REGISTRY_SUBKEY))
        return STATUS_SUCCESS;
    if (Row->Name == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&Name, Row->Name);
    Status = CmpOpenByName(Top, &Name, FALSE, MAXIMUM_ALLOWED, Key);
    if (NT_SUCCESS(Status))
        return Status;
    *Key = NULL;
    return Row->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
}

static NTSTATUS CmpQueryTable(HANDLE Top, PRTL_QUERY_REGISTRY_TABLE Row, PVOID Context,
                              PVOID Environment)
{
    CMP_QUERY Query = {NULL, Context, Environment};
    HANDLE Key = Top;
    NTSTATUS Status = STATUS_SUCCESS;

    for (; NT_SUCCESS(Status) &&
           (Row->QueryRoutine != NULL ||
            (Row->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)));
         Row++) {
        if (Row->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_TOPKEY))
            Status = CmpChangeKey(Row, Top, &Key);
        Query.Row = Row;
        if (NT_SUCCESS(Status))
            Status = CmpQueryRow(&Query, Key);
    }
    if (Key != Top && Key != NULL)
        ZwClose(Key);
    return Status;
}

NT_EXPORT(RtlQueryRegistryValuesEx);
NTSTATUS NTAPI RtlQueryRegistryValuesEx(ULONG RelativeTo, PCWSTR Path,
                                        PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                        PVOID Environment)
{
    BOOLEAN Close;
    HANDLE Key;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, FALSE, MAXIMUM_ALLOWED, &Key, &Close);

    if (!NT_SUCCESS(Status))
        return Status == STATUS_OBJECT_NAME_NOT_FOUND && (RelativeTo & RTL_REGISTRY_OPTIONAL)
                   ? STATUS_SUCCESS
                   : Status;
    Status = CmpQueryTable(Key, QueryTable, Context, Environment);
    if (Close)
        ZwClose(Key);
    return Status;
}

NT_EXPORT(RtlQueryRegistryValues);
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path,
                                      PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                      PVOID Environment)
{
    return RtlQueryRegistryValuesEx(RelativeTo, Path, QueryTable, Context, Environment);
}

/* ---- the others ---- */

NT_EXPORT(RtlWriteRegistryValue);
NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName,
                                     ULONG ValueType, PVOID ValueData, ULONG ValueLength)
{
    UNICODE_STRING Name;
    BOOLEAN Close;
    HANDLE Key;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, TRUE, KEY_WRITE, &Key, &Close);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Name, ValueName);
    Status = ZwSetValueKey(Key, &Name, 0, ValueType, ValueData, ValueLength);
    if (Close)
        ZwClose(Key);
    return Status;
}

NT_EXPORT(RtlDeleteRegistryValue);
NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    UNICODE_STRING Name;
    BOOLEAN Close;
    HANDLE Key;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, FALSE, KEY_WRITE, &Key, &Close);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&Name, ValueName);
    Status = ZwDeleteValueKey(Key, &Name);
    if (Close)
        ZwClose(Key);
    return Status;
}

NT_EXPORT(RtlCreateRegistryKey);
NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    BOOLEAN Close;
    HANDLE Key;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, TRUE, KEY_WRITE, &Key, &Close);

    if (NT_SUCCESS(Status) && Close)
        ZwClose(Key);
    return Status;
}

NT_EXPORT(RtlCheckRegistryKey);
NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    BOOLEAN Close;
    HANDLE Key;
    NTSTATUS Status = CmpOpenRelative(RelativeTo, Path, FALSE, KEY_READ, &Key, &Close);

    if (NT_SUCCESS(Status) && Close)
        ZwClose(Key);
    return Status;
}
