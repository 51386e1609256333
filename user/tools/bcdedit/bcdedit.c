/*
 * bcdedit: the boot configuration's command line. Names, arguments and texts are those of Windows'
 * bcdedit.exe [doc: BCDEdit /set, /enum, /debug, /bootdebug, /dbgsettings, /deletevalue; measured
 * by the texts that documents show]. What it changes holds from the next start. Not here: stores in
 * files, devices, new entries, menus and their order, EMS, the hypervisor.
 */
#include "bcd.h"

#include <stdio.h>
#include <wchar.h>

static const char Help[] =
    "\nBCDEDIT - Boot Configuration Data Store Editor\n\n"
    "The Bcdedit.exe command-line tool modifies the boot configuration data store.\n"
    "The boot configuration data store contains boot configuration parameters and\n"
    "controls how the operating system is booted.\n\n"
    "Commands that operate on entry options\n"
    "======================================\n"
    "/deletevalue    Deletes entry options from the store.\n"
    "/set            Sets entry option values in the store.\n\n"
    "Commands that control output\n"
    "============================\n"
    "/enum           Lists entries in the store.\n\n"
    "Commands that control debugging for a boot application\n"
    "======================================================\n"
    "/bootdebug      Enables or disables boot debugging for a boot application.\n"
    "/dbgsettings    Sets the global debugger parameters.\n"
    "/debug          Enables or disables kernel debugging for an operating system\n"
    "                entry.\n";

static const struct {
    const WCHAR *Name;
    int (*Run)(int Count, WCHAR **Words);
} Commands[] = {
    {L"enum", BcdEnum},   {L"set", BcdSetValue},        {L"deletevalue", BcdDeleteValue},
    {L"debug", BcdDebug}, {L"bootdebug", BcdBootDebug}, {L"dbgsettings", BcdDebuggerSettings},
};

int wmain(int Count, WCHAR **Words)
{
    const WCHAR *Word = Count > 1 ? Words[1] : L"/enum";

    if (Word[0] == '/' || Word[0] == '-')
        for (size_t i = 0; i < sizeof(Commands) / sizeof(Commands[0]); i++)
            if (_wcsicmp(Word + 1, Commands[i].Name) == 0)
                return Commands[i].Run(Count > 2 ? Count - 2 : 0, Words + 2);
    if (wcscmp(Word, L"/?") == 0 || wcscmp(Word, L"-?") == 0) {
        printf("%s", Help);
        return 0;
    }
    return BcdBadSyntax();
}
