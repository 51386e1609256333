/*
 * Names of a device for others: symbolic links, device interfaces; its properties and its registry keys. Interfaces
 * made before the device starts are registered as soon as its physical device is known to PnP and enabled when it starts
 * [doc: Using Device Interfaces].
 */
#include "fx.h"

#include "pnp.h"

typedef struct _FX_INTERFACE {
    LIST_ENTRY Link; /* Device->Interfaces; InterfaceLock */
    GUID Class;
    UNICODE_STRING Reference; /* pool; empty: none */
    UNICODE_STRING LinkName; /* of IoRegisterDeviceInterface; empty: not registered yet */
    BOOLEAN AutoEnable;       /* made before the start, and not asked to stay disabled */
    BOOLEAN IsEnabled;
} FX_INTERFACE;

static VOID FxInterfaceLock(FX_DEVICE *Device)
{
    KeWaitForSingleObject(&Device->InterfaceLock, Executive, KernelMode, FALSE, NULL);
}

static VOID FxInterfaceUnlock(FX_DEVICE *Device)
{
    KeReleaseMutex(&Device->InterfaceLock, FALSE);
}

static NTSTATUS FxCopyText(FX_GLOBALS *Globals, PUNICODE_STRING Copy, PCUNICODE_STRING Source)
{
    Copy->MaximumLength = Source->Length + sizeof(WCHAR);
    Copy->Buffer = FxAllocate(Globals, Copy->MaximumLength);
    if (Copy->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyUnicodeString(Copy, Source);
    return STATUS_SUCCESS;
}

/* ---- symbolic links ---- */

VOID FxSymbolicLinkDelete(FX_DEVICE *Device)
{
    if (Device->SymbolicLink.Buffer == NULL)
        return;
    IoDeleteSymbolicLink(&Device->SymbolicLink);
    FxFree(Device->SymbolicLink.Buffer);
    RtlZeroMemory(&Device->SymbolicLink, sizeof(Device->SymbolicLink));
}

WDF_DDI(WdfDeviceCreateSymbolicLink);
NTSTATUS NTAPI imp_WdfDeviceCreateSymbolicLink(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                               PCUNICODE_STRING SymbolicLinkName)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    UNICODE_STRING Link;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, SymbolicLinkName);
    if (NT_SUCCESS(Status) && Device->Name.Length == 0)
        Status = FxMistake(Globals, STATUS_INVALID_DEVICE_STATE, "a symbolic link to a device without a name");
    if (NT_SUCCESS(Status))
        Status = FxCopyText(Globals, &Link, SymbolicLinkName);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&Link, &Device->Name);
    if (!NT_SUCCESS(Status)) {
        FxFree(Link.Buffer);
        return FxMistake(Globals, Status, "symbolic link %wZ", SymbolicLinkName);
    }
    FxFree(Device->SymbolicLink.Buffer); /* an earlier one stays, as the driver's own */
    Device->SymbolicLink = Link;
    return STATUS_SUCCESS;
}

/* ---- interfaces ---- */

static VOID FxInterfaceFree(FX_INTERFACE *Interface)
{
    FxFree(Interface->Reference.Buffer);
    if (Interface->LinkName.Buffer != NULL)
        RtlFreeUnicodeString(&Interface->LinkName);
    FxFree(Interface);
}

static NTSTATUS FxInterfaceRegister(FX_DEVICE *Device, FX_INTERFACE *Interface)
{
    return IoRegisterDeviceInterface(Device->Pdo, &Interface->Class,
                                     Interface->Reference.Length != 0 ? &Interface->Reference : NULL, &Interface->LinkName);
}

static VOID FxInterfaceSet(FX_DEVICE *Device, FX_INTERFACE *Interface, BOOLEAN Enable)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (Interface->LinkName.Buffer == NULL && Enable)
        Status = FxInterfaceRegister(Device, Interface);
    if (NT_SUCCESS(Status) && Interface->LinkName.Buffer != NULL && Interface->IsEnabled != Enable)
        Status = IoSetDeviceInterfaceState(&Interface->LinkName, Enable);
    if (!NT_SUCCESS(Status))
        FxMistake(Device->Object.Globals, Status, "device interface %wZ", &Interface->LinkName);
    else
        Interface->IsEnabled = Enable;
}

