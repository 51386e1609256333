/*
 * Reads, writes and IOCTLs: queues, toasting, cancellation. [doc: Cancel-Safe IRP Queues; Using
 * Remove Locks]
 */
#include "func.h"

NTSTATUS FuncComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, NT_SUCCESS(Status) ? IO_CD_ROM_INCREMENT : IO_NO_INCREMENT);
    return Status;
}

/* The request is over, and with it what it held. */
static NTSTATUS FuncEnd(_In_ FUNC *Func, _Inout_ PIRP Irp, _In_ NTSTATUS Status,
                        _In_ ULONG_PTR Information)
{
    FuncComplete(Irp, Status, Information);
    IoReleaseRemoveLock(&Func->Remove, Irp);
    return Status;
}

/* ---- queues ---- */

static FUNC_QUEUE *FuncQueueOf(_In_ PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, FUNC_QUEUE, Csq);
}

/* With the lock held. Context says what must be so, else the request is not queued. */
static IO_CSQ_INSERT_IRP_EX FuncInsert;
static NTSTATUS NTAPI FuncInsert(_In_ PIO_CSQ Csq, _In_ PIRP Irp, _In_opt_ PVOID Context)
{
    FUNC_QUEUE *Queue = FuncQueueOf(Csq);
    FUNC *Func = Queue->Func;

    UNREFERENCED_PARAMETER(Context);
    if (Func->Gone)
        return STATUS_DEVICE_REMOVED;
    if (Queue == &Func->Held && Func->Obstacles == 0) {
        Func->Working++;
        KeClearEvent(&Func->Quiet);
        return STATUS_UNSUCCESSFUL; /* nothing is in the way */
    }
    if (Queue == &Func->Reads && Func->ToastBytes != 0)
        return STATUS_UNSUCCESSFUL;
    InsertTailList(&Queue->Irps, &Irp->Tail.Overlay.ListEntry);
    Queue->Count++;
    return STATUS_SUCCESS;
}

static IO_CSQ_REMOVE_IRP FuncTakeOut;
static VOID NTAPI FuncTakeOut(_In_ PIO_CSQ Csq, _In_ PIRP Irp)
{
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    FuncQueueOf(Csq)->Count--;
}

/* Context: a file object, whose requests are looked for; NULL: any. */
static IO_CSQ_PEEK_NEXT_IRP FuncPeek;
static PIRP NTAPI FuncPeek(_In_ PIO_CSQ Csq, _In_opt_ PIRP Irp, _In_opt_ PVOID Context)
{
    PLIST_ENTRY Head = &FuncQueueOf(Csq)->Irps;
    PLIST_ENTRY Entry = Irp == NULL ? Head->Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; Entry != Head; Entry = Entry->Flink) {
        PIRP Next = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);

        if (Context == NULL || IoGetCurrentIrpStackLocation(Next)->FileObject == Context)
            return Next;
    }
    return NULL;
}

static IO_CSQ_ACQUIRE_LOCK FuncLockQueue;
_Use_decl_annotations_ static VOID NTAPI FuncLockQueue(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&FuncQueueOf(Csq)->Func->Lock, Irql);
}

static IO_CSQ_RELEASE_LOCK FuncUnlockQueue;
_Use_decl_annotations_ static VOID NTAPI FuncUnlockQueue(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&FuncQueueOf(Csq)->Func->Lock, Irql);
}

static IO_CSQ_COMPLETE_CANCELED_IRP FuncCancelled;
static VOID NTAPI FuncCancelled(_In_ PIO_CSQ Csq, _In_ PIRP Irp)
{
    FuncEnd(FuncQueueOf(Csq)->Func, Irp, STATUS_CANCELLED, 0);
}

static VOID FuncQueueInitialize(_Out_ FUNC_QUEUE *Queue, _In_ FUNC *Func)
{
    Queue->Func = Func;
    Queue->Count = 0;
    InitializeListHead(&Queue->Irps);
    IoCsqInitializeEx(&Queue->Csq, FuncInsert, FuncTakeOut, FuncPeek, FuncLockQueue,
                      FuncUnlockQueue, FuncCancelled);
}

