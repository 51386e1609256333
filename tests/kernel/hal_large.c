/*
 * A device with a memory region of more than 4 GiB (devices/gpu): its resource is of type
 * CmResourceTypeMemoryLarge, it can be mapped in parts, its base address registers are of its size.
 * Beside it one whose regions are all small.
 */
#include <ntddk.h>

#include "tap.h"

#include "../../devices/gpu/gpu_registers.h"

#define MIB (1ull << 20)

typedef struct _DEVICE {
    PDEVICE_OBJECT Self, Lower;
    const char *Name;
    PHYSICAL_ADDRESS Memory[3];
    ULONGLONG Bytes[3];
    UCHAR Type[3];
    USHORT Flags[3];
    ULONG Memories, Ports, Messages;
} DEVICE;

static ULONG Started;

static VOID take_resources(DEVICE *Device, PCM_RESOURCE_LIST Resources)
{
    PCM_PARTIAL_RESOURCE_LIST List = &Resources->List[0].PartialResourceList;

    for (ULONG i = 0; i < List->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR D = &List->PartialDescriptors[i];

        if (D->Type == CmResourceTypePort)
            Device->Ports += D->u.Port.Length;
        if (D->Type == CmResourceTypeInterrupt && (D->Flags & CM_RESOURCE_INTERRUPT_MESSAGE))
            Device->Messages++;
        if ((D->Type != CmResourceTypeMemory && D->Type != CmResourceTypeMemoryLarge) ||
            Device->Memories == 3)
            continue;
        Device->Type[Device->Memories] = D->Type;
        Device->Flags[Device->Memories] = D->Flags & CM_RESOURCE_MEMORY_LARGE;
        Device->Bytes[Device->Memories] =
            RtlCmDecodeMemIoResource(D, (PULONGLONG)&Device->Memory[Device->Memories].QuadPart);
        Device->Memories++;
    }
}

static VOID check_registers(DEVICE *Device, ULONG64 MemoryBytes)
{
    PUCHAR Registers = MmMapIoSpace(Device->Memory[0], PAGE_SIZE, MmNonCached);
    CHAR Name[GPU_NAME_BYTES];

    is_hex(READ_REGISTER_ULONG((PULONG)(Registers + GPU_ID)), GPU_ID_VALUE, "%s: its registers",
           Device->Name);
    is_ulong(READ_REGISTER_ULONG((PULONG)(Registers + GPU_FLAGS)), GPU_FLAG_SIMULATED,
             "%s: says what it is", Device->Name);
    ok(READ_REGISTER_ULONG64((PULONG64)(Registers + GPU_MEMORY_BYTES)) == MemoryBytes,
       "%s: its memory", Device->Name);
    READ_REGISTER_BUFFER_UCHAR(Registers + GPU_NAME, (PUCHAR)Name, sizeof(Name));
    ok(strcmp(Name, "NVIDIA GeForce RTX 3080 (simulated)") == 0, "%s: its name", Device->Name);
    WRITE_REGISTER_ULONG((PULONG)(Registers + GPU_ID), 0);
    is_hex(READ_REGISTER_ULONG((PULONG)(Registers + GPU_ID)), GPU_ID_VALUE,
           "%s: it cannot be written", Device->Name);
    MmUnmapIoSpace(Registers, PAGE_SIZE);
}

/* The first page, which is backed, and the last one, which is not. */
static VOID check_aperture(DEVICE *Device)
{
    PHYSICAL_ADDRESS Last = {.QuadPart = Device->Memory[1].QuadPart + (LONGLONG)Device->Bytes[1] -
                                         PAGE_SIZE};
    PUCHAR First = MmMapIoSpace(Device->Memory[1], PAGE_SIZE, MmWriteCombined), End;

    WRITE_REGISTER_ULONG64((PULONG64)(First + 8), 0x1122334455667788);
    is_hex(READ_REGISTER_ULONG((PULONG)(First + 12)), 0x11223344,
           "%s: its memory holds what is written", Device->Name);
    MmUnmapIoSpace(First, PAGE_SIZE);
    End = MmMapIoSpace(Last, PAGE_SIZE, MmNonCached);
    WRITE_REGISTER_ULONG((PULONG)(End + PAGE_SIZE - 4), 5);
    is_hex(READ_REGISTER_ULONG((PULONG)(End + PAGE_SIZE - 4)), 0, "%s: its end is there, and empty",
           Device->Name);
    MmUnmapIoSpace(End, PAGE_SIZE);
}