VOID FxInterfacesEnable(FX_DEVICE *Device, BOOLEAN Enable)
{
    FxInterfaceLock(Device);
    for (PLIST_ENTRY Link = Device->Interfaces.Flink; Link != &Device->Interfaces; Link = Link->Flink) {
        FX_INTERFACE *Interface = CONTAINING_RECORD(Link, FX_INTERFACE, Link);

        if (!Enable || Interface->AutoEnable)
            FxInterfaceSet(Device, Interface, Enable);
    }
    FxInterfaceUnlock(Device);
}

VOID FxInterfacesFree(FX_DEVICE *Device)
{
    while (!IsListEmpty(&Device->Interfaces))
        FxInterfaceFree(CONTAINING_RECORD(RemoveHeadList(&Device->Interfaces), FX_INTERFACE, Link));
}

static FX_INTERFACE *FxInterfaceFind(FX_DEVICE *Device, const GUID *Class, PCUNICODE_STRING Reference)
{
    static const UNICODE_STRING Empty = { 0, 0, NULL };

    for (PLIST_ENTRY Link = Device->Interfaces.Flink; Link != &Device->Interfaces; Link = Link->Flink) {
        FX_INTERFACE *Interface = CONTAINING_RECORD(Link, FX_INTERFACE, Link);

        if (IsEqualGUID(&Interface->Class, Class) &&
            RtlEqualUnicodeString(&Interface->Reference, Reference != NULL ? Reference : &Empty, TRUE))
            return Interface;
    }
    return NULL;
}

/* At the first opportunity: PnP does not know a child of a bus before it has been enumerated. */
static NTSTATUS FxInterfaceMake(FX_DEVICE *Device, const GUID *Class, PCUNICODE_STRING Reference)
{
    FX_INTERFACE *Interface = FxAllocate(Device->Object.Globals, sizeof(*Interface));
    NTSTATUS Status = STATUS_SUCCESS;

    if (Interface == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Interface->Class = *Class;
    Interface->AutoEnable = !Device->Pnp->IsStarted;
    if (Reference != NULL && Reference->Length != 0)
        Status = FxCopyText(Device->Object.Globals, &Interface->Reference, Reference);
    if (NT_SUCCESS(Status) && (Device->Kind == FxDeviceFunction || Device->Pnp->IsStarted))
        Status = FxInterfaceRegister(Device, Interface);
    if (!NT_SUCCESS(Status)) {
        FxInterfaceFree(Interface);
        return Status;
    }
    FxInterfaceLock(Device);
    InsertTailList(&Device->Interfaces, &Interface->Link);
    FxInterfaceUnlock(Device);
    return STATUS_SUCCESS;
}

static BOOLEAN FxHasSeparator(PCUNICODE_STRING Text)
{
    for (ULONG i = 0; Text != NULL && i < Text->Length / sizeof(WCHAR); i++)
        if (Text->Buffer[i] == L'\\' || Text->Buffer[i] == L'/')
            return TRUE;
    return FALSE;
}

WDF_DDI(WdfDeviceCreateDeviceInterface);
NTSTATUS NTAPI imp_WdfDeviceCreateDeviceInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                  CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, InterfaceClassGUID);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Device->Pnp == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a control device has no device interfaces");
    if (FxHasSeparator(ReferenceString))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "reference string %wZ", ReferenceString);
    Status = FxInterfaceMake(Device, InterfaceClassGUID, ReferenceString);
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : FxMistake(Globals, Status, "no device interface");
}

