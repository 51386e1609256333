/*
 * The names of elements and objects, with their documented types. [doc: BCDEdit /set; BCD
 * reference, element types]
 */
#include "bcd.h"

#include <wchar.h>

static const BCD_ELEMENT Elements[] = {
    {L"path", 0x12000002, NULL, FALSE},
    {L"description", 0x12000004, NULL, FALSE},
    {L"locale", 0x12000005, NULL, FALSE},
    {L"inherit", 0x14000006, NULL, FALSE},
    {L"truncatememory", 0x15000007, NULL, FALSE},
    {L"bootdebug", 0x16000010, NULL, TRUE},
    {L"debugtype", 0x15000011, L"Serial 1394 USB Net Local", FALSE},
    {L"debugport", 0x15000013, NULL, FALSE},
    {L"baudrate", 0x15000014, NULL, FALSE},
    {L"channel", 0x15000015, NULL, FALSE},
    {L"targetname", 0x12000016, NULL, FALSE},
    {L"noumex", 0x16000017, NULL, FALSE},
    {L"debugstart", 0x15000018, L"Active AutoEnable Disable", FALSE},
    {L"busparams", 0x12000019, NULL, FALSE},
    {L"hostip", 0x1500001A, NULL, FALSE},
    {L"port", 0x1500001B, NULL, FALSE},
    {L"dhcp", 0x1600001C, NULL, FALSE},
    {L"key", 0x1200001D, NULL, FALSE},
    {L"loadoptions", 0x12000030, NULL, TRUE},
    {L"nointegritychecks", 0x16000048, NULL, TRUE},
    {L"testsigning", 0x16000049, NULL, TRUE},
    {L"systemroot", 0x22000002, NULL, FALSE},
    {L"default", 0x23000003, NULL, FALSE},
    {L"displayorder", 0x24000001, NULL, FALSE},
    {L"timeout", 0x25000004, NULL, FALSE},
    {L"nx", 0x25000020, L"OptIn OptOut AlwaysOff AlwaysOn", FALSE},
    {L"removememory", 0x25000031, NULL, FALSE},
    {L"nocrashautoreboot", 0x26000024, NULL, FALSE},
    {L"lastknowngood", 0x26000025, NULL, FALSE},
    {L"onecpu", 0x26000060, NULL, FALSE},
    {L"numproc", 0x25000061, NULL, FALSE},
    {L"maxproc", 0x26000062, NULL, FALSE},
    {L"maxgroup", 0x26000064, NULL, FALSE},
    {L"groupaware", 0x26000065, NULL, FALSE},
    {L"groupsize", 0x25000066, NULL, FALSE},
    {L"safeboot", 0x25000080, L"Minimal Network DsRepair", FALSE},
    {L"safebootalternateshell", 0x26000081, NULL, FALSE},
    {L"bootlog", 0x26000090, NULL, FALSE},
    {L"sos", 0x26000091, NULL, FALSE},
    {L"debug", 0x260000A0, NULL, TRUE},
    {L"halbreakpoint", 0x260000A1, NULL, FALSE},
    {L"useplatformclock", 0x260000A2, NULL, FALSE},
    {L"forcelegacyplatform", 0x260000A3, NULL, FALSE},
    {L"tscsyncpolicy", 0x250000A6, L"Default Legacy Enhanced", FALSE},
    {L"ems", 0x260000B0, NULL, FALSE},
    {L"bootmenupolicy", 0x250000C2, L"Legacy Standard", FALSE},
    {L"onetimeadvancedoptions", 0x260000C3, NULL, FALSE},
};

/* Objects that every Windows has; the second column is what /enum heads them with. */
static const struct {
    const WCHAR *Name, *Id;
} Objects[] = {
    {L"{bootmgr}", BCD_BOOTMGR},
    {L"{dbgsettings}", BCD_DEBUGGER},
    {L"{emssettings}", L"{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"},
    {L"{bootloadersettings}", L"{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}"},
    {L"{resumeloadersettings}", L"{1afa9c49-16ab-4a5c-901b-212802da9460}"},
    {L"{globalsettings}", L"{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}"},
    {L"{memdiag}", L"{b2721d73-1db4-4c62-bf78-c548a880142d}"},
};

const BCD_ELEMENT *BcdElementAt(DWORD Index)
{
    return Index < sizeof(Elements) / sizeof(Elements[0]) ? &Elements[Index] : NULL;
}

const BCD_ELEMENT *BcdFindElement(const WCHAR *Name)
{
    for (DWORD i = 0; BcdElementAt(i) != NULL; i++)
        if (_wcsicmp(Elements[i].Name, Name) == 0)
            return &Elements[i];
    return NULL;
}

BCD_FORMAT BcdFormatOf(DWORD Type)
{
    return (BCD_FORMAT)(Type >> 24 & 15);
}

/* The entry that is booted: the default one, as there is no menu. */
static DWORD FindCurrent(WCHAR Id[BCD_ID_LENGTH])
{
    DWORD Bytes, Error = BcdGet(BCD_BOOTMGR, 0x23000003, Id, BCD_ID_LENGTH * sizeof(WCHAR), &Bytes);

    Id[BCD_ID_LENGTH - 1] = 0;
    return Error;
}

DWORD BcdFindObject(const WCHAR *Word, WCHAR Id[BCD_ID_LENGTH])
{
    if (_wcsicmp(Word, L"{current}") == 0 || _wcsicmp(Word, L"{default}") == 0)
        return FindCurrent(Id);
    if (wcslen(Word) >= BCD_ID_LENGTH)
        return ERROR_FILE_NOT_FOUND;
    wcscpy(Id, Word);
    for (size_t i = 0; i < sizeof(Objects) / sizeof(Objects[0]); i++)
        if (_wcsicmp(Word, Objects[i].Name) == 0)
            wcscpy(Id, Objects[i].Id);
    return BcdObjectType(Id) != 0 ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND;
}

const WCHAR *BcdShownName(const WCHAR *Id)
{
    WCHAR Current[BCD_ID_LENGTH];

    for (size_t i = 0; i < sizeof(Objects) / sizeof(Objects[0]); i++)
        if (_wcsicmp(Id, Objects[i].Id) == 0)
            return Objects[i].Name;
    return FindCurrent(Current) == ERROR_SUCCESS && _wcsicmp(Id, Current) == 0 ? L"{current}" : Id;
}

const WCHAR *BcdTitleOf(const WCHAR *Id)
{
    static const struct {
        const WCHAR *Id, *Title;
    } Known[] = {{BCD_BOOTMGR, L"Windows Boot Manager"},
                 {BCD_DEBUGGER, L"Debugger Settings"},
                 {L"{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}", L"EMS Settings"},
                 {L"{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}", L"Boot Loader Settings"},
                 {L"{1afa9c49-16ab-4a5c-901b-212802da9460}", L"Resume Loader Settings"},
                 {L"{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}", L"Global Settings"},
                 {L"{b2721d73-1db4-4c62-bf78-c548a880142d}", L"Windows Memory Tester"}};

    for (size_t i = 0; i < sizeof(Known) / sizeof(Known[0]); i++)
        if (_wcsicmp(Id, Known[i].Id) == 0)
            return Known[i].Title;
    return BcdObjectType(Id) == 0x10200003 ? L"Windows Boot Loader" : L"Unknown";
}
