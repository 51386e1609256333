/*
 * The thread pool: work items, timers, and the older QueueUserWorkItem and timer queue timers over
 * them. Threads come when work waits and none is idle, up to a limit, and go after ten idle
 * seconds. Not modelled: pools of one's own, cleanup groups, waits and I/O of the pool, timer
 * queues other than the default one.
 */
#include "k32.h"

#define POOL_THREADS 32
#define POOL_IDLE_MS 10000

enum { POOL_WORK, POOL_TIMER, POOL_SIMPLE, POOL_START_ROUTINE, POOL_QUEUE_TIMER };

typedef struct _POOL_ITEM { /* what a PTP_WORK or PTP_TIMER points to */
    ULONG Kind;
    PVOID Routine, Context;
    ULONG Queued, Running;
    BOOL Closing;     /* freed when nothing of it is queued or runs */
    LIST_ENTRY Timer; /* PoolTimers, while it is set */
    BOOL IsSet;
    ULONG64 Due, Period; /* interrupt time, 100 ns */
} POOL_ITEM;

typedef struct _POOL_CALL { /* a call that waits for a thread */
    struct _POOL_CALL *Next;
    POOL_ITEM *Item;
} POOL_CALL;

static SRWLOCK PoolLock = SRWLOCK_INIT;
static CONDITION_VARIABLE PoolWorkThere, PoolCallDone, PoolTimersChanged;
static POOL_CALL *PoolFirst, **PoolLast = &PoolFirst; /* PoolLock, as all of this */
static ULONG PoolThreads, PoolIdle;
static LIST_ENTRY PoolTimers = {&PoolTimers, &PoolTimers};
static BOOL PoolHasTimerThread;

static BOOL NoMemory(VOID)
{
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return FALSE;
}

/* ---- threads ---- */

static VOID CallItem(POOL_ITEM *Item)
{
    PTP_CALLBACK_INSTANCE Instance = (PTP_CALLBACK_INSTANCE)Item;

    switch (Item->Kind) {
    case POOL_WORK:
        ((PTP_WORK_CALLBACK)Item->Routine)(Instance, Item->Context, (PTP_WORK)Item);
        break;
    case POOL_TIMER:
        ((PTP_TIMER_CALLBACK)Item->Routine)(Instance, Item->Context, (PTP_TIMER)Item);
        break;
    case POOL_SIMPLE: ((PTP_SIMPLE_CALLBACK)Item->Routine)(Instance, Item->Context); break;
    case POOL_START_ROUTINE: ((LPTHREAD_START_ROUTINE)Item->Routine)(Item->Context); break;
    default: ((WAITORTIMERCALLBACK)Item->Routine)(Item->Context, TRUE); break;
    }
}

static VOID FreeIfDone(POOL_ITEM *Item)
{
    if (Item->Closing && Item->Queued == 0 && Item->Running == 0)
        HeapFree(ProcessHeap(), 0, Item);
}

/* With the lock: the next call, or NULL after a long time without one. */
static POOL_CALL *TakeCall(VOID)
{
    POOL_CALL *Call;

    while (PoolFirst == NULL) {
        BOOL Woken;

        PoolIdle++;
        Woken = SleepConditionVariableSRW(&PoolWorkThere, &PoolLock, POOL_IDLE_MS, 0);
        PoolIdle--;
        if (!Woken && PoolFirst == NULL)
            return NULL;
    }
    Call = PoolFirst;
    PoolFirst = Call->Next;
    if (PoolFirst == NULL)
        PoolLast = &PoolFirst;
    return Call;
}

static DWORD WINAPI PoolThread(LPVOID Unused)
{
    POOL_CALL *Call;

    IGNORE_ARG(Unused);
    AcquireSRWLockExclusive(&PoolLock);
    while ((Call = TakeCall()) != NULL) {
        POOL_ITEM *Item = Call->Item;

        HeapFree(ProcessHeap(), 0, Call);
        Item->Queued--;
        Item->Running++;
        ReleaseSRWLockExclusive(&PoolLock);
        CallItem(Item);
        AcquireSRWLockExclusive(&PoolLock);
        Item->Running--;
        WakeAllConditionVariable(&PoolCallDone);
        FreeIfDone(Item);
    }
    PoolThreads--;
    ReleaseSRWLockExclusive(&PoolLock);
    return 0;
}

/* With the lock: one call more. */
static BOOL QueueCall(POOL_ITEM *Item)
{
    POOL_CALL *Call = HeapAlloc(ProcessHeap(), 0, sizeof(*Call));
    HANDLE Thread;

    if (Call == NULL)
        return NoMemory();
    *Call = (POOL_CALL){NULL, Item};
    *PoolLast = Call;
    PoolLast = &Call->Next;
    Item->Queued++;
    if (PoolIdle == 0 && PoolThreads < POOL_THREADS) {
        Thread = CreateThread(NULL, 0, PoolThread, NULL, 0, NULL);
        if (Thread != NULL) {
            PoolThreads++;
            CloseHandle(Thread);
        }
    }
    WakeConditionVariable(&PoolWorkThere);
    return TRUE;
}

