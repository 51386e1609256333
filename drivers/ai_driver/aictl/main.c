/* aictl: looks at ai_driver and uses it, from the command line. */
#include "aictl.h"

#include <stdio.h>
#include <string.h>

#define SCRIPT_LINE_BYTES 512
#define SCRIPT_WORDS 12

HANDLE AictlStop;

static BOOL WINAPI OnConsole(DWORD Kind)
{
    (void)Kind;
    SetEvent(AictlStop);
    return TRUE;
}

bool AictlPause(UINT64 Milliseconds)
{
    return WaitForSingleObject(AictlStop, (DWORD)Milliseconds) == WAIT_OBJECT_0;
}

/* One line; blank ones do nothing. */
static int RunLine(AI_DEVICE Device, const AICTL_OPTIONS *Script, char *Line, unsigned Number)
{
    char *Words[SCRIPT_WORDS], Why[AICTL_WHY_BYTES] = "a line has too many words";
    int Count = AictlSplitLine(Line, Words, SCRIPT_WORDS);
    AICTL_OPTIONS Options;

    if (Count == 0)
        return AICTL_FINE;
    if (Count > SCRIPT_WORDS || !AictlParse(Count, Words, true, &Options, Why)) {
        fprintf(stderr, "aictl: line %u: %s\n", Number, Why);
        return AICTL_USAGE;
    }
    Options.Json = Script->Json;
    return AictlRun(Device, &Options);
}

/* Every line is run; the exit code is the first that is not 0. */
static int RunScript(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    bool IsInput = strcmp(Options->File, "-") == 0;
    FILE *File = IsInput ? stdin : fopen(Options->File, "r");
    char Line[SCRIPT_LINE_BYTES];
    unsigned Number = 0;
    int Result = AICTL_FINE;

    if (File == NULL) {
        fprintf(stderr, "aictl: %s: cannot be opened\n", Options->File);
        return AICTL_USAGE;
    }
    while (WaitForSingleObject(AictlStop, 0) != WAIT_OBJECT_0 &&
           fgets(Line, sizeof(Line), File) != NULL) {
        int LineResult = RunLine(Device, Options, Line, ++Number);

        if (Result == AICTL_FINE)
            Result = LineResult;
    }
    if (!IsInput)
        fclose(File);
    return Result;
}

int AictlRun(AI_DEVICE Device, const AICTL_OPTIONS *Options)
{
    switch (Options->Command) {
    case AICTL_STATUS: return AictlStatus(Device, Options);
    case AICTL_PATH: return AictlPath(Device, Options);
    case AICTL_POOL: return AictlPool(Device, Options);
    case AICTL_STATS: return AictlStats(Device, Options);
    case AICTL_ALLOC: return AictlAlloc(Device, Options);
    case AICTL_FREE: return AictlFree(Device, Options);
    case AICTL_BOOST: return AictlBoost(Device, Options);
    case AICTL_WATCH: return AictlWatch(Device, Options);
    case AICTL_BENCH: return AictlBench(Device, Options);
    default: return RunScript(Device, Options);
    }
}

static bool IsChange(AICTL_COMMAND Command)
{
    return Command == AICTL_ALLOC || Command == AICTL_FREE || Command == AICTL_BOOST ||
           Command == AICTL_BENCH || Command == AICTL_SCRIPT;
}

static int OpenAndRun(const AICTL_OPTIONS *Options)
{
    AI_DEVICE Device;
    DWORD Error = AiOpen(IsChange(Options->Command), &Device);
    int Result;

    if (Error != 0) {
        AictlRefused(Options, "open", Error);
        return AICTL_NO_DRIVER;
    }
    Result = AictlRun(Device, Options);
    AiClose(Device);
    return Result;
}

int main(int argc, char **argv)
{
    AICTL_OPTIONS Options;
    char Why[AICTL_WHY_BYTES];

    if (!AictlParse(argc - 1, argv + 1, false, &Options, Why)) {
        fprintf(stderr, "aictl: %s\naictl --help shows how it is used\n", Why);
        return AICTL_USAGE;
    }
    if (Options.Help) {
        fputs(AictlHelp, stdout);
        return AICTL_FINE;
    }
    AictlStop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (AictlStop == NULL || !SetConsoleCtrlHandler(OnConsole, TRUE)) {
        fprintf(stderr, "aictl: cannot start: error %lu\n", GetLastError());
        return AICTL_NO_DRIVER;
    }
    return OpenAndRun(&Options);
}
