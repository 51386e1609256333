/*
 * ai_driver against its own header: for every code the rules of lengths, sizes, versions, access; then what each code fails
 * with, and what it answers. Needs a fresh driver (no sample yet) with the default pool. TAP.
 */
#include "../../../drivers/ai_driver/libai/libai.h"

#include <string.h>

#include "../../programs/tap.h"

static AI_DEVICE device;

/* ---- the rules that all codes share ---- */

#define ROOM 512

typedef struct {
    const char *name;
    DWORD code;
    DWORD input_bytes, output_bytes; /* V1 */
    BOOL output_is_optional;
    BOOL is_change;
    DWORD good_error; /* what the request below gives when its form is right */
} CODE;

static const CODE codes[] = {
    {"GET_STATS", IOCTL_AI_GET_STATS, AI_QUERY_V1_BYTES, AI_STATS_V1_BYTES, FALSE, FALSE, 0},
    {"SET_GPU_UTIL", IOCTL_AI_SET_GPU_UTIL, AI_GPU_SAMPLE_V1_BYTES, AI_GPU_SAMPLE_RESULT_V1_BYTES, TRUE, TRUE,
     ERROR_INVALID_PARAMETER},
    {"BOOST_PRIORITY", IOCTL_AI_BOOST_PRIORITY, AI_BOOST_REQUEST_V1_BYTES, AI_BOOST_RESULT_V1_BYTES, TRUE, TRUE,
     ERROR_INVALID_PARAMETER},
    {"GET_GPU_STATUS", IOCTL_AI_GET_GPU_STATUS, AI_QUERY_V1_BYTES, AI_GPU_STATUS_V1_BYTES, FALSE, FALSE,
     ERROR_NO_MORE_ITEMS},
    {"GET_MEMORY_POOL", IOCTL_AI_GET_MEMORY_POOL, AI_QUERY_V1_BYTES, AI_MEMORY_POOL_V1_BYTES, FALSE, FALSE, 0},
    {"GET_SCHEDULER_STATS", IOCTL_AI_GET_SCHEDULER_STATS, AI_QUERY_V1_BYTES, AI_SCHEDULER_STATS_V1_BYTES, FALSE, FALSE, 0},
    {"ALLOC_PINNED", IOCTL_AI_ALLOC_PINNED, AI_ALLOC_REQUEST_V1_BYTES, AI_ALLOCATION_V1_BYTES, FALSE, TRUE,
     ERROR_INVALID_PARAMETER},
    {"FREE_PINNED", IOCTL_AI_FREE_PINNED, AI_FREE_REQUEST_V1_BYTES, 0, TRUE, TRUE, ERROR_NOT_FOUND},
    {"REGISTER_WINAI", IOCTL_AI_REGISTER_WINAI, AI_WINAI_REGISTRATION_V1_BYTES, 0, TRUE, TRUE, ERROR_INVALID_PARAMETER},
    {"GET_OPTIMIZED_PATH", IOCTL_AI_GET_OPTIMIZED_PATH, AI_QUERY_V1_BYTES, AI_OPTIMIZED_PATH_V1_BYTES, FALSE, FALSE, 0},
};

/* A request of zeros but for its header: its form is right, and it changes nothing. */
static void fill(BYTE *input, DWORD version, DWORD size)
{
    memset(input, 0, ROOM);
    memcpy(input, &version, sizeof(version));
    memcpy(input + sizeof(version), &size, sizeof(size));
}

static DWORD control(HANDLE file, DWORD code, void *input, DWORD input_bytes, void *output, DWORD output_bytes, DWORD *moved)
{
    *moved = 0xA5A5A5A5;
    return DeviceIoControl(file, code, input, input_bytes, output, output_bytes, moved, NULL) ? 0 : GetLastError();
}

static DWORD try(const CODE *code, DWORD version, DWORD size, DWORD input_bytes, DWORD output_bytes)
{
    BYTE input[ROOM], output[ROOM];
    DWORD moved, error;

    fill(input, version, size);
    memset(output, 0xA5, sizeof(output));
    error = control(device, code->code, input, input_bytes, output, output_bytes, &moved);
    for (DWORD i = error == 0 ? moved : 0; i < sizeof(output); i++)
        if (output[i] != 0xA5)
            return 0xBAD0; /* something was written that must not be */
    return error;
}

