/*
 * ai_driver under load. "ai_stress fuzz ROUNDS": every code with every input length from 0 to 64 and random bytes, ROUNDS times.
 * "ai_stress threads COUNT": 8 threads allocate, write and free COUNT times each, while another opens handles, leaves memory
 * on them and closes them. "ai_stress leave": ends with memory outstanding. At the end the pool is as it began.
 */
#include "../../../drivers/ai_driver/libai/libai.h"

#include <stdlib.h>
#include <string.h>

#include "../../programs/tap.h"

#define THREADS 8

static AI_DEVICE device;
static UINT64 turns;
static volatile LONG failures, workers_left;

static UINT64 next(UINT64 *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* What a fuzzed request allocated is freed; the rest of what it may do ends with the handle. */
static void fuzz_one(AI_DEVICE file, UINT32 function, DWORD input_bytes, UINT64 *state)
{
    static const DWORD output_lengths[] = {0, 1, 8, 16, 24, 32, 48, 64, 104, 168, 256, 300};
    BYTE input[64], output[300];
    DWORD output_bytes = output_lengths[next(state) % (sizeof(output_lengths) / sizeof(output_lengths[0]))];
    DWORD moved, header[2] = {1, input_bytes};

    for (size_t i = 0; i < sizeof(input); i++)
        input[i] = (BYTE)(next(state) >> 24);
    if (next(state) % 4 != 0) /* else the header is random too */
        memcpy(input, header, input_bytes < sizeof(header) ? input_bytes : sizeof(header));
    if (next(state) % 2 != 0) /* small numbers get further */
        for (size_t i = 8; i < sizeof(input); i++)
            input[i] = (BYTE)(i % 4 == 0 ? next(state) % 4 : 0);
    memset(output, 0xA5, sizeof(output));
    if (!DeviceIoControl(file, AI_CTL_CODE(AI_FUNCTION_FIRST + function, function == 1 || function == 2 || (function >= 6 && function <= 8)
                                                                             ? AI_ACCESS_CHANGE
                                                                             : AI_ACCESS_QUERY),
                         input, input_bytes, output, output_bytes, &moved, NULL))
        moved = 0;
    if (moved > output_bytes)
        InterlockedIncrement(&failures);
    for (DWORD i = moved; i < sizeof(output); i++)
        if (output[i] != 0xA5) {
            InterlockedIncrement(&failures);
            break;
        }
}

static void fuzz(void)
{
    UINT64 state = 88172645463325252ull;

    for (UINT64 round = 0; round < turns; round++) {
        AI_DEVICE file;

        if (AiOpen(TRUE, &file) != 0) {
            InterlockedIncrement(&failures);
            return;
        }
        for (UINT32 function = 0; function < AI_FUNCTION_COUNT; function++)
            for (DWORD bytes = 0; bytes <= 64; bytes++)
                fuzz_one(file, function, bytes, &state);
        AiClose(file);
    }
}

static DWORD WINAPI worker(LPVOID argument)
{
    UINT64 state = 4711 + (UINT64)(ULONG_PTR)argument;

    for (UINT64 i = 0; i < turns; i++) {
        UINT64 bytes = (next(&state) % 16 + 1) * AI_BLOCK_BYTES;
        AI_ALLOCATION memory;
        UINT64 *word;

        if (AiAllocatePinned(device, bytes, &memory) != 0) {
            InterlockedIncrement(&failures);
            break;
        }
        word = AiPinnedMemory(&memory);
        if (word[0] != 0 || word[bytes / 8 - 1] != 0)
            InterlockedIncrement(&failures);
        word[0] = word[bytes / 8 - 1] = state;
        if (i % 64 == 0)
            SwitchToThread();
        if (word[0] != state || word[bytes / 8 - 1] != state || AiFreePinned(device, memory.AllocationId) != 0)
            InterlockedIncrement(&failures);
    }
    InterlockedDecrement(&workers_left);
    return 0;
}

/* Other handles, closing with memory on them. */
static DWORD WINAPI closer(LPVOID argument)
{
    UINT64 *closed = argument;

    while (workers_left != 0) {
        AI_ALLOCATION memory;
        AI_DEVICE file;

        if (AiOpen(TRUE, &file) != 0 || AiAllocatePinned(file, 3 * AI_BLOCK_BYTES, &memory) != 0 ||
            AiAllocatePinned(file, AI_BLOCK_BYTES, &memory) != 0)
            InterlockedIncrement(&failures);
        memset(AiPinnedMemory(&memory), 1, AI_BLOCK_BYTES);
        AiClose(file);
        ++*closed;
        SwitchToThread();
    }
    return 0;
}

static void threads(void)
{
    HANDLE handles[THREADS + 1];
    UINT64 closed = 0;

    workers_left = THREADS;
    for (int i = 0; i < THREADS; i++)
        handles[i] = CreateThread(NULL, 0, worker, (LPVOID)(ULONG_PTR)i, 0, NULL);
    handles[THREADS] = CreateThread(NULL, 0, closer, &closed, 0, NULL);
    WaitForMultipleObjects(THREADS + 1, handles, TRUE, INFINITE);
    for (int i = 0; i <= THREADS; i++)
        CloseHandle(handles[i]);
    OK(closed != 0, "other handles closed meanwhile");
}

static void leave(void)
{
    AI_ALLOCATION memory;

    for (UINT64 bytes = 1; bytes <= 1 << 20; bytes *= 4) {
        if (AiAllocatePinned(device, bytes, &memory) != 0)
            InterlockedIncrement(&failures);
        else
            memset(AiPinnedMemory(&memory), 0x5A, memory.Bytes);
    }
    printf("left with memory outstanding\n");
    fflush(stdout);
    if (failures == 0)
        TerminateProcess(GetCurrentProcess(), 0);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    AI_MEMORY_POOL before, after;

    turns = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    OK(AiOpen(TRUE, &device) == 0 && AiGetMemoryPool(device, &before) == 0, "the device opens");
    if (strcmp(what, "fuzz") == 0)
        fuzz();
    else if (strcmp(what, "threads") == 0)
        threads();
    else if (strcmp(what, "leave") == 0)
        leave();
    else
        OK(0, "what to do");
    OK(failures == 0, "nothing failed that must not");
    OK(AiGetMemoryPool(device, &after) == 0 && after.UsedBytes == before.UsedBytes && after.FreeRuns == before.FreeRuns &&
           after.AllocationsNow == before.AllocationsNow,
       "the pool is as it was");
    AiClose(device);
    return tap_end();
}
