/* See libai.h. One DeviceIoControl a call; the handle is synchronous. */
#include "libai.h"

DWORD AiOpen(BOOL ForChange, AI_DEVICE *Device)
{
    DWORD Access = ForChange ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ;

    *Device = CreateFileW(AI_DEVICE_WIN32_NAME, Access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                          OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (*Device != INVALID_HANDLE_VALUE)
        return 0;
    *Device = NULL;
    return GetLastError();
}

void AiClose(AI_DEVICE Device)
{
    if (Device != NULL)
        CloseHandle(Device);
}

/* OutputBytes must come back in full, or less from an older driver: the rest is zero. */
static DWORD AipControl(AI_DEVICE Device, UINT32 Code, void *Input, UINT32 InputBytes, void *Output,
                        UINT32 OutputBytes)
{
    DWORD Returned = 0;

    if (OutputBytes != 0)
        ZeroMemory(Output, OutputBytes);
    if (!DeviceIoControl(Device, Code, Input, InputBytes, Output, OutputBytes, &Returned, NULL))
        return GetLastError();
    return Returned <= OutputBytes ? 0 : ERROR_INVALID_DATA;
}

static DWORD AipQuery(AI_DEVICE Device, UINT32 Code, UINT32 Index, UINT32 Flags, void *Output,
                      UINT32 OutputBytes)
{
    AI_QUERY Query = {AI_INTERFACE_VERSION, sizeof(Query), Index, Flags};

    return AipControl(Device, Code, &Query, sizeof(Query), Output, OutputBytes);
}

DWORD AiGetStats(AI_DEVICE Device, AI_STATS *Stats)
{
    return AipQuery(Device, IOCTL_AI_GET_STATS, 0, 0, Stats, sizeof(*Stats));
}

DWORD AiGetGpuStatus(AI_DEVICE Device, UINT32 Index, UINT32 QueryFlags, AI_GPU_STATUS *Status)
{
    return AipQuery(Device, IOCTL_AI_GET_GPU_STATUS, Index, QueryFlags, Status, sizeof(*Status));
}

DWORD AiGetMemoryPool(AI_DEVICE Device, AI_MEMORY_POOL *Pool)
{
    return AipQuery(Device, IOCTL_AI_GET_MEMORY_POOL, 0, 0, Pool, sizeof(*Pool));
}

DWORD AiGetSchedulerStats(AI_DEVICE Device, AI_SCHEDULER_STATS *Stats)
{
    return AipQuery(Device, IOCTL_AI_GET_SCHEDULER_STATS, 0, 0, Stats, sizeof(*Stats));
}

DWORD AiGetOptimizedPath(AI_DEVICE Device, UINT32 Index, AI_OPTIMIZED_PATH *Path)
{
    return AipQuery(Device, IOCTL_AI_GET_OPTIMIZED_PATH, Index, 0, Path, sizeof(*Path));
}

DWORD AiPublishSample(AI_DEVICE Device, AI_GPU_SAMPLE *Sample, UINT32 *AdapterIndex)
{
    AI_GPU_SAMPLE_RESULT Result;
    DWORD Error;

    Sample->Version = AI_INTERFACE_VERSION;
    Sample->Size = sizeof(*Sample);
    Error =
        AipControl(Device, IOCTL_AI_SET_GPU_UTIL, Sample, sizeof(*Sample), &Result, sizeof(Result));
    if (Error == 0 && AdapterIndex != NULL)
        *AdapterIndex = Result.AdapterIndex;
    return Error;
}

DWORD AiAllocatePinned(AI_DEVICE Device, UINT64 Bytes, AI_ALLOCATION *Allocation)
{
    AI_ALLOC_REQUEST Request = {AI_INTERFACE_VERSION, sizeof(Request), Bytes, 0, 0};

    return AipControl(Device, IOCTL_AI_ALLOC_PINNED, &Request, sizeof(Request), Allocation,
                      sizeof(*Allocation));
}

DWORD AiFreePinned(AI_DEVICE Device, UINT64 AllocationId)
{
    AI_FREE_REQUEST Request = {AI_INTERFACE_VERSION, sizeof(Request), AllocationId};

    return AipControl(Device, IOCTL_AI_FREE_PINNED, &Request, sizeof(Request), NULL, 0);
}

void *AiPinnedMemory(const AI_ALLOCATION *Allocation)
{
    return (void *)(ULONG_PTR)Allocation->UserAddress;
}

DWORD AiBoostThread(AI_DEVICE Device, UINT32 ThreadId, UINT32 Increment, AI_BOOST_RESULT *Result)
{
    AI_BOOST_REQUEST Request = {AI_INTERFACE_VERSION, sizeof(Request), ThreadId, Increment};
    UINT32 Bytes = Result != NULL ? sizeof(*Result) : 0;

    return AipControl(Device, IOCTL_AI_BOOST_PRIORITY, &Request, sizeof(Request), Result, Bytes);
}

static DWORD AipRegister(AI_DEVICE Device, AI_WINAI_REGISTRATION *Registration)
{
    return AipControl(Device, IOCTL_AI_REGISTER_WINAI, Registration, sizeof(*Registration), NULL,
                      0);
}

DWORD AiRegisterRuntime(AI_DEVICE Device, UINT32 WantsFlags, UINT32 RuntimeVersion,
                        const char *Name)
{
    AI_WINAI_REGISTRATION Registration = {.Version = AI_INTERFACE_VERSION,
                                          .Size = sizeof(Registration),
                                          .Operation = AI_WINAI_REGISTER,
                                          .Flags = WantsFlags,
                                          .RuntimeVersion = RuntimeVersion};

    for (UINT32 i = 0; Name[i] != '\0'; i++) {
        if (i + 1 >= AI_WINAI_NAME_BYTES)
            return ERROR_INVALID_PARAMETER;
        Registration.Name[i] = Name[i];
    }
    return AipRegister(Device, &Registration);
}

DWORD AiUnregisterRuntime(AI_DEVICE Device)
{
    AI_WINAI_REGISTRATION Registration = {.Version = AI_INTERFACE_VERSION,
                                          .Size = sizeof(Registration),
                                          .Operation = AI_WINAI_UNREGISTER};

    return AipRegister(Device, &Registration);
}
