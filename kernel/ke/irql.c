/*
 * IRQL: a byte in the KPCR. Lowering it runs what became possible: DPCs and a thread switch below DISPATCH_LEVEL,
 * kernel APCs below APC_LEVEL, interrupt service routines of what devices asked for meanwhile (interrupt.c).
 */
#include "ki.h"

NT_EXPORT(KeGetCurrentIrql);
KIRQL KeGetCurrentIrql(VOID)
{
    return KiGetPcr()->Irql;
}

NT_EXPORT(KfRaiseIrql);
KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    KI_PCR *Pcr = KiGetPcr();
    KIRQL OldIrql = Pcr->Irql;

    if (NewIrql < OldIrql) /* [doc: bug check 0x9, IRQL_NOT_GREATER_OR_EQUAL] */
        KiBugCheck(0x9, OldIrql, NewIrql, 0, (ULONG64)KI_CALLER(), NULL, FALSE);
    Pcr->Irql = NewIrql;
    return OldIrql;
}

NT_EXPORT(KeRaiseIrqlToDpcLevel);
KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    return KfRaiseIrql(DISPATCH_LEVEL);
}

NT_EXPORT(KeRaiseIrqlToSynchLevel);
KIRQL KeRaiseIrqlToSynchLevel(VOID)
{
    return KfRaiseIrql(12);
}

static VOID KiRunDispatchInterrupt(KI_PCR *Pcr)
{
    Pcr->Irql = DISPATCH_LEVEL;
    Pcr->Prcb.InterruptRequest &= ~KI_PENDING_DPC;
    KiRetireDpcList(&Pcr->Prcb);
    KiPreemptCheck(&Pcr->Prcb);
}

static VOID KiRunApcInterrupt(KI_PCR *Pcr)
{
    Pcr->Irql = APC_LEVEL;
    Pcr->Prcb.InterruptRequest &= ~KI_PENDING_APC;
    KiDeliverApc();
}

/* The thread may come back on another processor. */
VOID KiRunPendingInterrupts(KIRQL NewIrql)
{
    for (;;) {
        KI_PCR *Pcr = KiGetPcr();
        ULONG Request;

        if (KiLoaderBlock->interrupt_request)
            KiAcceptInterrupts();
        Request = Pcr->Prcb.InterruptRequest;
        if ((Request & KI_DEVICE_REQUESTS) >> (NewIrql + 1))
            KiServiceInterrupt(Pcr);
        else if (NewIrql < DISPATCH_LEVEL && (Request & KI_PENDING_DPC))
            KiRunDispatchInterrupt(Pcr);
        else if (NewIrql < APC_LEVEL && (Request & KI_PENDING_APC))
            KiRunApcInterrupt(Pcr);
        else
            break;
        KiGetPcr()->Irql = NewIrql;
    }
    if (NewIrql < DISPATCH_LEVEL)
        KiSwitchToInterrupted();
}

static __inline VOID KiLowerIrql(KIRQL NewIrql)
{
    KI_PCR *Pcr = KiGetPcr();

    Pcr->Irql = NewIrql;
    if (KiAnythingPending(Pcr, NewIrql))
        KiRunPendingInterrupts(NewIrql);
}

NT_EXPORT(KeLowerIrql);
VOID KeLowerIrql(KIRQL NewIrql)
{
    KIRQL OldIrql = KiGetPcr()->Irql;

    if (NewIrql > OldIrql) /* [doc: bug check 0xA is what a wrong lower leads to; 0x9's sibling] */
        KiBugCheck(0xA, NewIrql, OldIrql, 0, (ULONG64)KI_CALLER(), NULL, FALSE);
    KiLowerIrql(NewIrql);
}

NT_EXPORT(KfLowerIrql);
VOID KfLowerIrql(KIRQL NewIrql)
{
    KeLowerIrql(NewIrql);
}

VOID KiRequestSoftwareInterrupt(KPRCB *Prcb, ULONG Bit)
{
    Prcb->InterruptRequest |= Bit;
}

VOID KiCheckWaitIrql(PVOID Object, KIRQL Irql, PVOID Caller)
{
    KPRCB *Prcb = KiGetPrcb();

    if (Irql < DISPATCH_LEVEL)
        return;
    if (Prcb->DpcRoutineActive) {
        KeSetBugCheckText("a wait that has to block was made in a DPC routine (object %p)", Object);
        KiBugCheck(0xB8, (ULONG64)Prcb->CurrentThread, (ULONG64)Prcb->CurrentThread, (ULONG64)Prcb->DpcStack,
                   0, NULL, FALSE);
    }
    KeSetBugCheckText("a wait that has to block was made at IRQL %u (object %p)", Irql, Object);
    KiBugCheck(0xA, (ULONG64)Object, Irql, 0, (ULONG64)Caller, NULL, FALSE);
}
