/* The report as text: what happened, what it means, where, in which state, and how to see it again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/bugcheck_table.h"
#include "report/ntstatus.h"
#include "report/report.h"

struct style {
    const char *alarm, *heading, *strong, *dim, *end;
};
static const struct style plain = {"", "", "", "", ""};
static const struct style coloured = {"\033[1;31m", "\033[1m", "\033[1;33m", "\033[2m", "\033[0m"};

static void print_heading(FILE *out, const struct style *style, const char *text)
{
    fprintf(out, "\n%s%s%s\n", style->heading, text, style->end);
}

/* Words of text, wrapped and indented by four. */
static void print_wrapped(FILE *out, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t word = strcspn(text, " \n");

        if (column != 0 && column + 1 + word > 96) {
            fputc('\n', out);
            column = 0;
        }
        fprintf(out, "%s%.*s", column == 0 ? "    " : " ", (int)word, text);
        column += word + (column == 0 ? 4 : 1);
        text += word;
        text += strspn(text, " \n");
    }
    fputc('\n', out);
}

/* The first line alone. */
static void print_wrapped_line(FILE *out, const char *text)
{
    char *line = strndup(text, strcspn(text, "\n"));

    if (line != NULL && line[0] != '\0')
        print_wrapped(out, line);
    free(line);
}

/* "page fault at..." as a sentence. */
static void print_condition(FILE *out, const char *condition)
{
    char *sentence;

    if (condition[0] == '\0' || asprintf(&sentence, "This case: %s.", condition) < 0)
        return;
    print_wrapped(out, sentence);
    free(sentence);
}

/* Of the bug checks for exceptions that nothing caught. */
static bool is_breakpoint(const struct report *report)
{
    uint32_t code = report->bugcheck.code & 0xFFFFFFF,
             exception = (uint32_t)report->bugcheck.parameter[0];

    return (code == 0x1E || code == 0x3B || code == 0x7E || code == 0x8E) &&
           (exception == 0x80000003 ||
            exception == 0xC0000420); /* STATUS_BREAKPOINT, STATUS_ASSERTION_FAILURE */
}

static void print_meaning(const struct report *report, FILE *out, const struct style *style,
                          const struct bugcheck_row *row, const struct verifier_row *rule)
{
    print_heading(out, style, "What it means");
    if (row == NULL) {
        print_wrapped(out, "The driver called KeBugCheckEx with a code of its own: Windows "
                           "documents no bug check with "
                           "this number.");
        return;
    }
    if (report->bugcheck.code == 0xA && !report->bugcheck.has_registers) {
        print_wrapped(out, "The kernel has found a mistake before it does harm. Windows notices it "
                           "later, mostly by "
                           "this bug check; what it is stands under \"Object concerned\".");
        return;
    }
    if (row->meaning[0] != '\0')
        print_wrapped(out, row->meaning);
    if (rule != NULL) {
        fprintf(out, "    %sRule 0x%llx%s%s%s\n", style->strong,
                (unsigned long long)report->bugcheck.parameter[0],
                rule->name[0] != '\0' ? ": " : "", rule->name, style->end);
        print_condition(out, rule->condition);
    } else {
        print_condition(out, row->condition);
    }
    if (is_breakpoint(report))
        print_wrapped(out, "The exception is a breakpoint: DbgBreakPoint, or an assertion that "
                           "failed. Without a kernel "
                           "debugger attached nothing takes it, here as on Windows.");
    if (row->meaning[0] == '\0' && row->condition[0] == '\0')
        print_wrapped(out, "Drydock has no description of this code beyond its name.");
}

/* A file below the current folder by its short name. */
static const char *short_path(const char *file)
{
    static char folder[1024];
    size_t bytes;

    if (folder[0] == '\0' && getcwd(folder, sizeof(folder)) == NULL)
        return file;
    bytes = strlen(folder);
    return strncmp(file, folder, bytes) == 0 && file[bytes] == '/' ? file + bytes + 1 : file;
}

static void print_place(FILE *out, const struct report_frame *frame, unsigned index,
                        const char *before, const char *after)
{
    const struct symbol_place *place = &frame->symbol.place[index];

    fprintf(out, "%s%.*s!%s", before, (int)strcspn(frame->module->name, "."), frame->module->name,
            place->function);
    if (place->line != 0)
        fprintf(out, "  %s:%u", short_path(place->file), place->line);
    fputs(after, out);
}

