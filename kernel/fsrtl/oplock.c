/*
 * Opportunistic locks: which operation breaks which oplock to what, and who waits for the
 * acknowledgment. [doc: Checking the Oplock State of an IRP_MJ_XXX operation; Breaking Oplocks]
 * Requests and acknowledgments are in oplockctl.c. Left out: oplock keys (a file object is its
 * own), upper oplocks.
 */
#include "oplock.h"

static VOID FsRtlpCompleteIrp(PIRP Irp)
{
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

KIRQL FsRtlpLockOplocks(FSRTLP_DONE *Done)
{
    KIRQL Irql;

    InitializeListHead(&Done->Irps);
    InitializeListHead(&Done->Waiters);
    IoAcquireCancelSpinLock(&Irql);
    return Irql;
}

static VOID FsRtlpResume(FSRTLP_WAITER *Waiter)
{
    if (Waiter->Routine == NULL) {
        KeSetEvent(Waiter->Event, IO_NO_INCREMENT, FALSE); /* the thread owns the waiter */
        return;
    }
    Waiter->Routine(Waiter->Context, Waiter->Irp);
    ExFreePoolWithTag(Waiter, FSRTLP_OPLOCK_TAG);
}

VOID FsRtlpUnlockOplocks(FSRTLP_DONE *Done, KIRQL Irql)
{
    IoReleaseCancelSpinLock(Irql);
    while (!IsListEmpty(&Done->Irps))
        FsRtlpCompleteIrp(
            CONTAINING_RECORD(RemoveHeadList(&Done->Irps), IRP, Tail.Overlay.ListEntry));
    while (!IsListEmpty(&Done->Waiters))
        FsRtlpResume(CONTAINING_RECORD(RemoveHeadList(&Done->Waiters), FSRTLP_WAITER, Link));
}

/* ---- holders ---- */

ULONG FsRtlpCacheLevel(FSRTLP_KIND Kind)
{
    static const UCHAR Level[OplockKinds] = {
        [OplockRead] = OPLOCK_LEVEL_CACHE_READ,
        [OplockReadHandle] = OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE,
        [OplockReadWrite] = OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_WRITE,
        [OplockReadWriteHandle] =
            OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE | OPLOCK_LEVEL_CACHE_WRITE,
    };

    return Level[Kind];
}

VOID FsRtlpEndRequest(FSRTLP_HOLDER *Holder, NTSTATUS Status, BOOLEAN AckRequired,
                      FSRTLP_DONE *Done)
{
    PIRP Irp = Holder->Irp;
    PREQUEST_OPLOCK_OUTPUT_BUFFER Output;

    if (Irp == NULL)
        return;
    Holder->Irp = NULL;
    IoSetCancelRoutine(Irp, NULL);
    Irp->IoStatus.Status = Status;
    if (FsRtlpCacheLevel(Holder->Kind) != 0) {
        Output = Irp->AssociatedIrp.SystemBuffer;
        RtlZeroMemory(Output, sizeof(*Output));
        Output->StructureVersion = REQUEST_OPLOCK_CURRENT_VERSION;
        Output->StructureLength = sizeof(*Output);
        Output->OriginalOplockLevel = FsRtlpCacheLevel(Holder->Kind);
        Output->NewOplockLevel = FsRtlpCacheLevel(Holder->NewKind);
        Output->Flags = AckRequired ? REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED : 0;
        Irp->IoStatus.Information = sizeof(*Output);
    } else {
        Irp->IoStatus.Information = Holder->NewKind == OplockLevel2 ? FILE_OPLOCK_BROKEN_TO_LEVEL_2
                                                                    : FILE_OPLOCK_BROKEN_TO_NONE;
    }
    InsertTailList(&Done->Irps, &Irp->Tail.Overlay.ListEntry);
}

static BOOLEAN FsRtlpIsBlocked(const FSRTLP_OPLOCK *Oplock)
{
    for (PLIST_ENTRY Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Link->Flink) {
        const FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);

        if (Holder->Breaking && Holder->Blocks)
            return TRUE;
    }
    return FALSE;
}

VOID FsRtlpReleaseWaiters(FSRTLP_OPLOCK *Oplock, FSRTLP_DONE *Done)
{
    while (!FsRtlpIsBlocked(Oplock) && !IsListEmpty(&Oplock->Waiters)) {
        FSRTLP_WAITER *Waiter =
            CONTAINING_RECORD(RemoveHeadList(&Oplock->Waiters), FSRTLP_WAITER, Link);

        IoSetCancelRoutine(Waiter->Irp, NULL);
        Waiter->Irp->IoStatus.Status = STATUS_SUCCESS;
        InsertTailList(&Done->Waiters, &Waiter->Link);
    }
}

