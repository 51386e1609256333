/*
 * A segment tree over a bit map. Each node knows the free runs at its ends and the longest within, so the first run that is
 * long enough is found from the root without looking at any block.
 */
#include "blocks.h"

#define AI_TAG_BLOCKS 'BiAA'
#define AI_WORD_BLOCKS 64u

/* ---- nodes ---- */

static UINT32 AiTrailingZeros(_In_ UINT64 Word)
{
    ULONG Index;

    return BitScanForward64(&Index, Word) ? Index : AI_WORD_BLOCKS;
}

static UINT32 AiLeadingZeros(_In_ UINT64 Word)
{
    ULONG Index;

    return BitScanReverse64(&Index, Word) ? AI_WORD_BLOCKS - 1 - Index : AI_WORD_BLOCKS;
}

/* Bits that start a run of zeros: zero here, one (or the edge) before. */
static UINT32 AiCountRuns(_In_ UINT64 Used)
{
    UINT64 Starts = ~Used & ((Used << 1) | 1);
    UINT32 Count = 0;

    for (; Starts != 0; Starts &= Starts - 1)
        Count++;
    return Count;
}

/* The longest run of zeros: after n turns a bit of Free is left where n + 1 zeros begin. */
static UINT32 AiLongestRun(_In_ UINT64 Used)
{
    UINT64 Free = ~Used;
    UINT32 Count = 0;

    for (; Free != 0; Free &= Free >> 1)
        Count++;
    return Count;
}

static VOID AiSummarizeLeaf(_Inout_ AI_BLOCKS *Blocks, _In_ UINT32 Leaf)
{
    AI_BLOCK_NODE *Node = &Blocks->Node[Blocks->Leaves + Leaf];
    UINT64 Used = Blocks->Used[Leaf];

    Node->Prefix = AiTrailingZeros(Used);
    Node->Suffix = AiLeadingZeros(Used);
    Node->Longest = AiLongestRun(Used);
    Node->Runs = AiCountRuns(Used);
}

/* Half: blocks of each of the two nodes below. */
static VOID AiSummarizeNode(_Inout_ AI_BLOCKS *Blocks, _In_ UINT32 Index, _In_ UINT32 Half)
{
    const AI_BLOCK_NODE *Left = &Blocks->Node[(SIZE_T)2 * Index], *Right = Left + 1;
    AI_BLOCK_NODE *Node = &Blocks->Node[Index];
    UINT32 Middle = Left->Suffix + Right->Prefix;

    Node->Prefix = Left->Prefix == Half ? Half + Right->Prefix : Left->Prefix;
    Node->Suffix = Right->Suffix == Half ? Half + Left->Suffix : Right->Suffix;
    Node->Longest = max(Middle, max(Left->Longest, Right->Longest));
    Node->Runs = Left->Runs + Right->Runs - (Left->Suffix != 0 && Right->Prefix != 0 ? 1 : 0);
}

/* All nodes above the leaves FirstLeaf..LastLeaf. */
static VOID AiSummarizeAbove(_Inout_ AI_BLOCKS *Blocks, _In_ UINT32 FirstLeaf, _In_ UINT32 LastLeaf)
{
    UINT32 First = (Blocks->Leaves + FirstLeaf) / 2, Last = (Blocks->Leaves + LastLeaf) / 2;

    for (UINT32 Half = AI_WORD_BLOCKS; First != 0; First /= 2, Last /= 2, Half *= 2)
        for (UINT32 Index = First; Index <= Last; Index++)
            AiSummarizeNode(Blocks, Index, Half);
}

/* ---- the map ---- */

