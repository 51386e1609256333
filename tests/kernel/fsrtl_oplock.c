/*
 * Opportunistic locks: a driver plays the file system's part. What each kind is granted beside,
 * which operation breaks it to what and whether that operation waits, acknowledgments, waiting with
 * and without a routine, cancelling, cleanup.
 */
#include "threads.h"

NTKERNELAPI NTSTATUS NTAPI FsRtlOplockFsctrlEx(POPLOCK Oplock, PIRP Irp, ULONG OpenCount,
                                               ULONG Flags);

enum { LEVEL1, LEVEL2, BATCH, FILTER, R, RH, RW, RWH, KINDS };
enum { NONE = 100, STAYS, TO_L2 };

static const char *const KindName[KINDS] = {"level 1", "level 2", "batch", "filter",
                                            "R",       "RH",      "RW",    "RWH"};
static OPLOCK Oplock;
static FILE_OBJECT Mine, Other;
static ULONG Done, Resumed, Posted;
static NTSTATUS ResumedWith;
static UCHAR Buffer[64] __attribute__((aligned(8)));

static NTSTATUS NTAPI finished(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    Done++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP request(UCHAR Major, PFILE_OBJECT File)
{
    PIRP Irp = IoAllocateIrp(2, FALSE);
    PIO_STACK_LOCATION Stack;

    IoSetNextIrpStackLocation(Irp);
    IoSetCompletionRoutine(Irp, finished, NULL, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(Irp);
    Stack = IoGetCurrentIrpStackLocation(Irp);
    Stack->MajorFunction = Major;
    Stack->FileObject = File;
    Irp->AssociatedIrp.SystemBuffer = Buffer;
    return Irp;
}

static ULONG level_of(ULONG Kind)
{
    static const UCHAR Level[KINDS] = {[R] = 1, [RH] = 3, [RW] = 5, [RWH] = 7};

    return Level[Kind];
}

static PIRP control(ULONG Code, PFILE_OBJECT File)
{
    PIRP Irp = request(IRP_MJ_FILE_SYSTEM_CONTROL, File);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    Stack->Parameters.FileSystemControl.FsControlCode = Code;
    Stack->Parameters.FileSystemControl.InputBufferLength = sizeof(REQUEST_OPLOCK_INPUT_BUFFER);
    Stack->Parameters.FileSystemControl.OutputBufferLength = sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER);
    return Irp;
}

static PIRP level_request(ULONG Level, ULONG Flags, PFILE_OBJECT File)
{
    PREQUEST_OPLOCK_INPUT_BUFFER Input = (PVOID)Buffer;

    Input->StructureVersion = REQUEST_OPLOCK_CURRENT_VERSION;
    Input->StructureLength = sizeof(*Input);
    Input->RequestedOplockLevel = Level;
    Input->Flags = Flags;
    return control(FSCTL_REQUEST_OPLOCK, File);
}

static PIRP oplock_request(ULONG Kind, PFILE_OBJECT File)
{
    static const ULONG Code[KINDS] = {FSCTL_REQUEST_OPLOCK_LEVEL_1, FSCTL_REQUEST_OPLOCK_LEVEL_2,
                                      FSCTL_REQUEST_BATCH_OPLOCK, FSCTL_REQUEST_FILTER_OPLOCK};

    if (level_of(Kind) == 0)
        return control(Code[Kind], File);
    return level_request(level_of(Kind), REQUEST_OPLOCK_INPUT_FLAG_REQUEST, File);
}

static ULONG count_of(ULONG Kind)
{
    return Kind == LEVEL2 || Kind == R || Kind == RH ? 0 : 1;
}

/* A request that is answered at once. */
static NTSTATUS answered(PIRP Irp, ULONG Count)
{
    NTSTATUS Status = FsRtlOplockFsctrl(&Oplock, Irp, Count);

    if (Status != STATUS_PENDING)
        IoFreeIrp(Irp);
    return Status;
}

static VOID NTAPI resumed(PVOID Context, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Context);
    Resumed++;
    ResumedWith = Irp->IoStatus.Status;
}

static VOID NTAPI posted(PVOID Context, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Irp);
    Posted++;
}

static NTSTATUS check(PIRP Irp)
{
    return FsRtlCheckOplock(&Oplock, Irp, &Oplock, resumed, posted);
}

