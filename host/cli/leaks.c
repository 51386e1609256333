/*
 * See leaks.h. The machine has unloaded the driver by then, so the record has an offset and the
 * driver's name.
 */
#include "cli/leaks.h"

#include <stdlib.h>
#include <string.h>

#include "report/symbol.h"

static const struct run_driver *find_driver(const struct run *run, const char *name, size_t length)
{
    for (unsigned i = 0; i < run->options.driver_count; i++)
        if (strlen(run->driver[i].service_name) == length &&
            strncmp(run->driver[i].service_name, name, length) == 0)
            return &run->driver[i];
    return NULL;
}

/*
 * The record with its place; NULL when none is known. The offset is of a return address: one byte
 * back is the call.
 */
static char *with_place(const struct run *run, const char *record)
{
    const char *name = strstr(record, ", allocated by "), *plus = strrchr(record, '+');
    const struct run_driver *driver;
    struct symbol_query query = {0};
    const struct symbol_place *place;
    char *text;

    if (strncmp(record, "leak\t", 5) != 0 || name == NULL || plus == NULL || plus < name)
        return NULL;
    name += strlen(", allocated by ");
    driver = find_driver(run, name, (size_t)(plus - name));
    query.rva = strtoull(plus + 1, NULL, 16) - 1;
    if (driver == NULL || !symbol_lookup(driver->path, &query, 1) || query.count == 0)
        return NULL;
    place = &query.place[0];
    if (place->line == 0 ||
        asprintf(&text, "%.*s!%s  %s:%u", (int)(plus - record), record, place->function,
                 place->file, place->line) < 0)
        return NULL;
    return text;
}

void leaks_symbolise(struct run *run)
{
    for (unsigned i = 0; i < run->console.record_count; i++) {
        char *text = with_place(run, run->console.record[i]);

        if (text == NULL)
            continue;
        free(run->console.record[i]);
        run->console.record[i] = text;
    }
}
