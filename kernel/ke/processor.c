/*
 * Processors as drivers ask about them: numbers, groups (one), affinity of threads and of DPCs, calls on every processor,
 * floating-point and stack helpers.
 * Leaves out: more than one processor group, hot add.
 */
#include "ki.h"

#define KI_ACTIVE_MASK (((KAFFINITY)1 << KeProcessorCount) - 1)

NT_EXPORT(KeGetCurrentProcessorNumber);
ULONG KeGetCurrentProcessorNumber(VOID)
{
    return KiGetPrcb()->Number;
}

NT_EXPORT(KeGetCurrentProcessorNumberEx);
ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER Number)
{
    ULONG Index = KiGetPrcb()->Number;

    if (Number != NULL)
        *Number = (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)Index};
    return Index;
}

NT_EXPORT(KeQueryActiveProcessors);
KAFFINITY NTAPI KeQueryActiveProcessors(VOID)
{
    return KI_ACTIVE_MASK;
}

NT_EXPORT(KeQueryActiveProcessorCount);
ULONG NTAPI KeQueryActiveProcessorCount(PKAFFINITY Active)
{
    if (Active != NULL)
        *Active = KI_ACTIVE_MASK;
    return KeProcessorCount;
}

static BOOLEAN KiIsGroup(USHORT Group)
{
    return Group == 0 || Group == ALL_PROCESSOR_GROUPS;
}

NT_EXPORT(KeQueryActiveProcessorCountEx);
ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT Group)
{
    return KiIsGroup(Group) ? KeProcessorCount : 0;
}

NT_EXPORT(KeQueryMaximumProcessorCount);
ULONG NTAPI KeQueryMaximumProcessorCount(VOID)
{
    return KeProcessorCount;
}

NT_EXPORT(KeQueryMaximumProcessorCountEx);
ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT Group)
{
    return KiIsGroup(Group) ? KeProcessorCount : 0;
}

NT_EXPORT(KeQueryActiveGroupCount);
USHORT NTAPI KeQueryActiveGroupCount(VOID)
{
    return 1;
}

NT_EXPORT(KeQueryMaximumGroupCount);
USHORT NTAPI KeQueryMaximumGroupCount(VOID)
{
    return 1;
}

NT_EXPORT(KeQueryHighestNodeNumber);
USHORT NTAPI KeQueryHighestNodeNumber(VOID)
{
    return 0;
}

NT_EXPORT(KeGetCurrentNodeNumber);
USHORT NTAPI KeGetCurrentNodeNumber(VOID)
{
    return 0;
}

NT_EXPORT(KeQueryGroupAffinity);
KAFFINITY NTAPI KeQueryGroupAffinity(USHORT Group)
{
    return Group == 0 ? KI_ACTIVE_MASK : 0;
}

NT_EXPORT(KeGetProcessorNumberFromIndex);
NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG Index, PPROCESSOR_NUMBER Number)
{
    if (Index >= KeProcessorCount)
        return STATUS_INVALID_PARAMETER;
    *Number = (PROCESSOR_NUMBER){.Group = 0, .Number = (UCHAR)Index};
    return STATUS_SUCCESS;
}

NT_EXPORT(KeGetProcessorIndexFromNumber);
ULONG NTAPI KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER Number)
{
    if (Number->Group != 0 || Number->Number >= KeProcessorCount)
        return INVALID_PROCESSOR_INDEX;
    return Number->Number;
}

/* ---- affinity of the current thread ---- */

/* Moves the thread to a processor that it may run on, at once when the IRQL allows. */
static VOID KiSetAffinity(KTHREAD *Thread, KAFFINITY Affinity)
{
    KIRQL OldIrql = KiLockDispatcher();

    Thread->Affinity = Affinity;
    if (!(Affinity & KiGetPrcb()->SetMember) && Thread == (KTHREAD *)KeGetCurrentThread()) {
        KiCheckWaitIrql(Thread, OldIrql, KI_CALLER());
        KiReadyThread(Thread);
        KiSwapThread();
    }
    KiUnlockDispatcher(OldIrql);
}

NT_EXPORT(KeSetSystemAffinityThreadEx);
KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();
    KAFFINITY Old = Thread->Affinity == Thread->UserAffinity ? 0 : Thread->Affinity;

    if (Affinity & KI_ACTIVE_MASK)
        KiSetAffinity(Thread, Affinity & KI_ACTIVE_MASK);
    return Old;
}

NT_EXPORT(KeSetSystemAffinityThread);
VOID NTAPI KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    KeSetSystemAffinityThreadEx(Affinity);
}

NT_EXPORT(KeRevertToUserAffinityThreadEx);
VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity)
{
    KTHREAD *Thread = (KTHREAD *)KeGetCurrentThread();

    KiSetAffinity(Thread, (Affinity & KI_ACTIVE_MASK) != 0 ? Affinity & KI_ACTIVE_MASK : Thread->UserAffinity);
}

