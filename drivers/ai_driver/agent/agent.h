/* ai_gpu_agent: where samples come from, and where they go. */
#pragma once

#include "options.h"

#include "../libai/libai.h"

/* Exit codes; the help page names them. */
enum {
    AGENT_FINE = 0,
    AGENT_USAGE = 1,
    AGENT_NO_DRIVER = 2,
    AGENT_NO_GPU = 3,
    AGENT_REFUSED = 4,
    AGENT_NO_SYSTEM = 5
};

/*
 * A source of figures. Start is called before the others, and again after Stop; false: the source
 * is not on this system, or finds no GPU. Read fills one sample for each GPU that answers, identity
 * and Source included, Version and Sequence excluded; 0: start again.
 */
typedef struct AGENT_PROVIDER {
    const char *Name;
    bool (*Start)(void);
    UINT32 (*Read)(AI_GPU_SAMPLE *Samples, UINT32 Limit);
    void (*Stop)(void);
} AGENT_PROVIDER;

extern const AGENT_PROVIDER AgentNvml;
extern const AGENT_PROVIDER AgentPdh;

/* Stores the library's routine in the function pointer at Slot; false: it has none of the name. */
bool AgentBind(HMODULE Library, const char *Name, void *Slot);

/* Copies what fits of a name in UTF-8, whole characters, and zeroes the rest. */
void AgentSetName(AI_GPU_SAMPLE *Sample, const char *Name);

/* Samples until Stop is signalled or the options say that it is over; an exit code. */
int AgentLoop(const AGENT_OPTIONS *Options, HANDLE Stop);

/* Runs AgentLoop as the service AI_AGENT_SERVICE_NAME, until it is stopped; an exit code. */
int AgentServe(const AGENT_OPTIONS *Options, HANDLE Stop);
