/*
 * The pools: blocks. Small blocks (up to 4064 bytes) live in pages that hold blocks of one size,
 * each behind NT's 16-byte POOL_HEADER, and never cross a page; larger ones are whole pages and
 * page aligned [doc: ExAllocatePoolWithTag]. Three pools: nonpaged (no execute), nonpaged
 * executable, paged.
 *
 * A freed block is filled in its first 32 bytes and checked when it is given out again, so a stale
 * write shows; the bytes between what was asked for and the end of the block's slot are a guard
 * that is checked when it is freed.
 *
 * Only one context runs and nothing here is a preemption point, so there are no locks. Left out:
 * session pool (its types are the plain pools), must-succeed types (bug check, as documented). The
 * special pool is in special.c.
 */
#include "exp.h"

EXP_POOL ExpPool[EXP_POOL_COUNT];
LIST_ENTRY ExpHugeList;

#define EXP_CLASS(u, o) {u, (256 - (o)) / (u), o, (65536 + (u)-1) / (u)}
#define EXP_FIRST_ALIGNED 40
const EXP_CLASS ExpClass[EXP_CLASS_LIMIT] = {
    EXP_CLASS(2, 0), EXP_CLASS(3, 0), EXP_CLASS(4, 0), EXP_CLASS(5, 0), EXP_CLASS(6, 0),
    EXP_CLASS(7, 0), EXP_CLASS(8, 0), EXP_CLASS(9, 0), EXP_CLASS(10, 0), EXP_CLASS(11, 0),
    EXP_CLASS(12, 0), EXP_CLASS(13, 0), EXP_CLASS(14, 0), EXP_CLASS(15, 0), EXP_CLASS(16, 0),
    EXP_CLASS(17, 0), EXP_CLASS(18, 0), EXP_CLASS(19, 0), EXP_CLASS(21, 0), EXP_CLASS(23, 0),
    EXP_CLASS(25, 0), EXP_CLASS(28, 0), EXP_CLASS(32, 0), EXP_CLASS(36, 0), EXP_CLASS(42, 0),
    EXP_CLASS(51, 0), EXP_CLASS(64, 0), EXP_CLASS(85, 0), EXP_CLASS(128, 0), EXP_CLASS(255, 0),
    [EXP_FIRST_ALIGNED] = EXP_CLASS(4, 3), EXP_CLASS(8, 3), EXP_CLASS(12, 3), EXP_CLASS(16, 3),
    EXP_CLASS(32, 3), EXP_CLASS(64, 3), EXP_CLASS(124, 3),
};
static UCHAR ExpClassOfUnits[256];   /* set once by ExInitPool */
static UCHAR ExpAlignedClassOf[125]; /* set once by ExInitPool */

static VOID ExpFillClassTable(UCHAR *Table, ULONG Units, ULONG Class)
{
    for (ULONG i = 0; i < Units; i++) {
        while (ExpClass[Class].Units < i)
            Class++;
        Table[i] = (UCHAR)Class;
    }
}

static NTSTATUS ExpInitPool(ULONG Index, POOL_TYPE Type, MM_REGION Region, ULONG64 Prot)
{
    EXP_POOL *Pool = &ExpPool[Index];

    Pool->Index = (UCHAR)Index;
    Pool->Type = Type;
    Pool->Paged = Type == PagedPool;
    Pool->Region = Region;
    Pool->Prot = Prot;
    return ExpInitPoolArena(Pool);
}

NTSTATUS ExInitPool(VOID)
{
    NTSTATUS Status;

    InitializeListHead(&ExpHugeList);
    ExpFillClassTable(ExpClassOfUnits, 256, 0);
    ExpFillClassTable(ExpAlignedClassOf, 125, EXP_FIRST_ALIGNED);
    Status = ExpInitPool(EXP_POOL_NX, NonPagedPoolNx, MmRegionNonPagedPool, MM_PROT_READWRITE);
    if (NT_SUCCESS(Status))
        Status = ExpInitPool(EXP_POOL_EXECUTE, NonPagedPool, MmRegionNonPagedPool,
                             MM_PROT_EXECUTE_READWRITE);
    if (NT_SUCCESS(Status))
        Status = ExpInitPool(EXP_POOL_PAGED, PagedPool, MmRegionPagedPool, MM_PROT_READWRITE);
    return Status;
}

