/*
 * Byte-range locks: who may lock, read and write what; unlocking by range, file and key; requests
 * that wait, are granted and are cancelled; enumeration.
 */
#include "tap.h"

static PFILE_LOCK Lock;
static FILE_OBJECT *FileA, *FileB; /* never touched by the routines: compared only */
static ULONG Unlocks, Completions;
static NTSTATUS LastCompletion;

static VOID NTAPI OnUnlock(PVOID Context, PFILE_LOCK_INFO Info)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Info);
    Unlocks++;
}

static NTSTATUS NTAPI OnComplete(PVOID Context, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Context);
    Completions++;
    LastCompletion = Irp->IoStatus.Status;
    return Irp->IoStatus.Status;
}

static NTSTATUS Take(PFILE_OBJECT File, LONGLONG Start, LONGLONG Length, ULONG Key,
                     BOOLEAN Exclusive)
{
    LARGE_INTEGER Offset = {.QuadPart = Start}, Bytes = {.QuadPart = Length};
    IO_STATUS_BLOCK IoStatus;

    tap_fill(&IoStatus);
    if (!FsRtlPrivateLock(Lock, File, &Offset, &Bytes, PsGetCurrentProcess(), Key, TRUE, Exclusive,
                          &IoStatus, NULL, NULL, FALSE))
        return STATUS_RETRY;
    return IoStatus.Status;
}

static NTSTATUS Release(PFILE_OBJECT File, LONGLONG Start, LONGLONG Length, ULONG Key)
{
    LARGE_INTEGER Offset = {.QuadPart = Start}, Bytes = {.QuadPart = Length};

    return FsRtlFastUnlockSingle(Lock, File, &Offset, &Bytes, PsGetCurrentProcess(), Key, NULL,
                                 FALSE);
}

static BOOLEAN May(BOOLEAN Write, PFILE_OBJECT File, LONGLONG Start, LONGLONG Length, ULONG Key)
{
    LARGE_INTEGER Offset = {.QuadPart = Start}, Bytes = {.QuadPart = Length};

    if (Write)
        return FsRtlFastCheckLockForWrite(Lock, &Offset, &Bytes, Key, File, PsGetCurrentProcess());
    return FsRtlFastCheckLockForRead(Lock, &Offset, &Bytes, Key, File, PsGetCurrentProcess());
}

