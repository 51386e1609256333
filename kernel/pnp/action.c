/*
 * What is to be done to devices, in the order in which it was asked for: a queue of nodes, each with the set of its
 * actions, so that asking needs no memory. A system worker works it off; so does the session before it goes on.
 */
#include "pnpp.h"

static LIST_ENTRY PnpActionQueue = { &PnpActionQueue, &PnpActionQueue }; /* DISPATCH_LEVEL */
static WORK_QUEUE_ITEM PnpActionItem;
static BOOLEAN PnpActionItemQueued, PnpRetryWanted; /* DISPATCH_LEVEL */

static BOOLEAN PnpNextAction(PNP_NODE **Node, ULONG *Actions)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    BOOLEAN Found = !IsListEmpty(&PnpActionQueue);

    if (Found) {
        *Node = CONTAINING_RECORD(RemoveHeadList(&PnpActionQueue), PNP_NODE, Action);
        *Actions = (*Node)->Actions;
        (*Node)->Actions = 0;
    }
    KeLowerIrql(OldIrql);
    return Found;
}

static BOOLEAN PnpTakeRetry(VOID)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    BOOLEAN Wanted = PnpRetryWanted;

    PnpRetryWanted = FALSE;
    KeLowerIrql(OldIrql);
    return Wanted;
}

/* An action may remove the node that it is for, and the rest is void then. */
static VOID PnpDoActions(PNP_NODE *Node, ULONG Actions)
{
    PDEVICE_OBJECT Pdo = Node->Pdo;

    ObReferenceObject(Pdo);
    if (Actions & PNP_ACTION_SURPRISE) {
        Node->Flags |= PNP_NODE_MISSING;
        PnpRemoveNode(Node, PnpRemoveSurprise, CM_PROB_DEVICE_NOT_THERE);
    }
    if ((Actions & PNP_ACTION_STATE) && PnpNodeOf(Pdo) == Node)
        PnpAskDeviceState(Node);
    if ((Actions & PNP_ACTION_ENUMERATE) && PnpNodeOf(Pdo) == Node)
        PnpEnumerateNode(Node);
    if ((Actions & PNP_ACTION_POWER_RELATIONS) && PnpNodeOf(Pdo) == Node)
        PnpAskPowerRelations(Node);
    if ((Actions & PNP_ACTION_EJECT) && PnpNodeOf(Pdo) == Node)
        PnpEjectNode(Node);
    ObDereferenceObject(Pdo);
}

VOID PnpDrain(VOID)
{
    PNP_NODE *Node;
    ULONG Actions;
    BOOLEAN More = TRUE;

    PnpLockTree();
    while (More) {
        More = FALSE;
        if (PnpTakeRetry()) {
            PnpRetryPendingRemovals();
            More = TRUE;
        }
        if (PnpNextAction(&Node, &Actions)) {
            PnpDoActions(Node, Actions);
            More = TRUE;
        }
    }
    PnpUnlockTree();
}

static VOID NTAPI PnpActionWorker(PVOID Context)
{
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Context);
    OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    PnpActionItemQueued = FALSE; /* what is asked from here on queues it again */
    KeLowerIrql(OldIrql);
    PnpDrain();
}

/* At DISPATCH_LEVEL. */
static VOID PnpWakeWorker(VOID)
{
    if (PnpActionItemQueued)
        return;
    PnpActionItemQueued = TRUE;
    ExInitializeWorkItem(&PnpActionItem, PnpActionWorker, NULL);
    ExQueueWorkItem(&PnpActionItem, DelayedWorkQueue);
}

VOID PnpQueueAction(PNP_NODE *Node, ULONG Action)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    if (Node->Actions == 0)
        InsertTailList(&PnpActionQueue, &Node->Action);
    Node->Actions |= Action;
    PnpWakeWorker();
    KeLowerIrql(OldIrql);
}

VOID PnpForgetActions(PNP_NODE *Node)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    if (Node->Actions != 0)
        RemoveEntryList(&Node->Action);
    Node->Actions = 0;
    KeLowerIrql(OldIrql);
}

VOID PnpQueueRetry(VOID)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    PnpRetryWanted = TRUE;
    PnpWakeWorker();
    KeLowerIrql(OldIrql);
}

VOID PnpHandlesClosed(VOID)
{
    PnpQueueRetry();
}

/* ---- requests of drivers ---- */

NT_EXPORT(IoInvalidateDeviceRelations);
VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type)
{
    PNP_NODE *Node = PnpRequireNode(DeviceObject, "IoInvalidateDeviceRelations");

    switch (Type) {
    case BusRelations:
    case SingleBusRelations:
        PnpQueueAction(Node, PNP_ACTION_ENUMERATE);
        break;
    case PowerRelations:
        PnpQueueAction(Node, PNP_ACTION_POWER_RELATIONS);
        break;
    default: /* these are asked for when they are needed [doc: IoInvalidateDeviceRelations] */
        break;
    }
}

/* As above; returns when the devices have been enumerated. [doc: IoSynchronousInvalidateDeviceRelations] */
NT_EXPORT(IoSynchronousInvalidateDeviceRelations);
NTSTATUS NTAPI IoSynchronousInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type)
{
    PNP_NODE *Node = PnpRequireNode(DeviceObject, "IoSynchronousInvalidateDeviceRelations");

    switch (Type) {
    case BusRelations:
    case PowerRelations:
        if (Node->State != DeviceNodeStarted)
            return STATUS_UNSUCCESSFUL;
        IoInvalidateDeviceRelations(DeviceObject, Type);
        PnpDrain();
        return STATUS_SUCCESS;
    case EjectionRelations:
        return STATUS_NOT_SUPPORTED;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

NT_EXPORT(IoInvalidateDeviceState);
VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject)
{
    PnpQueueAction(PnpRequireNode(PhysicalDeviceObject, "IoInvalidateDeviceState"), PNP_ACTION_STATE);
}

NT_EXPORT(IoRequestDeviceEject);
VOID NTAPI IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject)
{
    PnpQueueAction(PnpRequireNode(PhysicalDeviceObject, "IoRequestDeviceEject"), PNP_ACTION_EJECT);
}