static void test_lengths(const CODE *code)
{
    unsigned wrong = 0;
    char what[100];

    for (DWORD bytes = 0; bytes < code->input_bytes; bytes++)
        wrong += try(code, 1, code->input_bytes, bytes, code->output_bytes) != ERROR_BAD_LENGTH;
    for (DWORD size = 0; size < code->input_bytes; size++)
        wrong += try(code, 1, size, code->input_bytes, code->output_bytes) != ERROR_BAD_LENGTH;
    wrong += try(code, 1, code->input_bytes + 1, code->input_bytes, code->output_bytes) != ERROR_BAD_LENGTH;
    wrong += try(code, 1, 0xFFFFFFFF, code->input_bytes, code->output_bytes) != ERROR_BAD_LENGTH;
    snprintf(what, sizeof(what), "%s: input that is too short", code->name);
    OK(wrong == 0, what);

    wrong = 0;
    for (DWORD bytes = code->output_is_optional ? 1 : 0; bytes < code->output_bytes; bytes++)
        wrong += try(code, 1, code->input_bytes, code->input_bytes, bytes) != ERROR_INSUFFICIENT_BUFFER;
    snprintf(what, sizeof(what), "%s: output that is too short", code->name);
    OK(wrong == 0, what);

    wrong = 0;
    for (DWORD more = 0; more < 64; more++) {
        wrong += try(code, 1, code->input_bytes, code->input_bytes + more, code->output_bytes + more) != code->good_error;
        wrong += try(code, 1, code->input_bytes + more, code->input_bytes + more, code->output_bytes) != code->good_error;
    }
    snprintf(what, sizeof(what), "%s: longer ones are taken, with zeros behind", code->name);
    OK(wrong == 0, what);
}

static void test_versions(const CODE *code)
{
    BYTE input[ROOM], output[ROOM];
    unsigned wrong = 0;
    char what[100];
    DWORD moved;

    wrong += try(code, 0, code->input_bytes, code->input_bytes, code->output_bytes) != ERROR_REVISION_MISMATCH;
    wrong += try(code, 2, code->input_bytes, code->input_bytes, code->output_bytes) != ERROR_REVISION_MISMATCH;
    wrong += try(code, 0xFFFFFFFF, code->input_bytes, code->input_bytes, code->output_bytes) != ERROR_REVISION_MISMATCH;
    snprintf(what, sizeof(what), "%s: another version", code->name);
    OK(wrong == 0, what);

    wrong = 0;
    for (DWORD at = 0; at < 32; at++) {
        fill(input, 1, code->input_bytes + 32);
        input[code->input_bytes + at] = 1;
        wrong += control(device, code->code, input, code->input_bytes + 32, output, code->output_bytes, &moved) !=
                 ERROR_REVISION_MISMATCH;
        fill(input, 1, code->input_bytes);
        input[code->input_bytes + at] = 1; /* behind Size: ignored */
        wrong += control(device, code->code, input, code->input_bytes + 32, output, code->output_bytes, &moved) !=
                 code->good_error;
    }
    snprintf(what, sizeof(what), "%s: fields that it does not know", code->name);
    OK(wrong == 0, what);
}

static void test_output(const CODE *code)
{
    BYTE input[ROOM], output[ROOM];
    DWORD moved, version, size;
    char what[100];

    if (code->good_error != 0)
        return;
    fill(input, 1, code->input_bytes);
    memset(output, 0xA5, sizeof(output));
    control(device, code->code, input, code->input_bytes, output, sizeof(output), &moved);
    memcpy(&version, output, sizeof(version));
    memcpy(&size, output + 4, sizeof(size));
    snprintf(what, sizeof(what), "%s: the answer says its version and size", code->name);
    OK(version == 1 && size == moved && moved >= code->output_bytes, what);
}

static void test_access(const CODE *code)
{
    HANDLE query = CreateFileW(AI_DEVICE_WIN32_NAME, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
                               NULL);
    BYTE input[ROOM], output[ROOM];
    char what[100];
    DWORD moved;

    fill(input, 1, code->input_bytes);
    snprintf(what, sizeof(what), "%s: with a handle for queries", code->name);
    OK(query != INVALID_HANDLE_VALUE && control(query, code->code, input, code->input_bytes, output, code->output_bytes,
                                                &moved) == (code->is_change ? ERROR_ACCESS_DENIED : code->good_error),
       what);
    CloseHandle(query);
}

