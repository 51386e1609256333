/*
 * Removal: of a device, of all devices below it and of its removal relations, children before parents. Orderly
 * (asked first), by surprise, after a failed start, or for ejection. [doc: Understanding When Remove IRPs Are Issued,
 * IoRequestDeviceEject] Left out: pop-ups.
 */
#include "pnpp.h"

#include "control.h"

typedef struct _PNP_REMOVAL {
    LIST_ENTRY Entry;  /* PnpPending: waits until handles are closed; tree lock */
    ULONG Problem;     /* of the devices that stay in the tree */
    ULONG Count, Room;
    PNP_NODE **Node;   /* children before parents */
} PNP_REMOVAL;

static LIST_ENTRY PnpPending = { &PnpPending, &PnpPending };

static struct {
    PNP_VETO_TYPE Type;
    WCHAR Name[PNP_CONTROL_TEXT];
} PnpVeto; /* who refused the last removal; tree lock */

VOID PnpNoteVeto(PNP_VETO_TYPE Type, PCUNICODE_STRING Name)
{
    USHORT Bytes = min(Name->Length, sizeof(PnpVeto.Name) - sizeof(WCHAR));

    PnpVeto.Type = Type;
    RtlCopyMemory(PnpVeto.Name, Name->Buffer, Bytes);
    PnpVeto.Name[Bytes / sizeof(WCHAR)] = 0;
}

PNP_VETO_TYPE PnpLastVeto(PWSTR Name)
{
    RtlCopyMemory(Name, PnpVeto.Name, sizeof(PnpVeto.Name));
    return PnpVeto.Type;
}

/* ---- which devices ---- */

/* A removal cannot be left out, so it waits for memory. */
static PVOID PnpAllocateForSure(SIZE_T Bytes)
{
    LARGE_INTEGER Pause;
    PVOID Block;

    Pause.QuadPart = -10 * 1000;
    while ((Block = ExAllocatePoolWithTag(PagedPool, Bytes, PNP_TAG)) == NULL)
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    return Block;
}

static VOID PnpAddToRemoval(PNP_REMOVAL *Removal, PNP_NODE *Node)
{
    if (Node->Flags & PNP_NODE_COLLECTED)
        return;
    if (Removal->Count == Removal->Room) {
        PNP_NODE **Larger = PnpAllocateForSure((Removal->Room * 2 + 8) * sizeof(*Larger));

        if (Removal->Node != NULL) {
            RtlCopyMemory(Larger, Removal->Node, Removal->Count * sizeof(*Larger));
            ExFreePoolWithTag(Removal->Node, PNP_TAG);
        }
        Removal->Node = Larger;
        Removal->Room = Removal->Room * 2 + 8;
    }
    Node->Flags |= PNP_NODE_COLLECTED;
    Removal->Node[Removal->Count++] = Node;
}

static VOID PnpAddSubtree(PNP_REMOVAL *Removal, PNP_NODE *Top)
{
    PNP_NODE *Node;

    for (Node = PnpFirstUp(Top); Node != NULL; Node = PnpNextUp(Node, Top))
        PnpAddToRemoval(Removal, Node);
}

/* [doc: Bug Check 0xCA, 0xB] */
static VOID PnpAddRelations(PNP_REMOVAL *Removal, PNP_NODE *Node, DEVICE_RELATION_TYPE Type)
{
    PDEVICE_RELATIONS Relations;
    ULONG i;

    PnpQueryRelations(Node, Type, &Relations);
    for (i = 0; Relations != NULL && i < Relations->Count; i++) {
        PDEVICE_OBJECT Pdo = Relations->Objects[i];

        if (IopDeviceExt(Pdo)->ExtensionFlags & IOP_DOE_DELETE_PENDING) {
            KeSetBugCheckText("%wZ names device %p, which is deleted, as a removal relation", &Node->InstancePath, Pdo);
            KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 0xB, (ULONG_PTR)Pdo, (ULONG_PTR)Relations, 0);
        }
        if (PnpNodeOf(Pdo) != NULL)
            PnpAddSubtree(Removal, PnpNodeOf(Pdo));
        ObDereferenceObject(Pdo);
    }
    if (Relations != NULL)
        ExFreePool(Relations);
}

