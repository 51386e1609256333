/*
 * newdev: installing a driver package on the devices that it fits, and on one device; taking
 * devices away. An ordinary client of setupapi. Left out: user interface (there is nobody to ask),
 * searching the network. [doc: newdev.h]
 */
#include "newdev.h"

/* [doc: newdev.h] */
#define INSTALLFLAG_FORCE 1
#define INSTALLFLAG_BITS 7
#define DIIRFLAG_INF_ALREADY_COPIED 1
#define DIIRFLAG_FORCE_INF 2
#define DIIRFLAG_BITS 0x1F
#define DIIDFLAG_INSTALLNULLDRIVER 4
#define DIIDFLAG_BITS 0x1F

BOOL NewdevFail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

/* ---- one device ---- */

static BOOL InSet(HDEVINFO Set, PSP_DEVINFO_DATA Device, DWORD Property, const WCHAR *Id)
{
    WCHAR List[1024];
    const WCHAR *At;

    RtlZeroMemory(List, sizeof(List));
    if (!SetupDiGetDeviceRegistryPropertyW(Set, Device, Property, NULL, (PBYTE)List,
                                           sizeof(List) - 2 * sizeof(WCHAR), NULL))
        return FALSE;
    for (At = List; *At != 0; At += lstrlenW(At) + 1)
        if (lstrcmpiW(At, Id) == 0)
            return TRUE;
    return FALSE;
}

/* The rank of a driver of the list, and its date and version. */
static BOOL Describe(HDEVINFO Set, PSP_DEVINFO_DATA Device, PSP_DRVINFO_DATA_W Driver, DWORD *Rank)
{
    SP_DRVINSTALL_PARAMS Parameters = {.cbSize = sizeof(Parameters)};

    if (!SetupDiGetDriverInstallParamsW(Set, Device, Driver, &Parameters))
        return FALSE;
    *Rank = Parameters.Rank;
    return TRUE;
}

BOOL NewdevDriverInf(HDEVINFO Set, PSP_DEVINFO_DATA Device, WCHAR *Inf)
{
    HKEY Key = SetupDiOpenDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
    DWORD Bytes = (MAX_PATH - 1) * sizeof(WCHAR);

    RtlZeroMemory(Inf, MAX_PATH * sizeof(WCHAR));
    if (Key == INVALID_HANDLE_VALUE)
        return FALSE;
    if (RegQueryValueExW(Key, L"InfPath", NULL, NULL, (PBYTE)Inf, &Bytes) != ERROR_SUCCESS)
        Inf[0] = 0;
    RegCloseKey(Key);
    return Inf[0] != 0;
}

BOOL NewdevIsExtension(const WCHAR *Path)
{
    static const GUID Extension = {
        0xe2f84ce7, 0x8efa, 0x411c, {0xaa, 0x69, 0x97, 0x45, 0x4c, 0xa4, 0xcb, 0x57}};
    WCHAR Name[64];
    GUID Class;

    return SetupDiGetINFClassW(Path, &Class, Name, COUNT_OF(Name), NULL) &&
           IsEqualGUID(&Class, &Extension);
}

BOOL NewdevIsExtendedBy(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Name)
{
    HKEY Key = SetupDiOpenDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
    WCHAR List[1024];
    const WCHAR *At = List;
    DWORD Bytes = sizeof(List) - 2 * sizeof(WCHAR);

    RtlZeroMemory(List, sizeof(List));
    if (Key == INVALID_HANDLE_VALUE)
        return FALSE;
    if (RegQueryValueExW(Key, L"ExtensionInfs", NULL, NULL, (PBYTE)List, &Bytes) != ERROR_SUCCESS)
        List[0] = 0;
    RegCloseKey(Key);
    while (*At != 0 && lstrcmpiW(At, Name) != 0)
        At += lstrlenW(At) + 1;
    return *At != 0;
}

/* An extension is applied to a device that has a driver, once. */
static BOOL IsWanted(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Path, BOOL Force)
{
    const WCHAR *Name = Path + lstrlenW(Path);
    WCHAR Inf[MAX_PATH];

    while (Name != Path && Name[-1] != L'\\')
        Name--;
    return NewdevDriverInf(Set, Device, Inf) && (Force || !NewdevIsExtendedBy(Set, Device, Name));
}

