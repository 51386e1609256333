/*
 * nvml.dll: NVML's reading routines over \Device\DrydockGpu, which asks the host. What a GPU (or the host's NVML) does not
 * tell is NVML_ERROR_NOT_SUPPORTED; a machine without GPUs is one without NVIDIA's driver. Left out: everything else of NVML,
 * among it all that changes a GPU. Routines that are not here are not exported. Figures are asked for once a millisecond at
 * most, as a reader asks for them one by one. [doc] NVML API reference manual
 */
#include "../nt.h"

#include "../../kernel/gpu/gpu.h"
#include "nvml.h"

NTSYSAPI VOID NTAPI RtlAcquireSRWLockExclusive(PVOID Lock);
NTSYSAPI VOID NTAPI RtlReleaseSRWLockExclusive(PVOID Lock);

static struct {
    PVOID Lock;        /* an SRW lock */
    unsigned int Uses; /* Lock: nvmlInit less nvmlShutdown */
    HANDLE Device;     /* Lock for opening and closing */
    PVOID LastLock;    /* an SRW lock */
    ULONG64 LastTime;  /* LastLock: interrupt time of Last */
    HAL_GPU_INFO Last; /* LastLock: the last good answer; count is 0 before the first */
} Nvml;

#define FIGURES_HOLD_100NS 10000

static nvmlReturn_t Ask(ULONG Index, HAL_GPU_INFO *Info)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status = NtDeviceIoControlFile(Nvml.Device, NULL, NULL, NULL, &IoStatus, IOCTL_GPU_QUERY, &Index,
                                            sizeof(Index), Info, sizeof(*Info));

    if (NT_SUCCESS(Status))
        return NVML_SUCCESS;
    if (Status == STATUS_NO_MORE_ENTRIES)
        return NVML_ERROR_INVALID_ARGUMENT;
    return Status == STATUS_DEVICE_NOT_READY ? NVML_ERROR_GPU_IS_LOST : NVML_ERROR_UNKNOWN;
}

static nvmlReturn_t Query(ULONG Index, HAL_GPU_INFO *Info)
{
    ULONG64 Now = SHARED_INTERRUPT_TIME;
    nvmlReturn_t Result = NVML_SUCCESS;

    RtlAcquireSRWLockExclusive(&Nvml.LastLock);
    if (Nvml.Last.count == 0 || Nvml.Last.index != Index || Now - Nvml.LastTime >= FIGURES_HOLD_100NS) {
        Nvml.Last.count = 0;
        Result = Ask(Index, &Nvml.Last);
        Nvml.LastTime = Now;
    }
    *Info = Nvml.Last;
    RtlReleaseSRWLockExclusive(&Nvml.LastLock);
    return Result;
}

/* The device's figures (a device is its index and one, as a pointer), unless a pointer of the caller is NULL. */
static nvmlReturn_t QueryDevice(nvmlDevice_t Device, const void *Result, HAL_GPU_INFO *Info)
{
    ULONG_PTR Number = (ULONG_PTR)Device;

    if (Nvml.Uses == 0)
        return NVML_ERROR_UNINITIALIZED;
    if (Number == 0 || Number > 0xFFFFFFFFu || Result == NULL)
        return NVML_ERROR_INVALID_ARGUMENT;
    return Query((ULONG)Number - 1, Info);
}

static nvmlReturn_t OpenDevice(void)
{
    UNICODE_STRING Name = {sizeof(GPU_DEVICE_NAME) - sizeof(WCHAR), sizeof(GPU_DEVICE_NAME), (PWSTR)GPU_DEVICE_NAME};
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HAL_GPU_INFO Info;
    NTSTATUS Status;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    Status = NtOpenFile(&Nvml.Device, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &IoStatus,
                        FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(Status))
        return NVML_ERROR_DRIVER_NOT_LOADED;
    if (Ask(0, &Info) == NVML_SUCCESS)
        return NVML_SUCCESS;
    NtClose(Nvml.Device);
    return NVML_ERROR_DRIVER_NOT_LOADED;
}

nvmlReturn_t nvmlInit_v2(void)
{
    nvmlReturn_t Result = NVML_SUCCESS;

    RtlAcquireSRWLockExclusive(&Nvml.Lock);
    if (Nvml.Uses == 0)
        Result = OpenDevice();
    Nvml.Uses += Result == NVML_SUCCESS;
    RtlReleaseSRWLockExclusive(&Nvml.Lock);
    return Result;
}

nvmlReturn_t nvmlShutdown(void)
{
    nvmlReturn_t Result = NVML_SUCCESS;

    RtlAcquireSRWLockExclusive(&Nvml.Lock);
    if (Nvml.Uses == 0)
        Result = NVML_ERROR_UNINITIALIZED;
    else if (--Nvml.Uses == 0)
        NtClose(Nvml.Device);
    RtlReleaseSRWLockExclusive(&Nvml.Lock);
    return Result;
}

