/*
 * The bug check report: guest memory behind hostile page tables, the tables of codes, symbols of a
 * real image, text and JSON. The "machine" here is a piece of RAM laid out by hand.
 */
#include <stdlib.h>
#include <unistd.h>

#include "report/bugcheck_table.h"
#include "report/report.h"
#include "tap.h"

#define RAM_PAGES 64u
#define DATA_VA 0x600000000000ull
#define DATA_PFN 8u

static uint64_t g_ram[RAM_PAGES * HAL_PAGE_SIZE / 8] __attribute__((aligned(4096)));
static struct guest_memory g_memory = {(uint8_t *)g_ram, sizeof(g_ram), 1};

static uint64_t *table(uint64_t pfn)
{
    return &g_ram[pfn * 512];
}

/* DATA_VA shows pages DATA_PFN.. of RAM; page 20 of it is not mapped. */
static void make_ram(void)
{
    memset(g_ram, 0, sizeof(g_ram));
    table(1)[DATA_VA >> 39 & 511] = 2 << 12 | HAL_PTE_PRESENT;
    table(2)[DATA_VA >> 30 & 511] = 3 << 12 | HAL_PTE_PRESENT;
    table(3)[DATA_VA >> 21 & 511] = 4 << 12 | HAL_PTE_PRESENT;
    for (uint64_t i = 0; i < 20; i++)
        table(4)[i] = (DATA_PFN + i) << 12 | HAL_PTE_PRESENT | HAL_PTE_NX;
    table(4)[21] = 0xFFFFFFFFFull << 12 | HAL_PTE_PRESENT; /* a page that RAM does not have */
}

static void *data_at(uint64_t offset)
{
    return (uint8_t *)table(DATA_PFN) + offset;
}

static void test_memory(void)
{
    char text[32], buffer[64];

    make_ram();
    strcpy(data_at(4090), "across pages");
    ok(guest_read(&g_memory, DATA_VA + 4090, buffer, 13) && strcmp(buffer, "across pages") == 0,
       "a read across a page boundary");
    ok(!guest_read(&g_memory, DATA_VA + 20 * 4096 - 4, buffer, 8), "a read into an unmapped page");
    ok(guest_read(&g_memory, DATA_VA + 20 * 4096 - 4, buffer, 4), "a read up to it");
    ok(!guest_read(&g_memory, DATA_VA + 21 * 4096, buffer, 1), "a page number beyond RAM");
    ok(!guest_read(&g_memory, 0xFFFFF80000000000ull, buffer, 1), "the high half");
    ok(!guest_read(&g_memory, UINT64_MAX, buffer, 2), "the last address");
    is(guest_read_text(&g_memory, DATA_VA + 4090, 6, text, sizeof(text)), 6,
       "text of a given length");
    is_text(text, "across", "that text");
    memset(data_at(20 * 4096 - 4), 0x01, 4);
    is(guest_read_text(&g_memory, DATA_VA + 20 * 4096 - 4, SIZE_MAX, text, sizeof(text)), 4,
       "text up to a hole");
    is_text(text, "....", "control characters are not passed on");
    table(3)[(DATA_VA + (1 << 21)) >> 21 & 511] = HAL_PTE_PRESENT | 0x80; /* 2 MiB, from page 0 on */
    ok(guest_read(&g_memory, DATA_VA + (1 << 21) + DATA_PFN * 4096 + 4090, buffer, 13) &&
           strcmp(buffer, "across pages") == 0,
       "a large page");
    ok(!guest_read(&g_memory, DATA_VA + (1 << 21) + RAM_PAGES * 4096, buffer, 1),
       "a large page ends with RAM");
    table(4)[0] =
        1 << 12 |
        HAL_PTE_PRESENT; /* tables that show themselves are no loop: four levels are four reads */
    ok(guest_read(&g_memory, DATA_VA, buffer, 8), "a page table shown as data");
    g_memory.root_pfn = RAM_PAGES;
    ok(!guest_read(&g_memory, DATA_VA, buffer, 1), "a root beyond RAM");
    g_memory.root_pfn = 1;
}

