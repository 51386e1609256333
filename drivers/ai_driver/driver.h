/*
 * ai_driver: what its parts share. One device; its parts are pinned memory (pinned.c over blocks.c), GPU status (gpu.c,
 * adapter.c), scheduling (sched.c), the runtime's registration (winai.c), the interface (request.c, ioctl.c), events (trace.c).
 *
 * Locks, all spin locks held only for lists and counters, none while another is held:
 *   AI_PINNED.Lock   block map, allocations, processes that own some
 *   AI_GPU.Lock      adapters and their samples
 *   AI_SCHED.Lock    measured times (AI processes and boosted threads have a mutex)
 *   counters of AI_COUNTERS are interlocked
 */
#pragma once

#define POOL_ZERO_DOWN_LEVEL_SUPPORT 1 /* the oldest Windows of the INF, 1709, has no ExAllocatePool2 */
#include <ntifs.h>
#include <wdf.h>

#include "blocks.h"
#include "include/ai_driver.h"

#define AI_TAG 'rDIA'
#define AI_DRIVER_MAJOR 1u
#define AI_DRIVER_MINOR 0u
#define AI_DRIVER_BUILD 1u

typedef struct AI_FILE AI_FILE;
typedef struct AI_DEVICE AI_DEVICE;

/* ---- configuration (config.c): read once, when the device is added ---- */
typedef struct AI_CONFIG {
    UINT32 PoolMegabytes;
    UINT32 QuotaMegabytes;
    UINT32 BoostIncrement;
    UINT32 NameCount;
    UNICODE_STRING Names; /* REG_MULTI_SZ text in paged pool; Length without the last terminator */
} AI_CONFIG;

/* Values that are missing, of another type or out of range count as the default. STATUS_INSUFFICIENT_RESOURCES. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS AiConfigRead(_In_ WDFDRIVER Driver, _Out_ AI_CONFIG *Config);
_IRQL_requires_(PASSIVE_LEVEL) VOID AiConfigDelete(_Inout_ AI_CONFIG *Config);
/* Is the last component of an image path one of the names? Case is ignored. */
_IRQL_requires_(PASSIVE_LEVEL)
BOOLEAN AiConfigHasName(_In_ const AI_CONFIG *Config, _In_ PCUNICODE_STRING ImagePath);

/* ---- counters (AI_STATS) ---- */
typedef struct AI_COUNTERS {
    LONG HandlesNow, RegistrationsNow;
    LONG64 Requests[AI_FUNCTION_COUNT], RequestsFailed[AI_FUNCTION_COUNT];
} AI_COUNTERS;

/* ---- pinned memory (pinned.c) ---- */
typedef struct AI_PINNED {
    KSPIN_LOCK Lock;
    AI_BLOCKS Blocks;        /* Lock */
    UINT32 PeakUsed;         /* blocks; Lock */
    UINT32 QuotaBlocks;      /* set once */
    BOOLEAN Stopped;         /* nothing is given out any more; Lock */
    UINT64 NextId;           /* Lock */
    RTL_AVL_TABLE ById;      /* of AI_PIN; Lock */
    LIST_ENTRY Owners;       /* of AI_OWNER: processes that hold some; Lock */
    UINT64 Allocations, AllocationsFailed, Frees, FreesOnClose, BytesAllocated; /* Lock */
    UINT32 AllocationsNow, BackedBlocks; /* Lock */
} AI_PINNED;

