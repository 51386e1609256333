/* drydock machines: which run, and since when. */
#include "cli/machines.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/cli.h"

static const char machines_help[] =
    "usage: drydock machines [--json]\n\n"
    "Lists the machines of yours that drydock boot has started and that still run: since when,\n"
    "process, programs that run in them, folder.\n\n"
    "  --json  an object for each\n\n"
    "exit status: 0\n";

/* ---- finding them ---- */

/* The start of a link's target under /proc. */
static bool read_link(int folder, const char *name, char *target, size_t limit)
{
    ssize_t bytes = readlinkat(folder, name, target, limit - 1);

    target[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0 && (size_t)bytes < limit - 1;
}

static bool is_drydock(int process)
{
    char path[PATH_MAX];
    const char *name;

    if (!read_link(process, "exe", path, sizeof(path)))
        return false;
    name = strrchr(path, '/');
    return name != NULL && strncmp(name, "/drydock", 8) == 0 && (name[8] == '\0' || name[8] == ' ');
}

/* The folder that holds the lock behind this descriptor. */
static bool take_lock_folder(int descriptors, const char *name, char *path, size_t limit)
{
    size_t bytes;

    if (!read_link(descriptors, name, path, limit))
        return false;
    bytes = strlen(path);
    if (bytes < 6 || strcmp(path + bytes - 5, "/lock") != 0)
        return false;
    path[bytes - 5] = '\0';
    return true;
}

bool machines_is_up(const char *path)
{
    struct place place;
    int fd = place_open(&place, path, false) == 0 ? place_connect(&place) : -1;

    place_close(&place);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void add_folder(char *folder[MACHINE_LIMIT], unsigned *count, const char *path)
{
    for (unsigned i = 0; i < *count; i++)
        if (strcmp(folder[i], path) == 0)
            return;
    if (*count < MACHINE_LIMIT && machines_is_up(path) && (folder[*count] = strdup(path)) != NULL)
        ++*count;
}

static void look_into(int process, char *folder[MACHINE_LIMIT], unsigned *count)
{
    int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *descriptors = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    char path[PATH_MAX];

    while (descriptors != NULL && (entry = readdir(descriptors)) != NULL)
        if (take_lock_folder(fd, entry->d_name, path, sizeof(path)))
            add_folder(folder, count, path);
    if (descriptors != NULL)
        closedir(descriptors);
    else if (fd >= 0)
        close(fd);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

unsigned machines_find(char *folder[MACHINE_LIMIT])
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    unsigned count = 0;

    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        int process =
            entry->d_name[0] >= '0' && entry->d_name[0] <= '9'
                ? openat(dirfd(processes), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC)
                : -1;

        if (process >= 0 && is_drydock(process))
            look_into(process, folder, &count);
        if (process >= 0)
            close(process);
    }
    if (processes != NULL)
        closedir(processes);
    qsort(folder, count, sizeof(*folder), compare_names);
    return count;
}

/* ---- the verb ---- */

static void print_machine(const char *path, const json_t *status)
{
    time_t since = (time_t)json_integer_value(json_object_get(status, "since"));
    struct tm local;
    char text[32] = "";

    if (localtime_r(&since, &local) != NULL)
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
    printf("%-19s  %7" PRIdMAX "  %8" PRIdMAX "  %s\n", text,
           (intmax_t)json_integer_value(json_object_get(status, "pid")),
           (intmax_t)json_integer_value(json_object_get(status, "programs")), path);
}

static void show_machine(const char *path, bool json)
{
    struct attach attach = {.fd = -1};
    json_t *status = NULL;

    if (attach_open(&attach, path) == EXIT_FINE &&
        attach_run(&attach, json_pack("{s:s}", "verb", "status"), &status) == EXIT_FINE) {
        if (json) {
            json_object_set_new(status, "machine", json_string(path));
            json_dumpf(status, stdout, JSON_COMPACT);
            putchar('\n');
        } else {
            print_machine(path, status);
        }
    }
    json_decref(status);
    attach_close(&attach);
}

static int cli_machines(int argc, char **argv)
{
    char *folder[MACHINE_LIMIT];
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    unsigned count;

    if (argc > (json ? 2 : 1))
        return cli_usage_error(&cli_verb_machines, "machines does not take '%s'",
                               argv[json ? 2 : 1]);
    count = machines_find(folder);
    if (count != 0 && !json)
        printf("%-19s  %7s  %8s  %s\n", "SINCE", "PROCESS", "PROGRAMS", "MACHINE");
    for (unsigned i = 0; i < count; i++) {
        show_machine(folder[i], json);
        free(folder[i]);
    }
    if (count == 0 && !json)
        puts("no machine runs");
    return EXIT_FINE;
}

const struct cli_verb cli_verb_machines = {
    .name = "machines",
    .summary = "list the machines that run in the background",
    .help = machines_help,
    .run = cli_machines,
};
