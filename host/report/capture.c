/*
 * Reads a bug check, its modules and texts out of a stopped machine's RAM. The driver may have
 * written over any of it, so counts are bounded and strings are ended here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/export_name.h"
#include "report/report.h"

/* A name from the machine: terminated, printable. */
static void copy_text(char *to, size_t to_limit, const char *from, size_t from_limit)
{
    size_t used = 0;

    while (used + 1 < to_limit && used < from_limit && from[used] != '\0') {
        unsigned char c = (unsigned char)from[used];
        to[used++] = c < 0x20 || c == 0x7F ? '.' : (char)c;
    }
    to[used] = '\0';
}

static int read_modules(struct report *report, const struct guest_memory *memory)
{
    const HAL_BUGCHECK *bugcheck = &report->bugcheck;
    uint32_t count =
        bugcheck->module_count < REPORT_MODULE_LIMIT ? bugcheck->module_count : REPORT_MODULE_LIMIT;

    report->module = calloc(count + 1, sizeof(*report->module));
    if (report->module == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct report_module *module = &report->module[report->module_count];
        HAL_MODULE_RECORD record;

        if (!guest_read(memory, bugcheck->module_list + i * sizeof(record), &record,
                        sizeof(record)))
            break;
        module->base = record.base;
        module->size_bytes = record.size_bytes;
        copy_text(module->name, sizeof(module->name), record.name, sizeof(record.name));
        copy_text(module->guest_path, sizeof(module->guest_path), record.host_hint,
                  sizeof(record.host_hint));
        report->module_count++;
    }
    return 0;
}

static const struct report_module *module_of(const struct report *report, uint64_t address)
{
    for (uint32_t i = 0; i < report->module_count; i++)
        if (address - report->module[i].base < report->module[i].size_bytes)
            return &report->module[i];
    return NULL;
}

static void read_frames(struct report *report)
{
    const HAL_BUGCHECK *bugcheck = &report->bugcheck;

    report->frame_count =
        bugcheck->frame_count < HAL_MAX_FRAMES ? bugcheck->frame_count : HAL_MAX_FRAMES;
    for (uint32_t i = 0; i < report->frame_count; i++) {
        struct report_frame *frame = &report->frame[i];

        frame->address = bugcheck->frame[i];
        frame->sp = bugcheck->frame_sp[i];
        frame->module = module_of(report, frame->address);
    }
    for (int i = 0; i < 4; i++) {
        report->parameter[i].address = bugcheck->parameter[i];
        report->parameter[i].module = module_of(report, bugcheck->parameter[i]);
    }
}

bool report_address_at(const char *text, uint64_t *address)
{
    static const char digits[] = "0123456789ABCDEF";

    *address = 0;
    for (int i = 0; i < 16; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

        if (digit == NULL)
            return false;
        *address = *address << 4 | (uint64_t)(digit - digits);
    }
    return text[16] == '\0' || strchr(digits, text[16]) == NULL;
}

static bool is_kernel(const struct report_module *module)
{
    return strcmp(module->name, "ntoskrnl.exe") == 0 || strcmp(module->name, "hal.dll") == 0;
}

/* Addresses in drivers that the text names: the one who freed a block, a dispatch routine. */
static void read_named(struct report *report)
{
    const char *at = report->text;

    while (*at != '\0' && report->named_count < REPORT_NAMED_LIMIT) {
        struct report_frame *frame = &report->named[report->named_count];

        if (!report_address_at(at, &frame->address)) {
            at++;
            continue;
        }
        at += 16;
        frame->module = module_of(report, frame->address);
        report->named_count += frame->module != NULL && !is_kernel(frame->module);
    }
}

static int read_bugcheck(struct report *report, const struct guest_memory *memory, uint64_t address)
{
    HAL_BUGCHECK *bugcheck = &report->bugcheck;
    int error;

    if (!guest_read(memory, address, bugcheck, sizeof(*bugcheck)))
        return 0;
    bugcheck->process_name[sizeof(bugcheck->process_name) - 1] = '\0';
    copy_text(bugcheck->process_name, sizeof(bugcheck->process_name), bugcheck->process_name,
              sizeof(bugcheck->process_name));
    if (bugcheck->object_text != 0)
        guest_read_text(memory, bugcheck->object_text, bugcheck->object_text_length, report->text,
                        sizeof(report->text));
    error = read_modules(report, memory);
    if (error != 0)
        return error;
    read_frames(report);
    read_named(report);
    report->readable = true;
    return 0;
}

