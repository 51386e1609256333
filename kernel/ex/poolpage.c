/*
 * Pages of the pools. Each pool has one arena of addresses; it grows by chunks of physically
 * contiguous pages, so the host needs few mappings. Free runs of pages sit in bins by length and
 * are joined with their neighbours. Left out: pages once in an arena are not given back to mm
 * (blocks of a megabyte and more are: they never come from the arena).
 */
#include "exp.h"

static ULONG ExpBinOf(ULONG Pages)
{
    return Pages < EXP_BINS ? Pages - 1 : EXP_BINS - 1;
}

static VOID ExpInsertRun(EXP_POOL *Pool, ULONG First, ULONG Pages)
{
    EXP_PAGE *Head = &Pool->Page[First];
    ULONG *Bin = &Pool->Bin[ExpBinOf(Pages)];

    Head->Pages = Pages;
    Pool->Page[First + Pages - 1].Pages = Pages;
    Head->Previous = 0;
    Head->Next = *Bin;
    if (*Bin != 0)
        Pool->Page[*Bin].Previous = First;
    *Bin = First;
}

static VOID ExpRemoveRun(EXP_POOL *Pool, ULONG First)
{
    EXP_PAGE *Head = &Pool->Page[First];

    if (Head->Next != 0)
        Pool->Page[Head->Next].Previous = Head->Previous;
    if (Head->Previous != 0)
        Pool->Page[Head->Previous].Next = Head->Next;
    else
        Pool->Bin[ExpBinOf(Head->Pages)] = Head->Next;
}

/* First fit: exact bins upwards, then the list of long runs. */
static ULONG ExpFindRun(EXP_POOL *Pool, ULONG Pages)
{
    for (ULONG Bin = ExpBinOf(Pages); Bin < EXP_BINS; Bin++)
        for (ULONG First = Pool->Bin[Bin]; First != 0; First = Pool->Page[First].Next)
            if (Pool->Page[First].Pages >= Pages)
                return First;
    return 0;
}

/* Makes descriptors exist for the arena's first Pages pages. */
static BOOLEAN ExpMapDescriptors(EXP_POOL *Pool, ULONG Pages)
{
    ULONG Needed = (ULONG)BYTES_TO_PAGES((SIZE_T)Pages * sizeof(EXP_PAGE));

    while (Pool->DescriptorPages < Needed) {
        PVOID Va = (PUCHAR)Pool->Page + ((SIZE_T)Pool->DescriptorPages << PAGE_SHIFT);
        PFN_NUMBER First = MmAllocatePages(8);

        if (First == 0)
            return FALSE;
        if (!NT_SUCCESS(MmMapPages(Va, First, 8, MM_PROT_READWRITE))) {
            MmFreePages(First, 8);
            return FALSE;
        }
        Pool->DescriptorPages += 8;
    }
    return TRUE;
}

/* Adds one chunk at the end of the arena. */
static BOOLEAN ExpGrowArena(EXP_POOL *Pool, ULONG Pages)
{
    ULONG Chunk = (Pages + EXP_CHUNK_PAGES - 1) & ~(EXP_CHUNK_PAGES - 1);
    ULONG First = Pool->PagesInUse;
    PVOID Va = (PVOID)(Pool->Base + ((ULONG64)First << PAGE_SHIFT));
    PFN_NUMBER Pfn;

    if (First + Chunk + 1 > EXP_ARENA_PAGES || !ExpMapDescriptors(Pool, First + Chunk + 1))
        return FALSE;
    Pfn = MmAllocatePages(Chunk);
    if (Pfn == 0) {
        Chunk = Pages;
        Pfn = MmAllocatePages(Chunk);
    }
    if (Pfn == 0)
        return FALSE;
    if (!NT_SUCCESS(MmMapPages(Va, Pfn, Chunk, Pool->Prot))) {
        MmFreePages(Pfn, Chunk);
        return FALSE;
    }
    Pool->PagesInUse += Chunk;
    ExpFreePageRun(Pool, First, Chunk);
    return TRUE;
}

ULONG ExpAllocatePageRun(EXP_POOL *Pool, ULONG Pages, UCHAR Kind)
{
    ULONG First = ExpFindRun(Pool, Pages);
    ULONG Length;

    if (First == 0) {
        if (!ExpGrowArena(Pool, Pages))
            return 0;
        First = ExpFindRun(Pool, Pages);
    }
    ExpRemoveRun(Pool, First);
    Length = Pool->Page[First].Pages;
    if (Length > Pages)
        ExpInsertRun(Pool, First + Pages, Length - Pages);
    Pool->Page[First].Kind = Kind;
    Pool->Page[First].Pages = Pages;
    for (ULONG i = 1; i < Pages; i++)
        Pool->Page[First + i].Kind = EXP_PAGE_BIG_REST;
    return First;
}

VOID ExpFreePageRun(EXP_POOL *Pool, ULONG First, ULONG Pages)
{
    for (ULONG i = 0; i < Pages; i++)
        Pool->Page[First + i].Kind = EXP_PAGE_FREE;
    if (Pool->Page[First - 1].Kind == EXP_PAGE_FREE) {
        ULONG Before = Pool->Page[First - 1].Pages;

        ExpRemoveRun(Pool, First - Before);
        First -= Before;
        Pages += Before;
    }
    if (Pool->Page[First + Pages].Kind == EXP_PAGE_FREE) {
        ULONG After = Pool->Page[First + Pages].Pages;

        ExpRemoveRun(Pool, First + Pages);
        Pages += After;
    }
    ExpInsertRun(Pool, First, Pages);
}

NTSTATUS ExpInitPoolArena(EXP_POOL *Pool)
{
    Pool->Base = (ULONG64)MmReserveSystemRange(Pool->Region, EXP_ARENA_PAGES);
    Pool->Page = MmReserveSystemRange(MmRegionNonPagedPool,
                                      BYTES_TO_PAGES(EXP_ARENA_PAGES * sizeof(EXP_PAGE)));
    if (Pool->Base == 0 || Pool->Page == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Pool->PagesInUse = 1;
    return ExpMapDescriptors(Pool, 1) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
