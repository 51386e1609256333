/*
 * Operations that end with an interrupt: one at a time, the others wait in a cancel-safe queue. A
 * transfer goes element by element of its scatter/gather list. An interrupt that gets lost is found
 * by asking the device after two seconds. Leaves out: taking back an operation that the device
 * works on, which it cannot do.
 */
#include "driver.h"

/* ---- the queue ---- */

static EDU *EduOfQueue(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, EDU, Queue);
}

static VOID NTAPI EduInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&EduOfQueue(Csq)->QueueList, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI EduTakeOut(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* Context: the file whose requests are wanted, NULL for any. */
static PIRP NTAPI EduPeek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    EDU *Edu = EduOfQueue(Csq);
    PLIST_ENTRY Entry = Irp == NULL ? Edu->QueueList.Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; Entry != &Edu->QueueList; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);

        if (Context == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == Context)
            return Next;
    }
    return NULL;
}

static VOID NTAPI EduLockQueue(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&EduOfQueue(Csq)->QueueLock, Irql);
}

static VOID NTAPI EduUnlockQueue(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&EduOfQueue(Csq)->QueueLock, Irql);
}

static VOID EduEnd(EDU *Edu, PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    EduComplete(Irp, Status, Information);
    IoReleaseRemoveLock(&Edu->Remove, Irp);
}

static VOID NTAPI EduCancelled(PIO_CSQ Csq, PIRP Irp)
{
    EduEnd(EduOfQueue(Csq), Irp, STATUS_CANCELLED, 0);
}

static VOID EduFailQueue(EDU *Edu, NTSTATUS Status, PVOID File)
{
    PIRP Irp;

    while ((Irp = IoCsqRemoveNextIrp(&Edu->Queue, File)) != NULL)
        EduEnd(Edu, Irp, Status, 0);
}

VOID EduCancelFile(EDU *Edu, PFILE_OBJECT File)
{
    EduFailQueue(Edu, STATUS_CANCELLED, File);
}

NTSTATUS EduQueue(EDU *Edu, PIRP Irp)
{
    IoCsqInsertIrp(&Edu->Queue, Irp, NULL); /* marks it pending */
    EduStartNext(Edu);
    return STATUS_PENDING;
}

/* ---- the current operation ---- */

static BOOLEAN EduIsTransfer(PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->MajorFunction != IRP_MJ_DEVICE_CONTROL;
}

static BOOLEAN EduIsToDevice(PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_WRITE;
}

static ULONG EduCode(PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;
}

static ULONG EduArgument(PIRP Irp)
{
    return *(ULONG *)Irp->AssociatedIrp.SystemBuffer;
}

/* The interrupt bits that end it. */
static ULONG EduAwaited(PIRP Irp)
{
    if (EduIsTransfer(Irp))
        return EDU_INTERRUPT_DMA;
    return EduCode(Irp) == IOCTL_EDU_FACTORIAL ? EDU_INTERRUPT_FACTORIAL : EduArgument(Irp);
}

static VOID EduWatchFor(EDU *Edu)
{
    LARGE_INTEGER Due = {.QuadPart = -10000ll * EDU_WATCH_MS};

    KeSetTimer(&Edu->Watch, Due, &Edu->WatchDpc);
}

/* Lock held. Starts the element of the list that is next. */
static VOID EduStartElement(EDU *Edu)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Edu->Current);
    const SCATTER_GATHER_ELEMENT *Element = &Edu->List->Elements[Edu->Element];
    BOOLEAN ToDevice = EduIsToDevice(Edu->Current);
    ULONG Memory = Element->Address.LowPart;
    ULONG Local = EDU_BUFFER + (ULONG)Stack->Parameters.Read.ByteOffset.QuadPart + Edu->Moved;

    EduWrite(Edu, EDU_DMA_SOURCE, ToDevice ? Memory : Local);
    EduWrite(Edu, EDU_DMA_TARGET, ToDevice ? Local : Memory);
    EduWrite(Edu, EDU_DMA_COUNT, Element->Length);
    EduWrite(Edu, EDU_DMA_COMMAND,
             EDU_DMA_START | EDU_DMA_INTERRUPT | (ToDevice ? 0 : EDU_DMA_TO_MEMORY));
}

