/*
 * PnP requests that ask a function or filter device something: capabilities, state, relations, special files, resource
 * requirements [doc: Handling an IRP_MN_... Request; Supporting Special Files; Modifying a Resource Requirements List].
 */
#include "fx.h"

#include "pnp.h"
#include "resource.h"

/* ---- capabilities ---- */

#define FX_TRI(Target, Tri)            \
    do {                               \
        if ((Tri) != WdfUseDefault)    \
            (Target) = (Tri) == WdfTrue; \
    } while (0)

static VOID FxApplyPnpCaps(PDEVICE_CAPABILITIES Caps, const WDF_DEVICE_PNP_CAPABILITIES *Set)
{
    if (Set->Size == 0)
        return;
    FX_TRI(Caps->LockSupported, Set->LockSupported);
    FX_TRI(Caps->EjectSupported, Set->EjectSupported);
    FX_TRI(Caps->Removable, Set->Removable);
    FX_TRI(Caps->DockDevice, Set->DockDevice);
    FX_TRI(Caps->UniqueID, Set->UniqueID);
    FX_TRI(Caps->SilentInstall, Set->SilentInstall);
    FX_TRI(Caps->SurpriseRemovalOK, Set->SurpriseRemovalOK);
    FX_TRI(Caps->HardwareDisabled, Set->HardwareDisabled);
    FX_TRI(Caps->NoDisplayInUI, Set->NoDisplayInUI);
    if (Set->Address != MAXULONG)
        Caps->Address = Set->Address;
    if (Set->UINumber != MAXULONG)
        Caps->UINumber = Set->UINumber;
}

static VOID FxApplyPowerCaps(PDEVICE_CAPABILITIES Caps, const WDF_DEVICE_POWER_CAPABILITIES *Set)
{
    if (Set->Size == 0)
        return;
    FX_TRI(Caps->DeviceD1, Set->DeviceD1);
    FX_TRI(Caps->DeviceD2, Set->DeviceD2);
    FX_TRI(Caps->WakeFromD0, Set->WakeFromD0);
    FX_TRI(Caps->WakeFromD1, Set->WakeFromD1);
    FX_TRI(Caps->WakeFromD2, Set->WakeFromD2);
    FX_TRI(Caps->WakeFromD3, Set->WakeFromD3);
    for (ULONG i = PowerSystemWorking; i < PowerSystemMaximum; i++)
        if (Set->DeviceState[i] != PowerDeviceMaximum)
            Caps->DeviceState[i] = Set->DeviceState[i];
    if (Set->DeviceWake != PowerDeviceMaximum)
        Caps->DeviceWake = Set->DeviceWake;
    if (Set->SystemWake != PowerSystemMaximum)
        Caps->SystemWake = Set->SystemWake;
    if (Set->D1Latency != MAXULONG)
        Caps->D1Latency = Set->D1Latency;
    if (Set->D2Latency != MAXULONG)
        Caps->D2Latency = Set->D2Latency;
    if (Set->D3Latency != MAXULONG)
        Caps->D3Latency = Set->D3Latency;
}

VOID FxApplyCapabilities(FX_DEVICE *Device, PDEVICE_CAPABILITIES Caps)
{
    FX_PNP *Pnp = Device->Pnp;
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    FxApplyPnpCaps(Caps, &Pnp->PnpCaps);
    FxApplyPowerCaps(Caps, &Pnp->PowerCaps);
    KeReleaseSpinLock(&Pnp->Lock, Irql);
}

/* A request that a lower driver did not handle fails for nobody's sake: the framework has answered it. */
NTSTATUS FxPnpCapabilities(FX_DEVICE *Device, PIRP Irp)
{
    PDEVICE_CAPABILITIES Caps = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities;
    NTSTATUS Status = FxForwardWait(Device, Irp);

    if (NT_SUCCESS(Status))
        FxApplyCapabilities(Device, Caps);
    return FxCompleteIrp(Irp, Status);
}

/* ---- state ---- */

#ifndef PNP_DEVICE_ASSIGNED_TO_GUEST
#define PNP_DEVICE_ASSIGNED_TO_GUEST 0x100u
#endif

static VOID FxApplyBit(PNP_DEVICE_STATE *State, WDF_TRI_STATE Tri, ULONG Bit)
{
    if (Tri == WdfTrue)
        *State |= Bit;
    else if (Tri == WdfFalse)
        *State &= ~Bit;
}

