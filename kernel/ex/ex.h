/*
 * ex: pools, lookaside lists, work items, resources, mutexes and locks built on ke. What other
 * components may call beyond the documented Ex routines.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS ExInitPool(
    VOID); /* right after mm: the pools work from here on, at any IRQL <= DISPATCH_LEVEL */
NTSTATUS ExInitSystem(VOID); /* after ps: worker threads */

/* For the summary and reports. */
typedef struct _EX_POOL_TAG_USE {
    ULONG Tag;
    BOOLEAN Paged;
    ULONG64 Allocs, Frees, Bytes;
} EX_POOL_TAG_USE;
VOID ExEnumeratePoolTags(VOID (*Visit)(PVOID Context, const EX_POOL_TAG_USE *Use), PVOID Context);
#define EX_POOL_SITES 32
typedef struct _EX_POOL_SITE {
    PVOID Caller; /* return address of the call that allocated */
    ULONG Tag, Blocks;
    SIZE_T Bytes;
} EX_POOL_SITE;
typedef struct _EX_POOL_LEFT {
    ULONG Blocks, Sites;
    SIZE_T Bytes;
    EX_POOL_SITE Site[EX_POOL_SITES]; /* blocks of more sites are in the sums alone */
} EX_POOL_LEFT;
/* Live blocks of allocations made by code in [Start, End): a driver's leaks. */
VOID ExFindPoolOfCaller(PVOID Start, PVOID End, EX_POOL_LEFT *Left);
/* Tells (HAL_STREAM_LOG) what an image that is going away leaves in the pools, and of which of its
 * calls. */
VOID ExLogPoolLeft(PCUNICODE_STRING Name, PVOID Base, SIZE_T Bytes);
/* A tag as the debugger shows it, its bytes in the order of memory. */
VOID ExTagText(ULONG Tag, char Text[5]);
/* ExAllocatePoolWithTag for a kernel routine whose block is its caller's to free: a leak is told of
 * as the caller's. */
PVOID ExAllocatePoolForCaller(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, PVOID Caller);
/*
 * Describes the pool block round Address ("nonpaged pool block, 96 bytes, tag 'Foo1', freed");
 * FALSE when Address is in no pool. Any IRQL; never faults.
 */
BOOLEAN ExDescribePool(PVOID Address, char *Text, SIZE_T TextBytes);

/* ---- special pool ---- */
/* Blocks with Tag, or with '*' what drivers allocate, go to the special pool from now on; 0: none.
 */
VOID ExSetSpecialPool(ULONG Tag);
/* TRUE: it is on. Blocks given so far, and those that it had no place for. */
BOOLEAN ExQuerySpecialPool(PULONG Given, PULONG Missed);
/* The bug check of a fault at Address, or 0: not the special pool's. */
ULONG ExSpecialPoolFault(PVOID Address, BOOLEAN ByKernel);
