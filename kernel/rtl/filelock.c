/*
 * Byte-range locks of file systems: FILE_LOCK. A shared lock lets everybody read and nobody write;
 * an exclusive one lets its owner alone do both. The owner is the file object, the process and the
 * key. Requests that conflict wait as IRPs, in order, and can be cancelled. LockInformation is
 * ours, made with the first lock. IRQL <= APC_LEVEL. Left out: nothing; FsRtlFastUnlockAll leaves
 * waiting requests alone [guess].
 */
#include "rtl.h"

#define RTLP_LOCK_TAG 'kLlF'

typedef struct _RTLP_FILE_LOCKS {
    KSPIN_LOCK SpinLock;
    LIST_ENTRY Held;    /* RTLP_LOCK_ENTRY; SpinLock */
    LIST_ENTRY Waiting; /* RTLP_LOCK_ENTRY with an Irp; SpinLock */
} RTLP_FILE_LOCKS;

typedef struct _RTLP_LOCK_ENTRY {
    LIST_ENTRY Links;
    FILE_LOCK_INFO Info;
    RTLP_FILE_LOCKS *Locks;
    PIRP Irp;
    PVOID Context;
} RTLP_LOCK_ENTRY;

static BOOLEAN RtlpSameOwner(const FILE_LOCK_INFO *First, const FILE_LOCK_INFO *Second)
{
    return First->FileObject == Second->FileObject && First->ProcessId == Second->ProcessId &&
           First->Key == Second->Key;
}

static BOOLEAN RtlpOverlap(const FILE_LOCK_INFO *First, const FILE_LOCK_INFO *Second)
{
    return First->Length.QuadPart != 0 && Second->Length.QuadPart != 0 &&
           (ULONG64)First->StartingByte.QuadPart <= (ULONG64)Second->EndingByte.QuadPart &&
           (ULONG64)Second->StartingByte.QuadPart <= (ULONG64)First->EndingByte.QuadPart;
}

/* An owner may take a shared lock over its own exclusive one, nothing else. */
static BOOLEAN RtlpLocksConflict(const FILE_LOCK_INFO *Held, const FILE_LOCK_INFO *Wanted)
{
    if (!RtlpOverlap(Held, Wanted))
        return FALSE;
    if (Wanted->ExclusiveLock)
        return TRUE;
    return Held->ExclusiveLock && !RtlpSameOwner(Held, Wanted);
}

static BOOLEAN RtlpCanGrant(RTLP_FILE_LOCKS *Locks,
                            const FILE_LOCK_INFO *Wanted) /* SpinLock held */
{
    for (PLIST_ENTRY Links = Locks->Held.Flink; Links != &Locks->Held; Links = Links->Flink)
        if (RtlpLocksConflict(&CONTAINING_RECORD(Links, RTLP_LOCK_ENTRY, Links)->Info, Wanted))
            return FALSE;
    return TRUE;
}

static RTLP_FILE_LOCKS *RtlpLocksOf(PFILE_LOCK FileLock) /* makes them; NULL without memory */
{
    RTLP_FILE_LOCKS *Locks = FileLock->LockInformation;

    if (Locks != NULL)
        return Locks;
    Locks = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Locks), RTLP_LOCK_TAG);
    if (Locks == NULL)
        return NULL;
    KeInitializeSpinLock(&Locks->SpinLock);
    InitializeListHead(&Locks->Held);
    InitializeListHead(&Locks->Waiting);
    if (InterlockedCompareExchangePointer(&FileLock->LockInformation, Locks, NULL) != NULL) {
        ExFreePoolWithTag(Locks, RTLP_LOCK_TAG);
        Locks = FileLock->LockInformation;
    }
    return Locks;
}

NT_EXPORT(FsRtlInitializeFileLock);
VOID NTAPI FsRtlInitializeFileLock(PFILE_LOCK FileLock, PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrp,
                                   PUNLOCK_ROUTINE Unlock)
{
    *FileLock = (FILE_LOCK){.CompleteLockIrpRoutine = CompleteLockIrp, .UnlockRoutine = Unlock};
}

/* Completes Irp, through the file system's routine where it has one; its result. */
static NTSTATUS RtlpCompleteLockIrp(PFILE_LOCK FileLock, PIRP Irp, PVOID Context, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    if (FileLock->CompleteLockIrpRoutine != NULL)
        return FileLock->CompleteLockIrpRoutine(Context, Irp);
    IoCompleteRequest(Irp, IO_DISK_INCREMENT);
    return Status;
}

