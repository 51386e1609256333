/*
 * The function driver of the simulated display adapter (devices/gpu): finds its registers and its
 * aperture, and leaves in the driver's registry key what display drivers leave there, so that
 * whoever lists adapters finds this one. [doc: Setting Hardware Information in the Registry] Leaves
 * out: everything that a display driver does beyond that.
 */
#include <ntddk.h>

#include <initguid.h>
#include <ntddvdeo.h>

#include "../../devices/gpu/gpu_registers.h"

#define SIMGPU_REGISTERS_BYTES 4096

typedef struct _SIMGPU {
    PDEVICE_OBJECT Self, Pdo, Lower;
    UNICODE_STRING Interface;
    ULONG64 MemoryBytes, ApertureBytes; /* set by IRP_MN_START_DEVICE */
    CHAR Name[GPU_NAME_BYTES];
} SIMGPU;

/* ---- the registry ---- */

static NTSTATUS simgpu_set(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes)
{
    UNICODE_STRING ValueName;

    RtlInitUnicodeString(&ValueName, Name);
    return ZwSetValueKey(Key, &ValueName, 0, Type, (PVOID)Data, Bytes);
}

static NTSTATUS simgpu_set_name(const SIMGPU *Gpu, HANDLE Key, PCWSTR Name)
{
    WCHAR Text[GPU_NAME_BYTES];
    ULONG Count = 0;

    do
        Text[Count] = (UCHAR)Gpu->Name[Count];
    while (Text[Count++] != 0);
    return simgpu_set(Key, Name, REG_SZ, Text, Count * sizeof(WCHAR));
}

static NTSTATUS simgpu_record(const SIMGPU *Gpu)
{
    ULONG Narrow = (ULONG)min(Gpu->MemoryBytes, MAXULONG);
    HANDLE Key;
    NTSTATUS Status =
        IoOpenDeviceRegistryKey(Gpu->Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_SET_VALUE, &Key);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = simgpu_set_name(Gpu, Key, L"HardwareInformation.AdapterString");
    if (NT_SUCCESS(Status))
        Status = simgpu_set_name(Gpu, Key, L"HardwareInformation.ChipType");
    if (NT_SUCCESS(Status))
        Status =
            simgpu_set(Key, L"HardwareInformation.MemorySize", REG_DWORD, &Narrow, sizeof(Narrow));
    if (NT_SUCCESS(Status))
        Status = simgpu_set(Key, L"HardwareInformation.qwMemorySize", REG_QWORD, &Gpu->MemoryBytes,
                            sizeof(Gpu->MemoryBytes));
    ZwClose(Key);
    return Status;
}

/* ---- start ---- */

static NTSTATUS simgpu_identify(SIMGPU *Gpu, PHYSICAL_ADDRESS Address)
{
    PUCHAR Registers = MmMapIoSpace(Address, SIMGPU_REGISTERS_BYTES, MmNonCached);
    NTSTATUS Status = STATUS_DEVICE_CONFIGURATION_ERROR;

    if (Registers == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (READ_REGISTER_ULONG((PULONG)(Registers + GPU_ID)) == GPU_ID_VALUE) {
        Gpu->MemoryBytes = READ_REGISTER_ULONG64((PULONG64)(Registers + GPU_MEMORY_BYTES));
        READ_REGISTER_BUFFER_UCHAR(Registers + GPU_NAME, (PUCHAR)Gpu->Name, GPU_NAME_BYTES);
        Gpu->Name[GPU_NAME_BYTES - 1] = '\0';
        Status = STATUS_SUCCESS;
    }
    MmUnmapIoSpace(Registers, SIMGPU_REGISTERS_BYTES);
    return Status;
}

/* The first memory resource is the registers', the second the aperture's, of whatever size. */
static NTSTATUS simgpu_start(SIMGPU *Gpu, PCM_RESOURCE_LIST Resources)
{
    PCM_PARTIAL_RESOURCE_LIST List =
        Resources != NULL ? &Resources->List[0].PartialResourceList : NULL;
    ULONG Memories = 0;
    NTSTATUS Status = STATUS_DEVICE_CONFIGURATION_ERROR;

    for (ULONG i = 0; List != NULL && i < List->Count && Memories < 2; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR D = &List->PartialDescriptors[i];

        if (D->Type != CmResourceTypeMemory && D->Type != CmResourceTypeMemoryLarge)
            continue;
        if (Memories++ == 0)
            Status = simgpu_identify(Gpu, D->u.Memory.Start);
        else
            Gpu->ApertureBytes = RtlCmDecodeMemIoResource(D, NULL);
    }
    if (NT_SUCCESS(Status))
        Status = simgpu_record(Gpu);
    if (NT_SUCCESS(Status))
        Status = IoSetDeviceInterfaceState(&Gpu->Interface, TRUE);
    if (NT_SUCCESS(Status))
        DbgPrint("simgpu: %s, %I64u MiB, aperture %I64u MiB\n", Gpu->Name, Gpu->MemoryBytes >> 20,
                 Gpu->ApertureBytes >> 20);
    return Status;
}

/* ---- requests ---- */

static NTSTATUS complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS pass_down(SIMGPU *Gpu, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Gpu->Lower, Irp);
}

