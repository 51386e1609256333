/*
 * NtGetContextThread and NtSetContextThread: an APC in the thread concerned reads or writes the state
 * that it had in user mode. Not modelled: debug registers; floating-point state of a thread that is in
 * a service.
 */
#include "psp.h"

NTSTATUS NTAPI NtGetContextThread(HANDLE ThreadHandle, PCONTEXT Context);
NTSTATUS NTAPI NtSetContextThread(HANDLE ThreadHandle, PCONTEXT Context);

typedef struct _PSP_CONTEXT_REQUEST {
    KAPC Apc;
    KEVENT Done;
    BOOLEAN Set;
    NTSTATUS Status;
    CONTEXT Context;
} PSP_CONTEXT_REQUEST;

typedef struct _PSP_LATE_CONTEXT { /* written on the way to user mode */
    KAPC Apc;
    CONTEXT Context;
} PSP_LATE_CONTEXT;

static VOID NTAPI PspLateRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *RoutineContext,
                                 PVOID *Argument1, PVOID *Argument2)
{
    PSP_LATE_CONTEXT *Late = CONTAINING_RECORD(Apc, PSP_LATE_CONTEXT, Apc);

    UNREFERENCED_PARAMETER(RoutineContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeWriteUserContext(&Late->Context);
    *Routine = NULL; /* nothing is called in user mode */
    ExFreePoolWithTag(Late, PSP_TAG);
}

static VOID NTAPI PspLateRundown(PKAPC Apc)
{
    ExFreePoolWithTag(CONTAINING_RECORD(Apc, PSP_LATE_CONTEXT, Apc), PSP_TAG);
}

/* In the thread, which is in a service: the context is taken up when the service returns. */
static NTSTATUS PspWriteLate(const CONTEXT *Context)
{
    PETHREAD Thread = PsGetCurrentThread();
    PSP_LATE_CONTEXT *Late = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Late), PSP_TAG);

    if (Late == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Late->Context = *Context;
    KeInitializeApc(&Late->Apc, (PVOID)&Thread->Tcb, OriginalApcEnvironment, PspLateRoutine,
                    PspLateRundown, (PKNORMAL_ROUTINE)(ULONG_PTR)1, UserMode, NULL);
    Late->Apc.Inserted = TRUE;
    InsertHeadList(&Thread->Tcb.ApcState.ApcListHead[UserMode], &Late->Apc.ApcListEntry);
    Thread->Tcb.ApcState.UserApcPending = TRUE;
    return STATUS_SUCCESS;
}

/* In the thread concerned. */
static VOID PspDoContext(PSP_CONTEXT_REQUEST *Request)
{
    Request->Status = STATUS_SUCCESS;
    if (!Request->Set)
        KeReadUserContext(&Request->Context);
    else if (!KeWriteUserContext(&Request->Context))
        Request->Status = PspWriteLate(&Request->Context);
}

static VOID NTAPI PspContextRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *RoutineContext,
                                    PVOID *Argument1, PVOID *Argument2)
{
    PSP_CONTEXT_REQUEST *Request = CONTAINING_RECORD(Apc, PSP_CONTEXT_REQUEST, Apc);

    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(RoutineContext);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    PspDoContext(Request);
    KeSetEvent(&Request->Done, 0, FALSE);
}

static VOID NTAPI PspContextRundown(PKAPC Apc)
{
    KeSetEvent(&CONTAINING_RECORD(Apc, PSP_CONTEXT_REQUEST, Apc)->Done, 0, FALSE);
}

static NTSTATUS PspRequestContext(PETHREAD Thread, PSP_CONTEXT_REQUEST *Request)
{
    if (Thread->SystemThread)
        return STATUS_INVALID_HANDLE;
    Request->Status = STATUS_UNSUCCESSFUL;
    if (Thread == PsGetCurrentThread()) {
        PspDoContext(Request);
        return Request->Status;
    }
    KeInitializeEvent(&Request->Done, NotificationEvent, FALSE);
    KeInitializeApc(&Request->Apc, (PVOID)&Thread->Tcb, OriginalApcEnvironment, PspContextRoutine,
                    PspContextRundown, NULL, KernelMode, NULL);
    if (!KeInsertQueueApc(&Request->Apc, NULL, NULL, 2))
        return STATUS_UNSUCCESSFUL;
    KeWaitForSingleObject(&Request->Done, Executive, KernelMode, FALSE, NULL);
    return Request->Status;
}

static NTSTATUS PspContextOf(HANDLE Handle, ACCESS_MASK Access, PSP_CONTEXT_REQUEST *Request)
{
    PETHREAD Thread;
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, PspThreadType, ExGetPreviousMode(),
                                                (PVOID *)&Thread, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspRequestContext(Thread, Request);
    ObDereferenceObject(Thread);
    return Status;
}

/* Copies the context in; for a read only its flags count. */
static NTSTATUS PspTakeContext(PCONTEXT User, BOOLEAN Set, PSP_CONTEXT_REQUEST *Request)
{
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(User, sizeof(*User), 16);
        Request->Context = *User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    Request->Set = Set;
    if (Set && (Request->Context.ContextFlags & CONTEXT_CONTROL) == CONTEXT_CONTROL &&
        (!MmIsUserAddress(Request->Context.Rip) || !MmIsUserAddress(Request->Context.Rsp)))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static NTSTATUS PspGiveContext(PCONTEXT User, ULONG Flags, const CONTEXT *Context)
{
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForWrite(User, sizeof(*User), 16);
        *User = *Context;
        User->ContextFlags = Flags;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspContextService(HANDLE ThreadHandle, PCONTEXT User, BOOLEAN Set)
{
    PSP_CONTEXT_REQUEST *Request = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Request), PSP_TAG);
    ULONG Flags;
    NTSTATUS Status;

    if (Request == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = PspTakeContext(User, Set, Request);
    Flags = Request->Context.ContextFlags;
    if (NT_SUCCESS(Status))
        Status = PspContextOf(ThreadHandle, Set ? THREAD_SET_CONTEXT : THREAD_GET_CONTEXT, Request);
    if (NT_SUCCESS(Status) && !Set)
        Status = PspGiveContext(User, Flags, &Request->Context);
    ExFreePoolWithTag(Request, PSP_TAG);
    return Status;
}

NTSTATUS NTAPI NtGetContextThread(HANDLE ThreadHandle, PCONTEXT Context)
{
    return PspContextService(ThreadHandle, Context, FALSE);
}

NTSTATUS NTAPI NtSetContextThread(HANDLE ThreadHandle, PCONTEXT Context)
{
    return PspContextService(ThreadHandle, Context, TRUE);
}
