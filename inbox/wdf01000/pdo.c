/*
 * Children of a bus, before and after they exist: IDs, texts, parents, ejection relations, wake at the bus, the parent's
 * power [doc: Creating Device Objects in a Bus Driver; the WdfPdoInitXxx and WdfPdoXxx pages].
 */
#include "fx.h"

#include "pdo.h"

/* ---- memory ---- */

FX_PDO *FxPdoAllocate(FX_DEVICE *Parent)
{
    FX_PDO *Pdo = FxAllocate(Parent->Object.Globals, sizeof(*Pdo));

    if (Pdo == NULL)
        return NULL;
    Pdo->Parent = Parent;
    FxObjectReference(&Parent->Object);
    InitializeListHead(&Pdo->StaticLink);
    InitializeListHead(&Pdo->EjectionRelations);
    return Pdo;
}

VOID FxPdoFree(FX_PDO *Pdo)
{
    FX_TEXT *Text;

    if (Pdo == NULL)
        return;
    while ((Text = Pdo->Texts) != NULL) {
        Pdo->Texts = Text->Next;
        FxFree(Text->Description.Buffer);
        FxFree(Text->Location.Buffer);
        FxFree(Text);
    }
    FxFree(Pdo->DeviceId.Buffer);
    FxFree(Pdo->InstanceId.Buffer);
    FxFree(Pdo->ContainerId.Buffer);
    FxFree(Pdo->HardwareIds.Buffer);
    FxFree(Pdo->CompatibleIds.Buffer);
    FxObjectDereference(&Pdo->Parent->Object);
    FxFree(Pdo);
}

VOID FxPdoInitFree(FX_DEVICE_INIT *Init)
{
    FxPdoFree(Init->PdoInit);
    Init->PdoInit = NULL;
}

NTSTATUS FxPdoCheckInit(FX_DEVICE_INIT *Init)
{
    if (Init->PdoInit->DeviceId.Length == 0)
        return FxMistake(Init->Globals, STATUS_INVALID_DEVICE_STATE, "a child without WdfPdoInitAssignDeviceID");
    return STATUS_SUCCESS;
}

VOID FxPdoDispose(FX_DEVICE *Device)
{
    FxRelationsClear(Device, &Device->Child->EjectionRelations);
    FxPdoReleaseParent(Device);
    FxChildForget(Device);
}

PDEVICE_OBJECT FxPdoParentWdm(FX_DEVICE *Device)
{
    return Device->Child->Parent->Wdm;
}

/* ---- initialisation ---- */

/* STATUS_INVALID_DEVICE_REQUEST: not a child's. */
static NTSTATUS FxPdoInitOf(FX_GLOBALS *Globals, PWDFDEVICE_INIT DeviceInit, FX_PDO **Pdo)
{
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    FX_REQUIRE(Globals, DeviceInit);
    *Pdo = FxInitOf(DeviceInit)->PdoInit;
    if (NT_SUCCESS(Status) && *Pdo == NULL)
        Status = FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "the WDFDEVICE_INIT is not a child's");
    return Status;
}

static NTSTATUS FxPdoCopy(FX_GLOBALS *Globals, PUNICODE_STRING Copy, PCUNICODE_STRING Source)
{
    UNICODE_STRING New = { 0, 0, NULL };

    FX_REQUIRE(Globals, Source);
    New.MaximumLength = Source->Length + sizeof(WCHAR);
    New.Buffer = FxAllocate(Globals, New.MaximumLength);
    if (New.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyUnicodeString(&New, Source);
    FxFree(Copy->Buffer);
    *Copy = New;
    return STATUS_SUCCESS;
}

/* Appends an ID with its terminator. */
static NTSTATUS FxPdoAppend(FX_GLOBALS *Globals, PUNICODE_STRING List, PCUNICODE_STRING Id)
{
    ULONG Bytes;
    PWCHAR New;

    FX_REQUIRE(Globals, Id);
    Bytes = (ULONG)List->Length + Id->Length + sizeof(WCHAR);
    if (Bytes > MAXUSHORT)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "the list of IDs is too long");
    New = FxAllocate(Globals, Bytes);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(New, List->Buffer, List->Length);
    RtlCopyMemory((PUCHAR)New + List->Length, Id->Buffer, Id->Length);
    FxFree(List->Buffer);
    List->Buffer = New;
    List->Length = List->MaximumLength = (USHORT)Bytes;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfPdoInitAllocate);
