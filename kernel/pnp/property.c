/*
 * Properties of devices: the fixed set of IoGetDeviceProperty, and typed values by key. What
 * drivers and programs have set themselves: stored.c. Left out: firmware's and location paths,
 * dependencies.
 */
#include "pnpp.h"

#include <initguid.h>
#include <devpkey.h>

/* ---- IoGetDeviceProperty ---- */

static NTSTATUS PnpGive(PVOID Buffer, ULONG Length, PULONG ResultLength, const VOID *Data,
                        ULONG Bytes)
{
    *ResultLength = Bytes;
    if (Length < Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Buffer, Data, Bytes);
    return STATUS_SUCCESS;
}

/* A string with its terminators. */
static NTSTATUS PnpGiveString(PVOID Buffer, ULONG Length, PULONG ResultLength,
                              PCUNICODE_STRING Text, ULONG Zeros)
{
    ULONG Bytes = Text->Length + Zeros * sizeof(WCHAR);

    *ResultLength = Bytes;
    if (Length < Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    RtlZeroMemory(Buffer, Bytes);
    RtlCopyMemory(Buffer, Text->Buffer, Text->Length);
    return STATUS_SUCCESS;
}

/* Where a property's bytes come from; Found is FALSE where nobody has set it. */
typedef struct _PNP_VALUE {
    DEVPROPTYPE Type;
    const VOID *Data;
    ULONG Bytes;
    ULONG Zeros;         /* terminators of a string, not in Data */
    UNICODE_STRING Own;  /* to be freed */
    ULONG Number;
    GUID Guid;
    CM_POWER_DATA Power;
    UCHAR Boolean;       /* DEVPROP_BOOLEAN */
    BOOLEAN Found;
} PNP_VALUE;

static VOID PnpText(PNP_VALUE *Value, PCUNICODE_STRING Text)
{
    Value->Type = DEVPROP_TYPE_STRING;
    Value->Data = Text->Buffer;
    Value->Bytes = Text->Length;
    Value->Zeros = 1;
    Value->Found = Text->Length != 0;
}

static VOID PnpTexts(PNP_VALUE *Value, PCUNICODE_STRING Multi)
{
    PnpText(Value, Multi);
    Value->Type = DEVPROP_TYPE_STRING_LIST;
    Value->Zeros = 2;
}

static VOID PnpNumber(PNP_VALUE *Value, ULONG Number, BOOLEAN Found)
{
    Value->Type = DEVPROP_TYPE_UINT32;
    Value->Number = Number;
    Value->Data = &Value->Number;
    Value->Bytes = sizeof(Value->Number);
    Value->Found = Found;
}

static VOID PnpBoolean(PNP_VALUE *Value, BOOLEAN Boolean)
{
    Value->Type = DEVPROP_TYPE_BOOLEAN;
    Value->Boolean = Boolean ? 0xFF : 0; /* DEVPROP_TRUE, DEVPROP_FALSE */
    Value->Data = &Value->Boolean;
    Value->Bytes = sizeof(Value->Boolean);
    Value->Found = TRUE;
}

static VOID PnpGuidValue(PNP_VALUE *Value, const GUID *Guid, BOOLEAN Found)
{
    Value->Type = DEVPROP_TYPE_GUID;
    Value->Guid = *Guid;
    Value->Data = &Value->Guid;
    Value->Bytes = sizeof(GUID);
    Value->Found = Found;
}

static VOID PnpGuidText(PNP_VALUE *Value, PCUNICODE_STRING Text)
{
    GUID Guid = { 0, 0, 0, { 0 } };
    BOOLEAN Found =
        Text->Length != 0 && NT_SUCCESS(RtlGUIDFromString((PUNICODE_STRING)Text, &Guid));

    PnpGuidValue(Value, &Guid, Found);
}

static VOID PnpBinary(PNP_VALUE *Value, const VOID *Data, SIZE_T Bytes)
{
    Value->Type = DEVPROP_TYPE_BINARY;
    Value->Data = Data;
    Value->Bytes = (ULONG)Bytes;
    Value->Found = TRUE; /* no resources: no bytes */
}

/* A string of the Enum key, which an installer writes. */
static VOID PnpRecorded(PNP_VALUE *Value, PNP_NODE *Node, PCWSTR Name, BOOLEAN List)
{
    Value->Own = PnpQueryEnumString(Node, Name);
    if (List)
        PnpTexts(Value, &Value->Own);
    else
        PnpText(Value, &Value->Own);
}

static VOID PnpRecordedNumber(PNP_VALUE *Value, PNP_NODE *Node, PCWSTR Name)
{
    HANDLE Key;

    if (!NT_SUCCESS(PnpOpenEnumKey(Node, KEY_READ, &Key)))
        return;
    PnpNumber(Value, PnpQueryNumber(Key, Name), TRUE);
    ZwClose(Key);
}

/* As the driver's INF has it, else as the bus driver. */
static VOID PnpDescription(PNP_VALUE *Value, PNP_NODE *Node)
{
    PnpRecorded(Value, Node, L"DeviceDesc", FALSE);
    if (!Value->Found)
        PnpText(Value, &Node->Description);
}

static VOID PnpPdoName(PNP_VALUE *Value, PNP_NODE *Node)
{
    enum { BYTES = 256 };
    POBJECT_NAME_INFORMATION Info = ExAllocatePoolWithTag(PagedPool, BYTES, PNP_TAG);
    ULONG Used;

    if (Info == NULL)
        return;
    if (NT_SUCCESS(ObQueryNameString(Node->Pdo, Info, BYTES, &Used)) && Info->Name.Length != 0)
        Value->Own = PnpCopy(&Info->Name);
    PnpText(Value, &Value->Own);
    ExFreePoolWithTag(Info, PNP_TAG);
}

static VOID PnpEnumerator(PNP_VALUE *Value, PNP_NODE *Node)
{
    UNICODE_STRING Text = Node->DeviceId;
    USHORT i;

    for (i = 0; i < Text.Length / sizeof(WCHAR) && Text.Buffer[i] != L'\\'; i++)
        ;
    Text.Length = i * sizeof(WCHAR);
    PnpText(Value, &Text);
}

static ULONG PnpRemovalPolicy(PNP_NODE *Node)
{
    if (!Node->Capabilities.Removable)
        return RemovalPolicyExpectNoRemoval;
    return Node->Capabilities.SurpriseRemovalOK ? RemovalPolicyExpectSurpriseRemoval
                                                : RemovalPolicyExpectOrderlyRemoval;
}

static ULONG PnpInstallState(PNP_NODE *Node)
{
    return Node->Problem == CM_PROB_FAILED_INSTALL ? InstallStateFailedInstall
                                                   : InstallStateInstalled;
}

/* FALSE: there is no such property. */
static BOOLEAN PnpFixedProperty(PNP_NODE *Node, ULONG Property, PNP_VALUE *Value)
{
    BOOLEAN IsRoot = (Node->Flags & PNP_NODE_ROOT_ENUMERATED) != 0;

    switch (Property) {
    case DevicePropertyDeviceDescription: PnpDescription(Value, Node); break;
    case DevicePropertyHardwareID: PnpTexts(Value, &Node->HardwareIds); break;
    case DevicePropertyCompatibleIDs: PnpTexts(Value, &Node->CompatibleIds); break;
    case DevicePropertyBootConfiguration:
    case DevicePropertyBootConfigurationTranslated:
        PnpBinary(Value, Node->BootResources, PnpResourceListBytes(Node->BootResources));
        break;
    case DevicePropertyClassName: PnpRecorded(Value, Node, L"Class", FALSE); break;
    case DevicePropertyClassGuid: PnpRecorded(Value, Node, L"ClassGUID", FALSE); break;
    case DevicePropertyDriverKeyName: PnpRecorded(Value, Node, L"Driver", FALSE); break;
    case DevicePropertyManufacturer: PnpRecorded(Value, Node, L"Mfg", FALSE); break;
    case DevicePropertyFriendlyName: PnpRecorded(Value, Node, L"FriendlyName", FALSE); break;
    case DevicePropertyLocationInformation: PnpText(Value, &Node->Location); break;
    case DevicePropertyPhysicalDeviceObjectName: PnpPdoName(Value, Node); break;
    case DevicePropertyBusTypeGuid:
        PnpGuidValue(Value, &Node->Bus.BusTypeGuid, Node->HasBus);
        break;
    case DevicePropertyLegacyBusType:
        PnpNumber(Value, Node->HasBus ? (ULONG)Node->Bus.LegacyBusType : PNPBus,
                  Node->HasBus || IsRoot);
        break;
    case DevicePropertyBusNumber: PnpNumber(Value, Node->Bus.BusNumber, Node->HasBus); break;
    case DevicePropertyEnumeratorName: PnpEnumerator(Value, Node); break;
    case DevicePropertyAddress:
        PnpNumber(Value, Node->Capabilities.Address, Node->Capabilities.Address != MAXULONG);
        break;
    case DevicePropertyUINumber:
        PnpNumber(Value, Node->Capabilities.UINumber, Node->Capabilities.UINumber != MAXULONG);
        break;
    case DevicePropertyInstallState: PnpNumber(Value, PnpInstallState(Node), TRUE); break;
    case DevicePropertyRemovalPolicy: PnpNumber(Value, PnpRemovalPolicy(Node), TRUE); break;
    case DevicePropertyResourceRequirements:
        PnpBinary(Value, Node->Requirements,
                  Node->Requirements != NULL ? Node->Requirements->ListSize : 0);
        Value->Found = Node->Requirements != NULL;
        break;
    case DevicePropertyAllocatedResources:
        PnpBinary(Value, Node->Resources, PnpResourceListBytes(Node->Resources));
        break;
    case DevicePropertyContainerID: PnpText(Value, &Node->ContainerId); break;
    default: return FALSE;
    }
    return TRUE;
}

static NTSTATUS PnpGiveValue(PNP_VALUE *Value, PVOID Buffer, ULONG Length, PULONG ResultLength)
{
    UNICODE_STRING Text;

    if (!Value->Found)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* nobody has set it */
    if (Value->Zeros == 0)
        return PnpGive(Buffer, Length, ResultLength, Value->Data, Value->Bytes);
    Text.Buffer = (PWCHAR)Value->Data;
    Text.Length = (USHORT)Value->Bytes;
    return PnpGiveString(Buffer, Length, ResultLength, &Text, Value->Zeros);
}

NT_EXPORT(IoGetDeviceProperty);
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject,
                                   DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                   PVOID PropertyBuffer, PULONG ResultLength)
{
    PNP_NODE *Node = PnpNodeOf(DeviceObject);
    DEVPROPTYPE Type;

    *ResultLength = 0;
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    return PnpGetFixedProperty(Node, DeviceProperty, BufferLength, PropertyBuffer, ResultLength,
                               &Type);
}

