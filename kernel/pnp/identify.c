/*
 * A new device is asked who it is: identifiers, capabilities, texts, bus, state, resources; what it says is recorded
 * under Enum. [doc: Adding a PnP Device to a Running System, IRP_MN_QUERY_ID]
 */
#include "pnpp.h"

#include "control.h"

enum { PNP_LONGEST_ID = 200, PNP_LONGEST_LIST = 1024 }; /* MAX_DEVICE_ID_LEN, REGSTR_VAL_MAX_HCID_LEN: characters */
enum { PNP_BAD_DEVICE_ID = 1, PNP_BAD_INSTANCE_ID, PNP_BAD_HARDWARE_IDS, PNP_BAD_COMPATIBLE_IDS }; /* of 0xCA, 3 */

/* ---- identifiers ---- */

/* [doc: Bug Check 0xCA, 3] */
static DECLSPEC_NORETURN VOID PnpBadId(PDEVICE_OBJECT Pdo, PWSTR Id, ULONG Kind, ULONG At, const char *What)
{
    static const char *const Names[] = { "device ID", "instance ID", "hardware IDs", "compatible IDs" };

    KeSetBugCheckText("%wZ answered IRP_MN_QUERY_ID for device %p with %s \"%.60ws\": %s at character %lu",
                      &Pdo->DriverObject->DriverName, Pdo, Names[Kind - 1], Id, What, At);
    KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 3, (ULONG_PTR)Pdo, (ULONG_PTR)Id, Kind);
}

/* Checks one string; returns its length in characters. */
static ULONG PnpCheckId(PDEVICE_OBJECT Pdo, PWSTR Id, PWSTR All, ULONG Kind, ULONG Separators)
{
    ULONG i;

    for (i = 0; Id[i] != 0; i++) {
        if (i >= PNP_LONGEST_ID)
            PnpBadId(Pdo, All, Kind, i, "it is too long or not terminated");
        if (Id[i] <= L' ' || Id[i] > 0x7F || Id[i] == L',')
            PnpBadId(Pdo, All, Kind, (ULONG)(Id + i - All), "an illegal character");
        if (Id[i] == L'\\' && Separators-- == 0)
            PnpBadId(Pdo, All, Kind, (ULONG)(Id + i - All), "a backslash too many");
    }
    if (Kind == PNP_BAD_DEVICE_ID && Separators != 0)
        PnpBadId(Pdo, All, Kind, 0, "no backslash between enumerator and device");
    return i;
}

static USHORT PnpCheckIds(PDEVICE_OBJECT Pdo, PWSTR Ids, ULONG Kind)
{
    ULONG At = 0;

    if (Kind == PNP_BAD_DEVICE_ID || Kind == PNP_BAD_INSTANCE_ID)
        return (USHORT)(PnpCheckId(Pdo, Ids, Ids, Kind, Kind == PNP_BAD_DEVICE_ID) * sizeof(WCHAR));
    while (Ids[At] != 0) {
        At += PnpCheckId(Pdo, Ids + At, Ids, Kind, MAXULONG) + 1;
        if (At >= PNP_LONGEST_LIST)
            PnpBadId(Pdo, Ids, Kind, At, "it is too long or not terminated");
    }
    return (USHORT)((At != 0 ? At - 1 : 0) * sizeof(WCHAR));
}

/* A string that the bus driver allocated, copied and freed. Kind 0: free text. */
static NTSTATUS PnpTakeString(PNP_NODE *Node, ULONG Minor, const IO_STACK_LOCATION *Parameters, ULONG Kind,
                              PUNICODE_STRING Result)
{
    ULONG_PTR Information = 0;
    UNICODE_STRING Text;
    NTSTATUS Status = PnpSend(Node->Pdo, Minor, Parameters, &Information);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Information == 0)
        return STATUS_NOT_SUPPORTED;
    Text.Buffer = (PWSTR)Information;
    Text.Length = Kind != 0 ? PnpCheckIds(Node->Pdo, Text.Buffer, Kind)
                            : (USHORT)(wcslen(Text.Buffer) * sizeof(WCHAR));
    *Result = PnpCopy(&Text);
    ExFreePool(Text.Buffer);
    return Result->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS PnpQueryId(PNP_NODE *Node, BUS_QUERY_ID_TYPE Type, ULONG Kind, PUNICODE_STRING Result)
{
    IO_STACK_LOCATION Parameters;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.QueryId.IdType = Type;
    return PnpTakeString(Node, IRP_MN_QUERY_ID, &Parameters, Kind, Result);
}

static VOID PnpQueryText(PNP_NODE *Node, DEVICE_TEXT_TYPE Type, PUNICODE_STRING Result)
{
    IO_STACK_LOCATION Parameters;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.QueryDeviceText.DeviceTextType = Type;
    Parameters.Parameters.QueryDeviceText.LocaleId = 0x409; /* the system's language: English (US) */
    PnpTakeString(Node, IRP_MN_QUERY_DEVICE_TEXT, &Parameters, 0, Result);
}

