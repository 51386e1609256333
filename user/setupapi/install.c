/*
 * Installing a driver on a device: class, files, driver key, services, .HW, what else the INF says. What is left aside is named
 * in the log: co-installers, logical configurations, components, extensions, properties, events, security.
 * [doc: INF DDInstall Section and its sections, Device Installation]
 */
#include "driver.h"

#define DRIVER_INSTANCES 10000

typedef struct _INSTALL {
    const SETUP_DRIVER *Driver;
    SETUP_INF *Inf;
    const WCHAR *Published;  /* oemN.inf, or the INF's own name */
    WCHAR Section[300];      /* decorated */
    HANDLE Device, DriverKey;
    WCHAR DriverValue[64];   /* {class}\0000 */
    SETUP_PLACE Place;
} INSTALL;

NTSTATUS SetupControl(ULONG Class, const WCHAR *InstanceId, PNP_CONTROL_DATA *Data)
{
    PNP_CONTROL_DATA *Own = Data != NULL ? Data : SetupAllocate(sizeof(*Own));
    NTSTATUS Status;

    if (Own == NULL)
        return STATUS_NO_MEMORY;
    lstrcpynW(Own->Device, InstanceId, PNP_CONTROL_PATH);
    Status = CMP_PlugPlayControl(Class, Own);
    if (Data == NULL)
        SetupFree(Own);
    return Status;
}

/* ---- keys ---- */

/* The device's driver key of this class, or the first that is free. */
static BOOL OpenDriverKey(INSTALL *Install)
{
    WCHAR Guid[39], Old[64];
    HANDLE Key;
    DWORD i;

    SetupPrintGuid(&Install->Driver->Class, Guid);
    if (RegpGetText(Install->Device, L"Driver", Old, COUNT_OF(Old)) && _wcsnicmp(Old, Guid, 38) == 0) {
        lstrcpyW(Install->DriverValue, Old);
        Install->DriverKey = RegpOpenF(TRUE, REG_CLASSES L"%s", Old);
        return Install->DriverKey != NULL;
    }
    for (i = 0; i < DRIVER_INSTANCES; i++) {
        SetupPrint(Install->DriverValue, COUNT_OF(Install->DriverValue), L"%s\\%04lu", Guid, i);
        Key = RegpOpenF(FALSE, REG_CLASSES L"%s", Install->DriverValue);
        if (Key == NULL) {
            Install->DriverKey = RegpOpenF(TRUE, REG_CLASSES L"%s", Install->DriverValue);
            return Install->DriverKey != NULL;
        }
        NtClose(Key);
    }
    return SetupFail(ERROR_TOO_MANY_NAMES);
}

static BOOL WriteDriverKey(INSTALL *Install)
{
    const SETUP_DRIVER *Driver = Install->Driver;
    WCHAR Date[32], Version[32], Old[MAX_PATH];
    SYSTEMTIME Time = {0};
    HANDLE Key = Install->DriverKey;

    if (RegpGetText(Key, L"InfPath", Old, COUNT_OF(Old)) && !SetupSame(Old, Install->Published))
        RegpSetText(Key, L"PreviousInfPath", Old); /* for DiRollbackDriver */
    FileTimeToSystemTime(&Driver->Date, &Time);
    SetupPrint(Date, COUNT_OF(Date), L"%u-%u-%u", Time.wMonth, Time.wDay, Time.wYear);
    SetupPrint(Version, COUNT_OF(Version), L"%u.%u.%u.%u", (WORD)(Driver->Version >> 48), (WORD)(Driver->Version >> 32),
               (WORD)(Driver->Version >> 16), (WORD)Driver->Version);
    return RegpSetText(Key, L"InfPath", Install->Published) && RegpSetText(Key, L"InfSection", Driver->Section) &&
           RegpSetText(Key, L"InfSectionExt", Install->Section + wcslen(Driver->Section)) &&
           RegpSetText(Key, L"ProviderName", Driver->Provider) && RegpSetText(Key, L"DriverDate", Date) &&
           RegpSet(Key, L"DriverDateData", REG_BINARY, &Driver->Date, sizeof(Driver->Date)) &&
           RegpSetText(Key, L"DriverVersion", Version) && RegpSetText(Key, L"MatchingDeviceId", Driver->MatchingId) &&
           RegpSetText(Key, L"DriverDesc", Driver->Description);
}