static const char *parameter_text(const struct bugcheck_row *row, const struct verifier_row *rule,
                                  int index)
{
    const char *text = "";

    if (rule != NULL && index > 0)
        text = rule->parameter[index - 1];
    else if (rule != NULL)
        text = "the rule";
    else if (row != NULL)
        text = row->parameter[index];
    if (row != NULL && index == 0 && text[0] != '\0' &&
        (strcmp(text, row->selector) == 0 || strcmp(text, "same") == 0))
        return "says which case of this bug check it is";
    return text[0] == '\0' && (row == NULL || row->parameter[0][0] == '\0') ? "not documented"
           : text[0] == '\0'                                                 ? "not used"
                                                                             : text;
}

/*
 * What a value means where the text lists meanings, "0 read,1 write": the words after the value.
 * Returns their length, 0 when the text has none for it.
 */
static size_t find_meaning(const char *text, uint64_t value, const char **meaning)
{
    const char *item = strchr(text, ':') != NULL ? strchr(text, ':') + 1 : text;

    while (*item != '\0') {
        size_t bytes = strcspn(item, ",;");
        char *after;
        uint64_t number;

        item += strspn(item, " ");
        bytes = strcspn(item, ",;");
        number = strtoull(item, &after, 0);
        if (after != item && *after == ' ' && number == value) {
            *meaning = after + 1;
            return bytes - (size_t)(after + 1 - item);
        }
        item += bytes + (item[bytes] != '\0');
    }
    return 0;
}

/* Data has no lines: the symbol before it says nothing of it. */
static bool is_code(const struct report_frame *frame)
{
    return frame->symbol.count != 0 && frame->symbol.place[frame->symbol.count - 1].line != 0;
}

static void print_parameter(FILE *out, const struct report_frame *parameter, const char *text)
{
    const char *meaning, *names = strstr(text, "exception code");
    size_t bytes = find_meaning(text, parameter->address, &meaning);
    char status[NTSTATUS_TEXT_LIMIT];

    if (strcmp(text, "address touched") == 0 && parameter->address < 0x1000) {
        fprintf(out, "%s: a NULL pointer and an offset\n", text);
        return;
    }
    if (bytes != 0) { /* the one meaning instead of the list */
        size_t heading = strchr(text, ':') != NULL ? strcspn(text, ":") + 2 : 0;
        fprintf(out, "%.*s%.*s\n", (int)heading, text, (int)bytes, meaning);
        return;
    }
    fputs(text, out);
    if (names == text)
        fprintf(out, ": %s", ntstatus_text((uint32_t)parameter->address, status));
    else if (parameter->module != NULL && is_code(parameter))
        print_place(out, parameter, parameter->symbol.count - 1, " (", ")");
    else if (parameter->module != NULL)
        fprintf(out, " (%s+0x%llx)", parameter->module->name,
                (unsigned long long)(parameter->address - parameter->module->base));
    fputc('\n', out);
}

static void print_parameters(const struct report *report, FILE *out, const struct style *style,
                             const struct bugcheck_row *row, const struct verifier_row *rule)
{
    print_heading(out, style, "Parameters");
    for (int i = 0; i < 4; i++) {
        fprintf(out, "    %d  0x%016llx  ", i + 1,
                (unsigned long long)report->bugcheck.parameter[i]);
        print_parameter(out, &report->parameter[i], parameter_text(row, rule, i));
    }
}

static void print_source_line(FILE *out, const struct style *style,
                              const struct symbol_place *place)
{
    char line[200];

    if (place->file[0] != '\0' && place->line != 0 &&
        symbol_read_line(place->file, place->line, line, sizeof(line)))
        fprintf(out, "         %s%6u |%s %s%s%s\n", style->dim, place->line, style->end,
                style->strong, line, style->end);
}

/* "module+0x1234" into text. */
static void format_offset(const struct report_frame *frame, char *text, size_t limit)
{
    if (frame->module == NULL)
        snprintf(text, limit, "0x%llx", (unsigned long long)frame->address);
    else
        snprintf(text, limit, "%s+0x%llx", frame->module->name,
                 (unsigned long long)(frame->address - frame->module->base));
}

