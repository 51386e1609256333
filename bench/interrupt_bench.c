/*
 * Each read arms the timer device (MSI) and waits for its interrupt: ISR, DPC, completed read. The
 * buffer gets the performance counter as the ISR began. Prints the cost of a register access, too.
 * Needs `--device timer,msi=1` and the real clock.
 */
#include <ntddk.h>

#include "../devices/timer/timer_registers.h"

#define NAME L"\\Device\\InterruptBench"
#define LINK L"\\DosDevices\\InterruptBench"

typedef struct _BENCH {
    PDEVICE_OBJECT Pdo, Lower;
    PUCHAR Registers;
    PVOID Connection;
    PIRP Irp;
    LARGE_INTEGER Stamp;
    KDPC Dpc;
} BENCH;

static VOID set(BENCH *Bench, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Bench->Registers + Offset), Value);
}

static BOOLEAN NTAPI isr(PKINTERRUPT Interrupt, PVOID Context, ULONG Message)
{
    BENCH *Bench = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Message);
    Bench->Stamp = KeQueryPerformanceCounter(NULL);
    KeInsertQueueDpc(&Bench->Dpc, NULL, NULL);
    return TRUE;
}

static VOID NTAPI dpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    BENCH *Bench = Context;
    PIRP Irp = Bench->Irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Irp == NULL)
        return;
    Bench->Irp = NULL;
    *(LARGE_INTEGER *)Irp->AssociatedIrp.SystemBuffer = Bench->Stamp;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = sizeof(Bench->Stamp);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* Best of several batches, as the other figures. */
static VOID register_cost(BENCH *Bench)
{
    enum { BATCHES = 7, COUNT = 5000 };
    LONGLONG Best = MAXLONGLONG;

    for (ULONG Batch = 0; Batch < BATCHES; Batch++) {
        LONGLONG Start = KeQueryPerformanceCounter(NULL).QuadPart;

        for (ULONG i = 0; i < COUNT; i++)
            set(Bench, TIMER_SCRATCH, i);
        Best = min(Best, KeQueryPerformanceCounter(NULL).QuadPart - Start);
    }
    DbgPrint("register_write_ns\t%I64d\tns\n", Best * 100 / COUNT);
}

static NTSTATUS start(BENCH *Bench, PIO_STACK_LOCATION Stack)
{
    PCM_PARTIAL_RESOURCE_LIST List =
        &Stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0].PartialResourceList;
    IO_CONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_MESSAGE_BASED};
    NTSTATUS Status;

    for (ULONG i = 0; i < List->Count; i++)
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory)
            Bench->Registers =
                MmMapIoSpace(List->PartialDescriptors[i].u.Memory.Start, 4096, MmNonCached);
    P.MessageBased.PhysicalDeviceObject = Bench->Pdo;
    P.MessageBased.ConnectionContext.Generic = &Bench->Connection;
    P.MessageBased.MessageServiceRoutine = isr;
    P.MessageBased.ServiceContext = Bench;
    Status = IoConnectInterruptEx(&P);
    if (!NT_SUCCESS(Status))
        return Status;
    register_cost(Bench);
    set(Bench, TIMER_PERIOD_US, 1);
    return STATUS_SUCCESS;
}

static VOID stop(BENCH *Bench)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS P = {.Version = CONNECT_MESSAGE_BASED};

    P.ConnectionContext.Generic = Bench->Connection;
    IoDisconnectInterruptEx(&P);
    MmUnmapIoSpace(Bench->Registers, 4096);
}

static NTSTATUS NTAPI pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    BENCH *Bench = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    UNICODE_STRING Link = RTL_CONSTANT_STRING(LINK);
    BOOLEAN Remove = Stack->MinorFunction == IRP_MN_REMOVE_DEVICE;
    NTSTATUS Status;

    if (Stack->MinorFunction == IRP_MN_START_DEVICE) {
        IoForwardIrpSynchronously(Bench->Lower, Irp);
        Status = Irp->IoStatus.Status = start(Bench, Stack);
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return Status;
    }
    if (Stack->MinorFunction == IRP_MN_QUERY_REMOVE_DEVICE)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    if (Remove)
        stop(Bench);
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Bench->Lower, Irp);
    if (Remove) {
        IoDeleteSymbolicLink(&Link);
        IoDetachDevice(Bench->Lower);
        IoDeleteDevice(Device);
    }
    return Status;
}

static NTSTATUS NTAPI succeed(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI read(PDEVICE_OBJECT Device, PIRP Irp)
{
    BENCH *Bench = Device->DeviceExtension;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(LARGE_INTEGER)) {
        Irp->IoStatus.Status = STATUS_BUFFER_TOO_SMALL;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_BUFFER_TOO_SMALL;
    }
    IoMarkIrpPending(Irp);
    Bench->Irp = Irp;
    set(Bench, TIMER_CONTROL,
        TIMER_CONTROL_ENABLE | TIMER_CONTROL_INTERRUPT | TIMER_CONTROL_ONE_SHOT);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(NAME), Link = RTL_CONSTANT_STRING(LINK);
    PDEVICE_OBJECT Device;
    BENCH *Bench;
    NTSTATUS Status =
        IoCreateDevice(Driver, sizeof(BENCH), &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Bench = Device->DeviceExtension;
    RtlZeroMemory(Bench, sizeof(*Bench));
    Bench->Pdo = Pdo;
    KeInitializeDpc(&Bench->Dpc, dpc, Bench);
    Bench->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return IoCreateSymbolicLink(&Link, &Name);
}

static VOID NTAPI unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = unload;
    Driver->DriverExtension->AddDevice = add_device;
    Driver->MajorFunction[IRP_MJ_PNP] = pnp;
    Driver->MajorFunction[IRP_MJ_CREATE] = Driver->MajorFunction[IRP_MJ_CLOSE] = succeed;
    Driver->MajorFunction[IRP_MJ_READ] = read;
    return STATUS_SUCCESS;
}
