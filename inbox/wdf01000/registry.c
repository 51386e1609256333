/*
 * WDFKEY: an open registry key, and values by type [doc: Using the Registry in WDF Drivers; WdfRegistryQueryValue and
 * its kin]. All at PASSIVE_LEVEL.
 */
#include "io.h"

#include <ntstrsafe.h>

typedef struct _FX_KEY {
    FX_OBJECT Object;
    HANDLE Handle; /* kernel handle; NULL once closed */
} FX_KEY;

static VOID FxKeyDispose(FX_OBJECT *Object)
{
    FX_KEY *Key = (FX_KEY *)Object;

    if (Key->Handle != NULL)
        ZwClose(Key->Handle);
    Key->Handle = NULL;
}

static const FX_CLASS FxKeyClass = {
    .Type = FxTypeKey, .Name = "WDFKEY", .Size = sizeof(FX_KEY), .Dispose = FxKeyDispose, .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
};

static HANDLE FxKeyHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    return FX_OBJECT_OF(FX_KEY, FxGlobalsOf(DriverGlobals), Key, FxTypeKey)->Handle;
}

NTSTATUS FxKeyCreate(FX_GLOBALS *Globals, PWDF_OBJECT_ATTRIBUTES Attributes, HANDLE Handle, WDFKEY *Key)
{
    FX_OBJECT *Object;
    NTSTATUS Status = FxObjectCreate(Globals, &FxKeyClass, Attributes, (FX_OBJECT *)Globals->Driver, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        return Status;
    }
    ((FX_KEY *)Object)->Handle = Handle;
    *Key = FX_HANDLE(WDFKEY, Object);
    return STATUS_SUCCESS;
}

/* ---- keys ---- */

/* Opens or, with Create, creates the key and makes its object. */
static NTSTATUS FxKeyOpen(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Parent, PCUNICODE_STRING Name, ACCESS_MASK Access,
                          BOOLEAN Create, ULONG Options, PULONG Disposition, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
                          WDFKEY *Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    HANDLE Root = Parent != NULL ? FxKeyHandle(DriverGlobals, Parent) : NULL, Handle;
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, Key);
    FX_REQUIRE(Globals, Name);
    *Key = NULL;
    if (NT_SUCCESS(Status))
        Status = RtlUnicodeStringValidate(Name);
    if (NT_SUCCESS(Status))
        Status = FxCheckAttributes(Globals, KeyAttributes);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    Status = Create ? ZwCreateKey(&Handle, Access, &Attributes, 0, NULL, Options, Disposition)
                    : ZwOpenKey(&Handle, Access, &Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxKeyCreate(Globals, KeyAttributes, Handle, Key);
    if (!NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

WDF_DDI(WdfRegistryOpenKey);
NTSTATUS NTAPI imp_WdfRegistryOpenKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                      ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return FxKeyOpen(DriverGlobals, ParentKey, KeyName, DesiredAccess, FALSE, 0, NULL, KeyAttributes, Key);
}

WDF_DDI(WdfRegistryCreateKey);
NTSTATUS NTAPI imp_WdfRegistryCreateKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                        ACCESS_MASK DesiredAccess, ULONG CreateOptions, PULONG CreateDisposition,
                                        PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return FxKeyOpen(DriverGlobals, ParentKey, KeyName, DesiredAccess, TRUE, CreateOptions, CreateDisposition,
                     KeyAttributes, Key);
}

WDF_DDI(WdfDriverOpenPersistentStateRegistryKey);
NTSTATUS NTAPI imp_WdfDriverOpenPersistentStateRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                           WDFDRIVER Driver,
                                                           ACCESS_MASK DesiredAccess,
                                                           PWDF_OBJECT_ATTRIBUTES KeyAttributes,
                                                           WDFKEY *Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DRIVER *Own = FX_OBJECT_OF(FX_DRIVER, Globals, Driver, FxTypeDriver);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    HANDLE Handle;

    FX_REQUIRE(Globals, Key);
    *Key = NULL;
    if (NT_SUCCESS(Status))
        Status = FxCheckAttributes(Globals, KeyAttributes);
    if (NT_SUCCESS(Status))
        Status = IoOpenDriverRegistryKey(Own->DriverObject, DriverRegKeyPersistentState,
                                         DesiredAccess, 0, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxKeyCreate(Globals, KeyAttributes, Handle, Key);
    if (!NT_SUCCESS(Status))
        ZwClose(Handle);
    return Status;
}

