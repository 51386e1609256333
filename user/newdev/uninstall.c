/*
 * Taking a driver package away from all its devices, and going back to the driver before. Left out:
 * user interface; packages of Windows itself. [doc: DiUninstallDriver, DiRollbackDriver,
 * DiInstallDevice]
 */
#include "newdev.h"

#define DIURFLAG_NO_REMOVE_INF 1
#define ROLLBACK_FLAG_NO_UI 1

static const WCHAR *NameOf(const WCHAR *Path)
{
    const WCHAR *Name = Path;

    for (; *Path != 0; Path++)
        if (*Path == L'\\')
            Name = Path + 1;
    return Name;
}

static BOOL ForgetFilters(HDEVINFO Set, PSP_DEVINFO_DATA Device)
{
    return SetupDiSetDeviceRegistryPropertyW(Set, Device, SPDRP_UPPERFILTERS, NULL, 0) &&
           SetupDiSetDeviceRegistryPropertyW(Set, Device, SPDRP_LOWERFILTERS, NULL, 0);
}

BOOL NewdevForgetDriver(HDEVINFO Set, PSP_DEVINFO_DATA Device)
{
    if (!SetupDiDeleteDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV) &&
        GetLastError() != ERROR_KEY_DOES_NOT_EXIST)
        return FALSE;
    return SetupDiSetDeviceRegistryPropertyW(Set, Device, SPDRP_SERVICE, NULL, 0) &&
           ForgetFilters(Set, Device) &&
           SetupDiSetDeviceRegistryPropertyW(Set, Device, SPDRP_DRIVER, NULL, 0);
}

BOOL NewdevRestart(HDEVINFO Set, PSP_DEVINFO_DATA Device, OUTCOME *Outcome)
{
    SP_PROPCHANGE_PARAMS Parameters = {
        {sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, DICS_PROPCHANGE, DICS_FLAG_GLOBAL, 0};

    if (!SetupDiSetClassInstallParamsW(Set, Device, &Parameters.ClassInstallHeader,
                                       sizeof(Parameters)))
        return FALSE;
    if (!SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, Set, Device))
        return GetLastError() == ERROR_NO_SUCH_DEVINST; /* one that is not there need not start */
    NewdevNoteReboot(Set, Device, Outcome);
    return TRUE;
}

/* Selects the best driver of the store that is of another INF; FALSE: there is none. */
static BOOL SelectOther(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Name)
{
    SP_DRVINFO_DETAIL_DATA_W Detail = {.cbSize = sizeof(Detail)};
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};
    DWORD Index;

    if (!SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
        return FALSE;
    for (Index = 0; SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, Index, &Driver);
         Index++)
        if ((SetupDiGetDriverInfoDetailW(Set, Device, &Driver, &Detail, sizeof(Detail), NULL) ||
             GetLastError() == ERROR_INSUFFICIENT_BUFFER) &&
            lstrcmpiW(NameOf(Detail.InfFileName), Name) != 0)
            return SetupDiSetSelectedDriverW(Set, Device, &Driver);
    return FALSE;
}

/* Calls Each for each device, there or not, whose driver is of an INF. */
typedef BOOL DEVICE_EACH(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Name,
                         OUTCOME *Outcome);

static BOOL VisitUsers(HDEVINFO Set, const WCHAR *Name, DEVICE_EACH *Each, OUTCOME *Outcome)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Inf[MAX_PATH];
    DWORD Index;

    for (Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); Index++)
        if (NewdevDriverInf(Set, &Device, Inf) &&
            (lstrcmpiW(Inf, Name) == 0 || NewdevIsExtendedBy(Set, &Device, Name)) &&
            !Each(Set, &Device, Name, Outcome))
            return FALSE;
    return TRUE;
}

static BOOL MarkForLater(HDEVINFO Set, PSP_DEVINFO_DATA Device, PSP_DEVINSTALL_PARAMS_W Parameters)
{
    Parameters->Flags |= DI_PROPERTIES_CHANGE;
    return SetupDiSetDeviceInstallParamsW(Set, Device, Parameters);
}

/* Another driver, or none: those are noted to be started again once the package is gone. */
static BOOL Replace(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Name, OUTCOME *Outcome)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};

    Outcome->Matching++;
    if (NewdevIsExtendedBy(Set, Device,
                           Name)) /* its own driver again, when the extension is gone */
        return SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters) &&
               ForgetFilters(Set, Device) && MarkForLater(Set, Device, &Parameters);
    if (SelectOther(Set, Device, Name)) {
        if (!SetupDiCallClassInstaller(DIF_INSTALLDEVICE, Set, Device))
            return FALSE;
        NewdevNoteReboot(Set, Device, Outcome);
        return TRUE;
    }
    return NewdevForgetDriver(Set, Device) &&
           SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters) &&
           MarkForLater(Set, Device, &Parameters);
}

/* The driver of the INF that the device has, again. */
static BOOL InstallAgain(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Inf, OUTCOME *Outcome)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};

    if (!SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters))
        return FALSE;
    Parameters.Flags |= DI_ENUMSINGLEINF;
    lstrcpyW(Parameters.DriverPath, L"C:\\Windows\\INF\\");
    lstrcpynW(Parameters.DriverPath + lstrlenW(Parameters.DriverPath), Inf, MAX_PATH - 20);
    if (!SetupDiSetDeviceInstallParamsW(Set, Device, &Parameters) ||
        !SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER) ||
        !SetupDiCallClassInstaller(DIF_SELECTBESTCOMPATDRV, Set, Device) ||
        !SetupDiCallClassInstaller(DIF_INSTALLDEVICE, Set, Device))
        return FALSE;
    NewdevNoteReboot(Set, Device, Outcome);
    return TRUE;
}

