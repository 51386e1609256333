/*
 * Properties of devices and interfaces: the fixed set of IoGetDeviceProperty, and typed values by key.
 * Left out: properties by locale other than neutral, values kept over a restart.
 */
#include "pnpp.h"

/* ---- IoGetDeviceProperty ---- */

static NTSTATUS PnpGive(PVOID Buffer, ULONG Length, PULONG ResultLength, const VOID *Data, ULONG Bytes)
{
    *ResultLength = Bytes;
    if (Length < Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Buffer, Data, Bytes);
    return STATUS_SUCCESS;
}

/* A string with its terminators. */
static NTSTATUS PnpGiveString(PVOID Buffer, ULONG Length, PULONG ResultLength, PCUNICODE_STRING Text, ULONG Zeros)
{
    ULONG Bytes = Text->Length + Zeros * sizeof(WCHAR);

    *ResultLength = Bytes;
    if (Length < Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    RtlZeroMemory(Buffer, Bytes);
    RtlCopyMemory(Buffer, Text->Buffer, Text->Length);
    return STATUS_SUCCESS;
}

static NTSTATUS PnpGivePdoName(PNP_NODE *Node, PVOID Buffer, ULONG Length, PULONG ResultLength)
{
    enum { BYTES = 256 };
    POBJECT_NAME_INFORMATION Info = ExAllocatePoolWithTag(PagedPool, BYTES, PNP_TAG);
    ULONG Used;
    NTSTATUS Status;

    if (Info == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = ObQueryNameString(Node->Pdo, Info, BYTES, &Used);
    if (NT_SUCCESS(Status))
        Status = PnpGiveString(Buffer, Length, ResultLength, &Info->Name, 1);
    ExFreePoolWithTag(Info, PNP_TAG);
    return Status;
}

NT_EXPORT(IoGetDeviceProperty);
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                                   ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength)
{
    static const UNICODE_STRING Root = RTL_CONSTANT_STRING(L"ROOT");
    PNP_NODE *Node = PnpNodeOf(DeviceObject);
    ULONG Value;

    *ResultLength = 0;
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch ((ULONG)DeviceProperty) {
    case DevicePropertyDeviceDescription:
        return PnpGiveString(PropertyBuffer, BufferLength, ResultLength, &Node->Service, 1);
    case DevicePropertyHardwareID:
        return PnpGiveString(PropertyBuffer, BufferLength, ResultLength, &Node->HardwareIds, 2);
    case DevicePropertyPhysicalDeviceObjectName:
        return PnpGivePdoName(Node, PropertyBuffer, BufferLength, ResultLength);
    case DevicePropertyEnumeratorName:
        return PnpGiveString(PropertyBuffer, BufferLength, ResultLength, &Root, 1);
    case DevicePropertyLegacyBusType:
        Value = PNPBus;
        return PnpGive(PropertyBuffer, BufferLength, ResultLength, &Value, sizeof(Value));
    case DevicePropertyInstallState:
        Value = InstallStateInstalled;
        return PnpGive(PropertyBuffer, BufferLength, ResultLength, &Value, sizeof(Value));
    case DevicePropertyRemovalPolicy:
        Value = RemovalPolicyExpectNoRemoval;
        return PnpGive(PropertyBuffer, BufferLength, ResultLength, &Value, sizeof(Value));
    case DevicePropertyBootConfiguration:
    case DevicePropertyBootConfigurationTranslated:
        return STATUS_SUCCESS; /* no resources: no bytes */
    case DevicePropertyCompatibleIDs:
    case DevicePropertyClassName:
    case DevicePropertyClassGuid:
    case DevicePropertyDriverKeyName:
    case DevicePropertyManufacturer:
    case DevicePropertyFriendlyName:
    case DevicePropertyLocationInformation:
    case DevicePropertyBusTypeGuid:
    case DevicePropertyBusNumber:
    case DevicePropertyAddress:
    case DevicePropertyUINumber:
    case DevicePropertyResourceRequirements:
        return STATUS_OBJECT_NAME_NOT_FOUND; /* nobody has set it */
    default:
        return STATUS_INVALID_PARAMETER_2;
    }
}

/* ---- typed values by key ---- */

#define PNP_NEUTRAL_LOCALE 0 /* LOCALE_NEUTRAL */

typedef struct _PNP_PROPERTY { /* the data follows */
    LIST_ENTRY Entry;
    DEVPROPKEY Key;
    DEVPROPTYPE Type;
    ULONG Bytes;
} PNP_PROPERTY;

VOID PnpFreeProperties(PLIST_ENTRY List)
{
    while (!IsListEmpty(List))
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(List), PNP_PROPERTY, Entry), PNP_TAG);
}

static PNP_PROPERTY *PnpFindProperty(PLIST_ENTRY List, const DEVPROPKEY *Key)
{
    PLIST_ENTRY Entry;

    for (Entry = List->Flink; Entry != List; Entry = Entry->Flink) {
        PNP_PROPERTY *Property = CONTAINING_RECORD(Entry, PNP_PROPERTY, Entry);

        if (Property->Key.pid == Key->pid && IsEqualGUID(&Property->Key.fmtid, &Key->fmtid))
            return Property;
    }
    return NULL;
}

NTSTATUS PnpSetProperty(PLIST_ENTRY List, const DEVPROPKEY *Key, LCID Lcid, DEVPROPTYPE Type, ULONG Size,
                        const VOID *Data)
{
    PNP_PROPERTY *Old, *Property = NULL;

    if (Lcid != PNP_NEUTRAL_LOCALE || (Size != 0 && Data == NULL))
        return STATUS_INVALID_PARAMETER;
    if (Data != NULL) { /* none: the property is deleted */
        Property = ExAllocatePoolWithTag(PagedPool, sizeof(*Property) + Size, PNP_TAG);
        if (Property == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        Property->Key = *Key;
        Property->Type = Type;
        Property->Bytes = Size;
        RtlCopyMemory(Property + 1, Data, Size);
    }
    Old = PnpFindProperty(List, Key);
    if (Old != NULL) {
        RemoveEntryList(&Old->Entry);
        ExFreePoolWithTag(Old, PNP_TAG);
    }
    if (Property != NULL)
        InsertTailList(List, &Property->Entry);
    return STATUS_SUCCESS;
}

NTSTATUS PnpGetProperty(PLIST_ENTRY List, const DEVPROPKEY *Key, LCID Lcid, ULONG Size, PVOID Data,
                        PULONG RequiredSize, PDEVPROPTYPE Type)
{
    PNP_PROPERTY *Property = PnpFindProperty(List, Key);

    *RequiredSize = 0;
    if (Lcid != PNP_NEUTRAL_LOCALE)
        return STATUS_INVALID_PARAMETER;
    if (Property == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *Type = Property->Type;
    return PnpGive(Data, Size, RequiredSize, Property + 1, Property->Bytes);
}

NT_PARTIAL(IoSetDevicePropertyData, "locales and persistence: a value lives as long as its device");
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                       DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    PNP_NODE *Node = PnpNodeOf(Pdo);

    UNREFERENCED_PARAMETER(Flags);
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    return PnpSetProperty(&Node->Properties, PropertyKey, Lcid, Type, Size, Data);
}

NT_PARTIAL(IoGetDevicePropertyData, "locales; only values that IoSetDevicePropertyData has set");
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                       ULONG Size, PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    PNP_NODE *Node = PnpNodeOf(Pdo);

    *RequiredSize = 0;
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    return PnpGetProperty(&Node->Properties, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
}
