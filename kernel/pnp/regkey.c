/*
 * Registry keys of devices, drivers and interfaces. All lie below
 * \Registry\Machine\System\CurrentControlSet.
 */
#include "pnpp.h"

static const WCHAR PnpRootKey[] = L"\\Registry\\Machine\\System\\CurrentControlSet";

static NTSTATUS PnpCreateOne(HANDLE Parent, PCUNICODE_STRING Name, ACCESS_MASK Access, HANDLE *Key)
{
    OBJECT_ATTRIBUTES Attributes;
    ULONG Disposition;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent, NULL);
    return ZwCreateKey(Key, Access, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, &Disposition);
}

static NTSTATUS PnpOpenOne(HANDLE Parent, PCUNICODE_STRING Name, ACCESS_MASK Access, HANDLE *Key)
{
    OBJECT_ATTRIBUTES Attributes;

    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name,
                               OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent, NULL);
    return ZwOpenKey(Key, Access, &Attributes);
}

NTSTATUS PnpOpenExistingKey(PCUNICODE_STRING Path, ACCESS_MASK Access, HANDLE *Key)
{
    UNICODE_STRING Root;
    HANDLE Top;
    NTSTATUS Status;

    RtlInitUnicodeString(&Root, PnpRootKey);
    Status = PnpOpenOne(NULL, &Root, KEY_READ, &Top);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PnpOpenOne(Top, Path, Access, Key);
    ZwClose(Top);
    return Status;
}

NTSTATUS PnpOpenKey(PCUNICODE_STRING Path, ACCESS_MASK Access, HANDLE *Key)
{
    UNICODE_STRING Rest = *Path, Part, Root;
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Current, Next;
    NTSTATUS Status;

    RtlInitUnicodeString(&Root, PnpRootKey);
    InitializeObjectAttributes(&Attributes, &Root, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    Status = ZwOpenKey(&Current, KEY_ALL_ACCESS, &Attributes);
    while (NT_SUCCESS(Status) && Rest.Length != 0) {
        ULONG i = 0, Limit = Rest.Length / sizeof(WCHAR);
        BOOLEAN Last;

        while (i < Limit && Rest.Buffer[i] != L'\\')
            i++;
        Part.Buffer = Rest.Buffer;
        Part.Length = Part.MaximumLength = (USHORT)(i * sizeof(WCHAR));
        Last = i == Limit;
        Rest.Buffer += Last ? i : i + 1;
        Rest.Length -= (USHORT)((Last ? i : i + 1) * sizeof(WCHAR));
        Status = PnpCreateOne(Current, &Part, Last ? Access : KEY_ALL_ACCESS, &Next);
        ZwClose(Current);
        Current = Next;
    }
    if (NT_SUCCESS(Status))
        *Key = Current;
    return Status;
}

NTSTATUS PnpSetString(HANDLE Key, PCWSTR Name, ULONG Type, PCUNICODE_STRING Value)
{
    UNICODE_STRING ValueName;
    ULONG Bytes = Value->Length + (Type == REG_MULTI_SZ ? 2 : 1) * sizeof(WCHAR);
    PWCHAR Data = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
    NTSTATUS Status;

    if (Data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Data, Bytes);
    RtlCopyMemory(Data, Value->Buffer, Value->Length);
    RtlInitUnicodeString(&ValueName, Name);
    Status = ZwSetValueKey(Key, &ValueName, 0, Type, Data, Bytes);
    ExFreePoolWithTag(Data, PNP_TAG);
    return Status;
}

NTSTATUS PnpSetValue(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING ValueName;

    RtlInitUnicodeString(&ValueName, Name);
    return ZwSetValueKey(Key, &ValueName, 0, Type, (PVOID)Data, Bytes);
}

UNICODE_STRING PnpQueryString(HANDLE Key, PCWSTR Name)
{
    enum { BYTES = 2048 };
    PKEY_VALUE_PARTIAL_INFORMATION Info = ExAllocatePoolWithTag(PagedPool, BYTES, PNP_TAG);
    UNICODE_STRING ValueName, Value, Result = { 0, 0, NULL };
    ULONG Length;

    if (Info == NULL)
        return Result;
    RtlInitUnicodeString(&ValueName, Name);
    if (NT_SUCCESS(
            ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, Info, BYTES, &Length)) &&
        (Info->Type == REG_SZ || Info->Type == REG_EXPAND_SZ || Info->Type == REG_MULTI_SZ)) {
        Value.Buffer = (PWCHAR)Info->Data;
        Value.Length = (USHORT)(Info->DataLength & ~1u);
        while (Value.Length > 0 && Value.Buffer[Value.Length / sizeof(WCHAR) - 1] == 0)
            Value.Length -= sizeof(WCHAR);
        if (Value.Length != 0)
            Result = PnpCopy(&Value);
    }
    ExFreePoolWithTag(Info, PNP_TAG);
    return Result;
}

