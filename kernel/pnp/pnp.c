/*
 * Plug and Play, as much as a bare start needs: a driver with AddDevice gets a root-enumerated device, which is started
 * after DriverEntry and removed before DriverUnload. [doc: Adding a PnP Device to a Running System, Removing a Device]
 * Left out: enumeration of children, resources, stop and rebalance, filters from the registry, class installers.
 */
#include "pnpp.h"


static VOID PnpLog(PNP_NODE *Node, const char *What, NTSTATUS Status)
{
    char Line[256];

    _snprintf(Line, sizeof(Line) - 1, "%wZ: %s (status %#x)\n", &Node->InstancePath, What, Status);
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
}

PNP_NODE *PnpNodeOf(PDEVICE_OBJECT Pdo)
{
    return Pdo != NULL && Pdo->Type == IO_TYPE_DEVICE ? IopDeviceExt(Pdo)->DeviceNode : NULL;
}

/* ---- start ---- */

static NTSTATUS PnpCallAddDevice(PNP_NODE *Node)
{
    PDRIVER_ADD_DEVICE AddDevice = Node->Driver->DriverExtension->AddDevice;
    KTHREAD *Thread = KiGetPrcb()->CurrentThread;
    ULONG ApcDisable = Thread->CombinedApcDisable;
    NTSTATUS Status = AddDevice(Node->Driver, Node->Pdo);

    if (KeGetCurrentIrql() != PASSIVE_LEVEL || Thread->CombinedApcDisable != ApcDisable) {
        KeSetBugCheckText("AddDevice of %wZ returned at IRQL %u; it was called at PASSIVE_LEVEL",
                          &Node->Driver->DriverName, KeGetCurrentIrql());
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, (ULONG)KeGetCurrentIrql() << 16, (ULONG_PTR)AddDevice, 0, 0);
    }
    return Status;
}

/* What NT asks of a started stack. Children that a bus driver reports are not started. */
static VOID PnpAskStarted(PNP_NODE *Node)
{
    IO_STACK_LOCATION Parameters;
    DEVICE_CAPABILITIES Capabilities;
    ULONG_PTR Information;

    RtlZeroMemory(&Capabilities, sizeof(Capabilities));
    Capabilities.Size = sizeof(Capabilities);
    Capabilities.Version = 1;
    Capabilities.Address = Capabilities.UINumber = MAXULONG;
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.DeviceCapabilities.Capabilities = &Capabilities;
    PnpSend(Node->Pdo, IRP_MN_QUERY_CAPABILITIES, &Parameters, NULL);
    PnpSend(Node->Pdo, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, NULL);
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.QueryDeviceRelations.Type = BusRelations;
    if (NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_DEVICE_RELATIONS, &Parameters, &Information)) && Information != 0) {
        PDEVICE_RELATIONS Relations = (PDEVICE_RELATIONS)Information;
        ULONG i;

        if (Relations->Count != 0)
            PnpLog(Node, "reports children; they are not enumerated", STATUS_NOT_IMPLEMENTED);
        for (i = 0; i < Relations->Count; i++)
            ObDereferenceObject(Relations->Objects[i]);
        ExFreePool(Relations);
    }
}

static NTSTATUS PnpStartNode(PNP_NODE *Node)
{
    NTSTATUS Status;

    if (Node->Pdo->AttachedDevice == NULL) {
        PnpLog(Node, "AddDevice succeeded but attached no device", STATUS_NO_SUCH_DEVICE);
        return STATUS_NO_SUCH_DEVICE;
    }
    PnpSend(Node->Pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, NULL, NULL);
    Status = PnpSend(Node->Pdo, IRP_MN_START_DEVICE, NULL, NULL); /* no resources */
    if (!NT_SUCCESS(Status)) {
        PnpLog(Node, "IRP_MN_START_DEVICE failed", Status);
        return Status;
    }
    Node->State = PnpStarted;
    PnpAskStarted(Node);
    return STATUS_SUCCESS;
}

/* IRP_MN_REMOVE_DEVICE and what must be true after it. */
static VOID PnpFinishRemove(PNP_NODE *Node)
{
    NTSTATUS Status;

    PnpForgetInterfaces(Node);
    if (Node->Pdo->AttachedDevice != NULL) {
        IopDeviceExt(Node->Pdo)->ExtensionFlags |= IOP_DOE_REMOVE_PROCESSED;
        Status = PnpSend(Node->Pdo, IRP_MN_REMOVE_DEVICE, NULL, NULL);
        if (!NT_SUCCESS(Status))
            PnpLog(Node, "IRP_MN_REMOVE_DEVICE must not fail", Status);
    }
    Node->State = PnpRemoved;
    PnpNotifyTarget(Node->Pdo, &PnpGuidRemoveComplete);
    if (Node->Pdo->AttachedDevice != NULL)
        PnpLog(Node, "still has a device attached after IRP_MN_REMOVE_DEVICE", STATUS_DEVICE_BUSY);
    PnpDeleteNode(Node);
}

