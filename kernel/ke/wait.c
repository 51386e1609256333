/*
 * Waits: wait blocks, satisfaction, time-outs, alerts and APC interruption. One wait block an object; the thread's own
 * fourth block is the time-out timer's. Everything happens at DISPATCH_LEVEL, the dispatcher's lock.
 */
#include "ki.h"

#define KI_TIMER_BLOCK 3

KIRQL KiLockDispatcher(VOID)
{
    KI_PCR *Pcr = KiGetPcr();
    KIRQL Old = Pcr->Irql;

    if (Old < DISPATCH_LEVEL)
        Pcr->Irql = DISPATCH_LEVEL;
    return Old;
}

VOID KiUnlockDispatcher(KIRQL OldIrql)
{
    KeLowerIrql(OldIrql);
}

static BOOLEAN KiIsMutant(const DISPATCHER_HEADER *Object)
{
    return (Object->Type & 0x7F) == MutantObject;
}

static BOOLEAN KiIsSignaledFor(const DISPATCHER_HEADER *Object, KTHREAD *Thread)
{
    if (Object->SignalState > 0)
        return TRUE;
    return KiIsMutant(Object) && ((PRKMUTANT)Object)->OwnerThread == Thread;
}

/* What a satisfied wait does to the object. */
static LONG_PTR KiSatisfy(DISPATCHER_HEADER *Object, KTHREAD *Thread)
{
    PRKMUTANT Mutant = (PRKMUTANT)Object;

    switch (Object->Type & 0x7F) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        Object->SignalState = 0;
        return 0;
    case SemaphoreObject:
        Object->SignalState--;
        return 0;
    case MutantObject:
        if (--Object->SignalState != 0)
            return 0;
        Thread->KernelApcDisable -= Mutant->ApcDisable;
        Mutant->OwnerThread = Thread;
        InsertHeadList(&Thread->MutantListHead, &Mutant->MutantListEntry);
        if (Mutant->Abandoned) {
            Mutant->Abandoned = FALSE;
            return STATUS_ABANDONED;
        }
        return 0;
    default:
        return 0;
    }
}

static VOID KiUnlinkWaitBlocks(KTHREAD *Thread)
{
    for (ULONG i = 0; i < Thread->WaitCount; i++)
        RemoveEntryList(&Thread->WaitBlockList[i].WaitListEntry);
    if (Thread->Timer.Header.Inserted)
        KiRemoveTimer(&Thread->Timer);
    if (!IsListEmpty(&Thread->WaitBlock[KI_TIMER_BLOCK].WaitListEntry))
        RemoveEntryList(&Thread->WaitBlock[KI_TIMER_BLOCK].WaitListEntry);
    InitializeListHead(&Thread->WaitBlock[KI_TIMER_BLOCK].WaitListEntry);
}

static VOID KiBoost(KTHREAD *Thread, KPRIORITY Increment)
{
    LONG Boosted = Thread->BasePriority + Increment;

    if (Thread->BasePriority >= LOW_REALTIME_PRIORITY || Increment == 0)
        return;
    if (Boosted >= LOW_REALTIME_PRIORITY)
        Boosted = LOW_REALTIME_PRIORITY - 1;
    if (Boosted > Thread->Priority)
        Thread->Priority = (SCHAR)Boosted;
}

VOID KiUnwaitThread(KTHREAD *Thread, LONG_PTR Status, KPRIORITY Increment)
{
    DD_ASSERT(Thread->State == KTHREAD_WAITING);
    KiUnlinkWaitBlocks(Thread);
    Thread->WaitStatus = Status;
    KiBoost(Thread, Increment);
    KiReadyThread(Thread);
}

/* All objects of a wait-all are signalled for Thread. */
static BOOLEAN KiAllSignaled(KTHREAD *Thread)
{
    for (ULONG i = 0; i < Thread->WaitCount; i++)
        if (!KiIsSignaledFor(Thread->WaitBlockList[i].Object, Thread))
            return FALSE;
    return TRUE;
}

