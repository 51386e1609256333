/*
 * mm: physical pages, page tables, the sub-ranges of the system address space, kernel stacks, user address
 * spaces, MDLs and sections. What other components may call beyond the documented Mm routines.
 */
#pragma once

#include "../ke/ke.h"

/* System sub-ranges; one a purpose, so that an address says what it is. */
#define MM_IMAGE_START 0x0000600000000000ull
#define MM_IMAGE_END 0x0000600100000000ull
#define MM_NONPAGED_POOL_START 0x0000601000000000ull
#define MM_NONPAGED_POOL_END 0x0000602000000000ull
#define MM_PAGED_POOL_START 0x0000602000000000ull
#define MM_PAGED_POOL_END 0x0000603000000000ull
#define MM_SPECIAL_POOL_START 0x0000603000000000ull
#define MM_SPECIAL_POOL_END 0x0000604000000000ull
#define MM_SYSTEM_PTE_START 0x0000604000000000ull /* MDL mappings, I/O space, contiguous memory */
#define MM_SYSTEM_PTE_END 0x0000605000000000ull
#define MM_STACK_START 0x0000605000000000ull
#define MM_STACK_END 0x0000606000000000ull
#define MM_SESSION_START 0x0000606000000000ull /* views of sections in system space */
#define MM_SESSION_END 0x0000607000000000ull
#define MM_PROT_NONE 0u
#define MM_PROT_READ (HAL_PTE_PRESENT | HAL_PTE_NX)
#define MM_PROT_READWRITE (HAL_PTE_PRESENT | HAL_PTE_WRITE | HAL_PTE_NX)
#define MM_PROT_EXECUTE_READ (HAL_PTE_PRESENT)
#define MM_PROT_EXECUTE_READWRITE (HAL_PTE_PRESENT | HAL_PTE_WRITE)

NTSTATUS MmInitSystem(VOID); /* phase 0: physical pages and page tables */

/* ---- physical pages. Any IRQL <= DISPATCH_LEVEL. ---- */
/* Count contiguous pages, zeroed; returns the first PFN or 0. */
PFN_NUMBER MmAllocatePages(PFN_COUNT Count);
/* As above within [Low, High] PFNs, first page a multiple of Align pages (1 = any). */
PFN_NUMBER MmAllocatePagesInRange(PFN_COUNT Count, PFN_NUMBER Low, PFN_NUMBER High, PFN_COUNT Align);
VOID MmFreePages(PFN_NUMBER First, PFN_COUNT Count); /* drops one reference each; free at zero */
VOID MmReferencePage(PFN_NUMBER Page);               /* MDL locks and shared mappings */
ULONG MmPageReferences(PFN_NUMBER Page);
PFN_NUMBER MmFreePageCount(VOID);
PFN_NUMBER MmTotalPageCount(VOID);
#define MmPfnToKernelVa(Pfn) ((PVOID)(HAL_PHYSMAP_VA + ((ULONG64)(Pfn) << PAGE_SHIFT)))

/* ---- mappings: page tables and the host's view, together. IRQL <= DISPATCH_LEVEL. ---- */
/* Maps Count pages from First at Va (page aligned, anything there is replaced). Prot is one of MM_PROT_*. */
NTSTATUS MmMapPages(PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot);
NTSTATUS MmMapPageArray(PVOID Va, const PFN_NUMBER *Pages, SIZE_T Count, ULONG64 Prot);
VOID MmUnmapPages(PVOID Va, SIZE_T Count); /* the pages are not freed */
NTSTATUS MmProtectPages(PVOID Va, SIZE_T Count, ULONG64 Prot);
/* The PTE for Va, or 0 when not mapped. PFN is (pte & HAL_PTE_PFN_MASK) >> PAGE_SHIFT. */
ULONG64 MmGetPte(PVOID Va);
/* TRUE when [Va, Va+Bytes) can be read (Write: written) now. */
BOOLEAN MmIsRangeAccessible(PVOID Va, SIZE_T Bytes, BOOLEAN Write);

