/*
 * A work item on the stack of a function that returns before the worker runs:
 * INVALID_WORK_QUEUE_ITEM.
 */
#include "threads.h"

static VOID NTAPI worker(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static DECLSPEC_NOINLINE VOID mistake(VOID)
{
    WORK_QUEUE_ITEM Item;
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExInitializeWorkItem(&Item, worker, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeLowerIrql(Irql);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0x96);
    mistake();
    sleep_ms(100);
    return done();
}
