/* ai_driver's block map against a plain array: what is taken, what is free, the longest run and the number of runs. */
#include "tap.h"

#include "../../drivers/ai_driver/blocks.c"

#define MOST 1000u
#define TURNS 20000u

static UCHAR Plain[MOST]; /* 1: used */

static UINT32 PlainFind(UINT32 Total, UINT32 Count)
{
    UINT32 Run = 0;

    for (UINT32 i = 0; i < Total; i++) {
        Run = Plain[i] ? 0 : Run + 1;
        if (Run == Count)
            return i + 1 - Count;
    }
    return AI_NO_BLOCK;
}

static VOID PlainSummary(UINT32 Total, UINT32 *Free, UINT32 *Longest, UINT32 *Runs)
{
    UINT32 Run = 0;

    *Free = *Longest = *Runs = 0;
    for (UINT32 i = 0; i < Total; i++) {
        Run = Plain[i] ? 0 : Run + 1;
        *Free += !Plain[i];
        *Runs += Run == 1;
        *Longest = max(*Longest, Run);
    }
}

static BOOLEAN Agree(const AI_BLOCKS *Blocks, UINT32 Total)
{
    UINT32 Free, Longest, Runs;

    PlainSummary(Total, &Free, &Longest, &Runs);
    return Blocks->Free == Free && AiBlocksLargest(Blocks) == Longest && AiBlocksRuns(Blocks) == Runs;
}

/* Takes and gives at random; every answer is compared. */
static VOID Compare(UINT32 Total, ULONG Seed)
{
    AI_BLOCKS Blocks;
    UINT32 Wrong = 0, First[64] = { 0 }, Count[64] = { 0 };

    RtlZeroMemory(Plain, sizeof(Plain));
    is_status(AiBlocksInitialize(&Blocks, Total), STATUS_SUCCESS, "a map of %u blocks", Total);
    ok(Agree(&Blocks, Total), "all free");
    for (ULONG i = 0; i < TURNS; i++) {
        ULONG Slot = RtlRandomEx(&Seed) % 64;

        if (Count[Slot] != 0) {
            AiBlocksGive(&Blocks, First[Slot], Count[Slot]);
            RtlZeroMemory(Plain + First[Slot], Count[Slot]);
            Count[Slot] = 0;
        } else {
            UINT32 Wanted = 1 + RtlRandomEx(&Seed) % (RtlRandomEx(&Seed) % 8 == 0 ? Total : 20);
            UINT32 Expected = PlainFind(Total, Wanted);

            First[Slot] = AiBlocksTake(&Blocks, Wanted);
            Wrong += First[Slot] != Expected;
            if (First[Slot] != AI_NO_BLOCK && First[Slot] + Wanted <= Total) {
                Count[Slot] = Wanted;
                RtlFillMemory(Plain + First[Slot], Wanted, 1);
            }
        }
        Wrong += !Agree(&Blocks, Total);
    }
    is_ulong(Wrong, 0, "%u turns agree with the plain array", TURNS);
    AiBlocksDelete(&Blocks);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    AI_BLOCKS Blocks;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    is_status(AiBlocksInitialize(&Blocks, 0), STATUS_INVALID_PARAMETER, "no blocks");
    is_status(AiBlocksInitialize(&Blocks, AI_BLOCKS_MAX + 1), STATUS_INVALID_PARAMETER, "too many");
    Compare(1, 1);
    Compare(64, 2);
    Compare(65, 3);
    Compare(1000, 4);
    is_status(AiBlocksInitialize(&Blocks, AI_BLOCKS_MAX), STATUS_SUCCESS, "the largest map");
    is_ulong(AiBlocksTake(&Blocks, AI_BLOCKS_MAX), 0, "all of it");
    is_ulong(AiBlocksTake(&Blocks, 1), AI_NO_BLOCK, "nothing is left");
    AiBlocksGive(&Blocks, 0, AI_BLOCKS_MAX);
    is_ulong(AiBlocksRuns(&Blocks), 1, "one run again");
    is_ulong(AiBlocksTake(&Blocks, 0), AI_NO_BLOCK, "a run of no blocks");
    AiBlocksDelete(&Blocks);
    return done();
}