/* ---- granting ---- */

static VOID granting(VOID)
{
    /* Rows: what Mine holds; columns: what is asked for by Other, then by Mine. G granted, N not,
     * S: granted, the old one switched. */
    static const char *const Others[KINDS] = {"NNNNNNNN", "GGGGGNNN", "NNNNNNNN", "NNNNNNNN",
                                              "NGNNGGNN", "NNNNGGNN", "NNNNNNNN", "NNNNNNNN"};
    static const char *const Own[KINDS] = {"NNNNNNNN", "GGGGGNNN", "NNNNNNNN", "NNNNNNNN",
                                           "NGNNSSSS", "NNNNNSNS", "NNNNNNSS", "NNNNNNNS"};

    for (ULONG i = 0; i < KINDS * KINDS * 2; i++) {
        ULONG Held = i / 2 / KINDS, Asked = i / 2 % KINDS;
        PFILE_OBJECT File = i % 2 ? &Mine : &Other;
        PIRP First = oplock_request(Held, &Mine), Second;
        char Expected = (i % 2 ? Own : Others)[Held][Asked], Got;

        FsRtlInitializeOplock(&Oplock);
        is_status(FsRtlOplockFsctrl(&Oplock, First, count_of(Held)), STATUS_PENDING, "%s",
                  KindName[Held]);
        Done = 0;
        Second = oplock_request(Asked, File);
        Got = FsRtlOplockFsctrl(&Oplock, Second, count_of(Asked)) == STATUS_PENDING ? 'G' : 'N';
        if (Got == 'G' && Done == 1 &&
            First->IoStatus.Status == (NTSTATUS)0x215) /* SWITCHED_TO_NEW_HANDLE */
            Got = 'S';
        is_ulong(Got, Expected, "then %s, asked for by %s", KindName[Asked],
                 i % 2 ? "the same" : "another");
        FsRtlUninitializeOplock(&Oplock);
        IoFreeIrp(First);
        IoFreeIrp(Second);
    }
}

static VOID refusing(VOID)
{
    PIRP Irp = oplock_request(LEVEL1, &Mine);

    FsRtlInitializeOplock(&Oplock);
    is_status(answered(Irp, 2), STATUS_OPLOCK_NOT_GRANTED,
              "an exclusive one beside another handle");
    is_status(answered(oplock_request(LEVEL2, &Mine), 1), STATUS_OPLOCK_NOT_GRANTED,
              "a shared one beside locks");
    Mine.Flags = FO_SYNCHRONOUS_IO;
    is_status(answered(oplock_request(R, &Mine), 0), STATUS_OPLOCK_NOT_GRANTED,
              "one on a synchronous handle");
    Mine.Flags = 0;
    is_status(answered(control(FSCTL_LOCK_VOLUME, &Mine), 0), STATUS_INVALID_PARAMETER,
              "another control code");
    is_status(answered(level_request(4, REQUEST_OPLOCK_INPUT_FLAG_REQUEST, &Mine), 0),
              STATUS_INVALID_PARAMETER, "a level that is none");
    is_status(answered(control(FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, &Mine), 0),
              STATUS_INVALID_OPLOCK_PROTOCOL, "an acknowledgment of nothing");
    is_status(answered(level_request(0, REQUEST_OPLOCK_INPUT_FLAG_ACK, &Mine), 0),
              STATUS_INVALID_OPLOCK_PROTOCOL, "nor by level");
    is_status(answered(control(FSCTL_OPLOCK_BREAK_NOTIFY, &Mine), 0), STATUS_SUCCESS,
              "no break is under way");
    Irp = oplock_request(RW, &Mine);
    is_status(FsRtlOplockFsctrlEx(&Oplock, Irp, 2, OPLOCK_FSCTRL_FLAG_ALL_KEYS_MATCH),
              STATUS_PENDING, "RW beside handles of the same owner");
    Done = 0;
    ok(IoCancelIrp(Irp) && Done == 1, "the owner can give it up by cancelling");
    is_status(Irp->IoStatus.Status, STATUS_CANCELLED, "it ends");
    ok(!FsRtlCurrentOplock(&Oplock), "nothing is held");
    IoFreeIrp(Irp);
    Irp = oplock_request(RW, &Mine);
    ok(!FsRtlOplockIsSharedRequest(Irp), "RW is not shared");
    IoFreeIrp(Irp);
    Irp = oplock_request(RH, &Mine);
    ok(FsRtlOplockIsSharedRequest(Irp), "RH is");
    IoFreeIrp(Irp);
    Irp = oplock_request(LEVEL2, &Mine);
    ok(FsRtlOplockIsSharedRequest(Irp), "level 2 is");
    IoFreeIrp(Irp);
    FsRtlUninitializeOplock(&Oplock);
}