/* ---- small blocks ---- */

static EXP_HEADER *ExpPageHeader(EXP_POOL *Pool, ULONG Index, ULONG Units)
{
    return (EXP_HEADER *)(Pool->Base + ((ULONG64)Index << PAGE_SHIFT) + Units * 16);
}

static VOID ExpInsertPartial(EXP_POOL *Pool, ULONG Index)
{
    EXP_PAGE *Page = &Pool->Page[Index];
    ULONG *List = &Pool->Partial[Page->Class];

    Page->Previous = 0;
    Page->Next = *List;
    if (*List != 0)
        Pool->Page[*List].Previous = Index;
    *List = Index;
}

static VOID ExpRemovePartial(EXP_POOL *Pool, ULONG Index)
{
    EXP_PAGE *Page = &Pool->Page[Index];

    if (Page->Next != 0)
        Pool->Page[Page->Next].Previous = Page->Previous;
    if (Page->Previous != 0)
        Pool->Page[Page->Previous].Next = Page->Next;
    else
        Pool->Partial[Page->Class] = Page->Next;
}

static ULONG ExpAddSlab(EXP_POOL *Pool, ULONG Class)
{
    ULONG Index = ExpAllocatePageRun(Pool, 1, EXP_PAGE_SLAB);
    EXP_PAGE *Page = &Pool->Page[Index];

    if (Index == 0)
        return 0;
    Page->Class = (UCHAR)Class;
    Page->FreeHead = EXP_NONE;
    Page->Used = Page->Carved = 0;
    ExpInsertPartial(Pool, Index);
    return Index;
}

/* How much of a freed block is filled: 32 bytes, or all of a smaller one. */
static ULONG ExpFillWords(const EXP_CLASS *Class)
{
    return Class->Units > 2 ? 4 : 2;
}

static BOOLEAN ExpIsHeaderSound(const EXP_HEADER *Header, const EXP_CLASS *Class, ULONG Slot)
{
    UCHAR Previous = Slot == 0 ? 0 : (UCHAR)Class->Units;

    return Header->BlockSize == (UCHAR)Class->Units && Header->PreviousSize == Previous &&
           Header->Check == (EXP_CHECK ^ Header->BlockSize ^ Previous);
}

/* A free block is about to be given out: nobody may have written to it since it was freed. */
static VOID ExpCheckFreeBlock(EXP_HEADER *Header, const EXP_CLASS *Class, ULONG Slot)
{
    const ULONG64 *Word = (const ULONG64 *)(Header + 1);

    if (!ExpIsHeaderSound(Header, Class, Slot) || Header->PoolType != 0)
        ExpPoolStop(BAD_POOL_HEADER, 0xD, (ULONG64)Header, 0, 0, Header + 1,
                    "header changed after the block was freed");
    for (ULONG i = 0; i < ExpFillWords(Class); i++)
        if (Word[i] != EXP_FREED_FILL)
            ExpPoolStop(DRIVER_CAUGHT_MODIFYING_FREED_POOL, (ULONG64)&Word[i], 1, 0, 0, Header + 1,
                        "written to after it was freed");
}

static EXP_HEADER *ExpTakeSlot(EXP_POOL *Pool, ULONG Index, const EXP_CLASS *Class)
{
    EXP_PAGE *Page = &Pool->Page[Index];
    EXP_HEADER *Header;
    ULONG Units;

    if (Page->FreeHead != EXP_NONE) {
        Units = Page->FreeHead;
        Header = ExpPageHeader(Pool, Index, Units);
        ExpCheckFreeBlock(Header, Class, Units != Class->Offset);
        Page->FreeHead = Header->Extent;
    } else {
        Units = Class->Offset + Page->Carved * Class->Units;
        Header = ExpPageHeader(Pool, Index, Units);
        Header->PreviousSize = Page->Carved == 0 ? 0 : (UCHAR)Class->Units;
        Header->BlockSize = (UCHAR)Class->Units;
        Header->PoolIndex = Pool->Index;
        Header->Check = EXP_CHECK ^ Header->BlockSize ^ Header->PreviousSize;
        Page->Carved++;
    }
    if (++Page->Used == Class->Slots)
        ExpRemovePartial(Pool, Index);
    return Header;
}

