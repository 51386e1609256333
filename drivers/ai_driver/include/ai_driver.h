/*
 * The interface of ai_driver: the one header that the driver and its clients share, for C and
 * C++, kernel and user mode, x64 and x86. It holds no pointer, no HANDLE, no size_t and no
 * packing, so a 32-bit program on a 64-bit system passes the very same bytes: nothing is thunked,
 * and every size and offset is asserted below.
 *
 * CALLING. Open AI_DEVICE_WIN32_NAME, then DeviceIoControl with one of the ten codes. Each has
 * one input structure, and one output structure or none; METHOD_BUFFERED.
 *
 * VERSIONS. Each structure begins with Version (AI_INTERFACE_VERSION) and Size (its bytes, these
 * two fields included). Structures only ever grow, at the end, and zero in a new field means what
 * older callers meant.
 *   - input: an older client passes a smaller Size, never below the AI_*_V1_BYTES of the
 *     structure; what it does not pass counts as zero. A newer client may pass a larger one, and
 *     is served if all that this driver does not know is zero. Bytes of the buffer after Size are
 *     ignored.
 *   - output: the driver writes min(what it knows, the buffer) bytes, never less
 *     than AI_*_V1_BYTES, and says in Size (and in the bytes returned) how many. A client must
 *     not use a field that lies beyond Size.
 *   - Version changes only when a field changes its meaning. Another Version than the driver's is
 *     refused.
 * Reserved fields, and flags without a name, must be zero on input and are zero on output.
 *
 * ACCESS. Queries (AI_ACCESS_QUERY) ask for a handle with FILE_READ_DATA, everything else
 * (AI_ACCESS_CHANGE) for one with FILE_WRITE_DATA too. The device's security descriptor gives
 * everyone read access and gives write access to SYSTEM, administrators and the agent's service
 * account; an administrator who wants others to allocate puts them there.
 *
 * ERRORS are found in this order. A failed call returns no bytes and changes nothing.
 *   STATUS_ACCESS_DENIED            (Win32 5)    the handle lacks the access that the code asks for
 *   STATUS_INVALID_DEVICE_REQUEST   (Win32 1)    no such code
 *   STATUS_INFO_LENGTH_MISMATCH     (Win32 24)   the input is shorter than V1 or than its Size,
 *     or Size is below V1
 *   STATUS_REVISION_MISMATCH        (Win32 1306) another Version, or fields this driver does not
 *     know that are not zero
 *   STATUS_BUFFER_TOO_SMALL         (Win32 122)  the output buffer is shorter than V1 of the output
 *   STATUS_INVALID_PARAMETER        (Win32 87)   a value out of its range, a reserved field or
 *     flag that is not zero
 * and then what is said at each code. Where the driver runs out of memory for itself:
 * STATUS_INSUFFICIENT_RESOURCES (1450). On a device that was removed: STATUS_NO_SUCH_DEVICE (2);
 * the handle stays useless.
 */
#pragma once

#include <basetsd.h>
#include <stddef.h>

#define AI_INTERFACE_VERSION 1u

#define AI_DEVICE_WIN32_NAME L"\\\\.\\AIDriver"
#define AI_DEVICE_NT_NAME L"\\Device\\AIDriver"
#define AI_DEVICE_LINK_NAME L"\\DosDevices\\AIDriver"
#define AI_SERVICE_NAME L"ai_driver"
#define AI_HARDWARE_ID L"Root\\AIDriver"
#define AI_AGENT_SERVICE_NAME L"ai_gpu_agent"

/*
 * The security descriptor: everyone reads; SYSTEM, administrators and NT SERVICE\ai_gpu_agent
 * (the SID that Windows makes from that name) do everything.
 */
#define AI_AGENT_SERVICE_SID L"S-1-5-80-1216170373-2729233259-2422359641-3230233771-2495420136"
#define AI_DEVICE_SDDL L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;" AI_AGENT_SERVICE_SID L")(A;;GR;;;WD)"

/* The registry values below Services\ai_driver\Parameters, read when the device starts. */
#define AI_VALUE_POOL_MEGABYTES L"PoolMegabytes"   /* REG_DWORD, 1 to 4096 */
#define AI_VALUE_QUOTA_MEGABYTES L"QuotaMegabytes" /* REG_DWORD, per process; 1 to PoolMegabytes */
#define AI_VALUE_PROCESS_NAMES L"ProcessNames"     /* REG_MULTI_SZ: image names, case ignored */
#define AI_VALUE_BOOST_INCREMENT L"BoostIncrement" /* REG_DWORD, 0 (none) to AI_BOOST_MAX */
#define AI_DEFAULT_POOL_MEGABYTES 256u
#define AI_DEFAULT_QUOTA_MEGABYTES 128u
#define AI_DEFAULT_BOOST_INCREMENT 1u

