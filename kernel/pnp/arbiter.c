/*
 * Hardware resources: requirements of a device, arbitration against what other devices hold, rebalancing. The list of
 * what is taken is the tree itself: a device's assigned resources, and the boot configuration of one that has none
 * yet. What lies above a device (its buses' windows) and below it is no conflict. [doc: Hardware Resources, Stopping a
 * Device to Rebalance Resources] Left out: arbiters and translators of bus drivers (GUID_ARBITER_INTERFACE_STANDARD).
 */
#include "pnpp.h"

#include "resource.h"

typedef struct _PNP_ARBITRATION {
    PNP_NODE *Node;
    PIO_RESOURCE_LIST List;
    CM_PARTIAL_RESOURCE_DESCRIPTOR *Chosen; /* one a requirement, at most */
    ULONG Count;
    const VOID *Claimant; /* whose claims do not count (claim.c) */
} PNP_ARBITRATION;

/* ---- conflicts ---- */

static BOOLEAN PnpIsRelative(const PNP_NODE *Node, const PNP_NODE *Other)
{
    const PNP_NODE *Above;

    for (Above = Node; Above != NULL; Above = Above->Parent)
        if (Above == Other)
            return TRUE;
    for (Above = Other; Above != NULL; Above = Above->Parent)
        if (Above == Node)
            return TRUE;
    return FALSE;
}

/* TRUE: Wanted cannot be had beside Held; *Next is behind Held. */
static BOOLEAN PnpClashes(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Held,
                          ULONG64 *Next)
{
    PNP_RANGE A, B;

    if (!PnpRangeOf(Wanted, &A) || !PnpRangeOf(Held, &B) || A.Space != B.Space)
        return FALSE;
    if (A.First > B.Last || B.First > A.Last)
        return FALSE;
    if (Wanted->ShareDisposition == CmResourceShareShared && Held->ShareDisposition == CmResourceShareShared
        && (A.Space != CmResourceTypeInterrupt || Wanted->Flags == Held->Flags))
        return FALSE;
    *Next = B.Last + 1;
    return TRUE;
}

BOOLEAN PnpListClashes(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, PCM_RESOURCE_LIST List, ULONG64 *Next)
{
    PCM_PARTIAL_RESOURCE_DESCRIPTOR Held = NULL;

    while (List != NULL && (Held = PnpNextDescriptor(List, Held)) != NULL)
        if (PnpClashes(Wanted, Held, Next))
            return TRUE;
    return FALSE;
}

/* RAM is no device's memory. */
static BOOLEAN PnpClashesWithRam(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, ULONG64 *Next)
{
    PNP_RANGE Range;

    if (!PnpRangeOf(Wanted, &Range) || Range.Space != CmResourceTypeMemory
        || Range.First >= KiLoaderBlock->ram_pages << PAGE_SHIFT)
        return FALSE;
    *Next = KiLoaderBlock->ram_pages << PAGE_SHIFT;
    return TRUE;
}

static BOOLEAN PnpIsTaken(PNP_ARBITRATION *Arbitration, const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, ULONG64 *Next)
{
    PNP_NODE *Node;
    ULONG i;

    if (PnpClashesWithRam(Wanted, Next) || PnpIsClaimed(Wanted, Arbitration->Claimant, Next))
        return TRUE;
    for (i = 0; i < Arbitration->Count; i++)
        if (PnpClashes(Wanted, &Arbitration->Chosen[i], Next))
            return TRUE;
    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot)) {
        PCM_RESOURCE_LIST Held = Node->Resources != NULL ? Node->Resources : Node->BootResources;

        if (!(Node->Flags & PNP_NODE_RESOURCES_ASIDE) && !PnpIsRelative(Arbitration->Node, Node)
            && PnpListClashes(Wanted, Held, Next))
            return TRUE;
    }
    return FALSE;
}

BOOLEAN PnpIsTakenByOthers(const CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted, const VOID *Claimant)
{
    PNP_ARBITRATION Nobody = { .Claimant = Claimant };
    ULONG64 Next;

    return PnpIsTaken(&Nobody, Wanted, &Next);
}

/* ---- one requirement ---- */

/* Moves Wanted up from where it is until it is free. FALSE: nothing is left below the requirement's maximum. */
static BOOLEAN PnpFindFree(PNP_ARBITRATION *Arbitration, const IO_RESOURCE_DESCRIPTOR *Requirement,
                           CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted)
{
    ULONG64 Next = 0;

    while (PnpIsTaken(Arbitration, Wanted, &Next))
        if (!PnpPlaceAt(Requirement, Next, Wanted))
            return FALSE;
    return TRUE;
}