PNP_DEVICE_STATE FxApplyDeviceState(FX_DEVICE *Device, PNP_DEVICE_STATE State)
{
    FX_PNP *Pnp = Device->Pnp;
    WDF_DEVICE_STATE *Set = &Pnp->DeviceState;
    KIRQL Irql;

    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    FxApplyBit(&State, Set->Disabled, PNP_DEVICE_DISABLED);
    FxApplyBit(&State, Set->DontDisplayInUI, PNP_DEVICE_DONT_DISPLAY_IN_UI);
    FxApplyBit(&State, Set->Failed, PNP_DEVICE_FAILED);
    FxApplyBit(&State, Set->NotDisableable, PNP_DEVICE_NOT_DISABLEABLE);
    FxApplyBit(&State, Set->Removed, PNP_DEVICE_REMOVED);
    FxApplyBit(&State, Set->ResourcesChanged, PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    FxApplyBit(&State, Set->AssignedToGuest, PNP_DEVICE_ASSIGNED_TO_GUEST);
    Set->ResourcesChanged = WdfUseDefault; /* told once: new resources follow */
    if (Pnp->HasFailed)
        State |= PNP_DEVICE_FAILED;
    for (ULONG i = 0; i < WdfSpecialFileMax; i++)
        if (Pnp->SpecialCount[i] != 0)
            State |= PNP_DEVICE_NOT_DISABLEABLE;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    return State;
}

NTSTATUS FxPnpState(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status = FxForwardWait(Device, Irp);

    if (!NT_SUCCESS(Status) && Status != STATUS_NOT_SUPPORTED)
        return FxCompleteIrp(Irp, Status);
    if (Status == STATUS_NOT_SUPPORTED)
        Irp->IoStatus.Information = 0;
    Irp->IoStatus.Information = FxApplyDeviceState(Device, (PNP_DEVICE_STATE)Irp->IoStatus.Information);
    return FxCompleteIrp(Irp, STATUS_SUCCESS);
}

/* ---- relations ---- */

/* Old's devices and those of List, referenced; Old is freed. *Result is Old when List is empty. */
NTSTATUS FxRelationsReport(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_RELATIONS Old, PDEVICE_RELATIONS *Result)
{
    ULONG Room = Old != NULL ? Old->Count : 0, Count = Room;
    PDEVICE_RELATIONS New;
    KIRQL Irql;

    *Result = Old;
    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink)
        Room++;
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    if (Room == Count)
        return STATUS_SUCCESS;
    New = ExAllocatePool2(POOL_FLAG_NON_PAGED, FIELD_OFFSET(DEVICE_RELATIONS, Objects[Room]), FX_TAG);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Old != NULL)
        RtlCopyMemory(New->Objects, Old->Objects, Count * sizeof(New->Objects[0]));
    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    for (PLIST_ENTRY Link = List->Flink; Link != List && Count < Room; Link = Link->Flink) {
        New->Objects[Count] = CONTAINING_RECORD(Link, FX_RELATION, Link)->Device;
        ObReferenceObject(New->Objects[Count++]);
    }
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    New->Count = Count;
    if (Old != NULL)
        ExFreePool(Old);
    *Result = New;
    return STATUS_SUCCESS;
}

/* STATUS_NOT_SUPPORTED: the device has nothing to say about these relations. */
static NTSTATUS FxReportRelations(FX_DEVICE *Device, DEVICE_RELATION_TYPE Type, PIRP Irp)
{
    PDEVICE_RELATIONS Relations = (PDEVICE_RELATIONS)Irp->IoStatus.Information;
    NTSTATUS Status = STATUS_NOT_SUPPORTED;

    if (Type == BusRelations)
        Status = FxChildrenReport(Device, Relations, &Relations);
    else if (Type == RemovalRelations && !IsListEmpty(&Device->Pnp->RemovalRelations))
        Status = FxRelationsReport(Device, &Device->Pnp->RemovalRelations, Relations, &Relations);
    if (NT_SUCCESS(Status))
        Irp->IoStatus.Information = (ULONG_PTR)Relations;
    return Status;
}