WDF_DDI(WdfDriverOpenParametersRegistryKey);
NTSTATUS NTAPI imp_WdfDriverOpenParametersRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                      ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
                                                      WDFKEY *Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    UNICODE_STRING Path;
    NTSTATUS Status;

    FX_OBJECT_OF(FX_DRIVER, Globals, Driver, FxTypeDriver);
    FX_REQUIRE(Globals, Key);
    *Key = NULL;
    Path.Length = 0;
    Path.MaximumLength = Globals->RegistryPath.Length + sizeof(L"\\Parameters");
    Path.Buffer = FxAllocate(Globals, Path.MaximumLength);
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyUnicodeString(&Path, &Globals->RegistryPath);
    RtlAppendUnicodeToString(&Path, L"\\Parameters");
    /* created where it is missing [doc: WdfDriverOpenParametersRegistryKey] */
    Status = FxKeyOpen(DriverGlobals, NULL, &Path, DesiredAccess, (DesiredAccess & (KEY_CREATE_SUB_KEY | KEY_SET_VALUE)) != 0,
                       REG_OPTION_NON_VOLATILE, NULL, KeyAttributes, Key);
    FxFree(Path.Buffer);
    return Status;
}

WDF_DDI(WdfRegistryClose);
VOID NTAPI imp_WdfRegistryClose(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Object = FxObjectFromHandle(Globals, Key, FxTypeKey);

    if (NT_SUCCESS(FxCheckIrql(Globals, PASSIVE_LEVEL)))
        FxObjectDelete(Object);
}

WDF_DDI(WdfRegistryWdmGetHandle);
HANDLE NTAPI imp_WdfRegistryWdmGetHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    return FxKeyHandle(DriverGlobals, Key);
}

WDF_DDI(WdfRegistryRemoveKey);
NTSTATUS NTAPI imp_WdfRegistryRemoveKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (NT_SUCCESS(Status))
        Status = ZwDeleteKey(FxKeyHandle(DriverGlobals, Key));
    if (NT_SUCCESS(Status))
        FxObjectDelete(FxObjectFromHandle(Globals, Key, FxTypeKey));
    return Status;
}

WDF_DDI(WdfRegistryRemoveValue);
NTSTATUS NTAPI imp_WdfRegistryRemoveValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, ValueName);
    return NT_SUCCESS(Status) ? ZwDeleteValueKey(FxKeyHandle(DriverGlobals, Key), (PUNICODE_STRING)ValueName) : Status;
}

/* ---- reading ---- */

/* The whole value in pool; the caller frees it. */
static NTSTATUS FxQueryWhole(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING Name,
                             PKEY_VALUE_PARTIAL_INFORMATION *Result)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    HANDLE Handle = FxKeyHandle(DriverGlobals, Key);
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    ULONG Bytes = 0;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    *Result = NULL;
    FX_REQUIRE(Globals, Name);
    if (NT_SUCCESS(Status))
        Status = RtlUnicodeStringValidate(Name);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryValueKey(Handle, (PUNICODE_STRING)Name, KeyValuePartialInformation, NULL, 0, &Bytes);
    while (Status == STATUS_BUFFER_TOO_SMALL || Status == STATUS_BUFFER_OVERFLOW) {
        Info = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, Globals->Public.DriverTag);
        if (Info == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Status = ZwQueryValueKey(Handle, (PUNICODE_STRING)Name, KeyValuePartialInformation, Info, Bytes, &Bytes);
        if (NT_SUCCESS(Status))
            *Result = Info;
        else
            ExFreePool(Info);
    }
    return Status;
}

WDF_DDI(WdfRegistryQueryValue);
NTSTATUS NTAPI imp_WdfRegistryQueryValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                         ULONG ValueLength, PVOID Value, PULONG ValueLengthQueried, PULONG ValueType)
{
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    NTSTATUS Status;

    if (ValueLength != 0 && Value == NULL)
        return STATUS_INVALID_PARAMETER;
    Status = FxQueryWhole(DriverGlobals, Key, ValueName, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    if (ValueLengthQueried != NULL)
        *ValueLengthQueried = Info->DataLength;
    if (ValueType != NULL)
        *ValueType = Info->Type;
    if (Info->DataLength > ValueLength)
        Status = STATUS_BUFFER_OVERFLOW;
    if (Value != NULL)
        RtlCopyMemory(Value, Info->Data, min(ValueLength, Info->DataLength));
    ExFreePool(Info);
    return Status;
}

WDF_DDI(WdfRegistryQueryMemory);
NTSTATUS NTAPI imp_WdfRegistryQueryMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                          POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes,
                                          WDFMEMORY *Memory, PULONG ValueType)
{
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Memory);
    *Memory = NULL;
    Status = FxQueryWhole(DriverGlobals, Key, ValueName, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = imp_WdfMemoryCreate(DriverGlobals, MemoryAttributes, PoolType, 0, Info->DataLength, Memory, &Buffer);
    if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Buffer, Info->Data, Info->DataLength);
        if (ValueType != NULL)
            *ValueType = Info->Type;
    }
    ExFreePool(Info);
    return Status;
}

