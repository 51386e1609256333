/* What processes and threads say of themselves: IDs, look-ups, the PsGet family, quotas, impersonation. */
#include "threads.h"

/* Exported, but macros or inlines in the kits, or in no kit header. */
#undef PsGetCurrentProcess
#undef PsDereferenceImpersonationToken
NTSYSAPI PEPROCESS NTAPI PsGetCurrentProcess(VOID);
NTSYSAPI VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN Token);
NTSYSAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
NTSYSAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTSYSAPI PVOID NTAPI PsGetCurrentProcessWow64Process(VOID);
NTSYSAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
NTSYSAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);
NTSYSAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process);
NTSYSAPI ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);
NTSYSAPI ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process);
NTSYSAPI ULONG NTAPI PsGetCurrentProcessSessionId(VOID);
NTSYSAPI PVOID NTAPI PsGetProcessJob(PEPROCESS Process);
NTSYSAPI PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process);
NTSYSAPI PVOID NTAPI PsGetCurrentProcessWin32Process(VOID);
NTSYSAPI PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process);
NTSYSAPI BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process);
NTSYSAPI BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);
NTSYSAPI UCHAR NTAPI PsGetProcessProtection(PEPROCESS Process);
NTSYSAPI UCHAR NTAPI PsGetProcessPriorityClass(PEPROCESS Process);
NTSYSAPI NTSTATUS NTAPI PsReferenceProcessFilePointer(PEPROCESS Process, PFILE_OBJECT *File);
NTSYSAPI NTSTATUS NTAPI PsAcquireProcessExitSynchronization(PEPROCESS Process);
NTSYSAPI VOID NTAPI PsReleaseProcessExitSynchronization(PEPROCESS Process);
NTSYSAPI PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread);
NTSYSAPI PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID);
NTSYSAPI HANDLE NTAPI PsGetCurrentThreadProcessId(VOID);
NTSYSAPI PVOID NTAPI PsGetThreadTeb(PETHREAD Thread);
NTSYSAPI PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread);
NTSYSAPI PVOID NTAPI PsGetCurrentThreadWin32Thread(VOID);
NTSYSAPI ULONG NTAPI PsGetThreadSessionId(PETHREAD Thread);
NTSYSAPI BOOLEAN NTAPI PsGetThreadHardErrorsAreDisabled(PETHREAD Thread);
NTSYSAPI VOID NTAPI PsSetThreadHardErrorsAreDisabled(PETHREAD Thread, BOOLEAN Disabled);
NTSYSAPI PVOID NTAPI PsGetCurrentThreadStackBase(VOID);
NTSYSAPI PVOID NTAPI PsGetCurrentThreadStackLimit(VOID);
NTSYSAPI KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode(VOID);
NTSYSAPI BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process);
NTSYSAPI BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process);
NTSYSAPI BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process);
NTSYSAPI BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID);
NTSYSAPI NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTSYSAPI NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTSYSAPI VOID NTAPI PsReturnProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTSYSAPI VOID NTAPI PsReturnProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTSYSAPI VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);

static KEVENT Go;
static CLIENT_ID ThreadCid;
static BOOLEAN SystemThreadSeen, TerminatingSeen;

static VOID NTAPI Waiter(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ThreadCid.UniqueProcess = PsGetCurrentProcessId();
    ThreadCid.UniqueThread = PsGetCurrentThreadId();
    SystemThreadSeen = PsIsSystemThread((PETHREAD)KeGetCurrentThread());
    TerminatingSeen = PsIsThreadTerminating((PETHREAD)KeGetCurrentThread());
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread((NTSTATUS)0x1234);
}

