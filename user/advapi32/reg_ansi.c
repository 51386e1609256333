/* The A forms of what takes texts: the W forms with texts widened. Those that give texts are beside
 * their W forms. */
#include "registry.h"

BOOL RegIsText(DWORD Type)
{
    return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ;
}

PVOID RegWidenData(const VOID *Data, PDWORD Bytes)
{
    WCHAR *Wide = RegAllocate(((SIZE_T)*Bytes + 2) * sizeof(WCHAR));
    int Length = 0;

    if (Wide != NULL && *Bytes != 0)
        Length = MultiByteToWideChar(CP_ACP, 0, Data, (int)*Bytes, Wide, (int)*Bytes);
    *Bytes = (DWORD)Length * sizeof(WCHAR);
    return Wide;
}

PVOID RegNarrowData(const VOID *Data, PDWORD Bytes)
{
    int Length = (int)(*Bytes / sizeof(WCHAR)), Needed = 0;
    char *Narrow;

    if (Length != 0)
        Needed = WideCharToMultiByte(CP_ACP, 0, Data, Length, NULL, 0, NULL, NULL);
    Narrow = RegAllocate((SIZE_T)Needed + 2);
    if (Narrow != NULL && Length != 0)
        WideCharToMultiByte(CP_ACP, 0, Data, Length, Narrow, Needed, NULL, NULL);
    *Bytes = (DWORD)Needed;
    return Narrow;
}

WCHAR *RegWiden(LPCSTR Text, LSTATUS *Error)
{
    DWORD Bytes;
    WCHAR *Wide;

    if (Text == NULL)
        return NULL;
    Bytes = (DWORD)lstrlenA(Text);
    Wide = RegWidenData(Text, &Bytes);
    if (Wide == NULL)
        *Error = ERROR_NOT_ENOUGH_MEMORY;
    return Wide;
}

/* A call with one text, or with two, widened as One and Two. */
#define WITH_TEXT(Text1, Call)                                                                     \
    LSTATUS Error = ERROR_SUCCESS;                                                                 \
    WCHAR *One = RegWiden(Text1, &Error);                                                          \
                                                                                                   \
    if (Error == ERROR_SUCCESS)                                                                    \
        Error = Call;                                                                              \
    RegFree(One);                                                                                  \
    return Error
#define WITH_TEXTS(Text1, Text2, Call)                                                             \
    LSTATUS Error = ERROR_SUCCESS;                                                                 \
    WCHAR *One = RegWiden(Text1, &Error);                                                          \
    WCHAR *Two = RegWiden(Text2, &Error);                                                          \
                                                                                                   \
    if (Error == ERROR_SUCCESS)                                                                    \
        Error = Call;                                                                              \
    RegFree(One);                                                                                  \
    RegFree(Two);                                                                                  \
    return Error

LSTATUS WINAPI RegConnectRegistryA(LPCSTR Machine, HKEY Key, PHKEY Result)
{
    WITH_TEXT(Machine, RegConnectRegistryW(One, Key, Result));
}

LSTATUS WINAPI RegOpenKeyExA(HKEY Key, LPCSTR SubKey, DWORD Options, REGSAM Access, PHKEY Result)
{
    WITH_TEXT(SubKey, RegOpenKeyExW(Key, One, Options, Access, Result));
}

LSTATUS WINAPI RegOpenKeyA(HKEY Key, LPCSTR SubKey, PHKEY Result)
{
    WITH_TEXT(SubKey, RegOpenKeyW(Key, One, Result));
}

LSTATUS WINAPI RegCreateKeyExA(HKEY Key, LPCSTR SubKey, DWORD Reserved, LPSTR Class, DWORD Options,
                               REGSAM Access, LPSECURITY_ATTRIBUTES Security, PHKEY Result,
                               LPDWORD Disposition)
{
    WITH_TEXTS(
        SubKey, Class,
        RegCreateKeyExW(Key, One, Reserved, Two, Options, Access, Security, Result, Disposition));
}

LSTATUS WINAPI RegCreateKeyA(HKEY Key, LPCSTR SubKey, PHKEY Result)
{
    WITH_TEXT(SubKey, RegCreateKeyW(Key, One, Result));
}

