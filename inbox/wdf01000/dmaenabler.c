/*
 * WDFDMAENABLER: a device's DMA adapters and the callbacks as its power changes [doc: Enabling DMA
 * Transactions; Supporting Power Management for DMA Devices; WdfDmaEnablerCreate]. Leaves out
 * system DMA: the machine has no controller for it.
 */
#include "fx.h"

#include "dma.h"

#define FX_DMA_LONGEST 0x7FFFF000u /* an adapter's MaximumLength has 32 bits */

FX_DMA_CHANNEL *FxEnablerChannel(FX_ENABLER *Enabler, WDF_DMA_DIRECTION Direction)
{
    if (Direction != WdfDmaDirectionReadFromDevice && Direction != WdfDmaDirectionWriteToDevice)
        return NULL;
    return &Enabler->Channel[Enabler->IsDuplex ? Direction : 0];
}

size_t FxEnablerFragment(const FX_ENABLER *Enabler, const FX_DMA_CHANNEL *Channel)
{
    size_t Reached = ((size_t)Channel->MapRegisters - 1) << PAGE_SHIFT;

    return min(Enabler->MaximumLength, Reached);
}

/* ---- power ---- */

static NTSTATUS FxEnablerCall(FX_ENABLER *Enabler, PFN_WDF_DMA_ENABLER_ENABLE Callback)
{
    return Callback != NULL ? Callback(FX_HANDLE(WDFDMAENABLER, Enabler)) : STATUS_SUCCESS;
}

static NTSTATUS FxEnablerEnable(FX_OBJECT *Object)
{
    FX_ENABLER *Enabler = (FX_ENABLER *)Object;
    NTSTATUS Status = FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerFill);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerEnable);
    if (!NT_SUCCESS(Status))
        goto Flush;
    Status = FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerSelfManagedIoStart);
    if (NT_SUCCESS(Status))
        return STATUS_SUCCESS;
    FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerDisable);
Flush:
    FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerFlush);
    return Status;
}

static NTSTATUS FxEnablerDisable(FX_OBJECT *Object)
{
    FX_ENABLER *Enabler = (FX_ENABLER *)Object;
    NTSTATUS Stop = FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerSelfManagedIoStop);
    NTSTATUS Disable = FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerDisable);
    NTSTATUS Flush = FxEnablerCall(Enabler, Enabler->Config.EvtDmaEnablerFlush);

    return !NT_SUCCESS(Stop) ? Stop : !NT_SUCCESS(Disable) ? Disable : Flush;
}

/* ---- life ---- */

static VOID FxEnablerDispose(FX_OBJECT *Object)
{
    FX_ENABLER *Enabler = (FX_ENABLER *)Object;

    if (Enabler->Hook.Object != NULL)
        FxPowerHookRemove(Enabler->Device, &Enabler->Hook);
}

/* Its transactions and common buffers hold it, and they use the adapters. */
static VOID FxEnablerDestroy(FX_OBJECT *Object)
{
    FX_ENABLER *Enabler = (FX_ENABLER *)Object;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Enabler->Channel); i++) {
        PDMA_ADAPTER Adapter = Enabler->Channel[i].Adapter;

        if (Adapter != NULL)
            Adapter->DmaOperations->PutDmaAdapter(Adapter);
    }
}

static const FX_CLASS FxEnablerClass = {
    .Type = FxTypeDmaEnabler,
    .Name = "WDFDMAENABLER",
    .Size = sizeof(FX_ENABLER),
    .Dispose = FxEnablerDispose,
    .Destroy = FxEnablerDestroy,
    .PassiveDispose = TRUE,
    .ClientMayDelete = TRUE,
};

/* ---- creation ---- */

static NTSTATUS FxCheckEnabler(FX_GLOBALS *Globals, const WDF_DMA_ENABLER_CONFIG *Config)
{
    WDF_DMA_PROFILE Profile = Config->Profile;
    BOOLEAN Is32 = Profile == WdfDmaProfilePacket || Profile == WdfDmaProfileScatterGather ||
                   Profile == WdfDmaProfileScatterGatherDuplex;

    if (Profile <= WdfDmaProfileInvalid || Profile > WdfDmaProfileSystemDuplex ||
        Config->MaximumLength == 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a DMA profile or length that is none");
    if (Config->AddressWidthOverride != 0 &&
        (Config->AddressWidthOverride < 24 || Config->AddressWidthOverride > (Is32 ? 32u : 63u) ||
         Profile >= WdfDmaProfileSystem))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "AddressWidthOverride %u with profile %d", Config->AddressWidthOverride,
                         Profile);
    if (Config->WdmDmaVersionOverride != 0 && Config->WdmDmaVersionOverride != 2 &&
        Config->WdmDmaVersionOverride != 3)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WdmDmaVersionOverride %u",
                         Config->WdmDmaVersionOverride);
    if (Profile >= WdfDmaProfileSystem)
        return FxMistake(Globals, STATUS_NOT_SUPPORTED, "there is no system DMA controller");
    return STATUS_SUCCESS;
}

