/*
 * drydock dbgview: the debug output of machines that run in the background, as it comes. What the
 * machine's own filter ("Debug Print Filter") holds back never leaves it; the filters here only
 * choose among what does.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/console.h"
#include "cli/machines.h"
#include "cli/suggest.h"

static const char dbgview_help[] =
    "usage: drydock dbgview [options]\n\n"
    "Shows the debug output (DbgPrint, DbgPrintEx, OutputDebugString) of the machine that drydock\n"
    "boot has started, a line each: seconds since it was booted, processor, module, text. It\n"
    "follows the machine until that is shut down, or until Ctrl-C.\n\n"
    "As on Windows, a booted machine shows a message only if the mask of its component has the\n"
    "bit of its level: by default errors only, so that DbgPrint, which is component DEFAULT at\n"
    "level 3, is not seen. The masks are values of the registry key HKLM\\SYSTEM\\\n"
    "CurrentControlSet\\Control\\Session Manager\\Debug Print Filter, read at boot:\n"
    "  key='HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Debug Print Filter'\n"
    "  drydock reg add \"$key\" /v DEFAULT /t REG_DWORD /d 0xF\n"
    "  drydock shutdown /r\n"
    "(drydock run shows DbgPrint without that.)\n\n"
    "  --machine DIR    the machine's folder (see drydock help boot); with several of them, each\n"
    "                   line is behind its folder\n"
    "  --all            all of your machines that run now\n"
    "  --since-boot     first what was printed before, as far as it is kept (the last 1 MiB)\n"
    "  --once           that, and end\n"
    "  --lines N        end after so many lines\n"
    "  --component C    only messages of this component (DEFAULT, ...); may be repeated\n"
    "  --module M       only what this module prints (first.sys, or first); may be repeated\n"
    "  --text T         only lines that have this text, in upper or lower case\n"
    "  --regex R        only lines that this extended regular expression matches\n"
    "  --highlight T    show this text, in upper or lower case, in reverse on a terminal\n"
    "  --save FILE      write the lines to this file too\n"
    "  --json           an object a line: time_100ns, processor, level, component, module, text\n\n"
    "exit status: 0 fine, 1 usage, none runs, or a machine stopped otherwise than by a shutdown\n";

enum {
    OPTION_MACHINE = 256,
    OPTION_ALL,
    OPTION_SINCE_BOOT,
    OPTION_ONCE,
    OPTION_LINES,
    OPTION_COMPONENT,
    OPTION_MODULE,
    OPTION_TEXT,
    OPTION_REGEX,
    OPTION_HIGHLIGHT,
    OPTION_SAVE,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"machine", required_argument, NULL, OPTION_MACHINE},
    {"all", no_argument, NULL, OPTION_ALL},
    {"since-boot", no_argument, NULL, OPTION_SINCE_BOOT},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"lines", required_argument, NULL, OPTION_LINES},
    {"component", required_argument, NULL, OPTION_COMPONENT},
    {"module", required_argument, NULL, OPTION_MODULE},
    {"text", required_argument, NULL, OPTION_TEXT},
    {"regex", required_argument, NULL, OPTION_REGEX},
    {"highlight", required_argument, NULL, OPTION_HIGHLIGHT},
    {"save", required_argument, NULL, OPTION_SAVE},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

#define NAME_LIMIT 16u

struct names {
    unsigned count;
    const char *name[NAME_LIMIT];
};

struct view {
    const char *save_path, *text, *highlight;
    unsigned machine_count;
    const char *machine[MACHINE_LIMIT];
    bool all, since_boot, once, json, has_regex, terminal;
    unsigned long long line_limit; /* 0: none */
    struct names components, modules;
    regex_t regex;
    FILE *save;
    const char *label; /* with --all: the machine's folder */
    unsigned long long lines;
};

/* ---- what was asked for ---- */

static int add_name(struct names *names, const char *what)
{
    if (names->count == NAME_LIMIT)
        return cli_usage_error(&cli_verb_dbgview, "more than %u --%s", NAME_LIMIT, what);
    names->name[names->count++] = optarg;
    return EXIT_FINE;
}

static int take_regex(struct view *view)
{
    char why[200];
    int error;

    if (view->has_regex)
        return cli_usage_error(&cli_verb_dbgview, "more than one --regex");
    error = regcomp(&view->regex, optarg, REG_EXTENDED | REG_NOSUB);
    view->has_regex = error == 0;
    if (error == 0)
        return EXIT_FINE;
    regerror(error, &view->regex, why, sizeof(why));
    return cli_usage_error(&cli_verb_dbgview, "--regex '%s': %s", optarg, why);
}

