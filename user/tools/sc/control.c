/* sc start, stop, control, interrogate. */
#include "sc.h"

#include <stdlib.h>

static BOOL QueryStatus(SC_HANDLE Service, SERVICE_STATUS_PROCESS *Status)
{
    DWORD Needed;

    return QueryServiceStatusEx(Service, SC_STATUS_PROCESS_INFO, (BYTE *)Status, sizeof(*Status),
                                &Needed);
}

int ScStart(int Count, WCHAR **Words)
{
    SERVICE_STATUS_PROCESS Status;
    SC_HANDLE Service;
    int Error;

    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Starts a service running.\n"
                       "USAGE:\n"
                       "        sc <server> start [service name] <arg1> <arg2> ...\n\n");
    Service = ScOpenService(Words[0], SERVICE_START | SERVICE_QUERY_STATUS, &Error);
    if (Service == NULL)
        return Error;
    Error = 0;
    if (!StartServiceW(Service, (DWORD)(Count - 1), (LPCWSTR *)(Words + 1)))
        Error = ScFail("StartService", GetLastError());
    else if (!QueryStatus(Service, &Status))
        Error = ScFail("QueryServiceStatusEx", GetLastError());
    else
        ScPrintStatus(Words[0], NULL, &Status, TRUE);
    CloseServiceHandle(Service);
    return Error;
}

/* Sends a control and shows the state that the service then has. */
static int Control(const WCHAR *Name, DWORD Code, DWORD Access)
{
    SERVICE_STATUS Status = {0};
    SERVICE_STATUS_PROCESS Shown = {0};
    int Error;
    SC_HANDLE Service = ScOpenService(Name, Access, &Error);

    if (Service == NULL)
        return Error;
    Error = 0;
    if (!ControlService(Service, Code, &Status))
        Error = ScFail("ControlService", GetLastError());
    else {
        memcpy(&Shown, &Status, sizeof(Status)); /* it begins with the same members */
        ScPrintStatus(Name, NULL, &Shown, FALSE);
    }
    CloseServiceHandle(Service);
    return Error;
}

int ScStop(int Count, WCHAR **Words)
{
    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Sends a STOP control request to a service.\n"
                       "USAGE:\n"
                       "        sc <server> stop [service name] <reason> <comment>\n\n");
    return Control(Words[0], SERVICE_CONTROL_STOP, SERVICE_STOP);
}

int ScInterrogate(int Count, WCHAR **Words)
{
    if (Count < 1)
        return ScUsage("DESCRIPTION:\n"
                       "        Sends an INTERROGATE control request to a service.\n"
                       "USAGE:\n"
                       "        sc <server> interrogate [service name]\n\n");
    return Control(Words[0], SERVICE_CONTROL_INTERROGATE, SERVICE_INTERROGATE);
}

int ScControl(int Count, WCHAR **Words)
{
    static const struct {
        const WCHAR *Name;
        DWORD Code, Access;
    } Named[] = {{L"paramchange", SERVICE_CONTROL_PARAMCHANGE, SERVICE_PAUSE_CONTINUE},
                 {L"netbindadd", SERVICE_CONTROL_NETBINDADD, SERVICE_PAUSE_CONTINUE},
                 {L"netbindremove", SERVICE_CONTROL_NETBINDREMOVE, SERVICE_PAUSE_CONTINUE},
                 {L"netbindenable", SERVICE_CONTROL_NETBINDENABLE, SERVICE_PAUSE_CONTINUE},
                 {L"netbinddisable", SERVICE_CONTROL_NETBINDDISABLE, SERVICE_PAUSE_CONTINUE}};

    if (Count != 2)
        return ScUsage(
            "DESCRIPTION:\n"
            "        Sends a CONTROL code to a service.\n"
            "USAGE:\n"
            "        sc <server> control [service name] <value>\n"
            "        <value> = user-defined control code\n"
            "        <value> = <paramchange|\n"
            "                  netbindadd|netbindremove|netbindenable|netbinddisable>\n\n");
    for (size_t i = 0; i < sizeof(Named) / sizeof(Named[0]); i++)
        if (_wcsicmp(Words[1], Named[i].Name) == 0)
            return Control(Words[0], Named[i].Code, Named[i].Access);
    return Control(Words[0], wcstoul(Words[1], NULL, 0), SERVICE_USER_DEFINED_CONTROL);
}
