/* Reads five ticks of drivers/ticker and prints how far apart they are. */
#include <windows.h>

#include <stdio.h>

#include "../../drivers/ticker/ticker.h"

int main(void)
{
    HANDLE device = CreateFileA("\\\\.\\Ticker", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    LONGLONG before = 0;
    TICKER_TICK tick;
    DWORD moved;

    if (device == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "ticker: cannot open the device: error %lu\n", GetLastError());
        return 1;
    }
    for (int i = 0; i < 5; i++) {
        if (!ReadFile(device, &tick, sizeof(tick), &moved, NULL) || moved != sizeof(tick)) {
            fprintf(stderr, "ticker: read: error %lu\n", GetLastError());
            return 1;
        }
        if (before != 0)
            printf("tick after %ld us\n", (long)((tick.Time.QuadPart - before) / 10));
        before = tick.Time.QuadPart;
    }
    CloseHandle(device);
    return 0;
}
