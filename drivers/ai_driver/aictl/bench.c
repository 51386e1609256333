/*
 * bench: how long the driver's requests take from a program, the best of five batches. In a
 * machine whose clock is virtual the figures are of that clock. A figure that cannot be had here
 * is left out, with the reason on standard error.
 */
#include "aictl.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCHES 5
#define FILL_BYTES (2ull * AI_BLOCK_BYTES)

typedef DWORD (*BENCH_ROUTINE)(AI_DEVICE Device, UINT64 Bytes);

static DWORD OneStatus(AI_DEVICE Device, UINT64 Bytes)
{
    AI_GPU_STATUS Status;

    (void)Bytes;
    return AiGetGpuStatus(Device, 0, AI_QUERY_WITHOUT_SAMPLE, &Status);
}

static DWORD OneAllocation(AI_DEVICE Device, UINT64 Bytes)
{
    AI_ALLOCATION Allocation;
    DWORD Error = AiAllocatePinned(Device, Bytes, &Allocation);

    return Error != 0 ? Error : AiFreePinned(Device, Allocation.AllocationId);
}

/* The best batch's time for one turn, in picoseconds. */
static DWORD Measure(AI_DEVICE Device, BENCH_ROUTINE Routine, UINT64 Bytes, UINT64 Turns,
                     double *Best)
{
    LARGE_INTEGER Start, End, Frequency;

    QueryPerformanceFrequency(&Frequency);
    for (int Batch = 0; Batch < BATCHES; Batch++) {
        double Each;

        QueryPerformanceCounter(&Start);
        for (UINT64 i = 0; i < Turns; i++) {
            DWORD Error = Routine(Device, Bytes);

            if (Error != 0)
                return Error;
        }
        QueryPerformanceCounter(&End);
        Each = (double)(End.QuadPart - Start.QuadPart) * 1e9 / (double)Frequency.QuadPart /
               (double)Turns;
        if (Batch == 0 || Each < *Best)
            *Best = Each;
    }
    return 0;
}

static void PutFigure(const AICTL_OPTIONS *Options, const char *Name, double Value,
                      const char *Unit)
{
    char Text[40];

    if (!Options->Json) {
        printf("%s\t%.1f\t%s\n", Name, Value, Unit);
        return;
    }
    snprintf(Text, sizeof(Text), "%.1f", Value);
    AictlBegin("bench", true);
    AictlPutText("name", NULL, Name);
    AictlPutText("value", NULL, Text);
    AictlPutText("unit", NULL, Unit);
    AictlEnd();
}

static void LeftOut(const char *Name, DWORD Error)
{
    fprintf(stderr, "aictl: bench: %s left out: %s (error %lu)\n", Name, AiErrorText(Error), Error);
}

static void Bench(AI_DEVICE Device, const AICTL_OPTIONS *Options, const char *Name,
                  BENCH_ROUTINE Routine, UINT64 Bytes, UINT64 Turns, double NsAUnit,
                  const char *Unit)
{
    double Best = 0;
    DWORD Error = Measure(Device, Routine, Bytes, Turns != 0 ? Turns : 1, &Best);

    if (Error != 0)
        LeftOut(Name, Error);
    else
        PutFigure(Options, Name, Best / NsAUnit, Unit);
}

/*
 * Takes what is left of the pool, or of the process's quota, in small allocations: *Made of them,
 * in an array to be freed by the caller.
 */
static AI_ALLOCATION *FillPool(AI_DEVICE Device, UINT64 FreeBytes, UINT64 *Made, DWORD *Error)
{
    UINT64 Limit = FreeBytes / FILL_BYTES;
    AI_ALLOCATION *Allocations = calloc((size_t)Limit + 1, sizeof(*Allocations));

    *Made = 0;
    *Error = Allocations == NULL ? ERROR_NOT_ENOUGH_MEMORY : 0;
    while (*Error == 0 && *Made < Limit) {
        *Error = AiAllocatePinned(Device, FILL_BYTES, &Allocations[*Made]);
        *Made += *Error == 0;
    }
    return Allocations;
}

/* Frees some of them, evenly, so that a hundredth of the pool is free, in holes of two blocks. */
static DWORD MakeHoles(AI_DEVICE Device, UINT64 TotalBytes, AI_ALLOCATION *Allocations, UINT64 Made)
{
    UINT64 Holes = TotalBytes / 100 / FILL_BYTES, Step = Holes != 0 ? Made / Holes : 0;

    for (UINT64 i = 0; i < Made; i += Step != 0 ? Step : 1) {
        DWORD Error = AiFreePinned(Device, Allocations[i].AllocationId);

        Allocations[i].AllocationId = 0;
        if (Error != 0)
            return Error;
    }
    return 0;
}

/*
 * One block, in a pool that is 99 % used and has its free blocks in holes of two. One process's
 * quota may be less than the pool: then another has to hold the rest meanwhile.
 */
static void BenchFullPool(AI_DEVICE Device, const AICTL_OPTIONS *Options, UINT64 Turns)
{
    AI_ALLOCATION *Allocations = NULL;
    AI_MEMORY_POOL Pool = {0};
    UINT64 Made = 0;
    DWORD Error = AiGetMemoryPool(Device, &Pool), FillError;

    if (Error == 0)
        Allocations = FillPool(Device, Pool.FreeBytes, &Made, &Error);
    FillError = Error;
    if (Error == ERROR_NOT_ENOUGH_QUOTA || Error == 0)
        Error = MakeHoles(Device, Pool.TotalBytes, Allocations, Made);
    if (Error == 0)
        Error = AiGetMemoryPool(Device, &Pool);
    if (Error == 0 && Pool.FreeBytes > Pool.TotalBytes / 50)
        Error = FillError != 0 ? FillError : ERROR_NO_SYSTEM_RESOURCES;
    if (Error != 0)
        LeftOut("ai_pool_full_alloc_ns", Error);
    else
        Bench(Device, Options, "ai_pool_full_alloc_ns", OneAllocation, AI_BLOCK_BYTES, Turns, 1,
              "ns");
    for (UINT64 i = 0; i < Made; i++)
        if (Allocations[i].AllocationId != 0)
            AiFreePinned(Device, Allocations[i].AllocationId);
    free(Allocations);
}

int AictlBench(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    UINT64 Turns = Options->Count;

    Bench(Device, Options, "ai_get_gpu_status_ns", OneStatus, 0, Turns, 1, "ns");
    Bench(Device, Options, "ai_alloc_free_64k_ns", OneAllocation, 64 << 10, Turns / 10, 1, "ns");
    Bench(Device, Options, "ai_alloc_free_64m_us", OneAllocation, 64 << 20, Turns / 10000, 1000,
          "us");
    Bench(Device, Options, "ai_pool_empty_alloc_ns", OneAllocation, AI_BLOCK_BYTES, Turns / 10, 1,
          "ns");
    BenchFullPool(Device, Options, Turns / 10);
    return AICTL_FINE;
}
