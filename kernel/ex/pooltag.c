/*
 * What the pools know about their users: use by tag, use by calling code, quotas by process, and
 * the texts of reports. Left out: tags beyond the table's size share one entry, 'Ovfl'.
 */
#include "exp.h"

#include "../ps/ps.h"
#include "../rtl/rtl.h"

#define EXP_TAGS 1024u

typedef struct _EXP_TAG {
    ULONG Tag; /* 0: unused */
    ULONG Spare;
    ULONG64 Allocs[2], Frees[2], Bytes[2]; /* by paged */
} EXP_TAG;
static EXP_TAG ExpTag[EXP_TAGS];
static ULONG ExpTagsUsed;

static EXP_TAG *ExpFindTag(ULONG Tag)
{
    ULONG Key = Tag == 0 ? 'enoN' : Tag;
    ULONG Slot = (Key * 0x9E3779B1u) >> 22;

    while (ExpTag[Slot].Tag != Key) {
        if (ExpTag[Slot].Tag == 0) {
            if (ExpTagsUsed >= EXP_TAGS - 8 && Key != 'lfvO')
                return ExpFindTag('lfvO');
            ExpTag[Slot].Tag = Key;
            ExpTagsUsed++;
            break;
        }
        Slot = (Slot + 1) % EXP_TAGS;
    }
    return &ExpTag[Slot];
}

/* Bytes is off by one away from zero, so that a block of no bytes counts too. */
VOID ExpCountTag(ULONG Tag, BOOLEAN Paged, LONG64 Bytes)
{
    EXP_TAG *Use = ExpFindTag(Tag);

    if (Bytes > 0) {
        Use->Allocs[Paged]++;
        Use->Bytes[Paged] += (ULONG64)(Bytes - 1);
    } else {
        Use->Frees[Paged]++;
        Use->Bytes[Paged] -= (ULONG64)(-Bytes - 1);
    }
}

VOID ExEnumeratePoolTags(VOID (*Visit)(PVOID Context, const EX_POOL_TAG_USE *Use), PVOID Context)
{
    for (ULONG i = 0; i < EXP_TAGS; i++)
        for (UCHAR Paged = 0; Paged < 2; Paged++)
            if (ExpTag[i].Allocs[Paged] != 0) {
                EX_POOL_TAG_USE Use = {ExpTag[i].Tag, Paged, ExpTag[i].Allocs[Paged],
                                       ExpTag[i].Frees[Paged], ExpTag[i].Bytes[Paged]};
                Visit(Context, &Use);
            }
}

/* ---- use by caller ---- */

typedef struct _EXP_CALLER_RANGE {
    ULONG64 Start, End;
    EX_POOL_LEFT *Left;
} EXP_CALLER_RANGE;

static VOID ExpNoteLeft(EX_POOL_LEFT *Left, PVOID Caller, ULONG Tag, SIZE_T Bytes)
{
    ULONG i = 0;

    Left->Blocks++;
    Left->Bytes += Bytes;
    while (i < Left->Sites && (Left->Site[i].Caller != Caller || Left->Site[i].Tag != Tag))
        i++;
    if (i == EX_POOL_SITES)
        return;
    if (i == Left->Sites)
        Left->Site[Left->Sites++] = (EX_POOL_SITE){Caller, Tag, 0, 0};
    Left->Site[i].Blocks++;
    Left->Site[i].Bytes += Bytes;
}

static VOID ExpVisitCaller(PVOID Context, const EXP_BLOCK *Block)
{
    EXP_CALLER_RANGE *Range = Context;
    ULONG64 Caller = (ULONG64)ExpCallerAddress(Block->Caller);

    if (Caller >= Range->Start && Caller < Range->End)
        ExpNoteLeft(Range->Left, (PVOID)Caller, Block->Tag, Block->Bytes);
}

VOID ExFindPoolOfCaller(PVOID Start, PVOID End, EX_POOL_LEFT *Left)
{
    EXP_CALLER_RANGE Range = {(ULONG64)Start, (ULONG64)End, Left};

    RtlZeroMemory(Left, sizeof(*Left));
    ExpEnumerateBlocks(ExpVisitCaller, &Range);
}

VOID ExTagText(ULONG Tag, char Text[5])
{
    for (ULONG i = 0; i < 4; i++) {
        char Byte = (char)(Tag >> 8 * i);
        Text[i] = Byte >= ' ' && Byte <= '~' ? Byte : '.';
    }
    Text[4] = '\0';
}

