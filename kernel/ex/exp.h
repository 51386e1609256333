/*
 * ex, private: the pools' structures and what the sources of this folder share.
 */
#pragma once

#include "ex.h"
#include "../mm/mm.h"
#include "../ob/ob.h"

#undef ExAllocatePool
#undef ExAllocatePoolWithTag
#undef ExAllocatePoolWithQuota
#undef ExAllocatePoolWithQuotaTag
#undef ExFreePool

int __cdecl _snprintf(char *Text, size_t Bytes, const char *Format, ...);

/* ---- pools ---- */

/* In front of each small block: NT's POOL_HEADER, 0x10 bytes; the second half is ours. */
typedef struct _EXP_HEADER {
    UCHAR PreviousSize; /* of the block before it in its page, in 16-byte units; 0 for the first */
    UCHAR PoolIndex;    /* index in ExpPool */
    UCHAR BlockSize;    /* this header and the block, in 16-byte units */
    UCHAR PoolType;     /* 0: free; else (POOL_TYPE & 1) + 1, and EXP_TYPE_QUOTA */
    ULONG PoolTag;
    ULONG Caller; /* who allocated it (free: who freed it), as an offset from HAL_IMAGE_BASE */
    USHORT Extent; /* bytes asked for; free: next free block's header, offset in the page / 16 */
    UCHAR Quota; /* index in ExpQuota, 0 = none */
    UCHAR Check; /* EXP_CHECK ^ BlockSize ^ PreviousSize */
} EXP_HEADER;
DD_STATIC_ASSERT_SIZE(EXP_HEADER, 0x10);
DD_STATIC_ASSERT_OFFSET(EXP_HEADER, PoolTag, 4);

#define EXP_TYPE_QUOTA 8
#define EXP_CHECK 0x5A
#define EXP_NONE 0xFFFFu
#define EXP_FREED_FILL 0xFEEEFEEEFEEEFEEEull /* not canonical: a stale pointer faults */
#define EXP_GUARD 0xBDu /* in the bytes between the block asked for and its slot's end */
#define EXP_GUARD_BYTES 8

enum { EXP_PAGE_UNMAPPED, EXP_PAGE_FREE, EXP_PAGE_SLAB, EXP_PAGE_BIG, EXP_PAGE_BIG_REST };

/* One a page of a pool's arena, kept apart from the page so that an overrun cannot reach it. */
typedef struct _EXP_PAGE {
    UCHAR Kind;
    UCHAR Class;     /* slab */
    UCHAR Quota;     /* big */
    UCHAR QuotaType; /* big */
    ULONG Pages;     /* big: of the block; free: of the run, in its first and last page */
    union {
        struct {
            ULONG Next, Previous; /* slab with room: its class's list; free run: its bin's list */
            USHORT FreeHead;      /* slab: first free block's header, offset / 16, or EXP_NONE */
            USHORT Used;          /* slab: live blocks */
            USHORT Carved;        /* slab: blocks that have a header */
            USHORT Spare;
        };
        struct {
            SIZE_T Bytes;
            ULONG Tag, Caller;
        };
    };
} EXP_PAGE;

#define EXP_CLASS_LIMIT 48
#define EXP_BINS 33               /* free runs of 1..32 pages, and longer ones */
#define EXP_ARENA_PAGES 0x100000u /* 4 GiB of addresses a pool */
#define EXP_CHUNK_PAGES 64u
#define EXP_HUGE_PAGES 256u /* from here on straight from mm, and back to it */
#define EXP_SMALL_LIMIT 4064u

typedef struct _EXP_POOL {
    ULONG64 Base;
    EXP_PAGE *Page;                 /* EXP_ARENA_PAGES of them, mapped as the arena grows */
    ULONG PagesInUse;               /* index of the first page never mapped; page 0 is never used */
    ULONG DescriptorPages;          /* mapped so far, of Page */
    ULONG Partial[EXP_CLASS_LIMIT]; /* slabs with room; 0 = none */
    ULONG Bin[EXP_BINS];
    ULONG64 Prot;
    MM_REGION Region;
    UCHAR Index;
    BOOLEAN Paged;
    POOL_TYPE Type;
} EXP_POOL;

typedef struct _EXP_CLASS {
    USHORT Units;  /* of 16 bytes, header included */
    USHORT Slots;  /* in a page */
    USHORT Offset; /* of the first header, in units: 3 makes blocks cache aligned */
    USHORT Reciprocal;
} EXP_CLASS;

typedef struct _EXP_HUGE { /* blocks of EXP_HUGE_PAGES and more, outside the arenas */
    LIST_ENTRY Link;
    PVOID Base;
    SIZE_T Bytes, Pages;
    ULONG Tag, Caller;
    UCHAR PoolIndex, Quota, QuotaType;
} EXP_HUGE;

