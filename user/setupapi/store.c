/*
 * The driver store: a package is a folder of C:\Windows\System32\DriverStore\FileRepository with an
 * INF, its catalog and its files; its INF is published as C:\Windows\INF\oemN.inf;
 * System\DriverDatabase says which is which and which IDs they have. Left out: whether the catalog
 * is signed. [doc: Driver Store, INF files, SetupCopyOEMInf]
 */
#include "driver.h"

#define REPOSITORY L"C:\\Windows\\System32\\DriverStore\\FileRepository\\"
#define OEM_LIMIT 10000
#define INF_DEPTH 4 /* of INFs that copy INFs */

typedef struct _PACKAGE {
    WCHAR Source[MAX_PATH]; /* folder of the INF that is added */
    WCHAR Folder[MAX_PATH]; /* in the store */
    WCHAR Name[MAX_PATH];   /* of that folder */
    DWORD Depth;            /* of CopyINF */
} PACKAGE;

/* ---- files ---- */

static BOOL CopyToPackage(const PACKAGE *Package, const WCHAR *File)
{
    WCHAR From[MAX_PATH], To[MAX_PATH];

    if (!SetupPrint(From, MAX_PATH, L"%s\\%s", Package->Source, File) ||
        !SetupPrint(To, MAX_PATH, L"%s\\%s", Package->Folder, File))
        return SetupFail(ERROR_FILENAME_EXCED_RANGE);
    if (SetupMakeFolders(To) && CopyFileW(From, To, FALSE))
        return TRUE;
    SetupLog(L"!!!  sto: %s cannot be copied into the driver store: error %lu", From,
             GetLastError());
    return FALSE;
}

static BOOL CopySource(SETUP_INF *Inf, const WCHAR *Source, const WCHAR *Destination, PVOID Context)
{
    WCHAR Folder[MAX_PATH], File[MAX_PATH];

    IGNORE_ARG(Destination);
    SetupSourceFolder(Inf, Source, Folder);
    if (!SetupPrint(File, MAX_PATH, L"%s%s%s", Folder, Folder[0] != 0 ? L"\\" : L"", Source))
        return SetupFail(ERROR_FILENAME_EXCED_RANGE);
    return CopyToPackage(Context, File);
}

/* What [SourceDisksFiles] lists, and what install sections copy. */
static BOOL CopyListed(SETUP_INF *Inf, const WCHAR *SectionName, PACKAGE *Package)
{
    int Section = SetupSection(Inf, SectionName), Line;
    WCHAR File[SETUP_FIELD];

    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, NULL))
        if (SetupField(Inf, Line, 0, File) && !CopySource(Inf, File, L"", Package))
            return FALSE;
    return TRUE;
}

static BOOL FillPackage(SETUP_INF *Inf, PACKAGE *Package, const SETUP_DRIVER *Drivers);

/* An INF that CopyINF names comes along with what belongs to it. */
static BOOL CopyInf(PACKAGE *Package, const WCHAR *Name)
{
    SETUP_DRIVER *Drivers = NULL;
    WCHAR Path[MAX_PATH];
    SETUP_INF *Inf;
    BOOL Fine;

    if (!SetupPrint(Path, MAX_PATH, L"%s\\%s", Package->Source, Name))
        return SetupFail(ERROR_FILENAME_EXCED_RANGE);
    Inf = Package->Depth < INF_DEPTH ? SetupReadInf(Path, NULL) : NULL;
    if (Inf == NULL) {
        SetupLog(L"!!!  sto: %s, which CopyINF names, cannot be read: error %lu", Path,
                 GetLastError());
        return FALSE;
    }
    Package->Depth++;
    Fine = SetupListDrivers(Path, NULL, NULL, &Drivers) && FillPackage(Inf, Package, Drivers);
    Package->Depth--;
    SetupFreeDrivers(Drivers);
    SetupFreeInf(Inf);
    return Fine;
}