int report_read(struct report *report, const struct guest_memory *memory, uint32_t stop_kind,
                uint64_t argument)
{
    memset(report, 0, sizeof(*report));
    report->kind = stop_kind;
    return stop_kind == HAL_STOP_SHUTDOWN ? 0 : read_bugcheck(report, memory, argument);
}

void report_free(struct report *report)
{
    free(report->module);
    report->module = NULL;
    report->module_count = 0;
}

/* A return address points after its call, which may be the next line or function: look one byte
 * back. */
static uint64_t place_of(const struct report *report, const struct report_frame *frame)
{
    bool is_fault = report->bugcheck.has_registers && frame->address == report->bugcheck.reg[16];

    return frame->address - frame->module->base - (is_fault ? 0 : 1);
}

/* "code at ..." is a return address; "the routine at ..." is a first byte, with which looking back
 * would miss. */
bool report_is_return_address(const struct report *report, const struct report_frame *named)
{
    char text[40];

    snprintf(text, sizeof(text), "code at %016llX", (unsigned long long)named->address);
    return strstr(report->text, text) != NULL;
}

/* One place: of a call the innermost inlined function, of a routine the routine. */
static void choose_place(struct report *report, struct report_frame *named)
{
    struct symbol_query *symbol = &named->symbol;

    if (symbol->count > 1 && !report_is_return_address(report, named))
        symbol->place[0] = symbol->place[symbol->count - 1];
    symbol->count = symbol->count != 0 && symbol->place[0].line != 0 ? 1 : 0;
}

static void symbolise_module(struct report *report, const struct report_module *module)
{
    static struct symbol_query query[HAL_MAX_FRAMES + 4 + REPORT_NAMED_LIMIT];
    struct report_frame *frame[HAL_MAX_FRAMES + 4 + REPORT_NAMED_LIMIT];
    size_t count = 0;

    for (uint32_t i = 0; i < report->frame_count; i++)
        if (report->frame[i].module == module) {
            query[count].rva = place_of(report, &report->frame[i]);
            frame[count++] = &report->frame[i];
        }
    for (int i = 0; i < 4; i++)
        if (report->parameter[i].module == module) {
            query[count].rva = report->parameter[i].address - module->base;
            frame[count++] = &report->parameter[i];
        }
    for (uint32_t i = 0; i < report->named_count; i++)
        if (report->named[i].module == module) {
            query[count].rva = report->named[i].address - module->base -
                               (report_is_return_address(report, &report->named[i]) ? 1 : 0);
            frame[count++] = &report->named[i];
        }
    for (size_t i = 0; i < count; i++)
        query[i].count = 0;
    if (count == 0)
        return;
    if (symbol_lookup(module->host_path, query, count))
        report->has_symbols = true;
    export_name_lookup(module->host_path, query, count);
    for (size_t i = 0; i < count; i++)
        frame[i]->symbol = query[i];
}

void report_symbolise(struct report *report, report_find_image *find_image, void *context)
{
    for (uint32_t i = 0; i < report->module_count; i++) {
        struct report_module *module = &report->module[i];

        find_image(context, module->name, module->guest_path, module->host_path,
                   sizeof(module->host_path));
        if (module->host_path[0] != '\0')
            symbolise_module(report, module);
    }
    for (uint32_t i = 0; i < report->named_count; i++)
        choose_place(report, &report->named[i]);
}

const struct report_frame *report_named(const struct report *report, uint64_t address)
{
    for (uint32_t i = 0; i < report->named_count; i++)
        if (report->named[i].address == address && report->named[i].symbol.count != 0)
            return &report->named[i];
    return NULL;
}

const struct report_frame *report_blamed_frame(const struct report *report)
{
    const struct report_frame *outside = NULL;

    for (uint32_t i = 0; i < report->frame_count; i++) {
        const struct report_frame *frame = &report->frame[i];

        if (frame->module == NULL)
            continue;
        if (report->bugcheck.driver_base != 0 &&
            frame->module->base == report->bugcheck.driver_base)
            return frame;
        if (outside == NULL && !is_kernel(frame->module) && frame->module->base >= HAL_SYSTEM_START)
            outside = frame;
    }
    return outside;
}

const char *report_irql_name(unsigned irql)
{
    static const char *const low[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
    static const char *const high[] = {"CLOCK_LEVEL", "IPI_LEVEL", "HIGH_LEVEL"};

    if (irql < 3)
        return low[irql];
    if (irql <= 12)
        return "DIRQL";
    return irql >= 13 && irql <= 15 ? high[irql - 13] : "";
}
