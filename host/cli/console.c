/* See console.h. On a terminal control characters of the machine are shown, not obeyed. */
#include "cli/console.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/name.h"
#include "hal.h"

void console_init(struct console *console, bool json, bool prefix)
{
    memset(console, 0, sizeof(*console));
    console->json = json;
    console->prefix = prefix;
    console->out_terminal = isatty(STDOUT_FILENO) != 0;
    console->err_terminal = isatty(STDERR_FILENO) != 0;
}

void console_free(struct console *console)
{
    for (unsigned i = 0; i < console->record_count; i++)
        free(console->record[i]);
    console->record_count = 0;
    for (unsigned i = 0; i < CONSOLE_SOURCE_LIMIT; i++)
        free(console->source[i]);
}

static void check_output(struct console *console)
{
    if (console->out_terminal)
        fflush(stdout);
    if (ferror(stdout) && !console->failed) {
        console->failed = true;
        console->error = errno;
    }
}

void console_put_visible(FILE *out, const char *text, size_t bytes)
{
    const char *end = text + bytes;

    while (text < end) {
        const char *start = text;
        uint32_t c = name_decode(&text, end);
        bool is_control =
            c == UINT32_MAX || (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);

        if (c == '\r' && text < end && *text == '\n')
            continue;
        if (is_control)
            for (; start < text; start++)
                fprintf(out, "\\x%02x", (unsigned char)*start);
        else
            fwrite(start, 1, (size_t)(text - start), out);
    }
}

static void put_text(FILE *out, bool terminal, const char *text, size_t bytes)
{
    if (terminal)
        console_put_visible(out, text, bytes);
    else
        fwrite(text, 1, bytes, out);
}

static void put_json(struct console *console, const char *type, const char *program,
                     const char *text, size_t bytes, uint64_t time_100ns)
{
    json_t *value = json_stringn(text, bytes), *object;
    char *safe = NULL;

    if (value == NULL && (safe = malloc(bytes + 1)) != NULL) { /* no UTF-8 */
        for (size_t i = 0; i < bytes; i++)
            safe[i] = (signed char)text[i] < 0 ? '?' : text[i];
        value = json_stringn(safe, bytes);
        free(safe);
    }
    object = json_pack("{s:s, s:I, s:o*}", "type", type, "time_100ns", (json_int_t)time_100ns,
                       "text", value);
    if (program != NULL)
        json_object_set_new(object, "program", json_string(program));
    json_dumpf(object, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(object);
    check_output(console);
}

static void print_debug_line(struct console *console, struct console_line *line)
{
    if (console->json) {
        put_json(console, "debug", NULL, line->text, line->used, line->time_100ns);
        return;
    }
    if (console->mid_line)
        fputc('\n', stdout);
    console->mid_line = false;
    fprintf(stdout, "%6llu.%06llu  ", (unsigned long long)(line->time_100ns / 10000000),
            (unsigned long long)(line->time_100ns / 10 % 1000000));
    put_text(stdout, console->out_terminal, line->text, line->used);
    fputc('\n', stdout);
    check_output(console);
}

/* ---- trace events: GUID, provider, ID, version, level, opcode, task, keyword, activity, name, then name=value ---- */

#define EVENT_FIELDS 10
static const char *const event_key[EVENT_FIELDS] = {"guid",   "provider", "id",      "version",  "level",
                                                    "opcode", "task",     "keyword", "activity", "name"};

/* A piece of the line as JSON text; what is no UTF-8 is shown as '?'. */
static json_t *safe_string(const char *text, size_t bytes)
{
    json_t *value = json_stringn(text, bytes);
    char *safe = NULL;

    if (value == NULL && (safe = malloc(bytes + 1)) != NULL) {
        for (size_t i = 0; i < bytes; i++)
            safe[i] = (signed char)text[i] < 0 ? '?' : text[i];
        value = json_stringn(safe, bytes);
        free(safe);
    }
    return value;
}

static void put_event_json(struct console *console, const struct console_line *line)
{
    json_t *object = json_object(), *fields = json_object();
    const char *at = line->text, *end = line->text + line->used;

    json_object_set_new(object, "type", json_string("event"));
    json_object_set_new(object, "time_100ns", json_integer((json_int_t)line->time_100ns));
    for (unsigned i = 0; at < end; i++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at)), *stop = tab != NULL ? tab : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));

        if (i < EVENT_FIELDS)
            json_object_set_new(object, event_key[i], safe_string(at, (size_t)(stop - at)));
        else if (equals != NULL)
            json_object_setn_new(fields, at, (size_t)(equals - at),
                                 safe_string(equals + 1, (size_t)(stop - equals - 1)));
        at = tab != NULL ? tab + 1 : end;
    }
    json_object_set_new(object, "fields", fields);
    json_dumpf(object, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(object);
    check_output(console);
}

