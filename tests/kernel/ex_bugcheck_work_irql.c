/* A worker routine that returns at raised IRQL: WORKER_THREAD_RETURNED_AT_BAD_IRQL. */
#include "threads.h"

static VOID NTAPI worker(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID NTAPI raiser(PVOID Context)
{
    KIRQL Irql;

    UNREFERENCED_PARAMETER(Context);
    KeRaiseIrql(APC_LEVEL, &Irql);
}

static VOID mistake(VOID)
{
    static WORK_QUEUE_ITEM Item;

    worker(NULL);
    ExInitializeWorkItem(&Item, raiser, NULL);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    expect_bugcheck(0xE1);
    mistake();
    sleep_ms(100);
    return done();
}
