/*
 * System information on what the machine has done: processors' times, interrupts, exceptions, I/O,
 * pool. Times are virtual. Left out: counters of paging and of the file cache, which do not exist
 * here and are zero.
 */
#include "sysclass.h"

#include "../io/io.h"
#include "../ps/ps.h"
#include "../rtl/seh.h"

typedef struct _EXP_SYSTEM_PERFORMANCE { /* the 312 bytes of the public header */
    LARGE_INTEGER IdleTime, ReadTransferCount, WriteTransferCount, OtherTransferCount;
    ULONG ReadOperationCount, WriteOperationCount, OtherOperationCount;
    ULONG AvailablePages, TotalCommittedPages, TotalCommitLimit, PeakCommitment;
    ULONG Faults[5], Paging[8];
    ULONG PagedPoolUsage, NonPagedPoolUsage; /* pages */
    ULONG PagedPoolAllocs, PagedPoolFrees, NonPagedPoolAllocs, NonPagedPoolFrees;
    ULONG TotalFreeSystemPtes;
    ULONG Cache[39];
    ULONG ContextSwitches, FirstLevelTbFills, SecondLevelTbFills, SystemCalls;
} EXP_SYSTEM_PERFORMANCE;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_PERFORMANCE, 312);
DD_STATIC_ASSERT_OFFSET(EXP_SYSTEM_PERFORMANCE, PagedPoolUsage, 0x70);
DD_STATIC_ASSERT_OFFSET(EXP_SYSTEM_PERFORMANCE, ContextSwitches, 0x128);

typedef struct _EXP_POOL_TOTALS {
    ULONG64 Bytes[2], Allocs[2], Frees[2];
} EXP_POOL_TOTALS;

static VOID ExpAddTag(PVOID Context, const EX_POOL_TAG_USE *Use)
{
    EXP_POOL_TOTALS *Totals = Context;

    Totals->Bytes[Use->Paged] += Use->Bytes;
    Totals->Allocs[Use->Paged] += Use->Allocs;
    Totals->Frees[Use->Paged] += Use->Frees;
}

static const KPRCB *ExpPrcb(ULONG Number)
{
    return &KiProcessor[Number]->Prcb;
}

/* Virtual time that nothing else of the processor's was charged with. */
static ULONG64 ExpIdleTime(const KPRCB *Prcb)
{
    ULONG64 Busy = Prcb->KernelTime + Prcb->UserTime, Now = KeVirtualTime();

    return Busy < Now ? Now - Busy : 0;
}

NTSTATUS ExpQueryPerformance(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_PERFORMANCE *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Info), Needed);
    EXP_POOL_TOTALS Pool = {.Bytes = {0}};

    if (!NT_SUCCESS(Status))
        return Status;
    for (ULONG i = 0; i < KeProcessorCount; i++) {
        Info->IdleTime.QuadPart += (LONGLONG)ExpIdleTime(ExpPrcb(i));
        Info->ContextSwitches += ExpPrcb(i)->SwitchCount;
    }
    Info->ReadTransferCount = IoReadTransferCount;
    Info->WriteTransferCount = IoWriteTransferCount;
    Info->OtherTransferCount = IoOtherTransferCount;
    Info->ReadOperationCount = IoReadOperationCount;
    Info->WriteOperationCount = IoWriteOperationCount;
    Info->OtherOperationCount = IoOtherOperationCount;
    Info->AvailablePages = (ULONG)MmFreePageCount();
    Info->TotalCommitLimit = (ULONG)MmTotalPageCount(); /* there is no paging file */
    Info->TotalCommittedPages = Info->TotalCommitLimit - Info->AvailablePages;
    Info->PeakCommitment = Info->TotalCommittedPages;
    ExEnumeratePoolTags(ExpAddTag, &Pool);
    Info->NonPagedPoolUsage = (ULONG)BYTES_TO_PAGES(Pool.Bytes[0]);
    Info->PagedPoolUsage = (ULONG)BYTES_TO_PAGES(Pool.Bytes[1]);
    Info->NonPagedPoolAllocs = (ULONG)Pool.Allocs[0];
    Info->NonPagedPoolFrees = (ULONG)Pool.Frees[0];
    Info->PagedPoolAllocs = (ULONG)Pool.Allocs[1];
    Info->PagedPoolFrees = (ULONG)Pool.Frees[1];
    return Status;
}

/* ---- one entry a processor; as many as fit, one at least ---- */

static NTSTATUS ExpCheckEntries(ULONG Length, ULONG Bytes, PULONG Needed)
{
    *Needed = KeProcessorCount * Bytes;
    return Length < *Needed ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

typedef struct _EXP_PROCESSOR_PERFORMANCE {
    ULONG64 IdleTime, KernelTime, UserTime, DpcTime, InterruptTime;
    ULONG InterruptCount, Spare;
} EXP_PROCESSOR_PERFORMANCE;
DD_STATIC_ASSERT_SIZE(EXP_PROCESSOR_PERFORMANCE, 48);

NTSTATUS ExpQueryProcessorPerformance(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_PROCESSOR_PERFORMANCE *Info = Buffer;
    NTSTATUS Status = ExpCheckEntries(Length, sizeof(*Info), Needed);

    for (ULONG i = 0; i < KeProcessorCount && NT_SUCCESS(Status); i++) {
        const KPRCB *Prcb = ExpPrcb(i);

        Info[i].IdleTime = ExpIdleTime(Prcb);
        Info[i].KernelTime = Prcb->KernelTime + Info[i].IdleTime; /* [doc] includes the idle time */
        Info[i].UserTime = Prcb->UserTime;
        Info[i].DpcTime = Prcb->DpcTime;
        Info[i].InterruptTime = Prcb->InterruptTime;
        Info[i].InterruptCount = Prcb->InterruptCount;
    }
    return Status;
}

typedef struct _EXP_SYSTEM_INTERRUPTS {
    ULONG ContextSwitches, DpcCount, DpcRate, TimeIncrement, DpcBypassCount, ApcBypassCount;
} EXP_SYSTEM_INTERRUPTS;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_INTERRUPTS, 24);

