/*
 * The store of the boot configuration, which on a running system is the key BCD00000000 of the
 * registry.
 */
#include "bcd.h"

#include <stdio.h>
#include <wchar.h>

#define OBJECTS L"BCD00000000\\Objects"

static void ElementPath(WCHAR Path[160], const WCHAR *Id, DWORD Type)
{
    _snwprintf(Path, 160, OBJECTS L"\\%ls\\Elements\\%08lx", Id, Type);
    Path[159] = 0;
}

DWORD BcdGet(const WCHAR *Id, DWORD Type, void *Data, DWORD Limit, DWORD *Bytes)
{
    WCHAR Path[160];
    DWORD Error;
    HKEY Key;

    ElementPath(Path, Id, Type);
    Error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_QUERY_VALUE, &Key);
    if (Error != ERROR_SUCCESS)
        return Error;
    *Bytes = Limit;
    Error = RegQueryValueExW(Key, L"Element", NULL, NULL, Data, Bytes);
    RegCloseKey(Key);
    return Error;
}

static DWORD RegistryType(DWORD Type)
{
    switch (BcdFormatOf(Type)) {
    case BCD_TEXT:
    case BCD_OBJECT: return REG_SZ;
    case BCD_OBJECTS: return REG_MULTI_SZ;
    default: return REG_BINARY;
    }
}

DWORD BcdSet(const WCHAR *Id, DWORD Type, const void *Data, DWORD Bytes)
{
    WCHAR Path[160];
    DWORD Error;
    HKEY Key;

    ElementPath(Path, Id, Type);
    Error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, Path, 0, NULL, 0, KEY_SET_VALUE, NULL, &Key, NULL);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegSetValueExW(Key, L"Element", 0, RegistryType(Type), Data, Bytes);
    RegCloseKey(Key);
    return Error;
}

DWORD BcdDelete(const WCHAR *Id, DWORD Type)
{
    WCHAR Path[160];

    ElementPath(Path, Id, Type);
    return RegDeleteKeyW(HKEY_LOCAL_MACHINE, Path);
}

DWORD BcdObjectType(const WCHAR *Id)
{
    DWORD Type = 0, Bytes = sizeof(Type);
    WCHAR Path[160];
    HKEY Key;

    _snwprintf(Path, 160, OBJECTS L"\\%ls\\Description", Id);
    Path[159] = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, Path, 0, KEY_QUERY_VALUE, &Key) != ERROR_SUCCESS)
        return 0;
    if (RegQueryValueExW(Key, L"Type", NULL, NULL, (BYTE *)&Type, &Bytes) != ERROR_SUCCESS)
        Type = 0;
    RegCloseKey(Key);
    return Type;
}

DWORD BcdObjectAt(DWORD Index, WCHAR Id[BCD_ID_LENGTH])
{
    DWORD Length = BCD_ID_LENGTH, Error;
    HKEY Key;

    Error = RegOpenKeyExW(HKEY_LOCAL_MACHINE, OBJECTS, 0, KEY_ENUMERATE_SUB_KEYS, &Key);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegEnumKeyExW(Key, Index, Id, &Length, NULL, NULL, NULL, NULL);
    RegCloseKey(Key);
    return Error;
}

BOOL BcdIsSecureBoot(void)
{
    DWORD Enabled = 0, Bytes = sizeof(Enabled);
    HKEY Key;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State",
                      0, KEY_QUERY_VALUE, &Key) !=
        ERROR_SUCCESS)
        return FALSE;
    if (RegQueryValueExW(Key, L"UEFISecureBootEnabled", NULL, NULL, (BYTE *)&Enabled,
                         &Bytes) != ERROR_SUCCESS)
        Enabled = 0;
    RegCloseKey(Key);
    return Enabled != 0;
}
