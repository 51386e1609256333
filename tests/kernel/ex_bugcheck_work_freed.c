/* A work item freed while it is queued: WORKER_INVALID. */
#include "threads.h"

static VOID NTAPI worker(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID mistake(VOID)
{
    PWORK_QUEUE_ITEM Item = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Item), 'tsTW');
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    ExInitializeWorkItem(Item, worker, NULL);
    ExQueueWorkItem(Item, DelayedWorkQueue);
    ExFreePoolWithTag(Item, 'tsTW');
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
