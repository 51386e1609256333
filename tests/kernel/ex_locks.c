/* Fast and guarded mutexes, push locks, run-down protection: alone, and between threads. */
#include "threads.h"

NTKERNELAPI VOID NTAPI ExAcquirePushLockExclusiveEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExAcquirePushLockSharedEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockExclusiveEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID NTAPI ExReleasePushLockSharedEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockExclusive(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLockShared(PULONG_PTR PushLock);
NTKERNELAPI VOID FASTCALL ExfTryToWakePushLock(PULONG_PTR PushLock);
NTKERNELAPI VOID NTAPI ExReleasePushLockEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PULONG_PTR PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PULONG_PTR PushLock, ULONG Flags);

static FAST_MUTEX Fast;
static KGUARDED_MUTEX Guarded;
static ULONG_PTR Push;
static EX_RUNDOWN_REF Rundown;
static ULONG Inside, MaximumInside, Turns;

static VOID visit(VOID)
{
    Inside++;
    MaximumInside = max(MaximumInside, Inside);
    sleep_ms(1);
    Inside--;
    Turns++;
}

static VOID fast_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < 3; i++) {
        ExAcquireFastMutex(&Fast);
        visit();
        ExReleaseFastMutex(&Fast);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID guarded_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < 3; i++) {
        KeAcquireGuardedMutex(&Guarded);
        visit();
        KeReleaseGuardedMutex(&Guarded);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID push_thread(PVOID Context)
{
    BOOLEAN Shared = Context != NULL;

    for (ULONG i = 0; i < 3; i++) {
        KeEnterCriticalRegion();
        if (Shared)
            ExAcquirePushLockSharedEx(&Push, 0);
        else
            ExAcquirePushLockExclusiveEx(&Push, 0);
        visit();
        if (Shared)
            ExReleasePushLockSharedEx(&Push, 0);
        else
            ExReleasePushLockExclusiveEx(&Push, 0);
        KeLeaveCriticalRegion();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID crowd(PKSTART_ROUTINE Routine, PVOID Context, ULONG Limit, const char *What)
{
    PVOID Thread[4];

    Inside = MaximumInside = Turns = 0;
    for (ULONG i = 0; i < 4; i++)
        Thread[i] = start_thread(Routine, Context);
    for (ULONG i = 0; i < 4; i++)
        join_thread(Thread[i]);
    is_ulong(Turns, 12, "%s: all turns are taken", What);
    if (Limit == 1)
        is_ulong(MaximumInside, 1, "%s: one at a time", What);
    else
        ok(MaximumInside > 1, "%s: several at a time", What);
}

static VOID fast_mutex(VOID)
{
    tap_fill(&Fast);
    ExInitializeFastMutex(&Fast);
    ExAcquireFastMutex(&Fast);
    is_irql(APC_LEVEL, "a fast mutex raises to APC_LEVEL");
    ExReleaseFastMutex(&Fast);
    is_irql(PASSIVE_LEVEL, "and goes back");
    is_bool(ExTryToAcquireFastMutex(&Fast), TRUE, "a try succeeds");
    is_irql(APC_LEVEL, "and raises");
    is_bool(ExTryToAcquireFastMutex(&Fast), FALSE, "a second one does not");
    ExReleaseFastMutex(&Fast);
    is_irql(PASSIVE_LEVEL, "released");
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Fast);
    is_irql(PASSIVE_LEVEL, "the unsafe form leaves the IRQL alone");
    ExReleaseFastMutexUnsafe(&Fast);
    KeLeaveCriticalRegion();
    crowd(fast_thread, NULL, 1, "fast mutex");
}

static VOID guarded_mutex(VOID)
{
    tap_fill(&Guarded);
    KeInitializeGuardedMutex(&Guarded);
    KeAcquireGuardedMutex(&Guarded);
    is_irql(PASSIVE_LEVEL, "a guarded mutex leaves the IRQL alone");
    is_bool(KeAreAllApcsDisabled(), TRUE, "and keeps all APCs out");
    KeReleaseGuardedMutex(&Guarded);
    is_bool(KeAreAllApcsDisabled(), FALSE, "until released");
    is_bool(KeTryToAcquireGuardedMutex(&Guarded), TRUE, "a try succeeds");
    is_bool(KeTryToAcquireGuardedMutex(&Guarded), FALSE, "a second one does not");
    KeReleaseGuardedMutex(&Guarded);
    is_bool(KeAreAllApcsDisabled(), FALSE, "regions are balanced");
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&Guarded);
    KeReleaseGuardedMutexUnsafe(&Guarded);
    KeLeaveGuardedRegion();
    crowd(guarded_thread, NULL, 1, "guarded mutex");
}

static VOID push_lock(VOID)
{
    Push = 0xA5A5;
    ExInitializePushLock(&Push);
    KeEnterCriticalRegion();
    ExfAcquirePushLockShared(&Push);
    ExfAcquirePushLockShared(&Push);
    ExfReleasePushLock(&Push);
    ExfReleasePushLock(&Push);
    ExfAcquirePushLockExclusive(&Push);
    ExfReleasePushLock(&Push);
    is_bool(ExTryAcquirePushLockSharedEx(&Push, 0), TRUE, "a try to share");
    is_bool(ExTryAcquirePushLockSharedEx(&Push, 0), TRUE, "another");
    is_bool(ExTryAcquirePushLockExclusiveEx(&Push, 0), FALSE, "not exclusive then");
    ExfReleasePushLockShared(&Push);
    ExReleasePushLockEx(&Push, 0);
    is_bool(ExTryAcquirePushLockExclusiveEx(&Push, 0), TRUE, "a try to have it alone");
    is_bool(ExTryAcquirePushLockSharedEx(&Push, 0), FALSE, "not shared then");
    ExfTryToWakePushLock(&Push);
    ExfReleasePushLockExclusive(&Push);
    KeLeaveCriticalRegion();
    is_ulong64(Push, 0, "free again");
    crowd(push_thread, NULL, 1, "push lock, exclusive");
    crowd(push_thread, &Push, 4, "push lock, shared");
    is_ulong64(Push, 0, "free in the end");
}

static volatile LONG RundownOver;

static VOID rundown_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ExWaitForRundownProtectionRelease(&Rundown);
    RundownOver = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID rundown(VOID)
{
    PVOID Thread;

    tap_fill(&Rundown);
    ExInitializeRundownProtection(&Rundown);
    is_bool(ExAcquireRundownProtection(&Rundown), TRUE, "acquire");
    is_bool(ExAcquireRundownProtectionEx(&Rundown, 3), TRUE, "three more");
    Thread = start_thread(rundown_thread, NULL);
    sleep_ms(1);
    is_long(RundownOver, 0, "the waiter waits");
    is_bool(ExAcquireRundownProtection(&Rundown), FALSE, "nobody gets in any more");
    ExReleaseRundownProtectionEx(&Rundown, 3);
    sleep_ms(1);
    is_long(RundownOver, 0, "it waits for the last one");
    ExReleaseRundownProtection(&Rundown);
    join_thread(Thread);
    is_long(RundownOver, 1, "and goes on then");
    ExRundownCompleted(&Rundown);
    is_bool(ExAcquireRundownProtection(&Rundown), FALSE, "it stays run down");
    ExReInitializeRundownProtection(&Rundown);
    is_bool(ExAcquireRundownProtection(&Rundown), TRUE, "until it is made anew");
    ExReleaseRundownProtection(&Rundown);
}

static VOID cache_aware(VOID)
{
    PEX_RUNDOWN_REF_CACHE_AWARE Ref = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'tsLE');

    if (!ok(Ref != NULL, "a cache-aware reference"))
        return;
    ExInitializeRundownProtectionCacheAware(Ref, ExSizeOfRundownProtectionCacheAware());
    ok(ExSizeOfRundownProtectionCacheAware() != 0, "it has a size");
    is_bool(ExAcquireRundownProtectionCacheAware(Ref), TRUE, "acquire");
    is_bool(ExAcquireRundownProtectionCacheAwareEx(Ref, 2), TRUE, "two more");
    ExReleaseRundownProtectionCacheAwareEx(Ref, 2);
    ExReleaseRundownProtectionCacheAware(Ref);
    ExWaitForRundownProtectionReleaseCacheAware(Ref);
    is_bool(ExAcquireRundownProtectionCacheAware(Ref), FALSE, "run down");
    ExRundownCompletedCacheAware(Ref);
    ExReInitializeRundownProtectionCacheAware(Ref);
    is_bool(ExAcquireRundownProtectionCacheAware(Ref), TRUE, "made anew");
    ExReleaseRundownProtectionCacheAware(Ref);
    ExFreeCacheAwareRundownProtection(Ref);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    fast_mutex();
    guarded_mutex();
    push_lock();
    rundown();
    cache_aware();
    leak_end();
    return done();
}
