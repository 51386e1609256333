/*
 * The agent's loop: reads at the rate that was asked for, publishes, and begins again with whatever
 * went away: the source when it finds no GPU, the driver when it does not take samples any longer.
 * A missing driver or GPU is told once, not ten times a second.
 */
#include "agent.h"

#include <stdio.h>
#include <string.h>

#define SOURCE_RETRY_MS 2000u

typedef struct AGENT_STATE {
    const AGENT_OPTIONS *Options;
    const AGENT_PROVIDER *Provider; /* that is started, or NULL */
    AGENT_DEVICE Device;
    DWORD ToldError;                /* the driver's, that was told last */
    bool ToldNoGpu;
    UINT64 SourceRetryMs; /* when to look for a source again */
    UINT64 Sequence;
} AGENT_STATE;

bool AgentBind(HMODULE Library, const char *Name, void *Slot)
{
    FARPROC Routine = GetProcAddress(Library, Name);

    memcpy(Slot, &Routine, sizeof(Routine));
    return Routine != NULL;
}

void AgentSetName(AI_GPU_SAMPLE *Sample, const char *Name)
{
    size_t Bytes = strlen(Name);

    memset(Sample->Name, 0, sizeof(Sample->Name));
    if (Bytes >= sizeof(Sample->Name)) {
        Bytes = sizeof(Sample->Name) - 1;
        while (Bytes != 0 && ((unsigned char)Name[Bytes] & 0xC0) == 0x80)
            Bytes--;
    }
    memcpy(Sample->Name, Name, Bytes);
}

/* ---- the source ---- */

static bool IsWanted(AGENT_SOURCE Source, const AGENT_PROVIDER *Provider)
{
    return Source == AGENT_AUTO || Source == (Provider == &AgentNvml ? AGENT_NVML : AGENT_PDH);
}

static void StartSource(AGENT_STATE *State)
{
    static const AGENT_PROVIDER *const All[] = {&AgentNvml, &AgentPdh};

    if (GetTickCount64() < State->SourceRetryMs)
        return;
    for (size_t i = 0; i < sizeof(All) / sizeof(All[0]) && State->Provider == NULL; i++)
        if (IsWanted(State->Options->Source, All[i]) && All[i]->Start())
            State->Provider = All[i];
    if (State->Provider != NULL) {
        fprintf(stderr, "ai_gpu_agent: reading %s\n", State->Provider->Name);
        State->ToldNoGpu = false;
        return;
    }
    State->SourceRetryMs = GetTickCount64() + SOURCE_RETRY_MS;
    if (!State->ToldNoGpu)
        fprintf(stderr, "ai_gpu_agent: no source finds a GPU\n");
    State->ToldNoGpu = true;
}

static void StopSource(AGENT_STATE *State)
{
    if (State->Provider != NULL)
        State->Provider->Stop();
    State->Provider = NULL;
}

static UINT32 ReadSource(AGENT_STATE *State, AI_GPU_SAMPLE *Samples, UINT32 Limit)
{
    UINT32 Count;

    if (State->Provider == NULL)
        StartSource(State);
    if (State->Provider == NULL)
        return 0;
    Count = State->Provider->Read(Samples, Limit);
    if (Count == 0)
        StopSource(State);
    return Count;
}

/* ---- the driver ---- */

static void TellDriver(AGENT_STATE *State, DWORD Error)
{
    if (Error != State->ToldError && Error != 0)
        fprintf(stderr, "ai_gpu_agent: %s (error %lu)\n", AiErrorText(Error), Error);
    if (Error == 0 && State->ToldError != 0)
        fprintf(stderr, "ai_gpu_agent: the driver takes samples again\n");
    State->ToldError = Error;
}

static DWORD Publish(AGENT_STATE *State, AI_GPU_SAMPLE *Sample)
{
    DWORD Error = AgentDevicePublish(&State->Device, Sample);

    TellDriver(State, Error);
    return Error;
}

