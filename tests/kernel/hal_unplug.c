/*
 * A device that is pulled out while it works: its registers read as ones, nothing of it arrives any
 * more, and the driver gets IRP_MN_SURPRISE_REMOVAL and then IRP_MN_REMOVE_DEVICE. Calls:
 * IoInvalidateDeviceRelations, by the bus driver.
 */
#include <ntddk.h>

#include "tap.h"

#include "../../devices/dma/dma_registers.h"

static PDEVICE_OBJECT Lower, Pdo;
static PUCHAR Registers;
static PKINTERRUPT Interrupt;
static ULONG Interrupts, Surprises, Removals;
static PDMA_ADAPTER Adapter;
static PVOID Buffer, Worker;
static PHYSICAL_ADDRESS Logical;

static BOOLEAN NTAPI isr(PKINTERRUPT Object, PVOID Context)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    Interrupts++;
    return FALSE;
}

static ULONG get(ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Registers + Offset));
}

static VOID set(ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Registers + Offset), Value);
}

/* When the drivers are loaded: until then a driver without a device would be given one of the root.
 */
static VOID NTAPI worker(PVOID Context)
{
    LARGE_INTEGER Pause = {.QuadPart = -1000000};

    UNREFERENCED_PARAMETER(Context);
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is_hex(get(DMA_ID), DMA_ID_VALUE, "it is there and works");
    is_hex(get(DMA_STATUS), 0, "the last that it says");
    set(DMA_CONTROL, DMA_CONTROL_INTERRUPT | DMA_CONTROL_START);
    is_hex(get(DMA_STATUS), MAXULONG, "it is gone");
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    is_ulong(Interrupts, 0, "no interrupt of it comes");
    is_ulong(((PUCHAR)Buffer)[PAGE_SIZE + 8], 0, "and no byte");
}

static VOID started(PIO_STACK_LOCATION Stack)
{
    PCM_PARTIAL_RESOURCE_LIST List =
        &Stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList;
    DEVICE_DESCRIPTION D = {.Version = DEVICE_DESCRIPTION_VERSION,
                            .Master = TRUE,
                            .ScatterGather = TRUE,
                            .Dma64BitAddresses = TRUE,
                            .InterfaceType = PCIBus,
                            .MaximumLength = 65536};
    IO_CONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_LINE_BASED};
    struct dma_descriptor *Table;
    HANDLE Thread;
    ULONG Count;

    for (ULONG i = 0; i < List->Count; i++)
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory)
            Registers = MmMapIoSpace(List->PartialDescriptors[i].u.Memory.Start, 4096, MmNonCached);
    P.LineBased.PhysicalDeviceObject = Pdo;
    P.LineBased.InterruptObject = &Interrupt;
    P.LineBased.ServiceRoutine = isr;
    is_status(IoConnectInterruptEx(&P), STATUS_SUCCESS, "connected");
    Adapter = IoGetDmaAdapter(Pdo, &D, &Count);
    Buffer = Adapter->DmaOperations->AllocateCommonBuffer(Adapter, 2 * PAGE_SIZE, &Logical, TRUE);
    RtlZeroMemory(Buffer, 2 * PAGE_SIZE);
    Table = Buffer;
    Table->source = (ULONG64)Logical.QuadPart;
    Table->target = (ULONG64)Logical.QuadPart + PAGE_SIZE;
    Table->length = PAGE_SIZE;
    set(DMA_COUNT, 1);
    set(DMA_TABLE, Logical.LowPart);
    set(DMA_TABLE + 4, (ULONG)Logical.HighPart);
    is_status(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, worker, NULL),
              STATUS_SUCCESS, "started");
    ObReferenceObjectByHandle(Thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Worker, NULL);
    ZwClose(Thread);
}

static VOID freed(VOID)
{
    KeWaitForSingleObject(Worker, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Worker);
    IoDisconnectInterrupt(Interrupt);
    Adapter->DmaOperations->FreeCommonBuffer(Adapter, 2 * PAGE_SIZE, Logical, Buffer, TRUE);
    Adapter->DmaOperations->PutDmaAdapter(Adapter);
    MmUnmapIoSpace(Registers, 4096);
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(Lower, Irp);
        started(Stack);
        Status = Irp->IoStatus.Status = STATUS_SUCCESS;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    case IRP_MN_SURPRISE_REMOVAL:
        is_ulong(Surprises++, 0, "IRP_MN_SURPRISE_REMOVAL");
        freed();
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE:
        is_ulong(Surprises, 1, "IRP_MN_REMOVE_DEVICE comes after it");
        Removals++;
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Lower, Irp);
        IoDetachDevice(Lower);
        IoDeleteDevice(Device);
        return Status;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        is_ulong(1, 0, "nobody asks whether it may be removed");
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default: break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI power(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(Lower, Irp);
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT PhysicalDevice)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Pdo = PhysicalDevice;
    Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    is_ulong(Removals, 1, "the device was removed before the driver is unloaded");
    is_ptr(Driver->DeviceObject, NULL, "nothing of it is left");
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
