/*
 * WMI: WDFWMIPROVIDER, a data block of a device; WDFWMIINSTANCE, one instance of it; and the requests that WMI sends for them
 * [doc: Supporting WMI in Framework-Based Drivers; wdfwmi.h]. Instances are named after the PDO. The structures that WMI
 * exchanges are the WMI library's work (inbox/wmilib), whose code is linked in. Not modelled: trace GUIDs (a tracing handle
 * is always 0), registration above PASSIVE_LEVEL (refused).
 */
#include "wmi.h"

#include <wmistr.h>
#include <wmilib.h>

#define FX_WMI_ALIGN(Bytes) (((Bytes) + 7u) & ~7u)

typedef struct _FX_PROVIDER {
    FX_OBJECT Object;
    LIST_ENTRY Link;      /* Device->WmiProviders; Device->WmiLock */
    LIST_ENTRY Instances; /* registered ones, in the order of their indices; Device->WmiLock */
    WDF_WMI_PROVIDER_CONFIG Config;
    BOOLEAN Enabled[WdfWmiInstanceControl + 1]; /* by WDF_WMI_PROVIDER_CONTROL; written by requests of WMI, one at a time */
} FX_PROVIDER;

typedef struct _FX_INSTANCE {
    FX_OBJECT Object;
    FX_PROVIDER *Provider;
    LIST_ENTRY Link;      /* Provider->Instances; Device->WmiLock */
    BOOLEAN IsRegistered; /* Device->WmiLock */
    WDF_WMI_INSTANCE_CONFIG Config;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO DataType; /* UseContextForQuery: whose context is the data */
    ULONG DataBytes;
} FX_INSTANCE;

/* ---- registration ---- */

static VOID FxWmiControl(FX_DEVICE *Device, ULONG Action)
{
    NTSTATUS Status = IoWMIRegistrationControl(Device->Wdm, Action);

    if (!NT_SUCCESS(Status))
        FxLog(Device->Object.Globals, "WMI registration, action %u: 0x%08X", Action, Status);
}

/* Providers or instances have changed. PASSIVE_LEVEL. */
static VOID FxWmiChanged(FX_DEVICE *Device)
{
    if (!Device->WmiStarted)
        return;
    FxWmiControl(Device, Device->WmiRegistered ? WMIREG_ACTION_UPDATE_GUIDS : WMIREG_ACTION_REGISTER);
    Device->WmiRegistered = TRUE;
}

VOID FxWmiEnable(FX_DEVICE *Device, BOOLEAN Enable)
{
    Device->WmiStarted = Enable;
    if (Enable && (!IsListEmpty(&Device->WmiProviders) || Device->MofName.Length != 0))
        FxWmiChanged(Device);
    if (!Enable && Device->WmiRegistered) {
        FxWmiControl(Device, WMIREG_ACTION_DEREGISTER);
        Device->WmiRegistered = FALSE;
    }
}

VOID FxWmiFree(FX_DEVICE *Device)
{
    if (Device->MofName.Buffer != NULL)
        FxFree(Device->MofName.Buffer);
}

/* ---- finding ---- */

static FX_PROVIDER *FxWmiFindLocked(FX_DEVICE *Device, const GUID *Guid)
{
    for (PLIST_ENTRY Link = Device->WmiProviders.Flink; Link != &Device->WmiProviders; Link = Link->Flink) {
        FX_PROVIDER *Provider = CONTAINING_RECORD(Link, FX_PROVIDER, Link);

        if (RtlEqualMemory(&Provider->Config.Guid, Guid, sizeof(*Guid)))
            return Provider;
    }
    return NULL;
}

/* The provider that a request of WMI names, referenced; NULL: it is gone. */
static FX_PROVIDER *FxWmiTakeProvider(FX_DEVICE *Device, PIRP Irp)
{
    FX_PROVIDER *Provider;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->WmiLock, &Irql);
    Provider = FxWmiFindLocked(Device, IoGetCurrentIrpStackLocation(Irp)->Parameters.WMI.DataPath);
    if (Provider != NULL)
        FxObjectReference(&Provider->Object);
    KeReleaseSpinLock(&Device->WmiLock, Irql);
    return Provider;
}

