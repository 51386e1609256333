/*
 * ExAllocateTimer and its kin: timers that call a routine at DISPATCH_LEVEL, and that can be waited
 * on. They stand on KTIMER. Left out: no-wake timers and tolerances (virtual time has no power to
 * save), and high resolution, which every timer has.
 */
#include "exp.h"

struct _EX_TIMER {
    KTIMER Timer; /* first: drivers wait on it */
    KDPC Dpc;
    PEXT_CALLBACK Callback;
    PVOID Context;
    BOOLEAN Deleted;   /* no callback any more */
    BOOLEAN FreeInDpc; /* the DPC routine frees the timer */
    ULONG Running;     /* callbacks under way */
    KEVENT NotRunning;
    PEXT_DELETE_CALLBACK DeleteCallback;
    PVOID DeleteContext;
};

static VOID ExpFinishExTimer(PEX_TIMER Timer)
{
    if (Timer->DeleteCallback != NULL)
        Timer->DeleteCallback(Timer->DeleteContext);
    ExpFreePool(Timer, 'mTxE', NULL);
}

static VOID NTAPI ExpExTimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PEX_TIMER Timer = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Timer->Deleted)
        return;
    Timer->Running++;
    if (Timer->Callback != NULL)
        Timer->Callback(Timer, Timer->Context);
    if (--Timer->Running != 0)
        return;
    if (Timer->FreeInDpc)
        ExpFinishExTimer(Timer);
    else if (Timer->Deleted)
        KeSetEvent(&Timer->NotRunning, IO_NO_INCREMENT, FALSE);
}

NT_EXPORT(ExAllocateTimer);
PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
    const ULONG Known = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE | EX_TIMER_NOTIFICATION;
    PEX_TIMER Timer;

    if ((Attributes & ~Known) != 0 ||
        (Attributes & (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE)) ==
            (EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE))
        return NULL;
    Timer = ExpAllocatePool(NonPagedPoolNx, sizeof(*Timer), 'mTxE', FALSE,
                            __builtin_return_address(0));
    if (Timer == NULL)
        return NULL;
    RtlZeroMemory(Timer, sizeof(*Timer));
    KeInitializeTimerEx(&Timer->Timer, Attributes & EX_TIMER_NOTIFICATION ? NotificationTimer
                                                                          : SynchronizationTimer);
    KeInitializeDpc(&Timer->Dpc, ExpExTimerDpc, Timer);
    KeInitializeEvent(&Timer->NotRunning, NotificationEvent, FALSE);
    Timer->Callback = Callback;
    Timer->Context = CallbackContext;
    return Timer;
}

NT_EXPORT(ExSetTimer);
BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period,
                         PEXT_SET_PARAMETERS Parameters)
{
    LARGE_INTEGER Due = {.QuadPart = DueTime};

    UNREFERENCED_PARAMETER(Parameters); /* a tolerance is a permission, not a duty */
    /* KTIMER counts periods in milliseconds: round up, so that it never ticks too fast. */
    return KeSetTimerEx(&Timer->Timer, Due, (LONG)((Period + 9999) / 10000), &Timer->Dpc);
}

NT_EXPORT(ExCancelTimer);
BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    return KeCancelTimer(&Timer->Timer);
}

/*
 * Without Cancel a timer that is set lives until it expires. A callback that runs now is waited
 * for, or frees the timer when it ends. [doc: ExDeleteTimer]
 */
NT_EXPORT(ExDeleteTimer);
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait,
                            PEXT_DELETE_PARAMETERS Parameters)
{
    BOOLEAN Cancelled;

    if (Wait && !Cancel)
        return FALSE;
    if (Parameters != NULL) {
        Timer->DeleteCallback = Parameters->DeleteCallback;
        Timer->DeleteContext = Parameters->DeleteContext;
    }
    if (!Cancel && Timer->Timer.Header.Inserted) {
        Timer->FreeInDpc = TRUE;
        return FALSE;
    }
    Cancelled = KeCancelTimer(&Timer->Timer);
    Timer->Deleted = TRUE;
    KeRemoveQueueDpc(&Timer->Dpc);
    if (Timer->Running != 0 && !Wait) {
        Timer->FreeInDpc = TRUE;
        return Cancelled;
    }
    while (Timer->Running != 0)
        KeWaitForSingleObject(&Timer->NotRunning, Executive, KernelMode, FALSE, NULL);
    ExpFinishExTimer(Timer);
    return Cancelled;
}
