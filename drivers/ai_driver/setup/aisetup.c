/*
 * aisetup: what the installer needs on Windows beside files: the root-enumerated device with its
 * driver, and the agent's service SID. Not run on Windows yet. "install" takes ai_driver.inf beside
 * itself; "remove" takes devices and driver package away. Idempotent. Run as an administrator; the
 * driver package must be signed so that the system takes it.
 */
#include <windows.h>

#include <initguid.h>

#include <devguid.h>
#include <newdev.h>
#include <setupapi.h>
#include <stdio.h>
#include <wchar.h>
#include <winsvc.h>

#include "../include/ai_driver.h"

enum { SETUP_FINE = 0, SETUP_USAGE = 1, SETUP_FAILED = 2 };

static int Failed(const char *What)
{
    fprintf(stderr, "aisetup: %s: error 0x%lx\n", What, GetLastError());
    return SETUP_FAILED;
}

/* ---- devices ---- */

static BOOL IsOurs(HDEVINFO List, SP_DEVINFO_DATA *Device)
{
    WCHAR Ids[512];
    DWORD Bytes;

    ZeroMemory(Ids, sizeof(Ids));
    if (!SetupDiGetDeviceRegistryPropertyW(List, Device, SPDRP_HARDWAREID, NULL, (BYTE *)Ids,
                                           sizeof(Ids) - 2 * sizeof(WCHAR), &Bytes))
        return FALSE;
    for (const WCHAR *Id = Ids; *Id != 0; Id += wcslen(Id) + 1)
        if (_wcsicmp(Id, AI_HARDWARE_ID) == 0)
            return TRUE;
    return FALSE;
}

/* How many devices of ours there are; each is removed too if asked. -1: a failure, told. */
static int CountDevices(BOOL Remove)
{
    HDEVINFO List = SetupDiGetClassDevsW(&GUID_DEVCLASS_SYSTEM, L"ROOT", NULL, 0);
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    int Count = 0;

    if (List == INVALID_HANDLE_VALUE)
        return Failed("devices"), -1;
    for (DWORD i = 0; Count >= 0 && SetupDiEnumDeviceInfo(List, i, &Device); i++) {
        if (!IsOurs(List, &Device))
            continue;
        Count++;
        if (Remove && !SetupDiCallClassInstaller(DIF_REMOVE, List, &Device)) {
            Failed("the device is not removed");
            Count = -1;
        }
    }
    SetupDiDestroyDeviceInfoList(List);
    return Count;
}

static int CreateDevice(void)
{
    static const WCHAR Ids[] = AI_HARDWARE_ID L"\0";
    HDEVINFO List = SetupDiCreateDeviceInfoList(&GUID_DEVCLASS_SYSTEM, NULL);
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    int Result = SETUP_FINE;

    if (List == INVALID_HANDLE_VALUE)
        return Failed("a list of devices");
    if (!SetupDiCreateDeviceInfoW(List, L"System", &GUID_DEVCLASS_SYSTEM, NULL, NULL,
                                  DICD_GENERATE_ID, &Device) ||
        !SetupDiSetDeviceRegistryPropertyW(List, &Device, SPDRP_HARDWAREID, (const BYTE *)Ids,
                                           sizeof(Ids)) ||
        !SetupDiCallClassInstaller(DIF_REGISTERDEVICE, List, &Device))
        Result = Failed("the device is not created");
    SetupDiDestroyDeviceInfoList(List);
    return Result;
}

/* ai_driver.inf in this program's folder. */
static BOOL InfPath(WCHAR *Path, DWORD Limit)
{
    static const WCHAR Name[] = L"ai_driver.inf";
    DWORD Length = GetModuleFileNameW(NULL, Path, Limit);
    WCHAR *Slash;

    if (Length == 0 || Length >= Limit)
        return FALSE;
    Slash = wcsrchr(Path, L'\\');
    if (Slash == NULL || (size_t)(Path + Limit - Slash) <= sizeof(Name) / sizeof(WCHAR))
        return FALSE;
    wcscpy(Slash + 1, Name);
    return TRUE;
}

/* ---- the agent's service ---- */

/* With its SID in its token the agent needs no account with more rights. No service: nothing to do.
 */
static int SetServiceSid(void)
{
    SERVICE_SID_INFO Info = {SERVICE_SID_TYPE_UNRESTRICTED};
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), Service;
    int Result = SETUP_FINE;

    if (Manager == NULL)
        return Failed("the service control manager");
    Service = OpenServiceW(Manager, AI_AGENT_SERVICE_NAME, SERVICE_CHANGE_CONFIG);
    if (Service == NULL && GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST)
        Result = Failed("the agent's service");
    if (Service != NULL && !ChangeServiceConfig2W(Service, SERVICE_CONFIG_SERVICE_SID_INFO, &Info))
        Result = Failed("the agent's service SID");
    if (Service != NULL)
        CloseServiceHandle(Service);
    CloseServiceHandle(Manager);
    return Result;
}

/* ---- commands ---- */

static int Install(void)
{
    WCHAR Path[MAX_PATH];
    BOOL Restart = FALSE;
    int Count = CountDevices(FALSE);

    if (Count < 0)
        return SETUP_FAILED;
    if (!InfPath(Path, MAX_PATH))
        return Failed("the folder of this program");
    if (Count == 0 && CreateDevice() != SETUP_FINE)
        return SETUP_FAILED;
    if (!UpdateDriverForPlugAndPlayDevicesW(NULL, AI_HARDWARE_ID, Path, INSTALLFLAG_FORCE,
                                            &Restart)) {
        Failed("the driver is not installed");
        if (Count == 0)
            CountDevices(TRUE); /* the one made above */
        return SETUP_FAILED;
    }
    if (Restart)
        printf("aisetup: Windows must be restarted\n");
    return SetServiceSid();
}

typedef BOOL(WINAPI *UNINSTALL_DRIVER)(HWND Parent, LPCWSTR Inf, DWORD Flags, PBOOL Restart);

/* DiUninstallDriver, of Windows 10 1703 and later; not all headers and import libraries have it. */
static BOOL UninstallDriver(const WCHAR *Inf, BOOL *Restart)
{
    FARPROC Routine = GetProcAddress(GetModuleHandleW(L"newdev.dll"), "DiUninstallDriverW");
    UNINSTALL_DRIVER Uninstall;

    if (Routine == NULL)
        return FALSE;
    memcpy(&Uninstall, &Routine, sizeof(Uninstall));
    return Uninstall(NULL, Inf, 0, Restart) || GetLastError() == ERROR_FILE_NOT_FOUND;
}

static int Remove(void)
{
    WCHAR Path[MAX_PATH];
    BOOL Restart = FALSE;

    if (CountDevices(TRUE) < 0)
        return SETUP_FAILED;
    if (!InfPath(Path, MAX_PATH))
        return Failed("the folder of this program");
    if (!UninstallDriver(Path, &Restart))
        return Failed("the driver package is not removed");
    if (Restart)
        printf("aisetup: Windows must be restarted\n");
    return SETUP_FINE;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "install") == 0)
        return Install();
    if (argc == 2 && strcmp(argv[1], "remove") == 0)
        return Remove();
    fprintf(stderr, "usage: aisetup install|remove\n");
    return SETUP_USAGE;
}