static void print_frame(FILE *out, const struct style *style, const struct report_frame *frame,
                        unsigned number, bool is_blamed)
{
    char offset[80];

    format_offset(frame, offset, sizeof(offset));
    for (unsigned i = 0; i < frame->symbol.count; i++) {
        if (i == 0)
            fprintf(out, "%s%s%3u %s ", is_blamed ? style->strong : "", is_blamed ? "  >" : "   ",
                    number, is_blamed ? style->end : "");
        else
            fprintf(out, "        ");
        print_place(out, frame, i, "", i + 1 < frame->symbol.count ? "  (inlined)\n" : "\n");
        if (is_blamed)
            print_source_line(out, style, &frame->symbol.place[i]);
    }
    if (frame->symbol.count == 0)
        fprintf(out, "%s%s%3u %s %s\n", is_blamed ? style->strong : "", is_blamed ? "  >" : "   ",
                number, is_blamed ? style->end : "", offset);
}

/* How many frames from this one on are the same call again. */
static uint32_t same_frames(const struct report *report, uint32_t first)
{
    uint32_t count = 1;

    while (first + count < report->frame_count &&
           report->frame[first + count].address == report->frame[first].address)
        count++;
    return count;
}

static void print_backtrace(const struct report *report, FILE *out, const struct style *style)
{
    const struct report_frame *blamed = report_blamed_frame(report);

    if (report->frame_count == 0)
        return;
    print_heading(out, style, "Backtrace (innermost first)");
    for (uint32_t i = 0; i < report->frame_count; i++) {
        uint32_t run = same_frames(report, i);

        print_frame(out, style, &report->frame[i], i, &report->frame[i] == blamed);
        if (run > 3) {
            fprintf(out, "        %s... %u more of the same%s\n", style->dim, run - 1, style->end);
            i += run - 1;
        }
    }
    if (!report->has_symbols)
        fprintf(out,
                "    %s(llvm-symbolizer was not found or knows nothing of these images: offsets "
                "only)%s\n",
                style->dim, style->end);
}

static void print_state(const struct report *report, FILE *out, const struct style *style)
{
    const HAL_BUGCHECK *b = &report->bugcheck;

    print_heading(out, style, "State");
    fprintf(out, "    processor %u, IRQL %u (%s), %llu.%06llu s after boot\n", b->processor,
            b->irql, report_irql_name(b->irql),
            (unsigned long long)(b->virtual_time_100ns / 10000000),
            (unsigned long long)(b->virtual_time_100ns / 10 % 1000000));
    fprintf(out, "    thread 0x%llx (id %llu) of process %s (id %llu)\n",
            (unsigned long long)b->thread, (unsigned long long)b->thread_id,
            b->process_name[0] != '\0' ? b->process_name : "(no name)",
            (unsigned long long)b->process_id);
}

static void print_registers(const struct report *report, FILE *out, const struct style *style)
{
    static const char *const names[17] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                          "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                          "r12", "r13", "r14", "r15", "rip"};

    if (!report->bugcheck.has_registers)
        return;
    print_heading(out, style, "Registers");
    for (int i = 0; i < 17; i++)
        fprintf(out, "%s%4s %016llx%s", i % 4 == 0 ? "   " : "  ", names[i],
                (unsigned long long)report->bugcheck.reg[i], i % 4 == 3 ? "\n" : "");
    fprintf(out, "   efl %016llx\n", (unsigned long long)report->bugcheck.eflags);
}

/* A line of the machine's text, with what is at the addresses that it names; below it the source of
 * the first call. */
static void print_text_line(const struct report *report, FILE *out, const struct style *style,
                            const char *line, size_t bytes)
{
    const struct report_frame *named, *first = NULL;

    fputs("    ", out);
    for (size_t i = 0; i < bytes; i++) {
        uint64_t address;

        fputc(line[i], out);
        if (i < 15 || !report_address_at(line + i - 15, &address))
            continue;
        named = report_named(report, address);
        if (named != NULL)
            print_place(out, named, 0, " (", ")");
        if (first == NULL && named != NULL && report_is_return_address(report, named))
            first = named;
    }
    fputc('\n', out);
    if (first != NULL)
        print_source_line(out, style, &first->symbol.place[0]);
}

