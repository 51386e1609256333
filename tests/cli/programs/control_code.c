/* Sends one control code, given in hexadecimal, to a device: control_code.exe \\.\NAME CODE. Exit
 * code: the error. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

int main(int argc, char **argv)
{
    HANDLE device;
    DWORD got, error = 0;

    if (argc != 3)
        return ERROR_INVALID_PARAMETER;
    device = CreateFileA(argv[1], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE)
        return (int)GetLastError();
    if (!DeviceIoControl(device, strtoul(argv[2], NULL, 16), NULL, 0, NULL, 0, &got, NULL))
        error = GetLastError();
    printf("control code answered: %lu\n", error);
    CloseHandle(device);
    return (int)error;
}