static VOID ExpLog(const char *Format, ...)
{
    char Line[256];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnprintf(Line, sizeof(Line) - 1, Format, Arguments);
    va_end(Arguments);
    Line[sizeof(Line) - 1] = '\0';
    HAL->write(PsLogStream(), (ULONG64)Line, strlen(Line), KeVirtualTime());
}

VOID ExLogPoolLeft(PCUNICODE_STRING Name, PVOID Base, SIZE_T Bytes)
{
    static EX_POOL_LEFT Left; /* images are unloaded one at a time */

    ExFindPoolOfCaller(Base, (PUCHAR)Base + Bytes, &Left);
    if (Left.Blocks != 0)
        ExpLog("%wZ is unloaded and has left %lu pool block%s with %Iu bytes\n", Name, Left.Blocks,
               Left.Blocks == 1 ? "" : "s", Left.Bytes);
    for (ULONG i = 0; i < Left.Sites; i++) {
        char Tag[5];

        ExTagText(Left.Site[i].Tag, Tag);
        ExpLog("%wZ: %lu of tag '%s' with %Iu bytes, allocated by %wZ+%#Ix\n", Name,
               Left.Site[i].Blocks, Tag, Left.Site[i].Bytes, Name,
               (ULONG64)Left.Site[i].Caller - (ULONG64)Base);
    }
}

/* ---- quotas ---- */

#define EXP_QUOTAS 256u

typedef struct _EXP_QUOTA {
    PEPROCESS Process; /* NULL: unused */
    ULONG Blocks;
    SIZE_T Bytes[2];
} EXP_QUOTA;
static EXP_QUOTA ExpQuota[EXP_QUOTAS]; /* [0] is not used */

static ULONG ExpFindQuota(PEPROCESS Process)
{
    ULONG Empty = 0;

    for (ULONG i = 1; i < EXP_QUOTAS; i++) {
        if (ExpQuota[i].Process == Process)
            return i;
        if (ExpQuota[i].Process == NULL && Empty == 0)
            Empty = i;
    }
    if (Empty != 0)
        ExpQuota[Empty].Process = Process;
    return Empty;
}

ULONG ExpChargeQuota(SIZE_T Bytes, BOOLEAN Paged)
{
    PEPROCESS Process = PsGetCurrentProcess();
    SIZE_T Limit = (SIZE_T)MmTotalPageCount() << (PAGE_SHIFT - 1);
    ULONG Index;

    if (Process == PsInitialSystemProcess)
        return 0;
    Index = ExpFindQuota(Process);
    if (Index == 0 || ExpQuota[Index].Bytes[Paged] + Bytes > Limit)
        return MAXULONG;
    ExpQuota[Index].Bytes[Paged] += Bytes;
    ExpQuota[Index].Blocks++;
    return Index;
}

VOID ExpReturnQuota(UCHAR Index, SIZE_T Bytes, BOOLEAN Paged)
{
    EXP_QUOTA *Quota = &ExpQuota[Index];

    DD_ASSERT(Quota->Blocks != 0);
    Quota->Bytes[Paged] -= Bytes;
    if (--Quota->Blocks == 0)
        Quota->Process = NULL;
}

/* ---- reports ---- */

BOOLEAN ExDescribePool(PVOID Address, char *Text, SIZE_T TextBytes)
{
    EXP_BLOCK Block;
    char Tag[5];

    if (!ExpFindBlock(Address, &Block))
        return FALSE;
    ExTagText(Block.Tag, Tag);
    _snprintf(Text, TextBytes,
              "%s pool block %p, %Iu bytes, tag '%s'%s, offset %Iu, %s by code at %p",
              Block.Pool->Paged ? "paged" : "nonpaged", Block.Base, Block.Bytes, Tag,
              Block.Free ? ", freed" : "", (SIZE_T)((ULONG64)Address - (ULONG64)Block.Base),
              Block.Free ? "freed" : "allocated", ExpCallerAddress(Block.Caller));
    Text[TextBytes - 1] = 0;
    return TRUE;
}

VOID ExpPoolStop(ULONG Code, ULONG64 P1, ULONG64 P2, ULONG64 P3, ULONG64 P4, PVOID Address,
                 const char *Story)
{
    char Text[256];

    if (Address != NULL && ExDescribePool(Address, Text, sizeof(Text)))
        KeSetBugCheckText("%s: %s", Text, Story);
    else
        KeSetBugCheckText("pool: %s", Story);
    KeBugCheckEx(Code, P1, P2, P3, P4);
    __builtin_unreachable();
}
