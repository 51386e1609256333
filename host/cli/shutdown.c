/* drydock shutdown: ends the machine that runs in the background, in order; and starts it again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/attach.h"
#include "cli/boot.h"
#include "cli/cli.h"

static const char shutdown_help[] =
    "usage: drydock shutdown [--machine DIR] [/s] [/r] [/t 0]\n\n"
    "Ends the machine that drydock boot has started: its programs end, its drivers are told, what\n"
    "it keeps is written. Returns when its process is gone.\n\n"
    "  /s    shut it down (which it does anyway)\n"
    "  /r    and boot it again, with the options it was booted with\n"
    "  /t N  accepted as Windows has it; the machine does not wait\n\n"
    "exit status: 0 it is down (with /r: up again), 1 none runs there, 4 it had to be switched "
    "off\n";

struct wishes {
    const char *machine;
    bool reboot;
};

static bool is_switch(const char *word, char letter)
{
    return (word[0] == '/' || word[0] == '-') && (word[1] | 0x20) == letter && word[2] == '\0';
}

static int parse(struct wishes *wishes, int argc, char **argv)
{
    unsigned long long seconds;
    int at = attach_take_machine(argc, argv, &wishes->machine);

    if (at < 0)
        return cli_usage_error(&cli_verb_shutdown, "option '--machine' needs a value");
    for (at++; at < argc; at++) {
        if (is_switch(argv[at], 'r'))
            wishes->reboot = true;
        else if (is_switch(argv[at], 't') && at + 1 < argc &&
                 cli_parse_number(argv[at + 1], 0, 315360000, &seconds))
            at++;
        else if (!is_switch(argv[at], 's') && !is_switch(argv[at], 'f'))
            return cli_usage_error(&cli_verb_shutdown, "shutdown does not take '%s'", argv[at]);
    }
    return EXIT_FINE;
}

static int boot_again(const struct place *place)
{
    char text[65536], path[PATH_MAX];
    const char *folder;
    json_t *how, *words;
    char **argv;
    int argc, status = EXIT_NOT_LOADED;

    how = place_read(place, "boot.json", text, sizeof(text)) ? json_loads(text, 0, NULL) : NULL;
    words = json_object_get(how, "words");
    folder = json_string_value(json_object_get(how, "folder"));
    argc = (int)json_array_size(words);
    argv = calloc((size_t)argc + 3, sizeof(*argv));
    snprintf(path, sizeof(path), "%s", place->path);
    if (argc != 0 && argv != NULL && folder != NULL && chdir(folder) == 0) {
        for (int i = 0; i < argc; i++)
            argv[i] = (char *)json_string_value(json_array_get(words, (size_t)i));
        argv[argc] = "--machine"; /* the last one counts, and this one is absolute */
        argv[argc + 1] = path;
        status = cli_boot(argc + 2, argv);
    } else {
        cli_message("%s/boot.json does not say how the machine was booted, or its folder is gone",
                    place->path);
    }
    free(argv);
    json_decref(how);
    return status;
}

static int cli_shutdown(int argc, char **argv)
{
    struct attach attach = {.fd = -1};
    struct wishes wishes = {0};
    json_t *end = NULL;
    int status = parse(&wishes, argc, argv), lock;

    if (status == EXIT_FINE)
        status = attach_open(&attach, wishes.machine);
    if (status != EXIT_FINE)
        return status;
    status = attach_run(&attach, json_pack("{s:s}", "verb", "shutdown"), &end);
    json_decref(end);
    lock = end != NULL ? place_lock(&attach.place, true) : -1; /* its process is gone */
    if (lock >= 0)
        close(lock);
    if (status != EXIT_FINE && end != NULL)
        status = EXIT_TIMEOUT;
    if (status == EXIT_FINE && wishes.reboot)
        status = boot_again(&attach.place);
    attach_close(&attach);
    return status;
}

const struct cli_verb cli_verb_shutdown = {
    .name = "shutdown",
    .summary = "end the machine that was booted, or boot it again (/r)",
    .help = shutdown_help,
    .run = cli_shutdown,
};
