/*
 * Which thread runs where. Ready threads wait in one set of queues by priority; a processor takes
 * the best one whose affinity allows it. Only one processor runs at a time: the others go on when
 * it idles, at every 64th entry from user mode, when it spins, and wherever KeYieldProcessorPoint
 * is called. Every choice asks KiChoose. Leaves out: per-processor queues, balance-set boosts,
 * heterogeneous processors.
 */
#include "ki.h"

static ULONG KiReadySummary;
static LIST_ENTRY KiReadyList[KI_PRIORITIES];

VOID KiInitScheduler(VOID)
{
    for (ULONG i = 0; i < KI_PRIORITIES; i++)
        InitializeListHead(&KiReadyList[i]);
}

static KTHREAD *KiThreadOf(PLIST_ENTRY Entry)
{
    return CONTAINING_RECORD(Entry, KTHREAD, WaitListEntry);
}

/* The best ready thread for Prcb with at least Priority, not taken out; NULL if none. */
static KTHREAD *KiBestReady(KPRCB *Prcb, LONG Priority)
{
    ULONG Summary = KiReadySummary;

    while (Summary != 0) {
        LONG Top = 31 - __builtin_clz(Summary);

        if (Top < Priority)
            break;
        for (PLIST_ENTRY Entry = KiReadyList[Top].Flink; Entry != &KiReadyList[Top];
             Entry = Entry->Flink)
            if (KiThreadOf(Entry)->Affinity & Prcb->SetMember)
                return KiThreadOf(Entry);
        Summary &= ~(1u << Top);
    }
    return NULL;
}

static VOID KiTakeReady(KTHREAD *Thread)
{
    RemoveEntryList(&Thread->WaitListEntry);
    if (IsListEmpty(&KiReadyList[(UCHAR)Thread->Priority]))
        KiReadySummary &= ~(1u << Thread->Priority);
}

static VOID KiQueueReady(KTHREAD *Thread, BOOLEAN First)
{
    Thread->State = KTHREAD_READY;
    if (First)
        InsertHeadList(&KiReadyList[(UCHAR)Thread->Priority], &Thread->WaitListEntry);
    else
        InsertTailList(&KiReadyList[(UCHAR)Thread->Priority], &Thread->WaitListEntry);
    KiReadySummary |= 1u << Thread->Priority;
}

static BOOLEAN KiIsIdle(KPRCB *Prcb)
{
    return Prcb->CurrentThread == Prcb->IdleThread;
}

static BOOLEAN KiAnyIdleProcessor(KAFFINITY Affinity)
{
    for (ULONG i = 0; i < KeProcessorCount; i++)
        if ((Affinity & ((KAFFINITY)1 << i)) && KiIsIdle(&KiProcessor[i]->Prcb))
            return TRUE;
    return FALSE;
}

/* Asks the processor where Thread should preempt to look at its queues; nobody when one idles
 * anyhow. */
static VOID KiRequestPreemption(KTHREAD *Thread)
{
    KPRCB *Self = KiGetPrcb();

    if (KiAnyIdleProcessor(Thread->Affinity))
        return;
    if ((Thread->Affinity & Self->SetMember) && Self->CurrentThread->Priority < Thread->Priority) {
        KiRequestSoftwareInterrupt(Self, KI_PENDING_DPC);
        return;
    }
    for (ULONG i = 0; i < KeProcessorCount; i++) {
        KPRCB *Prcb = &KiProcessor[i]->Prcb;

        if ((Thread->Affinity & Prcb->SetMember) &&
            Prcb->CurrentThread->Priority < Thread->Priority) {
            KiRequestSoftwareInterrupt(Prcb, KI_PENDING_DPC);
            return;
        }
    }
}

VOID KiReadyThread(KTHREAD *Thread)
{
    KiNoteProgress();
    KiQueueReady(Thread, FALSE);
    KiRequestPreemption(Thread);
}

/* What a thread sees of the user range, before it goes on. An idle thread sees nothing of it and
 * looks at nothing. */
static VOID KiShowThread(KPRCB *Prcb, KTHREAD *Next)
{
    if (Next != Prcb->IdleThread)
        KiShowProcess((KPROCESS *)Next->ApcState.Process);
}