const char *nvmlErrorString(nvmlReturn_t Result)
{
    switch (Result) {
    case NVML_SUCCESS: return "Success";
    case NVML_ERROR_UNINITIALIZED: return "Uninitialized";
    case NVML_ERROR_INVALID_ARGUMENT: return "Invalid Argument";
    case NVML_ERROR_NOT_SUPPORTED: return "Not Supported";
    case NVML_ERROR_NOT_FOUND: return "Not Found";
    case NVML_ERROR_INSUFFICIENT_SIZE: return "Insufficient Size";
    case NVML_ERROR_DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case NVML_ERROR_GPU_IS_LOST: return "GPU is lost";
    default: return "Unknown Error";
    }
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *Count)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result;

    if (Nvml.Uses == 0)
        return NVML_ERROR_UNINITIALIZED;
    if (Count == NULL)
        return NVML_ERROR_INVALID_ARGUMENT;
    Result = Query(0, &Info);
    if (Result == NVML_SUCCESS)
        *Count = Info.count;
    return Result;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int Index, nvmlDevice_t *Device)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result;

    if (Nvml.Uses == 0)
        return NVML_ERROR_UNINITIALIZED;
    if (Device == NULL)
        return NVML_ERROR_INVALID_ARGUMENT;
    Result = Query(Index, &Info);
    if (Result == NVML_SUCCESS)
        *Device = (nvmlDevice_t)((ULONG_PTR)Index + 1);
    return Result;
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t Device, char *Name, unsigned int Length)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result = QueryDevice(Device, Name, &Info);
    unsigned int Bytes = 0;

    if (Result != NVML_SUCCESS)
        return Result;
    while (Bytes < HAL_GPU_NAME_BYTES - 1 && Info.name[Bytes] != 0)
        Bytes++;
    if (Bytes >= Length)
        return NVML_ERROR_INSUFFICIENT_SIZE;
    for (unsigned int i = 0; i < Bytes; i++)
        Name[i] = Info.name[i];
    Name[Bytes] = 0;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t Device, nvmlUtilization_t *Utilization)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result = QueryDevice(Device, Utilization, &Info);

    if (Result != NVML_SUCCESS)
        return Result;
    if ((Info.valid & HAL_GPU_HAS_UTILIZATION) == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    Utilization->gpu = Info.gpu_percent;
    Utilization->memory = Info.memory_percent;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t Device, nvmlMemory_t *Memory)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result = QueryDevice(Device, Memory, &Info);

    if (Result != NVML_SUCCESS)
        return Result;
    if ((Info.valid & HAL_GPU_HAS_MEMORY) == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    Memory->total = Info.memory_total_bytes;
    Memory->used = Info.memory_used_bytes;
    Memory->free = Info.memory_total_bytes - Info.memory_used_bytes;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t Device, nvmlTemperatureSensors_t Sensor, unsigned int *Celsius)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result = QueryDevice(Device, Celsius, &Info);

    if (Result != NVML_SUCCESS)
        return Result;
    if (Sensor != NVML_TEMPERATURE_GPU)
        return NVML_ERROR_INVALID_ARGUMENT;
    if ((Info.valid & HAL_GPU_HAS_TEMPERATURE) == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    *Celsius = Info.celsius;
    return NVML_SUCCESS;
}

/* Value in Digits hexadecimal digits, then Separator. */
static char *PutHex(char *At, unsigned int Value, unsigned int Digits, char Separator)
{
    for (unsigned int i = 0; i < Digits; i++)
        At[i] = "0123456789ABCDEF"[Value >> 4 * (Digits - 1 - i) & 15];
    At[Digits] = Separator;
    return At + Digits + 1;
}

/* "00000000:01:00.0" */
static void PutBusId(char *To, unsigned int DomainDigits, const nvmlPciInfo_t *Pci)
{
    To = PutHex(To, Pci->domain, DomainDigits, ':');
    To = PutHex(To, Pci->bus, 2, ':');
    To = PutHex(To, Pci->device, 2, '.');
    PutHex(To, 0, 1, 0);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t Device, nvmlPciInfo_t *Pci)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result = QueryDevice(Device, Pci, &Info);

    if (Result != NVML_SUCCESS)
        return Result;
    if ((Info.valid & HAL_GPU_HAS_PCI) == 0)
        return NVML_ERROR_NOT_SUPPORTED;
    *Pci = (nvmlPciInfo_t){.domain = Info.pci_domain,
                           .bus = Info.pci_bus,
                           .device = Info.pci_device,
                           .pciDeviceId = Info.pci_id,
                           .pciSubSystemId = Info.pci_subsystem_id};
    PutBusId(Pci->busIdLegacy, 4, Pci);
    PutBusId(Pci->busId, 8, Pci);
    return NVML_SUCCESS;
}

nvmlReturn_t drydockNvmlIsSimulated(nvmlDevice_t Device, unsigned int *Simulated)
{
    HAL_GPU_INFO Info;
    nvmlReturn_t Result = QueryDevice(Device, Simulated, &Info);

    if (Result == NVML_SUCCESS)
        *Simulated = (Info.flags & HAL_GPU_SIMULATED) != 0;
    return Result;
}
