/*
 * AddService and DelService: services' keys as the service control manager keeps them. Left aside,
 * and named in the log: security, triggers, event logs, recovery actions, starting. [doc: INF
 * AddService Directive, INF DelService Directive]
 */
#include "inf.h"

#define ASSOCIATED 0x2
#define KEEP_DISPLAYNAME 0x8
#define KEEP_STARTTYPE 0x10
#define KEEP_ERRORCONTROL 0x20
#define KEEP_LOADORDERGROUP 0x40
#define KEEP_DEPENDENCIES 0x80
#define KEEP_DESCRIPTION 0x100

/* C:\Windows\... as \SystemRoot\..., other drives below \??\ */
static VOID ImagePathOf(const WCHAR *Binary, WCHAR *Path)
{
    static const WCHAR Windows[] = L"C:\\Windows\\";

    if (_wcsnicmp(Binary, Windows, COUNT_OF(Windows) - 1) == 0)
        SetupPrint(Path, MAX_PATH, L"\\SystemRoot\\%s", Binary + COUNT_OF(Windows) - 1);
    else
        SetupPrint(Path, MAX_PATH, Binary[1] == L':' ? L"\\??\\%s" : L"%s", Binary);
}

static BOOL HasValue(HANDLE Key, const WCHAR *Name)
{
    PVOID Value = RegpGet(Key, Name, NULL, NULL);

    SetupFree(Value);
    return Value != NULL;
}

static BOOL WriteText(SETUP_INF *Inf, int Section, const WCHAR *Entry, HANDLE Key,
                      const WCHAR *Name, BOOL Keep)
{
    int Line = SetupLine(Inf, Section, INF_NONE, Entry);
    WCHAR Text[SETUP_FIELD];

    if (Line == INF_NONE || !SetupField(Inf, Line, 1, Text) || (Keep && HasValue(Key, Name)))
        return TRUE;
    return RegpSetText(Key, Name, Text);
}

static BOOL WriteNumber(SETUP_INF *Inf, int Section, const WCHAR *Entry, HANDLE Key,
                        const WCHAR *Name, BOOL Keep)
{
    int Line = SetupLine(Inf, Section, INF_NONE, Entry);

    if (Keep && HasValue(Key, Name))
        return TRUE;
    if (Line == INF_NONE || SetupNumber(Inf, Line, 1, MAXDWORD) == MAXDWORD) {
        SetupLog(L"!!!  dvi: %s: a service without %s", Inf->Path, Entry);
        return SetupFail(ERROR_BAD_SERVICE_INSTALLSECT);
    }
    return RegpSetNumber(Key, Name, SetupNumber(Inf, Line, 1, 0));
}

/* +group names are DependOnGroup, others DependOnService. */
static BOOL WriteDependencies(SETUP_INF *Inf, int Section, HANDLE Key, BOOL Keep)
{
    WCHAR Services[SETUP_FIELD] = {0}, Groups[SETUP_FIELD] = {0}, Name[SETUP_FIELD];
    DWORD ServicesUsed = 0, GroupsUsed = 0;
    int Line = SetupLine(Inf, Section, INF_NONE, L"Dependencies");
    unsigned Field;

    if (Line == INF_NONE ||
        (Keep && (HasValue(Key, L"DependOnService") || HasValue(Key, L"DependOnGroup"))))
        return TRUE;
    for (Field = 1; SetupField(Inf, Line, Field, Name); Field++) {
        BOOL IsGroup = Name[0] == L'+';
        DWORD *Used = IsGroup ? &GroupsUsed : &ServicesUsed;

        if (*Used + wcslen(Name) + 2 > SETUP_FIELD)
            return SetupFail(ERROR_BAD_SERVICE_INSTALLSECT);
        lstrcpyW((IsGroup ? Groups : Services) + *Used, Name + IsGroup);
        *Used += (DWORD)wcslen(Name) + !IsGroup;
    }
    return (ServicesUsed == 0 || RegpSet(Key, L"DependOnService", REG_MULTI_SZ, Services,
                                         (ServicesUsed + 1) * sizeof(WCHAR))) &&
           (GroupsUsed == 0 ||
            RegpSet(Key, L"DependOnGroup", REG_MULTI_SZ, Groups, (GroupsUsed + 1) * sizeof(WCHAR)));
}

static VOID NameIgnored(SETUP_INF *Inf, int Section, const WCHAR *Name)
{
    static const WCHAR *const Ignored[] = {L"Security",         L"AddTrigger",
                                           L"FailureActions",   L"ServiceSidType",
                                           L"DelayedAutoStart", L"StartName"};
    ULONG i;

    for (i = 0; i < COUNT_OF(Ignored); i++)
        if (SetupLine(Inf, Section, INF_NONE, Ignored[i]) != INF_NONE)
            SetupLog(L"!    dvi: %s: %s of service %s: ignored", Inf->Path, Ignored[i], Name);
}