/* ---- breaking ---- */

static ACCESS_MASK Access;
static IO_SECURITY_CONTEXT Security;

static PIRP open(ULONG Disposition, ULONG Options, ACCESS_MASK Desired, USHORT Share)
{
    PIRP Irp = request(IRP_MJ_CREATE, &Other);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);

    Access = Desired;
    Security.DesiredAccess = Desired;
    Stack->Parameters.Create.SecurityContext = &Security;
    Stack->Parameters.Create.Options = Disposition << 24 | Options;
    Stack->Parameters.Create.ShareAccess = Share;
    return Irp;
}

static PIRP set(FILE_INFORMATION_CLASS Class, UCHAR Delete)
{
    PIRP Irp = request(IRP_MJ_SET_INFORMATION, &Other);

    IoGetCurrentIrpStackLocation(Irp)->Parameters.SetFile.FileInformationClass = Class;
    Buffer[0] = Delete;
    return Irp;
}

enum { OPEN, LOOK, OVERWRITE, EXCLUSIVE, READ, WRITE, LOCK, SIZE, RENAME, DELETE_IT, OPERATIONS };
static const char *const OperationName[OPERATIONS] = {
    "an open",
    "an open for attributes",
    "an overwriting open",
    "an open to write that does not share reading",
    "a read",
    "a write",
    "a byte-range lock",
    "a new size",
    "a rename",
    "a deletion"};

static PIRP operation(ULONG Operation)
{
    switch (Operation) {
    case OPEN:
        return open(FILE_OPEN, 0, FILE_READ_DATA, 7);
    case LOOK:
        return open(FILE_OPEN, 0, FILE_READ_ATTRIBUTES | SYNCHRONIZE, 7);
    case OVERWRITE:
        return open(FILE_OVERWRITE_IF, 0, FILE_WRITE_DATA, 7);
    case EXCLUSIVE:
        return open(FILE_OPEN, 0, FILE_WRITE_DATA, 0);
    case READ:
        return request(IRP_MJ_READ, &Other);
    case WRITE:
        return request(IRP_MJ_WRITE, &Other);
    case LOCK:
        return request(IRP_MJ_LOCK_CONTROL, &Other);
    case SIZE:
        return set(FileEndOfFileInformation, 0);
    case RENAME:
        return set(FileRenameInformation, 0);
    default:
        return set(FileDispositionInformation, 1);
    }
}

typedef struct _EXPECTED {
    UCHAR To;    /* NONE, STAYS, TO_L2 or the level */
    UCHAR Waits; /* 0 no acknowledgment, 1 acknowledged but not waited for, 2 waited for */
} EXPECTED;

/* [doc: Checking the Oplock State of ...]; columns as the enumeration of kinds. */
static const EXPECTED Expected[OPERATIONS][KINDS] = {
    [OPEN] =
        {{TO_L2, 2}, {STAYS, 0}, {TO_L2, 2}, {STAYS, 0}, {STAYS, 0}, {STAYS, 0}, {1, 2}, {3, 2}},
    [LOOK] = {{STAYS, 0},
              {STAYS, 0},
              {STAYS, 0},
              {STAYS, 0},
              {STAYS, 0},
              {STAYS, 0},
              {STAYS, 0},
              {STAYS, 0}},
    [OVERWRITE] =
        {{NONE, 2}, {NONE, 0}, {NONE, 2}, {STAYS, 0}, {NONE, 0}, {NONE, 1}, {NONE, 2}, {NONE, 2}},
    [EXCLUSIVE] =
        {{TO_L2, 2}, {STAYS, 0}, {TO_L2, 2}, {NONE, 2}, {STAYS, 0}, {STAYS, 0}, {1, 2}, {3, 2}},
    [READ] =
        {{TO_L2, 2}, {STAYS, 0}, {TO_L2, 2}, {STAYS, 0}, {STAYS, 0}, {STAYS, 0}, {1, 2}, {3, 2}},
    [WRITE] =
        {{NONE, 2}, {NONE, 0}, {NONE, 2}, {NONE, 2}, {NONE, 0}, {NONE, 1}, {NONE, 2}, {NONE, 2}},
    [LOCK] =
        {{NONE, 2}, {NONE, 0}, {NONE, 2}, {STAYS, 0}, {NONE, 0}, {NONE, 1}, {NONE, 2}, {NONE, 1}},
    [SIZE] =
        {{NONE, 2}, {NONE, 0}, {NONE, 2}, {NONE, 2}, {NONE, 0}, {NONE, 1}, {NONE, 2}, {NONE, 2}},
    [RENAME] =
        {{STAYS, 0}, {STAYS, 0}, {NONE, 2}, {NONE, 2}, {STAYS, 0}, {1, 2}, {STAYS, 0}, {5, 2}},
    [DELETE_IT] =
        {{STAYS, 0}, {STAYS, 0}, {STAYS, 0}, {STAYS, 0}, {STAYS, 0}, {1, 2}, {STAYS, 0}, {5, 2}},
};

