/*
 * Waiting inside a process: by address (a hash table of waiting threads, each woken by its ID), and on top of that slim
 * reader-writer locks, critical sections, condition variables and one-time initialisation. Nothing here has a kernel object.
 * Not modelled: fairness beyond first come, first woken; critical sections' debug information.
 */
#include "ntdll.h"

#define RTLP_BUCKETS 64

typedef struct _RTLP_WAITER { /* on the stack of the thread that waits */
    LIST_ENTRY Link;
    PVOID Address;
    HANDLE ThreadId;
    volatile LONG Woken;
} RTLP_WAITER;

typedef struct _RTLP_BUCKET {
    volatile LONG Lock; /* held for a few instructions; a waiter for it yields */
    LIST_ENTRY Waiters;
} RTLP_BUCKET;

static RTLP_BUCKET RtlpBucket[RTLP_BUCKETS];

#define RtlpSelf() (NtCurrentTebBlock()->ClientId.UniqueThread)

static RTLP_BUCKET *RtlpLockBucket(PVOID Address)
{
    RTLP_BUCKET *Bucket = &RtlpBucket[((ULONG64)Address >> 4) % RTLP_BUCKETS];

    while (InterlockedExchange(&Bucket->Lock, 1) != 0)
        NtYieldExecution();
    if (Bucket->Waiters.Flink == NULL)
        InitializeListHead(&Bucket->Waiters);
    return Bucket;
}

static VOID RtlpUnlockBucket(RTLP_BUCKET *Bucket)
{
    InterlockedExchange(&Bucket->Lock, 0);
}

static BOOLEAN RtlpSame(volatile VOID *Address, PVOID Compare, SIZE_T Bytes)
{
    switch (Bytes) {
    case 1: return *(volatile UCHAR *)Address == *(PUCHAR)Compare;
    case 2: return *(volatile USHORT *)Address == *(PUSHORT)Compare;
    case 4: return *(volatile ULONG *)Address == *(PULONG)Compare;
    default: return *(volatile ULONG64 *)Address == *(PULONG64)Compare;
    }
}

/* Waits until woken; FALSE when the time is over first. */
static BOOLEAN RtlpBlock(RTLP_WAITER *Waiter, PLARGE_INTEGER Timeout)
{
    RTLP_BUCKET *Bucket;

    while (!Waiter->Woken) {
        if (NtWaitForAlertByThreadId(Waiter->Address, Timeout) != STATUS_TIMEOUT)
            continue;
        Bucket = RtlpLockBucket(Waiter->Address);
        if (!Waiter->Woken)
            RemoveEntryList(&Waiter->Link);
        RtlpUnlockBucket(Bucket);
        if (Waiter->Woken)
            break; /* woken at the last moment: the alert is on its way, a later wait sees it as one for nothing */
        return FALSE;
    }
    return TRUE;
}

