/* The report as JSON, and the command line that repeats a run. Addresses are strings: JSON numbers
 * lose bits. */
#include <stdlib.h>
#include <string.h>

#include "report/bugcheck_table.h"
#include "report/report.h"

static json_t *hex(uint64_t value)
{
    return json_sprintf("0x%llx", (unsigned long long)value);
}

/* Text of the machine, which need not be UTF-8. */
static json_t *any_text(const char *text)
{
    json_t *value = json_string(text);
    char *ascii;

    if (value != NULL)
        return value;
    ascii = strdup(text);
    for (char *c = ascii; c != NULL && *c != '\0'; c++)
        *c = (signed char)*c < 0 ? '?' : *c;
    value = json_string(ascii == NULL ? "" : ascii);
    free(ascii);
    return value;
}

static json_t *frame_to_json(const struct report_frame *frame)
{
    json_t *object = json_object(), *places = json_array();

    json_object_set_new(object, "address", hex(frame->address));
    if (frame->module != NULL) {
        json_object_set_new(object, "module", any_text(frame->module->name));
        json_object_set_new(object, "offset", hex(frame->address - frame->module->base));
    }
    for (unsigned i = 0; i < frame->symbol.count; i++) {
        const struct symbol_place *place = &frame->symbol.place[i];
        json_t *entry = json_object();

        json_object_set_new(entry, "function", any_text(place->function));
        if (place->line != 0) {
            json_object_set_new(entry, "file", any_text(place->file));
            json_object_set_new(entry, "line", json_integer(place->line));
        }
        json_array_append_new(places, entry);
    }
    json_object_set_new(object, "places", places);
    return object;
}

static json_t *parameters_to_json(const struct report *report, const struct bugcheck_row *row,
                                  const struct verifier_row *rule)
{
    json_t *array = json_array();

    for (int i = 0; i < 4; i++) {
        const char *text = rule != NULL && i > 0 ? rule->parameter[i - 1]
                           : row != NULL         ? row->parameter[i]
                                                 : "";
        json_t *entry = json_object();

        json_object_set_new(entry, "value", hex(report->bugcheck.parameter[i]));
        json_object_set_new(entry, "meaning", json_string(text));
        json_array_append_new(array, entry);
    }
    return array;
}

static void add_registers(json_t *object, const HAL_BUGCHECK *bugcheck)
{
    static const char *const names[17] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                          "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                          "r12", "r13", "r14", "r15", "rip"};
    json_t *registers = json_object();

    if (!bugcheck->has_registers) {
        json_decref(registers);
        return;
    }
    for (int i = 0; i < 17; i++)
        json_object_set_new(registers, names[i], hex(bugcheck->reg[i]));
    json_object_set_new(registers, "eflags", hex(bugcheck->eflags));
    json_object_set_new(object, "registers", registers);
}

static void add_bugcheck(json_t *object, const struct report *report)
{
    const HAL_BUGCHECK *b = &report->bugcheck;
    const struct bugcheck_row *row = bugcheck_find(b->code, b->parameter);
    const struct verifier_row *rule = bugcheck_find_rule(b->code, b->parameter[0]);

    json_object_set_new(object, "code", hex(b->code));
    json_object_set_new(object, "name", json_string(row != NULL ? row->name : ""));
    json_object_set_new(object, "meaning", json_string(row != NULL ? row->meaning : ""));
    json_object_set_new(object, "condition",
                        json_string(rule != NULL  ? rule->condition
                                    : row != NULL ? row->condition
                                                  : ""));
    if (rule != NULL)
        json_object_set_new(object, "rule", json_string(rule->name));
    json_object_set_new(object, "parameters", parameters_to_json(report, row, rule));
}

static void add_state(json_t *object, const struct report *report)
{
    const HAL_BUGCHECK *b = &report->bugcheck;
    const struct report_frame *blamed = report_blamed_frame(report);
    json_t *frames = json_array();

    for (uint32_t i = 0; i < report->frame_count; i++)
        json_array_append_new(frames, frame_to_json(&report->frame[i]));
    json_object_set_new(object, "frames", frames);
    if (blamed != NULL)
        json_object_set_new(object, "blamed_frame", json_integer(blamed - report->frame));
    json_object_set_new(object, "processor", json_integer(b->processor));
    json_object_set_new(object, "irql", json_integer(b->irql));
    json_object_set_new(object, "thread", hex(b->thread));
    json_object_set_new(object, "thread_id", json_integer((json_int_t)b->thread_id));
    json_object_set_new(object, "process", any_text(b->process_name));
    json_object_set_new(object, "process_id", json_integer((json_int_t)b->process_id));
    json_object_set_new(object, "virtual_time_100ns",
                        json_integer((json_int_t)b->virtual_time_100ns));
    add_registers(object, b);
}

static const char *kind_of(const struct report *report)
{
    if (report->kind == HAL_STOP_BUGCHECK && report->readable)
        return "bugcheck";
    if (report->kind == HAL_STOP_HANG)
        return "hang";
    if (report->kind == HAL_STOP_TIME_IS_UP)
        return "time_out";
    return report->is_ruined ? "ruin" : "defect";
}

json_t *report_to_json(const struct report *report)
{
    bool is_bugcheck = report->kind == HAL_STOP_BUGCHECK && report->readable;
    json_t *object = json_pack("{s:s, s:s}", "type", "report", "kind", kind_of(report));

    if (is_bugcheck)
        add_bugcheck(object, report);
    if (report->readable)
        add_state(object, report);
    if (report->text[0] != '\0')
        json_object_set_new(object, is_bugcheck ? "object" : "text", any_text(report->text));
    json_object_set_new(object, "seed", json_integer((json_int_t)report->seed));
    if (report->repeat_command != NULL)
        json_object_set_new(object, "repeat", any_text(report->repeat_command));
    return object;
}

static bool is_plain_word(const char *word)
{
    return word[0] != '\0' &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "_-./=:,+@%^") == strlen(word);
}

static void put_quoted(FILE *out, const char *word)
{
    if (is_plain_word(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    fputc('\'', out);
}

char *report_quote_command(int argc, char *const argv[])
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL)
        return NULL;
    for (int i = 0; i < argc; i++) {
        if (i != 0)
            fputc(' ', out);
        put_quoted(out, argv[i]);
    }
    return fclose(out) == 0 ? text : NULL;
}
