/* Packages of the driver store: what their INFs say of themselves. */
#include "pnputil.h"

BOOL WINAPI SetupGetInfDriverStoreLocationW(PCWSTR, PSP_ALTPLATFORM_INFO, PCWSTR, PWSTR, DWORD,
                                            PDWORD);

static void ReadEntry(HINF Inf, const WCHAR *Key, WCHAR *Out, DWORD Limit)
{
    Out[0] = 0;
    if (!SetupGetLineTextW(NULL, Inf, L"Version", Key, Out, Limit, NULL))
        Out[0] = 0;
}

/* mm/dd/yyyy,w.x.y.z as mm/dd/yyyy w.x.y.z */
static void ReadVersion(HINF Inf, WCHAR *Out)
{
    WCHAR *Comma;

    ReadEntry(Inf, L"DriverVer", Out, LINE_LEN);
    Comma = wcschr(Out, L',');
    if (Comma != NULL)
        *Comma = L' ';
}

BOOL PnpReadPackage(const WCHAR *Published, PNPUTIL_PACKAGE *Package)
{
    WCHAR Path[MAX_PATH], *Name;
    GUID Class;
    HINF Inf;

    memset(Package, 0, sizeof(*Package));
    if (wcslen(Published) >= MAX_PATH ||
        !SetupGetInfDriverStoreLocationW(Published, NULL, NULL, Package->Folder, MAX_PATH, NULL))
        return FALSE;
    wcscpy(Package->Published, Published);
    Name = wcsrchr(Package->Folder, L'\\');
    if (Name == NULL)
        return FALSE;
    wcscpy(Package->Original, Name + 1);
    wcscpy(Path, Package->Folder);
    *Name = 0;
    Inf = SetupOpenInfFileW(Path, NULL, INF_STYLE_WIN4, NULL);
    if (Inf == INVALID_HANDLE_VALUE)
        return FALSE;
    ReadEntry(Inf, L"Provider", Package->Provider, LINE_LEN);
    ReadEntry(Inf, L"ExtensionId", Package->ExtensionId, 64);
    ReadVersion(Inf, Package->Version);
    SetupCloseInfFile(Inf);
    if (SetupDiGetINFClassW(Path, &Class, Package->ClassName, 64, NULL))
        PnpPrintGuid(&Class, Package->ClassGuid);
    return TRUE;
}

void PnpShowPackage(const PNPUTIL_PACKAGE *Package, int Indent)
{
    static const struct {
        const WCHAR *Label;
        size_t Offset;
    } Lines[] = {
        {L"Original Name", offsetof(PNPUTIL_PACKAGE, Original)},
        {L"Provider Name", offsetof(PNPUTIL_PACKAGE, Provider)},
        {L"Class Name", offsetof(PNPUTIL_PACKAGE, ClassName)},
        {L"Class GUID", offsetof(PNPUTIL_PACKAGE, ClassGuid)},
        {L"Extension ID", offsetof(PNPUTIL_PACKAGE, ExtensionId)},
        {L"Driver Version", offsetof(PNPUTIL_PACKAGE, Version)},
    };
    WCHAR Label[64];

    for (size_t i = 0; i < sizeof(Lines) / sizeof(Lines[0]); i++) {
        const WCHAR *Text = (const WCHAR *)((const char *)Package + Lines[i].Offset);

        _snwprintf(Label, 63, L"%*ls%ls", Indent, L"", Lines[i].Label);
        Label[63] = 0;
        if (Text[0] != 0)
            PnpShow(Indent != 0 ? 24 + Indent : 20, Label, L"%ls", Text);
    }
}

BOOL PnpIsOem(const WCHAR *Name)
{
    WCHAR *End;

    if (_wcsnicmp(Name, L"oem", 3) != 0 || Name[3] < L'0' || Name[3] > L'9')
        return FALSE;
    wcstoul(Name + 3, &End, 10);
    return _wcsicmp(End, L".inf") == 0;
}

static int CompareNames(const void *A, const void *B)
{
    unsigned long First = wcstoul(*(WCHAR *const *)A + 3, NULL, 10),
                  Second = wcstoul(*(WCHAR *const *)B + 3, NULL, 10);

    return First < Second ? -1 : First > Second;
}

void PnpVisitOem(PNPUTIL_FOUND *Found, void *Context)
{
    WIN32_FIND_DATAW File;
    HANDLE Search = FindFirstFileW(L"C:\\Windows\\INF\\oem*.inf", &File);
    WCHAR **Names = NULL, **More;
    size_t Count = 0;

    if (Search == INVALID_HANDLE_VALUE)
        return;
    do {
        More = PnpIsOem(File.cFileName) ? realloc(Names, (Count + 1) * sizeof(*Names)) : NULL;
        if (More == NULL)
            continue;
        Names = More;
        Names[Count] = _wcsdup(File.cFileName);
        Count += Names[Count] != NULL;
    } while (FindNextFileW(Search, &File));
    FindClose(Search);
    if (Count != 0)
        qsort(Names, Count, sizeof(*Names), CompareNames);
    for (size_t i = 0; i < Count; i++) {
        Found(Names[i], Context);
        free(Names[i]);
    }
    free(Names);
}