_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS AiPinnedInitialize(_Out_ AI_PINNED *Pinned, _In_ UINT32 Blocks, _In_ UINT32 QuotaBlocks);
/* After AiPinnedStop and the last file. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AiPinnedDelete(_Inout_ AI_PINNED *Pinned);
/* Unmaps and frees everything and refuses more: the device goes. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AiPinnedStop(_Inout_ AI_PINNED *Pinned);
/* In the calling process. Statuses as at ALLOC_PINNED. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS AiPinnedAllocate(_Inout_ AI_PINNED *Pinned, _Inout_ AI_FILE *File, _In_ UINT64 Bytes,
                          _Out_ AI_ALLOCATION *Allocation);
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS AiPinnedFree(_Inout_ AI_PINNED *Pinned, _In_ const AI_FILE *File, _In_ UINT64 Id);
_IRQL_requires_(PASSIVE_LEVEL) VOID AiPinnedCloseFile(_Inout_ AI_PINNED *Pinned, _In_ AI_FILE *File);
/* From the exit notification, in the process: its address space is still there. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AiPinnedProcessExit(_Inout_ AI_PINNED *Pinned, _In_ PEPROCESS Process);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID AiPinnedQuery(_Inout_ AI_PINNED *Pinned, _In_opt_ PEPROCESS Process, _Out_ AI_MEMORY_POOL *Pool);

/* ---- GPU (gpu.c, adapter.c) ---- */
typedef struct AI_ADAPTER {
    UINT32 Valid;          /* what the registry or PnP, or the first sample, said of its identity */
    UINT32 Flags;          /* AI_GPU_FLAG_ENUMERATED, AI_GPU_FLAG_STATIC_MEMORY */
    BOOLEAN HasSample;
    BOOLEAN NameIsStatic;
    UINT64 MemoryTotalBytes; /* static */
    UINT64 SampleTime100ns;  /* interrupt time of its arrival, sleep included */
    UINT64 SampleCount;
    const AI_FILE *Publisher; /* the handle that published the sample; NULL once it closed */
    AI_GPU_SAMPLE Sample;     /* its identity fields are the adapter's even without a sample */
} AI_ADAPTER;

typedef struct AI_GPU {
    KSPIN_LOCK Lock;
    UINT32 Count;                     /* Lock */
    AI_ADAPTER Adapter[AI_MAX_ADAPTERS]; /* Lock */
    LONG64 SamplesAccepted, SamplesRefused;
} AI_GPU;

_IRQL_requires_(PASSIVE_LEVEL) VOID AiGpuInitialize(_Out_ AI_GPU *Gpu);
/* Adds the adapters that the display class key in the registry shows. (adapter.c) */
_IRQL_requires_(PASSIVE_LEVEL) VOID AiGpuEnumerate(_Inout_ AI_GPU *Gpu);
/* Adds an adapter, or completes the one of the same PCI location. STATUS_INSUFFICIENT_RESOURCES: there are too many. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS AiGpuAddStatic(_Inout_ AI_GPU *Gpu, _In_ const AI_ADAPTER *Adapter);
_Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS AiGpuPublish(_Inout_ AI_GPU *Gpu, _In_ const AI_FILE *File, _In_ const AI_GPU_SAMPLE *Sample,
                      _Out_ UINT32 *Index);
_Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS AiGpuQuery(_Inout_ AI_GPU *Gpu, _In_ UINT32 Index, _In_ BOOLEAN WithoutSample, _Out_ AI_GPU_STATUS *Status);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiGpuCloseFile(_Inout_ AI_GPU *Gpu, _In_ const AI_FILE *File);

/* ---- scheduling (sched.c) ---- */
typedef struct AI_SCHED {
    KMUTEX Mutex;          /* leaves its holder at PASSIVE_LEVEL, which setting a priority needs */
    const AI_CONFIG *Config;
    BOOLEAN ProcessNotified, ThreadNotified; /* registered; set by start and stop only */
    LIST_ENTRY Processes;  /* of AI_PROCESS; Mutex */
    RTL_AVL_TABLE Threads; /* of AI_BOOST by thread id; Mutex */
    UINT32 ProcessesNow, ThreadsNow; /* Mutex; read without for the statistics */
    LONG64 ProcessesCreated, AiProcessesSeen, AutomaticBoosts, RequestedBoosts, Restores, BoostFailures;
    KSPIN_LOCK Lock;
    UINT64 Measured, TotalTime100ns, MinTime100ns, MaxTime100ns; /* Lock */
} AI_SCHED;

