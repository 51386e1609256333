/* Kernel queues: order, time-outs, the bound on threads, run-down, APCs for a thread that waits. */
#include "apc.h"
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

/* ---- a kernel APC for a thread that waits ---- */

static KQUEUE Port;
static LIST_ENTRY Packet;
static KEVENT Waiting;
static PLIST_ENTRY Taken;
static PVOID Waiter;

/* As the completion of an I/O request does: in the context of the thread that waits for it. */
static VOID NTAPI insert_packet(PRKAPC Apc, PKNORMAL_ROUTINE *Routine, PVOID *Context, PVOID *First,
                                PVOID *Second)
{
    UNREFERENCED_PARAMETER(Apc);
    UNREFERENCED_PARAMETER(Routine);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    is_ptr(PsGetCurrentThread(), Waiter, "the APC runs in the thread that waits");
    KeInsertQueue(&Port, &Packet);
}

static VOID waiter(PVOID Context)
{
    LARGE_INTEGER Second;

    UNREFERENCED_PARAMETER(Context);
    Second.QuadPart = -10000000;
    Waiter = PsGetCurrentThread();
    KeSetEvent(&Waiting, 0, TRUE); /* nothing runs before the wait */
    Taken = KeRemoveQueue(&Port, KernelMode, &Second);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID test_apc(VOID)
{
    PVOID Thread;
    KAPC Apc;

    KeInitializeQueue(&Port, 1);
    KeInitializeEvent(&Waiting, SynchronizationEvent, FALSE);
    Thread = start_thread(waiter, NULL);
    KeWaitForSingleObject(&Waiting, Executive, KernelMode, FALSE, NULL);
    KeInitializeApc(&Apc, Waiter, OriginalApcEnvironment, insert_packet, NULL, NULL, KernelMode,
                    NULL);
    ok(KeInsertQueueApc(&Apc, NULL, NULL, 0), "a kernel APC for a thread that waits for an entry");
    join_thread(Thread);
    is_ptr(Taken, &Packet, "the entry that the APC inserts ends the wait");
    is_ptr(KeRundownQueue(&Port), NULL, "nothing left in the queue");
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
    test_apc();
    return done();
}
