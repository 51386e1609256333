/*
 * The device tree: a node for each device, below the node of its bus. One lock guards the tree and
 * serialises what is done to devices, as the one thread of NT's PnP manager does. Left out: devices
 * that a machine remembers while they are not there (phantoms); their keys under Enum stay.
 */
#include "pnpp.h"

PNP_NODE *PnpRoot;

static struct {
    PKTHREAD Owner; /* NULL: free */
    ULONG Depth;
    KEVENT Free;
    BOOLEAN Lent;  /* the owner waits for a program: others may read */
    ULONG Readers; /* that came while it was lent */
    KEVENT Returned;
} PnpTreeLock;

/* ---- the lock ---- */

VOID PnpInitTree(VOID)
{
    KeInitializeEvent(&PnpTreeLock.Free, SynchronizationEvent, FALSE);
    KeInitializeEvent(&PnpTreeLock.Returned, SynchronizationEvent, FALSE);
}

VOID PnpLockTree(VOID)
{
    PKTHREAD Thread = KeGetCurrentThread();

    while (PnpTreeLock.Owner != NULL && PnpTreeLock.Owner != Thread)
        KeWaitForSingleObject(&PnpTreeLock.Free, Executive, KernelMode, FALSE, NULL);
    PnpTreeLock.Owner = Thread;
    PnpTreeLock.Depth++;
}

BOOLEAN PnpTryLockTree(ULONG Seconds, PKTHREAD *Owner)
{
    ULONG64 End = KeVirtualTime() + Seconds * 10000000ull;
    PKTHREAD Thread = KeGetCurrentThread();
    LARGE_INTEGER Wait;

    while (PnpTreeLock.Owner != NULL && PnpTreeLock.Owner != Thread) {
        *Owner = PnpTreeLock.Owner;
        if (KeVirtualTime() >= End)
            return FALSE;
        Wait.QuadPart = -(LONGLONG)(End - KeVirtualTime());
        KeWaitForSingleObject(&PnpTreeLock.Free, Executive, KernelMode, FALSE, &Wait);
    }
    PnpTreeLock.Owner = Thread;
    PnpTreeLock.Depth++;
    return TRUE;
}

VOID PnpUnlockTree(VOID)
{
    DD_ASSERT(PnpTreeLock.Owner == KeGetCurrentThread());
    if (--PnpTreeLock.Depth != 0)
        return;
    PnpTreeLock.Owner = NULL;
    KeSetEvent(&PnpTreeLock.Free, IO_NO_INCREMENT, FALSE);
}

VOID PnpLendTree(VOID)
{
    DD_ASSERT(PnpTreeLock.Owner == KeGetCurrentThread());
    PnpTreeLock.Lent = TRUE;
}

VOID PnpReclaimTree(VOID)
{
    PnpTreeLock.Lent = FALSE;
    while (PnpTreeLock.Readers != 0)
        KeWaitForSingleObject(&PnpTreeLock.Returned, Executive, KernelMode, FALSE, NULL);
}

BOOLEAN PnpLockTreeToRead(VOID)
{
    if (PnpTreeLock.Lent) {
        PnpTreeLock.Readers++;
        return TRUE;
    }
    PnpLockTree();
    return FALSE;
}

VOID PnpUnlockTreeToRead(BOOLEAN Lent)
{
    if (!Lent)
        PnpUnlockTree();
    else if (--PnpTreeLock.Readers == 0)
        KeSetEvent(&PnpTreeLock.Returned, IO_NO_INCREMENT, FALSE);
}

/* ---- nodes ---- */

PNP_NODE *PnpNodeOf(PDEVICE_OBJECT Pdo)
{
    return Pdo != NULL && Pdo->Type == IO_TYPE_DEVICE ? IopDeviceExt(Pdo)->DeviceNode : NULL;
}

PNP_NODE *PnpRequireNode(PDEVICE_OBJECT Pdo, const char *Routine)
{
    PNP_NODE *Node = PnpNodeOf(Pdo);

    if (Node == NULL) {
        KeSetBugCheckText("%s(%p): not the physical device object of a device that was enumerated",
                          Routine, Pdo);
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 2, (ULONG_PTR)Pdo,
                     Pdo != NULL && Pdo->Type == IO_TYPE_DEVICE ? (ULONG_PTR)Pdo->DriverObject : 0,
                     0);
    }
    return Node;
}

static VOID PnpLinkNode(PNP_NODE *Parent, PNP_NODE *Node)
{
    PNP_NODE **Link = &Parent->Child;

    while (*Link != NULL)
        Link = &(*Link)->Sibling;
    *Link = Node;
    Node->Parent = Parent;
}

static VOID PnpUnlinkNode(PNP_NODE *Node)
{
    PNP_NODE **Link = &Node->Parent->Child;

    while (*Link != Node)
        Link = &(*Link)->Sibling;
    *Link = Node->Sibling;
    Node->Parent = Node->Sibling = NULL;
}

PNP_NODE *PnpMakeNode(PNP_NODE *Parent, PDEVICE_OBJECT Pdo)
{
    PNP_NODE *Node = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Node), PNP_TAG);

    if (Node == NULL)
        return NULL;
    RtlZeroMemory(Node, sizeof(*Node));
    Node->Pdo = Pdo;
    Node->State = Node->StateBefore = DeviceNodeUninitialized;
    if (Parent != NULL)
        PnpLinkNode(Parent, Node);
    IopDeviceExt(Pdo)->DeviceNode = Node;
    IopDeviceExt(Pdo)->ExtensionFlags &=
        ~(IOP_DOE_REMOVE_PENDING | IOP_DOE_REMOVE_PROCESSED); /* it may be back */
    Pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
    return Node;
}

