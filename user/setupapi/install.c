/*
 * Installing a driver on a device: class, files, driver key, services, .HW, what else the INF says.
 * What is left aside is named in the log: co-installers, logical configurations, components,
 * events, security. [doc: INF DDInstall Section and its sections, Device Installation]
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
    if (RegpGetText(Install->Device, L"Driver", Old, COUNT_OF(Old)) &&
        _wcsnicmp(Old, Guid, 38) == 0) {
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
    SetupPrint(Version, COUNT_OF(Version), L"%u.%u.%u.%u", (WORD)(Driver->Version >> 48),
               (WORD)(Driver->Version >> 32), (WORD)(Driver->Version >> 16), (WORD)Driver->Version);
    return RegpSetText(Key, L"InfPath", Install->Published) &&
           RegpSetText(Key, L"InfSection", Driver->Section) &&
           RegpSetText(Key, L"InfSectionExt", Install->Section + wcslen(Driver->Section)) &&
           RegpSetText(Key, L"ProviderName", Driver->Provider) &&
           RegpSetText(Key, L"DriverDate", Date) &&
           RegpSet(Key, L"DriverDateData", REG_BINARY, &Driver->Date, sizeof(Driver->Date)) &&
           RegpSetText(Key, L"DriverVersion", Version) &&
           RegpSetText(Key, L"MatchingDeviceId", Driver->MatchingId) &&
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
    return RegpSetText(Install->Device, L"ClassGUID", Guid) &&
           RegpSetText(Install->Device, L"Class", Driver->ClassName) &&
           RegpSetText(Install->Device, L"DeviceDesc", Driver->Description) &&
           RegpSetText(Install->Device, L"Mfg", Driver->Manufacturer) &&
           RegpSetText(Install->Device, L"Driver", Install->DriverValue) &&
           RegpSetNumber(Install->Device, L"ConfigFlags",
                         Flags & 1) && /* what stays: CONFIGFLAG_DISABLED */
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
        if (!SetupField(Install->Inf, Line, 1, Service) ||
            !SetupField(Install->Inf, Line, 2, Name) ||
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

/* .Filters: AddFilter = name,,section with FilterPosition = Upper or Lower. [doc: INF AddFilter
 * Directive] */
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
        RegpSet(Install->Device, Value, REG_MULTI_SZ, List,
                (DWORD)((Used + wcslen(Name) + 2) * sizeof(WCHAR)));
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
    static const WCHAR *const Suffixes[] = {L"CoInstallers", L"Interfaces", L"LogConfigOverride",
                                            L"Components",   L"Software",   L"Events",
                                            L"FactDef",      L"WMI"};
    ULONG i;

    for (i = 0; i < COUNT_OF(Suffixes); i++)
        if (SetupSectionF(Install->Inf, L"%s.%s", Install->Section, Suffixes[i]) != INF_NONE)
            SetupLog(L"!    inf: %s: [%s.%s]: ignored", Install->Inf->Path, Install->Section,
                     Suffixes[i]);
}

/* What base drivers and extensions have in common. Service, of 256 characters, gets the function
 * driver's. */
static BOOL RunCommon(INSTALL *Install, const WCHAR *InstanceId, WCHAR *Service)
{
    int Section = SetupSection(Install->Inf, Install->Section), Services;

    NameIgnored(Install);
    Install->Place.Relative = Install->DriverKey;
    if (!SetupRunSection(Install->Inf, Section, SETUP_FILES | SETUP_REGISTRY, &Install->Place))
        return FALSE;
    Services = SetupSectionF(Install->Inf, L"%s.Services", Install->Section);
    if (Services != INF_NONE && !SetupRunServices(Install->Inf, Services, Service))
        return FALSE;
    return RunHardware(Install, InstanceId) && RunWdf(Install) && RunFilters(Install) &&
           SetupRunProperties(Install->Inf, Section, InstanceId);
}

/* ---- extensions ---- */

/* Of extensions with one ExtensionId the latest counts: by date, then by version. */
static BOOL IsLatest(const SETUP_DRIVER *List, const SETUP_DRIVER *Driver)
{
    BOOL IsBefore = TRUE;

    for (; List != NULL; List = List->Next) {
        LONG Date = CompareFileTime(&List->Date, &Driver->Date);

        if (List == Driver)
            IsBefore = FALSE;
        else if (IsEqualGUID(&List->ExtensionId, &Driver->ExtensionId) &&
                 (Date > 0 || (Date == 0 && (List->Version > Driver->Version ||
                                             (IsBefore && List->Version == Driver->Version)))))
            return FALSE;
    }
    return TRUE;
}

static BOOL ApplyExtension(const INSTALL *Base, const SETUP_DRIVER *Driver, const WCHAR *InstanceId)
{
    INSTALL *Install = SetupAllocate(sizeof(*Install));
    WCHAR Path[MAX_PATH], Service[256] = {0};
    BOOL Fine = FALSE;

    if (Install == NULL)
        return FALSE;
    *Install = *Base;
    Install->Driver = Driver;
    Install->Inf = SetupStoredInf(Driver->InfPath, Path) ? SetupReadInf(Path, NULL) : NULL;
    if (Install->Inf != NULL &&
        SetupActualSection(Install->Inf, Driver->Section, Install->Section) != INF_NONE) {
        SetupDirectory(Install->Inf, 1, Install->Place.Source);
        Fine = RunCommon(Install, InstanceId, Service);
    }
    if (Service[0] != 0)
        SetupLog(L"!    dvi: %s: service %s as the device's own: ignored in an extension",
                 Driver->InfPath, Service);
    SetupLog(Fine ? L">>>  %s: extension %s [%s] applied"
                  : L"!!!  %s: extension %s [%s] not applied: error %#lx",
             InstanceId, Driver->InfPath, Driver->Section, Fine ? 0 : GetLastError());
    SetupFreeInf(Install->Inf);
    SetupFree(Install);
    return Fine;
}

