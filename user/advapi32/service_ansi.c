/* The A forms of what takes texts: the W forms with texts widened. */
#include "service.h"

/* Length characters of the text and two ends. */
static WCHAR *Widen(LPCSTR Text, int Length, PDWORD Error)
{
    WCHAR *Wide = HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, ((SIZE_T)Length + 2) * sizeof(WCHAR));

    if (Wide == NULL)
        *Error = ERROR_NOT_ENOUGH_MEMORY;
    else if (Length != 0)
        MultiByteToWideChar(CP_ACP, 0, Text, Length, Wide, Length);
    return Wide;
}

WCHAR *ScmWiden(LPCSTR Text, PDWORD Error)
{
    return Text == NULL ? NULL : Widen(Text, lstrlenA(Text), Error);
}

WCHAR *ScmWidenTexts(LPCSTR Texts, PDWORD Error)
{
    LPCSTR End = Texts;

    if (Texts == NULL)
        return NULL;
    while (*End != 0)
        End += lstrlenA(End) + 1;
    return Widen(Texts, (int)(End - Texts), Error);
}

/* Frees texts without a change of the last error. */
static VOID FreeTexts(WCHAR **Texts, SIZE_T Count)
{
    DWORD Error = GetLastError();

    for (SIZE_T i = 0; i < Count; i++)
        HeapFree(ProcessHeap(), 0, Texts[i]);
    SetLastError(Error);
}

SC_HANDLE WINAPI OpenSCManagerA(LPCSTR Machine, LPCSTR Database, DWORD Access)
{
    DWORD Error = ERROR_SUCCESS;
    WCHAR *Texts[] = {ScmWiden(Machine, &Error), ScmWiden(Database, &Error)};
    SC_HANDLE Manager = NULL;

    if (Error == ERROR_SUCCESS)
        Manager = OpenSCManagerW(Texts[0], Texts[1], Access);
    else
        SetLastError(Error);
    FreeTexts(Texts, COUNT_OF(Texts));
    return Manager;
}

SC_HANDLE WINAPI CreateServiceA(SC_HANDLE Manager, LPCSTR Name, LPCSTR DisplayName, DWORD Access,
                                DWORD Type, DWORD StartType, DWORD ErrorControl, LPCSTR Path,
                                LPCSTR Group, LPDWORD Tag, LPCSTR Dependencies, LPCSTR Account,
                                LPCSTR Password)
{
    DWORD Error = ERROR_SUCCESS;
    WCHAR *Texts[] = {
        ScmWiden(Name, &Error),  ScmWiden(DisplayName, &Error),       ScmWiden(Path, &Error),
        ScmWiden(Group, &Error), ScmWidenTexts(Dependencies, &Error), ScmWiden(Account, &Error)};
    SC_HANDLE Service = NULL;

    IGNORE_ARG(Password);
    if (Error == ERROR_SUCCESS)
        Service = CreateServiceW(Manager, Texts[0], Texts[1], Access, Type, StartType, ErrorControl,
                                 Texts[2], Texts[3], Tag, Texts[4], Texts[5], NULL);
    else
        SetLastError(Error);
    FreeTexts(Texts, COUNT_OF(Texts));
    return Service;
}

BOOL WINAPI ChangeServiceConfigA(SC_HANDLE Service, DWORD Type, DWORD StartType, DWORD ErrorControl,
                                 LPCSTR Path, LPCSTR Group, LPDWORD Tag, LPCSTR Dependencies,
                                 LPCSTR Account, LPCSTR Password, LPCSTR DisplayName)
{
    DWORD Error = ERROR_SUCCESS;
    WCHAR *Texts[] = {ScmWiden(Path, &Error), ScmWiden(Group, &Error),
                      ScmWidenTexts(Dependencies, &Error), ScmWiden(Account, &Error),
                      ScmWiden(DisplayName, &Error)};
    BOOL Done;

    IGNORE_ARG(Password);
    if (Error == ERROR_SUCCESS)
        Done = ChangeServiceConfigW(Service, Type, StartType, ErrorControl, Texts[0], Texts[1], Tag,
                                    Texts[2], Texts[3], NULL, Texts[4]);
    else
        Done = ScmFail(Error);
    FreeTexts(Texts, COUNT_OF(Texts));
    return Done;
}

BOOL WINAPI ChangeServiceConfig2A(SC_HANDLE Service, DWORD Level, LPVOID Info)
{
    DWORD Error = ERROR_SUCCESS;
    BOOL HasText = Level == SERVICE_CONFIG_DESCRIPTION && Info != NULL;
    WCHAR *Text = HasText ? ScmWiden(((LPSERVICE_DESCRIPTIONA)Info)->lpDescription, &Error) : NULL;
    SERVICE_DESCRIPTIONW Wide = {Text};
    BOOL Done = Error == ERROR_SUCCESS
                    ? ChangeServiceConfig2W(Service, Level, HasText ? &Wide : Info)
                    : ScmFail(Error);

    FreeTexts(&Text, 1);
    return Done;
}

SC_HANDLE WINAPI OpenServiceA(SC_HANDLE Manager, LPCSTR Name, DWORD Access)
{
    DWORD Error = ERROR_SUCCESS;
    WCHAR *Text = ScmWiden(Name, &Error);
    SC_HANDLE Service = NULL;

    if (Error == ERROR_SUCCESS)
        Service = OpenServiceW(Manager, Text, Access);
    else
        SetLastError(Error);
    FreeTexts(&Text, 1);
    return Service;
}

static BOOL GetName(BOOL(WINAPI *Get)(SC_HANDLE, LPCWSTR, LPWSTR, LPDWORD), SC_HANDLE Manager,
                    LPCSTR Name, LPSTR Buffer, LPDWORD Bytes)
{
    WCHAR Wide[SERVICE_NAME_LIMIT + 1];
    DWORD Units = COUNT_OF(Wide), Error = ERROR_SUCCESS;
    WCHAR *Text = ScmWiden(Name, &Error);
    BOOL Done = Error == ERROR_SUCCESS ? Get(Manager, Text, Wide, &Units) : ScmFail(Error);

    FreeTexts(&Text, 1);
    if (!Done)
        return FALSE;
    Units = (DWORD)WideCharToMultiByte(CP_ACP, 0, Wide, -1, NULL, 0, NULL, NULL);
    Done = Buffer != NULL && *Bytes >= Units;
    if (Done)
        WideCharToMultiByte(CP_ACP, 0, Wide, -1, Buffer, (int)Units, NULL, NULL);
    *Bytes = Units - 1;
    return Done ? TRUE : ScmFail(ERROR_INSUFFICIENT_BUFFER);
}

BOOL WINAPI GetServiceDisplayNameA(SC_HANDLE Manager, LPCSTR Name, LPSTR Buffer, LPDWORD Bytes)
{
    return GetName(GetServiceDisplayNameW, Manager, Name, Buffer, Bytes);
}

BOOL WINAPI GetServiceKeyNameA(SC_HANDLE Manager, LPCSTR DisplayName, LPSTR Buffer, LPDWORD Bytes)
{
    return GetName(GetServiceKeyNameW, Manager, DisplayName, Buffer, Bytes);
}
