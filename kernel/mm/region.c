/*
 * The sub-ranges of the system address space: page runs are taken lowest first from a sorted list of free extents, and
 * merged back when released. Needs no pool, since the pools are built on it.
 */
#include "mi.h"

#define MI_EXTENTS 1024

typedef struct _MI_EXTENT {
    ULONG64 Va;
    ULONG64 Pages;
} MI_EXTENT;

typedef struct _MI_REGION {
    ULONG Count;
    MI_EXTENT Free[MI_EXTENTS]; /* sorted by Va, never adjacent */
} MI_REGION;

static MI_REGION MiRegions[MmRegionCount];
static const struct {
    ULONG64 Start, End;
} MiLimits[MmRegionCount] = {
    [MmRegionImages] = {MM_IMAGE_START, MM_IMAGE_END},
    [MmRegionNonPagedPool] = {MM_NONPAGED_POOL_START, MM_NONPAGED_POOL_END},
    [MmRegionPagedPool] = {MM_PAGED_POOL_START, MM_PAGED_POOL_END},
    [MmRegionSpecialPool] = {MM_SPECIAL_POOL_START, MM_SPECIAL_POOL_END},
    [MmRegionSystemPtes] = {MM_SYSTEM_PTE_START, MM_SYSTEM_PTE_END},
    [MmRegionStacks] = {MM_STACK_START, MM_STACK_END},
    [MmRegionSession] = {MM_SESSION_START, MM_SESSION_END},
};

VOID MiInitRegions(VOID)
{
    for (ULONG i = 0; i < MmRegionCount; i++) {
        ULONG64 Start = MiLimits[i].Start;

        if (i == MmRegionImages) /* the boot modules lie at the start, a gap after them */
            Start += (KiLoaderBlock->modules[0].size_bytes + 0xFFFFF) & ~0xFFFFFull;
        MiRegions[i].Count = 1;
        MiRegions[i].Free[0] = (MI_EXTENT){Start, (MiLimits[i].End - Start) >> PAGE_SHIFT};
    }
}

static VOID MiRemoveExtent(MI_REGION *Region, ULONG Index)
{
    Region->Count--;
    RtlMoveMemory(&Region->Free[Index], &Region->Free[Index + 1],
                  (Region->Count - Index) * sizeof(Region->Free[0]));
}

PVOID MmReserveSystemRange(MM_REGION Region, SIZE_T Pages)
{
    MI_REGION *R = &MiRegions[Region];

    for (ULONG i = 0; i < R->Count && Pages != 0; i++) {
        ULONG64 Va = R->Free[i].Va;

        if (R->Free[i].Pages < Pages)
            continue;
        R->Free[i].Va += Pages << PAGE_SHIFT;
        R->Free[i].Pages -= Pages;
        if (R->Free[i].Pages == 0)
            MiRemoveExtent(R, i);
        return (PVOID)Va;
    }
    return NULL;
}

static BOOLEAN MiTouches(const MI_EXTENT *Low, ULONG64 Va)
{
    return Low->Va + (Low->Pages << PAGE_SHIFT) == Va;
}

VOID MmReleaseSystemRange(MM_REGION Region, PVOID Address, SIZE_T Pages)
{
    MI_REGION *R = &MiRegions[Region];
    ULONG64 Va = (ULONG64)Address;
    MI_EXTENT New = {Va, Pages};
    ULONG i = 0;

    DD_ASSERT(Va >= MiLimits[Region].Start && Va + (Pages << PAGE_SHIFT) <= MiLimits[Region].End);
    while (i < R->Count && R->Free[i].Va < Va)
        i++;
    if (i > 0 && MiTouches(&R->Free[i - 1], Va)) {
        R->Free[i - 1].Pages += Pages;
        if (i < R->Count && MiTouches(&R->Free[i - 1], R->Free[i].Va)) {
            R->Free[i - 1].Pages += R->Free[i].Pages;
            MiRemoveExtent(R, i);
        }
        return;
    }
    if (i < R->Count && MiTouches(&New, R->Free[i].Va)) {
        R->Free[i].Va = Va;
        R->Free[i].Pages += Pages;
        return;
    }
    if (R->Count == MI_EXTENTS)
        return; /* the range is lost, not its pages: 64 GiB of addresses a region outlast any run */
    RtlMoveMemory(&R->Free[i + 1], &R->Free[i], (R->Count - i) * sizeof(R->Free[0]));
    R->Free[i] = New;
    R->Count++;
}

static NTSTATUS MiMapFreshPages(PVOID Va, SIZE_T Pages, ULONG64 Prot)
{
    PFN_NUMBER First = MmAllocatePages((PFN_COUNT)Pages);
    SIZE_T Half = Pages / 2;
    NTSTATUS Status;

    if (First != 0) {
        Status = MmMapPages(Va, First, Pages, Prot);
        if (!NT_SUCCESS(Status))
            MmFreePages(First, (PFN_COUNT)Pages);
        return Status;
    }
    if (Half == 0)
        return STATUS_INSUFFICIENT_RESOURCES; /* no run is long enough: two halves will do */
    Status = MiMapFreshPages(Va, Half, Prot);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiMapFreshPages((PUCHAR)Va + (Half << PAGE_SHIFT), Pages - Half, Prot);
    if (!NT_SUCCESS(Status)) {
        for (SIZE_T i = 0; i < Half; i++)
            MmFreePages((MmGetPte((PUCHAR)Va + (i << PAGE_SHIFT)) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, 1);
        MmUnmapPages(Va, Half);
    }
    return Status;
}

PVOID MmAllocateSystemPages(MM_REGION Region, SIZE_T Pages, ULONG64 Prot)
{
    PVOID Va = MmReserveSystemRange(Region, Pages);

    if (Va == NULL)
        return NULL;
    if (!NT_SUCCESS(MiMapFreshPages(Va, Pages, Prot))) {
        MmReleaseSystemRange(Region, Va, Pages);
        return NULL;
    }
    return Va;
}

VOID MmFreeSystemPages(MM_REGION Region, PVOID Va, SIZE_T Pages)
{
    for (SIZE_T i = 0; i < Pages; i++)
        MmFreePages((MmGetPte((PUCHAR)Va + (i << PAGE_SHIFT)) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, 1);
    MmUnmapPages(Va, Pages);
    MmReleaseSystemRange(Region, Va, Pages);
}
