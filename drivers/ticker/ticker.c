/*
 * The way of an interrupt: device, ISR, DPC, completed read. Drives the simulated timer
 * (devices/timer), which ticks every millisecond; each read waits for the next tick and gets its
 * number and time. What runs at which IRQL is said at each routine. Leaves out: power states beyond
 * passing the requests on.
 */
#include <ntddk.h>

#include "../../devices/timer/timer_registers.h"
#include "ticker.h"

#define TICK_US 1000

typedef struct _TICKER {
    PDEVICE_OBJECT Self, Pdo, Lower;
    PUCHAR Registers;       /* set by IRP_MN_START_DEVICE */
    PKINTERRUPT Interrupt;
    ULONG IsrTicks;         /* counted by the ISR: interrupt spin lock */
    LARGE_INTEGER IsrTime;  /* of the last one: interrupt spin lock */
    IO_CSQ Reads;           /* waiting reads, which may be cancelled */
    LIST_ENTRY ReadList;    /* ReadLock */
    KSPIN_LOCK ReadLock;
    BOOLEAN volatile Stopped; /* no tick will come: set before the waiting reads are failed */
    IO_REMOVE_LOCK Remove;
} TICKER;

/* What the ISR counted, taken with it held off. */
typedef struct _TICKER_SNAPSHOT {
    TICKER *Ticker;
    TICKER_TICK Tick;
} TICKER_SNAPSHOT;

static ULONG get(TICKER *Ticker, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Ticker->Registers + Offset));
}

static VOID set(TICKER *Ticker, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Ticker->Registers + Offset), Value);
}

/* ---- interrupt ---- */

/*
 * DIRQL, with the interrupt spin lock. Asks the device whether it was it (the line may be shared),
 * quietens it, and leaves the rest to the DPC: no wait, no pool, no IRP may be touched here.
 */
static BOOLEAN NTAPI ticker_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    TICKER *Ticker = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    if (!(get(Ticker, TIMER_STATUS) & TIMER_STATUS_EXPIRED))
        return FALSE;
    set(Ticker, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    Ticker->IsrTicks++;
    KeQuerySystemTimePrecise(&Ticker->IsrTime);
    IoRequestDpc(Ticker->Self, NULL, Ticker);
    return TRUE;
}

/* DIRQL: called by KeSynchronizeExecution, so the ISR cannot come in between. */
static BOOLEAN NTAPI ticker_take(PVOID Context)
{
    TICKER_SNAPSHOT *Snapshot = Context;

    Snapshot->Tick.Number = Snapshot->Ticker->IsrTicks;
    Snapshot->Tick.Time = Snapshot->Ticker->IsrTime;
    return TRUE;
}

/* DISPATCH_LEVEL. Several ticks may have come since it was queued: it serves all who wait. */
static VOID NTAPI ticker_dpc(PKDPC Dpc, PDEVICE_OBJECT Device, PIRP Unused, PVOID Context)
{
    TICKER *Ticker = Context;
    TICKER_SNAPSHOT Snapshot = {.Ticker = Ticker};
    PIRP Irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Unused);
    KeSynchronizeExecution(Ticker->Interrupt, ticker_take, &Snapshot);
    while ((Irp = IoCsqRemoveNextIrp(&Ticker->Reads, NULL)) != NULL) {
        *(TICKER_TICK *)Irp->AssociatedIrp.SystemBuffer = Snapshot.Tick;
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Irp->IoStatus.Information = sizeof(Snapshot.Tick);
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        IoReleaseRemoveLock(&Ticker->Remove, Irp);
    }
}

/* ---- waiting reads ---- */

static VOID NTAPI csq_insert(PIO_CSQ Csq, PIRP Irp)
{
    TICKER *Ticker = CONTAINING_RECORD(Csq, TICKER, Reads);

    InsertTailList(&Ticker->ReadList, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI csq_remove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI csq_peek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    TICKER *Ticker = CONTAINING_RECORD(Csq, TICKER, Reads);
    PLIST_ENTRY Entry = Irp == NULL ? Ticker->ReadList.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    UNREFERENCED_PARAMETER(Context);
    if (Entry == &Ticker->ReadList)
        return NULL;
    return CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI csq_lock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, TICKER, Reads)->ReadLock, Irql);
}

