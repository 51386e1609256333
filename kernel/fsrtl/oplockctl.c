/*
 * Opportunistic locks: requests, acknowledgments and what can be asked of them.
 * [doc: Requesting and granting oplocks; Acknowledging Oplock Breaks; FsRtlOplockFsctrlEx] Whether
 * the stream is a directory's, has transactions or writable sections is the file system's to say.
 */
#include "oplock.h"

NT_EXPORT(FsRtlInitializeOplock);
VOID NTAPI FsRtlInitializeOplock(POPLOCK Oplock)
{
    FSRTLP_OPLOCK *State;

    if (*Oplock != NULL)
        return;
    State = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*State), FSRTLP_OPLOCK_TAG);
    if (State == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    InitializeListHead(&State->Holders);
    InitializeListHead(&State->Waiters);
    *Oplock = State;
}

NT_EXPORT(FsRtlUninitializeOplock);
VOID NTAPI FsRtlUninitializeOplock(POPLOCK Oplock)
{
    FSRTLP_OPLOCK *State = *Oplock;
    FSRTLP_DONE Done;
    KIRQL Irql;

    if (State == NULL)
        return;
    *Oplock = NULL;
    Irql = FsRtlpLockOplocks(&Done);
    while (!IsListEmpty(&State->Holders)) {
        FSRTLP_HOLDER *Holder = CONTAINING_RECORD(State->Holders.Flink, FSRTLP_HOLDER, Link);

        Holder->NewKind = OplockNone;
        FsRtlpEndRequest(Holder, STATUS_SUCCESS, FALSE, &Done);
        FsRtlpDropHolder(Holder, &Done);
    }
    FsRtlpUnlockOplocks(&Done, Irql);
    ExFreePoolWithTag(State, FSRTLP_OPLOCK_TAG);
}

/* ---- granting ---- */

/* The owner gives its oplock up with its request. */
static VOID NTAPI FsRtlpCancelHolder(PDEVICE_OBJECT Device, PIRP Irp)
{
    FSRTLP_HOLDER *Holder = (FSRTLP_HOLDER *)Irp->IoStatus.Information;
    FSRTLP_DONE Done;

    UNREFERENCED_PARAMETER(Device);
    InitializeListHead(&Done.Irps);
    InitializeListHead(&Done.Waiters);
    FsRtlpDropHolder(Holder, &Done);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    InsertTailList(&Done.Irps, &Irp->Tail.Overlay.ListEntry);
    FsRtlpUnlockOplocks(&Done, Irp->CancelIrql);
}

typedef enum _FSRTLP_VERDICT { Keeps, Refuses, Switches, GoesToNone } FSRTLP_VERDICT;

/* What a holder means to a request of Kind. */
static FSRTLP_VERDICT FsRtlpJudge(const FSRTLP_HOLDER *Holder, FSRTLP_KIND Kind, PFILE_OBJECT File)
{
    BOOLEAN Same = Holder->File == File;

    if (Holder->Breaking)
        return Refuses;
    switch (Kind) {
    case OplockLevel1:
    case OplockBatch:
    case OplockFilter:
        return Holder->Kind == OplockLevel2 ? GoesToNone : Refuses;
    case OplockLevel2:
        return Holder->Kind == OplockLevel2 || Holder->Kind == OplockRead ? Keeps : Refuses;
    case OplockRead:
        if (Holder->Kind == OplockRead)
            return Same ? Switches : Keeps;
        if (Holder->Kind == OplockReadHandle)
            return Same ? Refuses : Keeps;
        return Holder->Kind == OplockLevel2 ? Keeps : Refuses;
    case OplockReadHandle:
        if (Holder->Kind == OplockRead || Holder->Kind == OplockReadHandle)
            return Same ? Switches : Keeps;
        return Refuses;
    case OplockReadWrite:
        return Same && (Holder->Kind == OplockRead || Holder->Kind == OplockReadWrite) ? Switches
                                                                                       : Refuses;
    default: /* OplockReadWriteHandle */
        return Same && FsRtlpCacheLevel(Holder->Kind) != 0 ? Switches : Refuses;
    }
}

static BOOLEAN FsRtlpIsShared(FSRTLP_KIND Kind)
{
    return Kind == OplockLevel2 || Kind == OplockRead || Kind == OplockReadHandle;
}

