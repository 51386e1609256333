/*
 * What drivers ask about processes and threads: the PsGet family. Fields that Drydock has no state for give what NT gives a
 * plain process: no job, no debugger, no WOW64, session 0.
 */
#include "psp.h"

#undef PsGetCurrentProcess

/* Not in the DDK headers; drivers declare them themselves. */
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process);
PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process);
ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process);
ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
PVOID NTAPI PsGetProcessJob(PEPROCESS Process);
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process);
PVOID NTAPI PsGetCurrentProcessWin32Process(VOID);
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process);
BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process);
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);
UCHAR NTAPI PsGetProcessProtection(PEPROCESS Process);
UCHAR NTAPI PsGetProcessPriorityClass(PEPROCESS Process);
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *File);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process);
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread);
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
PVOID NTAPI PsGetThreadTeb(PETHREAD Thread);
PVOID NTAPI PsGetCurrentThreadTeb(VOID);
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread);
PVOID NTAPI PsGetCurrentThreadWin32Thread(VOID);
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread);
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread);
ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread);
BOOLEAN NTAPI PsGetThreadHardErrorsAreDisabled(PETHREAD Thread);
VOID NTAPI PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN Disabled);
PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID);
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process);
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process);
BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID);
PETHREAD NTAPI PsGetCurrentThread(VOID);

#define NTDDI_BUILD 22000 /* the build whose layouts EPROCESS follows */

/* ---- the current process and thread ---- */

NT_EXPORT(PsGetCurrentProcess);
PEPROCESS NTAPI PsGetCurrentProcess(VOID)
{
    return PsCurrentProcess();
}

NT_EXPORT(PsGetCurrentThread);
PETHREAD NTAPI PsGetCurrentThread(VOID)
{
    return (PETHREAD)KiGetPrcb()->CurrentThread;
}

NT_EXPORT(PsGetCurrentProcessId);
HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    return PsGetCurrentThread()->Cid.UniqueProcess; /* the thread's own, even while attached, as in NT */
}

NT_EXPORT(PsGetCurrentThreadId);
HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    return PsGetCurrentThread()->Cid.UniqueThread;
}

NT_EXPORT(PsGetCurrentThreadProcess);
PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID)
{
    return PsGetCurrentThread()->ThreadsProcess;
}

NT_EXPORT(PsGetCurrentThreadProcessId);
HANDLE NTAPI PsGetCurrentThreadProcessId(VOID)
{
    return PsGetCurrentThread()->Cid.UniqueProcess;
}

NT_EXPORT(PsGetCurrentProcessSessionId);
ULONG NTAPI PsGetCurrentProcessSessionId(VOID)
{
    return 0;
}

NT_EXPORT(PsGetCurrentProcessWow64Process);
PVOID NTAPI PsGetCurrentProcessWow64Process(VOID)
{
    return PsCurrentProcess()->WoW64Process;
}

NT_EXPORT(PsGetCurrentProcessWin32Process);
PVOID NTAPI PsGetCurrentProcessWin32Process(VOID)
{
    return NULL; /* no process has a window station here */
}

NT_EXPORT(PsGetCurrentThreadTeb);
PVOID NTAPI PsGetCurrentThreadTeb(VOID)
{
    return KiGetPrcb()->CurrentThread->Teb;
}

NT_EXPORT(PsGetCurrentThreadWin32Thread);
PVOID NTAPI PsGetCurrentThreadWin32Thread(VOID)
{
    return NULL;
}

NT_EXPORT(PsGetCurrentThreadStackBase);
PVOID NTAPI PsGetCurrentThreadStackBase(VOID)
{
    return KiGetPrcb()->CurrentThread->StackBase;
}

NT_EXPORT(PsGetCurrentThreadStackLimit);
PVOID NTAPI PsGetCurrentThreadStackLimit(VOID)
{
    return KiGetPrcb()->CurrentThread->StackLimit;
}

