/*
 * Map control blocks: runs, holes, joining, conflicts, removal, truncation, splits, against a plain
 * array.
 */
#include "tap.h"

#define SECTORS 64
static LONGLONG Model[SECTORS]; /* logical sector, -1: none */

static VOID IsRuns(PLARGE_MCB Mcb, const LONGLONG (*Runs)[3], ULONG Count, const char *Text)
{
    is_ulong(FsRtlNumberOfRunsInLargeMcb(Mcb), Count, "%s: runs", Text);
    for (ULONG i = 0; i < Count; i++) {
        LONGLONG Vbn = 77, Lbn = 77, Sectors = 77;
        is_bool(FsRtlGetNextLargeMcbEntry(Mcb, i, &Vbn, &Lbn, &Sectors), TRUE, "%s: run %lu", Text,
                i);
        ok(Vbn == Runs[i][0] && Lbn == Runs[i][1] && Sectors == Runs[i][2], "%s: %lld %lld %lld",
           Text, Vbn, Lbn, Sectors);
    }
}

static VOID TestRuns(PLARGE_MCB Mcb)
{
    static const LONGLONG One[][3] = {{0, 100, 10}};
    static const LONGLONG Joined[][3] = {{0, 100, 20}};
    static const LONGLONG Hole[][3] = {{0, 100, 20}, {20, -1, 10}, {30, 500, 5}};
    static const LONGLONG Removed[][3] = {
        {0, 100, 5}, {5, -1, 5}, {10, 110, 10}, {20, -1, 10}, {30, 500, 5}};
    static const LONGLONG Split[][3] = {{0, 100, 5},  {5, -1, 5},   {10, 110, 5}, {15, -1, 3},
                                        {18, 115, 5}, {23, -1, 10}, {33, 500, 5}};
    static const LONGLONG Cut[][3] = {{0, 100, 5}, {5, -1, 5}, {10, 110, 2}};
    LONGLONG Vbn, Lbn, Count, Start, Whole;
    ULONG Index;

    is_ulong(FsRtlNumberOfRunsInLargeMcb(Mcb), 0, "an empty map");
    is_bool(FsRtlLookupLargeMcbEntry(Mcb, 0, &Lbn, NULL, NULL, NULL, NULL), FALSE, "nothing at 0");
    is_bool(FsRtlLookupLastLargeMcbEntry(Mcb, &Vbn, &Lbn), FALSE, "no last one");
    is_bool(FsRtlAddLargeMcbEntry(Mcb, 0, 100, 10), TRUE, "add");
    IsRuns(Mcb, One, 1, "one");
    is_bool(FsRtlAddLargeMcbEntry(Mcb, 10, 110, 10), TRUE, "add what goes on");
    IsRuns(Mcb, Joined, 1, "joined");
    is_bool(FsRtlAddLargeMcbEntry(Mcb, 5, 105, 10), TRUE, "add the same again");
    IsRuns(Mcb, Joined, 1, "unchanged");
    is_bool(FsRtlAddLargeMcbEntry(Mcb, 15, 300, 10), FALSE, "add another place for it");
    IsRuns(Mcb, Joined, 1, "still unchanged");
    is_bool(FsRtlAddLargeMcbEntry(Mcb, 30, 500, 5), TRUE, "add behind a gap");
    IsRuns(Mcb, Hole, 3, "a hole");
    is_bool(FsRtlLookupLargeMcbEntry(Mcb, 12, &Lbn, &Count, &Start, &Whole, &Index), TRUE,
            "look up");
    ok(Lbn == 112 && Count == 8 && Start == 100 && Whole == 20 && Index == 0, "all of it");
    is_bool(FsRtlLookupLargeMcbEntry(Mcb, 25, &Lbn, &Count, NULL, NULL, &Index), TRUE,
            "look up in a hole");
    ok(Lbn == -1 && Count == 5 && Index == 1, "nothing there");
    is_bool(FsRtlLookupLargeMcbEntry(Mcb, 35, &Lbn, NULL, NULL, NULL, NULL), FALSE,
            "behind the end");
    is_bool(FsRtlLookupLastLargeMcbEntryAndIndex(Mcb, &Vbn, &Lbn, &Index), TRUE, "the last one");
    ok(Vbn == 34 && Lbn == 504 && Index == 2, "its place");
    FsRtlRemoveLargeMcbEntry(Mcb, 5, 5);
    IsRuns(Mcb, Removed, 5, "removed");
    is_bool(FsRtlSplitLargeMcb(Mcb, 15, 3), TRUE, "split");
    IsRuns(Mcb, Split, 7, "split");
    FsRtlTruncateLargeMcb(Mcb, 12);
    IsRuns(Mcb, Cut, 3, "cut");
    FsRtlTruncateLargeMcb(Mcb, 8); /* within a hole */
    is_ulong(FsRtlNumberOfRunsInLargeMcb(Mcb), 1, "no hole is last");
    FsRtlResetLargeMcb(Mcb, FALSE);
    is_ulong(FsRtlNumberOfRunsInLargeMcb(Mcb), 0, "FsRtlResetLargeMcb");
    is_bool(FsRtlGetNextLargeMcbEntry(Mcb, 0, &Vbn, &Lbn, &Count), FALSE, "no run");
}

