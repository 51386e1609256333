/* beats N: waits for N beats of the agent. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    HANDLE beat = OpenEventA(SYNCHRONIZE, FALSE, "AgentBeat");
    int count = argc > 1 ? atoi(argv[1]) : 1;

    if (beat == NULL) {
        printf("no agent: %lu\n", GetLastError());
        return 2;
    }
    for (int i = 0; i < count; i++)
        if (WaitForSingleObject(beat, 10000) != WAIT_OBJECT_0)
            return 4;
    printf("%d beats\n", count);
    return 0;
}
