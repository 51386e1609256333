/*
 * kd: debug output and the flags that say whether a kernel debugger is there (none is, yet). What
 * other components may call beyond the documented routines.
 */
#pragma once

#include "../nt.h"
#include <dpfilter.h>

#define KD_COMPONENTS DPFLTR_ENDOFTABLE_ID

/*
 * One mask a component: bit n lets messages of level n out. What the registry's "Debug Print
 * Filter" key sets on NT. DEFAULT, which DbgPrint belongs to, starts with all bits on, so that
 * DbgPrint is seen.
 */
extern ULONG KdComponentMask[KD_COMPONENTS];
extern ULONG KdGlobalMask; /* levels that every component lets out; NT: WIN2000, errors only */

/* Number of the component called Name ("IHVDRIVER", any case), or KD_COMPONENTS. Any IRQL. */
ULONG KdFindComponent(PCUNICODE_STRING Name);