static BOOL WriteService(SETUP_INF *Inf, int Section, HANDLE Key, DWORD Flags)
{
    int Line = SetupLine(Inf, Section, INF_NONE, L"ServiceBinary");
    WCHAR Binary[SETUP_FIELD], Path[MAX_PATH];
    SETUP_PLACE Place = {Key, NULL, L""};

    if (Line == INF_NONE || !SetupField(Inf, Line, 1, Binary)) {
        SetupLog(L"!!!  dvi: %s: a service without ServiceBinary", Inf->Path);
        return SetupFail(ERROR_BAD_SERVICE_INSTALLSECT);
    }
    ImagePathOf(Binary, Path);
    return WriteNumber(Inf, Section, L"ServiceType", Key, L"Type", FALSE) &&
           WriteNumber(Inf, Section, L"StartType", Key, L"Start", Flags & KEEP_STARTTYPE) &&
           WriteNumber(Inf, Section, L"ErrorControl", Key, L"ErrorControl",
                       Flags & KEEP_ERRORCONTROL) &&
           RegpSet(Key, L"ImagePath", REG_EXPAND_SZ, Path,
                   (DWORD)((wcslen(Path) + 1) * sizeof(WCHAR))) &&
           WriteText(Inf, Section, L"DisplayName", Key, L"DisplayName", Flags & KEEP_DISPLAYNAME) &&
           WriteText(Inf, Section, L"Description", Key, L"Description", Flags & KEEP_DESCRIPTION) &&
           WriteText(Inf, Section, L"LoadOrderGroup", Key, L"Group", Flags & KEEP_LOADORDERGROUP) &&
           WriteDependencies(Inf, Section, Key, Flags & KEEP_DEPENDENCIES) &&
           SetupRunSection(Inf, Section, SETUP_REGISTRY, &Place);
}

/* name,[flags],section[,event log section...] */
static BOOL AddService(SETUP_INF *Inf, int Line, WCHAR *Function)
{
    WCHAR Name[SETUP_FIELD], SectionName[SETUP_FIELD], Rest[SETUP_FIELD];
    DWORD Flags = SetupNumber(Inf, Line, 2, 0);
    int Section;
    HANDLE Key;
    BOOL Fine;

    SetupField(Inf, Line, 1, Name);
    SetupField(Inf, Line, 3, SectionName);
    if (Name[0] == 0) /* AddService = ,2: the device has no function driver */
        return TRUE;
    Section = SetupSection(Inf, SectionName);
    if (Section == INF_NONE) {
        SetupLog(L"!!!  dvi: %s: AddService of %s names [%s], which is not there", Inf->Path, Name,
                 SectionName);
        return SetupFail(ERROR_SECTION_NOT_FOUND);
    }
    NameIgnored(Inf, Section, Name);
    if (SetupField(Inf, Line, 4, Rest) && Rest[0] != 0)
        SetupLog(L"!    dvi: %s: event log section [%s]: ignored", Inf->Path, Rest);
    Key = RegpOpenF(TRUE, REG_SERVICES L"%s", Name);
    if (Key == NULL)
        return FALSE;
    Fine = WriteService(Inf, Section, Key, Flags);
    NtClose(Key);
    if (Fine && (Flags & ASSOCIATED) && Function != NULL)
        lstrcpynW(Function, Name, 256);
    return Fine;
}

typedef struct _SERVICES {
    WCHAR *Function;
} SERVICES;

static BOOL RunOne(SETUP_INF *Inf, int Section, PVOID Context)
{
    const SERVICES *Services = Context;
    WCHAR Name[SETUP_FIELD];
    int Line;

    for (Line = SetupLine(Inf, Section, INF_NONE, L"DelService"); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, L"DelService")) {
        HANDLE Key = RegpOpen(NULL, REG_CONTROL_SET L"Services", FALSE);

        if (Key != NULL && SetupField(Inf, Line, 1, Name) && Name[0] != 0)
            RegpDeleteTree(Key, Name);
        if (Key != NULL)
            NtClose(Key);
    }
    for (Line = SetupLine(Inf, Section, INF_NONE, L"AddService"); Line != INF_NONE;
         Line = SetupLine(Inf, Section, Line, L"AddService"))
        if (!AddService(Inf, Line, Services->Function))
            return FALSE;
    return TRUE;
}

BOOL SetupRunServices(SETUP_INF *Inf, int Section, WCHAR *Function)
{
    SERVICES Services = {Function};

    return SetupWithNeeds(Inf, Section, L".Services", RunOne, &Services);
}

BOOL WINAPI SetupInstallServicesFromInfSectionW(HINF Handle, PCWSTR Name, DWORD Flags)
{
    SETUP_INF *Inf = SetupInfOf(Handle);
    int Section = Inf != NULL && Name != NULL ? SetupSection(Inf, Name) : INF_NONE;

    IGNORE_ARG(Flags);
    if (Inf == NULL)
        return FALSE;
    if (Section == INF_NONE)
        return SetupFail(ERROR_SECTION_NOT_FOUND);
    return SetupRunServices(Inf, Section, NULL);
}