static int take_option(struct view *view, int option, const char *word)
{
    switch (option) {
    case OPTION_MACHINE:
        if (view->machine_count == MACHINE_LIMIT)
            return cli_usage_error(&cli_verb_dbgview, "more than %u --machine", MACHINE_LIMIT);
        view->machine[view->machine_count++] = optarg;
        break;
    case OPTION_ALL: view->all = true; break;
    case OPTION_ONCE: view->once = true; /* fall through */
    case OPTION_SINCE_BOOT: view->since_boot = true; break;
    case OPTION_LINES:
        if (!cli_parse_number(optarg, 1, UINT32_MAX, &view->line_limit))
            return cli_usage_error(&cli_verb_dbgview, "--lines takes a number, not '%s'", optarg);
        break;
    case OPTION_COMPONENT: return add_name(&view->components, "component");
    case OPTION_MODULE: return add_name(&view->modules, "module");
    case OPTION_TEXT: view->text = optarg; break;
    case OPTION_REGEX: return take_regex(view);
    case OPTION_HIGHLIGHT: view->highlight = optarg; break;
    case OPTION_SAVE: view->save_path = optarg; break;
    case OPTION_JSON: view->json = true; break;
    case ':': return cli_usage_error(&cli_verb_dbgview, "option '%s' needs a value", word);
    default: return suggest_option(&cli_verb_dbgview, word, long_options);
    }
    return EXIT_FINE;
}