static void test_tables(void)
{
    uint64_t parameter[4] = {0};
    const struct bugcheck_row *row;

    is_text(bugcheck_find(0xD1, parameter)->name, "DRIVER_IRQL_NOT_LESS_OR_EQUAL", "0xD1");
    ok(bugcheck_find(0xD1, parameter)->meaning[0] != '\0', "0xD1 is explained");
    parameter[0] = 3;
    row = bugcheck_find(0x19, parameter);
    is_text(row->selector, "3", "0x19 with parameter 3");
    parameter[0] = 0x24;
    is_text(bugcheck_find(0x19, parameter)->selector, "0xD/0xE/0xF/0x23/0x24/0x25",
            "a list of values");
    parameter[0] = 0x98765;
    row = bugcheck_find(0x19, parameter);
    is_text(row->name, "BAD_POOL_HEADER", "a value nobody knows keeps the name");
    is_text(row->condition, "", "and describes nothing");
    ok(bugcheck_find(0xDEADBEEF, parameter) == NULL, "a code nobody knows");
    ok(bugcheck_find_rule(0xC4, 0x60) != NULL, "a verifier rule");
    ok(bugcheck_find_rule(0xC4, 0x123456789) == NULL && bugcheck_find_rule(0xA, 0x60) == NULL,
       "no rule");
    for (size_t i = 0; i < bugcheck_row_count; i++)
        if (bugcheck_rows[i].name[0] == '\0' || bugcheck_rows[i].code == 0)
            ok(false, "row %zu has a code and a name", i);
    ok(bugcheck_row_count > 400 && verifier_row_count > 300, "the tables are whole");
}

/* A bug check in "sample.sys", whose frames are 0x10 bytes into it and in no image. */
static void put_bugcheck(HAL_BUGCHECK *bugcheck)
{
    HAL_MODULE_RECORD *module = data_at(8192);

    make_ram();
    memset(bugcheck, 0, sizeof(*bugcheck));
    bugcheck->code = 0xD1;
    bugcheck->parameter[1] = 2;
    bugcheck->irql = 2;
    bugcheck->frame_count = 2;
    bugcheck->frame[0] = 0x600001000010;
    bugcheck->frame[1] = 0x1234;
    strcpy(bugcheck->process_name, "System");
    bugcheck->driver_base = 0x600001000000;
    bugcheck->module_list = DATA_VA + 8192;
    bugcheck->module_count = 1;
    bugcheck->object_text = DATA_VA + 16384;
    bugcheck->object_text_length = 5;
    bugcheck->virtual_time_100ns = 12345678;
    strcpy(data_at(16384), "pool block");
    module->base = 0x600001000000;
    module->size_bytes = 0x4000;
    strcpy(module->name, "sample.sys");
}

static char *text_of(const struct report *report, bool colour)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    report_print_text(report, out, colour);
    fclose(out);
    return text;
}