/* What counts as an AI process when ProcessNames is absent; a REG_MULTI_SZ's data. */
#define AI_DEFAULT_PROCESS_NAMES \
    L"python.exe\0" \
    L"pythonw.exe\0" \
    L"ollama.exe\0" \
    L"llama-server.exe\0" \
    L"llama-cli.exe\0" \
    L"tritonserver.exe\0" \
    L"LM Studio.exe\0" \
    L"koboldcpp.exe\0" \
    L"whisper-cli.exe\0"

/* ---- the codes ---- */
#define AI_FILE_DEVICE_UNKNOWN 0x22u
#define AI_ACCESS_QUERY 1u  /* FILE_READ_ACCESS */
#define AI_ACCESS_CHANGE 3u /* FILE_READ_ACCESS | FILE_WRITE_ACCESS */
#define AI_CTL_CODE(Function, Access) \
    ((UINT32)((AI_FILE_DEVICE_UNKNOWN << 16) | ((Access) << 14) | ((UINT32)(Function) << 2)))

#define AI_FUNCTION_FIRST 0x800u
#define AI_FUNCTION_COUNT 10u

/* code: input structure -> output structure
 *   GET_STATS            AI_QUERY -> AI_STATS
 *   SET_GPU_UTIL         AI_GPU_SAMPLE -> AI_GPU_SAMPLE_RESULT
 *   BOOST_PRIORITY       AI_BOOST_REQUEST -> AI_BOOST_RESULT
 *   GET_GPU_STATUS       AI_QUERY -> AI_GPU_STATUS
 *   GET_MEMORY_POOL      AI_QUERY -> AI_MEMORY_POOL
 *   GET_SCHEDULER_STATS  AI_QUERY -> AI_SCHEDULER_STATS
 *   ALLOC_PINNED         AI_ALLOC_REQUEST -> AI_ALLOCATION
 *   FREE_PINNED          AI_FREE_REQUEST -> nothing
 *   REGISTER_WINAI       AI_WINAI_REGISTRATION -> nothing
 *   GET_OPTIMIZED_PATH   AI_QUERY -> AI_OPTIMIZED_PATH
 */
#define IOCTL_AI_GET_STATS AI_CTL_CODE(0x800u, AI_ACCESS_QUERY)
#define IOCTL_AI_SET_GPU_UTIL AI_CTL_CODE(0x801u, AI_ACCESS_CHANGE)
#define IOCTL_AI_BOOST_PRIORITY AI_CTL_CODE(0x802u, AI_ACCESS_CHANGE)
#define IOCTL_AI_GET_GPU_STATUS AI_CTL_CODE(0x803u, AI_ACCESS_QUERY)
#define IOCTL_AI_GET_MEMORY_POOL AI_CTL_CODE(0x804u, AI_ACCESS_QUERY)
#define IOCTL_AI_GET_SCHEDULER_STATS AI_CTL_CODE(0x805u, AI_ACCESS_QUERY)
#define IOCTL_AI_ALLOC_PINNED AI_CTL_CODE(0x806u, AI_ACCESS_CHANGE)
#define IOCTL_AI_FREE_PINNED AI_CTL_CODE(0x807u, AI_ACCESS_CHANGE)
#define IOCTL_AI_REGISTER_WINAI AI_CTL_CODE(0x808u, AI_ACCESS_CHANGE)
#define IOCTL_AI_GET_OPTIMIZED_PATH AI_CTL_CODE(0x809u, AI_ACCESS_QUERY)

/* ---- what every query passes ---- */
#define AI_QUERY_WITHOUT_SAMPLE 0x1u /* GET_GPU_STATUS: do not fail for want of a sample */

typedef struct AI_QUERY {
    UINT32 Version;
    UINT32 Size;
    UINT32 Index; /* of the adapter, for GET_GPU_STATUS and GET_OPTIMIZED_PATH; else 0 */
    UINT32 Flags; /* AI_QUERY_*; only where they are named */
} AI_QUERY, *PAI_QUERY;
#define AI_QUERY_V1_BYTES 16u

/* ---- GET_STATS: counters since the load; each only grows but those that end in Now ---- */
typedef struct AI_STATS {
    UINT32 Version;
    UINT32 Size;
    UINT16 DriverMajor;
    UINT16 DriverMinor;
    UINT32 DriverBuild;
    UINT64 UpTime100ns; /* time since the load */
    UINT32 HandlesNow;  /* open files on the device */
    UINT32 AdaptersNow;
    UINT64 SamplesAccepted;
    UINT64 SamplesRefused;
    UINT64 Allocations; /* that succeeded */
    UINT64 AllocationsFailed;
    UINT64 Frees;           /* by FREE_PINNED */
    UINT64 FreesOnClose;    /* by the end of a handle or of a process */
    UINT64 BytesAllocated;  /* in whole blocks, summed over Allocations */
    UINT32 AllocationsNow;  /* = Allocations - Frees - FreesOnClose */
    UINT32 RegistrationsNow; /* handles with a registered runtime */
    UINT64 Requests[AI_FUNCTION_COUNT];       /* completed, by code less AI_FUNCTION_FIRST */
    UINT64 RequestsFailed[AI_FUNCTION_COUNT]; /* of these, with an error */
} AI_STATS, *PAI_STATS;
#define AI_STATS_V1_BYTES 256u

