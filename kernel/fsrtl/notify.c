/*
 * Change notification for file systems: one structure a watcher (file object) on a volume's list,
 * with the requests that wait and the changes that none waited for. [doc:
 * FsRtlNotifyFullChangeDirectory, FsRtlNotifyFullReportChange] Names are compared exactly, or
 * without regard to case where the file system gives a normalized one. Left out: extended records
 * (FILE_NOTIFY_EXTENDED_INFORMATION).
 *
 * The list is under the sync object's mutex, which its owner may take again (a traverse callback or
 * completion routine that comes back); the requests that wait are under the cancel spin lock.
 */
#include "fsrtl.h"

#define FSRTLP_NOTIFY_TAG 'NrsF'
#define FSRTLP_MAXIMUM_NOTIFY_BYTES 0x10000u

typedef struct _FSRTLP_NOTIFY_SYNC {
    KMUTEX Mutex;
} FSRTLP_NOTIFY_SYNC;

typedef struct _FSRTLP_NOTIFY {
    LIST_ENTRY Link; /* of the file system's list; mutex */
    LIST_ENTRY Irps; /* Tail.Overlay.ListEntry; cancel spin lock */
    PVOID FsContext;
    PSTRING Directory;    /* the file system's, alive until cleanup */
    ULONG CharacterBytes; /* of its names: 1 (OEM) or 2 (Unicode) */
    ULONG Filter;
    BOOLEAN WatchTree, IgnoreBuffer;
    BOOLEAN Enumerate; /* changes were lost: the watcher has to look for itself */
    PCHECK_FOR_TRAVERSE_ACCESS Traverse;
    PFILTER_REPORT_CHANGE Report;
    PSECURITY_SUBJECT_CONTEXT Subject; /* owned */
    PUCHAR Buffer;                     /* of changes not yet told; NULL before the first */
    ULONG BufferBytes;                 /* the first request's: fixed for the watcher's life */
    ULONG Used, Last;                  /* Last: offset of the newest record */
    BOOLEAN HalfRename;                /* the old name was noted: the new one is to come with it */
} FSRTLP_NOTIFY;

/* What happened, and to whom. */
typedef struct _FSRTLP_CHANGE {
    STRING Parent;      /* of the target, without a backslash at its end but for the root */
    STRING Name;        /* last component */
    PSTRING Stream;     /* or NULL */
    PSTRING Normalized; /* parent's name without short names, or NULL */
    ULONG Filter, Action;
    PVOID TargetContext, FilterContext;
} FSRTLP_CHANGE;

static VOID FsRtlpEnter(PNOTIFY_SYNC NotifySync)
{
    FSRTLP_NOTIFY_SYNC *Sync = NotifySync;

    KeWaitForSingleObject(&Sync->Mutex, Executive, KernelMode, FALSE, NULL);
}

static VOID FsRtlpLeave(PNOTIFY_SYNC NotifySync)
{
    KeReleaseMutex(&((FSRTLP_NOTIFY_SYNC *)NotifySync)->Mutex, FALSE);
}

NT_EXPORT(FsRtlNotifyInitializeSync);
VOID NTAPI FsRtlNotifyInitializeSync(PNOTIFY_SYNC *NotifySync)
{
    FSRTLP_NOTIFY_SYNC *Sync =
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Sync), FSRTLP_NOTIFY_TAG);

    if (Sync == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    KeInitializeMutex(&Sync->Mutex, 0);
    *NotifySync = Sync;
}

NT_EXPORT(FsRtlNotifyUninitializeSync);
VOID NTAPI FsRtlNotifyUninitializeSync(PNOTIFY_SYNC *NotifySync)
{
    if (*NotifySync == NULL)
        return;
    ExFreePoolWithTag(*NotifySync, FSRTLP_NOTIFY_TAG);
    *NotifySync = NULL;
}

/* ---- requests ---- */

static VOID FsRtlpCompleteNotify(PIRP Irp, NTSTATUS Status, ULONG Bytes)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Bytes;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

static VOID NTAPI FsRtlpCancelNotify(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    FsRtlpCompleteNotify(Irp, STATUS_CANCELLED, 0);
}