static VOID FuncFailQueue(_Inout_ FUNC_QUEUE *Queue, _In_opt_ PFILE_OBJECT File,
                          _In_ NTSTATUS Status)
{
    PIRP Irp;

    while ((Irp = IoCsqRemoveNextIrp(&Queue->Csq, File)) != NULL)
        FuncEnd(Queue->Func, Irp, Status, 0);
}

/* ---- toast ---- */

/* Takes the oldest toast. 0: there is none. */
static ULONG FuncTakeToast(_Inout_ FUNC *Func, _Out_writes_(Bytes) PUCHAR Buffer, _In_ ULONG Bytes)
{
    ULONG Taken;
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Taken = min(Bytes, Func->ToastBytes);
    RtlCopyMemory(Buffer, Func->Toast, Taken);
    Func->ToastBytes -= Taken;
    RtlMoveMemory(Func->Toast, Func->Toast + Taken, Func->ToastBytes);
    KeReleaseSpinLock(&Func->Lock, Irql);
    return Taken;
}

/* A read gets toast, or waits for it: STATUS_PENDING. */
static NTSTATUS FuncServeRead(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length, Taken;
    NTSTATUS Status;

    do {
        Taken = FuncTakeToast(Func, Irp->AssociatedIrp.SystemBuffer, Length);
        if (Taken != 0)
            return FuncEnd(Func, Irp, STATUS_SUCCESS, Taken);
        Status = IoCsqInsertIrpEx(&Func->Reads.Csq, Irp, NULL, NULL); /* marks it pending */
    } while (Status == STATUS_UNSUCCESSFUL); /* some came in between */
    return NT_SUCCESS(Status) ? STATUS_PENDING : FuncEnd(Func, Irp, Status, 0);
}

/* As long as there is toast, those who wait get some. */
static VOID FuncServeReads(_Inout_ FUNC *Func)
{
    PIRP Irp;

    while (Func->ToastBytes != 0 && (Irp = IoCsqRemoveNextIrp(&Func->Reads.Csq, NULL)) != NULL)
        FuncServeRead(Func, Irp);
}

/* The slots are lowered, if there is bread and the device may work. With the lock held. */
static VOID FuncLowerSlots(_Inout_ FUNC *Func)
{
    LARGE_INTEGER Due;

    Due.QuadPart = -10000ll * TOASTER_MS * Func->Status.Browning;
    if (Func->Writes.Count != 0 && Func->Obstacles == 0 && !Func->Gone)
        KeSetTimer(&Func->Timer, Due, &Func->Dpc);
}

static NTSTATUS FuncToast(_Inout_ FUNC *Func, _In_ PIRP Irp)
{
    ULONG Bytes = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length, i;
    const UCHAR *Bread = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    if (Bytes > sizeof(Func->Toast) - Func->ToastBytes) {
        Status = STATUS_DEVICE_BUSY; /* nobody takes the toast away */
    } else {
        for (i = 0; i < Bytes; i++)
            Func->Toast[Func->ToastBytes++] =
                (UCHAR)(Bread[i] >= 'a' && Bread[i] <= 'z' ? Bread[i] - 'a' + 'A' : Bread[i]);
        Func->Status.Toasted += Bytes;
    }
    KeReleaseSpinLock(&Func->Lock, Irql);
    return Status;
}

static BOOLEAN FuncBegin(_Inout_ FUNC *Func)
{
    BOOLEAN May;
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    May = Func->Obstacles == 0 && !Func->Gone;
    if (May) {
        Func->Working++;
        KeClearEvent(&Func->Quiet);
    }
    KeReleaseSpinLock(&Func->Lock, Irql);
    return May;
}

static VOID FuncDone(_Inout_ FUNC *Func)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    if (--Func->Working == 0)
        KeSetEvent(&Func->Quiet, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Func->Lock, Irql);
}

