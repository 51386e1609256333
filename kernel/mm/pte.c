/*
 * Page tables (x64, four levels, in RAM) and the host's mappings, kept in step. The tables are the truth: a restored
 * machine is mapped from them alone. Tables are never freed; there are few.
 */
#include "mi.h"

#define ENTRIES 512
#define PTE_LARGE 0x080ull

static ULONG64 *MiTable(ULONG64 Entry)
{
    return MmPfnToKernelVa((Entry & HAL_PTE_PFN_MASK) >> PAGE_SHIFT);
}

/* The level-0 entry for Va; makes missing tables when Create. NULL: no table (or no page for one). */
static ULONG64 *MiPteAddress(ULONG64 Va, BOOLEAN Create)
{
    ULONG64 *Table = MmPfnToKernelVa(KiLoaderBlock->root_pfn);

    for (int Level = 3; Level > 0; Level--) {
        ULONG64 *Entry = &Table[(Va >> (12 + 9 * Level)) & (ENTRIES - 1)];

        if (!(*Entry & HAL_PTE_PRESENT)) {
            PFN_NUMBER Page = Create ? MmAllocatePages(1) : 0;

            if (Page == 0)
                return NULL;
            *Entry = (Page << PAGE_SHIFT) | HAL_PTE_PRESENT | HAL_PTE_WRITE | HAL_PTE_USER;
        }
        if (*Entry & PTE_LARGE)
            return NULL;
        Table = MiTable(*Entry);
    }
    return &Table[(Va >> 12) & (ENTRIES - 1)];
}

static NTSTATUS MiStatus(int64_t HalStatus)
{
    DD_ASSERT(HalStatus != HAL_E_INVALID);
    return HalStatus == HAL_OK ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static ULONG64 MiMakePte(ULONG64 Va, PFN_NUMBER Page, ULONG64 Prot)
{
    ULONG64 User = Va < HAL_USER_END ? HAL_PTE_USER : 0;

    return (Page << PAGE_SHIFT) | Prot | User;
}

NTSTATUS MmMapPages(PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot)
{
    for (SIZE_T i = 0; i < Count; i++) {
        ULONG64 *Pte = MiPteAddress((ULONG64)Va + i * PAGE_SIZE, TRUE);

        if (Pte == NULL) {
            MmUnmapPages(Va, i);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        *Pte = MiMakePte((ULONG64)Va, First + i, Prot);
    }
    return MiStatus(HAL->map((ULONG64)Va, First, Count, Prot));
}

NTSTATUS MmMapPageArray(PVOID Va, const PFN_NUMBER *Pages, SIZE_T Count, ULONG64 Prot)
{
    SIZE_T Done = 0;

    while (Done < Count) {
        SIZE_T Run = 1;
        NTSTATUS Status;

        while (Done + Run < Count && Pages[Done + Run] == Pages[Done] + Run)
            Run++;
        Status = MmMapPages((PUCHAR)Va + Done * PAGE_SIZE, Pages[Done], Run, Prot);
        if (!NT_SUCCESS(Status)) {
            MmUnmapPages(Va, Done);
            return Status;
        }
        Done += Run;
    }
    return STATUS_SUCCESS;
}

VOID MmUnmapPages(PVOID Va, SIZE_T Count)
{
    if (Count == 0)
        return;
    for (SIZE_T i = 0; i < Count; i++) {
        ULONG64 *Pte = MiPteAddress((ULONG64)Va + i * PAGE_SIZE, FALSE);

        if (Pte != NULL)
            *Pte = 0;
    }
    MiStatus(HAL->unmap((ULONG64)Va, Count));
}

NTSTATUS MmProtectPages(PVOID Va, SIZE_T Count, ULONG64 Prot)
{
    for (SIZE_T i = 0; i < Count; i++) {
        ULONG64 *Pte = MiPteAddress((ULONG64)Va + i * PAGE_SIZE, FALSE);

        if (Pte == NULL || (*Pte & HAL_PTE_PFN_MASK) == 0)
            return STATUS_CONFLICTING_ADDRESSES;
        *Pte = MiMakePte((ULONG64)Va, (*Pte & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, Prot);
    }
    return MiStatus(HAL->protect((ULONG64)Va, Count, Prot));
}

ULONG64 MmGetPte(PVOID Va)
{
    ULONG64 Address = (ULONG64)Va;
    ULONG64 *Pte;

    if (Address >= HAL_PHYSMAP_VA && Address < HAL_PHYSMAP_VA + (MmTotalPageCount() << PAGE_SHIFT))
        return MiMakePte(Address, (Address - HAL_PHYSMAP_VA) >> PAGE_SHIFT, MM_PROT_READWRITE);
    if (Address >> 47)
        return 0;
    Pte = MiPteAddress(Address, FALSE);
    return Pte == NULL ? 0 : *Pte;
}

BOOLEAN MmIsRangeAccessible(PVOID Va, SIZE_T Bytes, BOOLEAN Write)
{
    ULONG64 Page = (ULONG64)Va & ~(ULONG64)(PAGE_SIZE - 1);
    ULONG64 End = (ULONG64)Va + Bytes;
    ULONG64 Need = HAL_PTE_PRESENT | (Write ? HAL_PTE_WRITE : 0);

    if (End < (ULONG64)Va)
        return FALSE;
    for (; Page < End; Page += PAGE_SIZE)
        if ((MmGetPte((PVOID)Page) & Need) != Need)
            return FALSE;
    return TRUE;
}
