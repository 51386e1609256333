/*
 * busenum_kmdf.sys: the toaster bus again, with the framework. What it does is in
 * include/toaster.h; PnP and power are the framework's: a child is a description in the default
 * child list, and a device that is made for it.
 */
#include <initguid.h>
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdf.h>

#include "../include/toaster.h"

#define BUS_TAG 'kuBT'

typedef struct _BUS {
    TOASTER_BUS_DATA Data; /* Lock */
    WDFSPINLOCK Lock;
} BUS;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BUS, BusOf)

typedef struct _TOASTER_ID {
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Header;
    ULONG Serial;
} TOASTER_ID;

typedef struct _TOASTER {
    ULONG Serial;
    BOOLEAN Started, Armed, Locked;
    DEVICE_POWER_STATE Power;
    WDFDEVICE Bus;
    WDFTIMER Lever;
} TOASTER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(TOASTER, ToasterOf)

DRIVER_INITIALIZE DriverEntry;

/* The bus's figures: what is added to each; negative, taken away. */
static VOID BusCount(_In_ WDFDEVICE Device, _In_ LONG Present, _In_ ULONG Plugged,
                     _In_ ULONG Unplugged, _In_ ULONG Ejected)
{
    BUS *Bus = BusOf(Device);

    WdfSpinLockAcquire(Bus->Lock);
    Bus->Data.Present += Present;
    Bus->Data.Plugged += Plugged;
    Bus->Data.Unplugged += Unplugged;
    Bus->Data.Ejected += Ejected;
    WdfSpinLockRelease(Bus->Lock);
}

/* ---- a toaster: callbacks ---- */