static void test_other_codes(void)
{
    unsigned wrong = 0;
    BYTE buffer[ROOM];
    DWORD moved;

    for (DWORD function = 0; function < 0x1000; function++)
        if (function < AI_FUNCTION_FIRST || function >= AI_FUNCTION_FIRST + AI_FUNCTION_COUNT) {
            fill(buffer, 1, 16);
            wrong += control(device, AI_CTL_CODE(function, 0), buffer, 64, buffer, 64, &moved) != ERROR_INVALID_FUNCTION;
        }
    for (DWORD method = 1; method < 4; method++) {
        fill(buffer, 1, 16);
        wrong += control(device, IOCTL_AI_GET_STATS | method, buffer, 64, buffer, 64, &moved) != ERROR_INVALID_FUNCTION;
    }
    OK(wrong == 0, "no other code does anything");
}

/* ---- GPU ---- */

static AI_GPU_SAMPLE good_sample(void)
{
    AI_GPU_SAMPLE sample = {.PciBus = 65,
                            .PciDevice = 3,
                            .Valid = AI_GPU_VALID_PCI | AI_GPU_VALID_UTILIZATION | AI_GPU_VALID_MEMORY_TOTAL |
                                     AI_GPU_VALID_MEMORY_USED | AI_GPU_VALID_TEMPERATURE,
                            .Source = AI_SOURCE_OTHER,
                            .Flags = AI_GPU_FLAG_SIMULATED,
                            .UtilizationBasisPoints = 4321,
                            .TemperatureMilliC = -5000,
                            .MemoryTotalBytes = 1000,
                            .MemoryUsedBytes = 1000,
                            .Sequence = 77,
                            .Name = "A test's GPU"};

    return sample;
}

#define BAD(What, Change)                                                                                                      \
    do {                                                                                                                       \
        AI_GPU_SAMPLE s = good_sample();                                                                                       \
        Change;                                                                                                                \
        OK(AiPublishSample(device, &s, NULL) == ERROR_INVALID_PARAMETER, "a sample with " What);                               \
    } while (0)

static void test_bad_samples(void)
{
    BAD("neither location nor LUID", s.Valid &= ~AI_GPU_VALID_PCI);
    BAD("unknown valid bits", s.Valid |= 0x100);
    BAD("flags that are not a sample's", s.Flags |= AI_GPU_FLAG_STALE);
    BAD("a reserved field", s.Reserved = 1);
    BAD("no source", s.Source = AI_SOURCE_NONE);
    BAD("an unknown source", s.Source = AI_SOURCE_MAX + 1);
    BAD("more than all of the time", s.UtilizationBasisPoints = 10001);
    BAD("more memory used than there is", s.MemoryUsedBytes = 1001);
    BAD("less than absolute zero", s.TemperatureMilliC = -273151);
    BAD("a star's temperature", s.TemperatureMilliC = 1000001);
    BAD("a device number too high", s.PciDevice = 32);
    BAD("a function too high", s.PciFunction = 8);
    BAD("a name without an end", memset(s.Name, 'x', sizeof(s.Name)));
    BAD("something behind the name", s.Name[40] = 'x');
}

