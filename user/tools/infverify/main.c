/*
 * The command line of InfVerif. [doc: Running InfVerif from the Command Line]. Refused by name: /l
 * (HTML), /product, /rulever, /wbuild: there is one set of rules. Lines of errors are those of
 * InfVerif; what /v says beyond the documented lines is ours.
 */
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINE = 0, INVALID = 1, USAGE = 87, LINE_LIMIT = 8 * VERIFY_TEXT };

static const char Usage[] =
    "USAGE: InfVerif.exe [/code <error code>] [/v] [[/h] | [/w] | [/u] | [/k]] [/info] "
    "[/stampinf]\n"
    "                    [/osver <TargetOSVersion>] [/provider <ProviderName>] <files>\n\n"
    "/code <error code>   Display help information for an error code.\n"
    "/v                   Display verbose file logging details.\n"
    "/h                   Reports errors using WHQL Signature requirements. (mode)\n"
    "/w                   Reports errors using Windows Driver requirements. (mode)\n"
    "/u                   Reports errors using Universal Driver requirements. (mode)\n"
    "/k                   Reports errors using Declarative Driver requirements. (mode)\n"
    "/info                Displays INF summary information.\n"
    "/stampinf            Treat $ARCH$ as a valid architecture, to validate pre-stampinf files.\n"
    "/osver <version>     Process the INF for only a specific target OS, NTamd64.10.0 for "
    "example.\n"
    "/provider <name>     Reports an error for INFs not using the specified provider name.\n"
    "<files>              A space-separated list of INF files to analyze. Wildcards (*) may be "
    "used.\n\n"
    "Only one mode option may be passed at a time.\n";

typedef struct _COMMAND {
    VERIFY_OPTIONS Options;
    const VERIFY_HOST *Host;
    bool Verbose, Info, Json;
    unsigned Modes, Files, Failures;
} COMMAND;

static void Print(void *Context, const char *Format, ...)
{
    const COMMAND *Command = Context;
    char Line[LINE_LIMIT];
    va_list Arguments;

    va_start(Arguments, Format);
    vsnprintf(Line, sizeof(Line), Format, Arguments);
    va_end(Arguments);
    Command->Host->Write(Line);
}

/* ---- files ---- */

static void PutJson(COMMAND *Command, const char *Text)
{
    char Out[6 * VERIFY_TEXT + 8];
    size_t Used = 0;

    Command->Host->Write("\"");
    for (; *Text != 0; Text++) {
        if (*Text == '"' || *Text == '\\')
            Out[Used++] = '\\';
        if ((unsigned char)*Text < 0x20)
            Used += (size_t)sprintf(Out + Used, "\\u%04x", (unsigned)*Text);
        else
            Out[Used++] = *Text;
        if (Used >= 6 * VERIFY_TEXT - 8) {
            Out[Used] = 0;
            Command->Host->Write(Out);
            Used = 0;
        }
    }
    Out[Used] = 0;
    Command->Host->Write(Out);
    Command->Host->Write("\"");
}

static void ShowNote(COMMAND *Command, const char *Path, const VERIFY_NOTE *Note)
{
    if (Command->Json) {
        Print(Command, "{\"type\":\"inf\",\"level\":\"%s\",\"code\":%d,\"line\":%u,\"file\":",
              Note->IsError ? "error" : "warning", Note->Code, Note->Line);
        PutJson(Command, Path);
        Print(Command, ",\"text\":");
        PutJson(Command, Note->Text);
        Print(Command, "}\n");
        return;
    }
    Print(Command, "%s(%d) in %s", Note->IsError ? "ERROR" : "WARNING", Note->Code, Path);
    if (Note->Line != 0)
        Print(Command, ", line %u", Note->Line);
    Print(Command, ": %s\n", Note->Text);
}

static void CheckFile(void *Context, const char *Path)
{
    COMMAND *Command = Context;
    unsigned char *Bytes;
    unsigned Count = 0;
    VERIFY Inf;

    Command->Files++;
    Bytes = Command->Host->Read(Path, &Count);
    if (Bytes != NULL) {
        VerifyInf(&Inf, Path, Bytes, Count, &Command->Options);
    } else {
        memset(&Inf, 0, sizeof(Inf));
        Inf.Options = &Command->Options;
        VerifyNote(&Inf, 0, 1000, Path);
    }
    free(Bytes);
    if (Command->Verbose && !Command->Json)
        Print(Command, "Validating %s\n", Path);
    for (unsigned i = 0; i < Inf.NoteCount; i++)
        ShowNote(Command, Path, &Inf.Note[i]);
    if (Command->Info && !Command->Json && Inf.Role != NULL)
        VerifyInfo(&Inf, Path, Print, Command);
    if (Command->Verbose && !Command->Json)
        Print(Command, "INF is %s\n", Inf.ErrorCount == 0 ? "VALID" : "NOT VALID");
    Command->Failures += Inf.ErrorCount != 0;
    VerifyFree(&Inf);
}

/* ---- arguments ---- */

