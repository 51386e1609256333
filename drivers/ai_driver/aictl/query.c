/* status, path, pool, stats, watch: what the driver says, printed. */
#include "aictl.h"

#include <stdio.h>
#include <string.h>

#define AT(Field) AICTL_AT(AI_GPU_STATUS, Field)
static const AICTL_FIELD GpuFields[] = {
    {"adapter", NULL, AT(AdapterIndex), KIND_U32, 0},
    {"name", NULL, AT(Name), KIND_TEXT, 0},
    {"utilization_percent", "utilisation", AT(UtilizationBasisPoints), KIND_BASIS_POINTS,
     AI_GPU_VALID_UTILIZATION},
    {"memory_used_bytes", "memory used", AT(MemoryUsedBytes), KIND_BYTES, AI_GPU_VALID_MEMORY_USED},
    {"memory_total_bytes", "memory total", AT(MemoryTotalBytes), KIND_BYTES,
     AI_GPU_VALID_MEMORY_TOTAL},
    {"memory_busy_percent", "memory busy", AT(MemoryUtilizationBasisPoints), KIND_BASIS_POINTS,
     AI_GPU_VALID_MEMORY_UTILIZATION},
    {"temperature_c", "temperature", AT(TemperatureMilliC), KIND_MILLI_C, AI_GPU_VALID_TEMPERATURE},
};
static const AICTL_FIELD GpuSampleFields[] = {
    {"sample_age_100ns", "sample age", AT(SampleAge100ns), KIND_100NS, 0},
    {"sample_sequence", "sample number", AT(SampleSequence), KIND_U64, 0},
    {"sample_count", "samples taken", AT(SampleCount), KIND_U64, 0},
};
#undef AT

#define AT(Field) AICTL_AT(AI_MEMORY_POOL, Field)
static const AICTL_FIELD PoolFields[] = {
    {"total_bytes", "total", AT(TotalBytes), KIND_BYTES, 0},
    {"used_bytes", "used", AT(UsedBytes), KIND_BYTES, 0},
    {"free_bytes", "free", AT(FreeBytes), KIND_BYTES, 0},
    {"largest_free_bytes", "largest free run", AT(LargestFreeBytes), KIND_BYTES, 0},
    {"free_runs", "free runs", AT(FreeRuns), KIND_U32, 0},
    {"fragmentation_percent", "fragmentation", AT(FragmentationBasisPoints), KIND_BASIS_POINTS, 0},
    {"backed_bytes", "backed by memory", AT(BackedBytes), KIND_BYTES, 0},
    {"peak_used_bytes", "most ever used", AT(PeakUsedBytes), KIND_BYTES, 0},
    {"block_bytes", "block", AT(BlockBytes), KIND_U32, 0},
    {"total_blocks", "blocks", AT(TotalBlocks), KIND_U32, 0},
    {"used_blocks", "blocks used", AT(UsedBlocks), KIND_U32, 0},
    {"free_blocks", "blocks free", AT(FreeBlocks), KIND_U32, 0},
    {"largest_free_blocks", NULL, AT(LargestFreeBlocks), KIND_U32, 0},
    {"allocations", "allocations", AT(AllocationsNow), KIND_U32, 0},
    {"process_quota_bytes", "quota of a process", AT(ProcessQuotaBytes), KIND_BYTES, 0},
    {"process_used_bytes", "used by this process", AT(ProcessUsedBytes), KIND_BYTES, 0},
};
#undef AT

#define AT(Field) AICTL_AT(AI_STATS, Field)
static const AICTL_FIELD StatsFields[] = {
    {"up_time_100ns", "up", AT(UpTime100ns), KIND_100NS, 0},
    {"handles", "open handles", AT(HandlesNow), KIND_U32, 0},
    {"adapters", "adapters", AT(AdaptersNow), KIND_U32, 0},
    {"samples_accepted", "samples accepted", AT(SamplesAccepted), KIND_U64, 0},
    {"samples_refused", "samples refused", AT(SamplesRefused), KIND_U64, 0},
    {"allocations", "allocations", AT(Allocations), KIND_U64, 0},
    {"allocations_failed", "allocations failed", AT(AllocationsFailed), KIND_U64, 0},
    {"allocations_now", "allocations now", AT(AllocationsNow), KIND_U32, 0},
    {"frees", "freed", AT(Frees), KIND_U64, 0},
    {"frees_on_close", "freed on close", AT(FreesOnClose), KIND_U64, 0},
    {"bytes_allocated", "bytes allocated", AT(BytesAllocated), KIND_BYTES, 0},
    {"registrations", "registered runtimes", AT(RegistrationsNow), KIND_U32, 0},
};
#undef AT

