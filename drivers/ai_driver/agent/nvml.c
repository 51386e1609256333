/*
 * NVML as a source: nvml.dll of the system folder, or of the folder where older display drivers
 * put it. What a GPU does not support is left out of its samples. In Drydock the library is the
 * machine's own and says by drydockNvmlIsSimulated whether its figures are simulated; NVIDIA's does
 * not have that routine.
 */
#include "agent.h"
#include "nvml.h"

#include <string.h>

#define NVML_ROUTINES(ROUTINE)                                                                     \
    ROUTINE(nvmlInit_v2, (void))                                                                   \
    ROUTINE(nvmlShutdown, (void))                                                                  \
    ROUTINE(nvmlDeviceGetCount_v2, (unsigned int *Count))                                          \
    ROUTINE(nvmlDeviceGetHandleByIndex_v2, (unsigned int Index, nvmlDevice_t *Device))             \
    ROUTINE(nvmlDeviceGetName, (nvmlDevice_t Device, char *Name, unsigned int Bytes))              \
    ROUTINE(nvmlDeviceGetUtilizationRates, (nvmlDevice_t Device, nvmlUtilization_t * Utilization)) \
    ROUTINE(nvmlDeviceGetMemoryInfo, (nvmlDevice_t Device, nvmlMemory_t * Memory))                 \
    ROUTINE(nvmlDeviceGetTemperature, (nvmlDevice_t Device, int Sensor, unsigned int *Celsius))    \
    ROUTINE(nvmlDeviceGetPciInfo_v3, (nvmlDevice_t Device, nvmlPciInfo_t * Pci))

#define DECLARE(Name, Parameters) nvmlReturn_t(*Name) Parameters;
static struct {
    HMODULE Library;
    NVML_ROUTINES(DECLARE)
    nvmlReturn_t (*IsSimulated)(nvmlDevice_t Device, unsigned int *Simulated); /* or NULL */
} Nvml;

