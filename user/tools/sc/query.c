/* sc query, queryex, qc, qdescription, EnumDepend, GetDisplayName, GetKeyName. */
#include "sc.h"
#include "console.h"

#include <stdlib.h>

/* ---- one service ---- */

static int QueryOne(const WCHAR *Name, BOOL Extended)
{
    static const char Routine[] = "EnumQueryServicesStatus:OpenService";
    SC_HANDLE Manager = ScOpenManager(SC_MANAGER_CONNECT), Service;
    SERVICE_STATUS_PROCESS Status;
    DWORD Needed, Error;

    if (Manager == NULL)
        return (int)GetLastError();
    Service = OpenServiceW(Manager, Name, SERVICE_QUERY_STATUS);
    Error = GetLastError();
    CloseServiceHandle(Manager);
    if (Service == NULL)
        return ScFail(Routine, Error);
    Error = 0;
    if (QueryServiceStatusEx(Service, SC_STATUS_PROCESS_INFO, (BYTE *)&Status, sizeof(Status),
                             &Needed))
        ScPrintStatus(Name, NULL, &Status, Extended);
    else
        Error = (DWORD)ScFail("QueryServiceStatusEx", GetLastError());
    CloseServiceHandle(Service);
    return (int)Error;
}

/* ---- all of a kind ---- */

typedef struct SC_FILTER {
    DWORD Type, State, Bytes, Resume;
    const WCHAR *Group; /* NULL: any; "": in none */
} SC_FILTER;

static BOOL TakeFilter(SC_FILTER *Filter, const WCHAR *Name, const WCHAR *Value)
{
    static const struct {
        const WCHAR *Word;
        DWORD Type;
    } Types[] = {{L"driver", SERVICE_DRIVER},
                 {L"service", SERVICE_WIN32},
                 {L"all", SERVICE_DRIVER | SERVICE_WIN32},
                 {L"kernel", SERVICE_KERNEL_DRIVER},
                 {L"filesys", SERVICE_FILE_SYSTEM_DRIVER},
                 {L"own", SERVICE_WIN32_OWN_PROCESS},
                 {L"share", SERVICE_WIN32_SHARE_PROCESS}};

    if (_wcsnicmp(Name, L"type=", 5) == 0) {
        for (size_t i = 0; i < sizeof(Types) / sizeof(Types[0]); i++)
            if (_wcsicmp(Value, Types[i].Word) == 0) {
                Filter->Type = Types[i].Type;
                return TRUE;
            }
        return FALSE;
    }
    if (_wcsnicmp(Name, L"state=", 6) == 0) {
        Filter->State = _wcsicmp(Value, L"inactive") == 0 ? SERVICE_INACTIVE
                        : _wcsicmp(Value, L"all") == 0    ? SERVICE_STATE_ALL
                        : _wcsicmp(Value, L"active") == 0 ? SERVICE_ACTIVE
                                                          : 0;
        return Filter->State != 0;
    }
    if (_wcsnicmp(Name, L"bufsize=", 8) == 0)
        return (Filter->Bytes = wcstoul(Value, NULL, 0)) != 0;
    if (_wcsnicmp(Name, L"ri=", 3) == 0) {
        Filter->Resume = wcstoul(Value, NULL, 0);
        return TRUE;
    }
    if (_wcsnicmp(Name, L"group=", 6) != 0)
        return FALSE;
    Filter->Group = Value;
    return TRUE;
}

static BOOL ReadFilter(SC_FILTER *Filter, int Count, WCHAR **Words)
{
    for (int i = 0; i < Count; i++) {
        const WCHAR *Equals = wcschr(Words[i], '='), *Name = Words[i], *Value;

        if (Equals == NULL)
            return FALSE;
        Value = Equals[1] != 0 ? Equals + 1 : i + 1 < Count ? Words[++i] : NULL;
        if (Value == NULL || !TakeFilter(Filter, Name, Value))
            return FALSE;
    }
    return TRUE;
}

