/* drydock VERB ...: finds the verb and runs it; help for all of them. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/exec.h"
#include "cli/suggest.h"

static const struct cli_verb *const verbs[] = {
    &cli_verb_run,  &cli_verb_boot, &cli_verb_shutdown, &cli_verb_power, &cli_verb_exec,
    &cli_verb_machines, &cli_verb_dbgview, &cli_verb_tree, &cli_verb_summary, &cli_verb_wmi,
    &cli_verb_cc,   &cli_verb_imports, &cli_verb_signtool, &cli_verb_certmgr, &cli_verb_infverify,
    &cli_verb_version};
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static const struct cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

static void print_overview(FILE *out)
{
    fputs("drydock runs Windows x64 kernel drivers on Linux, unmodified, and finds the bug check "
          "before Windows does.\n\n"
          "usage: drydock VERB [options] [arguments]\n\n",
          out);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-9s %s\n", verbs[i]->name, verbs[i]->summary);
    exec_list_tools(out);
    fputs(
        "  help      print the page of a verb: drydock help VERB\n\n"
        "exit status: 0 fine, 1 usage, 2 could not load, 3 bug check or rule broken, 4 time out,\n"
        "5 the program's exit code was not 0, 70 a defect of Drydock\n",
        out);
}

static int say_no_verb(const char *name)
{
    const char *names[VERB_COUNT + EXEC_TOOL_LIMIT + 1] = {NULL}, *near;
    size_t count = 0;

    for (; count < VERB_COUNT; count++)
        names[count] = verbs[count]->name;
    exec_tool_names(names + count);
    near = suggest_name(name, names);
    if (near != NULL)
        cli_message("there is no verb '%s'; did you mean '%s'? 'drydock --help' lists them", name,
                    near);
    else
        cli_message("there is no verb '%s'; 'drydock --help' lists them", name);
    return EXIT_USAGE;
}

static int print_help(const char *name)
{
    const struct cli_verb *verb;

    if (name == NULL || strcmp(name, "help") == 0) {
        print_overview(stdout);
        return EXIT_FINE;
    }
    verb = find_verb(name);
    if (verb == NULL && exec_find_tool(name) != NULL) {
        exec_describe_tool(name);
        return EXIT_FINE;
    }
    if (verb == NULL)
        return say_no_verb(name);
    printf("drydock %s: %s\n\n%s", verb->name, verb->summary, verb->help);
    return EXIT_FINE;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* The status, unless what was printed did not arrive. */
static int finish(int status)
{
    return fflush(stdout) != 0 && status == EXIT_FINE ? EXIT_USAGE : status;
}

/* A pipe that is closed early is an error to handle, not a reason to die with a machine left over.
 */
static int run_verb(const struct cli_verb *verb, int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    return finish(asks_for_help(argc, argv) ? print_help(verb->name) : verb->run(argc, argv));
}

/* A standard stream that is closed would be the next file that is opened; writing to it goes on
 * failing. */
static void open_streams(void)
{
    for (int fd = open("/dev/null", O_RDONLY); fd >= 0; fd = open("/dev/null", O_RDONLY))
        if (fd > STDERR_FILENO) {
            close(fd);
            break;
        }
}

int main(int argc, char **argv)
{
    const struct cli_verb *verb;

    open_streams();
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return finish(print_help(argc > 2 ? argv[2] : NULL));
    verb = find_verb(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (verb == NULL && exec_find_tool(argv[1]) != NULL) {
        signal(SIGPIPE, SIG_IGN);
        if (argc == 3 && strcmp(argv[2], "--help") == 0)
            return finish(print_help(argv[1]));
        return exec_tool(exec_find_tool(argv[1]), argc - 1, argv + 1);
    }
    if (verb == NULL)
        return say_no_verb(argv[1]);
    return run_verb(verb, argc - 1, argv + 1);
}
