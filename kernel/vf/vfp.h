/* vf's own: between gate.c and gate.S. */
#pragma once

#include "vf.h"

#define VF_IMPORTS 4096

extern VF_IMPORT VfImports[VF_IMPORTS];
VOID VfGate(VOID); /* gate.S: every thunk jumps here with the index in eax */
VOID VfGateEnter(ULONG Index, ULONG64 Caller);
