/*
 * The root bus: driver object \Driver\PnpManager, whose devices are the physical device objects of root-enumerated
 * devices. [doc: Handling an IRP_MN_... Request: what a bus driver does] No resources, no power but a status.
 */
#include "pnpp.h"

LIST_ENTRY PnpNodes = { &PnpNodes, &PnpNodes };
static PDRIVER_OBJECT PnpRootDriver; /* set once */

/* ---- requests ---- */

/* A copy in paged pool that the caller frees. */
static NTSTATUS PnpAnswerString(PIRP Irp, PCUNICODE_STRING Text, BOOLEAN Multi)
{
    ULONG Bytes = Text->Length + (Multi ? 2 : 1) * sizeof(WCHAR);
    PWCHAR Copy = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);

    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Copy, Bytes);
    RtlCopyMemory(Copy, Text->Buffer, Text->Length);
    Irp->IoStatus.Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS PnpQueryId(PNP_NODE *Node, PIRP Irp, BUS_QUERY_ID_TYPE Type)
{
    UNICODE_STRING Number;
    WCHAR Text[8];

    switch (Type) {
    case BusQueryDeviceID:
        return PnpAnswerString(Irp, &Node->DeviceId, FALSE);
    case BusQueryHardwareIDs:
        return PnpAnswerString(Irp, &Node->HardwareIds, TRUE);
    case BusQueryInstanceID:
        _snwprintf(Text, RTL_NUMBER_OF(Text), L"%04lu", Node->Instance);
        RtlInitUnicodeString(&Number, Text);
        return PnpAnswerString(Irp, &Number, FALSE);
    default: /* no compatible IDs, serial number, container */
        return Irp->IoStatus.Status;
    }
}

static NTSTATUS PnpQueryCapabilities(PDEVICE_CAPABILITIES Capabilities)
{
    ULONG State;

    if (Capabilities->Version != 1 || Capabilities->Size < sizeof(*Capabilities))
        return STATUS_UNSUCCESSFUL;
    Capabilities->SilentInstall = TRUE;
    Capabilities->UniqueID = TRUE;
    Capabilities->RawDeviceOK = FALSE;
    Capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (State = PowerSystemSleeping1; State < PowerSystemMaximum; State++)
        Capabilities->DeviceState[State] = PowerDeviceD3;
    Capabilities->SystemWake = PowerSystemUnspecified;
    Capabilities->DeviceWake = PowerDeviceUnspecified;
    return STATUS_SUCCESS;
}

static NTSTATUS PnpQueryRelations(PIRP Irp, PDEVICE_OBJECT Pdo, DEVICE_RELATION_TYPE Type)
{
    PDEVICE_RELATIONS Relations;

    if (Type != TargetDeviceRelation)
        return Irp->IoStatus.Status;
    Relations = ExAllocatePoolWithTag(PagedPool, sizeof(*Relations), PNP_TAG);
    if (Relations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Pdo);
    Relations->Count = 1;
    Relations->Objects[0] = Pdo;
    Irp->IoStatus.Information = (ULONG_PTR)Relations;
    return STATUS_SUCCESS;
}

static NTSTATUS PnpQueryText(PNP_NODE *Node, PIRP Irp, DEVICE_TEXT_TYPE Type)
{
    if (Type == DeviceTextDescription)
        return PnpAnswerString(Irp, &Node->Service, FALSE);
    return Irp->IoStatus.Status;
}

static NTSTATUS NTAPI PnpRootPnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PNP_NODE *Node = PnpNodeOf(Device);
    NTSTATUS Status = Irp->IoStatus.Status; /* what is not handled keeps its status */

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_DEVICE_ENUMERATED:
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_ID:
        Status = PnpQueryId(Node, Irp, Stack->Parameters.QueryId.IdType);
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        Status = PnpQueryCapabilities(Stack->Parameters.DeviceCapabilities.Capabilities);
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        Status = PnpQueryRelations(Irp, Device, Stack->Parameters.QueryDeviceRelations.Type);
        break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        Status = PnpQueryText(Node, Irp, Stack->Parameters.QueryDeviceText.DeviceTextType);
        break;
    }
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* The bus driver succeeds device power requests for a device that has no power to switch. */
static NTSTATUS NTAPI PnpRootPower(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = Irp->IoStatus.Status;

    if (Stack->MinorFunction == IRP_MN_SET_POWER || Stack->MinorFunction == IRP_MN_QUERY_POWER)
        Status = STATUS_SUCCESS;
    if (Stack->MinorFunction == IRP_MN_SET_POWER)
        PoSetPowerState(Device, Stack->Parameters.Power.Type, Stack->Parameters.Power.State);
    PoStartNextPowerIrp(Irp);
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* WMI requests that no driver above handled end here with the status they came with. */
static NTSTATUS NTAPI PnpRootSystemControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    NTSTATUS Status = Irp->IoStatus.Status;

    UNREFERENCED_PARAMETER(Device);
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI PnpRootEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_PNP] = PnpRootPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = PnpRootPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PnpRootSystemControl;
    return STATUS_SUCCESS;
}