static VOID test_lookup(VOID)
{
    PEPROCESS Process = NULL;
    PETHREAD Thread = NULL;
    CLIENT_ID Wrong;

    is_status(PsLookupProcessByProcessId((HANDLE)4, &Process), STATUS_SUCCESS, "process 4 is there");
    is_ptr(Process, PsInitialSystemProcess, "it is the System process");
    is_ptr(PsGetProcessId(Process), (HANDLE)4, "its ID");
    ObDereferenceObject(Process);
    Process = (PEPROCESS)0xA5A5;
    is_status(PsLookupProcessByProcessId((HANDLE)0x7FFF0, &Process), STATUS_INVALID_CID, "an ID nobody has");
    is_ptr(Process, (PVOID)0xA5A5, "nothing is stored then");
    is_status(PsLookupProcessByProcessId(PsGetCurrentThreadId(), &Process), STATUS_INVALID_CID,
              "a thread's ID names no process");
    is_status(PsLookupThreadByThreadId((HANDLE)4, &Thread), STATUS_INVALID_CID, "nor a process's a thread");
    is_status(PsLookupThreadByThreadId(PsGetCurrentThreadId(), &Thread), STATUS_SUCCESS, "the current thread");
    is_ptr(Thread, KeGetCurrentThread(), "is found by its ID");
    ObDereferenceObject(Thread);
    Wrong.UniqueProcess = (HANDLE)8;
    Wrong.UniqueThread = PsGetCurrentThreadId();
    is_status(PsLookupProcessThreadByCid(&Wrong, &Process, &Thread), STATUS_INVALID_CID, "not in a wrong process");
    Wrong.UniqueProcess = (HANDLE)4;
    is_status(PsLookupProcessThreadByCid(&Wrong, &Process, &Thread), STATUS_SUCCESS, "in the right one");
    ok(Process == PsInitialSystemProcess && (PVOID)Thread == KeGetCurrentThread(), "both are given");
    ObDereferenceObject(Process);
    ObDereferenceObject(Thread);
}

static VOID test_thread(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Before, After;
    CLIENT_ID Cid = {0};
    HANDLE Handle;
    PETHREAD Thread;
    PVOID Other;

    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    KeQuerySystemTime(&Before);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    is_status(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, &Cid, Waiter, NULL), STATUS_SUCCESS,
              "PsCreateSystemThread");
    is_status(ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, (PVOID *)&Thread, NULL),
              STATUS_SUCCESS, "its handle is a thread's");
    is_status(ObReferenceObjectByHandle(Handle, 0, *PsProcessType, KernelMode, &Other, NULL),
              STATUS_OBJECT_TYPE_MISMATCH, "and no process's");
    is_ptr(PsGetThreadId(Thread), Cid.UniqueThread, "PsGetThreadId");
    is_ptr(PsGetThreadProcessId(Thread), (HANDLE)4, "PsGetThreadProcessId");
    is_ptr(PsGetThreadProcess(Thread), PsInitialSystemProcess, "PsGetThreadProcess");
    is_ptr(PsGetThreadTeb(Thread), NULL, "a system thread has no TEB");
    is_ptr(PsGetThreadWin32Thread(Thread), NULL, "nor a window");
    is_ulong(PsGetThreadSessionId(Thread), 0, "session 0");
    is_status(PsGetThreadExitStatus(Thread), STATUS_PENDING, "it is still running");
    KeQuerySystemTime(&After);
    ok(PsGetThreadCreateTime(Thread) >= Before.QuadPart && PsGetThreadCreateTime(Thread) <= After.QuadPart,
       "its creation time is now");
    is_bool(PsGetThreadHardErrorsAreDisabled(Thread), FALSE, "hard errors are on");
    PsSetThreadHardErrorsAreDisabled(Thread, TRUE);
    is_bool(PsGetThreadHardErrorsAreDisabled(Thread), TRUE, "now they are off");
    KeSetEvent(&Go, 0, FALSE);
    is_status(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "its end is seen");
    is_status(PsGetThreadExitStatus(Thread), 0x1234, "with its status");
    is_bool(PsIsThreadTerminating(Thread), TRUE, "it is over");
    ok(ThreadCid.UniqueThread == Cid.UniqueThread && ThreadCid.UniqueProcess == (HANDLE)4, "it saw its own IDs");
    ok(SystemThreadSeen && !TerminatingSeen, "it was a system thread that was not ending");
    ZwClose(Handle);
    ObDereferenceObject(Thread);
}

