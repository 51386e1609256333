/*
 * Push locks: one word. Bit 0: held. Bit 1: somebody waits. From bit 4: how many hold it shared (0:
 * exclusive). First come, first served: a shared request waits behind an exclusive one. Left out:
 * blocking on a push lock (ExBlockPushLock and its kin), and auto-expanding push locks.
 */
#include "exp.h"

#undef EX_PUSH_LOCK
#undef PEX_PUSH_LOCK
typedef ULONG_PTR EX_PUSH_LOCK, *PEX_PUSH_LOCK;

#define EXP_PUSH_HELD 1ull
#define EXP_PUSH_WAITING 2ull
#define EXP_PUSH_SHARE 16ull

NT_EXPORT(ExInitializePushLock);
VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    *PushLock = 0;
}

static BOOLEAN ExpTryPushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    if (*PushLock != 0)
        return FALSE;
    *PushLock = EXP_PUSH_HELD;
    return TRUE;
}

static BOOLEAN ExpTryPushLockShared(PEX_PUSH_LOCK PushLock)
{
    if ((*PushLock & EXP_PUSH_WAITING) || *PushLock == EXP_PUSH_HELD)
        return FALSE;
    *PushLock = (*PushLock + EXP_PUSH_SHARE) | EXP_PUSH_HELD;
    return TRUE;
}

NT_EXPORT(ExfAcquirePushLockExclusive);
VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    ExpCheckLockIrql(PushLock, "push lock");
    if (ExpTryPushLockExclusive(PushLock))
        return;
    *PushLock |= EXP_PUSH_WAITING;
    ExpWaitForLock(PushLock, TRUE, 0, WrPushLock);
}

NT_EXPORT(ExfAcquirePushLockShared);
VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock)
{
    ExpCheckLockIrql(PushLock, "push lock");
    if (ExpTryPushLockShared(PushLock))
        return;
    *PushLock |= EXP_PUSH_WAITING;
    ExpWaitForLock(PushLock, FALSE, 0, WrPushLock);
}

/*
 * The lock has just become free: hands it to the longest waiter, and if that one shares, to those
 * like it.
 */
static VOID ExpPassPushLock(PEX_PUSH_LOCK PushLock)
{
    EXP_WAITER *Waiter = ExpFirstWaiter(PushLock);
    LIST_ENTRY Granted;

    *PushLock = Waiter == NULL ? 0 : EXP_PUSH_HELD;
    InitializeListHead(&Granted);
    if (Waiter != NULL && Waiter->Exclusive)
        ExpTakeWaiter(Waiter, &Granted);
    else
        for (; Waiter != NULL && !Waiter->Exclusive; Waiter = ExpFirstWaiter(PushLock)) {
            *PushLock += EXP_PUSH_SHARE;
            ExpTakeWaiter(Waiter, &Granted);
        }
    if (ExpFirstWaiter(PushLock) != NULL)
        *PushLock |= EXP_PUSH_WAITING;
    ExpWakeWaiters(&Granted);
}

static VOID ExpCheckPushLockHeld(PEX_PUSH_LOCK PushLock, BOOLEAN Good)
{
    if (Good)
        return;
    KeSetBugCheckText("push lock %p is released but not held in that way (value %p)", PushLock,
                      (PVOID)*PushLock);
    KeBugCheckEx(KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE, (ULONG_PTR)KeGetCurrentThread(),
                 (ULONG_PTR)PushLock, 0, 0);
}

NT_EXPORT(ExfReleasePushLockExclusive);
VOID FASTCALL ExfReleasePushLockExclusive(PEX_PUSH_LOCK PushLock)
{
    ExpCheckPushLockHeld(PushLock, (*PushLock & EXP_PUSH_HELD) && *PushLock < EXP_PUSH_SHARE);
    ExpPassPushLock(PushLock);
}

NT_EXPORT(ExfReleasePushLockShared);
VOID FASTCALL ExfReleasePushLockShared(PEX_PUSH_LOCK PushLock)
{
    ExpCheckPushLockHeld(PushLock, *PushLock >= EXP_PUSH_SHARE);
    *PushLock -= EXP_PUSH_SHARE;
    if (*PushLock < EXP_PUSH_SHARE)
        ExpPassPushLock(PushLock);
}

NT_EXPORT(ExfReleasePushLock);
VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock)
{
    if (*PushLock >= EXP_PUSH_SHARE)
        ExfReleasePushLockShared(PushLock);
    else
        ExfReleasePushLockExclusive(PushLock);
}

/* A hand-over never leaves a free lock with waiters, so there is never anybody to wake. */
NT_EXPORT(ExfTryToWakePushLock);
VOID FASTCALL ExfTryToWakePushLock(PEX_PUSH_LOCK PushLock)
{
    DD_ASSERT(*PushLock != EXP_PUSH_WAITING);
}

/*
 * The documented forms: the caller is in a critical region already; Flags are hints. [doc:
 * ExAcquirePushLock...]
 */
NT_EXPORT(ExAcquirePushLockExclusiveEx);
VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExfAcquirePushLockExclusive(PushLock);
}

NT_EXPORT(ExAcquirePushLockSharedEx);
VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExfAcquirePushLockShared(PushLock);
}

NT_EXPORT(ExReleasePushLockExclusiveEx);
VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExfReleasePushLockExclusive(PushLock);
}

NT_EXPORT(ExReleasePushLockSharedEx);
VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExfReleasePushLockShared(PushLock);
}

NT_EXPORT(ExReleasePushLockEx);
VOID NTAPI ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExfReleasePushLock(PushLock);
}

NT_EXPORT(ExTryAcquirePushLockExclusiveEx);
BOOLEAN NTAPI ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExpCheckLockIrql(PushLock, "push lock");
    return ExpTryPushLockExclusive(PushLock);
}

NT_EXPORT(ExTryAcquirePushLockSharedEx);
BOOLEAN NTAPI ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    ExpCheckLockIrql(PushLock, "push lock");
    return ExpTryPushLockShared(PushLock);
}