/* Moves the waiting requests, all or those of Stream, to List: they can be cancelled no more. */
static VOID FsRtlpTakeIrps(FSRTLP_NOTIFY *Notify, PVOID Stream, PLIST_ENTRY List)
{
    PLIST_ENTRY Link, Next;
    KIRQL Irql;

    InitializeListHead(List);
    IoAcquireCancelSpinLock(&Irql);
    for (Link = Notify->Irps.Flink; Link != &Notify->Irps; Link = Next) {
        PIRP Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);

        Next = Link->Flink;
        if (Stream != NULL && IoGetCurrentIrpStackLocation(Irp)->FileObject->FsContext != Stream)
            continue;
        RemoveEntryList(Link);
        IoSetCancelRoutine(Irp, NULL);
        InsertTailList(List, Link);
    }
    IoReleaseCancelSpinLock(Irql);
}

/*
 * The changes into the request's buffer. One that has neither system buffer nor MDL gets a system
 * buffer, which completion copies to the user's in the right process.
 */
static NTSTATUS FsRtlpCopyChanges(const FSRTLP_NOTIFY *Notify, PIRP Irp, PULONG Bytes)
{
    ULONG Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.NotifyDirectory.Length;
    PVOID Target = Irp->AssociatedIrp.SystemBuffer;

    *Bytes = 0;
    if (Notify->Enumerate || Notify->Used == 0 || Notify->Used > Room)
        return STATUS_NOTIFY_ENUM_DIR;
    if (Target == NULL && Irp->MdlAddress != NULL)
        Target = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    else if (Target == NULL && Irp->UserBuffer != NULL) {
        Target = ExAllocatePoolWithTag(NonPagedPoolNx, Notify->Used, FSRTLP_NOTIFY_TAG);
        Irp->AssociatedIrp.SystemBuffer = Target;
        if (Target != NULL)
            Irp->Flags |= IRP_BUFFERED_IO | IRP_INPUT_OPERATION | IRP_DEALLOCATE_BUFFER;
    }
    if (Target == NULL)
        return STATUS_NOTIFY_ENUM_DIR; /* the caller looks for itself */
    RtlCopyMemory(Target, Notify->Buffer, Notify->Used);
    *Bytes = Notify->Used;
    return STATUS_SUCCESS;
}

static VOID FsRtlpForgetChanges(FSRTLP_NOTIFY *Notify)
{
    Notify->Used = Notify->Last = 0;
    Notify->Enumerate = Notify->HalfRename = FALSE;
}

/* Ends every request on List with Status, or with the changes noted if Status is STATUS_SUCCESS. */
static VOID FsRtlpEndIrps(FSRTLP_NOTIFY *Notify, PLIST_ENTRY List, NTSTATUS Status)
{
    PIRP Irp, Next = NULL;
    ULONG Bytes = 0;

    for (PLIST_ENTRY Link = List->Flink; Link != List && Status == STATUS_SUCCESS;
         Link = Link->Flink) {
        Irp = CONTAINING_RECORD(Link, IRP, Tail.Overlay.ListEntry);
        Irp->IoStatus.Status = FsRtlpCopyChanges(Notify, Irp, &Bytes);
        Irp->IoStatus.Information = Bytes;
    }
    if (Status == STATUS_SUCCESS)
        FsRtlpForgetChanges(Notify); /* a completion routine may come back with a new request */
    while (!IsListEmpty(List)) {
        Next = CONTAINING_RECORD(RemoveHeadList(List), IRP, Tail.Overlay.ListEntry);
        FsRtlpCompleteNotify(Next, Status == STATUS_SUCCESS ? Next->IoStatus.Status : Status,
                             Status == STATUS_SUCCESS ? (ULONG)Next->IoStatus.Information : 0);
    }
}

/* Lets Irp wait. FALSE: it has been cancelled already. */
static BOOLEAN FsRtlpQueueIrp(FSRTLP_NOTIFY *Notify, PIRP Irp)
{
    BOOLEAN Queued = TRUE;
    KIRQL Irql;

    IoAcquireCancelSpinLock(&Irql);
    IoSetCancelRoutine(Irp, FsRtlpCancelNotify);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
        Queued = FALSE;
    else
        InsertTailList(&Notify->Irps, &Irp->Tail.Overlay.ListEntry);
    IoReleaseCancelSpinLock(Irql);
    return Queued;
}

