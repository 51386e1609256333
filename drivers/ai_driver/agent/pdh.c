/*
 * The system's own GPU counters as a source, for GPUs without NVML: "GPU Engine" (per process and
 * engine) and "GPU Adapter Memory", through pdh.dll, loaded when it is there. An adapter is as busy
 * as its busiest engine, as Task Manager has it. These counters know neither temperature nor total
 * memory nor the PCI location: an adapter is named by its LUID.
 */
#include "agent.h"
#include "instance.h"

#include <pdh.h>
#include <pdhmsg.h>
#include <stdlib.h>
#include <string.h>

#define ENGINES 64

typedef struct PDH_ADAPTER {
    UINT32 LuidLow, LuidHigh;
    double Busy[ENGINES]; /* percent, summed over processes */
    bool HasBusy, HasMemory;
    UINT64 MemoryUsedBytes;
} PDH_ADAPTER;

static struct {
    HMODULE Library;
    PDH_STATUS(WINAPI *OpenQuery)(LPCWSTR Source, DWORD_PTR Context, PDH_HQUERY *Query);
    PDH_STATUS(WINAPI *AddEnglishCounter)
    (PDH_HQUERY Query, LPCWSTR Path, DWORD_PTR Context, PDH_HCOUNTER *Counter);
    PDH_STATUS(WINAPI *CollectQueryData)(PDH_HQUERY Query);
    PDH_STATUS(WINAPI *GetFormattedCounterArray)
    (PDH_HCOUNTER Counter, DWORD Format, LPDWORD Bytes, LPDWORD Items,
     PPDH_FMT_COUNTERVALUE_ITEM_W Values);
    PDH_STATUS(WINAPI *CloseQuery)(PDH_HQUERY Query);
    PDH_HQUERY Query;
    PDH_HCOUNTER Busy, Memory;
} Pdh;

static PDH_ADAPTER Adapters[AI_MAX_ADAPTERS];
static UINT32 AdapterCount;

