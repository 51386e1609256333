/*
 * Who waits for push locks and resources. Both structures are compiled into drivers and have no
 * room for a queue, so the waiters stand in one list, each on its own stack, in the order in which
 * they came.
 */
#include "exp.h"

static LIST_ENTRY ExpWaiters = {&ExpWaiters, &ExpWaiters};

VOID ExpStopOnRaisedIrql(PVOID Lock, const char *Kind)
{
    KeSetBugCheckText("%s %p is acquired at IRQL %u; APC_LEVEL is the highest allowed", Kind, Lock,
                      KeGetCurrentIrql());
    KeBugCheckEx(KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL,
                 (ULONG_PTR)KeGetCurrentThread(), (ULONG_PTR)Lock, KeGetCurrentIrql(), 0);
}

VOID ExpWaitForLock(PVOID Lock, BOOLEAN Exclusive, ULONG_PTR Owner, KWAIT_REASON Reason)
{
    EXP_WAITER Waiter;

    Waiter.Lock = Lock;
    Waiter.Exclusive = Exclusive;
    Waiter.Owner = Owner;
    KeInitializeEvent(&Waiter.Event, SynchronizationEvent, FALSE);
    InsertTailList(&ExpWaiters, &Waiter.Link);
    KeWaitForSingleObject(&Waiter.Event, Reason, KernelMode, FALSE, NULL);
}

EXP_WAITER *ExpFirstWaiter(PVOID Lock)
{
    for (PLIST_ENTRY Link = ExpWaiters.Flink; Link != &ExpWaiters; Link = Link->Flink) {
        EXP_WAITER *Waiter = CONTAINING_RECORD(Link, EXP_WAITER, Link);

        if (Waiter->Lock == Lock)
            return Waiter;
    }
    return NULL;
}

EXP_WAITER *ExpFirstWaiterOfKind(PVOID Lock, BOOLEAN Exclusive)
{
    for (PLIST_ENTRY Link = ExpWaiters.Flink; Link != &ExpWaiters; Link = Link->Flink) {
        EXP_WAITER *Waiter = CONTAINING_RECORD(Link, EXP_WAITER, Link);

        if (Waiter->Lock == Lock && Waiter->Exclusive == Exclusive)
            return Waiter;
    }
    return NULL;
}

VOID ExpTakeWaiter(EXP_WAITER *Waiter, PLIST_ENTRY Granted)
{
    RemoveEntryList(&Waiter->Link);
    InsertTailList(Granted, &Waiter->Link);
}

VOID ExpWakeWaiters(PLIST_ENTRY Granted)
{
    while (!IsListEmpty(Granted)) {
        EXP_WAITER *Waiter = CONTAINING_RECORD(RemoveHeadList(Granted), EXP_WAITER, Link);

        KeSetEvent(&Waiter->Event, EVENT_INCREMENT, FALSE);
    }
}