static ULONG broken_to(PIRP Irp, ULONG Kind, PBOOLEAN Acknowledge)
{
    PREQUEST_OPLOCK_OUTPUT_BUFFER Output = (PVOID)Buffer;

    if (level_of(Kind) == 0) {
        *Acknowledge = Kind != LEVEL2;
        return Irp->IoStatus.Information == FILE_OPLOCK_BROKEN_TO_NONE ? NONE : TO_L2;
    }
    *Acknowledge = (Output->Flags & REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED) != 0;
    return Output->NewOplockLevel == 0 ? NONE : Output->NewOplockLevel;
}

static VOID breaking(VOID)
{
    for (ULONG i = 0; i < OPERATIONS * KINDS; i++) {
        ULONG Operation = i / KINDS, Kind = i % KINDS;
        const EXPECTED *Want = &Expected[Operation][Kind];
        PIRP Irp = operation(Operation), Held = oplock_request(Kind, &Mine);
        BOOLEAN Acknowledge = FALSE;
        NTSTATUS Status;

        FsRtlInitializeOplock(&Oplock);
        FsRtlOplockFsctrl(&Oplock, Held, count_of(Kind));
        Buffer[0] = Operation == DELETE_IT; /* FILE_DISPOSITION_INFORMATION.DeleteFile */
        Done = Resumed = Posted = 0;
        Status = check(Irp);
        is_ulong(Done == 0 ? STAYS : broken_to(Held, Kind, &Acknowledge), Want->To, "%s: %s",
                 KindName[Kind], OperationName[Operation]);
        is_status(Status, Want->Waits == 2 ? STATUS_PENDING : STATUS_SUCCESS, "may it go on?");
        if (Want->Waits != 0 || Acknowledge)
            is_bool(Acknowledge, Want->Waits != 0, "an acknowledgment");
        FsRtlUninitializeOplock(&Oplock);
        is_ulong(Resumed, Want->Waits == 2, "with the oplock gone it may");
        IoFreeIrp(Held);
        IoFreeIrp(Irp);
    }
}

/* ---- the course of a break ---- */

static VOID NTAPI wait_for_break(PVOID Context)
{
    ResumedWith = FsRtlCheckOplock(&Oplock, Context, NULL, NULL, NULL);
    InterlockedIncrement((PLONG)&Resumed);
}