NT_EXPORT(PsGetCurrentThreadPreviousMode);
KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    return KiGetPrcb()->CurrentThread->PreviousMode;
}

/* ---- processes ---- */

NT_EXPORT(PsGetProcessId);
HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    return Process->UniqueProcessId;
}

NT_EXPORT(PsGetProcessCreateTimeQuadPart);
LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process)
{
    return Process->CreateTime.QuadPart;
}

NT_EXPORT(PsGetProcessExitTime);
LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID)
{
    return PsCurrentProcess()->ExitTime;
}

NT_EXPORT(PsGetProcessExitStatus);
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process)
{
    return Process->ExitStatus;
}

NT_EXPORT(PsGetProcessPeb);
PVOID NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    return Process->Peb;
}

NT_EXPORT(PsGetProcessWow64Process);
PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process)
{
    return Process->WoW64Process;
}

NT_EXPORT(PsGetProcessSectionBaseAddress);
PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process)
{
    return Process->SectionBaseAddress;
}

NT_EXPORT(PsGetProcessImageFileName);
PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process)
{
    return Process->ImageFileName;
}

NT_EXPORT(PsGetProcessInheritedFromUniqueProcessId);
HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process)
{
    return Process->InheritedFromUniqueProcessId;
}

NT_EXPORT(PsGetProcessSessionId);
ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process)
{
    UNREFERENCED_PARAMETER(Process);
    return 0;
}

NT_EXPORT(PsGetProcessSessionIdEx);
ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess ? MAXULONG : 0; /* the System process is in no session */
}

NT_EXPORT(PsGetProcessJob);
PVOID NTAPI PsGetProcessJob(PEPROCESS Process)
{
    UNREFERENCED_PARAMETER(Process);
    return NULL;
}

NT_EXPORT(PsGetProcessWin32Process);
PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process)
{
    UNREFERENCED_PARAMETER(Process);
    return NULL;
}

NT_EXPORT(PsGetProcessDebugPort);
PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process)
{
    return Process->DebugPort;
}

NT_EXPORT(PsIsProcessBeingDebugged);
BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process)
{
    return Process->DebugPort != NULL;
}

NT_EXPORT(PsGetProcessExitProcessCalled);
BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process)
{
    return Process->Exiting;
}

NT_EXPORT(PsGetProcessProtection);
UCHAR NTAPI PsGetProcessProtection(PEPROCESS Process)
{
    UNREFERENCED_PARAMETER(Process);
    return 0; /* PS_PROTECTION: none */
}

NT_EXPORT(PsIsProtectedProcess);
BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process)
{
    return PsGetProcessProtection(Process) != 0;
}

NT_EXPORT(PsIsProtectedProcessLight);
BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process)
{
    return PsGetProcessProtection(Process) != 0;
}

NT_EXPORT(PsIsSystemProcess);
BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process)
{
    return Process == PsInitialSystemProcess;
}

NT_EXPORT(PsGetProcessPriorityClass);
UCHAR NTAPI PsGetProcessPriorityClass(PEPROCESS Process)
{
    return Process->PriorityClass;
}

NT_EXPORT(PsReferenceProcessFilePointer);
NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *File)
{
    if (Process->ImageFilePointer == NULL)
        return STATUS_UNSUCCESSFUL;
    *File = Process->ImageFilePointer;
    ObReferenceObject(*File);
    return STATUS_SUCCESS;
}

NT_EXPORT(PsAcquireProcessExitSynchronization);
NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process)
{
    return ExAcquireRundownProtection(&Process->RundownProtect) ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

NT_EXPORT(PsReleaseProcessExitSynchronization);
VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process)
{
    ExReleaseRundownProtection(&Process->RundownProtect);
}

/* ---- threads ---- */

NT_EXPORT(PsGetThreadId);
HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    return Thread->Cid.UniqueThread;
}

