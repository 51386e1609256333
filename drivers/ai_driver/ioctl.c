/*
 * The ten codes: one table says what each takes and gives, one routine checks versions and lengths as ai_driver.h promises, one
 * small handler does each. Handlers see whole structures: what an older client did not pass is zero.
 */
#include "driver.h"

typedef union AI_INPUT { /* large enough for every input */
    struct {
        UINT32 Version, Size;
    } Header;
    AI_QUERY Query;
    AI_GPU_SAMPLE Sample;
    AI_BOOST_REQUEST Boost;
    AI_ALLOC_REQUEST Alloc;
    AI_FREE_REQUEST Free;
    AI_WINAI_REGISTRATION Winai;
} AI_INPUT;

typedef union AI_OUTPUT {
    struct {
        UINT32 Version, Size;
    } Header;
    AI_STATS Stats;
    AI_GPU_SAMPLE_RESULT SampleResult;
    AI_BOOST_RESULT Boost;
    AI_GPU_STATUS Gpu;
    AI_MEMORY_POOL Pool;
    AI_SCHEDULER_STATS Sched;
    AI_ALLOCATION Allocation;
    AI_OPTIMIZED_PATH Path;
} AI_OUTPUT;

typedef struct AI_CALL { /* a request being served */
    AI_DEVICE *Device;
    AI_FILE *File;
    PEPROCESS Process; /* of the requestor; NULL: none */
    KPROCESSOR_MODE Mode;
    const AI_INPUT *In;
    AI_OUTPUT *Out; /* zeroed */
} AI_CALL;

typedef NTSTATUS AI_HANDLER(_Inout_ AI_CALL *Call);

/* ---- handlers ---- */

static BOOLEAN AiIsPlainQuery(_In_ const AI_QUERY *Query)
{
    return Query->Index == 0 && Query->Flags == 0;
}

static NTSTATUS AiGetStats(_Inout_ AI_CALL *Call)
{
    AI_DEVICE *Device = Call->Device;
    AI_PINNED *Pinned = &Device->Pinned;
    AI_STATS *Stats = &Call->Out->Stats;
    KIRQL Irql;

    if (!AiIsPlainQuery(&Call->In->Query))
        return STATUS_INVALID_PARAMETER;
    Stats->DriverMajor = AI_DRIVER_MAJOR;
    Stats->DriverMinor = AI_DRIVER_MINOR;
    Stats->DriverBuild = AI_DRIVER_BUILD;
    Stats->UpTime100ns = AiNow100ns() - Device->StartTime100ns;
    Stats->HandlesNow = (UINT32)Device->Counters.HandlesNow;
    Stats->AdaptersNow = Device->Gpu.Count;
    Stats->SamplesAccepted = (UINT64)Device->Gpu.SamplesAccepted;
    Stats->SamplesRefused = (UINT64)Device->Gpu.SamplesRefused;
    Stats->RegistrationsNow = (UINT32)Device->Counters.RegistrationsNow;
    RtlCopyMemory(Stats->Requests, Device->Counters.Requests, sizeof(Stats->Requests));
    RtlCopyMemory(Stats->RequestsFailed, Device->Counters.RequestsFailed, sizeof(Stats->RequestsFailed));
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Stats->Allocations = Pinned->Allocations;
    Stats->AllocationsFailed = Pinned->AllocationsFailed;
    Stats->Frees = Pinned->Frees;
    Stats->FreesOnClose = Pinned->FreesOnClose;
    Stats->BytesAllocated = Pinned->BytesAllocated;
    Stats->AllocationsNow = Pinned->AllocationsNow;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    return STATUS_SUCCESS;
}

static NTSTATUS AiSetGpuUtil(_Inout_ AI_CALL *Call)
{
    return AiGpuPublish(&Call->Device->Gpu, Call->File, &Call->In->Sample, &Call->Out->SampleResult.AdapterIndex);
}

