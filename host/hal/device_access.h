/* Traps that are accesses to devices: memory that belongs to a device, and ports. */
#pragma once

#include <stdbool.h>
#include <ucontext.h>

#include "hal.h"

enum device_trap {
    DEVICE_TRAP_NOT,    /* no access to a device: the trap is the guest's */
    DEVICE_TRAP_DONE,   /* done; rip is after the instruction */
    DEVICE_TRAP_DELIVER /* *info was changed and is to be delivered */
};
/* A page fault at info->address. */
enum device_trap device_access_memory(ucontext_t *context, HAL_TRAP_INFO *info);
/* A port instruction (info says so), in kernel mode. */
enum device_trap device_access_port(ucontext_t *context, HAL_TRAP_INFO *info);