/*
 * OpenCount: of handles for the exclusive kinds, of byte-range locks for the shared ones.
 * AllKeysMatch: the other handles are the requester's too.
 */
static BOOLEAN FsRtlpMayGrant(const FSRTLP_OPLOCK *Oplock, FSRTLP_KIND Kind, PFILE_OBJECT File,
                              ULONG OpenCount, BOOLEAN AllKeysMatch)
{
    BOOLEAN Cache = FsRtlpCacheLevel(Kind) != 0;

    if (File->Flags & FO_SYNCHRONOUS_IO)
        return FALSE;
    if (FsRtlpIsShared(Kind) ? OpenCount != 0 : OpenCount > 1 && !(Cache && AllKeysMatch))
        return FALSE;
    for (PLIST_ENTRY Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Link->Flink)
        if (FsRtlpJudge(CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link), Kind, File) == Refuses)
            return FALSE;
    return TRUE;
}

/* The holders that have to make room do so. */
static VOID FsRtlpMakeRoom(FSRTLP_OPLOCK *Oplock, FSRTLP_KIND Kind, PFILE_OBJECT File,
                           FSRTLP_DONE *Done)
{
    PLIST_ENTRY Link, Next;

    for (Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Next) {
        FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);
        FSRTLP_VERDICT Verdict = FsRtlpJudge(Holder, Kind, File);

        Next = Link->Flink;
        if (Verdict == Keeps)
            continue;
        Holder->NewKind = Verdict == Switches ? Kind : OplockNone;
        FsRtlpEndRequest(
            Holder, Verdict == Switches ? STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE : STATUS_SUCCESS,
            FALSE, Done);
        FsRtlpDropHolder(Holder, Done);
    }
}

/* Irp waits as the request of Holder. STATUS_CANCELLED: it was cancelled; Holder is gone. */
static NTSTATUS FsRtlpHold(FSRTLP_HOLDER *Holder, PIRP Irp, FSRTLP_DONE *Done)
{
    if (!FsRtlpPend(Irp, FsRtlpCancelHolder, Holder)) {
        FsRtlpDropHolder(Holder, Done);
        return STATUS_CANCELLED;
    }
    IoMarkIrpPending(Irp);
    Holder->Irp = Irp;
    return STATUS_PENDING;
}

static FSRTLP_HOLDER *FsRtlpAddHolder(FSRTLP_OPLOCK *Oplock, FSRTLP_KIND Kind, PFILE_OBJECT File)
{
    FSRTLP_HOLDER *Holder =
        ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Holder), FSRTLP_OPLOCK_TAG);

    if (Holder == NULL)
        return NULL;
    Holder->Oplock = Oplock;
    Holder->Kind = Kind;
    Holder->File = File;
    InsertTailList(&Oplock->Holders, &Holder->Link);
    return Holder;
}

/* The filter oplock that File's create has reserved. */
static FSRTLP_HOLDER *FsRtlpFindReserved(FSRTLP_OPLOCK *Oplock, PFILE_OBJECT File)
{
    for (PLIST_ENTRY Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Link->Flink) {
        FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);

        if (Holder->File == File && Holder->Kind == OplockFilter && Holder->Irp == NULL &&
            !Holder->Breaking)
            return Holder;
    }
    return NULL;
}

static NTSTATUS FsRtlpRequest(FSRTLP_OPLOCK *Oplock, FSRTLP_KIND Kind, PIRP Irp, ULONG OpenCount,
                              BOOLEAN AllKeysMatch, FSRTLP_DONE *Done)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    FSRTLP_HOLDER *Holder = Kind == OplockFilter ? FsRtlpFindReserved(Oplock, File) : NULL;

    if (Holder != NULL)
        return FsRtlpHold(Holder, Irp, Done);
    if (!FsRtlpMayGrant(Oplock, Kind, File, OpenCount, AllKeysMatch))
        return STATUS_OPLOCK_NOT_GRANTED;
    FsRtlpMakeRoom(Oplock, Kind, File, Done);
    Holder = FsRtlpAddHolder(Oplock, Kind, File);
    return Holder == NULL ? STATUS_INSUFFICIENT_RESOURCES : FsRtlpHold(Holder, Irp, Done);
}

/* ---- acknowledging ---- */

