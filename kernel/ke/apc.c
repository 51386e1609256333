/*
 * Asynchronous procedure calls and the regions that hold them back. Special kernel APCs run at APC_LEVEL as soon as the IRQL
 * allows, normal ones at PASSIVE_LEVEL outside critical regions, user ones at an alertable wait.
 */
#include "ki.h"

VOID KiInitApcState(KAPC_STATE *State, KPROCESS *Process)
{
    RtlZeroMemory(State, sizeof(*State));
    InitializeListHead(&State->ApcListHead[KernelMode]);
    InitializeListHead(&State->ApcListHead[UserMode]);
    State->Process = (PKPROCESS)Process;
}

NT_EXPORT(KeInitializeApc);
VOID NTAPI KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, KAPC_ENVIRONMENT Environment, PKKERNEL_ROUTINE KernelRoutine,
                           PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE Mode,
                           PVOID Context)
{
    RtlZeroMemory(Apc, sizeof(*Apc));
    Apc->Type = ApcObject;
    Apc->Size = sizeof(*Apc);
    Apc->Thread = Thread;
    Apc->ApcStateIndex = (CCHAR)Environment;
    Apc->KernelRoutine = KernelRoutine;
    Apc->RundownRoutine = RundownRoutine;
    Apc->NormalRoutine = NormalRoutine;
    Apc->ApcMode = NormalRoutine == NULL ? KernelMode : Mode;
    Apc->NormalContext = NormalRoutine == NULL ? NULL : Context;
}

/* Special APCs go before normal ones, each kind in order. */
static VOID KiLinkApc(PLIST_ENTRY Head, PKAPC Apc)
{
    PLIST_ENTRY After = Head->Blink;

    if (Apc->NormalRoutine == NULL)
        while (After != Head && CONTAINING_RECORD(After, KAPC, ApcListEntry)->NormalRoutine != NULL)
            After = After->Blink;
    InsertHeadList(After, &Apc->ApcListEntry);
}

static VOID KiSignalKernelApc(KTHREAD *Thread, PKAPC Apc)
{
    Thread->ApcState.KernelApcPending = TRUE;
    if (Thread == (KTHREAD *)KeGetCurrentThread())
        KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_APC);
    else if (Thread->State == KTHREAD_RUNNING)
        KiRequestSoftwareInterrupt(&KiProcessor[Thread->NextProcessor]->Prcb, KI_PENDING_APC);
    else if (Thread->State == KTHREAD_WAITING && Thread->WaitIrql == PASSIVE_LEVEL &&
             Thread->SpecialApcDisable == 0 &&
             (Apc->NormalRoutine == NULL || (Thread->KernelApcDisable == 0 && !Thread->ApcState.KernelApcInProgress)))
        KiUnwaitThread(Thread, STATUS_KERNEL_APC, 0);
}

static VOID KiSignalUserApc(KTHREAD *Thread)
{
    if (Thread->State == KTHREAD_WAITING && Thread->WaitMode == UserMode && Thread->Alertable) {
        Thread->ApcState.UserApcPending = TRUE;
        KiUnwaitThread(Thread, STATUS_USER_APC, 0);
    }
}

NT_EXPORT(KeInsertQueueApc);
BOOLEAN NTAPI KeInsertQueueApc(PRKAPC Apc, PVOID Argument1, PVOID Argument2, KPRIORITY Increment)
{
    KTHREAD *Thread = (KTHREAD *)Apc->Thread;
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Insert = !Apc->Inserted && Thread->ApcQueueable;

    (void)Increment;
    if (Insert) {
        Apc->SystemArgument1 = Argument1;
        Apc->SystemArgument2 = Argument2;
        Apc->Inserted = TRUE;
        KiLinkApc(&Thread->ApcState.ApcListHead[(UCHAR)Apc->ApcMode], Apc);
        if (Apc->ApcMode == KernelMode)
            KiSignalKernelApc(Thread, Apc);
        else
            KiSignalUserApc(Thread);
    }
    KiUnlockDispatcher(OldIrql);
    return Insert;
}

