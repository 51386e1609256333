/* /add-driver: packages into the driver store and onto the devices that they fit. */
#include "pnputil.h"

#include <newdev.h>

BOOL WINAPI DiInstallDriverW(HWND, LPCWSTR, DWORD, PBOOL);

enum { MATCHES = 256 };

typedef struct _ADD {
    BOOL Install, Subfolders;
    int Found, Added;
    BOOL Installed, Reboot;
    DWORD Error; /* the last */
} ADD;

/* Present devices that a published INF fits, with what they have now. */
typedef struct _MATCH {
    WCHAR Id[MAX_DEVICE_ID_LEN];
    BOOL HadIt;
} MATCH;

typedef struct _SEARCH {
    const WCHAR *Path; /* of the published INF */
    MATCH *Match;
    int Count;
} SEARCH;

static const WCHAR *NameOf(const WCHAR *Path)
{
    const WCHAR *Slash = wcsrchr(Path, L'\\');

    return Slash != NULL ? Slash + 1 : Path;
}

/* As its driver or as an extension of it. */
static BOOL HasInf(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Path)
{
    WCHAR Inf[PNPUTIL_TEXT];

    if (PnpDriverValue(Set, Device, L"InfPath", Inf) && _wcsicmp(Inf, NameOf(Path)) == 0)
        return TRUE;
    PnpDriverValue(Set, Device, L"ExtensionInfs", Inf);
    for (const WCHAR *At = Inf; *At != 0; At += wcslen(At) + 1)
        if (_wcsicmp(At, NameOf(Path)) == 0)
            return TRUE;
    return FALSE;
}

static void NoteMatch(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};
    SEARCH *Search = Context;

    if (Search->Count == MATCHES || !SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters))
        return;
    Parameters.Flags |= DI_ENUMSINGLEINF;
    wcsncpy(Parameters.DriverPath, Search->Path, MAX_PATH - 1);
    if (!SetupDiSetDeviceInstallParamsW(Set, Device, &Parameters) ||
        !SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
        return;
    if (SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, 0, &Driver)) {
        wcscpy(Search->Match[Search->Count].Id, Id);
        Search->Match[Search->Count++].HadIt = HasInf(Set, Device, Search->Path);
    }
    SetupDiDestroyDriverInfoList(Set, Device, SPDIT_COMPATDRIVER);
}

/* What came of it for the devices that match. */
static void ShowMatch(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    SEARCH *Search = Context;

    for (int i = 0; i < Search->Count; i++) {
        if (_wcsicmp(Search->Match[i].Id, Id) != 0)
            continue;
        if (!HasInf(Set, Device, Search->Path))
            ConsolePrint(L"Driver package is not the best one for device: %ls\n", Id);
        else if (Search->Match[i].HadIt)
            ConsolePrint(L"Driver package is up-to-date on device: %ls\n", Id);
        else
            ConsolePrint(L"Driver package installed on device: %ls\n", Id);
    }
}

static void Install(ADD *Add, const WCHAR *Path, const WCHAR *Published)
{
    static const PNPUTIL_OPTIONS Any;
    SEARCH Search = {Published, calloc(MATCHES, sizeof(MATCH)), 0};
    BOOL Reboot = FALSE, Fine;
    DWORD Error;
    int Had = 0;

    if (Search.Match == NULL)
        return;
    PnpVisit(&Any, DIGCF_PRESENT, NoteMatch, &Search);
    Fine = DiInstallDriverW(NULL, Path, 0, &Reboot);
    Error = Fine ? ERROR_SUCCESS : GetLastError();
    for (int i = 0; i < Search.Count; i++)
        Had += Search.Match[i].HadIt;
    PnpVisit(&Any, DIGCF_PRESENT, ShowMatch, &Search);
    if (!Fine && Error != ERROR_NO_MORE_ITEMS)
        Add->Error = (DWORD)PnpFail(L"install the driver on any of the devices", Error);
    Add->Installed |= Fine && Search.Count > Had;
    Add->Reboot |= Reboot;
    free(Search.Match);
}

