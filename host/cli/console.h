/*
 * What the machine prints, on its way to the user: debug output a line at a time with its virtual
 * time, the program's output as it comes, records for the summary put aside. Bounded memory,
 * whatever the machine sends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONSOLE_LINE_LIMIT 4096u
#define CONSOLE_RECORD_LIMIT 4096u /* records kept for the summary */

struct console_line { /* a line that is not complete yet */
    char text[CONSOLE_LINE_LIMIT];
    size_t used;
    uint64_t time_100ns; /* when it began */
};

struct console {
    bool json;
    bool out_terminal, err_terminal;
    bool failed;   /* standard output cannot be written: the run is to end */
    int error;     /* why: errno */
    bool mid_line; /* the program's last line on standard output is not ended */
    struct console_line debug, log, report;
    unsigned record_count;
    char *record[CONSOLE_RECORD_LIMIT]; /* of HAL_STREAM_REPORT, without line end */
    uint64_t bytes;                     /* printed by the machine */
    uint64_t last_time_100ns;
};

void console_init(struct console *console, bool json);
void console_free(struct console *console);
/* stream: HAL_STREAM_*, or anything (a hostile machine's is taken for a log). */
void console_write(struct console *console, uint32_t stream, const char *text, size_t bytes,
                   uint64_t time_100ns);
/* Prints what is left of unfinished lines. */
void console_finish(struct console *console);