static VOID FxInterfaceChange(FX_DEVICE *Device, const GUID *Class, PCUNICODE_STRING Reference, BOOLEAN Enable,
                              BOOLEAN BeforeStart)
{
    FX_GLOBALS *Globals = Device->Object.Globals;
    FX_INTERFACE *Interface;

    FX_REQUIRE(Globals, Class);
    if (!NT_SUCCESS(FxCheckIrql(Globals, PASSIVE_LEVEL)) || Device->Pnp == NULL)
        return;
    FxInterfaceLock(Device);
    Interface = FxInterfaceFind(Device, Class, Reference);
    if (Interface == NULL)
        FxMistake(Globals, STATUS_OBJECT_NAME_NOT_FOUND, "no such device interface");
    else if (Device->Pnp->IsStarted)
        FxInterfaceSet(Device, Interface, Enable);
    else if (BeforeStart)
        Interface->AutoEnable = Enable;
    else
        FxMistake(Globals, STATUS_INVALID_DEVICE_STATE, "WdfDeviceSetDeviceInterfaceState before the device has started");
    FxInterfaceUnlock(Device);
}

WDF_DDI(WdfDeviceSetDeviceInterfaceState);
VOID NTAPI imp_WdfDeviceSetDeviceInterfaceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                                BOOLEAN IsInterfaceEnabled)
{
    FxInterfaceChange(FxDeviceFromHandle(DriverGlobals, Device), InterfaceClassGUID, ReferenceString,
                      IsInterfaceEnabled, FALSE);
}

WDF_DDI(WdfDeviceSetDeviceInterfaceStateEx);
VOID NTAPI imp_WdfDeviceSetDeviceInterfaceStateEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                  CONST GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                                  BOOLEAN IsInterfaceEnabled)
{
    FxInterfaceChange(FxDeviceFromHandle(DriverGlobals, Device), InterfaceClassGUID, ReferenceString,
                      IsInterfaceEnabled, TRUE);
}

WDF_DDI(WdfDeviceRetrieveDeviceInterfaceString);
NTSTATUS NTAPI imp_WdfDeviceRetrieveDeviceInterfaceString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                          CONST GUID *InterfaceClassGUID,
                                                          PCUNICODE_STRING ReferenceString, WDFSTRING String)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_OBJECT *Target = FxObjectFromHandle(Globals, String, FxTypeString);
    FX_INTERFACE *Interface;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, InterfaceClassGUID);
    if (NT_SUCCESS(Status) && Device->Pnp == NULL)
        Status = FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a control device has no device interfaces");
    if (!NT_SUCCESS(Status))
        return Status;
    FxInterfaceLock(Device);
    Interface = FxInterfaceFind(Device, InterfaceClassGUID, ReferenceString);
    if (Interface == NULL)
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    else if (Interface->LinkName.Buffer == NULL)
        Status = STATUS_INVALID_DEVICE_STATE;
    else
        Status = FxStringAssign(Target, &Interface->LinkName);
    FxInterfaceUnlock(Device);
    return NT_SUCCESS(Status) ? Status : FxMistake(Globals, Status, "the device interface's string is not known");
}

/* ---- properties ---- */

static NTSTATUS FxQueryProperty(FX_GLOBALS *Globals, PDEVICE_OBJECT Pdo, DEVICE_REGISTRY_PROPERTY Property,
                                ULONG Length, PVOID Buffer, PULONG ResultLength)
{
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, ResultLength);
    *ResultLength = 0;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Length != 0)
        FX_REQUIRE(Globals, Buffer);
    if (Pdo == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "PnP does not know the device's properties yet");
    return IoGetDeviceProperty(Pdo, Property, Length, Buffer, ResultLength);
}