/* ---- system address ranges: reserve and release page runs inside one sub-range ---- */
typedef enum _MM_REGION {
    MmRegionImages, MmRegionNonPagedPool, MmRegionPagedPool, MmRegionSpecialPool,
    MmRegionSystemPtes, MmRegionStacks, MmRegionSession, MmRegionCount
} MM_REGION;
PVOID MmReserveSystemRange(MM_REGION Region, SIZE_T Pages); /* NULL when exhausted; not mapped yet */
VOID MmReleaseSystemRange(MM_REGION Region, PVOID Va, SIZE_T Pages);
/* Reserve + allocate + map in one; NULL on failure. MmFreeSystemPages undoes all three. */
PVOID MmAllocateSystemPages(MM_REGION Region, SIZE_T Pages, ULONG64 Prot);
VOID MmFreeSystemPages(MM_REGION Region, PVOID Va, SIZE_T Pages);

/* ---- kernel stacks: KE_STACK_BYTES below the returned top, guard page below that ---- */
PVOID MmCreateKernelStack(VOID);
VOID MmDeleteKernelStack(PVOID Top);

#undef MM_HIGHEST_USER_ADDRESS /* the DDK has NT's */
#undef MM_USER_PROBE_ADDRESS
#define MM_HIGHEST_USER_ADDRESS ((PVOID)(HAL_USER_END - 0x10001))
#define MM_USER_PROBE_ADDRESS (HAL_USER_END - 0x10000)
#define MmIsUserAddress(p) ((ULONG64)(p) < MM_USER_PROBE_ADDRESS)
#define MmIsSystemAddress(p) ((ULONG64)(p) >= HAL_SYSTEM_START && (ULONG64)(p) < HAL_SYSTEM_END)

/*
 * ---- user address space of one process (EPROCESS.AddressSpace): a list of VADs, and page tables of its own ----
 * IRQL <= APC_LEVEL. Addresses and sizes are rounded as NtAllocateVirtualMemory documents.
 */
typedef struct _MM_ADDRESS_SPACE MM_ADDRESS_SPACE;
NTSTATUS MmCreateAddressSpace(MM_ADDRESS_SPACE **Space);
VOID MmDeleteAddressSpace(MM_ADDRESS_SPACE *Space); /* unmaps and frees everything */
ULONG64 MmDirectoryBase(const MM_ADDRESS_SPACE *Space); /* for KPROCESS.DirectoryTableBase */
/* The user range shows this address space from now on; the root's own base: none. IRQL <= DISPATCH_LEVEL. */
VOID MmShowAddressSpace(ULONG64 DirectoryBase);
/*
 * A fault on a user address: TRUE when what is shown allows the access (HAL_ACCESS_*) and the host lacked the mapping, which
 * it has now.
 */
BOOLEAN MmShowPage(PVOID Address, ULONG Access);
NTSTATUS MmAllocateUserMemory(MM_ADDRESS_SPACE *Space, PVOID *Base, SIZE_T *Bytes, ULONG Type, ULONG Protect);
NTSTATUS MmFreeUserMemory(MM_ADDRESS_SPACE *Space, PVOID *Base, SIZE_T *Bytes, ULONG Type);
NTSTATUS MmProtectUserMemory(MM_ADDRESS_SPACE *Space, PVOID *Base, SIZE_T *Bytes, ULONG Protect, ULONG *Old);
/* Maps existing pages (an MDL's) into the space; returns the address or NULL. */
PVOID MmMapUserPages(MM_ADDRESS_SPACE *Space, PVOID Preferred, const PFN_NUMBER *Pages, SIZE_T Count, ULONG Protect);
VOID MmUnmapUserPages(MM_ADDRESS_SPACE *Space, PVOID Va, SIZE_T Count);
ULONG64 MmProtectToPte(ULONG Win32Protect); /* PAGE_* to MM_PROT_*, or ~0 when invalid */
/* Adds to the pages that drivers hold locked in the space (NULL: nothing); returns the new count. */
LONG MmChangeLockedPages(MM_ADDRESS_SPACE *Space, LONG Pages);
/* What a fault on a user address raises: a guard page is one no more after its first touch. */
NTSTATUS MmUserFault(PVOID Address);
/* What is at Address in the space. */
VOID MmQueryUserMemory(MM_ADDRESS_SPACE *Space, PVOID Address, PMEMORY_BASIC_INFORMATION Info);
NTSTATUS MmInitSections(VOID); /* after ob and se, with \Device there: the Section type, \Device\PhysicalMemory */

/* ---- documented routines that the DDK headers lack ---- */
NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS Process, PVOID BaseAddress);
