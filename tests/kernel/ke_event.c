/* Events: initial states, signals, both kinds, waits with and without time-outs, at each legal IRQL. */
#include "threads.h"

static KEVENT Event, Ready;
static LARGE_INTEGER Zero;

static VOID states(PVOID Context)
{
    KEVENT Local;

    UNREFERENCED_PARAMETER(Context);
    tap_fill(&Local);
    KeInitializeEvent(&Local, NotificationEvent, FALSE);
    is_long(KeReadStateEvent(&Local), 0, "not signalled at first");
    is_long(KeSetEvent(&Local, 0, FALSE), 0, "KeSetEvent returns the old state");
    is_long(KeSetEvent(&Local, 0, FALSE), 1, "and again");
    is_long(KeReadStateEvent(&Local), 1, "signalled");
    is_long(KeResetEvent(&Local), 1, "KeResetEvent returns the old state");
    is_long(KeReadStateEvent(&Local), 0, "reset");
    KeSetEvent(&Local, 0, FALSE);
    KeClearEvent(&Local);
    is_long(KeReadStateEvent(&Local), 0, "cleared");
    KeInitializeEvent(&Local, SynchronizationEvent, TRUE);
    is_long(KeReadStateEvent(&Local), 1, "signalled from the start");
    is_status(KeWaitForSingleObject(&Local, Executive, KernelMode, FALSE, &Zero), STATUS_SUCCESS, "a wait takes it");
    is_status(KeWaitForSingleObject(&Local, Executive, KernelMode, FALSE, &Zero), STATUS_TIMEOUT, "only once");
    KeInitializeEvent(&Local, NotificationEvent, TRUE);
    is_status(KeWaitForSingleObject(&Local, Executive, KernelMode, FALSE, &Zero), STATUS_SUCCESS, "a notification event");
    is_status(KeWaitForSingleObject(&Local, Executive, KernelMode, FALSE, &Zero), STATUS_SUCCESS, "stays signalled");
}

static VOID waiter(PVOID Context)
{
    KeSetEvent(&Ready, 0, FALSE);
    if (KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL) == STATUS_SUCCESS)
        InterlockedIncrement((PLONG)Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID wake(EVENT_TYPE Type, BOOLEAN Pulse, LONG Expected)
{
    LONG Woken = 0;
    PVOID Threads[3];

    KeInitializeEvent(&Event, Type, FALSE);
    for (ULONG i = 0; i < 3; i++) {
        KeInitializeEvent(&Ready, SynchronizationEvent, FALSE);
        Threads[i] = start_thread(waiter, &Woken);
        KeWaitForSingleObject(&Ready, Executive, KernelMode, FALSE, NULL);
    }
    sleep_ms(1);
    if (Pulse)
        KePulseEvent(&Event, 0, FALSE);
    else
        KeSetEvent(&Event, 0, FALSE);
    sleep_ms(1);
    is_long(Woken, Expected, "%s of a %s event wakes %ld of 3", Pulse ? "a pulse" : "a set",
            Type == NotificationEvent ? "notification" : "synchronization", Expected);
    for (ULONG i = 0; i < 3; i++) {
        KeSetEvent(&Event, 0, FALSE);
        sleep_ms(1);
    }
    for (ULONG i = 0; i < 3; i++)
        join_thread(Threads[i]);
    is_long(Woken, 3, "all woken in the end");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Timeout, Before, After;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    tap_at_levels(TAP_ALL_LEVELS, states, NULL, "states");
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Timeout.QuadPart = -50000;
    KeQuerySystemTime(&Before);
    is_status(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT, "times out");
    KeQuerySystemTime(&After);
    ok(After.QuadPart - Before.QuadPart >= 50000, "not before its time");
    Timeout.QuadPart = Before.QuadPart - 1;
    is_status(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Timeout), STATUS_TIMEOUT,
              "an absolute time in the past");
    wake(NotificationEvent, FALSE, 3);
    wake(SynchronizationEvent, FALSE, 1);
    wake(NotificationEvent, TRUE, 3);
    wake(SynchronizationEvent, TRUE, 1);
    return done();
}
