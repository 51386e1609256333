/* Picks the row of the bug check tables that fits a code and its parameters. */
#include "report/bugcheck_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "3", "5/6/7", "0x101-0x10C" against a value. */
static bool list_matches(const char *list, uint64_t value)
{
    while (*list != '\0') {
        char *end;
        uint64_t low = strtoull(list, &end, 0), high = low;

        if (end == list)
            return false;
        if (*end == '-')
            high = strtoull(end + 1, &end, 0);
        if (value >= low && value <= high)
            return true;
        list = *end == '/' ? end + 1 : end;
        if (*end != '/' && *end != '\0')
            return false;
    }
    return false;
}

/* 2: the selector names this value; 1: it is for any; 0: it is for others. */
static int selector_fit(const char *selector, const uint64_t parameter[4])
{
    if (selector[0] == '\0' || strcmp(selector, "other") == 0)
        return 1;
    if (strncmp(selector, "p4=", 3) == 0)
        return list_matches(selector + 3, parameter[3]) ? 2 : 0;
    return list_matches(selector, parameter[0]) ? 2 : 0;
}

const struct bugcheck_row *bugcheck_find(uint32_t code, const uint64_t parameter[4])
{
    static struct bugcheck_row
        name_only; /* the code is known, this value of its parameter is not */
    const struct bugcheck_row *best = NULL;
    int best_fit = 0;

    for (size_t i = 0; i < bugcheck_row_count; i++) {
        const struct bugcheck_row *row = &bugcheck_rows[i];
        int fit = row->code == code ? selector_fit(row->selector, parameter) : 0;

        if (row->code == code && best == NULL) {
            name_only = (struct bugcheck_row){.code = code,
                                              .name = row->name,
                                              .selector = "",
                                              .parameter = {"", "", "", ""},
                                              .condition = "",
                                              .meaning = row->meaning};
            best = &name_only;
        }
        if (fit > best_fit) {
            best = row;
            best_fit = fit;
        }
    }
    return best;
}

const struct verifier_row *bugcheck_find_rule(uint32_t code, uint64_t subcode)
{
    for (size_t i = 0; i < verifier_row_count; i++)
        if (verifier_rows[i].code == code && verifier_rows[i].subcode == subcode)
            return &verifier_rows[i];
    return NULL;
}
