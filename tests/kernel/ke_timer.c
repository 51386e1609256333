/* Timers and DPCs: one-shot, periodic, cancelled; both kinds; importance, targets, arguments. */
#include "threads.h"

static KTIMER Timer;
static KDPC Dpc, Second;
static KEVENT Ran;
static LONG Count;
static KIRQL DpcIrql;
static ULONG DpcProcessor;
static PVOID SeenContext, SeenArgument1, SeenArgument2;
static LONG Order[4];

static VOID NTAPI count_dpc(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Self);
    DpcIrql = KeGetCurrentIrql();
    DpcProcessor = KeGetCurrentProcessorNumberEx(NULL);
    SeenContext = Context;
    SeenArgument1 = Argument1;
    SeenArgument2 = Argument2;
    InterlockedIncrement(&Count);
    KeSetEvent(&Ran, 0, FALSE);
}

static VOID NTAPI order_dpc(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Order[InterlockedIncrement(&Count) - 1] = (LONG)(LONG_PTR)Context;
}

static LARGE_INTEGER in_ms(LONG Milliseconds)
{
    LARGE_INTEGER Due;

    Due.QuadPart = -10000LL * Milliseconds;
    return Due;
}

static VOID timers(VOID)
{
    LARGE_INTEGER Zero = {{0}};

    tap_fill(&Timer);
    KeInitializeTimer(&Timer);
    ok(!KeReadStateTimer(&Timer), "not signalled at first");
    ok(!KeSetTimer(&Timer, in_ms(5), NULL), "KeSetTimer: it was not set");
    ok(KeSetTimer(&Timer, in_ms(5), NULL), "set again: it was");
    is_status(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "expires");
    ok(KeReadStateTimer(&Timer), "a notification timer stays signalled");
    ok(!KeCancelTimer(&Timer), "nothing to cancel");
    KeSetTimer(&Timer, in_ms(1000), NULL);
    ok(!KeReadStateTimer(&Timer), "setting it resets it");
    ok(KeCancelTimer(&Timer), "cancelled before its time");
    KeInitializeTimerEx(&Timer, SynchronizationTimer);
    KeSetTimer(&Timer, in_ms(1), NULL);
    is_status(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "a synchronization timer");
    is_status(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT, "is reset by the wait");
}

static VOID timer_dpcs(VOID)
{
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, count_dpc, &Timer);
    KeInitializeEvent(&Ran, SynchronizationEvent, FALSE);
    Count = 0;
    KeSetTimer(&Timer, in_ms(2), &Dpc);
    KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
    is_ulong(DpcIrql, DISPATCH_LEVEL, "the DPC runs at DISPATCH_LEVEL");
    is_ptr(SeenContext, &Timer, "with its context");
    KeSetTimerEx(&Timer, in_ms(1), 2, &Dpc);
    for (ULONG i = 0; i < 5; i++)
        KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
    ok(KeCancelTimer(&Timer), "a periodic timer stays set");
    is_long(Count, 6, "one shot and five periods");
    sleep_ms(20);
    is_long(Count, 6, "nothing after the cancel");
}

static VOID queue(VOID)
{
    KIRQL Old;

    KeInitializeDpc(&Dpc, count_dpc, NULL);
    Count = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    ok(KeInsertQueueDpc(&Dpc, (PVOID)1, (PVOID)2), "queued");
    ok(!KeInsertQueueDpc(&Dpc, (PVOID)3, (PVOID)4), "only once");
    is_long(Count, 0, "not before the IRQL falls");
    KeLowerIrql(Old);
    is_long(Count, 1, "when the IRQL falls");
    is_ptr(SeenArgument1, 1, "first argument");
    is_ptr(SeenArgument2, 2, "second argument");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    ok(KeRemoveQueueDpc(&Dpc), "removed");
    ok(!KeRemoveQueueDpc(&Dpc), "not there any more");
    KeLowerIrql(Old);
    is_long(Count, 1, "a removed DPC does not run");
}

static VOID importance(VOID)
{
    KIRQL Old;

    KeInitializeDpc(&Dpc, order_dpc, (PVOID)1);
    KeInitializeDpc(&Second, order_dpc, (PVOID)2);
    KeSetImportanceDpc(&Second, HighImportance);
    Count = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeInsertQueueDpc(&Second, NULL, NULL);
    KeLowerIrql(Old);
    is_long(Order[0], 2, "high importance goes first");
    is_long(Order[1], 1, "then the other");
}

static VOID targets(VOID)
{
    PROCESSOR_NUMBER Bad = {.Group = 0, .Number = 63};
    ULONG Processors = KeQueryActiveProcessorCount(NULL);

    for (ULONG i = 0; i < Processors; i++) {
        KeInitializeDpc(&Dpc, count_dpc, NULL);
        KeSetTargetProcessorDpc(&Dpc, (CCHAR)i);
        KeInitializeEvent(&Ran, SynchronizationEvent, FALSE);
        KeInsertQueueDpc(&Dpc, NULL, NULL);
        KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
        is_ulong(DpcProcessor, i, "runs on processor %lu", i);
    }
    is_status(KeSetTargetProcessorDpcEx(&Dpc, &Bad), STATUS_INVALID_PARAMETER, "a processor that is not there");
    KeInitializeThreadedDpc(&Second, count_dpc, NULL);
    Count = 0;
    KeInsertQueueDpc(&Second, NULL, NULL);
    KeFlushQueuedDpcs();
    is_long(Count, 1, "a threaded DPC runs too, KeFlushQueuedDpcs waits for it");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    timers();
    timer_dpcs();
    queue();
    importance();
    targets();
    ok(!KeSetCoalescableTimer(&Timer, in_ms(1), 0, 10, NULL), "KeSetCoalescableTimer");
    is_status(KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS, "expires as well");
    return done();
}