/* ---- the same and more by key. [doc: Unified Device Property Model; devpkey.h] ---- */

/* DN_* of cfg.h. */
ULONG PnpNodeStatus(PNP_NODE *Node)
{
    return (Node->DriverCount != 0 ? DN_DRIVER_LOADED : 0) |
           (Node->State == DeviceNodeStarted ? DN_STARTED : 0) |
           (Node->Problem != 0 ? DN_HAS_PROBLEM : 0) |
           (Node->DisableableDepends == 0 ? DN_DISABLEABLE : 0) |
           (Node->Capabilities.Removable ? DN_REMOVABLE : 0) |
           (Node->Flags & PNP_NODE_ROOT_ENUMERATED ? DN_ROOT_ENUMERATED : 0) |
           (Node->DeviceState & PNP_DEVICE_DONT_DISPLAY_IN_UI ? DN_NO_SHOW_IN_DM : 0) |
           DN_ENUM_LOADED;
}

/* First and its siblings, but for Except. */
static VOID PnpInstances(PNP_VALUE *Value, PNP_NODE *First, const PNP_NODE *Except)
{
    ULONG Characters = 0;
    PNP_NODE *Child;
    PWCHAR At;

    for (Child = First; Child != NULL; Child = Child->Sibling)
        if (Child != Except)
            Characters += Child->InstancePath.Length / sizeof(WCHAR) + 1;
    Value->Own.Buffer = Characters != 0
                            ? ExAllocatePoolWithTag(PagedPool, Characters * sizeof(WCHAR), PNP_TAG)
                            : NULL;
    if (Value->Own.Buffer == NULL)
        return;
    RtlZeroMemory(Value->Own.Buffer, Characters * sizeof(WCHAR));
    Value->Own.Length = (USHORT)((Characters - 1) * sizeof(WCHAR));
    for (At = Value->Own.Buffer, Child = First; Child != NULL; Child = Child->Sibling) {
        if (Child == Except)
            continue;
        RtlCopyMemory(At, Child->InstancePath.Buffer, Child->InstancePath.Length);
        At += Child->InstancePath.Length / sizeof(WCHAR) + 1;
    }
    PnpTexts(Value, &Value->Own);
}