static VOID RtlpDropLock(RTLP_FILE_LOCKS *Locks, RTLP_LOCK_ENTRY *Entry)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Locks->SpinLock, &Irql);
    RemoveEntryList(&Entry->Links);
    KeReleaseSpinLock(&Locks->SpinLock, Irql);
    ExFreePoolWithTag(Entry, RTLP_LOCK_TAG);
}

/* Moves the first waiting request that can be granted to the held ones; NULL when there is none. */
static RTLP_LOCK_ENTRY *RtlpTakeWaiter(RTLP_FILE_LOCKS *Locks, PIRP *Irp)
{
    RTLP_LOCK_ENTRY *Found = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Locks->SpinLock, &Irql);
    for (PLIST_ENTRY Links = Locks->Waiting.Flink; Links != &Locks->Waiting; Links = Links->Flink) {
        RTLP_LOCK_ENTRY *Entry = CONTAINING_RECORD(Links, RTLP_LOCK_ENTRY, Links);
        if (!RtlpCanGrant(Locks, &Entry->Info))
            continue;
        if (IoSetCancelRoutine(Entry->Irp, NULL) == NULL) /* is being cancelled */
            continue;
        RemoveEntryList(&Entry->Links);
        InsertTailList(&Locks->Held, &Entry->Links);
        *Irp = Entry->Irp;
        Entry->Irp = NULL;
        Found = Entry;
        break;
    }
    KeReleaseSpinLock(&Locks->SpinLock, Irql);
    return Found;
}

static VOID RtlpGrantWaiters(PFILE_LOCK FileLock, RTLP_FILE_LOCKS *Locks)
{
    RTLP_LOCK_ENTRY *Entry;
    PIRP Irp;

    while ((Entry = RtlpTakeWaiter(Locks, &Irp)) != NULL)
        if (!NT_SUCCESS(RtlpCompleteLockIrp(FileLock, Irp, Entry->Context, STATUS_SUCCESS)))
            RtlpDropLock(Locks, Entry);
}

static VOID NTAPI RtlpCancelLock(PDEVICE_OBJECT Device, PIRP Irp)
{
    RTLP_LOCK_ENTRY *Entry = Irp->Tail.Overlay.DriverContext[0];
    PFILE_LOCK FileLock = Irp->Tail.Overlay.DriverContext[1];
    PVOID Context = Entry->Context;

    UNREFERENCED_PARAMETER(Device);
    KeAcquireSpinLockAtDpcLevel(
        &Entry->Locks->SpinLock); /* off the list before the cancel lock is given up */
    RemoveEntryList(&Entry->Links);
    KeReleaseSpinLockFromDpcLevel(&Entry->Locks->SpinLock);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    ExFreePoolWithTag(Entry, RTLP_LOCK_TAG);
    (VOID)RtlpCompleteLockIrp(FileLock, Irp, Context, STATUS_CANCELLED);
}

/* TRUE: the request waits now; FALSE: it has been cancelled and the caller still owns it. SpinLock
 * held. */
static BOOLEAN RtlpWaitForLock(PFILE_LOCK FileLock, RTLP_LOCK_ENTRY *Entry, PIRP Irp)
{
    Irp->Tail.Overlay.DriverContext[0] = Entry;
    Irp->Tail.Overlay.DriverContext[1] = FileLock;
    Entry->Irp = Irp;
    InsertTailList(&Entry->Locks->Waiting, &Entry->Links);
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, RtlpCancelLock);
    if (!Irp->Cancel || IoSetCancelRoutine(Irp, NULL) == NULL)
        return TRUE;
    RemoveEntryList(&Entry->Links);
    return FALSE;
}