static VOID acknowledging(VOID)
{
    PIRP Held = oplock_request(LEVEL1, &Mine), Read = request(IRP_MJ_READ, &Other), Again, Ack;
    PVOID Thread;

    FsRtlInitializeOplock(&Oplock);
    FsRtlOplockFsctrl(&Oplock, Held, 1);
    ok(FsRtlCurrentOplock(&Oplock) && FsRtlOplockIsFastIoPossible(&Oplock),
       "an exclusive one allows fast I/O");
    ok(!FsRtlCurrentBatchOplock(&Oplock) && !FsRtlCurrentOplockH(&Oplock),
       "level 1 is neither batch nor handle");
    IoGetCurrentIrpStackLocation(Read)->FileObject = &Mine;
    is_status(check(Read), STATUS_SUCCESS, "its owner reads");
    IoGetCurrentIrpStackLocation(Read)->FileObject = &Other;
    Read->Flags |= IRP_PAGING_IO;
    is_status(check(Read), STATUS_SUCCESS, "paging I/O breaks nothing");
    Read->Flags = 0;
    Resumed = Posted = 0;
    is_status(check(Read), STATUS_PENDING, "another reads");
    is_ulong(Posted, 1, "which is posted");
    ok(!FsRtlOplockIsFastIoPossible(&Oplock), "no fast I/O meanwhile");
    is_status(answered(control(FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, &Other), 0),
              STATUS_INVALID_OPLOCK_PROTOCOL, "not the owner's to acknowledge");
    is_ulong(Resumed, 0, "it waits");
    Ack = control(FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, &Mine);
    is_status(FsRtlOplockFsctrl(&Oplock, Ack, 0), STATUS_PENDING, "the owner takes level 2");
    ok(Resumed == 1 && ResumedWith == STATUS_SUCCESS, "the read goes on");
    ok(!FsRtlOplockIsFastIoPossible(&Oplock), "a shared one allows no fast I/O");
    Again = request(IRP_MJ_WRITE, &Mine);
    Done = 0;
    is_status(check(Again), STATUS_SUCCESS, "its own write");
    ok(Done == 1 && Ack->IoStatus.Information == FILE_OPLOCK_BROKEN_TO_NONE,
       "breaks even its own level 2");
    ok(!FsRtlCurrentOplock(&Oplock), "nothing is left");
    IoFreeIrp(Held);
    IoFreeIrp(Ack);

    Held = oplock_request(BATCH, &Mine);
    FsRtlOplockFsctrl(&Oplock, Held, 1);
    ok(FsRtlCurrentBatchOplock(&Oplock), "batch");
    Resumed = 0;
    Thread = start_thread(wait_for_break, Read);
    while (FsRtlOplockIsFastIoPossible(&Oplock))
        sleep_ms(1);
    is_ulong(Resumed, 0, "without a routine the thread waits");
    is_status(answered(control(FSCTL_OPBATCH_ACK_CLOSE_PENDING, &Mine), 0), STATUS_SUCCESS,
              "the owner will close");
    is_ulong(Resumed, 0, "until when it waits on");
    Ack = control(FSCTL_OPLOCK_BREAK_NOTIFY, &Other);
    is_status(FsRtlOplockFsctrl(&Oplock, Ack, 0), STATUS_PENDING,
              "a request to be told of the end");
    Done = 0;
    IoGetCurrentIrpStackLocation(Again)->MajorFunction = IRP_MJ_CLEANUP;
    is_status(check(Again), STATUS_SUCCESS, "cleanup");
    join_thread(Thread);
    ok(Resumed == 1 && ResumedWith == STATUS_SUCCESS, "ends the wait");
    ok(Done == 1 && Ack->IoStatus.Status == STATUS_SUCCESS, "and tells");
    IoFreeIrp(Held);
    IoFreeIrp(Ack);
    IoFreeIrp(Read);
    IoFreeIrp(Again);
    FsRtlUninitializeOplock(&Oplock);
}

