/*
 * NVML's public interface, as far as this nvml.dll has it (NVML API reference manual): numbers and layouts are those that
 * programs are compiled with.
 */
#pragma once

typedef enum nvmlReturn_enum {
    NVML_SUCCESS = 0,
    NVML_ERROR_UNINITIALIZED = 1,
    NVML_ERROR_INVALID_ARGUMENT = 2,
    NVML_ERROR_NOT_SUPPORTED = 3,
    NVML_ERROR_NOT_FOUND = 6,
    NVML_ERROR_INSUFFICIENT_SIZE = 7,
    NVML_ERROR_DRIVER_NOT_LOADED = 9,
    NVML_ERROR_GPU_IS_LOST = 15,
    NVML_ERROR_UNKNOWN = 999
} nvmlReturn_t;

typedef struct nvmlDevice_st *nvmlDevice_t;
typedef enum nvmlTemperatureSensors_enum { NVML_TEMPERATURE_GPU = 0 } nvmlTemperatureSensors_t;

typedef struct nvmlUtilization_st {
    unsigned int gpu, memory; /* percent of the time */
} nvmlUtilization_t;

typedef struct nvmlMemory_st {
    unsigned long long total, free, used; /* bytes */
} nvmlMemory_t;

typedef struct nvmlPciInfo_st {
    char busIdLegacy[16];
    unsigned int domain, bus, device;
    unsigned int pciDeviceId; /* device << 16 | vendor */
    unsigned int pciSubSystemId;
    char busId[32];
} nvmlPciInfo_t;
_Static_assert(sizeof(nvmlPciInfo_t) == 68 && sizeof(nvmlMemory_t) == 24, "as NVML has them");

nvmlReturn_t nvmlInit_v2(void);
nvmlReturn_t nvmlShutdown(void);
const char *nvmlErrorString(nvmlReturn_t Result);
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *Count);
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int Index, nvmlDevice_t *Device);
nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t Device, char *Name, unsigned int Length);
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t Device, nvmlUtilization_t *Utilization);
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t Device, nvmlMemory_t *Memory);
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t Device, nvmlTemperatureSensors_t Sensor, unsigned int *Celsius);
nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t Device, nvmlPciInfo_t *Pci);
/* Drydock's own: 1 when the device's figures are simulated, 0 when they are those of a GPU of the host. */
nvmlReturn_t drydockNvmlIsSimulated(nvmlDevice_t Device, unsigned int *Simulated);
