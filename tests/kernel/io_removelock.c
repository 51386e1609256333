/* Remove locks, in the size of free and of checked builds. */
#include "threads.h"

typedef struct _CHECKED {
    IO_REMOVE_LOCK_COMMON_BLOCK Common;
    IO_REMOVE_LOCK_DBG_BLOCK Dbg;
} CHECKED;

static CHECKED Lock;
static LONG Waited;
static ULONG Size;

static VOID NTAPI remover(PVOID Context)
{
    IoReleaseRemoveLockAndWaitEx((PIO_REMOVE_LOCK)&Lock, Context, Size);
    Waited = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID test_size(ULONG Bytes, const char *Name)
{
    PIO_REMOVE_LOCK Remove = (PIO_REMOVE_LOCK)&Lock;
    LONG Idle;
    PVOID Thread;

    Size = Bytes;
    Waited = 0;
    tap_fill(&Lock);
    IoInitializeRemoveLockEx(Remove, 'kcoL', 1, 10, Bytes);
    Idle = Lock.Common.IoCount; /* what it starts at is not documented */
    if (Bytes < sizeof(Lock))
        ok(tap_all_bytes((PUCHAR)&Lock + Bytes, sizeof(Lock) - Bytes, 0xA5), "%s: nothing behind it is touched", Name);
    is_status(IoAcquireRemoveLockEx(Remove, (PVOID)1, __FILE__, __LINE__, Bytes), STATUS_SUCCESS, "%s: acquire", Name);
    is_status(IoAcquireRemoveLockEx(Remove, (PVOID)2, __FILE__, __LINE__, Bytes), STATUS_SUCCESS, "%s: twice", Name);
    is_long(Lock.Common.IoCount - Idle, 2, "%s: count", Name);
    IoReleaseRemoveLockEx(Remove, (PVOID)1, Bytes);
    is_long(Lock.Common.IoCount - Idle, 1, "%s: released", Name);
    is_status(IoAcquireRemoveLockEx(Remove, (PVOID)3, __FILE__, __LINE__, Bytes), STATUS_SUCCESS, "%s: third", Name);
    Thread = start_thread(remover, (PVOID)3);
    sleep_ms(5);
    is_long(Waited, 0, "%s: removal waits", Name);
    is_status(IoAcquireRemoveLockEx(Remove, (PVOID)4, __FILE__, __LINE__, Bytes), STATUS_DELETE_PENDING,
              "%s: no new holder", Name);
    IoReleaseRemoveLockEx(Remove, (PVOID)2, Bytes);
    join_thread(Thread);
    is_long(Waited, 1, "%s: removal goes on after the last release", Name);
    is_long(Lock.Common.IoCount, 0, "%s: count is 0", Name);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_size(sizeof(IO_REMOVE_LOCK_COMMON_BLOCK), "free");
    test_size(sizeof(CHECKED), "checked");
    return done();
}
