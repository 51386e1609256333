/* Events, semaphores, mutants: dispatcher objects that a caller signals. IRQL <= DISPATCH_LEVEL. */
#include "ki.h"

static VOID KiInitHeader(DISPATCHER_HEADER *Header, UCHAR Type, UCHAR Bytes, LONG SignalState)
{
    RtlZeroMemory(Header, FIELD_OFFSET(DISPATCHER_HEADER, SignalState));
    Header->Type = Type;
    Header->Size = Bytes / sizeof(LONG);
    Header->SignalState = SignalState;
    InitializeListHead(&Header->WaitListHead);
}

/* After a signal with Wait = TRUE the caller's next call is a wait: its IRQL stays raised until then on NT; here the
 * dispatcher is simply unlocked, which no caller can tell apart. */
NT_EXPORT(KeInitializeEvent);
VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    KiInitHeader(&Event->Header, Type == NotificationEvent ? EventNotificationObject : EventSynchronizationObject,
                 sizeof(*Event), State);
}

NT_EXPORT(KeSetEvent);
LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG Old = Event->Header.SignalState;

    (void)Wait;
    Event->Header.SignalState = 1;
    if (Old == 0 && !IsListEmpty(&Event->Header.WaitListHead))
        KiTestWaiters(&Event->Header, Increment);
    KiUnlockDispatcher(OldIrql);
    return Old;
}

NT_EXPORT(KeResetEvent);
LONG NTAPI KeResetEvent(PRKEVENT Event)
{
    LONG Old = Event->Header.SignalState;

    Event->Header.SignalState = 0;
    return Old;
}

NT_EXPORT(KeClearEvent);
VOID NTAPI KeClearEvent(PRKEVENT Event)
{
    Event->Header.SignalState = 0;
}

NT_EXPORT(KePulseEvent);
LONG NTAPI KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG Old = Event->Header.SignalState;

    (void)Wait;
    Event->Header.SignalState = 1;
    KiTestWaiters(&Event->Header, Increment);
    Event->Header.SignalState = 0;
    KiUnlockDispatcher(OldIrql);
    return Old;
}

NT_EXPORT(KeReadStateEvent);
LONG NTAPI KeReadStateEvent(PRKEVENT Event)
{
    return Event->Header.SignalState;
}

/* ---- semaphores ---- */

NT_EXPORT(KeInitializeSemaphore);
VOID NTAPI KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    KiInitHeader(&Semaphore->Header, SemaphoreObject, sizeof(*Semaphore), Count);
    Semaphore->Limit = Limit;
}

NT_EXPORT(KeReleaseSemaphore);
LONG NTAPI KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG Old = Semaphore->Header.SignalState;
    LONG New = (LONG)((ULONG)Old + (ULONG)Adjustment);

    (void)Wait;
    if (New > Semaphore->Limit || New < Old) { /* [doc KeReleaseSemaphore: raises] */
        KiUnlockDispatcher(OldIrql);
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    }
    Semaphore->Header.SignalState = New;
    if (Old == 0 && !IsListEmpty(&Semaphore->Header.WaitListHead))
        KiTestWaiters(&Semaphore->Header, Increment);
    KiUnlockDispatcher(OldIrql);
    return Old;
}

NT_EXPORT(KeReadStateSemaphore);
LONG NTAPI KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    return Semaphore->Header.SignalState;
}

/* ---- mutants ---- */

static VOID KiInitMutant(PRKMUTANT Mutant, BOOLEAN ApcDisable)
{
    KiInitHeader(&Mutant->Header, MutantObject, sizeof(*Mutant), 1);
    Mutant->OwnerThread = NULL;
    Mutant->Abandoned = FALSE;
    Mutant->ApcDisable = ApcDisable;
}

NT_EXPORT(KeInitializeMutex);
VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    (void)Level; /* [doc KeInitializeMutex: reserved] */
    KiInitMutant(Mutex, 1);
}

NT_EXPORT(KeInitializeMutant);
VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner)
{
    KiInitMutant(Mutant, 0);
    if (InitialOwner) {
        Mutant->Header.SignalState = 0;
        Mutant->OwnerThread = KeGetCurrentThread();
        InsertHeadList(&((KTHREAD *)KeGetCurrentThread())->MutantListHead, &Mutant->MutantListEntry);
    }
}

NT_EXPORT(KeReadStateMutex);
LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex)
{
    return Mutex->Header.SignalState;
}

NT_EXPORT(KeReadStateMutant);
LONG NTAPI KeReadStateMutant(PRKMUTANT Mutant)
{
    return Mutant->Header.SignalState;
}

NT_EXPORT(KeReleaseMutant);
LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG Old = Mutant->Header.SignalState;
    KTHREAD *Owner = (KTHREAD *)Mutant->OwnerThread;

    (void)Wait;
    if (!Abandoned && Owner != (KTHREAD *)KeGetCurrentThread()) {
        KiUnlockDispatcher(OldIrql);
        ExRaiseStatus(Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
    }
    Mutant->Header.SignalState = Abandoned ? 1 : Old + 1;
    if (Mutant->Header.SignalState == 1) {
        if (Owner != NULL) {
            RemoveEntryList(&Mutant->MutantListEntry);
            Owner->KernelApcDisable += Mutant->ApcDisable;
            if (Owner->KernelApcDisable == 0 && !IsListEmpty(&Owner->ApcState.ApcListHead[KernelMode]))
                KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_APC);
        }
        Mutant->OwnerThread = NULL;
        Mutant->Abandoned |= Abandoned;
        KiTestWaiters(&Mutant->Header, Increment);
    }
    KiUnlockDispatcher(OldIrql);
    return Old;
}

NT_EXPORT(KeReleaseMutex);
LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    return KeReleaseMutant(Mutex, MUTANT_INCREMENT, FALSE, Wait);
}
