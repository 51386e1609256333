/*
 * pnputil: driver packages and devices by command line. Commands, options, the shape of lines and
 * exit codes are those of Windows [doc: PnPUtil Command Syntax, PnPUtil Return Values]; where a
 * text is not documented it is a guess. Not here, refused by name: /enum-containers, /properties,
 * /resources, /format, /output-file; /reboot never restarts the machine: 3010 says that it is
 * needed. Signer names are not shown.
 */
#include "pnputil.h"

#include <stdarg.h>

typedef struct _COMMAND {
    const WCHAR *Name;
    PNPUTIL_COMMAND *Run;
    int Least, Most;      /* arguments */
    const WCHAR *Options; /* between blanks; name= takes a value, name? may */
    const char *Usage;
} COMMAND;

#define DEVICES L" deviceid= class= bus= reboot "
static const COMMAND Commands[] = {
    {L"add-driver", PnpAddDriver, 1, 1, L" subdirs install reboot ",
     "/add-driver <filename.inf | *.inf> [/subdirs] [/install] [/reboot]"},
    {L"delete-driver", PnpDeleteDriver, 1, 1, L" uninstall force reboot ",
     "/delete-driver <oem#.inf> [/uninstall] [/force] [/reboot]"},
    {L"export-driver", PnpExportDriver, 2, 2, L" ",
     "/export-driver <oem#.inf | *> <target directory>"},
    {L"enum-drivers", PnpEnumDrivers, 0, 0, L" class= files ",
     "/enum-drivers [/class <name | GUID>] [/files]"},
    {L"disable-device", PnpDisable, 0, 1, DEVICES L"force ",
     "/disable-device [<instance ID> | /deviceid <device ID>] [/class <name | GUID>]\n"
     "                  [/bus <name | GUID>] [/reboot] [/force]"},
    {L"enable-device", PnpEnable, 0, 1, DEVICES,
     "/enable-device [<instance ID> | /deviceid <device ID>] [/class <name | GUID>]\n              "
     "    [/bus <name | GUID>] [/reboot]"},
    {L"restart-device", PnpRestart, 0, 1, DEVICES,
     "/restart-device [<instance ID> | /deviceid <device ID>] [/class <name | GUID>]\n             "
     "     [/bus <name | GUID>] [/reboot]"},
    {L"remove-device", PnpRemove, 0, 1, DEVICES L"subtree force ",
     "/remove-device [<instance ID> | /deviceid <device ID>] [/class <name | GUID>]\n"
     "                  [/bus <name | GUID>] [/subtree] [/reboot] [/force]"},
    {L"scan-devices", PnpScan, 0, 0, L" instanceid= async ",
     "/scan-devices [/instanceid <instance ID>] [/async]"},
    {L"enum-devices", PnpEnumDevices, 0, 0,
     L" connected disconnected instanceid= deviceid= class= problem? bus? deviceids ids relations "
     L"services stack drivers interfaces ",
     "/enum-devices [/connected | /disconnected] [/instanceid <instance ID> |\n"
     "                  /deviceid <device ID>] [/class <name | GUID>] [/problem [<code>]]\n"
     "                  [/bus [<name | GUID>]] [/deviceids] [/relations] [/services]\n"
     "                  [/stack] [/drivers] [/interfaces]"},
    {L"enum-devicetree", PnpEnumTree, 0, 1, L" connected services stack drivers interfaces ",
     "/enum-devicetree [root device instance ID] [/connected] [/services]\n                  "
     "[/stack] [/drivers] [/interfaces]"},
    {L"enum-interfaces", PnpEnumInterfaces, 0, 0, L" enabled disabled class= ",
     "/enum-interfaces [/enabled | /disabled] [/class <GUID>]"},
    {L"enum-classes", PnpEnumClasses, 0, 0, L" class= services ",
     "/enum-classes [/class <name | GUID>] [/services]"},
};
#define COMMANDS (sizeof(Commands) / sizeof(Commands[0]))

static const WCHAR *const Refused[] = {L"enum-containers", L"properties", L"resources", L"format",
                                       L"output-file"};

/* ---- text ---- */

void PnpShow(int Width, const WCHAR *Label, const WCHAR *Format, ...)
{
    WCHAR Text[PNPUTIL_TEXT], Start[64];
    va_list Arguments;

    va_start(Arguments, Format);
    _vsnwprintf(Text, PNPUTIL_TEXT - 1, Format, Arguments);
    va_end(Arguments);
    Text[PNPUTIL_TEXT - 1] = 0;
    _snwprintf(Start, 63, L"%ls%ls", Label, Label[0] != 0 ? L":" : L"");
    Start[63] = 0;
    ConsolePrint(L"%-*ls%ls\n", Width, Start, Text);
}

