/* See options.h. */
#include "options.h"

#include <stdio.h>
#include <string.h>

const char AgentHelp[] =
    "usage: ai_gpu_agent [options]\n\n"
    "Reads the GPUs' live figures and publishes them through ai_driver, until Ctrl+C.\n\n"
    "  --rate HZ        samples a second, 1 to 100 (10)\n"
    "  --seconds S      end after S seconds\n"
    "  --once           one sample of each GPU, then end\n"
    "  --source WHICH   auto, nvml or pdh (auto: the first that finds a GPU)\n"
    "  --print          print the samples instead of publishing them\n"
    "  --service        run as a Windows service (the service control manager starts it so)\n\n"
    "exit status: 0 fine, 1 usage, 2 no driver or no access to it (with --once), 3 no source "
    "finds\n"
    "a GPU (with --once or --print), 4 the driver refused a sample (with --once), 5 the system\n"
    "refused something that the agent needs\n";

static bool Wrong(char *Why, const char *Format, const char *Word)
{
    snprintf(Why, AGENT_WHY_BYTES, Format, Word);
    return false;
}

static bool ParseNumber(const char *Text, uint32_t Low, uint32_t High, uint32_t *Number)
{
    uint64_t Value = 0;

    if (*Text == '\0' || strlen(Text) > 10)
        return false;
    for (; *Text != '\0'; Text++) {
        if (*Text < '0' || *Text > '9')
            return false;
        Value = Value * 10 + (uint64_t)(*Text - '0');
    }
    *Number = (uint32_t)Value;
    return Value >= Low && Value <= High;
}

static bool ParseSource(const char *Text, AGENT_SOURCE *Source)
{
    static const char *const Names[] = {"auto", "nvml", "pdh"};

    for (unsigned i = 0; i < sizeof(Names) / sizeof(Names[0]); i++)
        if (strcmp(Names[i], Text) == 0) {
            *Source = (AGENT_SOURCE)i;
            return true;
        }
    return false;
}

/* An option without a value; false: it is none of these. */
static bool SetFlag(const char *Word, AGENT_OPTIONS *Options)
{
    if (strcmp(Word, "--help") == 0 || strcmp(Word, "-h") == 0)
        Options->Help = true;
    else if (strcmp(Word, "--once") == 0)
        Options->Once = true;
    else if (strcmp(Word, "--print") == 0)
        Options->Print = true;
    else if (strcmp(Word, "--service") == 0)
        Options->Service = true;
    else
        return false;
    return true;
}

static bool SetValue(const char *Name, const char *Value, AGENT_OPTIONS *Options, char *Why)
{
    bool IsRate = strcmp(Name, "--rate") == 0, IsSeconds = strcmp(Name, "--seconds") == 0;
    bool IsSource = strcmp(Name, "--source") == 0;

    if (!IsRate && !IsSeconds && !IsSource)
        return Wrong(Why, "there is no option '%s'", Name);
    if (Value == NULL)
        return Wrong(Why, "option '%s' needs a value", Name);
    if (IsRate)
        return ParseNumber(Value, 1, 100, &Options->RateHz) ||
               Wrong(Why, "'%s' is not a rate from 1 to 100", Value);
    if (IsSeconds)
        return ParseNumber(Value, 1, 1000000000, &Options->Seconds) ||
               Wrong(Why, "'%s' is not a number of seconds", Value);
    return ParseSource(Value, &Options->Source) ||
           Wrong(Why, "'%s' is not a source: auto, nvml or pdh", Value);
}

bool AgentParse(int Count, char *const *Words, AGENT_OPTIONS *Options, char Why[AGENT_WHY_BYTES])
{
    memset(Options, 0, sizeof(*Options));
    Options->RateHz = 10;
    Why[0] = '\0';
    for (int At = 0; At < Count; At++) {
        if (SetFlag(Words[At], Options))
            continue;
        if (!SetValue(Words[At], At + 1 < Count ? Words[At + 1] : NULL, Options, Why))
            return false;
        At++;
    }
    if (Options->Service && (Options->Once || Options->Print || Options->Seconds != 0))
        return Wrong(Why, "--service goes with no --once, --print or --seconds%s", "");
    if (Options->Once && Options->Seconds != 0)
        return Wrong(Why, "--once goes with no --seconds%s", "");
    return true;
}
