/*
 * Map control blocks: which logical sector holds each virtual sector of a file. A BASE_MCB is an
 * array of runs; each ends where the next starts, the first starts at 0; a run without logical
 * sectors is a hole, and no hole is last. A LARGE_MCB adds a guarded mutex. IRQL <= APC_LEVEL. Left
 * out: the 32-bit MCB.
 */
#include "rtl.h"

#define RTLP_MCB_TAG 'bcMF'
#define RTLP_HOLE (-1ll)
#define RTLP_MCB_SPARE 8

typedef struct _RTLP_RUN {
    LONGLONG NextVbn; /* first virtual sector behind the run */
    LONGLONG Lbn;     /* of its first sector, or RTLP_HOLE */
} RTLP_RUN;

static RTLP_RUN *RtlpRuns(const BASE_MCB *Mcb)
{
    return Mcb->Mapping;
}

static LONGLONG RtlpRunStart(const BASE_MCB *Mcb, ULONG Index)
{
    return Index == 0 ? 0 : RtlpRuns(Mcb)[Index - 1].NextVbn;
}

static LONGLONG RtlpMcbEnd(const BASE_MCB *Mcb)
{
    return RtlpRunStart(Mcb, Mcb->PairCount);
}

static ULONG RtlpFindRunOf(const BASE_MCB *Mcb,
                           LONGLONG Vbn) /* PairCount when Vbn is behind the end */
{
    ULONG Low = 0, High = Mcb->PairCount;

    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (RtlpRuns(Mcb)[Middle].NextVbn > Vbn)
            High = Middle;
        else
            Low = Middle + 1;
    }
    return Low;
}

static LONGLONG RtlpLbnAt(const BASE_MCB *Mcb, ULONG Index, LONGLONG Vbn)
{
    LONGLONG Lbn = RtlpRuns(Mcb)[Index].Lbn;

    return Lbn == RTLP_HOLE ? RTLP_HOLE : Lbn + (Vbn - RtlpRunStart(Mcb, Index));
}

/* ---- changes build the new array beside the old one, so that a failure changes nothing ---- */

/* Appends the run that ends before NextVbn, joined with the last one where the two go on. */
static VOID RtlpEmitRun(BASE_MCB *To, LONGLONG NextVbn, LONGLONG Lbn)
{
    LONGLONG End = RtlpMcbEnd(To);
    RTLP_RUN *Last;

    if (NextVbn <= End)
        return;
    Last = RtlpRuns(To) + To->PairCount - 1;
    if (To->PairCount != 0 &&
        ((Last->Lbn == RTLP_HOLE && Lbn == RTLP_HOLE) ||
         (Last->Lbn != RTLP_HOLE && Lbn != RTLP_HOLE &&
          Last->Lbn + (End - RtlpRunStart(To, To->PairCount - 1)) == Lbn))) {
        Last->NextVbn = NextVbn;
        return;
    }
    RtlpRuns(To)[To->PairCount++] = (RTLP_RUN){NextVbn, Lbn};
}

/* Appends what From has in [Start, End), moved up by Shift. */
static VOID RtlpEmitPart(BASE_MCB *To, const BASE_MCB *From, LONGLONG Start, LONGLONG End,
                         LONGLONG Shift)
{
    for (ULONG Index = RtlpFindRunOf(From, Start); Index < From->PairCount; Index++) {
        LONGLONG First = RtlpRunStart(From, Index), Next = RtlpRuns(From)[Index].NextVbn;
        if (First >= End)
            break;
        if (First < Start)
            First = Start;
        if (Next > End)
            Next = End;
        RtlpEmitRun(To, Next + Shift, RtlpLbnAt(From, Index, First));
    }
}