static ULONG Differences(PLARGE_MCB Mcb)
{
    ULONG Bad = 0;

    for (LONGLONG i = 0; i < SECTORS; i++) {
        LONGLONG Lbn = -1;
        if (!FsRtlLookupLargeMcbEntry(Mcb, i, &Lbn, NULL, NULL, NULL, NULL))
            Lbn = -1;
        Bad += Lbn != Model[i];
    }
    return Bad;
}

static VOID TestRandomly(PLARGE_MCB Mcb)
{
    ULONG Seed = 5, Bad = 0;

    for (ULONG i = 0; i < SECTORS; i++)
        Model[i] = -1;
    for (ULONG Step = 0; Step < 400; Step++) {
        ULONG Vbn = RtlRandomEx(&Seed) % SECTORS, Count = RtlRandomEx(&Seed) % (SECTORS - Vbn) + 1;
        LONGLONG Lbn = 1000 * (RtlRandomEx(&Seed) % 2) + Vbn;
        BOOLEAN Conflict = FALSE;
        if (RtlRandomEx(&Seed) % 3 == 0) {
            FsRtlRemoveLargeMcbEntry(Mcb, Vbn, Count);
            for (ULONG i = 0; i < Count; i++)
                Model[Vbn + i] = -1;
        } else {
            for (ULONG i = 0; i < Count; i++)
                Conflict |= Model[Vbn + i] != -1 && Model[Vbn + i] != Lbn + i;
            for (ULONG i = 0; i < Count && !Conflict; i++)
                Model[Vbn + i] = Lbn + i;
            Bad += FsRtlAddLargeMcbEntry(Mcb, Vbn, Lbn, Count) == Conflict;
        }
        Bad += Differences(Mcb);
    }
    is_ulong(Bad, 0, "400 random steps");
}

static VOID TestBase(VOID)
{
    BASE_MCB Mcb;
    LONGLONG Vbn = 0, Lbn = 0, Count = 0;
    ULONG Index = 0;

    tap_fill(&Mcb);
    FsRtlInitializeBaseMcb(&Mcb, PagedPool);
    is_bool(FsRtlAddBaseMcbEntry(&Mcb, 4, 40, 4), TRUE, "BASE_MCB: add");
    is_ulong(FsRtlNumberOfRunsInBaseMcb(&Mcb), 2, "a hole and a run");
    is_bool(FsRtlLookupBaseMcbEntry(&Mcb, 5, &Lbn, NULL, NULL, NULL, NULL), TRUE, "look up");
    is_long(Lbn, 41, "its sector");
    is_bool(FsRtlGetNextBaseMcbEntry(&Mcb, 1, &Vbn, &Lbn, &Count), TRUE, "the run");
    ok(Vbn == 4 && Lbn == 40 && Count == 4, "all of it");
    is_bool(FsRtlLookupLastBaseMcbEntry(&Mcb, &Vbn, &Lbn), TRUE, "the last");
    is_bool(FsRtlLookupLastBaseMcbEntryAndIndex(&Mcb, &Vbn, &Lbn, &Index), TRUE, "and its index");
    ok(Vbn == 7 && Lbn == 43 && Index == 1, "its place");
    is_bool(FsRtlSplitBaseMcb(&Mcb, 6, 2), TRUE, "split");
    is_bool(FsRtlRemoveBaseMcbEntry(&Mcb, 8, 2), TRUE, "remove");
    FsRtlTruncateBaseMcb(&Mcb, 5);
    is_bool(FsRtlLookupLastBaseMcbEntry(&Mcb, &Vbn, &Lbn), TRUE, "after a cut");
    ok(Vbn == 4 && Lbn == 40, "one sector");
    FsRtlResetBaseMcb(&Mcb);
    is_ulong(FsRtlNumberOfRunsInBaseMcb(&Mcb), 0, "reset");
    FsRtlUninitializeBaseMcb(&Mcb);
    is_bool(FsRtlInitializeBaseMcbEx(&Mcb, NonPagedPool, 0), TRUE, "FsRtlInitializeBaseMcbEx");
    FsRtlUninitializeBaseMcb(&Mcb);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LARGE_MCB Mcb;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_fill(&Mcb);
    FsRtlInitializeLargeMcb(&Mcb, NonPagedPool);
    TestRuns(&Mcb);
    TestRandomly(&Mcb);
    FsRtlUninitializeLargeMcb(&Mcb);
    TestBase();
    return done();
}