static VOID PnpFreeRemoval(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++)
        if (Removal->Node[i] != NULL)
            Removal->Node[i]->Flags &= ~PNP_NODE_COLLECTED;
    if (Removal->Node != NULL)
        ExFreePoolWithTag(Removal->Node, PNP_TAG);
}

static BOOLEAN PnpIsBelow(const PNP_NODE *Node, const PNP_NODE *Top)
{
    while (Node != NULL && Node != Top)
        Node = Node->Parent;
    return Node != NULL;
}

static BOOLEAN PnpReachesBelow(const PNP_REMOVAL *Removal, const PNP_NODE *Top)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++)
        if (PnpIsBelow(Removal->Node[i], Top))
            return TRUE;
    return FALSE;
}

/* A removal that waits and has devices below Top ends here: the new one has all of its nodes from now on. */
static VOID PnpTakeOver(PNP_REMOVAL *Removal, PNP_NODE *Top)
{
    PLIST_ENTRY Entry = PnpPending.Flink;
    ULONG i;

    while (Entry != &PnpPending) {
        PNP_REMOVAL *Old = CONTAINING_RECORD(Entry, PNP_REMOVAL, Entry);

        Entry = Entry->Flink;
        if (!PnpReachesBelow(Old, Top))
            continue;
        RemoveEntryList(&Old->Entry);
        for (i = 0; i < Old->Count; i++) {
            Old->Node[i]->Flags &= ~PNP_NODE_COLLECTED;
            PnpAddToRemoval(Removal, Old->Node[i]);
            Old->Node[i] = NULL;
        }
        PnpFreeRemoval(Old);
        ExFreePoolWithTag(Old, PNP_TAG);
    }
}

/* The list grows while it is looked at: relations have relations. */
static VOID PnpCollect(PNP_REMOVAL *Removal, PNP_NODE *Top, BOOLEAN Eject)
{
    ULONG i;

    RtlZeroMemory(Removal, sizeof(*Removal));
    PnpTakeOver(Removal, Top);
    PnpAddSubtree(Removal, Top);
    for (i = 0; i < Removal->Count; i++) {
        PNP_NODE *Node = Removal->Node[i];

        if (Node->State != DeviceNodeStarted)
            continue;
        PnpAddRelations(Removal, Node, RemovalRelations);
        if (Eject && Node == Top)
            PnpAddRelations(Removal, Node, EjectionRelations);
    }
}

/* ---- the stack of a device ---- */

static VOID PnpMarkStack(PNP_NODE *Node, ULONG Set, ULONG Clear)
{
    PDEVICE_OBJECT Device;

    for (Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice)
        IopDeviceExt(Device)->ExtensionFlags = (IopDeviceExt(Device)->ExtensionFlags & ~Clear) | Set;
}

static BOOLEAN PnpHasOpenHandles(PNP_NODE *Node)
{
    PDEVICE_OBJECT Device;

    for (Device = Node->Pdo; Device != NULL; Device = Device->AttachedDevice)
        if (Device->ReferenceCount != 0)
            return TRUE;
    return FALSE;
}

static BOOLEAN PnpAnyOpenHandles(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++)
        if (PnpHasOpenHandles(Removal->Node[i])) {
            PnpLog(Removal->Node[i], "a handle to the device is open", STATUS_DEVICE_BUSY);
            PnpNoteVeto(PNP_VetoOutstandingOpen, &Removal->Node[i]->InstancePath);
            return TRUE;
        }
    return FALSE;
}

/* Drivers are there to be asked. */
static BOOLEAN PnpHasDrivers(const PNP_NODE *Node)
{
    return Node->DriverCount != 0 || Node->State == DeviceNodeStarted || Node->State == DeviceNodeQueryRemoved;
}

/* ---- asking ---- */

static NTSTATUS PnpAskNode(PNP_NODE *Node)
{
    NTSTATUS Status;

    Node->Flags |= PNP_NODE_QUERIED;
    PnpMarkStack(Node, IOP_DOE_REMOVE_PENDING, 0); /* no new handles from here on */
    Status = PnpSend(Node->Pdo, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL);
    if (NT_SUCCESS(Status)) {
        Node->StateBefore = Node->State;
        Node->State = DeviceNodeQueryRemoved;
    } else {
        PnpLog(Node, "IRP_MN_QUERY_REMOVE_DEVICE was refused", Status);
        PnpNoteVeto(PNP_VetoDevice, &Node->InstancePath);
    }
    return Status;
}