static BOOL RestartMarked(HDEVINFO Set, OUTCOME *Outcome)
{
    WCHAR Inf[MAX_PATH];
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    DWORD Index;

    for (Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); Index++)
        if (SetupDiGetDeviceInstallParamsW(Set, &Device, &Parameters) &&
            (Parameters.Flags & DI_PROPERTIES_CHANGE) &&
            !(NewdevDriverInf(Set, &Device, Inf) ? InstallAgain(Set, &Device, Inf, Outcome)
                                                 : NewdevRestart(Set, &Device, Outcome)))
            return FALSE;
    return TRUE;
}

BOOL WINAPI DiUninstallDriverW(HWND Parent, LPCWSTR InfPath, DWORD Flags, PBOOL Reboot)
{
    OUTCOME Outcome = {0, 0, FALSE};
    HDEVINFO Set;
    BOOL Fine;

    IGNORE_ARG(Parent);
    if (Reboot != NULL)
        *Reboot = FALSE;
    if (InfPath == NULL)
        return NewdevFail(ERROR_INVALID_PARAMETER);
    if (Flags & ~(DWORD)DIURFLAG_NO_REMOVE_INF)
        return NewdevFail(ERROR_INVALID_FLAGS);
    if (!SetupGetInfDriverStoreLocationW(NameOf(InfPath), NULL, NULL, NULL, 0, NULL) &&
        GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return NewdevFail(ERROR_FILE_NOT_FOUND);
    Set = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES);
    if (Set == INVALID_HANDLE_VALUE)
        return FALSE;
    Fine = VisitUsers(Set, NameOf(InfPath), Replace, &Outcome) &&
           ((Flags & DIURFLAG_NO_REMOVE_INF) ||
            SetupUninstallOEMInfW(NameOf(InfPath), SUOI_FORCEDELETE, NULL)) &&
           RestartMarked(Set, &Outcome);
    SetupDiDestroyDeviceInfoList(Set);
    if (Fine && Reboot != NULL)
        *Reboot = Outcome.Reboot;
    return Fine;
}

BOOL WINAPI DiUninstallDriverA(HWND Parent, LPCSTR InfPath, DWORD Flags, PBOOL Reboot)
{
    WCHAR Path[MAX_PATH];

    if (InfPath == NULL || MultiByteToWideChar(CP_ACP, 0, InfPath, -1, Path, MAX_PATH) == 0)
        return NewdevFail(ERROR_INVALID_PARAMETER);
    return DiUninstallDriverW(Parent, Path, Flags, Reboot);
}

/* The INF that was the device's before the one it has; setupapi notes it. */
static BOOL PreviousInf(HDEVINFO Set, PSP_DEVINFO_DATA Device, WCHAR *Path)
{
    static const WCHAR Folder[] = L"C:\\Windows\\INF\\";
    DWORD Bytes = (MAX_PATH - COUNT_OF(Folder)) * sizeof(WCHAR);
    HKEY Key = SetupDiOpenDevRegKey(Set, Device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
    BOOL Found;

    if (Key == INVALID_HANDLE_VALUE)
        return FALSE;
    RtlZeroMemory(Path, MAX_PATH * sizeof(WCHAR));
    lstrcpyW(Path, Folder);
    Found = RegQueryValueExW(Key, L"PreviousInfPath", NULL, NULL, (PBYTE)(Path + lstrlenW(Path)),
                             &Bytes) == ERROR_SUCCESS;
    RegCloseKey(Key);
    return Found && GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES;
}

BOOL WINAPI DiRollbackDriver(HDEVINFO Set, PSP_DEVINFO_DATA Device, HWND Parent, DWORD Flags,
                             PBOOL Reboot)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)}, Old;
    OUTCOME Outcome = {0, 0, FALSE};
    BOOL Fine;

    IGNORE_ARG(Parent);
    if (Reboot != NULL)
        *Reboot = FALSE;
    if (Flags & ~(DWORD)ROLLBACK_FLAG_NO_UI)
        return NewdevFail(ERROR_INVALID_FLAGS);
    if (!SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters))
        return FALSE;
    Old = Parameters;
    if (!PreviousInf(Set, Device, Parameters.DriverPath))
        return NewdevFail(ERROR_NO_MORE_ITEMS);
    Parameters.Flags |= DI_ENUMSINGLEINF;
    Fine = SetupDiSetDeviceInstallParamsW(Set, Device, &Parameters) &&
           SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER) &&
           SetupDiCallClassInstaller(DIF_SELECTBESTCOMPATDRV, Set, Device) &&
           SetupDiCallClassInstaller(DIF_INSTALLDEVICE, Set, Device);
    if (Fine)
        NewdevNoteReboot(Set, Device, &Outcome);
    Old.Flags |= Outcome.Reboot ? DI_NEEDREBOOT : 0;
    SetupDiSetDeviceInstallParamsW(Set, Device, &Old);
    if (Fine && Reboot != NULL)
        *Reboot = Outcome.Reboot;
    return Fine;
}