static NTSTATUS FxAllocProperty(FX_GLOBALS *Globals, PDEVICE_OBJECT Pdo, DEVICE_REGISTRY_PROPERTY Property,
                                POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES Attributes, WDFMEMORY *Memory)
{
    ULONG Length = 0;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Memory);
    *Memory = NULL;
    Status = FxQueryProperty(Globals, Pdo, Property, 0, NULL, &Length);
    while (Status == STATUS_BUFFER_TOO_SMALL) {
        Status = imp_WdfMemoryCreate(&Globals->Public, Attributes, PoolType, 0, Length, Memory, &Buffer);
        if (!NT_SUCCESS(Status))
            return Status;
        Status = FxQueryProperty(Globals, Pdo, Property, Length, Buffer, &Length);
        if (NT_SUCCESS(Status))
            return Status;
        imp_WdfObjectDelete(&Globals->Public, *Memory);
        *Memory = NULL;
    }
    return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_NOT_FOUND : Status; /* a property without a byte is none */
}

WDF_DDI(WdfDeviceQueryProperty);
NTSTATUS NTAPI imp_WdfDeviceQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                          DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                          PVOID PropertyBuffer, PULONG ResultLength)
{
    return FxQueryProperty(FxGlobalsOf(DriverGlobals), FxKnownPdo(FxDeviceFromHandle(DriverGlobals, Device)),
                           DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

WDF_DDI(WdfDeviceAllocAndQueryProperty);
NTSTATUS NTAPI imp_WdfDeviceAllocAndQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                  DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                                  PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes,
                                                  WDFMEMORY *PropertyMemory)
{
    return FxAllocProperty(FxGlobalsOf(DriverGlobals), FxKnownPdo(FxDeviceFromHandle(DriverGlobals, Device)),
                           DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory);
}

WDF_DDI(WdfFdoInitQueryProperty);
NTSTATUS NTAPI imp_WdfFdoInitQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                           PVOID PropertyBuffer, PULONG ResultLength)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    return FxQueryProperty(FxGlobalsOf(DriverGlobals), FxInitOf(DeviceInit)->Pdo, DeviceProperty, BufferLength,
                           PropertyBuffer, ResultLength);
}

WDF_DDI(WdfFdoInitAllocAndQueryProperty);
NTSTATUS NTAPI imp_WdfFdoInitAllocAndQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                   DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                                   PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes,
                                                   WDFMEMORY *PropertyMemory)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    return FxAllocProperty(FxGlobalsOf(DriverGlobals), FxInitOf(DeviceInit)->Pdo, DeviceProperty, PoolType,
                           PropertyMemoryAttributes, PropertyMemory);
}

/* ---- properties by key ---- */

static NTSTATUS FxCheckPropertyData(FX_GLOBALS *Globals, PWDF_DEVICE_PROPERTY_DATA Data, PDEVICE_OBJECT Pdo,
                                    PWDF_DEVICE_PROPERTY_DATA Copy)
{
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_DEVICE_PROPERTY_DATA", Copy, sizeof(*Copy), Data);
    if (NT_SUCCESS(Status) && Copy->PropertyKey == NULL)
        Status = FxMistake(Globals, STATUS_INVALID_PARAMETER, "a property without a key");
    if (NT_SUCCESS(Status) && Pdo == NULL)
        Status = FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "PnP does not know the device's properties yet");
    return Status;
}

static NTSTATUS FxQueryPropertyEx(FX_GLOBALS *Globals, PDEVICE_OBJECT Pdo, PWDF_DEVICE_PROPERTY_DATA Data, ULONG Length,
                                  PVOID Buffer, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    WDF_DEVICE_PROPERTY_DATA Copy;
    NTSTATUS Status = FxCheckPropertyData(Globals, Data, Pdo, &Copy);

    FX_REQUIRE(Globals, RequiredSize);
    FX_REQUIRE(Globals, Type);
    *RequiredSize = 0;
    if (!NT_SUCCESS(Status))
        return Status;
    return IoGetDevicePropertyData(Pdo, Copy.PropertyKey, Copy.Lcid, 0, Length, Buffer, RequiredSize, Type);
}