static VOID TestRules(VOID)
{
    LARGE_INTEGER Offset = {.QuadPart = 15}, Bytes = {.QuadPart = 1};
    IO_STATUS_BLOCK IoStatus;

    is_bool(FsRtlAreThereCurrentOrInProgressFileLocks(Lock), FALSE, "no lock yet");
    is_status(Release(FileA, 0, 1, 0), STATUS_RANGE_NOT_LOCKED, "nothing to unlock");
    is_status(Take(FileA, 10, 10, 0, TRUE), STATUS_SUCCESS, "an exclusive lock on 10..19");
    is_bool(FsRtlAreThereCurrentFileLocks(Lock), TRUE, "there is a lock");
    is_status(Take(FileB, 19, 1, 0, FALSE), STATUS_LOCK_NOT_GRANTED,
              "another's shared lock on its last byte");
    is_status(Take(FileB, 20, 5, 0, FALSE), STATUS_SUCCESS, "and behind it");
    is_status(Take(FileA, 20, 5, 0, FALSE), STATUS_SUCCESS, "shared locks go together");
    is_status(Take(FileA, 22, 1, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "an exclusive one does not");
    is_status(Take(FileA, 11, 1, 0, TRUE), STATUS_LOCK_NOT_GRANTED, "nor over its owner's own");
    is_status(Take(FileA, 12, 2, 0, FALSE), STATUS_SUCCESS,
              "the owner's shared lock over its exclusive one");
    is_status(Take(FileA, 12, 2, 1, FALSE), STATUS_LOCK_NOT_GRANTED,
              "another key is another owner");
    is_bool(FsRtlPrivateLock(Lock, FileB, &Offset, &Bytes, PsGetCurrentProcess(), 0, FALSE, TRUE,
                             &IoStatus, NULL, NULL, FALSE),
            FALSE, "who would wait needs an IRP");
    is_status(Take(FileA, 2, -1, 0, TRUE), STATUS_INVALID_LOCK_RANGE, "a range that wraps round");
    is_bool(May(FALSE, FileB, 0, 10, 0), TRUE, "another reads before the exclusive lock");
    is_bool(May(FALSE, FileB, 0, 11, 0), FALSE, "not into it");
    is_bool(May(FALSE, FileA, 14, 6, 0), TRUE, "the owner reads it");
    is_bool(May(TRUE, FileA, 14, 6, 0), TRUE, "and writes it");
    is_bool(May(TRUE, FileA, 14, 6, 9), FALSE, "not with another key");
    is_bool(May(FALSE, FileB, 20, 5, 0), TRUE, "all read what is shared");
    is_bool(May(TRUE, FileB, 20, 5, 0), FALSE, "nobody writes it");
    is_bool(May(TRUE, FileB, 24, 0, 0), TRUE, "no bytes, no lock");
}

static VOID TestEnumeration(VOID)
{
    PFILE_LOCK_INFO Info;
    ULONG Count = 0, Exclusive = 0;

    for (Info = FsRtlGetNextFileLock(Lock, TRUE); Info != NULL;
         Info = FsRtlGetNextFileLock(Lock, FALSE)) {
        Count++;
        Exclusive += Info->ExclusiveLock;
    }
    ok(Count == 4 && Exclusive == 1, "FsRtlGetNextFileLock: four locks, one of them exclusive");
}

static VOID TestUnlock(VOID)
{
    Unlocks = 0;
    is_status(Release(FileA, 10, 9, 0), STATUS_RANGE_NOT_LOCKED, "a part is not the lock");
    is_status(Release(FileB, 10, 10, 0), STATUS_RANGE_NOT_LOCKED, "nor is another's");
    is_status(Release(FileA, 10, 10, 0), STATUS_SUCCESS, "unlock");
    is_ulong(Unlocks, 1, "the unlock routine ran");
    is_bool(May(FALSE, FileB, 10, 2, 0), TRUE, "readable now");
    is_status(Take(FileA, 100, 1, 7, TRUE), STATUS_SUCCESS, "one with a key");
    is_status(FsRtlFastUnlockAllByKey(Lock, FileA, PsGetCurrentProcess(), 7, NULL), STATUS_SUCCESS,
              "unlock by key");
    is_ulong(Unlocks, 2, "that one alone");
    is_status(FsRtlFastUnlockAll(Lock, FileA, PsGetCurrentProcess(), NULL), STATUS_SUCCESS,
              "unlock all");
    is_ulong(Unlocks, 4, "the two that were left");
    is_status(FsRtlFastUnlockAll(Lock, FileA, PsGetCurrentProcess(), NULL), STATUS_RANGE_NOT_LOCKED,
              "no more");
    is_status(Release(FileB, 20, 5, 0), STATUS_SUCCESS, "the other's");
    is_bool(FsRtlAreThereCurrentFileLocks(Lock), FALSE, "all gone");
}

static PIRP LockIrp(PFILE_OBJECT File, UCHAR Minor, PLARGE_INTEGER Length, LONGLONG Start,
                    UCHAR Flags)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);
    PIO_STACK_LOCATION Stack;

    if (Irp == NULL)
        return NULL;
    IoSetNextIrpStackLocation(Irp);
    Stack = IoGetCurrentIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_LOCK_CONTROL;
    Stack->MinorFunction = Minor;
    Stack->Flags = Flags;
    Stack->FileObject = File;
    Stack->Parameters.LockControl.Length = Length;
    Stack->Parameters.LockControl.Key = 0;
    Stack->Parameters.LockControl.ByteOffset.QuadPart = Start;
    Irp->Tail.Overlay.Thread = PsGetCurrentThread();
    return Irp;
}