static NTSTATUS AiBoostPriority(_Inout_ AI_CALL *Call)
{
    return AiSchedBoost(&Call->Device->Sched, Call->File, Call->Mode, &Call->In->Boost, &Call->Out->Boost);
}

static NTSTATUS AiGetGpuStatus(_Inout_ AI_CALL *Call)
{
    const AI_QUERY *Query = &Call->In->Query;

    if (Query->Flags & ~AI_QUERY_WITHOUT_SAMPLE)
        return STATUS_INVALID_PARAMETER;
    return AiGpuQuery(&Call->Device->Gpu, Query->Index, (Query->Flags & AI_QUERY_WITHOUT_SAMPLE) != 0, &Call->Out->Gpu);
}

static NTSTATUS AiGetMemoryPool(_Inout_ AI_CALL *Call)
{
    if (!AiIsPlainQuery(&Call->In->Query))
        return STATUS_INVALID_PARAMETER;
    AiPinnedQuery(&Call->Device->Pinned, Call->Process, &Call->Out->Pool);
    return STATUS_SUCCESS;
}

static NTSTATUS AiGetSchedulerStats(_Inout_ AI_CALL *Call)
{
    if (!AiIsPlainQuery(&Call->In->Query))
        return STATUS_INVALID_PARAMETER;
    AiSchedQuery(&Call->Device->Sched, &Call->Out->Sched);
    return STATUS_SUCCESS;
}

static NTSTATUS AiAllocPinned(_Inout_ AI_CALL *Call)
{
    const AI_ALLOC_REQUEST *Request = &Call->In->Alloc;

    if (Request->Flags != 0 || Request->Reserved != 0)
        return STATUS_INVALID_PARAMETER;
    if (Call->Mode == KernelMode)
        return STATUS_NOT_SUPPORTED;
    return AiPinnedAllocate(&Call->Device->Pinned, Call->File, Request->Bytes, &Call->Out->Allocation);
}

static NTSTATUS AiFreePinned(_Inout_ AI_CALL *Call)
{
    return AiPinnedFree(&Call->Device->Pinned, Call->File, Call->In->Free.AllocationId);
}

static NTSTATUS AiRegisterWinai(_Inout_ AI_CALL *Call)
{
    return AiWinaiRegister(Call->Device, Call->File, &Call->In->Winai);
}

static NTSTATUS AiGetOptimizedPath(_Inout_ AI_CALL *Call)
{
    if (Call->In->Query.Flags != 0)
        return STATUS_INVALID_PARAMETER;
    AiWinaiQueryPath(Call->Device, Call->File, Call->Process, Call->In->Query.Index, &Call->Out->Path);
    return STATUS_SUCCESS;
}

/* ---- the table ---- */

typedef struct AI_CODE {
    UINT32 Code;
    UINT16 InLeast, InKnown;   /* bytes of version 1's structure and of the one known here */
    UINT16 OutLeast, OutKnown; /* 0: no output */
    BOOLEAN OutOptional;       /* an output buffer of 0 bytes is fine */
    BOOLEAN InCaller;          /* served in the caller's context */
    AI_HANDLER *Handler;
} AI_CODE;

