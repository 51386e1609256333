/*
 * Timers: one list sorted by due time (virtual). Expiry happens at DISPATCH_LEVEL: the timer is
 * signalled, its DPC queued, a periodic one set again. Leaves out: coalescing as an optimisation (a
 * tolerable delay is accepted; the timer expires at its due time, which the contract allows).
 */
#include "ki.h"

static LIST_ENTRY KiTimerList; /* sorted by DueTime; DISPATCH_LEVEL */

VOID KiInitTimers(VOID)
{
    InitializeListHead(&KiTimerList);
}

static PKTIMER KiTimerOf(PLIST_ENTRY Entry)
{
    return CONTAINING_RECORD(Entry, KTIMER, TimerListEntry);
}

BOOLEAN KiNextTimerDue(ULONG64 *DueTime)
{
    if (IsListEmpty(&KiTimerList))
        return FALSE;
    *DueTime = KiTimerOf(KiTimerList.Flink)->DueTime.QuadPart;
    return TRUE;
}

BOOLEAN KiNextEventDue(ULONG64 *DueTime)
{
    ULONG64 Device = KiLoaderBlock->device_due;
    BOOLEAN Found = KiNextTimerDue(DueTime);

    if (Device == MAXULONG64 || (Found && *DueTime <= Device))
        return Found;
    *DueTime = Device;
    return TRUE;
}

static VOID KiLinkTimer(PKTIMER Timer, ULONG64 Due)
{
    PLIST_ENTRY After = KiTimerList.Blink;

    Timer->DueTime.QuadPart = Due;
    Timer->Header.Inserted = TRUE;
    while (After != &KiTimerList && KiTimerOf(After)->DueTime.QuadPart > Due)
        After = After->Blink;
    InsertHeadList(After, &Timer->TimerListEntry);
}

/* DueTime as NT takes it: negative = relative, else absolute system time. */
VOID KiInsertTimer(PKTIMER Timer, LARGE_INTEGER DueTime)
{
    ULONG64 Now = KeVirtualTime();
    ULONG64 Due;

    if (DueTime.QuadPart <= 0)
        Due = Now + (ULONG64)-DueTime.QuadPart;
    else
        Due = (ULONG64)DueTime.QuadPart > KiLoaderBlock->boot_time_100ns
                  ? (ULONG64)DueTime.QuadPart - KiLoaderBlock->boot_time_100ns : 0;
    KiLinkTimer(Timer, Due);
    if (Due <= Now)
        KiRequestSoftwareInterrupt(KiGetPrcb(), KI_PENDING_DPC);
}

VOID KiRemoveTimer(PKTIMER Timer)
{
    RemoveEntryList(&Timer->TimerListEntry);
    Timer->Header.Inserted = FALSE;
}

static VOID KiExpireTimer(PKTIMER Timer, ULONG64 Due)
{
    KiNoteProgress();
    KiRemoveTimer(Timer);
    Timer->Header.SignalState = 1;
    if (Timer->Period != 0)
        KiLinkTimer(Timer, Due + (ULONG64)Timer->Period * 10000);
    KiTestWaiters(&Timer->Header, 0);
    if (Timer->Dpc != NULL)
        KeInsertQueueDpc(Timer->Dpc, (PVOID)(ULONG_PTR)(ULONG)KeVirtualTime(),
                         (PVOID)(ULONG_PTR)(KeVirtualTime() >> 32));
}

VOID KiExpireTimers(VOID)
{
    ULONG64 Due;

    while (KiNextTimerDue(&Due) && Due <= KeVirtualTime())
        KiExpireTimer(KiTimerOf(KiTimerList.Flink), Due);
}

/* Timers expire on the processor that takes the clock interrupt; when this one's IRQL holds it
 * back, another does. */
BOOLEAN KiExpireElsewhere(VOID)
{
    KPRCB *Self = KiGetPrcb();

    for (ULONG i = 0; i < KeProcessorCount; i++) {
        KPRCB *Prcb = &KiProcessor[i]->Prcb;

        if (Prcb == Self || KiProcessor[i]->Irql >= DISPATCH_LEVEL + 1)
            continue;
        if (Prcb->CurrentThread != Prcb->IdleThread && KiProcessor[i]->Irql >= DISPATCH_LEVEL)
            continue;
        KiRequestSoftwareInterrupt(Prcb, KI_PENDING_DPC);
        return KiSwitchToBusyProcessor();
    }
    return FALSE;
}

static BOOLEAN KiLiesIn(PVOID Object, PVOID Base, SIZE_T Bytes)
{
    return (ULONG64)Object - (ULONG64)Base < Bytes;
}