/*
 * The bread is toasted. Its write may have been cancelled meanwhile: then the next one has had its
 * warmth.
 */
static KDEFERRED_ROUTINE FuncToasted;
static VOID NTAPI FuncToasted(_In_ PKDPC Dpc, _In_opt_ PVOID Context, _In_opt_ PVOID Argument1,
                              _In_opt_ PVOID Argument2)
{
    FUNC *Func = Context;
    KIRQL Irql;
    PIRP Irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (!FuncBegin(Func))
        return; /* FuncResume lowers the slots again */
    if (Func->Idle != NULL)
        PoSetDeviceBusyEx(Func->Idle); /* as long as there is bread, it is not idle */
    Irp = IoCsqRemoveNextIrp(&Func->Writes.Csq, NULL);
    if (Irp != NULL) {
        NTSTATUS Status = FuncToast(Func, Irp);

        FuncEnd(Func, Irp, Status,
                NT_SUCCESS(Status) ? IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length
                                   : 0);
        FuncServeReads(Func);
    }
    KeAcquireSpinLock(&Func->Lock, &Irql);
    FuncLowerSlots(Func);
    KeReleaseSpinLock(&Func->Lock, Irql);
    FuncDone(Func);
}

/* ---- requests ---- */

static NTSTATUS FuncRead(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0)
        return FuncEnd(Func, Irp, STATUS_SUCCESS, 0);
    return FuncServeRead(Func, Irp);
}

static NTSTATUS FuncWrite(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NTSTATUS Status;
    KIRQL Irql;

    if (Length == 0)
        return FuncEnd(Func, Irp, STATUS_SUCCESS, 0);
    if (Length > TOASTER_SLOTS)
        return FuncEnd(Func, Irp, STATUS_INVALID_BUFFER_SIZE, 0);
    Status = IoCsqInsertIrpEx(&Func->Writes.Csq, Irp, NULL, NULL);
    if (!NT_SUCCESS(Status))
        return FuncEnd(Func, Irp, Status, 0);
    KeAcquireSpinLock(&Func->Lock, &Irql);
    if (Func->Writes.Count == 1) /* else the slots are down already */
        FuncLowerSlots(Func);
    KeReleaseSpinLock(&Func->Lock, Irql);
    return STATUS_PENDING;
}

static NTSTATUS FuncTellStatus(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    TOASTER_STATUS *Out = Irp->AssociatedIrp.SystemBuffer;
    KIRQL Irql;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength <
        sizeof(*Out))
        return FuncEnd(Func, Irp, STATUS_BUFFER_TOO_SMALL, 0);
    KeAcquireSpinLock(&Func->Lock, &Irql);
    *Out = Func->Status;
    Out->ReadsWaiting = Func->Reads.Count;
    Out->WritesWaiting = Func->Writes.Count;
    KeReleaseSpinLock(&Func->Lock, Irql);
    return FuncEnd(Func, Irp, STATUS_SUCCESS, sizeof(*Out));
}

