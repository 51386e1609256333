/*
 * The summary: records that the machine writes at the end, "key<TAB>field...", as tables. A record
 * of a kind that is not known here is shown as it is, so the kernel may say more than this file
 * understands.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"
#include "report/ntstatus.h"
#include "report/problem.h"

enum { DEPTH_LIMIT = 40 };

struct summary_kind {
    const char *key;
    const char *heading;
};

static const struct summary_kind kinds[] = {
    {"tree", "Device tree"},
    {"wmi", "WMI blocks: GUID, device, instances, flags"},
    {"wmidata", "WMI data: GUID, instance, bytes, data"},
    {"wmierror", "WMI blocks without an answer: GUID, device, status"},
    {"signing", "Driver signatures"},
    {"devices", "Devices: created, deleted"},
    {"irps", "IRPs: allocated, freed"},
    {"irp", "IRPs by major function"},
    {"interrupt", "Interrupts: vector, by, came, claimed by nobody, longest service"},
    {"request", "PnP, power and WMI requests: sent"},
    {"pool", "Pool left: tag, kind, blocks, bytes"},
    {"object", "Objects left: type, objects, handles"},
    {"leak", "Left behind by a driver"},
    {"violation", "Rules broken"},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static size_t key_bytes(const char *record)
{
    return strcspn(record, "\t");
}

static bool has_key(const char *record, const char *key)
{
    return key_bytes(record) == strlen(key) && strncmp(record, key, strlen(key)) == 0;
}

unsigned summary_count(const struct console *console, const char *key)
{
    unsigned count = 0;

    for (unsigned i = 0; i < console->record_count; i++)
        count += has_key(console->record[i], key);
    return count;
}

/* Fields padded to columns; the machine's text shows no control characters. */
static void print_fields(const char *record, FILE *out)
{
    const char *field = record + key_bytes(record);

    fputs("   ", out);
    while (*field == '\t') {
        size_t bytes = strcspn(++field, "\t");
        bool is_last = field[bytes] == '\0';

        fputc(' ', out);
        for (size_t i = 0; i < bytes; i++)
            fputc((unsigned char)field[i] < 0x20 || field[i] == 0x7F ? '.' : field[i], out);
        for (size_t i = bytes; i < 24 && !is_last; i++)
            fputc(' ', out);
        field += bytes;
    }
    fputc('\n', out);
}

/* As Device Manager says it, and what the device's driver or the system had said. */
static void print_problem(unsigned code, uint32_t status, FILE *out)
{
    const struct problem_row *row = problem_find(code);
    char text[NTSTATUS_TEXT_LIMIT];

    fprintf(out, "%s (Code %u)", row != NULL ? row->text : "There is a problem with this device.",
            code);
    if (status != 0)
        fprintf(out, ", status %s", ntstatus_text(status, text));
    fputc('\n', out);
}

/*
 * depth, instance path, service, state, problem, its status: "  PATH  (service)  state". Returns
 * the depth.
 */
static unsigned print_device(const char *record, FILE *out)
{
    char field[6][300] = {""};
    unsigned long depth;

    for (unsigned i = 0; i < 6 && (record = strchr(record, '\t')) != NULL; i++) {
        size_t bytes = strcspn(++record, "\t");

        snprintf(field[i], sizeof(field[i]), "%.*s", (int)bytes, record);
        for (char *c = field[i]; *c != '\0'; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7F)
                *c = '.';
    }
    depth = strtoul(field[0], NULL, 10);
    depth = depth < DEPTH_LIMIT ? depth : DEPTH_LIMIT;
    fprintf(out, "    %*s%s  (%s)  ", (int)depth * 2, "", field[1],
            field[2][0] != '\0' ? field[2] : "no driver");
    if (strcmp(field[4], "0") == 0)
        fprintf(out, "%s\n", field[3]);
    else
        print_problem((unsigned)strtoul(field[4], NULL, 10), (uint32_t)strtoul(field[5], NULL, 0),
                      out);
    return (unsigned)depth;
}

/* "name TAB text", of the device above it. */
static void print_detail(const char *record, unsigned depth, FILE *out)
{
    const char *name = record + key_bytes(record) + 1;
    size_t bytes = strcspn(name, "\t");

    fprintf(out, "        %*s%.*s: ", (int)depth * 2, "", (int)bytes, name);
    for (const char *c = name + bytes + (name[bytes] != '\0'); *c != '\0'; c++)
        fputc((unsigned char)*c < 0x20 || *c == 0x7F ? '.' : *c, out);
    fputc('\n', out);
}

