/*
 * What a driver tells the framework about a device's state and abilities, and the states that it may ask for [doc: the
 * WdfDeviceSetXxx and WdfDeviceGetXxx pages].
 */
#include "fx.h"

#include "pnp.h"

/* The device's PnP part; a control device has none: WDF_INVALID_HANDLE would be too harsh, so a mistake and NULL. */
static FX_PNP *FxPnpOf(FX_DEVICE *Device)
{
    if (Device->Pnp == NULL)
        FxMistake(Device->Object.Globals, STATUS_INVALID_DEVICE_REQUEST, "a control device has no PnP state");
    return Device->Pnp;
}

PDEVICE_OBJECT FxKnownPdo(FX_DEVICE *Device)
{
    if (Device->Kind == FxDeviceFunction || Device->Kind == FxDeviceMiniport)
        return Device->Pdo;
    return Device->Pnp != NULL && Device->Pnp->IsEnumerated ? Device->Pdo : NULL;
}

static VOID FxStateChanged(FX_DEVICE *Device)
{
    if (FxKnownPdo(Device) != NULL && !Device->Initializing)
        IoInvalidateDeviceState(Device->Pdo);
}

VOID FxPnpFail(FX_DEVICE *Device, WDF_DEVICE_FAILED_ACTION Action)
{
    FX_PNP *Pnp = Device->Pnp;

    FxLog(Device->Object.Globals, "device %p has failed", FX_HANDLE(WDFDEVICE, Device));
    if (!Pnp->HasFailed)
        Pnp->FailedAction = Action; /* what the driver said first holds */
    Pnp->HasFailed = TRUE;
    if (Pnp->FailedAction != WdfDeviceFailedAttemptRestart || !FxRestartBegin(Device))
        FxStateChanged(Device);
}

WDF_DDI_PARTIAL(WdfDeviceSetFailed, "a restart by a bus that has no interface for it");
VOID NTAPI imp_WdfDeviceSetFailed(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                  WDF_DEVICE_FAILED_ACTION FailedAction)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FailedAction != WdfDeviceFailedAttemptRestart && FailedAction != WdfDeviceFailedNoRestart)
        FxMistake(Device->Object.Globals, STATUS_INVALID_PARAMETER, "WdfDeviceSetFailed: action %d", FailedAction);
    else if (FxPnpOf(Device) != NULL) {
        if (FailedAction == WdfDeviceFailedAttemptRestart && Device->Pnp->Reenumerate.Size == 0)
            FxMistake(Device->Object.Globals, STATUS_NOT_SUPPORTED,
                      "WdfDeviceSetFailed: the bus does not restart the device");
        FxPnpFail(Device, FailedAction);
    }
}

WDF_DDI(WdfDeviceSetStaticStopRemove);
VOID NTAPI imp_WdfDeviceSetStaticStopRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle, BOOLEAN Stoppable)
{
    FX_PNP *Pnp = FxPnpOf(FxDeviceFromHandle(DriverGlobals, Handle));

    if (Pnp == NULL)
        return;
    if (!Stoppable)
        InterlockedIncrement(&Pnp->Static);
    else if (InterlockedDecrement(&Pnp->Static) < 0) {
        InterlockedIncrement(&Pnp->Static);
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_DEVICE_STATE,
                  "WdfDeviceSetStaticStopRemove(TRUE) without a FALSE before it");
    }
}

WDF_DDI(WdfDeviceSetDeviceState);
VOID NTAPI imp_WdfDeviceSetDeviceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                       PWDF_DEVICE_STATE DeviceState)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PNP *Pnp = FxPnpOf(Device);
    WDF_DEVICE_STATE State;
    KIRQL Irql;

    if (Pnp == NULL ||
        !NT_SUCCESS(FxCaptureConfig(Globals, "WDF_DEVICE_STATE", &State, sizeof(State), DeviceState)))
        return;
    if (DeviceState->Size < sizeof(State))
        State.AssignedToGuest = WdfUseDefault;
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->DeviceState = State;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    FxStateChanged(Device);
}

