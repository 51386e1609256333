/* Commands that edit lists: sethwid and classfilter. [doc: DevCon SetHwID, DevCon ClassFilter] */
#include "devcon.h"
#include "console.h"

static size_t Length(const WCHAR *List)
{
    const WCHAR *At = List;

    while (*At != 0)
        At += wcslen(At) + 1;
    return (size_t)(At - List);
}

/* Where in the list, in characters, Id is from From on; its end when it is not there. */
static size_t Find(const WCHAR *List, size_t From, const WCHAR *Id)
{
    while (List[From] != 0 && _wcsicmp(List + From, Id) != 0)
        From += wcslen(List + From) + 1;
    return From;
}

static void Delete(WCHAR *List, size_t At)
{
    size_t One = wcslen(List + At) + 1;

    memmove(List + At, List + At + One, (Length(List) + 1 - At - One) * sizeof(WCHAR));
}

static BOOL Insert(WCHAR *List, size_t At, const WCHAR *Id)
{
    size_t Size = Length(List), Added = wcslen(Id) + 1;

    if (Size + Added + 2 > DEVCON_TEXT)
        return FALSE;
    memmove(List + At + Added, List + At, (Size + 1 - At) * sizeof(WCHAR));
    wcscpy(List + At, Id);
    return TRUE;
}

/* ---- sethwid ---- */

typedef struct _SETHWID {
    int EditCount, Modified, Failures;
    WCHAR **Edits;
} SETHWID;

/* Adds or moves one ID; Front is where + puts the next. */
static BOOL Move(WCHAR *List, const WCHAR *Id, WCHAR How, size_t *Front)
{
    size_t At = Find(List, 0, Id);

    if (List[At] != 0) {
        if (At < *Front)
            *Front -= wcslen(Id) + 1;
        Delete(List, At);
    }
    if (How == '!')
        return TRUE;
    if (How != '+')
        return Insert(List, Length(List), Id);
    if (!Insert(List, *Front, Id))
        return FALSE;
    *Front += wcslen(Id) + 1;
    return TRUE;
}

/* + goes to the front, - to the end, = replaces all; these hold until the next. ! takes one away,
 * and is for one ID only. */
static BOOL EditIds(WCHAR *List, const SETHWID *Set)
{
    WCHAR How = '-', One;
    size_t Front = 0;

    for (int i = 0; i < Set->EditCount; i++) {
        const WCHAR *Id = Set->Edits[i];

        One = *Id != 0 && wcschr(L"+-!=", *Id) != NULL ? *Id++ : How;
        if (One == '+' && How != '+')
            Front = 0;
        if (One == '=') {
            List[0] = List[1] = 0;
            One = '-';
        }
        How = One == '!' ? How : One;
        if (*Id != 0 && !Move(List, Id, One, &Front))
            return FALSE;
    }
    return TRUE;
}

static int SetOne(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    WCHAR List[DEVCON_TEXT];
    SETHWID *Hwids = Context;
    const WCHAR *At;

    DevconProperty(Set, Device, SPDRP_HARDWAREID, List);
    if (_wcsnicmp(Id, L"ROOT\\", 5) != 0 || !EditIds(List, Hwids) ||
        !SetupDiSetDeviceRegistryPropertyW(Set, Device, SPDRP_HARDWAREID, (PBYTE)List,
                                           (DWORD)((Length(List) + 1) * sizeof(WCHAR)))) {
        Hwids->Failures++;
        return 0;
    }
    Hwids->Modified++;
    ConsolePrint(L"%-60ls:", Id);
    for (At = List; *At != 0; At += wcslen(At) + 1)
        ConsolePrint(L"%hs%ls", At == List ? " " : ",", At);
    printf("\n");
    return 0;
}

int DevconSetHwid(int Count, WCHAR **Arguments)
{
    SETHWID Set = {0, 0, 0, NULL};
    int Split, Found;

    for (Split = 0; Split < Count && wcscmp(Arguments[Split], L":=") != 0; Split++)
        continue;
    if (Split == 0 || Split + 1 >= Count)
        return DEVCON_USAGE;
    Set.Edits = Arguments + Split + 1;
    Set.EditCount = Count - Split - 1;
    Found = DevconVisit(Split, Arguments, 0, SetOne, &Set);
    if (Set.Modified != 0)
        printf("Modified %d hardware ID(s).\n", Set.Modified);
    else
        printf("No hardware IDs modified.\n");
    return Found < 0 ? DEVCON_USAGE : Set.Failures != 0 ? DEVCON_FAIL : DEVCON_FINE;
}

/* ---- classfilter ---- */