static VOID KiRunThread(KPRCB *Prcb, KTHREAD *Next)
{
    KTHREAD *Old = Prcb->CurrentThread;

    Next->State = KTHREAD_RUNNING;
    Next->NextProcessor = (UCHAR)Prcb->Number;
    Next->QuantumTarget = KeVirtualTime() + Next->Quantum;
    Prcb->QuantumEnd = FALSE;
    if (Next == Old)
        return;
    Old->Running = FALSE;
    Next->Running = TRUE;
    Next->ContextSwitches++;
    Prcb->SwitchCount++;
    KiNoteProgress();
    KiShowThread(Prcb, Next);
    KiSwapContext(Old, Next);
    /* Old again, on whatever processor took it. Its APCs may have been queued meanwhile. */
    Prcb = KiGetPrcb();
    if (Old->ApcState.KernelApcPending)
        KiRequestSoftwareInterrupt(Prcb, KI_PENDING_APC);
}

VOID KiSwapThread(VOID)
{
    KPRCB *Prcb = KiGetPrcb();
    KTHREAD *Next = KiBestReady(Prcb, 0);

    if (Next == NULL)
        Next = Prcb->IdleThread;
    else
        KiTakeReady(Next);
    KiRunThread(Prcb, Next);
}

VOID KiPreemptCheck(KPRCB *Prcb)
{
    KTHREAD *Current = Prcb->CurrentThread;
    KTHREAD *Next;

    if (KiIsIdle(Prcb))
        return; /* the idle loop looks for itself */
    Next = KiBestReady(Prcb, Prcb->QuantumEnd ? Current->Priority : Current->Priority + 1);
    Prcb->QuantumEnd = FALSE;
    if (Next == NULL) {
        Current->QuantumTarget = KeVirtualTime() + Current->Quantum;
        return;
    }
    KiTakeReady(Next);
    KiQueueReady(Current, Current->Priority < Next->Priority);
    KiRunThread(Prcb, Next);
}

VOID KiSetThreadPriority(KTHREAD *Thread, KPRIORITY Priority)
{
    if (Thread->Priority == Priority)
        return;
    if (Thread->State != KTHREAD_READY) {
        BOOLEAN Lowered = Priority < Thread->Priority;

        Thread->Priority = (SCHAR)Priority;
        if (Thread->State == KTHREAD_RUNNING && Lowered)
            KiRequestSoftwareInterrupt(&KiProcessor[Thread->NextProcessor]->Prcb, KI_PENDING_DPC);
        return;
    }
    KiTakeReady(Thread);
    Thread->Priority = (SCHAR)Priority;
    KiReadyThread(Thread);
}

/* ---- processors ---- */

static VOID KiTakePendingInterrupts(VOID)
{
    KI_PCR *Pcr = KiGetPcr();

    if (KiAnythingPending(Pcr, Pcr->Irql) && !KiIsIdle(&Pcr->Prcb))
        KeLowerIrql(Pcr->Irql);
}

static BOOLEAN KiHasWork(KPRCB *Prcb)
{
    return !KiIsIdle(Prcb) || (Prcb->InterruptRequest & (KI_PENDING_DPC | KI_DEVICE_REQUESTS)) ||
           Prcb->DpcRoutineActive || Prcb->InterruptDepth != 0 ||
           !IsListEmpty(&Prcb->DpcListHead) || KiBestReady(Prcb, 0) != NULL;
}

BOOLEAN KiSwitchToBusyProcessor(VOID)
{
    KPRCB *Self = KiGetPrcb();
    KPRCB *Busy[KE_MAXIMUM_PROCESSORS];
    ULONG Count = 0;
    KPRCB *Next;

    for (ULONG i = 1; i < KeProcessorCount; i++) {
        KPRCB *Prcb = &KiProcessor[(Self->Number + i) % KeProcessorCount]->Prcb;

        if (KiHasWork(Prcb))
            Busy[Count++] = Prcb;
    }
    if (Count == 0)
        return FALSE;
    Next = Busy[KiChoose(KI_CHOICE_PROCESSOR, Count)];
    KiShowThread(Next, Next->CurrentThread);
    KiSwitchProcessorContext(Self, Next, KiProcessor[Next->Number]);
    KiTakePendingInterrupts(); /* what the others asked of this processor meanwhile */
    return TRUE;
}

