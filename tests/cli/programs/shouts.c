/* Each argument is debug output of the program; "ESC" stands for a byte that drives a terminal. */
#include <string.h>
#include <windows.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        OutputDebugStringA(strcmp(argv[i], "ESC") == 0 ? "\x1b[2J" : argv[i]);
        OutputDebugStringA("\n");
    }
    return 0;
}
