/* A PnP driver whose device has an interface, with and without a reference string; it answers a read of any length. */
#include <ntddk.h>
#include <initguid.h>
DEFINE_GUID(InterfaceClass, 0x5f3a1c20, 0x7b1e, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33, 0x44);

typedef struct _EXTENSION {
    PDEVICE_OBJECT Lower;
    UNICODE_STRING Link, Other; /* two interfaces: the second is never enabled */
} EXTENSION;

static NTSTATUS NTAPI Complete(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI PassOn(PDEVICE_OBJECT Device, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((EXTENSION *)Device->DeviceExtension)->Lower, Irp);
}

static VOID Remove(PDEVICE_OBJECT Device)
{
    EXTENSION *Extension = Device->DeviceExtension;

    IoSetDeviceInterfaceState(&Extension->Link, FALSE);
    RtlFreeUnicodeString(&Extension->Link);
    RtlFreeUnicodeString(&Extension->Other);
}

static NTSTATUS NTAPI Pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Extension = Device->DeviceExtension;
    PDEVICE_OBJECT Lower = Extension->Lower;
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS Status;

    if (Minor == IRP_MN_START_DEVICE) {
        if (IoForwardIrpSynchronously(Lower, Irp) && NT_SUCCESS(Irp->IoStatus.Status))
            IoSetDeviceInterfaceState(&Extension->Link, TRUE);
        Status = Irp->IoStatus.Status;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    }
    if (Minor == IRP_MN_REMOVE_DEVICE)
        Remove(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Lower, Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
    }
    return Status;
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    UNICODE_STRING Second = RTL_CONSTANT_STRING(L"second");
    PDEVICE_OBJECT Device;
    EXTENSION *Extension;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(*Extension), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Extension = Device->DeviceExtension;
    Extension->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    IoRegisterDeviceInterface(Pdo, &InterfaceClass, NULL, &Extension->Link);
    IoRegisterDeviceInterface(Pdo, &InterfaceClass, &Second, &Extension->Other);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->DriverUnload = Unload;
    Driver->MajorFunction[IRP_MJ_CREATE] = Complete;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = Complete;
    Driver->MajorFunction[IRP_MJ_CLOSE] = Complete;
    Driver->MajorFunction[IRP_MJ_READ] = Complete;
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = PassOn;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PassOn;
    return STATUS_SUCCESS;
}
