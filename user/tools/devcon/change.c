/* Commands that change devices. */
#include "devcon.h"
#include "console.h"

typedef struct _CHANGE {
    DWORD State;          /* DICS_*; 0: remove */
    const WCHAR *Done, *OnReboot, *Failed;
    int Count, Reboots, Failures;
} CHANGE;

static BOOL NeedsReboot(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    SP_DEVINSTALL_PARAMS_W Parameters = {.cbSize = sizeof(Parameters)};

    return SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters) && (Parameters.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART));
}

static BOOL Apply(HDEVINFO Set, SP_DEVINFO_DATA *Device, const CHANGE *Change)
{
    SP_PROPCHANGE_PARAMS Parameters = {{sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, Change->State, DICS_FLAG_GLOBAL, 0};

    if (Change->State == 0)
        return SetupDiCallClassInstaller(DIF_REMOVE, Set, Device);
    return SetupDiSetClassInstallParamsW(Set, Device, &Parameters.ClassInstallHeader, sizeof(Parameters)) &&
           SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, Set, Device);
}

static int ChangeOne(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    CHANGE *Change = Context;

    if (!Apply(Set, Device, Change)) {
        Change->Failures++;
        DevconLine(Id, Change->Failed);
    } else if (NeedsReboot(Set, Device)) {
        Change->Reboots++;
        DevconLine(Id, Change->OnReboot);
    } else {
        Change->Count++;
        DevconLine(Id, Change->Done);
    }
    return 0;
}

/* Texts: of devices that changed, of devices that will, of none. */
static int ChangeAll(int Count, WCHAR **Arguments, DWORD Flags, CHANGE *Change, const char *Changed, const char *Will,
                     const char *None)
{
    int Found = DevconVisit(Count, Arguments, Flags, ChangeOne, Change);

    if (Found < 0)
        return DEVCON_USAGE;
    if (Change->Reboots != 0)
        printf(Will, Change->Count + Change->Reboots);
    else if (Change->Count != 0)
        printf(Changed, Change->Count);
    else
        printf("%s\n", None);
    return Change->Failures != 0 ? DEVCON_FAIL : Change->Reboots != 0 ? DEVCON_REBOOT : DEVCON_FINE;
}

int DevconEnable(int Count, WCHAR **Arguments)
{
    CHANGE Change = {DICS_ENABLE, L"Enabled", L"Enabled on reboot", L"Enable failed", 0, 0, 0};

    return ChangeAll(Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) are enabled.\n",
                     "The %d device(s) are ready to be enabled. To enable the devices, restart the devices or\n"
                     "reboot the system .\n", "No matching devices found.");
}

int DevconDisable(int Count, WCHAR **Arguments)
{
    CHANGE Change = {DICS_DISABLE, L"Disabled", L"Disabled on reboot", L"Disable failed", 0, 0, 0};

    return ChangeAll(Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) disabled.\n",
                     "The %d device(s) are ready to be disabled. To disable the devices, restart the devices or\n"
                     "reboot the system .\n", "No matching devices found.");
}

int DevconRestart(int Count, WCHAR **Arguments)
{
    CHANGE Change = {DICS_PROPCHANGE, L"Restarted", L"Requires reboot", L"Restart failed", 0, 0, 0};

    return ChangeAll(Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) restarted.\n",
                     "The %d device(s) are ready to be restarted. To restart the devices, reboot the system.\n",
                     "No matching devices found.");
}

int DevconRemove(int Count, WCHAR **Arguments)
{
    CHANGE Change = {0, L"Removed", L"Removed on reboot", L"Remove failed", 0, 0, 0};

    return ChangeAll(Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) were removed.\n",
                     "%d device(s) are ready to be removed. To remove the devices, reboot the system.\n",
                     "No devices were removed.");
}

int DevconRescan(int Count, WCHAR **Arguments)
{
    DEVINST Root;

    (void)Arguments;
    if (Count != 0)
        return DEVCON_USAGE;
    printf("Scanning for new hardware.\n");
    if (CM_Locate_DevNodeW(&Root, NULL, CM_LOCATE_DEVNODE_NORMAL) != CR_SUCCESS || CM_Reenumerate_DevNode(Root, 0) != CR_SUCCESS)
        return DEVCON_FAIL;
    printf("Scanning completed.\n");
    return DEVCON_FINE;
}

/* ---- sethwid ---- */

