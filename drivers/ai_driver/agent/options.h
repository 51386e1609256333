/* The agent's command line as data. Plain C: no call of the system, so that it is tested by itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum AGENT_SOURCE { AGENT_AUTO, AGENT_NVML, AGENT_PDH } AGENT_SOURCE;

typedef struct AGENT_OPTIONS {
    bool Help;
    bool Once;
    bool Print;   /* instead of publishing */
    bool Service; /* started by the service control manager */
    AGENT_SOURCE Source;
    uint32_t RateHz;
    uint32_t Seconds; /* 0: until told to stop */
} AGENT_OPTIONS;

#define AGENT_WHY_BYTES 120u

/* Words is the command line without the program's name. False: Why says what is wrong. */
bool AgentParse(int Count, char *const *Words, AGENT_OPTIONS *Options, char Why[AGENT_WHY_BYTES]);

extern const char AgentHelp[];
