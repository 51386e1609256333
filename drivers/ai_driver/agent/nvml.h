/*
 * What the agent uses of NVML, declared from its public interface (NVML API reference manual). The
 * library is loaded when it is there; nothing links against it.
 */
#pragma once

typedef int nvmlReturn_t;
#define NVML_SUCCESS 0
#define NVML_DEVICE_NAME_V2_BUFFER_SIZE 96
#define NVML_TEMPERATURE_GPU 0

typedef struct nvmlDevice_st *nvmlDevice_t;

typedef struct nvmlUtilization_t {
    unsigned int gpu;    /* percent of time */
    unsigned int memory; /* percent of time */
} nvmlUtilization_t;

typedef struct nvmlMemory_t {
    unsigned long long total, free, used; /* bytes */
} nvmlMemory_t;

typedef struct nvmlPciInfo_t { /* as of nvmlDeviceGetPciInfo_v3 */
    char busIdLegacy[16];
    unsigned int domain, bus, device;
    unsigned int pciDeviceId; /* device << 16 | vendor */
    unsigned int pciSubSystemId;
    char busId[32];
} nvmlPciInfo_t;
