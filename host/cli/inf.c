/*
 * See inf.h. Reads as much of an INF as that takes: sections, comments, continued lines, %strings%,
 * models of each manufacturer, AddService, ServiceBinary. [doc] General Syntax Rules for INF Files.
 * Left out: everything else of an INF, and files in code pages other than UTF-8 and UTF-16.
 */
#include "cli/inf.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INF_BYTES_LIMIT (1u << 20)
#define INF_WORDS 16

struct inf_line {
    const char *section, *key, *value; /* key "": the line has no '=' */
};

struct inf {
    char *text; /* cut into the lines' strings */
    struct inf_line *line;
    size_t count;
};

/* ---- reading ---- */

static char *read_bytes(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    char *text = file != NULL ? malloc(INF_BYTES_LIMIT + 2) : NULL;

    *bytes = text != NULL ? fread(text, 1, INF_BYTES_LIMIT, file) : 0;
    if (file != NULL)
        fclose(file);
    if (text != NULL)
        text[*bytes] = text[*bytes + 1] = '\0';
    return text;
}

/* UTF-16 as bytes: IDs and section names are ASCII, other characters become '?'. */
static void narrow(char *text, size_t *bytes)
{
    size_t used = 0;

    if (*bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        memmove(text, text + 3, *bytes - 2);
        return;
    }
    if (*bytes < 2 || memcmp(text, "\xFF\xFE", 2) != 0)
        return;
    for (size_t i = 2; i + 1 < *bytes; i += 2)
        text[used++] = text[i + 1] == 0 && (signed char)text[i] > 0 ? text[i] : '?';
    text[used] = '\0';
    *bytes = used;
}

static char *trim(char *text)
{
    size_t bytes;

    text += strspn(text, " \t\r");
    bytes = strlen(text);
    while (bytes != 0 && strchr(" \t\r", text[bytes - 1]) != NULL)
        text[--bytes] = '\0';
    return text;
}

/* Cuts a comment off, outside quotes. */
static void cut_comment(char *line)
{
    bool quoted = false;

    for (; *line != '\0'; line++) {
        if (*line == '"')
            quoted = !quoted;
        else if (*line == ';' && !quoted) {
            *line = '\0';
            return;
        }
    }
}

/* Lines that end in a backslash go on: the break becomes blanks. */
static void join_lines(char *text)
{
    for (char *c = text; (c = strchr(c, '\\')) != NULL; c++) {
        size_t blanks = strspn(c + 1, " \t\r");

        if (c[1 + blanks] == '\n')
            memset(c, ' ', blanks + 2);
    }
}

static bool add_line(struct inf *inf, const char *section, char *text)
{
    char *equals = text[0] != '"' ? strchr(text, '=') : NULL;
    struct inf_line *line = realloc(inf->line, (inf->count + 1) * sizeof(*line));

    if (line == NULL)
        return false;
    inf->line = line;
    if (equals != NULL)
        *equals = '\0';
    line[inf->count++] = (struct inf_line){
        section, equals != NULL ? trim(text) : "", trim(equals != NULL ? equals + 1 : text)};
    return true;
}

static bool parse(struct inf *inf)
{
    const char *section = "";
    bool fine = true;

    join_lines(inf->text);
    for (char *next, *at = inf->text; at != NULL && fine; at = next) {
        next = strchr(at, '\n');
        if (next != NULL)
            *next++ = '\0';
        cut_comment(at);
        at = trim(at);
        if (at[0] == '[' && strchr(at, ']') != NULL) {
            *strchr(at, ']') = '\0';
            section = trim(at + 1);
        } else if (at[0] != '\0') {
            fine = add_line(inf, section, at);
        }
    }
    return fine;
}

static bool inf_open(struct inf *inf, const char *path)
{
    size_t bytes;

    memset(inf, 0, sizeof(*inf));
    inf->text = read_bytes(path, &bytes);
    if (inf->text == NULL)
        return false;
    narrow(inf->text, &bytes);
    return parse(inf);
}

static void inf_close(struct inf *inf)
{
    free(inf->line);
    free(inf->text);
}

/* ---- values ---- */

/* %name% by its string; the rest as it is. Quotes go. */
static void expand(const struct inf *inf, const char *text, size_t bytes, char *to, size_t limit)
{
    const char *end = text + bytes;
    size_t used = 0;

    while (text < end && used + 1 < limit) {
        const char *percent = *text == '%' ? memchr(text + 1, '%', (size_t)(end - text - 1)) : NULL;
        const char *value = NULL;

        for (size_t i = 0; percent != NULL && i < inf->count; i++)
            if (strcasecmp(inf->line[i].section, "Strings") == 0 &&
                strlen(inf->line[i].key) == (size_t)(percent - text - 1) &&
                strncasecmp(inf->line[i].key, text + 1, (size_t)(percent - text - 1)) == 0)
                value = inf->line[i].value;
        if (value != NULL) {
            for (; *value != '\0' && used + 1 < limit; value++)
                if (*value != '"')
                    to[used++] = *value;
            text = percent + 1;
        } else {
            if (*text != '"')
                to[used++] = *text;
            text++;
        }
    }
    to[used] = '\0';
}