static LONG_PTR KiSatisfyAll(KTHREAD *Thread)
{
    LONG_PTR Status = STATUS_SUCCESS;

    for (ULONG i = 0; i < Thread->WaitCount; i++)
        if (KiSatisfy(Thread->WaitBlockList[i].Object, Thread) == STATUS_ABANDONED)
            Status = STATUS_ABANDONED;
    return Status;
}

VOID KiTestWaiters(DISPATCHER_HEADER *Object, KPRIORITY Increment)
{
    PLIST_ENTRY Entry = Object->WaitListHead.Flink;

    while (Entry != &Object->WaitListHead && Object->SignalState > 0) {
        PKWAIT_BLOCK Block = CONTAINING_RECORD(Entry, KWAIT_BLOCK, WaitListEntry);
        KTHREAD *Thread = Block->Thread;

        Entry = Entry->Flink;
        if (Block->WaitType == WaitAny) {
            LONG_PTR Status = KiSatisfy(Object, Thread) + Block->WaitKey;

            KiUnwaitThread(Thread, Status, Increment);
        } else if (KiAllSignaled(Thread)) {
            KiUnwaitThread(Thread, KiSatisfyAll(Thread), Increment);
        } else {
            continue;
        }
        Entry = Object->WaitListHead.Flink; /* the list may have lost more than this block */
    }
}

/* ---- the wait itself ---- */

typedef struct _KI_WAIT {
    PVOID *Objects;
    PKWAIT_BLOCK Blocks;
    ULONG Count;
    WAIT_TYPE Type;
    KWAIT_REASON Reason;
    KPROCESSOR_MODE Mode;
    BOOLEAN Alertable;
    PLARGE_INTEGER Timeout;
    ULONG64 Deadline; /* virtual time; valid when Timeout */
    PVOID Caller;
    PRKQUEUE Queue; /* NULL, or the only object: the result is an entry of it */
} KI_WAIT;

/* Tries without blocking. TRUE: *Status is the result. */
static BOOLEAN KiTryWait(const KI_WAIT *Wait, KTHREAD *Thread, LONG_PTR *Status)
{
    ULONG i;

    if (Wait->Queue != NULL)
        return KiTakeEntry(Wait->Queue, Thread, Status);
    *Status = STATUS_SUCCESS;
    if (Wait->Type == WaitAny) {
        for (i = 0; i < Wait->Count; i++) {
            if (!KiIsSignaledFor(Wait->Objects[i], Thread))
                continue;
            *Status = KiSatisfy(Wait->Objects[i], Thread) + i;
            return TRUE;
        }
        return FALSE;
    }
    for (i = 0; i < Wait->Count; i++)
        if (!KiIsSignaledFor(Wait->Objects[i], Thread))
            return FALSE;
    for (i = 0; i < Wait->Count; i++)
        if (KiSatisfy(Wait->Objects[i], Thread) == STATUS_ABANDONED)
            *Status = STATUS_ABANDONED;
    return TRUE;
}

/* An alert or user APC that ends the wait before it begins. */
static BOOLEAN KiWaitIsInterrupted(const KI_WAIT *Wait, KTHREAD *Thread, LONG_PTR *Status)
{
    if (Wait->Alertable && Thread->Alerted[(UCHAR)Wait->Mode]) {
        Thread->Alerted[(UCHAR)Wait->Mode] = FALSE;
        *Status = STATUS_ALERTED;
        return TRUE;
    }
    if (Wait->Mode == UserMode && Wait->Alertable && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode])) {
        Thread->ApcState.UserApcPending = TRUE;
        *Status = STATUS_USER_APC;
        return TRUE;
    }
    if (Wait->Mode == UserMode && Thread->ApcState.UserApcPending) {
        *Status = STATUS_USER_APC;
        return TRUE;
    }
    return FALSE;
}