/* [doc: bug check 0xC7, TIMER_OR_DPC_INVALID: 0 timer object, 1 DPC object, 2 DPC routine; object;
 * range] */
static DECLSPEC_NORETURN VOID KiTimerInRange(ULONG Kind, PVOID Object, PKDPC Dpc, PVOID Base,
                                             SIZE_T Bytes)
{
    static const char *const What[] = {"a timer that is set", "a DPC that is queued",
                                       "the routine of a DPC that is queued"};

    if (Dpc == NULL)
        KeSetBugCheckText("%s (%p) lies in memory that is going away", What[Kind], Object);
    else
        KeSetBugCheckText("%s (%p) lies in memory that is going away; the DPC's routine is at %p",
                          What[Kind], Object, (PVOID)Dpc->DeferredRoutine);
    KiBugCheck(0xC7, Kind, (ULONG64)Object, (ULONG64)Base, (ULONG64)Base + Bytes, NULL, FALSE);
}

static VOID KiCheckForDpc(PKDPC Dpc, PVOID Base, SIZE_T Bytes)
{
    if (KiLiesIn(Dpc, Base, Bytes))
        KiTimerInRange(1, Dpc, Dpc, Base, Bytes);
    if (KiLiesIn((PVOID)Dpc->DeferredRoutine, Base, Bytes))
        KiTimerInRange(2, (PVOID)Dpc->DeferredRoutine, Dpc, Base, Bytes);
}

VOID KeCheckForTimers(PVOID Base, SIZE_T Bytes)
{
    for (PLIST_ENTRY Entry = KiTimerList.Flink; Entry != &KiTimerList; Entry = Entry->Flink) {
        PKTIMER Timer = KiTimerOf(Entry);

        if (KiLiesIn(Timer, Base, Bytes))
            KiTimerInRange(0, Timer, Timer->Dpc, Base, Bytes);
        if (Timer->Dpc != NULL)
            KiCheckForDpc(Timer->Dpc, Base, Bytes);
    }
    for (ULONG i = 0; i < KeProcessorCount; i++) {
        PLIST_ENTRY Head = &KiProcessor[i]->Prcb.DpcListHead;

        for (PLIST_ENTRY Entry = Head->Flink; Entry != Head; Entry = Entry->Flink)
            KiCheckForDpc(CONTAINING_RECORD(Entry, KDPC, DpcListEntry), Base, Bytes);
    }
}

NT_EXPORT(KeInitializeTimerEx);
VOID NTAPI KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    RtlZeroMemory(Timer, sizeof(*Timer));
    Timer->Header.Type =
        Type == NotificationTimer ? TimerNotificationObject : TimerSynchronizationObject;
    Timer->Header.Size = sizeof(*Timer) / sizeof(LONG);
    InitializeListHead(&Timer->Header.WaitListHead);
}

NT_EXPORT(KeInitializeTimer);
VOID NTAPI KeInitializeTimer(PKTIMER Timer)
{
    KeInitializeTimerEx(Timer, NotificationTimer);
}

NT_EXPORT(KeSetTimerEx);
BOOLEAN NTAPI KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Was = Timer->Header.Inserted;

    if (Was)
        KiRemoveTimer(Timer);
    Timer->Header.SignalState = 0;
    Timer->Dpc = Dpc;
    Timer->Period = Period;
    KiInsertTimer(Timer, DueTime);
    KiUnlockDispatcher(OldIrql);
    return Was;
}

NT_EXPORT(KeSetTimer);
BOOLEAN NTAPI KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    return KeSetTimerEx(Timer, DueTime, 0, Dpc);
}

NT_EXPORT(KeSetCoalescableTimer);
BOOLEAN NTAPI KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period,
                                    ULONG TolerableDelay, PKDPC Dpc)
{
    (void)TolerableDelay;
    return KeSetTimerEx(Timer, DueTime, (LONG)Period, Dpc);
}

NT_EXPORT(KeCancelTimer);
BOOLEAN NTAPI KeCancelTimer(PKTIMER Timer)
{
    KIRQL OldIrql = KiLockDispatcher();
    BOOLEAN Was = Timer->Header.Inserted;

    if (Was)
        KiRemoveTimer(Timer);
    if (Timer->Dpc != NULL && Timer->Dpc->DpcData != NULL) /* expired, but its DPC has not run */
        KeRemoveQueueDpc(Timer->Dpc);
    KiUnlockDispatcher(OldIrql);
    return Was;
}

NT_EXPORT(KeReadStateTimer);
BOOLEAN NTAPI KeReadStateTimer(PKTIMER Timer)
{
    return Timer->Header.SignalState != 0;
}