ULONG PnpQueryNumber(HANDLE Key, PCWSTR Name)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Info;
        ULONG Rest;
    } Buffer;
    UNICODE_STRING ValueName;
    ULONG Bytes;

    RtlInitUnicodeString(&ValueName, Name);
    if (!NT_SUCCESS(ZwQueryValueKey(Key, &ValueName, KeyValuePartialInformation, &Buffer,
                                    sizeof(Buffer), &Bytes)) ||
        Buffer.Info.Type != REG_DWORD || Buffer.Info.DataLength != sizeof(ULONG))
        return 0;
    return *(ULONG *)Buffer.Info.Data;
}

static NTSTATUS PnpOpenFormatted(UNICODE_STRING Path, ACCESS_MASK Access, HANDLE *Key)
{
    NTSTATUS Status =
        Path.Buffer == NULL ? STATUS_INSUFFICIENT_RESOURCES : PnpOpenKey(&Path, Access, Key);

    PnpFree(&Path);
    return Status;
}

NTSTATUS PnpOpenEnumKey(PNP_NODE *Node, ACCESS_MASK Access, HANDLE *Key)
{
    return PnpOpenFormatted(PnpFormat(L"Enum\\%wZ", &Node->InstancePath), Access, Key);
}

UNICODE_STRING PnpQueryEnumString(PNP_NODE *Node, PCWSTR Name)
{
    UNICODE_STRING Result = { 0, 0, NULL };
    HANDLE Key;

    if (!NT_SUCCESS(PnpOpenEnumKey(Node, KEY_READ, &Key)))
        return Result;
    Result = PnpQueryString(Key, Name);
    ZwClose(Key);
    return Result;
}

NT_EXPORT(IoOpenDeviceRegistryKey);
NTSTATUS NTAPI IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType,
                                       ACCESS_MASK DesiredAccess, PHANDLE DevInstRegKey)
{
    PNP_NODE *Node = PnpNodeOf(DeviceObject);
    ULONG Kind = DevInstKeyType & (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER);
    UNICODE_STRING Driver;
    NTSTATUS Status;

    if (DevInstKeyType &
        ~(PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER | PLUGPLAY_REGKEY_CURRENT_HWPROFILE))
        return STATUS_INVALID_PARAMETER;
    if (Kind == 0 || Kind == (PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER))
        return STATUS_INVALID_PARAMETER;
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Kind == PLUGPLAY_REGKEY_DEVICE)
        return PnpOpenFormatted(PnpFormat(L"Enum\\%wZ\\Device Parameters", &Node->InstancePath),
                                DesiredAccess, DevInstRegKey);
    Driver = PnpQueryEnumString(Node, L"Driver");
    if (Driver.Buffer != NULL) {
        Status = PnpOpenFormatted(PnpFormat(L"Control\\Class\\%wZ", &Driver), DesiredAccess,
                                  DevInstRegKey);
        PnpFree(&Driver);
        return Status;
    }
    /* Without an INF there is no class: the driver's key is that of unknown devices. */
    return PnpOpenFormatted(
        PnpFormat(L"Control\\Class\\{4D36E97E-E325-11CE-BFC1-08002BE10318}\\%wZ", &Node->Service),
        DesiredAccess, DevInstRegKey);
}

NT_PARTIAL(IoOpenDriverRegistryKey, "the shared persistent state key");
NTSTATUS NTAPI IoOpenDriverRegistryKey(PDRIVER_OBJECT DriverObject, DRIVER_REGKEY_TYPE RegKeyType,
                                       ACCESS_MASK DesiredAccess, ULONG Flags, PHANDLE DriverRegKey)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    if (RegKeyType == DriverRegKeyPersistentState) /* [guess] where: no page names the place */
        return PnpOpenFormatted(PnpFormat(L"Services\\%wZ\\State",
                                          &DriverObject->DriverExtension->ServiceKeyName),
                                DesiredAccess, DriverRegKey);
    if (RegKeyType != DriverRegKeyParameters)
        return STATUS_NOT_SUPPORTED;
    return PnpOpenFormatted(
        PnpFormat(L"Services\\%wZ\\Parameters", &DriverObject->DriverExtension->ServiceKeyName),
        DesiredAccess, DriverRegKey);
}