static VOID test_current(VOID)
{
    ULONG Local;

    is_ptr(PsGetCurrentThreadProcess(), PsInitialSystemProcess, "PsGetCurrentThreadProcess");
    is_ptr(PsGetCurrentProcess(), PsInitialSystemProcess, "PsGetCurrentProcess");
    is_ptr(((PETHREAD(NTAPI *)(VOID))tap_routine(L"PsGetCurrentThread"))(), KeGetCurrentThread(), "PsGetCurrentThread");
    is_ptr(PsGetCurrentThreadProcessId(), (HANDLE)4, "PsGetCurrentThreadProcessId");
    is_ptr(PsGetCurrentThreadTeb(), NULL, "PsGetCurrentThreadTeb");
    is_ptr(PsGetCurrentThreadWin32Thread(), NULL, "PsGetCurrentThreadWin32Thread");
    is_ptr(PsGetCurrentProcessWin32Process(), NULL, "PsGetCurrentProcessWin32Process");
    is_ptr(PsGetCurrentProcessWow64Process(), NULL, "PsGetCurrentProcessWow64Process");
    is_ulong(PsGetCurrentProcessSessionId(), 0, "PsGetCurrentProcessSessionId");
    is_ulong(PsGetCurrentThreadPreviousMode(), KernelMode, "PsGetCurrentThreadPreviousMode");
    ok((ULONG_PTR)&Local < (ULONG_PTR)PsGetCurrentThreadStackBase() &&
           (ULONG_PTR)&Local > (ULONG_PTR)PsGetCurrentThreadStackLimit(),
       "a local variable is on the stack");
}

static VOID NTAPI in_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    test_current();
}

static VOID test_process(VOID)
{
    PEPROCESS System = PsInitialSystemProcess;
    PFILE_OBJECT File = NULL;
    LARGE_INTEGER Now;

    KeQuerySystemTime(&Now);
    is_string((char *)PsGetProcessImageFileName(System), "System", "PsGetProcessImageFileName");
    ok(PsGetProcessCreateTimeQuadPart(System) <= Now.QuadPart, "it was made before now");
    is_status(PsGetProcessExitStatus(System), STATUS_PENDING, "it runs");
    is_ulong64(PsGetProcessExitTime().QuadPart, 0, "it has not ended");
    is_ptr(PsGetProcessPeb(System), NULL, "no PEB");
    is_ptr(PsGetProcessWow64Process(System), NULL, "no WOW64");
    is_ptr(PsGetProcessSectionBaseAddress(System), NULL, "no image");
    is_ptr(PsGetProcessInheritedFromUniqueProcessId(System), NULL, "no parent");
    is_ulong(PsGetProcessSessionId(System), 0, "session 0");
    is_ulong(PsGetProcessSessionIdEx(System), (ULONG)-1, "in no session");
    is_ptr(PsGetProcessJob(System), NULL, "no job");
    is_ptr(PsGetProcessWin32Process(System), NULL, "no windows");
    is_ptr(PsGetProcessDebugPort(System), NULL, "no debugger");
    is_bool(PsIsProcessBeingDebugged(System), FALSE, "it is not debugged");
    is_bool(PsGetProcessExitProcessCalled(System), FALSE, "it is not exiting");
    is_bool(PsIsProtectedProcess(System) || PsIsProtectedProcessLight(System) || PsGetProcessProtection(System), FALSE,
            "it is not protected");
    is_ulong(PsGetProcessPriorityClass(System), 2, "normal priority");
    is_bool(PsIsSystemProcess(System), TRUE, "it is the System process");
    is_bool(PsIsDiskCountersEnabled(), FALSE, "no disk counters");
    is_status(PsReferenceProcessFilePointer(System, &File), STATUS_UNSUCCESSFUL, "it has no file");
    is_status(PsAcquireProcessExitSynchronization(System), STATUS_SUCCESS, "its exit can be held up");
    PsReleaseProcessExitSynchronization(System);
    ok(*PsJobType != NULL, "there is a job type");
}