#define AT(Field) AICTL_AT(AI_SCHEDULER_STATS, Field)
static const AICTL_FIELD SchedulerFields[] = {
    {"processes_created", "processes created", AT(ProcessesCreated), KIND_U64, 0},
    {"ai_processes_seen", "AI processes seen", AT(AiProcessesSeen), KIND_U64, 0},
    {"ai_processes", "AI processes now", AT(AiProcessesNow), KIND_U32, 0},
    {"boosted_threads", "boosted threads now", AT(BoostedThreadsNow), KIND_U32, 0},
    {"automatic_boosts", "automatic boosts", AT(AutomaticBoosts), KIND_U64, 0},
    {"requested_boosts", "requested boosts", AT(RequestedBoosts), KIND_U64, 0},
    {"restores", "restores", AT(Restores), KIND_U64, 0},
    {"boost_failures", "failed boosts", AT(BoostFailures), KIND_U64, 0},
    {"boost_increment", "boost increment", AT(BoostIncrement), KIND_U32, 0},
    {"process_names", "process names", AT(ProcessNameCount), KIND_U32, 0},
    {"measured_boosts", "measured boosts", AT(MeasuredBoosts), KIND_U64, 0},
};
static const AICTL_FIELD SchedulerTimeFields[] = {
    {"mean_create_to_boost_100ns", "creation to boost, mean", AT(MeanCreateToBoost100ns),
     KIND_100NS, 1},
    {"min_create_to_boost_100ns", "  least", AT(MinCreateToBoost100ns), KIND_100NS, 1},
    {"max_create_to_boost_100ns", "  most", AT(MaxCreateToBoost100ns), KIND_100NS, 1},
};
#undef AT

#define AT(Field) AICTL_AT(AI_OPTIMIZED_PATH, Field)
static const AICTL_FIELD PathFields[] = {
    {"adapter", "adapter", AT(AdapterIndex), KIND_U32, 0},
    {"largest_free_bytes", "largest free run", AT(LargestFreeBytes), KIND_BYTES, 0},
    {"quota_left_bytes", "quota left", AT(QuotaLeftBytes), KIND_BYTES, 0},
    {"sample_age_100ns", "sample age", AT(SampleAge100ns), KIND_100NS, 0},
};
#undef AT

typedef struct FLAG_NAME {
    UINT32 Flag;
    const char *Key, *Text;
} FLAG_NAME;

static const FLAG_NAME PathFlags[] = {
    {AI_PATH_ADAPTER_PRESENT, "adapter_present", "adapter present"},
    {AI_PATH_SAMPLES_FRESH, "samples_fresh", "samples fresh"},
    {AI_PATH_POOL_AVAILABLE, "pool_available", "pool available"},
    {AI_PATH_RUNTIME_REGISTERED, "runtime_registered", "runtime registered"},
    {AI_PATH_OPTIMIZED, "optimized", "optimised"},
    {AI_PATH_SIMULATED, "simulated", "simulated"},
};
static const FLAG_NAME PathReasons[] = {
    {AI_REASON_NO_ADAPTER, "no_adapter", "no adapter"},
    {AI_REASON_NO_AGENT, "no_agent", "no agent"},
    {AI_REASON_SAMPLE_STALE, "sample_stale", "sample stale"},
    {AI_REASON_POOL_EXHAUSTED, "pool_exhausted", "pool exhausted"},
    {AI_REASON_QUOTA_REACHED, "quota_reached", "quota reached"},
    {AI_REASON_NOT_REGISTERED, "not_registered", "no runtime registered on this handle"},
};

/* The names of the flags that are set: JSON by key, one blank apart; text with commas. */
static void PutFlags(bool Json, const char *Key, const char *Label, UINT32 Flags,
                     const FLAG_NAME *Names, size_t Count)
{
    char Text[200] = "";

    for (size_t i = 0; i < Count; i++)
        if ((Flags & Names[i].Flag) != 0)
            snprintf(Text + strlen(Text), sizeof(Text) - strlen(Text), "%s%s",
                     Text[0] == '\0' ? ""
                     : Json          ? " "
                                     : ", ",
                     Json ? Names[i].Key : Names[i].Text);
    AictlPutText(Key, Label, Text[0] == '\0' && !Json ? "none" : Text);
}

static const char *SourceName(UINT32 Source)
{
    static const char *const Names[] = {"none", "NVML", "PDH", "ADL", "other"};

    return Source < AICTL_COUNT_OF(Names) ? Names[Source] : "unknown";
}