/* Its Index-th instance, referenced; NULL: there is none. */
static FX_INSTANCE *FxWmiTakeInstance(FX_DEVICE *Device, PIRP Irp, ULONG Index)
{
    FX_INSTANCE *Instance = NULL;
    FX_PROVIDER *Provider;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->WmiLock, &Irql);
    Provider = FxWmiFindLocked(Device, IoGetCurrentIrpStackLocation(Irp)->Parameters.WMI.DataPath);
    for (PLIST_ENTRY Link = Provider != NULL ? Provider->Instances.Flink : NULL;
         Link != NULL && Link != &Provider->Instances; Link = Link->Flink)
        if (Index-- == 0) {
            Instance = CONTAINING_RECORD(Link, FX_INSTANCE, Link);
            FxObjectReference(&Instance->Object);
            break;
        }
    KeReleaseSpinLock(&Device->WmiLock, Irql);
    return Instance;
}

static ULONG FxWmiCountLocked(const FX_PROVIDER *Provider)
{
    ULONG Count = 0;

    for (PLIST_ENTRY Link = Provider->Instances.Flink; Link != &Provider->Instances; Link = Link->Flink)
        Count++;
    return Count;
}

/* ---- what the WMI library calls ---- */

static NTSTATUS NTAPI FxWmiRegInfo(PDEVICE_OBJECT Wdm, PULONG Flags, PUNICODE_STRING InstanceName,
                                   PUNICODE_STRING *RegistryPath, PUNICODE_STRING MofName, PDEVICE_OBJECT *Pdo)
{
    FX_DEVICE *Device = FxDeviceOf(Wdm);

    UNREFERENCED_PARAMETER(InstanceName);
    *Flags = WMIREG_FLAG_INSTANCE_PDO;
    *RegistryPath = &Device->Object.Globals->RegistryPath;
    *MofName = Device->MofName;
    *Pdo = Device->Pdo;
    return STATUS_SUCCESS;
}

