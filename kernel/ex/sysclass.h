/*
 * ex, private: one routine an information class of NtQuerySystemInformation.
 */
#pragma once

#include "exp.h"

/*
 * Writes what fits at Buffer (kernel memory, zeroed, Length bytes); *Needed gets what the whole takes.
 * STATUS_INFO_LENGTH_MISMATCH when it does not fit. PASSIVE_LEVEL.
 */
typedef NTSTATUS EXP_SYSTEM_QUERY(PVOID Buffer, ULONG Length, PULONG Needed);

/* For answers of a fixed size. */
NTSTATUS ExpCheckLength(ULONG Length, ULONG Bytes, PULONG Needed);

/* ---- sysload.c: what the machine has done ---- */
EXP_SYSTEM_QUERY ExpQueryPerformance, ExpQueryProcessorPerformance, ExpQueryInterrupts,
    ExpQueryExceptions, ExpQueryContextSwitches, ExpQueryProcessorIdle, ExpQueryIdleCycles,
    ExpQueryProcessorCycles, ExpQueryFileCache, ExpQueryTimeAdjustment, ExpQueryCounterInformation;

/* ---- sysobject.c: handles, pool, lookaside lists ---- */
EXP_SYSTEM_QUERY ExpQueryHandles, ExpQueryHandlesEx, ExpQueryPoolTags, ExpQueryLookasides,
    ExpQueryPageFiles;

/* ---- systopology.c: processors, memory, firmware ---- */
EXP_SYSTEM_QUERY ExpQueryLogicalProcessors, ExpQueryProcessorGroups, ExpQueryNumaMap,
    ExpQueryNumaMemory, ExpQueryFirmwareTable, ExpQueryBootEnvironment;
#define EXP_FIRMWARE_HEADER 16u /* SYSTEM_FIRMWARE_TABLE_INFORMATION without its data: the request */