enum { EXP_POOL_NX, EXP_POOL_EXECUTE, EXP_POOL_PAGED, EXP_POOL_COUNT };
extern EXP_POOL ExpPool[EXP_POOL_COUNT];
extern const EXP_CLASS ExpClass[EXP_CLASS_LIMIT];
extern LIST_ENTRY ExpHugeList;

/*
 * Pages of a pool's arena; 0 when there is no memory. The first page's descriptor is the caller's
 * to fill.
 */
ULONG ExpAllocatePageRun(EXP_POOL *Pool, ULONG Pages, UCHAR Kind);
VOID ExpFreePageRun(EXP_POOL *Pool, ULONG First, ULONG Pages);
NTSTATUS ExpInitPoolArena(EXP_POOL *Pool);

/* Allocates; NULL when there is no memory. Caller: return address of the exported routine. */
PVOID ExpAllocatePool(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, BOOLEAN Quota, PVOID Caller);
VOID ExpFreePool(PVOID Block, ULONG Tag, PVOID Caller);

/* A live or freed block, found from any address. */
typedef struct _EXP_BLOCK {
    EXP_POOL *Pool;
    PVOID Base;
    SIZE_T Bytes;
    ULONG Tag;
    ULONG Caller;
    UCHAR Quota, QuotaType;
    BOOLEAN Free;
    BOOLEAN Small;
} EXP_BLOCK;
BOOLEAN ExpFindBlock(PVOID Address, EXP_BLOCK *Block);
VOID ExpEnumerateBlocks(VOID (*Visit)(PVOID Context, const EXP_BLOCK *Block), PVOID Context);
/* Bug check 0xC2/0xA when a block is freed with another tag than it was allocated with; 0 fits all.
 */
VOID ExpCheckTag(PVOID Block, ULONG Allocated, ULONG Given);

/* ---- special.c ---- */
NTSTATUS ExpInitSpecialPool(VOID); /* after cm */
/* NULL: not for the special pool, or it has no room. */
PVOID ExpAllocateSpecial(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, PVOID Caller);
BOOLEAN ExpBillSpecial(PVOID Block,
                       UCHAR Quota); /* these: FALSE when it is not the special pool's */
BOOLEAN ExpFreeSpecial(PVOID Block, ULONG Tag, PVOID Caller);
BOOLEAN ExpFindSpecial(PVOID Address, EXP_BLOCK *Block);
VOID ExpEnumerateSpecial(VOID (*Visit)(PVOID Context, const EXP_BLOCK *Block), PVOID Context);

#define ExpCallerOffset(a)                                                              \
    ((ULONG64)(a)-HAL_IMAGE_BASE < 0xFFFFFFFFull ? (ULONG)((ULONG64)(a)-HAL_IMAGE_BASE) \
                                                 : 0xFFFFFFFFu)
#define ExpCallerAddress(o) ((PVOID)(HAL_IMAGE_BASE + (o)))

/* Counts an allocation (Bytes > 0) or a free (Bytes < 0) under its tag. */
VOID ExpCountTag(ULONG Tag, BOOLEAN Paged, LONG64 Bytes);

/*
 * Charges the current process; its index in ExpQuota, 0 for the System process, MAXULONG over the
 * limit.
 */
ULONG ExpChargeQuota(SIZE_T Bytes, BOOLEAN Paged);
VOID ExpReturnQuota(UCHAR Index, SIZE_T Bytes, BOOLEAN Paged);

/* Stops with BAD_POOL_CALLER or BAD_POOL_HEADER and a text on the block round Address. */
DECLSPEC_NORETURN VOID ExpPoolStop(ULONG Code, ULONG64 P1, ULONG64 P2, ULONG64 P3, ULONG64 P4,
                                   PVOID Address, const char *Story);

/* Live lookaside list number Index of EXP_LOOKASIDE_LISTS, or NULL. (lookaside.c) */
#define EXP_LOOKASIDE_LISTS 512u
GENERAL_LOOKASIDE_POOL *ExpLiveLookaside(ULONG Index);

