/*
 * etw, private: providers, what is enabled, events on their way to text.
 *
 * State and its guard: the list of providers changes at PASSIVE_LEVEL without a preemption point in between, so it may be read at
 * any IRQL.
 */
#pragma once

#include "etw.h"

#define ETWP_TAG 'pwtE'
#define ETWP_TRAITS_BYTES 512u

/* EVENT_DATA_DESCRIPTOR.Reserved, its low byte: what a descriptor of a self-describing event holds. */
#define ETWP_DATA 0
#define ETWP_EVENT_METADATA 1
#define ETWP_PROVIDER_METADATA 2

typedef struct _ETWP_PROVIDER {
    LIST_ENTRY Link; /* EtwpProviders */
    GUID Guid;
    PETWENABLECALLBACK Callback;
    PVOID Context;
    PVOID Caller; /* who registered it */
    BOOLEAN Enabled;
    UCHAR Level;  /* of all that enable it together: the most verbose */
    ULONG64 Keywords; /* 0: any */
    USHORT TraitsBytes;
    UCHAR Traits[ETWP_TRAITS_BYTES]; /* size, name, traits: EtwSetInformation(EventProviderSetTraits) */
} ETWP_PROVIDER;

typedef struct _ETWP_EVENT {
    const ETWP_PROVIDER *Provider;
    PCEVENT_DESCRIPTOR Descriptor;
    const GUID *Activity, *Related; /* NULL: none */
    ULONG Count;
    const EVENT_DATA_DESCRIPTOR *Data;
    PCWSTR String; /* EtwWriteString's, else NULL */
} ETWP_EVENT;

/* ---- provider.c ---- */
ETWP_PROVIDER *EtwpFind(REGHANDLE Handle); /* NULL: no valid handle. Any IRQL. */

/* ---- decode.c ---- */
/*
 * Writes the event as one line to HAL_STREAM_EVENT: fields between tabs, first GUID, provider's name, ID, version, level, opcode,
 * task, keyword, activity, event's name, then "name=value" for each field that TraceLogging describes, or the data in
 * hexadecimal. Any IRQL at which its data may be read.
 */
VOID EtwpLog(const ETWP_EVENT *Event);
