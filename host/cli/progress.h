/* A line on the terminal's standard error that says a long run is alive; nothing otherwise. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/console.h"

struct progress {
    bool enabled; /* standard error is a terminal */
    bool shown;
    uint64_t start_ms, next_ms;
};

void progress_init(struct progress *progress, const struct console *console);
/* Called now and then; draws from the third second on, five times a second. */
void progress_tick(struct progress *progress, const struct console *console);
/* Takes the line away before something else is printed. */
void progress_clear(struct progress *progress);
