/*
 * The GPUs of a machine: answers HAL_GPU_INFO requests (include/hal.h), in the supervisor. The
 * host's own are read through its NVML, which only this process loads; simulated ones are
 * arithmetic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hal.h"

enum gpu_mode { GPU_NONE, GPU_HOST, GPU_SIMULATED };

#define GPU_SIMULATED_LIMIT 8u

struct gpu_nvml; /* the host's NVML, loaded */

struct gpus {
    enum gpu_mode mode;
    uint32_t simulated_count;
    uint64_t seed;
    uint32_t slot_count;
    uint32_t slot[GPU_SIMULATED_LIMIT]; /* on bus 0: of the first simulated ones */
    bool looked_for_host;
    struct gpu_nvml *nvml; /* NULL: not loaded, or the host has none */
};

/* "none", "host", "simulated" or "simulated:N". */
bool gpu_parse(const char *text, enum gpu_mode *mode, uint32_t *simulated_count);

void gpu_init(struct gpus *gpus, enum gpu_mode mode, uint32_t simulated_count, uint64_t seed);
/* The next simulated GPU is also a device of the machine, in that slot of bus 0. */
void gpu_place(struct gpus *gpus, uint32_t slot);
void gpu_fini(struct gpus *gpus);
/* Fills all of *info but index, which may be any number. */
void gpu_query(struct gpus *gpus, HAL_GPU_INFO *info, uint64_t virtual_time_100ns);

/* ---- simulated.c ---- */

/* The figures of a simulated adapter: the same for the same arguments. */
void gpu_simulate(HAL_GPU_INFO *info, uint64_t seed, uint64_t virtual_time_100ns);

/* ---- nvml.c ---- */

/* NULL: no NVML, or no NVIDIA driver that runs. */
struct gpu_nvml *gpu_nvml_open(void);
void gpu_nvml_close(struct gpu_nvml *nvml);
uint32_t gpu_nvml_count(struct gpu_nvml *nvml);
/* index is below the count. */
void gpu_nvml_read(struct gpu_nvml *nvml, HAL_GPU_INFO *info);