/* With the lock: takes the item's calls out that no thread has yet. */
static VOID UnqueueCalls(POOL_ITEM *Item)
{
    POOL_CALL **Link = &PoolFirst;

    while (*Link != NULL) {
        POOL_CALL *Call = *Link;

        if (Call->Item == Item) {
            *Link = Call->Next;
            Item->Queued--;
            HeapFree(ProcessHeap(), 0, Call);
        } else {
            Link = &Call->Next;
        }
    }
    PoolLast = Link;
}

/* ---- items ---- */

static POOL_ITEM *MakeItem(ULONG Kind, PVOID Routine, PVOID Context,
                           const TP_CALLBACK_ENVIRON *Environment)
{
    POOL_ITEM *Item;

    if (Environment != NULL && (Environment->Pool != NULL || Environment->CleanupGroup != NULL)) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    Item = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Item));
    if (Item == NULL) {
        NoMemory();
        return NULL;
    }
    Item->Kind = Kind;
    Item->Routine = Routine;
    Item->Context = Context;
    return Item;
}

static VOID Unset(POOL_ITEM *Item)
{
    if (Item->IsSet)
        RemoveEntryList(&Item->Timer);
    Item->IsSet = FALSE;
}

static VOID WaitForItem(POOL_ITEM *Item, BOOL Cancel)
{
    AcquireSRWLockExclusive(&PoolLock);
    if (Cancel)
        UnqueueCalls(Item);
    while (Item->Queued != 0 || Item->Running != 0)
        SleepConditionVariableSRW(&PoolCallDone, &PoolLock, INFINITE, 0);
    ReleaseSRWLockExclusive(&PoolLock);
}

static VOID CloseItem(POOL_ITEM *Item)
{
    AcquireSRWLockExclusive(&PoolLock);
    Unset(Item);
    Item->Closing = TRUE;
    FreeIfDone(Item);
    ReleaseSRWLockExclusive(&PoolLock);
}

/* An item for one call. */
static BOOL CallOnce(ULONG Kind, PVOID Routine, PVOID Context,
                     const TP_CALLBACK_ENVIRON *Environment)
{
    POOL_ITEM *Item = MakeItem(Kind, Routine, Context, Environment);
    BOOL Done;

    if (Item == NULL)
        return FALSE;
    Item->Closing = TRUE;
    AcquireSRWLockExclusive(&PoolLock);
    Done = QueueCall(Item);
    if (!Done)
        FreeIfDone(Item);
    ReleaseSRWLockExclusive(&PoolLock);
    return Done;
}

BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Routine, PVOID Context, ULONG Flags)
{
    IGNORE_ARG(Flags); /* any thread of the pool will do */
    return CallOnce(POOL_START_ROUTINE, (PVOID)Routine, Context, NULL);
}

BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK Routine, PVOID Context,
                                        PTP_CALLBACK_ENVIRON Environment)
{
    return CallOnce(POOL_SIMPLE, (PVOID)Routine, Context, Environment);
}

PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK Routine, PVOID Context,
                                     PTP_CALLBACK_ENVIRON Environment)
{
    return (PTP_WORK)MakeItem(POOL_WORK, (PVOID)Routine, Context, Environment);
}

VOID WINAPI SubmitThreadpoolWork(PTP_WORK Work)
{
    AcquireSRWLockExclusive(&PoolLock);
    if (!QueueCall((POOL_ITEM *)Work)) {
        ReleaseSRWLockExclusive(&PoolLock);
        RtlRaiseStatus(STATUS_NO_MEMORY); /* it cannot say so otherwise */
    }
    ReleaseSRWLockExclusive(&PoolLock);
}

VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK Work, BOOL Cancel)
{
    WaitForItem((POOL_ITEM *)Work, Cancel);
}

VOID WINAPI CloseThreadpoolWork(PTP_WORK Work)
{
    CloseItem((POOL_ITEM *)Work);
}

/* ---- timers: one thread looks after all ---- */

/* With the lock: the timer that is due first, or NULL. */
static POOL_ITEM *FirstTimer(VOID)
{
    POOL_ITEM *First = NULL;

    for (PLIST_ENTRY Link = PoolTimers.Flink; Link != &PoolTimers; Link = Link->Flink) {
        POOL_ITEM *Item = CONTAINING_RECORD(Link, POOL_ITEM, Timer);

        if (First == NULL || Item->Due < First->Due)
            First = Item;
    }
    return First;
}

static DWORD WINAPI TimerThread(LPVOID Unused)
{
    IGNORE_ARG(Unused);
    AcquireSRWLockExclusive(&PoolLock);
    for (;;) {
        POOL_ITEM *Item = FirstTimer();
        ULONG64 Now = SHARED_INTERRUPT_TIME;

        if (Item == NULL || Item->Due > Now) {
            DWORD Pause =
                Item == NULL ? INFINITE : (DWORD)min((Item->Due - Now + 9999) / 10000, 1000000);

            SleepConditionVariableSRW(&PoolTimersChanged, &PoolLock, Pause, 0);
            continue;
        }
        if (Item->Period != 0)
            Item->Due += Item->Period;
        else
            Unset(Item);
        QueueCall(Item); /* without memory this time is left out */
    }
    return 0;
}