PWDFDEVICE_INIT NTAPI imp_WdfPdoInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE ParentDevice)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Parent = FxDeviceFromHandle(DriverGlobals, ParentDevice);
    FX_DEVICE_INIT *Init;

    if (!NT_SUCCESS(FxCheckIrql(Globals, PASSIVE_LEVEL)))
        return NULL;
    if (Parent->Children == NULL) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "the device can have no children");
        return NULL;
    }
    Init = FxDeviceInitAllocate(Globals, FxDeviceBus);
    if (Init == NULL)
        return NULL;
    Init->Parent = Parent;
    Init->Settings.PowerPageable = Parent->Settings.PowerPageable;
    Init->PdoInit = FxPdoAllocate(Parent);
    if (Init->PdoInit == NULL) {
        FxDeviceInitFree(Init);
        return NULL;
    }
    return (PWDFDEVICE_INIT)Init;
}

WDF_DDI(WdfPdoInitSetEventCallbacks);
VOID NTAPI imp_WdfPdoInitSetEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           PWDF_PDO_EVENT_CALLBACKS DispatchTable)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_PDO_EVENT_CALLBACKS Callbacks;
    FX_PDO *Pdo;

    if (NT_SUCCESS(FxPdoInitOf(Globals, DeviceInit, &Pdo)) &&
        NT_SUCCESS(FxCaptureConfig(Globals, "WDF_PDO_EVENT_CALLBACKS", &Callbacks, sizeof(Callbacks), DispatchTable)))
        FxInitOf(DeviceInit)->Settings.Pdo = Callbacks;
}

WDF_DDI(WdfPdoInitAssignDeviceID);
NTSTATUS NTAPI imp_WdfPdoInitAssignDeviceID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                            PCUNICODE_STRING DeviceID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PDO *Pdo;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    return NT_SUCCESS(Status) ? FxPdoCopy(Globals, &Pdo->DeviceId, DeviceID) : Status;
}

WDF_DDI(WdfPdoInitAssignInstanceID);
NTSTATUS NTAPI imp_WdfPdoInitAssignInstanceID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                              PCUNICODE_STRING InstanceID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PDO *Pdo;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    return NT_SUCCESS(Status) ? FxPdoCopy(Globals, &Pdo->InstanceId, InstanceID) : Status;
}

WDF_DDI(WdfPdoInitAssignContainerID);
NTSTATUS NTAPI imp_WdfPdoInitAssignContainerID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                               PCUNICODE_STRING ContainerID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PDO *Pdo;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    return NT_SUCCESS(Status) ? FxPdoCopy(Globals, &Pdo->ContainerId, ContainerID) : Status;
}

WDF_DDI(WdfPdoInitAddHardwareID);
NTSTATUS NTAPI imp_WdfPdoInitAddHardwareID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           PCUNICODE_STRING HardwareID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PDO *Pdo;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    return NT_SUCCESS(Status) ? FxPdoAppend(Globals, &Pdo->HardwareIds, HardwareID) : Status;
}

WDF_DDI(WdfPdoInitAddCompatibleID);
NTSTATUS NTAPI imp_WdfPdoInitAddCompatibleID(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             PCUNICODE_STRING CompatibleID)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PDO *Pdo;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    return NT_SUCCESS(Status) ? FxPdoAppend(Globals, &Pdo->CompatibleIds, CompatibleID) : Status;
}