static BOOL CopyInfs(SETUP_INF *Inf, int Section, PACKAGE *Package)
{
    WCHAR Name[SETUP_FIELD];
    unsigned Field;
    int Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, L"CopyINF"); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, L"CopyINF"))
        for (Field = 1; SetupField(Inf, Line, Field, Name); Field++)
            if (Name[0] != 0 && !CopyInf(Package, Name))
                return FALSE;
    return TRUE;
}

static BOOL CopyModels(SETUP_INF *Inf, const SETUP_DRIVER *Drivers, PACKAGE *Package)
{
    WCHAR Actual[300];
    int Section;

    for (; Drivers != NULL; Drivers = Drivers->Next) {
        Section = SetupActualSection(Inf, Drivers->Section, Actual);
        if (Section != INF_NONE && (!SetupVisitFiles(Inf, Section, CopySource, Package) ||
                                    !CopyInfs(Inf, Section, Package)))
            return FALSE;
    }
    return TRUE;
}

/* A catalog that is named but not there: Windows asks whether to go on without; here the log says
 * so. */
static VOID CopyCatalog(SETUP_INF *Inf, const PACKAGE *Package)
{
    static const WCHAR *const Entries[] = {L"CatalogFile.NTamd64", L"CatalogFile.NT",
                                           L"CatalogFile"};
    WCHAR File[SETUP_FIELD], Path[MAX_PATH];
    ULONG i;

    for (i = 0; i < COUNT_OF(Entries); i++)
        if (SetupEntry(Inf, L"Version", Entries[i], File) && File[0] != 0) {
            if (SetupPrint(Path, MAX_PATH, L"%s\\%s", Package->Source, File) &&
                GetFileAttributesW(Path) != INVALID_FILE_ATTRIBUTES)
                CopyToPackage(Package, File);
            else
                SetupLog(L"!    sto: %s names catalog %s, which is not there", Inf->Path, File);
            return;
        }
}

