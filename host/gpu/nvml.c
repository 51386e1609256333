/*
 * The host's GPUs through libnvidia-ml.so.1, loaded only when a run asks for it. Declarations are of
 * NVML's public interface. What a GPU does not support is left out.
 */
#include "gpu/gpu.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef struct nvmlDevice_st *nvml_device;
typedef struct {
    unsigned int gpu, memory;
} nvml_utilization;
typedef struct {
    unsigned long long total, free, used;
} nvml_memory;
typedef struct {
    char bus_id_legacy[16];
    unsigned int domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} nvml_pci_info;
enum { NVML_SUCCESS = 0, NVML_TEMPERATURE_GPU = 0 };

#define NVML_ROUTINES(ROUTINE)                                                                     \
    ROUTINE(init, "nvmlInit_v2", (void))                                                           \
    ROUTINE(shutdown, "nvmlShutdown", (void))                                                      \
    ROUTINE(get_count, "nvmlDeviceGetCount_v2", (unsigned int *))                                  \
    ROUTINE(get_handle, "nvmlDeviceGetHandleByIndex_v2", (unsigned int, nvml_device *))            \
    ROUTINE(get_name, "nvmlDeviceGetName", (nvml_device, char *, unsigned int))                    \
    ROUTINE(get_utilization, "nvmlDeviceGetUtilizationRates", (nvml_device, nvml_utilization *))   \
    ROUTINE(get_memory, "nvmlDeviceGetMemoryInfo", (nvml_device, nvml_memory *))                   \
    ROUTINE(get_temperature, "nvmlDeviceGetTemperature", (nvml_device, int, unsigned int *))       \
    ROUTINE(get_pci, "nvmlDeviceGetPciInfo_v3", (nvml_device, nvml_pci_info *))

#define DECLARE(name, symbol, parameters) int(*name) parameters;
struct gpu_nvml {
    void *library;
    NVML_ROUTINES(DECLARE)
};

static bool bind_all(struct gpu_nvml *nvml)
{
#define BIND(name, symbol, parameters)                                                             \
    *(void **)&nvml->name = dlsym(nvml->library, symbol);                                          \
    if (nvml->name == NULL)                                                                        \
        return false;

    NVML_ROUTINES(BIND)
    return true;
}

struct gpu_nvml *gpu_nvml_open(void)
{
    struct gpu_nvml *nvml = calloc(1, sizeof(*nvml));

    if (nvml == NULL)
        return NULL;
    nvml->library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (nvml->library != NULL && bind_all(nvml) && nvml->init() == NVML_SUCCESS)
        return nvml;
    if (nvml->library != NULL)
        dlclose(nvml->library);
    free(nvml);
    return NULL;
}

void gpu_nvml_close(struct gpu_nvml *nvml)
{
    if (nvml == NULL)
        return;
    nvml->shutdown();
    dlclose(nvml->library);
    free(nvml);
}

uint32_t gpu_nvml_count(struct gpu_nvml *nvml)
{
    unsigned int count = 0;

    return nvml->get_count(&count) == NVML_SUCCESS ? count : 0;
}

static void read_pci(struct gpu_nvml *nvml, nvml_device device, HAL_GPU_INFO *info)
{
    nvml_pci_info pci;

    memset(&pci, 0, sizeof(pci));
    if (nvml->get_pci(device, &pci) != NVML_SUCCESS)
        return;
    info->pci_domain = pci.domain;
    info->pci_bus = pci.bus;
    info->pci_device = pci.device;
    info->pci_id = pci.pci_device_id;
    info->pci_subsystem_id = pci.pci_subsystem_id;
    info->valid |= HAL_GPU_HAS_PCI;
}

static void read_figures(struct gpu_nvml *nvml, nvml_device device, HAL_GPU_INFO *info)
{
    nvml_utilization utilization;
    nvml_memory memory;
    unsigned int celsius;

    if (nvml->get_utilization(device, &utilization) == NVML_SUCCESS) {
        info->gpu_percent = utilization.gpu;
        info->memory_percent = utilization.memory;
        info->valid |= HAL_GPU_HAS_UTILIZATION;
    }
    if (nvml->get_memory(device, &memory) == NVML_SUCCESS) {
        info->memory_total_bytes = memory.total;
        info->memory_used_bytes = memory.used;
        info->valid |= HAL_GPU_HAS_MEMORY;
    }
    if (nvml->get_temperature(device, NVML_TEMPERATURE_GPU, &celsius) == NVML_SUCCESS) {
        info->celsius = celsius;
        info->valid |= HAL_GPU_HAS_TEMPERATURE;
    }
}

void gpu_nvml_read(struct gpu_nvml *nvml, HAL_GPU_INFO *info)
{
    nvml_device device;

    if (nvml->get_handle(info->index, &device) != NVML_SUCCESS) {
        info->status = 0xC00000A3; /* STATUS_DEVICE_NOT_READY: it is there and does not answer */
        return;
    }
    if (nvml->get_name(device, info->name, sizeof(info->name)) != NVML_SUCCESS)
        info->name[0] = '\0';
    info->name[sizeof(info->name) - 1] = '\0';
    memset(info->name + strlen(info->name), 0, sizeof(info->name) - strlen(info->name));
    read_pci(nvml, device, info);
    read_figures(nvml, device, info);
}