/* Each device, and what is said of it. */
static void print_tree(const struct console *console, FILE *out)
{
    unsigned depth = 0;

    for (unsigned i = 0; i < console->record_count; i++)
        if (has_key(console->record[i], "tree"))
            depth = print_device(console->record[i], out);
        else if (has_key(console->record[i], "device"))
            print_detail(console->record[i], depth, out);
}

static void print_kind(const struct console *console, const struct summary_kind *kind, FILE *out)
{
    if (summary_count(console, kind->key) == 0)
        return;
    fprintf(out, "  %s\n", kind->heading);
    if (strcmp(kind->key, "tree") == 0) {
        print_tree(console, out);
        return;
    }
    for (unsigned i = 0; i < console->record_count; i++)
        if (!has_key(console->record[i], kind->key))
            continue;
        else
            print_fields(console->record[i], out);
}

static bool is_known(const char *record)
{
    if (has_key(record, "device")) /* with the tree */
        return true;
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (has_key(record, kinds[i].key))
            return true;
    return false;
}

static void print_unknown(const char *record, FILE *out)
{
    fprintf(out, "  %.*s\n", (int)key_bytes(record), record);
    print_fields(record, out);
}

static void print_json(const char *record)
{
    json_t *object = json_object(), *fields = json_array();
    const char *field = record + key_bytes(record);

    json_object_set_new(object, "type", json_string("summary"));
    json_object_set_new(object, "key", json_stringn(record, key_bytes(record)));
    while (*field == '\t') {
        size_t bytes = strcspn(++field, "\t");

        json_array_append_new(fields, json_stringn(field, bytes));
        field += bytes;
    }
    json_object_set_new(object, "fields", fields);
    json_dumpf(object, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(object);
}

void summary_show(const struct console *console, FILE *out)
{
    if (console->json) {
        for (unsigned i = 0; i < console->record_count; i++)
            print_json(console->record[i]);
        return;
    }
    for (size_t i = 0; i < KIND_COUNT; i++)
        print_kind(console, &kinds[i], out);
    for (unsigned i = 0; i < console->record_count; i++)
        if (!is_known(console->record[i]))
            print_unknown(console->record[i], out);
}

void summary_print(const struct console *console)
{
    fflush(stdout);
    if (!console->json && console->record_count != 0)
        fputs("\nSummary\n", stderr);
    summary_show(console, stderr);
}

/* ---- the verdict ---- */

/* The exit code of the only program, or of each. */
static void add_exit_codes(const struct run *run, json_t *object)
{
    json_t *codes = json_array();

    for (unsigned i = 0; i < run->options.program_count; i++)
        if (run->program[i].ended)
            json_array_append_new(codes, json_integer(run->program[i].exit_code));
    if (json_array_size(codes) == 1)
        json_object_set(object, "program_exit_code", json_array_get(codes, 0));
    else if (json_array_size(codes) != 0)
        json_object_set(object, "program_exit_codes", codes);
    json_decref(codes);
}

void summary_print_verdict(const struct run *run, int status)
{
    static const char *const texts[] = {
        [EXIT_FINE] = "no error found",
        [EXIT_USAGE] = "not all that was asked for could be done",
        [EXIT_NOT_LOADED] = "could not load",
        [EXIT_BUGCHECK] = "an error was found",
        [EXIT_TIMEOUT] = "no end in sight",
        [EXIT_PROGRAM] = "no error found in the driver, but a program failed",
    };
    const char *text = status == EXIT_DEFECT ? "a defect of Drydock" : texts[status];

    if (run->console.json) {
        json_t *object = json_pack("{s:s, s:i, s:s, s:I}", "type", "verdict", "exit_status", status,
                                   "verdict", text, "seed", (json_int_t)run->options.seed);
        add_exit_codes(run, object);
        json_dumpf(object, stdout, JSON_COMPACT);
        fputc('\n', stdout);
        json_decref(object);
        return;
    }
    for (unsigned i = 0; i < run->options.program_count; i++)
        if (run->program[i].ended && run->program[i].exit_code != 0)
            cli_message("%s: exit code %u (0x%x)", run->program[i].file_name,
                        run->program[i].exit_code, run->program[i].exit_code);
    cli_message("verdict: %s", text);
}
