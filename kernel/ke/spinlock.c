/*
 * Spin locks, modelled: the lock word holds the owner (KTHREAD with bit 0 set), so that a deadlock
 * is seen when it happens. Only one processor runs at a time; a contended lock lets the owner's
 * processor go on. Queued locks are first come, first served by construction.
 */
#include "ki.h"

#define KI_OWNER() ((ULONG64)KeGetCurrentThread() | 1)

static DECLSPEC_NORETURN VOID KiSpinDeadlock(PKSPIN_LOCK Lock, ULONG64 Owner)
{
    KTHREAD *Thread = (KTHREAD *)(Owner & ~1ull);

    if (Thread == (KTHREAD *)KeGetCurrentThread()) /* [doc: SPIN_LOCK_ALREADY_OWNED] */
        KeSetBugCheckText("spin lock %p is acquired again by thread %p, which holds it", Lock,
                          Thread);
    else
        KeSetBugCheckText("spin lock %p is held by thread %p, which cannot run: deadlock", Lock,
                          Thread);
    KiBugCheck(0xF, (ULONG64)Lock, 0, 0, 0, NULL, FALSE);
}

static VOID KiAcquire(PKSPIN_LOCK Lock)
{
    volatile KSPIN_LOCK *Word = Lock;
    ULONG Tries = 0;

    while (*Word != 0) {
        ULONG64 Owner = *Word;

        if (Owner == KI_OWNER() || !KiSwitchToBusyProcessor() || ++Tries > 100000)
            KiSpinDeadlock(Lock, Owner);
    }
    *Word = KI_OWNER();
}

static VOID KiRelease(PKSPIN_LOCK Lock)
{
    if (*(volatile KSPIN_LOCK *)Lock == 0) { /* [doc: SPIN_LOCK_NOT_OWNED] */
        KeSetBugCheckText("spin lock %p is released, but nobody holds it", Lock);
        KiBugCheck(0x10, (ULONG64)Lock, 0, 0, 0, NULL, FALSE);
    }
    *(volatile KSPIN_LOCK *)Lock = 0;
}

NT_EXPORT(KeInitializeSpinLock);
VOID KeInitializeSpinLock(PKSPIN_LOCK Lock)
{
    *Lock = 0;
}

NT_EXPORT(KeAcquireSpinLockRaiseToDpc);
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    KiAcquire(Lock);
    return OldIrql;
}

NT_EXPORT(KeAcquireSpinLockRaiseToSynch);
KIRQL KeAcquireSpinLockRaiseToSynch(PKSPIN_LOCK Lock);
KIRQL KeAcquireSpinLockRaiseToSynch(PKSPIN_LOCK Lock)
{
    KIRQL OldIrql = KfRaiseIrql(12);

    KiAcquire(Lock);
    return OldIrql;
}

NT_EXPORT(KeReleaseSpinLock);
VOID KeReleaseSpinLock(PKSPIN_LOCK Lock, KIRQL NewIrql)
{
    KiRelease(Lock);
    KeLowerIrql(NewIrql);
}

NT_EXPORT(KeAcquireSpinLockAtDpcLevel);
VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK Lock)
{
    if (KiGetPcr()->Irql < DISPATCH_LEVEL) { /* [doc: must be called at >= DISPATCH_LEVEL] */
        KeSetBugCheckText("KeAcquireSpinLockAtDpcLevel(%p) at IRQL %u", Lock, KiGetPcr()->Irql);
        KiBugCheck(0xA, (ULONG64)Lock, KiGetPcr()->Irql, 1, (ULONG64)KI_CALLER(), NULL, FALSE);
    }
    KiAcquire(Lock);
}

NT_EXPORT(KeReleaseSpinLockFromDpcLevel);
VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK Lock)
{
    KiRelease(Lock);
}

NT_EXPORT(KeTryToAcquireSpinLockAtDpcLevel);
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK Lock)
{
    if (*(volatile KSPIN_LOCK *)Lock != 0)
        return FALSE;
    KiAcquire(Lock);
    return TRUE;
}

NT_EXPORT(KeTestSpinLock);
BOOLEAN KeTestSpinLock(PKSPIN_LOCK Lock)
{
    return *(volatile KSPIN_LOCK *)Lock == 0;
}

/* ---- in-stack queued spin locks ---- */

NT_EXPORT(KeAcquireInStackQueuedSpinLock);
VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    Handle->LockQueue.Lock = Lock;
    Handle->LockQueue.Next = NULL;
    Handle->OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    KiAcquire(Lock);
}

NT_EXPORT(KeReleaseInStackQueuedSpinLock);
VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE Handle)
{
    KIRQL OldIrql = Handle->OldIrql;

    KiRelease((PKSPIN_LOCK)Handle->LockQueue.Lock);
    KeLowerIrql(OldIrql);
}

NT_EXPORT(KeAcquireInStackQueuedSpinLockAtDpcLevel);
VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    Handle->LockQueue.Lock = Lock;
    Handle->LockQueue.Next = NULL;
    KeAcquireSpinLockAtDpcLevel(Lock);
}

NT_EXPORT(KeReleaseInStackQueuedSpinLockFromDpcLevel);
VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE Handle)
{
    KiRelease((PKSPIN_LOCK)Handle->LockQueue.Lock);
}