static NTSTATUS PnpAskWatchers(PNP_REMOVAL *Removal)
{
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG i;

    for (i = 0; i < Removal->Count && NT_SUCCESS(Status); i++)
        if (PnpHasDrivers(Removal->Node[i])) {
            Status = PnpAskPrograms(Removal->Node[i]->Pdo) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
            if (NT_SUCCESS(Status))
                Status = PnpNotifyTarget(Removal->Node[i]->Pdo, &PnpGuidQueryRemove);
            if (!NT_SUCCESS(Status))
                PnpLog(Removal->Node[i], "a watcher refused the removal", Status);
        }
    return Status;
}

/* Parents before children: the other way round. */
static VOID PnpCancelRemoval(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = Removal->Count; i-- != 0;) {
        PNP_NODE *Node = Removal->Node[i];

        if (Node->Flags & PNP_NODE_QUERIED) {
            Node->Flags &= ~PNP_NODE_QUERIED;
            PnpMarkStack(Node, 0, IOP_DOE_REMOVE_PENDING);
            PnpSend(Node->Pdo, IRP_MN_CANCEL_REMOVE_DEVICE, NULL, NULL);
            if (Node->State == DeviceNodeQueryRemoved)
                Node->State = Node->StateBefore;
        }
        if (PnpHasDrivers(Node))
            PnpNotifyTarget(Node->Pdo, &PnpGuidRemoveCancelled);
    }
}

static VOID PnpTellPending(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++)
        PnpTellProgramsOfTarget(Removal->Node[i]->Pdo, PNP_EVENT_REMOVE_PENDING);
}

/* Watchers, then drivers, then open handles. [doc: Handling an IRP_MN_QUERY_REMOVE_DEVICE Request] */
static BOOLEAN PnpAskRemoval(PNP_REMOVAL *Removal)
{
    NTSTATUS Status = PnpAskWatchers(Removal);
    ULONG i;

    for (i = 0; i < Removal->Count && NT_SUCCESS(Status); i++)
        if (PnpHasDrivers(Removal->Node[i]))
            Status = PnpAskNode(Removal->Node[i]);
    if (NT_SUCCESS(Status) && !PnpAnyOpenHandles(Removal)) {
        PnpTellPending(Removal);
        return TRUE;
    }
    PnpCancelRemoval(Removal);
    return FALSE;
}

/* ---- doing ---- */

/* Programs hear it once, at the earliest. */
static VOID PnpTellGone(PNP_NODE *Node)
{
    if (Node->Flags & PNP_NODE_GONE_TOLD)
        return;
    Node->Flags |= PNP_NODE_GONE_TOLD;
    PnpTellProgramsOfInstance(Node, PNP_EVENT_INSTANCE_REMOVED);
}

