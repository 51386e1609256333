/* Commands that install drivers: on devices that are made or are there, and into the driver store.
 */
#include "devcon.h"
#include "console.h"

#include <newdev.h>

static int Update(const WCHAR *Inf, const WCHAR *HardwareId)
{
    BOOL Reboot = FALSE;

    ConsolePrint(L"Updating drivers for %ls from %ls.\n", HardwareId, Inf);
    if (!UpdateDriverForPlugAndPlayDevicesW(NULL, HardwareId, Inf, INSTALLFLAG_FORCE, &Reboot))
        return DEVCON_FAIL;
    printf("Drivers installed successfully.\n");
    return Reboot ? DEVCON_REBOOT : DEVCON_FINE;
}

/* The full path of an INF that is there. */
static BOOL FindInf(const WCHAR *Name, WCHAR *Path)
{
    return GetFullPathNameW(Name, MAX_PATH, Path, NULL) - 1 < MAX_PATH - 1 &&
           GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES;
}

int DevconUpdate(int Count, WCHAR **Arguments)
{
    WCHAR Path[MAX_PATH];

    if (Count != 2)
        return DEVCON_USAGE;
    return FindInf(Arguments[0], Path) ? Update(Path, Arguments[1]) : DEVCON_FAIL;
}

/* A root-enumerated device of the INF's class with that hardware ID. */
static BOOL MakeDevice(HDEVINFO Set, const GUID *Class, const WCHAR *ClassName,
                       const WCHAR *HardwareId, SP_DEVINFO_DATA *Device)
{
    WCHAR List[MAX_DEVICE_ID_LEN + 2] = {0};

    wcsncpy(List, HardwareId, MAX_DEVICE_ID_LEN);
    return SetupDiCreateDeviceInfoW(Set, ClassName, Class, NULL, NULL, DICD_GENERATE_ID, Device) &&
           SetupDiSetDeviceRegistryPropertyW(Set, Device, SPDRP_HARDWAREID, (PBYTE)List,
                                             (DWORD)((wcslen(List) + 2) * sizeof(WCHAR))) &&
           SetupDiCallClassInstaller(DIF_REGISTERDEVICE, Set, Device);
}

int DevconInstall(int Count, WCHAR **Arguments)
{
    WCHAR Path[MAX_PATH], ClassName[MAX_CLASS_NAME_LEN];
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    int Exit = DEVCON_FAIL;
    HDEVINFO Set;
    GUID Class;

    if (Count != 2)
        return DEVCON_USAGE;
    if (!FindInf(Arguments[0], Path) ||
        !SetupDiGetINFClassW(Path, &Class, ClassName, MAX_CLASS_NAME_LEN, NULL))
        return DEVCON_FAIL;
    Set = SetupDiCreateDeviceInfoList(&Class, NULL);
    if (Set == INVALID_HANDLE_VALUE)
        return DEVCON_FAIL;
    if (MakeDevice(Set, &Class, ClassName, Arguments[1], &Device)) {
        printf("Device node created. Install is complete when drivers are installed...\n");
        Exit = Update(Path, Arguments[1]);
        if (Exit == DEVCON_FAIL) /* no device stays that nothing was installed on */
            SetupDiCallClassInstaller(DIF_REMOVE, Set, &Device);
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Exit;
}

/* ---- the driver store ---- */

int DevconAddPackage(int Count, WCHAR **Arguments)
{
    WCHAR Path[MAX_PATH], Published[MAX_PATH], *Name;

    if (Count != 1)
        return DEVCON_USAGE;
    if (!FindInf(Arguments[0], Path) ||
        !SetupCopyOEMInfW(Path, NULL, SPOST_PATH, 0, Published, MAX_PATH, NULL, &Name)) {
        printf("Adding the specified Driver Package to the machine failed.\n");
        return DEVCON_FAIL;
    }
    ConsolePrint(L"Driver Package '%ls' added.\n", Name);
    return DEVCON_FINE;
}

int DevconDeletePackage(int Count, WCHAR **Arguments)
{
    BOOL Force =
        Count == 2 && (_wcsicmp(Arguments[0], L"-f") == 0 || _wcsicmp(Arguments[0], L"/f") == 0);

    if (Count != 1 + Force)
        return DEVCON_USAGE;
    if (SetupUninstallOEMInfW(Arguments[Force], Force ? SUOI_FORCEDELETE : 0, NULL)) {
        ConsolePrint(L"Driver Package '%ls' deleted.\n", Arguments[Force]);
        return DEVCON_FINE;
    }
    if (GetLastError() == ERROR_INF_IN_USE_BY_DEVICES)
        printf("Deleting the specified Driver Package from the machine failed. The specified "
               "package is in use\n"
               "by one or more devices.\n");
    else
        printf("Deleting the specified Driver Package from the machine failed.\n");
    return DEVCON_FAIL;
}

static void ShowEntry(HINF Inf, const WCHAR *Key, const char *Title)
{
    WCHAR Value[LINE_LEN];

    if (SetupGetLineTextW(NULL, Inf, L"Version", Key, Value, LINE_LEN, NULL) && Value[0] != 0)
        ConsolePrint(L"    %hs: %ls\n", Title, Value);
}

static void ShowPackage(const WCHAR *Name)
{
    HINF Inf = SetupOpenInfFileW(Name, NULL, INF_STYLE_WIN4, NULL);

    ConsolePrint(L"%ls\n", Name);
    if (Inf == INVALID_HANDLE_VALUE)
        return;
    ShowEntry(Inf, L"Provider", "Provider");
    ShowEntry(Inf, L"Class", "Class");
    ShowEntry(Inf, L"DriverVer", "Date, version");
    SetupCloseInfFile(Inf);
}

int DevconEnumPackages(int Count, WCHAR **Arguments)
{
    WIN32_FIND_DATAW Found;
    HANDLE Search;

    (void)Arguments;
    if (Count != 0)
        return DEVCON_USAGE;
    Search = FindFirstFileW(L"C:\\Windows\\INF\\oem*.inf", &Found);
    if (Search == INVALID_HANDLE_VALUE) {
        printf("There are no 3rd party Driver Packages on this machine.\n");
        return DEVCON_FINE;
    }
    printf("The following 3rd party Driver Packages are on this machine:\n");
    do
        ShowPackage(Found.cFileName);
    while (FindNextFileW(Search, &Found));
    FindClose(Search);
    return DEVCON_FINE;
}
