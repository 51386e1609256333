/* Which devices the arguments of a command mean. [doc: DevCon, "ID", "@InstanceID", "=Class"] */
#include "devcon.h"
#include "console.h"

BOOL DevconProperty(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, WCHAR *Out)
{
    memset(Out, 0, DEVCON_TEXT * sizeof(WCHAR));
    return SetupDiGetDeviceRegistryPropertyW(Set, Device, Property, NULL, (PBYTE)Out,
                                             (DEVCON_TEXT - 2) * sizeof(WCHAR), NULL);
}

void DevconName(HDEVINFO Set, SP_DEVINFO_DATA *Device, WCHAR *Out)
{
    if (!DevconProperty(Set, Device, SPDRP_FRIENDLYNAME, Out) || Out[0] == 0)
        DevconProperty(Set, Device, SPDRP_DEVICEDESC, Out);
}

void DevconLine(const WCHAR *Id, const WCHAR *What)
{
    ConsolePrint(L"%-60ls: %ls\n", Id, What);
}

/* * stands for any text. */
static BOOL Fits(const WCHAR *Text, const WCHAR *Pattern)
{
    for (; *Pattern != 0; Pattern++, Text++) {
        if (*Pattern == '*') {
            do
                if (Fits(Text, Pattern + 1))
                    return TRUE;
            while (*Text++ != 0);
            return FALSE;
        }
        if (towupper(*Text) != towupper(*Pattern))
            return FALSE;
    }
    return *Text == 0;
}

static BOOL FitsOne(const WCHAR *Text, const WCHAR *Pattern)
{
    return Pattern[0] == '\'' ? _wcsicmp(Text, Pattern + 1) == 0 : Fits(Text, Pattern);
}

static BOOL FitsList(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, const WCHAR *Pattern)
{
    WCHAR List[DEVCON_TEXT];
    const WCHAR *At;

    if (!DevconProperty(Set, Device, Property, List))
        return FALSE;
    for (At = List; *At != 0; At += wcslen(At) + 1)
        if (FitsOne(At, Pattern))
            return TRUE;
    return FALSE;
}

static BOOL IsMeant(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, int Count,
                    WCHAR **Patterns)
{
    int i;

    for (i = 0; i < Count; i++) {
        if (Patterns[i][0] == '@' ? FitsOne(Id, Patterns[i] + 1)
                                  : FitsList(Set, Device, SPDRP_HARDWAREID, Patterns[i]) ||
                                    FitsList(Set, Device, SPDRP_COMPATIBLEIDS, Patterns[i]))
            return TRUE;
    }
    return Count == 0;
}

/* =class as the first argument; without IDs it means the whole class. */
static HDEVINFO OpenSet(int *Count, WCHAR ***Arguments, DWORD Flags)
{
    GUID Class;
    DWORD Found = 0;

    if (*Count == 0)
        return INVALID_HANDLE_VALUE;
    if ((*Arguments)[0][0] != '=')
        return SetupDiGetClassDevsW(NULL, NULL, NULL, Flags | DIGCF_ALLCLASSES);
    if (!SetupDiClassGuidsFromNameW((*Arguments)[0] + 1, &Class, 1, &Found) || Found == 0)
        return SetupDiCreateDeviceInfoList(NULL, NULL); /* no such class has devices */
    --*Count;
    ++*Arguments;
    return SetupDiGetClassDevsW(&Class, NULL, NULL, Flags);
}

int DevconVisit(int Count, WCHAR **Arguments, DWORD Flags, DEVCON_EACH *Each, void *Context)
{
    HDEVINFO Set = OpenSet(&Count, &Arguments, Flags);
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Id[MAX_DEVICE_ID_LEN];
    int Found = 0;
    DWORD Index;

    if (Set == INVALID_HANDLE_VALUE)
        return -1;
    for (Index = 0; SetupDiEnumDeviceInfo(Set, Index, &Device); Index++) {
        if (!SetupDiGetDeviceInstanceIdW(Set, &Device, Id, MAX_DEVICE_ID_LEN, NULL) ||
            !IsMeant(Set, &Device, Id, Count, Arguments))
            continue;
        Found++;
        if (Each(Set, &Device, Id, Context) != 0)
            break;
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Found;
}
