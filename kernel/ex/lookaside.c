/*
 * Lookaside lists. Drivers allocate and free through inlines that work on the structure (facts of
 * its layout are asserted), so what is here fills it and empties it. Left out: NT's balance manager
 * adjusts Depth over time; here it stays at the minimum NT starts with.
 */
#include "exp.h"

DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, Depth, 0x10);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, TotalAllocates, 0x14);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, Type, 0x24);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, Tag, 0x28);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, Size, 0x2c);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, Allocate, 0x30);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, Free, 0x38);
DD_STATIC_ASSERT_OFFSET(GENERAL_LOOKASIDE, ListEntry, 0x40);
DD_STATIC_ASSERT_SIZE(NPAGED_LOOKASIDE_LIST, 0x80);
DD_STATIC_ASSERT_SIZE(LOOKASIDE_LIST_EX, 0x60);

#define EXP_LOOKASIDE_DEPTH 4
#define EXP_LOOKASIDE_MAXIMUM 256

#define EXP_LOOKASIDE_RAISE_ON_FAIL 1u
#define EXP_LOOKASIDE_FAIL_NO_RAISE 2u

static PVOID NTAPI ExpLookasideAllocateEx(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag,
                                          PLOOKASIDE_LIST_EX Lookaside)
{
    PVOID Block;

    UNREFERENCED_PARAMETER(Lookaside);
    Block = ExpAllocatePool(
        Type & ~(POOL_RAISE_IF_ALLOCATION_FAILURE | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE), Bytes, Tag,
        FALSE, __builtin_return_address(0));
    if (Block == NULL && (Type & POOL_RAISE_IF_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Block;
}

static VOID NTAPI ExpLookasideFreeEx(PVOID Block, PLOOKASIDE_LIST_EX Lookaside)
{
    UNREFERENCED_PARAMETER(Lookaside);
    ExpFreePool(Block, 0, __builtin_return_address(0));
}

/* ---- the live lists, for system information ---- */

/*
 * Kept apart from the lists, which lie in drivers' memory and may go without being deleted: what an entry points to
 * counts only while its links, which ExpFillLookaside made point to themselves, still do. PASSIVE_LEVEL to look.
 */
static GENERAL_LOOKASIDE_POOL *ExpLookaside[EXP_LOOKASIDE_LISTS];

GENERAL_LOOKASIDE_POOL *ExpLiveLookaside(ULONG Index)
{
    GENERAL_LOOKASIDE_POOL *L = ExpLookaside[Index];

    if (L == NULL || !MmIsRangeAccessible(L, sizeof(*L), FALSE) ||
        L->ListEntry.Flink != &L->ListEntry || L->ListEntry.Blink != &L->ListEntry)
        return NULL;
    return L;
}

/* The first free slot; when all are taken the list is simply not shown. */
static VOID ExpNoteLookaside(GENERAL_LOOKASIDE_POOL *L)
{
    ULONG Free = EXP_LOOKASIDE_LISTS;

    for (ULONG i = 0; i < EXP_LOOKASIDE_LISTS; i++) {
        if (ExpLookaside[i] == L)
            return;
        if (Free == EXP_LOOKASIDE_LISTS && ExpLookaside[i] == NULL)
            Free = i;
    }
    if (Free != EXP_LOOKASIDE_LISTS)
        ExpLookaside[Free] = L;
}

static VOID ExpForgetLookaside(GENERAL_LOOKASIDE_POOL *L)
{
    for (ULONG i = 0; i < EXP_LOOKASIDE_LISTS; i++)
        if (ExpLookaside[i] == L)
            ExpLookaside[i] = NULL;
}

/* ---- making and deleting ---- */

/* A list that was deleted gives nothing. */
static PVOID NTAPI ExpLookasideAllocateDeleted(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Type);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Tag);
    return NULL;
}

/* The fields that all three kinds share; GENERAL_LOOKASIDE_POOL is the front of GENERAL_LOOKASIDE.
 */