static PVOID ExpAllocateSmall(EXP_POOL *Pool, SIZE_T Bytes, BOOLEAN Aligned, ULONG Tag,
                              PVOID Caller)
{
    ULONG Units = (ULONG)(Bytes + 31) >> 4;
    ULONG ClassIndex = Aligned ? ExpAlignedClassOf[Units] : ExpClassOfUnits[Units];
    const EXP_CLASS *Class = &ExpClass[ClassIndex];
    ULONG Index = Pool->Partial[ClassIndex];
    EXP_HEADER *Header;
    PUCHAR End;
    SIZE_T Slack;

    if (Index == 0) {
        Index = ExpAddSlab(Pool, ClassIndex);
        if (Index == 0)
            return NULL;
    }
    Header = ExpTakeSlot(Pool, Index, Class);
    Header->PoolType = (UCHAR)Pool->Paged + 1;
    Header->PoolTag = Tag;
    Header->Caller = ExpCallerOffset(Caller);
    Header->Extent = (USHORT)Bytes;
    Header->Quota = 0;
    End = (PUCHAR)(Header + 1) + Bytes;
    Slack = (SIZE_T)((PUCHAR)(Header + Class->Units) - End);
    for (SIZE_T i = 0; i < Slack && i < EXP_GUARD_BYTES; i++)
        End[i] = EXP_GUARD;
    return Header + 1;
}

/* The block after, and the guard, tell whether the driver wrote past the end. */
static VOID ExpCheckOverrun(EXP_HEADER *Header, const EXP_CLASS *Class, EXP_PAGE *Page, ULONG Slot)
{
    PUCHAR End = (PUCHAR)(Header + 1) + Header->Extent;
    EXP_HEADER *Next = Header + Class->Units;
    SIZE_T Slack = (SIZE_T)((PUCHAR)Next - End);

    for (SIZE_T i = 0; i < Slack && i < EXP_GUARD_BYTES; i++)
        if (End[i] != EXP_GUARD)
            ExpPoolStop(BAD_POOL_HEADER, 0x21, (ULONG64)(Header + 1), Header->Extent, End[i],
                        Header + 1, "written past its end");
    if (Slot + 1 < Page->Carved && !ExpIsHeaderSound(Next, Class, Slot + 1))
        ExpPoolStop(BAD_POOL_HEADER, 0x20, (ULONG64)Header, (ULONG64)Next, 0, Header + 1,
                    "the header of the block after it is damaged, most likely by writing past this "
                    "block's end");
}

static VOID ExpReleaseSlot(EXP_POOL *Pool, ULONG Index, EXP_HEADER *Header, const EXP_CLASS *Class)
{
    EXP_PAGE *Page = &Pool->Page[Index];
    ULONG64 *Word = (ULONG64 *)(Header + 1);

    Word[0] = Word[1] = EXP_FREED_FILL;
    if (Class->Units > 2)
        Word[2] = Word[3] = EXP_FREED_FILL;
    Header->PoolType = 0;
    Header->Extent = Page->FreeHead;
    Page->FreeHead = (USHORT)(((ULONG64)Header & (PAGE_SIZE - 1)) >> 4);
    if (Page->Used-- == Class->Slots)
        ExpInsertPartial(Pool, Index);
    else if (Page->Used == 0 && (Page->Next != 0 || Page->Previous != 0)) {
        ExpRemovePartial(Pool, Index);
        ExpFreePageRun(Pool, Index, 1);
    }
}

VOID ExpCheckTag(PVOID Block, ULONG Allocated, ULONG Given)
{
    if (Given != 0 && ((Given ^ Allocated) & ~PROTECTED_POOL) != 0)
        ExpPoolStop(BAD_POOL_CALLER, 0xA, (ULONG64)Block, Allocated, Given, Block,
                    "freed with another tag");
}