/* The drivers of the stack, top first. */
static VOID PnpStackNames(PNP_VALUE *Value, PNP_NODE *Node)
{
    ULONG Characters = 0, Left;
    PDEVICE_OBJECT Device;
    PWCHAR At;

    for (Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice)
        Characters += Device->DriverObject->DriverName.Length / sizeof(WCHAR) + 1;
    Value->Own.Buffer = ExAllocatePoolWithTag(PagedPool, Characters * sizeof(WCHAR), PNP_TAG);
    if (Value->Own.Buffer == NULL)
        return;
    RtlZeroMemory(Value->Own.Buffer, Characters * sizeof(WCHAR));
    Value->Own.Length = (USHORT)((Characters - 1) * sizeof(WCHAR));
    for (At = Value->Own.Buffer + Characters, Device = Node->Pdo; Device != NULL;
         Device = Device->AttachedDevice) {
        Left = Device->DriverObject->DriverName.Length / sizeof(WCHAR) + 1;
        if ((SIZE_T)(At - Value->Own.Buffer) < Left)
            break; /* somebody has attached meanwhile */
        At -= Left;
        RtlCopyMemory(At, Device->DriverObject->DriverName.Buffer, (Left - 1) * sizeof(WCHAR));
    }
    PnpTexts(Value, &Value->Own);
}