/* ---- watchers ---- */

static FSRTLP_NOTIFY *FsRtlpFindNotify(PLIST_ENTRY NotifyList, PVOID FsContext)
{
    for (PLIST_ENTRY Link = NotifyList->Flink; Link != NotifyList; Link = Link->Flink) {
        FSRTLP_NOTIFY *Notify = CONTAINING_RECORD(Link, FSRTLP_NOTIFY, Link);

        if (Notify->FsContext == FsContext)
            return Notify;
    }
    return NULL;
}

static VOID FsRtlpDropSubject(PSECURITY_SUBJECT_CONTEXT Subject)
{
    if (Subject == NULL)
        return;
    SeReleaseSubjectContext(Subject);
    ExFreePool(Subject);
}

static VOID FsRtlpDeleteNotify(FSRTLP_NOTIFY *Notify)
{
    LIST_ENTRY List;

    RemoveEntryList(&Notify->Link);
    FsRtlpTakeIrps(Notify, NULL, &List);
    FsRtlpEndIrps(Notify, &List, STATUS_NOTIFY_CLEANUP);
    FsRtlpDropSubject(Notify->Subject);
    if (Notify->Buffer != NULL)
        ExFreePoolWithTag(Notify->Buffer, FSRTLP_NOTIFY_TAG);
    ExFreePoolWithTag(Notify, FSRTLP_NOTIFY_TAG);
}

/* A Unicode name's second byte is 0, as it begins with a backslash or is empty. */
static ULONG FsRtlpCharacterBytes(const STRING *Name)
{
    return Name->Length >= sizeof(WCHAR) && Name->Buffer[1] == 0 ? sizeof(WCHAR) : 1;
}

/* The stream is being deleted: whoever watches it is told. */
static VOID FsRtlpStreamGoes(PLIST_ENTRY NotifyList, PVOID Stream)
{
    LIST_ENTRY List;

    for (PLIST_ENTRY Link = NotifyList->Flink; Link != NotifyList; Link = Link->Flink) {
        FSRTLP_NOTIFY *Notify = CONTAINING_RECORD(Link, FSRTLP_NOTIFY, Link);

        FsRtlpTakeIrps(Notify, Notify->FsContext == Stream ? NULL : Stream, &List);
        FsRtlpEndIrps(Notify, &List, STATUS_DELETE_PENDING);
    }
}

static VOID FsRtlpWatch(FSRTLP_NOTIFY *Notify, PIRP Irp)
{
    LIST_ENTRY List;

    IoMarkIrpPending(Irp);
    if (Notify->Enumerate || (Notify->Used != 0 && !Notify->HalfRename)) {
        InitializeListHead(&List);
        InsertTailList(&List, &Irp->Tail.Overlay.ListEntry);
        FsRtlpEndIrps(Notify, &List, STATUS_SUCCESS);
    } else if (!FsRtlpQueueIrp(Notify, Irp)) {
        FsRtlpCompleteNotify(Irp, STATUS_CANCELLED, 0);
    }
}