/* Those of the store that fit the device; the driver key lists them. */
static BOOL RunExtensions(INSTALL *Install, const WCHAR *InstanceId)
{
    WCHAR *Hardware = RegpGet(Install->Device, L"HardwareID", NULL, NULL);
    WCHAR *Compatible = RegpGet(Install->Device, L"CompatibleIDs", NULL, NULL), Names[1024] = {0};
    SETUP_DRIVER *List = NULL, *Driver;
    BOOL Fine = TRUE;
    DWORD Used = 0;

    if (Hardware != NULL)
        Fine = SetupListStore(Hardware, Compatible != NULL ? Compatible : L"", TRUE, &List);
    for (Driver = List; Driver != NULL && Fine; Driver = Driver->Next) {
        const WCHAR *Name = wcsrchr(Driver->InfPath, L'\\') + 1;

        if (!IsLatest(List, Driver))
            continue;
        Fine = ApplyExtension(Install, Driver, InstanceId);
        if (Used + wcslen(Name) + 2 <= COUNT_OF(Names)) {
            lstrcpyW(Names + Used, Name);
            Used += (DWORD)wcslen(Name) + 1;
        }
    }
    RegpDeleteValue(Install->DriverKey, L"ExtensionInfs");
    if (Fine && Used != 0)
        Fine = RegpSet(Install->DriverKey, L"ExtensionInfs", REG_MULTI_SZ, Names,
                       (Used + 1) * sizeof(WCHAR));
    SetupFreeDrivers(List);
    SetupFree(Hardware);
    SetupFree(Compatible);
    return Fine;
}

static BOOL RunSections(INSTALL *Install, const WCHAR *InstanceId)
{
    WCHAR Service[256] = {0};

    return RunCommon(Install, InstanceId, Service) && RunExtensions(Install, InstanceId) &&
           WriteDriverKey(Install) && WriteDevice(Install, Service);
}

/* The base driver that the device has, again: with what extensions there are now. */
static BOOL InstallBaseAgain(const WCHAR *InstanceId)
{
    HANDLE Device = RegpOpenF(FALSE, REG_ENUM L"%s", InstanceId), Key = NULL;
    WCHAR Driver[64] = {0}, Name[128] = {0}, Path[MAX_PATH], *Hardware = NULL, *Compatible = NULL;
    SETUP_DRIVER *List = NULL;
    BOOL Fine = FALSE;

    if (Device != NULL && RegpGetText(Device, L"Driver", Driver, COUNT_OF(Driver)))
        Key = RegpOpenF(FALSE, REG_CLASSES L"%s", Driver);
    if (Key != NULL)
        RegpGetText(Key, L"InfPath", Name, COUNT_OF(Name));
    if (Device != NULL) {
        Hardware = RegpGet(Device, L"HardwareID", NULL, NULL);
        Compatible = RegpGet(Device, L"CompatibleIDs", NULL, NULL);
    }
    SetLastError(ERROR_NO_COMPAT_DRIVERS);
    if (Name[0] != 0 && Hardware != NULL &&
        SetupPrint(Path, MAX_PATH, L"C:\\Windows\\INF\\%s", Name))
        Fine = SetupListDrivers(Path, Hardware, Compatible != NULL ? Compatible : L"", &List) &&
               List != NULL && SetupInstallDriver(InstanceId, List);
    SetupFreeDrivers(List);
    SetupFree(Hardware);
    SetupFree(Compatible);
    if (Key != NULL)
        NtClose(Key);
    if (Device != NULL)
        NtClose(Device);
    return Fine;
}

static BOOL InstallFrom(INSTALL *Install, const WCHAR *InstanceId)
{
    if (SetupActualSection(Install->Inf, Install->Driver->Section, Install->Section) == INF_NONE) {
        SetupLog(L"!!!  inf: %s: [%s] is not there", Install->Inf->Path, Install->Driver->Section);
        return SetupFail(ERROR_SECTION_NOT_FOUND);
    }
    SetupDirectory(Install->Inf, 1, Install->Place.Source);
    return SetupInstallClass(Install->Inf, &Install->Driver->Class, Install->Driver->ClassName) &&
           OpenDriverKey(Install) && RunSections(Install, InstanceId);
}

BOOL SetupInstallDriver(const WCHAR *InstanceId, const SETUP_DRIVER *Driver)
{
    INSTALL *Install;
    WCHAR Path[MAX_PATH];
    BOOL Fine = FALSE;

    if (SetupIsExtension(Driver))
        return InstallBaseAgain(InstanceId);
    Install = SetupAllocate(sizeof(*Install));
    if (Install == NULL)
        return FALSE;
    Install->Driver = Driver;
    Install->Published = wcsrchr(Driver->InfPath, L'\\') + 1;
    Install->Device = RegpOpenF(FALSE, REG_ENUM L"%s", InstanceId);
    if (Install->Device != NULL && SetupStoredInf(Driver->InfPath, Path))
        Install->Inf = SetupReadInf(Path, NULL);
    if (Install->Inf != NULL)
        Fine = InstallFrom(Install, InstanceId);
    SetupLog(Fine ? L">>>  %s: %s [%s] installed" : L"!!!  %s: %s [%s] not installed: error %#lx",
             InstanceId, Driver->InfPath, Driver->Section, Fine ? 0 : GetLastError());
    SetupFreeInf(Install->Inf);
    if (Install->Device != NULL)
        NtClose(Install->Device);
    if (Install->DriverKey != NULL)
        NtClose(Install->DriverKey);
    SetupFree(Install);
    return Fine;
}
