/* ai_gpu_agent: reads the GPUs' live figures in user mode and publishes them through ai_driver. */
#include "agent.h"

#include <stdio.h>

static HANDLE Stop;  /* set to end the loop */
static HANDLE Ended; /* set when it has */

/* Windows ends the process when the handler of a closing console returns: it waits for the loop. */
static BOOL WINAPI OnConsole(DWORD Kind)
{
    SetEvent(Stop);
    if (Kind != CTRL_C_EVENT && Kind != CTRL_BREAK_EVENT)
        WaitForSingleObject(Ended, INFINITE);
    return TRUE;
}

static int Run(const AGENT_OPTIONS *Options)
{
    int Result;

    Stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    Ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (Stop == NULL || Ended == NULL || !SetConsoleCtrlHandler(OnConsole, TRUE)) {
        fprintf(stderr, "ai_gpu_agent: cannot start: error %lu\n", GetLastError());
        return AGENT_NO_SYSTEM;
    }
    Result = Options->Service ? AgentServe(Options, Stop) : AgentLoop(Options, Stop);
    SetEvent(Ended);
    return Result;
}

int main(int argc, char **argv)
{
    AGENT_OPTIONS Options;
    char Why[AGENT_WHY_BYTES];

    if (!AgentParse(argc - 1, argv + 1, &Options, Why)) {
        fprintf(stderr, "ai_gpu_agent: %s\nai_gpu_agent --help shows how it is used\n", Why);
        return AGENT_USAGE;
    }
    if (Options.Help) {
        fputs(AgentHelp, stdout);
        return AGENT_FINE;
    }
    return Run(&Options);
}
