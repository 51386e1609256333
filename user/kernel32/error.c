/* The last error and exceptions as Win32 sees them. */
#include "k32.h"

BOOL SetStatusError(NTSTATUS Status)
{
    CurrentTeb()->LastErrorValue = RtlNtStatusToDosError(Status);
    return FALSE;
}

DWORD WINAPI GetLastError(VOID)
{
    return CurrentTeb()->LastErrorValue;
}

VOID WINAPI SetLastError(DWORD Code)
{
    CurrentTeb()->LastErrorValue = Code;
}

/* ---- exceptions ---- */

static LPTOP_LEVEL_EXCEPTION_FILTER TopLevelFilter;

LONG WINAPI UnhandledExceptionFilter(PEXCEPTION_POINTERS Pointers)
{
    if (TopLevelFilter == NULL)
        return EXCEPTION_CONTINUE_SEARCH; /* the kernel's second chance says what happened and ends the process */
    return TopLevelFilter(Pointers);
}

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER Filter)
{
    LPTOP_LEVEL_EXCEPTION_FILTER Old = TopLevelFilter;

    TopLevelFilter = Filter;
    return Old;
}

VOID WINAPI RaiseException(DWORD Code, DWORD Flags, DWORD Count, const ULONG_PTR *Arguments)
{
    EXCEPTION_RECORD Record = {0};

    Record.ExceptionCode = Code;
    Record.ExceptionFlags = Flags & EXCEPTION_NONCONTINUABLE;
    Record.ExceptionAddress = (PVOID)RaiseException;
    if (Arguments != NULL)
        Record.NumberParameters = Count < EXCEPTION_MAXIMUM_PARAMETERS ? Count : EXCEPTION_MAXIMUM_PARAMETERS;
    for (DWORD i = 0; i < Record.NumberParameters; i++)
        Record.ExceptionInformation[i] = Arguments[i];
    RtlRaiseException(&Record);
}

UINT WINAPI SetErrorMode(UINT Mode)
{
    ULONG Old = 0;

    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Old, sizeof(Old), NULL);
    NtSetInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Mode, sizeof(Mode));
    return Old;
}

UINT WINAPI GetErrorMode(VOID)
{
    ULONG Mode = 0;

    NtQueryInformationProcess(NtCurrentProcess(), ProcessDefaultHardErrorMode, &Mode, sizeof(Mode), NULL);
    return Mode;
}

VOID WINAPI DebugBreak(VOID)
{
    __asm__ volatile("int3");
}

BOOL WINAPI IsDebuggerPresent(VOID)
{
    return CurrentPeb()->BeingDebugged;
}

BOOL WINAPI CheckRemoteDebuggerPresent(HANDLE Process, PBOOL Present)
{
    ULONG64 Port = 0;
    NTSTATUS Status = NtQueryInformationProcess(Process, ProcessDebugPort, &Port, sizeof(Port), NULL);

    if (NT_SUCCESS(Status))
        *Present = Port != 0;
    return StatusToBool(Status);
}