VOID FsRtlpDropHolder(FSRTLP_HOLDER *Holder, FSRTLP_DONE *Done)
{
    RemoveEntryList(&Holder->Link);
    FsRtlpReleaseWaiters(Holder->Oplock, Done);
    ExFreePoolWithTag(Holder, FSRTLP_OPLOCK_TAG);
}

/* ---- what breaks what ---- */

typedef enum _FSRTLP_OPERATION {
    OperationOpen,
    OperationOverwrite,
    OperationRead,
    OperationWrite,
    OperationLock,
    OperationRename,
    OperationDelete,
    OperationShare,
    OperationKinds
} FSRTLP_OPERATION;

typedef struct _FSRTLP_BREAK {
    UCHAR Breaks; /* 0: the oplock stays */
    UCHAR NewKind;
    UCHAR
        Ack; /* 0: none, 1: to be given, but the operation goes on, 2: the operation waits for it */
    UCHAR Always; /* also by the holder's own operations */
} FSRTLP_BREAK;

#define GOES                                                                                       \
    {                                                                                              \
        1, OplockNone, 0, 0                                                                        \
    } /* to none at once */
#define GOES_ALWAYS                                                                                \
    {                                                                                              \
        1, OplockNone, 0, 1                                                                        \
    }
#define TOLD(New)                                                                                  \
    {                                                                                              \
        1, New, 1, 0                                                                               \
    } /* to be acknowledged */
#define WAITS(New)                                                                                 \
    {                                                                                              \
        1, New, 2, 0                                                                               \
    }

/* One row an operation; kinds that are not named stay. */
static const FSRTLP_BREAK FsRtlpBreaks[OperationKinds][OplockKinds] = {
    [OperationOpen] = {[OplockLevel1] = WAITS(OplockLevel2),
                       [OplockBatch] = WAITS(OplockLevel2),
                       [OplockReadWrite] = WAITS(OplockRead),
                       [OplockReadWriteHandle] = WAITS(OplockReadHandle)},
    [OperationOverwrite] = {[OplockLevel1] = WAITS(OplockNone),
                            [OplockLevel2] = GOES,
                            [OplockBatch] = WAITS(OplockNone),
                            [OplockRead] = GOES,
                            [OplockReadHandle] = TOLD(OplockNone),
                            [OplockReadWrite] = WAITS(OplockNone),
                            [OplockReadWriteHandle] = WAITS(OplockNone)},
    [OperationRead] = {[OplockLevel1] = WAITS(OplockLevel2),
                       [OplockBatch] = WAITS(OplockLevel2),
                       [OplockReadWrite] = WAITS(OplockRead),
                       [OplockReadWriteHandle] = WAITS(OplockReadHandle)},
    [OperationWrite] = {[OplockLevel2] = GOES_ALWAYS,
                        [OplockRead] = GOES,
                        [OplockReadHandle] = TOLD(OplockNone),
                        [OplockLevel1] = WAITS(OplockNone),
                        [OplockBatch] = WAITS(OplockNone),
                        [OplockFilter] = WAITS(OplockNone),
                        [OplockReadWrite] = WAITS(OplockNone),
                        [OplockReadWriteHandle] = WAITS(OplockNone)},
    [OperationLock] = {[OplockLevel2] = GOES_ALWAYS,
                       [OplockRead] = GOES,
                       [OplockReadHandle] = TOLD(OplockNone),
                       [OplockReadWriteHandle] = TOLD(OplockNone),
                       [OplockLevel1] = WAITS(OplockNone),
                       [OplockBatch] = WAITS(OplockNone),
                       [OplockReadWrite] = WAITS(OplockNone)},
    [OperationRename] = {[OplockBatch] = WAITS(OplockNone),
                         [OplockFilter] = WAITS(OplockNone),
                         [OplockReadHandle] = WAITS(OplockRead),
                         [OplockReadWriteHandle] = WAITS(OplockReadWrite)},
    [OperationDelete] =
        {[OplockReadHandle] = WAITS(OplockRead), [OplockReadWriteHandle] = WAITS(OplockReadWrite)},
    [OperationShare] =
        {[OplockReadHandle] = WAITS(OplockRead), [OplockReadWriteHandle] = WAITS(OplockReadWrite)},
};

#define FSRTLP_ATTRIBUTE_ACCESS (FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE)
#define FSRTLP_READ_ACCESS                                                                         \
    (FSRTLP_ATTRIBUTE_ACCESS | FILE_READ_DATA | FILE_READ_EA | FILE_EXECUTE | READ_CONTROL)