static VOID ExpFreeSmall(EXP_POOL *Pool, ULONG Index, PVOID Block, ULONG Tag, PVOID Caller)
{
    EXP_PAGE *Page = &Pool->Page[Index];
    const EXP_CLASS *Class = &ExpClass[Page->Class];
    EXP_HEADER *Header = (EXP_HEADER *)Block - 1;
    ULONG Units = (ULONG)((ULONG64)Header & (PAGE_SIZE - 1)) >> 4;
    ULONG Slot = ((Units - Class->Offset) * Class->Reciprocal) >> 16;

    if (((ULONG64)Block & 15) != 0 || Units < Class->Offset || Slot >= Page->Carved ||
        Slot * Class->Units + Class->Offset != Units)
        ExpPoolStop(BAD_POOL_CALLER, 0x99, (ULONG64)Block, 0, 0, Block,
                    "freed at an address that is not its start");
    if (!ExpIsHeaderSound(Header, Class, Slot))
        ExpPoolStop(
            BAD_POOL_HEADER, 7, 0, 0, (ULONG64)Header, Block,
            "its header is damaged, most likely by writing past the end of the block before it");
    if (Header->PoolType == 0)
        ExpPoolStop(BAD_POOL_CALLER, 7, 0, *(ULONG64 *)Header, (ULONG64)Block, Block,
                    "freed a second time");
    ExpCheckTag(Block, Header->PoolTag, Tag);
    ExpCheckOverrun(Header, Class, Page, Slot);
    if (Header->Quota != 0)
        ExpReturnQuota(Header->Quota, Header->Extent, Pool->Paged);
    ExpCountTag(Header->PoolTag, Pool->Paged, -(LONG64)Header->Extent - 1);
    Header->Caller = ExpCallerOffset(Caller);
    ExpReleaseSlot(Pool, Index, Header, Class);
}

/* ---- whole pages ---- */

static PVOID ExpAllocateHuge(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    EXP_HUGE *Huge = ExpAllocatePool(NonPagedPoolNx, sizeof(*Huge), 'guHE', FALSE, NULL);

    if (Huge == NULL)
        return NULL;
    Huge->Pages = BYTES_TO_PAGES(Bytes);
    Huge->Bytes = Bytes;
    Huge->Tag = Tag;
    Huge->Caller = ExpCallerOffset(Caller);
    Huge->PoolIndex = Pool->Index;
    Huge->Quota = 0;
    Huge->Base = MmAllocateSystemPages(Pool->Region, Huge->Pages, Pool->Prot);
    if (Huge->Base == NULL)
        goto FreeHuge;
    InsertTailList(&ExpHugeList, &Huge->Link);
    return Huge->Base;

FreeHuge:
    ExpFreePool(Huge, 'guHE', NULL);
    return NULL;
}

static PVOID ExpAllocateBig(EXP_POOL *Pool, SIZE_T Bytes, ULONG Tag, PVOID Caller)
{
    ULONG Pages = (ULONG)BYTES_TO_PAGES(Bytes);
    ULONG Index = ExpAllocatePageRun(Pool, Pages, EXP_PAGE_BIG);
    EXP_PAGE *Page = &Pool->Page[Index];

    if (Index == 0)
        return NULL;
    Page->Bytes = Bytes;
    Page->Tag = Tag;
    Page->Caller = ExpCallerOffset(Caller);
    Page->Quota = 0;
    return ExpPageHeader(Pool, Index, 0);
}

static VOID ExpFreeBig(EXP_POOL *Pool, ULONG Index, PVOID Block, ULONG Tag)
{
    EXP_PAGE *Page = &Pool->Page[Index];

    if (((ULONG64)Block & (PAGE_SIZE - 1)) != 0 || Page->Kind != EXP_PAGE_BIG)
        ExpPoolStop(BAD_POOL_CALLER, 0x99, (ULONG64)Block, 0, 0, Block,
                    "freed at an address that is not its start");
    ExpCheckTag(Block, Page->Tag, Tag);
    if (Page->Quota != 0)
        ExpReturnQuota(Page->Quota, Page->Bytes, Pool->Paged);
    ExpCountTag(Page->Tag, Pool->Paged, -(LONG64)Page->Bytes - 1);
    for (ULONG64 *Word = Block; Word < (ULONG64 *)Block + 4; Word++)
        *Word = EXP_FREED_FILL;
    ExpFreePageRun(Pool, Index, Page->Pages);
}