static VOID levels(VOID)
{
    PIRP Held = oplock_request(RWH, &Mine), Read = request(IRP_MJ_READ, &Other), Ack, Write;

    FsRtlInitializeOplock(&Oplock);
    FsRtlOplockFsctrl(&Oplock, Held, 1);
    ok(FsRtlCurrentOplockH(&Oplock), "RWH caches the handle");
    Resumed = 0;
    check(Read);
    is_status(answered(level_request(7, REQUEST_OPLOCK_INPUT_FLAG_ACK, &Mine), 0),
              STATUS_INVALID_OPLOCK_PROTOCOL, "more than it was broken to cannot be kept");
    Ack = level_request(1, REQUEST_OPLOCK_INPUT_FLAG_ACK, &Mine);
    is_status(FsRtlOplockFsctrl(&Oplock, Ack, 0), STATUS_PENDING, "less can");
    is_ulong(Resumed, 1, "the read goes on");
    ok(!FsRtlCurrentOplockH(&Oplock), "R it is");
    Write = request(IRP_MJ_WRITE, &Other);
    Done = 0;
    is_status(check(Write), STATUS_SUCCESS, "a write does not wait for R");
    is_ulong(Done, 1, "which is gone");
    IoFreeIrp(Held);
    IoFreeIrp(Ack);

    Held = oplock_request(RH, &Mine);
    FsRtlOplockFsctrl(&Oplock, Held, 0);
    Resumed = 0;
    IoFreeIrp(Read);
    Read = open(FILE_OPEN, 0, FILE_READ_DATA, 0);
    is_status(FsRtlOplockBreakH(&Oplock, Read, 0, NULL, resumed, posted), STATUS_PENDING,
              "a sharing violation");
    ok(IoCancelIrp(Read), "who waits can be cancelled");
    ok(Resumed == 1 && ResumedWith == STATUS_CANCELLED, "which its routine hears of");
    Read->Cancel = FALSE;
    is_status(
        FsRtlOplockBreakH(&Oplock, Read, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, resumed, posted),
        STATUS_OPLOCK_BREAK_IN_PROGRESS, "or not wait");
    is_status(answered(level_request(0, REQUEST_OPLOCK_INPUT_FLAG_ACK, &Mine), 0), STATUS_SUCCESS,
              "given up");
    ok(!FsRtlCurrentOplock(&Oplock), "nothing is left");
    IoFreeIrp(Held);

    Held = oplock_request(BATCH, &Mine);
    FsRtlOplockFsctrl(&Oplock, Held, 1);
    IoGetCurrentIrpStackLocation(Read)->Parameters.Create.Options |= FILE_OPEN_REQUIRING_OPLOCK;
    is_status(check(Read), STATUS_CANNOT_BREAK_OPLOCK,
              "an open that requires an oplock breaks none");
    IoGetCurrentIrpStackLocation(Read)->Parameters.Create.Options =
        FILE_OPEN << 24 | FILE_COMPLETE_IF_OPLOCKED;
    is_status(check(Read), STATUS_OPLOCK_BREAK_IN_PROGRESS, "one that does not wait");
    is_status(answered(control(FSCTL_OPLOCK_BREAK_ACK_NO_2, &Mine), 0), STATUS_SUCCESS,
              "the owner wants no level 2");
    IoFreeIrp(Held);
    Held = oplock_request(LEVEL1, &Mine);
    FsRtlOplockFsctrl(&Oplock, Held, 1);
    IoGetCurrentIrpStackLocation(Read)->MajorFunction = IRP_MJ_READ;
    is_status(
        FsRtlOplockBreakToNoneEx(&Oplock, Read, OPLOCK_FLAG_COMPLETE_IF_OPLOCKED, NULL, NULL, NULL),
        STATUS_OPLOCK_BREAK_IN_PROGRESS, "FsRtlOplockBreakToNoneEx");
    is_ulong64(Held->IoStatus.Information, FILE_OPLOCK_BROKEN_TO_NONE, "to none, for a read");
    FsRtlUninitializeOplock(&Oplock);
    ok(Oplock == NULL, "FsRtlUninitializeOplock");
    is_status(FsRtlCheckOplockEx(&Oplock, Read, 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "no oplock to check");
    IoFreeIrp(Held);
    IoFreeIrp(Read);
    IoFreeIrp(Write);
}

/* A filter oplock that the create reserves. */
static VOID reserving(VOID)
{
    PIRP Create = open(FILE_OPEN, FILE_RESERVE_OPFILTER, FILE_READ_ATTRIBUTES, 7), Request;

    is_status(FsRtlOplockFsctrl(&Oplock, Create, 2), STATUS_OPLOCK_NOT_GRANTED,
              "reserved beside another handle");
    is_status(FsRtlOplockFsctrl(&Oplock, Create, 1), STATUS_SUCCESS, "reserved");
    ok(FsRtlCurrentBatchOplock(&Oplock), "it counts");
    is_status(answered(oplock_request(FILTER, &Mine), 1), STATUS_OPLOCK_NOT_GRANTED,
              "not another's");
    Request = oplock_request(FILTER, &Other);
    is_status(FsRtlOplockFsctrl(&Oplock, Request, 2), STATUS_PENDING, "its owner gets it");
    FsRtlUninitializeOplock(&Oplock);
    IoFreeIrp(Request);
    IoFreeIrp(Create);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    granting();
    refusing();
    breaking();
    acknowledging();
    levels();
    reserving();
    return done();
}
