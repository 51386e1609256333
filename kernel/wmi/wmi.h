/*
 * wmi: providers of WMI data blocks and who asks them. What other components may call beyond the documented IoWMI
 * routines. PASSIVE_LEVEL unless said otherwise.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS WmiInitSystem(VOID); /* after ob, before drivers: the type of data block objects */

/* Writes each registered block of Guid, or of all, and its data, to HAL_STREAM_REPORT. */
VOID WmiDump(const GUID *Guid);

/* ---- for io and ldr: what a driver leaves behind ---- */
/* Bug check 0xC4/0xDB when the device that is being deleted is still registered. IRQL <= APC_LEVEL. */
VOID WmiCheckDevice(PDEVICE_OBJECT Device);
/* Bug check 0xC4/0xDA when a registered callback lies in [Base, Base + Bytes), an image that goes. */
VOID WmiCheckImage(PVOID Base, SIZE_T Bytes);
