/*
 * The root bus: driver object \Driver\PnpManager, whose devices are the physical device objects of
 * root-enumerated devices. [doc: Handling an IRP_MN_... Request: what a bus driver does] No power
 * but a status.
 */
#include "pnpp.h"

static PDRIVER_OBJECT PnpRootDriver; /* set once */

typedef struct _PNP_ROOT_DEVICE { /* device extension of a physical device object */
    UNICODE_STRING DeviceId, HardwareIds, CompatibleIds, Description;
    UNICODE_STRING InstanceId; /* as setup named it; empty: Instance as text */
    ULONG Instance;
    PCM_RESOURCE_LIST Resources; /* as reported by the driver that found the device, or NULL */
    PIO_RESOURCE_REQUIREMENTS_LIST Requirements;
} PNP_ROOT_DEVICE;

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

static NTSTATUS PnpRootQueryId(PNP_ROOT_DEVICE *Device, PIRP Irp, BUS_QUERY_ID_TYPE Type)
{
    UNICODE_STRING Number;
    WCHAR Text[8];

    switch (Type) {
    case BusQueryDeviceID:
        return PnpAnswerString(Irp, &Device->DeviceId, FALSE);
    case BusQueryHardwareIDs:
        return PnpAnswerString(Irp, &Device->HardwareIds, TRUE);
    case BusQueryInstanceID:
        if (Device->InstanceId.Length != 0)
            return PnpAnswerString(Irp, &Device->InstanceId, FALSE);
        _snwprintf(Text, RTL_NUMBER_OF(Text), L"%04lu", Device->Instance);
        RtlInitUnicodeString(&Number, Text);
        return PnpAnswerString(Irp, &Number, FALSE);
    case BusQueryCompatibleIDs:
        if (Device->CompatibleIds.Length != 0)
            return PnpAnswerString(Irp, &Device->CompatibleIds, TRUE);
        return Irp->IoStatus.Status;
    default: /* no serial number, container */
        return Irp->IoStatus.Status;
    }
}

static NTSTATUS PnpRootCapabilities(PDEVICE_CAPABILITIES Capabilities)
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

static NTSTATUS PnpRootRelations(PIRP Irp, PDEVICE_OBJECT Pdo, DEVICE_RELATION_TYPE Type)
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

static NTSTATUS PnpRootText(PNP_ROOT_DEVICE *Device, PIRP Irp, DEVICE_TEXT_TYPE Type)
{
    if (Type == DeviceTextDescription && Device->Description.Length != 0)
        return PnpAnswerString(Irp, &Device->Description, FALSE);
    return Irp->IoStatus.Status;
}

static NTSTATUS PnpAnswerBytes(PIRP Irp, const VOID *Data, SIZE_T Bytes)
{
    PVOID Copy;

    if (Data == NULL)
        return Irp->IoStatus.Status;
    Copy = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Data, Bytes);
    Irp->IoStatus.Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI PnpRootPnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PNP_ROOT_DEVICE *Root = Device->DeviceExtension;
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
        Status = PnpRootQueryId(Root, Irp, Stack->Parameters.QueryId.IdType);
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        Status = PnpRootCapabilities(Stack->Parameters.DeviceCapabilities.Capabilities);
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        Status = PnpRootRelations(Irp, Device, Stack->Parameters.QueryDeviceRelations.Type);
        break;
    case IRP_MN_QUERY_RESOURCES:
        Status = PnpAnswerBytes(Irp, Root->Resources, PnpResourceListBytes(Root->Resources));
        break;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
        Status = PnpAnswerBytes(Irp, Root->Requirements,
                                Root->Requirements != NULL ? Root->Requirements->ListSize : 0);
        break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        Status = PnpRootText(Root, Irp, Stack->Parameters.QueryDeviceText.DeviceTextType);
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

/* ---- devices ---- */