/* An exclusive place first for what may be shared: fewer interrupt routines on a line. */
static BOOLEAN PnpFindUnshared(PNP_ARBITRATION *Arbitration, const IO_RESOURCE_DESCRIPTOR *Requirement,
                               CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted)
{
    Wanted->ShareDisposition = CmResourceShareDeviceExclusive;
    if (!PnpPlaceAt(Requirement, 0, Wanted) || !PnpFindFree(Arbitration, Requirement, Wanted))
        return FALSE;
    Wanted->ShareDisposition = Requirement->ShareDisposition;
    return TRUE;
}

static BOOLEAN PnpBootChoice(PNP_ARBITRATION *Arbitration, const IO_RESOURCE_DESCRIPTOR *Requirement,
                             CM_PARTIAL_RESOURCE_DESCRIPTOR *Wanted)
{
    PCM_RESOURCE_LIST Boot = Arbitration->Node->BootResources;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR At = NULL;
    ULONG64 Next;
    PNP_RANGE Range;

    while (Boot != NULL && (At = PnpNextDescriptor(Boot, At)) != NULL)
        if (PnpRangeOf(At, &Range) && Range.Space == PnpSpaceOf(Requirement->Type)
            && PnpPlaceAt(Requirement, Range.First, Wanted) && PnpStartOf(Wanted) == Range.First
            && !PnpIsTaken(Arbitration, Wanted, &Next))
            return TRUE;
    return FALSE;
}

static BOOLEAN PnpChoose(PNP_ARBITRATION *Arbitration, const IO_RESOURCE_DESCRIPTOR *Requirement)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR Wanted;
    BOOLEAN Found;

    if (PnpSpaceOf(Requirement->Type) == CmResourceTypeNull) { /* not arbitrated: goes along as it is */
        PnpCopyPrivate(Requirement, &Arbitration->Chosen[Arbitration->Count++]);
        return TRUE;
    }
    PnpPrepare(Requirement, &Wanted);
    Found = PnpBootChoice(Arbitration, Requirement, &Wanted);
    if (!Found && Requirement->Type == CmResourceTypeInterrupt)
        Found = PnpFindUnshared(Arbitration, Requirement, &Wanted);
    Wanted.ShareDisposition = Requirement->ShareDisposition;
    if (!Found)
        Found = PnpPlaceAt(Requirement, 0, &Wanted) && PnpFindFree(Arbitration, Requirement, &Wanted);
    if (Found)
        Arbitration->Chosen[Arbitration->Count++] = Wanted;
    return Found;
}

/* ---- all requirements of a list ---- */

/* From requirement Index on; those marked as alternatives stand for the one before them. */
static BOOLEAN PnpChooseFrom(PNP_ARBITRATION *Arbitration, ULONG Index)
{
    ULONG Limit = Arbitration->List->Count, Count = Arbitration->Count, End, i;

    while (Index < Limit && PnpIsNoRequirement(&Arbitration->List->Descriptors[Index]))
        Index++;
    if (Index >= Limit)
        return TRUE;
    for (End = Index + 1; End < Limit; End++)
        if (!(Arbitration->List->Descriptors[End].Option & IO_RESOURCE_ALTERNATIVE))
            break;
    for (i = Index; i < End; i++) {
        Arbitration->Count = Count;
        if (PnpChoose(Arbitration, &Arbitration->List->Descriptors[i]) && PnpChooseFrom(Arbitration, End))
            return TRUE;
    }
    Arbitration->Count = Count;
    return FALSE;
}

