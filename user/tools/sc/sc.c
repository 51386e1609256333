/*
 * sc: the service control manager's command line, for drivers' services. Names, arguments, texts
 * and exit codes are those of Windows' sc.exe [doc: sc.exe create, config, delete, query, queryex,
 * start, stop, qc; measured by the texts that the documents show]. Not here: services that are
 * programs, failure actions, triggers, security descriptors, other machines.
 */
#include "sc.h"

#include "console.h"

static const struct {
    const WCHAR *Name;
    SC_COMMAND *Run;
    const char *Text;
} Commands[] = {
    {L"query", ScQuery,
     "Queries the status for a service, or enumerates the status for types of services."},
    {L"queryex", ScQueryEx,
     "Queries the extended status for a service, or enumerates the status for types of services."},
    {L"start", ScStart, "Starts a service."},
    {L"interrogate", ScInterrogate, "Sends an INTERROGATE control request to a service."},
    {L"stop", ScStop, "Sends a STOP request to a service."},
    {L"control", ScControl, "Sends a control to a service."},
    {L"config", ScConfig, "Changes the configuration of a service (persistent)."},
    {L"description", ScDescription, "Changes the description of a service."},
    {L"qc", ScQueryConfig, "Queries the configuration information for a service."},
    {L"qdescription", ScQueryDescription, "Queries the description for a service."},
    {L"delete", ScDelete, "Deletes a service (from the registry)."},
    {L"create", ScCreate, "Creates a service (adds it to the registry)."},
    {L"GetDisplayName", ScDisplayName, "Gets the DisplayName for a service."},
    {L"GetKeyName", ScKeyName, "Gets the ServiceKeyName for a service."},
    {L"EnumDepend", ScDependents, "Enumerates Service Dependencies."},
};

int ScFail(const char *Routine, DWORD Error)
{
    WCHAR *Text = NULL;
    DWORD Length = FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                                      FORMAT_MESSAGE_IGNORE_INSERTS,
                                  NULL, Error, 0, (WCHAR *)&Text, 0, NULL);

    while (Length != 0 &&
           (Text[Length - 1] == '\n' || Text[Length - 1] == '\r' || Text[Length - 1] == ' '))
        Text[--Length] = 0;
    ConsolePrint(L"[SC] %hs FAILED %lu:\n\n%ls\n\n", Routine, Error, Length != 0 ? Text : L"");
    LocalFree(Text);
    return (int)Error;
}

int ScUsage(const char *Text)
{
    printf("%s", Text);
    return ERROR_INVALID_COMMAND_LINE;
}

SC_HANDLE ScOpenManager(DWORD Access)
{
    SC_HANDLE Manager = OpenSCManagerW(NULL, NULL, Access);

    if (Manager == NULL)
        ScFail("OpenSCManager", GetLastError());
    return Manager;
}

SC_HANDLE ScOpenService(const WCHAR *Name, DWORD Access, int *Error)
{
    SC_HANDLE Manager = ScOpenManager(SC_MANAGER_CONNECT), Service;

    *Error = (int)GetLastError();
    if (Manager == NULL)
        return NULL;
    Service = OpenServiceW(Manager, Name, Access);
    if (Service == NULL)
        *Error = ScFail("OpenService", GetLastError());
    CloseServiceHandle(Manager);
    return Service;
}

static int PrintHelp(void)
{
    printf("DESCRIPTION:\n"
           "        SC is a command line program used for communicating with the\n"
           "        Service Control Manager and services.\n"
           "USAGE:\n"
           "        sc <server> [command] [service name] <option1> <option2>...\n\n"
           "        The option <server> has the form \"\\\\ServerName\"; only this machine is "
           "served here.\n"
           "        Commands:\n");
    for (size_t i = 0; i < sizeof(Commands) / sizeof(Commands[0]); i++)
        ConsolePrint(L"          %-16ls%hs\n", Commands[i].Name, Commands[i].Text);
    printf("\nEXAMPLE:\n"
           "        sc start MyService\n");
    return ERROR_INVALID_COMMAND_LINE;
}

int wmain(int Count, WCHAR **Words)
{
    if (Count > 1 && wcsncmp(Words[1], L"\\\\", 2) == 0) {
        SC_HANDLE Manager = OpenSCManagerW(Words[1], NULL, SC_MANAGER_CONNECT);

        if (Manager == NULL)
            return ScFail("OpenSCManager", GetLastError());
        CloseServiceHandle(Manager);
        Count--;
        Words++;
    }
    if (Count < 2)
        return PrintHelp();
    for (size_t i = 0; i < sizeof(Commands) / sizeof(Commands[0]); i++)
        if (_wcsicmp(Words[1], Commands[i].Name) == 0)
            return Commands[i].Run(Count - 2, Words + 2);
    printf("\n*** Unrecognized Command ***\n\n");
    return PrintHelp();
}
