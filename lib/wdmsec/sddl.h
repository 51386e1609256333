/* The part of SDDL that device objects use: D:P and allow ACEs. [doc: "SDDL for Device Objects"] */
#pragma once

#include <ntifs.h>

/*
 * Builds an absolute security descriptor of Sddl in one block of paged pool (free with ExFreePool). PASSIVE_LEVEL.
 * STATUS_INVALID_PARAMETER when the text is not understood, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS SddlBuildDescriptor(PCUNICODE_STRING Sddl, PSECURITY_DESCRIPTOR *Descriptor);
