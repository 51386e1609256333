/*
 * The course of a run, one command to the machine's session manager after the other: load, place,
 * programs in the background, programs, end of those that still run, idle, sleep, surprise
 * removals, device tree, WMI data, unload in reverse order, summary, shutdown. A driver that does
 * not load skips the
 * programs and ends the run in good order.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "report/ntstatus.h"
#include "cli/run.h"

#define SERVICE_IDLE_HORIZON_100NS \
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

static void note_program(struct run *run, struct program *program, uint32_t status,
                         uint64_t exit_code)
{
    char text[NTSTATUS_TEXT_LIMIT];

    if ((int32_t)status < 0) {
        cli_message("%s: could not start: %s", program->file_name, ntstatus_text(status, text));
        worsen(run, EXIT_NOT_LOADED);
        return;
    }
    if (program->exit_code == 0)
        program->exit_code = (uint32_t)exit_code; /* of several cycles the first that is not 0 */
    program->ended = true;
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

static void note_place(struct run *run, uint32_t status)
{
    char text[NTSTATUS_TEXT_LIMIT];

    if ((int32_t)status >= 0)
        return;
    cli_message("%s: no device of it could be started: %s", run->driver[run->index].path,
                ntstatus_text(status, text));
    worsen(run, EXIT_NOT_LOADED);
}

static void note_surprise(struct run *run, uint32_t status)
{
    char text[NTSTATUS_TEXT_LIMIT];

    if ((int32_t)status >= 0)
        return;
    cli_message("--surprise-remove %s: %s", run->options.surprise[run->index],
                ntstatus_text(status, text));
    worsen(run, EXIT_USAGE);
}

/* The previous command's status and, of a program, its exit code in the argument. */
static void note_result(struct run *run, const HAL_COMMAND *previous)
{
    uint32_t status = (uint32_t)previous->status;

    switch (run->step) {
    case RUN_LOAD: note_load(run, status); break;
    case RUN_PLACE: note_place(run, status); break;
    case RUN_SURPRISE: note_surprise(run, status); break;
    case RUN_BACKGROUND: note_program(run, &run->background[run->index], status, 0); break;
    case RUN_PROGRAM:
        note_program(run, &run->program[run->index], status, previous->argument);
        break;
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

/* Programs in the background see the machine sleep, and devices pulled out. */
static bool ends_late(const struct run *run)
{
    return run->options.background_count != 0 &&
           run->options.sleep_count + run->options.surprise_count != 0;
}

/* How often the step is done. */
static unsigned step_count(const struct run *run, enum run_step step)
{
    bool fine = run->status == EXIT_FINE;

    switch (step) {
    case RUN_ETW: return run->options.etw_count;
    case RUN_LOAD: return fine ? run->options.driver_count : 0;
    case RUN_PLACE: return fine && !run->options.await ? run->options.driver_count : 0;
    case RUN_SLEEP: return fine ? run->options.sleep_count : 0;
    case RUN_SURPRISE: return fine ? run->options.surprise_count : 0;
    case RUN_TREE: return run->options.tree;
    case RUN_WMI: return fine && run->options.wmi;
    case RUN_BACKGROUND: return fine ? run->options.background_count : 0;
    case RUN_PROGRAM: return fine ? run->options.program_count : 0;
    case RUN_END:
        return run->options.program_count + run->options.background_count != 0 && !ends_late(run);
    case RUN_IDLE: return !ends_late(run);
    case RUN_LATE_END:
    case RUN_LATE_IDLE: return ends_late(run);
    case RUN_UNLOAD: return run->options.driver_count;
    default: return 1;
    }
}

/* Goes to the next driver to unload; FALSE when none is left. */
static bool advance_unload(struct run *run)
{
    while (run->index > 0)
        if (run->driver[--run->index].loaded)
            return true;
    return false;
}

/* Goes to the next thing to do. */
static void advance(struct run *run)
{
    if (run->step == RUN_UNLOAD) {
        if (!advance_unload(run))
            end_cycle(run);
        return;
    }
    if (++run->index < step_count(run, run->step))
        return;
    do
        run->step++;
    while (step_count(run, run->step) == 0);
    run->index = 0;
    if (run->step == RUN_UNLOAD) {
        run->index = run->options.driver_count;
        if (!advance_unload(run))
            run->step = RUN_SUMMARY;
    }
}

static void fill_load(struct run *run, HAL_COMMAND *command)
{
    const struct run_driver *driver = &run->driver[run->index];

    command->kind = HAL_COMMAND_LOAD;
    snprintf(command->text, sizeof(command->text), "%s\t\\SystemRoot\\System32\\drivers\\%s\t%s",
             driver->service_name, driver->file_name,
             driver->hardware_ids);
}

static void fill_program(const struct program *program, uint32_t kind, HAL_COMMAND *command)
{
    command->kind = kind;
    program_write_command(program, command->text, sizeof(command->text));
}

static void fill_command(struct run *run, HAL_COMMAND *command)
{
    memset(command, 0, sizeof(*command));
    switch (run->step) {
    case RUN_ETW:
        command->kind = HAL_COMMAND_ETW;
        snprintf(command->text, sizeof(command->text), "%s\t%u\t0x%x\t0x%x",
                 run->options.etw[run->index].who, run->options.etw[run->index].level,
                 (unsigned)(run->options.etw[run->index].keywords >> 32),
                 (unsigned)run->options.etw[run->index].keywords);
        break;
    case RUN_LOAD: fill_load(run, command); break;
    case RUN_BACKGROUND:
        fill_program(&run->background[run->index], HAL_COMMAND_START, command);
        break;
    case RUN_PROGRAM: fill_program(&run->program[run->index], HAL_COMMAND_RUN, command); break;
    case RUN_END:
    case RUN_LATE_END: command->kind = HAL_COMMAND_END; break;
    case RUN_IDLE:
    case RUN_LATE_IDLE:
        command->kind = HAL_COMMAND_IDLE;
        command->argument = SERVICE_IDLE_HORIZON_100NS;
        break;
    case RUN_PLACE:
        command->kind = HAL_COMMAND_PLACE;
        snprintf(command->text, sizeof(command->text), "%s", run->driver[run->index].service_name);
        break;
    case RUN_SLEEP:
        command->kind = HAL_COMMAND_SLEEP;
        command->argument = run->options.sleep[run->index];
        break;
    case RUN_SURPRISE:
        command->kind = HAL_COMMAND_SURPRISE_REMOVE;
        snprintf(command->text, sizeof(command->text), "%s", run->options.surprise[run->index]);
        break;
    case RUN_TREE: command->kind = HAL_COMMAND_TREE; break;
    case RUN_WMI:
        command->kind = HAL_COMMAND_WMI;
        snprintf(command->text, sizeof(command->text), "%s", run->options.wmi_guid);
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
        for (run->step = RUN_ETW; step_count(run, run->step) == 0; run->step++)
            ;
    } else {
        note_result(run, command);
        if (run->step < RUN_SHUTDOWN)
            advance(run);
    }
    run->started = true;
    fill_command(run, command);
}
