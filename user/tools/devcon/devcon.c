/*
 * devcon: devices and drivers by command line. Names, arguments, texts and exit codes are those of
 * the Windows Driver Kit's DevCon [doc: Device Console (DevCon.exe) Commands, DevCon Examples]. Not
 * here: other machines (-m:), restarting the machine (reboot; /r is taken, but restarts nothing),
 * setup classes by legacy services.
 */
#include "devcon.h"
#include "console.h"

static const struct {
    const WCHAR *Name;
    DEVCON_COMMAND *Run;
    const char *Text;
} Commands[] = {
    {L"classfilter", DevconClassFilter, "Allows modification of class filters."},
    {L"classes", DevconClasses, "List all device setup classes."},
    {L"disable", DevconDisable, "Disable devices."},
    {L"driverfiles", DevconDriverFiles, "List installed driver files for devices."},
    {L"drivernodes", DevconDriverNodes, "List driver nodes of devices."},
    {L"enable", DevconEnable, "Enable devices."},
    {L"find", DevconFind, "Find devices."},
    {L"findall", DevconFindAll, "Find devices, including those that are not present."},
    {L"hwids", DevconHwids, "List hardware IDs of devices."},
    {L"install", DevconInstall, "Install a device manually."},
    {L"listclass", DevconListClass, "List all devices for a setup class."},
    {L"remove", DevconRemove, "Remove devices."},
    {L"rescan", DevconRescan, "Scan for new hardware."},
    {L"resources", DevconResources, "List hardware resources used by devices."},
    {L"restart", DevconRestart, "Restart devices."},
    {L"sethwid", DevconSetHwid, "Modify hardware IDs of listed root-enumerated devices."},
    {L"stack", DevconStack, "List expected driver stack of devices."},
    {L"status", DevconStatus, "List running status of devices."},
    {L"update", DevconUpdate, "Manually update a device driver."},
    {L"dp_add", DevconAddPackage, "Adds (installs) a third-party (OEM) driver package."},
    {L"dp_delete", DevconDeletePackage, "Deletes a third-party (OEM) driver package."},
    {L"dp_enum", DevconEnumPackages,
     "Lists the third-party (OEM) driver packages installed on this machine."},
};

static int Help(void)
{
    size_t i;

    printf("Device Console Help:\ndevcon.exe <command> [<arg>...]\nFor more information, type: "
           "devcon.exe help <command>\n\n");
    for (i = 0; i < sizeof(Commands) / sizeof(Commands[0]); i++)
        ConsolePrint(L"%-20ls %hs\n", Commands[i].Name, Commands[i].Text);
    printf("%-20s %s\n", "help", "Display Help.");
    return DEVCON_FINE;
}

static int Find(const WCHAR *Name)
{
    int i;

    for (i = 0; i < (int)(sizeof(Commands) / sizeof(Commands[0])); i++)
        if (_wcsicmp(Name, Commands[i].Name) == 0)
            return i;
    return -1;
}

int wmain(int Count, WCHAR **Arguments)
{
    int Command, Exit = DEVCON_USAGE;
    BOOL Reboots =
        Count > 1 && (_wcsicmp(Arguments[1], L"/r") == 0 || _wcsicmp(Arguments[1], L"-r") == 0);

    Count -= Reboots;
    Arguments += Reboots;
    if (Count > 1 && (_wcsicmp(Arguments[1], L"help") == 0 || wcscmp(Arguments[1], L"/?") == 0)) {
        Command = Count > 2 ? Find(Arguments[2]) : -1;
        if (Command < 0)
            return Help();
        ConsolePrint(L"devcon.exe %ls\n%hs\n", Commands[Command].Name, Commands[Command].Text);
        return DEVCON_FINE;
    }
    Command = Count > 1 ? Find(Arguments[1]) : -1;
    if (Command >= 0)
        Exit = Commands[Command].Run(Count - 2, Arguments + 2);
    if (Exit == DEVCON_USAGE)
        printf("devcon.exe Usage: devcon.exe <command> [<arg>...]\nFor more information type: "
               "devcon.exe help\n");
    else if (Exit == DEVCON_FAIL)
        printf("devcon.exe failed.\n");
    else if (Exit == DEVCON_REBOOT && Reboots)
        printf("The machine has to be restarted, which /r does not do here.\n");
    return Exit;
}