WDF_DDI(WdfPdoInitAddDeviceText);
NTSTATUS NTAPI imp_WdfPdoInitAddDeviceText(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           PCUNICODE_STRING DeviceDescription, PCUNICODE_STRING DeviceLocation,
                                           LCID LocaleId)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PDO *Pdo;
    FX_TEXT *Text;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    if (!NT_SUCCESS(Status))
        return Status;
    Text = FxAllocate(Globals, sizeof(*Text));
    if (Text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Text->Locale = LocaleId;
    Text->Next = Pdo->Texts;
    Pdo->Texts = Text; /* freed with the others, also when a string is missing */
    Status = FxPdoCopy(Globals, &Text->Description, DeviceDescription);
    return NT_SUCCESS(Status) ? FxPdoCopy(Globals, &Text->Location, DeviceLocation) : Status;
}

WDF_DDI(WdfPdoInitSetDefaultLocale);
VOID NTAPI imp_WdfPdoInitSetDefaultLocale(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, LCID LocaleId)
{
    FX_PDO *Pdo;

    if (NT_SUCCESS(FxPdoInitOf(FxGlobalsOf(DriverGlobals), DeviceInit, &Pdo)))
        Pdo->DefaultLocale = LocaleId;
}

WDF_DDI(WdfPdoInitAssignRawDevice);
NTSTATUS NTAPI imp_WdfPdoInitAssignRawDevice(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             CONST GUID *DeviceClassGuid)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE_INIT *Init = FxInitOf(DeviceInit);
    FX_PDO *Pdo;
    NTSTATUS Status = FxPdoInitOf(Globals, DeviceInit, &Pdo);

    FX_REQUIRE(Globals, DeviceClassGuid);
    if (!NT_SUCCESS(Status))
        return STATUS_INVALID_PARAMETER;
    Pdo->IsRaw = TRUE;
    Init->ClassGuid = *DeviceClassGuid;
    Init->HasClassGuid = TRUE;
    if (!Init->Settings.PowerPolicyOwnershipSet)
        Init->Settings.IsPowerPolicyOwner = TRUE;
    return STATUS_SUCCESS;
}

WDF_DDI(WdfPdoInitAllowForwardingRequestToParent);
VOID NTAPI imp_WdfPdoInitAllowForwardingRequestToParent(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FX_PDO *Pdo;

    if (NT_SUCCESS(FxPdoInitOf(FxGlobalsOf(DriverGlobals), DeviceInit, &Pdo)))
        Pdo->ForwardsToParent = TRUE;
}

WDF_DDI(WdfPdoInitRemovePowerDependencyOnParent);
VOID NTAPI imp_WdfPdoInitRemovePowerDependencyOnParent(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    FX_PDO *Pdo;

    if (NT_SUCCESS(FxPdoInitOf(FxGlobalsOf(DriverGlobals), DeviceInit, &Pdo)))
        Pdo->NoParentPower = TRUE;
}

BOOLEAN FxPdoForwards(FX_DEVICE *Device)
{
    return Device->Child != NULL && Device->Child->ForwardsToParent;
}

/* ---- the child exists ---- */

/* NULL with a mistake for any other device. */
static FX_PDO *FxPdoOrMistake(FX_DEVICE *Device)
{
    if (Device->Child == NULL)
        FxMistake(Device->Object.Globals, STATUS_INVALID_PARAMETER, "the device is no child of a bus");
    return Device->Child;
}

WDF_DDI(WdfPdoGetParent);
WDFDEVICE NTAPI imp_WdfPdoGetParent(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    FX_PDO *Pdo = FxPdoOrMistake(FxDeviceFromHandle(DriverGlobals, Device));

    return Pdo != NULL ? FX_HANDLE(WDFDEVICE, Pdo->Parent) : NULL;
}

WDF_DDI(WdfPdoMarkMissing);
NTSTATUS NTAPI imp_WdfPdoMarkMissing(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPdoOrMistake(Device) == NULL)
        return STATUS_INVALID_PARAMETER;
    return FxChildMissing(Device) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

