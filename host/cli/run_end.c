/* How the machine of a run ended: the report of its last moment, and the exit status. */
#include "cli/run_session.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "hal/device.h"
#include "report/report.h"

static bool find_program(const struct program *programs, unsigned count, const char *name,
                         char *host_path, size_t limit)
{
    for (unsigned i = 0; i < count; i++)
        if (strcasecmp(name, programs[i].file_name) == 0) {
            snprintf(host_path, limit, "%s", programs[i].path);
            return true;
        }
    return false;
}

static void find_image(void *context, const char *name, const char *guest_path, char *host_path,
                       size_t limit)
{
    static const char *const folders[] = {"", "system32/", "inbox/", "drivers/"};
    struct run_session *session = context;
    struct run *run = &session->run;

    (void)guest_path;
    for (unsigned i = 0; i < run->options.driver_count; i++)
        if (strcasecmp(name, run->driver[i].file_name) == 0) {
            snprintf(host_path, limit, "%s", run->driver[i].path);
            return;
        }
    if (strchr(name, '/') != NULL)
        return;
    if (find_program(run->program, run->options.program_count, name, host_path, limit) ||
        find_program(run->background, run->options.background_count, name, host_path, limit))
        return;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        int prefix = snprintf(host_path, limit, "%s/%s", session->build, folders[i]);

        /* what is built here has a name in lower case, however the registry spells it */
        for (size_t j = 0; prefix + j + 1 < limit && (j == 0 || name[j - 1] != '\0'); j++)
            host_path[(size_t)prefix + j] = (char)tolower((unsigned char)name[j]);
        if (access(host_path, R_OK) == 0)
            return;
    }
    host_path[0] = '\0';
}