/* Lock held. Takes the current operation away from the device. */
static PIRP EduDetach(EDU *Edu)
{
    PIRP Irp = Edu->Current;

    KeCancelTimer(&Edu->Watch);
    if (Edu->List != NULL)
        Edu->Adapter->DmaOperations->PutScatterGatherList(Edu->Adapter, Edu->List,
                                                          EduIsToDevice(Irp));
    Edu->List = NULL;
    Edu->Begun = FALSE;
    Edu->Current = NULL;
    KeSetEvent(&Edu->Idle, IO_NO_INCREMENT, FALSE);
    return Irp;
}

/* DISPATCH_LEVEL. [doc: GetScatterGatherList, AdapterListControl] */
static VOID NTAPI EduListReady(PDEVICE_OBJECT Device, PIRP Unused, PSCATTER_GATHER_LIST List,
                               PVOID Context)
{
    EDU *Edu = Device->DeviceExtension;
    PIRP Irp = NULL;

    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    Edu->List = List;
    Edu->Element = 0;
    Edu->Moved = 0;
    if (Edu->Failing) {
        Irp = EduDetach(Edu);
    } else {
        Edu->Begun = TRUE;
        EduStartElement(Edu);
        EduWatchFor(Edu);
    }
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    if (Irp != NULL)
        EduEnd(Edu, Irp, STATUS_DEVICE_NOT_CONNECTED, 0);
}

/* DISPATCH_LEVEL: asks for the list; the device works once it is there. */
static NTSTATUS EduBeginTransfer(EDU *Edu, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN ToDevice = EduIsToDevice(Irp);

    KeFlushIoBuffers(Irp->MdlAddress, !ToDevice, TRUE);
    return Edu->Adapter->DmaOperations->GetScatterGatherList(
        Edu->Adapter, Edu->Self, Irp->MdlAddress, MmGetMdlVirtualAddress(Irp->MdlAddress),
        Stack->Parameters.Read.Length, EduListReady, NULL, ToDevice);
}

static VOID EduBeginControl(EDU *Edu, PIRP Irp)
{
    PIRP Failed = NULL;

    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    if (Edu->Failing) {
        Failed = EduDetach(Edu);
    } else {
        Edu->Begun = TRUE;
        EduWatchFor(Edu);
        if (EduCode(Irp) == IOCTL_EDU_FACTORIAL)
            EduWrite(Edu, EDU_FACTORIAL, EduArgument(Irp));
        else
            EduWrite(Edu, EDU_INTERRUPT_RAISE, EduArgument(Irp));
    }
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    if (Failed != NULL)
        EduEnd(Edu, Failed, STATUS_DEVICE_NOT_CONNECTED, 0);
}

/* DISPATCH_LEVEL. */
static PIRP EduTakeNext(EDU *Edu)
{
    PIRP Irp = NULL;

    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    if (Edu->Open && Edu->Current == NULL) {
        Irp = IoCsqRemoveNextIrp(&Edu->Queue, NULL);
        Edu->Current = Irp;
        if (Irp != NULL)
            KeClearEvent(&Edu->Idle);
    }
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    return Irp;
}

static VOID EduBegin(EDU *Edu, PIRP Irp)
{
    NTSTATUS Status;

    if (!EduIsTransfer(Irp)) {
        EduBeginControl(Edu, Irp);
        return;
    }
    Status = EduBeginTransfer(Edu, Irp);
    if (NT_SUCCESS(Status))
        return;
    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    EduDetach(Edu);
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    EduEnd(Edu, Irp, Status, 0);
    EduStartNext(Edu);
}

VOID EduStartNext(EDU *Edu)
{
    KIRQL Irql;
    PIRP Irp;
    BOOLEAN Failing;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    Irp = EduTakeNext(Edu);
    if (Irp != NULL)
        EduBegin(Edu, Irp);
    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    Failing = Edu->Failing;
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    if (Failing) /* it may have been queued after the others were failed */
        EduFailQueue(Edu, STATUS_DEVICE_NOT_CONNECTED, NULL);
    KeLowerIrql(Irql);
}

/* ---- its end ---- */

/* Lock held. The device is done with a part: TRUE when it was the last one. */
static BOOLEAN EduAdvance(EDU *Edu)
{
    if (!EduIsTransfer(Edu->Current))
        return TRUE;
    Edu->Moved += Edu->List->Elements[Edu->Element].Length;
    Edu->Element++;
    if (Edu->Element == Edu->List->NumberOfElements)
        return TRUE;
    EduStartElement(Edu);
    EduWatchFor(Edu);
    return FALSE;
}

