/*
 * Reads from bench/interrupt_bench.sys: each read ends with an interrupt, and brings the
 * performance counter as its ISR began. Prints the time from there to the return of ReadFile, the
 * best of several batches.
 */
#include <windows.h>

#include <stdio.h>

#define BATCHES 9
#define COUNT 500

int main(void)
{
    HANDLE device =
        CreateFileA("\\\\.\\InterruptBench", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER stamp, now, frequency;
    LONGLONG best = MAXLONGLONG;
    DWORD moved;

    if (device == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "interrupt_bench: cannot open the device: error %lu\n", GetLastError());
        return 1;
    }
    QueryPerformanceFrequency(&frequency);
    for (int batch = 0; batch < BATCHES; batch++) {
        LONGLONG sum = 0;

        for (int i = 0; i < COUNT; i++) {
            if (!ReadFile(device, &stamp, sizeof(stamp), &moved, NULL) || moved != sizeof(stamp))
                return 1;
            QueryPerformanceCounter(&now);
            sum += now.QuadPart - stamp.QuadPart;
        }
        best = sum < best ? sum : best;
    }
    printf("interrupt_to_read_us\t%.2f\tus\n",
           (double)best * 1e6 / (double)frequency.QuadPart / COUNT);
    CloseHandle(device);
    return 0;
}