/* The first alternative list that can be had. */
static NTSTATUS PnpArbitrate(PNP_NODE *Node, PIO_RESOURCE_REQUIREMENTS_LIST Requirements)
{
    PNP_ARBITRATION Arbitration = { .Node = Node, .List = Requirements->List };
    NTSTATUS Status = STATUS_CONFLICTING_ADDRESSES;
    ULONG i;

    for (i = 0; i < Requirements->AlternativeLists && Status == STATUS_CONFLICTING_ADDRESSES; i++) {
        Arbitration.Count = 0;
        Arbitration.Chosen = ExAllocatePoolWithTag(
            PagedPool, (Arbitration.List->Count + 1) * sizeof(*Arbitration.Chosen), PNP_TAG);
        if (Arbitration.Chosen == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        if (PnpChooseFrom(&Arbitration, 0))
            Status = PnpMakeLists(Node, Requirements, Arbitration.Chosen, Arbitration.Count);
        ExFreePoolWithTag(Arbitration.Chosen, PNP_TAG);
        Arbitration.List = (PIO_RESOURCE_LIST)&Arbitration.List->Descriptors[Arbitration.List->Count];
    }
    return Status;
}

/* ---- requirements ---- */

/* What the stack makes of the requirements; to be freed. *List NULL: the device needs nothing. */
static NTSTATUS PnpFilterRequirements(PNP_NODE *Node, PIO_RESOURCE_REQUIREMENTS_LIST *List)
{
    IO_STACK_LOCATION Parameters;
    ULONG_PTR Information;
    NTSTATUS Status;

    *List = NULL;
    if (Node->Requirements != NULL || Node->BootResources != NULL) {
        *List = Node->Requirements != NULL ? PnpCopyRequirements(Node->Requirements)
                                           : PnpBootRequirements(Node->BootResources);
        if (*List == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.FilterResourceRequirements.IoResourceRequirementList = *List;
    Information = (ULONG_PTR)*List;
    Status = PnpSend(Node->Pdo, IRP_MN_FILTER_RESOURCE_REQUIREMENTS, &Parameters, &Information);
    if (NT_SUCCESS(Status))
        *List = (PIO_RESOURCE_REQUIREMENTS_LIST)Information; /* who changed the list freed the old one */
    return STATUS_SUCCESS;
}

VOID PnpReleaseResources(PNP_NODE *Node)
{
    if (Node->Resources != NULL)
        ExFreePoolWithTag(Node->Resources, PNP_TAG);
    if (Node->Translated != NULL)
        ExFreePoolWithTag(Node->Translated, PNP_TAG);
    Node->Resources = Node->Translated = NULL;
}

static NTSTATUS PnpTryAssign(PNP_NODE *Node)
{
    PIO_RESOURCE_REQUIREMENTS_LIST List;
    NTSTATUS Status = PnpFilterRequirements(Node, &List);

    if (!NT_SUCCESS(Status) || List == NULL)
        return Status;
    Status = PnpArbitrate(Node, List);
    ExFreePool(List);
    return Status;
}

/* ---- rebalancing ---- */

static NTSTATUS PnpRestart(PNP_NODE *Node)
{
    IO_STACK_LOCATION Parameters;
    NTSTATUS Status;

    RtlZeroMemory(&Parameters, sizeof(Parameters));
    Parameters.Parameters.StartDevice.AllocatedResources = Node->Resources;
    Parameters.Parameters.StartDevice.AllocatedResourcesTranslated = Node->Translated;
    Status = PnpSend(Node->Pdo, IRP_MN_START_DEVICE, &Parameters, NULL);
    Node->State = DeviceNodeStarted; /* also one that failed: its removal tells the drivers */
    if (!NT_SUCCESS(Status)) {
        PnpLog(Node, "IRP_MN_START_DEVICE failed after rebalancing", Status);
        PnpRemoveNode(Node, PnpRemoveSurprise, CM_PROB_FAILED_START);
    }
    return Status;
}

/* A leaf that holds something of what the new device wants. */
static BOOLEAN PnpMayRebalance(PNP_NODE *Node, PNP_NODE *For)
{
    return Node->State == DeviceNodeStarted && Node->Child == NULL && Node->Resources != NULL
        && Node->Requirements != NULL && !PnpIsRelative(For, Node);
}

/* Asks each that may; what those hold who agree is set aside. Returns how many. */
static ULONG PnpQueryStops(PNP_NODE *For)
{
    ULONG Count = 0;
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot)) {
        if (!PnpMayRebalance(Node, For))
            continue;
        if (PnpSend(Node->Pdo, IRP_MN_QUERY_STOP_DEVICE, NULL, NULL) != STATUS_SUCCESS) {
            PnpSend(Node->Pdo, IRP_MN_CANCEL_STOP_DEVICE, NULL, NULL);
            continue;
        }
        Node->State = DeviceNodeQueryStopped;
        Node->Flags |= PNP_NODE_RESOURCES_ASIDE;
        Node->OldResources = Node->Resources;
        Node->OldTranslated = Node->Translated;
        Node->Resources = Node->Translated = NULL;
        Count++;
    }
    return Count;
}

static VOID PnpGiveBack(PNP_NODE *Node)
{
    PnpReleaseResources(Node);
    Node->Resources = Node->OldResources;
    Node->Translated = Node->OldTranslated;
}

static VOID PnpForgetOld(PNP_NODE *Node)
{
    ExFreePoolWithTag(Node->OldResources, PNP_TAG);
    ExFreePoolWithTag(Node->OldTranslated, PNP_TAG);
}

/* The new device first, then the others, each of which may choose anew. */
static NTSTATUS PnpAssignAll(PNP_NODE *For)
{
    NTSTATUS Status = PnpTryAssign(For);
    PNP_NODE *Node;

    for (Node = PnpRoot; NT_SUCCESS(Status) && Node != NULL; Node = PnpNextDown(Node, PnpRoot)) {
        if (Node->State != DeviceNodeQueryStopped)
            continue;
        Status = PnpTryAssign(Node);
        Node->Flags &= ~PNP_NODE_RESOURCES_ASIDE;
    }
    return Status;
}

static VOID PnpEndRebalance(BOOLEAN Succeeded)
{
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot)) {
        if (Node->State != DeviceNodeQueryStopped)
            continue;
        Node->Flags &= ~PNP_NODE_RESOURCES_ASIDE;
        if (Succeeded) {
            PnpForgetOld(Node);
            PnpSend(Node->Pdo, IRP_MN_STOP_DEVICE, NULL, NULL);
            Node->State = DeviceNodeStopped;
        } else {
            PnpGiveBack(Node);
            PnpSend(Node->Pdo, IRP_MN_CANCEL_STOP_DEVICE, NULL, NULL);
            Node->State = DeviceNodeStarted;
        }
    }
}