static FSRTLP_HOLDER *FsRtlpFindBreaking(FSRTLP_OPLOCK *Oplock, PFILE_OBJECT File, BOOLEAN Cache)
{
    for (PLIST_ENTRY Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Link->Flink) {
        FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);

        if (Holder->File == File && Holder->Breaking && !Holder->ClosePending &&
            (FsRtlpCacheLevel(Holder->Kind) != 0) == Cache)
            return Holder;
    }
    return NULL;
}

/* The holder accepts Kind, which it has been broken to, and Irp waits for the next break;
 * OplockNone: it holds nothing. */
static NTSTATUS FsRtlpAccept(FSRTLP_HOLDER *Holder, FSRTLP_KIND Kind, PIRP Irp, FSRTLP_DONE *Done)
{
    NTSTATUS Status;

    if (Kind == OplockNone) {
        FsRtlpDropHolder(Holder, Done);
        return STATUS_SUCCESS;
    }
    Holder->Kind = Kind;
    Holder->Breaking = Holder->Blocks = FALSE;
    Status = FsRtlpHold(Holder, Irp, Done);
    if (Status == STATUS_PENDING)
        FsRtlpReleaseWaiters(Holder->Oplock, Done);
    return Status;
}

static NTSTATUS FsRtlpAcknowledge(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG Code, FSRTLP_DONE *Done)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    FSRTLP_HOLDER *Holder = FsRtlpFindBreaking(Oplock, File, FALSE);

    if (Holder == NULL)
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    if (Code == FSCTL_OPBATCH_ACK_CLOSE_PENDING && Holder->Kind != OplockLevel1) {
        Holder->ClosePending = TRUE;
        return STATUS_SUCCESS;
    }
    return FsRtlpAccept(
        Holder, Code == FSCTL_OPLOCK_BREAK_ACKNOWLEDGE ? Holder->NewKind : OplockNone, Irp, Done);
}

static FSRTLP_KIND FsRtlpKindOfLevel(ULONG Level)
{
    for (FSRTLP_KIND Kind = OplockRead; Kind < OplockKinds; Kind++)
        if (FsRtlpCacheLevel(Kind) == Level && Level != 0)
            return Kind;
    return OplockNone;
}

static NTSTATUS FsRtlpAcknowledgeLevel(FSRTLP_OPLOCK *Oplock, PIRP Irp,
                                       const REQUEST_OPLOCK_INPUT_BUFFER *Input, FSRTLP_DONE *Done)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    FSRTLP_HOLDER *Holder = FsRtlpFindBreaking(Oplock, File, TRUE);

    if (Holder == NULL || (Input->RequestedOplockLevel & ~FsRtlpCacheLevel(Holder->NewKind)) != 0)
        return STATUS_INVALID_OPLOCK_PROTOCOL;
    if (Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) {
        Holder->ClosePending = TRUE;
        return STATUS_SUCCESS;
    }
    return FsRtlpAccept(Holder, FsRtlpKindOfLevel(Input->RequestedOplockLevel), Irp, Done);
}

/* FSCTL_REQUEST_OPLOCK: a request or an acknowledgment. */
static NTSTATUS FsRtlpRequestLevel(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG OpenCount,
                                   BOOLEAN AllKeysMatch, FSRTLP_DONE *Done)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const REQUEST_OPLOCK_INPUT_BUFFER *Input = Irp->AssociatedIrp.SystemBuffer;
    FSRTLP_KIND Kind;

    if (Stack->Parameters.FileSystemControl.InputBufferLength < sizeof(*Input) ||
        Stack->Parameters.FileSystemControl.OutputBufferLength <
            sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER))
        return STATUS_BUFFER_TOO_SMALL;
    if (Input->StructureVersion != REQUEST_OPLOCK_CURRENT_VERSION ||
        Input->StructureLength < sizeof(*Input))
        return STATUS_INVALID_PARAMETER;
    Kind = FsRtlpKindOfLevel(Input->RequestedOplockLevel);
    if (Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_ACK)
        return FsRtlpAcknowledgeLevel(Oplock, Irp, Input, Done);
    if (!(Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_REQUEST) || Kind == OplockNone)
        return STATUS_INVALID_PARAMETER;
    return FsRtlpRequest(Oplock, Kind, Irp, OpenCount, AllKeysMatch, Done);
}