static VOID PnpSurpriseNode(PNP_NODE *Node)
{
    NTSTATUS Status;

    if (!PnpHasDrivers(Node) || (Node->Flags & PNP_NODE_SURPRISED))
        return;
    Node->Flags |= PNP_NODE_SURPRISED;
    PnpMarkStack(Node, IOP_DOE_REMOVE_PENDING, 0);
    Status = PnpSend(Node->Pdo, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
    if (!NT_SUCCESS(Status))
        PnpLog(Node, "IRP_MN_SURPRISE_REMOVAL must not fail", Status);
    PnpForgetInterfaces(Node);
    PnpNotifyTarget(Node->Pdo, &PnpGuidRemoveComplete);
    if (Node->Flags & PNP_NODE_MISSING)
        PnpTellGone(Node);
}

static VOID PnpForgetState(PNP_NODE *Node)
{
    PNP_NODE *Above;

    if (Node->DeviceState & PNP_DEVICE_NOT_DISABLEABLE)
        for (Above = Node; Above != NULL; Above = Above->Parent)
            Above->DisableableDepends--;
    Node->DeviceState = 0;
}

/* IRP_MN_REMOVE_DEVICE and what must be true after it. */
static VOID PnpSendRemove(PNP_NODE *Node)
{
    BOOLEAN Tell = PnpHasDrivers(Node) && !(Node->Flags & PNP_NODE_SURPRISED);
    NTSTATUS Status;

    PnpForgetInterfaces(Node);
    PnpMarkStack(Node, IOP_DOE_REMOVE_PROCESSED, 0);
    Status = PnpSend(Node->Pdo, IRP_MN_REMOVE_DEVICE, NULL, NULL);
    if (!NT_SUCCESS(Status) && Tell)
        PnpLog(Node, "IRP_MN_REMOVE_DEVICE must not fail", Status);
    Node->State = DeviceNodeRemoved;
    if (Tell)
        PnpNotifyTarget(Node->Pdo, &PnpGuidRemoveComplete);
    if (Node->Pdo->AttachedDevice != NULL)
        PnpLog(Node, "still has a device attached after IRP_MN_REMOVE_DEVICE", STATUS_DEVICE_BUSY);
    PnpForgetState(Node);
    PnpForgetPowerRelations(Node);
    PnpReleaseResources(Node);
    PnpReleaseDrivers(Node);
}

/* A name is free: a device that waits for it (code 42) has another try when its bus is enumerated. */
static VOID PnpWakeDuplicates(VOID)
{
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot))
        if (Node->Problem == CM_PROB_DUPLICATE_DEVICE && Node->State == DeviceNodeUninitialized)
            PnpQueueAction(Node->Parent, PNP_ACTION_ENUMERATE);
}

static VOID PnpTakeOut(PNP_NODE *Node)
{
    BOOLEAN IsRoot = (Node->Flags & PNP_NODE_ROOT_ENUMERATED) != 0;
    PDEVICE_OBJECT Pdo = Node->Pdo;

    PnpTellGone(Node);
    Node->State = DeviceNodeDeleted;
    PnpDeleteNode(Node);
    if (IsRoot)
        PnpDeleteRootDevice(Pdo);
    PnpWakeDuplicates();
}

/* The drivers are gone; the device is still there. */
static VOID PnpKeepNode(PNP_NODE *Node, ULONG Problem)
{
    PnpMarkStack(Node, 0, IOP_DOE_REMOVE_PENDING | IOP_DOE_REMOVE_PROCESSED);
    PnpFree(&Node->Service);
    Node->Flags &= ~(PNP_NODE_QUERIED | PNP_NODE_SURPRISED | PNP_NODE_COLLECTED | PNP_NODE_RAW);
    Node->State = Node->InstancePath.Length != 0 && Node->HardwareIds.Buffer != NULL ? DeviceNodeInitialized
                                                                                     : DeviceNodeUninitialized;
    PnpSetProblem(Node, Problem, Node->Problem == Problem ? Node->ProblemStatus : STATUS_SUCCESS);
}

/* What is below a removed device goes with it, and so does a device that is missing. */
static VOID PnpFinishRemoval(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++) {
        PNP_NODE *Node = Removal->Node[i];

        PnpSendRemove(Node);
        Removal->Node[i] = NULL;
        if ((Node->Flags & PNP_NODE_MISSING) || (Node->Parent->Flags & PNP_NODE_COLLECTED))
            PnpTakeOut(Node);
        else
            PnpKeepNode(Node, Removal->Problem);
    }
}

/* ---- removals that wait for handles ---- */

static BOOLEAN PnpMustWait(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++)
        if (PnpHasOpenHandles(Removal->Node[i]))
            return TRUE;
    return FALSE;
}

static VOID PnpWaitForHandles(const PNP_REMOVAL *Removal)
{
    PNP_REMOVAL *Pending = PnpAllocateForSure(sizeof(*Pending));
    ULONG i;

    *Pending = *Removal;
    for (i = 0; i < Pending->Count; i++) {
        PnpMarkStack(Pending->Node[i], IOP_DOE_REMOVE_PENDING, 0);
        Pending->Node[i]->State = DeviceNodeRemovePendingCloses;
        PnpSetProblem(Pending->Node[i], CM_PROB_DEVICE_NOT_THERE, STATUS_SUCCESS);
    }
    InsertTailList(&PnpPending, &Pending->Entry);
}

