/*
 * Special pool: each block alone at the end of a page, with a page that nobody may touch behind it;
 * a freed block's page is taken away until its place comes round again. So an overrun or a use
 * after free stops on the instruction that makes it. [doc: Special Pool; bug checks 0xC1, 0xCC,
 * 0xCD, 0xD5, 0xD6]
 *
 * Blocks go here whose tag was chosen (`--special-pool TAG`, or the registry's PoolTag), or, with
 * `all` ('*'), those that code outside the kernel asks for. The places are limited, as the host
 * limits mappings: what finds none, and what is larger than a page, comes from the ordinary pool
 * and is counted. Left out: blocks at the start of a page (underruns: PoolTagOverruns 0).
 */
#include "exp.h"

#define EXP_SPECIAL_PLACES 8192u /* live and freed; each has a page and its guard page */
#define EXP_SPECIAL_ALL '*'
#define PAGE_FAULT_IN_FREED_SPECIAL_POOL 0xCC
#define PAGE_FAULT_BEYOND_END_OF_ALLOCATION 0xCD
#define DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL 0xD5
#define DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION 0xD6
#define EXP_SPECIAL_FILL 0xA7u /* round the block */

enum { EXP_SPECIAL_UNUSED, EXP_SPECIAL_LIVE, EXP_SPECIAL_FREED };

typedef struct _EXP_SPECIAL {
    ULONG Tag, Caller;
    USHORT Bytes;
    UCHAR State, PoolIndex, Quota;
} EXP_SPECIAL;

static ULONG ExpSpecialTag; /* 0: off; set at boot */
static PUCHAR ExpSpecialBase;
static EXP_SPECIAL *ExpSpecialPlace;
static ULONG
    ExpSpecialNext; /* where the search for a place goes on: the longest freed comes first */
static ULONG ExpSpecialGiven, ExpSpecialMissed;

VOID ExSetSpecialPool(ULONG Tag)
{
    if (ExpSpecialBase == NULL && Tag != 0) {
        ExpSpecialPlace = ExpAllocatePool(
            NonPagedPoolNx, EXP_SPECIAL_PLACES * sizeof(*ExpSpecialPlace), 'cpSE', FALSE, NULL);
        if (ExpSpecialPlace == NULL)
            return;
        RtlZeroMemory(ExpSpecialPlace, EXP_SPECIAL_PLACES * sizeof(*ExpSpecialPlace));
        ExpSpecialBase = MmReserveSystemRange(MmRegionSpecialPool, EXP_SPECIAL_PLACES * 2);
        if (ExpSpecialBase == NULL)
            return;
    }
    ExpSpecialTag = Tag;
}

/* The switch of this run, else the registry's. [doc: Special Pool: PoolTag] A size in place of a
 * tag is not modelled. */
NTSTATUS ExpInitSpecialPool(VOID)
{
    ULONG Tag = KiLoaderBlock->special_pool;
    RTL_QUERY_REGISTRY_TABLE Query[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
         .Name = L"PoolTag",
         .EntryContext = &Tag,
         .DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE},
    };

    if (Tag == 0) /* no such value: none */
        RtlQueryRegistryValues(RTL_REGISTRY_CONTROL, L"Session Manager\\Memory Management", Query,
                               NULL, NULL);
    if (Tag > PAGE_SIZE || Tag == EXP_SPECIAL_ALL)
        ExSetSpecialPool(Tag);
    return STATUS_SUCCESS;
}

BOOLEAN ExQuerySpecialPool(PULONG Given, PULONG Missed)
{
    *Given = ExpSpecialGiven;
    *Missed = ExpSpecialMissed;
    return ExpSpecialTag != 0;
}

static PUCHAR ExpSpecialPage(ULONG Index)
{
    return ExpSpecialBase + ((SIZE_T)Index << (PAGE_SHIFT + 1));
}

static PUCHAR ExpSpecialBlock(ULONG Index)
{
    return ExpSpecialPage(Index) + PAGE_SIZE - ((ExpSpecialPlace[Index].Bytes + 15u) & ~15u);
}