#define AI_IN(Name) AI_##Name##_V1_BYTES, sizeof(AI_##Name)
#define AI_OUT(Name) AI_##Name##_V1_BYTES, sizeof(AI_##Name)
static const AI_CODE AiCode[AI_FUNCTION_COUNT] = {
    { IOCTL_AI_GET_STATS, AI_IN(QUERY), AI_OUT(STATS), FALSE, FALSE, AiGetStats },
    { IOCTL_AI_SET_GPU_UTIL, AI_IN(GPU_SAMPLE), AI_OUT(GPU_SAMPLE_RESULT), TRUE, FALSE, AiSetGpuUtil },
    { IOCTL_AI_BOOST_PRIORITY, AI_IN(BOOST_REQUEST), AI_OUT(BOOST_RESULT), TRUE, TRUE, AiBoostPriority },
    { IOCTL_AI_GET_GPU_STATUS, AI_IN(QUERY), AI_OUT(GPU_STATUS), FALSE, FALSE, AiGetGpuStatus },
    { IOCTL_AI_GET_MEMORY_POOL, AI_IN(QUERY), AI_OUT(MEMORY_POOL), FALSE, FALSE, AiGetMemoryPool },
    { IOCTL_AI_GET_SCHEDULER_STATS, AI_IN(QUERY), AI_OUT(SCHEDULER_STATS), FALSE, FALSE, AiGetSchedulerStats },
    { IOCTL_AI_ALLOC_PINNED, AI_IN(ALLOC_REQUEST), AI_OUT(ALLOCATION), FALSE, TRUE, AiAllocPinned },
    { IOCTL_AI_FREE_PINNED, AI_IN(FREE_REQUEST), 0, 0, TRUE, TRUE, AiFreePinned },
    { IOCTL_AI_REGISTER_WINAI, AI_IN(WINAI_REGISTRATION), 0, 0, TRUE, FALSE, AiRegisterWinai },
    { IOCTL_AI_GET_OPTIMIZED_PATH, AI_IN(QUERY), AI_OUT(OPTIMIZED_PATH), FALSE, FALSE, AiGetOptimizedPath },
};

/* NULL: no such code. */
static const AI_CODE *AiFindCode(_In_ ULONG Code)
{
    ULONG Function = (Code >> 2) & 0xFFF;

    if (Function < AI_FUNCTION_FIRST || Function - AI_FUNCTION_FIRST >= AI_FUNCTION_COUNT ||
        AiCode[Function - AI_FUNCTION_FIRST].Code != Code)
        return NULL;
    return &AiCode[Function - AI_FUNCTION_FIRST];
}

/* ---- checking and serving ---- */

/* Copies the input into the newest form, its absent tail zero. */
static NTSTATUS AiCaptureInput(_In_ const AI_CODE *Code, _In_reads_bytes_(Bytes) const VOID *Buffer, _In_ SIZE_T Bytes,
                               _Out_ AI_INPUT *In)
{
    UINT32 Size;

    RtlZeroMemory(In, sizeof(*In));
    if (Buffer == NULL || Bytes < Code->InLeast)
        return STATUS_INFO_LENGTH_MISMATCH;
    RtlCopyMemory(In, Buffer, Code->InLeast);
    Size = In->Header.Size;
    if (Size < Code->InLeast || Size > Bytes)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (In->Header.Version != AI_INTERFACE_VERSION)
        return STATUS_REVISION_MISMATCH;
    RtlCopyMemory(In, Buffer, min(Size, Code->InKnown));
    for (UINT32 i = Code->InKnown; i < Size; i++)
        if (((const UCHAR *)Buffer)[i] != 0)
            return STATUS_REVISION_MISMATCH;
    return STATUS_SUCCESS;
}

/* The system buffer of a METHOD_BUFFERED request, which serves both ways; NULL when both lengths are 0. */
static PVOID AiSystemBuffer(_In_ WDFREQUEST Request)
{
    return WdfRequestWdmGetIrp(Request)->AssociatedIrp.SystemBuffer;
}

