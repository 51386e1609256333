/*
 * Directory identifiers, destinations and sources of an INF's files. Left out: identifiers of user
 * profiles, of printing and those that programs set. [doc: Using Dirids, INF DestinationDirs
 * Section, INF SourceDisksFiles Section]
 */
#include "inf.h"

static const struct {
    DWORD Id;
    const WCHAR *Path;
} Directories[] = {
    {10, L"C:\\Windows"}, {11, L"C:\\Windows\\System32"}, {12, L"C:\\Windows\\System32\\drivers"},
    {17, L"C:\\Windows\\INF"}, {18, L"C:\\Windows\\Help"}, {20, L"C:\\Windows\\Fonts"}, {24, L"C:"},
    {30, L"C:"},
    {50, L"C:\\Windows\\System"}, {53, L"C:\\Users\\Default"}, {54, L"C:"},
    {16419, L"C:\\ProgramData"},
    {16420, L"C:\\Windows"}, {16421, L"C:\\Windows\\System32"}, {16422, L"C:\\Program Files"},
    {16425, L"C:\\Windows\\SysWOW64"}, {16426, L"C:\\Program Files (x86)"},
    {16427, L"C:\\Program Files\\Common Files"},
};

BOOL SetupDirectory(SETUP_INF *Inf, DWORD Id, WCHAR *Path)
{
    ULONG i;

    if (Id == 1 ||
        Id == 13) { /* where the INF is; of a package in the driver store: its folder there */
        lstrcpynW(Path, Inf->Path, MAX_PATH);
        *wcsrchr(Path, L'\\') = 0;
        return TRUE;
    }
    for (i = 0; i < COUNT_OF(Directories); i++)
        if (Directories[i].Id == Id) {
            lstrcpyW(Path, Directories[i].Path);
            return TRUE;
        }
    return SetupFail(ERROR_INVALID_PARAMETER);
}

int SetupResolve(void *Context, const INF_CHAR *Name, unsigned Length, INF_CHAR *Out,
                 unsigned Limit)
{
    WCHAR Digits[8], Path[MAX_PATH];
    unsigned i;
    DWORD Id;

    if (Length >= COUNT_OF(Digits))
        return INF_NONE;
    RtlCopyMemory(Digits, Name, Length * sizeof(WCHAR));
    Digits[Length] = 0;
    if (!SetupParseNumber(Digits, &Id) || !SetupDirectory(Context, Id, Path))
        return INF_NONE;
    for (i = 0; Path[i] != 0 && i < Limit; i++)
        Out[i] = Path[i];
    return (int)i;
}

BOOL SetupDestination(SETUP_INF *Inf, const WCHAR *Section, WCHAR *Path)
{
    int Destinations = SetupSection(Inf, L"DestinationDirs");
    int Line = SetupLine(Inf, Destinations, INF_NONE, Section);
    WCHAR Folder[SETUP_FIELD];

    if (Line == INF_NONE)
        Line = SetupLine(Inf, Destinations, INF_NONE, L"DefaultDestDir");
    if (Line == INF_NONE)
        return SetupDirectory(Inf, 11, Path);
    if (!SetupDirectory(Inf, SetupNumber(Inf, Line, 1, 0), Path))
        return FALSE;
    if (SetupField(Inf, Line, 2, Folder) && Folder[0] != 0) {
        if (wcslen(Path) + wcslen(Folder) + 2 > MAX_PATH)
            return SetupFail(ERROR_FILENAME_EXCED_RANGE);
        lstrcatW(Path, L"\\");
        lstrcatW(Path, Folder);
    }
    return TRUE;
}

static int SourceLine(SETUP_INF *Inf, const WCHAR *Section, const WCHAR *Key)
{
    int Line = SetupLine(Inf, SetupSectionF(Inf, L"%s.amd64", Section), INF_NONE, Key);

    return Line != INF_NONE ? Line : SetupLine(Inf, SetupSection(Inf, Section), INF_NONE, Key);
}

/* file = disk[,folder]; disk = description,,,folder */
VOID SetupSourceFolder(SETUP_INF *Inf, const WCHAR *File, WCHAR *Folder)
{
    int Line = SourceLine(Inf, L"SourceDisksFiles", File), Disk;
    WCHAR Part[SETUP_FIELD];

    Folder[0] = 0;
    if (Line == INF_NONE || !SetupField(Inf, Line, 1, Part))
        return;
    Disk = SourceLine(Inf, L"SourceDisksNames", Part);
    if (Disk != INF_NONE && SetupField(Inf, Disk, 4, Part) && Part[0] != 0)
        lstrcpynW(Folder, Part + (Part[0] == L'\\'), 120);
    if (SetupField(Inf, Line, 2, Part) && Part[0] != 0) {
        if (Folder[0] != 0)
            lstrcatW(Folder, L"\\");
        lstrcpynW(Folder + wcslen(Folder), Part + (Part[0] == L'\\'), 120);
    }
    while (Folder[0] != 0 && Folder[wcslen(Folder) - 1] == L'\\')
        Folder[wcslen(Folder) - 1] = 0;
}

BOOL SetupMakeFolders(const WCHAR *Path)
{
    WCHAR Folder[MAX_PATH];
    DWORD i;

    for (i = 0; Path[i] != 0 && i < MAX_PATH - 1; i++) {
        if (Path[i] == L'\\' && i > 2) {
            Folder[i] = 0;
            if (!CreateDirectoryW(Folder, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
                return FALSE;
        }
        Folder[i] = Path[i];
    }
    return TRUE;
}
