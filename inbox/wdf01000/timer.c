/*
 * WDFTIMER: a callback after a time, once or periodically, at DISPATCH_LEVEL or, with execution level passive, in a work
 * item [doc: Using Timers; WDF_TIMER_CONFIG]. Not modelled: high resolution as such; such a timer has the clock's.
 */
#include "deferred.h"

typedef struct _FX_TIMER {
    FX_DEFERRED Deferred;
    WDF_TIMER_CONFIG Config;
    KTIMER Timer;
    KDPC Dpc;
    BOOLEAN IsPassive;
    PIO_WORKITEM Item; /* when passive */
    KSPIN_LOCK Lock;
    BOOLEAN ItemBusy; /* queued or running; Lock */
    BOOLEAN RunAgain; /* expired meanwhile; Lock */
    KEVENT Idle;      /* notification; signalled while the item is not busy */
} FX_TIMER;

static VOID FxTimerCall(FX_TIMER *Timer)
{
    FxDeferredCall(&Timer->Deferred, (VOID (NTAPI *)(WDFOBJECT))Timer->Config.EvtTimerFunc);
}

/* ---- passive timers: the DPC hands over to a work item ---- */

static BOOLEAN FxTimerMustRunAgain(FX_TIMER *Timer)
{
    BOOLEAN Again;
    KIRQL Irql;

    KeAcquireSpinLock(&Timer->Lock, &Irql);
    Again = Timer->RunAgain;
    Timer->RunAgain = FALSE;
    if (!Again) {
        Timer->ItemBusy = FALSE;
        KeSetEvent(&Timer->Idle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Timer->Lock, Irql);
    return Again;
}

static VOID NTAPI FxTimerWork(PDEVICE_OBJECT Wdm, PVOID Context)
{
    FX_TIMER *Timer = Context;

    UNREFERENCED_PARAMETER(Wdm);
    do
        FxTimerCall(Timer);
    while (FxTimerMustRunAgain(Timer));
    FxObjectDereference(&Timer->Deferred.Object);
}

static VOID FxTimerQueueWork(FX_TIMER *Timer)
{
    BOOLEAN Queue;

    KeAcquireSpinLockAtDpcLevel(&Timer->Lock);
    Queue = !Timer->ItemBusy;
    if (Queue) {
        Timer->ItemBusy = TRUE;
        KeClearEvent(&Timer->Idle);
        FxObjectReference(&Timer->Deferred.Object);
    } else {
        Timer->RunAgain = TRUE;
    }
    KeReleaseSpinLockFromDpcLevel(&Timer->Lock);
    if (Queue)
        IoQueueWorkItem(Timer->Item, FxTimerWork, DelayedWorkQueue, Timer);
}

static VOID NTAPI FxTimerDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    FX_TIMER *Timer = Context;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (Timer->IsPassive)
        FxTimerQueueWork(Timer);
    else
        FxTimerCall(Timer);
}

/* Until no callback runs or waits any more. PASSIVE_LEVEL. */
static VOID FxTimerFlush(FX_TIMER *Timer)
{
    KeFlushQueuedDpcs();
    if (Timer->IsPassive && Timer->Deferred.Running != KeGetCurrentThread())
        KeWaitForSingleObject(&Timer->Idle, Executive, KernelMode, FALSE, NULL);
}

/* ---- life ---- */

static VOID FxTimerDispose(FX_OBJECT *Object)
{
    FX_TIMER *Timer = (FX_TIMER *)Object;

    KeCancelTimer(&Timer->Timer);
    FxTimerFlush(Timer);
}

static VOID FxTimerDestroy(FX_OBJECT *Object)
{
    FX_TIMER *Timer = (FX_TIMER *)Object;

    if (Timer->Item != NULL)
        IoFreeWorkItem(Timer->Item);
    FxDeferredDestroy(Object);
}

static const FX_CLASS FxTimerClass = {
    .Type = FxTypeTimer, .Name = "WDFTIMER", .Size = sizeof(FX_TIMER), .Dispose = FxTimerDispose,
    .Destroy = FxTimerDestroy, .PassiveDispose = TRUE, .ClientMayDelete = TRUE, .ClientMaySetParent = TRUE,
    .HasExecutionLevel = TRUE,
};

static FX_TIMER *FxTimerFromHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Handle)
{
    return FX_OBJECT_OF(FX_TIMER, FxGlobalsOf(DriverGlobals), Handle, FxTypeTimer);
}