typedef struct _CURSOR {
    WCHAR *List;
    size_t At;
    BOOL OnOne;   /* a driver is there; else the cursor is before the list, or where one was taken
                     away */
    BOOL Deleted; /* the latter */
} CURSOR;

/* A filter without a service would keep the class's devices from starting. */
static BOOL HasService(const WCHAR *Name)
{
    WCHAR Path[300] = L"SYSTEM\\CurrentControlSet\\Services\\";
    HKEY Key;

    if (Name[0] == 0 || wcslen(Name) > 200 || wcschr(Name, '\\') != NULL)
        return FALSE;
    wcscat(Path, Name);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_READ, &Key) != ERROR_SUCCESS)
        return FALSE;
    RegCloseKey(Key);
    return TRUE;
}

/* The next of that name, from the cursor on. */
static BOOL Seek(CURSOR *Cursor, const WCHAR *Name)
{
    size_t From = Cursor->OnOne ? Cursor->At + wcslen(Cursor->List + Cursor->At) + 1 : Cursor->At;

    Cursor->At = Find(Cursor->List, From, Name);
    Cursor->OnOne = Cursor->List[Cursor->At] != 0;
    Cursor->Deleted = FALSE;
    return Cursor->OnOne;
}

static BOOL Add(CURSOR *Cursor, const WCHAR *Name, BOOL After)
{
    if (!HasService(Name))
        return FALSE;
    if (!Cursor->OnOne && !Cursor->Deleted)
        Cursor->At = After ? Length(Cursor->List) : 0;
    else if (After && Cursor->OnOne)
        Cursor->At += wcslen(Cursor->List + Cursor->At) + 1;
    Cursor->OnOne = TRUE;
    Cursor->Deleted = FALSE;
    return Insert(Cursor->List, Cursor->At, Name);
}

/* =, and then or alone one of @name, -name, +name, !name. */
static BOOL EditOne(CURSOR *Cursor, const WCHAR *Word, BOOL *Changed)
{
    if (*Word == '=') {
        *Cursor = (CURSOR){Cursor->List, 0, FALSE, FALSE};
        Word++;
    }
    switch (*Word) {
    case 0:
        return TRUE;
    case '@':
        return Seek(Cursor, Word + 1);
    case '!':
        if (!Seek(Cursor, Word + 1))
            return FALSE;
        Delete(Cursor->List, Cursor->At);
        Cursor->OnOne = FALSE;
        return Cursor->Deleted = *Changed = TRUE;
    case '+':
    case '-':
        *Changed = TRUE;
        return Add(Cursor, Word + 1, *Word == '+');
    default:
        return FALSE;
    }
}

int DevconClassFilter(int Count, WCHAR **Arguments)
{
    WCHAR List[DEVCON_TEXT] = {0}, *At;
    const WCHAR *Value;
    DWORD Found, Bytes = sizeof(List) - 2 * sizeof(WCHAR);
    CURSOR Cursor = {List, 0, FALSE, FALSE};
    BOOL Changed = FALSE, Fine = TRUE;
    GUID Class;
    HKEY Key;

    if (Count < 2 ||
        (_wcsicmp(Arguments[1], L"upper") != 0 && _wcsicmp(Arguments[1], L"lower") != 0))
        return DEVCON_USAGE;
    Value = towupper(Arguments[1][0]) == 'U' ? L"UpperFilters" : L"LowerFilters";
    if (!SetupDiClassGuidsFromNameW(Arguments[0], &Class, 1, &Found) || Found == 0)
        return DEVCON_FAIL;
    Key = SetupDiOpenClassRegKey(&Class, KEY_ALL_ACCESS);
    if (Key == INVALID_HANDLE_VALUE)
        return DEVCON_FAIL;
    RegQueryValueExW(Key, Value, NULL, NULL, (PBYTE)List, &Bytes);
    for (int i = 2; i < Count && Fine; i++)
        Fine = EditOne(&Cursor, Arguments[i], &Changed);
    if (Fine && Changed)
        Fine = RegSetValueExW(Key, Value, 0, REG_MULTI_SZ, (PBYTE)List,
                              (DWORD)((Length(List) + 1) * sizeof(WCHAR))) == ERROR_SUCCESS;
    RegCloseKey(Key);
    if (!Fine)
        return DEVCON_FAIL;
    printf(
        Changed
            ? "Class filters changed. Class devices must be restarted for changes to take effect.\n"
            : "Class filters unchanged.\n");
    for (At = List; *At != 0; At += wcslen(At) + 1)
        ConsolePrint(L"    %ls\n", At);
    return Changed ? DEVCON_REBOOT : DEVCON_FINE;
}