WDF_DDI(WdfDeviceGetDeviceState);
VOID NTAPI imp_WdfDeviceGetDeviceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                       PWDF_DEVICE_STATE DeviceState)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PNP *Pnp = FxPnpOf(FxDeviceFromHandle(DriverGlobals, Handle));
    ULONG Size;
    KIRQL Irql;

    FX_REQUIRE(Globals, DeviceState);
    Size = DeviceState->Size;
    if (!FxSizeIsKnown(Globals, "WDF_DEVICE_STATE", Size)) {
        FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH, "WDF_DEVICE_STATE size 0x%x", Size);
        return;
    }
    if (Pnp == NULL)
        return;
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    RtlCopyMemory(DeviceState, &Pnp->DeviceState, Size);
    KeReleaseSpinLock(&Pnp->Lock, Irql);
    DeviceState->Size = Size;
}

WDF_DDI(WdfDeviceSetPnpCapabilities);
VOID NTAPI imp_WdfDeviceSetPnpCapabilities(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                           PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PNP *Pnp = FxPnpOf(FxDeviceFromHandle(DriverGlobals, Handle));
    WDF_DEVICE_PNP_CAPABILITIES Capabilities;
    KIRQL Irql;

    if (Pnp == NULL || !NT_SUCCESS(FxCaptureConfig(Globals, "WDF_DEVICE_PNP_CAPABILITIES", &Capabilities,
                                                   sizeof(Capabilities), PnpCapabilities)))
        return;
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->PnpCaps = Capabilities;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
}

WDF_DDI(WdfDeviceSetPowerCapabilities);
VOID NTAPI imp_WdfDeviceSetPowerCapabilities(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                             PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_PNP *Pnp = FxPnpOf(FxDeviceFromHandle(DriverGlobals, Handle));
    WDF_DEVICE_POWER_CAPABILITIES Capabilities;
    KIRQL Irql;

    if (Pnp == NULL || !NT_SUCCESS(FxCaptureConfig(Globals, "WDF_DEVICE_POWER_CAPABILITIES", &Capabilities,
                                                   sizeof(Capabilities), PowerCapabilities)))
        return;
    if (Capabilities.IdealDxStateForSx == PowerDeviceD0) {
        FxMistake(Globals, STATUS_INVALID_PARAMETER, "IdealDxStateForSx is D0");
        return;
    }
    KeAcquireSpinLock(&Pnp->Lock, &Irql);
    Pnp->PowerCaps = Capabilities;
    KeReleaseSpinLock(&Pnp->Lock, Irql);
}

/* ---- states ---- */

static ULONG FxMachineState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle, FX_MACHINE Machine)
{
    FX_PNP *Pnp = FxPnpOf(FxDeviceFromHandle(DriverGlobals, Handle));

    return Pnp != NULL ? Pnp->State[Machine] : 0; /* the invalid state of each machine */
}

WDF_DDI(WdfDeviceGetDevicePnpState);
WDF_DEVICE_PNP_STATE NTAPI imp_WdfDeviceGetDevicePnpState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return (WDF_DEVICE_PNP_STATE)FxMachineState(DriverGlobals, Device, FxMachinePnp);
}

WDF_DDI(WdfDeviceGetDevicePowerState);
WDF_DEVICE_POWER_STATE NTAPI imp_WdfDeviceGetDevicePowerState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return (WDF_DEVICE_POWER_STATE)FxMachineState(DriverGlobals, Device, FxMachinePower);
}

WDF_DDI(WdfDeviceGetDevicePowerPolicyState);
WDF_DEVICE_POWER_POLICY_STATE NTAPI imp_WdfDeviceGetDevicePowerPolicyState(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                                           WDFDEVICE Device)
{
    return (WDF_DEVICE_POWER_POLICY_STATE)FxMachineState(DriverGlobals, Device, FxMachinePolicy);
}

/* ---- devices that go with this one ---- */