static BOOL WriteDevice(INSTALL *Install, const WCHAR *Service)
{
    const SETUP_DRIVER *Driver = Install->Driver;
    DWORD Flags = RegpGetNumber(Install->Device, L"ConfigFlags", 0);
    WCHAR Guid[39];

    SetupPrintGuid(&Driver->Class, Guid);
    if (Service[0] == 0)
        RegpDeleteValue(Install->Device, L"Service");
    return RegpSetText(Install->Device, L"ClassGUID", Guid) && RegpSetText(Install->Device, L"Class", Driver->ClassName) &&
           RegpSetText(Install->Device, L"DeviceDesc", Driver->Description) &&
           RegpSetText(Install->Device, L"Mfg", Driver->Manufacturer) &&
           RegpSetText(Install->Device, L"Driver", Install->DriverValue) &&
           RegpSetNumber(Install->Device, L"ConfigFlags", Flags & 1) && /* what stays: CONFIGFLAG_DISABLED */
           (Service[0] == 0 || RegpSetText(Install->Device, L"Service", Service));
}

/* ---- the INF's sections ---- */

static BOOL RunHardware(INSTALL *Install, const WCHAR *InstanceId)
{
    int Section = SetupSectionF(Install->Inf, L"%s.HW", Install->Section);
    SETUP_PLACE Place = Install->Place;
    BOOL Fine;

    if (Section == INF_NONE)
        return TRUE;
    Place.Device = Install->Device;
    Place.Relative = RegpOpenF(TRUE, REG_ENUM L"%s\\Device Parameters", InstanceId);
    if (Place.Relative == NULL)
        return FALSE;
    Fine = SetupRunSection(Install->Inf, Section, SETUP_REGISTRY, &Place);
    NtClose(Place.Relative);
    return Fine;
}

/* KmdfService = name, section; there KmdfLibraryVersion = 1.x */
static BOOL RunWdf(INSTALL *Install)
{
    int Section = SetupSectionF(Install->Inf, L"%s.Wdf", Install->Section), Line;
    WCHAR Service[SETUP_FIELD], Name[SETUP_FIELD], Version[SETUP_FIELD];
    HANDLE Key;

    for (Line = SetupLine(Install->Inf, Section, INF_NONE, L"KmdfService"); Line != INF_NONE;
         Line = SetupLine(Install->Inf, Section, Line, L"KmdfService")) {
        if (!SetupField(Install->Inf, Line, 1, Service) || !SetupField(Install->Inf, Line, 2, Name) ||
            !SetupEntry(Install->Inf, Name, L"KmdfLibraryVersion", Version)) {
            SetupLog(L"!!!  wdf: %s: KmdfService without KmdfLibraryVersion", Install->Inf->Path);
            return SetupFail(ERROR_GENERAL_SYNTAX);
        }
        Key = RegpOpenF(TRUE, REG_SERVICES L"%s\\Parameters\\Wdf", Service);
        if (Key == NULL)
            return FALSE;
        RegpSetText(Key, L"KmdfLibraryVersion", Version);
        NtClose(Key);
    }
    return TRUE;
}

/* .Filters: AddFilter = name,,section with FilterPosition = Upper or Lower. [doc: INF AddFilter Directive] */
static BOOL AddFilter(INSTALL *Install, int Line)
{
    WCHAR Name[SETUP_FIELD], Section[SETUP_FIELD], Position[SETUP_FIELD], *Old, *List;
    const WCHAR *Value;
    DWORD Bytes = 0;
    SIZE_T Used;

    if (!SetupField(Install->Inf, Line, 1, Name) || !SetupField(Install->Inf, Line, 3, Section))
        return SetupFail(ERROR_GENERAL_SYNTAX);
    if (!SetupEntry(Install->Inf, Section, L"FilterPosition", Position)) {
        SetupLog(L"!    dvi: %s: filter %s by level: ignored", Install->Inf->Path, Name);
        return TRUE;
    }
    Value = SetupSame(Position, L"Lower") ? L"LowerFilters" : L"UpperFilters";
    Old = RegpGet(Install->Device, Value, NULL, &Bytes);
    if (Old != NULL && SetupListHas(Old, Name)) {
        SetupFree(Old);
        return TRUE;
    }
    Used = Old != NULL && Bytes >= 2 * sizeof(WCHAR) ? Bytes / sizeof(WCHAR) - 1 : 0;
    List = SetupAllocate((Used + wcslen(Name) + 2) * sizeof(WCHAR));
    if (List != NULL) {
        RtlCopyMemory(List, Old, Used * sizeof(WCHAR));
        lstrcpyW(List + Used, Name);
        RegpSet(Install->Device, Value, REG_MULTI_SZ, List, (DWORD)((Used + wcslen(Name) + 2) * sizeof(WCHAR)));
    }
    SetupFree(List);
    SetupFree(Old);
    return List != NULL;
}