NTSTATUS FxPnpRelations(FX_DEVICE *Device, PIRP Irp)
{
    PFN_WDF_DEVICE_RELATIONS_QUERY EvtQuery = Device->Settings.PnpPower.EvtDeviceRelationsQuery;
    DEVICE_RELATION_TYPE Type = IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryDeviceRelations.Type;
    NTSTATUS Status;

    if (EvtQuery != NULL)
        EvtQuery(FX_HANDLE(WDFDEVICE, Device), Type);
    Status = FxReportRelations(Device, Type, Irp);
    if (Status == STATUS_NOT_SUPPORTED)
        return FxForward(Device, Irp);
    if (!NT_SUCCESS(Status))
        return FxCompleteIrp(Irp, Status);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return FxForward(Device, Irp);
}

/* ---- special files ---- */

static NTSTATUS FxTellUsage(FX_DEVICE *Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    const WDF_PNPPOWER_EVENT_CALLBACKS *Callbacks = &Device->Settings.PnpPower;

    if (Callbacks->EvtDeviceUsageNotificationEx != NULL)
        return Callbacks->EvtDeviceUsageNotificationEx(FX_HANDLE(WDFDEVICE, Device), Type, InPath);
    if (Callbacks->EvtDeviceUsageNotification != NULL)
        Callbacks->EvtDeviceUsageNotification(FX_HANDLE(WDFDEVICE, Device), Type, InPath);
    return STATUS_SUCCESS;
}

static NTSTATUS FxSendUsage(PDEVICE_OBJECT Target, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Target);
    IO_STATUS_BLOCK Iosb;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Iosb);
    if (Irp == NULL) {
        ObDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoGetNextIrpStackLocation(Irp)->MinorFunction = IRP_MN_DEVICE_USAGE_NOTIFICATION;
    IoGetNextIrpStackLocation(Irp)->Parameters.UsageNotification.InPath = InPath;
    IoGetNextIrpStackLocation(Irp)->Parameters.UsageNotification.Type = (DEVICE_USAGE_NOTIFICATION_TYPE)Type;
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    ObDereferenceObject(Top);
    return Status;
}

/* The devices this one depends on, in order; when one refuses, those before it are told that it is not to be. */
static NTSTATUS FxTellDependents(FX_DEVICE *Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    PLIST_ENTRY List = &Device->Pnp->UsageDependents, Link;
    NTSTATUS Status = STATUS_SUCCESS;

    for (Link = List->Flink; Link != List; Link = Link->Flink) {
        Status = FxSendUsage(CONTAINING_RECORD(Link, FX_RELATION, Link)->Device, Type, InPath);
        if (!NT_SUCCESS(Status))
            break;
    }
    if (NT_SUCCESS(Status))
        return Status;
    for (Link = Link->Blink; Link != List; Link = Link->Blink)
        FxSendUsage(CONTAINING_RECORD(Link, FX_RELATION, Link)->Device, Type, !InPath);
    return Status;
}

static VOID FxCountUsage(FX_DEVICE *Device, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    LONG *Count = &Device->Pnp->SpecialCount[Type];

    if (InPath)
        InterlockedIncrement(Count);
    else if (*Count > 0)
        InterlockedDecrement(Count);
    IoInvalidateDeviceState(Device->Pdo);
}

static NTSTATUS FxUsage(FX_DEVICE *Device, PIRP Irp, WDF_SPECIAL_FILE_TYPE Type, BOOLEAN InPath)
{
    NTSTATUS Status = FxTellDependents(Device, Type, InPath);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxTellUsage(Device, Type, InPath);
    if (!NT_SUCCESS(Status)) {
        FxTellDependents(Device, Type, !InPath);
        return Status;
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = Device->Attached != NULL ? FxForwardWait(Device, Irp) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        FxCountUsage(Device, Type, InPath);
        return Status;
    }
    FxTellUsage(Device, Type, !InPath);
    FxTellDependents(Device, Type, !InPath);
    return Status;
}

/* A filter has no say about files that its driver did not name; a function driver refuses them. */
NTSTATUS FxPnpUsage(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Type = (ULONG)Stack->Parameters.UsageNotification.Type;

    if (Type == WdfSpecialFileUndefined || Type >= WdfSpecialFileMax)
        return FxForwardOrRefuse(Device, Irp);
    if (Device->Pnp->SpecialSupported[Type] || Device->Settings.IsFilter)
        return FxCompleteIrp(Irp, FxUsage(Device, Irp, (WDF_SPECIAL_FILE_TYPE)Type,
                                          Stack->Parameters.UsageNotification.InPath));
    return FxCompleteIrp(Irp, STATUS_NOT_IMPLEMENTED);
}

