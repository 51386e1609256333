/*
 * Sends COUNT METHOD_BUFFERED requests to drivers/ioctl_echo and says how many: the host times the run, as the clocks in here
 * are virtual (with --clock real the program's own figure is right too).
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#include "../../drivers/ioctl_echo/ioctl_echo.h"

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 100000;
    HANDLE device = CreateFileA("\\\\.\\IoctlEcho", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    LARGE_INTEGER start, end, frequency;
    char buffer[16] = "0123456789abcde";
    DWORD moved;

    if (device == INVALID_HANDLE_VALUE) {
        fprintf(stderr, "ioctl_bench: cannot open the device: error %lu\n", GetLastError());
        return 1;
    }
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    for (long i = 0; i < count; i++)
        if (!DeviceIoControl(device, IOCTL_ECHO_BUFFERED, buffer, sizeof(buffer), buffer, sizeof(buffer), &moved, NULL))
            return 1;
    QueryPerformanceCounter(&end);
    printf("%ld requests, %.1f ns each by the machine's clock\n", count,
           (double)(end.QuadPart - start.QuadPart) * 1e9 / (double)frequency.QuadPart / (double)count);
    CloseHandle(device);
    return 0;
}
