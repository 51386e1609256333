/*
 * drydock exec, and the tools that Windows has: each is a program of the machine that runs in the
 * background, with this process's standard streams. The exit status is the program's exit code.
 */
#include "cli/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/build_folder.h"
#include "cli/cli.h"
#include "cli/program.h"
#include "daemon/request.h"

static const char exec_help[] =
    "usage: drydock exec [--machine DIR] PROG.exe [arguments]\n\n"
    "Runs a program in the machine that drydock boot has started. PROG.exe is a file here, which "
    "is\n"
    "copied to C:\\, or the name of a program that Windows ships with, or a path in the machine\n"
    "(C:\\folder\\prog.exe). It has this command's standard input, output and error. Ctrl-C is "
    "the\n"
    "program's; a second one ends it, as does the end of this command.\n\n"
    "exit status: the program's exit code, or 1 when that does not fit in 8 bits; 1 when it could\n"
    "not start, 2 when PROG.exe is no file or no Windows program\n";

static const struct tool {
    const char *name, *summary;
    const char *program; /* NULL: the name */
} tools[] = {
    {"sc", "services: create, query, start, stop, delete (Windows' sc)", NULL},
    {"reg", "the registry: query, add, delete, export, import (Windows' reg)", NULL},
    {"bcdedit", "boot configuration: test signing, ... (Windows' bcdedit)", NULL},
    {"devcon", "devices and their drivers (the WDK's devcon)", NULL},
    {"pnputil", "driver packages (Windows' pnputil)", NULL},
    {"wevtutil", "event logs (Windows' wevtutil)", NULL},
    {"events", "the newest events of the system log, a line each", NULL},
    {"tasklist", "processes (Windows' tasklist)", NULL},
    {"lm", "loaded and unloaded modules, as the debugger lists them", NULL},
    {"ps", "processes and threads", NULL},
};
#define TOOL_COUNT (sizeof(tools) / sizeof(tools[0]))

/* ---- the program ---- */

static int copy_bytes(int from, int to)
{
    ssize_t count;

    do
        count = sendfile(to, from, NULL, 1 << 20);
    while (count > 0 || (count < 0 && errno == EINTR));
    return count == 0 ? 0 : -errno;
}