VOID PnpRetryPendingRemovals(VOID)
{
    PLIST_ENTRY Entry = PnpPending.Flink;

    while (Entry != &PnpPending) {
        PNP_REMOVAL *Removal = CONTAINING_RECORD(Entry, PNP_REMOVAL, Entry);

        Entry = Entry->Flink;
        if (PnpMustWait(Removal))
            continue;
        RemoveEntryList(&Removal->Entry);
        PnpFinishRemoval(Removal);
        PnpFreeRemoval(Removal);
        ExFreePoolWithTag(Removal, PNP_TAG);
        Entry = PnpPending.Flink; /* drivers have run: the list may be another one */
    }
}

/* ---- entry points ---- */

static NTSTATUS PnpSurpriseRemoval(PNP_REMOVAL *Removal)
{
    ULONG i;

    for (i = 0; i < Removal->Count; i++)
        PnpSurpriseNode(Removal->Node[i]);
    if (PnpMustWait(Removal)) {
        PnpWaitForHandles(Removal);
        return STATUS_PENDING;
    }
    PnpFinishRemoval(Removal);
    PnpFreeRemoval(Removal);
    return STATUS_SUCCESS;
}

NTSTATUS PnpRemoveNode(PNP_NODE *Node, PNP_REMOVE_KIND Kind, ULONG Problem)
{
    PNP_REMOVAL Removal;

    if (Node->State == DeviceNodeRemovePendingCloses)
        return STATUS_PENDING;
    PnpCollect(&Removal, Node, FALSE);
    Removal.Problem = Problem;
    if (Kind == PnpRemoveSurprise)
        return PnpSurpriseRemoval(&Removal);
    if (Kind != PnpRemoveFailed && !PnpAskRemoval(&Removal)) {
        if (Kind == PnpRemoveForced) {
            PnpLog(Node, "the device is removed by surprise", STATUS_UNSUCCESSFUL);
            return PnpSurpriseRemoval(&Removal);
        }
        PnpFreeRemoval(&Removal);
        return STATUS_UNSUCCESSFUL;
    }
    PnpFinishRemoval(&Removal);
    PnpFreeRemoval(&Removal);
    return STATUS_SUCCESS;
}

/* ---- ejection ---- */

static VOID PnpUnlockDevice(PNP_NODE *Node)
{
    IO_STACK_LOCATION Parameters;

    if (!Node->Capabilities.LockSupported)
        return;
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.SetLock.Lock = FALSE;
    PnpSend(Node->Pdo, IRP_MN_SET_LOCK, &Parameters, NULL);
}

/* The bus driver lets go of the device; it is expected to be gone then. */
static VOID PnpSendEject(PNP_NODE *Node)
{
    NTSTATUS Status;

    PnpUnlockDevice(Node);
    Status = PnpSend(Node->Pdo, IRP_MN_EJECT, NULL, NULL);
    if (!NT_SUCCESS(Status)) {
        PnpLog(Node, "IRP_MN_EJECT failed: the device is started again", Status);
        PnpStartNode(Node);
    } else if (Node->Parent != PnpRoot) {
        PnpQueueAction(Node->Parent, PNP_ACTION_ENUMERATE);
    }
}

NTSTATUS PnpEjectNode(PNP_NODE *Node)
{
    PNP_REMOVAL Removal;

    if (Node->State == DeviceNodeRemovePendingCloses || (Node->Flags & PNP_NODE_MISSING))
        return STATUS_NO_SUCH_DEVICE;
    if (!Node->Capabilities.EjectSupported && !Node->Capabilities.Removable) {
        PnpLog(Node, "ejection was asked for, but the device is neither ejectable nor removable",
               STATUS_NOT_SUPPORTED);
        PnpNoteVeto(PNP_VetoIllegalDeviceRequest, &Node->InstancePath);
        return STATUS_PLUGPLAY_QUERY_VETOED;
    }
    PnpCollect(&Removal, Node, TRUE);
    Removal.Problem = CM_PROB_HELD_FOR_EJECT;
    if (!PnpAskRemoval(&Removal)) {
        PnpFreeRemoval(&Removal);
        return STATUS_PLUGPLAY_QUERY_VETOED;
    }
    PnpFinishRemoval(&Removal);
    PnpFreeRemoval(&Removal);
    if (Node->Capabilities.EjectSupported)
        PnpSendEject(Node);
    return STATUS_SUCCESS;
}