static ACCESS_MASK FsRtlpCreateAccess(PIO_STACK_LOCATION Stack)
{
    PIO_SECURITY_CONTEXT Security = Stack->Parameters.Create.SecurityContext;

    return Security == NULL ? 0 : Security->DesiredAccess;
}

/* FALSE: the create cannot break anything. */
static BOOLEAN FsRtlpClassifyCreate(PIO_STACK_LOCATION Stack, FSRTLP_OPERATION *Operation)
{
    ULONG Options = Stack->Parameters.Create.Options, Disposition = Options >> 24;
    BOOLEAN Reserve = (Options & FILE_RESERVE_OPFILTER) != 0;

    if (!Reserve && (FsRtlpCreateAccess(Stack) & ~(ACCESS_MASK)FSRTLP_ATTRIBUTE_ACCESS) == 0)
        return FALSE;
    *Operation = Reserve || Disposition == FILE_SUPERSEDE || Disposition == FILE_OVERWRITE ||
                         Disposition == FILE_OVERWRITE_IF
                     ? OperationOverwrite
                     : OperationOpen;
    return TRUE;
}

static BOOLEAN FsRtlpClassifySet(PIRP Irp, PIO_STACK_LOCATION Stack, FSRTLP_OPERATION *Operation)
{
    switch ((ULONG)Stack->Parameters.SetFile.FileInformationClass) {
    case FileEndOfFileInformation:
    case FileAllocationInformation:
    case FileValidDataLengthInformation:
        *Operation = OperationWrite;
        return !Stack->Parameters.SetFile
                    .AdvanceOnly; /* the lazy writer's: checked with the write */
    case FileRenameInformation:
    case FileShortNameInformation:
    case FileLinkInformation:
    case 65: /* FileRenameInformationEx */
    case 72: /* FileLinkInformationEx */
        *Operation = OperationRename;
        return TRUE;
    case FileDispositionInformation:
        *Operation = OperationDelete;
        return *(PBOOLEAN)Irp->AssociatedIrp.SystemBuffer;
    case 64: /* FileDispositionInformationEx: FILE_DISPOSITION_DELETE */
        *Operation = OperationDelete;
        return *(PULONG)Irp->AssociatedIrp.SystemBuffer & 1;
    default:
        return FALSE;
    }
}

static BOOLEAN FsRtlpClassify(PIRP Irp, PIO_STACK_LOCATION Stack, FSRTLP_OPERATION *Operation)
{
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        return FsRtlpClassifyCreate(Stack, Operation);
    case IRP_MJ_READ:
        *Operation = OperationRead;
        return !(Irp->Flags & IRP_PAGING_IO);
    case IRP_MJ_WRITE:
        *Operation = OperationWrite;
        return !(Irp->Flags & IRP_PAGING_IO);
    case IRP_MJ_LOCK_CONTROL:
        *Operation = OperationLock;
        return TRUE;
    case IRP_MJ_SET_INFORMATION:
        return FsRtlpClassifySet(Irp, Stack, Operation);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        *Operation = OperationWrite;
        return Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_SET_ZERO_DATA;
    default:
        return FALSE;
    }
}

/* A filter oplock is broken by an open that could write and does not share reading. */
static FSRTLP_BREAK FsRtlpBreakOf(const FSRTLP_HOLDER *Holder, FSRTLP_OPERATION Operation,
                                  PIO_STACK_LOCATION Stack)
{
    static const FSRTLP_BREAK Filter = WAITS(OplockNone), Stays;

    if (Holder->Kind != OplockFilter || Stack->MajorFunction != IRP_MJ_CREATE ||
        Operation == OperationShare)
        return FsRtlpBreaks[Operation][Holder->Kind];
    return (FsRtlpCreateAccess(Stack) & ~(ACCESS_MASK)FSRTLP_READ_ACCESS) != 0 &&
                   !(Stack->Parameters.Create.ShareAccess & FILE_SHARE_READ)
               ? Filter
               : Stays;
}