/* The place that Address is in or behind; EXP_SPECIAL_PLACES: none. */
static ULONG ExpSpecialOf(PVOID Address)
{
    ULONG64 Offset = (ULONG64)Address - (ULONG64)ExpSpecialBase;

    if (ExpSpecialBase == NULL || Offset >= (ULONG64)EXP_SPECIAL_PLACES << (PAGE_SHIFT + 1))
        return EXP_SPECIAL_PLACES;
    return (ULONG)(Offset >> (PAGE_SHIFT + 1));
}

static BOOLEAN ExpIsSpecial(SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    const HAL_BOOT_MODULE *Kernel = &KiLoaderBlock->modules[0];

    if (ExpSpecialTag == 0 || Caller == NULL || Bytes > PAGE_SIZE)
        return FALSE;
    if (ExpSpecialTag == EXP_SPECIAL_ALL)
        return (ULONG64)Caller - Kernel->base >= Kernel->size_bytes;
    return ((Tag ^ ExpSpecialTag) & ~PROTECTED_POOL) == 0;
}

static ULONG ExpTakePlace(VOID)
{
    for (ULONG i = 0; i < EXP_SPECIAL_PLACES; i++) {
        ULONG Index = ExpSpecialNext;

        ExpSpecialNext = (ExpSpecialNext + 1) % EXP_SPECIAL_PLACES;
        if (ExpSpecialPlace[Index].State != EXP_SPECIAL_LIVE)
            return Index;
    }
    return EXP_SPECIAL_PLACES;
}

PVOID ExpAllocateSpecial(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    ULONG Index;
    PFN_NUMBER Frame;
    EXP_SPECIAL *Place;

    if (!ExpIsSpecial(Bytes, Tag, Caller))
        return NULL;
    Index = ExpTakePlace();
    Frame = Index < EXP_SPECIAL_PLACES ? MmAllocatePages(1) : 0;
    if (Frame == 0) {
        ExpSpecialMissed++;
        return NULL;
    }
    if (!NT_SUCCESS(MmMapPages(ExpSpecialPage(Index), Frame, 1, Pool->Prot))) {
        MmFreePages(Frame, 1);
        ExpSpecialMissed++;
        return NULL;
    }
    Place = &ExpSpecialPlace[Index];
    *Place = (EXP_SPECIAL){.Tag = Tag,
                           .Caller = ExpCallerOffset(Caller),
                           .Bytes = (USHORT)max(Bytes, 1),
                           .State = EXP_SPECIAL_LIVE,
                           .PoolIndex = Pool->Index};
    RtlFillMemory(ExpSpecialPage(Index), PAGE_SIZE, EXP_SPECIAL_FILL);
    ExpSpecialGiven++;
    return ExpSpecialBlock(Index);
}

BOOLEAN ExpBillSpecial(PVOID Block, UCHAR Quota)
{
    ULONG Index = ExpSpecialOf(Block);

    if (Index == EXP_SPECIAL_PLACES)
        return FALSE;
    ExpSpecialPlace[Index].Quota = Quota;
    return TRUE;
}

/* ---- freeing ---- */

/* The bytes before the block in its page, and the few between its end and the page's, must be as
 * they were. */
static VOID ExpCheckSpecial(ULONG Index, PUCHAR Block)
{
    PUCHAR Page = ExpSpecialPage(Index), End = Block + ExpSpecialPlace[Index].Bytes;

    for (PUCHAR At = End; At < Page + PAGE_SIZE; At++)
        if (*At != EXP_SPECIAL_FILL)
            ExpPoolStop(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)Block, (ULONG64)At, 0,
                        0x24, Block, "written past its end");
    for (PUCHAR At = Block; At-- > Page;)
        if (*At != EXP_SPECIAL_FILL)
            ExpPoolStop(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)Block, (ULONG64)At, 0,
                        0x23, Block, "written before its start");
}

