/*
 * What PnP asks a child of a bus: IDs, texts, capabilities, resources, relations, bus information, ejection, lock [doc:
 * Supporting PnP and Power Management in Bus Drivers; Handling an IRP_MN_... Request]. What is not handled ends as it came.
 */
#include "fx.h"

#include "pdo.h"
#include "resource.h"

/* A copy in paged pool, with Extra more zero characters than Text has. */
static NTSTATUS FxAnswerText(PIRP Irp, PCUNICODE_STRING Text, ULONG Extra)
{
    ULONG Bytes = Text->Length + Extra * sizeof(WCHAR);
    PWCHAR Copy = ExAllocatePool2(POOL_FLAG_PAGED, Bytes, FX_TAG);

    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Copy, Text->Buffer, Text->Length);
    Irp->IoStatus.Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

static NTSTATUS FxPdoQueryId(FX_PDO *Pdo, PIRP Irp)
{
    PCUNICODE_STRING Text = NULL;
    ULONG Extra = 1;

    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryId.IdType) {
    case BusQueryDeviceID:
        Text = &Pdo->DeviceId;
        break;
    case BusQueryInstanceID:
        Text = &Pdo->InstanceId;
        break;
    case BusQueryHardwareIDs: /* the strings have their terminators */
        Text = &Pdo->HardwareIds;
        break;
    case BusQueryCompatibleIDs:
        Text = &Pdo->CompatibleIds;
        break;
    case BusQueryContainerID:
        Text = &Pdo->ContainerId;
        break;
    default:
        break;
    }
    return Text != NULL && Text->Length != 0 ? FxAnswerText(Irp, Text, Extra) : Irp->IoStatus.Status;
}

/* The text of the locale asked for, else of the default one. */
static NTSTATUS FxPdoQueryText(FX_PDO *Pdo, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LCID Locale = Stack->Parameters.QueryDeviceText.LocaleId;
    FX_TEXT *Found = NULL, *Default = NULL;

    for (FX_TEXT *Text = Pdo->Texts; Text != NULL; Text = Text->Next) {
        if (Text->Locale == Locale)
            Found = Text;
        if (Text->Locale == Pdo->DefaultLocale)
            Default = Text;
    }
    if (Found == NULL)
        Found = Default;
    if (Found == NULL)
        return Irp->IoStatus.Status;
    if (Stack->Parameters.QueryDeviceText.DeviceTextType == DeviceTextDescription)
        return FxAnswerText(Irp, &Found->Description, 1);
    if (Stack->Parameters.QueryDeviceText.DeviceTextType == DeviceTextLocationInformation)
        return FxAnswerText(Irp, &Found->Location, 1);
    return Irp->IoStatus.Status;
}

static NTSTATUS FxPdoCapabilities(FX_DEVICE *Device, PIRP Irp)
{
    PDEVICE_CAPABILITIES Caps = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceCapabilities.Capabilities;

    if (Caps->Version != 1 || Caps->Size < sizeof(*Caps))
        return STATUS_UNSUCCESSFUL;
    Caps->RawDeviceOK = Device->Child->IsRaw;
    Caps->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (ULONG i = PowerSystemSleeping1; i < PowerSystemMaximum; i++)
        Caps->DeviceState[i] = PowerDeviceD3;
    FxApplyCapabilities(Device, Caps);
    return STATUS_SUCCESS;
}

/* ---- resources ---- */

static NTSTATUS FxPdoResources(FX_DEVICE *Device, PIRP Irp)
{
    PFN_WDF_DEVICE_RESOURCES_QUERY EvtQuery = Device->Settings.Pdo.EvtDeviceResourcesQuery;
    PCM_RESOURCE_LIST Nt = NULL;
    FX_OBJECT *List;
    NTSTATUS Status;

    if (EvtQuery == NULL)
        return Irp->IoStatus.Status;
    Status = FxCmListCreate(Device, NULL, TRUE, &List);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = EvtQuery(FX_HANDLE(WDFDEVICE, Device), FX_HANDLE(WDFCMRESLIST, List));
    if (NT_SUCCESS(Status))
        Status = FxCmListToNt(List, Device->Child->Parent->Children->BusInformation.LegacyBusType,
                              Device->Child->Parent->Children->BusInformation.BusNumber, &Nt);
    FxObjectDelete(List);
    if (NT_SUCCESS(Status))
        Irp->IoStatus.Information = (ULONG_PTR)Nt;
    return Status;
}

static NTSTATUS FxPdoRequirements(FX_DEVICE *Device, PIRP Irp)
{
    PFN_WDF_DEVICE_RESOURCE_REQUIREMENTS_QUERY EvtQuery = Device->Settings.Pdo.EvtDeviceResourceRequirementsQuery;
    PIO_RESOURCE_REQUIREMENTS_LIST Nt = NULL;
    FX_OBJECT *List;
    NTSTATUS Status;

    if (EvtQuery == NULL)
        return Irp->IoStatus.Status;
    Status = FxRequirementsCreate(Device->Object.Globals, &Device->Object, NULL, TRUE, &List);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = EvtQuery(FX_HANDLE(WDFDEVICE, Device), FX_HANDLE(WDFIORESREQLIST, List));
    if (NT_SUCCESS(Status))
        Status = FxRequirementsToNt(List, &Nt);
    FxObjectDelete(List);
    if (NT_SUCCESS(Status))
        Irp->IoStatus.Information = (ULONG_PTR)Nt;
    return Status;
}

