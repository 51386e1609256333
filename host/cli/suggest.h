/* "Did you mean ...?" for a word that is not understood. */
#pragma once

#include <getopt.h>

#include "cli/cli.h"

/*
 * The name that a slip of the fingers would make the word of; NULL when none is near. Names end by
 * NULL.
 */
const char *suggest_name(const char *word, const char *const *names);
/* The usage error for an option that the verb has not. Returns EXIT_USAGE. */
int suggest_option(const struct cli_verb *verb, const char *word, const struct option *options);