/* A text value without its terminators. STATUS_OBJECT_TYPE_MISMATCH when it is of another type. */
static NTSTATUS FxQueryText(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Type,
                            PKEY_VALUE_PARTIAL_INFORMATION *Info, PUNICODE_STRING Text)
{
    NTSTATUS Status = FxQueryWhole(DriverGlobals, Key, ValueName, Info);

    if (!NT_SUCCESS(Status))
        return Status;
    if ((*Info)->Type != Type || (*Info)->DataLength > MAXUSHORT - sizeof(WCHAR)) {
        ExFreePool(*Info);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    Text->Buffer = (PWCHAR)(*Info)->Data;
    Text->Length = (USHORT)((*Info)->DataLength & ~1u);
    while (Text->Length != 0 && Text->Buffer[Text->Length / sizeof(WCHAR) - 1] == L'\0')
        Text->Length -= sizeof(WCHAR);
    Text->MaximumLength = Text->Length;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfRegistryQueryUnicodeString);
NTSTATUS NTAPI imp_WdfRegistryQueryUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key,
                                                 PCUNICODE_STRING ValueName, PUSHORT ValueByteLength,
                                                 PUNICODE_STRING Value)
{
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    UNICODE_STRING Text;
    NTSTATUS Status = FxQueryText(DriverGlobals, Key, ValueName, REG_SZ, &Info, &Text);

    if (!NT_SUCCESS(Status))
        return Status;
    if (ValueByteLength != NULL)
        *ValueByteLength = Text.Length + sizeof(WCHAR);
    if (Value != NULL && Value->MaximumLength < Text.Length)
        Status = STATUS_BUFFER_OVERFLOW;
    else if (Value != NULL)
        RtlCopyUnicodeString(Value, &Text);
    ExFreePool(Info);
    return Status;
}

WDF_DDI(WdfRegistryQueryString);
NTSTATUS NTAPI imp_WdfRegistryQueryString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                          WDFSTRING String)
{
    FX_OBJECT *Object = FxObjectFromHandle(FxGlobalsOf(DriverGlobals), String, FxTypeString);
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    UNICODE_STRING Text;
    NTSTATUS Status = FxQueryText(DriverGlobals, Key, ValueName, REG_SZ, &Info, &Text);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxStringAssign(Object, &Text);
    ExFreePool(Info);
    return Status;
}

WDF_DDI(WdfRegistryQueryMultiString);
NTSTATUS NTAPI imp_WdfRegistryQueryMultiString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key,
                                               PCUNICODE_STRING ValueName, PWDF_OBJECT_ATTRIBUTES StringsAttributes,
                                               WDFCOLLECTION Collection)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *List = FxObjectFromHandle(Globals, Collection, FxTypeCollection), *String;
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    UNICODE_STRING Text, One;
    NTSTATUS Status = FxQueryText(DriverGlobals, Key, ValueName, REG_MULTI_SZ, &Info, &Text);

    if (!NT_SUCCESS(Status))
        return Status;
    while (NT_SUCCESS(Status) && Text.Length != 0) {
        One.Buffer = Text.Buffer;
        for (One.Length = 0; One.Length < Text.Length && Text.Buffer[One.Length / sizeof(WCHAR)] != L'\0';)
            One.Length += sizeof(WCHAR);
        One.MaximumLength = One.Length;
        Status = FxStringCreate(Globals, StringsAttributes, List, &One, &String);
        if (NT_SUCCESS(Status)) {
            Status = FxCollectionAdd(List, String);
            if (!NT_SUCCESS(Status))
                FxObjectDelete(String);
        }
        Text.Buffer += One.Length / sizeof(WCHAR) + 1;
        Text.Length -= min(Text.Length, (USHORT)(One.Length + sizeof(WCHAR)));
    }
    ExFreePool(Info);
    return Status;
}

WDF_DDI(WdfRegistryQueryULong);
NTSTATUS NTAPI imp_WdfRegistryQueryULong(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                         PULONG Value)
{
    PKEY_VALUE_PARTIAL_INFORMATION Info;
    NTSTATUS Status;

    FX_REQUIRE(FxGlobalsOf(DriverGlobals), Value);
    Status = FxQueryWhole(DriverGlobals, Key, ValueName, &Info);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Info->Type == REG_DWORD && Info->DataLength == sizeof(ULONG))
        RtlCopyMemory(Value, Info->Data, sizeof(ULONG));
    else
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    ExFreePool(Info);
    return Status;
}

/* ---- writing ---- */

