/* How sc shows a service: its state with what it takes, and the names of types and settings. */
#include "sc.h"
#include "console.h"

const char *ScTypeName(DWORD Type)
{
    switch (Type) {
    case SERVICE_KERNEL_DRIVER: return "KERNEL_DRIVER";
    case SERVICE_FILE_SYSTEM_DRIVER: return "FILE_SYSTEM_DRIVER";
    case SERVICE_ADAPTER: return "ADAPTER";
    case SERVICE_RECOGNIZER_DRIVER: return "RECOGNIZER_DRIVER";
    case SERVICE_WIN32_OWN_PROCESS: return "WIN32_OWN_PROCESS";
    case SERVICE_WIN32_SHARE_PROCESS: return "WIN32_SHARE_PROCESS";
    default: return "";
    }
}

const char *ScStartName(DWORD Start)
{
    static const char *const Names[] = {"BOOT_START", "SYSTEM_START", "AUTO_START", "DEMAND_START",
                                        "DISABLED"};

    return Start < sizeof(Names) / sizeof(Names[0]) ? Names[Start] : "";
}

const char *ScErrorControlName(DWORD Control)
{
    static const char *const Names[] = {"IGNORE", "NORMAL", "SEVERE", "CRITICAL"};

    return Control < sizeof(Names) / sizeof(Names[0]) ? Names[Control] : "";
}

static const char *StateName(DWORD State)
{
    static const char *const Names[] = {
        "",        "STOPPED",          "START_PENDING", "STOP_PENDING",
        "RUNNING", "CONTINUE_PENDING", "PAUSE_PENDING", "PAUSED"};

    return State < sizeof(Names) / sizeof(Names[0]) ? Names[State] : "";
}

void ScPrintStatus(const WCHAR *Name, const WCHAR *DisplayName,
                   const SERVICE_STATUS_PROCESS *Status, BOOL Extended)
{
    DWORD Accepted = Status->dwControlsAccepted;

    ConsolePrint(L"\nSERVICE_NAME: %ls\n", Name);
    if (DisplayName != NULL)
        ConsolePrint(L"DISPLAY_NAME: %ls\n", DisplayName);
    printf("        TYPE               : %lx  %s\n", Status->dwServiceType,
           ScTypeName(Status->dwServiceType));
    printf("        STATE              : %lx  %s\n", Status->dwCurrentState,
           StateName(Status->dwCurrentState));
    if (Status->dwCurrentState != SERVICE_STOPPED)
        printf("                                (%s, %s, %s)\n",
               Accepted & SERVICE_ACCEPT_STOP ? "STOPPABLE" : "NOT_STOPPABLE",
               Accepted & SERVICE_ACCEPT_PAUSE_CONTINUE ? "PAUSABLE" : "NOT_PAUSABLE",
               Accepted & SERVICE_ACCEPT_PRESHUTDOWN ? "ACCEPTS_PRESHUTDOWN"
               : Accepted & SERVICE_ACCEPT_SHUTDOWN  ? "ACCEPTS_SHUTDOWN"
                                                     : "IGNORES_SHUTDOWN");
    printf("        WIN32_EXIT_CODE    : %lu  (0x%lx)\n", Status->dwWin32ExitCode,
           Status->dwWin32ExitCode);
    printf("        SERVICE_EXIT_CODE  : %lu  (0x%lx)\n", Status->dwServiceSpecificExitCode,
           Status->dwServiceSpecificExitCode);
    printf("        CHECKPOINT         : 0x%lx\n", Status->dwCheckPoint);
    printf("        WAIT_HINT          : 0x%lx\n", Status->dwWaitHint);
    if (!Extended)
        return;
    printf("        PID                : %lu\n", Status->dwProcessId);
    printf("        FLAGS              : %s\n",
           Status->dwServiceFlags & SERVICE_RUNS_IN_SYSTEM_PROCESS ? "RUNS_IN_SYSTEM_PROCESS" : "");
}