static void PutGpu(const AI_GPU_STATUS *Gpu, bool Json)
{
    bool HasSample = (Gpu->Flags & AI_GPU_FLAG_NO_SAMPLE) == 0;

    AictlBegin("status", Json);
    AictlHeading("GPU %u: %s%s%s", Gpu->AdapterIndex, Gpu->Name[0] != '\0' ? Gpu->Name : "no name",
                 (Gpu->Flags & AI_GPU_FLAG_SIMULATED) != 0 ? ", simulated" : "",
                 !HasSample                              ? ", no sample"
                 : (Gpu->Flags & AI_GPU_FLAG_STALE) != 0 ? ", stale"
                                                         : "");
    AictlPutFields(Gpu, GpuFields, AICTL_COUNT_OF(GpuFields), Gpu->Valid);
    AictlPutText("source", HasSample ? "source" : NULL, SourceName(Gpu->Source));
    if (HasSample)
        AictlPutFields(Gpu, GpuSampleFields, AICTL_COUNT_OF(GpuSampleFields), 0);
    AictlPutBool("has_sample", HasSample);
    AictlPutBool("stale", (Gpu->Flags & AI_GPU_FLAG_STALE) != 0);
    AictlPutBool("simulated", (Gpu->Flags & AI_GPU_FLAG_SIMULATED) != 0);
    AictlPutBool("agent_present", (Gpu->Flags & AI_GPU_FLAG_AGENT_PRESENT) != 0);
    AictlPutBool("enumerated", (Gpu->Flags & AI_GPU_FLAG_ENUMERATED) != 0);
    AictlEnd();
}

int AictlStatus(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    UINT32 First = (UINT32)Options->Adapter, Index = First;
    UINT32 Flags = Options->HasAdapter ? 0 : AI_QUERY_WITHOUT_SAMPLE;
    AI_GPU_STATUS Gpu;

    do {
        DWORD Error = AiGetGpuStatus(Device, Index, Flags, &Gpu);

        if (Error == ERROR_NO_MORE_ITEMS && !Options->HasAdapter)
            break;
        if (Error != 0)
            return AictlRefused(Options, "status", Error);
        PutGpu(&Gpu, Options->Json);
        Index++;
    } while (!Options->HasAdapter);
    if (Index == First && !Options->Json)
        printf("no GPU is known, and no agent publishes one\n");
    return AICTL_FINE;
}

int AictlPath(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    AI_OPTIMIZED_PATH Path;
    DWORD Error = AiGetOptimizedPath(Device, (UINT32)Options->Adapter, &Path);

    if (Error != 0)
        return AictlRefused(Options, "path", Error);
    AictlBegin("path", Options->Json);
    AictlHeading("optimised path: %s", (Path.Flags & AI_PATH_OPTIMIZED) != 0 ? "yes" : "no");
    PutFlags(Options->Json, "flags", "there", Path.Flags, PathFlags, AICTL_COUNT_OF(PathFlags));
    PutFlags(Options->Json, "reasons", "missing", Path.Reasons, PathReasons,
             AICTL_COUNT_OF(PathReasons));
    AictlPutFields(&Path, PathFields, AICTL_COUNT_OF(PathFields), 0);
    AictlEnd();
    return AICTL_FINE;
}

/* What the contract says of every answer. */
static bool PoolAddsUp(const AI_MEMORY_POOL *Pool)
{
    return Pool->UsedBytes + Pool->FreeBytes == Pool->TotalBytes &&
           Pool->UsedBlocks + Pool->FreeBlocks == Pool->TotalBlocks &&
           (UINT64)Pool->TotalBlocks * Pool->BlockBytes == Pool->TotalBytes &&
           Pool->LargestFreeBytes <= Pool->FreeBytes &&
           Pool->FragmentationBasisPoints <= AI_BASIS_POINTS;
}

int AictlPool(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    AI_MEMORY_POOL Pool;
    DWORD Error = AiGetMemoryPool(Device, &Pool);

    if (Error != 0)
        return AictlRefused(Options, "pool", Error);
    AictlBegin("pool", Options->Json);
    AictlHeading("pinned memory");
    AictlPutFields(&Pool, PoolFields, AICTL_COUNT_OF(PoolFields), 0);
    AictlEnd();
    if (PoolAddsUp(&Pool))
        return AICTL_FINE;
    fprintf(stderr, "aictl: pool: the driver's figures do not add up\n");
    return AICTL_WRONG_ANSWER;
}

