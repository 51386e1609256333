/*
 * The places of leaks: "allocated by first+0x1043" in a run's records becomes a function and a
 * source line.
 */
#pragma once

#include "cli/run.h"

/* Rewrites the records of drivers' leaks that have a place in the driver's debug information. */
void leaks_symbolise(struct run *run);