NT_EXPORT(KeRemoveQueueApc);
BOOLEAN NTAPI KeRemoveQueueApc(PRKAPC Apc)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Was = Apc->Inserted;

    if (Was) {
        RemoveEntryList(&Apc->ApcListEntry);
        Apc->Inserted = FALSE;
    }
    KiUnlockDispatcher(OldIrql);
    return Was;
}

static VOID KiRunKernelApc(KTHREAD *Thread, PKAPC Apc)
{
    PKNORMAL_ROUTINE Normal = Apc->NormalRoutine;
    PVOID Context = Apc->NormalContext, Argument1 = Apc->SystemArgument1, Argument2 = Apc->SystemArgument2;

    Apc->KernelRoutine(Apc, &Normal, &Context, &Argument1, &Argument2);
    if (Normal == NULL)
        return;
    Thread->ApcState.KernelApcInProgress = TRUE;
    KeLowerIrql(PASSIVE_LEVEL);
    Normal(Context, Argument1, Argument2);
    KfRaiseIrql(APC_LEVEL);
    Thread->ApcState.KernelApcInProgress = FALSE;
}

/* The next kernel APC that may run now, unlinked, or NULL. */
static PKAPC KiNextKernelApc(KTHREAD *Thread)
{
    PLIST_ENTRY Head = &Thread->ApcState.ApcListHead[KernelMode];
    PKAPC Apc;

    if (IsListEmpty(Head) || Thread->SpecialApcDisable != 0)
        return NULL;
    Apc = CONTAINING_RECORD(Head->Flink, KAPC, ApcListEntry);
    if (Apc->NormalRoutine != NULL && (Thread->KernelApcDisable != 0 || Thread->ApcState.KernelApcInProgress))
        return NULL;
    RemoveEntryList(&Apc->ApcListEntry);
    Apc->Inserted = FALSE;
    return Apc;
}

/* At APC_LEVEL. User APCs are delivered on the way back to user mode (KiServiceExit). */
VOID KiDeliverApc(VOID)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    PKAPC Apc;

    Thread->ApcState.KernelApcPending = FALSE;
    while ((Apc = KiNextKernelApc(Thread)) != NULL)
        KiRunKernelApc(Thread, Apc);
}

/* ---- regions ---- */

static VOID KiRegionsLeft(KTHREAD *Thread)
{
    if (Thread->SpecialApcDisable != 0 || IsListEmpty(&Thread->ApcState.ApcListHead[KernelMode]))
        return;
    Thread->ApcState.KernelApcPending = TRUE;
    KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_APC);
    if (KiGetPcr()->Irql == PASSIVE_LEVEL)
        KeLowerIrql(PASSIVE_LEVEL);
}

NT_EXPORT(KeEnterCriticalRegion);
VOID NTAPI KeEnterCriticalRegion(VOID)
{
    ((KTHREAD *)KeGetCurrentThread())->KernelApcDisable--;
}

NT_EXPORT(KeLeaveCriticalRegion);
VOID NTAPI KeLeaveCriticalRegion(VOID)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (++Thread->KernelApcDisable == 0)
        KiRegionsLeft(Thread);
}

NT_EXPORT(KeEnterGuardedRegion);
VOID NTAPI KeEnterGuardedRegion(VOID)
{
    ((KTHREAD *)KeGetCurrentThread())->SpecialApcDisable--;
}

NT_EXPORT(KeLeaveGuardedRegion);
VOID NTAPI KeLeaveGuardedRegion(VOID)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    if (++Thread->SpecialApcDisable == 0)
        KiRegionsLeft(Thread);
}

NT_EXPORT(KeAreApcsDisabled);
BOOLEAN NTAPI KeAreApcsDisabled(VOID)
{
    return ((KTHREAD *)KeGetCurrentThread())->CombinedApcDisable != 0;
}

NT_EXPORT(KeAreAllApcsDisabled);
BOOLEAN NTAPI KeAreAllApcsDisabled(VOID)
{
    return KiGetPcr()->Irql >= APC_LEVEL || ((KTHREAD *)KeGetCurrentThread())->SpecialApcDisable != 0;
}