static BOOL RunFilters(INSTALL *Install)
{
    int Section = SetupSectionF(Install->Inf, L"%s.Filters", Install->Section), Line;

    for (Line = SetupLine(Install->Inf, Section, INF_NONE, L"AddFilter"); Line != INF_NONE;
         Line = SetupLine(Install->Inf, Section, Line, L"AddFilter"))
        if (!AddFilter(Install, Line))
            return FALSE;
    return TRUE;
}

static VOID NameIgnored(INSTALL *Install)
{
    static const WCHAR *const Suffixes[] = {L"CoInstallers", L"Interfaces", L"LogConfigOverride", L"Components", L"Software",
                                            L"Events", L"FactDef", L"WMI"};
    ULONG i;

    for (i = 0; i < COUNT_OF(Suffixes); i++)
        if (SetupSectionF(Install->Inf, L"%s.%s", Install->Section, Suffixes[i]) != INF_NONE)
            SetupLog(L"!    inf: %s: [%s.%s]: ignored", Install->Inf->Path, Install->Section, Suffixes[i]);
    if (SetupLine(Install->Inf, SetupSection(Install->Inf, Install->Section), INF_NONE, L"AddProperty") != INF_NONE)
        SetupLog(L"!    inf: %s: AddProperty: ignored", Install->Inf->Path);
    if (SetupLine(Install->Inf, SetupSection(Install->Inf, L"Version"), INF_NONE, L"ExtensionId") != INF_NONE)
        SetupLog(L"!    inf: %s: ExtensionId: installed as a driver of its own", Install->Inf->Path);
}

static BOOL RunSections(INSTALL *Install, const WCHAR *InstanceId)
{
    int Section = SetupSection(Install->Inf, Install->Section), Services;
    WCHAR Service[256] = {0};

    NameIgnored(Install);
    Install->Place.Relative = Install->DriverKey;
    if (!SetupRunSection(Install->Inf, Section, SETUP_FILES | SETUP_REGISTRY, &Install->Place))
        return FALSE;
    Services = SetupSectionF(Install->Inf, L"%s.Services", Install->Section);
    if (Services != INF_NONE && !SetupRunServices(Install->Inf, Services, Service))
        return FALSE;
    return RunHardware(Install, InstanceId) && RunWdf(Install) && RunFilters(Install) &&
           WriteDriverKey(Install) && WriteDevice(Install, Service);
}

static BOOL InstallFrom(INSTALL *Install, const WCHAR *InstanceId)
{
    if (SetupActualSection(Install->Inf, Install->Driver->Section, Install->Section) == INF_NONE) {
        SetupLog(L"!!!  inf: %s: [%s] is not there", Install->Inf->Path, Install->Driver->Section);
        return SetupFail(ERROR_SECTION_NOT_FOUND);
    }
    SetupDirectory(Install->Inf, 1, Install->Place.Source);
    return SetupInstallClass(Install->Inf, &Install->Driver->Class, Install->Driver->ClassName) && OpenDriverKey(Install) &&
           RunSections(Install, InstanceId);
}

BOOL SetupInstallDriver(const WCHAR *InstanceId, const SETUP_DRIVER *Driver)
{
    INSTALL *Install = SetupAllocate(sizeof(*Install));
    WCHAR Path[MAX_PATH];
    BOOL Fine = FALSE;

    if (Install == NULL)
        return FALSE;
    Install->Driver = Driver;
    Install->Published = wcsrchr(Driver->InfPath, L'\\') + 1;
    Install->Device = RegpOpenF(FALSE, REG_ENUM L"%s", InstanceId);
    if (Install->Device != NULL && SetupStoredInf(Driver->InfPath, Path))
        Install->Inf = SetupReadInf(Path, NULL);
    if (Install->Inf != NULL)
        Fine = InstallFrom(Install, InstanceId);
    SetupLog(Fine ? L">>>  %s: %s [%s] installed" : L"!!!  %s: %s [%s] not installed: error %#lx", InstanceId,
             Driver->InfPath, Driver->Section, Fine ? 0 : GetLastError());
    SetupFreeInf(Install->Inf);
    if (Install->Device != NULL)
        NtClose(Install->Device);
    if (Install->DriverKey != NULL)
        NtClose(Install->DriverKey);
    SetupFree(Install);
    return Fine;
}