static NTSTATUS FxTimerCheckConfig(FX_GLOBALS *Globals, const WDF_TIMER_CONFIG *Config, BOOLEAN IsPassive)
{
    if (Config->EvtTimerFunc == NULL || Config->Period > MAXLONG)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "WDF_TIMER_CONFIG without EvtTimerFunc or with period %u",
                         Config->Period);
    if (IsPassive && Config->Period != 0)
        return FxMistake(Globals, STATUS_NOT_SUPPORTED, "a timer at PASSIVE_LEVEL cannot be periodic");
    if (Config->UseHighResolutionTimer && Config->TolerableDelay != 0)
        return FxMistake(Globals, STATUS_INVALID_PARAMETER, "a high-resolution timer with a tolerable delay");
    return STATUS_SUCCESS;
}

WDF_DDI(WdfTimerCreate);
NTSTATUS NTAPI imp_WdfTimerCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_TIMER_CONFIG Config,
                                  PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER *Handle)
{
    FX_GLOBALS *Globals = FxGlobalsOf(DriverGlobals);
    BOOLEAN IsPassive = Attributes != NULL && Attributes->ExecutionLevel == WdfExecutionLevelPassive;
    WDF_TIMER_CONFIG Copy;
    FX_DEFERRED *Deferred;
    FX_TIMER *Timer;
    NTSTATUS Status;

    FX_REQUIRE(Globals, Handle);
    *Handle = NULL;
    Status = FxCaptureConfig(Globals, "WDF_TIMER_CONFIG", &Copy, sizeof(Copy), Config);
    if (NT_SUCCESS(Status))
        Status = FxTimerCheckConfig(Globals, &Copy, IsPassive);
    if (NT_SUCCESS(Status))
        Status = FxDeferredCreate(Globals, &FxTimerClass, Attributes, Copy.AutomaticSerialization, !IsPassive, &Deferred);
    if (!NT_SUCCESS(Status))
        return Status;
    Timer = (FX_TIMER *)Deferred;
    Timer->Config = Copy;
    Timer->IsPassive = IsPassive;
    KeInitializeSpinLock(&Timer->Lock);
    KeInitializeEvent(&Timer->Idle, NotificationEvent, TRUE);
    KeInitializeDpc(&Timer->Dpc, FxTimerDpc, Timer);
    KeInitializeTimerEx(&Timer->Timer, NotificationTimer);
    if (IsPassive && (Timer->Item = IoAllocateWorkItem(Deferred->Object.Device->Wdm)) == NULL) {
        FxObjectAbandon(&Deferred->Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = FxDeferredCommit(Deferred);
    if (NT_SUCCESS(Status))
        *Handle = FX_HANDLE(WDFTIMER, Timer);
    return Status;
}

/* ---- use ---- */

WDF_DDI(WdfTimerStart);
BOOLEAN NTAPI imp_WdfTimerStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Handle, LONGLONG DueTime)
{
    FX_TIMER *Timer = FxTimerFromHandle(DriverGlobals, Handle);
    LARGE_INTEGER Due;

    Due.QuadPart = DueTime;
    if (Timer->Config.UseHighResolutionTimer && DueTime >= 0)
        FxViolation(FxGlobalsOf(DriverGlobals), WDF_OBJECT_ERROR, (ULONG_PTR)Handle, FxTypeTimer, 0);
    if (Timer->Config.TolerableDelay != 0)
        return KeSetCoalescableTimer(&Timer->Timer, Due, Timer->Config.Period, Timer->Config.TolerableDelay, &Timer->Dpc);
    return KeSetTimerEx(&Timer->Timer, Due, (LONG)Timer->Config.Period, &Timer->Dpc);
}

WDF_DDI(WdfTimerStop);
BOOLEAN NTAPI imp_WdfTimerStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Handle, BOOLEAN Wait)
{
    FX_TIMER *Timer = FxTimerFromHandle(DriverGlobals, Handle);
    BOOLEAN WasSet;

    if (Wait && !NT_SUCCESS(FxCheckIrql(FxGlobalsOf(DriverGlobals), PASSIVE_LEVEL)))
        return FALSE;
    WasSet = KeCancelTimer(&Timer->Timer);
    if (Wait)
        FxTimerFlush(Timer);
    return WasSet;
}

WDF_DDI(WdfTimerGetParentObject);
WDFOBJECT NTAPI imp_WdfTimerGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Handle)
{
    return FxHandleOf(FxTimerFromHandle(DriverGlobals, Handle)->Deferred.Client);
}
