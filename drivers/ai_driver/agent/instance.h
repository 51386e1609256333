/* The names of the instances of the system's GPU counters. Plain C, tested by itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct AGENT_INSTANCE {
    uint32_t LuidHigh, LuidLow;
    uint32_t Physical; /* of a linked group of adapters */
    bool HasEngine;
    uint32_t Engine;
} AGENT_INSTANCE;

/*
 * "pid_1234_luid_0x00000000_0x0000C5B1_phys_0_eng_3_engtype_3D" (GPU Engine) or
 * "luid_0x00000000_0x0000C5B1_phys_0" (GPU Adapter Memory). False: another form.
 */
bool AgentParseInstance(const char *Name, AGENT_INSTANCE *Instance);
