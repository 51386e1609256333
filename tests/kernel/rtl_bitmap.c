/*
 * Bit maps: single bits, ranges, runs, searches with hints, against a plain array of booleans.
 */
#include "tap.h"

#define BITS 200
static ULONG Words[(BITS + 31) / 32 + 1];
static BOOLEAN Model[BITS];
static RTL_BITMAP Map;

static VOID Load(const char *Text) /* "0110": bit 0 first; the rest is clear */
{
    RtlZeroMemory(Model, sizeof(Model));
    RtlClearAllBits(&Map);
    for (ULONG i = 0; Text[i] != 0; i++) {
        if (Text[i] == '1') {
            RtlSetBit(&Map, i);
            Model[i] = TRUE;
        }
    }
}

static ULONG Differences(VOID)
{
    ULONG Bad = 0;

    for (ULONG i = 0; i < BITS; i++)
        Bad += RtlTestBit(&Map, i) != Model[i];
    return Bad;
}

static VOID TestRanges(VOID)
{
    static const struct { ULONG Start, Count; BOOLEAN Set;
    } Step[] = {
        {0, 200, TRUE}, {31, 2, FALSE}, {64, 64, FALSE}, {70, 1, TRUE},    {199, 1, FALSE},
        {0, 1, FALSE},  {5, 0, FALSE},  {96, 40, TRUE},  {127, 66, FALSE},
    };
    ULONG Set;

    Load("");
    Words[RTL_NUMBER_OF(Words) - 1] = 0xA5A5A5A5;
    for (ULONG s = 0; s < RTL_NUMBER_OF(Step); s++) {
        if (Step[s].Set)
            RtlSetBits(&Map, Step[s].Start, Step[s].Count);
        else
            RtlClearBits(&Map, Step[s].Start, Step[s].Count);
        for (ULONG i = 0; i < Step[s].Count; i++)
            Model[Step[s].Start + i] = Step[s].Set;
        is_ulong(Differences(), 0, "range %lu at %lu", Step[s].Count, Step[s].Start);
        Set = 0;
        for (ULONG i = 0; i < BITS; i++)
            Set += Model[i];
        is_ulong(RtlNumberOfSetBits(&Map), Set, "RtlNumberOfSetBits");
        is_ulong(RtlNumberOfClearBits(&Map), BITS - Set, "RtlNumberOfClearBits");
    }
    RtlClearBit(&Map, 1);
    is_bool(RtlTestBit(&Map, 1), FALSE, "RtlClearBit");
    RtlSetAllBits(&Map);
    is_ulong(RtlNumberOfSetBits(&Map), BITS, "RtlSetAllBits");
    is_hex(Words[RTL_NUMBER_OF(Words) - 1], 0xA5A5A5A5, "nothing behind the map is written");
}

static VOID TestAre(VOID)
{
    Load("00111000");
    is_bool(RtlAreBitsSet(&Map, 2, 3), TRUE, "RtlAreBitsSet");
    is_bool(RtlAreBitsSet(&Map, 2, 4), FALSE, "one too many");
    is_bool(RtlAreBitsClear(&Map, 5, BITS - 5), TRUE, "RtlAreBitsClear to the end");
    is_bool(RtlAreBitsClear(&Map, 5, BITS - 4), FALSE, "beyond the end");
    is_bool(RtlAreBitsClear(&Map, 1, 2), FALSE, "one is set");
    is_bool(RtlAreBitsSet(&Map, 0xFFFFFFFF, 2), FALSE, "a start that overflows");
}