static void PutRequests(const AI_STATS *Stats)
{
    static const char *const Names[AI_FUNCTION_COUNT] = {
        "get_stats",       "set_gpu_util",        "boost_priority", "get_gpu_status",
        "get_memory_pool", "get_scheduler_stats", "alloc_pinned",   "free_pinned",
        "register_winai",  "get_optimized_path"};

    for (UINT32 i = 0; i < AI_FUNCTION_COUNT; i++) {
        char Failed[40];
        AICTL_FIELD Fields[] = {
            {Names[i], Names[i], AICTL_AT(AI_STATS, Requests) + i * 8, KIND_U64, 0},
            {Failed, Stats->RequestsFailed[i] != 0 ? "  failed" : NULL,
             AICTL_AT(AI_STATS, RequestsFailed) + i * 8, KIND_U64, 0}};

        snprintf(Failed, sizeof(Failed), "%s_failed", Names[i]);
        AictlPutFields(Stats, Fields, AICTL_COUNT_OF(Fields), 0);
    }
}

int AictlStats(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    AI_SCHEDULER_STATS Scheduler;
    AI_STATS Stats;
    DWORD Error = AiGetStats(Device, &Stats);
    char DriverVersion[40];

    if (Error == 0)
        Error = AiGetSchedulerStats(Device, &Scheduler);
    if (Error != 0)
        return AictlRefused(Options, "stats", Error);
    snprintf(DriverVersion, sizeof(DriverVersion), "%u.%u.%u", Stats.DriverMajor, Stats.DriverMinor,
             Stats.DriverBuild);
    AictlBegin("stats", Options->Json);
    AictlHeading("ai_driver %s", DriverVersion);
    AictlPutText("driver_version", NULL, DriverVersion);
    AictlPutFields(&Stats, StatsFields, AICTL_COUNT_OF(StatsFields), 0);
    AictlHeading("requests");
    PutRequests(&Stats);
    AictlHeading("scheduling");
    AictlPutFields(&Scheduler, SchedulerFields, AICTL_COUNT_OF(SchedulerFields), 0);
    AictlPutFields(&Scheduler, SchedulerTimeFields, AICTL_COUNT_OF(SchedulerTimeFields),
                   Scheduler.MeasuredBoosts != 0);
    AictlEnd();
    return AICTL_FINE;
}

/* One line on an adapter. */
static void PutWatchLine(const AI_GPU_STATUS *Gpu, const AI_MEMORY_POOL *Pool)
{
    printf("GPU %u", Gpu->AdapterIndex);
    if ((Gpu->Valid & AI_GPU_VALID_UTILIZATION) != 0)
        printf("  %3u.%02u %%", Gpu->UtilizationBasisPoints / 100,
               Gpu->UtilizationBasisPoints % 100);
    if ((Gpu->Valid & AI_GPU_VALID_MEMORY_USED) != 0)
        printf("  %6llu MiB", (unsigned long long)(Gpu->MemoryUsedBytes >> 20));
    if ((Gpu->Valid & AI_GPU_VALID_TEMPERATURE) != 0)
        printf("  %3d C", (int)(Gpu->TemperatureMilliC / 1000));
    printf("  sample %llu%s%s  pinned %llu KiB\n", (unsigned long long)Gpu->SampleSequence,
           (Gpu->Flags & AI_GPU_FLAG_STALE) != 0 ? ", stale" : "",
           (Gpu->Flags & AI_GPU_FLAG_SIMULATED) != 0 ? ", simulated" : "",
           (unsigned long long)(Pool->UsedBytes >> 10));
    fflush(stdout);
}

static int WatchOnce(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    AI_MEMORY_POOL Pool;
    AI_GPU_STATUS Gpu;
    DWORD Error = AiGetMemoryPool(Device, &Pool);

    if (Error == 0)
        Error = AiGetGpuStatus(Device, (UINT32)Options->Adapter, 0, &Gpu);
    if (Error == ERROR_NOT_READY || Error == ERROR_NO_MORE_ITEMS) { /* the agent may come */
        fprintf(stderr, "aictl: watch: %s\n", AiErrorText(Error));
        return AICTL_FINE;
    }
    if (Error != 0)
        return AictlRefused(Options, "watch", Error);
    if (Options->Json)
        PutGpu(&Gpu, true);
    else
        PutWatchLine(&Gpu, &Pool);
    return AICTL_FINE;
}

int AictlWatch(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    for (UINT64 i = 0; Options->Count == 0 || i < Options->Count; i++) {
        int Result;

        if (i != 0 && AictlPause(Options->IntervalMs))
            return AICTL_FINE;
        Result = WatchOnce(Device, Options);
        if (Result != AICTL_FINE)
            return Result;
    }
    return AICTL_FINE;
}
