/*
 * Cancelling requests: the cancel spin lock, IoCancelIrp, a thread's or a file's outstanding
 * requests. Left out: the five-minute rule after which NT detaches a request from its thread.
 */
#include "iop.h"

static KSPIN_LOCK IopCancelSpinLock;

NT_EXPORT(IoAcquireCancelSpinLock);
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    KeAcquireSpinLock(&IopCancelSpinLock, Irql);
}

NT_EXPORT(IoReleaseCancelSpinLock);
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    KeReleaseSpinLock(&IopCancelSpinLock, Irql);
}

NT_EXPORT(IoCancelIrp);
BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    PDRIVER_CANCEL Routine;
    PDEVICE_OBJECT Device = NULL;
    KIRQL OldIrql;

    if (Irp->Type != IO_TYPE_IRP)
        IopBugCheckIrp(MULTIPLE_IRP_COMPLETE_REQUESTS, Irp, 0, 0, 0,
                       "cancelled but it is no IRP (any more)");
    IoAcquireCancelSpinLock(&OldIrql);
    Irp->Cancel = TRUE;
    Routine = IoSetCancelRoutine(Irp, NULL);
    if (Routine == NULL) {
        IoReleaseCancelSpinLock(OldIrql);
        return FALSE;
    }
    if (Irp->CurrentLocation > Irp->StackCount + 1)
        IopBugCheckIrp(CANCEL_STATE_IN_COMPLETED_IRP, Irp, (ULONG_PTR)Routine, 0, 0,
                       "cancelled after completion");
    if (Irp->CurrentLocation <= Irp->StackCount)
        Device = IoGetCurrentIrpStackLocation(Irp)->DeviceObject;
    Irp->CancelIrql = OldIrql;
    Routine(Device, Irp); /* releases the cancel spin lock */
    if (KeGetCurrentIrql() > OldIrql && KeTestSpinLock(&IopCancelSpinLock) == FALSE) {
        KeSetBugCheckText("cancel routine %p returned without IoReleaseCancelSpinLock", Routine);
        KeBugCheckEx(DRIVER_RETURNED_HOLDING_CANCEL_LOCK, (ULONG_PTR)Irp, (ULONG_PTR)Routine, 0, 0);
    }
    return TRUE;
}

/* ---- a thread's requests ---- */

typedef struct _IOP_CANCEL {
    PFILE_OBJECT File;     /* NULL: of any file */
    PIO_STATUS_BLOCK Iosb; /* NULL: with any status block */
    BOOLEAN SynchronousOnly;
} IOP_CANCEL;

static BOOLEAN IopIsToCancel(PIRP Irp, const IOP_CANCEL *What)
{
    PFILE_OBJECT File = Irp->Tail.Overlay.OriginalFileObject;

    if ((What->File != NULL && File != What->File) ||
        (What->Iosb != NULL && Irp->UserIosb != What->Iosb))
        return FALSE;
    if (!What->SynchronousOnly || (Irp->Flags & IRP_SYNCHRONOUS_API))
        return TRUE;
    return File != NULL && (File->Flags & FO_SYNCHRONOUS_IO);
}

/* The first request of Thread that is to be cancelled and is not yet; *Count: how many there are,
 * cancelled or not. */
static PIRP IopFindToCancel(PETHREAD Thread, const IOP_CANCEL *What, PULONG Count)
{
    PLIST_ENTRY Link;
    PIRP Found = NULL;

    *Count = 0;
    for (Link = Thread->IrpList.Flink; Link != &Thread->IrpList; Link = Link->Flink) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, ThreadListEntry);

        if (!IopIsToCancel(Irp, What))
            continue;
        ++*Count;
        if (Found == NULL && !Irp->Cancel)
            Found = Irp;
    }
    return Found;
}

/* Gives the number of requests there were. The list is read anew after each cancel routine, which
 * may change it. */
static ULONG IopCancelThreadIrps(PETHREAD Thread, PFILE_OBJECT File, PIO_STATUS_BLOCK Iosb,
                                 BOOLEAN SynchronousOnly)
{
    IOP_CANCEL What = { File, Iosb, SynchronousOnly };
    KIRQL OldIrql = KfRaiseIrql(APC_LEVEL);
    ULONG Count, Now;
    PIRP Irp = IopFindToCancel(Thread, &What, &Count);

    while (Irp != NULL) {
        IoCancelIrp(Irp);
        Irp = IopFindToCancel(Thread, &What, &Now);
    }
    KeLowerIrql(OldIrql);
    return Count;
}