static int QueryAll(const SC_FILTER *Filter, BOOL Extended)
{
    SC_HANDLE Manager = ScOpenManager(SC_MANAGER_ENUMERATE_SERVICE);
    ENUM_SERVICE_STATUS_PROCESSW *Services = malloc(Filter->Bytes);
    DWORD Needed = 0, Count = 0, Resume = Filter->Resume, Error = ERROR_NOT_ENOUGH_MEMORY;

    if (Manager == NULL || Services == NULL) {
        free(Services);
        return Manager == NULL ? (int)GetLastError() : (int)Error;
    }
    Error = EnumServicesStatusExW(Manager, SC_ENUM_PROCESS_INFO, Filter->Type, Filter->State,
                                  (BYTE *)Services, Filter->Bytes, &Needed, &Count, &Resume,
                                  Filter->Group)
                ? 0
                : GetLastError();
    CloseServiceHandle(Manager);
    if (Error != 0 && Error != ERROR_MORE_DATA) {
        free(Services);
        return ScFail("EnumServicesStatusEx", Error);
    }
    for (DWORD i = 0; i < Count; i++)
        ScPrintStatus(Services[i].lpServiceName, Services[i].lpDisplayName,
                      &Services[i].ServiceStatusProcess, Extended);
    if (Error == ERROR_MORE_DATA)
        printf("\nEnum: more data, need %lu bytes start resume at index %lu\n", Needed, Resume);
    free(Services);
    return (int)Error;
}

static int Query(int Count, WCHAR **Words, BOOL Extended)
{
    SC_FILTER Filter = {SERVICE_WIN32, SERVICE_ACTIVE, 262144, 0, NULL};

    if (Count == 1 && wcschr(Words[0], '=') == NULL)
        return QueryOne(Words[0], Extended);
    if (ReadFilter(&Filter, Count, Words))
        return QueryAll(&Filter, Extended);
    return ScUsage("DESCRIPTION:\n"
                   "        Queries and enumerates the status of services.\n"
                   "USAGE:\n"
                   "        sc <server> query [service name] <option1> <option2>...\n\n"
                   "        type=    Type of services to enumerate (driver, service, all)\n"
                   "                 (default = service)\n"
                   "        state=   State of services to enumerate (inactive, all)\n"
                   "                 (default = active)\n"
                   "        bufsize= The size (in bytes) of the enumeration buffer\n"
                   "        ri=      The resume index number at which to begin the enumeration\n"
                   "                 (default = 0)\n"
                   "        group=   Service group to enumerate\n"
                   "                 (default = all groups)\n\n");
}

int ScQuery(int Count, WCHAR **Words)
{
    return Query(Count, Words, FALSE);
}

int ScQueryEx(int Count, WCHAR **Words)
{
    return Query(Count, Words, TRUE);
}

/* ---- configuration ---- */

static void PrintDependencies(const WCHAR *Names)
{
    ConsolePrint(L"        DEPENDENCIES       : %ls\n", Names != NULL ? Names : L"");
    if (Names == NULL || *Names == 0)
        return;
    for (Names += wcslen(Names) + 1; *Names != 0; Names += wcslen(Names) + 1)
        ConsolePrint(L"                           : %ls\n", Names);
}

int ScQueryConfig(int Count, WCHAR **Words)
{
    union {
        QUERY_SERVICE_CONFIGW Config;
        BYTE Bytes[SC_TEXT_BYTES];
    } Buffer;
    const QUERY_SERVICE_CONFIGW *Config = &Buffer.Config;
    SC_HANDLE Service;
    DWORD Needed;
    int Error;

    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Queries the configuration information for a service.\n"
                       "USAGE:\n"
                       "        sc <server> qc [service name] <bufferSize>\n\n");
    Service = ScOpenService(Words[0], SERVICE_QUERY_CONFIG, &Error);
    if (Service == NULL)
        return Error;
    Error = 0;
    if (!QueryServiceConfigW(Service, &Buffer.Config, sizeof(Buffer), &Needed))
        Error = ScFail("QueryServiceConfig", GetLastError());
    CloseServiceHandle(Service);
    if (Error != 0)
        return Error;
    ConsolePrint(L"[SC] QueryServiceConfig SUCCESS\n\nSERVICE_NAME: %ls\n", Words[0]);
    printf("        TYPE               : %lx  %s\n", Config->dwServiceType,
           ScTypeName(Config->dwServiceType));
    printf("        START_TYPE         : %lx   %s\n", Config->dwStartType,
           ScStartName(Config->dwStartType));
    printf("        ERROR_CONTROL      : %lx   %s\n", Config->dwErrorControl,
           ScErrorControlName(Config->dwErrorControl));
    ConsolePrint(L"        BINARY_PATH_NAME   : %ls\n", Config->lpBinaryPathName);
    ConsolePrint(L"        LOAD_ORDER_GROUP   : %ls\n", Config->lpLoadOrderGroup);
    printf("        TAG                : %lu\n", Config->dwTagId);
    ConsolePrint(L"        DISPLAY_NAME       : %ls\n", Config->lpDisplayName);
    PrintDependencies(Config->lpDependencies);
    ConsolePrint(L"        SERVICE_START_NAME : %ls\n", Config->lpServiceStartName);
    return 0;
}