NT_EXPORT(KeAcquireInStackQueuedSpinLockForDpc);
VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK Lock, PKLOCK_QUEUE_HANDLE Handle)
{
    KeAcquireInStackQueuedSpinLock(Lock, Handle);
}

NT_EXPORT(KeReleaseInStackQueuedSpinLockForDpc);
VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE Handle)
{
    KeReleaseInStackQueuedSpinLock(Handle);
}

NT_EXPORT(KeAcquireSpinLockForDpc);
KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK Lock)
{
    return KeAcquireSpinLockRaiseToDpc(Lock);
}

NT_EXPORT(KeReleaseSpinLockForDpc);
VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK Lock, KIRQL OldIrql)
{
    KeReleaseSpinLock(Lock, OldIrql);
}

/* ---- reader/writer spin locks: a ULONG-sized lock, readers counted, top bit = writer ---- */

#define EX_WRITER 0x80000000

static VOID KiWaitForReaders(volatile LONG *Lock, LONG Busy)
{
    ULONG Tries = 0;

    while (*Lock & Busy)
        if (!KiSwitchToBusyProcessor() || ++Tries > 100000)
            KiSpinDeadlock((PKSPIN_LOCK)Lock, 0);
}

NT_EXPORT(ExAcquireSpinLockExclusiveAtDpcLevel);
VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK Lock)
{
    KiWaitForReaders((volatile LONG *)Lock, -1);
    *(volatile LONG *)Lock = (LONG)EX_WRITER;
}

NT_EXPORT(ExAcquireSpinLockExclusive);
KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK Lock)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    ExAcquireSpinLockExclusiveAtDpcLevel(Lock);
    return OldIrql;
}

NT_EXPORT(ExReleaseSpinLockExclusiveFromDpcLevel);
VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK Lock)
{
    if (!(*(volatile LONG *)Lock & (LONG)EX_WRITER))
        KiBugCheck(0x10, (ULONG64)Lock, 0, 0, 0, NULL, FALSE);
    *(volatile LONG *)Lock = 0;
}

NT_EXPORT(ExReleaseSpinLockExclusive);
VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK Lock, KIRQL OldIrql)
{
    ExReleaseSpinLockExclusiveFromDpcLevel(Lock);
    KeLowerIrql(OldIrql);
}

NT_EXPORT(ExAcquireSpinLockSharedAtDpcLevel);
VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK Lock)
{
    KiWaitForReaders((volatile LONG *)Lock, (LONG)EX_WRITER);
    ++*(volatile LONG *)Lock;
}

NT_EXPORT(ExAcquireSpinLockShared);
KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK Lock)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);

    ExAcquireSpinLockSharedAtDpcLevel(Lock);
    return OldIrql;
}

NT_EXPORT(ExReleaseSpinLockSharedFromDpcLevel);
VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK Lock)
{
    if (*(volatile LONG *)Lock <= 0)
        KiBugCheck(0x10, (ULONG64)Lock, 0, 0, 0, NULL, FALSE);
    --*(volatile LONG *)Lock;
}

NT_EXPORT(ExReleaseSpinLockShared);
VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK Lock, KIRQL OldIrql)
{
    ExReleaseSpinLockSharedFromDpcLevel(Lock);
    KeLowerIrql(OldIrql);
}

NT_EXPORT(ExTryConvertSharedSpinLockExclusive);
LOGICAL ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK Lock)
{
    if (*(volatile LONG *)Lock != 1)
        return FALSE;
    *(volatile LONG *)Lock = (LONG)EX_WRITER;
    return TRUE;
}

/* ---- locks known by a number: reserved for the system's own file systems. [doc:
 * KeAcquireQueuedSpinLock] ---- */

static KSPIN_LOCK KiNumberedLock[LockQueueMaximumLock];

static PKSPIN_LOCK KiLockOfNumber(KSPIN_LOCK_QUEUE_NUMBER Number)
{
    if (Number >= LockQueueMaximumLock) {
        KeSetBugCheckText("queued spin lock number %lu does not exist", (ULONG)Number);
        KiBugCheck(0xF, Number, 0, 0, 0, NULL, FALSE);
    }
    return &KiNumberedLock[Number];
}

NT_EXPORT(KeAcquireQueuedSpinLock);
KIRQL FASTCALL KeAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number)
{
    return KeAcquireSpinLockRaiseToDpc(KiLockOfNumber(Number));
}

NT_EXPORT(KeReleaseQueuedSpinLock);
VOID FASTCALL KeReleaseQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, KIRQL OldIrql)
{
    KeReleaseSpinLock(KiLockOfNumber(Number), OldIrql);
}

NT_EXPORT(KeTryToAcquireQueuedSpinLock);
LOGICAL FASTCALL KeTryToAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, PKIRQL OldIrql)
{
    KIRQL Irql = KfRaiseIrql(DISPATCH_LEVEL);

    if (KeTryToAcquireSpinLockAtDpcLevel(KiLockOfNumber(Number))) {
        *OldIrql = Irql;
        return TRUE;
    }
    KeLowerIrql(Irql);
    return FALSE;
}