VOID IoCancelThreadIo(PETHREAD Thread)
{
    LARGE_INTEGER Pause;

    Pause.QuadPart = -10 * 10 * 1000; /* 10 ms of virtual time between two looks */
    while (!IsListEmpty(&Thread->IrpList)) {
        IopCancelThreadIrps(Thread, NULL, NULL, FALSE);
        if (!IsListEmpty(&Thread->IrpList))
            KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
}

/* ---- for the report of a hang ---- */

static ULONG IopDescribePendingIrp(PIRP Irp, PETHREAD Thread, char *Text, ULONG Bytes)
{
    PIO_STACK_LOCATION Stack = Irp->Tail.Overlay.CurrentStackLocation;
    PDEVICE_OBJECT Device = Irp->CurrentLocation <= Irp->StackCount ? Stack->DeviceObject : NULL;
    char Code[32] = "";
    int Count;

    if (Device == NULL)
        return 0;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        _snprintf(Code, sizeof(Code) - 1, ", control code %#lx",
                  Stack->Parameters.DeviceIoControl.IoControlCode);
    Count = _snprintf(Text, Bytes,
                      "\nIRP %p, major function %#x%s, sent by thread %p, is with %wZ (device %p, "
                      "dispatch routine %p) and "
                      "not completed",
                      Irp, Stack->MajorFunction, Code, Thread, &Device->DriverObject->DriverName,
                      Device, (PVOID)Device->DriverObject->MajorFunction[Stack->MajorFunction]);
    return Count < 0 || (ULONG)Count > Bytes ? Bytes : (ULONG)Count;
}

static ULONG IopDescribeThreadIrps(PETHREAD Thread, char *Text, ULONG Bytes)
{
    ULONG Used = 0;

    for (PLIST_ENTRY Link = Thread->IrpList.Flink; Link != &Thread->IrpList; Link = Link->Flink)
        Used += IopDescribePendingIrp(CONTAINING_RECORD(Link, IRP, ThreadListEntry), Thread,
                                      Text + Used, Bytes - Used);
    return Used;
}

VOID IoDescribePending(char *Text, ULONG Bytes)
{
    ULONG Used = 0;

    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);

        for (PLIST_ENTRY Entry = Process->ThreadListHead.Flink; Entry != &Process->ThreadListHead;
             Entry = Entry->Flink)
            Used +=
                IopDescribeThreadIrps(CONTAINING_RECORD(Entry, struct _ETHREAD, ThreadListEntry),
                                      Text + Used, Bytes - Used);
    }
}

/* Stores the result of a cancel service. */
static NTSTATUS IopStoreCancelResult(PIO_STATUS_BLOCK IoStatusBlock, NTSTATUS Status)
{
    __try {
        IoStatusBlock->Status = Status;
        IoStatusBlock->Information = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS IopProbeIosb(PIO_STATUS_BLOCK IoStatusBlock)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (IopPreviousMode() == KernelMode)
        return Status;
    __try {
        ProbeForWrite(IoStatusBlock, sizeof(*IoStatusBlock), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(CancelIoFile);
NTSTATUS NTAPI NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    PFILE_OBJECT File;
    NTSTATUS Status = IopProbeIosb(IoStatusBlock);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(FileHandle, 0, IopFileType, IopPreviousMode(),
                                       (PVOID *)&File, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    /* The service waits until the cancelled requests are done. [doc: NtCancelIoFile] */
    while (IopCancelThreadIrps(PsGetCurrentThread(), File, NULL, FALSE) != 0) {
        LARGE_INTEGER Pause;

        Pause.QuadPart = -10 * 10 * 1000;
        KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    }
    ObDereferenceObject(File);
    return IopStoreCancelResult(IoStatusBlock, STATUS_SUCCESS);
}

/* Each thread of the current process. */
static ULONG IopCancelProcessIrps(PFILE_OBJECT File, PIO_STATUS_BLOCK Iosb)
{
    PEPROCESS Process = PsCurrentProcess();
    PLIST_ENTRY Link;
    ULONG Count = 0;

    for (Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead; Link = Link->Flink)
        Count += IopCancelThreadIrps(CONTAINING_RECORD(Link, struct _ETHREAD, ThreadListEntry),
                                     File, Iosb, FALSE);
    return Count;
}

NT_SERVICE(CancelIoFileEx);
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                PIO_STATUS_BLOCK IoStatusBlock)
{
    PFILE_OBJECT File;
    ULONG Count;
    NTSTATUS Status = IopProbeIosb(IoStatusBlock);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(FileHandle, 0, IopFileType, IopPreviousMode(),
                                       (PVOID *)&File, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Count = IopCancelProcessIrps(File, IoRequestToCancel);
    ObDereferenceObject(File);
    return IopStoreCancelResult(IoStatusBlock, Count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}

NT_SERVICE(CancelSynchronousIoFile);
NTSTATUS NTAPI NtCancelSynchronousIoFile(HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                                         PIO_STATUS_BLOCK IoStatusBlock)
{
    PETHREAD Thread;
    ULONG Count;
    NTSTATUS Status = IopProbeIosb(IoStatusBlock);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_TERMINATE, *PsThreadType,
                                       IopPreviousMode(), (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Count = IopCancelThreadIrps(Thread, NULL, IoRequestToCancel, TRUE);
    ObDereferenceObject(Thread);
    return IopStoreCancelResult(IoStatusBlock, Count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
}