LSTATUS WINAPI RegDeleteKeyExA(HKEY Key, LPCSTR SubKey, REGSAM View, DWORD Reserved)
{
    WITH_TEXT(SubKey, RegDeleteKeyExW(Key, One, View, Reserved));
}

LSTATUS WINAPI RegDeleteKeyA(HKEY Key, LPCSTR SubKey)
{
    WITH_TEXT(SubKey, RegDeleteKeyW(Key, One));
}

LSTATUS WINAPI RegDeleteValueA(HKEY Key, LPCSTR Name)
{
    WITH_TEXT(Name, RegDeleteValueW(Key, One));
}

LSTATUS WINAPI RegDeleteKeyValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name)
{
    WITH_TEXTS(SubKey, Name, RegDeleteKeyValueW(Key, One, Two));
}

LSTATUS WINAPI RegDeleteTreeA(HKEY Key, LPCSTR SubKey)
{
    WITH_TEXT(SubKey, RegDeleteTreeW(Key, One));
}

LSTATUS WINAPI RegCopyTreeA(HKEY Key, LPCSTR SubKey, HKEY Target)
{
    WITH_TEXT(SubKey, RegCopyTreeW(Key, One, Target));
}

LSTATUS WINAPI RegSetValueA(HKEY Key, LPCSTR SubKey, DWORD Type, LPCSTR Data, DWORD Size)
{
    WITH_TEXTS(SubKey, Data, RegSetValueW(Key, One, Type, Two, Size));
}

LSTATUS WINAPI RegSetKeyValueA(HKEY Key, LPCSTR SubKey, LPCSTR Name, DWORD Type, LPCVOID Data,
                               DWORD Size)
{
    HKEY Opened = Key;
    LSTATUS Error = ERROR_SUCCESS;

    if (SubKey != NULL && *SubKey != 0)
        Error = RegCreateKeyExA(Key, SubKey, 0, NULL, 0, KEY_SET_VALUE, NULL, &Opened, NULL);
    if (Error == ERROR_SUCCESS)
        Error = RegSetValueExA(Opened, Name, 0, Type, Data, Size);
    if (Opened != Key && Opened != NULL)
        RegCloseKey(Opened);
    return Error;
}

LSTATUS WINAPI RegQueryValueA(HKEY Key, LPCSTR SubKey, LPSTR Data, PLONG Size)
{
    HKEY Opened = Key;
    LSTATUS Error = ERROR_SUCCESS;

    if (SubKey != NULL && *SubKey != 0)
        Error = RegOpenKeyExA(Key, SubKey, 0, KEY_QUERY_VALUE, &Opened);
    if (Error != ERROR_SUCCESS)
        return Error;
    Error = RegQueryValueExA(Opened, NULL, NULL, NULL, (LPBYTE)Data, (LPDWORD)Size);
    if (Opened != Key)
        RegCloseKey(Opened);
    if (Error != ERROR_FILE_NOT_FOUND)
        return Error;
    if (Data != NULL && Size != NULL && *Size >= 1) /* a key without a value has an empty one */
        *Data = 0;
    if (Size != NULL)
        *Size = 1;
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegSaveKeyA(HKEY Key, LPCSTR FileName, LPSECURITY_ATTRIBUTES Security)
{
    WITH_TEXT(FileName, RegSaveKeyW(Key, One, Security));
}

LSTATUS WINAPI RegSaveKeyExA(HKEY Key, LPCSTR FileName, LPSECURITY_ATTRIBUTES Security,
                             DWORD Format)
{
    WITH_TEXT(FileName, RegSaveKeyExW(Key, One, Security, Format));
}

LSTATUS WINAPI RegRestoreKeyA(HKEY Key, LPCSTR FileName, DWORD Flags)
{
    WITH_TEXT(FileName, RegRestoreKeyW(Key, One, Flags));
}

LSTATUS WINAPI RegLoadKeyA(HKEY Key, LPCSTR SubKey, LPCSTR FileName)
{
    WITH_TEXTS(SubKey, FileName, RegLoadKeyW(Key, One, Two));
}

LSTATUS WINAPI RegUnLoadKeyA(HKEY Key, LPCSTR SubKey)
{
    WITH_TEXT(SubKey, RegUnLoadKeyW(Key, One));
}
