/* Kernel APCs, regions that hold them back, alertable waits, suspension by them. */
#include "apc.h"
#include "threads.h"

static KAPC Apc;
static LONG KernelRuns, NormalRuns;
static KIRQL KernelIrql, NormalIrql;
static KEVENT Go, Started;

static VOID NTAPI kernel_routine(PKAPC Self, PKNORMAL_ROUTINE *Normal, PVOID *Context, PVOID *A1, PVOID *A2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Normal);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(A1);
    UNREFERENCED_PARAMETER(A2);
    KernelIrql = KeGetCurrentIrql();
    InterlockedIncrement(&KernelRuns);
}

static VOID NTAPI normal_routine(PVOID Context, PVOID A1, PVOID A2)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(A1);
    UNREFERENCED_PARAMETER(A2);
    NormalIrql = KeGetCurrentIrql();
    InterlockedIncrement(&NormalRuns);
}

static VOID queue_to(PRKTHREAD Thread, BOOLEAN Special)
{
    KeInitializeApc(&Apc, Thread, OriginalApcEnvironment, kernel_routine, NULL, Special ? NULL : normal_routine,
                    KernelMode, NULL);
    KeInsertQueueApc(&Apc, NULL, NULL, 0);
}

static VOID waiter(PVOID Context)
{
    KeSetEvent(&Started, 0, FALSE);
    *(NTSTATUS *)Context = KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    NTSTATUS WaitStatus = STATUS_PENDING;
    PVOID Thread;
    KIRQL Old;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    queue_to(KeGetCurrentThread(), FALSE);
    is_long(KernelRuns, 1, "an APC to oneself runs at once");
    is_ulong(KernelIrql, APC_LEVEL, "its kernel routine at APC_LEVEL");
    is_long(NormalRuns, 1, "its normal routine");
    is_ulong(NormalIrql, PASSIVE_LEVEL, "at PASSIVE_LEVEL");

    KeEnterCriticalRegion();
    ok(KeAreApcsDisabled(), "a critical region");
    ok(!KeAreAllApcsDisabled(), "holds back normal APCs only");
    queue_to(KeGetCurrentThread(), FALSE);
    is_long(NormalRuns, 1, "held back");
    KeLeaveCriticalRegion();
    is_long(NormalRuns, 2, "runs when the region ends");
    KeEnterCriticalRegion();
    queue_to(KeGetCurrentThread(), TRUE);
    is_long(KernelRuns, 3, "a special APC does not care");
    KeLeaveCriticalRegion();
    KeEnterGuardedRegion();
    ok(KeAreAllApcsDisabled(), "a guarded region");
    queue_to(KeGetCurrentThread(), TRUE);
    is_long(KernelRuns, 3, "holds back special ones too");
    KeLeaveGuardedRegion();
    is_long(KernelRuns, 4, "until it ends");
    KeRaiseIrql(APC_LEVEL, &Old);
    queue_to(KeGetCurrentThread(), TRUE);
    is_long(KernelRuns, 4, "APC_LEVEL holds it back");
    ok(KeRemoveQueueApc(&Apc), "so it can be removed");
    ok(!KeRemoveQueueApc(&Apc), "once");
    KeLowerIrql(Old);
    is_long(KernelRuns, 4, "and never runs");

    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    KeInitializeEvent(&Started, NotificationEvent, FALSE);
    Thread = start_thread(waiter, &WaitStatus);
    KeWaitForSingleObject(&Started, Executive, KernelMode, FALSE, NULL);
    sleep_ms(1);
    queue_to((PRKTHREAD)Thread, FALSE);
    sleep_ms(1);
    is_long(NormalRuns, 3, "a waiting thread runs its APC");
    is_status(WaitStatus, STATUS_PENDING, "and goes on waiting");
    KeSetEvent(&Go, 0, FALSE);
    join_thread(Thread);
    is_status(WaitStatus, STATUS_SUCCESS, "until it is woken");
    return done();
}
