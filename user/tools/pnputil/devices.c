/* /enum-devices, and what it and /enum-devicetree tell of a device. */
#include "pnputil.h"

enum { COLUMN = 28 };

static const char *const Problems[] = {
    "", "NOT_CONFIGURED", "DEVLOADER_FAILED", "OUT_OF_MEMORY", "ENTRY_IS_WRONG_TYPE",
    "LACKED_ARBITRATOR", "BOOT_CONFIG_CONFLICT",
    "FAILED_FILTER", "DEVLOADER_NOT_FOUND", "INVALID_DATA", "FAILED_START", "LIAR",
    "NORMAL_CONFLICT", "NOT_VERIFIED", "NEED_RESTART",
    "REENUMERATION", "PARTIAL_LOG_CONF", "UNKNOWN_RESOURCE", "REINSTALL", "REGISTRY", "VXDLDR",
    "WILL_BE_REMOVED", "DISABLED",
    "DEVLOADER_NOT_READY", "DEVICE_NOT_THERE", "MOVED", "TOO_EARLY", "NO_VALID_LOG_CONF",
    "FAILED_INSTALL", "HARDWARE_DISABLED",
    "CANT_SHARE_IRQ", "FAILED_ADD", "DISABLED_SERVICE", "TRANSLATION_FAILED", "NO_SOFTCONFIG",
    "BIOS_TABLE", "IRQ_TRANSLATION_FAILED",
    "FAILED_DRIVER_ENTRY", "DRIVER_FAILED_PRIOR_UNLOAD", "DRIVER_FAILED_LOAD",
    "DRIVER_SERVICE_KEY_INVALID",
    "LEGACY_SERVICE_NO_DEVICES", "DUPLICATE_DEVICE", "FAILED_POST_START", "HALTED", "PHANTOM",
    "SYSTEM_SHUTDOWN", "HELD_FOR_EJECT",
    "DRIVER_BLOCKED", "REGISTRY_TOO_LARGE", "SETPROPERTIES_FAILED", "WAITING_ON_DEPENDENCY",
    "UNSIGNED_DRIVER", "USED_BY_DEBUGGER",
    "DEVICE_RESET", "CONSOLE_LOCKED", "NEED_CLASS_CONFIG", "GUEST_ASSIGNMENT_FAILED"};

/* ---- state ---- */

typedef struct _STATE {
    BOOL Present;
    ULONG Status, Problem;
} STATE;

static void ReadState(SP_DEVINFO_DATA *Device, STATE *State)
{
    memset(State, 0, sizeof(*State));
    State->Present =
        CM_Get_DevNode_Status(&State->Status, &State->Problem, Device->DevInst, 0) == CR_SUCCESS;
    if (!(State->Status & DN_HAS_PROBLEM))
        State->Problem = 0;
}

static const WCHAR *StateText(const STATE *State)
{
    if (!State->Present)
        return L"Disconnected";
    if (State->Problem == CM_PROB_DISABLED)
        return L"Disabled";
    if (State->Problem != 0)
        return L"Problem";
    return State->Status & DN_STARTED ? L"Started" : L"Stopped";
}

static void ShowState(const STATE *State)
{
    PnpShow(COLUMN, L"Status", L"%ls", StateText(State));
    if (State->Problem != 0)
        PnpShow(COLUMN, L"Problem Code", L"%lu (0x%02lX) [CM_PROB_%hs]", State->Problem,
                State->Problem,
                State->Problem < sizeof(Problems) / sizeof(Problems[0]) ? Problems[State->Problem]
                                                                        : "?");
}

/* ---- parts ---- */

static void ShowProperty(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, const WCHAR *Label)
{
    WCHAR Text[PNPUTIL_TEXT];

    if (PnpProperty(Set, Device, Property, Text))
        PnpShow(COLUMN, Label, L"%ls", Text);
}

/* The first beside the label, the others below it. */
static void ShowList(const WCHAR *List, const WCHAR *Label, int Indent)
{
    WCHAR Start[64];

    _snwprintf(Start, 63, L"%*ls%ls", Indent, L"", Label);
    Start[63] = 0;
    for (const WCHAR *At = List; *At != 0; At += wcslen(At) + 1)
        PnpShow(COLUMN + Indent, At == List ? Start : L"", L"%ls", At);
}

