/*
 * The one choice function, and the one source of entropy: both follow from the seed, and their state is in RAM.
 * Leaves out: the schedule explorer; a normal run takes alternative 0 wherever the cheap default is right.
 */
#include "ki.h"

static ULONG64 KiEntropy; /* splitmix64's state */
ULONG64 KiChoices;        /* made so far: names a point in the run */

static ULONG64 KiNextRandom(VOID)
{
    ULONG64 z;

    if (KiEntropy == 0)
        KiEntropy = KiLoaderBlock->seed ^ 0x5DEECE66D1CE4E5Bull;
    z = (KiEntropy += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

ULONG64 KeRandom64(VOID)
{
    KiChoices++;
    return KiNextRandom();
}

static ULONG64 KiAllocations; /* since the first driver was about to load */
static BOOLEAN KiCountsAllocations;

VOID KeArmAllocationFailures(VOID)
{
    KiCountsAllocations = TRUE;
}

VOID KeDisarmAllocationFailures(VOID)
{
    KiCountsAllocations = FALSE;
}

ULONG64 KeCountedAllocations(VOID)
{
    return KiAllocations;
}

ULONG KiChoose(ULONG Kind, ULONG Alternatives)
{
    (void)Alternatives;
    KiChoices++;
    if (Kind == KI_CHOICE_FAIL_ALLOCATION && KiCountsAllocations)
        return ++KiAllocations == KiLoaderBlock->fail_allocation;
    return 0;
}