NTSTATUS PnpQueryCapabilities(PNP_NODE *Node)
{
    IO_STACK_LOCATION Parameters;
    DEVICE_CAPABILITIES Capabilities;
    NTSTATUS Status;

    RtlZeroMemory(&Capabilities, sizeof(Capabilities));
    Capabilities.Size = sizeof(Capabilities);
    Capabilities.Version = 1;
    Capabilities.Address = Capabilities.UINumber = MAXULONG;
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.DeviceCapabilities.Capabilities = &Capabilities;
    Status = PnpSend(Node->Pdo, IRP_MN_QUERY_CAPABILITIES, &Parameters, NULL);
    if (NT_SUCCESS(Status))
        Node->Capabilities = Capabilities;
    return Status;
}

/* ---- the instance path ---- */

/* Where a bus driver gives no instance ID: the first number that is free for the device ID. */
static UNICODE_STRING PnpInventInstance(PNP_NODE *Node, PCUNICODE_STRING Prefix)
{
    ULONG Number;

    for (Number = 0;; Number++) {
        UNICODE_STRING Path = PnpFormat(L"%wZ\\%wZ%04lu", &Node->DeviceId, Prefix, Number);

        if (Path.Buffer == NULL || PnpFindNode(&Path) == NULL)
            return Path;
        PnpFree(&Path);
    }
}

/* What makes an instance ID unique that is so only on its bus: depth and a hash of the parent's instance path. */
static UNICODE_STRING PnpParentPrefix(PNP_NODE *Node)
{
    ULONG Hash = 0;

    if (Node->Capabilities.UniqueID)
        return PnpFormat(L"%ws", L"");
    RtlHashUnicodeString(&Node->Parent->InstancePath, TRUE, HASH_STRING_ALGORITHM_X65599, &Hash);
    return PnpFormat(L"%lx&%lx&0&", PnpDepth(Node), Hash);
}

static NTSTATUS PnpNameNode(PNP_NODE *Node)
{
    UNICODE_STRING Prefix = PnpParentPrefix(Node);

    if (Prefix.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Node->InstancePath = Node->InstanceId.Length != 0
                       ? PnpFormat(L"%wZ\\%wZ%wZ", &Node->DeviceId, &Prefix, &Node->InstanceId)
                       : PnpInventInstance(Node, &Prefix);
    PnpFree(&Prefix);
    return Node->InstancePath.Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/*
 * Two devices of one name. A driver error on one bus; a device that moved before it was found to have gone is left
 * alone until the old one is (code 42). [doc: Bug Check 0xCA, 1; CM_PROB_DUPLICATE_DEVICE]
 */
static NTSTATUS PnpCheckDuplicate(PNP_NODE *Node)
{
    PNP_NODE *Old;

    for (Old = PnpRoot; Old != NULL; Old = PnpNextDown(Old, PnpRoot))
        if (Old != Node && Old->InstancePath.Length != 0
            && RtlEqualUnicodeString(&Old->InstancePath, &Node->InstancePath, TRUE))
            break;
    if (Old == NULL)
        return STATUS_SUCCESS;
    if (Old->Parent == Node->Parent && !(Old->Flags & PNP_NODE_MISSING)) {
        KeSetBugCheckText("%wZ reports two devices of one name, %wZ: %p and %p",
                          &Node->Pdo->DriverObject->DriverName, &Node->InstancePath, Old->Pdo, Node->Pdo);
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 1, (ULONG_PTR)Node->Pdo, (ULONG_PTR)Old->Pdo, 0);
    }
    PnpSetProblem(Node, CM_PROB_DUPLICATE_DEVICE, STATUS_DUPLICATE_OBJECTID);
    return STATUS_DUPLICATE_OBJECTID;
}

/* ---- what is on the bus, and what it needs ---- */

static VOID PnpQueryBus(PNP_NODE *Node)
{
    ULONG_PTR Information = 0;

    if (!NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_BUS_INFORMATION, NULL, &Information)) || Information == 0)
        return;
    Node->Bus = *(PNP_BUS_INFORMATION *)Information;
    Node->HasBus = TRUE;
    ExFreePool((PVOID)Information);
}

static VOID PnpQueryBootResources(PNP_NODE *Node)
{
    ULONG_PTR Information = 0;

    if (NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_RESOURCES, NULL, &Information)))
        Node->BootResources = (PCM_RESOURCE_LIST)Information;
    Information = 0;
    if (NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL, &Information)))
        Node->Requirements = (PIO_RESOURCE_REQUIREMENTS_LIST)Information;
}

/* ---- the registry ---- */

/* Capabilities as CM_DEVCAP_* bits. [doc: DEVPKEY_Device_Capabilities] */
ULONG PnpCapabilityBits(const DEVICE_CAPABILITIES *Capabilities)
{
    return (Capabilities->LockSupported ? 1 : 0) | (Capabilities->EjectSupported ? 2 : 0)
         | (Capabilities->Removable ? 4 : 0) | (Capabilities->DockDevice ? 8 : 0)
         | (Capabilities->UniqueID ? 0x10 : 0) | (Capabilities->SilentInstall ? 0x20 : 0)
         | (Capabilities->RawDeviceOK ? 0x40 : 0) | (Capabilities->SurpriseRemovalOK ? 0x80 : 0)
         | (Capabilities->HardwareDisabled ? 0x100 : 0);
}

