/*
 * agent [handled|stays|short|spins]: runs until its console is closed, and says every 100 ms that
 * it is there, on an event that others can wait for. handled: says that the console is closed;
 * stays: its handler never returns; short: ends by itself.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static const char *mode = "";
static HANDLE over;

static BOOL WINAPI on_event(DWORD event)
{
    printf("agent: event %lu\n", event);
    fflush(stdout);
    if (strcmp(mode, "stays") == 0)
        Sleep(INFINITE);
    SetEvent(over);
    return TRUE;
}

int main(int argc, char **argv)
{
    HANDLE beat = CreateEventA(NULL, FALSE, FALSE, "AgentBeat");

    if (argc > 1)
        mode = argv[1];
    if (strcmp(mode, "") != 0 && !SetConsoleCtrlHandler(on_event, TRUE))
        return 1;
    over = CreateEventA(NULL, TRUE, FALSE, NULL);
    printf("agent: started as %lu\n", GetCurrentProcessId());
    fflush(stdout);
    if (strcmp(mode, "short") == 0)
        return 9;
    while (WaitForSingleObject(over, 100) == WAIT_TIMEOUT)
        SetEvent(beat);
    puts("agent: over");
    return 3;
}
