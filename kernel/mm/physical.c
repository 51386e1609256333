/*
 * Physical addresses: contiguous and non-cached memory, I/O space, translations. An address beyond
 * RAM is a device's, or nobody's: its pages are mapped without access, and the host does each
 * access in the device's place. Caching types mean nothing here.
 */
#include "../ex/exp.h"
#include "mi.h"

typedef struct _MI_RUN { /* one block of contiguous memory, or one mapping of I/O space */
    LIST_ENTRY Link;
    PVOID Va; /* page aligned */
    SIZE_T Pages;
    PFN_NUMBER First;
} MI_RUN;
static LIST_ENTRY MiContiguous = {&MiContiguous, &MiContiguous};
static LIST_ENTRY MiIoSpace = {&MiIoSpace, &MiIoSpace};

static MI_RUN *MiFindRun(PLIST_ENTRY List, PVOID Va)
{
    for (PLIST_ENTRY Link = List->Flink; Link != List; Link = Link->Flink) {
        MI_RUN *Run = CONTAINING_RECORD(Link, MI_RUN, Link);

        if (Run->Va == PAGE_ALIGN(Va))
            return Run;
    }
    return NULL;
}

/* Maps the run at a place of its own and enters it in List. */
static PVOID MiMapRun(PLIST_ENTRY List, PFN_NUMBER First, SIZE_T Pages, ULONG64 Protection)
{
    MI_RUN *Run = ExpAllocatePool(NonPagedPoolNx, sizeof(*Run), 'nRmM', FALSE, NULL);

    if (Run == NULL)
        return NULL;
    Run->First = First;
    Run->Pages = Pages;
    Run->Va = MmReserveSystemRange(MmRegionSystemPtes, Pages);
    if (Run->Va == NULL)
        goto FreeRun;
    if (!NT_SUCCESS(First < MmTotalPageCount() ? MmMapPages(Run->Va, First, Pages, Protection)
                                               : MiMapBusPages(Run->Va, First, Pages, Protection)))
        goto ReleaseRange;
    InsertTailList(List, &Run->Link);
    return Run->Va;

ReleaseRange:
    MmReleaseSystemRange(MmRegionSystemPtes, Run->Va, Pages);
FreeRun:
    ExpFreePool(Run, 'nRmM', NULL);
    return NULL;
}

static VOID MiUnmapRun(MI_RUN *Run)
{
    RemoveEntryList(&Run->Link);
    MmUnmapPages(Run->Va, Run->Pages);
    MmReleaseSystemRange(MmRegionSystemPtes, Run->Va, Run->Pages);
    ExpFreePool(Run, 'nRmM', NULL);
}

/* ---- contiguous memory ---- */

/*
 * Alignment in pages that keeps a block of Pages from crossing a multiple of Boundary bytes; 0:
 * impossible.
 */
static PFN_COUNT MiBoundaryAlignment(SIZE_T Pages, ULONG64 Boundary)
{
    PFN_COUNT Alignment = 1;

    if (Boundary == 0)
        return 1;
    if ((Boundary & (Boundary - 1)) != 0 || Boundary < PAGE_SIZE || Pages > Boundary >> PAGE_SHIFT)
        return 0;
    while (Alignment < Pages)
        Alignment *= 2;
    return Alignment;
}

static PVOID MiAllocateContiguous(SIZE_T Bytes, ULONG64 Low, ULONG64 High, ULONG64 Boundary,
                                  ULONG64 Protection)
{
    SIZE_T Pages = BYTES_TO_PAGES(Bytes);
    PFN_COUNT Alignment = MiBoundaryAlignment(Pages, Boundary);
    PFN_NUMBER Last = min(High >> PAGE_SHIFT, MmTotalPageCount() - 1), First;
    PVOID Va;

    if (Bytes == 0 || Alignment == 0 || Pages > MmTotalPageCount())
        return NULL;
    First = MmAllocatePagesInRange((PFN_COUNT)Pages, BYTES_TO_PAGES(Low), Last, Alignment);
    if (First == 0)
        return NULL;
    Va = MiMapRun(&MiContiguous, First, Pages, Protection);
    if (Va == NULL)
        MmFreePages(First, (PFN_COUNT)Pages);
    return Va;
}