/* What the base address registers read as after all ones were written to them. */
static ULONG64 measured(ULONG Slot)
{
    const ULONG Offset = FIELD_OFFSET(PCI_COMMON_CONFIG, u.type0.BaseAddresses) + 4;
    ULONG64 Old = 0, Ones = MAXULONG64, Read = 0;
    USHORT Off = 0, Command = 0;

    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Command,
                          FIELD_OFFSET(PCI_COMMON_CONFIG, Command), 2);
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, &Off, FIELD_OFFSET(PCI_COMMON_CONFIG, Command),
                          2);
    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Old, Offset, 8);
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, &Ones, Offset, 8);
    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Read, Offset, 8);
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, &Old, Offset, 8);
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, &Command,
                          FIELD_OFFSET(PCI_COMMON_CONFIG, Command), 2);
    return ~(Read & ~0xFull) + 1;
}

static VOID started(DEVICE *Device, PIO_STACK_LOCATION Stack)
{
    BOOLEAN IsLarge = Started++ == 0;
    ULONG64 Aperture = IsLarge ? 16384 * MIB : 256 * MIB;

    Device->Name = IsLarge ? "large" : "small";
    take_resources(Device, Stack->Parameters.StartDevice.AllocatedResources);
    is_ulong(Device->Memories, 3, "%s: three regions of memory", Device->Name);
    is_ulong(Device->Ports, 128, "%s: its ports", Device->Name);
    is_ulong(Device->Messages, 1, "%s: a message", Device->Name);
    is_ulong(Device->Type[0], CmResourceTypeMemory, "%s: the registers are ordinary memory",
             Device->Name);
    ok(Device->Bytes[0] == 16 * MIB && Device->Bytes[2] == 32 * MIB, "%s: so much of each",
       Device->Name);
    is_ulong(Device->Type[1], IsLarge ? CmResourceTypeMemoryLarge : CmResourceTypeMemory,
             "%s: the aperture's type", Device->Name);
    is_hex(Device->Flags[1], IsLarge ? CM_RESOURCE_MEMORY_LARGE_40 : 0, "%s: and its unit",
           Device->Name);
    ok(Device->Bytes[1] == Aperture, "%s: its size", Device->Name);
    ok((ULONG64)Device->Memory[1].QuadPart % Aperture == 0 && Device->Memory[1].HighPart != 0,
       "%s: above 4 GiB, aligned to its size", Device->Name);
    ok(measured(2 + Started - 1) == Aperture, "%s: measured by its base address register",
       Device->Name);
    check_registers(Device, IsLarge ? 10240 * MIB : 4096 * MIB);
    check_aperture(Device);
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT Object, PIRP Irp)
{
    DEVICE *Device = Object->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(Device->Lower, Irp);
        Status = Irp->IoStatus.Status;
        is_status(Status, STATUS_SUCCESS, "the bus has started it");
        if (NT_SUCCESS(Status))
            started(Device, Stack);
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    case IRP_MN_REMOVE_DEVICE:
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Device->Lower, Irp);
        IoDetachDevice(Device->Lower);
        IoDeleteDevice(Object);
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE: Irp->IoStatus.Status = STATUS_SUCCESS; break;
    default: break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Device->Lower, Irp);
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT Object, PIRP Irp)
{
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(((DEVICE *)Object->DeviceExtension)->Lower, Irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Object;
    DEVICE *Device;
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(DEVICE), NULL, FILE_DEVICE_VIDEO, 0, FALSE, &Object);

    if (!NT_SUCCESS(Status))
        return Status;
    Device = Object->DeviceExtension;
    RtlZeroMemory(Device, sizeof(*Device));
    Device->Self = Object;
    Device->Lower = IoAttachDeviceToDeviceStack(Object, Pdo);
    Object->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    is_ulong(Started, 2, "both devices were started");
    done();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = power;
    return STATUS_SUCCESS;
}
