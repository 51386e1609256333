/* DriverEntry, AddDevice, and the way of each request to the bus or to a toaster. */
#include <initguid.h>
#include "bus.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE BusAddDevice;
static DRIVER_UNLOAD BusUnload;

UNICODE_STRING BusRegistryPath; /* set once; for WMI */

NTSTATUS BusComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- requests ---- */

/*
 * Files: the bus has no state for them. Toasters have none of their own: their function driver does
 * not pass these on.
 */
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH BusCreateClose;
static NTSTATUS NTAPI BusCreateClose(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    BUS_COMMON *Common = DeviceObject->DeviceExtension;
    BOOLEAN Create = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;

    PAGED_CODE();
    if (Create && !Common->IsBus)
        return BusComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (Create && Common->State != BusStarted)
        return BusComplete(Irp, STATUS_NO_SUCH_DEVICE, 0);
    return BusComplete(Irp, STATUS_SUCCESS, 0);
}

_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH BusControl;
static NTSTATUS NTAPI BusControl(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    BUS_COMMON *Common = DeviceObject->DeviceExtension;

    PAGED_CODE();
    if (!Common->IsBus)
        return BusComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    return BusDeviceControl(CONTAINING_RECORD(Common, BUS, Common), Irp);
}

_Dispatch_type_(IRP_MJ_PNP) static DRIVER_DISPATCH BusDispatchPnp;
static NTSTATUS NTAPI BusDispatchPnp(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    BUS_COMMON *Common = DeviceObject->DeviceExtension;

    PAGED_CODE();
    if (!Common->IsBus)
        return ToasterPnp(CONTAINING_RECORD(Common, TOASTER, Common), Irp);
    return BusPnp(CONTAINING_RECORD(Common, BUS, Common), Irp);
}

_Dispatch_type_(IRP_MJ_POWER) static DRIVER_DISPATCH BusDispatchPower;
static NTSTATUS NTAPI BusDispatchPower(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    BUS_COMMON *Common = DeviceObject->DeviceExtension;
    BUS *Bus = CONTAINING_RECORD(Common, BUS, Common);
    NTSTATUS Status;

    if (!Common->IsBus)
        return ToasterPower(CONTAINING_RECORD(Common, TOASTER, Common), Irp);
    Status = IoAcquireRemoveLock(&Bus->Remove, Irp);
    if (!NT_SUCCESS(Status)) {
        PoStartNextPowerIrp(Irp);
        return BusComplete(Irp, Status, 0);
    }
    return PolicyPower(&Bus->Policy, DeviceObject, Irp);
}

_Dispatch_type_(IRP_MJ_SYSTEM_CONTROL) static DRIVER_DISPATCH BusDispatchSystemControl;
static NTSTATUS NTAPI BusDispatchSystemControl(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    BUS_COMMON *Common = DeviceObject->DeviceExtension;

    PAGED_CODE();
    if (!Common->IsBus) /* the end of the way: nobody knew the block */
        return BusComplete(Irp, Irp->IoStatus.Status, Irp->IoStatus.Information);
    return BusSystemControl(CONTAINING_RECORD(Common, BUS, Common), Irp);
}

/* ---- the bus comes and goes ---- */

static NTSTATUS BusAttach(_Inout_ BUS *Bus, _In_ PDEVICE_OBJECT Pdo)
{
    Bus->Lower = IoAttachDeviceToDeviceStack(Bus->Common.Self, Pdo);
    if (Bus->Lower == NULL)
        return STATUS_NO_SUCH_DEVICE;
    PolicyInitialize(&Bus->Policy, Pdo, Bus->Lower, &Bus->Remove);
    Bus->Common.Self->Flags |= DO_POWER_PAGABLE;
    Bus->Common.Self->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI BusAddDevice(_In_ PDRIVER_OBJECT Driver, _In_ PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Self;
    NTSTATUS Status;
    BUS *Bus;

    PAGED_CODE();
    Status = IoCreateDevice(Driver, sizeof(BUS), NULL, FILE_DEVICE_BUS_EXTENDER,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &Self);
    if (!NT_SUCCESS(Status))
        return Status;
    Bus = Self->DeviceExtension;
    RtlZeroMemory(Bus, sizeof(*Bus));
    Bus->Common.IsBus = TRUE;
    Bus->Common.Self = Self;
    Bus->Pdo = Pdo;
    InitializeListHead(&Bus->Toasters);
    ExInitializeFastMutex(&Bus->Children);
    IoInitializeRemoveLock(&Bus->Remove, BUS_TAG, 0, 0);
    Status = IoRegisterDeviceInterface(Pdo, &GUID_DEVINTERFACE_TOASTER_BUS, NULL, &Bus->Interface);
    if (!NT_SUCCESS(Status))
        goto DeleteDevice;
    Status = BusAttach(Bus, Pdo);
    if (!NT_SUCCESS(Status))
        goto FreeInterface;
    return STATUS_SUCCESS;

FreeInterface:
    RtlFreeUnicodeString(&Bus->Interface);
DeleteDevice:
    IoDeleteDevice(Self);
    return Status;
}

static VOID NTAPI BusUnload(_In_ PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();
    ExFreePoolWithTag(BusRegistryPath.Buffer, BUS_TAG);
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT Driver, _In_ PUNICODE_STRING RegistryPath)
{
    BusRegistryPath.MaximumLength = RegistryPath->Length;
    BusRegistryPath.Buffer =
        ExAllocatePool2(POOL_FLAG_PAGED, RegistryPath->Length + sizeof(WCHAR), BUS_TAG);
    if (BusRegistryPath.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyUnicodeString(&BusRegistryPath, RegistryPath);
    Driver->DriverExtension->AddDevice = BusAddDevice;
    Driver->DriverUnload = BusUnload;
    Driver->MajorFunction[IRP_MJ_CREATE] = BusCreateClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = BusCreateClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BusControl;
    Driver->MajorFunction[IRP_MJ_PNP] = BusDispatchPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = BusDispatchPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = BusDispatchSystemControl;
    return STATUS_SUCCESS;
}
