/* naps N: sleeps a tenth of a second N times; says how long the longest nap took, in seconds. */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    ULONGLONG longest = 0;

    for (int i = argc > 1 ? atoi(argv[1]) : 1; i > 0; i--) {
        ULONGLONG begin = GetTickCount64();

        Sleep(100);
        if (GetTickCount64() - begin > longest)
            longest = GetTickCount64() - begin;
    }
    printf("longest nap: %llu s\n", longest / 1000);
    return 0;
}