static EVT_WDF_DEVICE_PREPARE_HARDWARE ToasterEvtPrepare;
static NTSTATUS NTAPI ToasterEvtPrepare(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST Raw,
                                        _In_ WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    ToasterOf(Device)->Started = TRUE;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_RELEASE_HARDWARE ToasterEvtRelease;
static NTSTATUS NTAPI ToasterEvtRelease(_In_ WDFDEVICE Device, _In_ WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Translated);
    ToasterOf(Device)->Started = FALSE;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_ENTRY ToasterEvtUp;
static NTSTATUS NTAPI ToasterEvtUp(_In_ WDFDEVICE Device, _In_ WDF_POWER_DEVICE_STATE PreviousState)
{
    UNREFERENCED_PARAMETER(PreviousState);
    ToasterOf(Device)->Power = PowerDeviceD0;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_D0_EXIT ToasterEvtDown;
static NTSTATUS NTAPI ToasterEvtDown(_In_ WDFDEVICE Device, _In_ WDF_POWER_DEVICE_STATE TargetState)
{
    ToasterOf(Device)->Power = TargetState == WdfPowerDeviceD2 ? PowerDeviceD2 : PowerDeviceD3;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_ENABLE_WAKE_AT_BUS ToasterEvtArm;
static NTSTATUS NTAPI ToasterEvtArm(_In_ WDFDEVICE Device, _In_ SYSTEM_POWER_STATE PowerState)
{
    UNREFERENCED_PARAMETER(PowerState);
    ToasterOf(Device)->Armed = TRUE;
    return STATUS_SUCCESS;
}

static EVT_WDF_DEVICE_DISABLE_WAKE_AT_BUS ToasterEvtDisarm;
static VOID NTAPI ToasterEvtDisarm(_In_ WDFDEVICE Device)
{
    ToasterOf(Device)->Armed = FALSE;
}

static EVT_WDF_DEVICE_SET_LOCK ToasterEvtSetLock;
static NTSTATUS NTAPI ToasterEvtSetLock(_In_ WDFDEVICE Device, _In_ BOOLEAN IsLocked)
{
    ToasterOf(Device)->Locked = IsLocked;
    return STATUS_SUCCESS;
}

/* The door is open: it is out before the PnP manager looks again. */
static EVT_WDF_DEVICE_EJECT ToasterEvtEject;
static NTSTATUS NTAPI ToasterEvtEject(_In_ WDFDEVICE Device)
{
    TOASTER *Toaster = ToasterOf(Device);
    TOASTER_ID Id;
    NTSTATUS Status;

    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
    Id.Serial = Toaster->Serial;
    if (Toaster->Locked)
        return STATUS_DEVICE_BUSY;
    Status = WdfChildListUpdateChildDescriptionAsMissing(WdfFdoGetDefaultChildList(Toaster->Bus),
                                                         &Id.Header);
    if (NT_SUCCESS(Status))
        BusCount(Toaster->Bus, -1, 0, 0, 1);
    return STATUS_SUCCESS;
}

/* ---- its lever ---- */

/* FALSE: it is not armed. */
static BOOLEAN ToasterPress(_In_ WDFDEVICE Device)
{
    return NT_SUCCESS(WdfDeviceIndicateWakeStatus(Device, STATUS_SUCCESS));
}

static EVT_WDF_TIMER ToasterEvtLever;
static VOID NTAPI ToasterEvtLever(_In_ WDFTIMER Timer)
{
    ToasterPress(WdfTimerGetParentObject(Timer));
}

static NTSTATUS ToasterMakeLever(_In_ WDFDEVICE Device)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_TIMER_CONFIG Config;

    WDF_TIMER_CONFIG_INIT(&Config, ToasterEvtLever);
    Config.AutomaticSerialization = FALSE;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    return WdfTimerCreate(&Config, &Attributes, &ToasterOf(Device)->Lever);
}

/* ---- GUID_TOASTER_BUS_INTERFACE ---- */

static ULONG NTAPI ToasterGetSerial(_In_ PVOID Context)
{
    return ToasterOf((WDFDEVICE)Context)->Serial;
}

static VOID NTAPI ToasterPopAfter(_In_ PVOID Context, _In_ ULONG Milliseconds)
{
    WdfTimerStart(ToasterOf((WDFDEVICE)Context)->Lever, WDF_REL_TIMEOUT_IN_MS(Milliseconds));
}

static NTSTATUS ToasterOffer(_In_ WDFDEVICE Device)
{
    WDF_QUERY_INTERFACE_CONFIG Config;
    TOASTER_BUS_INTERFACE Interface;

    RtlZeroMemory(&Interface, sizeof(Interface));
    Interface.Header.Size = sizeof(Interface);
    Interface.Header.Version = TOASTER_BUS_INTERFACE_VERSION;
    Interface.Header.Context = Device;
    Interface.Header.InterfaceReference = WdfDeviceInterfaceReferenceNoOp;
    Interface.Header.InterfaceDereference = WdfDeviceInterfaceDereferenceNoOp;
    Interface.GetSerial = ToasterGetSerial;
    Interface.PopAfter = ToasterPopAfter;
    WDF_QUERY_INTERFACE_CONFIG_INIT(&Config, &Interface.Header, &GUID_TOASTER_BUS_INTERFACE, NULL);
    return WdfDeviceAddQueryInterface(Device, &Config);
}

/* ---- a toaster comes ---- */

static NTSTATUS ToasterName(_Inout_ PWDFDEVICE_INIT Init, _In_ ULONG Serial)
{
    DECLARE_CONST_UNICODE_STRING(DeviceId, TOASTER_DEVICE_ID);
    DECLARE_CONST_UNICODE_STRING(Compatible, TOASTER_COMPATIBLE_ID);
    DECLARE_UNICODE_STRING_SIZE(Instance, 16);
    DECLARE_UNICODE_STRING_SIZE(Text, 40);
    DECLARE_UNICODE_STRING_SIZE(Location, 40);
    NTSTATUS Status = RtlUnicodeStringPrintf(&Instance, L"%02lu", Serial);

    if (NT_SUCCESS(Status))
        Status = RtlUnicodeStringPrintf(&Text, L"Drydock toaster %02lu", Serial);
    if (NT_SUCCESS(Status))
        Status = RtlUnicodeStringPrintf(&Location, L"Toaster slot %lu", Serial);
    if (NT_SUCCESS(Status))
        Status = WdfPdoInitAssignDeviceID(Init, &DeviceId);
    if (NT_SUCCESS(Status))
        Status = WdfPdoInitAddHardwareID(Init, &DeviceId);
    if (NT_SUCCESS(Status))
        Status = WdfPdoInitAddCompatibleID(Init, &Compatible);
    if (NT_SUCCESS(Status))
        Status = WdfPdoInitAssignInstanceID(Init, &Instance);
    if (NT_SUCCESS(Status))
        Status = WdfPdoInitAddDeviceText(Init, &Text, &Location, 0x409);
    WdfPdoInitSetDefaultLocale(Init, 0x409);
    return Status;
}

static VOID ToasterSetCallbacks(_Inout_ PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Power;
    WDF_PDO_EVENT_CALLBACKS Pdo;

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Power);
    Power.EvtDevicePrepareHardware = ToasterEvtPrepare;
    Power.EvtDeviceReleaseHardware = ToasterEvtRelease;
    Power.EvtDeviceD0Entry = ToasterEvtUp;
    Power.EvtDeviceD0Exit = ToasterEvtDown;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Power);
    WDF_PDO_EVENT_CALLBACKS_INIT(&Pdo);
    Pdo.EvtDeviceEnableWakeAtBus = ToasterEvtArm;
    Pdo.EvtDeviceDisableWakeAtBus = ToasterEvtDisarm;
    Pdo.EvtDeviceSetLock = ToasterEvtSetLock;
    Pdo.EvtDeviceEject = ToasterEvtEject;
    WdfPdoInitSetEventCallbacks(Init, &Pdo);
}

