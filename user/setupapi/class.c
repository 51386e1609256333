/*
 * Device setup classes: keys below Control\Class. Left out: icons, property pages, class
 * installers, other machines. Classes of Windows that nobody has installed here are known by name.
 * [doc: Device setup classes, INF ClassInstall32 Section]
 */
#include "driver.h"

static const struct {
    const WCHAR *Name, *Description, *Guid;
} Known[] = {
    {L"System", L"System devices", L"{4D36E97D-E325-11CE-BFC1-08002BE10318}"},
    {L"Unknown", L"Other devices", L"{4D36E97E-E325-11CE-BFC1-08002BE10318}"},
    {L"Display", L"Display adapters", L"{4D36E968-E325-11CE-BFC1-08002BE10318}"},
    {L"Net", L"Network adapters", L"{4D36E972-E325-11CE-BFC1-08002BE10318}"},
    {L"HIDClass", L"Human Interface Devices", L"{745A17A0-74D3-11D0-B6FE-00A0C90F57DA}"},
    {L"USB", L"Universal Serial Bus controllers", L"{36FC9E60-C465-11CF-8056-444553540000}"},
    {L"Ports", L"Ports (COM & LPT)", L"{4D36E978-E325-11CE-BFC1-08002BE10318}"},
    {L"DiskDrive", L"Disk drives", L"{4D36E967-E325-11CE-BFC1-08002BE10318}"},
    {L"SCSIAdapter", L"Storage controllers", L"{4D36E97B-E325-11CE-BFC1-08002BE10318}"},
    {L"MEDIA", L"Sound, video and game controllers", L"{4D36E96C-E325-11CE-BFC1-08002BE10318}"},
    {L"Sensor", L"Sensors", L"{5175D334-C371-4806-B3BA-71FD53C9258D}"},
    {L"SoftwareDevice", L"Software devices", L"{62F9C741-B25A-46CE-B54C-9BCCCE08B6F2}"},
    {L"Extension", L"Extensions", L"{E2F84CE7-8EFA-411C-AA69-97454CA4CB57}"},
    {L"ComputeAccelerator", L"Neural processors", L"{F01A9D53-3FF6-48D2-9F97-C8A7004BE10C}"},
};

BOOL SetupParseGuid(const WCHAR *Text, GUID *Guid)
{
    UNICODE_STRING String = {(USHORT)(wcslen(Text) * sizeof(WCHAR)),
                             (USHORT)(wcslen(Text) * sizeof(WCHAR)), (PWSTR)Text};

    return String.Length == 38 * sizeof(WCHAR) && NT_SUCCESS(RtlGUIDFromString(&String, Guid));
}

VOID SetupPrintGuid(const GUID *Guid, WCHAR *Text)
{
    SetupPrint(Text, 39, L"{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", Guid->Data1,
               Guid->Data2, Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2],
               Guid->Data4[3], Guid->Data4[4], Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
}

static int KnownByName(const WCHAR *Name)
{
    int i;

    for (i = 0; i < (int)COUNT_OF(Known); i++)
        if (SetupSame(Known[i].Name, Name))
            return i;
    return -1;
}

static int KnownByGuid(const WCHAR *Guid)
{
    int i;

    for (i = 0; i < (int)COUNT_OF(Known); i++)
        if (SetupSame(Known[i].Guid, Guid))
            return i;
    return -1;
}

/* Class and ClassGuid of [Version]; one of them may say the other for the classes of Windows. */
BOOL SetupInfClass(SETUP_INF *Inf, GUID *Class, WCHAR *Name)
{
    WCHAR Text[SETUP_FIELD], Guid[SETUP_FIELD];
    BOOL HasGuid = SetupEntry(Inf, L"Version", L"ClassGuid", Guid) && SetupParseGuid(Guid, Class);
    int Index;

    SetupEntry(Inf, L"Version", L"Class", Text);
    lstrcpynW(Name, Text, 32); /* MAX_CLASS_NAME_LEN */
    if (HasGuid) {
        Index = KnownByGuid(Guid);
        if (Name[0] == 0 && Index >= 0)
            lstrcpyW(Name, Known[Index].Name);
        return TRUE;
    }
    Index = KnownByName(Name);
    return Index >= 0 && SetupParseGuid(Known[Index].Guid, Class);
}