static EXP_HUGE *ExpFindHuge(PVOID Address)
{
    for (PLIST_ENTRY Link = ExpHugeList.Flink; Link != &ExpHugeList; Link = Link->Flink) {
        EXP_HUGE *Huge = CONTAINING_RECORD(Link, EXP_HUGE, Link);

        if ((ULONG64)Address - (ULONG64)Huge->Base < (ULONG64)Huge->Pages << PAGE_SHIFT)
            return Huge;
    }
    return NULL;
}

static VOID ExpFreeHuge(EXP_HUGE *Huge, PVOID Block, ULONG Tag)
{
    EXP_POOL *Pool = &ExpPool[Huge->PoolIndex];

    if (Block != Huge->Base)
        ExpPoolStop(BAD_POOL_CALLER, 0x99, (ULONG64)Block, 0, 0, Block,
                    "freed at an address that is not its start");
    ExpCheckTag(Block, Huge->Tag, Tag);
    if (Huge->Quota != 0)
        ExpReturnQuota(Huge->Quota, Huge->Bytes, Pool->Paged);
    ExpCountTag(Huge->Tag, Pool->Paged, -(LONG64)Huge->Bytes - 1);
    RemoveEntryList(&Huge->Link);
    MmFreeSystemPages(Pool->Region, Huge->Base, Huge->Pages);
    ExpFreePool(Huge, 'guHE', NULL);
}

/* ---- any block ---- */

static EXP_POOL *ExpPoolOfType(POOL_TYPE Type)
{
    if (Type & PagedPool)
        return &ExpPool[EXP_POOL_PAGED];
    return &ExpPool[Type & NonPagedPoolNx ? EXP_POOL_NX : EXP_POOL_EXECUTE];
}

static VOID ExpBillBlock(EXP_POOL *Pool, PVOID Block, SIZE_T Bytes, UCHAR Quota)
{
    ULONG64 Offset = (ULONG64)Block - Pool->Base;

    if (ExpBillSpecial(Block, Quota))
        return;
    if (Offset >= (ULONG64)EXP_ARENA_PAGES << PAGE_SHIFT)
        ExpFindHuge(Block)->Quota = Quota;
    else if (Bytes > EXP_SMALL_LIMIT || Pool->Page[Offset >> PAGE_SHIFT].Kind == EXP_PAGE_BIG)
        Pool->Page[Offset >> PAGE_SHIFT].Quota = Quota;
    else
        ((EXP_HEADER *)Block - 1)->Quota = Quota;
}

PVOID ExpAllocatePool(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, BOOLEAN Quota, PVOID Caller)
{
    EXP_POOL *Pool = ExpPoolOfType(Type);
    BOOLEAN Aligned = (Type & NonPagedPoolCacheAligned) != 0;
    KIRQL Irql = KiGetPcr()->Irql;
    ULONG QuotaIndex = 0;
    PVOID Block;

    if (Irql > (Pool->Paged ? APC_LEVEL : DISPATCH_LEVEL))
        ExpPoolStop(BAD_POOL_CALLER, 8, Irql, Type, Bytes, NULL, "allocated at too high an IRQL");
    if ((Type & 7) == NonPagedPoolMustSucceed || (Type & 7) == NonPagedPoolCacheAlignedMustS)
        ExpPoolStop(BAD_POOL_CALLER, 0x9A, Type, Bytes, Tag, NULL,
                    "must-succeed pool no longer exists");
    if (Bytes > (SIZE_T)MmTotalPageCount() << PAGE_SHIFT)
        return NULL;
    if (Quota) {
        QuotaIndex = ExpChargeQuota(Bytes, Pool->Paged);
        if (QuotaIndex == MAXULONG)
            return NULL;
    }
    Block = Aligned ? NULL : ExpAllocateSpecial(Pool, Bytes, Tag, Caller);
    if (Block != NULL)
        goto Bill;
    if (Bytes <= EXP_SMALL_LIMIT && !(Aligned && Bytes > 124 * 16 - 16))
        Block = ExpAllocateSmall(Pool, Bytes, Aligned, Tag, Caller);
    else if (Bytes < (SIZE_T)EXP_HUGE_PAGES << PAGE_SHIFT)
        Block = ExpAllocateBig(Pool, Bytes, Tag, Caller);
    else
        Block = ExpAllocateHuge(Pool, Bytes, Tag, Caller);
    if (Block == NULL)
        goto ReturnQuota;
Bill:
    if (QuotaIndex != 0)
        ExpBillBlock(Pool, Block, Bytes, (UCHAR)QuotaIndex);
    ExpCountTag(Tag, Pool->Paged, (LONG64)Bytes + 1);
    return Block;

ReturnQuota:
    if (QuotaIndex != 0)
        ExpReturnQuota((UCHAR)QuotaIndex, Bytes, Pool->Paged);
    return NULL;
}