/* ---- resource requirements ---- */

/* One of the two callbacks with the list as it is now. *Nt is replaced (the old one freed) when the call succeeds. */
static NTSTATUS FxFilterRequirements(FX_DEVICE *Device, PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS Filter,
                                     PIO_RESOURCE_REQUIREMENTS_LIST *Nt)
{
    PIO_RESOURCE_REQUIREMENTS_LIST New = NULL;
    FX_OBJECT *List;
    NTSTATUS Status;

    if (Filter == NULL)
        return STATUS_SUCCESS;
    Status = FxRequirementsCreate(Device->Object.Globals, &Device->Object, *Nt, TRUE, &List);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = Filter(FX_HANDLE(WDFDEVICE, Device), FX_HANDLE(WDFIORESREQLIST, List));
    if (NT_SUCCESS(Status))
        Status = FxRequirementsToNt(List, &New);
    FxObjectDelete(List);
    if (!NT_SUCCESS(Status))
        return Status;
    if (*Nt != NULL)
        ExFreePool(*Nt);
    *Nt = New;
    return STATUS_SUCCESS;
}

/* The list comes in the parameters, and in Information once somebody changed it. */
static PIO_RESOURCE_REQUIREMENTS_LIST FxCurrentRequirements(PIRP Irp)
{
    PIO_RESOURCE_REQUIREMENTS_LIST Given =
        IoGetCurrentIrpStackLocation(Irp)->Parameters.FilterResourceRequirements.IoResourceRequirementList;

    return Irp->IoStatus.Information != 0 ? (PIO_RESOURCE_REQUIREMENTS_LIST)Irp->IoStatus.Information : Given;
}

static NTSTATUS FxFilterStep(FX_DEVICE *Device, PIRP Irp, PFN_WDF_DEVICE_FILTER_RESOURCE_REQUIREMENTS Filter)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PIO_RESOURCE_REQUIREMENTS_LIST List = FxCurrentRequirements(Irp);
    NTSTATUS Status = FxFilterRequirements(Device, Filter, &List);

    if (!NT_SUCCESS(Status) || Filter == NULL)
        return Status;
    Stack->Parameters.FilterResourceRequirements.IoResourceRequirementList = List;
    Irp->IoStatus.Information = (ULONG_PTR)List;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

/* After the stack below, before the driver's additions: what it said of its interrupts goes into a list of its own. */
static NTSTATUS FxFilterPolicy(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PIO_RESOURCE_REQUIREMENTS_LIST Old = FxCurrentRequirements(Irp), New;

    if (Old == NULL || !FxInterruptsHavePolicy(Device))
        return STATUS_SUCCESS;
    New = ExAllocatePoolWithTag(PagedPool, Old->ListSize, Device->Object.Globals->Public.DriverTag);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(New, Old, Old->ListSize);
    FxInterruptsApplyPolicy(Device, New);
    ExFreePool(Old);
    Stack->Parameters.FilterResourceRequirements.IoResourceRequirementList = New;
    Irp->IoStatus.Information = (ULONG_PTR)New;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

NTSTATUS FxPnpFilterRequirements(FX_DEVICE *Device, PIRP Irp)
{
    const WDF_FDO_EVENT_CALLBACKS *Fdo = &Device->Settings.Fdo;
    NTSTATUS Status;

    if (Fdo->EvtDeviceFilterAddResourceRequirements == NULL &&
        Fdo->EvtDeviceFilterRemoveResourceRequirements == NULL && !FxInterruptsHavePolicy(Device))
        return FxForward(Device, Irp);
    Status = FxFilterStep(Device, Irp, Fdo->EvtDeviceFilterRemoveResourceRequirements);
    if (!NT_SUCCESS(Status))
        return FxCompleteIrp(Irp, Status);
    Status = FxForwardWait(Device, Irp);
    if (!NT_SUCCESS(Status) && Status != STATUS_NOT_SUPPORTED)
        return FxCompleteIrp(Irp, Status);
    Status = FxFilterPolicy(Device, Irp);
    if (NT_SUCCESS(Status))
        Status = FxFilterStep(Device, Irp, Fdo->EvtDeviceFilterAddResourceRequirements);
    return FxCompleteIrp(Irp, NT_SUCCESS(Status) ? STATUS_SUCCESS : Status);
}