/* Grants, refuses or lets wait; the status says which (STATUS_PENDING: it waits). */
static NTSTATUS RtlpRequestLock(PFILE_LOCK FileLock, const FILE_LOCK_INFO *Info,
                                BOOLEAN FailImmediately, PIRP Irp, PVOID Context,
                                RTLP_LOCK_ENTRY **Result)
{
    RTLP_FILE_LOCKS *Locks = RtlpLocksOf(FileLock);
    RTLP_LOCK_ENTRY *Entry =
        Locks != NULL ? ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Entry), RTLP_LOCK_TAG) : NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    if (Entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *Entry = (RTLP_LOCK_ENTRY){.Info = *Info, .Locks = Locks, .Context = Context};
    KeAcquireSpinLock(&Locks->SpinLock, &Irql);
    if (RtlpCanGrant(Locks, Info)) {
        InsertTailList(&Locks->Held, &Entry->Links);
        FileLock->FastIoIsQuestionable = TRUE;
    } else if (FailImmediately || Irp == NULL) {
        Status = STATUS_LOCK_NOT_GRANTED;
    } else {
        Status = RtlpWaitForLock(FileLock, Entry, Irp) ? STATUS_PENDING : STATUS_CANCELLED;
    }
    KeReleaseSpinLock(&Locks->SpinLock, Irql);
    if (!NT_SUCCESS(Status))
        ExFreePoolWithTag(Entry, RTLP_LOCK_TAG);
    *Result = Status == STATUS_SUCCESS ? Entry : NULL;
    return Status;
}

static BOOLEAN RtlpMakeLockInfo(FILE_LOCK_INFO *Info, PFILE_OBJECT FileObject,
                                PLARGE_INTEGER Offset, PLARGE_INTEGER Length, PVOID Process,
                                ULONG Key, BOOLEAN Exclusive)
{
    *Info = (FILE_LOCK_INFO){.StartingByte = *Offset,
                             .Length = *Length,
                             .ExclusiveLock = Exclusive,
                             .Key = Key,
                             .FileObject = FileObject,
                             .ProcessId = Process};
    Info->EndingByte.QuadPart = (LONG64)((ULONG64)Offset->QuadPart + (ULONG64)Length->QuadPart - 1);
    return Length->QuadPart == 0 || (ULONG64)Info->EndingByte.QuadPart >= (ULONG64)Offset->QuadPart;
}

/*
 * TRUE when the request is dealt with: IoStatus says how, and Irp, if given, is completed or waits.
 * FALSE, only without Irp, when the lock cannot be had at once though the caller would wait. [doc]
 * FsRtlPrivateLock, FsRtlFastLock
 */
NT_EXPORT(FsRtlPrivateLock);
BOOLEAN NTAPI FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER Offset,
                               PLARGE_INTEGER Length, PEPROCESS Process, ULONG Key,
                               BOOLEAN FailImmediately, BOOLEAN Exclusive,
                               PIO_STATUS_BLOCK IoStatus, PIRP Irp, PVOID Context,
                               BOOLEAN AlreadySynchronized)
{
    FILE_LOCK_INFO Info;
    RTLP_LOCK_ENTRY *Entry = NULL;
    NTSTATUS Status = STATUS_INVALID_LOCK_RANGE;

    UNREFERENCED_PARAMETER(AlreadySynchronized); /* reserved [doc] */
    if (RtlpMakeLockInfo(&Info, FileObject, Offset, Length, Process, Key, Exclusive))
        Status = RtlpRequestLock(FileLock, &Info, FailImmediately, Irp, Context, &Entry);
    IoStatus->Status = Status;
    IoStatus->Information = 0;
    if (Irp == NULL)
        return Status != STATUS_LOCK_NOT_GRANTED || FailImmediately;
    if (Status == STATUS_PENDING)
        return TRUE;
    IoStatus->Status = RtlpCompleteLockIrp(FileLock, Irp, Context, Status);
    if (Entry != NULL && !NT_SUCCESS(IoStatus->Status))
        RtlpDropLock(Entry->Locks, Entry);
    return TRUE;
}

/* Takes the next held lock that Wanted describes off the list; NULL when there is none. */
typedef BOOLEAN RTLP_LOCK_MATCH(const FILE_LOCK_INFO *Held, const FILE_LOCK_INFO *Wanted);

static RTLP_LOCK_ENTRY *RtlpTakeHeld(RTLP_FILE_LOCKS *Locks, RTLP_LOCK_MATCH *Match,
                                     const FILE_LOCK_INFO *Wanted)
{
    RTLP_LOCK_ENTRY *Found = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Locks->SpinLock, &Irql);
    for (PLIST_ENTRY Links = Locks->Held.Flink; Links != &Locks->Held && Found == NULL;
         Links = Links->Flink)
        if (Match(&CONTAINING_RECORD(Links, RTLP_LOCK_ENTRY, Links)->Info, Wanted))
            Found = CONTAINING_RECORD(Links, RTLP_LOCK_ENTRY, Links);
    if (Found != NULL)
        RemoveEntryList(&Found->Links);
    KeReleaseSpinLock(&Locks->SpinLock, Irql);
    return Found;
}

