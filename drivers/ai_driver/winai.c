/* The runtime's registration, one a handle, and what of the optimised path is there. */
#include "driver.h"

static BOOLEAN AiIsName(_In_ const AI_WINAI_REGISTRATION *Request)
{
    SIZE_T i = 0;

    while (i < AI_WINAI_NAME_BYTES && Request->Name[i] != '\0')
        i++;
    return i < AI_WINAI_NAME_BYTES;
}

static BOOLEAN AiIsBlank(_In_ const AI_WINAI_REGISTRATION *Request)
{
    for (SIZE_T i = 0; i < AI_WINAI_NAME_BYTES; i++)
        if (Request->Name[i] != '\0')
            return FALSE;
    return Request->Flags == 0 && Request->RuntimeVersion == 0;
}

static NTSTATUS AiSetRegistration(_Inout_ AI_DEVICE *Device, _Inout_ AI_FILE *File, _In_ BOOLEAN Registered,
                                  _In_ UINT32 Flags)
{
    BOOLEAN Was;
    KIRQL Irql;

    KeAcquireSpinLock(&File->Lock, &Irql);
    Was = File->Registered;
    File->Registered = Registered;
    File->RuntimeFlags = Flags;
    KeReleaseSpinLock(&File->Lock, Irql);
    if (Was && !Registered)
        InterlockedDecrement(&Device->Counters.RegistrationsNow);
    if (!Was && Registered)
        InterlockedIncrement(&Device->Counters.RegistrationsNow);
    return Was || Registered ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NTSTATUS AiWinaiRegister(AI_DEVICE *Device, AI_FILE *File, const AI_WINAI_REGISTRATION *Request)
{
    if (Request->Reserved != 0)
        return STATUS_INVALID_PARAMETER;
    if (Request->Operation == AI_WINAI_UNREGISTER)
        return AiIsBlank(Request) ? AiSetRegistration(Device, File, FALSE, 0) : STATUS_INVALID_PARAMETER;
    if (Request->Operation != AI_WINAI_REGISTER || (Request->Flags & ~AI_WINAI_WANTS_ALL) != 0 || !AiIsName(Request))
        return STATUS_INVALID_PARAMETER;
    return AiSetRegistration(Device, File, TRUE, Request->Flags);
}

VOID AiWinaiCloseFile(AI_DEVICE *Device, AI_FILE *File)
{
    (VOID)AiSetRegistration(Device, File, FALSE, 0); /* none was there: fine */
}

static VOID AiPathOfGpu(_Inout_ AI_DEVICE *Device, _Inout_ AI_OPTIMIZED_PATH *Path)
{
    AI_GPU_STATUS Gpu = { 0 };

    if (!NT_SUCCESS(AiGpuQuery(&Device->Gpu, Path->AdapterIndex, TRUE, &Gpu))) {
        Path->Reasons |= AI_REASON_NO_ADAPTER | AI_REASON_NO_AGENT;
        return;
    }
    Path->Flags |= AI_PATH_ADAPTER_PRESENT;
    if (Gpu.Flags & AI_GPU_FLAG_SIMULATED)
        Path->Flags |= AI_PATH_SIMULATED;
    if (Gpu.Flags & AI_GPU_FLAG_NO_SAMPLE) {
        Path->Reasons |= AI_REASON_NO_AGENT;
        return;
    }
    Path->SampleAge100ns = Gpu.SampleAge100ns;
    if (Gpu.Flags & AI_GPU_FLAG_STALE)
        Path->Reasons |= AI_REASON_SAMPLE_STALE;
    else
        Path->Flags |= AI_PATH_SAMPLES_FRESH;
}

static VOID AiPathOfPool(_Inout_ AI_DEVICE *Device, _In_opt_ PEPROCESS Process, _Inout_ AI_OPTIMIZED_PATH *Path)
{
    AI_MEMORY_POOL Pool = { 0 };

    AiPinnedQuery(&Device->Pinned, Process, &Pool);
    Path->LargestFreeBytes = Pool.LargestFreeBytes;
    Path->QuotaLeftBytes = Pool.ProcessQuotaBytes - Pool.ProcessUsedBytes;
    if (Path->LargestFreeBytes == 0)
        Path->Reasons |= AI_REASON_POOL_EXHAUSTED;
    if (Path->QuotaLeftBytes == 0)
        Path->Reasons |= AI_REASON_QUOTA_REACHED;
    if (Path->LargestFreeBytes != 0 && Path->QuotaLeftBytes != 0)
        Path->Flags |= AI_PATH_POOL_AVAILABLE;
}

VOID AiWinaiQueryPath(AI_DEVICE *Device, AI_FILE *File, PEPROCESS Process, UINT32 Index, AI_OPTIMIZED_PATH *Path)
{
    UINT32 Needed = 0;
    KIRQL Irql;

    Path->AdapterIndex = Index;
    AiPathOfGpu(Device, Path);
    AiPathOfPool(Device, Process, Path);
    KeAcquireSpinLock(&File->Lock, &Irql);
    if (File->Registered)
        Path->Flags |= AI_PATH_RUNTIME_REGISTERED;
    Path->RuntimeFlags = File->RuntimeFlags;
    KeReleaseSpinLock(&File->Lock, Irql);
    if (!(Path->Flags & AI_PATH_RUNTIME_REGISTERED)) {
        Path->Reasons |= AI_REASON_NOT_REGISTERED;
        return;
    }
    if (Path->RuntimeFlags & AI_WINAI_WANTS_GPU)
        Needed |= AI_PATH_ADAPTER_PRESENT | AI_PATH_SAMPLES_FRESH;
    if (Path->RuntimeFlags & AI_WINAI_WANTS_PINNED)
        Needed |= AI_PATH_POOL_AVAILABLE;
    if ((Path->Flags & Needed) == Needed)
        Path->Flags |= AI_PATH_OPTIMIZED;
}