static INTERFACE_TYPE FxBusOf(FX_DEVICE *Device)
{
    INTERFACE_TYPE Type = PCIBus;
    ULONG Length;

    if (Device->Pdo == NULL ||
        !NT_SUCCESS(IoGetDeviceProperty(Device->Pdo, DevicePropertyLegacyBusType, sizeof(Type),
                                        &Type, &Length)))
        return PCIBus;
    return Type;
}

static NTSTATUS FxGetAdapter(FX_ENABLER *Enabler, FX_DMA_CHANNEL *Channel)
{
    DEVICE_DESCRIPTION Description;

    RtlZeroMemory(&Description, sizeof(Description));
    Description.Version =
        Enabler->IsVersion3 ? DEVICE_DESCRIPTION_VERSION3 : DEVICE_DESCRIPTION_VERSION2;
    Description.Master = TRUE;
    Description.ScatterGather = Enabler->IsScatter;
    Description.Dma32BitAddresses = TRUE;
    Description.Dma64BitAddresses = Enabler->Is64;
    Description.DmaAddressWidth = Enabler->Config.AddressWidthOverride;
    if (Enabler->IsVersion3 && Description.DmaAddressWidth == 0)
        Description.DmaAddressWidth = Enabler->Is64 ? 64 : 32;
    Description.InterfaceType = FxBusOf(Enabler->Device);
    Description.MaximumLength = (ULONG)min(Enabler->MaximumLength, FX_DMA_LONGEST);
    Channel->Adapter = IoGetDmaAdapter(Enabler->Device->Pdo, &Description, &Channel->MapRegisters);
    return Channel->Adapter != NULL && Channel->MapRegisters > 1 ? STATUS_SUCCESS
                                                                 : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS FxEnablerInit(FX_ENABLER *Enabler, FX_DEVICE *Device,
                              const WDF_DMA_ENABLER_CONFIG *Config)
{
    WDF_DMA_PROFILE Profile = Config->Profile;
    NTSTATUS Status;

    Enabler->Device = Device;
    Enabler->Config = *Config;
    Enabler->IsScatter = Profile != WdfDmaProfilePacket && Profile != WdfDmaProfilePacket64;
    Enabler->IsDuplex = Profile == WdfDmaProfileScatterGatherDuplex ||
                        Profile == WdfDmaProfileScatterGather64Duplex;
    Enabler->Is64 = Profile == WdfDmaProfilePacket64 || Profile == WdfDmaProfileScatterGather64 ||
                    Profile == WdfDmaProfileScatterGather64Duplex;
    Enabler->IsVersion3 = Config->WdmDmaVersionOverride == 3 || Config->AddressWidthOverride != 0;
    Enabler->MaximumLength = Config->MaximumLength;
    Enabler->MaximumElements = WDF_DMA_ENABLER_UNLIMITED_FRAGMENTS;
    Enabler->Alignment = Device->Wdm->AlignmentRequirement;
    Status = FxGetAdapter(Enabler, &Enabler->Channel[0]);
    if (NT_SUCCESS(Status) && Enabler->IsDuplex)
        Status = FxGetAdapter(Enabler, &Enabler->Channel[1]);
    return Status;
}

WDF_DDI_PARTIAL(WdfDmaEnablerCreate, "system-mode profiles: there is no system DMA controller");
NTSTATUS NTAPI imp_WdfDmaEnablerCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE DeviceHandle,
                                       PWDF_DMA_ENABLER_CONFIG Configuration,
                                       PWDF_OBJECT_ATTRIBUTES Attributes, WDFDMAENABLER *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, DeviceHandle);
    WDF_DMA_ENABLER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Own;
    FX_ENABLER *Enabler;
    FX_OBJECT *Object;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_DMA_ENABLER_CONFIG", &Config, sizeof(Config),
                                 Configuration);
    if (NT_SUCCESS(Status))
        Status = FxCheckEnabler(Globals, &Config);
    if (NT_SUCCESS(Status))
        Status = FxCheckAttributes(Globals, Attributes);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Attributes != NULL) {
        Own = *Attributes;
        Own.ParentObject = NULL; /* [doc] ignored: the parent is always the device */
        Attributes = &Own;
    }
    Status = FxObjectCreate(Globals, &FxEnablerClass, Attributes, &Device->Object, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Enabler = (FX_ENABLER *)Object;
    Status = FxEnablerInit(Enabler, Device, &Config);
    if (NT_SUCCESS(Status))
        Status = FxObjectCommit(Object);
    if (!NT_SUCCESS(Status)) {
        FxObjectAbandon(Object);
        return Status;
    }
    Enabler->Hook = (FX_POWER_HOOK){
        .Object = Object, .EnableDma = FxEnablerEnable, .DisableDma = FxEnablerDisable};
    FxPowerHookInsert(Device, &Enabler->Hook);
    *Handle = FX_HANDLE(WDFDMAENABLER, Enabler);
    return STATUS_SUCCESS;
}