static void ShowIds(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    WCHAR List[PNPUTIL_TEXT];

    if (PnpProperty(Set, Device, SPDRP_HARDWAREID, List))
        ShowList(List, L"Hardware IDs", 0);
    if (PnpProperty(Set, Device, SPDRP_COMPATIBLEIDS, List))
        ShowList(List, L"Compatible IDs", 0);
}

static void ShowBus(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    WCHAR Text[39];
    GUID Type;

    ShowProperty(Set, Device, SPDRP_ENUMERATOR_NAME, L"Bus Enumerator Name");
    if (SetupDiGetDeviceRegistryPropertyW(Set, Device, SPDRP_BUSTYPEGUID, NULL, (PBYTE)&Type,
                                          sizeof(Type), NULL)) {
        PnpPrintGuid(&Type, Text);
        PnpShow(COLUMN, L"Bus Type GUID", L"%ls", Text);
    }
}

static void ShowRelations(SP_DEVINFO_DATA *Device)
{
    const WCHAR *Label = L"Children";
    WCHAR Id[MAX_DEVICE_ID_LEN];
    DEVINST Node;

    if (CM_Get_Parent(&Node, Device->DevInst, 0) == CR_SUCCESS &&
        CM_Get_Device_IDW(Node, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS)
        PnpShow(COLUMN, L"Parent", L"%ls", Id);
    if (CM_Get_Child(&Node, Device->DevInst, 0) != CR_SUCCESS)
        return;
    do {
        if (CM_Get_Device_IDW(Node, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS)
            PnpShow(COLUMN, Label, L"%ls", Id);
        Label = L"";
    } while (CM_Get_Sibling(&Node, Node, 0) == CR_SUCCESS);
}

static void ShowServices(HDEVINFO Set, SP_DEVINFO_DATA *Device, int Indent)
{
    WCHAR Text[PNPUTIL_TEXT];

    if (PnpProperty(Set, Device, SPDRP_SERVICE, Text))
        ShowList(Text, L"Service Name", Indent);
    if (PnpProperty(Set, Device, SPDRP_UPPERFILTERS, Text))
        ShowList(Text, L"Upper Filters", Indent);
    if (PnpProperty(Set, Device, SPDRP_LOWERFILTERS, Text))
        ShowList(Text, L"Lower Filters", Indent);
}

static BOOL ReadClassFilters(SP_DEVINFO_DATA *Device, const WCHAR *Value, WCHAR *List)
{
    HKEY Key = SetupDiOpenClassRegKey(&Device->ClassGuid, KEY_READ);
    DWORD Bytes = (PNPUTIL_TEXT - 2) * sizeof(WCHAR);
    BOOL Found;

    memset(List, 0, PNPUTIL_TEXT * sizeof(WCHAR));
    if (Key == INVALID_HANDLE_VALUE)
        return FALSE;
    Found = RegQueryValueExW(Key, Value, NULL, NULL, (PBYTE)List, &Bytes) == ERROR_SUCCESS &&
            List[0] != 0;
    RegCloseKey(Key);
    return Found;
}

/* From the top: filters of the class, of the device, the function driver, filters below, the bus
 * driver. */
static void ShowStack(HDEVINFO Set, SP_DEVINFO_DATA *Device, int Indent)
{
    SP_DEVINFO_DATA Bus = {.cbSize = sizeof(Bus)};
    WCHAR List[PNPUTIL_TEXT], Id[MAX_DEVICE_ID_LEN];
    const WCHAR *Label = L"Stack";
    DEVINST Parent;
    static const struct {
        BOOL OfClass;
        DWORD Property;
        const WCHAR *Value;
    } Parts[] = {{TRUE, 0, L"UpperFilters"},
                 {FALSE, SPDRP_UPPERFILTERS, NULL},
                 {FALSE, SPDRP_SERVICE, NULL},
                 {TRUE, 0, L"LowerFilters"},
                 {FALSE, SPDRP_LOWERFILTERS, NULL}};

    for (size_t i = 0; i < sizeof(Parts) / sizeof(Parts[0]); i++) {
        if (Parts[i].OfClass ? !ReadClassFilters(Device, Parts[i].Value, List)
                             : !PnpProperty(Set, Device, Parts[i].Property, List))
            continue;
        ShowList(List, Label, Indent);
        Label = L"";
    }
    if (CM_Get_Parent(&Parent, Device->DevInst, 0) == CR_SUCCESS &&
        CM_Get_Device_IDW(Parent, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS &&
        SetupDiOpenDeviceInfoW(Set, Id, NULL, 0, &Bus) &&
        PnpProperty(Set, &Bus, SPDRP_SERVICE, List))
        ShowList(List, Label, Indent);
}

/* A line of a driver, which stands 4 to the right of the device's. */
static void ShowOfDriver(int Indent, const WCHAR *Label, const WCHAR *Text)
{
    WCHAR Start[64];

    _snwprintf(Start, 63, L"%*ls    %ls", Indent, L"", Label);
    Start[63] = 0;
    PnpShow(COLUMN + Indent, Start, L"%ls", Text);
}

static void ShowDriver(HDEVINFO Set, SP_DEVINFO_DATA *Device, SP_DRVINFO_DATA_W *Driver,
                       BOOL IsBest, int Indent)
{
    SP_DRVINSTALL_PARAMS Parameters = {.cbSize = sizeof(Parameters)};
    SP_DRVINFO_DETAIL_DATA_W Detail = {.cbSize = sizeof(Detail)};
    WCHAR Installed[PNPUTIL_TEXT], *Name, Text[64];
    PNPUTIL_PACKAGE Package;

    if (!SetupDiGetDriverInfoDetailW(Set, Device, Driver, &Detail, sizeof(Detail), NULL) &&
        GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return;
    Name = wcsrchr(Detail.InfFileName, L'\\');
    Name = Name != NULL ? Name + 1 : Detail.InfFileName;
    ShowOfDriver(Indent, L"Driver Name", Name);
    if (PnpReadPackage(Name, &Package))
        PnpShowPackage(&Package, Indent + 4);
    if (SetupDiGetDriverInstallParamsW(Set, Device, Driver, &Parameters)) {
        _snwprintf(Text, 63, L"%08lX", Parameters.Rank);
        ShowOfDriver(Indent, L"Driver Rank", Text);
    }
    wcscpy(Text, IsBest ? L"Best Ranked" : L"Outranked");
    if (PnpDriverValue(Set, Device, L"InfPath", Installed) && _wcsicmp(Installed, Name) == 0)
        wcscat(Text, L" / Installed");
    ShowOfDriver(Indent, L"Driver Status", Text);
    ConsolePrint(L"\n");
}

static void ShowDrivers(HDEVINFO Set, SP_DEVINFO_DATA *Device, int Indent)
{
    SP_DRVINFO_DATA_W Driver = {.cbSize = sizeof(Driver)};

    if (!SetupDiBuildDriverInfoList(Set, Device, SPDIT_COMPATDRIVER))
        return;
    for (DWORD Index = 0; SetupDiEnumDriverInfoW(Set, Device, SPDIT_COMPATDRIVER, Index, &Driver);
         Index++) {
        if (Index == 0)
            ConsolePrint(L"%*lsMatching Drivers:\n", Indent, L"");
        ShowDriver(Set, Device, &Driver, Index == 0, Indent);
    }
    SetupDiDestroyDriverInfoList(Set, Device, SPDIT_COMPATDRIVER);
}

/* Of each class of interfaces there is. */
static void ShowInterfaces(SP_DEVINFO_DATA *Device, int Indent)
{
    HKEY Classes = SetupDiOpenClassRegKeyExW(NULL, KEY_READ, DIOCR_INTERFACE, NULL, NULL);
    WCHAR Id[MAX_DEVICE_ID_LEN], Name[64], List[PNPUTIL_TEXT];
    const WCHAR *Label = L"Interfaces";
    DWORD Index, Length;
    GUID Class;

    if (Classes == INVALID_HANDLE_VALUE)
        return;
    for (Index = 0;
         Length = 64,
        CM_Get_Device_IDW(Device->DevInst, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS &&
             RegEnumKeyExW(Classes, Index, Name, &Length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
         Index++)
        if (PnpParseGuid(Name, &Class) &&
            CM_Get_Device_Interface_ListW(&Class, Id, List, PNPUTIL_TEXT,
                                          CM_GET_DEVICE_INTERFACE_LIST_PRESENT) == CR_SUCCESS &&
            List[0] != 0) {
            ShowList(List, Label, Indent);
            Label = L"";
        }
    RegCloseKey(Classes);
}

void PnpShowParts(const PNPUTIL_OPTIONS *Options, HDEVINFO Set, SP_DEVINFO_DATA *Device, int Indent)
{
    if (PnpHas(Options, L"services"))
        ShowServices(Set, Device, Indent);
    if (PnpHas(Options, L"stack"))
        ShowStack(Set, Device, Indent);
    if (PnpHas(Options, L"interfaces"))
        ShowInterfaces(Device, Indent);
    if (PnpHas(Options, L"drivers"))
        ShowDrivers(Set, Device, Indent);
}

/* ---- the command ---- */

typedef struct _LISTING {
    const PNPUTIL_OPTIONS *Options;
    int Shown;
    ULONG Problem; /* 0: any */
} LISTING;

static BOOL IsWanted(const LISTING *Listing, const STATE *State)
{
    if (PnpHas(Listing->Options, L"connected") && !State->Present)
        return FALSE;
    if (PnpHas(Listing->Options, L"disconnected") && State->Present)
        return FALSE;
    return !PnpHas(Listing->Options, L"problem") ||
           (Listing->Problem != 0 ? State->Problem == Listing->Problem : State->Problem != 0);
}

static void ShowClass(HDEVINFO Set, SP_DEVINFO_DATA *Device)
{
    static const GUID None;
    WCHAR Guid[39];

    ShowProperty(Set, Device, SPDRP_CLASS, L"Class Name");
    if (IsEqualGUID(&Device->ClassGuid, &None))
        return;
    PnpPrintGuid(&Device->ClassGuid, Guid);
    PnpShow(COLUMN, L"Class GUID", L"%ls", Guid);
}

static void ShowOne(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    LISTING *Listing = Context;
    WCHAR Text[PNPUTIL_TEXT];
    STATE State;

    ReadState(Device, &State);
    if (!IsWanted(Listing, &State))
        return;
    Listing->Shown++;
    PnpShow(COLUMN, L"Instance ID", L"%ls", Id);
    ShowProperty(Set, Device,
                 PnpProperty(Set, Device, SPDRP_FRIENDLYNAME, Text) ? SPDRP_FRIENDLYNAME
                                                                    : SPDRP_DEVICEDESC,
                 L"Device Description");
    ShowClass(Set, Device);
    ShowProperty(Set, Device, SPDRP_MFG, L"Manufacturer Name");
    ShowState(&State);
    if (PnpDriverValue(Set, Device, L"InfPath", Text))
        PnpShow(COLUMN, L"Driver Name", L"%ls", Text);
    if (PnpDriverValue(Set, Device, L"ExtensionInfs", Text))
        ShowList(Text, L"Extension Driver Names", 0);
    if (PnpHas(Listing->Options, L"bus"))
        ShowBus(Set, Device);
    if (PnpHas(Listing->Options, L"deviceids") || PnpHas(Listing->Options, L"ids"))
        ShowIds(Set, Device);
    if (PnpHas(Listing->Options, L"relations"))
        ShowRelations(Device);
    PnpShowParts(Listing->Options, Set, Device, 0);
    ConsolePrint(L"\n");
}

int PnpEnumDevices(const PNPUTIL_OPTIONS *Options)
{
    LISTING Listing = {Options, 0, 0};
    const WCHAR *Problem = PnpValue(Options, L"problem");
    WCHAR *End;

    if (Problem != NULL) {
        Listing.Problem = wcstoul(Problem, &End, 0);
        if (*End != 0 || Listing.Problem == 0)
            return PnpFail(L"enumerate devices", ERROR_INVALID_PARAMETER);
    }
    if (PnpVisit(Options, 0, ShowOne, &Listing) < 0)
        return ERROR_INVALID_PARAMETER;
    if (Listing.Shown == 0)
        ConsolePrint(L"No devices were found on the system.\n");
    if (Listing.Shown == 0 && PnpValue(Options, L"instanceid") != NULL)
        return ERROR_NO_SUCH_DEVINST;
    return ERROR_SUCCESS;
}