NT_EXPORT(MmAllocateContiguousMemory);
PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes,
                                       PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    return MiAllocateContiguous(NumberOfBytes, 0, HighestAcceptableAddress.QuadPart, 0,
                                MM_PROT_EXECUTE_READWRITE);
}

NT_EXPORT(MmAllocateContiguousMemorySpecifyCache);
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
                                                   PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(CacheType);
    return MiAllocateContiguous(NumberOfBytes, LowestAcceptableAddress.QuadPart,
                                HighestAcceptableAddress.QuadPart, BoundaryAddressMultiple.QuadPart,
                                MM_PROT_EXECUTE_READWRITE);
}

NT_EXPORT(MmAllocateContiguousMemorySpecifyCacheNode);
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
                                                       PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                       PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                       PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                       MEMORY_CACHING_TYPE CacheType,
                                                       NODE_REQUIREMENT PreferredNode)
{
    UNREFERENCED_PARAMETER(PreferredNode); /* there is one node */
    return MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, LowestAcceptableAddress,
                                                  HighestAcceptableAddress, BoundaryAddressMultiple,
                                                  CacheType);
}

NT_EXPORT(MmAllocateContiguousNodeMemory);
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes,
                                           PHYSICAL_ADDRESS LowestAcceptableAddress,
                                           PHYSICAL_ADDRESS HighestAcceptableAddress,
                                           PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                           NODE_REQUIREMENT PreferredNode)
{
    ULONG64 Protection = MmProtectToPte(Protect & ~(PAGE_NOCACHE | PAGE_WRITECOMBINE));

    UNREFERENCED_PARAMETER(PreferredNode);
    if (Protection != MM_PROT_READWRITE && Protection != MM_PROT_EXECUTE_READWRITE)
        return NULL;
    return MiAllocateContiguous(NumberOfBytes, LowestAcceptableAddress.QuadPart,
                                HighestAcceptableAddress.QuadPart, BoundaryAddressMultiple.QuadPart,
                                Protection);
}

NT_EXPORT(MmFreeContiguousMemory);
VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    MI_RUN *Run = MiFindRun(&MiContiguous, BaseAddress);
    PFN_NUMBER First;
    SIZE_T Pages;

    if (Run == NULL || Run->Va != BaseAddress) {
        KeSetBugCheckText("%p is not contiguous memory: freed twice, or never allocated",
                          BaseAddress);
        KeBugCheckEx(BAD_POOL_CALLER, 0x60, (ULONG_PTR)BaseAddress, 0, 0);
    }
    First = Run->First;
    Pages = Run->Pages;
    MiUnmapRun(Run);
    MmFreePages(First, (PFN_COUNT)Pages);
}

NT_EXPORT(MmFreeContiguousMemorySpecifyCache);
VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
                                              MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(NumberOfBytes);
    UNREFERENCED_PARAMETER(CacheType);
    MmFreeContiguousMemory(BaseAddress);
}

NT_EXPORT(MmAllocateNonCachedMemory);
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    return MiAllocateContiguous(NumberOfBytes, 0, MAXULONG64, 0, MM_PROT_READWRITE);
}

NT_EXPORT(MmFreeNonCachedMemory);
VOID NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    UNREFERENCED_PARAMETER(NumberOfBytes);
    MmFreeContiguousMemory(BaseAddress);
}

/* ---- I/O space ---- */

