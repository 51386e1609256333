/* See gpu.h. */
#include "gpu/gpu.h"

#include <string.h>

#define STATUS_NO_MORE_ENTRIES 0x8000001Au

bool gpu_parse(const char *text, enum gpu_mode *mode, uint32_t *simulated_count)
{
    static const char simulated[] = "simulated";
    const char *number = text + sizeof(simulated) - 1;

    *simulated_count = 1;
    *mode = GPU_NONE;
    if (strcmp(text, "none") == 0)
        return true;
    *mode = GPU_HOST;
    if (strcmp(text, "host") == 0)
        return true;
    *mode = GPU_SIMULATED;
    if (strncmp(text, simulated, sizeof(simulated) - 1) != 0)
        return false;
    if (number[0] == '\0')
        return true;
    if (number[0] != ':' || number[1] < '1' || number[1] > '0' + (int)GPU_SIMULATED_LIMIT ||
        number[2] != '\0')
        return false;
    *simulated_count = (uint32_t)(number[1] - '0');
    return true;
}

void gpu_init(struct gpus *gpus, enum gpu_mode mode, uint32_t simulated_count, uint64_t seed)
{
    *gpus = (struct gpus){.mode = mode, .simulated_count = simulated_count, .seed = seed};
}

void gpu_place(struct gpus *gpus, uint32_t slot)
{
    if (gpus->slot_count < GPU_SIMULATED_LIMIT)
        gpus->slot[gpus->slot_count++] = slot;
}

void gpu_fini(struct gpus *gpus)
{
    gpu_nvml_close(gpus->nvml);
    gpus->nvml = NULL;
}

static uint32_t adapter_count(struct gpus *gpus)
{
    if (gpus->mode == GPU_SIMULATED)
        return gpus->simulated_count;
    if (gpus->mode != GPU_HOST)
        return 0;
    if (!gpus->looked_for_host)
        gpus->nvml = gpu_nvml_open();
    gpus->looked_for_host = true;
    return gpus->nvml != NULL ? gpu_nvml_count(gpus->nvml) : 0;
}

void gpu_query(struct gpus *gpus, HAL_GPU_INFO *info, uint64_t virtual_time_100ns)
{
    uint32_t index = info->index, count = adapter_count(gpus);

    memset(info, 0, sizeof(*info));
    info->index = index;
    info->count = count;
    if (index >= count)
        info->status = STATUS_NO_MORE_ENTRIES;
    else if (gpus->mode == GPU_HOST)
        gpu_nvml_read(gpus->nvml, info);
    else
        gpu_simulate(info, gpus->seed, virtual_time_100ns);
    if (info->status != 0 || gpus->mode != GPU_SIMULATED || index >= gpus->slot_count)
        return;
    info->pci_bus = 0;
    info->pci_device = gpus->slot[index];
}
