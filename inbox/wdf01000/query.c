/*
 * Driver-defined interfaces: WdfDeviceAddQueryInterface and IRP_MN_QUERY_INTERFACE, WdfFdoQueryForInterface [doc: Using
 * Driver-Defined Interfaces].
 */
#include "fx.h"

#include "pnp.h"

typedef struct _FX_QUERY_INTERFACE {
    LIST_ENTRY Link; /* Device->QueryInterfaces; InterfaceLock; never removed while the device lives */
    GUID Type;
    PINTERFACE Interface; /* pool, Interface->Size bytes; NULL: the callback provides it */
    BOOLEAN SendToParent, Import;
    PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST EvtProcess;
} FX_QUERY_INTERFACE;

VOID FxQueryInterfacesFree(FX_DEVICE *Device)
{
    while (!IsListEmpty(&Device->QueryInterfaces)) {
        FX_QUERY_INTERFACE *Entry =
            CONTAINING_RECORD(RemoveHeadList(&Device->QueryInterfaces), FX_QUERY_INTERFACE, Link);

        FxFree(Entry->Interface);
        FxFree(Entry);
    }
}

static FX_QUERY_INTERFACE *FxFindQueryInterface(FX_DEVICE *Device, const GUID *Type)
{
    FX_QUERY_INTERFACE *Found = NULL;

    KeWaitForSingleObject(&Device->InterfaceLock, Executive, KernelMode, FALSE, NULL);
    for (PLIST_ENTRY Link = Device->QueryInterfaces.Flink; Link != &Device->QueryInterfaces; Link = Link->Flink) {
        FX_QUERY_INTERFACE *Entry = CONTAINING_RECORD(Link, FX_QUERY_INTERFACE, Link);

        if (IsEqualGUID(&Entry->Type, Type))
            Found = Entry;
    }
    KeReleaseMutex(&Device->InterfaceLock, FALSE);
    return Found;
}

/* ---- answering ---- */

/* What a mismatch of sizes means: exact for one-way interfaces, at least as new for two-way ones. */
static NTSTATUS FxCheckAsked(const FX_QUERY_INTERFACE *Entry, USHORT Size, USHORT Version)
{
    if (Entry->Interface == NULL)
        return STATUS_SUCCESS;
    if (Entry->Import)
        return Size < Entry->Interface->Size || Version < Entry->Interface->Version ? STATUS_INVALID_BUFFER_SIZE
                                                                                    : STATUS_SUCCESS;
    return Size != Entry->Interface->Size || Version != Entry->Interface->Version ? STATUS_INVALID_BUFFER_SIZE
                                                                                  : STATUS_SUCCESS;
}

/* Sends the request to the top of another stack, as a new IRP with the same parameters. */
static NTSTATUS FxSendQuery(PDEVICE_OBJECT Target, const GUID *Type, PINTERFACE Interface, USHORT Size, USHORT Version,
                            PVOID Data, NTSTATUS First)
{
    PDEVICE_OBJECT Top = IoGetAttachedDeviceReference(Target);
    IO_STATUS_BLOCK Iosb;
    PIO_STACK_LOCATION Stack;
    KEVENT Event;
    PIRP Irp;
    NTSTATUS Status;

    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, Top, NULL, 0, NULL, &Event, &Iosb);
    if (Irp == NULL) {
        ObDereferenceObject(Top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Irp->IoStatus.Status = First;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    Stack->Parameters.QueryInterface.InterfaceType = Type;
    Stack->Parameters.QueryInterface.Size = Size;
    Stack->Parameters.QueryInterface.Version = Version;
    Stack->Parameters.QueryInterface.Interface = Interface;
    Stack->Parameters.QueryInterface.InterfaceSpecificData = Data;
    Status = IoCallDriver(Top, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = Iosb.Status;
    }
    ObDereferenceObject(Top);
    return Status;
}

static NTSTATUS FxAnswerQuery(FX_DEVICE *Device, const FX_QUERY_INTERFACE *Entry, PIO_STACK_LOCATION Stack)
{
    PINTERFACE Asked = Stack->Parameters.QueryInterface.Interface;
    PVOID Data = Stack->Parameters.QueryInterface.InterfaceSpecificData;
    NTSTATUS Status = FxCheckAsked(Entry, Stack->Parameters.QueryInterface.Size, Stack->Parameters.QueryInterface.Version);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Entry->Interface != NULL && !Entry->Import)
        RtlCopyMemory(Asked, Entry->Interface, Entry->Interface->Size);
    if (Entry->EvtProcess != NULL)
        Status = Entry->EvtProcess(FX_HANDLE(WDFDEVICE, Device), (LPGUID)&Entry->Type, Asked, Data);
    if (NT_SUCCESS(Status) && !Entry->Import && Asked->InterfaceReference != NULL)
        Asked->InterfaceReference(Asked->Context);
    if (NT_SUCCESS(Status) && Entry->SendToParent && Device->Kind == FxDeviceBus)
        Status = FxSendQuery(FxPdoParentWdm(Device), &Entry->Type, Asked, Stack->Parameters.QueryInterface.Size,
                             Stack->Parameters.QueryInterface.Version, Data, STATUS_NOT_SUPPORTED);
    return Status;
}

