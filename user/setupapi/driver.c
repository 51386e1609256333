/*
 * Models of an INF that fit a device, and their ranks. Left out: the signature score of the rank;
 * decorations' product type and suite. [doc: INF Manufacturer Section, INF Models Section, How
 * Windows Ranks Drivers]
 */
#include "driver.h"

#define RANK_HARDWARE 0x0000u   /* a hardware ID of the device is a hardware ID of the model */
#define RANK_COMPATIBLE 0x2000u /* a compatible ID of the device is the model's hardware ID */
#define RANK_MODEL_COMPATIBLE 0x1000u /* the model has it as a compatible ID */

/* ---- decorations ---- */

/* The next number of nt...[.major[.minor[.product[.suite[.build]]]]]; empty ones are 0. */
static DWORD NextNumber(const WCHAR **At)
{
    DWORD Number = 0;
    BOOL Hex;

    if (**At == L'.')
        ++*At;
    Hex = (*At)[0] == L'0' && ((*At)[1] | 0x20) == L'x';
    *At += Hex ? 2 : 0;
    for (; **At != 0 && **At != L'.'; ++*At) {
        WCHAR c = **At | 0x20;

        Number = Number * (Hex ? 16 : 10) + (**At <= L'9' ? **At - L'0' : c - L'a' + 10);
    }
    return Number;
}

/* How well a decoration fits this system: 0 not at all, more for a later version or build and for
 * the platform. */
static ULONG64 FitOf(const WCHAR *Decoration)
{
    OSVERSIONINFOW System = {.dwOSVersionInfoSize = sizeof(System)};
    ULONG64 Platform = 1;
    DWORD Major, Minor, Build;
    const WCHAR *At = Decoration + 2;

    if (_wcsnicmp(Decoration, L"nt", 2) != 0)
        return 0;
    if (_wcsnicmp(At, L"amd64", 5) == 0) {
        Platform = 2;
        At += 5;
    }
    if (*At != 0 && *At != L'.') /* another platform */
        return 0;
    GetVersionExW(&System);
    Major = NextNumber(&At);
    Minor = NextNumber(&At);
    NextNumber(&At);
    NextNumber(&At);
    Build = NextNumber(&At);
    if (Major > System.dwMajorVersion ||
        (Major == System.dwMajorVersion && Minor > System.dwMinorVersion) ||
        (Major == System.dwMajorVersion && Minor == System.dwMinorVersion &&
         Build > System.dwBuildNumber))
        return 0;
    return (ULONG64)(Major & 0xFFF) << 48 | (ULONG64)(Minor & 0xFFF) << 36 | (ULONG64)Build << 4 |
           Platform;
}

/* The models section of a line of [Manufacturer]: name[,decoration...] */
static int ModelsOf(SETUP_INF *Inf, int Line)
{
    WCHAR Name[SETUP_FIELD], Decoration[SETUP_FIELD], Best[SETUP_FIELD] = {0};
    ULONG64 BestFit = 0, Fit;
    unsigned Field;

    if (!SetupField(Inf, Line, 1, Name))
        return INF_NONE;
    for (Field = 2; SetupField(Inf, Line, Field, Decoration); Field++) {
        Fit = FitOf(Decoration);
        if (Fit > BestFit) {
            BestFit = Fit;
            lstrcpyW(Best, Decoration);
        }
    }
    if (BestFit != 0)
        return SetupSectionF(Inf, L"%s.%s", Name, Best);
    return SetupFields(Inf, Line) < 2 ? SetupSection(Inf, Name) : INF_NONE;
}

/* ---- models ---- */

static DWORD IndexIn(const WCHAR *List, const WCHAR *Id)
{
    DWORD Index = 0;

    for (; List != NULL && *List != 0; List += wcslen(List) + 1, Index++)
        if (SetupSame(List, Id))
            return Index;
    return SETUP_NO_RANK;
}

/* The better of the rank so far and that of the model's Position-th ID. */
static DWORD RankOf(const WCHAR *Id, DWORD Position, const WCHAR *Hardware, const WCHAR *Compatible)
{
    DWORD OfModel = Position != 0 ? RANK_MODEL_COMPATIBLE : 0, Index = IndexIn(Hardware, Id);

    if (Index != SETUP_NO_RANK)
        return RANK_HARDWARE + OfModel + Index;
    Index = IndexIn(Compatible, Id);
    return Index != SETUP_NO_RANK ? RANK_COMPATIBLE + OfModel + Index : SETUP_NO_RANK;
}