/* Started, it has power until a driver says otherwise. */
DEVICE_POWER_STATE PnpDevicePower(PNP_NODE *Node)
{
    DEVICE_POWER_STATE State = IopDeviceExt(Node->Pdo)->CurrentDevicePower;

    if (Node->State != DeviceNodeStarted)
        return PowerDeviceUnspecified;
    return State != PowerDeviceUnspecified ? State : PowerDeviceD0;
}

/* [doc: CM_POWER_DATA] */
static VOID PnpPowerData(PNP_VALUE *Value, PNP_NODE *Node)
{
    const DEVICE_CAPABILITIES *Capabilities = &Node->Capabilities;
    CM_POWER_DATA *Data = &Value->Power;

    Data->PD_Size = sizeof(*Data);
    Data->PD_MostRecentPowerState = PnpDevicePower(Node);
    Data->PD_Capabilities = PDCAP_D0_SUPPORTED | PDCAP_D3_SUPPORTED |
                            (Capabilities->DeviceD1 ? PDCAP_D1_SUPPORTED : 0) |
                            (Capabilities->DeviceD2 ? PDCAP_D2_SUPPORTED : 0) |
                            (Capabilities->WakeFromD0 ? PDCAP_WAKE_FROM_D0_SUPPORTED : 0) |
                            (Capabilities->WakeFromD1 ? PDCAP_WAKE_FROM_D1_SUPPORTED : 0) |
                            (Capabilities->WakeFromD2 ? PDCAP_WAKE_FROM_D2_SUPPORTED : 0) |
                            (Capabilities->WakeFromD3 ? PDCAP_WAKE_FROM_D3_SUPPORTED : 0) |
                            (Capabilities->WarmEjectSupported ? PDCAP_WARM_EJECT_SUPPORTED : 0);
    Data->PD_D1Latency = Capabilities->D1Latency;
    Data->PD_D2Latency = Capabilities->D2Latency;
    Data->PD_D3Latency = Capabilities->D3Latency;
    RtlCopyMemory(Data->PD_PowerStateMapping, Capabilities->DeviceState,
                  sizeof(Data->PD_PowerStateMapping));
    Data->PD_DeepestSystemWake = Capabilities->SystemWake;
    PnpBinary(Value, Data, sizeof(*Data));
}

typedef struct _PNP_KEY_PROPERTY {
    const DEVPROPKEY *Key;
    ULONG Property; /* DEVICE_REGISTRY_PROPERTY */
} PNP_KEY_PROPERTY;