static DECLSPEC_NORETURN VOID ExpStopOnBadFree(PVOID Block, EXP_POOL *Pool)
{
    if (MmIsUserAddress(Block) && Block != NULL)
        ExpPoolStop(BAD_POOL_CALLER, 0x40, (ULONG64)Block, HAL_SYSTEM_START, 0, NULL,
                    "a user address was freed");
    if (Pool == NULL)
        ExpPoolStop(BAD_POOL_CALLER, 0x46, (ULONG64)Block, 0, 0, NULL,
                    "the address freed is in no pool");
    ExpPoolStop(BAD_POOL_CALLER, Pool->Paged ? 0x48 : 0x44, (ULONG64)Block, 0, 0, Block,
                "nothing is allocated at the address freed: freed twice, or never allocated");
}

static EXP_POOL *ExpPoolOfAddress(PVOID Address)
{
    for (ULONG i = 0; i < EXP_POOL_COUNT; i++)
        if ((ULONG64)Address - ExpPool[i].Base < (ULONG64)EXP_ARENA_PAGES << PAGE_SHIFT)
            return &ExpPool[i];
    return NULL;
}

VOID ExpFreePool(PVOID Block, ULONG Tag, PVOID Caller)
{
    EXP_POOL *Pool = ExpPoolOfAddress(Block);
    EXP_HUGE *Huge = Pool == NULL ? ExpFindHuge(Block) : NULL;
    BOOLEAN Paged = (Pool != NULL && Pool->Paged) ||
                    (Huge != NULL && ExpPool[Huge->PoolIndex].Paged);
    KIRQL Irql = KiGetPcr()->Irql;
    ULONG Index;

    if (Pool == NULL && Huge == NULL && ExpFreeSpecial(Block, Tag, Caller))
        return;
    if (Irql > (Paged ? APC_LEVEL : DISPATCH_LEVEL))
        ExpPoolStop(BAD_POOL_CALLER, 9, Irql, Paged, (ULONG64)Block, Block,
                    "freed at too high an IRQL");
    if (Huge != NULL) {
        ExpFreeHuge(Huge, Block, Tag);
        return;
    }
    if (Pool == NULL)
        ExpStopOnBadFree(Block, NULL);
    Index = (ULONG)(((ULONG64)Block - Pool->Base) >> PAGE_SHIFT);
    if (Index == 0 || Index >= Pool->PagesInUse || Pool->Page[Index].Kind <= EXP_PAGE_FREE)
        ExpStopOnBadFree(Block, Pool);
    if (Pool->Page[Index].Kind == EXP_PAGE_SLAB)
        ExpFreeSmall(Pool, Index, Block, Tag, Caller);
    else
        ExpFreeBig(Pool, Index, Block, Tag);
}

/* ---- finding and listing blocks ---- */

static VOID ExpReadSmall(EXP_POOL *Pool, EXP_HEADER *Header, EXP_BLOCK *Block)
{
    Block->Pool = Pool;
    Block->Base = Header + 1;
    Block->Free = Header->PoolType == 0;
    Block->Bytes = Block->Free ? (SIZE_T)(Header->BlockSize - 1) * 16 : Header->Extent;
    Block->Tag = Header->PoolTag;
    Block->Caller = Header->Caller;
    Block->Small = TRUE;
}

