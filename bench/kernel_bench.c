/*
 * The kernel's own figures: context switch, DPC, timer, pool pair. A driver; needs the real clock. Each figure is the best of
 * several batches, so that the host's other work does not show.
 */
#include <ntifs.h>

#define BATCHES 7
#define TAG 'hcnB'

static KEVENT Ping, Pong;
static KDPC Dpc;
static KTIMER Timer;
static volatile LONG DpcRuns;


static ULONG64 now(VOID)
{
    return (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart; /* 100 ns */
}

static VOID report(const char *Name, ULONG64 Best100ns, ULONG Count)
{
    ULONG64 Tenths = Best100ns * 1000 / Count;

    DbgPrint("%s\t%I64u.%I64u\tns\n", Name, Tenths / 10, Tenths % 10);
}

static VOID pong_thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (;;) {
        KeWaitForSingleObject(&Ping, Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&Pong, 0, FALSE);
    }
}

static VOID switches(VOID)
{
    enum { COUNT = 20000 };
    ULONG64 Best = MAXULONG64;
    HANDLE Thread;

    KeInitializeEvent(&Ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Pong, SynchronizationEvent, FALSE);
    KeSetSystemAffinityThread(1);
    PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, pong_thread, NULL);
    ZwClose(Thread);
    for (ULONG Batch = 0; Batch < BATCHES; Batch++) {
        ULONG64 Start = now();

        for (ULONG i = 0; i < COUNT; i++) {
            KeSetEvent(&Ping, 0, FALSE);
            KeWaitForSingleObject(&Pong, Executive, KernelMode, FALSE, NULL);
        }
        Best = min(Best, now() - Start);
    }
    KeRevertToUserAffinityThread();
    report("context_switch_ns", Best, 2 * COUNT);
}

static VOID NTAPI dpc_routine(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    DpcRuns++;
}

static VOID dpcs(VOID)
{
    enum { COUNT = 100000 };
    ULONG64 Best = MAXULONG64;

    KeInitializeDpc(&Dpc, dpc_routine, NULL);
    for (ULONG Batch = 0; Batch < BATCHES; Batch++) {
        ULONG64 Start = now();

        for (ULONG i = 0; i < COUNT; i++)
            KeInsertQueueDpc(&Dpc, NULL, NULL);
        Best = min(Best, now() - Start);
    }
    report("dpc_ns", Best, COUNT);
}

static VOID timers(VOID)
{
    enum { COUNT = 100000 };
    ULONG64 Best = MAXULONG64;
    LARGE_INTEGER Due;

    Due.QuadPart = -10000000;
    KeInitializeTimer(&Timer);
    for (ULONG Batch = 0; Batch < BATCHES; Batch++) {
        ULONG64 Start = now();

        for (ULONG i = 0; i < COUNT; i++) {
            KeSetTimer(&Timer, Due, NULL);
            KeCancelTimer(&Timer);
        }
        Best = min(Best, now() - Start);
    }
    report("timer_ns", Best, COUNT);
}

static VOID pool(VOID)
{
    enum { COUNT = 100000 };
    ULONG64 Best = MAXULONG64;

    for (ULONG Batch = 0; Batch < BATCHES; Batch++) {
        ULONG64 Start = now();

        for (ULONG i = 0; i < COUNT; i++)
            ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 128, TAG), TAG);
        Best = min(Best, now() - Start);
    }
    report("pool_pair_ns", Best, COUNT);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(Driver);
    UNREFERENCED_PARAMETER(RegistryPath);
    switches();
    dpcs();
    timers();
    pool();
    return STATUS_SUCCESS;
}
