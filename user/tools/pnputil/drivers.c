/* Packages of the driver store: /delete-driver, /export-driver, /enum-drivers. */
#include "pnputil.h"

#include <newdev.h>

BOOL WINAPI DiUninstallDriverW(HWND, LPCWSTR, DWORD, PBOOL);

/* ---- /delete-driver ---- */

int PnpDeleteDriver(const PNPUTIL_OPTIONS *Options)
{
    const WCHAR *Name = Options->Argument[0];
    WCHAR Path[MAX_PATH];
    BOOL Reboot = FALSE;

    if (!PnpIsOem(Name))
        return PnpFail(L"delete driver package", ERROR_NOT_AN_INSTALLED_OEM_INF);
    if (PnpHas(Options, L"uninstall")) {
        _snwprintf(Path, MAX_PATH - 1, L"C:\\Windows\\INF\\%ls", Name);
        Path[MAX_PATH - 1] = 0;
        if (!DiUninstallDriverW(NULL, Path, 0, &Reboot))
            return PnpFail(L"uninstall driver package", GetLastError());
        ConsolePrint(L"Driver package uninstalled.\n");
    } else if (!SetupUninstallOEMInfW(Name, PnpHas(Options, L"force") ? SUOI_FORCEDELETE : 0,
                                      NULL)) {
        return PnpFail(L"delete driver package", GetLastError());
    }
    ConsolePrint(L"Driver package deleted successfully.\n");
    if (!Reboot)
        return ERROR_SUCCESS;
    ConsolePrint(L"\nSystem reboot is needed to complete uninstall operations!\n");
    return ERROR_SUCCESS_REBOOT_REQUIRED;
}

/* ---- /export-driver ---- */