static VOID TestIrps(VOID)
{
    LARGE_INTEGER Length = {.QuadPart = 10};
    PIRP First = LockIrp(FileA, IRP_MN_LOCK, &Length, 0, SL_EXCLUSIVE_LOCK);
    PIRP Second = LockIrp(FileB, IRP_MN_LOCK, &Length, 5, 0),
         Third = LockIrp(FileB, IRP_MN_LOCK, &Length, 0, 0);
    PIRP Unlock = LockIrp(FileA, IRP_MN_UNLOCK_SINGLE, &Length, 0, 0),
         Read = LockIrp(FileB, 0, &Length, 0, 0);
    PIO_STACK_LOCATION Stack;

    if (!ok(First && Second && Third && Unlock && Read, "five IRPs"))
        return;
    Completions = 0;
    is_status(FsRtlProcessFileLock(Lock, First, NULL), STATUS_SUCCESS, "an exclusive lock by IRP");
    is_ulong(Completions, 1, "completed");
    is_status(FsRtlProcessFileLock(Lock, Second, NULL), STATUS_PENDING, "another waits");
    is_status(FsRtlProcessFileLock(Lock, Third, NULL), STATUS_PENDING, "a third too");
    is_ulong(Completions, 1, "neither is completed");
    is_bool(IoCancelIrp(Third), TRUE, "cancel the third");
    ok(Completions == 2 && LastCompletion == STATUS_CANCELLED, "it ends");
    Stack = IoGetCurrentIrpStackLocation(Read);
    Stack->Parameters.Read.Length = 4;
    Stack->Parameters.Read.Key = 0;
    Stack->Parameters.Read.ByteOffset.QuadPart = 0;
    is_bool(FsRtlCheckLockForReadAccess(Lock, Read), FALSE, "FsRtlCheckLockForReadAccess");
    is_bool(FsRtlCheckLockForWriteAccess(Lock, Read), FALSE, "FsRtlCheckLockForWriteAccess");
    is_status(FsRtlProcessFileLock(Lock, Unlock, NULL), STATUS_SUCCESS, "unlock by IRP");
    ok(Completions == 4 && LastCompletion == STATUS_SUCCESS,
       "the second is granted, the unlock completed");
    is_bool(FsRtlCheckLockForReadAccess(Lock, Read), TRUE, "readable now");
    is_status(Release(FileB, 5, 10, 0), STATUS_SUCCESS, "the second's lock is held");
    IoGetCurrentIrpStackLocation(Unlock)->MinorFunction = 0x77;
    is_status(FsRtlProcessFileLock(Lock, Unlock, NULL), STATUS_INVALID_DEVICE_REQUEST,
              "an unknown minor function");
    IoFreeIrp(First);
    IoFreeIrp(Second);
    IoFreeIrp(Third);
    IoFreeIrp(Unlock);
    IoFreeIrp(Read);
}

/* A lock block that goes away with a held lock and a waiting request. */
static VOID TestTeardown(VOID)
{
    LARGE_INTEGER Length = {.QuadPart = 10};
    PIRP Waiting = LockIrp(FileB, IRP_MN_LOCK, &Length, 5, 0);

    if (!ok(Waiting != NULL, "an IRP"))
        return;
    is_status(Take(FileA, 0, 10, 0, TRUE), STATUS_SUCCESS, "a held lock");
    is_status(FsRtlProcessFileLock(Lock, Waiting, NULL), STATUS_PENDING, "a waiting request");
    Completions = 0;
    FsRtlFreeFileLock(Lock);
    ok(Completions == 1 && !NT_SUCCESS(LastCompletion), "the request fails");
    IoFreeIrp(Waiting);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    FILE_LOCK Local;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_fill(&Local);
    FsRtlInitializeFileLock(&Local, NULL, NULL);
    ok(!FsRtlAreThereCurrentFileLocks(&Local) && Local.LockInformation == NULL,
       "FsRtlInitializeFileLock");
    FsRtlUninitializeFileLock(&Local);
    FileA = (PVOID)&FileA;
    FileB = (PVOID)&FileB;
    Lock = FsRtlAllocateFileLock(OnComplete, OnUnlock);
    if (!ok(Lock != NULL, "FsRtlAllocateFileLock"))
        return done();
    TestRules();
    TestEnumeration();
    TestUnlock();
    TestIrps();
    TestTeardown();
    return done();
}