/* description = section, id... */
static VOID MatchModel(SETUP_INF *Inf, int Line, const WCHAR *Hardware, const WCHAR *Compatible,
                       SETUP_DRIVER *Driver)
{
    DWORD Used = 0, Rank;
    WCHAR Id[SETUP_FIELD];
    unsigned Field;

    Driver->Rank = SETUP_NO_RANK;
    for (Field = 2; SetupField(Inf, Line, Field, Id); Field++) {
        if (Id[0] == 0 || wcslen(Id) >= COUNT_OF(Driver->MatchingId))
            continue;
        if (Used + wcslen(Id) + 2 <= COUNT_OF(Driver->Ids)) {
            lstrcpyW(Driver->Ids + Used, Id);
            Used += (DWORD)wcslen(Id) + 1;
        }
        Rank = RankOf(Id, Field - 2, Hardware, Compatible);
        if (Rank < Driver->Rank) {
            Driver->Rank = Rank;
            lstrcpyW(Driver->MatchingId, Id);
        }
    }
    Driver->Ids[Used] = 0;
}

static BOOL IsBetter(const SETUP_DRIVER *A, const SETUP_DRIVER *B)
{
    LONG Date = CompareFileTime(&A->Date, &B->Date);

    return A->Rank != B->Rank ? A->Rank < B->Rank : Date != 0 ? Date > 0 : A->Version > B->Version;
}

static BOOL AddDriver(SETUP_DRIVER **List, const SETUP_DRIVER *Driver)
{
    SETUP_DRIVER *Copy = SetupAllocate(sizeof(*Copy));

    if (Copy == NULL)
        return FALSE;
    *Copy = *Driver;
    while (*List != NULL && !IsBetter(Copy, *List))
        List = &(*List)->Next;
    Copy->Next = *List;
    *List = Copy;
    return TRUE;
}

/* FeatureScore of the install section, a byte in hexadecimal; without one the worst. */
static DWORD FeatureScore(SETUP_INF *Inf, const WCHAR *Name)
{
    WCHAR Actual[300], Text[SETUP_FIELD], Hex[8];
    DWORD Score = 0xFF;

    if (wcslen(Name) <= INF_NAME_LIMIT && SetupActualSection(Inf, Name, Actual) != INF_NONE &&
        SetupEntry(Inf, Actual, L"FeatureScore", Text)) {
        SetupPrint(Hex, COUNT_OF(Hex), L"0x%.4s",
                   Text[0] == L'0' && (Text[1] | 0x20) == L'x' ? Text + 2 : Text);
        if (!SetupParseNumber(Hex, &Score) || Score > 0xFF)
            Score = 0xFF;
    }
    return Score << 16;
}

static BOOL AddModels(SETUP_INF *Inf, int Manufacturer, const WCHAR *Hardware,
                      const WCHAR *Compatible, SETUP_DRIVER *Driver, SETUP_DRIVER **List)
{
    int Section = ModelsOf(Inf, Manufacturer), Line;
    WCHAR Text[SETUP_FIELD];

    SetupField(Inf, Manufacturer, 0, Text);
    lstrcpynW(Driver->Manufacturer, Text, COUNT_OF(Driver->Manufacturer));
    for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, NULL)) {
        Driver->MatchingId[0] = 0;
        MatchModel(Inf, Line, Hardware, Compatible, Driver);
        if (Hardware != NULL && Driver->Rank == SETUP_NO_RANK)
            continue;
        SetupField(Inf, Line, 0, Text);
        lstrcpynW(Driver->Description, Text, COUNT_OF(Driver->Description));
        SetupField(Inf, Line, 1, Text);
        lstrcpynW(Driver->Section, Text, COUNT_OF(Driver->Section));
        if (Driver->Rank != SETUP_NO_RANK)
            Driver->Rank |= FeatureScore(Inf, Driver->Section);
        if (!AddDriver(List, Driver))
            return FALSE;
    }
    return TRUE;
}

/* ---- what [Version] says ---- */

static DWORD NumberUpTo(const WCHAR **At, WCHAR End)
{
    DWORD Number = 0;

    while (**At >= L'0' && **At <= L'9')
        Number = Number * 10 + (DWORD)(*(*At)++ - L'0');
    if (**At == End)
        ++*At;
    return Number;
}

