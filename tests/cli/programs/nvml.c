/* nvml.dll as programs use it: each routine's answers, good and bad, by the numbers of NVML's documentation. */
#include <windows.h>

#include <string.h>

#include "../../programs/tap.h"

typedef struct { unsigned int gpu, memory; } UTILIZATION;
typedef struct { unsigned long long total, free, used; } MEMORY;
typedef struct {
    char legacy[16];
    unsigned int domain, bus, device, id, subsystem;
    char bus_id[32];
} PCI;

#define ROUTINE(Name, ...) static int (*Name)(__VA_ARGS__)
ROUTINE(nvmlInit_v2, void);
ROUTINE(nvmlShutdown, void);
static const char *(*nvmlErrorString)(int);
ROUTINE(nvmlDeviceGetCount_v2, unsigned int *);
ROUTINE(nvmlDeviceGetHandleByIndex_v2, unsigned int, void **);
ROUTINE(nvmlDeviceGetName, void *, char *, unsigned int);
ROUTINE(nvmlDeviceGetUtilizationRates, void *, UTILIZATION *);
ROUTINE(nvmlDeviceGetMemoryInfo, void *, MEMORY *);
ROUTINE(nvmlDeviceGetTemperature, void *, int, unsigned int *);
ROUTINE(nvmlDeviceGetPciInfo_v3, void *, PCI *);
ROUTINE(drydockNvmlIsSimulated, void *, unsigned int *);

#define BIND(Name) *(FARPROC *)&Name = GetProcAddress(library, #Name), OK(Name != NULL, #Name " is exported")
static void bind_all(HMODULE library)
{
    BIND(nvmlInit_v2);
    BIND(nvmlShutdown);
    BIND(nvmlErrorString);
    BIND(nvmlDeviceGetCount_v2);
    BIND(nvmlDeviceGetHandleByIndex_v2);
    BIND(nvmlDeviceGetName);
    BIND(nvmlDeviceGetUtilizationRates);
    BIND(nvmlDeviceGetMemoryInfo);
    BIND(nvmlDeviceGetTemperature);
    BIND(nvmlDeviceGetPciInfo_v3);
    BIND(drydockNvmlIsSimulated);
}

static void test_before(void)
{
    unsigned int number;
    void *device;
    PCI pci;

    OK(nvmlDeviceGetCount_v2(&number) == 1, "count before init: uninitialized");
    OK(nvmlDeviceGetHandleByIndex_v2(0, &device) == 1, "a handle before init");
    OK(nvmlDeviceGetPciInfo_v3((void *)1, &pci) == 1, "a device before init");
    OK(nvmlShutdown() == 1, "shutdown before init");
    OK(strcmp(nvmlErrorString(1), "Uninitialized") == 0 && strcmp(nvmlErrorString(-5), "Unknown Error") == 0,
       "errors have texts");
}

static void test_bad(void *device)
{
    UTILIZATION utilization;
    unsigned int number;
    char name[96];
    void *other;

    OK(nvmlDeviceGetCount_v2(NULL) == 2, "count to nowhere: invalid argument");
    OK(nvmlDeviceGetHandleByIndex_v2(0, NULL) == 2, "a handle to nowhere");
    OK(nvmlDeviceGetHandleByIndex_v2(1, &other) == 2, "an index too far");
    OK(nvmlDeviceGetHandleByIndex_v2(0xFFFFFFFF, &other) == 2, "the last index there could be");
    OK(nvmlDeviceGetUtilizationRates(NULL, &utilization) == 2, "no device");
    OK(nvmlDeviceGetUtilizationRates((void *)77, &utilization) == 2, "a device that is none");
    OK(nvmlDeviceGetUtilizationRates((void *)(ULONG_PTR)0x100000001, &utilization) == 2, "and one of more than 32 bits");
    OK(nvmlDeviceGetUtilizationRates(device, NULL) == 2, "utilisation to nowhere");
    OK(nvmlDeviceGetMemoryInfo(device, NULL) == 2, "memory to nowhere");
    OK(nvmlDeviceGetTemperature(device, 1, &number) == 2, "a sensor that is not there");
    OK(nvmlDeviceGetTemperature(device, 0, NULL) == 2, "temperature to nowhere");
    OK(nvmlDeviceGetPciInfo_v3(device, NULL) == 2, "the location to nowhere");
    OK(nvmlDeviceGetName(device, NULL, 96) == 2, "the name to nowhere");
    memset(name, 0x5A, sizeof(name));
    OK(nvmlDeviceGetName(device, name, 35) == 7 && name[0] == 0x5A, "a name that does not fit: nothing is written");
    OK(nvmlDeviceGetName(device, name, 36) == 0 && name[35] == 0 && name[36] == 0x5A, "one that just fits");
}

static void test_figures(void *device)
{
    unsigned int celsius = 0, simulated = 0;
    UTILIZATION utilization;
    char name[96] = "";
    MEMORY memory;
    PCI pci;

    OK(nvmlDeviceGetName(device, name, sizeof(name)) == 0 && strcmp(name, "NVIDIA GeForce RTX 3080 (simulated)") == 0,
       "the name");
    OK(drydockNvmlIsSimulated(device, &simulated) == 0 && simulated == 1, "it is simulated");
    OK(nvmlDeviceGetUtilizationRates(device, &utilization) == 0 && utilization.gpu <= 100 && utilization.memory <= 100,
       "utilisation");
    OK(nvmlDeviceGetMemoryInfo(device, &memory) == 0 && memory.total == 10ull << 30 &&
           memory.free + memory.used == memory.total,
       "memory");
    OK(nvmlDeviceGetTemperature(device, 0, &celsius) == 0 && celsius >= 38 && celsius <= 78, "temperature");
    memset(&pci, 0x5A, sizeof(pci));
    OK(nvmlDeviceGetPciInfo_v3(device, &pci) == 0 && pci.domain == 0 && pci.bus == 1 && pci.device == 0 &&
           pci.id == 0x220610DE,
       "the location");
    OK(strcmp(pci.bus_id, "00000000:01:00.0") == 0 && strcmp(pci.legacy, "0000:01:00.0") == 0, "its text");
}

int main(void)
{
    HMODULE library = LoadLibraryW(L"nvml.dll");
    unsigned int count = 0;
    void *device = NULL;

    OK(library != NULL, "nvml.dll loads");
    if (library == NULL)
        return tap_end();
    bind_all(library);
    test_before();
    OK(nvmlInit_v2() == 0 && nvmlInit_v2() == 0, "init, twice");
    OK(nvmlShutdown() == 0, "shutdown of the second");
    OK(nvmlDeviceGetCount_v2(&count) == 0 && count == 1, "one GPU");
    OK(nvmlDeviceGetHandleByIndex_v2(0, &device) == 0 && device != NULL, "its handle");
    test_figures(device);
    test_bad(device);
    OK(nvmlShutdown() == 0, "the last shutdown");
    OK(nvmlDeviceGetCount_v2(&count) == 1, "uninitialized again");
    FreeLibrary(library);
    return tap_end();
}
