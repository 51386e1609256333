/* ci: what its own files share. */
#pragma once

#include "../rtl/rtl.h"
#include "ci.h"

typedef struct _CI_BOOT_OPTIONS { /* set once by CiInitSystem */
    BOOLEAN TestSigning, NoIntegrityChecks, Debug, SecureBoot;
} CI_BOOT_OPTIONS;
extern CI_BOOT_OPTIONS CiBoot;

/*
 * An element of an object of the boot configuration: at most Limit bytes; returns how many it has,
 * 0: there is none.
 */
ULONG CipReadElement(PCWSTR Object, ULONG Element, PVOID Data, ULONG Limit);