static VOID KiLinkWaitBlocks(const KI_WAIT *Wait, KTHREAD *Thread)
{
    for (ULONG i = 0; i < Wait->Count; i++) {
        PKWAIT_BLOCK Block = &Wait->Blocks[i];
        DISPATCHER_HEADER *Object = Wait->Objects[i];

        Block->Object = Object;
        Block->Thread = Thread;
        Block->WaitKey = (USHORT)i;
        Block->WaitType = (UCHAR)Wait->Type;
        InsertTailList(&Object->WaitListHead, &Block->WaitListEntry);
    }
    Thread->WaitBlockList = Wait->Blocks;
    Thread->WaitCount = Wait->Count;
}

static VOID KiSetWaitTimer(const KI_WAIT *Wait, KTHREAD *Thread)
{
    PKWAIT_BLOCK Block = &Thread->WaitBlock[KI_TIMER_BLOCK];
    LARGE_INTEGER Due;
    ULONG64 Now = KeVirtualTime();

    if (Wait->Timeout == NULL)
        return;
    Due.QuadPart = -(LONGLONG)(Wait->Deadline > Now ? Wait->Deadline - Now : 0);
    Thread->Timer.Header.SignalState = 0;
    Thread->Timer.Period = 0;
    Block->Object = &Thread->Timer;
    Block->Thread = Thread;
    Block->WaitKey = STATUS_TIMEOUT;
    Block->WaitType = WaitAny;
    InsertTailList(&Thread->Timer.Header.WaitListHead, &Block->WaitListEntry);
    KiInsertTimer(&Thread->Timer, Due);
}

static LONG_PTR KiBlock(const KI_WAIT *Wait, KTHREAD *Thread, KIRQL OldIrql)
{
    Thread->WaitMode = Wait->Mode;
    Thread->WaitReason = Wait->Reason;
    Thread->WaitIrql = OldIrql;
    Thread->Alertable = Wait->Alertable;
    Thread->State = KTHREAD_WAITING;
    KiLeaveQueue(Thread);
    KiLinkWaitBlocks(Wait, Thread);
    KiSetWaitTimer(Wait, Thread);
    KiSwapThread();
    /* An entry (an address, no status) was handed out together with the right to work on it. */
    if (Thread->Queue != NULL && (Wait->Queue == NULL || Thread->WaitStatus <= STATUS_TIMEOUT))
        ((PRKQUEUE)Thread->Queue)->CurrentCount++;
    return Thread->WaitStatus;
}

static VOID KiSetDeadline(KI_WAIT *Wait)
{
    if (Wait->Timeout == NULL)
        return;
    if (Wait->Timeout->QuadPart <= 0)
        Wait->Deadline = KeVirtualTime() + (ULONG64)-Wait->Timeout->QuadPart;
    else
        Wait->Deadline = (ULONG64)Wait->Timeout->QuadPart > KiLoaderBlock->boot_time_100ns
                             ? (ULONG64)Wait->Timeout->QuadPart - KiLoaderBlock->boot_time_100ns : 0;
}

static LONG_PTR KiWait(KI_WAIT *Wait)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    LONG_PTR Status;

    KiSetDeadline(Wait);
    for (;;) {
        KIRQL OldIrql = KiLockDispatcher();

        if (KiTryWait(Wait, Thread, &Status) || KiWaitIsInterrupted(Wait, Thread, &Status) ||
            (Wait->Timeout != NULL && Wait->Timeout->QuadPart == 0 && (Status = STATUS_TIMEOUT))) {
            KiUnlockDispatcher(OldIrql);
            return Status;
        }
        KiCheckWaitIrql(Wait->Count ? Wait->Objects[0] : NULL, OldIrql, Wait->Caller);
        if (Thread->ApcState.KernelApcPending && OldIrql < APC_LEVEL && Thread->SpecialApcDisable == 0) {
            KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_APC);
            Thread->ApcState.KernelApcPending = FALSE;
            KiUnlockDispatcher(OldIrql);
            continue;
        }
        Status = KiBlock(Wait, Thread, OldIrql);
        KiUnlockDispatcher(OldIrql);
        if (Status != STATUS_KERNEL_APC)
            return Status;
    }
}

