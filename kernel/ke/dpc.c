/*
 * Deferred procedure calls: one queue a processor, importance decides head or tail. They run at DISPATCH_LEVEL when the
 * IRQL of their processor falls below it. Leaves out: threaded DPCs running at PASSIVE_LEVEL (they run as ordinary
 * ones, which the contract of KeInitializeThreadedDpc allows).
 */
#include "ki.h"

#define KI_THREADED_DPC 0x1A /* KDPC.Type */

static VOID KiInitDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE Routine, PVOID Context, UCHAR Type)
{
    Dpc->Type = Type;
    Dpc->Importance = MediumImportance;
    Dpc->Number = 0;
    Dpc->DeferredRoutine = Routine;
    Dpc->DeferredContext = Context;
    Dpc->DpcData = NULL;
}

NT_EXPORT(KeInitializeDpc);
VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    KiInitDpc(Dpc, Routine, Context, DpcObject);
}

NT_EXPORT(KeInitializeThreadedDpc);
VOID NTAPI KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    KiInitDpc(Dpc, Routine, Context, KI_THREADED_DPC);
}

/* Number holds 0 for "the current one", else processor + MAXIMUM_PROCESSORS of the first kits. */
#define KI_TARGETED 0x20

static KPRCB *KiDpcTarget(PRKDPC Dpc)
{
    if (Dpc->Number >= KI_TARGETED && (ULONG)(Dpc->Number - KI_TARGETED) < KeProcessorCount)
        return &KiProcessor[Dpc->Number - KI_TARGETED]->Prcb;
    return KiGetPrcb();
}

NT_EXPORT(KeInsertQueueDpc);
BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID Argument1, PVOID Argument2)
{
    KIRQL OldIrql = KiGetPcr()->Irql;
    KPRCB *Prcb;

    if (Dpc->DpcData != NULL)
        return FALSE;
    KiNoteProgress();
    Prcb = KiDpcTarget(Dpc);
    Dpc->SystemArgument1 = Argument1;
    Dpc->SystemArgument2 = Argument2;
    Dpc->DpcData = Prcb;
    Prcb->DpcQueueDepth++;
    if (Dpc->Importance == HighImportance)
        InsertHeadList(&Prcb->DpcListHead, &Dpc->DpcListEntry);
    else
        InsertTailList(&Prcb->DpcListHead, &Dpc->DpcListEntry);
    KiRequestSoftwareInterrupt(Prcb, KI_PENDING_DPC);
    if (OldIrql < DISPATCH_LEVEL && Prcb == KiGetPrcb())
        KeLowerIrql(OldIrql); /* nothing holds it back */
    return TRUE;
}

NT_EXPORT(KeRemoveQueueDpc);
BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc)
{
    KPRCB *Prcb = Dpc->DpcData;

    if (Prcb == NULL)
        return FALSE;
    RemoveEntryList(&Dpc->DpcListEntry);
    Prcb->DpcQueueDepth--;
    Dpc->DpcData = NULL;
    return TRUE;
}

/* A DPC routine that comes back at another IRQL: [doc bug check 0xC7/0xC8; IRQL_UNEXPECTED_VALUE 0xC8]. */
static VOID KiCheckDpcReturn(PVOID Routine, KIRQL Irql)
{
    if (Irql == DISPATCH_LEVEL)
        return;
    KeSetBugCheckText("the DPC routine at %p returned at IRQL %u instead of 2", Routine, Irql);
    KiBugCheck(0xC8, ((ULONG64)Irql << 16) | ((ULONG64)DISPATCH_LEVEL << 8), 0, (ULONG64)Routine, 0, NULL, FALSE);
}

VOID KiRetireDpcList(KPRCB *Prcb)
{
    if (Prcb->DpcRoutineActive)
        return;
    Prcb->DpcRoutineActive = TRUE;
    KiExpireTimers();
    while (!IsListEmpty(&Prcb->DpcListHead)) {
        PKDPC Dpc = CONTAINING_RECORD(RemoveHeadList(&Prcb->DpcListHead), KDPC, DpcListEntry);
        KDPC Call = *Dpc; /* the routine may free or queue the object again */

        Prcb->DpcQueueDepth--;
        Prcb->DpcCount++;
        Dpc->DpcData = NULL;
        Prcb->RunningDpc = Dpc;
        KiNoteProgress();
        Call.DeferredRoutine(Dpc, Call.DeferredContext, Call.SystemArgument1, Call.SystemArgument2);
        KiCheckDpcReturn((PVOID)Call.DeferredRoutine, KiGetPcr()->Irql);
        Prcb = KiGetPrcb();
        KiExpireTimers();
    }
    Prcb->RunningDpc = NULL;
    Prcb->InterruptRequest &= ~KI_PENDING_DPC;
    Prcb->DpcRoutineActive = FALSE;
}

NT_EXPORT(KeSetImportanceDpc);
VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    Dpc->Importance = (UCHAR)Importance;
}

NT_EXPORT(KeSetTargetProcessorDpc);
VOID NTAPI KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    Dpc->Number = (USHORT)(KI_TARGETED + (UCHAR)Number);
}

NT_EXPORT(KeSetTargetProcessorDpcEx);
NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER Number)
{
    if (Number->Group != 0 || Number->Number >= KeProcessorCount)
        return STATUS_INVALID_PARAMETER;
    Dpc->Number = (USHORT)(KI_TARGETED + Number->Number);
    return STATUS_SUCCESS;
}

NT_EXPORT(KeFlushQueuedDpcs);
VOID NTAPI KeFlushQueuedDpcs(VOID)
{
    for (ULONG i = 0; i < KeProcessorCount; i++) {
        KPRCB *Prcb = &KiProcessor[i]->Prcb;

        while (!IsListEmpty(&Prcb->DpcListHead) || Prcb->DpcRoutineActive)
            if (Prcb == KiGetPrcb() || !KiSwitchToBusyProcessor())
                break;
    }
}
