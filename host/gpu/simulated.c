/*
 * A simulated adapter: an RTX 3080 with 10 GiB that works in waves. Its load wanders between random
 * points a second apart, memory between points five seconds apart, and the temperature follows the
 * load of the last ten seconds. A function of seed, index and virtual time alone, with no state and
 * no floating point, so a saved machine goes on with the same figures.
 */
#include "gpu/gpu.h"

#include <stdio.h>

#define TICK_100NS 1000000u /* figures change ten times a second */
#define LOAD_TICKS 10u
#define MEMORY_TICKS 50u
#define MIB (1ull << 20)

static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15ull;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

/* 0 to 1000 at the tick, straight between random points. */
static uint64_t wave(uint64_t seed, uint64_t tick, uint64_t ticks_apart)
{
    uint64_t point = tick / ticks_apart, within = tick % ticks_apart;
    uint64_t from = mix(seed ^ mix(point)) % 1001, to = mix(seed ^ mix(point + 1)) % 1001;

    return (from * (ticks_apart - within) + to * within) / ticks_apart;
}

static uint64_t mean_load(uint64_t seed, uint64_t tick)
{
    uint64_t sum = 0, count = 0;

    for (; count < 10 && count * LOAD_TICKS <= tick; count++)
        sum += wave(seed, tick - count * LOAD_TICKS, LOAD_TICKS);
    return sum / count;
}

void gpu_simulate(HAL_GPU_INFO *info, uint64_t seed, uint64_t virtual_time_100ns)
{
    uint64_t own_seed = mix(seed + info->index), tick = virtual_time_100ns / TICK_100NS;
    uint64_t load = wave(own_seed, tick, LOAD_TICKS);

    info->flags = HAL_GPU_SIMULATED;
    info->valid = HAL_GPU_HAS_UTILIZATION | HAL_GPU_HAS_MEMORY | HAL_GPU_HAS_TEMPERATURE |
                  HAL_GPU_HAS_PCI;
    info->gpu_percent = (uint32_t)(load / 10);
    info->memory_percent = (uint32_t)(load / 20);
    info->celsius = (uint32_t)(38 + mean_load(own_seed, tick) * 40 / 1000);
    info->memory_total_bytes = 10240 * MIB;
    info->memory_used_bytes = (512 + wave(~own_seed, tick, MEMORY_TICKS) * 8) * MIB;
    info->pci_bus = info->index + 1;
    info->pci_id = 0x220610DE; /* GA102, GeForce RTX 3080; NVIDIA */
    info->pci_subsystem_id = 0x146710DE;
    snprintf(info->name, sizeof(info->name), "NVIDIA GeForce RTX 3080 (simulated)");
}