NT_EXPORT(FsRtlNotifyFilterChangeDirectory);
VOID NTAPI FsRtlNotifyFilterChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                            PVOID FsContext, PSTRING FullDirectoryName,
                                            BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                            ULONG CompletionFilter, PIRP NotifyIrp,
                                            PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                            PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                            PFILTER_REPORT_CHANGE FilterCallback)
{
    PIO_STACK_LOCATION Stack = NotifyIrp == NULL ? NULL : IoGetCurrentIrpStackLocation(NotifyIrp);
    FSRTLP_NOTIFY *Notify;

    FsRtlpEnter(NotifySync);
    if (NotifyIrp == NULL) {
        FsRtlpStreamGoes(NotifyList, FsContext);
        goto Leave;
    }
    if (Stack->FileObject->Flags & FO_CLEANUP_COMPLETE) {
        IoMarkIrpPending(NotifyIrp);
        FsRtlpCompleteNotify(NotifyIrp, STATUS_NOTIFY_CLEANUP, 0);
        goto DropSubject;
    }
    Notify = FsRtlpFindNotify(NotifyList, FsContext);
    if (Notify != NULL) {
        FsRtlpWatch(Notify, NotifyIrp);
        goto DropSubject;
    }
    Notify = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Notify), FSRTLP_NOTIFY_TAG);
    if (Notify == NULL) {
        FsRtlpLeave(NotifySync);
        FsRtlpDropSubject(SubjectContext);
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES); /* the file system completes the request */
    }
    Notify->FsContext = FsContext;
    Notify->Directory = FullDirectoryName;
    Notify->CharacterBytes = FsRtlpCharacterBytes(FullDirectoryName);
    Notify->Filter = CompletionFilter;
    Notify->WatchTree = WatchTree;
    Notify->IgnoreBuffer = IgnoreBuffer;
    Notify->Traverse = TraverseCallback;
    Notify->Report = FilterCallback;
    Notify->Subject = SubjectContext;
    Notify->BufferBytes =
        min(Stack->Parameters.NotifyDirectory.Length, FSRTLP_MAXIMUM_NOTIFY_BYTES);
    InitializeListHead(&Notify->Irps);
    InsertTailList(NotifyList, &Notify->Link);
    FsRtlpWatch(Notify, NotifyIrp);
    goto Leave;

DropSubject:
    FsRtlpDropSubject(SubjectContext);
Leave:
    FsRtlpLeave(NotifySync);
}

NT_EXPORT(FsRtlNotifyFullChangeDirectory);
VOID NTAPI FsRtlNotifyFullChangeDirectory(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                          PVOID FsContext, PSTRING FullDirectoryName,
                                          BOOLEAN WatchTree, BOOLEAN IgnoreBuffer,
                                          ULONG CompletionFilter, PIRP NotifyIrp,
                                          PCHECK_FOR_TRAVERSE_ACCESS TraverseCallback,
                                          PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    FsRtlNotifyFilterChangeDirectory(NotifySync, NotifyList, FsContext, FullDirectoryName,
                                     WatchTree, IgnoreBuffer, CompletionFilter, NotifyIrp,
                                     TraverseCallback, SubjectContext, NULL);
}

NT_EXPORT(FsRtlNotifyCleanup);
VOID NTAPI FsRtlNotifyCleanup(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList, PVOID FsContext)
{
    FSRTLP_NOTIFY *Notify;

    FsRtlpEnter(NotifySync);
    Notify = FsRtlpFindNotify(NotifyList, FsContext);
    if (Notify != NULL)
        FsRtlpDeleteNotify(Notify);
    FsRtlpLeave(NotifySync);
}

NT_EXPORT(FsRtlNotifyCleanupAll);
VOID NTAPI FsRtlNotifyCleanupAll(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList)
{
    FsRtlpEnter(NotifySync);
    while (!IsListEmpty(NotifyList))
        FsRtlpDeleteNotify(CONTAINING_RECORD(NotifyList->Flink, FSRTLP_NOTIFY, Link));
    FsRtlpLeave(NotifySync);
}

/* ---- changes ---- */

/* Name without its first Skip bytes and a backslash there. */
static STRING FsRtlpTail(const STRING *Name, ULONG Skip, ULONG CharacterBytes)
{
    STRING Tail;

    if (Skip < Name->Length && Name->Buffer[Skip] == '\\')
        Skip += CharacterBytes;
    Tail.Buffer = Name->Buffer + Skip;
    Tail.Length = Tail.MaximumLength = (USHORT)(Skip < Name->Length ? Name->Length - Skip : 0);
    return Tail;
}