BOOL SetupInstallClass(SETUP_INF *Inf, const GUID *Class, const WCHAR *Name)
{
    WCHAR Guid[39], Actual[300], Present[64];
    HANDLE Key;
    int Section = INF_NONE, Index;
    BOOL Fine = TRUE;

    SetupPrintGuid(Class, Guid);
    Key = RegpOpenF(TRUE, REG_CLASSES L"%s", Guid);
    if (Key == NULL)
        return FALSE;
    if (!RegpGetText(Key, L"Class", Present, COUNT_OF(Present))) { /* a new class */
        SETUP_PLACE Place = {Key, NULL, L""};

        Index = KnownByGuid(Guid);
        RegpSetText(Key, L"Class", Index >= 0 ? Known[Index].Name : Name);
        RegpSetText(Key, L"", Index >= 0 ? Known[Index].Description : Name);
        SetupDirectory(Inf, 1, Place.Source);
        Section = SetupActualSection(Inf, L"ClassInstall32", Actual);
        if (Section != INF_NONE)
            Fine = SetupRunSection(Inf, Section, SETUP_REGISTRY | SETUP_FILES, &Place);
    }
    NtClose(Key);
    return Fine;
}

/* ---- for programs ---- */

BOOL WINAPI SetupDiGetINFClassW(PCWSTR Path, LPGUID Class, PWSTR Name, DWORD Size, PDWORD Needed)
{
    SETUP_INF *Inf;
    WCHAR Found[64];
    DWORD Count;
    BOOL Fine;

    if (Path == NULL || Class == NULL || Name == NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    Inf = SetupReadInf(Path, NULL);
    if (Inf == NULL)
        return FALSE;
    Fine = SetupInfClass(Inf, Class, Found);
    SetupFreeInf(Inf);
    if (!Fine)
        return SetupFail(ERROR_INVALID_CLASS);
    Count = (DWORD)wcslen(Found) + 1;
    if (Needed != NULL)
        *Needed = Count;
    if (Size < Count)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    lstrcpyW(Name, Found);
    return TRUE;
}

HKEY WINAPI SetupDiOpenClassRegKeyExW(CONST GUID *Class, REGSAM Access, DWORD Flags, PCWSTR Machine,
                                      PVOID Reserved)
{
    WCHAR Guid[39];
    HANDLE Key;

    IGNORE_ARG(Access);
    if (Machine != NULL || Reserved != NULL ||
        (Flags != DIOCR_INSTALLER && Flags != DIOCR_INTERFACE)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (Class != NULL)
        SetupPrintGuid(Class, Guid);
    Key = RegpOpenF(FALSE, REG_CONTROL_SET L"Control\\%s%s%s",
                    Flags == DIOCR_INSTALLER ? L"Class" : L"DeviceClasses",
                    Class != NULL ? L"\\" : L"", Class != NULL ? Guid : L"");
    if (Key != NULL)
        return Key;
    SetLastError(ERROR_INVALID_CLASS);
    return INVALID_HANDLE_VALUE;
}

HKEY WINAPI SetupDiOpenClassRegKey(CONST GUID *Class, REGSAM Access)
{
    return SetupDiOpenClassRegKeyExW(Class, Access, DIOCR_INSTALLER, NULL, NULL);
}

/* The default value of a class's key, or its name. */
static BOOL GiveClassValue(CONST GUID *Class, const WCHAR *Value, PWSTR Out, DWORD Size,
                           PDWORD Needed)
{
    WCHAR Guid[39], Text[256] = {0};
    HANDLE Key;
    DWORD Count;
    int Index;

    if (Class == NULL || Out == NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    SetupPrintGuid(Class, Guid);
    Key = RegpOpenF(FALSE, REG_CLASSES L"%s", Guid);
    if (Key != NULL) {
        RegpGetText(Key, Value, Text, COUNT_OF(Text));
        NtClose(Key);
    }
    Index = KnownByGuid(Guid);
    if (Text[0] == 0 && Index >= 0)
        lstrcpyW(Text, Value[0] != 0 ? Known[Index].Name : Known[Index].Description);
    if (Text[0] == 0)
        return SetupFail(ERROR_INVALID_CLASS);
    Count = (DWORD)wcslen(Text) + 1;
    if (Needed != NULL)
        *Needed = Count;
    if (Size < Count)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    lstrcpyW(Out, Text);
    return TRUE;
}

BOOL WINAPI SetupDiClassNameFromGuidW(CONST GUID *Class, PWSTR Name, DWORD Size, PDWORD Needed)
{
    return GiveClassValue(Class, L"Class", Name, Size, Needed);
}

BOOL WINAPI SetupDiClassNameFromGuidExW(CONST GUID *Class, PWSTR Name, DWORD Size, PDWORD Needed,
                                        PCWSTR Machine, PVOID Reserved)
{
    if (Machine != NULL || Reserved != NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    return SetupDiClassNameFromGuidW(Class, Name, Size, Needed);
}

BOOL WINAPI SetupDiGetClassDescriptionW(CONST GUID *Class, PWSTR Text, DWORD Size, PDWORD Needed)
{
    return GiveClassValue(Class, L"", Text, Size, Needed);
}

/* The installed classes. */
BOOL WINAPI SetupDiBuildClassInfoList(DWORD Flags, LPGUID List, DWORD Size, PDWORD Needed)
{
    HANDLE Classes = RegpOpen(NULL, REG_CONTROL_SET L"Control\\Class", FALSE);
    WCHAR Name[64];
    DWORD Index, Count = 0;
    GUID Guid;

    IGNORE_ARG(Flags); /* no class here is hidden */
    if (Needed == NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    for (Index = 0; Classes != NULL && RegpSubkey(Classes, Index, Name, COUNT_OF(Name)); Index++)
        if (SetupParseGuid(Name, &Guid)) {
            if (Count < Size)
                List[Count] = Guid;
            Count++;
        }
    if (Classes != NULL)
        NtClose(Classes);
    *Needed = Count;
    return Count <= Size || SetupFail(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI SetupDiClassGuidsFromNameW(PCWSTR Name, LPGUID List, DWORD Size, PDWORD Needed)
{
    HANDLE Classes = RegpOpen(NULL, REG_CONTROL_SET L"Control\\Class", FALSE), Class;
    WCHAR Text[64], Found[64];
    DWORD Index, Count = 0;
    int ByName;
    GUID Guid;

    if (Name == NULL || Needed == NULL)
        return SetupFail(ERROR_INVALID_PARAMETER);
    for (Index = 0; Classes != NULL && RegpSubkey(Classes, Index, Text, COUNT_OF(Text)); Index++) {
        Class = RegpOpen(Classes, Text, FALSE);
        if (Class != NULL && RegpGetText(Class, L"Class", Found, COUNT_OF(Found)) &&
            SetupSame(Found, Name) && SetupParseGuid(Text, &Guid)) {
            if (Count < Size)
                List[Count] = Guid;
            Count++;
        }
        if (Class != NULL)
            NtClose(Class);
    }
    if (Classes != NULL)
        NtClose(Classes);
    ByName = Count == 0 ? KnownByName(Name) : -1;
    if (ByName >= 0 && SetupParseGuid(Known[ByName].Guid, &Guid)) {
        if (Size != 0)
            List[0] = Guid;
        Count = 1;
    }
    *Needed = Count;
    return Count <= Size || SetupFail(ERROR_INSUFFICIENT_BUFFER);
}
