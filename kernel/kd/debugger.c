/*
 * Is a kernel debugger there? None is: the documented answers of a machine that was booted without
 * one. Left out: attaching one.
 */
#include "kd.h"

NT_EXPORT_DATA(KdDebuggerEnabled);
BOOLEAN KdDebuggerEnabled = FALSE;
NT_EXPORT_DATA(KdDebuggerNotPresent);
BOOLEAN KdDebuggerNotPresent = TRUE;

/* DbgBreakPoint and DbgBreakPointWithStatus are in breakpoint.S. */
NT_EXPORT(DbgBreakPoint);
NT_EXPORT(DbgBreakPointWithStatus);

NT_EXPORT(KdRefreshDebuggerNotPresent);
BOOLEAN NTAPI KdRefreshDebuggerNotPresent(VOID)
{
    return KdDebuggerNotPresent;
}

NT_EXPORT(KdDisableDebugger);
NTSTATUS NTAPI KdDisableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}

NT_EXPORT(KdEnableDebugger);
NTSTATUS NTAPI KdEnableDebugger(VOID)
{
    return STATUS_DEBUGGER_INACTIVE;
}

NT_EXPORT(KdChangeOption);
NTSTATUS NTAPI KdChangeOption(KD_OPTION Option, ULONG InBytes, PVOID In, ULONG OutBytes, PVOID Out,
                              PULONG OutBytesNeeded)
{
    UNREFERENCED_PARAMETER(Option);
    UNREFERENCED_PARAMETER(InBytes);
    UNREFERENCED_PARAMETER(In);
    UNREFERENCED_PARAMETER(OutBytes);
    UNREFERENCED_PARAMETER(Out);
    if (OutBytesNeeded != NULL)
        *OutBytesNeeded = 0;
    return STATUS_DEBUGGER_INACTIVE; /* [doc] no debugger */
}