/* The file appears in C:\ whole, also for who starts the old one at this moment. */
static int copy_program(const struct place *place, const struct program *program)
{
    char target[600], temporary[600];
    int from = open(program->path, O_RDONLY | O_CLOEXEC), to, error;

    if (from < 0)
        return -errno;
    snprintf(target, sizeof(target), "C/%s", program->file_name);
    snprintf(temporary, sizeof(temporary), "C/%s.%d.new", program->file_name, (int)getpid());
    to = openat(place->folder_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    error = to < 0 ? -errno : copy_bytes(from, to);
    if (to >= 0 && close(to) != 0 && error == 0)
        error = -errno;
    if (error == 0 && renameat(place->folder_fd, temporary, place->folder_fd, target) != 0)
        error = -errno;
    if (error != 0)
        unlinkat(place->folder_fd, temporary, 0);
    close(from);
    return error;
}

static json_t *make_request(char *command)
{
    char *tab = strchr(command, '\t');

    *tab = '\0';
    return json_pack("{s:s, s:s, s:s}", "verb", "exec", "path", command, "command", tab + 1);
}

bool exec_is_machine_path(const char *word)
{
    return word[0] != '\0' && word[1] == ':' && (word[2] == '\\' || word[2] == '/');
}

static int find_program(struct attach *attach, struct program_words *words, char *command,
                        size_t limit)
{
    struct program program = {.words = words};
    int status, error;

    if (exec_is_machine_path(words->word[0])) {
        program_write_machine_command(words, command, limit);
        return EXIT_FINE;
    }
    status = program_check(&program, words);
    if (status != EXIT_FINE)
        return status;
    error = program.shipped ? 0 : copy_program(&attach->place, &program);
    if (error != 0) {
        cli_message("%s: cannot be copied to %s/C: %s", words->word[0], attach->place.path,
                    strerror(-error));
        return EXIT_USAGE;
    }
    program_write_command(&program, command, limit);
    return EXIT_FINE;
}

static int run_words(const char *machine, struct program_words *words)
{
    char command[REQUEST_PATH_LIMIT + REQUEST_COMMAND_LIMIT];
    struct attach attach = {.console = true, .fd = -1};
    json_t *end = NULL;
    json_int_t code;
    int status = attach_open(&attach, machine);

    if (status != EXIT_FINE)
        return status;
    status = find_program(&attach, words, command, sizeof(command));
    if (status == EXIT_FINE)
        status = attach_run(&attach, make_request(command), &end);
    if (status == EXIT_FINE) {
        code = json_integer_value(json_object_get(end, "exit"));
        status = code >= 0 && code < 256 ? (int)code : EXIT_USAGE;
    }
    json_decref(end);
    attach_close(&attach);
    return status;
}

static int cli_exec(int argc, char **argv)
{
    struct program_words words;
    const char *machine;
    int taken = attach_take_machine(argc, argv, &machine);

    if (taken < 0)
        return cli_usage_error(&cli_verb_exec, "option '--machine' needs a value");
    words = (struct program_words){argc - taken - 1, argv + taken + 1};
    if (words.count < 1)
        return cli_usage_error(&cli_verb_exec, "which program? (drydock exec PROG.exe)");
    return run_words(machine, &words);
}

const struct cli_verb cli_verb_exec = {
    .name = "exec",
    .summary = "run a program in the machine that was booted",
    .help = exec_help,
    .run = cli_exec,
};

/* ---- tools ---- */

static const char *program_of(const struct tool *tool)
{
    return tool->program != NULL ? tool->program : tool->name;
}

static bool is_there(const char *program)
{
    char build[PATH_MAX], path[PATH_MAX + 300];

    if (strchr(program, '/') != NULL || !build_folder_find(build, sizeof(build)))
        return false;
    snprintf(path, sizeof(path), "%s/system32/%s.exe", build, program);
    return access(path, R_OK) == 0;
}

const char *exec_find_tool(const char *name)
{
    for (size_t i = 0; i < TOOL_COUNT; i++)
        if (strcmp(tools[i].name, name) == 0)
            return is_there(program_of(&tools[i])) ? program_of(&tools[i]) : NULL;
    return is_there(name) ? name : NULL;
}

void exec_tool_names(const char **names)
{
    size_t count = 0;

    _Static_assert(TOOL_COUNT <= EXEC_TOOL_LIMIT, "the limit of exec.h");
    for (size_t i = 0; i < TOOL_COUNT; i++)
        if (is_there(program_of(&tools[i])))
            names[count++] = tools[i].name;
    names[count] = NULL;
}

void exec_list_tools(FILE *out)
{
    for (size_t i = 0; i < TOOL_COUNT; i++)
        if (is_there(program_of(&tools[i])))
            fprintf(out, "  %-9s %s\n", tools[i].name, tools[i].summary);
}

void exec_describe_tool(const char *name)
{
    const char *summary = "a program that Windows ships with";

    for (size_t i = 0; i < TOOL_COUNT; i++)
        if (strcmp(tools[i].name, name) == 0)
            summary = tools[i].summary;
    printf(
        "drydock %s: %s\n\n"
        "usage: drydock %s [--machine DIR] [arguments]\n\n"
        "It runs in the machine that drydock boot has started; its arguments, output and exit\n"
        "codes are those of the program on Windows. Its own usage: drydock %s /?\n\n"
        "exit status: the program's exit code, or 1 when that does not fit in 8 bits; 1 when no\n"
        "machine runs\n",
        name, summary, name, name);
}

int exec_tool(const char *program, int argc, char **argv)
{
    const char *machine;
    int taken = attach_take_machine(argc, argv, &machine), status;
    char **words;

    if (taken < 0) {
        cli_message("option '--machine' needs a value");
        return EXIT_USAGE;
    }
    words = calloc((size_t)(argc - taken) + 1, sizeof(*words));
    if (words == NULL)
        return EXIT_USAGE;
    words[0] = malloc(strlen(program) + 5);
    for (int i = 1; i < argc - taken; i++)
        words[i] = argv[taken + i];
    status = EXIT_USAGE;
    if (words[0] != NULL) {
        sprintf(words[0], "%s.exe", program);
        status = run_words(machine, &(struct program_words){argc - taken, words});
    }
    free(words[0]);
    free(words);
    return status;
}