static void test_report(void)
{
    HAL_BUGCHECK *bugcheck = (make_ram(), data_at(0));
    struct report *report = malloc(sizeof(*report));
    json_t *json;
    char *text;

    put_bugcheck(bugcheck);
    is((uint64_t)report_read(report, &g_memory, HAL_STOP_BUGCHECK, DATA_VA), 0, "read");
    ok(report->readable && report->module_count == 1 && report->frame_count == 2,
       "modules and frames");
    is_text(report->text, "pool ", "the object's text has its length");
    ok(report_blamed_frame(report) == &report->frame[0], "the frame in the blamed driver");
    report->repeat_command = "drydock run 'a b.sys'";
    text = text_of(report, false);
    static const char *const wanted[] = {"*** STOP: 0x000000D1 (",
                                         "DRIVER_IRQL_NOT_LESS_OR_EQUAL",
                                         "What it means",
                                         "sample.sys+0x10",
                                         "IRQL 2 (DISPATCH_LEVEL)",
                                         "1.234567 s",
                                         "System",
                                         "drydock run 'a b.sys'",
                                         "    pool \n"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        ok(strstr(text, wanted[i]) != NULL, "the text has: %s", wanted[i]);
    ok(strchr(text, '\033') == NULL, "no colour unless asked");
    free(text);
    text = text_of(report, true);
    ok(strchr(text, '\033') != NULL, "colour when asked");
    free(text);
    json = report_to_json(report);
    is_text(json_string_value(json_object_get(json, "code")), "0xd1", "JSON: code");
    is(json_array_size(json_object_get(json, "frames")), 2, "JSON: frames");
    json_decref(json);
    report_free(report);
    free(report);
}

static void test_hostile(void)
{
    HAL_BUGCHECK *bugcheck = (make_ram(), data_at(0));
    struct report *report = malloc(sizeof(*report));
    char *text;

    put_bugcheck(bugcheck);
    bugcheck->frame_count = bugcheck->module_count = bugcheck->object_text_length = 0xFFFFFFFF;
    memset(bugcheck->process_name, 0xFF, sizeof(bugcheck->process_name));
    is((uint64_t)report_read(report, &g_memory, HAL_STOP_BUGCHECK, DATA_VA), 0,
       "counts out of bounds");
    ok(report->frame_count == HAL_MAX_FRAMES && report->module_count <= REPORT_MODULE_LIMIT,
       "are bounded");
    free(text_of(report, true));
    json_decref(report_to_json(report));
    report_free(report);
    is((uint64_t)report_read(report, &g_memory, HAL_STOP_BUGCHECK, 0xDEAD), 0,
       "a bug check that is nowhere");
    ok(!report->readable, "is not readable");
    text = text_of(report, false);
    ok(strstr(text, "defect of Drydock") != NULL, "and is our defect");
    free(text);
    report_free(report);
    free(report);
}

static void fixed_image(void *context, const char *name, const char *guest_path, char *host_path,
                        size_t limit)
{
    (void)guest_path;
    snprintf(host_path, limit, "%s", strcmp(name, "sample.sys") == 0 ? (const char *)context : "");
}

/* The program itself is an image with DWARF: the symboliser does not care what kind. */
static void test_symbols(const char *self)
{
    struct symbol_query query = {.rva = (uint64_t)(uintptr_t)&test_symbols};
    struct report *report = calloc(1, sizeof(*report));
    char line[200];

    make_ram();
    put_bugcheck(data_at(0));
    report_read(report, &g_memory, HAL_STOP_BUGCHECK, DATA_VA);
    report_symbolise(report, fixed_image, (void *)"/nonexistent.sys");
    ok(report->frame[0].symbol.count == 0, "no symbols for a file that is not there");
    report_free(report);
    free(report);
    ok(!symbol_read_line("/dev/zero", 1, line, sizeof(line)), "a device is no source file");
    ok(!symbol_read_line(".", 1, line, sizeof(line)), "nor is a folder");
    ok(symbol_read_line("tests/host/report_test.c", 2, line, sizeof(line)) &&
           strstr(line, "bug check report") != NULL,
       "a source line");
    ok(!symbol_read_line("tests/host/report_test.c", 100000, line, sizeof(line)),
       "a line past the end");
    query.rva = 0;
    ok(symbol_lookup(self, &query, 1) || access("/usr/bin/llvm-symbolizer-19", X_OK) != 0,
       "the tool runs");
}

static void test_quoting(void)
{
    char *const argv[] = {"drydock", "run", "a b.sys", "it's", "--seed=1", ""};
    char *text = report_quote_command(6, argv);

    is_text(text, "drydock run 'a b.sys' 'it'\\''s' --seed=1 ''", "quoting");
    free(text);
}

int main(int argc, char **argv)
{
    (void)argc;
    test_memory();
    test_tables();
    test_report();
    test_hostile();
    test_symbols(argv[0]);
    test_quoting();
    return done_testing();
}