static BOOLEAN RtlpBeginChange(const BASE_MCB *Mcb, BASE_MCB *New)
{
    *New = *Mcb;
    New->PairCount = 0;
    New->MaximumPairCount = Mcb->PairCount + RTLP_MCB_SPARE;
    New->Mapping = ExAllocatePoolWithTag(Mcb->PoolType, New->MaximumPairCount * sizeof(RTLP_RUN),
                                         RTLP_MCB_TAG);
    if (New->Mapping == NULL && (Mcb->Flags & MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return New->Mapping != NULL;
}

static VOID RtlpEndChange(BASE_MCB *Mcb, BASE_MCB *New)
{
    if (New->PairCount != 0 && RtlpRuns(New)[New->PairCount - 1].Lbn == RTLP_HOLE)
        New->PairCount--;
    ExFreePoolWithTag(Mcb->Mapping, RTLP_MCB_TAG);
    *Mcb = *New;
}

static BOOLEAN RtlpMapRange(BASE_MCB *Mcb, LONGLONG Vbn, LONGLONG Count, LONGLONG Lbn)
{
    BASE_MCB New;

    if (!RtlpBeginChange(Mcb, &New))
        return FALSE;
    RtlpEmitPart(&New, Mcb, 0, Vbn, 0);
    RtlpEmitRun(&New, Vbn, RTLP_HOLE);
    RtlpEmitRun(&New, Vbn + Count, Lbn);
    RtlpEmitPart(&New, Mcb, Vbn + Count, MAXLONGLONG, 0);
    RtlpEndChange(Mcb, &New);
    return TRUE;
}

/* ---- BASE_MCB: the caller serialises ---- */

NT_EXPORT(FsRtlInitializeBaseMcbEx);
BOOLEAN NTAPI FsRtlInitializeBaseMcbEx(PBASE_MCB Mcb, POOL_TYPE PoolType, USHORT Flags)
{
    *Mcb = (BASE_MCB){RTLP_MCB_SPARE, 0, (USHORT)PoolType, Flags, NULL};
    Mcb->Mapping = ExAllocatePoolWithTag(PoolType, RTLP_MCB_SPARE * sizeof(RTLP_RUN), RTLP_MCB_TAG);
    if (Mcb->Mapping == NULL && (Flags & MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Mcb->Mapping != NULL;
}

NT_EXPORT(FsRtlInitializeBaseMcb);
VOID NTAPI FsRtlInitializeBaseMcb(PBASE_MCB Mcb, POOL_TYPE PoolType)
{
    (VOID)FsRtlInitializeBaseMcbEx(Mcb, PoolType, MCB_FLAG_RAISE_ON_ALLOCATION_FAILURE);
}

NT_EXPORT(FsRtlUninitializeBaseMcb);
VOID NTAPI FsRtlUninitializeBaseMcb(PBASE_MCB Mcb)
{
    ExFreePoolWithTag(Mcb->Mapping, RTLP_MCB_TAG);
    Mcb->Mapping = NULL;
    Mcb->PairCount = 0;
}

NT_EXPORT(FsRtlResetBaseMcb);
VOID NTAPI FsRtlResetBaseMcb(PBASE_MCB Mcb)
{
    Mcb->PairCount = 0;
}

/* FALSE when a part of the range is mapped otherwise already. */
NT_EXPORT(FsRtlAddBaseMcbEntry);
BOOLEAN NTAPI FsRtlAddBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn, LONGLONG SectorCount)
{
    LONGLONG End = Vbn + SectorCount;

    if (Vbn < 0 || SectorCount <= 0 || End < Vbn)
        return FALSE;
    for (ULONG Index = RtlpFindRunOf(Mcb, Vbn); Index < Mcb->PairCount; Index++) {
        LONGLONG Start = RtlpRunStart(Mcb, Index);
        if (Start >= End)
            break;
        if (Start < Vbn)
            Start = Vbn;
        if (RtlpRuns(Mcb)[Index].Lbn != RTLP_HOLE &&
            RtlpLbnAt(Mcb, Index, Start) != Lbn + (Start - Vbn))
            return FALSE;
    }
    return RtlpMapRange(Mcb, Vbn, SectorCount, Lbn);
}

NT_EXPORT(FsRtlRemoveBaseMcbEntry);
BOOLEAN NTAPI FsRtlRemoveBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount)
{
    if (SectorCount <= 0 || Vbn >= RtlpMcbEnd(Mcb))
        return TRUE;
    if (SectorCount > MAXLONGLONG - Vbn)
        SectorCount = MAXLONGLONG - Vbn;
    return RtlpMapRange(Mcb, Vbn, SectorCount, RTLP_HOLE);
}

/* A cut needs no memory: the runs behind it go, the last one is shortened. */
NT_EXPORT(FsRtlTruncateBaseMcb);
VOID NTAPI FsRtlTruncateBaseMcb(PBASE_MCB Mcb, LONGLONG Vbn)
{
    ULONG Index = RtlpFindRunOf(Mcb, Vbn);

    if (Index == Mcb->PairCount)
        return;
    if (Vbn > RtlpRunStart(Mcb, Index))
        RtlpRuns(Mcb)[Index++].NextVbn = Vbn;
    Mcb->PairCount = Index;
    if (Index != 0 && RtlpRuns(Mcb)[Index - 1].Lbn == RTLP_HOLE)
        Mcb->PairCount--;
}

/* Opens a hole of Amount sectors at Vbn: what was there moves up. */
NT_EXPORT(FsRtlSplitBaseMcb);
BOOLEAN NTAPI FsRtlSplitBaseMcb(PBASE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount)
{
    BASE_MCB New;

    if (Vbn >= RtlpMcbEnd(Mcb))
        return TRUE;
    if (!RtlpBeginChange(Mcb, &New))
        return FALSE;
    RtlpEmitPart(&New, Mcb, 0, Vbn, 0);
    RtlpEmitRun(&New, Vbn + Amount, RTLP_HOLE);
    RtlpEmitPart(&New, Mcb, Vbn, MAXLONGLONG, Amount);
    RtlpEndChange(Mcb, &New);
    return TRUE;
}

/* TRUE when Vbn is not behind the end; *Lbn is -1 in a hole. */
NT_EXPORT(FsRtlLookupBaseMcbEntry);
BOOLEAN NTAPI FsRtlLookupBaseMcbEntry(PBASE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn,
                                      PLONGLONG CountFromLbn, PLONGLONG StartingLbn,
                                      PLONGLONG CountFromStartingLbn, PULONG Index)
{
    ULONG At = RtlpFindRunOf(Mcb, Vbn);
    LONGLONG Next;

    if (Vbn < 0 || At == Mcb->PairCount)
        return FALSE;
    Next = RtlpRuns(Mcb)[At].NextVbn;
    if (Lbn != NULL)
        *Lbn = RtlpLbnAt(Mcb, At, Vbn);
    if (CountFromLbn != NULL)
        *CountFromLbn = Next - Vbn;
    if (StartingLbn != NULL)
        *StartingLbn = RtlpRuns(Mcb)[At].Lbn;
    if (CountFromStartingLbn != NULL)
        *CountFromStartingLbn = Next - RtlpRunStart(Mcb, At);
    if (Index != NULL)
        *Index = At;
    return TRUE;
}

NT_EXPORT(FsRtlLookupLastBaseMcbEntryAndIndex);
BOOLEAN NTAPI FsRtlLookupLastBaseMcbEntryAndIndex(PBASE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn,
                                                  PULONG Index)
{
    if (Mcb->PairCount == 0)
        return FALSE;
    *Vbn = RtlpMcbEnd(Mcb) - 1;
    *Index = Mcb->PairCount - 1;
    *Lbn = RtlpLbnAt(Mcb, *Index, *Vbn);
    return TRUE;
}

NT_EXPORT(FsRtlLookupLastBaseMcbEntry);
BOOLEAN NTAPI FsRtlLookupLastBaseMcbEntry(PBASE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn)
{
    ULONG Index;

    return FsRtlLookupLastBaseMcbEntryAndIndex(Mcb, Vbn, Lbn, &Index);
}

NT_EXPORT(FsRtlNumberOfRunsInBaseMcb);
ULONG NTAPI FsRtlNumberOfRunsInBaseMcb(PBASE_MCB Mcb)
{
    return Mcb->PairCount;
}

NT_EXPORT(FsRtlGetNextBaseMcbEntry);
BOOLEAN NTAPI FsRtlGetNextBaseMcbEntry(PBASE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn, PLONGLONG Lbn,
                                       PLONGLONG SectorCount)
{
    if (RunIndex >= Mcb->PairCount)
        return FALSE;
    *Vbn = RtlpRunStart(Mcb, RunIndex);
    *Lbn = RtlpRuns(Mcb)[RunIndex].Lbn;
    *SectorCount = RtlpRuns(Mcb)[RunIndex].NextVbn - *Vbn;
    return TRUE;
}

/* ---- LARGE_MCB: the same under the block's own mutex ---- */

NT_EXPORT(FsRtlInitializeLargeMcb);
VOID NTAPI FsRtlInitializeLargeMcb(PLARGE_MCB Mcb, POOL_TYPE PoolType)
{
    Mcb->GuardedMutex = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(KGUARDED_MUTEX), RTLP_MCB_TAG);
    if (Mcb->GuardedMutex == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    KeInitializeGuardedMutex(Mcb->GuardedMutex);
    if (!FsRtlInitializeBaseMcbEx(&Mcb->BaseMcb, PoolType, 0)) {
        ExFreePoolWithTag(Mcb->GuardedMutex, RTLP_MCB_TAG);
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
}

NT_EXPORT(FsRtlUninitializeLargeMcb);
VOID NTAPI FsRtlUninitializeLargeMcb(PLARGE_MCB Mcb)
{
    if (Mcb->GuardedMutex == NULL)
        return;
    FsRtlUninitializeBaseMcb(&Mcb->BaseMcb);
    ExFreePoolWithTag(Mcb->GuardedMutex, RTLP_MCB_TAG);
    Mcb->GuardedMutex = NULL;
}

/* SelfSynchronized: the caller holds the lock that keeps others out. */
NT_EXPORT(FsRtlResetLargeMcb);
VOID NTAPI FsRtlResetLargeMcb(PLARGE_MCB Mcb, BOOLEAN SelfSynchronized)
{
    if (!SelfSynchronized)
        KeAcquireGuardedMutex(Mcb->GuardedMutex);
    FsRtlResetBaseMcb(&Mcb->BaseMcb);
    if (!SelfSynchronized)
        KeReleaseGuardedMutex(Mcb->GuardedMutex);
}

NT_EXPORT(FsRtlAddLargeMcbEntry);
BOOLEAN NTAPI FsRtlAddLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Lbn,
                                    LONGLONG SectorCount)
{
    BOOLEAN Result;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Result = FsRtlAddBaseMcbEntry(&Mcb->BaseMcb, Vbn, Lbn, SectorCount);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    return Result;
}

NT_EXPORT(FsRtlRemoveLargeMcbEntry);
VOID NTAPI FsRtlRemoveLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG SectorCount)
{
    BOOLEAN Removed;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Removed = FsRtlRemoveBaseMcbEntry(&Mcb->BaseMcb, Vbn, SectorCount);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    if (!Removed)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
}

NT_EXPORT(FsRtlTruncateLargeMcb);
VOID NTAPI FsRtlTruncateLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn)
{
    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    FsRtlTruncateBaseMcb(&Mcb->BaseMcb, Vbn);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
}

