/*
 * Threads: the object round a KTHREAD, system threads, user threads, the way out. A thread is ended by itself: another one
 * that wants it gone queues an APC, which takes effect when the thread is about to return to user mode.
 */
#include "psp.h"

#include "../io/io.h"

/* First code of a user thread; returning enters user mode. */
static VOID NTAPI PspUserThreadStartup(PVOID Context)
{
    PspAnnounceStartImages(((PETHREAD)Context)->ThreadsProcess);
    PspCallThreadStarted(Context);
}

/* First code of a system thread. */
static VOID NTAPI PspSystemThreadStartup(PVOID Context)
{
    PETHREAD Thread = Context;

    PspCallThreadStarted(Thread);
    Thread->StartAddress(Thread->StartParameter);
    PspExitThread(STATUS_SUCCESS);
}

NTSTATUS PspCreateThread(PEPROCESS Process, PKSTART_ROUTINE Routine, PVOID Context, PCONTEXT UserContext, PVOID Teb,
                         PETHREAD *Result)
{
    PETHREAD Thread;
    NTSTATUS Status;

    if (Process->Exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    Status = ObCreateObject(KernelMode, PspThreadType, NULL, KernelMode, NULL, sizeof(*Thread), 0, 0, (PVOID *)&Thread);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(Thread, sizeof(*Thread));
    InitializeListHead(&Thread->IrpList);
    ExInitializeRundownProtection(&Thread->RundownProtect);
    KeInitializeEvent(&Thread->AlertById, SynchronizationEvent, FALSE);
    Thread->CreateTime.QuadPart = PspSystemTime();
    Thread->ExitStatus = STATUS_PENDING;
    Thread->SystemThread = UserContext == NULL;
    Thread->StartAddress = Routine;
    Status = KeInitThread(&Thread->Tcb, &Process->Pcb, UserContext ? PspUserThreadStartup : PspSystemThreadStartup,
                          Thread, UserContext, Teb);
    if (NT_SUCCESS(Status))
        Status = PspAllocateCid(Thread, &Thread->Cid.UniqueThread);
    if (!NT_SUCCESS(Status)) {
        ObDereferenceObject(Thread);
        return Status;
    }
    Thread->Cid.UniqueProcess = Process->UniqueProcessId;
    Thread->Tcb.SystemThread = Thread->SystemThread;
    Thread->ThreadsProcess = Process;
    Thread->StartParameter = Context;
    ObReferenceObject(Process);
    PspLinkThread(Process, Thread);
    *Result = Thread;
    return STATUS_SUCCESS;
}

VOID PspAbandonThread(PETHREAD Thread)
{
    RemoveEntryList(&Thread->ThreadListEntry);
    Thread->ThreadsProcess->ActiveThreads--;
    ObDereferenceObject(Thread);
}

VOID PspStartThread(PETHREAD Thread, BOOLEAN Suspended)
{
    PspCallThreadNotify(Thread, TRUE);
    if (Suspended)
        KeSuspendThread(&Thread->Tcb);
    KeStartThread(&Thread->Tcb);
}

NTSTATUS PspCreateUserThread(PEPROCESS Process, PCONTEXT Context, PVOID Teb, BOOLEAN Suspended, PETHREAD *Result)
{
    PETHREAD Thread;
    NTSTATUS Status;

    Status = PspCreateThread(Process, (PKSTART_ROUTINE)Context->Rip, NULL, Context, Teb, &Thread);
    if (!NT_SUCCESS(Status))
        return Status;
    Thread->Win32StartAddress = (PVOID)Context->Rcx;
    ObReferenceObject(Thread);
    PspStartThread(Thread, Suspended);
    *Result = Thread;
    return STATUS_SUCCESS;
}

/* ---- exit ---- */

/* NT stops a thread that ends attached to another process, or with APCs disabled. [doc: bug checks 0x5 and 0x20] */
static VOID PspCheckExitState(PETHREAD Thread)
{
    if (Thread->Tcb.ApcStateIndex != 0)
        KeBugCheckEx(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)Thread->ThreadsProcess,
                     (ULONG_PTR)Thread->Tcb.ApcState.Process, Thread->Tcb.ApcStateIndex, 0);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || Thread->Tcb.CombinedApcDisable != 0)
        KeBugCheckEx(KERNEL_APC_PENDING_DURING_EXIT, 0, (ULONG_PTR)(LONG_PTR)Thread->Tcb.KernelApcDisable,
                     KeGetCurrentIrql(), 0);
}

/* The memory that belongs to the thread alone: its TEB and its stack. */
static VOID PspFreeUserStack(PETHREAD Thread)
{
    PVOID Blocks[2] = {Thread->Tcb.Teb, Thread->UserStack};

    Thread->Tcb.Teb = NULL;
    Thread->UserStack = NULL;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Blocks); i++) {
        SIZE_T Bytes = 0;

        if (Blocks[i] != NULL)
            MmFreeUserMemory(Thread->ThreadsProcess->AddressSpace, &Blocks[i], &Bytes, MEM_RELEASE);
    }
}

