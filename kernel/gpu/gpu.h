/*
 * The device \Device\DrydockGpu, which the machine's nvml.dll asks for the figures of GPUs: the kernel and nvml.dll share
 * this. Part of Drydock, not of NT.
 */
#pragma once

#include "../../include/hal.h"

#define GPU_DEVICE_NAME L"\\Device\\DrydockGpu"
#define GPU_DEVICE_TYPE 0x22 /* FILE_DEVICE_UNKNOWN */
/* in: ULONG index; out: HAL_GPU_INFO. Fails with the status in it: STATUS_NO_MORE_ENTRIES past the last adapter. */
#define IOCTL_GPU_QUERY CTL_CODE(GPU_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