/*
 * ---- GPU: nothing is invented ---- Values that nobody has measured have no bit in Valid and are
 * zero. Adapters are known from the display class in the registry and from PnP, or because an
 * agent publishes one that these do not show; an adapter keeps its index until the device stops.
 */
#define AI_MAX_ADAPTERS 16u
#define AI_SAMPLE_FRESH_100NS 20000000u /* a sample older than 2 s is stale */
#define AI_GPU_NAME_BYTES 64u

/* Valid */
#define AI_GPU_VALID_UTILIZATION 0x01u
#define AI_GPU_VALID_MEMORY_UTILIZATION 0x02u
#define AI_GPU_VALID_TEMPERATURE 0x04u
#define AI_GPU_VALID_MEMORY_TOTAL 0x08u
#define AI_GPU_VALID_MEMORY_USED 0x10u
#define AI_GPU_VALID_LUID 0x20u
#define AI_GPU_VALID_PCI 0x40u     /* domain, bus, device, function */
#define AI_GPU_VALID_PCI_ID 0x80u  /* PciDeviceId, PciSubsystemId */
#define AI_GPU_VALID_ALL 0xFFu

/* Flags of a sample and of a status */
#define AI_GPU_FLAG_SIMULATED 0x01u /* the figures are of a simulated adapter */
#define AI_GPU_SAMPLE_FLAGS 0x01u   /* those that a sample may carry */
/* Flags of a status only */
#define AI_GPU_FLAG_STALE 0x02u         /* the sample is older than AI_SAMPLE_FRESH_100NS */
#define AI_GPU_FLAG_AGENT_PRESENT 0x04u /* the handle that published it is still open */
#define AI_GPU_FLAG_ENUMERATED 0x08u    /* the registry or PnP knows the adapter */
#define AI_GPU_FLAG_NO_SAMPLE 0x10u     /* AI_QUERY_WITHOUT_SAMPLE: the live figures are absent */
#define AI_GPU_FLAG_STATIC_MEMORY 0x20u /* MemoryTotalBytes is the registry's, not the sample's */

/* Source: who measured. In a status AI_SOURCE_NONE goes with AI_GPU_FLAG_NO_SAMPLE. */
#define AI_SOURCE_NONE 0u
#define AI_SOURCE_NVML 1u
#define AI_SOURCE_PDH 2u /* the system's own counters */
#define AI_SOURCE_ADL 3u
#define AI_SOURCE_OTHER 4u
#define AI_SOURCE_MAX 4u

#define AI_BASIS_POINTS 10000u /* a whole: 100 % */

/*
 * SET_GPU_UTIL: the agent publishes a sample. It says which adapter by PCI location, or where
 * that is not valid by LUID; one of the two must be valid. The driver takes the first adapter
 * with that identity; else one that the registry lists, whose location is not known yet, of the
 * same PciDeviceId; or adds one. The age of a sample counts from its arrival. Name, if given,
 * is UTF-8, ends within the field and is followed by zero bytes only; it is reported unless the
 * registry has a name. Utilisations are at most AI_BASIS_POINTS, used memory is at most the total
 * where both are valid, temperature is from -273150 to 1000000, Source is not AI_SOURCE_NONE.
 *   STATUS_SHARING_VIOLATION (32): another open handle published a sample of this adapter that is
 *     still fresh.
 *   STATUS_INSUFFICIENT_RESOURCES (1450): there are AI_MAX_ADAPTERS others.
 */
typedef struct AI_GPU_SAMPLE {
    UINT32 Version;
    UINT32 Size;
    UINT32 LuidLow;
    INT32 LuidHigh;
    UINT32 PciDomain;
    UINT8 PciBus;
    UINT8 PciDevice;   /* 0 to 31 */
    UINT8 PciFunction; /* 0 to 7 */
    UINT8 Reserved;
    UINT32 PciDeviceId; /* device << 16 | vendor */
    UINT32 PciSubsystemId;
    UINT32 Valid;  /* AI_GPU_VALID_* */
    UINT32 Flags;  /* AI_GPU_SAMPLE_FLAGS */
    UINT32 Source; /* AI_SOURCE_* */
    UINT32 UtilizationBasisPoints;
    UINT32 MemoryUtilizationBasisPoints; /* share of time in which the memory was busy */
    INT32 TemperatureMilliC;
    UINT64 MemoryTotalBytes;
    UINT64 MemoryUsedBytes;
    UINT64 Sequence; /* the agent's own number, returned in the status */
    char Name[AI_GPU_NAME_BYTES];
} AI_GPU_SAMPLE, *PAI_GPU_SAMPLE;
#define AI_GPU_SAMPLE_V1_BYTES 144u