static NTSTATUS FuncSetNumber(_Inout_ FUNC *Func, _Inout_ PIRP Irp, _In_ ULONG Code)
{
    const ULONG *Number = Irp->AssociatedIrp.SystemBuffer;

    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.InputBufferLength <
        sizeof(*Number))
        return FuncEnd(Func, Irp, STATUS_INFO_LENGTH_MISMATCH, 0);
    if (Code == IOCTL_TOASTER_POP_AFTER) {
        Func->Bus.PopAfter(Func->Bus.Header.Context, *Number);
        return FuncEnd(Func, Irp, STATUS_SUCCESS, 0);
    }
    if (*Number < 1 || *Number > TOASTER_BROWNING_MAX)
        return FuncEnd(Func, Irp, STATUS_INVALID_PARAMETER, 0);
    Func->Status.Browning = *Number;
    return FuncEnd(Func, Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS FuncControl(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode;

    switch (Code) {
    case IOCTL_TOASTER_GET_STATUS: return FuncTellStatus(Func, Irp);
    case IOCTL_TOASTER_SET_BROWNING:
    case IOCTL_TOASTER_POP_AFTER: return FuncSetNumber(Func, Irp, Code);
    default: return FuncEnd(Func, Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* The request looks at the device: it counts in Working. */
static NTSTATUS FuncWork(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status;

    if (Func->Idle != NULL)
        PoSetDeviceBusyEx(Func->Idle);
    switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction) {
    case IRP_MJ_READ: Status = FuncRead(Func, Irp); break;
    case IRP_MJ_WRITE: Status = FuncWrite(Func, Irp); break;
    default: Status = FuncControl(Func, Irp); break;
    }
    FuncDone(Func);
    return Status;
}

NTSTATUS FuncReadWrite(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    NTSTATUS Status = IoCsqInsertIrpEx(&Func->Held.Csq, Irp, NULL, NULL);

    if (Status == STATUS_UNSUCCESSFUL)
        return FuncWork(Func, Irp);
    if (!NT_SUCCESS(Status))
        return FuncEnd(Func, Irp, Status, 0);
    FuncAskPower(Func);
    return STATUS_PENDING;
}

NTSTATUS FuncCleanup(_Inout_ FUNC *Func, _Inout_ PIRP Irp)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;

    FuncFailQueue(&Func->Held, File, STATUS_CANCELLED);
    FuncFailQueue(&Func->Writes, File, STATUS_CANCELLED);
    FuncFailQueue(&Func->Reads, File, STATUS_CANCELLED);
    return FuncComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- stopping and going on ---- */

VOID FuncIoInitialize(_Inout_ FUNC *Func)
{
    KeInitializeSpinLock(&Func->Lock);
    KeInitializeEvent(&Func->Quiet, NotificationEvent, TRUE);
    KeInitializeTimer(&Func->Timer);
    KeInitializeDpc(&Func->Dpc, FuncToasted, Func);
    FuncQueueInitialize(&Func->Held, Func);
    FuncQueueInitialize(&Func->Reads, Func);
    FuncQueueInitialize(&Func->Writes, Func);
    Func->Obstacles = FUNC_NOT_STARTED;
    Func->Status.Browning = 1;
}

VOID FuncPause(_Inout_ FUNC *Func, _In_ ULONG Obstacle)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Func->Obstacles |= Obstacle;
    KeReleaseSpinLock(&Func->Lock, Irql);
    KeCancelTimer(&Func->Timer);
    KeWaitForSingleObject(&Func->Quiet, Executive, KernelMode, FALSE, NULL);
}

VOID FuncResume(_Inout_ FUNC *Func, _In_ ULONG Obstacle)
{
    KIRQL Irql;
    PIRP Irp;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Func->Obstacles &= ~Obstacle;
    FuncLowerSlots(Func);
    KeReleaseSpinLock(&Func->Lock, Irql);
    while (FuncBegin(Func)) {
        Irp = IoCsqRemoveNextIrp(&Func->Held.Csq, NULL);
        if (Irp == NULL) {
            FuncDone(Func);
            break;
        }
        FuncWork(Func, Irp);
    }
}

VOID FuncFailHeld(_Inout_ FUNC *Func, _In_ NTSTATUS Status)
{
    FuncFailQueue(&Func->Held, NULL, Status);
}

VOID FuncFailAll(_Inout_ FUNC *Func)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Func->Lock, &Irql);
    Func->Gone = TRUE;
    KeReleaseSpinLock(&Func->Lock, Irql);
    FuncPause(Func, FUNC_NOT_STARTED);
    KeFlushQueuedDpcs();
    FuncFailQueue(&Func->Held, NULL, STATUS_DEVICE_REMOVED);
    FuncFailQueue(&Func->Writes, NULL, STATUS_DEVICE_REMOVED);
    FuncFailQueue(&Func->Reads, NULL, STATUS_DEVICE_REMOVED);
}