static VOID ExpReadBig(EXP_POOL *Pool, ULONG Index, EXP_BLOCK *Block)
{
    EXP_PAGE *Page = &Pool->Page[Index];

    Block->Pool = Pool;
    Block->Base = ExpPageHeader(Pool, Index, 0);
    Block->Free = FALSE;
    Block->Bytes = Page->Bytes;
    Block->Tag = Page->Tag;
    Block->Caller = Page->Caller;
    Block->Small = FALSE;
}

static VOID ExpReadHuge(EXP_HUGE *Huge, EXP_BLOCK *Block)
{
    Block->Pool = &ExpPool[Huge->PoolIndex];
    Block->Base = Huge->Base;
    Block->Free = Block->Small = FALSE;
    Block->Bytes = Huge->Bytes;
    Block->Tag = Huge->Tag;
    Block->Caller = Huge->Caller;
}

BOOLEAN ExpFindBlock(PVOID Address, EXP_BLOCK *Block)
{
    EXP_POOL *Pool = ExpPoolOfAddress(Address);
    EXP_HUGE *Huge = Pool == NULL ? ExpFindHuge(Address) : NULL;
    const EXP_CLASS *Class;
    ULONG Index, Units, Slot;

    if (Huge != NULL) {
        ExpReadHuge(Huge, Block);
        return TRUE;
    }
    if (Pool == NULL)
        return ExpFindSpecial(Address, Block);
    Index = (ULONG)(((ULONG64)Address - Pool->Base) >> PAGE_SHIFT);
    if (Index == 0 || Index >= Pool->PagesInUse || Pool->Page[Index].Kind <= EXP_PAGE_FREE)
        return FALSE;
    if (Pool->Page[Index].Kind != EXP_PAGE_SLAB) {
        while (Pool->Page[Index].Kind == EXP_PAGE_BIG_REST)
            Index--;
        ExpReadBig(Pool, Index, Block);
        return TRUE;
    }
    Class = &ExpClass[Pool->Page[Index].Class];
    Units = (ULONG)((ULONG64)Address & (PAGE_SIZE - 1)) >> 4;
    Slot = Units < Class->Offset ? 0 : (Units - Class->Offset) / Class->Units;
    if (Slot >= Pool->Page[Index].Carved)
        return FALSE;
    ExpReadSmall(Pool, ExpPageHeader(Pool, Index, Class->Offset + Slot * Class->Units), Block);
    return TRUE;
}

static VOID ExpEnumeratePage(EXP_POOL *Pool, ULONG Index, VOID (*Visit)(PVOID, const EXP_BLOCK *),
                             PVOID Context)
{
    EXP_PAGE *Page = &Pool->Page[Index];
    const EXP_CLASS *Class = &ExpClass[Page->Class];
    EXP_BLOCK Block;

    if (Page->Kind == EXP_PAGE_BIG) {
        ExpReadBig(Pool, Index, &Block);
        Visit(Context, &Block);
    } else if (Page->Kind == EXP_PAGE_SLAB) {
        for (ULONG Slot = 0; Slot < Page->Carved; Slot++) {
            ExpReadSmall(Pool, ExpPageHeader(Pool, Index, Class->Offset + Slot * Class->Units),
                         &Block);
            if (!Block.Free)
                Visit(Context, &Block);
        }
    }
}

VOID ExpEnumerateBlocks(VOID (*Visit)(PVOID Context, const EXP_BLOCK *Block), PVOID Context)
{
    EXP_BLOCK Block;

    for (ULONG i = 0; i < EXP_POOL_COUNT; i++)
        for (ULONG Index = 1; Index < ExpPool[i].PagesInUse; Index++)
            ExpEnumeratePage(&ExpPool[i], Index, Visit, Context);
    ExpEnumerateSpecial(Visit, Context);
    for (PLIST_ENTRY Link = ExpHugeList.Flink; Link != &ExpHugeList; Link = Link->Flink) {
        ExpReadHuge(CONTAINING_RECORD(Link, EXP_HUGE, Link), &Block);
        Visit(Context, &Block);
    }
}