static BOOLEAN FsRtlpSameName(const char *Left, const char *Right, ULONG Bytes,
                              ULONG CharacterBytes, BOOLEAN Fold)
{
    UNICODE_STRING A = {(USHORT)Bytes, (USHORT)Bytes, (PWCHAR)Left},
                   B = {(USHORT)Bytes, (USHORT)Bytes, (PWCHAR)Right};

    if (CharacterBytes == sizeof(WCHAR))
        return RtlEqualUnicodeString(&A, &B, Fold);
    return RtlEqualString((PSTRING)&A, (PSTRING)&B, Fold);
}

/*
 * Is Parent the watched directory (Below gets no bytes) or, for a tree, one below (its name from
 * there)?
 */
static BOOLEAN FsRtlpIsWatched(const FSRTLP_NOTIFY *Notify, const STRING *Parent, BOOLEAN Fold,
                               PSTRING Below)
{
    const STRING *Directory = Notify->Directory;
    ULONG Bytes = Directory->Length == Notify->CharacterBytes
                      ? 0
                      : Directory->Length; /* the root's is a backslash */

    if (Parent->Length < Bytes ||
        !FsRtlpSameName(Directory->Buffer, Parent->Buffer, Bytes, Notify->CharacterBytes, Fold))
        return FALSE;
    *Below = FsRtlpTail(Parent, Bytes, Notify->CharacterBytes);
    if (Below->Length == 0)
        return TRUE;
    return Notify->WatchTree && Parent->Buffer[Bytes] == '\\';
}

/* Where the change is to the watcher; FALSE: it is of no concern to it. */
static BOOLEAN FsRtlpConcerns(const FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change,
                              PSTRING Below)
{
    BOOLEAN Seen = FsRtlpIsWatched(Notify, &Change->Parent, FALSE, Below);

    if ((Notify->Filter & Change->Filter) == 0)
        return FALSE;
    if (!Seen && Change->Normalized != NULL) {
        if (Change->Normalized->Length ==
            Change->Parent.Length) /* only its case may differ: tell the name as given */
            Seen = FsRtlpIsWatched(Notify, &Change->Parent, TRUE, Below);
        if (!Seen)
            Seen = FsRtlpIsWatched(Notify, Change->Normalized, FALSE, Below);
    }
    if (!Seen)
        return FALSE;
    if (Below->Length != 0 && Notify->Traverse != NULL &&
        !Notify->Traverse(Notify->FsContext, Change->TargetContext, Notify->Subject))
        return FALSE;
    return Notify->Report == NULL || Notify->Report(Notify->FsContext, Change->FilterContext);
}

static ULONG FsRtlpWideBytes(const STRING *Name, ULONG CharacterBytes)
{
    return CharacterBytes == sizeof(WCHAR)
               ? Name->Length
               : RtlOemStringToUnicodeSize((PSTRING)Name) - (ULONG)sizeof(WCHAR);
}

static PWCHAR FsRtlpPutName(PWCHAR At, const STRING *Name, ULONG CharacterBytes)
{
    ULONG Bytes = FsRtlpWideBytes(Name, CharacterBytes);

    if (CharacterBytes == sizeof(WCHAR))
        RtlCopyMemory(At, Name->Buffer, Bytes);
    else
        RtlOemToUnicodeN(At, Bytes, &Bytes, Name->Buffer, Name->Length);
    return At + Bytes / sizeof(WCHAR);
}