static VOID ToasterSetCapabilities(_In_ WDFDEVICE Device, _In_ ULONG Serial)
{
    WDF_DEVICE_PNP_CAPABILITIES Pnp;
    WDF_DEVICE_POWER_CAPABILITIES Power;
    ULONG State;

    WDF_DEVICE_PNP_CAPABILITIES_INIT(&Pnp);
    Pnp.LockSupported = Pnp.EjectSupported = Pnp.Removable = WdfTrue;
    Pnp.SurpriseRemovalOK = Pnp.UniqueID = Pnp.SilentInstall = WdfTrue;
    Pnp.Address = Pnp.UINumber = Serial;
    WdfDeviceSetPnpCapabilities(Device, &Pnp);
    WDF_DEVICE_POWER_CAPABILITIES_INIT(&Power);
    Power.DeviceD2 = Power.WakeFromD0 = Power.WakeFromD2 = WdfTrue;
    Power.DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (State = PowerSystemSleeping1; State <= PowerSystemSleeping3; State++)
        Power.DeviceState[State] = PowerDeviceD2;
    Power.DeviceState[PowerSystemHibernate] = PowerDeviceD3;
    Power.DeviceState[PowerSystemShutdown] = PowerDeviceD3;
    Power.DeviceWake = PowerDeviceD2;
    Power.SystemWake = PowerSystemSleeping3;
    Power.D2Latency = 10;
    Power.D3Latency = 100; /* units of 100 us */
    WdfDeviceSetPowerCapabilities(Device, &Power);
}

static EVT_WDF_CHILD_LIST_CREATE_DEVICE BusEvtCreateToaster;
static NTSTATUS NTAPI
BusEvtCreateToaster(_In_ WDFCHILDLIST ChildList,
                    _In_ PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER IdentificationDescription,
                    _In_ PWDFDEVICE_INIT ChildInit)
{
    ULONG Serial = CONTAINING_RECORD(IdentificationDescription, TOASTER_ID, Header)->Serial;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;
    NTSTATUS Status = ToasterName(ChildInit, Serial);

    if (!NT_SUCCESS(Status))
        return Status;
    ToasterSetCallbacks(ChildInit);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, TOASTER);
    Status = WdfDeviceCreate(&ChildInit, &Attributes, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    ToasterOf(Device)->Serial = Serial;
    ToasterOf(Device)->Bus = WdfChildListGetDevice(ChildList);
    ToasterOf(Device)->Power = PowerDeviceD3;
    ToasterSetCapabilities(Device, Serial);
    Status = ToasterMakeLever(Device);
    return NT_SUCCESS(Status) ? ToasterOffer(Device) : Status;
}