static void Print(const AI_GPU_SAMPLE *Sample)
{
    printf("%llu\t%s", (unsigned long long)Sample->Sequence,
           Sample->Name[0] != '\0' ? Sample->Name : "-");
    if ((Sample->Valid & AI_GPU_VALID_PCI) != 0)
        printf("\tpci %04x:%02x:%02x.%x", Sample->PciDomain, Sample->PciBus, Sample->PciDevice,
               Sample->PciFunction);
    if ((Sample->Valid & AI_GPU_VALID_LUID) != 0)
        printf("\tluid %08x:%08x", (UINT32)Sample->LuidHigh, Sample->LuidLow);
    if ((Sample->Valid & AI_GPU_VALID_UTILIZATION) != 0)
        printf("\tbusy %u.%02u %%", Sample->UtilizationBasisPoints / 100,
               Sample->UtilizationBasisPoints % 100);
    if ((Sample->Valid & AI_GPU_VALID_MEMORY_USED) != 0)
        printf("\tused %llu", (unsigned long long)Sample->MemoryUsedBytes);
    if ((Sample->Valid & AI_GPU_VALID_MEMORY_TOTAL) != 0)
        printf("\ttotal %llu", (unsigned long long)Sample->MemoryTotalBytes);
    if ((Sample->Valid & AI_GPU_VALID_TEMPERATURE) != 0)
        printf("\t%d C", (int)(Sample->TemperatureMilliC / 1000));
    printf("%s\n", (Sample->Flags & AI_GPU_FLAG_SIMULATED) != 0 ? "\tsimulated" : "");
    fflush(stdout);
}

/* ---- the loop ---- */

static int ExitCode(DWORD Error)
{
    if (Error == 0)
        return AGENT_FINE;
    return AgentKeepsDevice(Error) ? AGENT_REFUSED : AGENT_NO_DRIVER;
}

/* One sample of each GPU; the first failure as an exit code. */
static int Turn(AGENT_STATE *State)
{
    AI_GPU_SAMPLE Samples[AI_MAX_ADAPTERS];
    UINT32 Count = ReadSource(State, Samples, AI_MAX_ADAPTERS);
    int Result = Count == 0 ? AGENT_NO_GPU : AGENT_FINE;

    State->Sequence++;
    for (UINT32 i = 0; i < Count; i++) {
        Samples[i].Sequence = State->Sequence;
        if (State->Options->Print)
            Print(&Samples[i]);
        else if (Result == AGENT_FINE)
            Result = ExitCode(Publish(State, &Samples[i]));
        else
            Publish(State, &Samples[i]);
    }
    return Result;
}

/* Until the next turn is due; false: it is over. Turns that are late are left out, not made up. */
static bool WaitForTurn(const AGENT_OPTIONS *Options, HANDLE Stop, UINT64 StartMs, UINT64 *DueMs)
{
    UINT64 Now = GetTickCount64(), Period = 1000 / Options->RateHz;

    *DueMs += Period;
    if (*DueMs < Now)
        *DueMs = Now;
    if (Options->Seconds != 0 && *DueMs - StartMs >= (UINT64)Options->Seconds * 1000)
        return false;
    return WaitForSingleObject(Stop, (DWORD)(*DueMs - Now)) == WAIT_TIMEOUT;
}

int AgentLoop(const AGENT_OPTIONS *Options, HANDLE Stop)
{
    AGENT_STATE State = {.Options = Options};
    UINT64 StartMs = GetTickCount64(), DueMs = StartMs;
    int Result;

    AgentDeviceStart(&State.Device);
    do
        Result = Turn(&State);
    while (!Options->Once && !(Options->Print && Result == AGENT_NO_GPU) &&
           WaitForTurn(Options, Stop, StartMs, &DueMs));
    StopSource(&State);
    AgentDeviceEnd(&State.Device);
    return Options->Once || Options->Print ? Result : AGENT_FINE;
}