/* Breaks, or goes on breaking, one oplock. TRUE: the operation waits. */
static BOOLEAN FsRtlpBreakHolder(FSRTLP_HOLDER *Holder, const FSRTLP_BREAK *Break,
                                 FSRTLP_DONE *Done)
{
    if (Holder->Breaking) {
        if (Break->NewKind == OplockNone)
            Holder->NewKind = OplockNone;
        Holder->Blocks |= Break->Ack == 2;
        return Break->Ack == 2;
    }
    Holder->NewKind = Break->NewKind;
    if (Break->Ack == 0 ||
        Holder->Irp == NULL) { /* or only reserved: nobody is there to acknowledge */
        FsRtlpEndRequest(Holder, STATUS_SUCCESS, FALSE, Done);
        FsRtlpDropHolder(Holder, Done);
        return FALSE;
    }
    Holder->Breaking = TRUE;
    Holder->Blocks = Break->Ack == 2;
    FsRtlpEndRequest(Holder, STATUS_SUCCESS, TRUE, Done);
    return Break->Ack == 2;
}

/* May the operation break what it has to? Not an open that requires an oplock. */
static BOOLEAN FsRtlpRefusesBreak(PIO_STACK_LOCATION Stack)
{
    return Stack->MajorFunction == IRP_MJ_CREATE &&
           (Stack->Parameters.Create.Options & FILE_OPEN_REQUIRING_OPLOCK);
}

static NTSTATUS FsRtlpBreakAll(FSRTLP_OPLOCK *Oplock, PIO_STACK_LOCATION Stack,
                               FSRTLP_OPERATION Operation, BOOLEAN IgnoreKeys, FSRTLP_DONE *Done)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PLIST_ENTRY Link, Next;

    for (Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Next) {
        FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);
        FSRTLP_BREAK Break = FsRtlpBreakOf(Holder, Operation, Stack);

        Next = Link->Flink;
        if (!Break.Breaks || (Holder->File == Stack->FileObject && !Break.Always && !IgnoreKeys))
            continue;
        if (FsRtlpRefusesBreak(Stack))
            return STATUS_CANNOT_BREAK_OPLOCK;
        if (FsRtlpBreakHolder(Holder, &Break, Done))
            Status = STATUS_PENDING;
    }
    return Status;
}

/* The file object's oplocks go, and whatever waited for their acknowledgment goes on. */
static VOID FsRtlpCleanupFile(FSRTLP_OPLOCK *Oplock, PFILE_OBJECT File)
{
    PLIST_ENTRY Link, Next;
    FSRTLP_DONE Done;
    KIRQL Irql = FsRtlpLockOplocks(&Done);

    for (Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Next) {
        FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);

        Next = Link->Flink;
        if (Holder->File != File)
            continue;
        Holder->NewKind = OplockNone;
        FsRtlpEndRequest(Holder, STATUS_SUCCESS, FALSE, &Done);
        FsRtlpDropHolder(Holder, &Done);
    }
    FsRtlpUnlockOplocks(&Done, Irql);
}

/* ---- waiting ---- */

BOOLEAN FsRtlpPend(PIRP Irp, PDRIVER_CANCEL Routine, PVOID Owner)
{
    Irp->IoStatus.Information = (ULONG_PTR)Owner;
    IoSetCancelRoutine(Irp, Routine);
    return !Irp->Cancel || IoSetCancelRoutine(Irp, NULL) == NULL;
}

VOID NTAPI FsRtlpCancelWaiter(PDEVICE_OBJECT Device, PIRP Irp)
{
    FSRTLP_WAITER *Waiter = (FSRTLP_WAITER *)Irp->IoStatus.Information;

    UNREFERENCED_PARAMETER(Device);
    RemoveEntryList(&Waiter->Link);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    FsRtlpResume(Waiter);
}

/* Waiter is queued, or resumed at once because the break is over or Irp was cancelled. */
static VOID FsRtlpQueueWaiter(FSRTLP_OPLOCK *Oplock, FSRTLP_WAITER *Waiter)
{
    FSRTLP_DONE Done;
    KIRQL Irql = FsRtlpLockOplocks(&Done);

    Waiter->Irp->IoStatus.Status = STATUS_SUCCESS;
    if (FsRtlpIsBlocked(Oplock) && FsRtlpPend(Waiter->Irp, FsRtlpCancelWaiter, Waiter)) {
        InsertTailList(&Oplock->Waiters, &Waiter->Link);
    } else {
        if (Waiter->Irp->Cancel)
            Waiter->Irp->IoStatus.Status = STATUS_CANCELLED;
        InsertTailList(&Done.Waiters, &Waiter->Link);
    }
    FsRtlpUnlockOplocks(&Done, Irql);
}