WDF_DDI(WdfPdoRequestEject);
VOID NTAPI imp_WdfPdoRequestEject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPdoOrMistake(Device) != NULL && FxKnownPdo(Device) != NULL)
        IoRequestDeviceEject(Device->Wdm);
}

WDF_DDI(WdfPdoAddEjectionRelationsPhysicalDevice);
NTSTATUS NTAPI imp_WdfPdoAddEjectionRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                            PDEVICE_OBJECT PhysicalDevice)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PDO *Pdo = FxPdoOrMistake(Device);

    return Pdo != NULL ? FxRelationAdd(Device, &Pdo->EjectionRelations, PhysicalDevice) : STATUS_INVALID_PARAMETER;
}

WDF_DDI(WdfPdoRemoveEjectionRelationsPhysicalDevice);
VOID NTAPI imp_WdfPdoRemoveEjectionRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                           PDEVICE_OBJECT PhysicalDevice)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPdoOrMistake(Device) != NULL)
        FxRelationRemove(Device, &Device->Child->EjectionRelations, PhysicalDevice);
}

WDF_DDI(WdfPdoClearEjectionRelationsDevices);
VOID NTAPI imp_WdfPdoClearEjectionRelationsDevices(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPdoOrMistake(Device) != NULL)
        FxRelationsClear(Device, &Device->Child->EjectionRelations);
}

WDF_DDI(WdfDeviceSetBusInformationForChildren);
VOID NTAPI imp_WdfDeviceSetBusInformationForChildren(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                     PPNP_BUS_INFORMATION BusInformation)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    FX_REQUIRE(Device->Object.Globals, BusInformation);
    if (Device->Children == NULL) {
        FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_REQUEST, "bus information of a device without children");
        return;
    }
    Device->Children->BusInformation = *BusInformation;
    Device->Children->HasBusInformation = TRUE;
}

/* ---- the parent's power ---- */

/*
 * A parent that owns its stack's power policy may be idle: a child in D0 keeps it awake. Other parents follow their own
 * stack's requests.
 */
NTSTATUS FxPdoHoldParent(FX_DEVICE *Device)
{
    FX_PDO *Pdo = Device->Child;
    NTSTATUS Status;

    if (Pdo == NULL || Pdo->NoParentPower || Pdo->HoldsParent || !Pdo->Parent->Settings.IsPowerPolicyOwner)
        return STATUS_SUCCESS;
    Status = FxPolicyAwake(Pdo->Parent);
    Pdo->HoldsParent = TRUE;
    return Status;
}

VOID FxPdoReleaseParent(FX_DEVICE *Device)
{
    FX_PDO *Pdo = Device->Child;

    if (Pdo == NULL || !Pdo->HoldsParent)
        return;
    Pdo->HoldsParent = FALSE;
    FxPowerDereference(Pdo->Parent);
}

/* ---- wake at the bus ---- */

static PIRP FxTakeWaitWake(FX_DEVICE *Device)
{
    PIRP Irp;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    Irp = Device->Child->WaitWake;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL)
        Irp = NULL; /* its cancel routine runs, and completes it */
    if (Irp != NULL)
        Device->Child->WaitWake = NULL;
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    return Irp;
}

static VOID FxEndWaitWake(FX_DEVICE *Device, PIRP Irp, NTSTATUS Status)
{
    PoStartNextPowerIrp(Irp);
    FxCompleteIrp(Irp, Status);
    IoReleaseRemoveLock(&Device->RemoveLock, Irp);
}

static VOID NTAPI FxCancelWaitWake(PDEVICE_OBJECT Wdm, PIRP Irp)
{
    FX_DEVICE *Device = FxDeviceOf(Wdm);
    KIRQL Irql;

    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    if (Device->Child->WaitWake == Irp)
        Device->Child->WaitWake = NULL;
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    FxEndWaitWake(Device, Irp, STATUS_CANCELLED);
}