#ifndef POOL_FLAG_NON_PAGED /* until include/ddk has them */
typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_USE_QUOTA 0x1ull
#define POOL_FLAG_UNINITIALIZED 0x2ull
#define POOL_FLAG_SESSION 0x4ull
#define POOL_FLAG_CACHE_ALIGNED 0x8ull
#define POOL_FLAG_RAISE_ON_FAILURE 0x20ull
#define POOL_FLAG_NON_PAGED 0x40ull
#define POOL_FLAG_NON_PAGED_EXECUTE 0x80ull
#define POOL_FLAG_PAGED 0x100ull
typedef enum _POOL_EXTENDED_PARAMETER_TYPE {
    PoolExtendedParameterInvalidType = 0,
    PoolExtendedParameterPriority,
    PoolExtendedParameterSecurePool,
    PoolExtendedParameterNumaNode,
    PoolExtendedParameterMax
} POOL_EXTENDED_PARAMETER_TYPE;
typedef struct _POOL_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : 8;
        ULONG64 Optional : 1;
        ULONG64 Reserved : 55;
    };
    union {
        ULONG64 Reserved2;
        PVOID Reserved3;
        EX_POOL_PRIORITY Priority;
        ULONG PreferredNode;
    };
} POOL_EXTENDED_PARAMETER;
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            const POOL_EXTENDED_PARAMETER *ExtendedParameters,
                            ULONG ExtendedParametersCount);
VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, const POOL_EXTENDED_PARAMETER *ExtendedParameters,
                       ULONG ExtendedParametersCount);
#endif

/* Bug checks that the DDK's list lacks. */
#ifndef DRIVER_VERIFIER_DETECTED_VIOLATION
#define DRIVER_VERIFIER_DETECTED_VIOLATION 0xC4
#endif
#ifndef KERNEL_SECURITY_CHECK_FAILURE
#define KERNEL_SECURITY_CHECK_FAILURE 0x139
#endif
#ifndef KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE
#define KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE 0x162
#endif
#ifndef KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL
#define KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL 0x192
#endif

/* Locks may not be taken above APC_LEVEL: stops with the documented code. */
VOID ExpStopOnRaisedIrql(PVOID Lock, const char *Kind);
#define ExpCheckLockIrql(Lock, Kind) \
    (KiGetPcr()->Irql > APC_LEVEL ? ExpStopOnRaisedIrql(Lock, Kind) : (VOID)0)

/* ---- waiters for locks that keep no queue of their own (push locks, resources) ---- */
typedef struct _EXP_WAITER {
    LIST_ENTRY Link; /* ExpWaiters, longest first */
    PVOID Lock;
    BOOLEAN Exclusive;
    ULONG_PTR Owner;
    KEVENT Event; /* set by who hands the lock over */
} EXP_WAITER;
/* Waits until another thread hands Lock over to this one. IRQL <= APC_LEVEL. */
VOID ExpWaitForLock(PVOID Lock, BOOLEAN Exclusive, ULONG_PTR Owner, KWAIT_REASON Reason);
/* The longest waiter for Lock, or NULL; of one kind only. */
EXP_WAITER *ExpFirstWaiter(PVOID Lock);
EXP_WAITER *ExpFirstWaiterOfKind(PVOID Lock, BOOLEAN Exclusive);
/*
 * A hand-over has two steps, since waking may switch to the woken thread: first all of the lock's
 * state is changed and the waiters are taken off the list into Granted, then they are woken (and
 * are gone).
 */
VOID ExpTakeWaiter(EXP_WAITER *Waiter, PLIST_ENTRY Granted);
VOID ExpWakeWaiters(PLIST_ENTRY Granted);

/* ---- steps of ExInitSystem ---- */

NTSTATUS ExpInitCallbacks(VOID);
NTSTATUS ExpInitWorkers(VOID);

/* ---- services' buffers and handles (handle.c) ---- */
typedef VOID EXP_INIT_OBJECT(PVOID Object, ULONG_PTR Parameter1, ULONG_PTR Parameter2);
NTSTATUS ExpProbeOut(PVOID Address, SIZE_T Bytes, KPROCESSOR_MODE Mode);
NTSTATUS ExpCopyOut(PVOID Address, const VOID *Data, SIZE_T Bytes, KPROCESSOR_MODE Mode);
NTSTATUS ExpCopyIn(PVOID Data, const VOID *Address, SIZE_T Bytes, KPROCESSOR_MODE Mode);
NTSTATUS ExpCreateHandle(POBJECT_TYPE Type, ULONG Bytes, POBJECT_ATTRIBUTES Attributes,
                         ACCESS_MASK Access, EXP_INIT_OBJECT *Init, ULONG_PTR Parameter1,
                         ULONG_PTR Parameter2, PHANDLE Result);
NTSTATUS ExpOpenHandle(POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, ACCESS_MASK Access,
                       PHANDLE Result);
NTSTATUS ExpInitEventType(VOID);
NTSTATUS ExpInitSemaphoreType(VOID);
NTSTATUS ExpInitMutantType(VOID);
NTSTATUS ExpInitTimerType(VOID);
