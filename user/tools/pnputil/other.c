/* /enum-interfaces, /enum-classes, /enum-devicetree. */
#include "pnputil.h"

enum { COLUMN = 28 };

/* ---- interfaces ---- */

typedef struct _INTERFACES {
    BOOL Enabled, Disabled; /* which are wanted */
    int Shown;
} INTERFACES;

static void ShowInterface(HDEVINFO Set, SP_DEVICE_INTERFACE_DATA *Interface)
{
    union {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W Data;
        WCHAR Room[PNPUTIL_TEXT];
    } Detail = {.Data = {.cbSize = sizeof(Detail.Data)}};
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Id[MAX_DEVICE_ID_LEN], Guid[39];

    if (!SetupDiGetDeviceInterfaceDetailW(Set, Interface, &Detail.Data, sizeof(Detail), NULL,
                                          &Device))
        return;
    PnpPrintGuid(&Interface->InterfaceClassGuid, Guid);
    PnpShow(COLUMN, L"Interface Path", L"%ls", Detail.Data.DevicePath);
    PnpShow(COLUMN, L"Interface Class GUID", L"%ls", Guid);
    if (SetupDiGetDeviceInstanceIdW(Set, &Device, Id, MAX_DEVICE_ID_LEN, NULL))
        PnpShow(COLUMN, L"Device Instance ID", L"%ls", Id);
    PnpShow(COLUMN, L"Interface Status", L"%ls\n",
            Interface->Flags & SPINT_ACTIVE ? L"Enabled" : L"Disabled");
}

static BOOL IsIn(HDEVINFO Set, const GUID *Class, const WCHAR *Path)
{
    SP_DEVICE_INTERFACE_DATA Interface = {.cbSize = sizeof(Interface)};
    union {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W Data;
        WCHAR Room[PNPUTIL_TEXT];
    } Detail = {.Data = {.cbSize = sizeof(Detail.Data)}};

    for (DWORD Index = 0; SetupDiEnumDeviceInterfaces(Set, NULL, Class, Index, &Interface); Index++)
        if (SetupDiGetDeviceInterfaceDetailW(Set, &Interface, &Detail.Data, sizeof(Detail), NULL,
                                             NULL) &&
            _wcsicmp(Detail.Data.DevicePath, Path) == 0)
            return TRUE;
    return FALSE;
}