NT_EXPORT(PsGetThreadProcessId);
HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread)
{
    return Thread->Cid.UniqueProcess;
}

NT_EXPORT(PsGetThreadProcess);
PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread)
{
    return Thread->ThreadsProcess;
}

NT_EXPORT(PsGetThreadTeb);
PVOID NTAPI PsGetThreadTeb(PETHREAD Thread)
{
    return Thread->Tcb.Teb;
}

NT_EXPORT(PsGetThreadWin32Thread);
PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread)
{
    UNREFERENCED_PARAMETER(Thread);
    return NULL;
}

NT_EXPORT(PsGetThreadExitStatus);
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread)
{
    return Thread->ExitStatus;
}

NT_EXPORT(PsGetThreadCreateTime);
LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread)
{
    return Thread->CreateTime.QuadPart;
}

NT_EXPORT(PsGetThreadSessionId);
ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread)
{
    return PsGetProcessSessionId(Thread->ThreadsProcess);
}

NT_EXPORT(PsIsThreadTerminating);
BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread)
{
    return Thread->Terminated || Thread->ExitPending;
}

NT_EXPORT(PsIsSystemThread);
BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    return Thread->SystemThread;
}

NT_EXPORT(PsGetThreadHardErrorsAreDisabled);
BOOLEAN NTAPI PsGetThreadHardErrorsAreDisabled(PETHREAD Thread)
{
    return Thread->HardErrorsAreDisabled;
}

NT_EXPORT(PsSetThreadHardErrorsAreDisabled);
VOID NTAPI PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN Disabled)
{
    Thread->HardErrorsAreDisabled = Disabled;
}

/* ---- version, quota, counters ---- */

NT_EXPORT(PsGetVersion);
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber, PUNICODE_STRING CSDVersion)
{
    if (MajorVersion != NULL)
        *MajorVersion = 10;
    if (MinorVersion != NULL)
        *MinorVersion = 0;
    if (BuildNumber != NULL)
        *BuildNumber = NTDDI_BUILD;
    if (CSDVersion != NULL)
        RtlInitUnicodeString(CSDVersion, NULL);
    return FALSE; /* a free build */
}

NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
VOID NTAPI PsReturnProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
VOID NTAPI PsReturnProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);

NT_EXPORT(PsChargeProcessPoolQuota);
NTSTATUS NTAPI PsChargeProcessPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    SIZE_T *Usage = &Process->QuotaUsage[PoolType & PagedPool], *Peak = &Process->QuotaPeak[PoolType & PagedPool];

    if (Process == PsInitialSystemProcess)
        return STATUS_SUCCESS;
    *Usage += Amount;
    *Peak = max(*Peak, *Usage);
    return STATUS_SUCCESS;
}

NT_EXPORT(PsChargePoolQuota);
VOID NTAPI PsChargePoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    PsChargeProcessPoolQuota(Process, PoolType, Amount);
}

NT_EXPORT(PsReturnPoolQuota);
VOID NTAPI PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount)
{
    if (Process != PsInitialSystemProcess)
        Process->QuotaUsage[PoolType & PagedPool] -= Amount;
}

NT_EXPORT(PsChargeProcessNonPagedPoolQuota);
NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    return PsChargeProcessPoolQuota(Process, NonPagedPool, Amount);
}

NT_EXPORT(PsChargeProcessPagedPoolQuota);
NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    return PsChargeProcessPoolQuota(Process, PagedPool, Amount);
}

NT_EXPORT(PsReturnProcessNonPagedPoolQuota);
VOID NTAPI PsReturnProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    PsReturnPoolQuota(Process, NonPagedPool, Amount);
}

NT_EXPORT(PsReturnProcessPagedPoolQuota);
VOID NTAPI PsReturnProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount)
{
    PsReturnPoolQuota(Process, PagedPool, Amount);
}

NT_EXPORT(PsIsDiskCountersEnabled);
BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID)
{
    return FALSE;
}
