/* The verbs of the command line, one file each, and the exit statuses. */
#pragma once

enum {
    EXIT_FINE = 0,
    EXIT_USAGE = 1,
    EXIT_NOT_LOADED = 2,
    EXIT_BUGCHECK = 3,
    EXIT_TIMEOUT = 4,
    EXIT_DEFECT = 70
};

int cli_run(int argc, char **argv);