static PNP_NODE *PnpFirstStopped(VOID)
{
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot))
        if (Node->State == DeviceNodeStopped)
            return Node;
    return NULL;
}

static NTSTATUS PnpRebalance(PNP_NODE *For)
{
    NTSTATUS Status = STATUS_CONFLICTING_ADDRESSES;
    PNP_NODE *Node;

    if (PnpQueryStops(For) != 0)
        Status = PnpAssignAll(For);
    PnpEndRebalance(NT_SUCCESS(Status));
    if (!NT_SUCCESS(Status))
        PnpReleaseResources(For);
    while ((Node = PnpFirstStopped()) != NULL)
        PnpRestart(Node);
    return Status;
}

/* ---- entry points ---- */

NTSTATUS PnpAssignResources(PNP_NODE *Node)
{
    NTSTATUS Status = PnpTryAssign(Node);

    if (Status == STATUS_CONFLICTING_ADDRESSES)
        Status = PnpRebalance(Node);
    if (NT_SUCCESS(Status)) {
        Node->State = DeviceNodeResourcesAssigned;
        return Status;
    }
    if (Status == STATUS_CONFLICTING_ADDRESSES) {
        PnpSetProblem(Node, CM_PROB_NORMAL_CONFLICT, Status);
        PnpLog(Node, "its hardware resources conflict with those of other devices", Status);
    } else {
        PnpSetProblem(Node, Status == STATUS_PNP_IRQ_TRANSLATION_FAILED ? CM_PROB_IRQ_TRANSLATION_FAILED
                                                                        : CM_PROB_TRANSLATION_FAILED, Status);
        PnpLog(Node, "its hardware resources cannot be assigned", Status);
    }
    return Status;
}

NTSTATUS PnpClaimBootResources(PNP_NODE *Node)
{
    PIO_RESOURCE_REQUIREMENTS_LIST List;
    NTSTATUS Status;

    if (Node->BootResources == NULL)
        return STATUS_SUCCESS;
    List = PnpBootRequirements(Node->BootResources);
    if (List == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PnpArbitrate(Node, List);
    ExFreePoolWithTag(List, PNP_TAG);
    return Status;
}

static VOID PnpAskRequirements(PNP_NODE *Node)
{
    ULONG_PTR Information = 0;

    if (!NT_SUCCESS(PnpSend(Node->Pdo, IRP_MN_QUERY_RESOURCE_REQUIREMENTS, NULL, &Information)))
        return;
    if (Node->Requirements != NULL)
        ExFreePool(Node->Requirements);
    Node->Requirements = (PIO_RESOURCE_REQUIREMENTS_LIST)Information;
}

VOID PnpRestartForResources(PNP_NODE *Node, BOOLEAN MustStop)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (MustStop) {
        Status = PnpSend(Node->Pdo, IRP_MN_QUERY_STOP_DEVICE, NULL, NULL);
        if (Status != STATUS_SUCCESS) {
            PnpSend(Node->Pdo, IRP_MN_CANCEL_STOP_DEVICE, NULL, NULL);
            PnpLog(Node, "IRP_MN_QUERY_STOP_DEVICE was refused: it keeps its resources", Status);
            return;
        }
        PnpSend(Node->Pdo, IRP_MN_STOP_DEVICE, NULL, NULL);
        Node->State = DeviceNodeStopped;
    }
    PnpAskRequirements(Node);
    PnpReleaseResources(Node);
    Status = PnpTryAssign(Node);
    if (NT_SUCCESS(Status)) {
        PnpRestart(Node);
        return;
    }
    PnpLog(Node, "its changed resource requirements cannot be met", Status);
    Node->State = DeviceNodeStarted;
    PnpRemoveNode(Node, PnpRemoveSurprise, CM_PROB_NORMAL_CONFLICT);
}