static const PNP_KEY_PROPERTY PnpKeyProperties[] = {
    { &DEVPKEY_Device_DeviceDesc, DevicePropertyDeviceDescription },
    { &DEVPKEY_Device_HardwareIds, DevicePropertyHardwareID },
    { &DEVPKEY_Device_CompatibleIds, DevicePropertyCompatibleIDs },
    { &DEVPKEY_Device_Class, DevicePropertyClassName },
    { &DEVPKEY_Device_Driver, DevicePropertyDriverKeyName },
    { &DEVPKEY_Device_Manufacturer, DevicePropertyManufacturer },
    { &DEVPKEY_Device_FriendlyName, DevicePropertyFriendlyName },
    { &DEVPKEY_Device_LocationInfo, DevicePropertyLocationInformation },
    { &DEVPKEY_Device_PDOName, DevicePropertyPhysicalDeviceObjectName },
    { &DEVPKEY_Device_BusTypeGuid, DevicePropertyBusTypeGuid },
    { &DEVPKEY_Device_LegacyBusType, DevicePropertyLegacyBusType },
    { &DEVPKEY_Device_BusNumber, DevicePropertyBusNumber },
    { &DEVPKEY_Device_EnumeratorName, DevicePropertyEnumeratorName },
    { &DEVPKEY_Device_Address, DevicePropertyAddress },
    { &DEVPKEY_Device_UINumber, DevicePropertyUINumber },
    { &DEVPKEY_Device_RemovalPolicy, DevicePropertyRemovalPolicy },
    { &DEVPKEY_Device_InstallState, DevicePropertyInstallState },
};

static BOOLEAN PnpSameKey(const DEVPROPKEY *A, const DEVPROPKEY *B)
{
    return A->pid == B->pid && IsEqualGUID(&A->fmtid, &B->fmtid);
}

/* FALSE: no property of the system's. */
static BOOLEAN PnpKeyedProperty(PNP_NODE *Node, const DEVPROPKEY *Key, PNP_VALUE *Value)
{
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(PnpKeyProperties); i++)
        if (PnpSameKey(PnpKeyProperties[i].Key, Key))
            return PnpFixedProperty(Node, PnpKeyProperties[i].Property, Value);
    if (PnpSameKey(Key, &DEVPKEY_Device_InstanceId)) {
        PnpText(Value, &Node->InstancePath);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_Service)) {
        PnpText(Value, &Node->Service);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_DevNodeStatus)) {
        PnpNumber(Value, PnpNodeStatus(Node), TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_ProblemCode)) {
        PnpNumber(Value, Node->Problem, TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_ProblemStatus)) {
        PnpNumber(Value, (ULONG)Node->ProblemStatus, TRUE);
        Value->Type = DEVPROP_TYPE_NTSTATUS;
    } else if (PnpSameKey(Key, &DEVPKEY_Device_Parent)) {
        PnpText(Value, Node->Parent != NULL ? &Node->Parent->InstancePath : &Node->ContainerId);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_Children)) {
        PnpInstances(Value, Node->Child, NULL);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_Siblings)) {
        PnpInstances(Value, Node->Parent != NULL ? Node->Parent->Child : NULL, Node);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_Stack)) {
        PnpStackNames(Value, Node);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_PowerData)) {
        PnpPowerData(Value, Node);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_BusReportedDeviceDesc)) {
        PnpText(Value, &Node->Description);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_IsPresent)) {
        PnpBoolean(Value, TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_HasProblem)) {
        PnpBoolean(Value, Node->Problem != 0);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_RemovalPolicyDefault)) {
        PnpNumber(Value, PnpRemovalPolicy(Node), TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_SafeRemovalRequired)) {
        PnpBoolean(Value, PnpRemovalPolicy(Node) == RemovalPolicyExpectOrderlyRemoval);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_ConfigFlags)) {
        PnpRecordedNumber(Value, Node, L"ConfigFlags");
    } else if (PnpSameKey(Key, &DEVPKEY_Device_UpperFilters)) {
        PnpRecorded(Value, Node, L"UpperFilters", TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_LowerFilters)) {
        PnpRecorded(Value, Node, L"LowerFilters", TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_Capabilities)) {
        PnpNumber(Value, PnpCapabilityBits(&Node->Capabilities), TRUE);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_ContainerId)) {
        PnpGuidText(Value, &Node->ContainerId);
    } else if (PnpSameKey(Key, &DEVPKEY_Device_ClassGuid)) {
        Value->Own = PnpQueryEnumString(Node, L"ClassGUID");
        PnpGuidText(Value, &Value->Own);
    } else {
        return FALSE;
    }
    return TRUE;
}

/* ---- the routines ---- */