static int ShowCode(COMMAND *Command, const char *Text)
{
    unsigned Number;
    const VERIFY_CODE *Code = VerifyParse(Text, &Number) ? VerifyCode((int)Number) : NULL;
    static const char *const Modes[] = {"/k", "/u", "/w"};

    if (Code == NULL) {
        Print(Command, "'%s' is no code that InfVerif gives here.\n", Text);
        return USAGE;
    }
    Print(Command, "Code %d\n\nMessage: %s\nMeaning: %s\n", Code->Code, Code->Message,
          Code->Meaning);
    for (unsigned i = 0; i < 3; i++)
        Print(Command, "%s: %s\n", Modes[i],
              Code->Levels[i] == 'E'   ? "Error"
              : Code->Levels[i] == 'W' ? "Warning"
                                       : "None");
    return FINE;
}

static bool TakeMode(COMMAND *Command, const char *Name)
{
    static const struct {
        const char *Name;
        VERIFY_MODE Mode;
    } Modes[] = {{"k", VERIFY_DECLARATIVE},
                 {"u", VERIFY_UNIVERSAL},
                 {"w", VERIFY_WINDOWS},
                 {"h", VERIFY_SIGNATURE}};

    for (unsigned i = 0; i < 4; i++)
        if (VerifySame(Name, Modes[i].Name)) {
            Command->Options.Mode = Modes[i].Mode;
            Command->Modes++;
            return true;
        }
    return false;
}

/* The number of arguments that an option takes, itself one of them; 0: it is none. */
static int TakeOption(COMMAND *Command, int Count, char **Arguments)
{
    const char *Name = Arguments[0] + 1;

    if (TakeMode(Command, Name))
        return 1;
    if (VerifySame(Name, "v"))
        return Command->Verbose = true;
    if (VerifySame(Name, "info"))
        return Command->Info = true;
    if (VerifySame(Name, "stampinf"))
        return Command->Options.Stampinf = true;
    if (Command->Host->HasJson && strcmp(Name, "-json") == 0)
        return Command->Json = true;
    if (Count >= 2 && VerifySame(Name, "provider")) {
        Command->Options.Provider = Arguments[1];
        return 2;
    }
    if (Count >= 2 && VerifySame(Name, "osver")) {
        Command->Options.OsVersion = Arguments[1];
        return 2;
    }
    return 0;
}

static int Refuse(COMMAND *Command, const char *Option)
{
    static const char *const Absent[] = {"rulever", "wbuild", "l", "product"};

    for (unsigned i = 0; i < 4; i++)
        if (VerifySame(Option + 1, Absent[i])) {
            Print(Command, "%s is not supported here.\n", Option);
            return USAGE;
        }
    Print(Command, "Invalid option '%s'.\n\n%s", Option, Usage);
    return USAGE;
}

/* A slash starts an option unless it is a path of the host. */
static bool IsOption(const COMMAND *Command, const char *Argument)
{
    if (Argument[0] == '-')
        return Argument[1] != 0;
    return Argument[0] == '/' && !(Command->Host->HasJson && (strchr(Argument + 1, '/') != NULL ||
                                                              VerifyEnds(Argument, ".inf")));
}

static void ShowModes(COMMAND *Command)
{
    static const char *const Lines[] = {
        "", "Running Declarative Driver checks\n", "Running Universal Driver checks\n",
        "Running Windows Driver checks\n", "Running signature requirements check\n"};

    if (Command->Verbose && !Command->Json)
        Print(Command, "Running in Verbose\n%s\n", Lines[Command->Options.Mode]);
}

static bool CheckOptions(COMMAND *Command)
{
    VERIFY V = {.Options = &Command->Options};
    VERIFY_TARGET Target;

    if (Command->Modes > 1)
        Print(Command, "Only one mode option may be passed at a time.\n");
    else if (Command->Options.OsVersion != NULL &&
             !VerifyTarget(&V, Command->Options.OsVersion, &Target))
        Print(Command, "'%s' is no target OS version.\n", Command->Options.OsVersion);
    else
        return true;
    return false;
}

static void CheckArgument(COMMAND *Command, const char *Argument)
{
    if (strchr(Argument, '*') != NULL || strchr(Argument, '?') != NULL)
        Command->Host->Expand(Argument, CheckFile, Command);
    else
        CheckFile(Command, Argument);
}

int VerifyMain(int Count, char **Arguments, const VERIFY_HOST *Host)
{
    COMMAND Command = {.Host = Host};
    int i, Taken, Files = 0;

    for (i = 1; i < Count; i += Taken) {
        Taken = 1;
        if (!IsOption(&Command, Arguments[i])) {
            Arguments[++Files] = Arguments[i]; /* to the front, in order */
            continue;
        }
        if (VerifySame(Arguments[i] + 1, "?") || VerifySame(Arguments[i] + 1, "help")) {
            Print(&Command, "%s", Usage);
            return FINE;
        }
        if (VerifySame(Arguments[i] + 1, "code") && i + 1 < Count)
            return ShowCode(&Command, Arguments[i + 1]);
        Taken = TakeOption(&Command, Count - i, Arguments + i);
        if (Taken == 0)
            return Refuse(&Command, Arguments[i]);
    }
    if (Files == 0) {
        Print(&Command, "%s", Usage);
        return USAGE;
    }
    if (!CheckOptions(&Command))
        return USAGE;
    ShowModes(&Command);
    for (i = 1; i <= Files; i++)
        CheckArgument(&Command, Arguments[i]);
    if (Command.Verbose && !Command.Json)
        Print(&Command, "\nChecked %u INF(s)\n", Command.Files);
    return Command.Failures == 0 && Command.Files != 0 ? FINE : INVALID;
}