static NTSTATUS RtlpUnlock(PFILE_LOCK FileLock, RTLP_LOCK_MATCH *Match,
                           const FILE_LOCK_INFO *Wanted, BOOLEAN All, PVOID Context)
{
    RTLP_FILE_LOCKS *Locks = FileLock->LockInformation;
    NTSTATUS Status = STATUS_RANGE_NOT_LOCKED;
    RTLP_LOCK_ENTRY *Entry;

    if (Locks == NULL)
        return Status;
    while ((All || Status != STATUS_SUCCESS) &&
           (Entry = RtlpTakeHeld(Locks, Match, Wanted)) != NULL) {
        Status = STATUS_SUCCESS;
        if (FileLock->UnlockRoutine != NULL)
            FileLock->UnlockRoutine(Context, &Entry->Info);
        ExFreePoolWithTag(Entry, RTLP_LOCK_TAG);
    }
    RtlpGrantWaiters(FileLock, Locks);
    FileLock->FastIoIsQuestionable = !IsListEmpty(&Locks->Held);
    return Status;
}

static BOOLEAN RtlpMatchExactly(const FILE_LOCK_INFO *Held, const FILE_LOCK_INFO *Wanted)
{
    return RtlpSameOwner(Held, Wanted) &&
           Held->StartingByte.QuadPart == Wanted->StartingByte.QuadPart &&
           Held->Length.QuadPart == Wanted->Length.QuadPart;
}

static BOOLEAN RtlpMatchFile(const FILE_LOCK_INFO *Held, const FILE_LOCK_INFO *Wanted)
{
    return Held->FileObject == Wanted->FileObject && Held->ProcessId == Wanted->ProcessId;
}

NT_EXPORT(FsRtlFastUnlockSingle);
NTSTATUS NTAPI FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject,
                                     PLARGE_INTEGER Offset, PLARGE_INTEGER Length,
                                     PEPROCESS Process, ULONG Key, PVOID Context,
                                     BOOLEAN AlreadySynchronized)
{
    FILE_LOCK_INFO Info;

    UNREFERENCED_PARAMETER(AlreadySynchronized);
    (VOID)RtlpMakeLockInfo(&Info, FileObject, Offset, Length, Process, Key, FALSE);
    return RtlpUnlock(FileLock, RtlpMatchExactly, &Info, FALSE, Context);
}

NT_EXPORT(FsRtlFastUnlockAll);
NTSTATUS NTAPI FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS Process,
                                  PVOID Context)
{
    FILE_LOCK_INFO Info = {.FileObject = FileObject, .ProcessId = Process};

    return RtlpUnlock(FileLock, RtlpMatchFile, &Info, TRUE, Context);
}

NT_EXPORT(FsRtlFastUnlockAllByKey);
NTSTATUS NTAPI FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject,
                                       PEPROCESS Process, ULONG Key, PVOID Context)
{
    FILE_LOCK_INFO Info = {.FileObject = FileObject, .ProcessId = Process, .Key = Key};

    return RtlpUnlock(FileLock, RtlpSameOwner, &Info, TRUE, Context);
}

static NTSTATUS RtlpProcessLock(PFILE_LOCK FileLock, PIRP Irp, PIO_STACK_LOCATION Stack,
                                PVOID Context)
{
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Offset = Stack->Parameters.LockControl.ByteOffset;

    FsRtlPrivateLock(FileLock, Stack->FileObject, &Offset, Stack->Parameters.LockControl.Length,
                     IoGetRequestorProcess(Irp), Stack->Parameters.LockControl.Key,
                     (Stack->Flags & SL_FAIL_IMMEDIATELY) != 0,
                     (Stack->Flags & SL_EXCLUSIVE_LOCK) != 0, &IoStatus, Irp, Context, FALSE);
    return IoStatus.Status;
}

