/* Work items: every queue type, order, IRQL, items that queue items, items that wait for others. */
#include "threads.h"

static volatile LONG Count;
static KEVENT Event;
static ULONG Sequence[64];
static LONG Filled;
static WORK_QUEUE_ITEM Item[16], Single;
static BOOLEAN PassiveOnly = TRUE, SystemOnly = TRUE;

static VOID NTAPI worker(PVOID Context)
{
    PassiveOnly &= KeGetCurrentIrql() == PASSIVE_LEVEL;
    SystemOnly &= PsGetCurrentProcess() == PsInitialSystemProcess;
    Sequence[Filled++] = (ULONG)(ULONG_PTR)Context;
    if (InterlockedDecrement(&Count) == 0)
        KeSetEvent(&Event, 0, FALSE);
}

static VOID wait_all(const char *What)
{
    LARGE_INTEGER Limit = {.QuadPart = -10000000LL};

    is_status(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Limit), STATUS_SUCCESS,
              "%s are done", What);
}

static VOID queue_types(PVOID Context)
{
    ULONG Type = *(ULONG *)Context;
    BOOLEAN InOrder = TRUE;

    Filled = 0;
    Count = 16;
    KeClearEvent(&Event);
    for (ULONG i = 0; i < 16; i++) {
        ExInitializeWorkItem(&Item[i], worker, (PVOID)(ULONG_PTR)i);
        ExQueueWorkItem(&Item[i], (WORK_QUEUE_TYPE)Type);
    }
    if (KeGetCurrentIrql() == DISPATCH_LEVEL)
        KeLowerIrql(PASSIVE_LEVEL);
    wait_all("16 items");
    for (ULONG i = 0; i < 16; i++)
        InOrder &= Sequence[i] == i;
    ok(InOrder, "in the order of queueing, type %u", Type);
}

/* The routine may queue its own item again. */
static VOID NTAPI again(PVOID Context)
{
    if (++Count < 5)
        ExQueueWorkItem(&Single, DelayedWorkQueue);
    else
        KeSetEvent(Context, 0, FALSE);
}

static KEVENT Partner;

static VOID NTAPI waits(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Partner, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&Event, 0, FALSE);
}

static VOID NTAPI wakes(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Partner, 0, FALSE);
}

/* Legal, if unwise: an item on the stack of a function that waits for its routine. */
static VOID on_stack(VOID)
{
    WORK_QUEUE_ITEM Local;

    KeClearEvent(&Event);
    Filled = 0;
    Count = 1;
    ExInitializeWorkItem(&Local, worker, NULL);
    ExQueueWorkItem(&Local, DelayedWorkQueue);
    wait_all("an item on the stack of who waits for it");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const ULONG Type[] = {CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue,
                                 32 + 10};

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Partner, SynchronizationEvent, FALSE);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Type); i++) {
        KIRQL Irql;

        queue_types((PVOID)&Type[i]);
        KeRaiseIrql(DISPATCH_LEVEL, &Irql);
        queue_types((PVOID)&Type[i]);
        is_irql(PASSIVE_LEVEL, "back at PASSIVE_LEVEL");
    }
    ok(PassiveOnly, "routines run at PASSIVE_LEVEL");
    ok(SystemOnly, "in the System process");
    Count = 0;
    ExInitializeWorkItem(&Single, again, &Event);
    ExQueueWorkItem(&Single, DelayedWorkQueue);
    wait_all("five turns of one item");
    is_long(Count, 5, "five turns");
    ExInitializeWorkItem(&Item[0], waits, NULL);
    ExInitializeWorkItem(&Item[1], wakes, NULL);
    ExQueueWorkItem(&Item[0], DelayedWorkQueue);
    ExQueueWorkItem(&Item[1], DelayedWorkQueue);
    wait_all("an item that waits for the next in its queue");
    on_stack();
    return done();
}