static VOID PnpRecordText(HANDLE Key, PCWSTR Name, ULONG Type, PCUNICODE_STRING Text)
{
    if (Text->Length != 0)
        PnpSetString(Key, Name, Type, Text);
}

static VOID PnpRecordResources(PNP_NODE *Node)
{
    UNICODE_STRING Path = PnpFormat(L"Enum\\%wZ\\LogConf", &Node->InstancePath);
    HANDLE Key;

    if (Path.Buffer != NULL && (Node->BootResources != NULL || Node->Requirements != NULL)
        && NT_SUCCESS(PnpOpenKey(&Path, KEY_ALL_ACCESS, &Key))) {
        if (Node->BootResources != NULL)
            PnpSetValue(Key, L"BootConfig", REG_RESOURCE_LIST, Node->BootResources,
                        (ULONG)PnpResourceListBytes(Node->BootResources));
        if (Node->Requirements != NULL)
            PnpSetValue(Key, L"BasicConfigVector", REG_RESOURCE_REQUIREMENTS_LIST, Node->Requirements,
                        Node->Requirements->ListSize);
        ZwClose(Key);
    }
    PnpFree(&Path);
}

static BOOLEAN PnpHasValue(HANDLE Key, PCWSTR Name)
{
    UNICODE_STRING Value = PnpQueryString(Key, Name);
    BOOLEAN Has = Value.Buffer != NULL;

    PnpFree(&Value);
    return Has;
}

static VOID PnpRecordNode(PNP_NODE *Node)
{
    ULONG Bits = PnpCapabilityBits(&Node->Capabilities);
    HANDLE Key;

    if (!NT_SUCCESS(PnpOpenEnumKey(Node, KEY_ALL_ACCESS, &Key)))
        return;
    if (!PnpHasValue(Key, L"Driver")) /* else the driver's INF has described it */
        PnpRecordText(Key, L"DeviceDesc", REG_SZ, &Node->Description);
    PnpRecordText(Key, L"LocationInformation", REG_SZ, &Node->Location);
    PnpRecordText(Key, L"HardwareID", REG_MULTI_SZ, &Node->HardwareIds);
    PnpRecordText(Key, L"CompatibleIDs", REG_MULTI_SZ, &Node->CompatibleIds);
    PnpRecordText(Key, L"ContainerID", REG_SZ, &Node->ContainerId);
    PnpSetValue(Key, L"Capabilities", REG_DWORD, &Bits, sizeof(Bits));
    if (Node->Capabilities.UINumber != MAXULONG)
        PnpSetValue(Key, L"UINumber", REG_DWORD, &Node->Capabilities.UINumber, sizeof(ULONG));
    ZwClose(Key);
    PnpRecordResources(Node);
}

/* ---- all of it ---- */

static NTSTATUS PnpIdentify(PNP_NODE *Node)
{
    NTSTATUS Status = PnpQueryId(Node, BusQueryDeviceID, PNP_BAD_DEVICE_ID, &Node->DeviceId);

    if (!NT_SUCCESS(Status) || Node->DeviceId.Length == 0)
        return STATUS_UNSUCCESSFUL;
    PnpQueryCapabilities(Node);
    PnpQueryText(Node, DeviceTextDescription, &Node->Description);
    PnpQueryText(Node, DeviceTextLocationInformation, &Node->Location);
    PnpQueryId(Node, BusQueryInstanceID, PNP_BAD_INSTANCE_ID, &Node->InstanceId);
    Status = PnpNameNode(Node);
    if (NT_SUCCESS(Status))
        Status = PnpCheckDuplicate(Node);
    return Status;
}

NTSTATUS PnpInitializeNode(PNP_NODE *Node)
{
    NTSTATUS Status = PnpIdentify(Node);

    if (!NT_SUCCESS(Status)) {
        if (Node->Problem == 0)
            PnpSetProblem(Node, CM_PROB_INVALID_DATA, Status); /* code 9: no valid identification number */
        if (Node->InstancePath.Length == 0)
            Node->InstancePath = PnpFormat(L"%wZ\\(no ID)\\%p", &Node->Parent->InstancePath, Node->Pdo);
        PnpLog(Node, "the device cannot be identified", Status);
        return Status;
    }
    PnpQueryId(Node, BusQueryHardwareIDs, PNP_BAD_HARDWARE_IDS, &Node->HardwareIds);
    PnpQueryId(Node, BusQueryCompatibleIDs, PNP_BAD_COMPATIBLE_IDS, &Node->CompatibleIds);
    PnpQueryId(Node, BusQueryContainerID, 0, &Node->ContainerId);
    PnpQueryBus(Node);
    PnpQueryBootResources(Node);
    PnpRecordNode(Node);
    PnpSend(Node->Pdo, IRP_MN_DEVICE_ENUMERATED, NULL, NULL);
    Node->State = DeviceNodeInitialized;
    PnpTellProgramsOfInstance(Node, PNP_EVENT_ENUMERATED);
    return STATUS_SUCCESS;
}