/* The list's best driver against that of the INF which the device has now. */
static BOOL IsBetter(HDEVINFO Set, PSP_DEVINFO_DATA Device, PSP_DRVINFO_DATA_W New)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)}, Old;
    SP_DRVINFO_DATA_W Present = {.cbSize = sizeof(Present)};
    WCHAR Inf[MAX_PATH];
    DWORD NewRank, OldRank;
    BOOL Better = TRUE;
    SP_DRVINFO_DATA_W Chosen = *New;

    if (!NewdevDriverInf(Set, Device, Inf) || !Describe(Set, Device, New, &NewRank) ||
        !SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters))
        return TRUE;
    Old = Parameters;
    Old.Flags |= DI_ENUMSINGLEINF;
    lstrcpyW(Old.DriverPath, L"C:\\Windows\\INF\\");
    lstrcatW(Old.DriverPath, Inf);
    SetupDiSetDeviceInstallParamsW(Set, Device, &Old);
    if (SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER) &&
        SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, 0, &Present) &&
        Describe(Set, Device, &Present, &OldRank)) {
        LONG Date = CompareFileTime(&Chosen.DriverDate, &Present.DriverDate);

        Better = NewRank != OldRank ? NewRank < OldRank
                 : Date != 0        ? Date > 0
                                    : Chosen.DriverVersion > Present.DriverVersion;
    }
    SetupDiSetDeviceInstallParamsW(Set, Device, &Parameters);
    return SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER) && Better;
}

VOID NewdevNoteReboot(HDEVINFO Set, PSP_DEVINFO_DATA Device, OUTCOME *Outcome)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};

    if (SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters) &&
        (Parameters.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)))
        Outcome->Reboot = TRUE;
}

/* The best driver of one INF (NULL: of the driver store), if there is one and it is better or
 * forced. */
static BOOL InstallOn(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Inf, BOOL Force,
                      OUTCOME *Outcome)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};

    if (!SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters))
        return FALSE;
    if (Inf != NULL) {
        Parameters.Flags |= DI_ENUMSINGLEINF;
        lstrcpynW(Parameters.DriverPath, Inf, MAX_PATH);
        if (!SetupDiSetDeviceInstallParamsW(Set, Device, &Parameters))
            return FALSE;
    }
    if (!SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
        return FALSE;
    if (!SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, 0, &Driver))
        return TRUE; /* the package is not for this device */
    Outcome->Matching++;
    if (Inf != NULL && NewdevIsExtension(Inf) ? !IsWanted(Set, Device, Inf, Force)
                                              : !Force && !IsBetter(Set, Device, &Driver))
        return TRUE;
    if (!SetupDiCallClassInstaller(DIF_SELECTBESTCOMPATDRV, Set, Device) ||
        !SetupDiCallClassInstaller(DIF_ALLOW_INSTALL, Set, Device) ||
        !SetupDiCallClassInstaller(DIF_INSTALLDEVICE, Set, Device))
        return FALSE;
    Outcome->Installed++;
    NewdevNoteReboot(Set, Device, Outcome);
    return TRUE;
}

/* On each present device of a hardware or compatible ID; NULL: each that the INF fits. */
static BOOL InstallOnAll(const WCHAR *HardwareId, const WCHAR *Inf, BOOL Force, OUTCOME *Outcome)
{
    HDEVINFO Set = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DWORD Index, Error = ERROR_SUCCESS;

    if (Set == INVALID_HANDLE_VALUE)
        return FALSE;
    for (Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); Index++) {
        if (HardwareId != NULL && !InSet(Set, &Device, SPDRP_HARDWAREID, HardwareId) &&
            !InSet(Set, &Device, SPDRP_COMPATIBLEIDS, HardwareId))
            continue;
        if (!InstallOn(Set, &Device, Inf, Force, Outcome) && Error == ERROR_SUCCESS)
            Error = GetLastError();
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Error == ERROR_SUCCESS || NewdevFail(Error);
}

static BOOL IsThere(const WCHAR *HardwareId)
{
    HDEVINFO Set = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    BOOL Found = FALSE;
    DWORD Index;

    if (Set == INVALID_HANDLE_VALUE)
        return FALSE;
    for (Index = 0; !Found && SetupDiEnumDeviceInfo(Set, Index, &Device); Index++)
        Found = InSet(Set, &Device, SPDRP_HARDWAREID, HardwareId) ||
                InSet(Set, &Device, SPDRP_COMPATIBLEIDS, HardwareId);
    SetupDiDestroyDeviceInfoList(Set);
    return Found;
}

/* ---- for programs ---- */

BOOL WINAPI UpdateDriverForPlugAndPlayDevicesW(HWND Parent, LPCWSTR HardwareId, LPCWSTR InfPath,
                                               DWORD Flags, PBOOL Reboot)
{
    WCHAR Published[MAX_PATH];
    OUTCOME Outcome = {0, 0, FALSE};

    IGNORE_ARG(Parent);
    if (Reboot != NULL)
        *Reboot = FALSE;
    if (HardwareId == NULL || InfPath == NULL)
        return NewdevFail(ERROR_INVALID_PARAMETER);
    if (Flags & ~(DWORD)INSTALLFLAG_BITS)
        return NewdevFail(ERROR_INVALID_FLAGS);
    if (GetFileAttributesW(InfPath) == INVALID_FILE_ATTRIBUTES)
        return NewdevFail(ERROR_FILE_NOT_FOUND);
    if (!IsThere(HardwareId))
        return NewdevFail(ERROR_NO_SUCH_DEVINST);
    if (!SetupCopyOEMInfW(InfPath, NULL, SPOST_PATH, 0, Published, MAX_PATH, NULL, NULL) ||
        !InstallOnAll(HardwareId, Published, Flags & INSTALLFLAG_FORCE, &Outcome))
        return FALSE;
    if (Reboot != NULL)
        *Reboot = Outcome.Reboot;
    return Outcome.Installed != 0 || NewdevFail(ERROR_NO_MORE_ITEMS);
}

