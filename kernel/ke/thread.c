/* Threads as ke sees them: stack, context, priority, suspension, the end. ps makes objects of them.
 */
#include "ki.h"

#include "../mm/mm.h"

#define KI_SWITCH_FRAME                                                                            \
    (0xB8 + 8 * 8) /* what RESTORE_NONVOLATILE of switch.S pops before its return address */
#define KI_DEFAULT_MXCSR 0x1F80u
#define KI_DEFAULT_FCW 0x27Fu

static LIST_ENTRY KiEndedList;      /* KTHREADs that have ended, by QueueListEntry */
static KSEMAPHORE KiEndedSemaphore;

/* A stack on which KiSwapContext or KiSwitchProcessorContext "returns" to Entry. */
static PVOID KiMakeSwitchFrame(PVOID Top, PVOID Entry)
{
    PUCHAR At = (PUCHAR)((ULONG64)Top & ~63ull) - 56; /* a return address: 8 modulo 16 */

    *(ULONG64 *)(At + 8) = 0;     /* KiThreadStartup's own return address */
    *(PVOID *)At = Entry;
    At -= KI_SWITCH_FRAME;
    RtlZeroMemory(At, KI_SWITCH_FRAME);
    *(ULONG *)At = KI_DEFAULT_MXCSR;
    *(USHORT *)(At + 8) = KI_DEFAULT_FCW;
    return At;
}

VOID KiContextOfWaiting(KTHREAD *Thread, PCONTEXT Context)
{
    const ULONG64 *Saved =
        (const ULONG64 *)((PUCHAR)Thread->KernelStack + 0xB8); /* what RESTORE_NONVOLATILE pops */

    RtlZeroMemory(Context, sizeof(*Context));
    Context->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    Context->R15 = Saved[0];
    Context->R14 = Saved[1];
    Context->R13 = Saved[2];
    Context->R12 = Saved[3];
    Context->Rdi = Saved[4];
    Context->Rsi = Saved[5];
    Context->Rbx = Saved[6];
    Context->Rbp = Saved[7];
    Context->Rip = Saved[8];
    Context->Rsp = (ULONG64)&Saved[9];
}

static VOID KiInitThreadFields(KTHREAD *Thread, KPROCESS *Process)
{
    Thread->Header.Type = ThreadObject;
    Thread->Header.Size =
        sizeof(*Thread) / sizeof(LONG) > 255 ? 255 : sizeof(*Thread) / sizeof(LONG);
    InitializeListHead(&Thread->Header.WaitListHead);
    InitializeListHead(&Thread->MutantListHead);
    InitializeListHead(&Thread->WaitBlock[3].WaitListEntry);
    InitializeListHead(&Thread->ThreadListEntry);
    KeInitializeTimer(&Thread->Timer);
    KeInitializeSemaphore(&Thread->SuspendSemaphore, 0, MAXLONG);
    KiInitApcState(&Thread->ApcState, Process);
    Thread->Process = Process;
    Thread->ApcQueueable = TRUE;
    Thread->State = KTHREAD_INITIALIZED;
    Thread->Priority = Thread->BasePriority = Process->BasePriority;
    Thread->Affinity = Thread->UserAffinity = Process->Affinity;
    Thread->Quantum = (ULONG)KI_QUANTUM_100NS;
}

NTSTATUS KeInitThread(KTHREAD *Thread, KPROCESS *Process, PKSTART_ROUTINE Routine, PVOID Context,
                      PCONTEXT UserContext, PVOID Teb)
{
    PVOID Top = MmCreateKernelStack();
    KIRQL OldIrql;

    if (Top == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    KiInitThreadFields(Thread, Process);
    Thread->StackReservation = Top;
    Thread->StackBase = Top;
    Thread->StackLimit = (PUCHAR)Top - KE_STACK_BYTES;
    if (UserContext != NULL) { /* kept at the top of the stack until KiStartThread takes it */
        Top = (PVOID)(((ULONG64)Top - sizeof(CONTEXT)) & ~63ull);
        *(PCONTEXT)Top = *UserContext;
    }
    Thread->InitialStack = Thread->StackBase;
    Thread->KernelStack = KiMakeSwitchFrame(Top, (PVOID)KiThreadStartup);
    Thread->SystemRoutine = Routine;
    Thread->StartContext = Context;
    Thread->UserContext = UserContext != NULL ? Top : NULL;
    Thread->SystemThread = UserContext == NULL;
    Thread->PreviousMode = UserContext == NULL ? KernelMode : UserMode;
    Thread->Teb = Teb;
    OldIrql = KiLockDispatcher();
    InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
    KiUnlockDispatcher(OldIrql);
    return STATUS_SUCCESS;
}

/* First C code of a thread, still at DISPATCH_LEVEL. */
VOID KiStartThread(VOID);
VOID KiStartThread(VOID)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    PCONTEXT UserContext;

    if (Thread->ApcState.KernelApcPending) /* from before it began: a suspension, or its end */
        KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_APC);
    KeLowerIrql(PASSIVE_LEVEL);
    if (Thread->SystemRoutine != NULL)
        Thread->SystemRoutine(Thread->StartContext);
    UserContext = Thread->UserContext;
    if (UserContext == NULL)
        PsTerminateSystemThread(STATUS_SUCCESS);
    Thread->UserContext = NULL; /* from here on its state is in frames */
    KiEnterUserMode(UserContext);
}

