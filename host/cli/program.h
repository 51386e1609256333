/* The programs of `drydock run`: words of the command line, file names in the machine, how they
 * ended. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_LIMIT 32u /* of each kind */

struct program_words { /* a program and its arguments */
    int count;
    char **word;
};

struct program {
    const struct program_words *words;
    char file_name[256]; /* "a.exe": it lies in the root of C:, or in System32 */
    char path[4096];     /* the host's file */
    bool shipped;        /* Windows ships with it: it is in System32 */
    bool ended;
    uint32_t exit_code;
};

/*
 * Splits a command line at blanks; "double quotes" keep a blank in a word, and a backslash keeps a
 * quote. The words are to be freed with program_free_words. 0, or -EINVAL: a quote is not closed or
 * there is no word; -ENOMEM.
 */
int program_split_line(struct program_words *words, const char *line);
void program_free_words(struct program_words *words);
/*
 * Whether the words name a program that can run, and where it is: a name without a folder that is no file here is one of
 * those that Windows ships with ("sc", "reg.exe"). EXIT_FINE or the exit status after a message.
 */
int program_check(struct program *program, const struct program_words *words);
/* The program's NT path, a tab and its command line, as a HAL_COMMAND has it. */
void program_write_command(const struct program *program, char *text, size_t limit);
/* The same for a program that is named by its path in the machine. */
void program_write_machine_command(const struct program_words *words, char *text, size_t limit);