static ULONG PnpNextInstance(PCUNICODE_STRING DeviceId)
{
    ULONG Instance = 0;
    PNP_NODE *Node;

    for (Node = PnpRoot->Child; Node != NULL; Node = Node->Sibling) {
        PNP_ROOT_DEVICE *Device = Node->Pdo->DeviceExtension;

        if (RtlEqualUnicodeString(&Device->DeviceId, DeviceId, TRUE) &&
            Device->Instance >= Instance)
            Instance = Device->Instance + 1;
    }
    return Instance;
}

static VOID PnpFreeRootDevice(PNP_ROOT_DEVICE *Device)
{
    PnpFree(&Device->DeviceId);
    PnpFree(&Device->HardwareIds);
    PnpFree(&Device->CompatibleIds);
    PnpFree(&Device->Description);
    PnpFree(&Device->InstanceId);
    if (Device->Resources != NULL)
        ExFreePoolWithTag(Device->Resources, PNP_TAG);
    if (Device->Requirements != NULL)
        ExFreePoolWithTag(Device->Requirements, PNP_TAG);
    Device->Resources = NULL;
    Device->Requirements = NULL;
}

/* ROOT\NAME\INSTANCE is the device ID and the instance ID. */
static BOOLEAN PnpSplitRootPath(PNP_ROOT_DEVICE *Device, PCUNICODE_STRING Path)
{
    UNICODE_STRING Id = *Path, Instance;
    ULONG Length = Path->Length / sizeof(WCHAR), Slash = Length;

    while (Slash > 0 && Path->Buffer[Slash - 1] != L'\\')
        Slash--;
    if (Slash == 0 || Slash == Length)
        return FALSE;
    Id.Length = (USHORT)((Slash - 1) * sizeof(WCHAR));
    Instance.Buffer = Path->Buffer + Slash;
    Instance.Length = Instance.MaximumLength = (USHORT)((Length - Slash) * sizeof(WCHAR));
    Device->DeviceId = PnpCopy(&Id);
    Device->InstanceId = PnpCopy(&Instance);
    if (!NT_SUCCESS(RtlUnicodeStringToInteger(&Instance, 10, &Device->Instance)))
        Device->Instance = 0;
    return Device->DeviceId.Buffer != NULL && Device->InstanceId.Buffer != NULL;
}

static BOOLEAN PnpNameRootDevice(PNP_ROOT_DEVICE *Device, const PNP_ROOT_DESCRIPTION *Given)
{
    ULONG i;

    if (Given->InstancePath != NULL) {
        if (!PnpSplitRootPath(Device, Given->InstancePath))
            return FALSE;
    } else {
        Device->DeviceId = PnpFormat(L"ROOT\\%wZ", Given->Name);
    }
    if (Device->DeviceId.Buffer == NULL)
        return FALSE;
    for (i = 0; i < Device->DeviceId.Length / sizeof(WCHAR); i++)
        Device->DeviceId.Buffer[i] = RtlUpcaseUnicodeChar(Device->DeviceId.Buffer[i]);
    if (Given->InstancePath == NULL)
        Device->Instance = PnpNextInstance(&Device->DeviceId);
    Device->Description = PnpCopy(Given->Name);
    Device->HardwareIds =
        PnpCopy(Given->HardwareIds.Length != 0 ? &Given->HardwareIds : &Device->DeviceId);
    Device->CompatibleIds = PnpCopy(&Given->CompatibleIds);
    return Device->HardwareIds.Buffer != NULL && Device->Description.Buffer != NULL
        && Device->CompatibleIds.Buffer != NULL;
}

/* FALSE: out of memory. */
static BOOLEAN PnpCopyBytes(const VOID *Source, SIZE_T Bytes, PVOID *Copy)
{
    if (Source == NULL)
        return TRUE;
    *Copy = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG);
    if (*Copy != NULL)
        RtlCopyMemory(*Copy, Source, Bytes);
    return *Copy != NULL;
}