NT_EXPORT(RtlWaitOnAddress);
NTSTATUS NTAPI RtlWaitOnAddress(volatile VOID *Address, PVOID Compare, SIZE_T Bytes, PLARGE_INTEGER Timeout)
{
    RTLP_WAITER Waiter = {.Address = (PVOID)Address, .ThreadId = RtlpSelf()};
    RTLP_BUCKET *Bucket;

    if (Bytes != 1 && Bytes != 2 && Bytes != 4 && Bytes != 8)
        return STATUS_INVALID_PARAMETER;
    Bucket = RtlpLockBucket(Waiter.Address);
    if (!RtlpSame(Address, Compare, Bytes)) {
        RtlpUnlockBucket(Bucket);
        return STATUS_SUCCESS;
    }
    InsertTailList(&Bucket->Waiters, &Waiter.Link);
    RtlpUnlockBucket(Bucket);
    return RtlpBlock(&Waiter, Timeout) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

/* Takes the first waiter for Address off its list and wakes it; FALSE when there is none. */
static BOOLEAN RtlpWakeOne(PVOID Address)
{
    RTLP_BUCKET *Bucket = RtlpLockBucket(Address);
    RTLP_WAITER *Waiter = NULL;
    HANDLE ThreadId = NULL;

    for (PLIST_ENTRY Link = Bucket->Waiters.Flink; Link != &Bucket->Waiters; Link = Link->Flink) {
        Waiter = CONTAINING_RECORD(Link, RTLP_WAITER, Link);
        if (Waiter->Address == Address)
            break;
        Waiter = NULL;
    }
    if (Waiter != NULL) {
        RemoveEntryList(&Waiter->Link);
        ThreadId = Waiter->ThreadId;
        Waiter->Woken = TRUE; /* from here on it may return, and its stack be gone */
    }
    RtlpUnlockBucket(Bucket);
    if (ThreadId != NULL)
        NtAlertThreadByThreadId(ThreadId);
    return ThreadId != NULL;
}

NT_EXPORT(RtlWakeAddressSingle);
VOID NTAPI RtlWakeAddressSingle(PVOID Address)
{
    RtlpWakeOne(Address);
}

NT_EXPORT(RtlWakeAddressAll);
VOID NTAPI RtlWakeAddressAll(PVOID Address)
{
    while (RtlpWakeOne(Address))
        ;
}

/* ---- slim reader-writer locks ---- */

#define RTLP_EXCLUSIVE 1ll
#define RTLP_WAITING 2ll
#define RTLP_SHARE 4ll

VOID NTAPI RtlInitializeSRWLock(RTLP_LOCK *Lock);
BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(RTLP_LOCK *Lock);
BOOLEAN NTAPI RtlTryAcquireSRWLockShared(RTLP_LOCK *Lock);
VOID NTAPI RtlAcquireSRWLockShared(RTLP_LOCK *Lock);
VOID NTAPI RtlReleaseSRWLockShared(RTLP_LOCK *Lock);

NT_EXPORT(RtlInitializeSRWLock);
VOID NTAPI RtlInitializeSRWLock(RTLP_LOCK *Lock)
{
    Lock->State = 0;
}

NT_EXPORT(RtlTryAcquireSRWLockExclusive);
BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(RTLP_LOCK *Lock)
{
    LONG64 State = Lock->State;

    return (State & ~RTLP_WAITING) == 0 &&
           InterlockedCompareExchange64(&Lock->State, State | RTLP_EXCLUSIVE, State) == State;
}

NT_EXPORT(RtlTryAcquireSRWLockShared);
BOOLEAN NTAPI RtlTryAcquireSRWLockShared(RTLP_LOCK *Lock)
{
    LONG64 State = Lock->State;

    return (State & RTLP_EXCLUSIVE) == 0 &&
           InterlockedCompareExchange64(&Lock->State, State + RTLP_SHARE, State) == State;
}

/* Says that somebody waits, and waits for the state to change. */
static VOID RtlpWaitForLock(RTLP_LOCK *Lock)
{
    LONG64 State = Lock->State, Waiting = State | RTLP_WAITING;

    if ((State & ~RTLP_WAITING) == 0)
        return;
    if (State == Waiting || InterlockedCompareExchange64(&Lock->State, Waiting, State) == State)
        RtlWaitOnAddress(&Lock->State, &Waiting, sizeof(Waiting), NULL);
}

NT_EXPORT(RtlAcquireSRWLockExclusive);
VOID NTAPI RtlAcquireSRWLockExclusive(RTLP_LOCK *Lock)
{
    while (!RtlTryAcquireSRWLockExclusive(Lock))
        RtlpWaitForLock(Lock);
}

NT_EXPORT(RtlAcquireSRWLockShared);
VOID NTAPI RtlAcquireSRWLockShared(RTLP_LOCK *Lock)
{
    while (!RtlTryAcquireSRWLockShared(Lock))
        if (Lock->State & RTLP_EXCLUSIVE)
            RtlpWaitForLock(Lock);
}

static VOID RtlpReleaseLock(RTLP_LOCK *Lock, LONG64 Part)
{
    LONG64 State, New;

    do {
        State = Lock->State;
        New = State - Part;
        if ((New & ~RTLP_WAITING) == 0)
            New = 0; /* free: all waiters try again */
    } while (InterlockedCompareExchange64(&Lock->State, New, State) != State);
    if (New == 0 && (State & RTLP_WAITING) != 0)
        RtlWakeAddressAll((PVOID)&Lock->State);
}

NT_EXPORT(RtlReleaseSRWLockExclusive);
VOID NTAPI RtlReleaseSRWLockExclusive(RTLP_LOCK *Lock)
{
    if ((Lock->State & RTLP_EXCLUSIVE) == 0)
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    RtlpReleaseLock(Lock, RTLP_EXCLUSIVE);
}

NT_EXPORT(RtlReleaseSRWLockShared);
VOID NTAPI RtlReleaseSRWLockShared(RTLP_LOCK *Lock)
{
    if (Lock->State < RTLP_SHARE)
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    RtlpReleaseLock(Lock, RTLP_SHARE);
}

/* ---- critical sections ---- */

NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(RTLP_CRITICAL_SECTION *Section, ULONG SpinCount);
NTSTATUS NTAPI RtlInitializeCriticalSectionEx(RTLP_CRITICAL_SECTION *Section, ULONG SpinCount, ULONG Flags);
NTSTATUS NTAPI RtlDeleteCriticalSection(RTLP_CRITICAL_SECTION *Section);
BOOLEAN NTAPI RtlTryEnterCriticalSection(RTLP_CRITICAL_SECTION *Section);
ULONG NTAPI RtlSetCriticalSectionSpinCount(RTLP_CRITICAL_SECTION *Section, ULONG SpinCount);

NT_EXPORT(RtlInitializeCriticalSectionEx);
NTSTATUS NTAPI RtlInitializeCriticalSectionEx(RTLP_CRITICAL_SECTION *Section, ULONG SpinCount, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags); /* about debug information, of which there is none */
    Section->DebugInfo = (PVOID)-1;
    Section->LockCount = -1;
    Section->RecursionCount = 0;
    Section->OwningThread = NULL;
    Section->LockSemaphore = NULL;
    Section->SpinCount = SpinCount & 0xFFFFFF;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlInitializeCriticalSection);
