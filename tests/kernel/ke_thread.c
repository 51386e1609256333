/* Threads: priorities, preemption, delays, the process a thread is attached to. */
#include "threads.h"

static volatile LONG Ran;
static KEVENT Finish;

static VOID high(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetPriorityThread(KeGetCurrentThread(), LOW_REALTIME_PRIORITY + 5);
    Ran = 1;
    KeWaitForSingleObject(&Finish, Executive, KernelMode, FALSE, NULL);
    Ran = 2;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID spin_for_flag(PVOID Context)
{
    volatile LONG *Flag = Context;

    while (*Flag == 0)
        YieldProcessor(); /* nothing is called: only another processor can end it */
    Ran = 3;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID end_with_status(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PsTerminateSystemThread(STATUS_NO_MEMORY);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static volatile LONG Flag;
    KPRIORITY Old;
    PVOID Thread;
    KAPC_STATE State;
    LARGE_INTEGER Before, After, Interval = {{0}};
    ULONG UserTime;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Old = KeSetPriorityThread(KeGetCurrentThread(), 10);
    is_long(KeQueryPriorityThread(KeGetCurrentThread()), 10, "KeSetPriorityThread");
    is_long(KeSetPriorityThread(KeGetCurrentThread(), Old), 10, "returns the old one");

    KeInitializeEvent(&Finish, NotificationEvent, FALSE);
    Thread = start_thread(high, NULL);
    sleep_ms(1);
    is_long(Ran, 1, "the thread has started");
    KeSetSystemAffinityThread(1);
    KeSetEvent(&Finish, 0, FALSE);
    sleep_ms(1);
    KeRevertToUserAffinityThread();
    is_long(Ran, 2, "and goes on when signalled");
    join_thread(Thread);

    Thread = start_thread(spin_for_flag, (PVOID)&Flag);
    sleep_ms(1);
    Flag = 1;
    join_thread(Thread);
    is_long(Ran, 3, "a thread that spins does not hold the machine");

    Thread = start_thread(end_with_status, NULL);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    is_status(PsGetThreadExitStatus((PETHREAD)Thread), STATUS_NO_MEMORY, "the exit status");
    ObDereferenceObject(Thread);

    KeQuerySystemTime(&Before);
    sleep_ms(7);
    KeQuerySystemTime(&After);
    ok(After.QuadPart - Before.QuadPart >= 70000, "KeDelayExecutionThread waits its time");
    is_status(KeDelayExecutionThread(KernelMode, FALSE, &Interval), STATUS_SUCCESS, "an interval of 0");
    KeQueryRuntimeThread(KeGetCurrentThread(), &UserTime);
    is_ulong(UserTime, 0, "a system thread has no user time");

    KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &State);
    is_ptr(PsGetCurrentProcess(), PsInitialSystemProcess, "attached");
    KeUnstackDetachProcess(&State);
    is_ptr(PsGetCurrentProcess(), PsInitialSystemProcess, "detached");
    return done();
}