/* *Bytes: how many the data have, also when they do not fit. */
static NTSTATUS FxWmiQueryOne(FX_INSTANCE *Instance, ULONG Room, PUCHAR Buffer, ULONG *Bytes)
{
    PFN_WDF_WMI_INSTANCE_QUERY_INSTANCE EvtQuery = Instance->Config.EvtWmiInstanceQueryInstance;

    *Bytes = Instance->Config.UseContextForQuery ? Instance->DataBytes : Instance->Provider->Config.MinInstanceBufferSize;
    if (!Instance->Config.UseContextForQuery && EvtQuery == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* write-only */
    if (Buffer == NULL || Room < *Bytes)
        return STATUS_BUFFER_TOO_SMALL;
    if (!Instance->Config.UseContextForQuery)
        return EvtQuery(FX_HANDLE(WDFWMIINSTANCE, Instance), Room, Buffer, Bytes);
    RtlCopyMemory(Buffer, FxObjectContext(&Instance->Object, Instance->DataType), *Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI FxWmiQueryData(PDEVICE_OBJECT Wdm, PIRP Irp, ULONG GuidIndex, ULONG First, ULONG Count,
                                     PULONG Lengths, ULONG Room, PUCHAR Buffer)
{
    ULONG Used = 0, Bytes;
    NTSTATUS Status = STATUS_SUCCESS, One;

    UNREFERENCED_PARAMETER(GuidIndex);
    for (ULONG i = 0; i < Count && (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL); i++) {
        FX_INSTANCE *Instance = FxWmiTakeInstance(FxDeviceOf(Wdm), Irp, First + i);

        if (Instance == NULL) {
            Status = STATUS_WMI_INSTANCE_NOT_FOUND;
            break;
        }
        Used = FX_WMI_ALIGN(Used);
        One = FxWmiQueryOne(Instance, Used < Room ? Room - Used : 0, Lengths != NULL ? Buffer + Used : NULL, &Bytes);
        FxObjectDereference(&Instance->Object);
        if (Lengths != NULL)
            Lengths[i] = Bytes;
        Used += Bytes;
        if (!NT_SUCCESS(One))
            Status = One;
    }
    return WmiCompleteRequest(Wdm, Irp, Status, Used, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI FxWmiSetData(PDEVICE_OBJECT Wdm, PIRP Irp, ULONG GuidIndex, ULONG Index, ULONG Bytes, PUCHAR Buffer)
{
    FX_INSTANCE *Instance = FxWmiTakeInstance(FxDeviceOf(Wdm), Irp, Index);
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;

    UNREFERENCED_PARAMETER(GuidIndex);
    if (Instance != NULL) {
        PFN_WDF_WMI_INSTANCE_SET_INSTANCE EvtSet = Instance->Config.EvtWmiInstanceSetInstance;

        if (EvtSet == NULL)
            Status = STATUS_WMI_READ_ONLY;
        else if (Bytes < Instance->Provider->Config.MinInstanceBufferSize)
            Status = STATUS_BUFFER_TOO_SMALL;
        else
            Status = EvtSet(FX_HANDLE(WDFWMIINSTANCE, Instance), Bytes, Buffer);
        FxObjectDereference(&Instance->Object);
    }
    return WmiCompleteRequest(Wdm, Irp, Status, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI FxWmiSetItem(PDEVICE_OBJECT Wdm, PIRP Irp, ULONG GuidIndex, ULONG Index, ULONG Item, ULONG Bytes,
                                   PUCHAR Buffer)
{
    FX_INSTANCE *Instance = FxWmiTakeInstance(FxDeviceOf(Wdm), Irp, Index);
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;

    UNREFERENCED_PARAMETER(GuidIndex);
    if (Instance != NULL) {
        PFN_WDF_WMI_INSTANCE_SET_ITEM EvtSet = Instance->Config.EvtWmiInstanceSetItem;

        Status = EvtSet == NULL ? STATUS_WMI_READ_ONLY : EvtSet(FX_HANDLE(WDFWMIINSTANCE, Instance), Item, Bytes, Buffer);
        FxObjectDereference(&Instance->Object);
    }
    return WmiCompleteRequest(Wdm, Irp, Status, 0, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI FxWmiExecute(PDEVICE_OBJECT Wdm, PIRP Irp, ULONG GuidIndex, ULONG Index, ULONG Method, ULONG InBytes,
                                   ULONG OutBytes, PUCHAR Buffer)
{
    FX_INSTANCE *Instance = FxWmiTakeInstance(FxDeviceOf(Wdm), Irp, Index);
    NTSTATUS Status = STATUS_WMI_INSTANCE_NOT_FOUND;
    ULONG Used = 0;

    UNREFERENCED_PARAMETER(GuidIndex);
    if (Instance != NULL) {
        PFN_WDF_WMI_INSTANCE_EXECUTE_METHOD EvtExecute = Instance->Config.EvtWmiInstanceExecuteMethod;

        Status = EvtExecute == NULL ? STATUS_INVALID_DEVICE_REQUEST
                 : EvtExecute(FX_HANDLE(WDFWMIINSTANCE, Instance), Method, InBytes, OutBytes, Buffer, &Used);
        FxObjectDereference(&Instance->Object);
    }
    return WmiCompleteRequest(Wdm, Irp, Status, Used, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI FxWmiFunctionControl(PDEVICE_OBJECT Wdm, PIRP Irp, ULONG GuidIndex, WMIENABLEDISABLECONTROL Function,
                                           BOOLEAN Enable)
{
    WDF_WMI_PROVIDER_CONTROL Control = Function == WmiEventControl ? WdfWmiEventControl : WdfWmiInstanceControl;
    FX_PROVIDER *Provider = FxWmiTakeProvider(FxDeviceOf(Wdm), Irp);
    NTSTATUS Status = STATUS_WMI_GUID_NOT_FOUND;

    UNREFERENCED_PARAMETER(GuidIndex);
    if (Provider != NULL) {
        PFN_WDF_WMI_PROVIDER_FUNCTION_CONTROL EvtControl = Provider->Config.EvtWmiProviderFunctionControl;

        Provider->Enabled[Control] = Enable;
        Status = EvtControl == NULL ? STATUS_SUCCESS : EvtControl(FX_HANDLE(WDFWMIPROVIDER, Provider), Control, Enable);
        FxObjectDereference(&Provider->Object);
    }
    return WmiCompleteRequest(Wdm, Irp, Status, 0, IO_NO_INCREMENT);
}

/* ---- dispatch ---- */

static ULONG FxWmiFlags(ULONG Flags)
{
    return (Flags & WdfWmiProviderEventOnly ? WMIREG_FLAG_EVENT_ONLY_GUID : 0) |
           (Flags & WdfWmiProviderExpensive ? WMIREG_FLAG_EXPENSIVE : 0);
}

/* The blocks that have instances: how many, and into List as many as fit. Guids is the room after the list. */
static ULONG FxWmiList(FX_DEVICE *Device, WMIGUIDREGINFO *List, GUID *Guids, ULONG Limit)
{
    ULONG Count = 0;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->WmiLock, &Irql);
    for (PLIST_ENTRY Link = Device->WmiProviders.Flink; Link != &Device->WmiProviders; Link = Link->Flink) {
        FX_PROVIDER *Provider = CONTAINING_RECORD(Link, FX_PROVIDER, Link);
        ULONG Instances = FxWmiCountLocked(Provider);

        if (Instances == 0)
            continue;
        if (Count < Limit) {
            Guids[Count] = Provider->Config.Guid;
            List[Count].Guid = &Guids[Count];
            List[Count].InstanceCount = Instances;
            List[Count].Flags = FxWmiFlags(Provider->Config.Flags);
        }
        Count++;
    }
    KeReleaseSpinLock(&Device->WmiLock, Irql);
    return Count;
}

static NTSTATUS FxWmiHandle(FX_DEVICE *Device, PIRP Irp, WMIGUIDREGINFO *List, ULONG Count)
{
    WMILIB_CONTEXT Library = {
        .GuidCount = Count, .GuidList = List, .QueryWmiRegInfo = FxWmiRegInfo, .QueryWmiDataBlock = FxWmiQueryData,
        .SetWmiDataBlock = FxWmiSetData, .SetWmiDataItem = FxWmiSetItem, .ExecuteWmiMethod = FxWmiExecute,
        .WmiFunctionControl = FxWmiFunctionControl,
    };
    SYSCTL_IRP_DISPOSITION Disposition;
    NTSTATUS Status = WmiSystemControl(&Library, Device->Wdm, Irp, &Disposition);

    if (Disposition == IrpProcessed)
        return Status;
    if (Disposition == IrpNotCompleted)
        return FxCompleteIrp(Irp, Status);
    return FxForwardOrRefuse(Device, Irp);
}

NTSTATUS FxWmiDispatch(FX_DEVICE *Device, PIRP Irp)
{
    ULONG Limit = FxWmiList(Device, NULL, NULL, 0), Count;
    WMIGUIDREGINFO *List;
    NTSTATUS Status;

    if (!Device->WmiRegistered && Limit == 0)
        return FxForward(Device, Irp);
    List = FxAllocate(Device->Object.Globals, (Limit + 1) * (sizeof(*List) + sizeof(GUID)));
    if (List == NULL)
        return FxCompleteIrp(Irp, STATUS_INSUFFICIENT_RESOURCES);
    Count = FxWmiList(Device, List, (GUID *)(List + Limit), Limit);
    Status = FxWmiHandle(Device, Irp, List, Count < Limit ? Count : Limit);
    FxFree(List);
    return Status;
}

/* ---- providers ---- */

static VOID FxProviderDispose(FX_OBJECT *Object)
{
    FX_PROVIDER *Provider = (FX_PROVIDER *)Object;
    KIRQL Irql;

    KeAcquireSpinLock(&Object->Device->WmiLock, &Irql);
    RemoveEntryList(&Provider->Link);
    InitializeListHead(&Provider->Link);
    KeReleaseSpinLock(&Object->Device->WmiLock, Irql);
}

static const FX_CLASS FxProviderClass = {
    .Type = FxTypeWmiProvider, .Name = "WDFWMIPROVIDER", .Size = sizeof(FX_PROVIDER), .Dispose = FxProviderDispose,
};

static FX_PROVIDER *FxProviderFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER Handle)
{
    return FX_OBJECT_OF(FX_PROVIDER, FxGlobalsOf(DriverGlobals), Handle, FxTypeWmiProvider);
}

/* Puts it into the device's list, unless the device has one for the block: STATUS_OBJECT_NAME_EXISTS. */
static NTSTATUS FxProviderLink(FX_DEVICE *Device, FX_PROVIDER *Provider)
{
    NTSTATUS Status = STATUS_OBJECT_NAME_EXISTS;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->WmiLock, &Irql);
    if (FxWmiFindLocked(Device, &Provider->Config.Guid) == NULL) {
        InsertTailList(&Device->WmiProviders, &Provider->Link);
        Status = STATUS_SUCCESS;
    }
    KeReleaseSpinLock(&Device->WmiLock, Irql);
    return Status;
}

static NTSTATUS FxProviderMake(FX_GLOBALS *Globals, FX_DEVICE *Device, PWDF_WMI_PROVIDER_CONFIG Config,
                               PWDF_OBJECT_ATTRIBUTES Attributes, FX_PROVIDER **Result)
{
    WDF_WMI_PROVIDER_CONFIG Copy;
    FX_PROVIDER *Provider;
    FX_OBJECT *Object;
    NTSTATUS Status = FxCaptureConfig(Globals, "WDF_WMI_PROVIDER_CONFIG", &Copy, sizeof(Copy), Config);

    if (NT_SUCCESS(Status) && ((Copy.Flags & ~(ULONG)WdfWmiProviderValidFlags) || Device->Pnp == NULL))
        Status = FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_WMI_PROVIDER_CONFIG with flags 0x%x", Copy.Flags);
    if (NT_SUCCESS(Status))
        Status = FxCheckNoParent(Attributes);
    if (NT_SUCCESS(Status))
        Status = FxObjectCreate(Globals, &FxProviderClass, Attributes, &Device->Object, 0, &Object);
    if (!NT_SUCCESS(Status))
        return Status;
    Provider = (FX_PROVIDER *)Object;
    Provider->Config = Copy;
    InitializeListHead(&Provider->Instances);
    InitializeListHead(&Provider->Link);
    Status = FxProviderLink(Device, Provider);
    if (Status == STATUS_SUCCESS) {
        Status = FxObjectCommit(Object);
        if (!NT_SUCCESS(Status))
            FxProviderDispose(Object);
    }
    if (Status == STATUS_SUCCESS)
        *Result = Provider;
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI(WdfWmiProviderCreate);
NTSTATUS NTAPI imp_WdfWmiProviderCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                        PWDF_WMI_PROVIDER_CONFIG WmiProviderConfig,
                                        PWDF_OBJECT_ATTRIBUTES ProviderAttributes, WDFWMIPROVIDER *WmiProvider)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    FX_PROVIDER *Provider;
    NTSTATUS Status;

    FX_REQUIRE(Globals, WmiProviderConfig);
    if (WmiProvider != NULL)
        *WmiProvider = NULL;
    Status = FxProviderMake(Globals, Device, WmiProviderConfig, ProviderAttributes, &Provider);
    if (Status == STATUS_SUCCESS && WmiProvider != NULL)
        *WmiProvider = FX_HANDLE(WDFWMIPROVIDER, Provider);
    return Status;
}

WDF_DDI(WdfWmiProviderGetDevice);
WDFDEVICE NTAPI imp_WdfWmiProviderGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER WmiProvider)
{
    return FX_HANDLE(WDFDEVICE, FxProviderFromHandle(DriverGlobals, WmiProvider)->Object.Device);
}

WDF_DDI(WdfWmiProviderIsEnabled);
BOOLEAN NTAPI imp_WdfWmiProviderIsEnabled(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER WmiProvider,
                                          WDF_WMI_PROVIDER_CONTROL ProviderControl)
{
    FX_PROVIDER *Provider = FxProviderFromHandle(DriverGlobals, WmiProvider);

    return (ProviderControl == WdfWmiEventControl || ProviderControl == WdfWmiInstanceControl) &&
           Provider->Enabled[ProviderControl];
}

WDF_DDI_PARTIAL(WdfWmiProviderGetTracingHandle, "trace GUIDs: the handle is 0, as for a provider that nobody traces");
ULONGLONG NTAPI imp_WdfWmiProviderGetTracingHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIPROVIDER WmiProvider)
{
    FxProviderFromHandle(DriverGlobals, WmiProvider);
    return 0;
}

/* ---- instances ---- */

/* TRUE: it was not what Register asks for. */
static BOOLEAN FxInstanceSet(FX_INSTANCE *Instance, BOOLEAN Register)
{
    FX_DEVICE *Device = Instance->Object.Device;
    BOOLEAN Changes;
    KIRQL Irql;

    KeAcquireSpinLock(&Device->WmiLock, &Irql);
    Changes = Instance->IsRegistered != Register;
    if (Changes && Register)
        InsertTailList(&Instance->Provider->Instances, &Instance->Link);
    else if (Changes)
        RemoveEntryList(&Instance->Link);
    Instance->IsRegistered = Register;
    KeReleaseSpinLock(&Device->WmiLock, Irql);
    return Changes;
}

static VOID FxInstanceDispose(FX_OBJECT *Object)
{
    if (FxInstanceSet((FX_INSTANCE *)Object, FALSE))
        FxWmiChanged(Object->Device);
}

static const FX_CLASS FxInstanceClass = {
    .Type = FxTypeWmiInstance, .Name = "WDFWMIINSTANCE", .Size = sizeof(FX_INSTANCE), .Dispose = FxInstanceDispose,
    .PassiveDispose = TRUE, .ClientMayDelete = TRUE,
};

static FX_INSTANCE *FxInstanceFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE Handle)
{
    return FX_OBJECT_OF(FX_INSTANCE, FxGlobalsOf(DriverGlobals), Handle, FxTypeWmiInstance);
}

static NTSTATUS FxInstanceCheckConfig(FX_GLOBALS *Globals, const WDF_WMI_INSTANCE_CONFIG *Config,
                                      PWDF_OBJECT_ATTRIBUTES Attributes)
{
    if (Config->Provider == NULL && Config->ProviderConfig == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_WMI_INSTANCE_CONFIG without a provider");
    if (!Config->UseContextForQuery)
        return STATUS_SUCCESS;
    if (Config->EvtWmiInstanceQueryInstance != NULL || Config->EvtWmiInstanceSetInstance != NULL ||
        Config->EvtWmiInstanceSetItem != NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_WMI_INSTANCE_CONFIG: a context for queries and callbacks");
    if (Attributes == NULL || Attributes->ContextTypeInfo == NULL)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_WMI_INSTANCE_CONFIG: no context for queries");
    return Attributes->ContextTypeInfo->ContextSize > MAXULONG || Attributes->ContextSizeOverride > MAXULONG
               ? STATUS_INTEGER_OVERFLOW : STATUS_SUCCESS;
}

/* The provider that the configuration names, or a new one of Device. */
static NTSTATUS FxInstanceProvider(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                   const WDF_WMI_INSTANCE_CONFIG *Config, FX_PROVIDER **Provider)
{
    if (Config->Provider != NULL) {
        *Provider = FxProviderFromHandle(DriverGlobals, Config->Provider);
        return STATUS_SUCCESS;
    }
    return FxProviderMake(FxGlobalsOf(DriverGlobals), FxDeviceFromHandle(DriverGlobals, Device), Config->ProviderConfig,
                          NULL, Provider);
}

static NTSTATUS FxInstanceMake(FX_GLOBALS *Globals, FX_PROVIDER *Provider, const WDF_WMI_INSTANCE_CONFIG *Config,
                               PWDF_OBJECT_ATTRIBUTES Attributes, FX_INSTANCE **Result)
{
    FX_INSTANCE *Instance;
    FX_OBJECT *Object;
    NTSTATUS Status = FxObjectCreate(Globals, &FxInstanceClass, Attributes, &Provider->Object, 0, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Instance = (FX_INSTANCE *)Object;
    Instance->Provider = Provider;
    Instance->Config = *Config;
    if (Config->UseContextForQuery) {
        Instance->DataType = Attributes->ContextTypeInfo;
        Instance->DataBytes = (ULONG)(Attributes->ContextSizeOverride != 0 ? Attributes->ContextSizeOverride
                                                                           : Attributes->ContextTypeInfo->ContextSize);
    }
    Status = FxObjectCommit(Object);
    if (NT_SUCCESS(Status))
        *Result = Instance;
    else
        FxObjectAbandon(Object);
    return Status;
}

WDF_DDI_PARTIAL(WdfWmiInstanceCreate, "above PASSIVE_LEVEL");
NTSTATUS NTAPI imp_WdfWmiInstanceCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                        PWDF_WMI_INSTANCE_CONFIG InstanceConfig,
                                        PWDF_OBJECT_ATTRIBUTES InstanceAttributes, WDFWMIINSTANCE *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    WDF_WMI_INSTANCE_CONFIG Config;
    FX_PROVIDER *Provider;
    FX_INSTANCE *Instance;
    NTSTATUS Status;

    FX_REQUIRE(Globals, InstanceConfig);
    if (Handle != NULL)
        *Handle = NULL;
    Status = FxCheckIrql(Globals, PASSIVE_LEVEL);
    if (NT_SUCCESS(Status))
        Status = FxCheckNoParent(InstanceAttributes);
    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_WMI_INSTANCE_CONFIG", &Config, sizeof(Config), InstanceConfig);
    if (NT_SUCCESS(Status))
        Status = FxInstanceCheckConfig(Globals, &Config, InstanceAttributes);
    if (NT_SUCCESS(Status))
        Status = FxInstanceProvider(DriverGlobals, Device, &Config, &Provider);
    if (Status != STATUS_SUCCESS)
        return Status;
    Status = FxInstanceMake(Globals, Provider, &Config, InstanceAttributes, &Instance);
    if (!NT_SUCCESS(Status)) {
        if (Config.Provider == NULL)
            FxObjectDelete(&Provider->Object);
        return Status;
    }
    if (Handle != NULL)
        *Handle = FX_HANDLE(WDFWMIINSTANCE, Instance);
    if (Config.Register && FxInstanceSet(Instance, TRUE))
        FxWmiChanged(Instance->Object.Device);
    return STATUS_SUCCESS;
}

WDF_DDI_PARTIAL(WdfWmiInstanceRegister, "above PASSIVE_LEVEL");
NTSTATUS NTAPI imp_WdfWmiInstanceRegister(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE Handle)
{
    FX_INSTANCE *Instance = FxInstanceFromHandle(DriverGlobals, Handle);
    NTSTATUS Status = FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL);

    if (!NT_SUCCESS(Status))
        return Status;
    if (!FxInstanceSet(Instance, TRUE))
        return FxMistake(FxGlobalsOf(DriverGlobals), STATUS_INVALID_DEVICE_REQUEST, "a WMI instance is registered already");
    FxWmiChanged(Instance->Object.Device);
    return STATUS_SUCCESS;
}

WDF_DDI_PARTIAL(WdfWmiInstanceDeregister, "above PASSIVE_LEVEL");
VOID NTAPI imp_WdfWmiInstanceDeregister(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE Handle)
{
    FX_INSTANCE *Instance = FxInstanceFromHandle(DriverGlobals, Handle);

    if (NT_SUCCESS(FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL)) && FxInstanceSet(Instance, FALSE))
        FxWmiChanged(Instance->Object.Device);
}

WDF_DDI(WdfWmiInstanceGetDevice);
WDFDEVICE NTAPI imp_WdfWmiInstanceGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE Handle)
{
    return FX_HANDLE(WDFDEVICE, FxInstanceFromHandle(DriverGlobals, Handle)->Object.Device);
}

WDF_DDI(WdfWmiInstanceGetProvider);
WDFWMIPROVIDER NTAPI imp_WdfWmiInstanceGetProvider(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE Handle)
{
    return FX_HANDLE(WDFWMIPROVIDER, FxInstanceFromHandle(DriverGlobals, Handle)->Provider);
}

/* ---- events ---- */

/* The instance's index; FALSE: it is not registered. */
static BOOLEAN FxInstanceIndex(FX_INSTANCE *Instance, ULONG *Index)
{
    FX_DEVICE *Device = Instance->Object.Device;
    BOOLEAN IsRegistered;
    KIRQL Irql;

    *Index = 0;
    KeAcquireSpinLock(&Device->WmiLock, &Irql);
    IsRegistered = Instance->IsRegistered;
    for (PLIST_ENTRY Link = Instance->Link.Blink; IsRegistered && Link != &Instance->Provider->Instances; Link = Link->Blink)
        ++*Index;
    KeReleaseSpinLock(&Device->WmiLock, Irql);
    return IsRegistered;
}

WDF_DDI(WdfWmiInstanceFireEvent);
NTSTATUS NTAPI imp_WdfWmiInstanceFireEvent(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWMIINSTANCE Handle, ULONG EventDataSize,
                                           PVOID EventData)
{
    FX_INSTANCE *Instance = FxInstanceFromHandle(DriverGlobals, Handle);
    PVOID Copy = NULL;
    ULONG Index;

    if (!FxInstanceIndex(Instance, &Index) || !Instance->Object.Device->WmiRegistered)
        return STATUS_UNSUCCESSFUL;
    if (EventDataSize != 0) {
        Copy = FxAllocate(Instance->Object.Globals, EventDataSize);
        if (Copy == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlCopyMemory(Copy, EventData, EventDataSize);
    }
    return WmiFireEvent(Instance->Object.Device->Wdm, &Instance->Provider->Config.Guid, Index, EventDataSize, Copy);
}

/* ---- the MOF resource ---- */

WDF_DDI(WdfDeviceAssignMofResourceName);
NTSTATUS NTAPI imp_WdfDeviceAssignMofResourceName(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                                  PCUNICODE_STRING MofResourceName)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    PWCHAR Buffer;

    FX_REQUIRE(Globals, MofResourceName);
    if (Device->MofName.Buffer != NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "the device has a MOF resource name");
    Buffer = FxAllocate(Globals, MofResourceName->Length + sizeof(WCHAR));
    if (Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyMemory(Buffer, MofResourceName->Buffer, MofResourceName->Length);
    Device->MofName.Length = MofResourceName->Length;
    Device->MofName.MaximumLength = MofResourceName->Length + sizeof(WCHAR);
    Device->MofName.Buffer = Buffer;
    return STATUS_SUCCESS;
}
