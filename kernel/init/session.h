/* The machine's session manager: carries out the supervisor's commands, one after the other. */
#pragma once

#include "../nt.h"

VOID SessionRun(VOID); /* in a system thread at PASSIVE_LEVEL; returns when told to shut down */