NTSTATUS FxPnpQueryInterface(FX_DEVICE *Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const FX_QUERY_INTERFACE *Entry = FxFindQueryInterface(Device, Stack->Parameters.QueryInterface.InterfaceType);
    NTSTATUS Status =
        Entry != NULL ? FxAnswerQuery(Device, Entry, Stack) : FxReenumerateAnswer(Device, Stack);

    if (Status == STATUS_NOT_SUPPORTED)
        return Device->Attached != NULL ? FxForward(Device, Irp) : FxCompleteIrp(Irp, Irp->IoStatus.Status);
    if (!NT_SUCCESS(Status) || Device->Attached == NULL)
        return FxCompleteIrp(Irp, Status);
    Irp->IoStatus.Status = Status;
    return FxForward(Device, Irp);
}

/* ---- for clients ---- */

static NTSTATUS FxCheckQueryConfig(FX_GLOBALS *Globals, FX_DEVICE *Device, const WDF_QUERY_INTERFACE_CONFIG *Config)
{
    BOOLEAN ToParent = Config->SendQueryToParentStack;

    if (Device->Pnp == NULL)
        return FxMistake(Globals, STATUS_INVALID_DEVICE_REQUEST, "a control device has no driver-defined interfaces");
    if (Config->InterfaceType == NULL || (Config->Interface == NULL && !Config->ImportInterface && !ToParent) ||
        (Config->ImportInterface && Config->EvtDeviceProcessQueryInterfaceRequest == NULL) ||
        (Config->Interface != NULL && Config->Interface->Size < sizeof(INTERFACE)))
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a driver-defined interface that lacks something");
    if (ToParent && Device->Kind != FxDeviceBus)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "SendQueryToParentStack for a device without a parent");
    return STATUS_SUCCESS;
}

WDF_DDI(WdfDeviceAddQueryInterface);
NTSTATUS NTAPI imp_WdfDeviceAddQueryInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Handle,
                                              PWDF_QUERY_INTERFACE_CONFIG InterfaceConfig)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Handle);
    WDF_QUERY_INTERFACE_CONFIG Config;
    FX_QUERY_INTERFACE *Entry;
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (NT_SUCCESS(Status))
        Status = FxCaptureConfig(Globals, "WDF_QUERY_INTERFACE_CONFIG", &Config, sizeof(Config), InterfaceConfig);
    if (NT_SUCCESS(Status))
        Status = FxCheckQueryConfig(Globals, Device, &Config);
    if (!NT_SUCCESS(Status))
        return Status;
    Entry = FxAllocate(Globals, sizeof(*Entry));
    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Config.Interface != NULL) {
        Entry->Interface = FxAllocate(Globals, Config.Interface->Size);
        if (Entry->Interface == NULL) {
            FxFree(Entry);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Entry->Interface, Config.Interface, Config.Interface->Size);
    }
    Entry->Type = *Config.InterfaceType;
    Entry->SendToParent = Config.SendQueryToParentStack;
    Entry->Import = Config.ImportInterface;
    Entry->EvtProcess = Config.EvtDeviceProcessQueryInterfaceRequest;
    KeWaitForSingleObject(&Device->InterfaceLock, Executive, KernelMode, FALSE, NULL);
    InsertTailList(&Device->QueryInterfaces, &Entry->Link);
    KeReleaseMutex(&Device->InterfaceLock, FALSE);
    return STATUS_SUCCESS;
}

WDF_DDI(WdfFdoQueryForInterface);
NTSTATUS NTAPI imp_WdfFdoQueryForInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo, LPCGUID InterfaceType,
                                           PINTERFACE Interface, USHORT Size, USHORT Version,
                                           PVOID InterfaceSpecificData)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    FX_DEVICE *Device = FxDeviceFromHandle(DriverGlobals, Fdo);
    NTSTATUS Status = FxCheckIrql(Globals, PASSIVE_LEVEL);

    if (!NT_SUCCESS(Status))
        return Status;
    if (InterfaceType == NULL || Interface == NULL || Device->Kind != FxDeviceFunction)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WdfFdoQueryForInterface");
    return FxSendQuery(Device->Wdm, InterfaceType, Interface, Size, Version, InterfaceSpecificData,
                       STATUS_NOT_SUPPORTED);
}