NTSTATUS FxRelationAdd(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_OBJECT Other)
{
    FX_RELATION *Relation;

    if (Other == NULL)
        return FxMistake(Device->Object.Globals, STATUS_INVALID_PARAMETER, "a relation with no device");
    Relation = FxAllocate(Device->Object.Globals, sizeof(*Relation));
    if (Relation == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObReferenceObject(Other);
    Relation->Device = Other;
    ExInterlockedInsertTailList(List, &Relation->Link, &Device->Pnp->Lock);
    return STATUS_SUCCESS;
}

/* Takes Other, or any when it is NULL, from the list. FALSE: it is not there. */
static BOOLEAN FxRelationTake(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_OBJECT Other)
{
    FX_RELATION *Found = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->Pnp->Lock, &Irql);
    for (PLIST_ENTRY Link = List->Flink; Link != List && Found == NULL; Link = Link->Flink) {
        FX_RELATION *Relation = CONTAINING_RECORD(Link, FX_RELATION, Link);

        if (Other == NULL || Relation->Device == Other)
            Found = Relation;
    }
    if (Found != NULL)
        RemoveEntryList(&Found->Link);
    KeReleaseSpinLock(&Device->Pnp->Lock, Irql);
    if (Found == NULL)
        return FALSE;
    ObDereferenceObject(Found->Device);
    FxFree(Found);
    return TRUE;
}

VOID FxRelationRemove(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_OBJECT Other)
{
    FX_REQUIRE(Device->Object.Globals, Other);
    if (!FxRelationTake(Device, List, Other))
        FxMistake(Device->Object.Globals, STATUS_NOT_FOUND, "device object %p is no relation", Other);
}

VOID FxRelationsClear(FX_DEVICE *Device, PLIST_ENTRY List)
{
    while (FxRelationTake(Device, List, NULL))
        continue;
}

WDF_DDI(WdfDeviceAddRemovalRelationsPhysicalDevice);
NTSTATUS NTAPI imp_WdfDeviceAddRemovalRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                              PDEVICE_OBJECT PhysicalDevice)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PNP *Pnp = FxPnpOf(Device);

    return Pnp != NULL ? FxRelationAdd(Device, &Pnp->RemovalRelations, PhysicalDevice) : STATUS_INVALID_DEVICE_REQUEST;
}

WDF_DDI(WdfDeviceRemoveRemovalRelationsPhysicalDevice);
VOID NTAPI imp_WdfDeviceRemoveRemovalRelationsPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                             PDEVICE_OBJECT PhysicalDevice)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPnpOf(Device) != NULL)
        FxRelationRemove(Device, &Device->Pnp->RemovalRelations, PhysicalDevice);
}

WDF_DDI(WdfDeviceClearRemovalRelationsDevices);
VOID NTAPI imp_WdfDeviceClearRemovalRelationsDevices(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPnpOf(Device) != NULL)
        FxRelationsClear(Device, &Device->Pnp->RemovalRelations);
}

WDF_DDI(WdfDeviceAddDependentUsageDeviceObject);
NTSTATUS NTAPI imp_WdfDeviceAddDependentUsageDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                          PDEVICE_OBJECT DependentDevice)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PNP *Pnp = FxPnpOf(Device);

    return Pnp != NULL ? FxRelationAdd(Device, &Pnp->UsageDependents, DependentDevice) : STATUS_INVALID_DEVICE_REQUEST;
}

WDF_DDI(WdfDeviceRemoveDependentUsageDeviceObject);
VOID NTAPI imp_WdfDeviceRemoveDependentUsageDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                         PDEVICE_OBJECT DependentDevice)
{
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);

    if (FxPnpOf(Device) != NULL)
        FxRelationRemove(Device, &Device->Pnp->UsageDependents, DependentDevice);
}

WDF_DDI(WdfDeviceSetSpecialFileSupport);
VOID NTAPI imp_WdfDeviceSetSpecialFileSupport(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                              WDF_SPECIAL_FILE_TYPE FileType, BOOLEAN FileTypeIsSupported)
{
    FX_PNP *Pnp = FxPnpOf(FxDeviceFromHandle(DriverGlobals, Handle));

    if (FileType <= WdfSpecialFileUndefined || FileType >= WdfSpecialFileMax)
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_PARAMETER, "special file type %d", FileType);
    else if (Pnp != NULL)
        Pnp->SpecialSupported[FileType] = FileTypeIsSupported;
}