NTSTATUS PnpInitRoot(VOID)
{
    return IopCreateBuiltinDriver(L"\\Driver\\PnpManager", PnpRootEntry, &PnpRootDriver);
}

/* ---- nodes ---- */

static ULONG PnpNextInstance(PCUNICODE_STRING Service)
{
    PLIST_ENTRY Link;
    ULONG Instance = 0;

    for (Link = PnpNodes.Flink; Link != &PnpNodes; Link = Link->Flink) {
        PNP_NODE *Node = CONTAINING_RECORD(Link, PNP_NODE, Link);

        if (RtlEqualUnicodeString(&Node->Service, Service, TRUE) && Node->Instance >= Instance)
            Instance = Node->Instance + 1;
    }
    return Instance;
}

static VOID PnpFreeNode(PNP_NODE *Node)
{
    PnpFreeProperties(&Node->Properties);
    PnpFree(&Node->InstancePath);
    PnpFree(&Node->DeviceId);
    PnpFree(&Node->Service);
    PnpFree(&Node->HardwareIds);
    ExFreePoolWithTag(Node, PNP_TAG);
}

static BOOLEAN PnpNameNode(PNP_NODE *Node, PCUNICODE_STRING Service, PCUNICODE_STRING HardwareId)
{
    ULONG i;

    Node->Instance = PnpNextInstance(Service);
    Node->Service = PnpCopy(Service);
    Node->DeviceId = PnpFormat(L"ROOT\\%wZ", Service);
    if (Node->DeviceId.Buffer != NULL)
        for (i = 0; i < Node->DeviceId.Length / sizeof(WCHAR); i++)
            Node->DeviceId.Buffer[i] = RtlUpcaseUnicodeChar(Node->DeviceId.Buffer[i]);
    Node->InstancePath = PnpFormat(L"%wZ\\%04lu", &Node->DeviceId, Node->Instance);
    Node->HardwareIds = PnpCopy(HardwareId->Length != 0 ? HardwareId : &Node->DeviceId);
    return Node->Service.Buffer != NULL && Node->DeviceId.Buffer != NULL && Node->InstancePath.Buffer != NULL
        && Node->HardwareIds.Buffer != NULL;
}

/* The device's key under Enum, as setup would have made it. */
static VOID PnpRecordNode(PNP_NODE *Node)
{
    UNICODE_STRING Path = PnpFormat(L"Enum\\%wZ", &Node->InstancePath);
    HANDLE Key;

    if (Path.Buffer != NULL && NT_SUCCESS(PnpOpenKey(&Path, KEY_ALL_ACCESS, &Key))) {
        PnpSetString(Key, L"Service", REG_SZ, &Node->Service);
        PnpSetString(Key, L"DeviceDesc", REG_SZ, &Node->Service);
        PnpSetString(Key, L"HardwareID", REG_MULTI_SZ, &Node->HardwareIds);
        ZwClose(Key);
    }
    PnpFree(&Path);
}

NTSTATUS PnpCreateNode(PCUNICODE_STRING Service, PCUNICODE_STRING HardwareId, PNP_NODE **Result)
{
    PNP_NODE *Node = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Node), PNP_TAG);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;

    if (Node == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Node, sizeof(*Node));
    InitializeListHead(&Node->Properties);
    if (PnpNameNode(Node, Service, HardwareId))
        Status = IoCreateDevice(PnpRootDriver, 0, NULL, FILE_DEVICE_CONTROLLER, FILE_AUTOGENERATED_DEVICE_NAME, FALSE,
                                &Node->Pdo);
    if (!NT_SUCCESS(Status)) {
        PnpFreeNode(Node);
        return Status;
    }
    Node->Pdo->Flags |= DO_BUS_ENUMERATED_DEVICE | DO_POWER_PAGABLE;
    Node->Pdo->Flags &= ~DO_DEVICE_INITIALIZING;
    IopDeviceExt(Node->Pdo)->DeviceNode = Node;
    InsertTailList(&PnpNodes, &Node->Link);
    PnpRecordNode(Node);
    *Result = Node;
    return STATUS_SUCCESS;
}

VOID PnpDeleteNode(PNP_NODE *Node)
{
    IopDeviceExt(Node->Pdo)->DeviceNode = NULL;
    RemoveEntryList(&Node->Link);
    IoDeleteDevice(Node->Pdo);
    PnpFreeNode(Node);
}
