/*
 * Kernel stacks: 24 KiB with two guard pages below. A few freed ones are kept mapped, so that threads are cheap.
 */
#include "mi.h"

#define MI_GUARD_PAGES 2
#define MI_STACK_PAGES (KE_STACK_BYTES >> PAGE_SHIFT)
#define MI_CACHED_STACKS 16

static PVOID MiCachedStack[MI_CACHED_STACKS];
static ULONG MiCachedStacks;

PVOID MmCreateKernelStack(VOID)
{
    PUCHAR Base;
    PFN_NUMBER First;

    if (MiCachedStacks != 0)
        return MiCachedStack[--MiCachedStacks];
    Base = MmReserveSystemRange(MmRegionStacks, MI_GUARD_PAGES + MI_STACK_PAGES);
    if (Base == NULL)
        return NULL;
    First = MmAllocatePages(MI_STACK_PAGES);
    if (First == 0)
        goto Release;
    if (!NT_SUCCESS(MmMapPages(Base + MI_GUARD_PAGES * PAGE_SIZE, First, MI_STACK_PAGES, MM_PROT_READWRITE)))
        goto FreePages;
    return Base + (MI_GUARD_PAGES + MI_STACK_PAGES) * PAGE_SIZE;

FreePages:
    MmFreePages(First, MI_STACK_PAGES);
Release:
    MmReleaseSystemRange(MmRegionStacks, Base, MI_GUARD_PAGES + MI_STACK_PAGES);
    return NULL;
}

VOID MmDeleteKernelStack(PVOID Top)
{
    PUCHAR Base = (PUCHAR)Top - (MI_GUARD_PAGES + MI_STACK_PAGES) * PAGE_SIZE;

    if (MiCachedStacks < MI_CACHED_STACKS) {
        MiCachedStack[MiCachedStacks++] = Top;
        return;
    }
    for (ULONG i = 0; i < MI_STACK_PAGES; i++)
        MmFreePages((MmGetPte(Base + (MI_GUARD_PAGES + i) * PAGE_SIZE) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, 1);
    MmUnmapPages(Base + MI_GUARD_PAGES * PAGE_SIZE, MI_STACK_PAGES);
    MmReleaseSystemRange(MmRegionStacks, Base, MI_GUARD_PAGES + MI_STACK_PAGES);
}