static NTSTATUS FxAllocPropertyEx(FX_GLOBALS *Globals, PDEVICE_OBJECT Pdo, PWDF_DEVICE_PROPERTY_DATA Data,
                                  POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES Attributes, WDFMEMORY *Memory,
                                  PDEVPROPTYPE Type)
{
    ULONG Length = 0;
    PVOID Buffer;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Memory);
    *Memory = NULL;
    Status = FxQueryPropertyEx(Globals, Pdo, Data, 0, NULL, &Length, Type);
    while (Status == STATUS_BUFFER_TOO_SMALL) {
        Status = imp_WdfMemoryCreate(&Globals->Public, Attributes, PoolType, 0, Length, Memory, &Buffer);
        if (!NT_SUCCESS(Status))
            return Status;
        Status = FxQueryPropertyEx(Globals, Pdo, Data, Length, Buffer, &Length, Type);
        if (NT_SUCCESS(Status))
            return Status;
        imp_WdfObjectDelete(&Globals->Public, *Memory);
        *Memory = NULL;
    }
    return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
}

WDF_DDI(WdfDeviceQueryPropertyEx);
NTSTATUS NTAPI imp_WdfDeviceQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                            PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength,
                                            PVOID PropertyBuffer, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    return FxQueryPropertyEx(FxGlobalsOf(DriverGlobals), FxKnownPdo(FxDeviceFromHandle(DriverGlobals, Device)),
                             DeviceProperty, BufferLength, PropertyBuffer, RequiredSize, Type);
}

WDF_DDI(WdfDeviceAllocAndQueryPropertyEx);
NTSTATUS NTAPI imp_WdfDeviceAllocAndQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                    PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
                                                    PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes,
                                                    WDFMEMORY *PropertyMemory, PDEVPROPTYPE Type)
{
    return FxAllocPropertyEx(FxGlobalsOf(DriverGlobals), FxKnownPdo(FxDeviceFromHandle(DriverGlobals, Device)),
                             DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type);
}

WDF_DDI(WdfFdoInitQueryPropertyEx);
NTSTATUS NTAPI imp_WdfFdoInitQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength,
                                             PVOID PropertyBuffer, PULONG ResultLength, PDEVPROPTYPE Type)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    return FxQueryPropertyEx(FxGlobalsOf(DriverGlobals), FxInitOf(DeviceInit)->Pdo, DeviceProperty, BufferLength,
                             PropertyBuffer, ResultLength, Type);
}

WDF_DDI(WdfFdoInitAllocAndQueryPropertyEx);
NTSTATUS NTAPI imp_WdfFdoInitAllocAndQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                     PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
                                                     PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes,
                                                     WDFMEMORY *PropertyMemory, PDEVPROPTYPE Type)
{
    FX_REQUIRE(FxGlobalsOf(DriverGlobals), DeviceInit);
    return FxAllocPropertyEx(FxGlobalsOf(DriverGlobals), FxInitOf(DeviceInit)->Pdo, DeviceProperty, PoolType,
                             PropertyMemoryAttributes, PropertyMemory, Type);
}

WDF_DDI(WdfDeviceAssignProperty);
NTSTATUS NTAPI imp_WdfDeviceAssignProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                           PWDF_DEVICE_PROPERTY_DATA DeviceProperty, DEVPROPTYPE Type, ULONG Size,
                                           PVOID Data)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    PDEVICE_OBJECT Pdo = FxKnownPdo(FxDeviceFromHandle(DriverGlobals, Handle));
    WDF_DEVICE_PROPERTY_DATA Copy;
    NTSTATUS Status = FxCheckPropertyData(Globals, DeviceProperty, Pdo, &Copy);

    if (!NT_SUCCESS(Status))
        return Status;
    return IoSetDevicePropertyData(Pdo, Copy.PropertyKey, Copy.Lcid, Copy.Flags, Type, Size, Data);
}

/* ---- registry keys ---- */

/* A driver's own subkey, named after its service. */
static NTSTATUS FxOpenSubkey(FX_GLOBALS *Globals, HANDLE Parent, ACCESS_MASK Access, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    ANSI_STRING Service;
    NTSTATUS Status;

    RtlInitAnsiString(&Service, Globals->Public.DriverName);
    Status = RtlAnsiStringToUnicodeString(&Name, &Service, TRUE);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent, NULL);
    Status = ZwCreateKey(Key, Access, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL);
    RtlFreeUnicodeString(&Name);
    return Status;
}

