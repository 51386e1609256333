/* Ends with files, events, threads and a device request open: the machine must have none left afterwards. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#include "../../drivers/ioctl_echo/ioctl_echo.h"

static DWORD WINAPI wait_for_ever(void *argument)
{
    return WaitForSingleObject(argument, INFINITE);
}

int main(void)
{
    static OVERLAPPED overlapped;
    static char out[4];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, "left open"), device;

    CreateFileA("C:\\left.txt", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    CreateThread(NULL, 0, wait_for_ever, event, 0, NULL);
    device = CreateFileA("\\\\.\\IoctlEcho", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED,
                         NULL);
    if (device != INVALID_HANDLE_VALUE)
        DeviceIoControl(device, IOCTL_ECHO_PEND, NULL, 0, out, 4, NULL, &overlapped);
    malloc(100000);
    puts("leaving");
    return 7;
}