static NTSTATUS FsRtlpWaitForBreak(FSRTLP_OPLOCK *Oplock, PIRP Irp, PVOID Context,
                                   POPLOCK_WAIT_COMPLETE_ROUTINE Routine,
                                   POPLOCK_FS_PREPOST_IRP Prepost)
{
    FSRTLP_WAITER Local = {.Irp = Irp}, *Waiter = &Local;
    KEVENT Event;

    if (Routine == NULL) {
        KeInitializeEvent(&Event, NotificationEvent, FALSE);
        Local.Event = &Event;
        FsRtlpQueueWaiter(Oplock, Waiter);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        return Irp->IoStatus.Status;
    }
    Waiter = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Waiter), FSRTLP_OPLOCK_TAG);
    if (Waiter == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    Waiter->Irp = Irp;
    Waiter->Context = Context;
    Waiter->Routine = Routine;
    if (Prepost != NULL)
        Prepost(Context, Irp);
    FsRtlpQueueWaiter(Oplock, Waiter);
    return STATUS_PENDING;
}

typedef struct _FSRTLP_CHECK {
    FSRTLP_OPERATION Operation;
    BOOLEAN IgnoreKeys, MayNotWait;
    PVOID Context;
    POPLOCK_WAIT_COMPLETE_ROUTINE Routine;
    POPLOCK_FS_PREPOST_IRP Prepost;
} FSRTLP_CHECK;

static NTSTATUS FsRtlpCheck(FSRTLP_OPLOCK *Oplock, PIRP Irp, const FSRTLP_CHECK *Check)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FSRTLP_DONE Done;
    KIRQL Irql = FsRtlpLockOplocks(&Done);
    NTSTATUS Status = FsRtlpBreakAll(Oplock, Stack, Check->Operation, Check->IgnoreKeys, &Done);

    FsRtlpUnlockOplocks(&Done, Irql);
    if (Status != STATUS_PENDING)
        return Status;
    if (Check->MayNotWait || (Stack->MajorFunction == IRP_MJ_CREATE &&
                              (Stack->Parameters.Create.Options & FILE_COMPLETE_IF_OPLOCKED)))
        return STATUS_OPLOCK_BREAK_IN_PROGRESS;
    return FsRtlpWaitForBreak(Oplock, Irp, Check->Context, Check->Routine, Check->Prepost);
}

NT_PARTIAL(FsRtlCheckOplockEx, "oplock keys: each file object is its own");
NTSTATUS NTAPI FsRtlCheckOplockEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                  POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                  POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FSRTLP_CHECK Check = {
        .Context = Context, .Routine = CompletionRoutine, .Prepost = PostIrpRoutine};

    if (*Oplock == NULL)
        return STATUS_SUCCESS;
    if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        FsRtlpCleanupFile(*Oplock, Stack->FileObject);
        return STATUS_SUCCESS;
    }
    if (Flags & (OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY | OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK))
        return STATUS_SUCCESS; /* without keys there is none to compare, and no create has reserved
                                  an oplock */
    if (!FsRtlpClassify(Irp, Stack, &Check.Operation))
        return STATUS_SUCCESS;
    Check.IgnoreKeys = (Flags & OPLOCK_FLAG_IGNORE_OPLOCK_KEYS) != 0;
    Check.MayNotWait = (Flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) != 0;
    return FsRtlpCheck(*Oplock, Irp, &Check);
}

NT_PARTIAL(FsRtlCheckOplock, "oplock keys: each file object is its own");
NTSTATUS NTAPI FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context,
                                POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    return FsRtlCheckOplockEx(Oplock, Irp, 0, Context, CompletionRoutine, PostIrpRoutine);
}

/* The open ran into a sharing violation: holders that cache handles may close theirs. */
NT_PARTIAL(FsRtlOplockBreakH,
           "oplock keys: each file object is its own; the access and share modes are not told");
NTSTATUS NTAPI FsRtlOplockBreakH(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                 POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                 POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    FSRTLP_CHECK Check = {OperationShare,
                          (Flags & OPLOCK_FLAG_IGNORE_OPLOCK_KEYS) != 0,
                          (Flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) != 0,
                          Context,
                          CompletionRoutine,
                          PostIrpRoutine};

    return *Oplock == NULL ? STATUS_SUCCESS : FsRtlpCheck(*Oplock, Irp, &Check);
}

/* Every oplock goes, whoever asks. */
NT_EXPORT(FsRtlOplockBreakToNoneEx);
NTSTATUS NTAPI FsRtlOplockBreakToNoneEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context,
                                        POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                        POPLOCK_FS_PREPOST_IRP PostIrpRoutine)
{
    FSRTLP_CHECK Check = {
        OperationWrite,    TRUE,          (Flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) != 0, Context,
        CompletionRoutine, PostIrpRoutine};

    return *Oplock == NULL ? STATUS_SUCCESS : FsRtlpCheck(*Oplock, Irp, &Check);
}