/* Those that are enabled are in the set of present ones. */
static void ShowClassInterfaces(const GUID *Class, INTERFACES *Interfaces)
{
    HDEVINFO All = SetupDiGetClassDevsW(Class, NULL, NULL, DIGCF_DEVICEINTERFACE);
    HDEVINFO Present =
        SetupDiGetClassDevsW(Class, NULL, NULL, DIGCF_DEVICEINTERFACE | DIGCF_PRESENT);
    SP_DEVICE_INTERFACE_DATA Interface = {.cbSize = sizeof(Interface)};
    union {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W Data;
        WCHAR Room[PNPUTIL_TEXT];
    } Detail = {.Data = {.cbSize = sizeof(Detail.Data)}};

    for (DWORD Index = 0; All != INVALID_HANDLE_VALUE &&
                          SetupDiEnumDeviceInterfaces(All, NULL, Class, Index, &Interface);
         Index++) {
        BOOL IsActive = SetupDiGetDeviceInterfaceDetailW(All, &Interface, &Detail.Data,
                                                         sizeof(Detail), NULL, NULL) &&
                        Present != INVALID_HANDLE_VALUE &&
                        IsIn(Present, Class, Detail.Data.DevicePath);

        if (IsActive ? !Interfaces->Enabled : !Interfaces->Disabled)
            continue;
        Interfaces->Shown++;
        Interface.Flags = IsActive ? SPINT_ACTIVE : 0;
        ShowInterface(All, &Interface);
    }
    if (All != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(All);
    if (Present != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(Present);
}

static void ShowAllInterfaces(INTERFACES *Interfaces)
{
    HKEY Classes = SetupDiOpenClassRegKeyExW(NULL, KEY_READ, DIOCR_INTERFACE, NULL, NULL);
    WCHAR Name[64];
    DWORD Length = 64;
    GUID Class;

    if (Classes == INVALID_HANDLE_VALUE)
        return;
    for (DWORD Index = 0;
         RegEnumKeyExW(Classes, Index, Name, &Length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
         Index++, Length = 64)
        if (PnpParseGuid(Name, &Class))
            ShowClassInterfaces(&Class, Interfaces);
    RegCloseKey(Classes);
}

int PnpEnumInterfaces(const PNPUTIL_OPTIONS *Options)
{
    INTERFACES Interfaces = {!PnpHas(Options, L"disabled"), !PnpHas(Options, L"enabled"), 0};
    const WCHAR *Text = PnpValue(Options, L"class");
    GUID Class;

    if (Text != NULL && !PnpParseGuid(Text, &Class))
        return PnpFail(L"enumerate interfaces", ERROR_INVALID_PARAMETER);
    if (Text != NULL)
        ShowClassInterfaces(&Class, &Interfaces);
    else
        ShowAllInterfaces(&Interfaces);
    if (Interfaces.Shown == 0)
        ConsolePrint(L"No device interfaces were found on the system.\n");
    return ERROR_SUCCESS;
}

/* ---- classes ---- */

static void ShowClassValue(const GUID *Class, const WCHAR *Value, const WCHAR *Label)
{
    HKEY Key = SetupDiOpenClassRegKey(Class, KEY_READ);
    WCHAR List[PNPUTIL_TEXT] = {0};
    DWORD Bytes = sizeof(List) - 2 * sizeof(WCHAR);

    if (Key == INVALID_HANDLE_VALUE)
        return;
    if (RegQueryValueExW(Key, Value, NULL, NULL, (PBYTE)List, &Bytes) == ERROR_SUCCESS)
        for (const WCHAR *At = List; *At != 0; At += wcslen(At) + 1)
            PnpShow(COLUMN, At == List ? Label : L"", L"%ls", At);
    RegCloseKey(Key);
}

static BOOL ShowClass(const GUID *Class, const WCHAR *Wanted, BOOL Services)
{
    WCHAR Name[MAX_CLASS_NAME_LEN] = {0}, Description[LINE_LEN] = {0}, Guid[39];

    PnpPrintGuid(Class, Guid);
    SetupDiClassNameFromGuidW(Class, Name, MAX_CLASS_NAME_LEN, NULL);
    SetupDiGetClassDescriptionW(Class, Description, LINE_LEN, NULL);
    if (Wanted != NULL && _wcsicmp(Wanted, Name) != 0 && _wcsicmp(Wanted, Guid) != 0)
        return FALSE;
    PnpShow(COLUMN, L"Class Name", L"%ls", Name);
    PnpShow(COLUMN, L"Class Description", L"%ls", Description);
    PnpShow(COLUMN, L"Class GUID", L"%ls", Guid);
    if (Services) {
        ShowClassValue(Class, L"UpperFilters", L"Upper Filters");
        ShowClassValue(Class, L"LowerFilters", L"Lower Filters");
    }
    ConsolePrint(L"\n");
    return TRUE;
}

int PnpEnumClasses(const PNPUTIL_OPTIONS *Options)
{
    GUID List[256];
    DWORD Count = 0;
    int Shown = 0;

    if (!SetupDiBuildClassInfoList(0, List, 256, &Count))
        return PnpFail(L"enumerate classes", GetLastError());
    for (DWORD i = 0; i < Count; i++)
        Shown += ShowClass(&List[i], PnpValue(Options, L"class"), PnpHas(Options, L"services"));
    if (Shown == 0)
        ConsolePrint(L"No device classes were found on the system.\n");
    return ERROR_SUCCESS;
}

/* ---- the tree ---- */

static void ShowNode(const PNPUTIL_OPTIONS *Options, HDEVINFO Set, DEVINST Node, int Depth)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    WCHAR Id[MAX_DEVICE_ID_LEN], Name[PNPUTIL_TEXT];
    DEVINST Child;

    if (CM_Get_Device_IDW(Node, Id, MAX_DEVICE_ID_LEN, 0) != CR_SUCCESS)
        return;
    ConsolePrint(L"%*ls%ls", 4 * Depth, L"", Id);
    if (SetupDiOpenDeviceInfoW(Set, Id, NULL, 0, &Device)) {
        if (PnpProperty(Set, &Device, SPDRP_FRIENDLYNAME, Name) ||
            PnpProperty(Set, &Device, SPDRP_DEVICEDESC, Name))
            ConsolePrint(L"  %ls", Name);
        ConsolePrint(L"\n");
        PnpShowParts(Options, Set, &Device, 4 * Depth + 4);
    } else {
        ConsolePrint(L"\n");
    }
    if (CM_Get_Child(&Child, Node, 0) != CR_SUCCESS)
        return;
    do
        ShowNode(Options, Set, Child, Depth + 1);
    while (CM_Get_Sibling(&Child, Child, 0) == CR_SUCCESS);
}

int PnpEnumTree(const PNPUTIL_OPTIONS *Options)
{
    WCHAR *Root = Options->Arguments != 0 ? (WCHAR *)Options->Argument[0] : NULL;
    HDEVINFO Set;
    DEVINST Node;

    if (CM_Locate_DevNodeW(&Node, Root, CM_LOCATE_DEVNODE_NORMAL) != CR_SUCCESS)
        return PnpFail(L"enumerate the device tree", ERROR_NO_SUCH_DEVINST);
    Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    if (Set == INVALID_HANDLE_VALUE)
        return PnpFail(L"enumerate the device tree", GetLastError());
    ShowNode(Options, Set, Node, 0);
    SetupDiDestroyDeviceInfoList(Set);
    return ERROR_SUCCESS;
}
