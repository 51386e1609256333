/*
 * Timer objects: the type and its services, with user and kernel APCs. Left out: waking the machine
 * (ResumeTimer is accepted and reported as STATUS_TIMER_RESUME_IGNORED, as NT does where it cannot
 * wake), coalescing.
 */
#include "exp.h"
#include "../ps/psp.h"

#define EXP_TIMER_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3)
#define EXP_TIMER_QUERY 1
#define EXP_TIMER_MODIFY 2

static POBJECT_TYPE ExpTimerObjectType;

typedef struct _EXP_TIMER {
    KTIMER Timer; /* first: what a wait waits for */
    KDPC Dpc;
    KAPC Apc;
    PETHREAD Thread; /* referenced: who set an APC, NULL without */
    PVOID Routine, Context;
} EXP_TIMER;

/* The thread went away with the APC still queued; the timer's own reference is dropped on cancel.
 */
static VOID NTAPI ExpTimerRundown(PKAPC Apc)
{
    UNREFERENCED_PARAMETER(Apc);
}

static VOID NTAPI ExpTimerKernelRoutine(PKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *Context,
                                        PVOID *Argument1, PVOID *Argument2)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

/* The timer is due: (Context, TimeLow, TimeHigh) for the thread that set it. [doc: ZwSetTimer] */
static VOID NTAPI ExpTimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    EXP_TIMER *Timer = Context;
    LARGE_INTEGER Now;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Timer->Thread == NULL)
        return;
    KeQuerySystemTimePrecise(&Now);
    KeInsertQueueApc(&Timer->Apc, (PVOID)(ULONG_PTR)Now.LowPart, (PVOID)(LONG_PTR)Now.HighPart, 1);
}

static BOOLEAN ExpCancelTimerObject(EXP_TIMER *Timer)
{
    BOOLEAN Set = KeCancelTimer(&Timer->Timer);
    PETHREAD Thread = Timer->Thread;

    KeRemoveQueueDpc(&Timer->Dpc);
    Timer->Thread = NULL;
    if (Thread != NULL) {
        KeRemoveQueueApc(&Timer->Apc); /* due, but not delivered yet */
        ObfDereferenceObject(Thread);
    }
    return Set;
}

static VOID ExpDeleteTimerObject(PVOID Object)
{
    ExpCancelTimerObject(Object);
}

static VOID ExpInitTimer(PVOID Object, ULONG_PTR Type, ULONG_PTR Unused)
{
    EXP_TIMER *Timer = Object;

    UNREFERENCED_PARAMETER(Unused);
    KeInitializeTimerEx(&Timer->Timer, (TIMER_TYPE)Type);
    KeInitializeDpc(&Timer->Dpc, ExpTimerDpc, Timer);
}

NTSTATUS ExpInitTimerType(VOID)
{
    OB_TYPE_INITIALIZER Type = {
        .GenericMapping = {STANDARD_RIGHTS_READ | EXP_TIMER_QUERY,
                           STANDARD_RIGHTS_WRITE | EXP_TIMER_MODIFY,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EXP_TIMER_ACCESS},
        .ValidAccessMask = EXP_TIMER_ACCESS,
        .PoolType = NonPagedPoolNx,
        .Delete = ExpDeleteTimerObject,
    };

    return ObCreateType(L"Timer", &Type, &ExpTimerObjectType);
}

NT_SERVICE(CreateTimer);
NTSTATUS NTAPI NtCreateTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, TIMER_TYPE TimerType)
{
    if (TimerType != NotificationTimer && TimerType != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER_4;
    return ExpCreateHandle(ExpTimerObjectType, sizeof(EXP_TIMER), ObjectAttributes, DesiredAccess,
                           ExpInitTimer, TimerType, 0, TimerHandle);
}

NT_SERVICE(OpenTimer);
NTSTATUS NTAPI NtOpenTimer(PHANDLE TimerHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    return ExpOpenHandle(ExpTimerObjectType, ObjectAttributes, DesiredAccess, TimerHandle);
}

static NTSTATUS ExpReferenceTimer(HANDLE Handle, EXP_TIMER **Timer)
{
    return ObReferenceObjectByHandle(Handle, EXP_TIMER_MODIFY, ExpTimerObjectType,
                                     ExGetPreviousMode(), (PVOID *)Timer, NULL);
}

static VOID ExpArmTimer(EXP_TIMER *Timer, LARGE_INTEGER Due, LONG Period, PVOID Routine,
                        PVOID Context, KPROCESSOR_MODE Mode)
{
    if (Routine != NULL) {
        Timer->Thread = PsGetCurrentThread();
        ObfReferenceObject(Timer->Thread);
        KeInitializeApc(&Timer->Apc, (PKTHREAD)Timer->Thread, CurrentApcEnvironment,
                        ExpTimerKernelRoutine, ExpTimerRundown, (PKNORMAL_ROUTINE)Routine, Mode,
                        Context);
    }
    KeSetTimerEx(&Timer->Timer, Due, Period, &Timer->Dpc);
}

NT_SERVICE(SetTimer);
NTSTATUS NTAPI NtSetTimer(HANDLE TimerHandle, PLARGE_INTEGER DueTime,
                          PTIMER_APC_ROUTINE TimerApcRoutine, PVOID TimerContext,
                          BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Due;
    EXP_TIMER *Timer;
    BOOLEAN Previous;
    NTSTATUS Status = ExpCopyIn(&Due, DueTime, sizeof(Due), Mode);

    if (NT_SUCCESS(Status) && PreviousState != NULL)
        Status = ExpProbeOut(PreviousState, sizeof(*PreviousState), Mode);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Period < 0)
        return STATUS_INVALID_PARAMETER_6;
    Status = ExpReferenceTimer(TimerHandle, &Timer);
    if (!NT_SUCCESS(Status))
        return Status;
    Previous = KeReadStateTimer(&Timer->Timer);
    ExpCancelTimerObject(Timer);
    ExpArmTimer(Timer, Due, Period, TimerApcRoutine, TimerContext, Mode);
    ObfDereferenceObject(Timer);
    if (PreviousState != NULL)
        ExpCopyOut(PreviousState, &Previous, sizeof(Previous), Mode);
    return ResumeTimer ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;
}

NT_SERVICE(CancelTimer);
NTSTATUS NTAPI NtCancelTimer(HANDLE TimerHandle, PBOOLEAN CurrentState)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    EXP_TIMER *Timer;
    BOOLEAN State;
    NTSTATUS Status = CurrentState == NULL ? STATUS_SUCCESS
                                           : ExpProbeOut(CurrentState, sizeof(*CurrentState), Mode);

    if (NT_SUCCESS(Status))
        Status = ExpReferenceTimer(TimerHandle, &Timer);
    if (!NT_SUCCESS(Status))
        return Status;
    ExpCancelTimerObject(Timer);
    State = KeReadStateTimer(&Timer->Timer);
    ObfDereferenceObject(Timer);
    if (CurrentState != NULL)
        ExpCopyOut(CurrentState, &State, sizeof(State), Mode);
    return STATUS_SUCCESS;
}