/* A record of the change behind those that are there. FALSE: no room. */
static BOOLEAN FsRtlpNote(FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change, const STRING *Below)
{
    ULONG One = Notify->CharacterBytes, At = (Notify->Used + 3) & ~3u;
    ULONG Bytes = FsRtlpWideBytes(&Change->Name, One);
    PFILE_NOTIFY_INFORMATION Record;
    PWCHAR Text;

    if (Below->Length != 0)
        Bytes += FsRtlpWideBytes(Below, One) + (ULONG)sizeof(WCHAR);
    if (Change->Stream != NULL)
        Bytes += FsRtlpWideBytes(Change->Stream, One) + (ULONG)sizeof(WCHAR);
    if (Notify->IgnoreBuffer ||
        At + FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + Bytes > Notify->BufferBytes)
        return FALSE;
    if (Notify->Buffer == NULL)
        Notify->Buffer = ExAllocatePoolWithTag(PagedPool, Notify->BufferBytes, FSRTLP_NOTIFY_TAG);
    if (Notify->Buffer == NULL)
        return FALSE;
    if (Notify->Used != 0)
        ((PFILE_NOTIFY_INFORMATION)(Notify->Buffer + Notify->Last))->NextEntryOffset =
            At - Notify->Last;
    RtlZeroMemory(Notify->Buffer + Notify->Used, At - Notify->Used);
    Record = (PFILE_NOTIFY_INFORMATION)(Notify->Buffer + At);
    Record->NextEntryOffset = 0;
    Record->Action = Change->Action;
    Record->FileNameLength = Bytes;
    Text = Record->FileName;
    if (Below->Length != 0) {
        Text = FsRtlpPutName(Text, Below, One);
        *Text++ = L'\\';
    }
    Text = FsRtlpPutName(Text, &Change->Name, One);
    if (Change->Stream != NULL) {
        *Text++ = L':';
        FsRtlpPutName(Text, Change->Stream, One);
    }
    Notify->Last = At;
    Notify->Used = At + FIELD_OFFSET(FILE_NOTIFY_INFORMATION, FileName) + Bytes;
    return TRUE;
}

static VOID FsRtlpTell(FSRTLP_NOTIFY *Notify, const FSRTLP_CHANGE *Change, const STRING *Below)
{
    LIST_ENTRY List;

    if (!Notify->Enumerate && !FsRtlpNote(Notify, Change, Below)) {
        FsRtlpForgetChanges(Notify);
        Notify->Enumerate = TRUE;
    }
    Notify->HalfRename = !Notify->Enumerate && Change->Action == FILE_ACTION_RENAMED_OLD_NAME;
    if (Notify->HalfRename)
        return;
    FsRtlpTakeIrps(Notify, NULL, &List);
    if (!IsListEmpty(&List))
        FsRtlpEndIrps(Notify, &List, STATUS_SUCCESS);
}

NT_EXPORT(FsRtlNotifyFilterReportChange);
VOID NTAPI FsRtlNotifyFilterReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                         PSTRING FullTargetName, USHORT TargetNameOffset,
                                         PSTRING StreamName, PSTRING NormalizedParentName,
                                         ULONG FilterMatch, ULONG Action, PVOID TargetContext,
                                         PVOID FilterContext)
{
    FSRTLP_CHANGE Change = {.Stream = StreamName,
                            .Normalized = NormalizedParentName,
                            .Filter = FilterMatch,
                            .Action = Action,
                            .TargetContext = TargetContext,
                            .FilterContext = FilterContext,
                            .Parent = *FullTargetName};
    PLIST_ENTRY Link, Next;
    STRING Below;

    FsRtlpEnter(NotifySync);
    for (Link = NotifyList->Flink; Link != NotifyList; Link = Next) {
        FSRTLP_NOTIFY *Notify = CONTAINING_RECORD(Link, FSRTLP_NOTIFY, Link);

        Next = Link->Flink;
        Change.Parent.Length = TargetNameOffset;
        if (TargetNameOffset > Notify->CharacterBytes) /* not the root's */
            Change.Parent.Length -= (USHORT)Notify->CharacterBytes;
        Change.Name = FsRtlpTail(FullTargetName, TargetNameOffset, Notify->CharacterBytes);
        if (FsRtlpConcerns(Notify, &Change, &Below))
            FsRtlpTell(Notify, &Change, &Below);
    }
    FsRtlpLeave(NotifySync);
}

NT_EXPORT(FsRtlNotifyFullReportChange);
VOID NTAPI FsRtlNotifyFullReportChange(PNOTIFY_SYNC NotifySync, PLIST_ENTRY NotifyList,
                                       PSTRING FullTargetName, USHORT TargetNameOffset,
                                       PSTRING StreamName, PSTRING NormalizedParentName,
                                       ULONG FilterMatch, ULONG Action, PVOID TargetContext)
{
    FsRtlNotifyFilterReportChange(NotifySync, NotifyList, FullTargetName, TargetNameOffset,
                                  StreamName, NormalizedParentName, FilterMatch, Action,
                                  TargetContext, NULL);
}