static void test_gpu(void)
{
    AI_GPU_SAMPLE sample = good_sample();
    UINT32 index = 99, other_index = 99;
    AI_GPU_STATUS status;
    AI_DEVICE other;

    OK(AiGetGpuStatus(device, 0, 0, &status) == ERROR_NO_MORE_ITEMS, "no adapter is known at first");
    test_bad_samples();
    OK(AiGetGpuStatus(device, 0, 0, &status) == ERROR_NO_MORE_ITEMS, "bad samples make none");
    OK(AiPublishSample(device, &sample, &index) == 0 && index == 0, "a good sample does");
    OK(AiGetGpuStatus(device, 0, 0, &status) == 0, "its status");
    OK(status.Version == 1 && status.Size >= AI_GPU_STATUS_V1_BYTES && status.AdapterIndex == 0 && status.AdapterCount == 1,
       "which adapter");
    OK(status.Valid == sample.Valid && status.UtilizationBasisPoints == 4321 && status.TemperatureMilliC == -5000 &&
           status.MemoryTotalBytes == 1000 && status.MemoryUsedBytes == 1000,
       "its figures");
    OK(status.MemoryUtilizationBasisPoints == 0, "what is not valid is zero");
    OK(status.Flags == (AI_GPU_FLAG_SIMULATED | AI_GPU_FLAG_AGENT_PRESENT) && status.Source == AI_SOURCE_OTHER,
       "fresh, simulated, the agent is there");
    OK(status.SampleSequence == 77 && status.SampleCount == 1 && status.PciBus == 65 && status.PciDevice == 3,
       "its number and location");
    OK(strcmp(status.Name, "A test's GPU") == 0, "its name");
    OK(AiOpen(TRUE, &other) == 0, "a second handle");
    OK(AiPublishSample(other, &sample, NULL) == ERROR_SHARING_VIOLATION, "it cannot publish the same adapter");
    sample.PciBus = 66;
    OK(AiPublishSample(other, &sample, &other_index) == 0 && other_index == 1, "but another");
    sample = good_sample();
    sample.Valid = AI_GPU_VALID_LUID;
    sample.LuidLow = 5;
    OK(AiPublishSample(other, &sample, &other_index) == 0 && other_index == 2, "and one known by its LUID");
    OK(AiGetGpuStatus(device, 2, 0, &status) == 0 && status.Valid == AI_GPU_VALID_LUID && status.MemoryTotalBytes == 0 &&
           status.UtilizationBasisPoints == 0,
       "of which nothing else is known");
    OK(AiGetGpuStatus(device, 3, 0, &status) == ERROR_NO_MORE_ITEMS, "there is no fourth");
    AiClose(other);
    OK(AiGetGpuStatus(device, 1, 0, &status) == 0 && (status.Flags & AI_GPU_FLAG_AGENT_PRESENT) == 0,
       "its agent goes: the sample is good while it is fresh");
    Sleep(2001);
    OK(AiGetGpuStatus(device, 1, 0, &status) == ERROR_NOT_READY, "then not ready");
    OK(AiGetGpuStatus(device, 1, AI_QUERY_WITHOUT_SAMPLE, &status) == 0 && (status.Flags & AI_GPU_FLAG_NO_SAMPLE) != 0 &&
           (status.Valid & AI_GPU_VALID_UTILIZATION) == 0 && status.Source == AI_SOURCE_NONE,
       "what is known without a sample");
    OK(AiGetGpuStatus(device, 0, 0, &status) == 0 && (status.Flags & AI_GPU_FLAG_STALE) != 0 &&
           status.SampleAge100ns >= AI_SAMPLE_FRESH_100NS,
       "an agent that is silent: stale");
    OK(AiGetGpuStatus(device, 0, 2, &status) == ERROR_INVALID_PARAMETER, "a flag without a name");
    sample = good_sample();
    OK(AiOpen(TRUE, &other) == 0 && AiPublishSample(other, &sample, &other_index) == 0 && other_index == 0,
       "a stale adapter can be taken over");
    AiClose(other);
    for (UINT32 bus = 70; bus < 70 + AI_MAX_ADAPTERS - 3; bus++) {
        sample.PciBus = (UINT8)bus;
        AiPublishSample(device, &sample, &index);
    }
    OK(index == AI_MAX_ADAPTERS - 1, "as many adapters as there can be");
    sample.PciBus = 200;
    OK(AiPublishSample(device, &sample, NULL) == ERROR_NO_SYSTEM_RESOURCES, "and no more");
}

/* ---- memory ---- */

static AI_MEMORY_POOL pool_now(void)
{
    AI_MEMORY_POOL pool;

    if (AiGetMemoryPool(device, &pool) != 0)
        memset(&pool, 0xEE, sizeof(pool));
    return pool;
}

static BOOL adds_up(const AI_MEMORY_POOL *pool)
{
    UINT32 fragmentation =
        pool->FreeBytes == 0 ? 0
                             : (UINT32)(((pool->FreeBytes - pool->LargestFreeBytes) * AI_BASIS_POINTS) / pool->FreeBytes);

    return pool->UsedBytes + pool->FreeBytes == pool->TotalBytes && pool->UsedBlocks + pool->FreeBlocks == pool->TotalBlocks &&
           pool->BlockBytes == AI_BLOCK_BYTES && (UINT64)pool->UsedBlocks * AI_BLOCK_BYTES == pool->UsedBytes &&
           (UINT64)pool->LargestFreeBlocks * AI_BLOCK_BYTES == pool->LargestFreeBytes &&
           pool->FragmentationBasisPoints == fragmentation && pool->PeakUsedBytes >= pool->UsedBytes &&
           pool->ProcessUsedBytes <= pool->ProcessQuotaBytes && (pool->FreeRuns != 0) == (pool->FreeBlocks != 0);
}

