/* See suggest.h. */
#include "cli/suggest.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SUGGEST_LENGTH 32u /* longer words are no slips */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters to insert, delete, change or swap with the next to make one of the other. */
static unsigned distance(const char *a, const char *b)
{
    unsigned cost[SUGGEST_LENGTH + 2][SUGGEST_LENGTH + 2];
    size_t a_length = strlen(a), b_length = strlen(b);

    if (a_length > SUGGEST_LENGTH || b_length > SUGGEST_LENGTH)
        return SUGGEST_LENGTH;
    for (size_t i = 0; i <= a_length; i++)
        for (size_t j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = (unsigned)(i + j);
                continue;
            }
            cost[i][j] = least(cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                               least(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a_length][b_length];
}

const char *suggest_name(const char *word, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = strlen(word) < 4 ? 2 : 3; /* has to be below */

    for (; *names != NULL; names++) {
        unsigned this_distance = distance(word, *names);

        if (this_distance < best_distance && this_distance < strlen(*names) - 1) {
            best = *names;
            best_distance = this_distance;
        }
    }
    return best;
}

int suggest_option(const struct cli_verb *verb, const char *word, const struct option *options)
{
    const char *names[64] = {NULL}, *near;
    char name[SUGGEST_LENGTH + 1] = "";
    size_t length = strcspn(word, "=");

    for (size_t i = 0; options[i].name != NULL && i < 63; i++)
        names[i] = options[i].name;
    if (strncmp(word, "--", 2) == 0 && length - 2 < sizeof(name))
        memcpy(name, word + 2, length - 2);
    near = name[0] != '\0' ? suggest_name(name, names) : NULL;
    if (near != NULL)
        return cli_usage_error(verb, "%s has no option '%s'; did you mean '--%s'?", verb->name,
                               word, near);
    return cli_usage_error(verb, "%s has no option '%s'", verb->name, word);
}
