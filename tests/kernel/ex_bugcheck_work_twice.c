/* A work item queued twice: WORKER_INVALID. */
#include "threads.h"

static VOID NTAPI worker(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID mistake(VOID)
{
    static WORK_QUEUE_ITEM Item;
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExInitializeWorkItem(&Item, worker, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    KeLowerIrql(Irql);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xE4);
    mistake();
    sleep_ms(100);
    return done();
}
