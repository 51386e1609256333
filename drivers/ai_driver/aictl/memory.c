/* alloc, free: pinned memory, looked at and written as its user would. */
#include "aictl.h"

#include <stdio.h>
#include <stdlib.h>

#define AT(Field) AICTL_AT(AI_ALLOCATION, Field)
static const AICTL_FIELD AllocationFields[] = {
    {"id", "id", AT(AllocationId), KIND_HEX, 0},
    {"address", "address", AT(UserAddress), KIND_HEX, 0},
    {"bytes", "bytes", AT(Bytes), KIND_BYTES, 0},
};
#undef AT

static UINT64 PatternAt(UINT64 Index, UINT64 Salt)
{
    return (Index + Salt) * 0x9E3779B97F4A7C15ull;
}

/* Zero at first, then what was written: NULL, or what is wrong. */
static const char *TryMemory(const AI_ALLOCATION *Allocation)
{
    volatile UINT64 *Word = AiPinnedMemory(Allocation);
    UINT64 Count = Allocation->Bytes / sizeof(*Word), Salt = Allocation->AllocationId;

    for (UINT64 i = 0; i < Count; i++)
        if (Word[i] != 0)
            return "the memory is not zero";
    for (UINT64 i = 0; i < Count; i++)
        Word[i] = PatternAt(i, Salt);
    for (UINT64 i = 0; i < Count; i++)
        if (Word[i] != PatternAt(i, Salt))
            return "the memory does not hold what was written";
    return NULL;
}

static int AllocateOne(AI_DEVICE Device, const AICTL_OPTIONS *Options, AI_ALLOCATION *Allocation)
{
    DWORD Error = AiAllocatePinned(Device, Options->Bytes, Allocation);
    const char *Wrong;

    if (Error != 0)
        return AictlRefused(Options, "alloc", Error);
    AictlBegin("alloc", Options->Json);
    AictlHeading("allocated");
    AictlPutFields(Allocation, AllocationFields, AICTL_COUNT_OF(AllocationFields), 0);
    AictlEnd();
    if (Allocation->Bytes < Options->Bytes || Allocation->UserAddress % AI_BLOCK_BYTES != 0)
        Wrong = "the driver's answer is no such memory";
    else
        Wrong = TryMemory(Allocation);
    if (Wrong == NULL)
        return AICTL_FINE;
    fprintf(stderr, "aictl: alloc: %s\n", Wrong);
    return AICTL_WRONG_ANSWER;
}

static int FreeAll(AI_DEVICE Device, const AICTL_OPTIONS *Options, const AI_ALLOCATION *Allocations,
                   UINT64 Count)
{
    for (UINT64 i = 0; i < Count; i++) {
        DWORD Error = AiFreePinned(Device, Allocations[i].AllocationId);

        if (Error != 0)
            return AictlRefused(Options, "free", Error);
    }
    return AICTL_FINE;
}

int AictlAlloc(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    AI_ALLOCATION *Allocations = calloc((size_t)Options->Count, sizeof(*Allocations));
    int Result = AICTL_FINE, FreeResult = AICTL_FINE;
    UINT64 Made = 0;

    if (Allocations == NULL)
        return AictlRefused(Options, "alloc", ERROR_NOT_ENOUGH_MEMORY);
    while (Result == AICTL_FINE && Made < Options->Count) {
        Result = AllocateOne(Device, Options, &Allocations[Made]);
        Made += Result == AICTL_FINE;
    }
    if (Result == AICTL_FINE && Options->HoldMs != 0)
        AictlPause(Options->HoldMs);
    if (!Options->Keep)
        FreeResult = FreeAll(Device, Options, Allocations, Made);
    free(Allocations);
    return Result != AICTL_FINE ? Result : FreeResult;
}

int AictlFree(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    DWORD Error = AiFreePinned(Device, Options->Id);

    if (Error != 0)
        return AictlRefused(Options, "free", Error);
    AictlBegin("free", Options->Json);
    AictlHeading("freed 0x%llx", (unsigned long long)Options->Id);
    AictlEnd();
    return AICTL_FINE;
}