static NTSTATUS simgpu_remove(SIMGPU *Gpu, PIRP Irp)
{
    PDEVICE_OBJECT Lower = Gpu->Lower;
    NTSTATUS Status;

    IoSetDeviceInterfaceState(&Gpu->Interface, FALSE);
    RtlFreeUnicodeString(&Gpu->Interface);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Status = pass_down(Gpu, Irp);
    IoDetachDevice(Lower);
    IoDeleteDevice(Gpu->Self);
    return Status;
}

static NTSTATUS NTAPI simgpu_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    SIMGPU *Gpu = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        Status =
            IoForwardIrpSynchronously(Gpu->Lower, Irp) ? Irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
        if (NT_SUCCESS(Status))
            Status = simgpu_start(Gpu, Stack->Parameters.StartDevice.AllocatedResourcesTranslated);
        return complete(Irp, Status);
    case IRP_MN_SURPRISE_REMOVAL:
        IoSetDeviceInterfaceState(&Gpu->Interface, FALSE);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    case IRP_MN_REMOVE_DEVICE: return simgpu_remove(Gpu, Irp);
    default: break;
    }
    return pass_down(Gpu, Irp);
}

static NTSTATUS NTAPI simgpu_power(PDEVICE_OBJECT Device, PIRP Irp)
{
    SIMGPU *Gpu = Device->DeviceExtension;

    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Gpu->Lower, Irp);
}

static NTSTATUS NTAPI simgpu_system_control(PDEVICE_OBJECT Device, PIRP Irp)
{
    return pass_down(Device->DeviceExtension, Irp);
}

static NTSTATUS NTAPI simgpu_open_close(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Information = 0;
    return complete(Irp, STATUS_SUCCESS);
}

/* ---- load ---- */

static NTSTATUS NTAPI simgpu_add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    SIMGPU *Gpu;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(SIMGPU), NULL, FILE_DEVICE_VIDEO,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Gpu = Device->DeviceExtension;
    RtlZeroMemory(Gpu, sizeof(*Gpu));
    Gpu->Self = Device;
    Gpu->Pdo = Pdo;
    Status =
        IoRegisterDeviceInterface(Pdo, &GUID_DEVINTERFACE_DISPLAY_ADAPTER, NULL, &Gpu->Interface);
    if (!NT_SUCCESS(Status))
        goto DeleteDevice;
    Gpu->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    if (Gpu->Lower == NULL) {
        Status = STATUS_NO_SUCH_DEVICE;
        goto FreeInterface;
    }
    Device->Flags |= DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

FreeInterface:
    RtlFreeUnicodeString(&Gpu->Interface);
DeleteDevice:
    IoDeleteDevice(Device);
    return Status;
}

static VOID NTAPI simgpu_unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver); /* its devices are gone: nothing is left */
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = simgpu_unload;
    Driver->DriverExtension->AddDevice = simgpu_add_device;
    Driver->MajorFunction[IRP_MJ_CREATE] = simgpu_open_close;
    Driver->MajorFunction[IRP_MJ_CLOSE] = simgpu_open_close;
    Driver->MajorFunction[IRP_MJ_PNP] = simgpu_pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = simgpu_power;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = simgpu_system_control;
    return STATUS_SUCCESS;
}
