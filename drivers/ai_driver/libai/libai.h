/*
 * libai: ai_driver's control codes as C calls, for programs. Each call returns 0 or a Win32
 * error, those that ai_driver.h names; nothing is left in the last-error. A structure that a call
 * fills is zero where the driver (an older one) says nothing. A device may be used by several
 * threads at once.
 */
#pragma once

#include <windows.h>

#include "../include/ai_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef HANDLE AI_DEVICE;

/* ForChange FALSE: queries only, which everyone may. ERROR_FILE_NOT_FOUND: the driver is not there.
 */
DWORD AiOpen(BOOL ForChange, AI_DEVICE *Device);
/* What the device still has of this handle (allocations, boosts, registration) ends with it. NULL
 * is fine. */
void AiClose(AI_DEVICE Device);

DWORD AiGetStats(AI_DEVICE Device, AI_STATS *Stats);
DWORD AiGetGpuStatus(AI_DEVICE Device, UINT32 Index, UINT32 QueryFlags, AI_GPU_STATUS *Status);
DWORD AiGetMemoryPool(AI_DEVICE Device, AI_MEMORY_POOL *Pool);
DWORD AiGetSchedulerStats(AI_DEVICE Device, AI_SCHEDULER_STATS *Stats);
DWORD AiGetOptimizedPath(AI_DEVICE Device, UINT32 Index, AI_OPTIMIZED_PATH *Path);

/* Version and Size are filled in here. AdapterIndex may be NULL. */
DWORD AiPublishSample(AI_DEVICE Device, AI_GPU_SAMPLE *Sample, UINT32 *AdapterIndex);

DWORD AiAllocatePinned(AI_DEVICE Device, UINT64 Bytes, AI_ALLOCATION *Allocation);
DWORD AiFreePinned(AI_DEVICE Device, UINT64 AllocationId);
/* The allocation's memory as a pointer of this process. */
void *AiPinnedMemory(const AI_ALLOCATION *Allocation);

/* Increment 0 restores. Result may be NULL. */
DWORD AiBoostThread(AI_DEVICE Device, UINT32 ThreadId, UINT32 Increment, AI_BOOST_RESULT *Result);

/* Name: UTF-8, shorter than AI_WINAI_NAME_BYTES; ERROR_INVALID_PARAMETER otherwise. */
DWORD AiRegisterRuntime(AI_DEVICE Device, UINT32 WantsFlags, UINT32 RuntimeVersion,
                        const char *Name);
DWORD AiUnregisterRuntime(AI_DEVICE Device);

/* A sentence on an error that these calls return, without a full stop; never NULL. */
const char *AiErrorText(DWORD Error);

#ifdef __cplusplus
}
#endif
