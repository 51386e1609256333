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
/* Live blocks of allocations made by code in [Start, End), a driver's leaks: each with the return address of its call. */
typedef VOID EX_POOL_CALLER_VISIT(PVOID Context, PVOID Caller, ULONG Tag, SIZE_T Bytes);
VOID ExEnumeratePoolOfCaller(PVOID Start, PVOID End, EX_POOL_CALLER_VISIT *Visit, PVOID Context);
/* ExAllocatePoolWithTag for a kernel routine whose block is its caller's to free: a leak is told of as the caller's. */
PVOID ExAllocatePoolForCaller(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, PVOID Caller);
/*
 * Describes the pool block round Address ("nonpaged pool block, 96 bytes, tag 'Foo1', freed");
 * FALSE when Address is in no pool. Any IRQL; never faults.
 */
BOOLEAN ExDescribePool(PVOID Address, char *Text, SIZE_T TextBytes);
