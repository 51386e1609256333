/*
 * drvinst: what the kernel runs for a new device whose driver package is in the driver store:
 * `drvinst INSTANCE-ID` installs the best driver on it. Nothing is printed: the log is
 * C:\Windows\INF\setupapi.dev.log. Windows' program of this name takes other arguments, which are
 * not documented.
 */
#include <windows.h>
#include <setupapi.h>

BOOL WINAPI DiInstallDevice(HWND, HDEVINFO, PSP_DEVINFO_DATA, PSP_DRVINFO_DATA_W, DWORD, PBOOL);

int wmain(int Count, WCHAR **Arguments)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    HDEVINFO Set;
    int Exit = 0;

    if (Count != 2)
        return ERROR_INVALID_PARAMETER;
    Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE)
        return (int)GetLastError();
    if (!SetupDiOpenDeviceInfoW(Set, Arguments[1], NULL, 0, &Device) ||
        !DiInstallDevice(NULL, Set, &Device, NULL, 0, NULL))
        Exit = (int)GetLastError();
    SetupDiDestroyDeviceInfoList(Set);
    return Exit;
}