static bool PdhBind(void)
{
    HMODULE Library = LoadLibraryExW(L"pdh.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);

    if (Library == NULL)
        return false;
    Pdh.Library = Library;
    return AgentBind(Library, "PdhOpenQueryW", &Pdh.OpenQuery) &&
           AgentBind(Library, "PdhAddEnglishCounterW", &Pdh.AddEnglishCounter) &&
           AgentBind(Library, "PdhCollectQueryData", &Pdh.CollectQueryData) &&
           AgentBind(Library, "PdhGetFormattedCounterArrayW", &Pdh.GetFormattedCounterArray) &&
           AgentBind(Library, "PdhCloseQuery", &Pdh.CloseQuery);
}

static void PdhStop(void)
{
    if (Pdh.Query != NULL)
        Pdh.CloseQuery(Pdh.Query);
    if (Pdh.Library != NULL)
        FreeLibrary(Pdh.Library);
    memset(&Pdh, 0, sizeof(Pdh));
}

/* A counter of rates needs two collections: the first is made here. */
static bool PdhStart(void)
{
    if (PdhBind() && Pdh.OpenQuery(NULL, 0, &Pdh.Query) == ERROR_SUCCESS &&
        Pdh.AddEnglishCounter(Pdh.Query, L"\\GPU Engine(*)\\Utilization Percentage", 0,
                              &Pdh.Busy) == ERROR_SUCCESS &&
        Pdh.AddEnglishCounter(Pdh.Query, L"\\GPU Adapter Memory(*)\\Dedicated Usage", 0,
                              &Pdh.Memory) == ERROR_SUCCESS &&
        Pdh.CollectQueryData(Pdh.Query) == ERROR_SUCCESS)
        return true;
    PdhStop();
    return false;
}

static PDH_ADAPTER *PdhAdapter(const AGENT_INSTANCE *Instance)
{
    for (UINT32 i = 0; i < AdapterCount; i++)
        if (Adapters[i].LuidLow == Instance->LuidLow && Adapters[i].LuidHigh == Instance->LuidHigh)
            return &Adapters[i];
    if (AdapterCount == AI_MAX_ADAPTERS)
        return NULL;
    memset(&Adapters[AdapterCount], 0, sizeof(Adapters[0]));
    Adapters[AdapterCount].LuidLow = Instance->LuidLow;
    Adapters[AdapterCount].LuidHigh = Instance->LuidHigh;
    return &Adapters[AdapterCount++];
}

static void PdhTake(const PDH_FMT_COUNTERVALUE_ITEM_W *Item, bool IsMemory)
{
    AGENT_INSTANCE Instance;
    PDH_ADAPTER *Adapter;
    char Name[160];

    if (WideCharToMultiByte(CP_UTF8, 0, Item->szName, -1, Name, sizeof(Name), NULL, NULL) == 0 ||
        (Item->FmtValue.CStatus != PDH_CSTATUS_VALID_DATA &&
         Item->FmtValue.CStatus != PDH_CSTATUS_NEW_DATA) ||
        !AgentParseInstance(Name, &Instance) || Instance.HasEngine == IsMemory)
        return;
    Adapter = PdhAdapter(&Instance);
    if (Adapter == NULL)
        return;
    if (IsMemory) {
        Adapter->MemoryUsedBytes += (UINT64)Item->FmtValue.largeValue;
        Adapter->HasMemory = true;
    } else if (Instance.Engine < ENGINES) {
        Adapter->Busy[Instance.Engine] += Item->FmtValue.doubleValue;
        Adapter->HasBusy = true;
    }
}

static void PdhTakeAll(PDH_HCOUNTER Counter, bool IsMemory)
{
    DWORD Format = IsMemory ? PDH_FMT_LARGE : PDH_FMT_DOUBLE | PDH_FMT_NOCAP100, Bytes = 0, Items;
    PDH_FMT_COUNTERVALUE_ITEM_W *Values;

    if (Pdh.GetFormattedCounterArray(Counter, Format, &Bytes, &Items, NULL) !=
        (PDH_STATUS)PDH_MORE_DATA)
        return;
    Values = malloc(Bytes);
    if (Values != NULL &&
        Pdh.GetFormattedCounterArray(Counter, Format, &Bytes, &Items, Values) == ERROR_SUCCESS)
        for (DWORD i = 0; i < Items; i++)
            PdhTake(&Values[i], IsMemory);
    free(Values);
}

static void PdhFill(const PDH_ADAPTER *Adapter, AI_GPU_SAMPLE *Sample)
{
    double Busiest = 0;

    memset(Sample, 0, sizeof(*Sample));
    Sample->Source = AI_SOURCE_PDH;
    Sample->LuidLow = Adapter->LuidLow;
    Sample->LuidHigh = (INT32)Adapter->LuidHigh;
    Sample->Valid = AI_GPU_VALID_LUID;
    for (int i = 0; i < ENGINES; i++)
        Busiest = Adapter->Busy[i] > Busiest ? Adapter->Busy[i] : Busiest;
    if (Adapter->HasBusy) {
        Sample->UtilizationBasisPoints = Busiest >= 100 ? AI_BASIS_POINTS : (UINT32)(Busiest * 100);
        Sample->Valid |= AI_GPU_VALID_UTILIZATION;
    }
    if (Adapter->HasMemory) {
        Sample->MemoryUsedBytes = Adapter->MemoryUsedBytes;
        Sample->Valid |= AI_GPU_VALID_MEMORY_USED;
    }
}

static UINT32 PdhRead(AI_GPU_SAMPLE *Samples, UINT32 Limit)
{
    UINT32 Filled = 0;

    if (Pdh.CollectQueryData(Pdh.Query) != ERROR_SUCCESS)
        return 0;
    AdapterCount = 0;
    PdhTakeAll(Pdh.Busy, false);
    PdhTakeAll(Pdh.Memory, true);
    for (; Filled < AdapterCount && Filled < Limit; Filled++)
        PdhFill(&Adapters[Filled], &Samples[Filled]);
    return Filled;
}

const AGENT_PROVIDER AgentPdh = {"pdh", PdhStart, PdhRead, PdhStop};
