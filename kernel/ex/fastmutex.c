/*
 * Fast mutexes and guarded mutexes. Count is 1 when free, 0 when held, and one less for each
 * waiter; a release hands the mutex to the longest waiter. A fast mutex raises to APC_LEVEL while
 * held, a guarded mutex enters a guarded region. Waiting for one's own mutex can never end, so it
 * stops the machine at once (NT hangs).
 */
#include "exp.h"

DD_STATIC_ASSERT_SIZE(FAST_MUTEX, 0x38);
DD_STATIC_ASSERT_SIZE(KGUARDED_MUTEX, 0x38);
DD_STATIC_ASSERT_OFFSET(FAST_MUTEX, Event, 0x18);
DD_STATIC_ASSERT_OFFSET(KGUARDED_MUTEX, Gate, 0x18);

static DECLSPEC_NORETURN VOID ExpStopOnSelfDeadlock(PVOID Mutex, const char *Kind)
{
    KeSetBugCheckText("%s %p is already owned by this thread, which would wait for itself for ever",
                      Kind, Mutex);
    KeBugCheckEx(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1000, (ULONG_PTR)Mutex, 0,
                 0); /* self-deadlock [doc] */
    __builtin_unreachable();
}

/* The structures agree in Count, Owner, Contention and the 24 bytes that hold what is waited for.
 */
static VOID ExpAcquireMutex(PFAST_MUTEX Mutex, const char *Kind)
{
    PKTHREAD Thread = KeGetCurrentThread();

    ExpCheckLockIrql(Mutex, Kind);
    if (Mutex->Count == 1) {
        Mutex->Count = 0;
    } else {
        if (Mutex->Owner == (PVOID)Thread)
            ExpStopOnSelfDeadlock(Mutex, Kind);
        Mutex->Count--;
        Mutex->Contention++;
        KeWaitForSingleObject(&Mutex->Event, WrFastMutex, KernelMode, FALSE, NULL);
    }
    Mutex->Owner = (PVOID)Thread;
}

static BOOLEAN ExpTryAcquireMutex(PFAST_MUTEX Mutex)
{
    if (Mutex->Count != 1)
        return FALSE;
    Mutex->Count = 0;
    Mutex->Owner = (PVOID)KeGetCurrentThread();
    return TRUE;
}

static VOID ExpReleaseMutex(PFAST_MUTEX Mutex, const char *Kind)
{
    if (Mutex->Owner != (PVOID)KeGetCurrentThread() || Mutex->Count > 0) {
        KeSetBugCheckText("%s %p is released by a thread that does not own it (owner %p)", Kind,
                          Mutex, Mutex->Owner);
        KeBugCheckEx(KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE, (ULONG_PTR)KeGetCurrentThread(),
                     (ULONG_PTR)Mutex, 0, 0);
    }
    Mutex->Owner = NULL;
    if (++Mutex->Count <= 0)
        KeSetEvent(&Mutex->Event, EVENT_INCREMENT, FALSE);
}

NT_EXPORT(ExAcquireFastMutex);
VOID FASTCALL ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL Irql;

    ExpCheckLockIrql(FastMutex, "fast mutex");
    Irql = KfRaiseIrql(APC_LEVEL);
    ExpAcquireMutex(FastMutex, "fast mutex");
    FastMutex->OldIrql = Irql;
}

NT_EXPORT(ExTryToAcquireFastMutex);
BOOLEAN FASTCALL ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL Irql;

    ExpCheckLockIrql(FastMutex, "fast mutex");
    Irql = KfRaiseIrql(APC_LEVEL);
    if (!ExpTryAcquireMutex(FastMutex)) {
        KeLowerIrql(Irql);
        return FALSE;
    }
    FastMutex->OldIrql = Irql;
    return TRUE;
}

NT_EXPORT(ExReleaseFastMutex);
VOID FASTCALL ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL Irql = (KIRQL)FastMutex->OldIrql;

    ExpReleaseMutex(FastMutex, "fast mutex");
    KeLowerIrql(Irql);
}

NT_EXPORT(ExAcquireFastMutexUnsafe);
VOID FASTCALL ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExpAcquireMutex(FastMutex, "fast mutex");
}

NT_EXPORT(ExReleaseFastMutexUnsafe);
VOID FASTCALL ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    ExpReleaseMutex(FastMutex, "fast mutex");
}

NT_EXPORT(KeInitializeGuardedMutex);
VOID FASTCALL KeInitializeGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
    RtlZeroMemory(GuardedMutex, sizeof(*GuardedMutex));
    GuardedMutex->Count = 1;
    KeInitializeEvent((PKEVENT)&GuardedMutex->Gate, SynchronizationEvent, FALSE);
}

NT_EXPORT(KeAcquireGuardedMutexUnsafe);
VOID FASTCALL KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX GuardedMutex)
{
    ExpAcquireMutex((PFAST_MUTEX)GuardedMutex, "guarded mutex");
}

NT_EXPORT(KeReleaseGuardedMutexUnsafe);
VOID FASTCALL KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX GuardedMutex)
{
    ExpReleaseMutex((PFAST_MUTEX)GuardedMutex, "guarded mutex");
}

NT_EXPORT(KeAcquireGuardedMutex);
VOID FASTCALL KeAcquireGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(GuardedMutex);
}

NT_EXPORT(KeReleaseGuardedMutex);
VOID FASTCALL KeReleaseGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
    KeReleaseGuardedMutexUnsafe(GuardedMutex);
    KeLeaveGuardedRegion();
}

NT_EXPORT(KeTryToAcquireGuardedMutex);
BOOLEAN FASTCALL KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX GuardedMutex)
{
    KeEnterGuardedRegion();
    if (ExpTryAcquireMutex((PFAST_MUTEX)GuardedMutex))
        return TRUE;
    KeLeaveGuardedRegion();
    return FALSE;
}
