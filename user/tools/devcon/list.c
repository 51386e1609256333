/* Commands that list devices and classes. */
#include "devcon.h"
#include "console.h"

static int Listed(int Found)
{
    if (Found < 0)
        return DEVCON_USAGE;
    if (Found == 0)
        printf("No matching devices found.\n");
    else
        printf("%d matching device(s) found.\n", Found);
    return DEVCON_FINE;
}

static int ShowLine(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    WCHAR Name[DEVCON_TEXT];

    (void)Context;
    DevconName(Set, Device, Name);
    if (Name[0] != 0)
        DevconLine(Id, Name);
    else
        ConsolePrint(L"%ls\n", Id);
    return 0;
}

int DevconFind(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowLine, NULL));
}

int DevconFindAll(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, 0, ShowLine, NULL));
}

static void ShowHead(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id)
{
    WCHAR Name[DEVCON_TEXT];

    ConsolePrint(L"%ls\n", Id);
    DevconName(Set, Device, Name);
    if (Name[0] != 0)
        ConsolePrint(L"    Name: %ls\n", Name);
}

static int ShowStatus(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    ULONG Status, Problem;

    (void)Context;
    ShowHead(Set, Device, Id);
    if (CM_Get_DevNode_Status(&Status, &Problem, Device->DevInst, 0) != CR_SUCCESS)
        printf("    Device is not present.\n");
    else if ((Status & DN_HAS_PROBLEM) && Problem == CM_PROB_DISABLED)
        printf("    Device is disabled.\n");
    else if (Status & DN_HAS_PROBLEM)
        printf("    The device has the following problem: %02lu\n", Problem);
    else if (Status & DN_STARTED)
        printf("    Driver is running.\n");
    else
        printf("    Device is currently stopped.\n");
    return 0;
}

int DevconStatus(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowStatus, NULL));
}

static BOOL ShowList(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, const char *Title)
{
    WCHAR List[DEVCON_TEXT];
    const WCHAR *At;

    if (!DevconProperty(Set, Device, Property, List) || List[0] == 0)
        return FALSE;
    printf("    %s:\n", Title);
    for (At = List; *At != 0; At += wcslen(At) + 1)
        ConsolePrint(L"        %ls\n", At);
    return TRUE;
}

static int ShowHwids(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    BOOL Hardware, Compatible;

    (void)Context;
    ShowHead(Set, Device, Id);
    Hardware = ShowList(Set, Device, SPDRP_HARDWAREID, "Hardware IDs");
    Compatible = ShowList(Set, Device, SPDRP_COMPATIBLEIDS, "Compatible IDs");
    if (!Hardware && !Compatible)
        printf("    No hardware/compatible ID information available for this device.\n");
    return 0;
}

int DevconHwids(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowHwids, NULL));
}

/* Values of the class's key. */
static void ShowClassFilters(const GUID *Class, const WCHAR *Value, const char *Title)
{
    HKEY Key = SetupDiOpenClassRegKey(Class, KEY_READ);
    WCHAR List[DEVCON_TEXT] = {0};
    DWORD Bytes = sizeof(List) - 2 * sizeof(WCHAR);
    const WCHAR *At;

    if (Key == INVALID_HANDLE_VALUE)
        return;
    if (RegQueryValueExW(Key, Value, NULL, NULL, (PBYTE)List, &Bytes) == ERROR_SUCCESS &&
        List[0] != 0) {
        printf("    %s:\n", Title);
        for (At = List; *At != 0; At += wcslen(At) + 1)
            ConsolePrint(L"        %ls\n", At);
    }
    RegCloseKey(Key);
}

static int ShowStack(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    WCHAR Text[DEVCON_TEXT], Guid[DEVCON_TEXT];

    (void)Context;
    ShowHead(Set, Device, Id);
    if (DevconProperty(Set, Device, SPDRP_CLASSGUID, Guid) &&
        DevconProperty(Set, Device, SPDRP_CLASS, Text))
        ConsolePrint(L"    Setup Class: %ls %ls\n", Guid, Text);
    ShowClassFilters(&Device->ClassGuid, L"UpperFilters", "Class upper filters");
    ShowList(Set, Device, SPDRP_UPPERFILTERS, "Upper filters");
    if (DevconProperty(Set, Device, SPDRP_SERVICE, Text) && Text[0] != 0)
        ConsolePrint(L"    Controlling service:\n        %ls\n", Text);
    ShowClassFilters(&Device->ClassGuid, L"LowerFilters", "Class lower filters");
    ShowList(Set, Device, SPDRP_LOWERFILTERS, "Lower filters");
    return 0;
}

int DevconStack(int Count, WCHAR **Arguments)
{
    return Listed(DevconVisit(Count, Arguments, DIGCF_PRESENT, ShowStack, NULL));
}

/* ---- classes ---- */

int DevconClasses(int Count, WCHAR **Arguments)
{
    WCHAR Name[MAX_CLASS_NAME_LEN], Description[LINE_LEN];
    DWORD Classes = 0, i;
    GUID List[256];

    (void)Arguments;
    if (Count != 0)
        return DEVCON_USAGE;
    if (!SetupDiBuildClassInfoList(0, List, 256, &Classes))
        return DEVCON_FAIL;
    printf("Listing %lu setup class(es).\n", Classes);
    for (i = 0; i < Classes; i++) {
        if (!SetupDiClassNameFromGuidW(&List[i], Name, MAX_CLASS_NAME_LEN, NULL))
            wcscpy(Name, L"?");
        if (!SetupDiGetClassDescriptionW(&List[i], Description, LINE_LEN, NULL))
            Description[0] = 0;
        ConsolePrint(L"%-20ls: %ls\n", Name, Description);
    }
    return DEVCON_FINE;
}

static int Number(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    (void)Set;
    (void)Device;
    (void)Id;
    (void)Context;
    return 0;
}

int DevconListClass(int Count, WCHAR **Arguments)
{
    WCHAR Name[MAX_CLASS_NAME_LEN + 1] = L"=", *Filter = Name, Description[LINE_LEN] = L"";
    DWORD Found;
    GUID Class;
    int i, Devices;

    if (Count == 0)
        return DEVCON_USAGE;
    for (i = 0; i < Count; i++) {
        wcsncpy(Name + 1, Arguments[i], MAX_CLASS_NAME_LEN - 1);
        if (!SetupDiClassGuidsFromNameW(Name + 1, &Class, 1, &Found) || Found == 0) {
            ConsolePrint(L"There is no setup class \"%ls\".\n", Arguments[i]);
            continue;
        }
        SetupDiGetClassDescriptionW(&Class, Description, LINE_LEN, NULL);
        Devices = DevconVisit(1, &Filter, DIGCF_PRESENT, Number, NULL);
        if (Devices > 0)
            ConsolePrint(L"Listing %d device(s) for setup class \"%ls\" (%ls).\n", Devices,
                         Arguments[i], Description);
        else
            ConsolePrint(L"No devices for setup class \"%ls\" (%ls).\n", Arguments[i], Description);
        DevconVisit(1, &Filter, DIGCF_PRESENT, ShowLine, NULL);
    }
    return DEVCON_FINE;
}