static int parse(struct view *view, int argc, char **argv)
{
    int option, status = EXIT_FINE;

    optind = 0;
    while (status == EXIT_FINE && (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        status = take_option(view, option, argv[optind - 1]);
    if (status == EXIT_FINE && optind < argc)
        status = cli_usage_error(&cli_verb_dbgview, "dbgview takes options only, not '%s'",
                                 argv[optind]);
    if (status == EXIT_FINE && view->all && view->machine_count != 0)
        status = cli_usage_error(&cli_verb_dbgview, "--machine and --all exclude each other");
    return status;
}

/* ---- which lines ---- */

static const char *field(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    return text != NULL ? text : "";
}

static bool is_component(const struct names *names, const char *component)
{
    for (unsigned i = 0; i < names->count; i++)
        if (strcasecmp(names->name[i], component) == 0)
            return true;
    return names->count == 0;
}

/* With or without what follows the last dot. */
static bool is_module(const struct names *names, const char *module)
{
    const char *dot = strrchr(module, '.');
    size_t stem = dot != NULL ? (size_t)(dot - module) : strlen(module);

    for (unsigned i = 0; i < names->count; i++)
        if (strcasecmp(names->name[i], module) == 0 ||
            (strlen(names->name[i]) == stem && strncasecmp(names->name[i], module, stem) == 0))
            return true;
    return names->count == 0;
}

static bool is_wanted(const struct view *view, const json_t *line)
{
    const char *text = field(line, "text");

    return is_component(&view->components, field(line, "component")) &&
           is_module(&view->modules, field(line, "module")) &&
           (view->text == NULL || strcasestr(text, view->text) != NULL) &&
           (!view->has_regex || regexec(&view->regex, text, 0, NULL, 0) == 0);
}

/* ---- showing them ---- */

static void put_text(const struct view *view, FILE *out, const char *text)
{
    const char *found;
    size_t bytes = view->highlight != NULL ? strlen(view->highlight) : 0;

    if (out != stdout || !view->terminal) {
        fputs(text, out);
        return;
    }
    while (bytes != 0 && (found = strcasestr(text, view->highlight)) != NULL) {
        console_put_visible(out, text, (size_t)(found - text));
        fputs("\x1b[7m", out);
        console_put_visible(out, found, bytes);
        fputs("\x1b[27m", out);
        text = found + bytes;
    }
    console_put_visible(out, text, strlen(text));
}

/* In one piece, so that the lines of several machines do not mix. */
static bool put_line(const struct view *view, FILE *out, json_t *line)
{
    json_int_t time = json_integer_value(json_object_get(line, "time_100ns"));

    if (view->json) {
        if (view->label != NULL)
            json_object_set_new(line, "machine", json_string(view->label));
        json_dumpf(line, out, JSON_COMPACT);
    } else {
        if (view->label != NULL)
            fprintf(out, "%s: ", view->label);
        fprintf(out, "%6lld.%06lld  %lld  %-16s  ", (long long)(time / 10000000),
                (long long)(time / 10 % 1000000),
                (long long)json_integer_value(json_object_get(line, "processor")),
                field(line, "module"));
        put_text(view, out, field(line, "text"));
    }
    fputc('\n', out);
    return fflush(out) == 0;
}

static bool show_line(void *context, const char *text, size_t bytes)
{
    struct view *view = context;
    json_t *line = json_loadb(text, bytes, 0, NULL);
    bool goes_on = true;

    if (line != NULL && is_wanted(view, line)) {
        goes_on = put_line(view, stdout, line);
        if (view->save != NULL && !put_line(view, view->save, line)) {
            cli_message("%s: %s", view->save_path, strerror(errno));
            goes_on = false;
        }
        view->lines += goes_on;
    }
    json_decref(line);
    return goes_on && (view->line_limit == 0 || view->lines < view->line_limit);
}

/* ---- following ---- */

static int follow(struct view *view, const char *machine)
{
    struct attach attach = {.fd = -1, .debug = show_line, .context = view};
    json_t *end = NULL;
    int status = attach_open(&attach, machine);

    if (status != EXIT_FINE)
        return status;
    status = attach_run(&attach,
                        json_pack("{s:s, s:b, s:b}", "verb", "debug", "since_boot",
                                  (int)view->since_boot, "once", (int)view->once),
                        &end);
    if (end == NULL &&
        (attach.interrupted || (view->line_limit != 0 && view->lines == view->line_limit)))
        status = EXIT_FINE; /* the user's wish */
    json_decref(end);
    attach_close(&attach);
    return status;
}

static void note_interrupt(int number)
{
    (void)number; /* it ends a wait */
}

/* Until all have ended; Ctrl-C is passed on. EXIT_FINE if all have ended so. */
static int wait_for_all(pid_t *child, unsigned count)
{
    struct sigaction action = {.sa_handler = note_interrupt}, before;
    int status = EXIT_FINE, ended;

    sigaction(SIGINT, &action, &before);
    for (;;) {
        pid_t who = wait(&ended);

        if (who < 0 && errno != EINTR)
            break;
        for (unsigned i = 0; who < 0 && i < count; i++)
            if (child[i] > 0)
                kill(child[i], SIGINT);
        for (unsigned i = 0; who > 0 && i < count; i++)
            child[i] = child[i] == who ? 0 : child[i]; /* the ID may be another's now */
        if (who > 0 && (!WIFEXITED(ended) || WEXITSTATUS(ended) != EXIT_FINE))
            status = EXIT_USAGE;
    }
    sigaction(SIGINT, &before, NULL);
    return status;
}

/* A process each. What they share is what they write to, a line at a time. */
static int follow_several(struct view *view, const char *const *folder, unsigned count)
{
    pid_t child[MACHINE_LIMIT];
    unsigned running = 0;
    int status;

    fflush(stdout);
    for (unsigned i = 0; i < count; i++) {
        pid_t id = fork();

        view->label = folder[i];
        if (id == 0)
            _exit(follow(view, folder[i]));
        if (id > 0)
            child[running++] = id;
    }
    status = wait_for_all(child, running);
    return running == count ? status : EXIT_USAGE;
}

static int follow_all(struct view *view)
{
    char *folder[MACHINE_LIMIT];
    unsigned count = machines_find(folder);
    int status = EXIT_USAGE;

    if (count != 0)
        status = follow_several(view, (const char *const *)folder, count);
    else
        cli_message("no machine runs");
    for (unsigned i = 0; i < count; i++)
        free(folder[i]);
    return status;
}

static int follow_wanted(struct view *view)
{
    if (view->all)
        return follow_all(view);
    if (view->machine_count > 1)
        return follow_several(view, view->machine, view->machine_count);
    return follow(view, view->machine[0]);
}

static int open_save(struct view *view)
{
    int fd;

    if (view->save_path == NULL)
        return EXIT_FINE;
    fd = open(view->save_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    view->save = fd >= 0 ? fdopen(fd, "a") : NULL;
    if (view->save != NULL)
        return EXIT_FINE;
    cli_message("%s: %s", view->save_path, strerror(errno));
    return EXIT_USAGE;
}

static int cli_dbgview(int argc, char **argv)
{
    struct view view = {.terminal = isatty(STDOUT_FILENO) != 0};
    int status = parse(&view, argc, argv);

    if (status == EXIT_FINE)
        status = open_save(&view);
    if (status == EXIT_FINE)
        status = follow_wanted(&view);
    if (view.save != NULL)
        fclose(view.save);
    if (view.has_regex)
        regfree(&view.regex);
    return status;
}

const struct cli_verb cli_verb_dbgview = {
    .name = "dbgview",
    .summary = "follow the debug output of machines",
    .help = dbgview_help,
    .run = cli_dbgview,
};
