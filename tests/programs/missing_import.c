/* Imports routines that no DLL of Drydock has: must be refused, each named, before main runs. */
#include <windows.h>

#include <stdio.h>

int main(void)
{
    TRACKMOUSEEVENT unused = {0};

    puts("main ran");
    DeleteTimerQueue(NULL);
    return (int)GetTapeStatus(NULL) + (int)unused.cbSize;
}