static VOID ExpFillLookaside(GENERAL_LOOKASIDE_POOL *L, ULONG Type, SIZE_T Size, ULONG Tag)
{
    RtlZeroMemory(L, sizeof(*L));
    InitializeSListHead(&L->ListHead);
    L->Depth = EXP_LOOKASIDE_DEPTH;
    L->MaximumDepth = EXP_LOOKASIDE_MAXIMUM;
    L->Type = Type;
    L->Tag = Tag;
    L->Size = (ULONG)(Size < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : Size);
    InitializeListHead(&L->ListEntry);
    ExpNoteLookaside(L);
}

static VOID ExpInitializeLookaside(GENERAL_LOOKASIDE *L, PALLOCATE_FUNCTION Allocate,
                                   PFREE_FUNCTION Free, ULONG Type, SIZE_T Size, ULONG Tag)
{
    RtlZeroMemory(L, sizeof(*L));
    ExpFillLookaside((GENERAL_LOOKASIDE_POOL *)L, Type, Size, Tag);
    L->Allocate = Allocate != NULL ? Allocate : ExAllocatePoolWithTag;
    L->Free = Free != NULL ? Free : ExFreePool;
}

NT_EXPORT(ExInitializeNPagedLookasideList);
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
                                           PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                           ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    UNREFERENCED_PARAMETER(Depth); /* reserved [doc] */
    ExpInitializeLookaside(&Lookaside->L, Allocate, Free, NonPagedPool | Flags, Size, Tag);
}

NT_EXPORT(ExInitializePagedLookasideList);
VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside,
                                          PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                          ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    UNREFERENCED_PARAMETER(Depth);
    ExpInitializeLookaside(&Lookaside->L, Allocate, Free, PagedPool | Flags, Size, Tag);
}

static VOID ExpDeleteLookaside(GENERAL_LOOKASIDE *L)
{
    PSLIST_ENTRY Entry = ExpInterlockedFlushSList(&L->ListHead);

    while (Entry != NULL) {
        PSLIST_ENTRY Next = Entry->Next;

        L->Free(Entry);
        Entry = Next;
    }
    ExpForgetLookaside((GENERAL_LOOKASIDE_POOL *)L);
    L->Allocate = ExpLookasideAllocateDeleted;
    L->Depth = 0;
}

NT_EXPORT(ExDeleteNPagedLookasideList);
VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    ExpDeleteLookaside(&Lookaside->L);
}

NT_EXPORT(ExDeletePagedLookasideList);
VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    ExpDeleteLookaside(&Lookaside->L);
}

NT_EXPORT(ExInitializeLookasideListEx);
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside,
                                           PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free,
                                           POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag,
                                           USHORT Depth)
{
    ULONG Type = PoolType;

    if (Depth != 0)
        return STATUS_INVALID_PARAMETER_8;
    if ((Flags & ~(EXP_LOOKASIDE_RAISE_ON_FAIL | EXP_LOOKASIDE_FAIL_NO_RAISE)) != 0 ||
        Flags == (EXP_LOOKASIDE_RAISE_ON_FAIL | EXP_LOOKASIDE_FAIL_NO_RAISE))
        return STATUS_INVALID_PARAMETER_5;
    if (Flags & EXP_LOOKASIDE_RAISE_ON_FAIL)
        Type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    if (Flags & EXP_LOOKASIDE_FAIL_NO_RAISE)
        Type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    ExpFillLookaside(&Lookaside->L, Type, Size, Tag);
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : ExpLookasideAllocateEx;
    Lookaside->L.FreeEx = Free != NULL ? Free : ExpLookasideFreeEx;
    return STATUS_SUCCESS;
}

NT_EXPORT(ExFlushLookasideListEx);
VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    PSLIST_ENTRY Entry = ExpInterlockedFlushSList(&Lookaside->L.ListHead);

    while (Entry != NULL) {
        PSLIST_ENTRY Next = Entry->Next;

        Lookaside->L.FreeEx(Entry, Lookaside);
        Entry = Next;
    }
}

NT_EXPORT(ExDeleteLookasideListEx);
VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExFlushLookasideListEx(Lookaside);
    ExpForgetLookaside(&Lookaside->L);
    Lookaside->L.Depth = 0;
}
