/* Prints its arguments, a line each, a line to standard error and one without an end; its exit code is argument 1. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static void say(DWORD stream, const char *text)
{
    DWORD written;

    WriteFile(GetStdHandle(stream), text, (DWORD)lstrlenA(text), &written, NULL);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        say(STD_OUTPUT_HANDLE, "[");
        say(STD_OUTPUT_HANDLE, argv[i]);
        say(STD_OUTPUT_HANDLE, "]\n");
    }
    say(STD_ERROR_HANDLE, "to standard error\n");
    say(STD_OUTPUT_HANDLE, "no end");
    return argc > 1 ? atoi(argv[1]) : 0;
}