static VOID DeleteFolder(const WCHAR *Folder)
{
    WIN32_FIND_DATAW Found;
    WCHAR Path[MAX_PATH];
    HANDLE Search;

    if (!SetupPrint(Path, MAX_PATH, L"%s\\*", Folder))
        return;
    Search = FindFirstFileW(Path, &Found);
    while (Search != INVALID_HANDLE_VALUE) {
        BOOL Self = SetupSame(Found.cFileName, L".") || SetupSame(Found.cFileName, L"..");

        if (!Self && SetupPrint(Path, MAX_PATH, L"%s\\%s", Folder, Found.cFileName)) {
            if (Found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
                DeleteFolder(Path);
            else
                DeleteFileW(Path);
        }
        if (!FindNextFileW(Search, &Found))
            break;
    }
    if (Search != INVALID_HANDLE_VALUE)
        FindClose(Search);
    RemoveDirectoryW(Folder);
}

/* ---- the database ---- */

/* The published name of a package in the store; FALSE: it is not there. */
static BOOL FindPublished(const WCHAR *PackageName, WCHAR *OemName)
{
    HANDLE Key = RegpOpenF(FALSE, REG_DATABASE L"DriverPackages\\%s", PackageName);
    BOOL Found = Key != NULL && RegpGetText(Key, L"", OemName, MAX_PATH);

    if (Key != NULL)
        NtClose(Key);
    return Found;
}

static BOOL FreeOemName(WCHAR *OemName)
{
    WCHAR Path[MAX_PATH];
    DWORD Number;

    for (Number = 0; Number < OEM_LIMIT; Number++) {
        SetupPrint(OemName, MAX_PATH, L"oem%lu.inf", Number);
        SetupPrint(Path, MAX_PATH, L"C:\\Windows\\INF\\%s", OemName);
        if (GetFileAttributesW(Path) == INVALID_FILE_ATTRIBUTES)
            return TRUE;
    }
    return SetupFail(ERROR_TOO_MANY_NAMES);
}

/* DriverDatabase\DeviceIds\ID has a value for each published INF. */
static BOOL RecordIds(const SETUP_DRIVER *Drivers, const WCHAR *OemName, BOOL Add)
{
    const WCHAR *Id;
    DWORD Flags = 0;

    for (; Drivers != NULL; Drivers = Drivers->Next)
        for (Id = Drivers->Ids; *Id != 0; Id += wcslen(Id) + 1) {
            HANDLE Key = RegpOpenF(Add, REG_DATABASE L"DeviceIds\\%s", Id);

            if (Key == NULL && Add)
                return FALSE;
            if (Key != NULL && Add)
                RegpSet(Key, OemName, REG_BINARY, &Flags, sizeof(Flags));
            else if (Key != NULL)
                RegpDeleteValue(Key, OemName);
            if (Key != NULL)
                NtClose(Key);
        }
    return TRUE;
}

static BOOL RecordPackage(const PACKAGE *Package, const WCHAR *OemName, const WCHAR *InfPath,
                          const SETUP_DRIVER *Drivers)
{
    HANDLE OfPackage = RegpOpenF(TRUE, REG_DATABASE L"DriverPackages\\%s", Package->Name);
    HANDLE OfInf = RegpOpenF(TRUE, REG_DATABASE L"DriverInfFiles\\%s", OemName);
    BOOL Fine = OfPackage != NULL && OfInf != NULL;

    if (Fine)
        Fine = RegpSetText(OfPackage, L"", OemName) &&
               RegpSetText(OfPackage, L"OemPath", Package->Source) &&
               RegpSetText(OfPackage, L"InfName", wcsrchr(InfPath, L'\\') + 1) &&
               (Drivers == NULL || RegpSetText(OfPackage, L"Provider", Drivers->Provider)) &&
               RegpSetText(OfInf, L"", Package->Name) && RecordIds(Drivers, OemName, TRUE);
    if (OfPackage != NULL)
        NtClose(OfPackage);
    if (OfInf != NULL)
        NtClose(OfInf);
    return Fine;
}

/* ---- adding ---- */

static VOID NamePackage(SETUP_INF *Inf, PACKAGE *Package)
{
    WCHAR *i;

    Package->Depth = 0;
    SetupDirectory(Inf, 1, Package->Source);
    SetupPrint(Package->Name, MAX_PATH, L"%s_amd64_%08lx%08lx", wcsrchr(Inf->Path, L'\\') + 1,
               (ULONG)(Inf->Hash >> 32), (ULONG)Inf->Hash);
    for (i = Package->Name; *i != 0; i++)
        *i = RtlDowncaseUnicodeChar(*i);
    SetupPrint(Package->Folder, MAX_PATH, REPOSITORY L"%s", Package->Name);
}

static BOOL FillPackage(SETUP_INF *Inf, PACKAGE *Package, const SETUP_DRIVER *Drivers)
{
    CopyCatalog(Inf, Package);
    return CopyToPackage(Package, wcsrchr(Inf->Path, L'\\') + 1) &&
           CopyListed(Inf, L"SourceDisksFiles", Package) &&
           CopyListed(Inf, L"SourceDisksFiles.amd64", Package) && CopyModels(Inf, Drivers, Package);
}

static BOOL Publish(const PACKAGE *Package, const WCHAR *InfPath, const SETUP_DRIVER *Drivers,
                    WCHAR *Published)
{
    WCHAR OemName[MAX_PATH];

    if (!FreeOemName(OemName) ||
        !SetupPrint(Published, MAX_PATH, L"C:\\Windows\\INF\\%s", OemName) ||
        !SetupMakeFolders(Published) || !CopyFileW(InfPath, Published, TRUE))
        return FALSE;
    return RecordPackage(Package, OemName, InfPath, Drivers);
}

static BOOL AddPackage(SETUP_INF *Inf, WCHAR *Published, BOOL *Known)
{
    SETUP_DRIVER *Drivers = NULL;
    WCHAR OemName[MAX_PATH];
    PACKAGE Package;
    BOOL Fine;

    NamePackage(Inf, &Package);
    *Known = FindPublished(Package.Name, OemName);
    if (*Known)
        return SetupPrint(Published, MAX_PATH, L"C:\\Windows\\INF\\%s", OemName);
    Fine = SetupListDrivers(Inf->Path, NULL, NULL, &Drivers) &&
           FillPackage(Inf, &Package, Drivers) && Publish(&Package, Inf->Path, Drivers, Published);
    if (!Fine) {
        DWORD Error = GetLastError();

        DeleteFolder(Package.Folder);
        SetLastError(Error);
    }
    SetupFreeDrivers(Drivers);
    return Fine;
}

BOOL SetupAddPackage(const WCHAR *InfPath, WCHAR *Published, BOOL *Known)
{
    WCHAR Name[64];
    UINT ErrorLine;
    SETUP_INF *Inf = SetupReadInf(InfPath, &ErrorLine);
    GUID Class;
    BOOL Fine;

    if (Inf == NULL) {
        SetupLog(L"!!!  inf: %s, line %u: error %#lx", InfPath, ErrorLine, GetLastError());
        return FALSE;
    }
    Fine = SetupInfClass(Inf, &Class, Name) ? AddPackage(Inf, Published, Known)
                                            : SetupFail(ERROR_INVALID_CLASS);
    SetupFreeInf(Inf);
    return Fine;
}

/* ---- taking away ---- */

BOOL SetupDeletePackage(const WCHAR *OemName)
{
    HANDLE OfInf = RegpOpenF(FALSE, REG_DATABASE L"DriverInfFiles\\%s", OemName), Database;
    WCHAR Package[MAX_PATH], Path[MAX_PATH];
    SETUP_DRIVER *Drivers = NULL;

    if (OfInf == NULL)
        return SetupFail(ERROR_FILE_NOT_FOUND);
    RegpGetText(OfInf, L"", Package, MAX_PATH);
    NtClose(OfInf);
    SetupPrint(Path, MAX_PATH, L"C:\\Windows\\INF\\%s", OemName);
    if (SetupListDrivers(Path, NULL, NULL, &Drivers))
        RecordIds(Drivers, OemName, FALSE);
    SetupFreeDrivers(Drivers);
    DeleteFileW(Path);
    SetupPrint(Path, MAX_PATH, REPOSITORY L"%s", Package);
    DeleteFolder(Path);
    Database = RegpOpen(NULL, REG_DATABASE L"DriverInfFiles", FALSE);
    if (Database != NULL) {
        RegpDeleteTree(Database, OemName);
        NtClose(Database);
    }
    Database = RegpOpen(NULL, REG_DATABASE L"DriverPackages", FALSE);
    if (Database != NULL) {
        RegpDeleteTree(Database, Package);
        NtClose(Database);
    }
    return TRUE;
}

BOOL SetupStoredInf(const WCHAR *Published, WCHAR *Path)
{
    const WCHAR *Name =
        wcsrchr(Published, L'\\') != NULL ? wcsrchr(Published, L'\\') + 1 : Published;
    HANDLE Key = RegpOpenF(FALSE, REG_DATABASE L"DriverInfFiles\\%s", Name);
    WCHAR Package[MAX_PATH], InfName[MAX_PATH];

    if (Key == NULL) {
        lstrcpynW(Path, Published, MAX_PATH);
        return TRUE;
    }
    RegpGetText(Key, L"", Package, MAX_PATH);
    NtClose(Key);
    Key = RegpOpenF(FALSE, REG_DATABASE L"DriverPackages\\%s", Package);
    if (Key == NULL)
        return FALSE;
    RegpGetText(Key, L"InfName", InfName, MAX_PATH);
    NtClose(Key);
    return SetupPrint(Path, MAX_PATH, REPOSITORY L"%s\\%s", Package, InfName) ||
           SetupFail(ERROR_FILENAME_EXCED_RANGE);
}

/* ---- for programs ---- */

BOOL WINAPI SetupCopyOEMInfW(PCWSTR Source, PCWSTR Media, DWORD MediaType, DWORD Style,
                             PWSTR Destination, DWORD Size, PDWORD Needed, PWSTR *Component)
{
    WCHAR Published[MAX_PATH];
    DWORD Count;
    BOOL Known;

    IGNORE_ARG(Media);
    IGNORE_ARG(MediaType);
    if (Source == NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (!SetupAddPackage(Source, Published, &Known))
        return FALSE;
    Count = (DWORD)wcslen(Published) + 1;
    if (Needed != NULL)
        *Needed = Count;
    if (Destination != NULL && Size < Count)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    if (Destination != NULL)
        lstrcpyW(Destination, Published);
    if (Destination != NULL && Component != NULL)
        *Component = wcsrchr(Destination, L'\\') + 1;
    return !Known || !(Style & SP_COPY_NOOVERWRITE) || SetupFail(ERROR_FILE_EXISTS);
}

/* Whether an extension is applied to the device of a driver key. */
static BOOL Extends(HANDLE Driver, const WCHAR *OemName)
{
    DWORD Type;
    WCHAR *Names = RegpGet(Driver, L"ExtensionInfs", &Type, NULL);
    BOOL Found = Names != NULL && Type == REG_MULTI_SZ && SetupListHas(Names, OemName);

    SetupFree(Names);
    return Found;
}

/* An INF of a device that is there stays unless forced. */
static BOOL IsInUse(const WCHAR *OemName)
{
    HANDLE Classes = RegpOpen(NULL, REG_CONTROL_SET L"Control\\Class", FALSE), Class, Driver;
    WCHAR Name[64], Instance[64], Inf[MAX_PATH];
    DWORD i, j;
    BOOL Found = FALSE;

    for (i = 0; Classes != NULL && !Found && RegpSubkey(Classes, i, Name, COUNT_OF(Name)); i++) {
        Class = RegpOpen(Classes, Name, FALSE);
        for (j = 0; Class != NULL && !Found && RegpSubkey(Class, j, Instance, COUNT_OF(Instance));
             j++) {
            Driver = RegpOpen(Class, Instance, FALSE);
            Found = Driver != NULL &&
                    ((RegpGetText(Driver, L"InfPath", Inf, MAX_PATH) && SetupSame(Inf, OemName)) ||
                     Extends(Driver, OemName));
            if (Driver != NULL)
                NtClose(Driver);
        }
        if (Class != NULL)
            NtClose(Class);
    }
    if (Classes != NULL)
        NtClose(Classes);
    return Found;
}

BOOL WINAPI SetupUninstallOEMInfW(PCWSTR Name, DWORD Flags, PVOID Reserved)
{
    if (Name == NULL || Reserved != NULL || wcschr(Name, L'\\') != NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (_wcsnicmp(Name, L"oem", 3) != 0)
        return SetupFail(ERROR_NOT_AN_INSTALLED_OEM_INF);
    if (!(Flags & SUOI_FORCEDELETE) && IsInUse(Name))
        return SetupFail(ERROR_INF_IN_USE_BY_DEVICES);
    return SetupDeletePackage(Name);
}

/* The INF of a published one in the driver store. [doc: SetupGetInfDriverStoreLocation] */
BOOL WINAPI SetupGetInfDriverStoreLocationW(PCWSTR Name, PSP_ALTPLATFORM_INFO Platform,
                                            PCWSTR Locale, PWSTR Buffer, DWORD Size, PDWORD Needed)
{
    WCHAR Published[MAX_PATH], Path[MAX_PATH];
    DWORD Count;

    if (Name == NULL || Platform != NULL || Locale != NULL ||
        !SetupPrint(Published, MAX_PATH, L"C:\\Windows\\INF\\%s",
                    wcsrchr(Name, L'\\') != NULL ? wcsrchr(Name, L'\\') + 1 : Name))
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (!SetupStoredInf(Published, Path))
        return FALSE;
    if (SetupSame(Path, Published)) /* it is in no package */
        return SetupFail(ERROR_NOT_FOUND);
    Count = (DWORD)wcslen(Path) + 1;
    if (Needed != NULL)
        *Needed = Count;
    if (Buffer == NULL || Size < Count)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    lstrcpyW(Buffer, Path);
    return TRUE;
}