BOOLEAN ExpFreeSpecial(PVOID Block, ULONG Tag, PVOID Caller)
{
    ULONG Index = ExpSpecialOf(Block);
    EXP_SPECIAL *Place = &ExpSpecialPlace[Index];
    KIRQL Irql = KiGetPcr()->Irql;
    EXP_POOL *Pool;
    PFN_NUMBER Frame;

    if (Index == EXP_SPECIAL_PLACES)
        return FALSE;
    if (Place->State != EXP_SPECIAL_LIVE)
        ExpPoolStop(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)Block, 0, 0, 0x20, Block,
                    Place->State == EXP_SPECIAL_FREED ? "freed a second time"
                                                      : "nothing is allocated there");
    if (Block != ExpSpecialBlock(Index))
        ExpPoolStop(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)Block, Place->Bytes,
                    (Place->Bytes + 15u) & ~15u, 0x21, Block,
                    "freed at an address that is not its start");
    Pool = &ExpPool[Place->PoolIndex];
    if (Irql > (Pool->Paged ? APC_LEVEL : DISPATCH_LEVEL))
        ExpPoolStop(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, Irql, Pool->Type, (ULONG64)Block, 0x31,
                    Block, "freed at too high an IRQL");
    ExpCheckTag(Block, Place->Tag, Tag);
    ExpCheckSpecial(Index, Block);
    if (Place->Quota != 0)
        ExpReturnQuota(Place->Quota, Place->Bytes, Pool->Paged);
    ExpCountTag(Place->Tag, Pool->Paged, -(LONG64)Place->Bytes - 1);
    Frame = (PFN_NUMBER)((MmGetPte(ExpSpecialPage(Index)) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT);
    MmUnmapPages(ExpSpecialPage(Index), 1);
    MmFreePages(Frame, 1);
    Place->State = EXP_SPECIAL_FREED;
    Place->Caller = ExpCallerOffset(Caller);
    return TRUE;
}

/* ---- faults and lists ---- */

ULONG ExSpecialPoolFault(PVOID Address, BOOLEAN ByKernel)
{
    ULONG Index = ExpSpecialOf(Address);

    if (Index == EXP_SPECIAL_PLACES || ExpSpecialPlace[Index].State == EXP_SPECIAL_UNUSED)
        return 0;
    if (ExpSpecialPlace[Index].State == EXP_SPECIAL_FREED)
        return ByKernel ? PAGE_FAULT_IN_FREED_SPECIAL_POOL
                        : DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL;
    return ByKernel ? PAGE_FAULT_BEYOND_END_OF_ALLOCATION
                    : DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
}

static VOID ExpReadSpecial(ULONG Index, EXP_BLOCK *Block)
{
    const EXP_SPECIAL *Place = &ExpSpecialPlace[Index];

    RtlZeroMemory(Block, sizeof(*Block));
    Block->Pool = &ExpPool[Place->PoolIndex];
    Block->Base = ExpSpecialBlock(Index);
    Block->Bytes = Place->Bytes;
    Block->Tag = Place->Tag;
    Block->Caller = Place->Caller;
    Block->Free = Place->State == EXP_SPECIAL_FREED;
}

BOOLEAN ExpFindSpecial(PVOID Address, EXP_BLOCK *Block)
{
    ULONG Index = ExpSpecialOf(Address);

    if (Index == EXP_SPECIAL_PLACES || ExpSpecialPlace[Index].State == EXP_SPECIAL_UNUSED)
        return FALSE;
    ExpReadSpecial(Index, Block);
    return TRUE;
}

VOID ExpEnumerateSpecial(VOID (*Visit)(PVOID Context, const EXP_BLOCK *Block), PVOID Context)
{
    EXP_BLOCK Block;

    for (ULONG Index = 0; ExpSpecialBase != NULL && Index < EXP_SPECIAL_PLACES; Index++) {
        if (ExpSpecialPlace[Index].State != EXP_SPECIAL_LIVE)
            continue;
        ExpReadSpecial(Index, &Block);
        Visit(Context, &Block);
    }
}