/* Texts of setup's own errors, which FormatMessage has not. */
static const WCHAR *SetupText(DWORD Error)
{
    switch (Error) {
    case ERROR_INF_IN_USE_BY_DEVICES:
        return L"One or more devices are presently installed using the specified INF.";
    case ERROR_NOT_AN_INSTALLED_OEM_INF:
        return L"The specified file is not an installed OEM INF.";
    case ERROR_NO_SUCH_DEVINST:
        return L"The device instance does not exist in the hardware tree.";
    case ERROR_WRONG_INF_STYLE:
        return L"The style of the INF is different than what was requested.";
    case ERROR_GENERAL_SYNTAX:
        return L"A syntax error was encountered in the INF.";
    case ERROR_BAD_SECTION_NAME_LINE:
        return L"A section name marker in the INF is not complete, or does not exist on a line by "
               L"itself.";
    case ERROR_SECTION_NOT_FOUND:
        return L"The required section was not found in the INF.";
    case ERROR_INVALID_CLASS:
        return L"The device setup class of the INF is not valid.";
    default:
        return NULL;
    }
}

int PnpFail(const WCHAR *What, DWORD Error)
{
    WCHAR Text[512];
    const WCHAR *Known = SetupText(Error);

    if (Known == NULL && FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
                                        NULL, Error, 0, Text, 512, NULL) != 0)
        Known = Text;
    if (Known != NULL)
        ConsolePrint(L"Failed to %ls: %.*ls\n", What, (int)wcscspn(Known, L"\r\n"), Known);
    else
        ConsolePrint(L"Failed to %ls: error 0x%08lX\n", What, Error);
    return (int)Error;
}

/* Count hexadecimal digits. */
static BOOL TakeHex(const WCHAR **At, int Count, unsigned *Value)
{
    for (*Value = 0; Count != 0; Count--, ++*At) {
        if (**At >= L'0' && **At <= L'9')
            *Value = *Value * 16 + (unsigned)(**At - L'0');
        else if ((**At | 0x20) >= L'a' && (**At | 0x20) <= L'f')
            *Value = *Value * 16 + (unsigned)((**At | 0x20) - L'a' + 10);
        else
            return FALSE;
    }
    return TRUE;
}

BOOL PnpParseGuid(const WCHAR *Text, GUID *Guid)
{
    static const struct {
        WCHAR Before;
        int Digits;
    } Form[] = {{L'{', 8}, {L'-', 4}, {L'-', 4}, {L'-', 2}, {0, 2}, {L'-', 2},
                {0, 2},    {0, 2},    {0, 2},    {0, 2},    {0, 2}};
    unsigned Part[11];

    for (int i = 0; i < 11; i++) {
        if (Form[i].Before != 0 && *Text++ != Form[i].Before)
            return FALSE;
        if (!TakeHex(&Text, Form[i].Digits, &Part[i]))
            return FALSE;
    }
    Guid->Data1 = Part[0];
    Guid->Data2 = (WORD)Part[1];
    Guid->Data3 = (WORD)Part[2];
    for (int i = 0; i < 8; i++)
        Guid->Data4[i] = (BYTE)Part[3 + i];
    return wcscmp(Text, L"}") == 0;
}

void PnpPrintGuid(const GUID *Guid, WCHAR *Text)
{
    _snwprintf(Text, 39, L"{%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", Guid->Data1,
               Guid->Data2, Guid->Data3, Guid->Data4[0], Guid->Data4[1], Guid->Data4[2],
               Guid->Data4[3], Guid->Data4[4], Guid->Data4[5], Guid->Data4[6], Guid->Data4[7]);
}

/* ---- options ---- */

BOOL PnpHas(const PNPUTIL_OPTIONS *Options, const WCHAR *Name)
{
    for (int i = 0; i < Options->Count; i++)
        if (_wcsicmp(Options->Name[i], Name) == 0)
            return TRUE;
    return FALSE;
}

const WCHAR *PnpValue(const PNPUTIL_OPTIONS *Options, const WCHAR *Name)
{
    for (int i = 0; i < Options->Count; i++)
        if (_wcsicmp(Options->Name[i], Name) == 0)
            return Options->Value[i];
    return NULL;
}

