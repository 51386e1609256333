/*
 * \Device\DrydockGpu: passes the question for one adapter's figures to the host. It is how NVML in a machine reaches GPUs;
 * there is no display driver, no adapter in PnP and nothing to program.
 */
#include "../nt.h"

#include "gpu.h"
#include "init.h"

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction);

static NTSTATUS GpupComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI GpupOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return GpupComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS GpupQuery(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    HAL_GPU_INFO *Info = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status;
    ULONG Index;

    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(Index))
        return GpupComplete(Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*Info))
        return GpupComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    Index = *(ULONG *)Irp->AssociatedIrp.SystemBuffer;
    RtlZeroMemory(Info, sizeof(*Info));
    Info->index = Index;
    if (HAL->gpu(Info) != HAL_OK)
        return GpupComplete(Irp, STATUS_UNSUCCESSFUL, 0);
    Status = (NTSTATUS)Info->status;
    return GpupComplete(Irp, Status, NT_SUCCESS(Status) ? sizeof(*Info) : 0);
}

static NTSTATUS NTAPI GpupControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_GPU_QUERY)
        return GpupQuery(Irp, Stack);
    return GpupComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS NTAPI GpupEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(GPU_DEVICE_NAME);
    PDEVICE_OBJECT Device;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->MajorFunction[IRP_MJ_CREATE] = GpupOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = GpupOpenClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = GpupOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = GpupControl;
    Status = IoCreateDevice(Driver, 0, &Name, GPU_DEVICE_TYPE, 0, FALSE, &Device);
    if (NT_SUCCESS(Status))
        Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return Status;
}

NTSTATUS GpuInitSystem(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\DrydockGpu");

    return IoCreateDriver(&Name, GpupEntry);
}