/* ---- the bus: plugging in and out ---- */

static NTSTATUS BusPlugIn(_In_ WDFDEVICE Bus, _In_ TOASTER_ID *Id)
{
    NTSTATUS Status;

    if (Id->Serial == 0)
        return STATUS_INVALID_PARAMETER;
    Status = WdfChildListAddOrUpdateChildDescriptionAsPresent(WdfFdoGetDefaultChildList(Bus),
                                                              &Id->Header, NULL);
    if (Status == STATUS_OBJECT_NAME_EXISTS)
        return STATUS_OBJECT_NAME_COLLISION;
    if (NT_SUCCESS(Status))
        BusCount(Bus, 1, 1, 0, 0);
    return Status;
}

static NTSTATUS BusUnplugOne(_In_ WDFDEVICE Bus, _In_ TOASTER_ID *Id)
{
    NTSTATUS Status =
        WdfChildListUpdateChildDescriptionAsMissing(WdfFdoGetDefaultChildList(Bus), &Id->Header);

    if (NT_SUCCESS(Status))
        BusCount(Bus, -1, 0, 1, 0);
    return Status;
}

/* For each toaster with a device: asks one thing of it. FALSE ends it. */
typedef BOOLEAN BUS_VISIT(_In_ WDFDEVICE Toaster, _In_ PVOID Context);

static VOID BusVisit(_In_ WDFDEVICE Bus, _In_ BUS_VISIT *Visit, _In_ PVOID Context)
{
    WDFCHILDLIST List = WdfFdoGetDefaultChildList(Bus);
    WDF_CHILD_LIST_ITERATOR Iterator;
    WDF_CHILD_RETRIEVE_INFO Info;
    WDFDEVICE Toaster;
    TOASTER_ID Id;

    WDF_CHILD_LIST_ITERATOR_INIT(&Iterator, WdfRetrievePresentChildren);
    WdfChildListBeginIteration(List, &Iterator);
    for (;;) {
        WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
        WDF_CHILD_RETRIEVE_INFO_INIT(&Info, &Id.Header);
        if (!NT_SUCCESS(WdfChildListRetrieveNextDevice(List, &Iterator, &Toaster, &Info)))
            break;
        if (Info.Status == WdfChildListRetrieveDeviceSuccess && Toaster != NULL &&
            !Visit(Toaster, Context))
            break;
    }
    WdfChildListEndIteration(List, &Iterator);
}

/* All are to go: a scan that finds none. */
static NTSTATUS BusUnplugAll(_In_ WDFDEVICE Bus)
{
    WDFCHILDLIST List = WdfFdoGetDefaultChildList(Bus);
    ULONG Present;

    WdfSpinLockAcquire(BusOf(Bus)->Lock);
    Present = BusOf(Bus)->Data.Present;
    BusOf(Bus)->Data.Present = 0;
    BusOf(Bus)->Data.Unplugged += Present;
    WdfSpinLockRelease(BusOf(Bus)->Lock);
    WdfChildListBeginScan(List);
    WdfChildListEndScan(List);
    return STATUS_SUCCESS;
}

static BOOLEAN BusEjectVisited(_In_ WDFDEVICE Toaster, _In_ PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    WdfPdoRequestEject(Toaster);
    return TRUE;
}

static NTSTATUS BusEject(_In_ WDFDEVICE Bus, _In_ TOASTER_ID *Id)
{
    if (Id->Serial == 0) {
        BusVisit(Bus, BusEjectVisited, Id);
        return STATUS_SUCCESS;
    }
    return WdfChildListRequestChildEject(WdfFdoGetDefaultChildList(Bus), &Id->Header)
               ? STATUS_SUCCESS
               : STATUS_NO_SUCH_DEVICE;
}

