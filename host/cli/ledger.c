/* See ledger.h. */
#include "cli/ledger.h"

#include <stdlib.h>
#include <string.h>

static int compare_row(const void *name, const void *row)
{
    return strcmp(name, ((const struct ledger_row *)row)->name);
}

const struct ledger_row *ledger_find(const char *name)
{
    return bsearch(name, ledger_rows, ledger_row_count, sizeof(ledger_rows[0]), compare_row);
}
