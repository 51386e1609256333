/* See program.h. */
#include "cli/program.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/build_folder.h"
#include "cli/cli.h"
#include "cli/image.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Copies the next word of the line to *to, ended by NUL. NULL: a quote is not closed. */
static const char *take_word(const char *line, char **to)
{
    bool quoted = false;

    for (; *line != '\0' && (quoted || !is_blank(*line)); line++) {
        if (*line == '"') {
            quoted = !quoted;
            continue;
        }
        if (*line == '\\' && line[1] == '"')
            line++;
        *(*to)++ = *line;
    }
    *(*to)++ = '\0';
    return quoted ? NULL : line;
}

int program_split_line(struct program_words *words, const char *line)
{
    size_t limit = strlen(line) / 2 + 2; /* words there can be */
    char **word = malloc(limit * sizeof(*word) + strlen(line) + 1), *text = (char *)(word + limit);

    words->count = 0;
    words->word = word;
    if (word == NULL)
        return -ENOMEM;
    while (is_blank(*line))
        line++;
    while (line != NULL && *line != '\0') {
        word[words->count++] = text;
        line = take_word(line, &text);
        while (line != NULL && is_blank(*line))
            line++;
    }
    word[words->count] = NULL;
    if (line != NULL && words->count != 0)
        return 0;
    program_free_words(words);
    return -EINVAL;
}

void program_free_words(struct program_words *words)
{
    free(words->word);
    *words = (struct program_words){0};
}

/* A program that Windows ships with: build/system32/NAME or NAME.exe. */
static bool find_shipped(struct program *program, const char *name)
{
    char build[2048];
    const char *extension = strrchr(name, '.') == NULL ? ".exe" : "";

    if (strchr(name, '/') != NULL || access(name, F_OK) == 0 ||
        !build_folder_find(build, sizeof(build)))
        return false;
    snprintf(program->file_name, sizeof(program->file_name), "%s%s", name, extension);
    for (char *c = program->file_name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    snprintf(program->path, sizeof(program->path), "%s/system32/%s", build, program->file_name);
    return access(program->path, R_OK) == 0;
}

int program_check(struct program *program, const struct program_words *words)
{
    const char *path = words->word[0], *slash = strrchr(path, '/');
    char why[IMAGE_WHY_LIMIT];
    struct image image;

    program->words = words;
    program->shipped = find_shipped(program, path);
    if (!program->shipped) {
        snprintf(program->file_name, sizeof(program->file_name), "%s",
                 slash == NULL ? path : slash + 1);
        snprintf(program->path, sizeof(program->path), "%s", path);
    }
    if (!image_open(&image, program->path, IMAGE_PROGRAM, why)) {
        cli_message("%s: %s", path, why);
        return EXIT_NOT_LOADED;
    }
    image_close(&image);
    return EXIT_FINE;
}

/* One argument as a Windows command line quotes it. [doc] Parsing C command-line arguments. */
static size_t append_argument(char *to, size_t used, size_t limit, const char *word)
{
    bool quotes = word[0] == '\0' || strpbrk(word, " \t\"") != NULL;
    size_t slashes = 0;

    if (used != 0 && used + 1 < limit)
        to[used++] = ' ';
    if (quotes && used + 1 < limit)
        to[used++] = '"';
    for (; *word != '\0' && used + slashes + 3 < limit; word++) {
        slashes = *word == '\\' ? slashes + 1 : slashes;
        if (*word == '"') {
            for (size_t i = 0; i <= slashes && used + 3 < limit; i++)
                to[used++] = '\\';
        }
        if (*word != '\\')
            slashes = 0;
        to[used++] = *word;
    }
    for (; quotes && slashes != 0 && used + 2 < limit; slashes--)
        to[used++] = '\\';
    if (quotes && used + 1 < limit)
        to[used++] = '"';
    to[used] = '\0';
    return used;
}

static void write_command(const char *path, const struct program_words *words, char *text,
                          size_t limit)
{
    char line[3072] = "";
    size_t used = append_argument(line, 0, sizeof(line), path);

    for (int i = 1; i < words->count; i++)
        used = append_argument(line, used, sizeof(line), words->word[i]);
    snprintf(text, limit, "\\??\\%s\t%s", path, line);
}

void program_write_command(const struct program *program, char *text, size_t limit)
{
    char own[320];

    snprintf(own, sizeof(own), "C:\\%s%s", program->shipped ? "Windows\\System32\\" : "",
             program->file_name);
    write_command(own, program->words, text, limit);
}

void program_write_machine_command(const struct program_words *words, char *text, size_t limit)
{
    char own[320];

    snprintf(own, sizeof(own), "%s", words->word[0]);
    for (char *c = own; *c != '\0'; c++)
        *c = *c == '/' ? '\\' : *c;
    write_command(own, words, text, limit);
}