static VOID PnpFreeNode(PNP_NODE *Node)
{
    PUNICODE_STRING Strings[] = {&Node->InstancePath, &Node->DeviceId,    &Node->InstanceId,
                                 &Node->Service,      &Node->HardwareIds, &Node->CompatibleIds,
                                 &Node->Description,  &Node->Location,    &Node->ContainerId};
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Strings); i++)
        PnpFree(Strings[i]);
    PnpReleaseResources(Node);
    if (Node->BootResources != NULL)
        ExFreePool(Node->BootResources);
    if (Node->Requirements != NULL)
        ExFreePool(Node->Requirements);
    ExFreePoolWithTag(Node, PNP_TAG);
}

VOID PnpDeleteNode(PNP_NODE *Node)
{
    PDEVICE_OBJECT Pdo = Node->Pdo;

    DD_ASSERT(Node->Child == NULL);
    DD_ASSERT(Node->DriverCount == 0);
    PnpForgetActions(Node);
    PnpUnlinkNode(Node);
    IopDeviceExt(Pdo)->DeviceNode = NULL;
    PnpFreeNode(Node);
    ObDereferenceObject(Pdo);
}

/* ---- walking ---- */

PNP_NODE *PnpNextDown(PNP_NODE *Node, PNP_NODE *Top)
{
    if (Node->Child != NULL)
        return Node->Child;
    while (Node != Top && Node->Sibling == NULL)
        Node = Node->Parent;
    return Node == Top ? NULL : Node->Sibling;
}

PNP_NODE *PnpFirstUp(PNP_NODE *Top)
{
    while (Top->Child != NULL)
        Top = Top->Child;
    return Top;
}

PNP_NODE *PnpNextUp(PNP_NODE *Node, PNP_NODE *Top)
{
    if (Node == Top)
        return NULL;
    return Node->Sibling != NULL ? PnpFirstUp(Node->Sibling) : Node->Parent;
}

PNP_NODE *PnpFindNode(PCUNICODE_STRING InstancePath)
{
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot))
        if (Node->InstancePath.Length != 0 &&
            RtlEqualUnicodeString(&Node->InstancePath, InstancePath, TRUE))
            return Node;
    return NULL;
}

ULONG PnpDepth(const PNP_NODE *Node)
{
    ULONG Depth = 0;

    for (; Node->Parent != NULL; Node = Node->Parent)
        Depth++;
    return Depth;
}

/* ---- what is known of a device ---- */

VOID PnpSetProblem(PNP_NODE *Node, ULONG Problem, NTSTATUS Status)
{
    Node->Problem = Problem;
    Node->ProblemStatus = Problem != 0 ? Status : STATUS_SUCCESS;
}

VOID PnpLog(PNP_NODE *Node, const char *What, NTSTATUS Status)
{
    char Line[300];

    _snprintf(Line, sizeof(Line) - 1, "%wZ: %s (status %#x)\n", &Node->InstancePath, What, Status);
    Line[sizeof(Line) - 1] = 0;
    HAL->write(HAL_STREAM_LOG, (ULONG64)Line, strlen(Line), KeVirtualTime());
}

static const char *PnpStateText(PNP_STATE State)
{
    switch (State) {
    case DeviceNodeUninitialized: return "uninitialized";
    case DeviceNodeInitialized: return "initialized";
    case DeviceNodeDriversAdded: return "drivers added";
    case DeviceNodeResourcesAssigned: return "resources assigned";
    case DeviceNodeStarted: return "started";
    case DeviceNodeQueryStopped: return "query stopped";
    case DeviceNodeStopped: return "stopped";
    case DeviceNodeQueryRemoved: return "query removed";
    case DeviceNodeRemovePendingCloses: return "remove pending closes";
    case DeviceNodeRemoved: return "removed";
    case DeviceNodeDeleted: return "deleted";
    }
    return "?";
}

/* Its driver's service, of a device that fails the one that it should have; to be freed. */
static UNICODE_STRING PnpServiceToShow(PNP_NODE *Node)
{
    static const UNICODE_STRING None = RTL_CONSTANT_STRING(L"");
    UNICODE_STRING Service = { 0, 0, NULL };

    if (Node->Service.Buffer != NULL)
        Service = PnpCopy(&Node->Service);
    else if (Node->Problem != 0 && Node->Problem != CM_PROB_FAILED_INSTALL &&
             Node->State == DeviceNodeInitialized)
        Service = PnpQueryEnumString(Node, L"Service");
    return Service.Buffer != NULL ? Service : PnpCopy(&None);
}

VOID PnpVisitDevices(VOID (*Visit)(PVOID Context, const PNP_DEVICE_RECORD *Record), PVOID Context)
{
    PNP_DEVICE_RECORD Record;
    UNICODE_STRING Service;
    PNP_NODE *Node;

    PnpLockTree();
    for (Node = PnpNextDown(PnpRoot, PnpRoot); Node != NULL; Node = PnpNextDown(Node, PnpRoot)) {
        Record.Depth = PnpDepth(Node) - 1;
        Record.InstancePath = &Node->InstancePath;
        Service = PnpServiceToShow(Node);
        Record.Service = &Service;
        Record.State = PnpStateText(Node->State);
        Record.Problem = Node->Problem;
        Record.ProblemStatus = Node->ProblemStatus;
        Visit(Context, &Record);
        PnpFree(&Service);
    }
    PnpUnlockTree();
}
