/*
 * System services that open, create, end, suspend and alert processes and threads.
 */
#include "psp.h"

#include "image.h"
#include "peb.h"

NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PCLIENT_ID ClientId);

/* ---- capture of user parameters ---- */

static NTSTATUS PspCaptureOpen(KPROCESSOR_MODE Mode, PHANDLE Handle, POBJECT_ATTRIBUTES Attributes, PCLIENT_ID ClientId,
                               PULONG Flags, PCLIENT_ID Id, PBOOLEAN Named)
{
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Handle, sizeof(*Handle), sizeof(HANDLE));
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(PVOID));
            if (ClientId != NULL)
                ProbeForRead(ClientId, sizeof(*ClientId), sizeof(ULONG));
        }
        *Flags = Attributes->Attributes & OBJ_VALID_ATTRIBUTES;
        if (Mode != KernelMode)
            *Flags &= ~OBJ_KERNEL_HANDLE;
        *Named = Attributes->ObjectName != NULL;
        if (ClientId != NULL)
            *Id = *ClientId;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    /* Exactly one of a name and a client ID. Processes and threads have no names. [doc: ZwOpenProcess] */
    if (*Named)
        return ClientId != NULL ? STATUS_INVALID_PARAMETER_MIX : STATUS_OBJECT_NAME_NOT_FOUND;
    return ClientId == NULL ? STATUS_INVALID_PARAMETER_MIX : STATUS_SUCCESS;
}

/* Opens Object, whose reference is consumed, and stores the handle where the caller wants it. */
static NTSTATUS PspOpenFound(PVOID Object, POBJECT_TYPE Type, ULONG Flags, ACCESS_MASK Access, KPROCESSOR_MODE Mode,
                             PHANDLE Handle)
{
    HANDLE Opened;
    NTSTATUS Status = ObOpenObjectByPointer(Object, Flags, NULL, Access, Type, Mode, &Opened);

    ObDereferenceObject(Object);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        *Handle = Opened;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NT_SERVICE(OpenProcess);
NT_EXPORT(NtOpenProcess);
NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                             PCLIENT_ID ClientId)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process = NULL;
    CLIENT_ID Id;
    BOOLEAN Named;
    ULONG Flags;
    NTSTATUS Status;

    Status = PspCaptureOpen(Mode, ProcessHandle, ObjectAttributes, ClientId, &Flags, &Id, &Named);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Id.UniqueThread != NULL) {
        PETHREAD Thread;

        Status = PsLookupProcessThreadByCid(&Id, &Process, &Thread);
        if (NT_SUCCESS(Status))
            ObDereferenceObject(Thread);
    } else {
        Status = PsLookupProcessByProcessId(Id.UniqueProcess, &Process);
    }
    if (!NT_SUCCESS(Status))
        return Status;
    return PspOpenFound(Process, PspProcessType, Flags, DesiredAccess, Mode, ProcessHandle);
}

NT_SERVICE(OpenThread);
NT_EXPORT(NtOpenThread);
NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PCLIENT_ID ClientId)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PETHREAD Thread;
    CLIENT_ID Id;
    BOOLEAN Named;
    ULONG Flags;
    NTSTATUS Status;

    Status = PspCaptureOpen(Mode, ThreadHandle, ObjectAttributes, ClientId, &Flags, &Id, &Named);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Id.UniqueProcess != NULL)
        Status = PsLookupProcessThreadByCid(&Id, NULL, &Thread);
    else
        Status = PsLookupThreadByThreadId(Id.UniqueThread, &Thread);
    if (!NT_SUCCESS(Status))
        return Status;
    return PspOpenFound(Thread, PspThreadType, Flags, DesiredAccess, Mode, ThreadHandle);
}

/* ---- the end ---- */

NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus);
NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus);

NT_SERVICE(TerminateProcess);
NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    PETHREAD Self = PsGetCurrentThread();
    PEPROCESS Process;
    NTSTATUS Status;

    if (ProcessHandle == NULL) { /* the other threads of this process, as ExitProcess does first */
        if (Self->ThreadsProcess == PsInitialSystemProcess)
            return STATUS_ACCESS_DENIED;
        PspTerminateProcess(Self->ThreadsProcess, ExitStatus);
        return STATUS_SUCCESS;
    }
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_TERMINATE, PspProcessType, ExGetPreviousMode(),
                                       (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Process == PsInitialSystemProcess) {
        ObDereferenceObject(Process);
        return STATUS_ACCESS_DENIED;
    }
    if (Process->Gone) {
        ObDereferenceObject(Process);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    PspTerminateProcess(Process, ExitStatus);
    ObDereferenceObject(Process);
    if (Process == Self->ThreadsProcess && !Self->SystemThread)
        PspExitThread(ExitStatus);
    return STATUS_SUCCESS;
}

