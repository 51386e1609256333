/*
 * ai_driver over a long time: "ai_week HOURS" beside the agent. Every ten minutes of the machine's time an AI process (python.exe)
 * and one that only sounds like one (mail.exe) come, use pinned memory and go, every other one without freeing it; each time the
 * adapter's sample is fresh and the pool is empty again. "ai_week child FREES" is such a process. TAP.
 */
#include "../../../drivers/ai_driver/libai/libai.h"

#include <stdlib.h>
#include <string.h>

#include "../../programs/tap.h"

#define PERIOD_MS 600000u

static AI_DEVICE device;

static int child(int frees)
{
    AI_ALLOCATION memory[8];
    AI_DEVICE own;

    if (AiOpen(TRUE, &own) != 0)
        return 10;
    for (unsigned i = 0; i < 8; i++) {
        if (AiAllocatePinned(own, (UINT64)AI_BLOCK_BYTES << i, &memory[i]) != 0)
            return 11;
        memset(AiPinnedMemory(&memory[i]), 0x5A, memory[i].Bytes);
    }
    for (unsigned i = 0; frees && i < 8; i++)
        if (AiFreePinned(own, memory[i].AllocationId) != 0)
            return 12;
    if (!frees)
        TerminateProcess(GetCurrentProcess(), 0);
    AiClose(own);
    return 0;
}

/* Runs a copy of this program as a child of that name; its exit code, or an error. */
static DWORD run_child(const char *name, int frees)
{
    STARTUPINFOA start = {.cb = sizeof(start)};
    PROCESS_INFORMATION process;
    char line[64];
    DWORD code = 99;

    snprintf(line, sizeof(line), "%s child %d", name, frees);
    if (!CreateProcessA(name, line, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process))
        return GetLastError() | 0x80000000;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return code;
}

/* What is wrong now: nothing is printed while all is well. */
static const char *look(void)
{
    AI_MEMORY_POOL pool;
    AI_GPU_STATUS gpu;

    if (AiGetGpuStatus(device, 0, 0, &gpu) != 0 || (gpu.Flags & AI_GPU_FLAG_STALE) != 0)
        return "the sample is not fresh";
    if (AiGetMemoryPool(device, &pool) != 0 || pool.UsedBytes != 0 || pool.AllocationsNow != 0 || pool.FreeRuns != 1)
        return "the pool is not empty";
    return NULL;
}

static void live(unsigned periods)
{
    const char *wrong = NULL;
    DWORD code = 0;

    Sleep(1000); /* the agent begins */
    for (unsigned i = 0; i < periods && wrong == NULL && code == 0; i++) {
        code = run_child("C:\\python.exe", i % 2);
        if (code == 0)
            code = run_child("C:\\mail.exe", (i + 1) % 2);
        wrong = look();
        Sleep(PERIOD_MS);
    }
    if (!OK(wrong == NULL, "each time the sample is fresh and the pool is empty"))
        printf("# %s\n", wrong);
    if (!OK(code == 0, "each process does its work"))
        printf("# 0x%lx\n", code);
}

int main(int argc, char **argv)
{
    unsigned periods = argc > 1 ? (unsigned)atoi(argv[1]) * 6 : 0;
    AI_SCHEDULER_STATS scheduler;
    AI_STATS stats;

    if (argc == 3)
        return child(atoi(argv[2]));
    OK(AiOpen(TRUE, &device) == 0, "the device opens");
    OK(CopyFileA(argv[0], "C:\\python.exe", FALSE) && CopyFileA(argv[0], "C:\\mail.exe", FALSE), "two programs");
    live(periods);
    OK(AiGetStats(device, &stats) == 0 && stats.SamplesAccepted >= (UINT64)periods * 5990 && stats.SamplesRefused == 0,
       "ten samples a second, all that time");
    OK(stats.AllocationsNow == 0 && stats.Allocations == 16u * periods && stats.Frees == 8u * periods &&
           stats.FreesOnClose == 8u * periods,
       "every allocation is accounted for");
    OK(AiGetSchedulerStats(device, &scheduler) == 0 && scheduler.AiProcessesSeen == periods && scheduler.AiProcessesNow == 0,
       "python.exe is an AI process, mail.exe is none");
    OK(scheduler.AutomaticBoosts >= periods && scheduler.MeasuredBoosts == periods && scheduler.BoostedThreadsNow == 0 &&
           scheduler.BoostFailures == 0,
       "its threads were boosted, and measured");
    AiClose(device);
    return tap_end();
}