static PVOID MiMapIoSpace(ULONG64 Address, SIZE_T Bytes, ULONG64 Protection)
{
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(Address, Bytes);
    PFN_NUMBER First = Address >> PAGE_SHIFT;
    PUCHAR Va;

    if (Bytes == 0 || First == 0 || First + Pages < First || First + Pages > MI_BUS_END >> PAGE_SHIFT)
        return NULL;
    if (First < MmTotalPageCount() && First + Pages > MmTotalPageCount())
        return NULL; /* half RAM, half device */
    Va = MiMapRun(&MiIoSpace, First, Pages, Protection);
    return Va == NULL ? NULL : Va + BYTE_OFFSET(Address);
}

NT_EXPORT(MmMapIoSpace);
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                         MEMORY_CACHING_TYPE CacheType)
{
    UNREFERENCED_PARAMETER(CacheType);
    return MiMapIoSpace(PhysicalAddress.QuadPart, NumberOfBytes, MM_PROT_EXECUTE_READWRITE);
}

NT_EXPORT(MmMapIoSpaceEx);
PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
    ULONG64 Protection = MmProtectToPte(Protect & ~(PAGE_NOCACHE | PAGE_WRITECOMBINE));

    if (Protection == ~0ull || !(Protection & HAL_PTE_PRESENT) || (Protect & PAGE_GUARD))
        return NULL;
    return MiMapIoSpace(PhysicalAddress.QuadPart, NumberOfBytes, Protection);
}

NT_EXPORT(MmUnmapIoSpace);
VOID NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    MI_RUN *Run = MiFindRun(&MiIoSpace, BaseAddress);
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(BaseAddress, NumberOfBytes);

    if (Run == NULL || Run->Pages != Pages) {
        KeSetBugCheckText(
            "%p (%Iu bytes) is no mapping of I/O space: unmapped twice, or with another size",
            BaseAddress, NumberOfBytes);
        KeBugCheckEx(MEMORY_MANAGEMENT, 0x61948, (ULONG_PTR)PAGE_ALIGN(BaseAddress), Pages, 0);
    }
    MiUnmapRun(Run);
}

/* ---- translations ---- */

NT_EXPORT(MmGetPhysicalAddress);
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress)
{
    ULONG64 Pte = MmGetPte(BaseAddress);
    PHYSICAL_ADDRESS Address = {.QuadPart = 0};

    if (Pte & HAL_PTE_PRESENT)
        Address.QuadPart = (Pte & HAL_PTE_PFN_MASK) | BYTE_OFFSET(BaseAddress);
    return Address;
}

/* All of RAM is mapped at one place; NT answers with one of the addresses that map the page, too.
 */
NT_EXPORT(MmGetVirtualForPhysical);
PVOID NTAPI MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress)
{
    if ((ULONG64)PhysicalAddress.QuadPart >> PAGE_SHIFT >= MmTotalPageCount())
        return NULL;
    return (PVOID)(HAL_PHYSMAP_VA + (ULONG64)PhysicalAddress.QuadPart);
}

/* One run of RAM, from page 1 on; the caller frees the array with ExFreePool. */
NT_EXPORT(MmGetPhysicalMemoryRanges);
PPHYSICAL_MEMORY_RANGE NTAPI MmGetPhysicalMemoryRanges(VOID)
{
    PPHYSICAL_MEMORY_RANGE Range = ExpAllocatePool(NonPagedPoolNx, 2 * sizeof(*Range), 'rPmM',
                                                   FALSE, __builtin_return_address(0));

    if (Range == NULL)
        return NULL;
    RtlZeroMemory(Range, 2 * sizeof(*Range));
    Range[0].BaseAddress.QuadPart = PAGE_SIZE;
    Range[0].NumberOfBytes.QuadPart = (LONGLONG)((MmTotalPageCount() - 1) << PAGE_SHIFT);
    return Range;
}

NT_EXPORT(MmQuerySystemSize);
MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID)
{
    return MmLargeSystem; /* as every machine that Windows 10 runs on */
}

NT_EXPORT(MmIsThisAnNtAsSystem);
BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID)
{
    return FALSE;
}