static void print_report(struct run_session *session, struct report *report)
{
    struct console *console = &session->run.console;
    json_t *object;

    report->seed = session->run.options.seed;
    report_symbolise(report, find_image, session);
    if (!console->json) {
        report_print_text(report, stderr, console->err_terminal);
        return;
    }
    object = report_to_json(report);
    json_dumpf(object, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(object);
}

/* Shows what the machine left, or the text when there is one. */
static void show_stop(struct run_session *session, uint32_t kind, uint64_t argument,
                      const char *text, bool is_ruined, bool *readable)
{
    struct guest_memory memory = {session->supervisor.ram, session->supervisor.ram_bytes,
                                  MACHINE_ROOT_PFN};
    char *command = run_options_repeat_command(&session->run.options);
    struct report *report = malloc(sizeof(*report));

    *readable = false;
    if (report != NULL && report_read(report, &memory, kind, argument) == 0) {
        *readable = report->readable;
        if (text != NULL)
            snprintf(report->text, sizeof(report->text), "%s", text);
        report->is_ruined = is_ruined;
        report->repeat_command = command;
        print_report(session, report);
        report_free(report);
    }
    free(report);
    free(command);
}

static int report_defect_text(struct run_session *session, const char *text)
{
    bool readable;

    show_stop(session, HAL_STOP_DEFECT, 0, text, false, &readable);
    return EXIT_DEFECT;
}

static int report_stop(struct run_session *session, uint32_t kind, uint64_t argument)
{
    bool readable;

    show_stop(session, kind, argument, NULL, false, &readable);
    if (kind == HAL_STOP_HANG)
        return EXIT_TIMEOUT;
    return kind == HAL_STOP_BUGCHECK && readable ? EXIT_BUGCHECK : EXIT_DEFECT;
}

/* The HAL could not hand a fault to the guest: its page tables, stacks or trap entry are gone. */
static int report_ruin(struct run_session *session, const struct supervisor_result *result)
{
    char text[400];
    bool readable;

    snprintf(text, sizeof(text),
             "Code at 0x%llx made a fault (%s), and the machine's kernel is too damaged to take "
             "it: its stacks, page "
             "tables or code have been overwritten. A driver wrote where it must not.",
             (unsigned long long)result->rip, strsignal((int)result->trap_signal));
    show_stop(session, HAL_STOP_DEFECT, 0, text, true, &readable);
    return EXIT_BUGCHECK;
}

/* The device model whose code ran when the machine ended, or NULL. */
static const char *active_device(const struct run_session *session)
{
    struct guest_memory memory = {session->supervisor.ram, session->supervisor.ram_bytes,
                                  MACHINE_ROOT_PFN};
    uint32_t active = 0;

    if (!guest_read(&memory, HAL_LOADER_VA + offsetof(HAL_LOADER_BLOCK, device_active), &active,
                    sizeof(active)) ||
        active == 0)
        return NULL;
    return device_name(active - 1);
}

static int report_death(struct run_session *session, const struct supervisor_result *result)
{
    char text[200];

    if (result->refused != NULL)
        snprintf(text, sizeof(text),
                 "The machine process was ended because it broke the channel's rules: %s.",
                 result->refused);
    else if (WIFSIGNALED(result->wait_status) && active_device(session) != NULL)
        snprintf(text, sizeof(text),
                 "The code of the device model %.31s ended the machine: signal %d (%s).",
                 active_device(session), WTERMSIG(result->wait_status),
                 strsignal(WTERMSIG(result->wait_status)));
    else if (WIFSIGNALED(result->wait_status))
        snprintf(text, sizeof(text), "The machine process was killed by signal %d (%s).",
                 WTERMSIG(result->wait_status), strsignal(WTERMSIG(result->wait_status)));
    else
        snprintf(text, sizeof(text),
                 "The machine process ended by itself (exit status %d) and said nothing.",
                 WEXITSTATUS(result->wait_status));
    return report_defect_text(session, text);
}

static int report_defect(struct run_session *session, const struct supervisor_result *result)
{
    char text[200];

    if (result->trap_signal != 0 && session->run.started && result->rip < HAL_SYSTEM_END &&
        (result->rip >= HAL_SYSTEM_START || result->rip < HAL_USER_END))
        return report_ruin(session, result);
    if (result->trap_signal != 0 && active_device(session) != NULL) {
        snprintf(text, sizeof(text),
                 "The code of the device model %.31s ended the machine: signal %u (%s). A model "
                 "makes no system call.",
                 active_device(session), result->trap_signal, strsignal((int)result->trap_signal));
        return report_defect_text(session, text);
    }
    if (result->trap_signal != 0) {
        snprintf(text, sizeof(text), "The HAL failed with signal %u (%s) at 0x%llx.",
                 result->trap_signal, strsignal((int)result->trap_signal),
                 (unsigned long long)result->rip);
        return report_defect_text(session, text);
    }
    if ((int64_t)result->argument < 0 && (int64_t)result->argument > -4096) {
        snprintf(text, sizeof(text), "The kernel %s/ntoskrnl.exe cannot be started: %s.",
                 session->build, strerror(-(int)(int64_t)result->argument));
        return report_defect_text(session, text);
    }
    return report_stop(session, HAL_STOP_DEFECT, result->argument);
}

int run_judge_end(struct run_session *session, const struct supervisor_result *result)
{
    const struct console *console = &session->run.console;

    if (console->failed) {
        if (console->error != EPIPE)
            cli_message("standard output: %s", strerror(console->error));
        return EXIT_USAGE;
    }
    /* What it found in its last second is a finding: then the time does not matter. */
    if (result->timed_out && (!result->stopped || result->kind == HAL_STOP_TIME_IS_UP)) {
        cli_message(
            "no end after %llu s; the machine was stopped at %llu.%06llu s of its time (--timeout)",
            (unsigned long long)session->run.options.timeout_s,
            (unsigned long long)(console->last_time_100ns / 10000000),
            (unsigned long long)(console->last_time_100ns / 10 % 1000000));
        if (result->stopped)
            report_stop(session, result->kind, result->argument);
        else if (session->supervisor.input.wanted != 0)
            cli_message("a program waits for standard input, which has not ended");
        return EXIT_TIMEOUT;
    }
    if (!result->stopped)
        return report_death(session, result);
    switch (result->kind) {
    case HAL_STOP_SHUTDOWN: return session->run.status;
    case HAL_STOP_BUGCHECK:
    case HAL_STOP_HANG:
        /* With a registry that is kept, drivers of its own may have been started. */
        if (!session->run.started && !session->run.options.keep_registry) {
            report_stop(session, result->kind, result->argument);
            cli_message(
                "the machine stopped before any driver was loaded: this is a defect of Drydock");
            return EXIT_DEFECT;
        }
        return report_stop(session, result->kind, result->argument);
    default: return report_defect(session, result);
    }
}