int ScQueryDescription(int Count, WCHAR **Words)
{
    union {
        SERVICE_DESCRIPTIONW Description;
        BYTE Bytes[SC_TEXT_BYTES];
    } Buffer;
    SC_HANDLE Service;
    DWORD Needed;
    int Error;

    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Retrieves the description string of a service.\n"
                       "USAGE:\n"
                       "        sc <server> qdescription [service name] <bufferSize>\n\n");
    Service = ScOpenService(Words[0], SERVICE_QUERY_CONFIG, &Error);
    if (Service == NULL)
        return Error;
    Error = 0;
    if (!QueryServiceConfig2W(Service, SERVICE_CONFIG_DESCRIPTION, Buffer.Bytes, sizeof(Buffer),
                              &Needed))
        Error = ScFail("QueryServiceConfig2", GetLastError());
    else
        ConsolePrint(
            L"[SC] QueryServiceConfig2 SUCCESS\n\nSERVICE_NAME: %ls\nDESCRIPTION:  %ls\n", Words[0],
            Buffer.Description.lpDescription != NULL ? Buffer.Description.lpDescription : L"");
    CloseServiceHandle(Service);
    return Error;
}

int ScDependents(int Count, WCHAR **Words)
{
    union {
        ENUM_SERVICE_STATUSW Services[1];
        BYTE Bytes[65536];
    } *Buffer = malloc(sizeof(*Buffer));
    SC_HANDLE Service;
    DWORD Needed, Found = 0;
    int Error = ERROR_NOT_ENOUGH_MEMORY;

    if (Count < 1) {
        free(Buffer);
        return ScUsage("DESCRIPTION:\n"
                       "        Enumerates the Services that are dependent on this one\n"
                       "USAGE:\n"
                       "        sc <server> EnumDepend [service name] <bufsize>\n\n");
    }
    Service = Buffer != NULL ? ScOpenService(Words[0], SERVICE_ENUMERATE_DEPENDENTS, &Error) : NULL;
    if (Service == NULL) {
        free(Buffer);
        return Error;
    }
    Error = 0;
    if (!EnumDependentServicesW(Service, SERVICE_STATE_ALL, Buffer->Services, sizeof(*Buffer),
                                &Needed, &Found))
        Error = ScFail("EnumDependentServices", GetLastError());
    else
        printf("[SC] EnumDependentServices: entries read = %lu\n", Found);
    for (DWORD i = 0; i < Found && Error == 0; i++) {
        SERVICE_STATUS_PROCESS Shown = {0};

        memcpy(&Shown, &Buffer->Services[i].ServiceStatus, sizeof(SERVICE_STATUS));
        ScPrintStatus(Buffer->Services[i].lpServiceName, Buffer->Services[i].lpDisplayName, &Shown,
                      FALSE);
    }
    CloseServiceHandle(Service);
    free(Buffer);
    return Error;
}

/* ---- names ---- */

int ScDisplayName(int Count, WCHAR **Words)
{
    WCHAR Name[512];
    DWORD Length = sizeof(Name) / sizeof(Name[0]);
    SC_HANDLE Manager;
    int Error = 0;

    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Gets the display name associated with a particular service\n"
                       "USAGE:\n"
                       "        sc <server> GetDisplayName [service key name] <bufsize>\n\n");
    Manager = ScOpenManager(SC_MANAGER_CONNECT);
    if (Manager == NULL)
        return (int)GetLastError();
    if (GetServiceDisplayNameW(Manager, Words[0], Name, &Length))
        ConsolePrint(L"[SC] GetServiceDisplayName SUCCESS\nName = %ls\n", Name);
    else
        Error = ScFail("GetServiceDisplayName", GetLastError());
    CloseServiceHandle(Manager);
    return Error;
}

int ScKeyName(int Count, WCHAR **Words)
{
    WCHAR Name[512];
    DWORD Length = sizeof(Name) / sizeof(Name[0]);
    SC_HANDLE Manager;
    int Error = 0;

    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Gets the key name associated with a particular service, using the "
                       "display name as input\n"
                       "USAGE:\n"
                       "        sc <server> GetKeyName [service display name] <bufsize>\n\n");
    Manager = ScOpenManager(SC_MANAGER_CONNECT);
    if (Manager == NULL)
        return (int)GetLastError();
    if (GetServiceKeyNameW(Manager, Words[0], Name, &Length))
        ConsolePrint(L"[SC] GetServiceKeyName SUCCESS\nName = %ls\n", Name);
    else
        Error = ScFail("GetServiceKeyName", GetLastError());
    CloseServiceHandle(Manager);
    return Error;
}