static VOID NTAPI csq_unlock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, TICKER, Reads)->ReadLock, Irql);
}

static VOID NTAPI csq_cancelled(PIO_CSQ Csq, PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    IoReleaseRemoveLock(&CONTAINING_RECORD(Csq, TICKER, Reads)->Remove, Irp);
}

/* ---- requests ---- */

static NTSTATUS complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID fail_reads(TICKER *Ticker)
{
    PIRP Irp;

    while ((Irp = IoCsqRemoveNextIrp(&Ticker->Reads, NULL)) != NULL) {
        complete(Irp, STATUS_DEVICE_NOT_CONNECTED);
        IoReleaseRemoveLock(&Ticker->Remove, Irp);
    }
}

static NTSTATUS NTAPI ticker_read(PDEVICE_OBJECT Device, PIRP Irp)
{
    TICKER *Ticker = Device->DeviceExtension;
    NTSTATUS Status;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(TICKER_TICK))
        return complete(Irp, STATUS_BUFFER_TOO_SMALL);
    Status = IoAcquireRemoveLock(&Ticker->Remove, Irp);
    if (!NT_SUCCESS(Status))
        return complete(Irp, Status);
    IoCsqInsertIrp(&Ticker->Reads, Irp, NULL); /* marks it pending */
    if (Ticker->Stopped) /* who set it may have failed the others before this one came */
        fail_reads(Ticker);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI ticker_open_close(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return complete(Irp, STATUS_SUCCESS);
}

/* ---- start and removal, at PASSIVE_LEVEL ---- */

static NTSTATUS ticker_start(TICKER *Ticker, PIO_STACK_LOCATION Stack)
{
    PCM_RESOURCE_LIST Resources = Stack->Parameters.StartDevice.AllocatedResourcesTranslated;
    PCM_PARTIAL_RESOURCE_LIST List;
    IO_CONNECT_INTERRUPT_PARAMETERS Connect = {.Version = CONNECT_LINE_BASED};
    NTSTATUS Status;

    if (Resources == NULL) /* a root device has none */
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    List = &Resources->List[0].PartialResourceList;
    for (ULONG i = 0; i < List->Count && Ticker->Registers == NULL; i++)
        if (List->PartialDescriptors[i].Type == CmResourceTypeMemory)
            Ticker->Registers = MmMapIoSpace(List->PartialDescriptors[i].u.Memory.Start,
                                             List->PartialDescriptors[i].u.Memory.Length,
                                             MmNonCached);
    if (Ticker->Registers == NULL || get(Ticker, TIMER_ID) != TIMER_ID_VALUE)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    set(Ticker, TIMER_CONTROL, 0); /* quiet until the ISR is there */
    Connect.LineBased.PhysicalDeviceObject = Ticker->Pdo;
    Connect.LineBased.InterruptObject = &Ticker->Interrupt;
    Connect.LineBased.ServiceRoutine = ticker_isr;
    Connect.LineBased.ServiceContext = Ticker;
    Status = IoConnectInterruptEx(&Connect);
    if (!NT_SUCCESS(Status))
        return Status;
    Ticker->Stopped = FALSE;
    set(Ticker, TIMER_PERIOD_US, TICK_US);
    set(Ticker, TIMER_CONTROL, TIMER_CONTROL_ENABLE | TIMER_CONTROL_INTERRUPT);
    return STATUS_SUCCESS;
}

/* Device, ISR, DPC, reads: each is stopped before what it needs goes. */
static VOID ticker_stop(TICKER *Ticker)
{
    IO_DISCONNECT_INTERRUPT_PARAMETERS Disconnect = {.Version = CONNECT_LINE_BASED};

    if (Ticker->Interrupt != NULL) {
        set(Ticker, TIMER_CONTROL, 0);
        Disconnect.ConnectionContext.InterruptObject = Ticker->Interrupt;
        IoDisconnectInterruptEx(&Disconnect);
        KeFlushQueuedDpcs();
        Ticker->Interrupt = NULL;
    }
    Ticker->Stopped = TRUE;
    fail_reads(Ticker);
    if (Ticker->Registers != NULL)
        MmUnmapIoSpace(Ticker->Registers, 4096);
    Ticker->Registers = NULL;
}