/* Optional: with an output buffer of 0 bytes the call succeeds too. */
typedef struct AI_GPU_SAMPLE_RESULT {
    UINT32 Version;
    UINT32 Size;
    UINT32 AdapterIndex;
    UINT32 Reserved;
} AI_GPU_SAMPLE_RESULT, *PAI_GPU_SAMPLE_RESULT;
#define AI_GPU_SAMPLE_RESULT_V1_BYTES 16u

/*
 * GET_GPU_STATUS of the adapter AI_QUERY.Index, 0 to AdapterCount - 1.
 *   STATUS_NO_MORE_ENTRIES (259): there is no adapter of that index; ask 0, 1, ... until this
 *     comes.
 *   STATUS_DEVICE_NOT_READY (21): the adapter has no sample, or a stale one whose agent has gone.
 *     (An agent that is there but slow: success, with AI_GPU_FLAG_STALE.) AI_QUERY_WITHOUT_SAMPLE
 *     turns this failure into a status with AI_GPU_FLAG_NO_SAMPLE.
 */
typedef struct AI_GPU_STATUS {
    UINT32 Version;
    UINT32 Size;
    UINT32 AdapterIndex;
    UINT32 AdapterCount;
    UINT32 Flags;  /* AI_GPU_FLAG_* */
    UINT32 Valid;  /* AI_GPU_VALID_* */
    UINT32 Source; /* AI_SOURCE_* */
    UINT32 UtilizationBasisPoints;
    UINT32 MemoryUtilizationBasisPoints;
    INT32 TemperatureMilliC;
    UINT32 LuidLow;
    INT32 LuidHigh;
    UINT32 PciDomain;
    UINT8 PciBus;
    UINT8 PciDevice;
    UINT8 PciFunction;
    UINT8 Reserved;
    UINT32 PciDeviceId;
    UINT32 PciSubsystemId;
    UINT64 MemoryTotalBytes;
    UINT64 MemoryUsedBytes;
    UINT64 SampleAge100ns; /* since the sample arrived, sleep included */
    UINT64 SampleSequence; /* AI_GPU_SAMPLE.Sequence */
    UINT64 SampleCount;    /* samples of this adapter since the device started */
    char Name[AI_GPU_NAME_BYTES]; /* UTF-8, zero-padded, always ends within the field */
} AI_GPU_STATUS, *PAI_GPU_STATUS;
#define AI_GPU_STATUS_V1_BYTES 168u

/*
 * ---- pinned memory: one pool of blocks, backed as it is used ---- An allocation is a whole
 * number of blocks of locked, non-executable memory, zero before its user sees it, mapped
 * read-write at a page boundary into the process that asks. It belongs to the open file (the
 * handle and its duplicates) and to that process, and ends with FREE_PINNED, with the last handle
 * of the file, or with the process, whichever is first; then its pages are no longer mapped. No
 * kernel address leaves the driver.
 */
#define AI_BLOCK_BYTES 4096u

/*
 * ALLOC_PINNED.
 *   STATUS_INVALID_PARAMETER (87): Bytes is 0 or more than the pool's TotalBytes.
 *   STATUS_QUOTA_EXCEEDED (1816): with it the process would hold more than its quota.
 *   STATUS_INSUFFICIENT_RESOURCES (1450): no run of free blocks is long enough, or the system has
 *     no memory to back it.
 *   STATUS_NO_MEMORY (8): the process has no room in its address space.
 *   STATUS_NOT_SUPPORTED (50): the caller is not a user-mode process.
 */
typedef struct AI_ALLOC_REQUEST {
    UINT32 Version;
    UINT32 Size;
    UINT64 Bytes; /* rounded up to whole blocks */
    UINT32 Flags; /* none yet */
    UINT32 Reserved;
} AI_ALLOC_REQUEST, *PAI_ALLOC_REQUEST;
#define AI_ALLOC_REQUEST_V1_BYTES 24u

typedef struct AI_ALLOCATION {
    UINT32 Version;
    UINT32 Size;
    UINT64 AllocationId; /* for FREE_PINNED; never 0, never used twice while the file is open */
    UINT64 UserAddress;  /* in the calling process */
    UINT64 Bytes;        /* that are mapped */
} AI_ALLOCATION, *PAI_ALLOCATION;
#define AI_ALLOCATION_V1_BYTES 32u

/*
 * FREE_PINNED. The memory is unmapped when this returns.
 *   STATUS_NOT_FOUND (1168): not an allocation of this file and this process: freed before, a
 *     stranger's, or never made.
 */
typedef struct AI_FREE_REQUEST {
    UINT32 Version;
    UINT32 Size;
    UINT64 AllocationId;
} AI_FREE_REQUEST, *PAI_FREE_REQUEST;
#define AI_FREE_REQUEST_V1_BYTES 16u

