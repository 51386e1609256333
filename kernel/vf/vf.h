/*
 * vf: the gate through which a driver's calls enter the kernel, when the machine was started with it (HAL_FLAG_GATE). It reads
 * the contract table (abi/contracts.tsv), counts, and gives the other processors a turn.
 */
#pragma once

#include "../ke/ke.h"

/* Sets the loader's bind hook when the gate is on. Before the first driver loads. */
VOID VfInitSystem(VOID);
/*
 * A rule that the driver broke: bug check 0xC4 (DRIVER_VERIFIER_DETECTED_VIOLATION) with Code, the text in the report.
 * Callable at any IRQL. [doc: bug check 0xC4]
 */
DECLSPEC_NORETURN VOID VfViolation(ULONG Code, ULONG64 P2, ULONG64 P3, ULONG64 P4, const char *Format, ...);

typedef struct _VF_CONTRACT {
    const char *Name;
    KIRQL LowestIrql, HighestIrql;
    ULONG Code;       /* 0xC4 subcode */
    const char *Rule;
} VF_CONTRACT;

typedef struct _VF_IMPORT { /* one a routine, shared by every driver that imports it */
    PVOID Target;     /* gate.S reads it: offset 0 */
    ULONG64 Calls;
    const VF_CONTRACT *Contract; /* NULL: nothing to check */
    const char *Name;
} VF_IMPORT;