static NTSTATUS BusPress(_In_ WDFDEVICE Bus, _In_ TOASTER_ID *Id)
{
    WDF_CHILD_RETRIEVE_INFO Info;
    WDFDEVICE Toaster;

    WDF_CHILD_RETRIEVE_INFO_INIT(&Info, &Id->Header);
    Toaster = WdfChildListRetrievePdo(WdfFdoGetDefaultChildList(Bus), &Info);
    if (Toaster == NULL)
        return STATUS_NO_SUCH_DEVICE;
    return ToasterPress(Toaster) ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

typedef struct _BUS_LISTING {
    TOASTER_LIST *List;
    size_t Bytes, Used;
} BUS_LISTING;

static BOOLEAN BusListVisited(_In_ WDFDEVICE Device, _In_ PVOID Context)
{
    const TOASTER *Toaster = ToasterOf(Device);
    BUS_LISTING *Listing = Context;
    TOASTER_ENTRY *Entry = (TOASTER_ENTRY *)((PUCHAR)Listing->List + Listing->Used);

    if (Listing->Bytes - Listing->Used < sizeof(*Entry))
        return FALSE;
    Entry->Serial = Toaster->Serial;
    Entry->Flags = (Toaster->Started ? TOASTER_ENTRY_STARTED : 0) |
                   (Toaster->Armed ? TOASTER_ENTRY_ARMED : 0) |
                   (Toaster->Locked ? TOASTER_ENTRY_LOCKED : 0);
    Entry->DevicePower = Toaster->Power;
    Listing->Used += sizeof(*Entry);
    return TRUE;
}

static NTSTATUS BusList(_In_ WDFDEVICE Bus, _In_ WDFREQUEST Request, _Out_ size_t *Used)
{
    BUS_LISTING Listing;
    NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, FIELD_OFFSET(TOASTER_LIST, Entry),
                                                     (PVOID *)&Listing.List, &Listing.Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    Listing.Used = FIELD_OFFSET(TOASTER_LIST, Entry);
    Listing.List->Count = BusOf(Bus)->Data.Present;
    BusVisit(Bus, BusListVisited, &Listing);
    *Used = Listing.Used;
    return STATUS_SUCCESS;
}

/* ---- IOCTLs ---- */

static NTSTATUS BusChange(_In_ WDFDEVICE Bus, _In_ WDFREQUEST Request, _In_ ULONG Code)
{
    const TOASTER_SERIAL *Given;
    TOASTER_ID Id;

    if (!NT_SUCCESS(
            WdfRequestRetrieveInputBuffer(Request, sizeof(*Given), (PVOID *)&Given, NULL)) ||
        Given->Size != sizeof(*Given))
        return STATUS_INFO_LENGTH_MISMATCH;
    WDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER_INIT(&Id.Header, sizeof(Id));
    Id.Serial = Given->Serial;
    switch (Code) {
    case IOCTL_BUSENUM_PLUG_IN: return BusPlugIn(Bus, &Id);
    case IOCTL_BUSENUM_UNPLUG: return Id.Serial == 0 ? BusUnplugAll(Bus) : BusUnplugOne(Bus, &Id);
    case IOCTL_BUSENUM_EJECT: return BusEject(Bus, &Id);
    case IOCTL_BUSENUM_PRESS: return BusPress(Bus, &Id);
    default: return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL BusEvtControl;
static VOID NTAPI BusEvtControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request,
                                _In_ size_t OutputBufferLength, _In_ size_t InputBufferLength,
                                _In_ ULONG IoControlCode)
{
    WDFDEVICE Bus = WdfIoQueueGetDevice(Queue);
    NTSTATUS Status;
    size_t Used = 0;

    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);
    if (IoControlCode == IOCTL_BUSENUM_LIST)
        Status = BusList(Bus, Request, &Used);
    else
        Status = BusChange(Bus, Request, IoControlCode);
    WdfRequestCompleteWithInformation(Request, Status, Used);
}

/* ---- WMI ---- */

static EVT_WDF_WMI_INSTANCE_QUERY_INSTANCE BusEvtQueryData;
static NTSTATUS NTAPI BusEvtQueryData(_In_ WDFWMIINSTANCE WmiInstance, _In_ ULONG OutBufferSize,
                                      _Out_writes_bytes_to_(OutBufferSize, *BufferUsed)
                                          PVOID OutBuffer,
                                      _Out_ PULONG BufferUsed)
{
    BUS *Bus = BusOf(WdfWmiInstanceGetDevice(WmiInstance));

    UNREFERENCED_PARAMETER(OutBufferSize); /* at least MinInstanceBufferSize */
    WdfSpinLockAcquire(Bus->Lock);
    *(TOASTER_BUS_DATA *)OutBuffer = Bus->Data;
    WdfSpinLockRelease(Bus->Lock);
    *BufferUsed = sizeof(Bus->Data);
    return STATUS_SUCCESS;
}

static NTSTATUS BusOfferData(_In_ WDFDEVICE Bus)
{
    WDF_WMI_PROVIDER_CONFIG Provider;
    WDF_WMI_INSTANCE_CONFIG Instance;

    WDF_WMI_PROVIDER_CONFIG_INIT(&Provider, &GUID_WMI_TOASTER_BUS);
    Provider.MinInstanceBufferSize = sizeof(TOASTER_BUS_DATA);
    WDF_WMI_INSTANCE_CONFIG_INIT_PROVIDER_CONFIG(&Instance, &Provider);
    Instance.Register = TRUE;
    Instance.EvtWmiInstanceQueryInstance = BusEvtQueryData;
    return WdfWmiInstanceCreate(Bus, &Instance, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

/* ---- the bus comes ---- */

static NTSTATUS BusMakeParts(_In_ WDFDEVICE Device)
{
    PNP_BUS_INFORMATION Information = {.LegacyBusType = PNPBus, .BusNumber = 0};
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Queue;
    NTSTATUS Status;

    Information.BusTypeGuid = GUID_BUS_TYPE_DRYDOCK_TOASTER;
    WdfDeviceSetBusInformationForChildren(Device, &Information);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    Status = WdfSpinLockCreate(&Attributes, &BusOf(Device)->Lock);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = BusEvtControl;
    Status = WdfIoQueueCreate(Device, &Queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (NT_SUCCESS(Status))
        Status = BusOfferData(Device);
    return NT_SUCCESS(Status)
               ? WdfDeviceCreateDeviceInterface(Device, &GUID_DEVINTERFACE_TOASTER_BUS, NULL)
               : Status;
}

static EVT_WDF_DRIVER_DEVICE_ADD BusEvtAdd;
static NTSTATUS NTAPI BusEvtAdd(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_CHILD_LIST_CONFIG Children;
    WDFDEVICE Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Driver);
    WdfDeviceInitSetDeviceType(DeviceInit, FILE_DEVICE_BUS_EXTENDER);
    WdfDeviceInitSetCharacteristics(DeviceInit, FILE_DEVICE_SECURE_OPEN, TRUE);
    WDF_CHILD_LIST_CONFIG_INIT(&Children, sizeof(TOASTER_ID), BusEvtCreateToaster);
    WdfFdoInitSetDefaultChildListConfig(DeviceInit, &Children, WDF_NO_OBJECT_ATTRIBUTES);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, BUS);
    Status = WdfDeviceCreate(&DeviceInit, &Attributes, &Device);
    return NT_SUCCESS(Status) ? BusMakeParts(Device) : Status;
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT DriverObject, _In_ PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;

    WDF_DRIVER_CONFIG_INIT(&Config, BusEvtAdd);
    Config.DriverPoolTag = BUS_TAG;
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config,
                           WDF_NO_HANDLE);
}
