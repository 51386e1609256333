/*
 * The agent as a Windows service. advapi32's routines are looked up: a system without a service
 * dispatcher can still run the agent as a program.
 */
#include "agent.h"

#include <stdio.h>
#include <winsvc.h>

static struct {
    BOOL(WINAPI *Dispatch)(const SERVICE_TABLE_ENTRYW *Table);
    SERVICE_STATUS_HANDLE(WINAPI *Register)
    (LPCWSTR Name, LPHANDLER_FUNCTION_EX Handler, LPVOID Context);
    BOOL(WINAPI *SetStatus)(SERVICE_STATUS_HANDLE Handle, LPSERVICE_STATUS Status);
    SERVICE_STATUS_HANDLE Handle;
    const AGENT_OPTIONS *Options;
    HANDLE Stop;
    int Result;
} Service;

static bool ServiceBind(void)
{
    HMODULE Library = LoadLibraryExW(L"advapi32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);

    if (Library == NULL)
        return false;
    return AgentBind(Library, "StartServiceCtrlDispatcherW", &Service.Dispatch) &&
           AgentBind(Library, "RegisterServiceCtrlHandlerExW", &Service.Register) &&
           AgentBind(Library, "SetServiceStatus", &Service.SetStatus);
}

static void ServiceTell(DWORD State, int Result)
{
    SERVICE_STATUS Status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS, .dwCurrentState = State};

    if (State == SERVICE_RUNNING)
        Status.dwControlsAccepted = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
    if (State == SERVICE_STOP_PENDING)
        Status.dwWaitHint = 3000;
    if (Result != AGENT_FINE) {
        Status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
        Status.dwServiceSpecificExitCode = (DWORD)Result;
    }
    Service.SetStatus(Service.Handle, &Status);
}

static DWORD WINAPI ServiceControl(DWORD Control, DWORD EventType, LPVOID EventData, LPVOID Context)
{
    (void)EventType;
    (void)EventData;
    (void)Context;
    if (Control == SERVICE_CONTROL_INTERROGATE)
        return NO_ERROR;
    if (Control != SERVICE_CONTROL_STOP && Control != SERVICE_CONTROL_SHUTDOWN)
        return ERROR_CALL_NOT_IMPLEMENTED;
    ServiceTell(SERVICE_STOP_PENDING, AGENT_FINE);
    SetEvent(Service.Stop);
    return NO_ERROR;
}

static VOID WINAPI ServiceMain(DWORD Count, LPWSTR *Words)
{
    (void)Count;
    (void)Words;
    Service.Handle = Service.Register(AI_AGENT_SERVICE_NAME, ServiceControl, NULL);
    if (Service.Handle == NULL)
        return;
    ServiceTell(SERVICE_RUNNING, AGENT_FINE);
    Service.Result = AgentLoop(Service.Options, Service.Stop);
    ServiceTell(SERVICE_STOPPED, Service.Result);
}

int AgentServe(const AGENT_OPTIONS *Options, HANDLE Stop)
{
    WCHAR Name[] = AI_AGENT_SERVICE_NAME;
    SERVICE_TABLE_ENTRYW Table[] = {{Name, ServiceMain}, {NULL, NULL}};

    Service.Options = Options;
    Service.Stop = Stop;
    if (!ServiceBind()) {
        fprintf(stderr, "ai_gpu_agent: this system runs no services\n");
        return AGENT_NO_SYSTEM;
    }
    if (!Service.Dispatch(Table)) {
        fprintf(stderr, "ai_gpu_agent: not started as a service: error %lu\n", GetLastError());
        return AGENT_NO_SYSTEM;
    }
    return Service.Result;
}