/* Lock held: counts it, and gives what it says. */
static ULONG_PTR EduResult(EDU *Edu)
{
    PIRP Irp = Edu->Current;

    if (EduIsTransfer(Irp)) {
        Edu->Statistics.Transfers++;
        Edu->Statistics.Bytes += Edu->Moved;
        return Edu->Moved;
    }
    if (EduCode(Irp) == IOCTL_EDU_RAISE) {
        Edu->Statistics.Raises++;
        return 0;
    }
    Edu->Statistics.Factorials++;
    *(ULONG *)Irp->AssociatedIrp.SystemBuffer = EduRead(Edu, EDU_FACTORIAL);
    return sizeof(ULONG);
}

VOID EduService(EDU *Edu, ULONG Bits)
{
    ULONG_PTR Information = 0;
    PIRP Irp = NULL;

    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    if (Edu->Begun && (Bits & EduAwaited(Edu->Current)) != 0 && EduAdvance(Edu)) {
        Information = EduResult(Edu);
        Irp = EduDetach(Edu);
    }
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    if (Irp == NULL)
        return;
    EduEnd(Edu, Irp, STATUS_SUCCESS, Information);
    EduStartNext(Edu);
}

/* What the device shows of an operation whose interrupt has not come. Lock held. */
static BOOLEAN EduIsOver(EDU *Edu)
{
    if (EduIsTransfer(Edu->Current))
        return (EduRead(Edu, EDU_DMA_COMMAND) & EDU_DMA_START) == 0;
    if (EduCode(Edu->Current) == IOCTL_EDU_FACTORIAL)
        return (EduRead(Edu, EDU_STATUS) & EDU_STATUS_COMPUTING) == 0;
    return (EduRead(Edu, EDU_INTERRUPT_STATUS) & EduArgument(Edu->Current)) != 0;
}

/* The interrupt is overdue. A device that is gone reads as ones: busy, until its removal is told.
 */
VOID NTAPI EduWatch(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    EDU *Edu = Context;
    ULONG Bits = 0;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&Edu->Lock);
    if (Edu->Begun && EduRead(Edu, EDU_ID) != MAXULONG) {
        if (EduIsOver(Edu)) {
            Bits = EduAwaited(Edu->Current);
            EduWrite(Edu, EDU_INTERRUPT_ACKNOWLEDGE, Bits);
            Edu->Statistics.Recovered++;
        } else {
            EduWatchFor(Edu);
        }
    }
    KeReleaseSpinLockFromDpcLevel(&Edu->Lock);
    if (Bits != 0)
        EduService(Edu, Bits);
}

/* ---- start and end of all ---- */

VOID EduInitOperations(EDU *Edu)
{
    InitializeListHead(&Edu->QueueList);
    KeInitializeSpinLock(&Edu->QueueLock);
    KeInitializeSpinLock(&Edu->Lock);
    KeInitializeEvent(&Edu->Idle, NotificationEvent, TRUE);
    KeInitializeTimer(&Edu->Watch);
    KeInitializeDpc(&Edu->WatchDpc, EduWatch, Edu);
    IoCsqInitialize(&Edu->Queue, EduInsert, EduTakeOut, EduPeek, EduLockQueue, EduUnlockQueue,
                    EduCancelled);
}

VOID EduOpen(EDU *Edu)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Edu->Lock, &Irql);
    Edu->Open = TRUE;
    KeReleaseSpinLock(&Edu->Lock, Irql);
    EduStartNext(Edu);
}

VOID EduClose(EDU *Edu)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Edu->Lock, &Irql);
    Edu->Open = FALSE;
    KeReleaseSpinLock(&Edu->Lock, Irql);
    KeWaitForSingleObject(&Edu->Idle, Executive, KernelMode, FALSE, NULL);
}

VOID EduFailAll(EDU *Edu, NTSTATUS Status)
{
    PIRP Irp = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Edu->Lock, &Irql);
    Edu->Open = FALSE;
    Edu->Failing = TRUE;
    if (Edu->Begun) /* otherwise it waits for its list and ends there */
        Irp = EduDetach(Edu);
    KeReleaseSpinLock(&Edu->Lock, Irql);
    if (Irp != NULL)
        EduEnd(Edu, Irp, Status, 0);
    EduFailQueue(Edu, Status, NULL);
    KeWaitForSingleObject(&Edu->Idle, Executive, KernelMode, FALSE, NULL);
}
