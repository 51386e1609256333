/*
 * The watchdog: guest code that goes round in a circle without calling anything is found and handed to the guest
 * kernel as HAL_TRAP_SPIN, always at the same instruction of the circle, so that a run repeats exactly.
 */
#pragma once

#include <stdbool.h>
#include <ucontext.h>

#include "hal.h"

#define WATCHDOG_TICK_MS 10

/* Each tick of CPU time, in guest code. True: deliver *info. May start single-stepping. */
bool watchdog_tick(ucontext_t *context, HAL_TRAP_INFO *info);
bool watchdog_stepping(void);
/* After each single step. True: deliver *info. */
bool watchdog_step(ucontext_t *context, HAL_TRAP_INFO *info);
/* Another trap came first: stop stepping. */
void watchdog_cancel(ucontext_t *context);
int watchdog_start(void); /* before the sandbox closes */
