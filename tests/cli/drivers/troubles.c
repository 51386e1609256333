/*
 * A function driver that fails where its service's value Fails says: 1 DriverEntry, 2 AddDevice, 3
 * IRP_MN_START_DEVICE. Power and system control are passed on.
 */
#include <ntddk.h>

enum { FAILS_NOWHERE, FAILS_IN_ENTRY, FAILS_IN_ADD, FAILS_IN_START };
static ULONG fails;

static NTSTATUS pass_on(PDEVICE_OBJECT Device, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(*(PDEVICE_OBJECT *)Device->DeviceExtension, Irp);
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    return pass_on(Device, Irp);
}

static NTSTATUS start(PDEVICE_OBJECT Device, PIRP Irp)
{
    NTSTATUS Status = STATUS_IO_DEVICE_ERROR;

    if (fails != FAILS_IN_START) {
        IoForwardIrpSynchronously(*(PDEVICE_OBJECT *)Device->DeviceExtension, Irp);
        Status = Irp->IoStatus.Status;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    PDEVICE_OBJECT Lower = *(PDEVICE_OBJECT *)Device->DeviceExtension;
    NTSTATUS Status;

    if (Minor == IRP_MN_START_DEVICE)
        return start(Device, Irp);
    if (Minor == IRP_MN_QUERY_REMOVE_DEVICE || Minor == IRP_MN_CANCEL_REMOVE_DEVICE ||
        Minor == IRP_MN_REMOVE_DEVICE || Minor == IRP_MN_SURPRISE_REMOVAL)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = pass_on(Device, Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE) {
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
    }
    return Status;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    if (fails == FAILS_IN_ADD)
        return STATUS_NOT_SUPPORTED;
    Status = IoCreateDevice(Driver, sizeof(PDEVICE_OBJECT), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE,
                            &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    *(PDEVICE_OBJECT *)Device->DeviceExtension = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    RTL_QUERY_REGISTRY_TABLE Table[2] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Fails", &fails, REG_NONE, NULL, 0}};

    fails = FAILS_NOWHERE;
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
    if (fails == FAILS_IN_ENTRY)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* which could be mistaken for a service that is not
                                                there */
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = dispatch;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = dispatch;
    return STATUS_SUCCESS;
}
