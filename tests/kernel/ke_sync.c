/* Semaphores, mutexes, waits for several objects. */
#include "threads.h"

static LARGE_INTEGER Zero;

static NTSTATUS poll(PVOID Object)
{
    return KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Zero);
}

static VOID semaphores(PVOID Context)
{
    KSEMAPHORE Semaphore;

    UNREFERENCED_PARAMETER(Context);
    tap_fill(&Semaphore);
    KeInitializeSemaphore(&Semaphore, 1, 3);
    is_long(KeReadStateSemaphore(&Semaphore), 1, "initial count");
    is_status(poll(&Semaphore), STATUS_SUCCESS, "taken");
    is_status(poll(&Semaphore), STATUS_TIMEOUT, "empty");
    is_long(KeReleaseSemaphore(&Semaphore, 0, 2, FALSE), 0, "release returns the old count");
    is_long(KeReadStateSemaphore(&Semaphore), 2, "count after it");
}

static VOID semaphore_limit(VOID)
{
    KSEMAPHORE Semaphore;
    NTSTATUS Status = STATUS_SUCCESS;

    KeInitializeSemaphore(&Semaphore, 1, 2);
    __try {
        KeReleaseSemaphore(&Semaphore, 0, 2, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is_status(Status, STATUS_SEMAPHORE_LIMIT_EXCEEDED, "over the limit raises");
    is_long(KeReadStateSemaphore(&Semaphore), 1, "and changes nothing");
    is_irql(PASSIVE_LEVEL, "at the caller's IRQL");
}

static KMUTEX Mutex;
static NTSTATUS OtherStatus;

static VOID try_mutex(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    OtherStatus = poll(&Mutex);
    if (OtherStatus == STATUS_SUCCESS)
        KeReleaseMutex(&Mutex, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID release_foreign(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    __try {
        KeReleaseMutex(&Mutex, FALSE);
        OtherStatus = STATUS_SUCCESS;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        OtherStatus = GetExceptionCode();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID mutexes(VOID)
{
    tap_fill(&Mutex);
    KeInitializeMutex(&Mutex, 0);
    is_long(KeReadStateMutex(&Mutex), 1, "free");
    is_status(poll(&Mutex), STATUS_SUCCESS, "taken");
    is_status(poll(&Mutex), STATUS_SUCCESS, "taken again by its owner");
    ok(KeAreApcsDisabled(), "normal kernel APCs are off while it is held");
    join_thread(start_thread(try_mutex, NULL));
    is_status(OtherStatus, STATUS_TIMEOUT, "not by another thread");
    join_thread(start_thread(release_foreign, NULL));
    is_status(OtherStatus, STATUS_MUTANT_NOT_OWNED, "a stranger's release raises");
    is_long(KeReleaseMutex(&Mutex, FALSE), -1, "released once: still held");
    is_long(KeReleaseMutex(&Mutex, FALSE), 0, "released");
    ok(!KeAreApcsDisabled(), "APCs are on again");
    join_thread(start_thread(try_mutex, NULL));
    is_status(OtherStatus, STATUS_SUCCESS, "now another thread gets it");
}

static KEVENT Events[MAXIMUM_WAIT_OBJECTS];
static PVOID Objects[MAXIMUM_WAIT_OBJECTS];
static KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];

static VOID set_later(PVOID Context)
{
    sleep_ms(1);
    KeSetEvent((PKEVENT)Context, 0, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS wait_many(ULONG Count, WAIT_TYPE Type, PLARGE_INTEGER Timeout)
{
    return KeWaitForMultipleObjects(Count, Objects, Type, Executive, KernelMode, FALSE, Timeout,
                                    Count > THREAD_WAIT_OBJECTS ? Blocks : NULL);
}

static VOID many(VOID)
{
    PVOID Thread;

    for (ULONG i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        KeInitializeEvent(&Events[i], SynchronizationEvent, FALSE);
        Objects[i] = &Events[i];
    }
    is_status(wait_many(3, WaitAny, &Zero), STATUS_TIMEOUT, "none of three");
    KeSetEvent(&Events[2], 0, FALSE);
    is_status(wait_many(3, WaitAny, &Zero), STATUS_WAIT_0 + 2, "the third of three");
    KeSetEvent(&Events[0], 0, FALSE);
    is_status(wait_many(2, WaitAll, &Zero), STATUS_TIMEOUT, "one is not all");
    is_long(KeReadStateEvent(&Events[0]), 1, "and is not taken");
    KeSetEvent(&Events[1], 0, FALSE);
    is_status(wait_many(2, WaitAll, &Zero), STATUS_SUCCESS, "all of two");
    is_long(KeReadStateEvent(&Events[0]) + KeReadStateEvent(&Events[1]), 0, "both are taken");
    Thread = start_thread(set_later, &Events[63]);
    is_status(wait_many(64, WaitAny, NULL), STATUS_WAIT_63, "the last of 64, signalled while waiting");
    join_thread(Thread);
    for (ULONG i = 0; i < 63; i++)
        KeSetEvent(&Events[i], 0, FALSE);
    Thread = start_thread(set_later, &Events[63]);
    is_status(wait_many(64, WaitAll, NULL), STATUS_SUCCESS, "all of 64, the last signalled while waiting");
    join_thread(Thread);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_at_levels(TAP_ALL_LEVELS, semaphores, NULL, "semaphores");
    semaphore_limit();
    mutexes();
    many();
    return done();
}