static void AddOne(ADD *Add, const WCHAR *Path)
{
    WCHAR Published[MAX_PATH];
    BOOL Known = FALSE;

    Add->Found++;
    PnpShow(24, L"Adding driver package", L"%ls", NameOf(Path));
    if (!SetupCopyOEMInfW(Path, NULL, SPOST_PATH, SP_COPY_NOOVERWRITE, Published, MAX_PATH, NULL,
                          NULL)) {
        Known = GetLastError() == ERROR_FILE_EXISTS;
        if (!Known) {
            Add->Error = (DWORD)PnpFail(L"add driver package", GetLastError());
            ConsolePrint(L"\n");
            return;
        }
    }
    Add->Added++;
    ConsolePrint(L"Driver package added successfully.%ls\n",
                 Known ? L" (Already exists in the system)" : L"");
    PnpShow(24, L"Published Name", L"%ls", NameOf(Published));
    if (Add->Install)
        Install(Add, Path, Published);
    ConsolePrint(L"\n");
}

/* Pattern may have * in its name; folders below are searched with /subdirs. */
static void AddAll(ADD *Add, const WCHAR *Pattern)
{
    WCHAR Path[2 * MAX_PATH];
    size_t Folder = (size_t)(NameOf(Pattern) - Pattern);
    WIN32_FIND_DATAW Found;
    HANDLE Search = FindFirstFileW(Pattern, &Found);

    if (Search != INVALID_HANDLE_VALUE) {
        do {
            _snwprintf(Path, 2 * MAX_PATH - 1, L"%.*ls%ls", (int)Folder, Pattern, Found.cFileName);
            Path[2 * MAX_PATH - 1] = 0;
            if (!(Found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
                AddOne(Add, Path);
        } while (FindNextFileW(Search, &Found));
        FindClose(Search);
    }
    if (!Add->Subfolders || Folder + 2 > MAX_PATH)
        return;
    _snwprintf(Path, MAX_PATH, L"%.*ls*", (int)Folder, Pattern);
    Search = FindFirstFileW(Path, &Found);
    if (Search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (!(Found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
            wcscmp(Found.cFileName, L".") == 0 || wcscmp(Found.cFileName, L"..") == 0)
            continue;
        _snwprintf(Path, 2 * MAX_PATH - 1, L"%.*ls%ls\\%ls", (int)Folder, Pattern, Found.cFileName,
                   NameOf(Pattern));
        Path[2 * MAX_PATH - 1] = 0;
        if (wcslen(Path) < MAX_PATH)
            AddAll(Add, Path);
    } while (FindNextFileW(Search, &Found));
    FindClose(Search);
}

int PnpAddDriver(const PNPUTIL_OPTIONS *Options)
{
    ADD Add = {.Install = PnpHas(Options, L"install"), .Subfolders = PnpHas(Options, L"subdirs")};
    WCHAR Path[MAX_PATH];

    if (GetFullPathNameW(Options->Argument[0], MAX_PATH, Path, NULL) - 1 >= MAX_PATH - 1)
        return PnpFail(L"add driver package", ERROR_FILENAME_EXCED_RANGE);
    AddAll(&Add, Path);
    if (Add.Found == 0)
        return PnpFail(L"add driver package", ERROR_FILE_NOT_FOUND);
    PnpShow(24, L"Total driver packages", L"%d", Add.Found);
    PnpShow(24, L"Added driver packages", L"%d", Add.Added);
    if (Add.Error != ERROR_SUCCESS)
        return (int)Add.Error;
    if (Add.Reboot) {
        ConsolePrint(L"\nSystem reboot is needed to complete install operations!\n");
        return ERROR_SUCCESS_REBOOT_REQUIRED;
    }
    return Add.Install && !Add.Installed ? ERROR_NO_MORE_ITEMS : ERROR_SUCCESS;
}
