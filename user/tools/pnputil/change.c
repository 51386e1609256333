/* /disable-device, /enable-device, /restart-device, /remove-device, /scan-devices. */
#include "pnputil.h"

typedef struct _CHANGE {
    DWORD State;                       /* DICS_*; 0: remove */
    const WCHAR *Doing, *Verb, *Done;  /* Disabling, disable, disabled */
    BOOL Subtree, Reboot;
    DWORD Error;
} CHANGE;

static DWORD Apply(HDEVINFO Set, SP_DEVINFO_DATA *Device, CHANGE *Change)
{
    SP_PROPCHANGE_PARAMS Parameters = {
        {sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, Change->State, DICS_FLAG_GLOBAL, 0};
    SP_DEVINSTALL_PARAMS_W Install = {.cbSize = sizeof(Install)};
    BOOL Fine;

    if (Change->State == 0)
        Fine = SetupDiCallClassInstaller(DIF_REMOVE, Set, Device);
    else
        Fine = SetupDiSetClassInstallParamsW(Set, Device, &Parameters.ClassInstallHeader,
                                             sizeof(Parameters)) &&
               SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, Set, Device);
    if (!Fine)
        return GetLastError();
    if (SetupDiGetDeviceInstallParamsW(Set, Device, &Install) &&
        (Install.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART)))
        return ERROR_SUCCESS_REBOOT_REQUIRED;
    return ERROR_SUCCESS;
}

static DWORD RemoveNode(DEVINST Node, CHANGE *Change)
{
    SP_DEVINFO_DATA Device = {.cbSize = sizeof(Device)};
    HDEVINFO Set = SetupDiCreateDeviceInfoList(NULL, NULL);
    WCHAR Id[MAX_DEVICE_ID_LEN];
    DWORD Error = ERROR_NO_SUCH_DEVINST;

    if (CM_Get_Device_IDW(Node, Id, MAX_DEVICE_ID_LEN, 0) == CR_SUCCESS &&
        SetupDiOpenDeviceInfoW(Set, Id, NULL, 0, &Device)) {
        Error = Apply(Set, &Device, Change);
        ConsolePrint(L"    %ls\n", Id);
    }
    SetupDiDestroyDeviceInfoList(Set);
    return Error;
}

/* What is below a node goes before it. */
static DWORD RemoveBelow(DEVINST Node, CHANGE *Change)
{
    DWORD Error = ERROR_SUCCESS;
    DEVINST Child, Next;

    if (CM_Get_Child(&Child, Node, 0) != CR_SUCCESS)
        return ERROR_SUCCESS;
    for (; Child != 0 && Error == ERROR_SUCCESS; Child = Next) {
        if (CM_Get_Sibling(&Next, Child, 0) != CR_SUCCESS)
            Next = 0;
        Error = RemoveBelow(Child, Change);
        if (Error == ERROR_SUCCESS)
            Error = RemoveNode(Child, Change);
    }
    return Error;
}

static int FailOf(const CHANGE *Change, DWORD Error)
{
    WCHAR What[64];

    _snwprintf(What, 63, L"%ls device", Change->Verb);
    What[63] = 0;
    return PnpFail(What, Error);
}

static void ChangeOne(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context)
{
    CHANGE *Change = Context;
    DWORD Error = ERROR_SUCCESS;

    PnpShow(24, Change->Doing, L"%ls", Id);
    if (Change->Subtree)
        Error = RemoveBelow(Device->DevInst, Change);
    if (Error == ERROR_SUCCESS)
        Error = Apply(Set, Device, Change);
    if (Error == ERROR_SUCCESS) {
        ConsolePrint(L"Device %ls successfully.\n\n", Change->Done);
    } else if (Error == ERROR_SUCCESS_REBOOT_REQUIRED) {
        Change->Reboot = TRUE;
        ConsolePrint(L"Device is pending system reboot to complete the operation.\n\n");
    } else {
        Change->Error = (DWORD)FailOf(Change, Error);
        ConsolePrint(L"\n");
    }
}

static BOOL HasFilter(const PNPUTIL_OPTIONS *Options)
{
    return Options->Arguments != 0 || PnpHas(Options, L"deviceid") || PnpHas(Options, L"class") ||
           PnpHas(Options, L"bus");
}

/* A device that is not there can be removed: it has keys. */
static int ChangeAll(const PNPUTIL_OPTIONS *Options, CHANGE *Change)
{
    int Found;

    if (!HasFilter(Options)) { /* not all devices of the machine */
        ConsolePrint(L"Missing argument.\n");
        return ERROR_INVALID_PARAMETER;
    }
    Found = PnpVisit(Options, Change->State == 0 && Options->Arguments != 0 ? 0 : DIGCF_PRESENT,
                     ChangeOne, Change);
    if (Found < 0)
        return ERROR_INVALID_PARAMETER;
    if (Found == 0) {
        if (Options->Arguments != 0)
            PnpShow(24, Change->Doing, L"%ls", Options->Argument[0]);
        return FailOf(Change, ERROR_NO_SUCH_DEVINST);
    }
    if (Change->Error != ERROR_SUCCESS)
        return (int)Change->Error;
    if (!Change->Reboot)
        return ERROR_SUCCESS;
    ConsolePrint(L"System reboot is needed to complete configuration operations!\n");
    return ERROR_SUCCESS_REBOOT_REQUIRED;
}

int PnpDisable(const PNPUTIL_OPTIONS *Options)
{
    CHANGE Change = {DICS_DISABLE, L"Disabling device", L"disable", L"disabled", FALSE, FALSE, 0};

    return ChangeAll(Options, &Change);
}

int PnpEnable(const PNPUTIL_OPTIONS *Options)
{
    CHANGE Change = {DICS_ENABLE, L"Enabling device", L"enable", L"enabled", FALSE, FALSE, 0};

    return ChangeAll(Options, &Change);
}

int PnpRestart(const PNPUTIL_OPTIONS *Options)
{
    CHANGE Change = {
        DICS_PROPCHANGE, L"Restarting device", L"restart", L"restarted", FALSE, FALSE, 0};

    return ChangeAll(Options, &Change);
}

int PnpRemove(const PNPUTIL_OPTIONS *Options)
{
    CHANGE Change = {
        0, L"Removing device", L"remove", L"removed", PnpHas(Options, L"subtree"), FALSE, 0};

    return ChangeAll(Options, &Change);
}

int PnpScan(const PNPUTIL_OPTIONS *Options)
{
    const WCHAR *Id = PnpValue(Options, L"instanceid");
    DEVINST Node;
    CONFIGRET Result = CM_Locate_DevNodeW(&Node, (WCHAR *)Id, CM_LOCATE_DEVNODE_NORMAL);

    ConsolePrint(L"Scanning for device hardware changes.\n");
    if (Result != CR_SUCCESS)
        return PnpFail(L"scan for device hardware changes", ERROR_NO_SUCH_DEVINST);
    Result = CM_Reenumerate_DevNode(Node, PnpHas(Options, L"async") ? CM_REENUMERATE_ASYNCHRONOUS
                                                                    : CM_REENUMERATE_SYNCHRONOUS);
    if (Result != CR_SUCCESS)
        return PnpFail(L"scan for device hardware changes",
                       CM_MapCrToWin32Err(Result, ERROR_GEN_FAILURE));
    ConsolePrint(L"Scan complete.\n");
    return ERROR_SUCCESS;
}