/* *Information: bytes of output. */
static NTSTATUS AiServe(_In_ AI_DEVICE *Device, _In_ WDFREQUEST Request, _In_ const AI_CODE *Code, _In_ SIZE_T InBytes,
                        _In_ SIZE_T OutBytes, _Out_ ULONG_PTR *Information)
{
    PVOID Buffer = AiSystemBuffer(Request);
    AI_INPUT In;
    AI_OUTPUT Out;
    AI_CALL Call = { .Device = Device, .In = &In, .Out = &Out };
    NTSTATUS Status = AiCaptureInput(Code, Buffer, InBytes, &In);

    *Information = 0;
    if (!NT_SUCCESS(Status))
        return Status;
    if (OutBytes < Code->OutLeast && !(Code->OutOptional && OutBytes == 0))
        return STATUS_BUFFER_TOO_SMALL;
    Call.File = AiFileOf(WdfRequestGetFileObject(Request));
    Call.Mode = WdfRequestGetRequestorMode(Request);
    Call.Process = IoGetRequestorProcess(WdfRequestWdmGetIrp(Request));
    RtlZeroMemory(&Out, sizeof(Out));
    Status = Code->Handler(&Call);
    if (!NT_SUCCESS(Status) || Code->OutKnown == 0 || OutBytes == 0)
        return Status;
    *Information = min(OutBytes, Code->OutKnown);
    Out.Header.Version = AI_INTERFACE_VERSION;
    Out.Header.Size = (UINT32)*Information;
    RtlCopyMemory(Buffer, &Out, *Information);
    return Status;
}

static VOID AiComplete(_In_ AI_DEVICE *Device, _In_ WDFREQUEST Request, _In_ const AI_CODE *Code, _In_ NTSTATUS Status,
                       _In_ ULONG_PTR Information)
{
    SIZE_T Function = (SIZE_T)(Code - AiCode);

    InterlockedIncrement64(&Device->Counters.Requests[Function]);
    if (!NT_SUCCESS(Status))
        InterlockedIncrement64(&Device->Counters.RequestsFailed[Function]);
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

VOID NTAPI AiEvtDeviceControl(_In_ WDFQUEUE Queue, _In_ WDFREQUEST Request, _In_ size_t OutputBufferLength,
                              _In_ size_t InputBufferLength, _In_ ULONG IoControlCode)
{
    AI_DEVICE *Device = AiDeviceOf(WdfIoQueueGetDevice(Queue));
    const AI_CODE *Code = AiFindCode(IoControlCode);
    ULONG_PTR Information;
    NTSTATUS Status;

    if (Code == NULL) {
        WdfRequestComplete(Request, STATUS_INVALID_DEVICE_REQUEST);
        return;
    }
    /* The queue is not power-managed, so it goes on after a surprise removal, for handles that are still open. */
    if (Device->Removed) {
        AiComplete(Device, Request, Code, STATUS_NO_SUCH_DEVICE, 0);
        return;
    }
    Status = AiServe(Device, Request, Code, InputBufferLength, OutputBufferLength, &Information);
    AiComplete(Device, Request, Code, Status, Information);
}

/* Mapping into the caller and checking its rights over a thread must happen in the caller's thread. */
VOID NTAPI AiEvtInCallerContext(_In_ WDFDEVICE DeviceHandle, _In_ WDFREQUEST Request)
{
    AI_DEVICE *Device = AiDeviceOf(DeviceHandle);
    WDF_REQUEST_PARAMETERS Parameters;
    const AI_CODE *Code = NULL;
    ULONG_PTR Information = 0;
    NTSTATUS Status;

    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfRequestGetParameters(Request, &Parameters);
    if (Parameters.Type == WdfRequestTypeDeviceControl)
        Code = AiFindCode(Parameters.Parameters.DeviceIoControl.IoControlCode);
    if (Code == NULL || !Code->InCaller) {
        Status = WdfDeviceEnqueueRequest(DeviceHandle, Request);
        if (!NT_SUCCESS(Status))
            WdfRequestComplete(Request, Status);
        return;
    }
    Status = STATUS_NO_SUCH_DEVICE;
    if (NT_SUCCESS(IoAcquireRemoveLock(&Device->InCaller, Request))) {
        Status = AiServe(Device, Request, Code, Parameters.Parameters.DeviceIoControl.InputBufferLength,
                         Parameters.Parameters.DeviceIoControl.OutputBufferLength, &Information);
        AiComplete(Device, Request, Code, Status, Information);
        IoReleaseRemoveLock(&Device->InCaller, Request);
        return;
    }
    AiComplete(Device, Request, Code, Status, 0);
}