/* Carries out an IRP_MJ_LOCK_CONTROL; Irp is completed or, with STATUS_PENDING, waits. */
NT_EXPORT(FsRtlProcessFileLock);
NTSTATUS NTAPI FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PEPROCESS Process = IoGetRequestorProcess(Irp);
    LARGE_INTEGER Offset = Stack->Parameters.LockControl.ByteOffset;
    NTSTATUS Status;

    switch (Stack->MinorFunction) {
    case IRP_MN_LOCK:
        return RtlpProcessLock(FileLock, Irp, Stack, Context);
    case IRP_MN_UNLOCK_SINGLE:
        Status = FsRtlFastUnlockSingle(FileLock, Stack->FileObject, &Offset,
                                       Stack->Parameters.LockControl.Length, Process,
                                       Stack->Parameters.LockControl.Key, Context, FALSE);
        break;
    case IRP_MN_UNLOCK_ALL:
        Status = FsRtlFastUnlockAll(FileLock, Stack->FileObject, Process, Context);
        break;
    case IRP_MN_UNLOCK_ALL_BY_KEY:
        Status = FsRtlFastUnlockAllByKey(FileLock, Stack->FileObject, Process,
                                         Stack->Parameters.LockControl.Key, Context);
        break;
    default:
        Status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    return RtlpCompleteLockIrp(FileLock, Irp, Context, Status);
}

/* May FileObject's owner read, or write, the range now? */
static BOOLEAN RtlpMayAccess(PFILE_LOCK FileLock, const FILE_LOCK_INFO *Access, BOOLEAN Write)
{
    RTLP_FILE_LOCKS *Locks = FileLock->LockInformation;
    BOOLEAN Allowed = TRUE;
    KIRQL Irql;

    if (Locks == NULL || Access->Length.QuadPart == 0)
        return TRUE;
    KeAcquireSpinLock(&Locks->SpinLock, &Irql);
    for (PLIST_ENTRY Links = Locks->Held.Flink; Links != &Locks->Held && Allowed;
         Links = Links->Flink) {
        const FILE_LOCK_INFO *Held = &CONTAINING_RECORD(Links, RTLP_LOCK_ENTRY, Links)->Info;
        if (RtlpOverlap(Held, Access))
            Allowed = Held->ExclusiveLock ? RtlpSameOwner(Held, Access) : !Write;
    }
    KeReleaseSpinLock(&Locks->SpinLock, Irql);
    return Allowed;
}

NT_EXPORT(FsRtlFastCheckLockForRead);
BOOLEAN NTAPI FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER Offset,
                                        PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                        PVOID Process)
{
    FILE_LOCK_INFO Access;

    (VOID)RtlpMakeLockInfo(&Access, FileObject, Offset, Length, Process, Key, FALSE);
    return RtlpMayAccess(FileLock, &Access, FALSE);
}

NT_EXPORT(FsRtlFastCheckLockForWrite);
BOOLEAN NTAPI FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER Offset,
                                         PLARGE_INTEGER Length, ULONG Key, PFILE_OBJECT FileObject,
                                         PVOID Process)
{
    FILE_LOCK_INFO Access;

    (VOID)RtlpMakeLockInfo(&Access, FileObject, Offset, Length, Process, Key, FALSE);
    return RtlpMayAccess(FileLock, &Access, TRUE);
}

NT_EXPORT(FsRtlCheckLockForReadAccess);
BOOLEAN NTAPI FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Offset = Stack->Parameters.Read.ByteOffset,
                  Length = {.QuadPart = Stack->Parameters.Read.Length};

    return FsRtlFastCheckLockForRead(FileLock, &Offset, &Length, Stack->Parameters.Read.Key,
                                     Stack->FileObject, IoGetRequestorProcess(Irp));
}

NT_EXPORT(FsRtlCheckLockForWriteAccess);
BOOLEAN NTAPI FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Offset = Stack->Parameters.Write.ByteOffset,
                  Length = {.QuadPart = Stack->Parameters.Write.Length};

    return FsRtlFastCheckLockForWrite(FileLock, &Offset, &Length, Stack->Parameters.Write.Key,
                                      Stack->FileObject, IoGetRequestorProcess(Irp));
}