NTSTATUS NTAPI RtlInitializeCriticalSection(RTLP_CRITICAL_SECTION *Section)
{
    return RtlInitializeCriticalSectionEx(Section, 0, 0);
}

NT_EXPORT(RtlInitializeCriticalSectionAndSpinCount);
NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(RTLP_CRITICAL_SECTION *Section, ULONG SpinCount)
{
    return RtlInitializeCriticalSectionEx(Section, SpinCount, 0);
}

NT_EXPORT(RtlDeleteCriticalSection);
NTSTATUS NTAPI RtlDeleteCriticalSection(RTLP_CRITICAL_SECTION *Section)
{
    RtlZeroMemory(Section, sizeof(*Section));
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlSetCriticalSectionSpinCount);
ULONG NTAPI RtlSetCriticalSectionSpinCount(RTLP_CRITICAL_SECTION *Section, ULONG SpinCount)
{
    ULONG Old = (ULONG)Section->SpinCount;

    Section->SpinCount = SpinCount;
    return Old;
}

NT_EXPORT(RtlTryEnterCriticalSection);
BOOLEAN NTAPI RtlTryEnterCriticalSection(RTLP_CRITICAL_SECTION *Section)
{
    if (Section->OwningThread == RtlpSelf()) {
        InterlockedIncrement(&Section->LockCount);
        Section->RecursionCount++;
        return TRUE;
    }
    if (InterlockedCompareExchange(&Section->LockCount, 0, -1) != -1)
        return FALSE;
    Section->OwningThread = RtlpSelf();
    Section->RecursionCount = 1;
    return TRUE;
}

/* Takes one of the tickets that RtlLeaveCriticalSection hands out. */
static VOID RtlpTakeTicket(volatile LONG *Tickets)
{
    LONG None = 0, Have;

    for (;;) {
        Have = *Tickets;
        if (Have > 0 && InterlockedCompareExchange(Tickets, Have - 1, Have) == Have)
            return;
        if (Have == 0)
            RtlWaitOnAddress(Tickets, &None, sizeof(None), NULL);
    }
}

NT_EXPORT(RtlEnterCriticalSection);
NTSTATUS NTAPI RtlEnterCriticalSection(RTLP_CRITICAL_SECTION *Section)
{
    if (Section->OwningThread == RtlpSelf()) {
        InterlockedIncrement(&Section->LockCount);
        Section->RecursionCount++;
        return STATUS_SUCCESS;
    }
    if (InterlockedIncrement(&Section->LockCount) != 0)
        RtlpTakeTicket((volatile LONG *)&Section->LockSemaphore);
    Section->OwningThread = RtlpSelf();
    Section->RecursionCount = 1;
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlLeaveCriticalSection);
NTSTATUS NTAPI RtlLeaveCriticalSection(RTLP_CRITICAL_SECTION *Section)
{
    if (--Section->RecursionCount > 0) {
        InterlockedDecrement(&Section->LockCount);
        return STATUS_SUCCESS;
    }
    Section->OwningThread = NULL;
    if (InterlockedDecrement(&Section->LockCount) >= 0) {
        InterlockedIncrement((volatile LONG *)&Section->LockSemaphore);
        RtlWakeAddressSingle(&Section->LockSemaphore);
    }
    return STATUS_SUCCESS;
}

/* ---- condition variables: a count of wakes; waiters sleep while it is as they found it ---- */

typedef struct _RTLP_CONDITION { volatile LONG64 Wakes; } RTLP_CONDITION;

VOID NTAPI RtlInitializeConditionVariable(RTLP_CONDITION *Condition);
VOID NTAPI RtlWakeConditionVariable(RTLP_CONDITION *Condition);
VOID NTAPI RtlWakeAllConditionVariable(RTLP_CONDITION *Condition);
NTSTATUS NTAPI RtlSleepConditionVariableCS(RTLP_CONDITION *Condition, RTLP_CRITICAL_SECTION *Section,
                                           PLARGE_INTEGER Timeout);
NTSTATUS NTAPI RtlSleepConditionVariableSRW(RTLP_CONDITION *Condition, RTLP_LOCK *Lock, PLARGE_INTEGER Timeout,
                                            ULONG Flags);

