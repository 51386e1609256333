/* mm's own: between its files. */
#pragma once

#include "mm.h"

VOID MiInitPages(VOID);
VOID MiInitRegions(VOID);

/* ---- page tables (pte.c): as MmMapPages and its kin, below the top-level page Top of an address space ---- */
NTSTATUS MiMapPages(PFN_NUMBER Top, PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot);
NTSTATUS MiMapPageArray(PFN_NUMBER Top, PVOID Va, const PFN_NUMBER *Pages, SIZE_T Count, ULONG64 Prot);
VOID MiUnmapPages(PFN_NUMBER Top, PVOID Va, SIZE_T Count);
NTSTATUS MiProtectPages(PFN_NUMBER Top, PVOID Va, SIZE_T Count, ULONG64 Prot);
ULONG64 MiGetPte(PFN_NUMBER Top, PVOID Va);
PFN_NUMBER MiCreateTop(VOID);       /* 0: no page */
VOID MiDeleteTop(PFN_NUMBER Top);   /* with the tables below it; not while it is shown */
#define MI_BUS_END (1ull << 46) /* physical addresses */
/* pte.c: page-table entries for pages that are no RAM; the host maps nothing, so that each access traps. */
NTSTATUS MiMapBusPages(PVOID Va, PFN_NUMBER First, SIZE_T Count, ULONG64 Prot);

/* ---- views of sections (section.c) ---- */
typedef struct _MI_VIEW MI_VIEW;
VOID MiFlushView(MI_VIEW *View);   /* writes a file's pages back */
VOID MiReleaseView(MI_VIEW *View); /* its pages are unmapped already */
BOOLEAN MiIsBorrowedView(const MI_VIEW *View); /* of RAM as it is: the view holds no references */
/* Maps pages, taking a reference to each (unless borrowed). NULL: no room. View goes with the mapping; may be NULL. */
PVOID MiMapUserView(MM_ADDRESS_SPACE *Space, PVOID Preferred, const PFN_NUMBER *Pages, SIZE_T Count, ULONG Protect,
                    MI_VIEW *View);
NTSTATUS MiFlushUserView(MM_ADDRESS_SPACE *Space, PVOID Va, PVOID *Base, SIZE_T *Bytes);
/* Some view shows the file that the pointers belong to; with Beyond, more than that many bytes of it. */
BOOLEAN MiIsFileMapped(PSECTION_OBJECT_POINTERS Pointers, const LARGE_INTEGER *Beyond);
ULONG MiCountWritableViews(PSECTION_OBJECT_POINTERS Pointers);
NTSTATUS MiUnmapUserView(MM_ADDRESS_SPACE *Space, PVOID Va); /* any address in it */
