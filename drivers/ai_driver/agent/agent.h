/* ai_gpu_agent: where samples come from, and where they go. */
#pragma once

#include "options.h"

#include <windows.h>
#include <cfgmgr32.h>

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

/* The device, as one thread uses it; opened when a sample is published, and given up when it is to
 * be removed. */
typedef struct AGENT_DEVICE {
    CRITICAL_SECTION Lock; /* of Handle and Leaving: a callback of the system's may close it */
    AI_DEVICE Handle;      /* or NULL */
    bool Leaving;          /* it is asked whether the device may go: not to be opened */
    HCMNOTIFICATION Watch; /* or NULL */
} AGENT_DEVICE;

void AgentDeviceStart(AGENT_DEVICE *Device);
/* 0, or an error of AiOpen or AiPublishSample; ERROR_DEV_NOT_EXIST while the device is being
 * removed. */
DWORD AgentDevicePublish(AGENT_DEVICE *Device, AI_GPU_SAMPLE *Sample);
/* Whether the device is still of use after AgentDevicePublish gave that. */
bool AgentKeepsDevice(DWORD Error);
void AgentDeviceEnd(AGENT_DEVICE *Device);

/* Stores the library's routine in the function pointer at Slot; false: it has none of the name. */
bool AgentBind(HMODULE Library, const char *Name, void *Slot);

/* Copies what fits of a name in UTF-8, whole characters, and zeroes the rest. */
void AgentSetName(AI_GPU_SAMPLE *Sample, const char *Name);

/* Samples until Stop is signalled or the options say that it is over; an exit code. */
int AgentLoop(const AGENT_OPTIONS *Options, HANDLE Stop);

/* Runs AgentLoop as the service AI_AGENT_SERVICE_NAME, until it is stopped; an exit code. */
int AgentServe(const AGENT_OPTIONS *Options, HANDLE Stop);