/* GET_MEMORY_POOL: one moment's figures, all of the same moment. */
typedef struct AI_MEMORY_POOL {
    UINT32 Version;
    UINT32 Size;
    UINT64 TotalBytes; /* = UsedBytes + FreeBytes */
    UINT64 UsedBytes;
    UINT64 FreeBytes;
    UINT64 LargestFreeBytes; /* the longest run of free blocks */
    UINT64 BackedBytes;      /* physical memory that the pool holds now */
    UINT64 PeakUsedBytes;
    UINT64 ProcessQuotaBytes; /* of each process */
    UINT64 ProcessUsedBytes;  /* of the calling process */
    UINT32 TotalBlocks;       /* = UsedBlocks + FreeBlocks */
    UINT32 UsedBlocks;
    UINT32 FreeBlocks;
    UINT32 LargestFreeBlocks;
    UINT32 FreeRuns; /* maximal runs of free blocks */
    UINT32 AllocationsNow;
    UINT32 BlockBytes;
    /* (1 - LargestFreeBytes / FreeBytes) * 10000, rounded down; 0 when none is free */
    UINT32 FragmentationBasisPoints;
} AI_MEMORY_POOL, *PAI_MEMORY_POOL;
#define AI_MEMORY_POOL_V1_BYTES 104u

/*
 * ---- scheduling ---- A process whose image name (the last component, case ignored) is in
 * ProcessNames is an AI process: its threads' base priority is raised by BoostIncrement, and goes
 * back when the driver stops. A boost never leaves the dynamic range: the result is at most 15,
 * and a thread that is already at 16 or more is left alone.
 */
#define AI_BOOST_MAX 2u

/* GET_SCHEDULER_STATS */
typedef struct AI_SCHEDULER_STATS {
    UINT32 Version;
    UINT32 Size;
    UINT64 ProcessesCreated; /* since the load */
    UINT64 AiProcessesSeen;
    UINT32 AiProcessesNow;
    UINT32 BoostedThreadsNow;
    UINT64 AutomaticBoosts; /* threads of AI processes */
    UINT64 RequestedBoosts; /* by BOOST_PRIORITY */
    UINT64 Restores;
    UINT64 BoostFailures;
    /* Processes behind the three times: from a process's creation to its first boost. */
    UINT64 MeasuredBoosts;
    UINT64 MeanCreateToBoost100ns;
    UINT64 MinCreateToBoost100ns;
    UINT64 MaxCreateToBoost100ns;
    UINT32 BoostIncrement;   /* as configured */
    UINT32 ProcessNameCount; /* as configured */
} AI_SCHEDULER_STATS, *PAI_SCHEDULER_STATS;
#define AI_SCHEDULER_STATS_V1_BYTES 104u

/*
 * BOOST_PRIORITY of one thread, until Increment 0 is asked for, the thread ends or the handle
 * closes; then the thread's base priority is what it was. The caller needs THREAD_SET_INFORMATION
 * access to the thread and, for a thread of another process, SeIncreaseBasePriorityPrivilege. A
 * second request of the same handle replaces the first.
 *   STATUS_INVALID_PARAMETER (87): Increment is not 0 to AI_BOOST_MAX.
 *   STATUS_INVALID_CID (87): no thread of that id.
 *   STATUS_ACCESS_DENIED (5), STATUS_PRIVILEGE_NOT_HELD (1314): as said above.
 *   STATUS_NOT_SUPPORTED (50): the thread is in the real-time range.
 *   STATUS_SHARING_VIOLATION (32): another handle holds a boost of this thread.
 *   STATUS_NOT_FOUND (1168): Increment 0, and this handle holds no boost of it.
 */
typedef struct AI_BOOST_REQUEST {
    UINT32 Version;
    UINT32 Size;
    UINT32 ThreadId;
    UINT32 Increment; /* over the base priority before any boost of this driver; 0 restores */
} AI_BOOST_REQUEST, *PAI_BOOST_REQUEST;
#define AI_BOOST_REQUEST_V1_BYTES 16u

/* Optional: with an output buffer of 0 bytes the call succeeds too. */
typedef struct AI_BOOST_RESULT {
    UINT32 Version;
    UINT32 Size;
    UINT32 ThreadId;
    UINT32 ProcessId;
    INT32 OldBasePriority; /* before this call */
    INT32 NewBasePriority;
} AI_BOOST_RESULT, *PAI_BOOST_RESULT;
#define AI_BOOST_RESULT_V1_BYTES 24u

/*
 * ---- Windows AI runtime ---- REGISTER_WINAI says that this handle belongs to a runtime, and
 * what that runtime wants of the optimised path. A second registration of a handle replaces the
 * first; closing the handle ends it.
 *   STATUS_INVALID_PARAMETER (87): an unknown Operation or flag; a name that does not end within
 *     its field.
 *   STATUS_NOT_FOUND (1168): AI_WINAI_UNREGISTER of a handle that has none.
 */