NTSTATUS ExpQueryInterrupts(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_INTERRUPTS *Info = Buffer;
    NTSTATUS Status = ExpCheckEntries(Length, sizeof(*Info), Needed);

    for (ULONG i = 0; i < KeProcessorCount && NT_SUCCESS(Status); i++) {
        Info[i].ContextSwitches = ExpPrcb(i)->SwitchCount;
        Info[i].DpcCount = ExpPrcb(i)->DpcCount;
        Info[i].TimeIncrement = KeQueryTimeIncrement();
    }
    return Status;
}

/* SYSTEM_PROCESSOR_IDLE_INFORMATION: IdleTime, then times and counts of C-states, which do not exist. */
NTSTATUS ExpQueryProcessorIdle(PVOID Buffer, ULONG Length, PULONG Needed)
{
    struct {
        ULONG64 IdleTime, StateTime[3];
        ULONG Transitions[3], Processor;
    } *Info = Buffer;
    NTSTATUS Status = ExpCheckEntries(Length, sizeof(*Info), Needed);

    for (ULONG i = 0; i < KeProcessorCount && NT_SUCCESS(Status); i++) {
        Info[i].IdleTime = Info[i].StateTime[0] = ExpIdleTime(ExpPrcb(i));
        Info[i].Processor = i;
    }
    return Status;
}

NTSTATUS ExpQueryIdleCycles(PVOID Buffer, ULONG Length, PULONG Needed)
{
    PULONG64 Info = Buffer;
    NTSTATUS Status = ExpCheckEntries(Length, sizeof(*Info), Needed);

    for (ULONG i = 0; i < KeProcessorCount && NT_SUCCESS(Status); i++)
        Info[i] = ExpIdleTime(ExpPrcb(i)) * KE_CYCLES_PER_100NS;
    return Status;
}

/* SYSTEM_PROCESSOR_CYCLE_TIME_INFORMATION: cycles that threads ran. */
NTSTATUS ExpQueryProcessorCycles(PVOID Buffer, ULONG Length, PULONG Needed)
{
    PULONG64 Info = Buffer;
    NTSTATUS Status = ExpCheckEntries(Length, sizeof(*Info), Needed);

    for (ULONG i = 0; i < KeProcessorCount && NT_SUCCESS(Status); i++)
        Info[i] = (ExpPrcb(i)->KernelTime + ExpPrcb(i)->UserTime) * KE_CYCLES_PER_100NS;
    return Status;
}

/* ---- the whole machine ---- */

/* AlignmentFixupCount, ExceptionDispatchCount, FloatingEmulationCount, ByteWordEmulationCount. */
NTSTATUS ExpQueryExceptions(PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, 4 * sizeof(ULONG), Needed);

    if (NT_SUCCESS(Status))
        ((PULONG)Buffer)[1] = KeUserExceptionCount + RtlpDispatchCount;
    return Status;
}

/* SYSTEM_CONTEXT_SWITCH_INFORMATION: the total, then how processors were found, which nothing keeps. */
NTSTATUS ExpQueryContextSwitches(PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, 12 * sizeof(ULONG), Needed);

    for (ULONG i = 0; i < KeProcessorCount && NT_SUCCESS(Status); i++)
        *(PULONG)Buffer += ExpPrcb(i)->SwitchCount;
    return Status;
}

/* SYSTEM_FILECACHE_INFORMATION: file data is cached by the host, none of it in the machine's RAM. */
NTSTATUS ExpQueryFileCache(PVOID Buffer, ULONG Length, PULONG Needed)
{
    UNREFERENCED_PARAMETER(Buffer);
    return ExpCheckLength(Length, 64, Needed);
}

/* TimeAdjustment, TimeIncrement, Enable (TRUE: the clock is not being adjusted). */
NTSTATUS ExpQueryTimeAdjustment(PVOID Buffer, ULONG Length, PULONG Needed)
{
    struct {
        ULONG TimeAdjustment, TimeIncrement;
        BOOLEAN Enable;
    } *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Info), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info->TimeAdjustment = Info->TimeIncrement = KeQueryTimeIncrement();
    Info->Enable = TRUE;
    return Status;
}

/*
 * SYSTEM_QUERY_PERFORMANCE_COUNTER_INFORMATION: Version, Flags, ValidFlags. Reading the counter enters the
 * kernel (bit 0); it is virtual, so synchronised everywhere. [doc]
 */
NTSTATUS ExpQueryCounterInformation(PVOID Buffer, ULONG Length, PULONG Needed)
{
    PULONG Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, 3 * sizeof(ULONG), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info[0] = 1;
    Info[1] = Info[2] = 1;
    return Status;
}
