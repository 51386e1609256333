/* floods N: writes N lines of 100 bytes to standard output, then says on standard error that it
 * has. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    char line[101];
    DWORD written;

    FillMemory(line, sizeof(line), 'x');
    line[99] = '\n';
    for (int i = argc > 1 ? atoi(argv[1]) : 1; i > 0; i--)
        WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), line, 100, &written, NULL);
    fprintf(stderr, "flooded\n");
    return 0;
}
