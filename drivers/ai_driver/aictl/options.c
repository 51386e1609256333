/* See options.h. One table of commands and one of options; the help page is here, beside them. */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char AictlHelp[] =
    "usage: aictl [--json] COMMAND [options]\n\n"
    "  status [--adapter N]               each GPU: what is known, and its last sample\n"
    "  pool                               the pool of pinned memory\n"
    "  stats                              counters of the driver, and of its scheduling\n"
    "  path [--adapter N]                 what of the optimised path is there\n"
    "  alloc BYTES [--count N] [--hold MS] [--keep]\n"
    "                                     allocate, check that it is zero, write, read back, "
    "free;\n"
    "                                     --keep leaves the freeing to the end of the process\n"
    "  free ID                            free an allocation of this process (in a script)\n"
    "  boost THREAD|self INCREMENT [--hold MS]\n"
    "                                     raise a thread's base priority; 0 restores it\n"
    "  watch [--adapter N] [--interval MS] [--count N]\n"
    "                                     a line for each look, until Ctrl+C or N of them\n"
    "  bench [--count N]                  time the driver's requests: name TAB value TAB unit\n"
    "  script FILE                        one command a line, all with one handle; - is standard\n"
    "                                     input; # begins a comment\n\n"
    "BYTES may end in K, M or G. --json prints one JSON object a line.\n\n"
    "exit status: 0 fine, 1 usage, 2 no driver or no access to it, 3 the driver refused a "
    "request,\n"
    "4 the driver's answer or memory is not what it must be\n";

/* ---- tables ---- */

#define BIT(Command) (1u << (Command))

typedef struct AICTLP_COMMAND {
    const char *Name;
    AICTL_COMMAND Command;
    int Arguments;
    const char *Wants;
} AICTLP_COMMAND;

static const AICTLP_COMMAND Commands[] = {
    {"status", AICTL_STATUS, 0, ""},
    {"pool", AICTL_POOL, 0, ""},
    {"stats", AICTL_STATS, 0, ""},
    {"path", AICTL_PATH, 0, ""},
    {"alloc", AICTL_ALLOC, 1, "BYTES"},
    {"free", AICTL_FREE, 1, "ID"},
    {"boost", AICTL_BOOST, 2, "THREAD INCREMENT"},
    {"watch", AICTL_WATCH, 0, ""},
    {"bench", AICTL_BENCH, 0, ""},
    {"script", AICTL_SCRIPT, 1, "FILE"},
};

typedef struct AICTLP_OPTION {
    const char *Name;
    unsigned Commands; /* that take it */
    bool IsFlag;
    uint64_t Low, High;
    size_t Offset; /* of the value, or of the flag */
} AICTLP_OPTION;

#define FIELD(Name) offsetof(AICTL_OPTIONS, Name)

static const AICTLP_OPTION OptionTable[] = {
    {"--adapter", BIT(AICTL_STATUS) | BIT(AICTL_WATCH) | BIT(AICTL_PATH), false, 0, 15,
     FIELD(Adapter)},
    {"--count", BIT(AICTL_ALLOC), false, 1, 65536, FIELD(Count)},
    {"--count", BIT(AICTL_WATCH), false, 0, UINT32_MAX, FIELD(Count)},
    {"--count", BIT(AICTL_BENCH), false, 1, 100000000, FIELD(Count)},
    {"--hold", BIT(AICTL_ALLOC) | BIT(AICTL_BOOST), false, 0, 86400000, FIELD(HoldMs)},
    {"--interval", BIT(AICTL_WATCH), false, 1, 3600000, FIELD(IntervalMs)},
    {"--keep", BIT(AICTL_ALLOC), true, 0, 0, FIELD(Keep)},
};

#define COUNT_OF(Array) (sizeof(Array) / sizeof((Array)[0]))

/* ---- values ---- */

static int DigitOf(char Character)
{
    if (Character >= '0' && Character <= '9')
        return Character - '0';
    if (Character >= 'a' && Character <= 'f')
        return Character - 'a' + 10;
    return Character >= 'A' && Character <= 'F' ? Character - 'A' + 10 : 16;
}

/* The number at the start of *Text, decimal or 0x; moves *Text behind it. */
static bool TakeNumber(const char **Text, uint64_t *Number)
{
    const char *At = *Text;
    uint64_t Base = 10;

    if (At[0] == '0' && (At[1] == 'x' || At[1] == 'X')) {
        Base = 16;
        At += 2;
    }
    *Number = 0;
    if ((uint64_t)DigitOf(*At) >= Base)
        return false;
    for (; (uint64_t)DigitOf(*At) < Base; At++) {
        uint64_t Digit = (uint64_t)DigitOf(*At);

        if (*Number > (UINT64_MAX - Digit) / Base)
            return false;
        *Number = *Number * Base + Digit;
    }
    *Text = At;
    return true;
}

static bool ParseNumber(const char *Text, uint64_t Low, uint64_t High, uint64_t *Number)
{
    return TakeNumber(&Text, Number) && *Text == '\0' && *Number >= Low && *Number <= High;
}

bool AictlParseBytes(const char *Text, uint64_t *Bytes)
{
    static const char Suffixes[] = "kmgKMG";
    const char *Suffix;
    unsigned Shift;

    if (!TakeNumber(&Text, Bytes))
        return false;
    if (*Text == '\0')
        return true;
    Suffix = strchr(Suffixes, *Text);
    if (Suffix == NULL || Text[1] != '\0')
        return false;
    Shift = 10 * (unsigned)((Suffix - Suffixes) % 3 + 1);
    if (*Bytes > UINT64_MAX >> Shift)
        return false;
    *Bytes <<= Shift;
    return true;
}

