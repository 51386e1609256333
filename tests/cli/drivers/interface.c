/*
 * A PnP driver whose device has an interface, with and without a reference string; it answers a
 * read of any length. Controls 0x800 and 0x801 enable and disable the second interface, 0x802
 * reports a custom event, 0x803 refuses or allows removal.
 */
#include <ntddk.h>
#include <initguid.h>
DEFINE_GUID(InterfaceClass, 0x5f3a1c20, 0x7b1e, 0x4d55, 0x9a, 0x01, 0xc2, 0x0d, 0x11, 0x22, 0x33,
            0x44);

typedef struct _EXTENSION {
    PDEVICE_OBJECT Lower;
    PDEVICE_OBJECT Pdo;
    BOOLEAN Refuses; /* removal */
    UNICODE_STRING Link, Other; /* two interfaces: the second is enabled by a control only */
} EXTENSION;

static NTSTATUS NTAPI Complete(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS ReportCustom(PDEVICE_OBJECT Pdo)
{
    static const WCHAR Name[] = L"name";
    UCHAR Buffer[64] = { 0 };
    PTARGET_DEVICE_CUSTOM_NOTIFICATION Notification = (PVOID)Buffer;

    Notification->Version = 1;
    Notification->Event = InterfaceClass;
    Notification->NameBufferOffset = 3;
    RtlCopyMemory(Notification->CustomDataBuffer, "abc", 3);
    RtlCopyMemory(Notification->CustomDataBuffer + 3, Name, sizeof(Name));
    Notification->Size =
        (USHORT)(FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer) + 3 +
                 sizeof(Name));
    return IoReportTargetDeviceChange(Pdo, Notification);
}

static NTSTATUS NTAPI Control(PDEVICE_OBJECT Device, PIRP Irp)
{
    EXTENSION *Extension = Device->DeviceExtension;
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;

    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS):
        Status = IoSetDeviceInterfaceState(&Extension->Other, TRUE);
        break;
    case CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS):
        Status = IoSetDeviceInterfaceState(&Extension->Other, FALSE);
        break;
    case CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS):
        Status = ReportCustom(Extension->Pdo);
        break;
    case CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS):
        Extension->Refuses = !Extension->Refuses;
        Status = STATUS_SUCCESS;
        break;
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
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
    IoSetDeviceInterfaceState(&Extension->Other, FALSE);
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
    if (Minor == IRP_MN_QUERY_REMOVE_DEVICE && Extension->Refuses) {
        Irp->IoStatus.Status = STATUS_DEVICE_BUSY;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_DEVICE_BUSY;
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
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(*Extension), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Extension = Device->DeviceExtension;
    RtlZeroMemory(Extension, sizeof(*Extension));
    Extension->Pdo = Pdo;
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
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    Driver->MajorFunction[IRP_MJ_PNP] = Pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = PassOn;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = PassOn;
    return STATUS_SUCCESS;
}