static HMODULE NvmlLoad(void)
{
    static const WCHAR Older[] = L"\\NVIDIA Corporation\\NVSMI\\nvml.dll";
    HMODULE Library = LoadLibraryExW(L"nvml.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    WCHAR Path[MAX_PATH + sizeof(Older) / sizeof(Older[0])];
    DWORD Length;

    if (Library != NULL)
        return Library;
    Length = GetEnvironmentVariableW(L"ProgramFiles", Path, MAX_PATH);
    if (Length == 0 || Length >= MAX_PATH)
        return NULL;
    memcpy(Path + Length, Older, sizeof(Older));
    return LoadLibraryExW(Path, NULL, 0);
}

static bool NvmlBind(void)
{
#define BIND(Name, Parameters)                                                                     \
    if (!AgentBind(Nvml.Library, #Name, &Nvml.Name))                                               \
        return false;

    NVML_ROUTINES(BIND)
    AgentBind(Nvml.Library, "drydockNvmlIsSimulated", &Nvml.IsSimulated);
    return true;
}

static void NvmlUnload(void)
{
    FreeLibrary(Nvml.Library);
    memset(&Nvml, 0, sizeof(Nvml));
}

static bool NvmlStart(void)
{
    unsigned int Count = 0;

    Nvml.Library = NvmlLoad();
    if (Nvml.Library == NULL)
        return false;
    if (!NvmlBind() || Nvml.nvmlInit_v2() != NVML_SUCCESS) {
        NvmlUnload();
        return false;
    }
    if (Nvml.nvmlDeviceGetCount_v2(&Count) == NVML_SUCCESS && Count != 0)
        return true;
    Nvml.nvmlShutdown();
    NvmlUnload();
    return false;
}

static void NvmlStop(void)
{
    Nvml.nvmlShutdown();
    NvmlUnload();
}

/* Which adapter it is: false when NVML does not say. */
static bool NvmlIdentify(nvmlDevice_t Device, AI_GPU_SAMPLE *Sample)
{
    char Name[NVML_DEVICE_NAME_V2_BUFFER_SIZE] = "";
    unsigned int Simulated = 0;
    nvmlPciInfo_t Pci;

    memset(&Pci, 0, sizeof(Pci));
    if (Nvml.nvmlDeviceGetPciInfo_v3(Device, &Pci) != NVML_SUCCESS || Pci.bus > 255 ||
        Pci.device > 31)
        return false;
    Sample->PciDomain = Pci.domain;
    Sample->PciBus = (UINT8)Pci.bus;
    Sample->PciDevice = (UINT8)Pci.device;
    Sample->PciDeviceId = Pci.pciDeviceId;
    Sample->PciSubsystemId = Pci.pciSubSystemId;
    Sample->Valid |= AI_GPU_VALID_PCI | AI_GPU_VALID_PCI_ID;
    if (Nvml.nvmlDeviceGetName(Device, Name, sizeof(Name)) == NVML_SUCCESS)
        AgentSetName(Sample, Name);
    if (Nvml.IsSimulated != NULL && Nvml.IsSimulated(Device, &Simulated) == NVML_SUCCESS &&
        Simulated != 0)
        Sample->Flags |= AI_GPU_FLAG_SIMULATED;
    return true;
}

static UINT32 PercentToBasisPoints(unsigned int Percent)
{
    return Percent > 100 ? AI_BASIS_POINTS : Percent * 100;
}

static void NvmlMeasure(nvmlDevice_t Device, AI_GPU_SAMPLE *Sample)
{
    nvmlUtilization_t Utilization;
    nvmlMemory_t Memory;
    unsigned int Celsius;

    if (Nvml.nvmlDeviceGetUtilizationRates(Device, &Utilization) == NVML_SUCCESS) {
        Sample->UtilizationBasisPoints = PercentToBasisPoints(Utilization.gpu);
        Sample->MemoryUtilizationBasisPoints = PercentToBasisPoints(Utilization.memory);
        Sample->Valid |= AI_GPU_VALID_UTILIZATION | AI_GPU_VALID_MEMORY_UTILIZATION;
    }
    if (Nvml.nvmlDeviceGetMemoryInfo(Device, &Memory) == NVML_SUCCESS &&
        Memory.used <= Memory.total) {
        Sample->MemoryTotalBytes = Memory.total;
        Sample->MemoryUsedBytes = Memory.used;
        Sample->Valid |= AI_GPU_VALID_MEMORY_TOTAL | AI_GPU_VALID_MEMORY_USED;
    }
    if (Nvml.nvmlDeviceGetTemperature(Device, NVML_TEMPERATURE_GPU, &Celsius) == NVML_SUCCESS &&
        Celsius <= 1000) {
        Sample->TemperatureMilliC = (INT32)Celsius * 1000;
        Sample->Valid |= AI_GPU_VALID_TEMPERATURE;
    }
}

static UINT32 NvmlRead(AI_GPU_SAMPLE *Samples, UINT32 Limit)
{
    unsigned int Count = 0;
    UINT32 Filled = 0;

    if (Nvml.nvmlDeviceGetCount_v2(&Count) != NVML_SUCCESS)
        return 0;
    for (unsigned int i = 0; i < Count && Filled < Limit; i++) {
        AI_GPU_SAMPLE *Sample = &Samples[Filled];
        nvmlDevice_t Device;

        memset(Sample, 0, sizeof(*Sample));
        Sample->Source = AI_SOURCE_NVML;
        if (Nvml.nvmlDeviceGetHandleByIndex_v2(i, &Device) != NVML_SUCCESS ||
            !NvmlIdentify(Device, Sample))
            continue;
        NvmlMeasure(Device, Sample);
        Filled++;
    }
    return Filled;
}

const AGENT_PROVIDER AgentNvml = {"nvml", NvmlStart, NvmlRead, NvmlStop};