/* "etw Provider/Event id 1 level 4 keyword 0x2: name=value name=value" */
static void print_event_line(struct console *console, struct console_line *line)
{
    const char *field[EVENT_FIELDS] = {""}, *rest;
    int bytes[EVENT_FIELDS] = {0};
    const char *at = line->text, *end = line->text + line->used;
    unsigned count = 0;

    if (console->json) {
        put_event_json(console, line);
        return;
    }
    for (; count < EVENT_FIELDS && at <= end; count++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));

        field[count] = at;
        bytes[count] = (int)((tab != NULL ? tab : end) - at);
        at = tab != NULL ? tab + 1 : end + 1;
    }
    rest = at;
    if (console->mid_line)
        fputc('\n', stdout);
    console->mid_line = false;
    fprintf(stdout, "%6llu.%06llu  etw ", (unsigned long long)(line->time_100ns / 10000000),
            (unsigned long long)(line->time_100ns / 10 % 1000000));
    put_text(stdout, console->out_terminal, bytes[1] != 0 ? field[1] : field[0],
             (size_t)(bytes[1] != 0 ? bytes[1] : bytes[0]));
    if (count == EVENT_FIELDS && bytes[9] != 0) {
        fputc('/', stdout);
        put_text(stdout, console->out_terminal, field[9], (size_t)bytes[9]);
    }
    if (count > 7)
        fprintf(stdout, " id %.*s level %.*s keyword %.*s", bytes[2], field[2], bytes[4], field[4],
                bytes[7], field[7]);
    for (const char *p = rest; p < end;) {
        const char *tab = memchr(p, '\t', (size_t)(end - p)), *stop = tab != NULL ? tab : end;

        fputs(p == rest ? ": " : " ", stdout);
        put_text(stdout, console->out_terminal, p, (size_t)(stop - p));
        p = tab != NULL ? tab + 1 : end;
    }
    fputc('\n', stdout);
    check_output(console);
}

static void print_log_line(struct console *console, struct console_line *line)
{
    if (console->json) {
        put_json(console, "log", NULL, line->text, line->used, line->time_100ns);
        return;
    }
    fflush(stdout);
    fputs("drydock: ", stderr);
    put_text(stderr, console->err_terminal, line->text, line->used);
    fputc('\n', stderr);
}

static void keep_record(struct console *console, struct console_line *line)
{
    if (console->record_count < CONSOLE_RECORD_LIMIT) {
        console->record[console->record_count] = strndup(line->text, line->used);
        console->record_count += console->record[console->record_count] != NULL;
    }
}

static void end_line(struct console *console, struct console_line *line)
{
    if (line->used != 0 && line->text[line->used - 1] == '\r')
        line->used--;
    if (line == &console->debug)
        print_debug_line(console, line);
    else if (line == &console->log)
        print_log_line(console, line);
    else if (line == &console->event)
        print_event_line(console, line);
    else
        keep_record(console, line);
    line->used = 0;
}

static void add_lines(struct console *console, struct console_line *line, const char *text,
                      size_t bytes, uint64_t time_100ns)
{
    for (; bytes != 0 && !console->failed; text++, bytes--) {
        if (line->used == 0)
            line->time_100ns = time_100ns;
        if (*text == '\n' || line->used == sizeof(line->text)) {
            end_line(console, line);
            line->time_100ns = time_100ns;
        }
        if (*text != '\n')
            line->text[line->used++] = *text;
    }
}

/* ---- the programs' output ---- */

static struct console_source *find_source(struct console *console, uint32_t process)
{
    for (unsigned i = 0; i < CONSOLE_SOURCE_LIMIT; i++)
        if (console->source[i] != NULL && console->source[i]->process == process)
            return console->source[i];
    return NULL;
}