NT_EXPORT(KeRevertToUserAffinityThread);
VOID NTAPI KeRevertToUserAffinityThread(VOID)
{
    KeRevertToUserAffinityThreadEx(0);
}

NT_EXPORT(KeSetSystemGroupAffinityThread);
VOID NTAPI KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY Previous)
{
    KAFFINITY Old = KeSetSystemAffinityThreadEx(Affinity->Group == 0 ? Affinity->Mask : 0);

    if (Previous != NULL)
        *Previous = (GROUP_AFFINITY){.Mask = Old, .Group = 0};
}

NT_EXPORT(KeRevertToUserGroupAffinityThread);
VOID NTAPI KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY Previous)
{
    KeRevertToUserAffinityThreadEx(Previous->Mask);
}

/* ---- a routine on every processor, at IPI_LEVEL [doc KeIpiGenericCall] ---- */

NT_PARTIAL(KeIpiGenericCall, "the processors take their turn: a worker that spins for the others never ends");
ULONG_PTR NTAPI KeIpiGenericCall(PKIPI_BROADCAST_WORKER Worker, ULONG_PTR Context)
{
    KIRQL OldIrql = KfRaiseIrql(IPI_LEVEL);
    KPRCB *Self = KiGetPrcb();
    ULONG_PTR Result = 0;

    for (ULONG i = 0; i < KeProcessorCount; i++) {
        KI_PCR *Pcr = KiProcessor[i];
        KIRQL Irql = Pcr->Irql;

        if (&Pcr->Prcb == Self) {
            Result = Worker(Context);
            continue;
        }
        Pcr->Irql = IPI_LEVEL; /* the interrupted processor's own stack plays no part: the call is made for it */
        __builtin_ia32_wrgsbase64((ULONG64)Pcr);
        Worker(Context); /* [doc] only the caller's own result is returned */
        __builtin_ia32_wrgsbase64((ULONG64)KiProcessor[Self->Number]);
        Pcr->Irql = Irql;
    }
    KeLowerIrql(OldIrql);
    return Result;
}

NT_PARTIAL(KeGenericCallDpc, "the processors take their turn: KeSignalCallDpcSynchronize is absent");
VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);

/* [doc] The DPC routine runs once on each processor at DISPATCH_LEVEL; arguments carry the barrier. */
typedef struct _KI_BARRIER {
    volatile LONG Left;
} KI_BARRIER;

VOID NTAPI KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL);
    KPRCB *Self = KiGetPrcb();
    KI_BARRIER Barrier = {(LONG)KeProcessorCount};
    KDPC Dpc;

    KeInitializeDpc(&Dpc, Routine, Context);
    for (ULONG i = 0; i < KeProcessorCount; i++) {
        KI_PCR *Pcr = KiProcessor[i];
        KIRQL Irql = Pcr->Irql;

        Pcr->Irql = DISPATCH_LEVEL;
        __builtin_ia32_wrgsbase64((ULONG64)Pcr);
        Routine(&Dpc, Context, &Barrier, &Barrier);
        __builtin_ia32_wrgsbase64((ULONG64)KiProcessor[Self->Number]);
        Pcr->Irql = Irql;
    }
    KeLowerIrql(OldIrql);
}

NT_EXPORT(KeSignalCallDpcDone);
VOID NTAPI KeSignalCallDpcDone(PVOID Argument1)
{
    ((KI_BARRIER *)Argument1)->Left--;
}

/* ---- floating point: the kernel keeps every thread's state, so nothing must be saved ---- */

NT_EXPORT(KeSaveFloatingPointState);
NTSTATUS NTAPI KeSaveFloatingPointState(PKFLOATING_SAVE Save)
{
    __asm__ volatile("fnstcw %0" : "=m"(*(USHORT *)Save));
    return STATUS_SUCCESS;
}

NT_EXPORT(KeRestoreFloatingPointState);
NTSTATUS NTAPI KeRestoreFloatingPointState(PKFLOATING_SAVE Save)
{
    __asm__ volatile("fldcw %0" : : "m"(*(USHORT *)Save));
    return STATUS_SUCCESS;
}

/* ---- interrupts of this processor ---- */

NT_EXPORT(KeFlushIoBuffers);
VOID NTAPI KeFlushIoBuffers(PMDL Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation);
VOID NTAPI KeFlushIoBuffers(PMDL Mdl, BOOLEAN ReadOperation, BOOLEAN DmaOperation)
{
    (void)Mdl, (void)ReadOperation, (void)DmaOperation; /* caches are coherent on x64 */
}

NT_EXPORT(KeInvalidateAllCaches);
BOOLEAN NTAPI KeInvalidateAllCaches(VOID);
BOOLEAN NTAPI KeInvalidateAllCaches(VOID)
{
    return TRUE;
}