/* A callback of a request that waits for a break to end: the request does. */
static VOID NTAPI FsRtlpBreakEnded(PVOID Context, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Context);
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

static BOOLEAN FsRtlpIsBreaking(const FSRTLP_OPLOCK *Oplock)
{
    for (PLIST_ENTRY Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Link->Flink)
        if (CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link)->Breaking)
            return TRUE;
    return FALSE;
}

static NTSTATUS FsRtlpNotifyBreak(FSRTLP_OPLOCK *Oplock, PIRP Irp)
{
    FSRTLP_WAITER *Waiter;

    if (!FsRtlpIsBreaking(Oplock))
        return STATUS_SUCCESS;
    Waiter = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Waiter), FSRTLP_OPLOCK_TAG);
    if (Waiter == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Waiter->Irp = Irp;
    Waiter->Routine = FsRtlpBreakEnded;
    for (PLIST_ENTRY Link = Oplock->Holders.Flink; Link != &Oplock->Holders; Link = Link->Flink)
        CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link)->Blocks =
            TRUE; /* of those that are breaking */
    if (!FsRtlpPend(Irp, FsRtlpCancelWaiter, Waiter)) {
        ExFreePoolWithTag(Waiter, FSRTLP_OPLOCK_TAG);
        return STATUS_CANCELLED;
    }
    IoMarkIrpPending(Irp);
    InsertTailList(&Oplock->Waiters, &Waiter->Link);
    return STATUS_PENDING;
}

static NTSTATUS FsRtlpControl(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG OpenCount, ULONG Flags,
                              FSRTLP_DONE *Done)
{
    ULONG Code = IoGetCurrentIrpStackLocation(Irp)->Parameters.FileSystemControl.FsControlCode;

    switch (Code) {
    case FSCTL_REQUEST_OPLOCK_LEVEL_1:
        return FsRtlpRequest(Oplock, OplockLevel1, Irp, OpenCount, FALSE, Done);
    case FSCTL_REQUEST_OPLOCK_LEVEL_2:
        return FsRtlpRequest(Oplock, OplockLevel2, Irp, OpenCount, FALSE, Done);
    case FSCTL_REQUEST_BATCH_OPLOCK:
        return FsRtlpRequest(Oplock, OplockBatch, Irp, OpenCount, FALSE, Done);
    case FSCTL_REQUEST_FILTER_OPLOCK:
        return FsRtlpRequest(Oplock, OplockFilter, Irp, OpenCount, FALSE, Done);
    case FSCTL_REQUEST_OPLOCK:
        return FsRtlpRequestLevel(Oplock, Irp, OpenCount,
                                  (Flags & OPLOCK_FSCTRL_FLAG_ALL_KEYS_MATCH) != 0, Done);
    case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
    case FSCTL_OPLOCK_BREAK_ACK_NO_2:
    case FSCTL_OPBATCH_ACK_CLOSE_PENDING:
        return FsRtlpAcknowledge(Oplock, Irp, Code, Done);
    case FSCTL_OPLOCK_BREAK_NOTIFY:
        return FsRtlpNotifyBreak(Oplock, Irp);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* A create that reserves a filter oplock for the request that is to follow. */
static NTSTATUS FsRtlpReserveFilter(FSRTLP_OPLOCK *Oplock, PIRP Irp, ULONG OpenCount)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PIO_SECURITY_CONTEXT Security = Stack->Parameters.Create.SecurityContext;
    const USHORT All = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

    if (OpenCount != 1 || Security == NULL || Security->DesiredAccess != FILE_READ_ATTRIBUTES ||
        Stack->Parameters.Create.ShareAccess != All || !IsListEmpty(&Oplock->Holders))
        return STATUS_OPLOCK_NOT_GRANTED;
    return FsRtlpAddHolder(Oplock, OplockFilter, Stack->FileObject) == NULL
               ? STATUS_INSUFFICIENT_RESOURCES
               : STATUS_SUCCESS;
}

NT_PARTIAL(FsRtlOplockFsctrlEx, "a create with FILE_OPEN_REQUIRING_OPLOCK reserves no oplock");
NTSTATUS NTAPI FsRtlOplockFsctrlEx(POPLOCK Oplock, PIRP Irp, ULONG OpenCount, ULONG Flags)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    FSRTLP_DONE Done;
    KIRQL Irql;

    FsRtlInitializeOplock(Oplock);
    Irql = FsRtlpLockOplocks(&Done);
    if (Stack->MajorFunction == IRP_MJ_CREATE) {
        Status = Stack->Parameters.Create.Options & FILE_RESERVE_OPFILTER
                     ? FsRtlpReserveFilter(*Oplock, Irp, OpenCount)
                     : STATUS_CANNOT_BREAK_OPLOCK;
        FsRtlpUnlockOplocks(&Done, Irql);
        return Status; /* the create goes on: the file system completes it */
    }
    Status = FsRtlpControl(*Oplock, Irp, OpenCount, Flags, &Done);
    FsRtlpUnlockOplocks(&Done, Irql);
    if (Status != STATUS_PENDING) {
        Irp->IoStatus.Status = Status;
        Irp->IoStatus.Information = 0;
        IofCompleteRequest(Irp, IO_DISK_INCREMENT);
    }
    return Status;
}

