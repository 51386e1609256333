/* Kernel queues: order, time-outs, the bound on threads, run-down. */
#include "threads.h"

static KQUEUE Queue;
static LIST_ENTRY Entries[4];
static LONG Working, Most;

static VOID worker(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (;;) {
        PLIST_ENTRY Entry = KeRemoveQueue(&Queue, KernelMode, NULL);
        LONG Now;

        if ((NTSTATUS)(ULONG_PTR)Entry == STATUS_ABANDONED)
            break;
        Now = InterlockedIncrement(&Working);
        if (Now > Most)
            Most = Now;
        KeStallExecutionProcessor(10);
        InterlockedDecrement(&Working);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Zero = {{0}}, Short;
    PVOID Threads[3];
    static LIST_ENTRY Work[50];

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Short.QuadPart = -10000;
    tap_fill(&Queue);
    KeInitializeQueue(&Queue, 1);
    is_long(KeReadStateQueue(&Queue), 0, "empty");
    is_hex((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &Zero), STATUS_TIMEOUT, "nothing to take");
    is_hex((ULONG_PTR)KeRemoveQueue(&Queue, KernelMode, &Short), STATUS_TIMEOUT, "nothing in time");
    is_long(KeInsertQueue(&Queue, &Entries[0]), 0, "first in");
    is_long(KeInsertQueue(&Queue, &Entries[1]), 1, "second");
    is_long(KeInsertHeadQueue(&Queue, &Entries[2]), 2, "one at the head");
    is_ptr(KeRemoveQueue(&Queue, KernelMode, &Zero), &Entries[2], "the head comes first");
    is_ptr(KeRemoveQueue(&Queue, KernelMode, &Zero), &Entries[0], "then in order");
    is_ptr(KeRemoveQueue(&Queue, KernelMode, &Zero), &Entries[1], "to the last");
    KeInsertQueue(&Queue, &Entries[3]);
    is_ptr(KeRundownQueue(&Queue), &Entries[3], "run-down returns what is left");

    KeInitializeQueue(&Queue, 1);
    for (ULONG i = 0; i < 3; i++)
        Threads[i] = start_thread(worker, NULL);
    sleep_ms(1);
    for (ULONG i = 0; i < 50; i++)
        KeInsertQueue(&Queue, &Work[i]);
    sleep_ms(50);
    is_long(KeReadStateQueue(&Queue), 0, "all work is done");
    is_long(Most, 1, "by one thread at a time");
    is_ptr(KeRundownQueue(&Queue), NULL, "nothing left");
    for (ULONG i = 0; i < 3; i++)
        join_thread(Threads[i]);
    ok(TRUE, "run-down ends the waits");
    return done();
}
