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

    return SetupDiGetDeviceInstallParamsW(Set, Device, &Parameters) &&
           (Parameters.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART));
}

static BOOL Apply(HDEVINFO Set, SP_DEVINFO_DATA *Device, const CHANGE *Change)
{
    SP_PROPCHANGE_PARAMS Parameters = {
        {sizeof(SP_CLASSINSTALL_HEADER), DIF_PROPERTYCHANGE}, Change->State, DICS_FLAG_GLOBAL, 0};

    if (Change->State == 0)
        return SetupDiCallClassInstaller(DIF_REMOVE, Set, Device);
    return SetupDiSetClassInstallParamsW(Set, Device, &Parameters.ClassInstallHeader,
                                         sizeof(Parameters)) &&
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
static int ChangeAll(int Count, WCHAR **Arguments, DWORD Flags, CHANGE *Change, const char *Changed,
                     const char *Will, const char *None)
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

    return ChangeAll(
        Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) are enabled.\n",
        "The %d device(s) are ready to be enabled. To enable the devices, restart the devices or\n"
        "reboot the system .\n",
        "No matching devices found.");
}

int DevconDisable(int Count, WCHAR **Arguments)
{
    CHANGE Change = {DICS_DISABLE, L"Disabled", L"Disabled on reboot", L"Disable failed", 0, 0, 0};

    return ChangeAll(Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) disabled.\n",
                     "The %d device(s) are ready to be disabled. To disable the devices, restart "
                     "the devices or\n"
                     "reboot the system .\n",
                     "No matching devices found.");
}

int DevconRestart(int Count, WCHAR **Arguments)
{
    CHANGE Change = {DICS_PROPCHANGE, L"Restarted", L"Requires reboot", L"Restart failed", 0, 0, 0};

    return ChangeAll(
        Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) restarted.\n",
        "The %d device(s) are ready to be restarted. To restart the devices, reboot the system.\n",
        "No matching devices found.");
}

int DevconRemove(int Count, WCHAR **Arguments)
{
    CHANGE Change = {0, L"Removed", L"Removed on reboot", L"Remove failed", 0, 0, 0};

    return ChangeAll(
        Count, Arguments, DIGCF_PRESENT, &Change, "%d device(s) were removed.\n",
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
    if (CM_Locate_DevNodeW(&Root, NULL, CM_LOCATE_DEVNODE_NORMAL) != CR_SUCCESS ||
        CM_Reenumerate_DevNode(Root, 0) != CR_SUCCESS)
        return DEVCON_FAIL;
    printf("Scanning completed.\n");
    return DEVCON_FINE;
}