VOID PspExitThread(NTSTATUS ExitStatus)
{
    PETHREAD Thread = PsGetCurrentThread();
    PEPROCESS Process = Thread->ThreadsProcess;

    PspCheckExitState(Thread);
    DD_ASSERT(!Thread->Terminated);
    if (Thread->CreateNotified)
        PspCallThreadNotify(Thread, FALSE);
    Thread->Terminated = TRUE;
    Thread->ExitStatus = ExitStatus;
    Thread->ExitTime.QuadPart = PspSystemTime();
    IoCancelThreadIo(Thread);
    ExWaitForRundownProtectionRelease(&Thread->RundownProtect);
    if (Thread->ImpersonationToken != NULL)
        PsRevertToSelf();
    RemoveEntryList(&Thread->ThreadListEntry);
    InitializeListHead(&Thread->ThreadListEntry);
    Process->ActiveThreads--;
    if (Process->ActiveThreads == 0 && Process != PsInitialSystemProcess) {
        Thread->Tcb.Teb = NULL;
        PspSetExitStatus(Process, ExitStatus);
        PspExitProcess(Process);
    } else if (!Thread->SystemThread) {
        PspFreeUserStack(Thread);
    }
    KeTerminateThread(0);
}

VOID PspThreadReaped(PETHREAD Thread)
{
    ObDereferenceObject(Thread);
}

/* The user APC of an ending thread: it never gets to user mode again. Called at APC_LEVEL in the thread. */
static VOID NTAPI PspExitUserApc(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *Context, PVOID *Argument1,
                                 PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeLowerIrql(PASSIVE_LEVEL);
    PspExitThread(PsGetCurrentThread()->PendingExitStatus);
}

/* In the thread that is to end: puts a user APC before all others, which also ends its user-mode waits. */
static VOID NTAPI PspExitKernelApc(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *Context, PVOID *Argument1,
                                   PVOID *Argument2)
{
    PETHREAD Thread = PsGetCurrentThread();

    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeInitializeApc(Apc, (PVOID)&Thread->Tcb, OriginalApcEnvironment, PspExitUserApc, NULL,
                    (PKNORMAL_ROUTINE)(ULONG_PTR)1, UserMode, NULL);
    Apc->Inserted = TRUE;
    InsertHeadList(&Thread->Tcb.ApcState.ApcListHead[UserMode], &Apc->ApcListEntry);
    Thread->Tcb.ApcState.UserApcPending = TRUE;
}

NTSTATUS PspTerminateThread(PETHREAD Thread, NTSTATUS ExitStatus)
{
    if (Thread->SystemThread)
        return STATUS_ACCESS_DENIED;
    if (Thread == PsGetCurrentThread())
        PspExitThread(ExitStatus);
    if (Thread->Terminated || Thread->ExitPending)
        return STATUS_SUCCESS;
    Thread->ExitPending = TRUE;
    Thread->PendingExitStatus = ExitStatus;
    KeInitializeApc(&Thread->ExitApc, (PVOID)&Thread->Tcb, OriginalApcEnvironment, PspExitKernelApc, NULL, NULL,
                    KernelMode, NULL);
    if (!KeInsertQueueApc(&Thread->ExitApc, NULL, NULL, 2))
        return STATUS_THREAD_IS_TERMINATING;
    while (KeResumeThread(&Thread->Tcb) > 1)
        ;
    return STATUS_SUCCESS;
}

/* ---- system threads ---- */

NT_EXPORT(PsCreateSystemThread);
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                                    PVOID StartContext)
{
    PEPROCESS Process = PsInitialSystemProcess;
    PETHREAD Thread;
    NTSTATUS Status;

    if (ProcessHandle != NULL) {
        Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_CREATE_THREAD, PspProcessType, KernelMode,
                                           (PVOID *)&Process, NULL);
        if (!NT_SUCCESS(Status))
            return Status;
    } else {
        ObReferenceObject(Process);
    }
    Status = PspCreateThread(Process, StartRoutine, StartContext, NULL, NULL, &Thread);
    ObDereferenceObject(Process);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObOpenObjectByPointer(Thread, ObjectAttributes ? ObjectAttributes->Attributes : 0, NULL, DesiredAccess,
                                   PspThreadType, KernelMode, ThreadHandle);
    if (!NT_SUCCESS(Status)) {
        PspAbandonThread(Thread);
        return Status;
    }
    if (ClientId != NULL)
        *ClientId = Thread->Cid;
    PspStartThread(Thread, FALSE);
    return STATUS_SUCCESS;
}

NT_EXPORT(PsTerminateSystemThread);
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    PETHREAD Thread = PsGetCurrentThread();

    if (!Thread->SystemThread)
        return STATUS_INVALID_PARAMETER;
    PspExitThread(ExitStatus);
}