/* The comma-separated words of a value. */
static unsigned split(const struct inf *inf, const char *value, char words[INF_WORDS][256])
{
    unsigned count = 0;

    while (count < INF_WORDS) {
        size_t bytes = strcspn(value, ",");
        char word[256];

        expand(inf, value, bytes, word, sizeof(word));
        snprintf(words[count++], 256, "%s", trim(word));
        if (value[bytes] == '\0')
            break;
        value += bytes + 1;
    }
    return count;
}

static bool ends_with(const char *text, const char *end)
{
    size_t bytes = strlen(text), end_bytes = strlen(end);

    return bytes >= end_bytes && strcasecmp(text + bytes - end_bytes, end) == 0;
}

/* "name" and "name.NT...": a section with or without its platform. */
static bool is_decorated(const char *section, const char *name)
{
    size_t bytes = strlen(name);

    return strncasecmp(section, name, bytes) == 0 &&
           (section[bytes] == '\0' || strncasecmp(section + bytes, ".nt", 3) == 0);
}

/* ---- from the driver to its IDs ---- */

/* "%12%\x.sys" or "x.sys" names the file. */
static bool is_binary(const struct inf *inf, const char *section, const char *file_name)
{
    for (size_t i = 0; i < inf->count; i++) {
        const char *value = inf->line[i].value, *slash = strrchr(value, '\\');

        if (strcasecmp(inf->line[i].section, section) == 0 &&
            strcasecmp(inf->line[i].key, "ServiceBinary") == 0 &&
            strcasecmp(slash != NULL ? slash + 1 : value, file_name) == 0)
            return true;
    }
    return false;
}

/* The install section, or its .Services, adds a service of the file; not a filter that comes along (flag 2). */
static bool installs(const struct inf *inf, const char *install, const char *file_name)
{
    char words[INF_WORDS][256], base[256];

    for (size_t i = 0; i < inf->count; i++) {
        const struct inf_line *line = &inf->line[i];

        if (strcasecmp(line->key, "AddService") != 0 || !ends_with(line->section, ".Services"))
            continue;
        snprintf(base, sizeof(base), "%.*s", (int)(strlen(line->section) - strlen(".Services")),
                 line->section);
        if (is_decorated(base, install) && split(inf, line->value, words) >= 3 &&
            (strtoul(words[1], NULL, 0) & 2) != 0 && is_binary(inf, words[2], file_name))
            return true;
    }
    return false;
}

static bool is_listed(const char *ids, const char *id)
{
    size_t bytes = strlen(id);

    for (; *ids != '\0'; ids += strcspn(ids, ","), ids += *ids == ',')
        if (strcspn(ids, ",") == bytes && strncasecmp(ids, id, bytes) == 0)
            return true;
    return false;
}

static void add_id(char *ids, size_t limit, const char *id)
{
    size_t used = strlen(ids);

    if (id[0] != '\0' && !is_listed(ids, id) && used + strlen(id) + 2 < limit)
        snprintf(ids + used, limit - used, "%s%s", used != 0 ? "," : "", id);
}

static void add_models(const struct inf *inf, const char *models, const char *file_name, char *ids,
                       size_t limit)
{
    char words[INF_WORDS][256];

    for (size_t i = 0; i < inf->count; i++) {
        const struct inf_line *line = &inf->line[i];
        unsigned count;

        if (!is_decorated(line->section, models))
            continue;
        count = split(inf, line->value, words);
        if (count >= 2 && installs(inf, words[0], file_name))
            for (unsigned j = 1; j < count; j++)
                add_id(ids, limit, words[j]);
    }
}

static void search_inf(const char *path, const char *file_name, char *ids, size_t limit)
{
    char words[INF_WORDS][256];
    struct inf inf;

    if (inf_open(&inf, path))
        for (size_t i = 0; i < inf.count; i++)
            if (strcasecmp(inf.line[i].section, "Manufacturer") == 0 &&
                split(&inf, inf.line[i].value, words) != 0)
                add_models(&inf, words[0], file_name, ids, limit);
    inf_close(&inf);
}

static int is_inf(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".inf");
}

void inf_find_hardware_ids(const char *driver_path, char *ids, size_t limit)
{
    const char *slash = strrchr(driver_path, '/');
    const char *file_name = slash != NULL ? slash + 1 : driver_path;
    int folder_bytes = (int)(file_name - driver_path), count;
    char folder[4096], path[4400];
    struct dirent **entries;

    ids[0] = '\0';
    snprintf(folder, sizeof(folder), "%.*s.", folder_bytes, driver_path);
    count = scandir(folder, &entries, is_inf, alphasort);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "%.*s%s", folder_bytes, driver_path, entries[i]->d_name);
        search_inf(path, file_name, ids, limit);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}
