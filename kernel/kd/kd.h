/*
 * kd: debug output and the flags that say whether a kernel debugger is there (none is, yet). What
 * other components may call beyond the documented routines.
 */
#pragma once

#include "../nt.h"
#include <dpfilter.h>

#define KD_COMPONENTS DPFLTR_ENDOFTABLE_ID

/*
 * One mask a component: bit n lets messages of level n out. The registry's "Debug Print Filter" key
 * sets them at boot. DEFAULT, which DbgPrint belongs to, starts with all bits on in a run, and with
 * none in a machine that was booted.
 */
extern ULONG KdComponentMask[KD_COMPONENTS];
extern ULONG
    KdGlobalMask; /* levels that every component lets out; the registry's WIN2000, errors only */

/* Reads the masks from the registry. Once, after CmInitSystem. PASSIVE_LEVEL. */
VOID KdInitFilter(VOID);
/* Is a message of that component (an unknown one: DEFAULT) and level let out? Any IRQL. */
BOOLEAN KdIsShown(ULONG ComponentId, ULONG Level);
/* Number of the component called Name ("IHVDRIVER", any case), or KD_COMPONENTS. Any IRQL. */
ULONG KdFindComponent(PCUNICODE_STRING Name);
PCSTR KdComponentText(ULONG ComponentId); /* its name; of an unknown one DEFAULT's. Any IRQL. */
/*
 * Debug output of the current process, which no filter applies to (OutputDebugString): Text, in
 * kernel memory, up to a NUL or Limit.
 */
VOID KdWriteProgramText(PCSTR Text, ULONG Limit);