/* A copy of the next held lock, in FileLock itself; NULL behind the last. The caller serialises. */
NT_EXPORT(FsRtlGetNextFileLock);
PFILE_LOCK_INFO NTAPI FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart)
{
    RTLP_FILE_LOCKS *Locks = FileLock->LockInformation;
    PFILE_LOCK_INFO Result = NULL;
    KIRQL Irql;

    if (Locks == NULL)
        return NULL;
    if (Restart)
        FileLock->LastReturnedLock = NULL;
    KeAcquireSpinLock(&Locks->SpinLock, &Irql);
    for (PLIST_ENTRY Links = Locks->Held.Flink; Links != &Locks->Held; Links = Links->Flink) {
        if (FileLock->LastReturnedLock == NULL) {
            FileLock->LastReturnedLockInfo = CONTAINING_RECORD(Links, RTLP_LOCK_ENTRY, Links)->Info;
            FileLock->LastReturnedLock = Links;
            Result = &FileLock->LastReturnedLockInfo;
            break;
        }
        if (FileLock->LastReturnedLock == Links)
            FileLock->LastReturnedLock = NULL; /* the one after it is next */
    }
    KeReleaseSpinLock(&Locks->SpinLock, Irql);
    return Result;
}

NT_EXPORT(FsRtlAreThereCurrentOrInProgressFileLocks);
BOOLEAN NTAPI FsRtlAreThereCurrentOrInProgressFileLocks(PFILE_LOCK FileLock)
{
    RTLP_FILE_LOCKS *Locks = FileLock->LockInformation;

    return FileLock->LockRequestsInProgress != 0 || (Locks != NULL && !IsListEmpty(&Locks->Held));
}

/* Takes a waiting request off the list. With the cancel lock held no cancel routine can be half-way
 * through. */
static RTLP_LOCK_ENTRY *RtlpTakeAnyWaiter(RTLP_FILE_LOCKS *Locks)
{
    RTLP_LOCK_ENTRY *Entry = NULL;
    KIRQL Irql;

    IoAcquireCancelSpinLock(&Irql);
    if (!IsListEmpty(&Locks->Waiting)) {
        Entry = CONTAINING_RECORD(RemoveHeadList(&Locks->Waiting), RTLP_LOCK_ENTRY, Links);
        IoSetCancelRoutine(Entry->Irp, NULL);
    }
    IoReleaseCancelSpinLock(Irql);
    return Entry;
}

/* Frees the locks; requests that still wait end with STATUS_RANGE_NOT_LOCKED. [guess] the status */
NT_EXPORT(FsRtlUninitializeFileLock);
VOID NTAPI FsRtlUninitializeFileLock(PFILE_LOCK FileLock)
{
    RTLP_FILE_LOCKS *Locks = FileLock->LockInformation;
    RTLP_LOCK_ENTRY *Entry;

    if (Locks == NULL)
        return;
    while ((Entry = RtlpTakeAnyWaiter(Locks)) != NULL) {
        (VOID)RtlpCompleteLockIrp(FileLock, Entry->Irp, Entry->Context, STATUS_RANGE_NOT_LOCKED);
        ExFreePoolWithTag(Entry, RTLP_LOCK_TAG);
    }
    while (!IsListEmpty(&Locks->Held)) {
        Entry = CONTAINING_RECORD(RemoveHeadList(&Locks->Held), RTLP_LOCK_ENTRY, Links);
        ExFreePoolWithTag(Entry, RTLP_LOCK_TAG);
    }
    ExFreePoolWithTag(Locks, RTLP_LOCK_TAG);
    FileLock->LockInformation = NULL;
    FileLock->FastIoIsQuestionable = FALSE;
}

NT_EXPORT(FsRtlAllocateFileLock);
PFILE_LOCK NTAPI FsRtlAllocateFileLock(PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrp,
                                       PUNLOCK_ROUTINE Unlock)
{
    PFILE_LOCK FileLock = ExAllocatePoolWithTag(PagedPool, sizeof(*FileLock), RTLP_LOCK_TAG);

    if (FileLock != NULL)
        FsRtlInitializeFileLock(FileLock, CompleteLockIrp, Unlock);
    return FileLock;
}

NT_EXPORT(FsRtlFreeFileLock);
VOID NTAPI FsRtlFreeFileLock(PFILE_LOCK FileLock)
{
    FsRtlUninitializeFileLock(FileLock);
    ExFreePoolWithTag(FileLock, RTLP_LOCK_TAG);
}
