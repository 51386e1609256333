/*
 * Enumeration of a bus: what IRP_MN_QUERY_DEVICE_RELATIONS reports against what the tree has. New
 * devices are identified and started, missing ones removed by surprise. [doc:
 * IRP_MN_QUERY_DEVICE_RELATIONS]
 */
#include "pnpp.h"

/* ---- what bus drivers get wrong ---- */

static VOID PnpCheckRelations(PNP_NODE *Bus, PDEVICE_RELATIONS Relations)
{
    ULONG i;

    for (i = 0; i < Relations->Count; i++) {
        PDEVICE_OBJECT Pdo = Relations->Objects[i];

        if (Pdo == NULL) {
            KeSetBugCheckText("%wZ: entry %lu of %lu of its bus relations is NULL",
                              &Bus->InstancePath, i, Relations->Count);
            KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 8, (ULONG_PTR)Bus->Pdo, Relations->Count, i);
        }
        if (IopDeviceExt(Pdo)->ExtensionFlags & IOP_DOE_DELETE_PENDING) {
            KeSetBugCheckText("%wZ reports device %p, which its driver %wZ has deleted",
                              &Bus->InstancePath, Pdo, &Pdo->DriverObject->DriverName);
            KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 4, (ULONG_PTR)Pdo, 0, 0);
        }
    }
}

/* ---- children ---- */

static VOID PnpForgetReports(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    for (Child = Bus->Child; Child != NULL; Child = Child->Sibling)
        Child->Flags &= ~PNP_NODE_REPORTED;
}

/* Marks the child of the PDO, or makes it. Consumes the reference that the driver took for us. */
static VOID PnpNoteChild(PNP_NODE *Bus, PDEVICE_OBJECT Pdo)
{
    PNP_NODE *Child = PnpNodeOf(Pdo);

    if (Child == NULL) {
        Child = PnpMakeNode(Bus, Pdo);
        if (Child == NULL) {
            PnpLog(Bus, "a new device is left out: there is no memory for it",
                   STATUS_INSUFFICIENT_RESOURCES);
            ObDereferenceObject(Pdo);
            return;
        }
    } else {
        ObDereferenceObject(Pdo);
    }
    if (!(Child->Flags &
          PNP_NODE_MISSING)) /* a device that was missing once comes back as a new one */
        Child->Flags |= PNP_NODE_REPORTED;
}

static PNP_NODE *PnpFirstMissing(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    for (Child = Bus->Child; Child != NULL; Child = Child->Sibling)
        if (!(Child->Flags & (PNP_NODE_REPORTED | PNP_NODE_MISSING)))
            return Child;
    return NULL;
}

static VOID PnpRemoveMissing(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    while ((Child = PnpFirstMissing(Bus)) != NULL) {
        Child->Flags |= PNP_NODE_MISSING;
        PnpRemoveNode(Child, PnpRemoveSurprise, CM_PROB_DEVICE_NOT_THERE);
    }
}

static PNP_NODE *PnpFirstNew(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    for (Child = Bus->Child; Child != NULL; Child = Child->Sibling)
        if (Child->State == DeviceNodeUninitialized && Child->Problem == 0)
            return Child;
    return NULL;
}

static VOID PnpStartNew(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    while ((Child = PnpFirstNew(Bus)) != NULL)
        if (NT_SUCCESS(PnpInitializeNode(Child)))
            PnpStartNode(Child);
}

/* It is asked again who it is. */
static VOID PnpForgetIdentity(PNP_NODE *Node)
{
    PUNICODE_STRING Strings[] = {&Node->InstancePath, &Node->DeviceId,      &Node->InstanceId,
                                 &Node->HardwareIds,  &Node->CompatibleIds, &Node->Description,
                                 &Node->Location,     &Node->ContainerId};
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Strings); i++)
        PnpFree(Strings[i]);
    if (Node->BootResources != NULL)
        ExFreePool(Node->BootResources);
    if (Node->Requirements != NULL)
        ExFreePool(Node->Requirements);
    Node->BootResources = NULL;
    Node->Requirements = NULL;
    Node->State = DeviceNodeUninitialized;
    PnpSetProblem(Node, 0, STATUS_SUCCESS);
}

/* A device whose name was taken (code 42) has another try when the old one may have gone. */
static VOID PnpRetryDuplicates(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    for (Child = Bus->Child; Child != NULL; Child = Child->Sibling)
        if (Child->State == DeviceNodeUninitialized && Child->Problem == CM_PROB_DUPLICATE_DEVICE)
            PnpForgetIdentity(Child);
}

/* A device that was removed in good order, or uninstalled, is a new one to the next enumeration,
 * unless that was not wanted. */
static VOID PnpReviveRemoved(PNP_NODE *Bus)
{
    PNP_NODE *Child;

    for (Child = Bus->Child; Child != NULL; Child = Child->Sibling)
        if (Child->State == DeviceNodeInitialized && Child->Problem == CM_PROB_WILL_BE_REMOVED
            && !(Child->Flags & PNP_NODE_NO_RESTART))
            PnpForgetIdentity(Child);
}

VOID PnpReviveRootDevices(VOID)
{
    PnpReviveRemoved(PnpRoot);
    PnpStartNew(PnpRoot);
}

VOID PnpEnumerateNode(PNP_NODE *Bus)
{
    PDEVICE_RELATIONS Relations;
    ULONG i;

    if (Bus->State != DeviceNodeStarted || Bus == PnpRoot)
        return;
    if (!NT_SUCCESS(PnpQueryRelations(Bus, BusRelations, &Relations)))
        return; /* no bus, or one that cannot say: what is known stays */
    PnpForgetReports(Bus);
    if (Relations != NULL) {
        PnpCheckRelations(Bus, Relations);
        for (i = 0; i < Relations->Count; i++)
            PnpNoteChild(Bus, Relations->Objects[i]);
        ExFreePool(Relations);
    }
    PnpRemoveMissing(Bus);
    PnpRetryDuplicates(Bus);
    PnpReviveRemoved(Bus);
    PnpStartNew(Bus);
}

/* ---- power relations: kept for the power manager ---- */

static VOID PnpDropRelations(PDEVICE_RELATIONS Relations)
{
    ULONG i;

    for (i = 0; i < Relations->Count; i++)
        ObDereferenceObject(Relations->Objects[i]);
    ExFreePool(Relations);
}

VOID PnpForgetPowerRelations(PNP_NODE *Node)
{
    if (Node->PowerRelations != NULL)
        PnpDropRelations(Node->PowerRelations);
    Node->PowerRelations = NULL;
}

VOID PnpAskPowerRelations(PNP_NODE *Node)
{
    PDEVICE_RELATIONS Relations;

    if (Node->State != DeviceNodeStarted ||
        !NT_SUCCESS(PnpQueryRelations(Node, PowerRelations, &Relations)))
        return;
    PnpForgetPowerRelations(Node);
    Node->PowerRelations = Relations;
}