NT_EXPORT(RtlInitializeConditionVariable);
VOID NTAPI RtlInitializeConditionVariable(RTLP_CONDITION *Condition)
{
    Condition->Wakes = 0;
}

NT_EXPORT(RtlWakeConditionVariable);
VOID NTAPI RtlWakeConditionVariable(RTLP_CONDITION *Condition)
{
    InterlockedIncrement64(&Condition->Wakes);
    RtlWakeAddressSingle((PVOID)Condition);
}

NT_EXPORT(RtlWakeAllConditionVariable);
VOID NTAPI RtlWakeAllConditionVariable(RTLP_CONDITION *Condition)
{
    InterlockedIncrement64(&Condition->Wakes);
    RtlWakeAddressAll((PVOID)Condition);
}

NT_EXPORT(RtlSleepConditionVariableCS);
NTSTATUS NTAPI RtlSleepConditionVariableCS(RTLP_CONDITION *Condition, RTLP_CRITICAL_SECTION *Section,
                                           PLARGE_INTEGER Timeout)
{
    LONG64 Seen = Condition->Wakes;
    NTSTATUS Status;

    RtlLeaveCriticalSection(Section);
    Status = RtlWaitOnAddress(&Condition->Wakes, &Seen, sizeof(Seen), Timeout);
    RtlEnterCriticalSection(Section);
    return Status;
}

NT_EXPORT(RtlSleepConditionVariableSRW);
NTSTATUS NTAPI RtlSleepConditionVariableSRW(RTLP_CONDITION *Condition, RTLP_LOCK *Lock, PLARGE_INTEGER Timeout,
                                            ULONG Flags)
{
    LONG64 Seen = Condition->Wakes;
    BOOLEAN Shared = (Flags & 1) != 0; /* CONDITION_VARIABLE_LOCKMODE_SHARED */
    NTSTATUS Status;

    if (Shared)
        RtlReleaseSRWLockShared(Lock);
    else
        RtlReleaseSRWLockExclusive(Lock);
    Status = RtlWaitOnAddress(&Condition->Wakes, &Seen, sizeof(Seen), Timeout);
    if (Shared)
        RtlAcquireSRWLockShared(Lock);
    else
        RtlAcquireSRWLockExclusive(Lock);
    return Status;
}

/* ---- one-time initialisation: 0 not begun, 1 under way, (context | 2) done ---- */

#define RtlpOnceState(Once) ((volatile LONG64 *)&(Once)->Ptr)

#define RTLP_ONCE_CHECK_ONLY 1u
#define RTLP_ONCE_ASYNC 2u
#define RTLP_ONCE_INIT_FAILED 4u

NT_EXPORT(RtlRunOnceInitialize);
VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE Once)
{
    *RtlpOnceState(Once) = 0;
}

/* STATUS_SUCCESS: done; STATUS_PENDING: the caller has to do it. */
NT_EXPORT(RtlRunOnceBeginInitialize);
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE Once, ULONG Flags, PVOID *Context)
{
    LONG64 Busy = 1;

    for (;;) {
        LONG64 State = *RtlpOnceState(Once);

        if ((State & 3) == 2) {
            if (Context != NULL)
                *Context = (PVOID)(State & ~3ll);
            return STATUS_SUCCESS;
        }
        if (Flags & RTLP_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        if (Flags & RTLP_ONCE_ASYNC)
            return STATUS_PENDING;
        if (State == 0 && InterlockedCompareExchange64(RtlpOnceState(Once), 1, 0) == 0)
            return STATUS_PENDING;
        if (State == 1)
            RtlWaitOnAddress(RtlpOnceState(Once), &Busy, sizeof(Busy), NULL);
    }
}

NT_EXPORT(RtlRunOnceComplete);
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE Once, ULONG Flags, PVOID Context)
{
    LONG64 New = Flags & RTLP_ONCE_INIT_FAILED ? 0 : (LONG64)Context | 2;
    LONG64 Expected = Flags & RTLP_ONCE_ASYNC ? 0 : 1;

    if (((LONG64)Context & 3) != 0)
        return STATUS_INVALID_PARAMETER;
    if (InterlockedCompareExchange64(RtlpOnceState(Once), New, Expected) != Expected)
        return STATUS_UNSUCCESSFUL;
    RtlWakeAddressAll(&Once->Ptr);
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlRunOnceExecuteOnce);
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE Once, PRTL_RUN_ONCE_INIT_FN Routine,
                                     PVOID Parameter, PVOID *Context)
{
    PVOID Value = NULL;

    if (RtlRunOnceBeginInitialize(Once, 0, Context) == STATUS_SUCCESS)
        return STATUS_SUCCESS;
    if (!Routine(Once, Parameter, &Value)) {
        RtlRunOnceComplete(Once, RTLP_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    if (Context != NULL)
        *Context = Value;
    return RtlRunOnceComplete(Once, 0, Value);
}
