/*
 * The course of a run, one command to the machine's session manager after the other: load, program,
 * idle, unload in reverse order, summary, shutdown. A driver that does not load skips the program
 * and ends the run in good order.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "report/ntstatus.h"
#include "cli/run.h"

#define SERVICE_IDLE_HORIZON_100NS                                                                 \
    10000000ull /* timers further away than a second do not keep a machine busy */

static void worsen(struct run *run, int status)
{
    if (run->status == EXIT_FINE)
        run->status = status;
}

static void note_load(struct run *run, uint32_t status)
{
    struct run_driver *driver = &run->driver[run->index];
    char text[NTSTATUS_TEXT_LIMIT];

    driver->loaded = (int32_t)status >= 0;
    if (driver->loaded)
        return;
    cli_message("%s: could not load: %s", driver->path, ntstatus_text(status, text));
    worsen(run, EXIT_NOT_LOADED);
}

static void note_program(struct run *run, uint32_t status, uint64_t exit_code)
{
    char text[NTSTATUS_TEXT_LIMIT];

    if ((int32_t)status < 0) {
        cli_message("%s: could not start: %s", run->program_name, ntstatus_text(status, text));
        worsen(run, EXIT_NOT_LOADED);
        return;
    }
    run->program_ended = true;
    run->program_exit_code = (uint32_t)exit_code;
}

static void note_unload(struct run *run, uint32_t status)
{
    struct run_driver *driver = &run->driver[run->index];
    char text[NTSTATUS_TEXT_LIMIT];

    driver->unloaded = (int32_t)status >= 0;
    if (!driver->unloaded)
        cli_message("%s: not unloaded: %s%s", driver->path, ntstatus_text(status, text),
                    status == 0xC0000010u ? " (no unload routine, or its devices are in use)" : "");
}

/* The previous command's status and, of a program, its exit code in the argument. */
static void note_result(struct run *run, const HAL_COMMAND *previous)
{
    uint32_t status = (uint32_t)previous->status;

    switch (run->step) {
    case RUN_LOAD: note_load(run, status); break;
    case RUN_PROGRAM: note_program(run, status, previous->argument); break;
    case RUN_UNLOAD: note_unload(run, status); break;
    default: break;
    }
}

/* After the last unload: once more from the start, or on to the summary. */
static void end_cycle(struct run *run)
{
    bool again = run->status == EXIT_FINE && ++run->cycles_done < run->options.cycles;

    run->step = again ? RUN_LOAD : RUN_SUMMARY;
    run->index = 0;
    for (unsigned i = 0; again && i < run->options.driver_count; i++)
        if (!run->driver[i].unloaded)
            run->step = RUN_SUMMARY;
}

/* Goes to the next thing to do. */
static void advance(struct run *run)
{
    unsigned count = run->options.driver_count;

    if (run->step == RUN_LOAD && run->status == EXIT_FINE && run->index + 1 < count) {
        run->index++;
        return;
    }
    if (run->step == RUN_UNLOAD && run->index > 0) {
        run->index--;
    } else if (run->step == RUN_UNLOAD) {
        end_cycle(run);
        return;
    } else {
        run->step++;
        if (run->step == RUN_UNLOAD && count == 0)
            run->step = RUN_SUMMARY;
        run->index = run->step == RUN_UNLOAD ? count - 1 : 0;
    }
    if (run->step == RUN_PROGRAM && (run->options.program_argc == 0 || run->status != EXIT_FINE))
        run->step = RUN_IDLE;
    while (run->step == RUN_UNLOAD && !run->driver[run->index].loaded) {
        if (run->index == 0) {
            run->step = RUN_SUMMARY;
            return;
        }
        run->index--;
    }
}

/* One argument as a Windows command line quotes it. [doc] Parsing C command-line arguments. */
static size_t append_argument(char *to, size_t used, size_t limit, const char *word)
{
    bool quotes = word[0] == '\0' || strpbrk(word, " \t\"") != NULL;
    size_t slashes = 0;

    if (used != 0 && used + 1 < limit)
        to[used++] = ' ';
    if (quotes && used + 1 < limit)
        to[used++] = '"';
    for (; *word != '\0' && used + slashes + 3 < limit; word++) {
        slashes = *word == '\\' ? slashes + 1 : slashes;
        if (*word == '"') {
            for (size_t i = 0; i <= slashes && used + 3 < limit; i++)
                to[used++] = '\\';
        }
        if (*word != '\\')
            slashes = 0;
        to[used++] = *word;
    }
    for (; quotes && slashes != 0 && used + 2 < limit; slashes--)
        to[used++] = '\\';
    if (quotes && used + 1 < limit)
        to[used++] = '"';
    to[used] = '\0';
    return used;
}

static void fill_load(struct run *run, HAL_COMMAND *command)
{
    const struct run_driver *driver = &run->driver[run->index];

    command->kind = HAL_COMMAND_LOAD;
    snprintf(command->text, sizeof(command->text), "%s\t\\SystemRoot\\System32\\drivers\\%s\t%s",
             driver->service_name, driver->file_name,
             run->options.hardware_id != NULL ? run->options.hardware_id : "");
}

static void fill_program(struct run *run, HAL_COMMAND *command)
{
    char line[3072] = "", own[300];
    size_t used;

    snprintf(own, sizeof(own), "C:\\%s", run->program_name);
    used = append_argument(line, 0, sizeof(line), own);
    for (int i = 1; i < run->options.program_argc; i++)
        used = append_argument(line, used, sizeof(line), run->options.program_argv[i]);
    command->kind = HAL_COMMAND_RUN;
    snprintf(command->text, sizeof(command->text), "\\??\\%s\t%s", own, line);
}

static void fill_command(struct run *run, HAL_COMMAND *command)
{
    memset(command, 0, sizeof(*command));
    switch (run->step) {
    case RUN_LOAD: fill_load(run, command); break;
    case RUN_PROGRAM: fill_program(run, command); break;
    case RUN_IDLE:
        command->kind = HAL_COMMAND_IDLE;
        command->argument = SERVICE_IDLE_HORIZON_100NS;
        break;
    case RUN_UNLOAD:
        command->kind = HAL_COMMAND_UNLOAD;
        snprintf(command->text, sizeof(command->text), "%s", run->driver[run->index].service_name);
        break;
    case RUN_SUMMARY: command->kind = HAL_COMMAND_SUMMARY; break;
    default: command->kind = HAL_COMMAND_SHUTDOWN; break;
    }
    command->text_bytes = (uint32_t)strlen(command->text);
}

void run_next_command(void *context, HAL_COMMAND *command)
{
    struct run *run = context;

    if (!run->started) {
        run->step = run->options.driver_count != 0 ? RUN_LOAD : RUN_PROGRAM;
    } else {
        note_result(run, command);
        if (run->step < RUN_SHUTDOWN)
            advance(run);
    }
    run->started = true;
    fill_command(run, command);
}
