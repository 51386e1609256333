/*
 * One-time initialisation: RTL_RUN_ONCE. The low two bits of Ptr are the state; above them is the
 * list of waiters while one thread initialises, then the caller's context. IRQL <= APC_LEVEL where
 * a call may wait. Left out: nothing.
 */
#include "rtl.h"

#define RTLP_ONCE_MASK 3u
enum { RtlpOnceNever = 0, RtlpOnceBusy = 1, RtlpOnceDone = 2, RtlpOnceAsync = 3 };

typedef struct _RTLP_ONCE_WAITER {
    struct _RTLP_ONCE_WAITER *Next;
    KEVENT Event;
} RTLP_ONCE_WAITER;

static BOOLEAN RtlpOnceChange(PRTL_RUN_ONCE Once, ULONG_PTR From, ULONG_PTR To)
{
    return InterlockedCompareExchangePointer(&Once->Ptr, (PVOID)To, (PVOID)From) == (PVOID)From;
}

/* Returns when the state has changed; the waiter lives on this stack until it is woken. */
static VOID RtlpOnceWait(PRTL_RUN_ONCE Once, ULONG_PTR State)
{
    RTLP_ONCE_WAITER Waiter;

    KeInitializeEvent(&Waiter.Event, NotificationEvent, FALSE);
    Waiter.Next = (RTLP_ONCE_WAITER *)(State & ~(ULONG_PTR)RTLP_ONCE_MASK);
    if (RtlpOnceChange(Once, State, (ULONG_PTR)&Waiter | RtlpOnceBusy))
        KeWaitForSingleObject(&Waiter.Event, Executive, KernelMode, FALSE, NULL);
}

static VOID RtlpOnceWake(RTLP_ONCE_WAITER *Waiter)
{
    while (Waiter != NULL) {
        RTLP_ONCE_WAITER *Next = Waiter->Next; /* gone once it is woken */
        KeSetEvent(&Waiter->Event, IO_NO_INCREMENT, FALSE);
        Waiter = Next;
    }
}

NT_EXPORT(RtlRunOnceInitialize);
VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE Once)
{
    Once->Ptr = NULL;
}

static NTSTATUS RtlpOnceBegin(PRTL_RUN_ONCE Once, ULONG_PTR State, BOOLEAN Async)
{
    switch (State & RTLP_ONCE_MASK) {
    case RtlpOnceNever:
        if (RtlpOnceChange(Once, State, Async ? RtlpOnceAsync : RtlpOnceBusy))
            return STATUS_PENDING;
        return STATUS_RETRY;
    case RtlpOnceAsync:
        return Async ? STATUS_PENDING : STATUS_INVALID_PARAMETER_2;
    default: /* busy */
        if (Async)
            return STATUS_INVALID_PARAMETER_2;
        RtlpOnceWait(Once, State);
        return STATUS_RETRY;
    }
}

/* STATUS_SUCCESS: done, *Context is set; STATUS_PENDING: the caller is to initialise. [doc] */
NT_EXPORT(RtlRunOnceBeginInitialize);
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE Once, ULONG Flags, PVOID *Context)
{
    NTSTATUS Status;

    if ((Flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC)) != 0 ||
        Flags == (RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER_2;
    do {
        ULONG_PTR State = (ULONG_PTR)ReadPointerAcquire(&Once->Ptr);
        if ((State & RTLP_ONCE_MASK) == RtlpOnceDone) {
            if (Context != NULL)
                *Context = (PVOID)(State & ~(ULONG_PTR)RTLP_ONCE_MASK);
            return STATUS_SUCCESS;
        }
        if (Flags & RTL_RUN_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        Status = RtlpOnceBegin(Once, State, (Flags & RTL_RUN_ONCE_ASYNC) != 0);
    } while (Status == STATUS_RETRY);
    return Status;
}

NT_EXPORT(RtlRunOnceComplete);
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE Once, ULONG Flags, PVOID Context)
{
    BOOLEAN Async = (Flags & RTL_RUN_ONCE_ASYNC) != 0,
            Failed = (Flags & RTL_RUN_ONCE_INIT_FAILED) != 0;
    ULONG_PTR State = (ULONG_PTR)ReadPointerAcquire(&Once->Ptr), Result;

    if ((Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED)) != 0 || (Async && Failed))
        return STATUS_INVALID_PARAMETER_2;
    if (((ULONG_PTR)Context & RTLP_ONCE_MASK) != 0 || (Failed && Context != NULL))
        return STATUS_INVALID_PARAMETER_3;
    Result = Failed ? RtlpOnceNever : (ULONG_PTR)Context | RtlpOnceDone;
    if (Async) {
        if ((State & RTLP_ONCE_MASK) != RtlpOnceAsync)
            return STATUS_UNSUCCESSFUL;
        return RtlpOnceChange(Once, State, Result) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    }
    if ((State & RTLP_ONCE_MASK) != RtlpOnceBusy)
        return STATUS_UNSUCCESSFUL;
    State = (ULONG_PTR)InterlockedExchangePointer(&Once->Ptr, (PVOID)Result);
    RtlpOnceWake((RTLP_ONCE_WAITER *)(State & ~(ULONG_PTR)RTLP_ONCE_MASK));
    return STATUS_SUCCESS;
}

NT_EXPORT(RtlRunOnceExecuteOnce);
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE Once, PRTL_RUN_ONCE_INIT_FN InitFn,
                                     PVOID Parameter, PVOID *Context)
{
    PVOID Made = NULL;
    NTSTATUS Status = RtlRunOnceBeginInitialize(Once, 0, Context);

    if (Status != STATUS_PENDING)
        return Status;
    if (!InitFn(Once, Parameter, &Made)) {
        RtlRunOnceComplete(Once, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    Status = RtlRunOnceComplete(Once, 0, Made);
    if (NT_SUCCESS(Status) && Context != NULL)
        *Context = Made;
    return Status;
}