static NTSTATUS ticker_remove(TICKER *Ticker, PIRP Irp)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(TICKER_LINK);
    NTSTATUS Status;

    IoReleaseRemoveLockAndWait(&Ticker->Remove, Irp);
    ticker_stop(Ticker);
    DbgPrint("ticker: %lu ticks\n", Ticker->IsrTicks);
    IoDeleteSymbolicLink(&Link);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    Status = IoCallDriver(Ticker->Lower, Irp);
    IoDetachDevice(Ticker->Lower);
    IoDeleteDevice(Ticker->Self);
    return Status;
}

static NTSTATUS NTAPI ticker_pnp(PDEVICE_OBJECT Device, PIRP Irp)
{
    TICKER *Ticker = Device->DeviceExtension;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoAcquireRemoveLock(&Ticker->Remove, Irp);

    if (!NT_SUCCESS(Status))
        return complete(Irp, Status);
    switch (Stack->MinorFunction) {
    case IRP_MN_START_DEVICE: /* the bus driver first */
        Status = IoForwardIrpSynchronously(Ticker->Lower, Irp) ? Irp->IoStatus.Status
                                                               : STATUS_UNSUCCESSFUL;
        if (NT_SUCCESS(Status))
            Status = ticker_start(Ticker, Stack);
        complete(Irp, Status);
        break;
    case IRP_MN_REMOVE_DEVICE: return ticker_remove(Ticker, Irp);
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        ticker_stop(Ticker);
        /* fall through */
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        /* fall through */
    default:
        IoSkipCurrentIrpStackLocation(Irp);
        Status = IoCallDriver(Ticker->Lower, Irp);
        break;
    }
    IoReleaseRemoveLock(&Ticker->Remove, Irp);
    return Status;
}

static NTSTATUS NTAPI ticker_power(PDEVICE_OBJECT Device, PIRP Irp)
{
    PoStartNextPowerIrp(Irp);
    IoSkipCurrentIrpStackLocation(Irp);
    return PoCallDriver(((TICKER *)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS NTAPI ticker_pass(PDEVICE_OBJECT Device, PIRP Irp)
{
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(((TICKER *)Device->DeviceExtension)->Lower, Irp);
}

static NTSTATUS NTAPI ticker_add_device(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(TICKER_NAME), Link = RTL_CONSTANT_STRING(TICKER_LINK);
    PDEVICE_OBJECT Device;
    TICKER *Ticker;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(TICKER), &Name, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &Device);

    if (!NT_SUCCESS(Status))
        return Status;
    Ticker = Device->DeviceExtension;
    RtlZeroMemory(Ticker, sizeof(*Ticker));
    Ticker->Self = Device;
    Ticker->Pdo = Pdo;
    InitializeListHead(&Ticker->ReadList);
    KeInitializeSpinLock(&Ticker->ReadLock);
    IoInitializeRemoveLock(&Ticker->Remove, 'kciT', 0, 0);
    IoCsqInitialize(&Ticker->Reads, csq_insert, csq_remove, csq_peek, csq_lock, csq_unlock,
                    csq_cancelled);
    IoInitializeDpcRequest(Device, ticker_dpc);
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status))
        goto DeleteDevice;
    Ticker->Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    if (Ticker->Lower == NULL) {
        Status = STATUS_NO_SUCH_DEVICE;
        goto DeleteLink;
    }
    Device->Flags |= DO_BUFFERED_IO | DO_POWER_PAGABLE;
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;

DeleteLink:
    IoDeleteSymbolicLink(&Link);
DeleteDevice:
    IoDeleteDevice(Device);
    return Status;
}

static VOID NTAPI ticker_unload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = ticker_unload;
    Driver->DriverExtension->AddDevice = ticker_add_device;
    Driver->MajorFunction[IRP_MJ_CREATE] = ticker_open_close;
    Driver->MajorFunction[IRP_MJ_CLOSE] = ticker_open_close;
    Driver->MajorFunction[IRP_MJ_READ] = ticker_read;
    Driver->MajorFunction[IRP_MJ_PNP] = ticker_pnp;
    Driver->MajorFunction[IRP_MJ_POWER] = ticker_power;
    Driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = ticker_pass;
    return STATUS_SUCCESS;
}
