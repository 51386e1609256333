/*
 * Physical pages: a reference count a page. First fit from the lowest free page, so that freed pages are used again
 * before fresh ones and RAM stays small. A freed page is zeroed when it is handed out again.
 * Leaves out: NUMA, colours, standby and modified lists (nothing is ever paged out).
 */
#include "mm.h"

#define PFN_DIRTY 0x80000000u /* free, but holds old bytes */

static ULONG *MiReferences;   /* [MiPageCount]; set once by MmInitSystem */
static PFN_NUMBER MiPageCount;
static PFN_NUMBER MiLowestFree; /* no page below it is free */
static PFN_NUMBER MiFreePages;

static BOOLEAN MiIsFree(PFN_NUMBER Page)
{
    return (MiReferences[Page] & ~PFN_DIRTY) == 0;
}

VOID MiInitPages(VOID)
{
    PFN_NUMBER First = KiLoaderBlock->first_free_pfn;
    PFN_COUNT TablePages;

    MiPageCount = KiLoaderBlock->ram_pages;
    TablePages = (PFN_COUNT)BYTES_TO_PAGES(MiPageCount * sizeof(ULONG));
    MiReferences = MmPfnToKernelVa(First);
    for (PFN_NUMBER Page = 0; Page < First + TablePages; Page++)
        MiReferences[Page] = 1;
    MiLowestFree = First + TablePages;
    MiFreePages = MiPageCount - MiLowestFree;
}

/* Length of the free run at Page, up to Count. */
static PFN_COUNT MiFreeRun(PFN_NUMBER Page, PFN_NUMBER Limit, PFN_COUNT Count)
{
    PFN_COUNT Run = 0;

    while (Run < Count && Page + Run < Limit && MiIsFree(Page + Run))
        Run++;
    return Run;
}

static VOID MiTakePages(PFN_NUMBER First, PFN_COUNT Count)
{
    for (PFN_NUMBER Page = First; Page < First + Count; Page++) {
        if (MiReferences[Page] & PFN_DIRTY)
            RtlZeroMemory(MmPfnToKernelVa(Page), PAGE_SIZE);
        MiReferences[Page] = 1;
    }
    MiFreePages -= Count;
    while (MiLowestFree < MiPageCount && !MiIsFree(MiLowestFree))
        MiLowestFree++;
}

PFN_NUMBER MmAllocatePagesInRange(PFN_COUNT Count, PFN_NUMBER Low, PFN_NUMBER High, PFN_COUNT Align)
{
    PFN_NUMBER Limit = High < MiPageCount ? High + 1 : MiPageCount;
    PFN_NUMBER Page = Low > MiLowestFree ? Low : MiLowestFree;

    if (Count == 0 || Count > MiFreePages)
        return 0;
    while (Page + Count <= Limit) {
        PFN_COUNT Run;

        Page = (Page + Align - 1) / Align * Align;
        Run = MiFreeRun(Page, Limit, Count);
        if (Run == Count) {
            MiTakePages(Page, Count);
            return Page;
        }
        Page += Run + 1;
    }
    return 0;
}

PFN_NUMBER MmAllocatePages(PFN_COUNT Count)
{
    return MmAllocatePagesInRange(Count, 0, MiPageCount - 1, 1);
}

VOID MmFreePages(PFN_NUMBER First, PFN_COUNT Count)
{
    for (PFN_NUMBER Page = First; Page < First + Count; Page++) {
        DD_ASSERT(Page < MiPageCount && !MiIsFree(Page));
        if (--MiReferences[Page] != 0)
            continue;
        MiReferences[Page] = PFN_DIRTY;
        MiFreePages++;
        if (Page < MiLowestFree)
            MiLowestFree = Page;
    }
}

VOID MmReferencePage(PFN_NUMBER Page)
{
    DD_ASSERT(Page < MiPageCount && !MiIsFree(Page));
    MiReferences[Page]++;
}

ULONG MmPageReferences(PFN_NUMBER Page)
{
    return Page < MiPageCount ? MiReferences[Page] & ~PFN_DIRTY : 0;
}

PFN_NUMBER MmFreePageCount(VOID)
{
    return MiFreePages;
}

PFN_NUMBER MmTotalPageCount(VOID)
{
    return MiPageCount;
}
