/* gpu: the device that nvml.dll asks. */
#pragma once

#include "../nt.h"

/* Creates \Device\DrydockGpu. Once, in phase 1, after the I/O manager. */
NTSTATUS GpuInitSystem(VOID);