NT_SERVICE(TerminateThread);
NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus)
{
    PETHREAD Thread = PsGetCurrentThread();
    NTSTATUS Status;

    if (ThreadHandle == NULL || ThreadHandle == NtCurrentThread()) {
        /* The last thread of a process may not be ended by handle 0. [doc: NtTerminateThread, RtlExitUserThread] */
        if (ThreadHandle == NULL && Thread->ThreadsProcess->ActiveThreads == 1)
            return STATUS_CANT_TERMINATE_SELF;
        return PspTerminateThread(Thread, ExitStatus);
    }
    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_TERMINATE, PspThreadType, ExGetPreviousMode(),
                                       (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    ObDereferenceObject(Thread); /* its own handle keeps it, or it is the current one */
    return PspTerminateThread(Thread, ExitStatus);
}

/* ---- user threads ---- */

NTSTATUS NTAPI NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                HANDLE ProcessHandle, PVOID StartRoutine, PVOID Argument, ULONG CreateFlags,
                                SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize, PVOID AttributeList);

#define PSP_CREATE_SUSPENDED 1u

NTSTATUS PspCreateThreadIn(PEPROCESS Process, PVOID Start, PVOID Argument, SIZE_T Reserve, PETHREAD *Result)
{
    CONTEXT *Context = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Context), PSP_TAG);
    PVOID Teb, Stack;
    PETHREAD Thread;
    NTSTATUS Status;

    if (Context == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PspCreateUserStack(Process, Reserve, Start, Argument, Context, &Teb, &Stack);
    if (NT_SUCCESS(Status)) {
        Status = PspCreateThread(Process, (PKSTART_ROUTINE)Start, NULL, Context, Teb, &Thread);
        if (!NT_SUCCESS(Status))
            PspFreeStackAndTeb(Process, Teb, Stack);
    }
    ExFreePoolWithTag(Context, PSP_TAG);
    if (!NT_SUCCESS(Status))
        return Status;
    Thread->UserStack = Stack;
    Thread->Win32StartAddress = Start;
    ((PPSP_TEB)Teb)->ClientId = Thread->Cid;
    *Result = Thread;
    return STATUS_SUCCESS;
}

NT_SERVICE(CreateThreadEx);
NTSTATUS NTAPI NtCreateThreadEx(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                HANDLE ProcessHandle, PVOID StartRoutine, PVOID Argument, ULONG CreateFlags,
                                SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize, PVOID AttributeList)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    KAPC_STATE Attached;
    PEPROCESS Process;
    PETHREAD Thread;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(ObjectAttributes); /* names and security of threads: none */
    UNREFERENCED_PARAMETER(ZeroBits);
    UNREFERENCED_PARAMETER(AttributeList);
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_CREATE_THREAD, PspProcessType, Mode, (PVOID *)&Process,
                                       NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Process->AddressSpace == NULL) {
        ObDereferenceObject(Process);
        return STATUS_ACCESS_DENIED;
    }
    KeStackAttachProcess((PVOID)&Process->Pcb, &Attached);
    Status = PspCreateThreadIn(Process, StartRoutine, Argument, MaximumStackSize > StackSize ? MaximumStackSize : StackSize,
                               &Thread);
    KeUnstackDetachProcess(&Attached);
    if (NT_SUCCESS(Status)) {
        ObReferenceObject(Thread);
        Status = PspOpenFound(Thread, PspThreadType, 0, DesiredAccess, Mode, ThreadHandle);
        if (NT_SUCCESS(Status))
            PspStartThread(Thread, (CreateFlags & PSP_CREATE_SUSPENDED) != 0);
        else
            PspAbandonThread(Thread);
    }
    ObDereferenceObject(Process);
    return Status;
}

/* ---- suspend, resume, alert, user APCs ---- */

static NTSTATUS PspReferenceThread(HANDLE Handle, ACCESS_MASK Access, PETHREAD *Thread)
{
    return ObReferenceObjectByHandle(Handle, Access, PspThreadType, ExGetPreviousMode(), (PVOID *)Thread, NULL);
}

static NTSTATUS PspStoreUlong(PULONG Target, ULONG Value)
{
    if (Target == NULL)
        return STATUS_SUCCESS;
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForWrite(Target, sizeof(*Target), sizeof(ULONG));
        *Target = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount);
NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount);
NTSTATUS NTAPI NtAlertThread(HANDLE ThreadHandle);
NTSTATUS NTAPI NtTestAlert(VOID);
NTSTATUS NTAPI NtQueueApcThread(HANDLE ThreadHandle, PVOID ApcRoutine, PVOID Argument1, PVOID Argument2,
                                PVOID Argument3);
NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId);
NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout);

NT_SERVICE(SuspendThread);
NTSTATUS NTAPI NtSuspendThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    PETHREAD Thread;
    ULONG Previous;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_SUSPEND_RESUME, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Thread->Terminated || Thread->ExitPending)
        Status = STATUS_THREAD_IS_TERMINATING;
    else if (Thread->Tcb.SuspendCount == MAXIMUM_SUSPEND_COUNT)
        Status = STATUS_SUSPEND_COUNT_EXCEEDED;
    else {
        Previous = KeSuspendThread(&Thread->Tcb);
        Status = PspStoreUlong(PreviousSuspendCount, Previous);
    }
    ObDereferenceObject(Thread);
    return Status;
}

NT_SERVICE(ResumeThread);
NTSTATUS NTAPI NtResumeThread(HANDLE ThreadHandle, PULONG PreviousSuspendCount)
{
    PETHREAD Thread;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_SUSPEND_RESUME, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspStoreUlong(PreviousSuspendCount, KeResumeThread(&Thread->Tcb));
    ObDereferenceObject(Thread);
    return Status;
}

NT_SERVICE(AlertThread);
NTSTATUS NTAPI NtAlertThread(HANDLE ThreadHandle)
{
    PETHREAD Thread;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_ALERT, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    KeAlertThread(&Thread->Tcb, ExGetPreviousMode());
    ObDereferenceObject(Thread);
    return STATUS_SUCCESS;
}

NT_SERVICE(TestAlert);
NTSTATUS NTAPI NtTestAlert(VOID)
{
    return KeTestAlertThread(ExGetPreviousMode()) ? STATUS_ALERTED : STATUS_SUCCESS;
}

static VOID NTAPI PspFreeApc(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *Context, PVOID *Argument1, PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExFreePoolWithTag(Apc, PSP_TAG);
}

static VOID NTAPI PspRundownApc(PKAPC Apc)
{
    ExFreePoolWithTag(Apc, PSP_TAG);
}

NT_SERVICE(QueueApcThread);
NTSTATUS NTAPI NtQueueApcThread(HANDLE ThreadHandle, PVOID ApcRoutine, PVOID Argument1, PVOID Argument2,
                                PVOID Argument3)
{
    PETHREAD Thread;
    PKAPC Apc;
    NTSTATUS Status = PspReferenceThread(ThreadHandle, THREAD_SET_CONTEXT, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    Apc = Thread->SystemThread ? NULL : ExAllocatePoolWithTag(NonPagedPool, sizeof(*Apc), PSP_TAG);
    if (Apc == NULL) {
        Status = Thread->SystemThread ? STATUS_INVALID_HANDLE : STATUS_NO_MEMORY;
        ObDereferenceObject(Thread);
        return Status;
    }
    KeInitializeApc(Apc, (PVOID)&Thread->Tcb, OriginalApcEnvironment, PspFreeApc, PspRundownApc,
                    (PKNORMAL_ROUTINE)ApcRoutine, UserMode, Argument1);
    if (!KeInsertQueueApc(Apc, Argument2, Argument3, 0)) {
        ExFreePoolWithTag(Apc, PSP_TAG);
        Status = STATUS_UNSUCCESSFUL;
    }
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtAlertThreadByThreadId(HANDLE ThreadId)
{
    PETHREAD Thread;
    NTSTATUS Status = PsLookupThreadByThreadId(ThreadId, &Thread);

    if (!NT_SUCCESS(Status))
        return Status;
    if (Thread->ThreadsProcess == PsGetCurrentThread()->ThreadsProcess)
        KeSetEvent(&Thread->AlertById, 1, FALSE);
    else
        Status = STATUS_ACCESS_DENIED;
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS NTAPI NtWaitForAlertByThreadId(PVOID Address, PLARGE_INTEGER Timeout)
{
    LARGE_INTEGER Captured, *Limit = NULL;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Address); /* for debuggers only */
    if (Timeout != NULL) {
        __try {
            if (ExGetPreviousMode() != KernelMode)
                ProbeForRead(Timeout, sizeof(*Timeout), sizeof(ULONG));
            Captured = *Timeout;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
        Limit = &Captured;
    }
    Status = KeWaitForSingleObject(&PsGetCurrentThread()->AlertById, WrAlertByThreadId, ExGetPreviousMode(), FALSE,
                                   Limit);
    return Status == STATUS_SUCCESS ? STATUS_ALERTED : Status;
}