VOID KeStartThread(KTHREAD *Thread)
{
    KIRQL OldIrql = KiLockDispatcher();

    KiReadyThread(Thread);
    KiUnlockDispatcher(OldIrql);
}

static VOID KiAbandonMutants(KTHREAD *Thread)
{
    while (!IsListEmpty(&Thread->MutantListHead)) {
        PRKMUTANT Mutant =
            CONTAINING_RECORD(Thread->MutantListHead.Flink, KMUTANT, MutantListEntry);

        if (Mutant->ApcDisable) { /* a mutex: [doc] THREAD_TERMINATE_HELD_MUTEX */
            KeSetBugCheckText("thread %p ended while it held the mutex %p", Thread, Mutant);
            KiBugCheck(0x4000008A, (ULONG64)Thread, (ULONG64)Mutant, 0, 0, NULL, FALSE);
        }
        KeReleaseMutant(Mutant, MUTANT_INCREMENT, TRUE, FALSE);
    }
}

static VOID KiRundownApcs(KTHREAD *Thread)
{
    Thread->ApcQueueable = FALSE;
    for (ULONG Mode = KernelMode; Mode < MaximumMode; Mode++) {
        PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[Mode];

        while (!IsListEmpty(Head)) {
            PKAPC Apc = CONTAINING_RECORD(RemoveHeadList(Head), KAPC, ApcListEntry);

            Apc->Inserted = FALSE;
            if (Apc->RundownRoutine != NULL)
                Apc->RundownRoutine(Apc);
            else if (Mode == UserMode)
                ExFreePool(Apc);
        }
    }
}

DECLSPEC_NORETURN VOID KeTerminateThread(KPRIORITY Increment)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    KiAbandonMutants(Thread);
    KiRundownApcs(Thread);
    KiLockDispatcher();
    KiQueueThreadEnds(Thread);
    Thread->Header.SignalState = 1;
    KiTestWaiters(&Thread->Header, Increment);
    RemoveEntryList(&Thread->ThreadListEntry);
    InsertTailList(&KiEndedList, &Thread->QueueListEntry);
    KiEndedSemaphore.Header.SignalState++;
    KiTestWaiters(&KiEndedSemaphore.Header, 0);
    Thread->State = KTHREAD_TERMINATED;
    KiSwapThread();
    __builtin_unreachable();
}

VOID KiInitThreads(VOID)
{
    InitializeListHead(&KiEndedList);
    KeInitializeSemaphore(&KiEndedSemaphore, 0, MAXLONG);
}

KTHREAD *KeWaitForEndedThread(VOID)
{
    KIRQL OldIrql;
    PLIST_ENTRY Entry;

    KeWaitForSingleObject(&KiEndedSemaphore, Executive, KernelMode, FALSE, NULL);
    OldIrql = KiLockDispatcher();
    Entry = RemoveHeadList(&KiEndedList);
    KiUnlockDispatcher(OldIrql);
    return CONTAINING_RECORD(Entry, KTHREAD, QueueListEntry);
}

VOID KeUninitThread(KTHREAD *Thread)
{
    if (Thread->State == KTHREAD_INITIALIZED) {
        KIRQL OldIrql = KiLockDispatcher();

        RemoveEntryList(&Thread->ThreadListEntry);
        KiUnlockDispatcher(OldIrql);
    }
    if (Thread->StackReservation != NULL)
        MmDeleteKernelStack(Thread->StackReservation);
    Thread->StackReservation = NULL;
}