WDF_DDI_PARTIAL(WdfDmaEnablerConfigureSystemProfile, "system DMA: it is refused");
NTSTATUS NTAPI imp_WdfDmaEnablerConfigureSystemProfile(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                       WDFDMAENABLER Handle,
                                                       PWDF_DMA_SYSTEM_PROFILE_CONFIG ProfileConfig,
                                                       WDF_DMA_DIRECTION ConfigDirection)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_ENABLER *Enabler = FxEnablerFromHandle(DriverGlobals, Handle);

    if (ProfileConfig == NULL || FxEnablerChannel(Enabler, ConfigDirection) == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "no system profile, or a direction that is none");
    if (ProfileConfig->Size != sizeof(*ProfileConfig))
        return FxMistake(Globals, STATUS_INFO_LENGTH_MISMATCH,
                         "WDF_DMA_SYSTEM_PROFILE_CONFIG size 0x%x", ProfileConfig->Size);
    if (ProfileConfig->DmaDescriptor == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER,
                         "a system profile without DmaDescriptor");
    return FxMistake(Globals, STATUS_NOT_SUPPORTED, "there is no system DMA controller");
}

/* ---- what it is ---- */

WDF_DDI(WdfDmaEnablerGetMaximumLength);
size_t NTAPI imp_WdfDmaEnablerGetMaximumLength(PWDF_DRIVER_GLOBALS DriverGlobals,
                                               WDFDMAENABLER Handle)
{
    return FxEnablerFromHandle(DriverGlobals, Handle)->MaximumLength;
}

WDF_DDI(WdfDmaEnablerGetFragmentLength);
size_t NTAPI imp_WdfDmaEnablerGetFragmentLength(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                WDFDMAENABLER Handle,
                                                WDF_DMA_DIRECTION DmaDirection)
{
    FX_ENABLER *Enabler = FxEnablerFromHandle(DriverGlobals, Handle);
    FX_DMA_CHANNEL *Channel = FxEnablerChannel(Enabler, DmaDirection);

    return Channel != NULL ? FxEnablerFragment(Enabler, Channel) : 0;
}

WDF_DDI(WdfDmaEnablerWdmGetDmaAdapter);
PDMA_ADAPTER NTAPI imp_WdfDmaEnablerWdmGetDmaAdapter(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                     WDFDMAENABLER Handle,
                                                     WDF_DMA_DIRECTION DmaDirection)
{
    FX_DMA_CHANNEL *Channel =
        FxEnablerChannel(FxEnablerFromHandle(DriverGlobals, Handle), DmaDirection);

    return Channel != NULL ? Channel->Adapter : NULL;
}

WDF_DDI(WdfDmaEnablerGetMaximumScatterGatherElements);
size_t NTAPI imp_WdfDmaEnablerGetMaximumScatterGatherElements(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                              WDFDMAENABLER Handle)
{
    return FxEnablerFromHandle(DriverGlobals, Handle)->MaximumElements;
}

WDF_DDI(WdfDmaEnablerSetMaximumScatterGatherElements);
VOID NTAPI imp_WdfDmaEnablerSetMaximumScatterGatherElements(PWDF_DRIVER_GLOBALS DriverGlobals,
                                                            WDFDMAENABLER Handle,
                                                            size_t MaximumElements)
{
    FX_ENABLER *Enabler = FxEnablerFromHandle(DriverGlobals, Handle);

    if (MaximumElements == 0) {
        FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_PARAMETER,
                  "a scatter/gather list of no element");
        return;
    }
    Enabler->MaximumElements = MaximumElements;
}
