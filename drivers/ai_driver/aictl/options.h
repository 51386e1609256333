/*
 * aictl's command line as data. Plain C: no call of the system, so that it is tested by itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum AICTL_COMMAND {
    AICTL_NONE,
    AICTL_STATUS,
    AICTL_POOL,
    AICTL_STATS,
    AICTL_ALLOC,
    AICTL_FREE,
    AICTL_BOOST,
    AICTL_WATCH,
    AICTL_BENCH,
    AICTL_PATH,
    AICTL_SCRIPT
} AICTL_COMMAND;

typedef struct AICTL_OPTIONS {
    AICTL_COMMAND Command;
    bool Json;
    bool Help;
    bool Keep;       /* alloc: leave the memory to the end of the process */
    bool HasAdapter; /* else all of them */
    bool OwnThread;  /* boost self */
    uint64_t Adapter;
    uint64_t Bytes;
    uint64_t Count;      /* alloc: how many; watch: samples, 0 for ever; bench: iterations */
    uint64_t HoldMs;     /* alloc, boost */
    uint64_t IntervalMs; /* watch */
    uint64_t Id;         /* free */
    uint64_t ThreadId;
    uint64_t Increment;
    const char *File; /* script: "-" is standard input */
} AICTL_OPTIONS;

#define AICTL_WHY_BYTES 160u

/*
 * Words is the command line without the program's name. False: Why says what is wrong, as one
 * sentence. In a script (InScript) the words are a command's alone: script, --json and --help are
 * not taken.
 */
bool AictlParse(int Count, char *const *Words, bool InScript, AICTL_OPTIONS *Options,
                char Why[AICTL_WHY_BYTES]);

/* Splits a line of a script at blanks, in place; at most Limit words; "#" begins a comment. */
int AictlSplitLine(char *Line, char **Words, int Limit);

/* "64K", "10m", "1G", "4096". False: no number, a number of more than 64 bits, or another suffix.
 */
bool AictlParseBytes(const char *Text, uint64_t *Bytes);

extern const char AictlHelp[];