static VOID TestFind(VOID)
{
    ULONG Start;

    Load("1101001110000");
    is_ulong(RtlFindClearBits(&Map, 1, 0), 2, "one clear bit");
    is_ulong(RtlFindClearBits(&Map, 2, 0), 4, "two clear bits");
    is_ulong(RtlFindClearBits(&Map, 3, 0), 9, "three clear bits");
    is_ulong(RtlFindClearBits(&Map, 1, 3), 4, "from a hint");
    is_ulong(RtlFindClearBits(&Map, 191, 0), 9, "all that is left");
    is_ulong(RtlFindClearBits(&Map, 192, 0), MAXULONG, "more than there is");
    is_ulong(RtlFindClearBits(&Map, 2, 199), 4, "round the end");
    is_ulong(RtlFindClearBits(&Map, 1, 100000), 2, "a hint beyond the end");
    is_ulong(RtlFindSetBits(&Map, 3, 0), 6, "RtlFindSetBits");
    is_ulong(RtlFindSetBits(&Map, 4, 0), MAXULONG, "no four set bits");
    is_ulong(RtlFindClearBitsAndSet(&Map, 2, 0), 4, "RtlFindClearBitsAndSet");
    is_bool(RtlAreBitsSet(&Map, 3, 6), TRUE, "they are set");
    is_ulong(RtlFindSetBitsAndClear(&Map, 6, 0), 3, "RtlFindSetBitsAndClear");
    is_bool(RtlAreBitsClear(&Map, 2, 100), TRUE, "they are clear");
    Load("1100100011100");
    is_ulong(RtlFindFirstRunClear(&Map, &Start), 2, "RtlFindFirstRunClear");
    is_ulong(Start, 2, "its start");
    is_ulong(RtlFindNextForwardRunClear(&Map, 4, &Start), 3, "RtlFindNextForwardRunClear");
    is_ulong(Start, 5, "its start");
    is_ulong(RtlFindNextForwardRunClear(&Map, 6, &Start), 2, "from within a run");
    is_ulong(RtlFindLastBackwardRunClear(&Map, 9, &Start), 3, "RtlFindLastBackwardRunClear");
    is_ulong(Start, 5, "its start");
    is_ulong(RtlFindLongestRunClear(&Map, &Start), BITS - 11, "RtlFindLongestRunClear");
    is_ulong(Start, 11, "its start");
    for (ULONG Bit = 31; Bit < BITS; Bit += Bit % 32 == 31 ? 1 : 31) { /* round each word's edge */
        RtlSetAllBits(&Map);
        RtlClearBit(&Map, Bit);
        is_ulong(RtlFindClearBits(&Map, 1, 0), Bit, "bit %lu alone is clear", Bit);
        is_ulong(RtlFindLongestRunClear(&Map, &Start), 1, "a run of one");
        is_ulong(Start, Bit, "at its place");
    }
    RtlSetAllBits(&Map);
    is_ulong(RtlFindLongestRunClear(&Map, &Start), 0, "no run in a full map");
    is_ulong(RtlFindNextForwardRunClear(&Map, 0, &Start), 0, "nor a next one");
    is_ulong(RtlFindClearBits(&Map, 1, 0), MAXULONG, "nor a bit");
}

static VOID TestRuns(VOID)
{
    RTL_BITMAP_RUN Runs[4];

    Load("0110001001111000010111111");
    RtlSetBits(&Map, 25, BITS - 25);
    is_ulong(RtlFindClearRuns(&Map, Runs, 4, FALSE), 4, "RtlFindClearRuns: the first");
    ok(Runs[0].StartingIndex == 0 && Runs[0].NumberOfBits == 1 && Runs[1].StartingIndex == 3 &&
           Runs[1].NumberOfBits == 3, "in order of place");
    tap_fill(&Runs);
    is_ulong(RtlFindClearRuns(&Map, Runs, 3, TRUE), 3, "RtlFindClearRuns: the longest");
    ok(Runs[0].StartingIndex == 13 && Runs[0].NumberOfBits == 4 && Runs[1].StartingIndex == 3 &&
           Runs[1].NumberOfBits == 3 && Runs[2].NumberOfBits == 2, "in order of length");
    is_hex(Runs[3].NumberOfBits, 0xA5A5A5A5, "not more than asked for");
    is_ulong(RtlFindClearRuns(&Map, Runs, 0, TRUE), 0, "no room");
}

static VOID TestSignificant(VOID)
{
    is_long(RtlFindMostSignificantBit(0), -1, "no bit");
    is_long(RtlFindLeastSignificantBit(0), -1, "no bit");
    is_long(RtlFindMostSignificantBit(0x8000000000000001), 63, "the highest");
    is_long(RtlFindLeastSignificantBit(0x8000000000000000), 63, "the lowest");
    is_long(RtlFindLeastSignificantBit(12), 2, "the lowest of two");
    is_ulong(RtlNumberOfSetBitsUlongPtr(0xF00000000000000F), 8, "RtlNumberOfSetBitsUlongPtr");
}

static VOID TestAll(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    TestRanges();
    TestAre();
    TestFind();
    TestRuns();
    TestSignificant();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_fill(&Map);
    RtlInitializeBitMap(&Map, Words, BITS);
    ok(Map.SizeOfBitMap == BITS && Map.Buffer == Words, "RtlInitializeBitMap");
    tap_at_levels(TAP_ALL_LEVELS, TestAll, NULL, "bit maps");
    return done();
}