/* Values of the device's key that a driver can set by key. */
static PCWSTR PnpSettableValue(const DEVPROPKEY *Key)
{
    static const struct {
        const DEVPROPKEY *Key;
        PCWSTR Value;
    } Settable[] = {
        {&DEVPKEY_Device_DeviceDesc, L"DeviceDesc"},
        {&DEVPKEY_Device_FriendlyName, L"FriendlyName"},
        {&DEVPKEY_Device_Manufacturer, L"Mfg"},
        {&DEVPKEY_Device_LocationInfo, L"LocationInformation"},
    };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Settable); i++)
        if (PnpSameKey(Settable[i].Key, Key))
            return Settable[i].Value;
    return NULL;
}

static NTSTATUS PnpSetEnumValue(PNP_NODE *Node, PCWSTR Name, DEVPROPTYPE Type, ULONG Size,
                                PVOID Data)
{
    UNICODE_STRING ValueName;
    NTSTATUS Status;
    HANDLE Key;

    if (Data != NULL && Type != DEVPROP_TYPE_STRING)
        return STATUS_INVALID_PARAMETER;
    Status = PnpOpenEnumKey(Node, KEY_ALL_ACCESS, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlInitUnicodeString(&ValueName, Name);
    Status = Data != NULL ? PnpSetValue(Key, Name, REG_SZ, Data, Size)
                          : ZwDeleteValueKey(Key, &ValueName);
    ZwClose(Key);
    return Status;
}

/* The device's key, for stored.c; to be freed. */
static UNICODE_STRING PnpEnumPath(PNP_NODE *Node)
{
    return PnpFormat(L"Enum\\%wZ", &Node->InstancePath);
}

NT_EXPORT(IoSetDevicePropertyData);
NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid,
                                       ULONG Flags, DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    PNP_NODE *Node = PnpNodeOf(Pdo);
    UNICODE_STRING Path;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(
        Flags); /* since Windows 8 they are persistent with and without the flag */
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (PnpSettableValue(PropertyKey) != NULL)
        return PnpSetEnumValue(Node, PnpSettableValue(PropertyKey), Type, Size, Data);
    Path = PnpEnumPath(Node);
    if (Path.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpSetStored(&Path, PropertyKey, Lcid, Type, Size, Data);
    PnpFree(&Path);
    return Status;
}

static NTSTATUS PnpGetStoredOfNode(PNP_NODE *Node, const DEVPROPKEY *Key, LCID Lcid, ULONG Size,
                                   PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    UNICODE_STRING Path = PnpEnumPath(Node);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (Path.Buffer != NULL)
        Status = PnpGetStored(&Path, Key, Lcid, Size, Data, RequiredSize, Type);
    PnpFree(&Path);
    return Status;
}

/* What the system knows of the device. */
NTSTATUS PnpGetSystemProperty(PNP_NODE *Node, const DEVPROPKEY *Key, ULONG Size, PVOID Data,
                              PULONG RequiredSize, PDEVPROPTYPE Type)
{
    NTSTATUS Status = STATUS_OBJECT_NAME_NOT_FOUND;
    PNP_VALUE Value;

    *RequiredSize = 0;
    RtlZeroMemory(&Value, sizeof(Value));
    if (PnpKeyedProperty(Node, Key, &Value)) {
        Status = PnpGiveValue(&Value, Data, Size, RequiredSize);
        *Type = Value.Type;
    }
    PnpFree(&Value.Own);
    return Status;
}

NTSTATUS PnpGetFixedProperty(PNP_NODE *Node, ULONG Property, ULONG Size, PVOID Data,
                             PULONG RequiredSize, PDEVPROPTYPE Type)
{
    NTSTATUS Status = STATUS_INVALID_PARAMETER_2;
    PNP_VALUE Value;

    *RequiredSize = 0;
    RtlZeroMemory(&Value, sizeof(Value));
    if (PnpFixedProperty(Node, Property, &Value)) {
        Status = PnpGiveValue(&Value, Data, Size, RequiredSize);
        *Type = Value.Type;
    }
    PnpFree(&Value.Own);
    return Status;
}

NT_EXPORT(IoGetDevicePropertyData);
NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid,
                                       ULONG Flags, ULONG Size, PVOID Data, PULONG RequiredSize,
                                       PDEVPROPTYPE Type)
{
    PNP_NODE *Node = PnpNodeOf(Pdo);
    NTSTATUS Status;

    *RequiredSize = 0;
    if (Node == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    Status = PnpGetSystemProperty(Node, PropertyKey, Size, Data, RequiredSize, Type);
    if (Status != STATUS_OBJECT_NAME_NOT_FOUND)
        return Status;
    return PnpGetStoredOfNode(Node, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
}