static VOID test_quota(VOID)
{
    PEPROCESS System = PsInitialSystemProcess;

    is_status(PsChargeProcessPoolQuota(System, PagedPool, 100), STATUS_SUCCESS, "PsChargeProcessPoolQuota");
    PsChargePoolQuota(System, NonPagedPool, 50);
    PsReturnPoolQuota(System, NonPagedPool, 50);
    PsReturnPoolQuota(System, PagedPool, 100);
    is_status(PsChargeProcessNonPagedPoolQuota(System, 10), STATUS_SUCCESS, "nonpaged");
    is_status(PsChargeProcessPagedPoolQuota(System, 10), STATUS_SUCCESS, "paged");
    PsReturnProcessNonPagedPoolQuota(System, 10);
    PsReturnProcessPagedPoolQuota(System, 10);
}

static VOID test_tokens(VOID)
{
    PETHREAD Self = (PETHREAD)KeGetCurrentThread();
    PACCESS_TOKEN Token = PsReferencePrimaryToken(PsInitialSystemProcess), Seen;
    SECURITY_IMPERSONATION_LEVEL Level = 99;
    SE_IMPERSONATION_STATE State;
    BOOLEAN Copy = 9, Effective = 9;

    ok(Token != NULL, "the System process has a token");
    is_ptr(PsReferenceImpersonationToken(Self, &Copy, &Effective, &Level), NULL, "this thread impersonates nobody");
    is_status(PsImpersonateClient(Self, Token, TRUE, FALSE, SecurityImpersonation), STATUS_SUCCESS, "impersonate");
    Seen = PsReferenceImpersonationToken(Self, &Copy, &Effective, &Level);
    is_ptr(Seen, Token, "the token is the thread's now");
    ok(Copy && !Effective && Level == SecurityImpersonation, "as it was given");
    PsDereferenceImpersonationToken(Seen);
    is_bool(PsDisableImpersonation(Self, &State), TRUE, "it can be put aside");
    is_ptr(PsReferenceImpersonationToken(Self, &Copy, &Effective, &Level), NULL, "then there is none");
    PsRestoreImpersonation(Self, &State);
    Seen = PsReferenceImpersonationToken(Self, &Copy, &Effective, &Level);
    is_ptr(Seen, Token, "and put back");
    PsDereferenceImpersonationToken(Seen);
    PsRevertToSelf();
    is_ptr(PsReferenceImpersonationToken(Self, &Copy, &Effective, &Level), NULL, "PsRevertToSelf");
    PsImpersonateClient(Self, Token, FALSE, FALSE, SecurityIdentification);
    PsRevertThreadToSelf(Self);
    is_bool(PsDisableImpersonation(Self, &State), FALSE, "PsRevertThreadToSelf");
    is_status(PsAssignImpersonationToken(Self, NULL), STATUS_SUCCESS, "no token can be assigned");
    PsDereferencePrimaryToken(Token);
}

static VOID test_version(VOID)
{
    RTL_OSVERSIONINFOW Info = {.dwOSVersionInfoSize = sizeof(Info)};
    ULONG Major = 99, Minor = 99, Build = 99;
    UNICODE_STRING Pack;

    tap_fill(&Pack);
    RtlGetVersion(&Info);
    is_bool(PsGetVersion(&Major, &Minor, &Build, &Pack), FALSE, "a free build");
    ok(Major == Info.dwMajorVersion && Minor == Info.dwMinorVersion && Build == Info.dwBuildNumber,
       "PsGetVersion and RtlGetVersion agree");
    is_ulong(Pack.Length, 0, "no service pack");
    PsGetVersion(NULL, NULL, NULL, NULL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Thread;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_lookup();
    test_thread();
    Thread = start_thread(in_thread, NULL);
    join_thread(Thread);
    test_process();
    test_quota();
    test_tokens();
    test_version();
    return done();
}
