/* The summary of a run: records on HAL_STREAM_REPORT, "key<TAB>field<TAB>field\n". */
#pragma once

#include "../nt.h"

/* Remembers what is in use now; what the summary calls left is in use beyond that. PASSIVE_LEVEL.
 */
VOID SummaryTakeBaseline(VOID);
/* A driver was unloaded whose image was at [Start, Start + Bytes): says what of its pool is left.
 * PASSIVE_LEVEL. */
VOID SummaryNoteUnload(PCUNICODE_STRING Name, PVOID Start, SIZE_T Bytes);
/*
 * Writes: devices (created, deleted); irp (function, count); irps (allocated, freed); pool (tag,
 * type, blocks, bytes) and object (type, objects, handles), each only where more is in use than at
 * the baseline. PASSIVE_LEVEL.
 */
VOID SummaryWrite(VOID);
/* Where records go: HAL_STREAM_REPORT, or that of who asked for them. */
extern ULONG64 SummaryStream;
/* The device tree as records; Details: each device's follow it, as records of "device".
 * PASSIVE_LEVEL. */
VOID SummaryWriteTree(BOOLEAN Details);
/* What keeps the system or the display awake: type, kind, owner, reason. PASSIVE_LEVEL. */
VOID SummaryWritePowerRequests(VOID);