/* ---- parsing ---- */

static bool Wrong(char *Why, const char *Format, const char *Word, const char *More)
{
    snprintf(Why, AICTL_WHY_BYTES, Format, Word, More);
    return false;
}

static const AICTLP_COMMAND *FindCommand(const char *Name)
{
    for (size_t i = 0; i < COUNT_OF(Commands); i++)
        if (strcmp(Commands[i].Name, Name) == 0)
            return &Commands[i];
    return NULL;
}

static const AICTLP_OPTION *FindOption(const char *Name, AICTL_COMMAND Command)
{
    for (size_t i = 0; i < COUNT_OF(OptionTable); i++)
        if (strcmp(OptionTable[i].Name, Name) == 0 && (OptionTable[i].Commands & BIT(Command)) != 0)
            return &OptionTable[i];
    return NULL;
}

static bool ParseArgument(int Index, const char *Word, AICTL_OPTIONS *Options, char *Why)
{
    switch (Options->Command) {
    case AICTL_ALLOC:
        return AictlParseBytes(Word, &Options->Bytes) ||
               Wrong(Why, "'%s' is not a size%s", Word, "");
    case AICTL_FREE:
        return ParseNumber(Word, 1, UINT64_MAX, &Options->Id) ||
               Wrong(Why, "'%s' is not the id of an allocation%s", Word, "");
    case AICTL_BOOST:
        if (Index == 1)
            return ParseNumber(Word, 0, 2, &Options->Increment) ||
                   Wrong(Why, "'%s' is not an increment: 0, 1 or 2%s", Word, "");
        Options->OwnThread = strcmp(Word, "self") == 0;
        return Options->OwnThread || ParseNumber(Word, 1, UINT32_MAX, &Options->ThreadId) ||
               Wrong(Why, "'%s' is not a thread: its id, or self%s", Word, "");
    default: Options->File = Word; return true;
    }
}

/* The option Words[*At], and its value behind it. */
static bool ParseOption(int Count, char *const *Words, int *At, const char *CommandName,
                        AICTL_OPTIONS *Options, char *Why)
{
    const char *Name = Words[*At];
    const AICTLP_OPTION *Option = FindOption(Name, Options->Command);
    char *Base = (char *)Options;

    if (Option == NULL)
        return Wrong(Why, "%s has no option '%s'", CommandName, Name);
    if (Option->IsFlag) {
        *(bool *)(Base + Option->Offset) = true;
        return true;
    }
    if (++*At >= Count)
        return Wrong(Why, "option '%s' needs a value%s", Name, "");
    if (!ParseNumber(Words[*At], Option->Low, Option->High, (uint64_t *)(Base + Option->Offset)))
        return Wrong(Why, "'%s' is not a value of %s", Words[*At], Name);
    if (Option->Offset == FIELD(Adapter))
        Options->HasAdapter = true;
    return true;
}

static void SetDefaults(AICTL_OPTIONS *Options)
{
    Options->Count = Options->Command == AICTL_ALLOC ? 1 : 0;
    Options->IntervalMs = 1000;
    if (Options->Command == AICTL_BENCH)
        Options->Count = 100000;
}

static bool ParseCommand(int Count, char *const *Words, AICTL_OPTIONS *Options, char *Why)
{
    const AICTLP_COMMAND *Command = FindCommand(Words[0]);
    int Arguments = 0;

    if (Command == NULL)
        return Wrong(Why, "'%s' is not a command%s", Words[0], "");
    Options->Command = Command->Command;
    SetDefaults(Options);
    for (int At = 1; At < Count; At++) {
        if (strncmp(Words[At], "--", 2) == 0) {
            if (!ParseOption(Count, Words, &At, Command->Name, Options, Why))
                return false;
        } else if (Arguments >= Command->Arguments) {
            return Wrong(Why, "%s: '%s' is one argument too many", Command->Name, Words[At]);
        } else if (!ParseArgument(Arguments++, Words[At], Options, Why)) {
            return false;
        }
    }
    if (Arguments < Command->Arguments)
        return Wrong(Why, "%s needs %s", Command->Name, Command->Wants);
    return true;
}

bool AictlParse(int Count, char *const *Words, bool InScript, AICTL_OPTIONS *Options,
                char Why[AICTL_WHY_BYTES])
{
    int At = 0;

    memset(Options, 0, sizeof(*Options));
    Why[0] = '\0';
    for (; !InScript && At < Count && Words[At][0] == '-'; At++) {
        if (strcmp(Words[At], "--json") == 0)
            Options->Json = true;
        else if (strcmp(Words[At], "--help") == 0 || strcmp(Words[At], "-h") == 0)
            Options->Help = true;
        else
            return Wrong(Why, "aictl has no option '%s'%s", Words[At], "");
    }
    if (Options->Help)
        return true;
    if (At == Count)
        return Wrong(Why, "which command?%s%s", "", "");
    if (!ParseCommand(Count - At, Words + At, Options, Why))
        return false;
    if (InScript && Options->Command == AICTL_SCRIPT)
        return Wrong(Why, "a script runs no script%s%s", "", "");
    return true;
}

int AictlSplitLine(char *Line, char **Words, int Limit)
{
    int Count = 0;

    for (char *At = Line; *At != '\0' && *At != '#';) {
        At += strspn(At, " \t\r\n");
        if (*At == '\0' || *At == '#')
            break;
        if (Count == Limit)
            return Limit + 1;
        Words[Count++] = At;
        At += strcspn(At, " \t\r\n");
        if (*At != '\0')
            *At++ = '\0';
    }
    return Count;
}
