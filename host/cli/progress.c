/* See progress.h. */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PROGRESS_QUIET_MS 2000u
#define PROGRESS_PERIOD_MS 200u

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void progress_init(struct progress *progress, const struct console *console)
{
    memset(progress, 0, sizeof(*progress));
    progress->enabled = console->err_terminal;
    progress->start_ms = now_ms();
    progress->next_ms = progress->start_ms + PROGRESS_QUIET_MS;
}

void progress_tick(struct progress *progress, const struct console *console)
{
    static const char wheel[] = "|/-\\";
    uint64_t now = progress->enabled ? now_ms() : 0;

    if (!progress->enabled || now < progress->next_ms)
        return;
    fprintf(stderr, "\r\033[K%c %llu s, in the machine %llu.%03llu s, %llu bytes of output",
            wheel[(now / PROGRESS_PERIOD_MS) % 4],
            (unsigned long long)((now - progress->start_ms) / 1000),
            (unsigned long long)(console->last_time_100ns / 10000000),
            (unsigned long long)(console->last_time_100ns / 10000 % 1000),
            (unsigned long long)console->bytes);
    fflush(stderr);
    progress->shown = true;
    progress->next_ms = now + PROGRESS_PERIOD_MS;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