static size_t Length(const WCHAR *List)
{
    const WCHAR *At = List;

    while (*At != 0)
        At += wcslen(At) + 1;
    return (size_t)(At - List);
}

/* +id goes to the front, -id to the end, !id away, =... replaces the list; a name alone goes on as the one before it. */
static BOOL Edit(WCHAR *List, const WCHAR *Id, WCHAR How)
{
    size_t Size = Length(List), Added = wcslen(Id) + 1;
    WCHAR *At;

    for (At = List; *At != 0;) {
        size_t One = wcslen(At) + 1;

        if (_wcsicmp(At, Id) == 0) {
            memmove(At, At + One, (Size - (size_t)(At - List) - One + 1) * sizeof(WCHAR));
            Size -= One;
        } else {
            At += One;
        }
    }
    if (How == '!')
        return TRUE;
    if (Size + Added + 2 > DEVCON_TEXT)
        return FALSE;
    if (How == '+') {
        memmove(List + Added, List, (Size + 1) * sizeof(WCHAR));
        wcscpy(List, Id);
    } else {
        wcscpy(List + Size, Id);
        List[Size + Added] = 0;
    }
    return TRUE;
}

typedef struct _SETHWID {
    int EditCount, Modified, Failures;
    WCHAR **Edits;
} SETHWID;

static BOOL EditAll(WCHAR *List, const SETHWID *Set)
{
    WCHAR How = '=';
    int i;

    for (i = 0; i < Set->EditCount; i++) {
        const WCHAR *Id = Set->Edits[i];

        if (*Id == '+' || *Id == '-' || *Id == '!' || *Id == '=')
            How = *Id++;
        if (How == '=') {
            List[0] = List[1] = 0;
            How = '-';
        }
        if (*Id != 0 && !Edit(List, Id, How))
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
    if (_wcsnicmp(Id, L"ROOT\\", 5) != 0 || !EditAll(List, Hwids) ||
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

    for (Split = 0; Split < Count && wcscmp(Arguments[Split], L":=") != 0; Split++) {
    }
    if (Split == 0 || Split + 1 >= Count)
        return DEVCON_USAGE;
    Set.Edits = Arguments + Split + 1;
    Set.EditCount = Count - Split - 1;
    Found = DevconVisit(Split, Arguments, 0, SetOne, &Set);
    if (Set.Modified != 0)
        printf("%d hardware ID(s) modified.\n", Set.Modified);
    else
        printf("No hardware IDs modified.\n");
    return Found < 0 ? DEVCON_USAGE : Set.Failures != 0 ? DEVCON_FAIL : DEVCON_FINE;
}

/* ---- classfilter ---- */

int DevconClassFilter(int Count, WCHAR **Arguments)
{
    WCHAR List[DEVCON_TEXT] = {0}, *At;
    const WCHAR *Value;
    DWORD Found, Bytes = sizeof(List) - 2 * sizeof(WCHAR);
    SETHWID Edits = {Count - 2, 0, 0, Arguments + 2};
    GUID Class;
    HKEY Key;
    int Exit = DEVCON_FINE;

    if (Count < 2 || (_wcsicmp(Arguments[1], L"upper") != 0 && _wcsicmp(Arguments[1], L"lower") != 0))
        return DEVCON_USAGE;
    Value = towupper(Arguments[1][0]) == 'U' ? L"UpperFilters" : L"LowerFilters";
    if (!SetupDiClassGuidsFromNameW(Arguments[0], &Class, 1, &Found) || Found == 0)
        return DEVCON_FAIL;
    Key = SetupDiOpenClassRegKey(&Class, KEY_ALL_ACCESS);
    if (Key == INVALID_HANDLE_VALUE)
        return DEVCON_FAIL;
    RegQueryValueExW(Key, Value, NULL, NULL, (PBYTE)List, &Bytes);
    if (Edits.EditCount != 0) {
        Exit = EditAll(List, &Edits) && RegSetValueExW(Key, Value, 0, REG_MULTI_SZ, (PBYTE)List,
                                                        (DWORD)((Length(List) + 1) * sizeof(WCHAR))) == ERROR_SUCCESS
                   ? DEVCON_REBOOT : DEVCON_FAIL;
        if (Exit == DEVCON_REBOOT)
            printf("Class filters changed. Class devices must be restarted for changes to take effect.\n");
    }
    for (At = List; *At != 0; At += wcslen(At) + 1)
        ConsolePrint(L"        %ls\n", At);
    RegCloseKey(Key);
    return Exit;
}