/* DriverVer = mm/dd/yyyy,w.x.y.z */
static VOID ReadVersion(SETUP_INF *Inf, SETUP_DRIVER *Driver)
{
    int Line = SetupLine(Inf, SetupSection(Inf, L"Version"), INF_NONE, L"DriverVer");
    WCHAR Text[SETUP_FIELD];
    const WCHAR *At = Text;
    SYSTEMTIME Time = {0};
    ULONG i;

    if (Line == INF_NONE || !SetupField(Inf, Line, 1, Text))
        return;
    Time.wMonth = (WORD)NumberUpTo(&At, *At != 0 && wcschr(At, L'-') != NULL ? L'-' : L'/');
    Time.wDay = (WORD)NumberUpTo(&At, *At != 0 && wcschr(At, L'-') != NULL ? L'-' : L'/');
    Time.wYear = (WORD)NumberUpTo(&At, 0);
    SystemTimeToFileTime(&Time, &Driver->Date);
    if (SetupField(Inf, Line, 2, Text))
        for (At = Text, i = 0; i < 4; i++)
            Driver->Version = Driver->Version << 16 | (WORD)NumberUpTo(&At, L'.');
}

BOOL SetupListDrivers(const WCHAR *InfPath, const WCHAR *Hardware, const WCHAR *Compatible,
                      SETUP_DRIVER **List)
{
    SETUP_INF *Inf = SetupReadInf(InfPath, NULL);
    SETUP_DRIVER *Driver = Inf != NULL ? SetupAllocate(sizeof(*Driver)) : NULL;
    WCHAR Text[SETUP_FIELD];
    int Section, Line;
    BOOL Fine = Driver != NULL;

    if (Fine) {
        lstrcpynW(Driver->InfPath, Inf->Path, MAX_PATH);
        ReadVersion(Inf, Driver);
        SetupEntry(Inf, L"Version", L"Provider", Text);
        lstrcpynW(Driver->Provider, Text, COUNT_OF(Driver->Provider));
        SetupInfClass(Inf, &Driver->Class, Driver->ClassName);
        if (SetupEntry(Inf, L"Version", L"ExtensionId", Text))
            SetupParseGuid(Text, &Driver->ExtensionId);
        Section = SetupSection(Inf, L"Manufacturer");
        for (Line = SetupLine(Inf, Section, INF_NONE, NULL); Line != INF_NONE && Fine;
             Line = SetupLine(Inf, Section, Line, NULL))
            Fine = AddModels(Inf, Line, Hardware, Compatible, Driver, List);
    }
    SetupFree(Driver);
    SetupFreeInf(Inf);
    return Fine;
}

/* Class Extension [doc: Using an Extension INF File] */
BOOL SetupIsExtension(const SETUP_DRIVER *Driver)
{
    static const GUID Extension = {
        0xe2f84ce7, 0x8efa, 0x411c, {0xaa, 0x69, 0x97, 0x45, 0x4c, 0xa4, 0xcb, 0x57}};

    return IsEqualGUID(&Driver->Class, &Extension);
}

/* Those of a list that are wanted go into another, in order; the rest is freed. */
static VOID TakeOver(SETUP_DRIVER *From, BOOL Extensions, SETUP_DRIVER **List)
{
    while (From != NULL) {
        SETUP_DRIVER *Next = From->Next, **Link = List;

        if (SetupIsExtension(From) == Extensions) {
            while (*Link != NULL && !IsBetter(From, *Link))
                Link = &(*Link)->Next;
            From->Next = *Link;
            *Link = From;
        } else {
            SetupFree(From);
        }
        From = Next;
    }
}

BOOL SetupListStore(const WCHAR *Hardware, const WCHAR *Compatible, BOOL Extensions,
                    SETUP_DRIVER **List)
{
    SETUP_DRIVER *OfInf;
    HANDLE Key = RegpOpen(NULL, REG_DATABASE L"DriverInfFiles", FALSE);
    WCHAR Name[MAX_PATH], Path[MAX_PATH];
    DWORD Index;

    for (Index = 0; Key != NULL && RegpSubkey(Key, Index, Name, MAX_PATH - 20); Index++) {
        SetupPrint(Path, MAX_PATH, L"C:\\Windows\\INF\\%s", Name);
        OfInf = NULL;
        if (!SetupListDrivers(Path, Hardware, Compatible, &OfInf))
            SetupLog(L"!    sto: %s cannot be read: error %lu", Path, GetLastError());
        TakeOver(OfInf, Extensions, List);
    }
    if (Key != NULL)
        NtClose(Key);
    return TRUE;
}

VOID SetupFreeDrivers(SETUP_DRIVER *List)
{
    while (List != NULL) {
        SETUP_DRIVER *Next = List->Next;

        SetupFree(List);
        List = Next;
    }
}
