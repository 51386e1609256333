/*
 * etw: event providers and what is logged of them. What other components may call beyond the documented Etw routines.
 */
#pragma once

#include "../ke/ke.h"

/*
 * From now on events of Guid, or of every provider, up to Level (0: any) and of one of Keywords (0: any) are written to
 * HAL_STREAM_EVENT. Providers that are there are told. PASSIVE_LEVEL. STATUS_TOO_MANY_NAMES after 32.
 */
NTSTATUS EtwEnable(const GUID *Guid, UCHAR Level, ULONG64 Keywords);
/* Bug check 0xC4/0xDD when code in [Base, Base + Bytes), an image that goes, has a provider registered. IRQL <= APC_LEVEL. */
VOID EtwCheckImage(PVOID Base, SIZE_T Bytes);