/* Makes the request the pending one. STATUS_DEVICE_BUSY: there is one; STATUS_CANCELLED: cancelled already. */
static NTSTATUS FxKeepWaitWake(FX_DEVICE *Device, PIRP Irp)
{
    NTSTATUS Status = STATUS_PENDING;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    if (Device->Child->WaitWake != NULL) {
        Status = STATUS_DEVICE_BUSY;
    } else {
        IoMarkIrpPending(Irp);
        IoSetCancelRoutine(Irp, FxCancelWaitWake);
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
            Status = STATUS_CANCELLED;
        else
            Device->Child->WaitWake = Irp;
    }
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    return Status;
}

NTSTATUS FxPdoWaitWake(FX_DEVICE *Device, PIRP Irp)
{
    const WDF_DEVICE_POWER_CAPABILITIES *Caps = &Device->Pnp->PowerCaps;
    SYSTEM_POWER_STATE State = IoGetCurrentIrpStackLocation(Irp)->Parameters.WaitWake.PowerState;
    NTSTATUS Status;

    if (Caps->Size == 0 || Caps->DeviceWake <= PowerDeviceD0 || Caps->DeviceWake >= PowerDeviceMaximum)
        Status = STATUS_NOT_SUPPORTED;
    else if (State > PowerSystemWorking && (Caps->SystemWake < State || Caps->SystemWake >= PowerSystemMaximum))
        Status = STATUS_INVALID_DEVICE_STATE;
    else
        Status = FxKeepWaitWake(Device, Irp);
    if (Status == STATUS_PENDING)
        return Status;
    FxEndWaitWake(Device, Irp, Status);
    return Status == STATUS_CANCELLED ? STATUS_PENDING : Status; /* that one was marked pending */
}

VOID FxPdoEnableWake(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_ENABLE_WAKE_AT_BUS EvtEnable = Device->Settings.Pdo.EvtDeviceEnableWakeAtBus;
    SYSTEM_POWER_STATE State = PowerSystemWorking;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    if (Device->Child == NULL)
        return;
    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    Device->Child->WakeEnabled = Device->Child->WaitWake != NULL;
    if (Device->Child->WakeEnabled)
        State = IoGetCurrentIrpStackLocation(Device->Child->WaitWake)->Parameters.WaitWake.PowerState;
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    if (Device->Child->WakeEnabled && EvtEnable != NULL)
        Status = EvtEnable(FX_HANDLE(WDFDEVICE, Device), State);
    if (NT_SUCCESS(Status))
        return;
    FxMistake(Device->Object.Globals, Status, "EvtDeviceEnableWakeAtBus failed");
    FxPdoDisableWake(Device);
    imp_WdfDeviceIndicateWakeStatus(&Device->Object.Globals->Public, FX_HANDLE(WDFDEVICE, Device), Status);
}

VOID FxPdoDisableWake(FX_DEVICE *Device)
{
    PFN_WDF_DEVICE_DISABLE_WAKE_AT_BUS EvtDisable = Device->Settings.Pdo.EvtDeviceDisableWakeAtBus;

    if (Device->Child == NULL || !Device->Child->WakeEnabled)
        return;
    Device->Child->WakeEnabled = FALSE;
    if (EvtDisable != NULL)
        EvtDisable(FX_HANDLE(WDFDEVICE, Device));
}

WDF_DDI(WdfDeviceIndicateWakeStatus);
NTSTATUS NTAPI imp_WdfDeviceIndicateWakeStatus(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                               NTSTATUS WaitWakeStatus)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    PIRP Irp;

    if (WaitWakeStatus == STATUS_PENDING || WaitWakeStatus == STATUS_CANCELLED)
        return FxMistake(Device->Object.Globals, STATUS_INVALID_PARAMETER, "wake status 0x%x", WaitWakeStatus);
    if (Device->Child == NULL)
        return FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_STATE, "wake status of no child of a bus");
    Irp = FxTakeWaitWake(Device);
    if (Irp == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* nobody waits */
    FxEndWaitWake(Device, Irp, WaitWakeStatus);
    return STATUS_SUCCESS;
}