static void print_prefixed_line(struct console *console, struct console_source *source, bool is_out)
{
    struct console_line *line = &source->line[!is_out];
    FILE *out = is_out ? stdout : stderr;
    bool terminal = is_out ? console->out_terminal : console->err_terminal;

    if (!is_out)
        fflush(stdout);
    put_text(out, terminal, source->name, strlen(source->name));
    fputs(": ", out);
    put_text(out, terminal, line->text, line->used);
    fputc('\n', out);
    line->used = 0;
    check_output(console);
}

/* What is left of its lines. */
static void finish_source(struct console *console, struct console_source *source)
{
    for (int i = 0; i < 2; i++)
        if (source->line[i].used != 0)
            print_prefixed_line(console, source, i == 0);
}

/* A process that is new, or an ID that another had before. */
static void name_source(struct console *console, uint32_t process, const char *name, size_t bytes)
{
    struct console_source *source = find_source(console, process);

    if (source == NULL) {
        struct console_source **slot = &console->source[console->oldest_source];

        console->oldest_source = (console->oldest_source + 1) % CONSOLE_SOURCE_LIMIT;
        if (*slot == NULL)
            *slot = calloc(1, sizeof(**slot));
        if (*slot == NULL)
            return;
        source = *slot;
    }
    finish_source(console, source);
    source->process = process;
    snprintf(source->name, sizeof(source->name), "%.*s", (int)(bytes < 64 ? bytes : 63), name);
}

static void write_prefixed(struct console *console, struct console_source *source, bool is_out,
                           const char *text, size_t bytes)
{
    struct console_line *line = &source->line[!is_out];

    for (; bytes != 0 && !console->failed; text++, bytes--) {
        if (*text == '\n' || line->used == sizeof(line->text))
            print_prefixed_line(console, source, is_out);
        if (*text != '\n')
            line->text[line->used++] = *text;
    }
}

static void write_program(struct console *console, uint64_t stream, const char *text, size_t bytes,
                          uint64_t time_100ns)
{
    bool is_out = (uint32_t)stream == HAL_STREAM_STDOUT;
    struct console_source *source = find_source(console, (uint32_t)(stream >> 32));

    if (console->json) {
        put_json(console, is_out ? "stdout" : "stderr", source != NULL ? source->name : NULL, text,
                 bytes, time_100ns);
        return;
    }
    if (console->prefix && source != NULL) {
        write_prefixed(console, source, is_out, text, bytes);
        return;
    }
    if (!is_out)
        fflush(stdout);
    put_text(is_out ? stdout : stderr, is_out ? console->out_terminal : console->err_terminal, text,
             bytes);
    if (is_out)
        console->mid_line = text[bytes - 1] != '\n';
    check_output(console);
}

void console_write(struct console *console, uint64_t stream, const char *text, size_t bytes,
                   uint64_t time_100ns)
{
    if (bytes == 0 || console->failed)
        return;
    console->bytes += bytes;
    console->last_time_100ns = time_100ns;
    switch ((uint32_t)stream) {
    case HAL_STREAM_DEBUG: add_lines(console, &console->debug, text, bytes, time_100ns); break;
    case HAL_STREAM_STDOUT:
    case HAL_STREAM_STDERR: write_program(console, stream, text, bytes, time_100ns); break;
    case HAL_STREAM_NAME:
        if (stream >> 32 != 0)
            name_source(console, (uint32_t)(stream >> 32), text, bytes);
        break;
    case HAL_STREAM_EVENT: add_lines(console, &console->event, text, bytes, time_100ns); break;
    case HAL_STREAM_REPORT: add_lines(console, &console->report, text, bytes, time_100ns); break;
    default: add_lines(console, &console->log, text, bytes, time_100ns); break;
    }
}

void console_finish(struct console *console)
{
    struct console_line *const lines[] = {&console->debug, &console->log, &console->event,
                                            &console->report};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (lines[i]->used != 0)
            end_line(console, lines[i]);
    for (unsigned i = 0; i < CONSOLE_SOURCE_LIMIT; i++)
        if (console->source[i] != NULL)
            finish_source(console, console->source[i]);
    if (console->mid_line && console->out_terminal)
        fputc('\n', stdout);
    console->mid_line = false;
    fflush(stdout);
    check_output(console);
}
