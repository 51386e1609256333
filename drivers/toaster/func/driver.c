/* DriverEntry, AddDevice, the way of each request. */
#include <initguid.h>
#include "func.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE FuncAddDevice;
static DRIVER_UNLOAD FuncUnload;

UNICODE_STRING FuncRegistryPath; /* set once, with a terminator */

ULONG FuncParameter(_In_ PCWSTR Name, _In_ ULONG Default)
{
    ULONG Value = Default;
    RTL_QUERY_REGISTRY_TABLE Table[] = {
        {NULL, RTL_QUERY_REGISTRY_SUBKEY, (PWSTR)L"Parameters", NULL, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, (PWSTR)Name, &Value,
         (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_DWORD, &Default, sizeof(Default)},
        {NULL, 0, NULL, NULL, 0, NULL, 0},
    };

    PAGED_CODE();
    return NT_SUCCESS(RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, FuncRegistryPath.Buffer, Table,
                                             NULL, NULL))
               ? Value
               : Default;
}

/* ---- requests ---- */

/* Every request but those of PnP comes in here: FALSE, it has been failed. */
static BOOLEAN FuncEnter(_In_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status = IoAcquireRemoveLock(&Func->Remove, Irp);

    if (NT_SUCCESS(Status))
        return TRUE;
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_POWER)
        PoStartNextPowerIrp(Irp);
    FuncComplete(Irp, STATUS_DELETE_PENDING, 0);
    return FALSE;
}

_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) static DRIVER_DISPATCH FuncCreateClose;
static NTSTATUS NTAPI FuncCreateClose(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FUNC *Func = DeviceObject->DeviceExtension;
    NTSTATUS Status = STATUS_SUCCESS;

    PAGED_CODE();
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE &&
        (!Func->Started || Func->Gone))
        Status = STATUS_NO_SUCH_DEVICE;
    return FuncComplete(Irp, Status, 0);
}

_Dispatch_type_(IRP_MJ_CLEANUP) static DRIVER_DISPATCH FuncDispatchCleanup;
static NTSTATUS NTAPI FuncDispatchCleanup(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    return FuncCleanup(DeviceObject->DeviceExtension,
                       Irp); /* comes after a removal as well: without the lock */
}

_Dispatch_type_(IRP_MJ_READ) _Dispatch_type_(IRP_MJ_WRITE)
    _Dispatch_type_(IRP_MJ_DEVICE_CONTROL) static DRIVER_DISPATCH FuncDispatchIo;
static NTSTATUS NTAPI FuncDispatchIo(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FUNC *Func = DeviceObject->DeviceExtension;

    return FuncEnter(Func, Irp) ? FuncReadWrite(Func, Irp) : STATUS_DELETE_PENDING;
}

_Dispatch_type_(IRP_MJ_PNP) static DRIVER_DISPATCH FuncDispatchPnp;
static NTSTATUS NTAPI FuncDispatchPnp(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FUNC *Func = DeviceObject->DeviceExtension;

    PAGED_CODE();
    return FuncEnter(Func, Irp) ? FuncPnp(Func, Irp) : STATUS_DELETE_PENDING;
}

_Dispatch_type_(IRP_MJ_POWER) static DRIVER_DISPATCH FuncDispatchPower;
static NTSTATUS NTAPI FuncDispatchPower(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FUNC *Func = DeviceObject->DeviceExtension;

    return FuncEnter(Func, Irp) ? FuncPower(Func, Irp) : STATUS_DELETE_PENDING;
}

_Dispatch_type_(IRP_MJ_SYSTEM_CONTROL) static DRIVER_DISPATCH FuncDispatchSystemControl;
static NTSTATUS NTAPI FuncDispatchSystemControl(_In_ PDEVICE_OBJECT DeviceObject, _Inout_ PIRP Irp)
{
    FUNC *Func = DeviceObject->DeviceExtension;

    PAGED_CODE();
    return FuncEnter(Func, Irp) ? FuncSystemControl(Func, Irp) : STATUS_DELETE_PENDING;
}

/* ---- a toaster comes ---- */

static NTSTATUS NTAPI FuncAddDevice(_In_ PDRIVER_OBJECT Driver, _In_ PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Self;
    NTSTATUS Status;
    FUNC *Func;

    PAGED_CODE();
    Status = IoCreateDevice(Driver, sizeof(FUNC), NULL, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &Self);
    if (!NT_SUCCESS(Status))
        return Status;
    Func = Self->DeviceExtension;
    RtlZeroMemory(Func, sizeof(*Func));
    Func->Self = Self;
    Func->Pdo = Pdo;
    IoInitializeRemoveLock(&Func->Remove, FUNC_TAG, 0, 0);
    Status = IoRegisterDeviceInterface(Pdo, &GUID_DEVINTERFACE_TOASTER, NULL, &Func->Interface);
    if (!NT_SUCCESS(Status))
        goto DeleteDevice;
    Status = STATUS_NO_SUCH_DEVICE;
    Func->Lower = IoAttachDeviceToDeviceStack(Self, Pdo);
    if (Func->Lower == NULL)
        goto FreeInterface;
    FuncIoInitialize(Func);
    FuncPowerInitialize(Func);
    Self->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    Self->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

FreeInterface:
    RtlFreeUnicodeString(&Func->Interface);
DeleteDevice:
    IoDeleteDevice(Self);
    return Status;
}

static VOID NTAPI FuncUnload(_In_ PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();
    ExFreePoolWithTag(FuncRegistryPath.Buffer, FUNC_TAG);
}

NTSTATUS NTAPI DriverEntry(_In_ PDRIVER_OBJECT Driver, _In_ PUNICODE_STRING RegistryPath)
{
    FuncRegistryPath.MaximumLength = RegistryPath->Length;
    FuncRegistryPath.Buffer =
        ExAllocatePool2(POOL_FLAG_PAGED, RegistryPath->Length + sizeof(WCHAR), FUNC_TAG);
    if (FuncRegistryPath.Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlCopyUnicodeString(&FuncRegistryPath, RegistryPath);
    Driver->DriverExtension->AddDevice = FuncAddDevice;
    Driver->DriverUnload = FuncUnload;
    Driver->MajorFunction[IRP_MJ_CREATE] = FuncCreateClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = FuncCreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = FuncDispatchCleanup;
    Driver->MajorFunction[IRP_MJ_READ] = FuncDispatchIo;
    Driver->MajorFunction[IRP_MJ_WRITE] = FuncDispatchIo;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = FuncDispatchIo;
    Driver->MajorFunction[IRP_MJ_PNP] = FuncDispatchPnp;
    Driver->MajorFunction[IRP_MJ_POWER] = FuncDispatchPower;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = FuncDispatchSystemControl;
    return STATUS_SUCCESS;
}