#define AI_WINAI_REGISTER 1u
#define AI_WINAI_UNREGISTER 2u /* Flags, RuntimeVersion and Name are zero */

#define AI_WINAI_WANTS_GPU 0x1u    /* live figures of an adapter */
#define AI_WINAI_WANTS_PINNED 0x2u /* pinned memory */
#define AI_WINAI_WANTS_ALL 0x3u

#define AI_WINAI_NAME_BYTES 40u

typedef struct AI_WINAI_REGISTRATION {
    UINT32 Version;
    UINT32 Size;
    UINT32 Operation;      /* AI_WINAI_REGISTER, AI_WINAI_UNREGISTER */
    UINT32 Flags;          /* AI_WINAI_WANTS_* */
    UINT32 RuntimeVersion; /* major << 16 | minor, the runtime's own */
    UINT32 Reserved;
    char Name[AI_WINAI_NAME_BYTES]; /* of the runtime: UTF-8, zero-padded */
} AI_WINAI_REGISTRATION, *PAI_WINAI_REGISTRATION;
#define AI_WINAI_REGISTRATION_V1_BYTES 64u

/*
 * GET_OPTIMIZED_PATH: for the adapter AI_QUERY.Index and the calling process. What is missing is
 * an answer, never a failure. AI_PATH_OPTIMIZED is set when a runtime is registered on this
 * handle and everything that it wants is there.
 */
#define AI_PATH_ADAPTER_PRESENT 0x01u
#define AI_PATH_SAMPLES_FRESH 0x02u
#define AI_PATH_POOL_AVAILABLE 0x04u    /* a block is free, and the process may have it */
#define AI_PATH_RUNTIME_REGISTERED 0x08u
#define AI_PATH_OPTIMIZED 0x10u
#define AI_PATH_SIMULATED 0x20u /* the adapter's figures are simulated */

#define AI_REASON_NO_ADAPTER 0x01u
#define AI_REASON_NO_AGENT 0x02u /* it has no sample, or a stale one whose agent has gone */
#define AI_REASON_SAMPLE_STALE 0x04u
#define AI_REASON_POOL_EXHAUSTED 0x08u
#define AI_REASON_QUOTA_REACHED 0x10u
#define AI_REASON_NOT_REGISTERED 0x20u

typedef struct AI_OPTIMIZED_PATH {
    UINT32 Version;
    UINT32 Size;
    UINT32 Flags;        /* AI_PATH_* */
    UINT32 Reasons;      /* AI_REASON_*: all that is missing, wanted or not */
    UINT32 RuntimeFlags; /* AI_WINAI_WANTS_* of this handle's runtime */
    UINT32 AdapterIndex;
    UINT64 LargestFreeBytes;
    UINT64 QuotaLeftBytes; /* of the calling process */
    UINT64 SampleAge100ns; /* 0 without a sample */
} AI_OPTIMIZED_PATH, *PAI_OPTIMIZED_PATH;
#define AI_OPTIMIZED_PATH_V1_BYTES 48u

/* ---- layouts ---- */
#if defined(__cplusplus)
#define AI_STATIC_ASSERT(Expression) static_assert(Expression, #Expression)
#elif defined(_MSC_VER) && !defined(__clang__) && !defined(__STDC_VERSION__)
#define AI_STATIC_ASSERT(Expression) typedef char AiStaticAssert[(Expression) ? 1 : -1]
#else
#define AI_STATIC_ASSERT(Expression) _Static_assert(Expression, #Expression)
#endif
#define AI_ASSERT_OFFSET(Type, Field, Offset) AI_STATIC_ASSERT(offsetof(Type, Field) == (Offset))

AI_STATIC_ASSERT(IOCTL_AI_GET_STATS == 0x00226000u && IOCTL_AI_SET_GPU_UTIL == 0x0022E004u);
AI_STATIC_ASSERT(IOCTL_AI_GET_OPTIMIZED_PATH == 0x00226024u);

