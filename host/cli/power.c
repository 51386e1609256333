/* drydock power: the power button of a machine that runs in the background. */
#include <stdio.h>
#include <string.h>

#include "cli/attach.h"
#include "cli/cli.h"
#include "cli/show.h"

#define STATE_RESUME 5

static const char power_help[] =
    "usage: drydock power [--machine DIR] sleep [S1|S2|S3] | hibernate | resume | status | "
    "requests | shutdown\n\n"
    "Sends the machine that drydock boot has started to sleep, and wakes it. Its drivers are "
    "asked,\n"
    "and told; one that refuses keeps it awake. While it sleeps, its programs stand still. It "
    "wakes\n"
    "by resume, or by a device whose wait/wake request is completed.\n\n"
    "  sleep      S3, if nothing else is said; returns when it is asleep\n"
    "  hibernate  S4; it keeps its memory, and its process\n"
    "  resume     returns when it works again\n"
    "  status     whether it works or sleeps\n"
    "  requests   who wants the system or the display to stay on, as powercfg /requests shows it\n"
    "  shutdown   as drydock shutdown\n\n"
    "exit status: 0 done, 1 usage, no machine, refused\n";

/* The state that the words ask for, 0: which it is in; -1: none. */
static int parse_state(int argc, char **argv)
{
    static const char *const words[] = {"status", "", "", "sleep", "hibernate", "resume"};

    for (int state = 0; argc != 0 && state <= STATE_RESUME; state++) {
        if (words[state][0] == '\0' || strcmp(argv[0], words[state]) != 0)
            continue;
        if (argc == 1)
            return state;
        if (state == 3 && argc == 2 && strlen(argv[1]) == 2 && (argv[1][0] | 0x20) == 's' &&
            argv[1][1] >= '1' && argv[1][1] <= '3')
            return argv[1][1] - '0';
    }
    return -1;
}

static int cli_power(int argc, char **argv)
{
    struct attach attach = {.fd = -1};
    const char *machine = NULL;
    json_t *end = NULL;
    int at = attach_take_machine(argc, argv, &machine), state, status;

    if (at < 0)
        return cli_usage_error(&cli_verb_power, "option '--machine' needs a value");
    if (at + 2 == argc && strcmp(argv[at + 1], "shutdown") == 0)
        return cli_verb_shutdown.run(at + 1, argv); /* all words before it are its own, too */
    if (at + 2 == argc && strcmp(argv[at + 1], "requests") == 0)
        return show_power_requests(machine);
    state = parse_state(argc - at - 1, argv + at + 1);
    if (state < 0)
        return cli_usage_error(&cli_verb_power,
                               "say sleep, hibernate, resume, status, requests or shutdown");
    status = attach_open(&attach, machine);
    if (status != EXIT_FINE)
        return status;
    status = attach_run(&attach, json_pack("{s:s, s:i}", "verb", "power", "state", state), &end);
    state = (int)json_integer_value(json_object_get(end, "state"));
    if (status == EXIT_FINE && state != 0)
        printf("asleep in S%d\n", state);
    else if (status == EXIT_FINE)
        puts("working");
    json_decref(end);
    attach_close(&attach);
    return status;
}

const struct cli_verb cli_verb_power = {
    .name = "power",
    .summary = "send the machine that was booted to sleep, and wake it",
    .help = power_help,
    .run = cli_power,
};