/* With the lock. */
static VOID SetItem(POOL_ITEM *Item, ULONG64 Due, ULONG64 Period)
{
    HANDLE Thread;

    Unset(Item);
    Item->Due = Due;
    Item->Period = Period;
    Item->IsSet = TRUE;
    Item->Timer.Flink = &PoolTimers;
    Item->Timer.Blink = PoolTimers.Blink;
    PoolTimers.Blink->Flink = &Item->Timer;
    PoolTimers.Blink = &Item->Timer;
    if (!PoolHasTimerThread) {
        Thread = CreateThread(NULL, 0, TimerThread, NULL, 0, NULL);
        PoolHasTimerThread = Thread != NULL;
        if (Thread != NULL)
            CloseHandle(Thread);
    }
    WakeConditionVariable(&PoolTimersChanged);
}

PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK Routine, PVOID Context,
                                       PTP_CALLBACK_ENVIRON Environment)
{
    return (PTP_TIMER)MakeItem(POOL_TIMER, (PVOID)Routine, Context, Environment);
}

/* A due time that is negative counts from now, others are of the calendar; NULL: never. */
VOID WINAPI SetThreadpoolTimer(PTP_TIMER Timer, PFILETIME Due, DWORD Period, DWORD Window)
{
    LONG64 Time =
        Due != NULL ? (LONG64)((ULONG64)Due->dwHighDateTime << 32 | Due->dwLowDateTime) : 0;
    ULONG64 Now = SHARED_INTERRUPT_TIME;

    IGNORE_ARG(Window); /* timers here are exact */
    if (Time > 0)
        Time = (LONG64)SHARED_SYSTEM_TIME - Time; /* as far away as that */
    AcquireSRWLockExclusive(&PoolLock);
    if (Due != NULL)
        SetItem((POOL_ITEM *)Timer, Time < 0 ? Now + (ULONG64)-Time : Now, Period * 10000ull);
    else
        Unset((POOL_ITEM *)Timer);
    ReleaseSRWLockExclusive(&PoolLock);
}

BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER Timer)
{
    return ((POOL_ITEM *)Timer)->IsSet;
}

VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER Timer, BOOL Cancel)
{
    WaitForItem((POOL_ITEM *)Timer, Cancel);
}

VOID WINAPI CloseThreadpoolTimer(PTP_TIMER Timer)
{
    CloseItem((POOL_ITEM *)Timer);
}

/* ---- timer queue timers, of the default queue ---- */

BOOL WINAPI CreateTimerQueueTimer(PHANDLE Timer, HANDLE Queue, WAITORTIMERCALLBACK Routine,
                                  PVOID Context, DWORD Due, DWORD Period, ULONG Flags)
{
    POOL_ITEM *Item;

    if (Queue != NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    Item = MakeItem(POOL_QUEUE_TIMER, (PVOID)Routine, Context, NULL);
    if (Item == NULL)
        return FALSE;
    AcquireSRWLockExclusive(&PoolLock);
    SetItem(Item, SHARED_INTERRUPT_TIME + Due * 10000ull,
            Flags & WT_EXECUTEONLYONCE ? 0 : Period * 10000ull);
    ReleaseSRWLockExclusive(&PoolLock);
    *Timer = (HANDLE)Item;
    return TRUE;
}

BOOL WINAPI ChangeTimerQueueTimer(HANDLE Queue, HANDLE Timer, ULONG Due, ULONG Period)
{
    if (Queue != NULL || Timer == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    AcquireSRWLockExclusive(&PoolLock);
    SetItem((POOL_ITEM *)Timer, SHARED_INTERRUPT_TIME + Due * 10000ull, Period * 10000ull);
    ReleaseSRWLockExclusive(&PoolLock);
    return TRUE;
}

/* Completion: INVALID_HANDLE_VALUE waits for calls that run; NULL does not, and says so. */
BOOL WINAPI DeleteTimerQueueTimer(HANDLE Queue, HANDLE Timer, HANDLE Completion)
{
    POOL_ITEM *Item = (POOL_ITEM *)Timer;
    BOOL Busy;

    if (Queue != NULL || Timer == NULL) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    AcquireSRWLockExclusive(&PoolLock);
    Unset(Item);
    UnqueueCalls(Item);
    Busy = Item->Running != 0;
    ReleaseSRWLockExclusive(&PoolLock);
    if (Completion != NULL)
        WaitForItem(Item, TRUE);
    CloseItem(Item);
    if (Completion != NULL && Completion != INVALID_HANDLE_VALUE)
        SetEvent(Completion);
    if (Completion == NULL && Busy)
        SetLastError(ERROR_IO_PENDING);
    return Completion != NULL || !Busy;
}
