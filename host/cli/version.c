/* drydock version. */
#include <stdio.h>

#include "cli/cli.h"
#include "hal.h"

static int run_version(int argc, char **argv)
{
    if (argc > 1)
        return cli_usage_error(&cli_verb_version, "version takes no arguments, not '%s'", argv[1]);
    printf("drydock 0.1, HAL interface %u\n", HAL_ABI_VERSION);
    return EXIT_FINE;
}

const struct cli_verb cli_verb_version = {
    .name = "version",
    .summary = "print the version",
    .help = "usage: drydock version\n\n"
            "exit status: 0\n",
    .run = run_version,
};