WDF_DDI(WdfRegistryAssignValue);
NTSTATUS NTAPI imp_WdfRegistryAssignValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                          ULONG ValueType, ULONG ValueLength, PVOID Value)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, ValueName);
    if (NT_SUCCESS(Status))
        Status = RtlUnicodeStringValidate(ValueName);
    if (NT_SUCCESS(Status))
        Status = ZwSetValueKey(FxKeyHandle(DriverGlobals, Key), (PUNICODE_STRING)ValueName, 0, ValueType, Value,
                               ValueLength);
    return Status;
}

WDF_DDI(WdfRegistryAssignMemory);
NTSTATUS NTAPI imp_WdfRegistryAssignMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                           ULONG ValueType, WDFMEMORY Handle, PWDFMEMORY_OFFSET Offsets)
{
    FX_MEMORY *Memory = FX_OBJECT_OF(FX_MEMORY, FxGlobalsOf(DriverGlobals), Handle, FxTypeMemory);
    SIZE_T Offset = Offsets != NULL ? Offsets->BufferOffset : 0;
    SIZE_T Length = Offsets != NULL ? Offsets->BufferLength : 0;

    if (Offset > Memory->Length)
        return STATUS_INVALID_BUFFER_SIZE;
    if (Length == 0)
        Length = Memory->Length - Offset;
    if (Length > Memory->Length - Offset || Length > MAXULONG)
        return STATUS_INVALID_BUFFER_SIZE;
    return imp_WdfRegistryAssignValue(DriverGlobals, Key, ValueName, ValueType, (ULONG)Length,
                                      (PUCHAR)Memory->Buffer + Offset);
}

WDF_DDI(WdfRegistryAssignUnicodeString);
NTSTATUS NTAPI imp_WdfRegistryAssignUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key,
                                                  PCUNICODE_STRING ValueName, PCUNICODE_STRING Value)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    PWCHAR Text;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Value);
    Status = RtlUnicodeStringValidate(Value);
    if (!NT_SUCCESS(Status))
        return Status;
    Text = FxAllocate(Globals, (SIZE_T)Value->Length + sizeof(WCHAR)); /* zeroed: the terminator is there */
    if (Text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Text, Value->Buffer, Value->Length);
    Status = imp_WdfRegistryAssignValue(DriverGlobals, Key, ValueName, REG_SZ, Value->Length + sizeof(WCHAR), Text);
    FxFree(Text);
    return Status;
}

WDF_DDI(WdfRegistryAssignString);
NTSTATUS NTAPI imp_WdfRegistryAssignString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                           WDFSTRING String)
{
    return imp_WdfRegistryAssignUnicodeString(
        DriverGlobals, Key, ValueName, FxStringValue(FxObjectFromHandle(FxGlobalsOf(DriverGlobals), String, FxTypeString)));
}

/* Bytes of the strings with their terminators and the last one; 0 when an item is no string. */
static ULONG FxMultiStringBytes(FX_OBJECT *Collection)
{
    ULONG Bytes = sizeof(WCHAR);

    for (ULONG i = 0; i < FxCollectionCount(Collection); i++) {
        const FX_OBJECT *Item = FxCollectionItem(Collection, i);

        if (Item->Class->Type != FxTypeString)
            return 0;
        Bytes += FxStringValue(Item)->Length + sizeof(WCHAR);
    }
    return Bytes;
}

WDF_DDI(WdfRegistryAssignMultiString);
NTSTATUS NTAPI imp_WdfRegistryAssignMultiString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key,
                                                PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_OBJECT *Collection = FxObjectFromHandle(Globals, StringsCollection, FxTypeCollection);
    ULONG Bytes = FxMultiStringBytes(Collection);
    PWCHAR Text, At;
    NTSTATUS Status;

    if (Bytes == 0)
        return FxMistake(Globals, STATUS_OBJECT_TYPE_MISMATCH, "the collection holds an object that is no string");
    Text = At = FxAllocate(Globals, Bytes);
    if (Text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < FxCollectionCount(Collection); i++) {
        const UNICODE_STRING *Value = FxStringValue(FxCollectionItem(Collection, i));

        RtlCopyMemory(At, Value->Buffer, Value->Length);
        At += Value->Length / sizeof(WCHAR) + 1;
    }
    Status = imp_WdfRegistryAssignValue(DriverGlobals, Key, ValueName, REG_MULTI_SZ, Bytes, Text);
    FxFree(Text);
    return Status;
}

WDF_DDI(WdfRegistryAssignULong);
NTSTATUS NTAPI imp_WdfRegistryAssignULong(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                          ULONG Value)
{
    return imp_WdfRegistryAssignValue(DriverGlobals, Key, ValueName, REG_DWORD, sizeof(Value), &Value);
}
