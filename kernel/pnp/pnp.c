/*
 * Plug and Play for the rest of the kernel: drivers that come and go, and start-up.
 * [doc: Adding a PnP Device to a Running System, Removing a Device]
 */
#include "pnpp.h"

NTSTATUS PnpInitSystem(VOID)
{
    NTSTATUS Status;

    PnpInitTree();
    PnpInitInstall();
    Status = PnpInitWatches();
    return NT_SUCCESS(Status) ? PnpInitRoot() : Status;
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

/* A root device without drivers goes. */
static VOID PnpUninstallRootDevice(PNP_NODE *Node)
{
    PDEVICE_OBJECT Pdo = Node->Pdo;

    PnpDeleteNode(Node);
    PnpDeleteRootDevice(Pdo);
}

static NTSTATUS PnpAddRootDevice(PCUNICODE_STRING Service, PCUNICODE_STRING HardwareIds)
{
    PNP_ROOT_DESCRIPTION Description = { .Name = Service, .Service = Service, .HardwareIds = *HardwareIds };
    PNP_NODE *Node;
    NTSTATUS Status = PnpCreateRootDevice(&Description, &Node);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PnpStartNode(Node);
    if (!NT_SUCCESS(Status))
        PnpUninstallRootDevice(Node);
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

NTSTATUS PnpDriveAlso(PCUNICODE_STRING Service, PCUNICODE_STRING Ids)
{
    NTSTATUS Status;

    PnpLockTree();
    Status = PnpAddMatch(Service, Ids);
    if (NT_SUCCESS(Status))
        Status = PnpBindDriver(Service);
    PnpDrain();
    PnpUnlockTree();
    return Status == STATUS_NOT_FOUND ? STATUS_SUCCESS : Status; /* none waits */
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
    PnpDropClaims(Driver);
    while ((Node = PnpFirstUser(Driver)) != NULL) {
        if ((Node->Flags & PNP_NODE_ROOT_ENUMERATED) && PnpFunctionDriver(Node) == Driver)
            Node->Flags |= PNP_NODE_MISSING; /* the device was made for the driver */
        PnpRemoveNode(Node, PnpRemoveForced, CM_PROB_FAILED_INSTALL);
    }
    PnpDrain();
    PnpUnlockTree();
}

/* ---- devices that drivers find by themselves ---- */

static PCWSTR PnpInterfaceName(PCM_RESOURCE_LIST Resources)
{
    static const PCWSTR Names[] = { L"Internal", L"Isa", L"Eisa", L"MicroChannel", L"TurboChannel", L"PCIBus", L"VMEBus",
                                    L"NuBus", L"PCMCIABus", L"CBus", L"MPIBus", L"MPSABus", L"ProcessorInternal",
                                    L"InternalPowerBus", L"PNPISABus", L"PNPBus" };
    ULONG Type = Resources != NULL && Resources->Count != 0 ? (ULONG)Resources->List[0].InterfaceType : 0;

    return Type < RTL_NUMBER_OF(Names) ? Names[Type] : Names[0];
}

/* Two IDs, with a zero between. */
static UNICODE_STRING PnpDetectedIds(PCUNICODE_STRING Service, PCM_RESOURCE_LIST Resources)
{
    UNICODE_STRING Ids = PnpFormat(L"DETECTED%ws\\%wZ|DETECTED\\%wZ", PnpInterfaceName(Resources), Service, Service);
    ULONG i;

    for (i = 0; Ids.Buffer != NULL && i < Ids.Length / sizeof(WCHAR); i++)
        if (Ids.Buffer[i] == L'|')
            Ids.Buffer[i] = 0;
    return Ids;
}

/* Started, as far as PnP is concerned: no AddDevice, no IRP_MN_START_DEVICE. [doc: IoReportDetectedDevice] */
static NTSTATUS PnpAddDetected(PDRIVER_OBJECT Driver, PNP_ROOT_DESCRIPTION *Description, BOOLEAN Claim,
                               PDEVICE_OBJECT *Pdo)
{
    PNP_NODE *Node;
    NTSTATUS Status = PnpCreateRootDevice(Description, &Node);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Claim)
        Status = PnpClaimBootResources(Node);
    if (!NT_SUCCESS(Status)) {
        PnpUninstallRootDevice(Node);
        return Status;
    }
    Node->Service = PnpCopy(Description->Service);
    PnpTakeDriver(Node, Driver);
    Node->State = DeviceNodeStarted;
    *Pdo = Node->Pdo;
    return STATUS_SUCCESS;
}

NT_PARTIAL(IoReportDetectedDevice, "a physical device object of the caller's own; the next load does not find the device again");
NTSTATUS NTAPI IoReportDetectedDevice(PDRIVER_OBJECT DriverObject, INTERFACE_TYPE LegacyBusType, ULONG BusNumber,
                                      ULONG SlotNumber, PCM_RESOURCE_LIST ResourceList,
                                      PIO_RESOURCE_REQUIREMENTS_LIST ResourceRequirements, BOOLEAN ResourceAssigned,
                                      PDEVICE_OBJECT *DeviceObject)
{
    PCUNICODE_STRING Service = &DriverObject->DriverExtension->ServiceKeyName;
    PNP_ROOT_DESCRIPTION Description = { .Name = Service, .Service = Service, .Resources = ResourceList,
                                         .Requirements = ResourceRequirements };
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(LegacyBusType); /* they would say which enumerated device it is: none here */
    UNREFERENCED_PARAMETER(BusNumber);
    UNREFERENCED_PARAMETER(SlotNumber);
    if (*DeviceObject != NULL)
        return STATUS_NOT_SUPPORTED;
    Description.CompatibleIds = PnpDetectedIds(Service, ResourceList);
    if (Description.CompatibleIds.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    PnpLockTree();
    Status = PnpAddDetected(DriverObject, &Description, !ResourceAssigned, DeviceObject);
    PnpUnlockTree();
    PnpFree(&Description.CompatibleIds);
    return Status;
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
