/* What the machine that was booted shows of itself. */
#pragma once

/* Who wants the system or the display to stay on. machine: its folder, or NULL. Returns an exit
 * status. */
int show_power_requests(const char *machine);