static BOOLEAN PnpFillRootDevice(PNP_ROOT_DEVICE *Device, const PNP_ROOT_DESCRIPTION *Given)
{
    return PnpNameRootDevice(Device, Given) &&
           PnpCopyBytes(Given->Resources, PnpResourceListBytes(Given->Resources),
                        (PVOID *)&Device->Resources) &&
           PnpCopyBytes(Given->Requirements,
                        Given->Requirements != NULL ? Given->Requirements->ListSize : 0,
                        (PVOID *)&Device->Requirements);
}

static NTSTATUS PnpMakeRootPdo(const PNP_ROOT_DESCRIPTION *Given, PDEVICE_OBJECT *Pdo)
{
    NTSTATUS Status =
        IoCreateDevice(PnpRootDriver, sizeof(PNP_ROOT_DEVICE), NULL, FILE_DEVICE_CONTROLLER,
                       FILE_AUTOGENERATED_DEVICE_NAME, FALSE, Pdo);

    if (!NT_SUCCESS(Status))
        return Status;
    if (!PnpFillRootDevice((*Pdo)->DeviceExtension, Given)) {
        PnpDeleteRootDevice(*Pdo);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (*Pdo)->Flags |= DO_POWER_PAGABLE;
    (*Pdo)->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

VOID PnpDeleteRootDevice(PDEVICE_OBJECT Pdo)
{
    PnpFreeRootDevice(Pdo->DeviceExtension);
    IoDeleteDevice(Pdo);
}

/* The service goes where setup would have written it. */
static VOID PnpInstallRootDevice(PNP_NODE *Node, PCUNICODE_STRING Service)
{
    HANDLE Key;

    if (Service == NULL || Service->Length == 0 ||
        !NT_SUCCESS(PnpOpenEnumKey(Node, KEY_ALL_ACCESS, &Key)))
        return;
    PnpSetString(Key, L"Service", REG_SZ, Service);
    ZwClose(Key);
}

NTSTATUS PnpCreateRootDevice(const PNP_ROOT_DESCRIPTION *Given, PNP_NODE **Result)
{
    PDEVICE_OBJECT Pdo;
    PNP_NODE *Node;
    NTSTATUS Status = PnpMakeRootPdo(Given, &Pdo);

    if (!NT_SUCCESS(Status))
        return Status;
    ObReferenceObject(Pdo);
    Node = PnpMakeNode(PnpRoot, Pdo);
    if (Node == NULL) {
        PnpDeleteRootDevice(Pdo);
        ObDereferenceObject(Pdo);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Node->Flags |= PNP_NODE_ROOT_ENUMERATED;
    Status = PnpInitializeNode(Node);
    if (!NT_SUCCESS(Status)) {
        PnpDeleteNode(Node);
        PnpDeleteRootDevice(Pdo);
        return Status;
    }
    PnpInstallRootDevice(Node, Given->Service);
    *Result = Node;
    return STATUS_SUCCESS;
}

/* ---- start-up ---- */

static NTSTATUS NTAPI PnpRootEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_PNP] = PnpRootPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = PnpRootPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PnpRootSystemControl;
    return STATUS_SUCCESS;
}

/* The root of the tree: HTREE\ROOT\0, a node that is started and has no bus of its own. */
NTSTATUS PnpInitRoot(VOID)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"HTREE\\ROOT\\0");
    PDEVICE_OBJECT Pdo;
    NTSTATUS Status = IopCreateBuiltinDriver(L"\\Driver\\PnpManager", PnpRootEntry, &PnpRootDriver);

    if (NT_SUCCESS(Status))
        Status = IoCreateDevice(PnpRootDriver, sizeof(PNP_ROOT_DEVICE), NULL,
                                FILE_DEVICE_CONTROLLER, 0, FALSE, &Pdo);
    if (!NT_SUCCESS(Status))
        return Status;
    Pdo->Flags &= ~DO_DEVICE_INITIALIZING;
    PnpRoot = PnpMakeNode(NULL, Pdo);
    if (PnpRoot == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PnpRoot->InstancePath = PnpCopy(&Path);
    PnpRoot->State = DeviceNodeStarted;
    return STATUS_SUCCESS;
}