/* ---- the idle thread of a processor ---- */
VOID KiInitIdleThread(KTHREAD *Thread, KPROCESS *Process, KI_PCR *Pcr, PVOID StackTop,
                      ULONG StackBytes)
{
    KiInitThreadFields(Thread, Process);
    Thread->Priority = Thread->BasePriority = 0;
    Thread->State = KTHREAD_RUNNING;
    Thread->SystemThread = TRUE;
    Thread->Affinity = Pcr->Prcb.SetMember;
    Thread->InitialStack = Thread->StackBase = StackTop;
    Thread->StackLimit = (PUCHAR)StackTop - StackBytes;
    Pcr->Prcb.IdleThread = Pcr->Prcb.CurrentThread = Thread;
    Pcr->Prcb.RspBase = (ULONG64)StackTop;
    if (Pcr != KiGetPcr()) /* the boot processor is on its idle stack already */
        Pcr->Prcb.SwitchStack = KiMakeSwitchFrame(StackTop, (PVOID)KiIdleStartup);
}

/* ---- priorities ---- */

NT_EXPORT(KeSetPriorityThread);
KPRIORITY NTAPI KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    KIRQL OldIrql;
    KPRIORITY Old;

    if (Priority < LOW_PRIORITY ||
        Priority > HIGH_PRIORITY) /* [guess] NT only asserts, in checked builds */
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    OldIrql = KiLockDispatcher();
    Old = Thread->Priority;
    Thread->BasePriority = (SCHAR)Priority;
    KiSetThreadPriority(Thread, Priority == 0 ? 1 : Priority);
    KiUnlockDispatcher(OldIrql);
    return Old;
}

NT_EXPORT(KeQueryPriorityThread);
KPRIORITY NTAPI KeQueryPriorityThread(PKTHREAD Thread)
{
    return Thread->Priority;
}

#define KI_SATURATION ((HIGH_PRIORITY + 1) / 2)

LONG KeQueryBasePriorityIncrement(KTHREAD *Thread)
{
    if (Thread->Saturation != 0)
        return Thread->Saturation * KI_SATURATION;
    return Thread->BasePriority - ((KPROCESS *)Thread->Process)->BasePriority;
}

NT_EXPORT(KeSetBasePriorityThread);
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment);
LONG NTAPI KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    LONG Base = Thread->Process->BasePriority;
    LONG Low = Base >= LOW_REALTIME_PRIORITY ? LOW_REALTIME_PRIORITY : LOW_PRIORITY + 1;
    LONG High = Base >= LOW_REALTIME_PRIORITY ? HIGH_PRIORITY : LOW_REALTIME_PRIORITY - 1;
    LONG Old = KeQueryBasePriorityIncrement((KTHREAD *)Thread);
    LONG New = Base + Increment;

    /* An increment of half the range or more means the end of the class's range. [doc: Scheduling
     * Priorities] */
    ((KTHREAD *)Thread)->Saturation = Increment >= KI_SATURATION    ? 1
                                      : Increment <= -KI_SATURATION ? -1
                                                                    : 0;
    if (New < Low)
        New = Low;
    if (New > High)
        New = High;
    KeSetPriorityThread(Thread, New);
    return Old;
}

NT_EXPORT(KeQueryRuntimeThread);
ULONG NTAPI KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime)
{
    *UserTime = (ULONG)(Thread->UserTime / 156250);
    return (ULONG)(Thread->KernelTime / 156250);
}

/* ---- suspension: a kernel APC that waits for the thread's own semaphore ---- */

static VOID NTAPI KiSuspendKernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Normal, PVOID *Context,
                                         PVOID *A1, PVOID *A2)
{
    (void)Apc, (void)Normal, (void)Context, (void)A1, (void)A2;
}

static VOID NTAPI KiSuspendNormalRoutine(PVOID Context, PVOID A1, PVOID A2)
{
    (void)A1, (void)A2;
    KeWaitForSingleObject(&((KTHREAD *)Context)->SuspendSemaphore, Suspended, KernelMode, FALSE,
                          NULL);
}

ULONG KeSuspendThread(KTHREAD *Thread)
{
    ULONG Old = Thread->SuspendCount;

    if (Old == MAXIMUM_SUSPEND_COUNT)
        ExRaiseStatus(STATUS_SUSPEND_COUNT_EXCEEDED);
    Thread->SuspendCount++;
    if (Old == 0 && !Thread->SuspendApc.Inserted) {
        KeInitializeApc(&Thread->SuspendApc, (PRKTHREAD)Thread, OriginalApcEnvironment,
                        KiSuspendKernelRoutine, NULL, KiSuspendNormalRoutine, KernelMode, Thread);
        KeInsertQueueApc(&Thread->SuspendApc, NULL, NULL, 0);
    }
    return Old;
}

ULONG KeResumeThread(KTHREAD *Thread)
{
    ULONG Old = Thread->SuspendCount;

    if (Old != 0 && --Thread->SuspendCount == 0)
        KeReleaseSemaphore(&Thread->SuspendSemaphore, 0, 1, FALSE);
    return Old;
}