/* From now on processes are seen. STATUS of the registration. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS AiSchedStart(_Out_ AI_SCHED *Sched, _In_ const AI_CONFIG *Config);
/* Every boost is taken back. */
_IRQL_requires_(PASSIVE_LEVEL) VOID AiSchedStop(_Inout_ AI_SCHED *Sched);
/* In the calling thread's context, for its access rights. Statuses as at BOOST_PRIORITY. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL)
NTSTATUS AiSchedBoost(_Inout_ AI_SCHED *Sched, _In_ const AI_FILE *File, _In_ KPROCESSOR_MODE Mode, _In_ const AI_BOOST_REQUEST *Request,
                      _Out_ AI_BOOST_RESULT *Result);
_IRQL_requires_(PASSIVE_LEVEL) VOID AiSchedCloseFile(_Inout_ AI_SCHED *Sched, _In_ const AI_FILE *File);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiSchedQuery(_Inout_ AI_SCHED *Sched, _Out_ AI_SCHEDULER_STATS *Stats);

/* ---- an open file ---- */
struct AI_FILE {
    LIST_ENTRY Allocations; /* of AI_PIN; AI_PINNED.Lock */
    BOOLEAN Closing;        /* AI_PINNED.Lock */
    KSPIN_LOCK Lock;
    BOOLEAN Registered;     /* Lock */
    UINT32 RuntimeFlags;    /* AI_WINAI_WANTS_*; Lock */
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(AI_FILE, AiFileOf)

/* winai.c. Statuses as at REGISTER_WINAI. */
_Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL)
NTSTATUS AiWinaiRegister(_Inout_ AI_DEVICE *Device, _Inout_ AI_FILE *File, _In_ const AI_WINAI_REGISTRATION *Request);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiWinaiCloseFile(_Inout_ AI_DEVICE *Device, _Inout_ AI_FILE *File);
_IRQL_requires_max_(DISPATCH_LEVEL)
VOID AiWinaiQueryPath(_Inout_ AI_DEVICE *Device, _In_ AI_FILE *File, _In_opt_ PEPROCESS Process, _In_ UINT32 Index,
                      _Out_ AI_OPTIMIZED_PATH *Path);

/* ---- the device ---- */
struct AI_DEVICE {
    AI_CONFIG Config;
    AI_COUNTERS Counters;
    AI_PINNED Pinned;
    AI_GPU Gpu;
    AI_SCHED Sched;
    UINT64 StartTime100ns;     /* interrupt time of the load */
    volatile LONG Removed;     /* no request is served any more */
    IO_REMOVE_LOCK InCaller;   /* requests served in their caller's context, outside of the queue */
    BOOLEAN SchedReady;        /* set while the device is added; cleared when it stops */
};
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(AI_DEVICE, AiDeviceOf)

/* The one device, for notifications that carry no context; NULL while there is none. Set and cleared in device.c. */
extern AI_DEVICE *AiTheDevice;

_IRQL_requires_(PASSIVE_LEVEL) NTSTATUS AiDeviceCreate(_In_ WDFDRIVER Driver, _Inout_ PWDFDEVICE_INIT Init);

/* ioctl.c */
EVT_WDF_IO_IN_CALLER_CONTEXT AiEvtInCallerContext;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL AiEvtDeviceControl;

/* ---- events for ETW (trace.c) ---- */
_IRQL_requires_(PASSIVE_LEVEL) VOID AiTraceStart(VOID);
_IRQL_requires_(PASSIVE_LEVEL) VOID AiTraceStop(VOID);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiTraceAllocate(_In_ UINT64 Id, _In_ UINT64 Bytes, _In_ NTSTATUS Status);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiTraceFree(_In_ UINT64 Id, _In_ UINT64 Bytes);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiTraceBoost(_In_ UINT32 ThreadId, _In_ INT32 Increment);
_IRQL_requires_max_(DISPATCH_LEVEL) VOID AiTraceSample(_In_ UINT32 Index, _In_ UINT32 UtilizationBasisPoints);

/* Interrupt time with sleep included, 100 ns. */
FORCEINLINE UINT64 AiNow100ns(VOID)
{
    return KeQueryInterruptTime();
}
