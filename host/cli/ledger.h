/* The ledger of exports, abi/exports.tsv, as a table built into the program. */
#pragma once

#include <stddef.h>

enum ledger_state { LEDGER_ABSENT, LEDGER_PARTIAL, LEDGER_DONE };

struct ledger_row { /* sorted by name */
    const char *name;
    enum ledger_state state;
    const char *missing; /* of a partial one */
};
extern const struct ledger_row ledger_rows[];
extern const size_t ledger_row_count;

/* A routine or variable that ntoskrnl or hal export on Windows; NULL: nothing is known of it, so it
 * is absent. */
const struct ledger_row *ledger_find(const char *name);