NT_PARTIAL(FsRtlOplockFsctrl, "a create with FILE_OPEN_REQUIRING_OPLOCK reserves no oplock");
NTSTATUS NTAPI FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount)
{
    return FsRtlOplockFsctrlEx(Oplock, Irp, OpenCount, 0);
}

/* ---- questions ---- */

static ULONG FsRtlpCountHolders(POPLOCK Oplock, ULONG Kinds, PBOOLEAN Breaking)
{
    FSRTLP_OPLOCK *State = Oplock == NULL ? NULL : *Oplock;
    ULONG Count = 0;
    KIRQL Irql;

    *Breaking = FALSE;
    if (State == NULL)
        return 0;
    IoAcquireCancelSpinLock(&Irql);
    for (PLIST_ENTRY Link = State->Holders.Flink; Link != &State->Holders; Link = Link->Flink) {
        const FSRTLP_HOLDER *Holder = CONTAINING_RECORD(Link, FSRTLP_HOLDER, Link);

        Count += Kinds >> Holder->Kind & 1;
        *Breaking |= Holder->Breaking;
    }
    IoReleaseCancelSpinLock(Irql);
    return Count;
}

#define SHARED_KINDS (1u << OplockLevel2 | 1u << OplockRead | 1u << OplockReadHandle)

NT_EXPORT(FsRtlOplockIsFastIoPossible);
BOOLEAN NTAPI FsRtlOplockIsFastIoPossible(POPLOCK Oplock)
{
    BOOLEAN Breaking;

    return FsRtlpCountHolders(Oplock, SHARED_KINDS, &Breaking) == 0 && !Breaking;
}

NT_EXPORT(FsRtlCurrentBatchOplock);
BOOLEAN NTAPI FsRtlCurrentBatchOplock(POPLOCK Oplock)
{
    BOOLEAN Breaking;

    return FsRtlpCountHolders(Oplock, 1u << OplockBatch | 1u << OplockFilter, &Breaking) != 0;
}

NT_EXPORT(FsRtlCurrentOplock);
BOOLEAN NTAPI FsRtlCurrentOplock(POPLOCK Oplock)
{
    BOOLEAN Breaking;

    return FsRtlpCountHolders(Oplock, ~0u, &Breaking) != 0;
}

NT_EXPORT(FsRtlCurrentOplockH);
BOOLEAN NTAPI FsRtlCurrentOplockH(POPLOCK Oplock)
{
    BOOLEAN Breaking;

    return FsRtlpCountHolders(Oplock, 1u << OplockReadHandle | 1u << OplockReadWriteHandle,
                              &Breaking) != 0;
}

NT_EXPORT(FsRtlOplockIsSharedRequest);
BOOLEAN NTAPI FsRtlOplockIsSharedRequest(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    const REQUEST_OPLOCK_INPUT_BUFFER *Input = Irp->AssociatedIrp.SystemBuffer;

    if (Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_REQUEST_OPLOCK_LEVEL_2)
        return TRUE;
    return Stack->Parameters.FileSystemControl.FsControlCode == FSCTL_REQUEST_OPLOCK &&
           Stack->Parameters.FileSystemControl.InputBufferLength >= sizeof(*Input) &&
           (Input->Flags & REQUEST_OPLOCK_INPUT_FLAG_REQUEST) != 0 &&
           FsRtlpIsShared(FsRtlpKindOfLevel(Input->RequestedOplockLevel));
}