LONG_PTR KiWaitForEntry(PRKQUEUE Queue, KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout, PVOID Caller)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    PVOID Object = Queue;
    KI_WAIT Wait = {&Object, Thread->WaitBlock, 1, WaitAny, WrQueue, Mode, FALSE, Timeout, 0, Caller, Queue};

    return KiWait(&Wait);
}

NT_EXPORT(KeWaitForSingleObject);
NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                                     PLARGE_INTEGER Timeout)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    KI_WAIT Wait = {&Object, Thread->WaitBlock, 1, WaitAny, Reason, Mode, Alertable, Timeout, 0, KI_CALLER(), NULL};

    return (NTSTATUS)KiWait(&Wait);
}

NT_EXPORT(KeWaitForMutexObject);
NTSTATUS NTAPI KeWaitForMutexObject(PVOID Object, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                                    PLARGE_INTEGER Timeout);
NTSTATUS NTAPI KeWaitForMutexObject(PVOID Object, KWAIT_REASON Reason, KPROCESSOR_MODE Mode, BOOLEAN Alertable,
                                    PLARGE_INTEGER Timeout)
{
    return KeWaitForSingleObject(Object, Reason, Mode, Alertable, Timeout);
}

NT_EXPORT(KeWaitForMultipleObjects);
NTSTATUS NTAPI KeWaitForMultipleObjects(ULONG Count, PVOID Objects[], WAIT_TYPE Type, KWAIT_REASON Reason,
                                        KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                        PKWAIT_BLOCK Blocks)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    KI_WAIT Wait = {Objects, Blocks == NULL ? Thread->WaitBlock : Blocks, Count, Type,
                    Reason,  Mode, Alertable, Timeout, 0, KI_CALLER(), NULL};

    /* [doc KeWaitForMultipleObjects: more than THREAD_WAIT_OBJECTS without an array, or more than
     * MAXIMUM_WAIT_OBJECTS, bug checks (0xC, MAXIMUM_WAIT_OBJECTS_EXCEEDED)] */
    if (Count > (Blocks == NULL ? THREAD_WAIT_OBJECTS : MAXIMUM_WAIT_OBJECTS))
        KiBugCheck(0xC, 0, 0, 0, 0, NULL, FALSE);
    return (NTSTATUS)KiWait(&Wait);
}

NT_EXPORT(KeDelayExecutionThread);
NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE Mode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    KI_WAIT Wait = {NULL, Thread->WaitBlock, 0, WaitAny, DelayExecution, Mode, Alertable, Interval, 0, KI_CALLER(),
                    NULL};
    NTSTATUS Status;

    if (Interval->QuadPart == 0) { /* gives up the rest of the quantum */
        KIRQL OldIrql = KiLockDispatcher();

        KiCheckWaitIrql(NULL, OldIrql, KI_CALLER());
        KiGetPrcb()->QuantumEnd = TRUE;
        KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_DPC);
        KiUnlockDispatcher(OldIrql);
        KiSwitchToBusyProcessor();
        return STATUS_SUCCESS;
    }
    Status = (NTSTATUS)KiWait(&Wait);
    return Status == STATUS_TIMEOUT ? STATUS_SUCCESS : Status;
}

/* ---- alerts ---- */

BOOLEAN KeAlertThread(KTHREAD *Thread, KPROCESSOR_MODE Mode)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Was = Thread->Alerted[(UCHAR)Mode];

    if (!Was) {
        if (Thread->State == KTHREAD_WAITING && Thread->Alertable && Mode <= Thread->WaitMode)
            KiUnwaitThread(Thread, STATUS_ALERTED, 0);
        else
            Thread->Alerted[(UCHAR)Mode] = TRUE;
    }
    KiUnlockDispatcher(OldIrql);
    return Was;
}

NT_EXPORT(KeTestAlertThread);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE Mode)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Was = Thread->Alerted[(UCHAR)Mode];

    Thread->Alerted[(UCHAR)Mode] = FALSE;
    if (Mode == UserMode && !IsListEmpty(&Thread->ApcState.ApcListHead[UserMode]))
        Thread->ApcState.UserApcPending = TRUE;
    KiUnlockDispatcher(OldIrql);
    return Was;
}
