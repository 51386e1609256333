/* killer SEED TIMES COMMAND: starts the command again and again and ends it after a while that the
 * seed says. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    unsigned state = argc > 3 ? (unsigned)atoi(argv[1]) : 0;
    int times = argc > 3 ? atoi(argv[2]) : 0, killed = 0;

    for (int i = 0; i < times; i++) {
        STARTUPINFOA startup = {.cb = sizeof(startup)};
        PROCESS_INFORMATION info;
        char line[200];
        DWORD code = 0;

        snprintf(line, sizeof(line), "%s %u", argv[3], state % 1000);
        if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info)) {
            printf("not started: %lu\n", GetLastError());
            return 1;
        }
        state = state * 1664525 + 1013904223;
        if (state >> 28 < 8)
            Sleep((state >> 20) % 100);
        else
            for (unsigned turns = (state >> 18) % 1000; turns != 0; turns--)
                SwitchToThread();
        TerminateProcess(info.hProcess, 99);
        if (WaitForSingleObject(info.hProcess, 30000) != WAIT_OBJECT_0) {
            printf("it does not end\n");
            return 1;
        }
        GetExitCodeProcess(info.hProcess, &code);
        killed += code == 99;
        CloseHandle(info.hProcess);
        CloseHandle(info.hThread);
    }
    printf("%d of %d killed\n", killed, times);
    return 0;
}
