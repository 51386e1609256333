/* So many lines of debug output, each of 100 characters. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1;

    for (int i = 0; i < count; i++) {
        char text[128];

        snprintf(text, sizeof(text), "line %-94d\n", i);
        OutputDebugStringA(text);
    }
    return 0;
}