static void print_object(const struct report *report, FILE *out, const struct style *style,
                         const char *line)
{
    if (line[0] == '\0')
        return;
    print_heading(out, style, "Object concerned");
    line += line[0] == '\n';
    while (*line != '\0') {
        size_t bytes = strcspn(line, "\n");

        print_text_line(report, out, style, line, bytes);
        line += bytes + (line[bytes] == '\n');
    }
}

static void print_repeat(const struct report *report, FILE *out, const struct style *style)
{
    if (report->repeat_command == NULL)
        return;
    print_heading(out, style, "See it again");
    fprintf(out, "    %s\n", report->repeat_command);
}

static void print_bugcheck(const struct report *report, FILE *out, const struct style *style)
{
    const HAL_BUGCHECK *b = &report->bugcheck;
    const struct bugcheck_row *row = bugcheck_find(b->code, b->parameter);
    const struct verifier_row *rule = bugcheck_find_rule(b->code, b->parameter[0]);

    fprintf(out, "\n%s*** STOP: 0x%08X (0x%016llX,0x%016llX,0x%016llX,0x%016llX)%s\n", style->alarm,
            b->code, (unsigned long long)b->parameter[0], (unsigned long long)b->parameter[1],
            (unsigned long long)b->parameter[2], (unsigned long long)b->parameter[3], style->end);
    fprintf(out, "%s*** %s%s\n", style->alarm,
            row != NULL ? row->name : "a bug check of the driver's own", style->end);
    print_meaning(report, out, style, row, rule);
    print_parameters(report, out, style, row, rule);
    print_object(report, out, style, report->text);
    print_backtrace(report, out, style);
    print_state(report, out, style);
    print_registers(report, out, style);
    print_repeat(report, out, style);
}

/* What is known of where and when, for stops that are no bug checks. */
static void print_details(const struct report *report, FILE *out, const struct style *style)
{
    if (!report->readable)
        return;
    print_backtrace(report, out, style);
    print_state(report, out, style);
    print_registers(report, out, style);
}

static void print_defect(const struct report *report, FILE *out, const struct style *style)
{
    fprintf(out, "\n%s*** A defect of Drydock, not of the driver%s\n", style->alarm, style->end);
    print_heading(out, style, "What happened");
    print_wrapped(out, report->text[0] != '\0' ? report->text
                                               : "The machine stopped itself and left no text.");
    print_details(report, out, style);
    print_repeat(report, out, style);
    fprintf(out, "\n    Please report it with this text. seed %llu\n",
            (unsigned long long)report->seed);
}

static void print_hang(const struct report *report, FILE *out, const struct style *style)
{
    bool is_over = report->kind == HAL_STOP_TIME_IS_UP;

    fprintf(out, "\n%s*** %s%s\n", style->alarm,
            is_over ? "The run had not ended when its time was over" : "The machine hangs",
            style->end);
    print_heading(out, style, "What it means");
    print_wrapped(out, is_over
                           ? "This is what the machine did then, whether it was stuck or only busy."
                           : "The machine does not get on any more, and nothing can happen that "
                             "would change that.");
    print_wrapped_line(out, report->text);
    print_object(report, out, style, report->text + strcspn(report->text, "\n"));
    print_details(report, out, style);
    print_repeat(report, out, style);
}

static void print_ruin(const struct report *report, FILE *out, const struct style *style)
{
    fprintf(out, "\n%s*** The machine was destroyed from inside%s\n", style->alarm, style->end);
    print_heading(out, style, "What it means");
    print_wrapped(out, report->text);
    print_repeat(report, out, style);
}

void report_print_text(const struct report *report, FILE *out, bool colour)
{
    const struct style *style = colour ? &coloured : &plain;

    if (report->kind == HAL_STOP_BUGCHECK && report->readable)
        print_bugcheck(report, out, style);
    else if (report->kind == HAL_STOP_HANG || report->kind == HAL_STOP_TIME_IS_UP)
        print_hang(report, out, style);
    else if (report->is_ruined)
        print_ruin(report, out, style);
    else
        print_defect(report, out, style);
    fputc('\n', out);
}
