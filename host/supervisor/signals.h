/* The signals by which a user or a terminal asks a process group to end. They are the supervisor's
 * to answer. */
#pragma once

#include <signal.h>

/* Blocks them; *before is the mask to put back. */
void ending_signals_hold(sigset_t *before);

/* Ignores them, and blocks no signal: what a child does that ends when its supervisor says so. */
void ending_signals_leave(void);