NTSTATUS PnpStartDriver(PDRIVER_OBJECT Driver, PCUNICODE_STRING Service, PCUNICODE_STRING HardwareId)
{
    PNP_NODE *Node;
    NTSTATUS Status;

    if (Driver->DriverExtension->AddDevice == NULL)
        return STATUS_SUCCESS;
    Status = PnpCreateNode(Service, HardwareId, &Node);
    if (!NT_SUCCESS(Status))
        return Status;
    Node->Driver = Driver;
    Status = PnpCallAddDevice(Node);
    if (!NT_SUCCESS(Status)) {
        PnpLog(Node, "AddDevice failed", Status);
        PnpDeleteNode(Node);
        return Status;
    }
    Status = PnpStartNode(Node);
    if (!NT_SUCCESS(Status))
        PnpFinishRemove(Node);
    return Status;
}

/* ---- removal ---- */

/* TRUE when stack and watchers agree to the removal. */
static BOOLEAN PnpQueryRemove(PNP_NODE *Node)
{
    NTSTATUS Status = PnpNotifyTarget(Node->Pdo, &PnpGuidQueryRemove);

    if (NT_SUCCESS(Status))
        Status = PnpSend(Node->Pdo, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL);
    if (NT_SUCCESS(Status))
        return TRUE;
    PnpSend(Node->Pdo, IRP_MN_CANCEL_REMOVE_DEVICE, NULL, NULL);
    PnpNotifyTarget(Node->Pdo, &PnpGuidRemoveCancelled);
    PnpLog(Node, "IRP_MN_QUERY_REMOVE_DEVICE was refused: the device is removed by surprise", Status);
    return FALSE;
}

static VOID PnpRemoveNode(PNP_NODE *Node)
{
    if (Node->State == PnpStarted && !PnpQueryRemove(Node))
        PnpSend(Node->Pdo, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
    Node->State = PnpRemovePending;
    PnpFinishRemove(Node);
}

VOID PnpRemoveDriverDevices(PDRIVER_OBJECT Driver)
{
    PLIST_ENTRY Link = PnpNodes.Flink;

    while (Link != &PnpNodes) {
        PNP_NODE *Node = CONTAINING_RECORD(Link, PNP_NODE, Link);

        Link = Link->Flink;
        if (Node->Driver == Driver)
            PnpRemoveNode(Node);
    }
}

NTSTATUS PnpInitSystem(VOID)
{
    return PnpInitRoot();
}

/* ---- requests of drivers ---- */

NT_PARTIAL(IoInvalidateDeviceRelations, "children are not enumerated");
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type)
{
    PNP_NODE *Node = PnpNodeOf(DeviceObject);

    if (Node == NULL) {
        KeSetBugCheckText("IoInvalidateDeviceRelations(%p): not a physical device object", DeviceObject);
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 2, (ULONG_PTR)DeviceObject, 0, 0);
    }
    if (Type != TargetDeviceRelation)
        PnpLog(Node, "IoInvalidateDeviceRelations: children are not enumerated", STATUS_NOT_IMPLEMENTED);
}

typedef struct _PNP_WORK {
    WORK_QUEUE_ITEM Item;
    PDEVICE_OBJECT Pdo; /* referenced */
} PNP_WORK;

static VOID NTAPI PnpAskState(PVOID Context)
{
    PNP_WORK *Work = Context;
    ULONG_PTR State = 0;
    PNP_NODE *Node = PnpNodeOf(Work->Pdo);

    if (Node != NULL && Node->State == PnpStarted
        && NT_SUCCESS(PnpSend(Work->Pdo, IRP_MN_QUERY_PNP_DEVICE_STATE, NULL, &State))
        && (State & (PNP_DEVICE_REMOVED | PNP_DEVICE_FAILED | PNP_DEVICE_DISABLED)))
        PnpLog(Node, "reports that it is removed, failed or disabled; it stays until the driver is unloaded",
               STATUS_NOT_IMPLEMENTED);
    ObDereferenceObject(Work->Pdo);
    ExFreePoolWithTag(Work, PNP_TAG);
}

NT_PARTIAL(IoInvalidateDeviceState, "a device that reports itself removed or failed stays until its driver unloads");
VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject)
{
    PNP_WORK *Work = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Work), PNP_TAG);

    if (Work == NULL)
        return;
    ObReferenceObject(PhysicalDeviceObject);
    Work->Pdo = PhysicalDeviceObject;
    ExInitializeWorkItem(&Work->Item, PnpAskState, Work);
    ExQueueWorkItem(&Work->Item, DelayedWorkQueue);
}
