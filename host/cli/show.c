/* drydock tree, drydock wmi, drydock summary: what the machine that was booted shows of itself. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/console.h"
#include "cli/run.h"
#include "cli/show.h"
#include "cli/suggest.h"

static const char tree_help[] =
    "usage: drydock tree [--machine DIR] [--verbose] [--json]\n\n"
    "Shows the device tree of the machine that drydock boot has started: each device's instance\n"
    "path below its parent's, its driver's service, and its state, or its problem as Device "
    "Manager\n"
    "tells it.\n\n"
    "  -v, --verbose  each device's IDs, driver and INF, stack, resources and power as well\n"
    "  --machine DIR  the machine's folder (see drydock help boot)\n"
    "  --json         an object a line\n\n"
    "exit status: 0 fine, 1 usage, or none runs\n";
static const char summary_help[] =
    "usage: drydock summary [--machine DIR] [--json]\n\n"
    "Shows what the machine that drydock boot has started has done since: devices, IRPs, requests "
    "of\n"
    "Plug and Play, power and WMI; and what is in use in it beyond what it had then.\n\n"
    "  --machine DIR  the machine's folder (see drydock help boot)\n"
    "  --json         an object a line\n\n"
    "exit status: 0 fine, 1 usage, or none runs\n";
static const char wmi_help[] =
    "usage: drydock wmi [--machine DIR] [--json] [GUID]\n\n"
    "Asks the WMI providers of the machine that drydock boot has started: each registered block, "
    "or\n"
    "that one, and the data of each of its instances.\n\n"
    "  --machine DIR  the machine's folder (see drydock help boot)\n"
    "  --json         an object a line\n"
    "  GUID           of a block: {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}, with or without "
    "braces\n\n"
    "exit status: 0 fine, 1 usage, none runs, or no provider has the block\n";

enum { OPTION_MACHINE = 256, OPTION_JSON };

struct show_options {
    const char *machine;
    bool json, verbose;
};
static const struct option long_options[] = {
    {"machine", required_argument, NULL, OPTION_MACHINE},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};
static const struct option tree_options[] = {
    {"machine", required_argument, NULL, OPTION_MACHINE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"verbose", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static bool take_report(void *context, const char *text, size_t bytes)
{
    console_write(context, HAL_STREAM_REPORT, text, bytes, 0);
    return true;
}

/* What the machine says of it, as the console's records. */
static int fetch(const char *machine, const char *what, const char *guid, struct console *console)
{
    struct attach attach = {.fd = -1, .report = take_report, .context = console};
    json_t *end = NULL;
    int status = attach_open(&attach, machine);

    if (status != EXIT_FINE)
        return status;
    status = attach_run(
        &attach, json_pack("{s:s, s:s, s:s}", "verb", "show", "what", what, "guid", guid), &end);
    json_decref(end);
    attach_close(&attach);
    return status;
}

static int show(const char *machine, const char *what, const char *guid, struct console *console)
{
    int status = fetch(machine, what, guid, console);

    if (status == EXIT_FINE)
        summary_show(console, stdout);
    if (status == EXIT_FINE && guid[0] != '\0' && console->record_count == 0) {
        cli_message("no provider has registered the block %s", guid);
        status = EXIT_USAGE;
    }
    return status;
}

/* Only the tree has details. */
static int parse(const struct cli_verb *verb, int argc, char **argv, struct show_options *options)
{
    bool is_tree = verb == &cli_verb_tree;
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, is_tree ? ":v" : ":",
                                 is_tree ? tree_options : long_options, NULL)) != -1)
        switch (option) {
        case OPTION_MACHINE: options->machine = optarg; break;
        case OPTION_JSON: options->json = true; break;
        case 'v': options->verbose = true; break;
        case ':': return cli_usage_error(verb, "option '%s' needs a value", argv[optind - 1]);
        default: return suggest_option(verb, argv[optind - 1], long_options);
        }
    return EXIT_FINE;
}

static int run(const struct cli_verb *verb, const char *guid, const struct show_options *options)
{
    struct console *console = calloc(1, sizeof(*console));
    int status;

    if (console == NULL)
        return EXIT_USAGE;
    console_init(console, options->json, false);
    status = show(options->machine, options->verbose ? "devices" : verb->name, guid, console);
    console_free(console);
    free(console);
    return status;
}

/* A verb without words of its own. */
static int run_plain(const struct cli_verb *verb, int argc, char **argv)
{
    struct show_options options = {.machine = NULL};
    int status = parse(verb, argc, argv, &options);

    if (status == EXIT_FINE && optind < argc)
        status = cli_usage_error(verb, "%s takes options only, not '%s'", verb->name, argv[optind]);
    return status == EXIT_FINE ? run(verb, "", &options) : status;
}

/* As powercfg /requests shows them: a heading a type, then who asks and why. */
static void print_power_requests(const struct console *console)
{
    static const char *const types[] = {"DISPLAY", "SYSTEM", "AWAYMODE", "EXECUTION"};

    for (unsigned type = 0; type < sizeof(types) / sizeof(types[0]); type++) {
        unsigned found = 0;

        printf("%s:\n", types[type]);
        for (unsigned i = 0; i < console->record_count; i++) {
            char kind[16], owner[256], reason[256] = "";

            if (sscanf(console->record[i], "powerrequest\t%15[^\t]\t", kind) != 1 ||
                strtoul(kind, NULL, 10) != type ||
                sscanf(console->record[i], "powerrequest\t%*u\t%15[^\t]\t%255[^\t]\t%255[^\n]",
                       kind, owner, reason) < 2)
                continue;
            printf("[%s] %s\n", kind, owner);
            if (reason[0] != '\0')
                puts(reason);
            found++;
        }
        puts(found == 0 ? "None.\n" : "");
    }
}

int show_power_requests(const char *machine)
{
    struct console *console = calloc(1, sizeof(*console));
    int status;

    if (console == NULL)
        return EXIT_USAGE;
    console_init(console, false, false);
    status = fetch(machine, "power", "", console);
    if (status == EXIT_FINE)
        print_power_requests(console);
    console_free(console);
    free(console);
    return status;
}

static int cli_tree(int argc, char **argv)
{
    return run_plain(&cli_verb_tree, argc, argv);
}

static int cli_summary(int argc, char **argv)
{
    return run_plain(&cli_verb_summary, argc, argv);
}

static int cli_wmi(int argc, char **argv)
{
    struct show_options options = {.machine = NULL};
    char guid[40] = "";
    int status = parse(&cli_verb_wmi, argc, argv, &options);

    if (status == EXIT_FINE && optind + 1 < argc)
        status =
            cli_usage_error(&cli_verb_wmi, "wmi takes one block, not '%s' too", argv[optind + 1]);
    else if (status == EXIT_FINE && optind < argc && !cli_parse_guid(argv[optind], guid))
        status = cli_usage_error(&cli_verb_wmi, "'%s' is no GUID", argv[optind]);
    return status == EXIT_FINE ? run(&cli_verb_wmi, guid, &options) : status;
}

const struct cli_verb cli_verb_tree = {
    .name = "tree",
    .summary = "the device tree of the machine that was booted",
    .help = tree_help,
    .run = cli_tree,
};

const struct cli_verb cli_verb_summary = {
    .name = "summary",
    .summary = "what the machine that was booted has done, and what is in use in it",
    .help = summary_help,
    .run = cli_summary,
};

const struct cli_verb cli_verb_wmi = {
    .name = "wmi",
    .summary = "WMI blocks and their data in the machine that was booted",
    .help = wmi_help,
    .run = cli_wmi,
};