/* ---- relations and the bus ---- */

static NTSTATUS FxPdoTarget(FX_DEVICE *Device, PIRP Irp)
{
    PDEVICE_RELATIONS Relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Relations), FX_TAG);

    if (Relations == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Device->Wdm);
    Relations->Count = 1;
    Relations->Objects[0] = Device->Wdm;
    Irp->IoStatus.Information = (ULONG_PTR)Relations;
    return STATUS_SUCCESS;
}

static NTSTATUS FxPdoRelations(FX_DEVICE *Device, PIRP Irp)
{
    PFN_WDF_DEVICE_RELATIONS_QUERY EvtQuery = Device->Settings.PnpPower.EvtDeviceRelationsQuery;
    DEVICE_RELATION_TYPE Type = IoGetCurrentIrpStackLocation(Irp)->Parameters.QueryDeviceRelations.Type;
    PDEVICE_RELATIONS Relations = (PDEVICE_RELATIONS)Irp->IoStatus.Information;
    PLIST_ENTRY List = Type == EjectionRelations   ? &Device->Child->EjectionRelations
                       : Type == RemovalRelations ? &Device->Pnp->RemovalRelations
                                                  : NULL;
    NTSTATUS Status;

    if (EvtQuery != NULL)
        EvtQuery(FX_HANDLE(WDFDEVICE, Device), Type);
    if (Type == TargetDeviceRelation)
        return FxPdoTarget(Device, Irp);
    if (List == NULL || IsListEmpty(List))
        return Irp->IoStatus.Status;
    Status = FxRelationsReport(Device, List, Relations, &Relations);
    if (NT_SUCCESS(Status))
        Irp->IoStatus.Information = (ULONG_PTR)Relations;
    return Status;
}

static NTSTATUS FxPdoBusInformation(FX_DEVICE *Device, PIRP Irp)
{
    const FX_CHILDREN *Bus = Device->Child->Parent->Children;
    PPNP_BUS_INFORMATION Copy;

    if (!Bus->HasBusInformation)
        return Irp->IoStatus.Status;
    Copy = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Copy), FX_TAG);
    if (Copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Copy = Bus->BusInformation;
    Irp->IoStatus.Information = (ULONG_PTR)Copy;
    return STATUS_SUCCESS;
}

/* ---- ejection and lock ---- */

static NTSTATUS FxPdoEject(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_EJECT EvtEject = Device->Settings.Pdo.EvtDeviceEject;
    NTSTATUS Status;

    FxEnterState(Device, FxMachinePnp, WdfDevStatePnpEjectHardware);
    /* [doc: EvtDeviceEject] only for a bus that has something to do */
    Status = EvtEject != NULL ? EvtEject(FX_HANDLE(WDFDEVICE, Device)) : STATUS_SUCCESS;
    FxEnterState(Device, FxMachinePnp,
                 NT_SUCCESS(Status) ? WdfDevStatePnpEjectedWaitingForRemove : WdfDevStatePnpEjectFailed);
    if (NT_SUCCESS(Status))
        FxChildMissing(Device);
    return Status;
}

static NTSTATUS FxPdoSetLock(FX_DEVICE *Device, PIRP Irp)
{
    PFN_WDF_DEVICE_SET_LOCK EvtSetLock = Device->Settings.Pdo.EvtDeviceSetLock;

    if (EvtSetLock == NULL)
        return Irp->IoStatus.Status;
    Irp->IoStatus.Information = 0;
    return EvtSetLock(FX_HANDLE(WDFDEVICE, Device), IoGetCurrentIrpStackLocation(Irp)->Parameters.SetLock.Lock);
}

NTSTATUS FxPdoAsk(FX_DEVICE *Device, PIRP Irp, UCHAR Minor)
{
    NTSTATUS Status = Irp->IoStatus.Status;

    switch (Minor) {
    case IRP_MN_QUERY_ID:
        Device->Pnp->IsEnumerated = TRUE;
        Status = FxPdoQueryId(Device->Child, Irp);
        break;
    case IRP_MN_QUERY_DEVICE_TEXT:
        Status = FxPdoQueryText(Device->Child, Irp);
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        Status = FxPdoCapabilities(Device, Irp);
        break;
    case IRP_MN_QUERY_RESOURCES:
        Status = FxPdoResources(Device, Irp);
        break;
    case IRP_MN_QUERY_RESOURCE_REQUIREMENTS:
        Status = FxPdoRequirements(Device, Irp);
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        Status = FxPdoRelations(Device, Irp);
        break;
    case IRP_MN_QUERY_BUS_INFORMATION:
        Status = FxPdoBusInformation(Device, Irp);
        break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        Irp->IoStatus.Information = FxApplyDeviceState(Device, 0);
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_EJECT:
        Status = FxPdoEject(Device);
        break;
    case IRP_MN_SET_LOCK:
        Status = FxPdoSetLock(Device, Irp);
        break;
    case IRP_MN_DEVICE_ENUMERATED:
        Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_INTERFACE:
        return FxPnpQueryInterface(Device, Irp);
    case IRP_MN_DEVICE_USAGE_NOTIFICATION:
        return FxPnpUsage(Device, Irp);
    }
    return FxCompleteIrp(Irp, Status);
}
