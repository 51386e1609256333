/*
 * What the machine prints, on its way to the user: debug output a line at a time with its virtual
 * time, the programs' output as it comes (with a prefix: a line at a time), records for the summary
 * put aside. Bounded memory, whatever the machine sends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONSOLE_LINE_LIMIT 4096u
#define CONSOLE_SOURCE_LIMIT 64u
#define CONSOLE_RECORD_LIMIT 4096u /* records kept for the summary */

struct console_line { /* a line that is not complete yet */
    char text[CONSOLE_LINE_LIMIT];
    size_t used;
    uint64_t time_100ns; /* when it began */
};

struct console_source { /* a process that writes */
    uint32_t process;   /* its ID in the machine; 0: free */
    char name[64];
    struct console_line line[2]; /* standard output and error, with a prefix only */
};

struct console {
    bool json;
    bool prefix; /* the program's name before each line of its output */
    bool out_terminal, err_terminal;
    bool failed;   /* standard output cannot be written: the run is to end */
    int error;     /* why: errno */
    bool mid_line; /* the program's last line on standard output is not ended */
    struct console_line debug, log, report, event;
    unsigned oldest_source; /* the one that a new process takes when all are in use */
    struct console_source *source[CONSOLE_SOURCE_LIMIT];
    unsigned record_count;
    char *record[CONSOLE_RECORD_LIMIT]; /* of HAL_STREAM_REPORT, without line end */
    uint64_t bytes;                     /* printed by the machine */
    uint64_t last_time_100ns;
};

void console_init(struct console *console, bool json, bool prefix);
void console_free(struct console *console);
/* Text as it may reach a terminal: what could drive it is shown as \xNN, what is no UTF-8 too. */
void console_put_visible(FILE *out, const char *text, size_t bytes);
/* stream: HAL_STREAM_OF, or anything (a hostile machine's is taken for a log). */
void console_write(struct console *console, uint64_t stream, const char *text, size_t bytes,
                   uint64_t time_100ns);
/* Prints what is left of unfinished lines. */
void console_finish(struct console *console);