static BOOL CopyFolder(const WCHAR *From, const WCHAR *To)
{
    WCHAR Source[2 * MAX_PATH], Target[2 * MAX_PATH];
    WIN32_FIND_DATAW Found;
    HANDLE Search;
    BOOL Fine = TRUE;

    _snwprintf(Source, 2 * MAX_PATH - 1, L"%ls\\*", From);
    Source[2 * MAX_PATH - 1] = 0;
    if (!CreateDirectoryW(To, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return FALSE;
    Search = FindFirstFileW(Source, &Found);
    if (Search == INVALID_HANDLE_VALUE)
        return FALSE;
    do {
        if (wcscmp(Found.cFileName, L".") == 0 || wcscmp(Found.cFileName, L"..") == 0)
            continue;
        _snwprintf(Source, 2 * MAX_PATH - 1, L"%ls\\%ls", From, Found.cFileName);
        _snwprintf(Target, 2 * MAX_PATH - 1, L"%ls\\%ls", To, Found.cFileName);
        Source[2 * MAX_PATH - 1] = Target[2 * MAX_PATH - 1] = 0;
        Fine = Found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? CopyFolder(Source, Target)
                                                                 : CopyFileW(Source, Target, FALSE);
    } while (Fine && FindNextFileW(Search, &Found));
    FindClose(Search);
    return Fine;
}

typedef struct _EXPORT {
    const WCHAR *Target;
    BOOL All; /* each into a folder of its own */
    int Found, Done;
    DWORD Error;
} EXPORT;

static void ExportOne(const WCHAR *Name, void *Context)
{
    WCHAR Target[2 * MAX_PATH];
    EXPORT *Export = Context;
    PNPUTIL_PACKAGE Package;

    Export->Found++;
    if (!PnpReadPackage(Name, &Package)) {
        Export->Error = (DWORD)PnpFail(L"export driver package", GetLastError());
        return;
    }
    ConsolePrint(L"Exporting driver package:  %ls (%ls)\n", Name, Package.Original);
    _snwprintf(Target, 2 * MAX_PATH - 1, L"%ls%ls%ls", Export->Target, Export->All ? L"\\" : L"",
               Export->All ? wcsrchr(Package.Folder, L'\\') + 1 : L"");
    Target[2 * MAX_PATH - 1] = 0;
    if (!CopyFolder(Package.Folder, Target)) {
        Export->Error = (DWORD)PnpFail(L"export driver package", GetLastError());
        return;
    }
    Export->Done++;
    ConsolePrint(L"Driver package exported successfully.\n\n");
}

int PnpExportDriver(const PNPUTIL_OPTIONS *Options)
{
    EXPORT Export = {.All = wcscmp(Options->Argument[0], L"*") == 0};
    WCHAR Target[MAX_PATH];
    DWORD Attributes;

    if (!Export.All && !PnpIsOem(Options->Argument[0]))
        return PnpFail(L"export driver package", ERROR_NOT_AN_INSTALLED_OEM_INF);
    if (GetFullPathNameW(Options->Argument[1], MAX_PATH, Target, NULL) - 1 >= MAX_PATH - 1)
        return PnpFail(L"export driver package", ERROR_FILENAME_EXCED_RANGE);
    Attributes = GetFileAttributesW(Target);
    if (Attributes == INVALID_FILE_ATTRIBUTES || !(Attributes & FILE_ATTRIBUTE_DIRECTORY))
        return PnpFail(L"export driver package", ERROR_PATH_NOT_FOUND);
    Export.Target = Target;
    if (Export.All)
        PnpVisitOem(ExportOne, &Export);
    else
        ExportOne(Options->Argument[0], &Export);
    PnpShow(24, L"Total driver packages", L"%d", Export.Found);
    PnpShow(24, L"Exported driver packages", L" %d", Export.Done);
    return (int)Export.Error;
}

/* ---- /enum-drivers ---- */

typedef struct _LISTING {
    const WCHAR *Class;
    BOOL Files;
    int Count;
} LISTING;

static void ShowFiles(const WCHAR *Folder, const WCHAR *Prefix)
{
    WCHAR Path[2 * MAX_PATH];
    WIN32_FIND_DATAW Found;
    HANDLE Search;

    _snwprintf(Path, 2 * MAX_PATH - 1, L"%ls\\*", Folder);
    Path[2 * MAX_PATH - 1] = 0;
    Search = FindFirstFileW(Path, &Found);
    if (Search == INVALID_HANDLE_VALUE)
        return;
    do {
        if (wcscmp(Found.cFileName, L".") == 0 || wcscmp(Found.cFileName, L"..") == 0)
            continue;
        if (Found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) {
            WCHAR Below[2 * MAX_PATH];

            _snwprintf(Path, 2 * MAX_PATH - 1, L"%ls\\%ls", Folder, Found.cFileName);
            _snwprintf(Below, 2 * MAX_PATH - 1, L"%ls%ls\\", Prefix, Found.cFileName);
            Path[2 * MAX_PATH - 1] = Below[2 * MAX_PATH - 1] = 0;
            ShowFiles(Path, Below);
        } else {
            ConsolePrint(L"    %ls%ls\n", Prefix, Found.cFileName);
        }
    } while (FindNextFileW(Search, &Found));
    FindClose(Search);
}

static void ListOne(const WCHAR *Name, void *Context)
{
    LISTING *Listing = Context;
    PNPUTIL_PACKAGE Package;

    if (!PnpReadPackage(Name, &Package))
        return;
    if (Listing->Class != NULL && _wcsicmp(Listing->Class, Package.ClassName) != 0 &&
        _wcsicmp(Listing->Class, Package.ClassGuid) != 0)
        return;
    Listing->Count++;
    PnpShow(20, L"Published Name", L"%ls", Name);
    PnpShowPackage(&Package, 0);
    if (Listing->Files) {
        ConsolePrint(L"Driver Files:\n");
        ShowFiles(Package.Folder, L"");
    }
    ConsolePrint(L"\n");
}

int PnpEnumDrivers(const PNPUTIL_OPTIONS *Options)
{
    LISTING Listing = {PnpValue(Options, L"class"), PnpHas(Options, L"files"), 0};

    PnpVisitOem(ListOne, &Listing);
    if (Listing.Count == 0)
        ConsolePrint(L"No published driver packages were found on the system.\n");
    return ERROR_SUCCESS;
}
