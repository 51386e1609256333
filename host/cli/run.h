/* The parts of `drydock run`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "broker/broker.h"
#include "cli/console.h"
#include "cli/folder.h"
#include "cli/program.h"
#include "cli/run_options.h"
#include "hal.h"

extern const char run_help[];

struct run_driver {
    const char *path;       /* on the host */
    char file_name[256];    /* "first.sys" */
    char service_name[256]; /* "first" */
    char hardware_ids[1024]; /* commas between: of --hwid, else of the INF beside it; "": none known */
    bool loaded, unloaded;
};

enum run_step {
    RUN_ETW,
    RUN_LOAD,
    RUN_PLACE, /* root devices for drivers that got no device */
    RUN_BACKGROUND,
    RUN_PROGRAM,
    RUN_END, /* of the programs that still run */
    RUN_IDLE,
    RUN_SLEEP,
    RUN_SURPRISE,
    RUN_LATE_END, /* in place of RUN_END and RUN_IDLE: the background runs on until here */
    RUN_LATE_IDLE,
    RUN_TREE,
    RUN_WMI,
    RUN_UNLOAD,
    RUN_SUMMARY,
    RUN_SHUTDOWN,
    RUN_STEP_COUNT
};

struct run {
    struct run_options options;
    struct machine_folder folder;
    struct console console;
    broker *broker;
    struct run_driver driver[RUN_DRIVER_LIMIT];
    uint64_t cycles_done;
    enum run_step step; /* the command the machine works on */
    unsigned index;     /* of its driver, program or device */
    bool started;       /* a command was given */
    struct program program[PROGRAM_LIMIT], background[PROGRAM_LIMIT]; /* as in options */
    int status; /* EXIT_*: the worst so far */
};

/* ---- run_script.c: which command comes next ---- */
void run_next_command(void *context, HAL_COMMAND *command);

/* ---- summary.c ---- */
/* The machine's records as a table on standard error, or as JSON. */
void summary_print(const struct console *console);
/* The last line of a run: what the exit status says, and programs' exit codes. */
void summary_print_verdict(const struct run *run, int status);
/* Only the records that there are, without the summary's heading. */
void summary_show(const struct console *console, FILE *out);
/* Something was left behind or a rule broken: what the records say. */
unsigned summary_count(const struct console *console, const char *key);
