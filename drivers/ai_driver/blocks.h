/*
 * The block map of the pinned pool: which of up to AI_BLOCKS_MAX blocks are used. Taking a run and giving one back cost
 * O(log n) plus one step for each 64 blocks of the run, however full and fragmented the map is; the largest free run and the
 * number of free runs are always known. The caller serialises; any IRQL.
 */
#pragma once

#include <ntddk.h>

#define AI_BLOCKS_MAX (1u << 20) /* 4 GiB of 4 KiB */
#define AI_NO_BLOCK 0xFFFFFFFFu

typedef struct AI_BLOCK_NODE { /* of a stretch of blocks; in blocks */
    UINT32 Prefix;  /* free ones at its start */
    UINT32 Suffix;  /* at its end */
    UINT32 Longest; /* longest free run within */
    UINT32 Runs;    /* maximal free runs within */
} AI_BLOCK_NODE;

typedef struct AI_BLOCKS {
    UINT32 Total;
    UINT32 Free;
    UINT32 Leaves;       /* power of two; a leaf is a word of 64 blocks */
    UINT64 *Used;        /* Leaves words; set: used, or past Total */
    AI_BLOCK_NODE *Node; /* 2 * Leaves: 1 is the root, Leaves + i leaf i */
} AI_BLOCKS;

/* STATUS_INSUFFICIENT_RESOURCES; STATUS_INVALID_PARAMETER for 0 or too many. <= DISPATCH_LEVEL. */
_Must_inspect_result_ NTSTATUS AiBlocksInitialize(_Out_ AI_BLOCKS *Blocks, _In_ UINT32 Total);
VOID AiBlocksDelete(_Inout_ AI_BLOCKS *Blocks);
/* The first block of the first free run of Count blocks, now used; AI_NO_BLOCK when there is none. */
UINT32 AiBlocksTake(_Inout_ AI_BLOCKS *Blocks, _In_ UINT32 Count);
/* Count blocks from First, all used, are free again. */
VOID AiBlocksGive(_Inout_ AI_BLOCKS *Blocks, _In_ UINT32 First, _In_ UINT32 Count);
FORCEINLINE UINT32 AiBlocksLargest(_In_ const AI_BLOCKS *Blocks) { return Blocks->Node[1].Longest; }
FORCEINLINE UINT32 AiBlocksRuns(_In_ const AI_BLOCKS *Blocks) { return Blocks->Node[1].Runs; }