NT_EXPORT(FsRtlSplitLargeMcb);
BOOLEAN NTAPI FsRtlSplitLargeMcb(PLARGE_MCB Mcb, LONGLONG Vbn, LONGLONG Amount)
{
    BOOLEAN Result;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Result = FsRtlSplitBaseMcb(&Mcb->BaseMcb, Vbn, Amount);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    return Result;
}

NT_EXPORT(FsRtlLookupLargeMcbEntry);
BOOLEAN NTAPI FsRtlLookupLargeMcbEntry(PLARGE_MCB Mcb, LONGLONG Vbn, PLONGLONG Lbn,
                                       PLONGLONG CountFromLbn, PLONGLONG StartingLbn,
                                       PLONGLONG CountFromStartingLbn, PULONG Index)
{
    BOOLEAN Result;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Result = FsRtlLookupBaseMcbEntry(&Mcb->BaseMcb, Vbn, Lbn, CountFromLbn, StartingLbn,
                                     CountFromStartingLbn, Index);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    return Result;
}

NT_EXPORT(FsRtlLookupLastLargeMcbEntryAndIndex);
BOOLEAN NTAPI FsRtlLookupLastLargeMcbEntryAndIndex(PLARGE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn,
                                                   PULONG Index)
{
    BOOLEAN Result;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Result = FsRtlLookupLastBaseMcbEntryAndIndex(&Mcb->BaseMcb, Vbn, Lbn, Index);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    return Result;
}