static int Usage(void)
{
    ConsolePrint(
        L"PNPUTIL [/add-driver <...> | /delete-driver <...> | /export-driver <...> | /enum-drivers "
        L"|\n"
        L"         /enum-devices [<...>] | /enum-devicetree [<...>] | /disable-device <...> |\n"
        L"         /enable-device <...> | /restart-device <...> | /remove-device <...> |\n"
        L"         /scan-devices [<...>] | /enum-classes [<...>] | /enum-interfaces [<...>] | "
        L"/?]\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        ConsolePrint(L"  %hs\n", Commands[i].Usage);
    ConsolePrint(L"\nLegacy: -a [-i] <filename.inf>  -d [-f] <oem#.inf>  -e\n");
    return ERROR_INVALID_PARAMETER;
}

static const COMMAND *FindCommand(const WCHAR *Name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (_wcsicmp(Commands[i].Name, Name) == 0)
            return &Commands[i];
    return NULL;
}

/* What follows the option's name in the list of a command: 0 when it is not there; a blank, = or ?.
 */
static WCHAR KindOf(const COMMAND *Command, const WCHAR *Name)
{
    size_t Length = wcslen(Name);

    for (const WCHAR *At = wcschr(Command->Options, L' '); At != NULL && At[1] != 0;
         At = wcschr(At + 1, L' '))
        if (_wcsnicmp(At + 1, Name, Length) == 0 && wcschr(L" =?", At[1 + Length]) != NULL)
            return At[1 + Length];
    return 0;
}

static BOOL IsOption(const WCHAR *Word)
{
    return (Word[0] == L'/' || Word[0] == L'-') && Word[1] != 0;
}

/* Says why a word is wrong; FALSE. */
static BOOL Refuse(const WCHAR *Word)
{
    for (size_t i = 0; i < sizeof(Refused) / sizeof(Refused[0]); i++)
        if (IsOption(Word) && _wcsicmp(Word + 1, Refused[i]) == 0) {
            ConsolePrint(L"%ls is not supported here.\n", Word);
            return FALSE;
        }
    ConsolePrint(L"Invalid option '%ls'.\n", Word);
    return FALSE;
}

static BOOL TakeOptions(const COMMAND *Command, int Count, WCHAR **Words, PNPUTIL_OPTIONS *Options)
{
    for (int i = 0; i < Count; i++) {
        BOOL HasNext = i + 1 < Count && !IsOption(Words[i + 1]);
        WCHAR Kind;

        if (!IsOption(Words[i])) {
            if (Options->Arguments == Command->Most)
                return Refuse(Words[i]);
            Options->Argument[Options->Arguments++] = Words[i];
            continue;
        }
        Kind = KindOf(Command, Words[i] + 1);
        if (Kind == 0 || Options->Count == PNPUTIL_LIST)
            return Refuse(Words[i]);
        if (Kind == L'=' && !HasNext) {
            ConsolePrint(L"Missing value of option '%ls'.\n", Words[i]);
            return FALSE;
        }
        Options->Name[Options->Count] = Words[i] + 1;
        Options->Value[Options->Count++] = Kind != L' ' && HasNext ? Words[++i] : NULL;
    }
    if (Options->Arguments >= Command->Least)
        return TRUE;
    ConsolePrint(L"Missing argument.\n\n  %hs\n", Command->Usage);
    return FALSE;
}

/* -a [-i] x.inf, -d [-f] oem0.inf, -e */
static const COMMAND *TakeLegacy(int Count, WCHAR **Words, PNPUTIL_OPTIONS *Options)
{
    static const struct {
        const WCHAR *Letter, *Option, *Means, *Name;
    } Legacy[] = {{L"a", L"i", L"install", L"add-driver"},
                  {L"d", L"f", L"force", L"delete-driver"},
                  {L"e", L"", L"", L"enum-drivers"}};
    int Kind = -1, i, j;

    for (i = 0; i < Count; i++)
        for (j = 0; j < 3 && IsOption(Words[i]); j++)
            if (_wcsicmp(Words[i] + 1, Legacy[j].Letter) == 0)
                Kind = j;
    for (i = 0; i < Count && Kind >= 0; i++) {
        if (!IsOption(Words[i]) && Options->Arguments < 1 && Kind != 2) {
            Options->Argument[Options->Arguments++] = Words[i];
        } else if (IsOption(Words[i]) && Options->Count == 0 &&
                   _wcsicmp(Words[i] + 1, Legacy[Kind].Option) == 0) {
            Options->Name[0] = Legacy[Kind].Means;
            Options->Count = 1;
        } else if (!IsOption(Words[i]) || _wcsicmp(Words[i] + 1, Legacy[Kind].Letter) != 0) {
            return NULL;
        }
    }
    if (Kind < 0 || Options->Arguments != (Kind == 2 ? 0 : 1))
        return NULL;
    return FindCommand(Legacy[Kind].Name);
}

int wmain(int Count, WCHAR **Words)
{
    PNPUTIL_OPTIONS Options = {0};
    const COMMAND *Command;

    ConsolePrint(L"Microsoft PnP Utility\n\n");
    if (Count < 2)
        return Usage();
    if (wcscmp(Words[1] + (Words[1][0] != 0), L"?") == 0) {
        Usage();
        return ERROR_SUCCESS;
    }
    if (IsOption(Words[1]) && wcslen(Words[1]) == 2) {
        Command = TakeLegacy(Count - 1, Words + 1, &Options);
        return Command != NULL ? Command->Run(&Options) : Usage();
    }
    Command = IsOption(Words[1]) ? FindCommand(Words[1] + 1) : NULL;
    if (Command == NULL) {
        Refuse(Words[1]);
        return ERROR_INVALID_PARAMETER;
    }
    return TakeOptions(Command, Count - 2, Words + 2, &Options) ? Command->Run(&Options)
                                                                : ERROR_INVALID_PARAMETER;
}