NTSTATUS AiBlocksInitialize(AI_BLOCKS *Blocks, UINT32 Total)
{
    RtlZeroMemory(Blocks, sizeof(*Blocks));
    if (Total == 0 || Total > AI_BLOCKS_MAX)
        return STATUS_INVALID_PARAMETER;
    for (Blocks->Leaves = 1; Blocks->Leaves * AI_WORD_BLOCKS < Total; Blocks->Leaves *= 2)
        ;
    Blocks->Used = ExAllocatePoolZero(NonPagedPoolNx, Blocks->Leaves * sizeof(UINT64), AI_TAG_BLOCKS);
    Blocks->Node = ExAllocatePoolZero(NonPagedPoolNx, sizeof(AI_BLOCK_NODE) * 2 * Blocks->Leaves, AI_TAG_BLOCKS);
    if (Blocks->Used == NULL || Blocks->Node == NULL) {
        AiBlocksDelete(Blocks);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlFillMemory(Blocks->Used, Blocks->Leaves * sizeof(UINT64), 0xFF);
    for (UINT32 Leaf = 0; Leaf < Blocks->Leaves; Leaf++)
        AiSummarizeLeaf(Blocks, Leaf);
    Blocks->Total = Total;
    AiBlocksGive(Blocks, 0, Total); /* also makes the nodes above */
    return STATUS_SUCCESS;
}

VOID AiBlocksDelete(AI_BLOCKS *Blocks)
{
    if (Blocks->Used != NULL)
        ExFreePoolWithTag(Blocks->Used, AI_TAG_BLOCKS);
    if (Blocks->Node != NULL)
        ExFreePoolWithTag(Blocks->Node, AI_TAG_BLOCKS);
    RtlZeroMemory(Blocks, sizeof(*Blocks));
}

/* Sets or clears the bits of a run, then brings the tree in line. */
static VOID AiBlocksMark(_Inout_ AI_BLOCKS *Blocks, _In_ UINT32 First, _In_ UINT32 Count, _In_ BOOLEAN Used)
{
    UINT32 FirstLeaf = First / AI_WORD_BLOCKS, LastLeaf = (First + Count - 1) / AI_WORD_BLOCKS;

    for (UINT32 Leaf = FirstLeaf; Leaf <= LastLeaf; Leaf++) {
        UINT32 Low = Leaf == FirstLeaf ? First % AI_WORD_BLOCKS : 0;
        UINT32 High = Leaf == LastLeaf ? (First + Count - 1) % AI_WORD_BLOCKS : AI_WORD_BLOCKS - 1;
        UINT64 Mask = (~0ull >> (AI_WORD_BLOCKS - 1 - (High - Low))) << Low;

        NT_ASSERT(Used ? (Blocks->Used[Leaf] & Mask) == 0 : (Blocks->Used[Leaf] & Mask) == Mask);
        if (Used)
            Blocks->Used[Leaf] |= Mask;
        else
            Blocks->Used[Leaf] &= ~Mask;
        AiSummarizeLeaf(Blocks, Leaf);
    }
    AiSummarizeAbove(Blocks, FirstLeaf, LastLeaf);
}

/* The first bit of the first run of Count zeros of a word that has one. */
static UINT32 AiFindInWord(_In_ UINT64 Used, _In_ UINT32 Count)
{
    UINT64 Free = ~Used;

    for (UINT32 Length = 1; Length < Count; Length++)
        Free &= Free >> 1;
    return AiTrailingZeros(Free);
}

/* Goes down to where the first long enough run begins; it may begin in the left half and end in the right one. */
static UINT32 AiFindRun(_In_ const AI_BLOCKS *Blocks, _In_ UINT32 Count)
{
    UINT32 Index = 1, Start = 0, Half = Blocks->Leaves * AI_WORD_BLOCKS / 2;

    for (; Index < Blocks->Leaves; Half /= 2) {
        const AI_BLOCK_NODE *Left = &Blocks->Node[(SIZE_T)2 * Index], *Right = Left + 1;

        if (Left->Longest >= Count) {
            Index = 2 * Index;
        } else if (Left->Suffix + Right->Prefix >= Count) {
            return Start + Half - Left->Suffix;
        } else {
            Index = 2 * Index + 1;
            Start += Half;
        }
    }
    return Start + AiFindInWord(Blocks->Used[Index - Blocks->Leaves], Count);
}

UINT32 AiBlocksTake(AI_BLOCKS *Blocks, UINT32 Count)
{
    UINT32 First;

    if (Count == 0 || Count > AiBlocksLargest(Blocks))
        return AI_NO_BLOCK;
    First = AiFindRun(Blocks, Count);
    AiBlocksMark(Blocks, First, Count, TRUE);
    Blocks->Free -= Count;
    return First;
}

VOID AiBlocksGive(AI_BLOCKS *Blocks, UINT32 First, UINT32 Count)
{
    NT_ASSERT(Count != 0 && First < Blocks->Total && Count <= Blocks->Total - First);
    AiBlocksMark(Blocks, First, Count, FALSE);
    Blocks->Free += Count;
}
