/* Prints what it reads from standard input, a line at a time, with its bytes' count; a thread counts meanwhile. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static volatile LONG worked;

static DWORD WINAPI work(void *context)
{
    (void)context;
    worked = 1;
    return 0;
}

int main(int argc, char **argv)
{
    WCHAR wide[16];
    char line[40], bytes[3];
    DWORD count = 0;
    HANDLE thread = CreateThread(NULL, 0, work, NULL, 0, NULL);

    (void)argv;
    if (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, sizeof(bytes), &count, NULL))
        printf("%lu bytes, the thread has %s\n", count, worked ? "worked" : "not worked");
    if (argc > 1 && ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), wide, 16, &count, NULL))
        for (DWORD i = 0; i < count; i++)
            printf("U+%04X\n", wide[i]);
    while (fgets(line, sizeof(line), stdin) != NULL)
        printf("%u: %s\n", (unsigned)strlen(line), strtok(line, "\n") ? line : "");
    printf("end\n");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    return 0;
}