NT_EXPORT(FsRtlLookupLastLargeMcbEntry);
BOOLEAN NTAPI FsRtlLookupLastLargeMcbEntry(PLARGE_MCB Mcb, PLONGLONG Vbn, PLONGLONG Lbn)
{
    ULONG Index;

    return FsRtlLookupLastLargeMcbEntryAndIndex(Mcb, Vbn, Lbn, &Index);
}

NT_EXPORT(FsRtlNumberOfRunsInLargeMcb);
ULONG NTAPI FsRtlNumberOfRunsInLargeMcb(PLARGE_MCB Mcb)
{
    ULONG Result;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Result = Mcb->BaseMcb.PairCount;
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    return Result;
}

NT_EXPORT(FsRtlGetNextLargeMcbEntry);
BOOLEAN NTAPI FsRtlGetNextLargeMcbEntry(PLARGE_MCB Mcb, ULONG RunIndex, PLONGLONG Vbn,
                                        PLONGLONG Lbn, PLONGLONG SectorCount)
{
    BOOLEAN Result;

    KeAcquireGuardedMutex(Mcb->GuardedMutex);
    Result = FsRtlGetNextBaseMcbEntry(&Mcb->BaseMcb, RunIndex, Vbn, Lbn, SectorCount);
    KeReleaseGuardedMutex(Mcb->GuardedMutex);
    return Result;
}