VOID KiSwitchToInterrupted(VOID)
{
    KPRCB *Self = KiGetPrcb();

    for (ULONG i = 0; i < KeProcessorCount && KiOthersInterrupted; i++) {
        KPRCB *Prcb = &KiProcessor[i]->Prcb;

        if (Prcb == Self ||
            !((Prcb->InterruptRequest & KI_DEVICE_REQUESTS) >> (KiProcessor[i]->Irql + 1)))
            continue;
        KiSwitchProcessorContext(Self, Prcb, KiProcessor[i]);
        KiTakePendingInterrupts();
    }
    KiOthersInterrupted = FALSE;
}

VOID KeYieldProcessorPoint(VOID)
{
    KiSwitchToBusyProcessor();
}

/* Called now and then from the system service entry. */
VOID KiServiceYield(VOID);
VOID KiServiceYield(VOID)
{
    if (KiLoaderBlock->time_is_up)
        KeHang(NULL, "this thread still works");
    KiGetPrcb()->YieldCount = KI_YIELD_EVERY;
    KeChargeTime(KI_SERVICE_COST_100NS * KI_YIELD_EVERY);
    if (KeProcessorCount > 1)
        KiSwitchToBusyProcessor();
}

/* ---- idling ---- */

BOOLEAN KeIsMachineIdle(ULONG64 Horizon100ns, BOOLEAN WithDevices)
{
    KPRCB *Self = KiGetPrcb();
    ULONG64 Due;

    for (ULONG i = 0; i < KeProcessorCount; i++) {
        KPRCB *Prcb = &KiProcessor[i]->Prcb;

        if (!IsListEmpty(&Prcb->DpcListHead) || (Prcb != Self && !KiIsIdle(Prcb)) ||
            (Prcb->InterruptRequest & KI_DEVICE_REQUESTS))
            return FALSE;
    }
    if (KiReadySummary != 0 || KiLoaderBlock->interrupt_request)
        return FALSE;
    return !(WithDevices ? KiNextEventDue(&Due) : KiNextTimerDue(&Due)) ||
           Due > KeVirtualTime() + Horizon100ns;
}

/* The host sleeps until the time has come, or the doorbell rings. Time is what the host's clock
 * then says. */
static VOID KiSleepUntil(ULONG64 Due)
{
    ULONG64 Now = KiRealTime();

    if (Due == MAXULONG64 || Due > Now)
        HAL->wait(Due == MAXULONG64 ? Due : Due - Now);
    KiAnswerDoorbell();
    KiAdvanceTimeTo(KiRealTime());
}

/* No processor has anything to run: time jumps to the next timer, of a thread or a device. */
static VOID KiAllIdle(VOID)
{
    ULONG64 Due = MAXULONG64;

    if (!KiNextEventDue(&Due) && !(KiLoaderBlock->flags & HAL_FLAG_BOOTED))
        KiHangIdle("every thread waits and no timer is set: nothing can run again");
    if (KiLoaderBlock->time_is_up)
        KiHangIdle("every thread waits, some for a timer");
    KiNoteProgress();
    if (KiLoaderBlock->flags & HAL_FLAG_REAL_CLOCK)
        KiSleepUntil(Due);
    else
        KiAdvanceTimeTo(Due);
}

DECLSPEC_NORETURN VOID KiIdleLoop(VOID)
{
    for (;;) {
        KPRCB *Prcb = KiGetPrcb();
        KTHREAD *Next;

        if ((Prcb->InterruptRequest & KI_DEVICE_REQUESTS) || KiLoaderBlock->interrupt_request)
            KiRunPendingInterrupts(DISPATCH_LEVEL);
        if (Prcb->InterruptRequest & KI_PENDING_DPC || !IsListEmpty(&Prcb->DpcListHead)) {
            Prcb->InterruptRequest &= ~KI_PENDING_DPC;
            KiRetireDpcList(Prcb);
            continue;
        }
        Next = KiBestReady(Prcb, 0);
        if (Next != NULL) {
            KiTakeReady(Next);
            KiRunThread(Prcb, Next);
        } else if (!KiSwitchToBusyProcessor()) {
            KiAllIdle();
        }
    }
}

NT_EXPORT(KeSetIdealProcessorThread);
UCHAR NTAPI KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor)
{
    UCHAR Old = Thread->IdealProcessor;

    if (Processor < KeProcessorCount)
        Thread->IdealProcessor = Processor;
    return Old;
}
