/*
 * Page tables (x64, four levels, in RAM) and the host's mappings, kept in step. The tables are the truth: a restored
 * machine is mapped from them alone. Each address space has a top-level page of its own for the user range; the root's user
 * half is a copy of the one that is shown now, and the host maps nothing of the others. What is shown is mapped at the
 * first touch, as a TLB is filled. Tables of the system range are never freed; there are few.
 */
#include "mi.h"

#define ENTRIES 512
#define PTE_LARGE 0x080ull
#define USER_ENTRIES (HAL_USER_END >> 39) /* of a top-level page */
#define ROOT (KiLoaderBlock->root_pfn)

static PFN_NUMBER MiShownTop;      /* the address space in the root's user half; 0: none */
static ULONG64 MiNoneEntry;        /* the root's first entry when none is: the shared page alone */

static ULONG64 *MiTable(ULONG64 Entry)
{
    return MmPfnToKernelVa((Entry & HAL_PTE_PFN_MASK) >> PAGE_SHIFT);
}

/* The level-0 entry for Va below the top-level page Top; makes missing tables when Create. NULL: no table (or no page). */
static ULONG64 *MiPteAddress(PFN_NUMBER Top, ULONG64 Va, BOOLEAN Create)
{
    ULONG64 *Table = MmPfnToKernelVa(Top);

    for (int Level = 3; Level > 0; Level--) {
        ULONG Index = (Va >> (12 + 9 * Level)) & (ENTRIES - 1);
        ULONG64 *Entry = &Table[Index];

        if (!(*Entry & HAL_PTE_PRESENT)) {
            PFN_NUMBER Page = Create ? MmAllocatePages(1) : 0;

            if (Page == 0)
                return NULL;
            *Entry = (Page << PAGE_SHIFT) | HAL_PTE_PRESENT | HAL_PTE_WRITE | HAL_PTE_USER;
            if (Level == 3 && Top == MiShownTop)
                ((ULONG64 *)MmPfnToKernelVa(ROOT))[Index] = *Entry;
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

/* Changes below Top reach the host when it shows them. */
static BOOLEAN MiIsShown(PFN_NUMBER Top)
{
    return Top == ROOT || Top == MiShownTop;
}

static NTSTATUS MiWritePtes(PFN_NUMBER Top, PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot)
{
    for (SIZE_T i = 0; i < Count; i++) {
        ULONG64 *Pte = MiPteAddress(Top, (ULONG64)Va + i * PAGE_SIZE, TRUE);

        if (Pte == NULL) {
            MiUnmapPages(Top, Va, i);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        *Pte = MiMakePte((ULONG64)Va, First + i, Prot);
    }
    return STATUS_SUCCESS;
}

NTSTATUS MiMapPages(PFN_NUMBER Top, PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot)
{
    NTSTATUS Status = MiWritePtes(Top, Va, First, Count, Prot);

    if (!NT_SUCCESS(Status) || !MiIsShown(Top))
        return Status;
    return MiStatus(Prot & HAL_PTE_PRESENT ? HAL->map((ULONG64)Va, First, Count, Prot) : HAL->unmap((ULONG64)Va, Count));
}

NTSTATUS MiMapBusPages(PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot)
{
    DD_ASSERT(First >= MmTotalPageCount());
    return MiWritePtes(ROOT, Va, First, Count, Prot);
}

NTSTATUS MiMapPageArray(PFN_NUMBER Top, PVOID Va, const PFN_NUMBER *Pages, SIZE_T Count, ULONG64 Prot)
{
    SIZE_T Done = 0;

    while (Done < Count) {
        SIZE_T Run = 1;
        NTSTATUS Status;

        while (Done + Run < Count && Pages[Done + Run] == Pages[Done] + Run)
            Run++;
        Status = MiMapPages(Top, (PUCHAR)Va + Done * PAGE_SIZE, Pages[Done], Run, Prot);
        if (!NT_SUCCESS(Status)) {
            MiUnmapPages(Top, Va, Done);
            return Status;
        }
        Done += Run;
    }
    return STATUS_SUCCESS;
}

VOID MiUnmapPages(PFN_NUMBER Top, PVOID Va, SIZE_T Count)
{
    if (Count == 0)
        return;
    for (SIZE_T i = 0; i < Count; i++) {
        ULONG64 *Pte = MiPteAddress(Top, (ULONG64)Va + i * PAGE_SIZE, FALSE);

        if (Pte != NULL)
            *Pte = 0;
    }
    if (MiIsShown(Top))
        MiStatus(HAL->unmap((ULONG64)Va, Count));
}

/* Of the user range the host may map nothing yet; then the next touch brings it in as it is now. */
static NTSTATUS MiChangeShown(ULONG64 Va, SIZE_T Count, ULONG64 Prot)
{
    int64_t Status = HAL->protect(Va, Count, Prot);

    if (Status == HAL_E_NOMEM && Va < HAL_USER_END)
        Status = HAL->unmap(Va, Count);
    return MiStatus(Status);
}

NTSTATUS MiProtectPages(PFN_NUMBER Top, PVOID Va, SIZE_T Count, ULONG64 Prot)
{
    for (SIZE_T i = 0; i < Count; i++) {
        ULONG64 *Pte = MiPteAddress(Top, (ULONG64)Va + i * PAGE_SIZE, FALSE);

        if (Pte == NULL || (*Pte & HAL_PTE_PFN_MASK) == 0)
            return STATUS_CONFLICTING_ADDRESSES;
        *Pte = MiMakePte((ULONG64)Va, (*Pte & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, Prot);
    }
    return MiIsShown(Top) ? MiChangeShown((ULONG64)Va, Count, Prot) : STATUS_SUCCESS;
}

ULONG64 MiGetPte(PFN_NUMBER Top, PVOID Va)
{
    ULONG64 *Pte = MiPteAddress(Top, (ULONG64)Va, FALSE);

    return Pte == NULL ? 0 : *Pte;
}

NTSTATUS MmMapPages(PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot)
{
    return MiMapPages(ROOT, Va, First, Count, Prot);
}

NTSTATUS MmMapPageArray(PVOID Va, const PFN_NUMBER *Pages, SIZE_T Count, ULONG64 Prot)
{
    return MiMapPageArray(ROOT, Va, Pages, Count, Prot);
}

VOID MmUnmapPages(PVOID Va, SIZE_T Count)
{
    MiUnmapPages(ROOT, Va, Count);
}

NTSTATUS MmProtectPages(PVOID Va, SIZE_T Count, ULONG64 Prot)
{
    return MiProtectPages(ROOT, Va, Count, Prot);
}

ULONG64 MmGetPte(PVOID Va)
{
    ULONG64 Address = (ULONG64)Va;

    if (Address >= HAL_PHYSMAP_VA && Address < HAL_PHYSMAP_VA + (MmTotalPageCount() << PAGE_SHIFT))
        return MiMakePte(Address, (Address - HAL_PHYSMAP_VA) >> PAGE_SHIFT, MM_PROT_READWRITE);
    if (Address >> 47)
        return 0;
    return MiGetPte(ROOT, Va);
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

/* ---- address spaces ---- */

PFN_NUMBER MiCreateTop(VOID)
{
    PFN_NUMBER Top = MmAllocatePages(1);
    ULONG64 *Shared;

    if (Top == 0)
        return 0;
    if (MiNoneEntry == 0)
        MiNoneEntry = *(ULONG64 *)MmPfnToKernelVa(ROOT);
    /* KUSER_SHARED_DATA is the host's, and at the same place in every address space. */
    Shared = MiPteAddress(Top, HAL_KUSER_USER_VA, TRUE);
    if (Shared == NULL) {
        MiDeleteTop(Top);
        return 0;
    }
    *Shared = MiGetPte(ROOT, (PVOID)HAL_KUSER_USER_VA);
    return Top;
}

/* Frees the tables below an entry of Level, and their pages with them. */
static VOID MiFreeTables(ULONG64 Entry, int Level)
{
    for (ULONG i = 0; Level > 1 && i < ENTRIES; i++)
        if (MiTable(Entry)[i] & HAL_PTE_PRESENT)
            MiFreeTables(MiTable(Entry)[i], Level - 1);
    MmFreePages((Entry & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, 1);
}

VOID MiDeleteTop(PFN_NUMBER Top)
{
    ULONG64 *Table = MmPfnToKernelVa(Top);

    DD_ASSERT(Top != MiShownTop);
    for (ULONG i = 0; i < USER_ENTRIES; i++)
        if (Table[i] & HAL_PTE_PRESENT)
            MiFreeTables(Table[i], 3);
    MmFreePages(Top, 1);
}

/* All of the user range but the shared page. */
static VOID MiHideUserRange(VOID)
{
    ULONG64 After = HAL_KUSER_USER_VA + PAGE_SIZE;

    MiStatus(HAL->unmap(HAL_USER_START, (HAL_KUSER_USER_VA - HAL_USER_START) >> PAGE_SHIFT));
    MiStatus(HAL->unmap(After, (HAL_USER_END - After) >> PAGE_SHIFT));
}

VOID MmShowAddressSpace(ULONG64 DirectoryBase)
{
    PFN_NUMBER Top = DirectoryBase >> PAGE_SHIFT == ROOT ? 0 : DirectoryBase >> PAGE_SHIFT;
    ULONG64 *Root = MmPfnToKernelVa(ROOT), *From = MmPfnToKernelVa(Top);

    if (Top == MiShownTop)
        return;
    if (MiShownTop != 0)
        MiHideUserRange();
    MiShownTop = Top;
    for (ULONG i = 0; i < USER_ENTRIES; i++)
        Root[i] = Top != 0 ? From[i] : 0;
    if (Top == 0)
        Root[0] = MiNoneEntry;
}

BOOLEAN MmShowPage(PVOID Address, ULONG Access)
{
    ULONG64 Va = (ULONG64)Address & ~(ULONG64)(PAGE_SIZE - 1), First = Va;
    ULONG64 Pte = MiGetPte(ROOT, Address), *Table;
    ULONG Low, High;

    if (!(Pte & HAL_PTE_PRESENT) || (Access == HAL_ACCESS_WRITE && !(Pte & HAL_PTE_WRITE)) ||
        (Access == HAL_ACCESS_EXECUTE && (Pte & HAL_PTE_NX)))
        return FALSE;
    /* with it what is contiguous in its table */
    Table = (PVOID)((ULONG64)MiPteAddress(ROOT, Va, FALSE) & ~(ULONG64)(PAGE_SIZE - 1));
    for (Low = High = (Va >> PAGE_SHIFT) & (ENTRIES - 1); Low > 0 && Table[Low - 1] + PAGE_SIZE == Table[Low]; Low--)
        First -= PAGE_SIZE;
    while (High + 1 < ENTRIES && Table[High + 1] == Table[High] + PAGE_SIZE)
        High++;
    return HAL->map(First, (Table[Low] & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, High - Low + 1, Pte) == HAL_OK;
}