static BOOL is_zero(const AI_ALLOCATION *allocation)
{
    const UINT64 *word = AiPinnedMemory(allocation);

    for (UINT64 i = 0; i < allocation->Bytes / sizeof(*word); i++)
        if (word[i] != 0)
            return FALSE;
    return TRUE;
}

static BOOL is_memory(const volatile BYTE *address)
{
    __try {
        (void)*address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

static void test_one_allocation(void)
{
    AI_MEMORY_POOL before = pool_now(), during, after;
    MEMORY_BASIC_INFORMATION info;
    AI_ALLOCATION memory;

    OK(adds_up(&before) && before.UsedBytes == 0 && before.TotalBytes == (UINT64)AI_DEFAULT_POOL_MEGABYTES << 20 &&
           before.LargestFreeBytes == before.TotalBytes && before.FragmentationBasisPoints == 0 && before.FreeRuns == 1 &&
           before.ProcessQuotaBytes == (UINT64)AI_DEFAULT_QUOTA_MEGABYTES << 20,
       "the pool as it begins");
    OK(AiAllocatePinned(device, 5000, &memory) == 0, "5000 bytes");
    OK(memory.Bytes == 8192 && memory.AllocationId != 0 && memory.UserAddress % 4096 == 0 && memory.UserAddress < 0x7FFFFFFF0000,
       "are two blocks at an address of this process");
    OK(is_zero(&memory), "zeroed");
    memset(AiPinnedMemory(&memory), 0x5A, 8192);
    OK(((BYTE *)AiPinnedMemory(&memory))[8191] == 0x5A, "writable");
    if (VirtualQuery(AiPinnedMemory(&memory), &info, sizeof(info)) != 0)
        OK((info.Protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) == 0,
           "not executable");
    during = pool_now();
    OK(adds_up(&during) && during.UsedBytes == 8192 && during.AllocationsNow == 1 && during.ProcessUsedBytes == 8192 &&
           during.BackedBytes >= 8192,
       "the pool accounts for them");
    OK(AiFreePinned(device, memory.AllocationId) == 0, "freed");
    OK(AiFreePinned(device, memory.AllocationId) == ERROR_NOT_FOUND, "once only");
    OK(!is_memory(AiPinnedMemory(&memory)), "the address is no memory any longer");
    after = pool_now();
    OK(adds_up(&after) && after.UsedBytes == 0 && after.AllocationsNow == 0 && after.PeakUsedBytes == 8192, "all is free again");
    OK(AiAllocatePinned(device, 8192, &memory) == 0 && is_zero(&memory), "the next user sees zeros again");
    AiFreePinned(device, memory.AllocationId);
}

static void test_bad_allocations(void)
{
    AI_ALLOC_REQUEST request = {1, sizeof(request), 4096, 1, 0};
    AI_ALLOCATION memory;
    DWORD moved;

    OK(AiAllocatePinned(device, 0, &memory) == ERROR_INVALID_PARAMETER, "no bytes");
    OK(AiAllocatePinned(device, (256ull << 20) + 1, &memory) == ERROR_INVALID_PARAMETER, "more than the pool");
    OK(AiAllocatePinned(device, MAXUINT64, &memory) == ERROR_INVALID_PARAMETER, "as many as can be said");
    OK(AiAllocatePinned(device, MAXUINT64 - 4094, &memory) == ERROR_INVALID_PARAMETER, "as many as round to nothing");
    OK(AiAllocatePinned(device, 256ull << 20, &memory) == ERROR_NOT_ENOUGH_QUOTA, "more than the quota");
    OK(control(device, IOCTL_AI_ALLOC_PINNED, &request, sizeof(request), &memory, sizeof(memory), &moved) ==
           ERROR_INVALID_PARAMETER,
       "a flag without a name");
    request.Flags = 0;
    request.Reserved = 1;
    OK(control(device, IOCTL_AI_ALLOC_PINNED, &request, sizeof(request), &memory, sizeof(memory), &moved) ==
           ERROR_INVALID_PARAMETER,
       "a reserved field");
    OK(AiFreePinned(device, 0) == ERROR_NOT_FOUND && AiFreePinned(device, 12345) == ERROR_NOT_FOUND &&
           AiFreePinned(device, MAXUINT64) == ERROR_NOT_FOUND,
       "ids that are none");
}

static void test_owners(void)
{
    AI_ALLOCATION mine, theirs;
    AI_MEMORY_POOL pool;
    AI_DEVICE other;

    OK(AiOpen(TRUE, &other) == 0 && AiAllocatePinned(device, 4096, &mine) == 0 && AiAllocatePinned(other, 4096, &theirs) == 0,
       "two handles with an allocation each");
    OK(AiFreePinned(other, mine.AllocationId) == ERROR_NOT_FOUND || mine.AllocationId == theirs.AllocationId,
       "one cannot free what is the other's");
    memset(AiPinnedMemory(&theirs), 1, 4096);
    AiClose(other);
    OK(!is_memory(AiPinnedMemory(&theirs)), "a handle closes: its memory is gone");
    memset(AiPinnedMemory(&mine), 1, 4096);
    pool = pool_now();
    OK(pool.AllocationsNow == 1 && pool.UsedBytes == 4096 && adds_up(&pool), "the other's stays");
    OK(AiFreePinned(device, mine.AllocationId) == 0, "and is freed");
}

static void test_quota_and_holes(void)
{
    enum { COUNT = 32, EACH = 4 << 20 };
    AI_ALLOCATION memory[COUNT], more;
    AI_MEMORY_POOL pool;
    unsigned made = 0;

    while (made < COUNT && AiAllocatePinned(device, EACH, &memory[made]) == 0)
        made++;
    OK(made == COUNT, "the whole quota");
    OK(AiAllocatePinned(device, 1, &more) == ERROR_NOT_ENOUGH_QUOTA, "and not a byte more");
    for (unsigned i = 0; i < made; i += 2)
        AiFreePinned(device, memory[i].AllocationId);
    pool = pool_now();
    OK(adds_up(&pool) && pool.UsedBytes == COUNT / 2 * EACH && pool.FreeRuns > 1 && pool.FragmentationBasisPoints != 0,
       "every other one freed: holes");
    for (unsigned i = 1; i < made; i += 2)
        AiFreePinned(device, memory[i].AllocationId);
    pool = pool_now();
    OK(adds_up(&pool) && pool.UsedBytes == 0 && pool.FreeRuns == 1 && pool.LargestFreeBytes == pool.TotalBytes,
       "the rest freed: one run again");
}

/* ---- boosts, registration, the path ---- */

static void test_boost(void)
{
    UINT32 self = GetCurrentThreadId();
    AI_SCHEDULER_STATS stats;
    AI_BOOST_RESULT boost;
    AI_DEVICE other;

    OK(AiBoostThread(device, self, 3, &boost) == ERROR_INVALID_PARAMETER, "too great an increment");
    OK(AiBoostThread(device, 0xFFFFFFF0, 1, &boost) == ERROR_INVALID_PARAMETER, "a thread that is none");
    OK(AiBoostThread(device, self, 0, &boost) == ERROR_NOT_FOUND, "restoring what is not boosted");
    OK(AiBoostThread(device, self, 1, &boost) == 0 && boost.ThreadId == self && boost.ProcessId == GetCurrentProcessId() &&
           boost.NewBasePriority == boost.OldBasePriority + 1,
       "this thread");
    OK(GetThreadPriority(GetCurrentThread()) == 1, "as its priority shows");
    OK(AiBoostThread(device, self, 2, &boost) == 0 && boost.NewBasePriority == boost.OldBasePriority + 1,
       "a second request replaces the first");
    OK(AiOpen(TRUE, &other) == 0 && AiBoostThread(other, self, 1, NULL) == ERROR_SHARING_VIOLATION,
       "another handle may not interfere");
    OK(AiGetSchedulerStats(device, &stats) == 0 && stats.RequestedBoosts == 2 && stats.BoostedThreadsNow == 1, "it is counted");
    OK(AiBoostThread(device, self, 0, &boost) == 0 && GetThreadPriority(GetCurrentThread()) == 0, "restored");
    OK(AiBoostThread(other, self, 2, NULL) == 0 && GetThreadPriority(GetCurrentThread()) == 2, "the other may now");
    AiClose(other);
    OK(GetThreadPriority(GetCurrentThread()) == 0, "its handle closes: restored");
    OK(AiGetSchedulerStats(device, &stats) == 0 && stats.BoostedThreadsNow == 0 && stats.Restores == 2, "all is counted");
}

static void test_registration(void)
{
    AI_WINAI_REGISTRATION bad = {1, sizeof(bad), AI_WINAI_UNREGISTER, 0, 0, 0, "name"};
    AI_OPTIMIZED_PATH path;
    AI_STATS stats;
    DWORD moved;

    OK(AiUnregisterRuntime(device) == ERROR_NOT_FOUND, "unregistering what is not registered");
    OK(AiGetOptimizedPath(device, 0, &path) == 0 && (path.Flags & AI_PATH_OPTIMIZED) == 0 &&
           (path.Reasons & AI_REASON_NOT_REGISTERED) != 0,
       "the path without a runtime");
    OK(AiRegisterRuntime(device, 4, 1, "runtime") == ERROR_INVALID_PARAMETER, "a want without a name");
    OK(control(device, IOCTL_AI_REGISTER_WINAI, &bad, sizeof(bad), NULL, 0, &moved) == ERROR_INVALID_PARAMETER,
       "unregistering with a name");
    memset(bad.Name, 'x', sizeof(bad.Name));
    bad.Operation = AI_WINAI_REGISTER;
    OK(control(device, IOCTL_AI_REGISTER_WINAI, &bad, sizeof(bad), NULL, 0, &moved) == ERROR_INVALID_PARAMETER,
       "a name without an end");
    OK(AiRegisterRuntime(device, AI_WINAI_WANTS_PINNED, 0x10002, "runtime") == 0, "a runtime that wants memory");
    OK(AiGetOptimizedPath(device, 0, &path) == 0 && path.RuntimeFlags == AI_WINAI_WANTS_PINNED &&
           (path.Flags & AI_PATH_RUNTIME_REGISTERED) != 0 && (path.Flags & AI_PATH_POOL_AVAILABLE) != 0 &&
           (path.Flags & AI_PATH_OPTIMIZED) != 0,
       "has all it wants");
    OK(AiGetOptimizedPath(device, 4711, &path) == 0 && (path.Reasons & AI_REASON_NO_ADAPTER) != 0 &&
           (path.Flags & AI_PATH_ADAPTER_PRESENT) == 0,
       "an adapter that is not there is an answer");
    OK(AiRegisterRuntime(device, AI_WINAI_WANTS_GPU, 0x10002, "runtime") == 0 &&
           AiGetOptimizedPath(device, 4711, &path) == 0 && (path.Flags & AI_PATH_OPTIMIZED) == 0,
       "a runtime that wants a GPU has none there");
    OK(AiGetStats(device, &stats) == 0 && stats.RegistrationsNow == 1, "one handle is registered");
    OK(AiUnregisterRuntime(device) == 0 && AiGetStats(device, &stats) == 0 && stats.RegistrationsNow == 0, "unregistered");
}

static void test_stats(void)
{
    AI_STATS before, after;
    AI_MEMORY_POOL pool;

    OK(AiGetStats(device, &before) == 0 && before.HandlesNow == 1 && before.AllocationsNow == 0 &&
           before.Allocations == before.Frees + before.FreesOnClose && before.FreesOnClose >= 1,
       "counters agree with each other");
    AiGetMemoryPool(device, &pool);
    AiFreePinned(device, 1);
    OK(AiGetStats(device, &after) == 0 && after.Requests[4] == before.Requests[4] + 1 &&
           after.Requests[7] == before.Requests[7] + 1 && after.RequestsFailed[7] == before.RequestsFailed[7] + 1 &&
           after.RequestsFailed[4] == before.RequestsFailed[4] && after.UpTime100ns >= before.UpTime100ns,
       "each request is counted");
}

int main(void)
{
    DWORD error = AiOpen(TRUE, &device);

    OK(error == 0, "the device opens");
    if (error != 0) {
        printf("# %s (%lu)\n", AiErrorText(error), error);
        return tap_end();
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        test_lengths(&codes[i]);
        test_versions(&codes[i]);
        test_output(&codes[i]);
        test_access(&codes[i]);
    }
    test_other_codes();
    test_one_allocation();
    test_bad_allocations();
    test_owners();
    test_quota_and_holes();
    test_boost();
    test_registration();
    test_gpu();
    test_stats();
    AiClose(device);
    return tap_end();
}