BOOL WINAPI UpdateDriverForPlugAndPlayDevicesA(HWND Parent, LPCSTR HardwareId, LPCSTR InfPath,
                                               DWORD Flags, PBOOL Reboot)
{
    WCHAR Id[MAX_PATH], Path[MAX_PATH];

    if (HardwareId == NULL || InfPath == NULL ||
        MultiByteToWideChar(CP_ACP, 0, HardwareId, -1, Id, MAX_PATH) == 0 ||
        MultiByteToWideChar(CP_ACP, 0, InfPath, -1, Path, MAX_PATH) == 0)
        return NewdevFail(ERROR_INVALID_PARAMETER);
    return UpdateDriverForPlugAndPlayDevicesW(Parent, Id, Path, Flags, Reboot);
}

BOOL WINAPI DiInstallDriverW(HWND Parent, LPCWSTR InfPath, DWORD Flags, PBOOL Reboot)
{
    WCHAR Published[MAX_PATH];
    OUTCOME Outcome = {0, 0, FALSE};

    IGNORE_ARG(Parent);
    if (Reboot != NULL)
        *Reboot = FALSE;
    if (InfPath == NULL || (Flags & DIIRFLAG_INF_ALREADY_COPIED))
        return NewdevFail(InfPath == NULL ? ERROR_INVALID_PARAMETER : ERROR_CALL_NOT_IMPLEMENTED);
    if (Flags & ~(DWORD)DIIRFLAG_BITS)
        return NewdevFail(ERROR_INVALID_FLAGS);
    if (!SetupCopyOEMInfW(InfPath, NULL, SPOST_PATH, 0, Published, MAX_PATH, NULL, NULL) ||
        !InstallOnAll(NULL, Published, Flags & DIIRFLAG_FORCE_INF, &Outcome))
        return FALSE;
    if (Reboot != NULL)
        *Reboot = Outcome.Reboot;
    return Outcome.Installed != 0 || Outcome.Matching == 0 || NewdevFail(ERROR_NO_MORE_ITEMS);
}

/* The device's best driver of the store, or Driver, which is of the device's list. */
BOOL WINAPI DiInstallDevice(HWND Parent, HDEVINFO Set, PSP_DEVINFO_DATA Device,
                            PSP_DRVINFO_DATA_W Driver, DWORD Flags, PBOOL Reboot)
{
    OUTCOME Outcome = {0, 0, FALSE};
    BOOL Fine;

    IGNORE_ARG(Parent);
    if (Reboot != NULL)
        *Reboot = FALSE;
    if (Flags & ~(DWORD)DIIDFLAG_BITS)
        return NewdevFail(ERROR_INVALID_FLAGS);
    if (Flags & DIIDFLAG_INSTALLNULLDRIVER) {
        Fine = NewdevForgetDriver(Set, Device) && NewdevRestart(Set, Device, &Outcome);
        Outcome.Matching = 1;
    } else if (Driver == NULL) {
        Fine = InstallOn(Set, Device, NULL, TRUE, &Outcome);
    } else {
        Fine = SetupDiSetSelectedDriverW(Set, Device, Driver) &&
               SetupDiCallClassInstaller(DIF_INSTALLDEVICE, Set, Device);
        if (Fine)
            NewdevNoteReboot(Set, Device, &Outcome);
        Outcome.Matching = 1;
    }
    if (Fine && Reboot != NULL)
        *Reboot = Outcome.Reboot;
    return Fine && (Outcome.Matching != 0 || NewdevFail(ERROR_NO_DRIVER_SELECTED));
}

BOOL WINAPI DiUninstallDevice(HWND Parent, HDEVINFO Set, PSP_DEVINFO_DATA Device, DWORD Flags,
                              PBOOL Reboot)
{
    OUTCOME Outcome = {0, 0, FALSE};

    IGNORE_ARG(Parent);
    if (Flags != 0)
        return NewdevFail(ERROR_INVALID_FLAGS);
    if (!SetupDiCallClassInstaller(DIF_REMOVE, Set, Device))
        return FALSE;
    NewdevNoteReboot(Set, Device, &Outcome);
    if (Reboot != NULL)
        *Reboot = Outcome.Reboot;
    return TRUE;
}

BOOL WINAPI DiInstallDriverA(HWND Parent, LPCSTR InfPath, DWORD Flags, PBOOL Reboot)
{
    WCHAR Path[MAX_PATH];

    if (InfPath == NULL || MultiByteToWideChar(CP_ACP, 0, InfPath, -1, Path, MAX_PATH) == 0)
        return NewdevFail(ERROR_INVALID_PARAMETER);
    return DiInstallDriverW(Parent, Path, Flags, Reboot);
}
