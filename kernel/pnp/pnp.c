/*
 * Plug and Play for the rest of the kernel: drivers that come and go, and start-up.
 * [doc: Adding a PnP Device to a Running System, Removing a Device]
 */
#include "pnpp.h"

NTSTATUS PnpInitSystem(VOID)
{
    PnpInitTree();
    return PnpInitRoot();
}

/* ---- a driver comes ---- */

static BOOLEAN PnpDrives(PNP_NODE *Node, PCUNICODE_STRING Service)
{
    UNICODE_STRING Found = PnpFindService(Node);
    BOOLEAN Same = Found.Buffer != NULL && RtlEqualUnicodeString(&Found, Service, TRUE);

    PnpFree(&Found);
    return Same;
}

static PNP_NODE *PnpFirstUndriven(PCUNICODE_STRING Service)
{
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot))
        if (Node->State == DeviceNodeInitialized && Node->Problem == CM_PROB_FAILED_INSTALL
            && PnpDrives(Node, Service))
            return Node;
    return NULL;
}

/* Gives the driver each device that waits for it. STATUS_NOT_FOUND: there is none. */
static NTSTATUS PnpBindDriver(PCUNICODE_STRING Service)
{
    NTSTATUS First = STATUS_NOT_FOUND, Status;
    BOOLEAN Started = FALSE;
    PNP_NODE *Node;

    while ((Node = PnpFirstUndriven(Service)) != NULL) {
        Status = PnpStartNode(Node);
        if (NT_SUCCESS(Status))
            Started = TRUE;
        else if (First == STATUS_NOT_FOUND)
            First = Status;
    }
    return Started ? STATUS_SUCCESS : First;
}

static BOOLEAN PnpIsRootId(PCUNICODE_STRING Id)
{
    static const UNICODE_STRING Root = RTL_CONSTANT_STRING(L"ROOT\\");

    return RtlPrefixUnicodeString(&Root, Id, TRUE);
}

static BOOLEAN PnpWantsRootDevice(PCUNICODE_STRING Ids)
{
    UNICODE_STRING One;
    PWCHAR At = NULL;

    if (Ids->Length == 0)
        return TRUE;
    while (PnpNextString(Ids, &At, &One))
        if (PnpIsRootId(&One))
            return TRUE;
    return FALSE;
}

static NTSTATUS PnpAddRootDevice(PCUNICODE_STRING Service, PCUNICODE_STRING HardwareIds)
{
    PNP_NODE *Node;
    PDEVICE_OBJECT Pdo;
    NTSTATUS Status = PnpCreateRootDevice(Service, Service, HardwareIds, &Node);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PnpStartNode(Node);
    if (NT_SUCCESS(Status))
        return Status;
    Pdo = Node->Pdo;
    PnpDeleteNode(Node);
    PnpDeleteRootDevice(Pdo);
    return Status;
}

NTSTATUS PnpStartDriver(PDRIVER_OBJECT Driver, PCUNICODE_STRING Service, PCUNICODE_STRING HardwareIds)
{
    NTSTATUS Status;

    if (Driver->DriverExtension->AddDevice == NULL)
        return STATUS_SUCCESS;
    PnpLockTree();
    Status = PnpAddMatch(Service, HardwareIds);
    if (NT_SUCCESS(Status) && IopDriverExt(Driver)->PnpDevices == 0) {
        Status = PnpBindDriver(Service);
        if (Status == STATUS_NOT_FOUND)
            Status = PnpWantsRootDevice(HardwareIds) ? PnpAddRootDevice(Service, HardwareIds) : STATUS_SUCCESS;
    }
    PnpDrain();
    PnpUnlockTree();
    return Status;
}

BOOLEAN PnpWaitsForDevice(PDRIVER_OBJECT Driver)
{
    return Driver->DriverExtension->AddDevice != NULL && IopDriverExt(Driver)->PnpDevices == 0
        && !(Driver->Flags & DRVO_UNLOAD_INVOKED);
}

NTSTATUS PnpPlaceDriver(PDRIVER_OBJECT Driver, PCUNICODE_STRING Service)
{
    NTSTATUS Status = STATUS_SUCCESS;

    PnpLockTree();
    PnpDrain();
    if (PnpWaitsForDevice(Driver)) {
        Status = PnpAddRootDevice(Service, PnpMatchIds(Service));
        PnpDrain();
    }
    PnpUnlockTree();
    return Status;
}

BOOLEAN PnpAdoptDriver(PCUNICODE_STRING Service, PDRIVER_OBJECT *Driver)
{
    BOOLEAN Adopted = FALSE;

    PnpLockTree();
    *Driver = IopFindDriver(Service);
    if (*Driver != NULL) {
        Adopted = IopDriverExt(*Driver)->LoadedForDevice;
        IopDriverExt(*Driver)->LoadedForDevice = FALSE;
        ObDereferenceObject(*Driver);
    }
    PnpUnlockTree();
    return Adopted;
}

/* ---- a driver goes ---- */

static BOOLEAN PnpUsesDriver(const PNP_NODE *Node, PDRIVER_OBJECT Driver)
{
    ULONG i;

    for (i = 0; i < Node->DriverCount; i++)
        if (Node->Driver[i] == Driver)
            return Node->State != DeviceNodeRemovePendingCloses;
    return FALSE;
}

static PNP_NODE *PnpFirstUser(PDRIVER_OBJECT Driver)
{
    PNP_NODE *Node;

    for (Node = PnpRoot; Node != NULL; Node = PnpNextDown(Node, PnpRoot))
        if (PnpUsesDriver(Node, Driver))
            return Node;
    return NULL;
}

VOID PnpRemoveDriverDevices(PDRIVER_OBJECT Driver)
{
    PNP_NODE *Node;

    PnpLockTree();
    PnpDrain();
    if (Driver->DriverExtension->ServiceKeyName.Buffer != NULL)
        PnpRemoveMatch(&Driver->DriverExtension->ServiceKeyName);
    while ((Node = PnpFirstUser(Driver)) != NULL) {
        if ((Node->Flags & PNP_NODE_ROOT_ENUMERATED) && PnpFunctionDriver(Node) == Driver)
            Node->Flags |= PNP_NODE_MISSING; /* the device was made for the driver */
        PnpRemoveNode(Node, PnpRemoveForced, CM_PROB_FAILED_INSTALL);
    }
    PnpDrain();
    PnpUnlockTree();
}

/* ---- the session ---- */

NTSTATUS PnpSurpriseRemove(PCUNICODE_STRING InstancePath)
{
    PNP_NODE *Node;

    PnpLockTree();
    Node = PnpFindNode(InstancePath);
    if (Node != NULL && Node != PnpRoot)
        PnpQueueAction(Node, PNP_ACTION_SURPRISE);
    PnpDrain();
    PnpUnlockTree();
    return Node != NULL ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}
