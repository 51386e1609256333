/* How a booted machine ended, in words: for its clients, its log, and whoever comes later. */
#include "daemon/daemon.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "report/report.h"

/* An image of the machine: on its disk, or one that every machine has. */
static void find_image(void *context, const char *name, const char *guest_path, char *host_path,
                       size_t limit)
{
    static const char *const folders[] = {"", "system32/", "inbox/", "drivers/"};
    const struct daemon *daemon = context;
    const char *at = strstr(guest_path, "C:\\");
    int prefix;

    if (strchr(name, '/') == NULL && at != NULL) { /* "\??\C:\x\y.sys" */
        prefix = snprintf(host_path, limit, "%s/C/", daemon->place.path);
        for (at += 3; *at != '\0' && (size_t)prefix + 1 < limit; at++)
            host_path[prefix++] = *at == '\\' ? '/' : *at;
        host_path[prefix] = '\0';
        if (strstr(host_path, "/../") == NULL && access(host_path, R_OK) == 0)
            return;
    }
    for (size_t i = 0; strchr(name, '/') == NULL && i < sizeof(folders) / sizeof(folders[0]); i++) {
        prefix = snprintf(host_path, limit, "%s/%s", daemon->build, folders[i]);
        for (size_t j = 0; (size_t)prefix + j + 1 < limit && (j == 0 || name[j - 1] != '\0'); j++)
            host_path[(size_t)prefix + j] = (char)tolower((unsigned char)name[j]);
        if (access(host_path, R_OK) == 0)
            return;
    }
    host_path[0] = '\0';
}

static void write_report(struct daemon *daemon, struct report *report)
{
    int fd;
    FILE *file;

    place_remove(&daemon->place, "report.txt");
    fd = openat(daemon->place.folder_fd, "report.txt", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                0600);
    file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    report_symbolise(report, find_image, daemon);
    report_print_text(report, file, false);
    fclose(file);
}

/* The report of what is in RAM; the text instead of the machine's own if it is not NULL. */
static bool report_stop(struct daemon *daemon, uint32_t kind, uint64_t argument, const char *text,
                        uint32_t *code)
{
    struct guest_memory memory = {daemon->supervisor.ram, daemon->supervisor.ram_bytes,
                                  MACHINE_ROOT_PFN};
    struct report *report = malloc(sizeof(*report));
    bool readable = false;

    if (report != NULL && report_read(report, &memory, kind, argument) == 0) {
        readable = report->readable;
        *code = report->bugcheck.code;
        report->seed = daemon->machine.seed;
        if (text != NULL)
            snprintf(report->text, sizeof(report->text), "%s", text);
        write_report(daemon, report);
        report_free(report);
    }
    free(report);
    return readable;
}

static int judge_death(const struct supervisor_result *result, char *text, size_t limit)
{
    if (result->refused != NULL)
        snprintf(text, limit, "the machine was ended because it broke the channel's rules: %s",
                 result->refused);
    else if (result->interrupted)
        snprintf(text, limit, "the machine did not shut down in time and was switched off");
    else if (WIFSIGNALED(result->wait_status))
        snprintf(text, limit, "the machine process was killed by signal %d (%s)",
                 WTERMSIG(result->wait_status), strsignal(WTERMSIG(result->wait_status)));
    else
        snprintf(text, limit, "the machine process ended by itself (exit status %d)",
                 WEXITSTATUS(result->wait_status));
    return result->interrupted ? EXIT_TIMEOUT : EXIT_DEFECT;
}

static int judge_stop(struct daemon *daemon, const struct supervisor_result *result, char *text,
                      size_t limit)
{
    uint32_t code = 0;
    bool readable;

    if (result->trap_signal != 0)
        snprintf(text, limit,
                 "code at 0x%llx made a fault (%s) that the machine's kernel could not take",
                 (unsigned long long)result->rip, strsignal((int)result->trap_signal));
    readable = report_stop(daemon, result->kind, result->argument,
                           result->trap_signal != 0 ? text : NULL, &code);
    if (result->trap_signal != 0)
        return EXIT_BUGCHECK;
    if (result->kind == HAL_STOP_BUGCHECK && readable) {
        snprintf(text, limit, "the machine stopped with bug check 0x%X", code);
        return EXIT_BUGCHECK;
    }
    if ((int64_t)result->argument < 0 && (int64_t)result->argument > -4096)
        snprintf(text, limit, "the kernel %s/ntoskrnl.exe cannot be started: %s", daemon->build,
                 strerror(-(int)(int64_t)result->argument));
    else
        snprintf(text, limit, "the machine stopped: %s",
                 result->kind == HAL_STOP_HANG ? "nothing in it can ever run again"
                                               : "this is a defect of Drydock");
    return result->kind == HAL_STOP_HANG ? EXIT_TIMEOUT : EXIT_DEFECT;
}

int stop_judge(struct daemon *daemon, const struct supervisor_result *result, char *text,
               size_t limit)
{
    char line[512];
    int status;

    if (result->stopped && result->kind == HAL_STOP_SHUTDOWN)
        return EXIT_FINE;
    place_remove(&daemon->place, "report.txt");
    status = result->stopped ? judge_stop(daemon, result, text, limit)
                             : judge_death(result, text, limit);
    fprintf(stderr, "drydock: %s\n", text);
    snprintf(line, sizeof(line), "%s\n", text);
    if (place_write(&daemon->place, "stopped", line) != 0)
        fprintf(stderr, "drydock: %s/stopped cannot be written\n", daemon->place.path);
    return status;
}