AI_STATIC_ASSERT(sizeof(AI_QUERY) == AI_QUERY_V1_BYTES);
AI_ASSERT_OFFSET(AI_QUERY, Version, 0);
AI_ASSERT_OFFSET(AI_QUERY, Size, 4);
AI_ASSERT_OFFSET(AI_QUERY, Index, 8);
AI_ASSERT_OFFSET(AI_QUERY, Flags, 12);
AI_STATIC_ASSERT(sizeof(AI_STATS) == AI_STATS_V1_BYTES);
AI_ASSERT_OFFSET(AI_STATS, Version, 0);
AI_ASSERT_OFFSET(AI_STATS, Size, 4);
AI_ASSERT_OFFSET(AI_STATS, DriverMajor, 8);
AI_ASSERT_OFFSET(AI_STATS, DriverMinor, 10);
AI_ASSERT_OFFSET(AI_STATS, DriverBuild, 12);
AI_ASSERT_OFFSET(AI_STATS, UpTime100ns, 16);
AI_ASSERT_OFFSET(AI_STATS, HandlesNow, 24);
AI_ASSERT_OFFSET(AI_STATS, AdaptersNow, 28);
AI_ASSERT_OFFSET(AI_STATS, SamplesAccepted, 32);
AI_ASSERT_OFFSET(AI_STATS, SamplesRefused, 40);
AI_ASSERT_OFFSET(AI_STATS, Allocations, 48);
AI_ASSERT_OFFSET(AI_STATS, AllocationsFailed, 56);
AI_ASSERT_OFFSET(AI_STATS, Frees, 64);
AI_ASSERT_OFFSET(AI_STATS, FreesOnClose, 72);
AI_ASSERT_OFFSET(AI_STATS, BytesAllocated, 80);
AI_ASSERT_OFFSET(AI_STATS, AllocationsNow, 88);
AI_ASSERT_OFFSET(AI_STATS, RegistrationsNow, 92);
AI_ASSERT_OFFSET(AI_STATS, Requests, 96);
AI_ASSERT_OFFSET(AI_STATS, RequestsFailed, 176);
AI_STATIC_ASSERT(sizeof(AI_GPU_SAMPLE) == AI_GPU_SAMPLE_V1_BYTES);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Version, 0);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Size, 4);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, LuidLow, 8);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, LuidHigh, 12);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, PciDomain, 16);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, PciBus, 20);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, PciDevice, 21);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, PciFunction, 22);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Reserved, 23);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, PciDeviceId, 24);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, PciSubsystemId, 28);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Valid, 32);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Flags, 36);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Source, 40);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, UtilizationBasisPoints, 44);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, MemoryUtilizationBasisPoints, 48);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, TemperatureMilliC, 52);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, MemoryTotalBytes, 56);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, MemoryUsedBytes, 64);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Sequence, 72);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE, Name, 80);
AI_STATIC_ASSERT(sizeof(AI_GPU_SAMPLE_RESULT) == AI_GPU_SAMPLE_RESULT_V1_BYTES);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE_RESULT, Version, 0);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE_RESULT, Size, 4);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE_RESULT, AdapterIndex, 8);
AI_ASSERT_OFFSET(AI_GPU_SAMPLE_RESULT, Reserved, 12);
AI_STATIC_ASSERT(sizeof(AI_GPU_STATUS) == AI_GPU_STATUS_V1_BYTES);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Version, 0);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Size, 4);
AI_ASSERT_OFFSET(AI_GPU_STATUS, AdapterIndex, 8);
AI_ASSERT_OFFSET(AI_GPU_STATUS, AdapterCount, 12);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Flags, 16);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Valid, 20);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Source, 24);
AI_ASSERT_OFFSET(AI_GPU_STATUS, UtilizationBasisPoints, 28);
AI_ASSERT_OFFSET(AI_GPU_STATUS, MemoryUtilizationBasisPoints, 32);
AI_ASSERT_OFFSET(AI_GPU_STATUS, TemperatureMilliC, 36);
AI_ASSERT_OFFSET(AI_GPU_STATUS, LuidLow, 40);
AI_ASSERT_OFFSET(AI_GPU_STATUS, LuidHigh, 44);
AI_ASSERT_OFFSET(AI_GPU_STATUS, PciDomain, 48);
AI_ASSERT_OFFSET(AI_GPU_STATUS, PciBus, 52);
AI_ASSERT_OFFSET(AI_GPU_STATUS, PciDevice, 53);
AI_ASSERT_OFFSET(AI_GPU_STATUS, PciFunction, 54);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Reserved, 55);
AI_ASSERT_OFFSET(AI_GPU_STATUS, PciDeviceId, 56);
AI_ASSERT_OFFSET(AI_GPU_STATUS, PciSubsystemId, 60);
AI_ASSERT_OFFSET(AI_GPU_STATUS, MemoryTotalBytes, 64);
AI_ASSERT_OFFSET(AI_GPU_STATUS, MemoryUsedBytes, 72);
AI_ASSERT_OFFSET(AI_GPU_STATUS, SampleAge100ns, 80);
AI_ASSERT_OFFSET(AI_GPU_STATUS, SampleSequence, 88);
AI_ASSERT_OFFSET(AI_GPU_STATUS, SampleCount, 96);
AI_ASSERT_OFFSET(AI_GPU_STATUS, Name, 104);
AI_STATIC_ASSERT(sizeof(AI_ALLOC_REQUEST) == AI_ALLOC_REQUEST_V1_BYTES);
AI_ASSERT_OFFSET(AI_ALLOC_REQUEST, Version, 0);
AI_ASSERT_OFFSET(AI_ALLOC_REQUEST, Size, 4);
AI_ASSERT_OFFSET(AI_ALLOC_REQUEST, Bytes, 8);
AI_ASSERT_OFFSET(AI_ALLOC_REQUEST, Flags, 16);
AI_ASSERT_OFFSET(AI_ALLOC_REQUEST, Reserved, 20);
AI_STATIC_ASSERT(sizeof(AI_ALLOCATION) == AI_ALLOCATION_V1_BYTES);
AI_ASSERT_OFFSET(AI_ALLOCATION, Version, 0);
AI_ASSERT_OFFSET(AI_ALLOCATION, Size, 4);
AI_ASSERT_OFFSET(AI_ALLOCATION, AllocationId, 8);
AI_ASSERT_OFFSET(AI_ALLOCATION, UserAddress, 16);
AI_ASSERT_OFFSET(AI_ALLOCATION, Bytes, 24);
AI_STATIC_ASSERT(sizeof(AI_FREE_REQUEST) == AI_FREE_REQUEST_V1_BYTES);
AI_ASSERT_OFFSET(AI_FREE_REQUEST, Version, 0);
AI_ASSERT_OFFSET(AI_FREE_REQUEST, Size, 4);
AI_ASSERT_OFFSET(AI_FREE_REQUEST, AllocationId, 8);
AI_STATIC_ASSERT(sizeof(AI_MEMORY_POOL) == AI_MEMORY_POOL_V1_BYTES);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, Version, 0);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, Size, 4);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, TotalBytes, 8);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, UsedBytes, 16);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, FreeBytes, 24);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, LargestFreeBytes, 32);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, BackedBytes, 40);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, PeakUsedBytes, 48);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, ProcessQuotaBytes, 56);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, ProcessUsedBytes, 64);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, TotalBlocks, 72);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, UsedBlocks, 76);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, FreeBlocks, 80);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, LargestFreeBlocks, 84);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, FreeRuns, 88);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, AllocationsNow, 92);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, BlockBytes, 96);
AI_ASSERT_OFFSET(AI_MEMORY_POOL, FragmentationBasisPoints, 100);
AI_STATIC_ASSERT(sizeof(AI_SCHEDULER_STATS) == AI_SCHEDULER_STATS_V1_BYTES);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, Version, 0);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, Size, 4);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, ProcessesCreated, 8);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, AiProcessesSeen, 16);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, AiProcessesNow, 24);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, BoostedThreadsNow, 28);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, AutomaticBoosts, 32);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, RequestedBoosts, 40);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, Restores, 48);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, BoostFailures, 56);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, MeasuredBoosts, 64);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, MeanCreateToBoost100ns, 72);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, MinCreateToBoost100ns, 80);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, MaxCreateToBoost100ns, 88);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, BoostIncrement, 96);
AI_ASSERT_OFFSET(AI_SCHEDULER_STATS, ProcessNameCount, 100);
AI_STATIC_ASSERT(sizeof(AI_BOOST_REQUEST) == AI_BOOST_REQUEST_V1_BYTES);
AI_ASSERT_OFFSET(AI_BOOST_REQUEST, Version, 0);
AI_ASSERT_OFFSET(AI_BOOST_REQUEST, Size, 4);
AI_ASSERT_OFFSET(AI_BOOST_REQUEST, ThreadId, 8);
AI_ASSERT_OFFSET(AI_BOOST_REQUEST, Increment, 12);
AI_STATIC_ASSERT(sizeof(AI_BOOST_RESULT) == AI_BOOST_RESULT_V1_BYTES);
AI_ASSERT_OFFSET(AI_BOOST_RESULT, Version, 0);
AI_ASSERT_OFFSET(AI_BOOST_RESULT, Size, 4);
AI_ASSERT_OFFSET(AI_BOOST_RESULT, ThreadId, 8);
AI_ASSERT_OFFSET(AI_BOOST_RESULT, ProcessId, 12);
AI_ASSERT_OFFSET(AI_BOOST_RESULT, OldBasePriority, 16);
AI_ASSERT_OFFSET(AI_BOOST_RESULT, NewBasePriority, 20);
AI_STATIC_ASSERT(sizeof(AI_WINAI_REGISTRATION) == AI_WINAI_REGISTRATION_V1_BYTES);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, Version, 0);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, Size, 4);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, Operation, 8);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, Flags, 12);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, RuntimeVersion, 16);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, Reserved, 20);
AI_ASSERT_OFFSET(AI_WINAI_REGISTRATION, Name, 24);
AI_STATIC_ASSERT(sizeof(AI_OPTIMIZED_PATH) == AI_OPTIMIZED_PATH_V1_BYTES);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, Version, 0);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, Size, 4);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, Flags, 8);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, Reasons, 12);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, RuntimeFlags, 16);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, AdapterIndex, 20);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, LargestFreeBytes, 24);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, QuotaLeftBytes, 32);
AI_ASSERT_OFFSET(AI_OPTIMIZED_PATH, SampleAge100ns, 40);
