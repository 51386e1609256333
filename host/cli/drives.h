/* --drive Z:=DIR: folders of the host's that a machine sees as drives, read-only. */
#pragma once

#include "cli/cli.h"
#include "cli/run_options.h"

/* Takes one option's word. EXIT_FINE, or the exit status after a message. */
int drives_take(const struct cli_verb *verb, struct run_options *options, const char *word);
/* Gives them to the broker. EXIT_FINE, or the exit status after a message. */
int drives_open(const struct run_options *options, broker *broker);