static NTSTATUS FxOpenDeviceKey(FX_GLOBALS *Globals, PDEVICE_OBJECT Pdo, ULONG Type, ACCESS_MASK Access, PHANDLE Key)
{
    HANDLE Parent;
    NTSTATUS Status = IoOpenDeviceRegistryKey(Pdo, Type & ~FX_REGKEY_SUBKEYS, Access, Key);

    if (!NT_SUCCESS(Status) || !(Type & FX_REGKEY_SUBKEYS))
        return Status;
    Parent = *Key;
    Status = FxOpenSubkey(Globals, Parent, Access, Key);
    ZwClose(Parent);
    return Status;
}

static NTSTATUS FxDeviceKey(FX_GLOBALS *Globals, PDEVICE_OBJECT Pdo, ULONG Type, ACCESS_MASK Access,
                            PWDF_OBJECT_ATTRIBUTES Attributes, WDFKEY *Result)
{
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    HANDLE Key;

    FX_REQUIRE(Globals, Result);
    *Result = NULL;
    if (!NT_SUCCESS(Status))
        return Status;
    if (Pdo == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "the device has no registry key yet");
    if ((Type & ~(ULONG)(FX_REGKEY_SUBKEYS | PLUGPLAY_REGKEY_CURRENT_HWPROFILE)) != PLUGPLAY_REGKEY_DEVICE &&
        (Type & ~(ULONG)(FX_REGKEY_SUBKEYS | PLUGPLAY_REGKEY_CURRENT_HWPROFILE)) != PLUGPLAY_REGKEY_DRIVER)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "registry key type 0x%x", Type);
    Status = FxOpenDeviceKey(Globals, Pdo, Type, Access, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxKeyCreate(Globals, Attributes, Key, Result);
    if (!NT_SUCCESS(Status))
        ZwClose(Key);
    return Status;
}

WDF_DDI(WdfDeviceOpenRegistryKey);
NTSTATUS NTAPI imp_WdfDeviceOpenRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                            ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
                                            PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    return FxDeviceKey(Device->Object.Globals, FxKnownPdo(Device), DeviceInstanceKeyType,
                       DesiredAccess, KeyAttributes, Key);
}

WDF_DDI(WdfFdoInitOpenRegistryKey);
NTSTATUS NTAPI imp_WdfFdoInitOpenRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
                                             PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);

    FX_REQUIRE(Globals, DeviceInit);
    return FxDeviceKey(Globals, FxInitOf(DeviceInit)->Pdo, DeviceInstanceKeyType,
                       DesiredAccess, KeyAttributes, Key);
}

static NTSTATUS FxOpenDevicemap(PCUNICODE_STRING Name, ACCESS_MASK Access, PHANDLE Key)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\HARDWARE\\DEVICEMAP");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Parent;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateKey(&Parent, KEY_CREATE_SUB_KEY, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    InitializeObjectAttributes(&Attributes, (PUNICODE_STRING)Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent, NULL);
    Status = ZwCreateKey(Key, Access, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL);
    ZwClose(Parent);
    return Status;
}

WDF_DDI(WdfDeviceOpenDevicemapKey);
NTSTATUS NTAPI imp_WdfDeviceOpenDevicemapKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                             PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess,
                                             PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    HANDLE Open;

    FxDeviceFromHandle(DriverGlobals, Handle);
    FX_REQUIRE(Globals, KeyName);
    FX_REQUIRE(Globals, Key);
    *Key = NULL;
    if (NT_SUCCESS(Status))
        Status = FxOpenDevicemap(KeyName, DesiredAccess, &Open);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxKeyCreate(Globals, KeyAttributes, Open, Key);
    if (!NT_SUCCESS(Status))
        ZwClose(Open);
    return Status;
}
