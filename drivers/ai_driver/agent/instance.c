/* See instance.h. */
#include "instance.h"

#include <string.h>

/* Moves *At behind Word, if it is there. */
static bool Skip(const char **At, const char *Word)
{
    size_t Bytes = strlen(Word);

    if (strncmp(*At, Word, Bytes) != 0)
        return false;
    *At += Bytes;
    return true;
}

static unsigned DigitOf(char Character)
{
    if (Character >= '0' && Character <= '9')
        return (unsigned)(Character - '0');
    if (Character >= 'a' && Character <= 'f')
        return (unsigned)(Character - 'a') + 10;
    return Character >= 'A' && Character <= 'F' ? (unsigned)(Character - 'A') + 10 : 16;
}

/* One digit at least, 32 bits at most. */
static bool TakeNumber(const char **At, unsigned Base, uint32_t *Number)
{
    uint64_t Value = 0;

    if (DigitOf(**At) >= Base)
        return false;
    for (; DigitOf(**At) < Base; ++*At) {
        Value = Value * Base + DigitOf(**At);
        if (Value > UINT32_MAX)
            return false;
    }
    *Number = (uint32_t)Value;
    return true;
}

bool AgentParseInstance(const char *Name, AGENT_INSTANCE *Instance)
{
    uint32_t Process;

    memset(Instance, 0, sizeof(*Instance));
    if (Skip(&Name, "pid_") && !(TakeNumber(&Name, 10, &Process) && Skip(&Name, "_")))
        return false;
    if (!Skip(&Name, "luid_0x") || !TakeNumber(&Name, 16, &Instance->LuidHigh) ||
        !Skip(&Name, "_0x") || !TakeNumber(&Name, 16, &Instance->LuidLow) ||
        !Skip(&Name, "_phys_") || !TakeNumber(&Name, 10, &Instance->Physical))
        return false;
    Instance->HasEngine = Skip(&Name, "_eng_");
    if (Instance->HasEngine && !TakeNumber(&Name, 10, &Instance->Engine))
        return false;
    return *Name == '\0' || (Instance->HasEngine && *Name == '_');
}
