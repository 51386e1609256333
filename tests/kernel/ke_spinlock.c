/* Spin locks of every kind, and what two processors make of them. */
#include "threads.h"

static KSPIN_LOCK Lock;
static EX_SPIN_LOCK ReaderWriter;
static LONG Shared;

static VOID plain(VOID)
{
    KIRQL Old;
    KLOCK_QUEUE_HANDLE Handle;

    KeInitializeSpinLock(&Lock);
    ok(KeTestSpinLock(&Lock), "free");
    KeAcquireSpinLock(&Lock, &Old);
    is_irql(DISPATCH_LEVEL, "held at DISPATCH_LEVEL");
    is_ulong(Old, PASSIVE_LEVEL, "the old IRQL");
    ok(!KeTestSpinLock(&Lock), "held");
    ok(!KeTryToAcquireSpinLockAtDpcLevel(&Lock), "not twice");
    KeReleaseSpinLock(&Lock, Old);
    is_irql(PASSIVE_LEVEL, "released");
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    ok(KeTryToAcquireSpinLockAtDpcLevel(&Lock), "tried and got it");
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Lock, &Handle);
    ok(!KeTestSpinLock(&Lock), "a queued lock is the same lock");
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&Handle);
    KeLowerIrql(Old);
    KeAcquireInStackQueuedSpinLock(&Lock, &Handle);
    is_irql(DISPATCH_LEVEL, "queued, from PASSIVE_LEVEL");
    KeReleaseInStackQueuedSpinLock(&Handle);
    is_irql(PASSIVE_LEVEL, "and back");
    Old = KeAcquireSpinLockForDpc(&Lock);
    KeReleaseSpinLockForDpc(&Lock, Old);
    KeAcquireInStackQueuedSpinLockForDpc(&Lock, &Handle);
    KeReleaseInStackQueuedSpinLockForDpc(&Handle);
    is_irql(PASSIVE_LEVEL, "the ForDpc forms");
}

static VOID readers_writers(VOID)
{
    KIRQL Old, Inner;

    ReaderWriter = 0;
    Old = ExAcquireSpinLockShared(&ReaderWriter);
    Inner = ExAcquireSpinLockShared(&ReaderWriter);
    is_ulong(Inner, DISPATCH_LEVEL, "two readers");
    ok(!ExTryConvertSharedSpinLockExclusive(&ReaderWriter), "two readers cannot become a writer");
    ExReleaseSpinLockShared(&ReaderWriter, Inner);
    ok(ExTryConvertSharedSpinLockExclusive(&ReaderWriter), "one can");
    ExReleaseSpinLockExclusive(&ReaderWriter, Old);
    Old = ExAcquireSpinLockExclusive(&ReaderWriter);
    ExReleaseSpinLockExclusiveFromDpcLevel(&ReaderWriter);
    ExAcquireSpinLockExclusiveAtDpcLevel(&ReaderWriter);
    ExReleaseSpinLockExclusiveFromDpcLevel(&ReaderWriter);
    ExAcquireSpinLockSharedAtDpcLevel(&ReaderWriter);
    ExReleaseSpinLockSharedFromDpcLevel(&ReaderWriter);
    KeLowerIrql(Old);
    is_irql(PASSIVE_LEVEL, "all released");
}

static VOID add(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < 1000; i++) {
        KIRQL Old;
        LONG Value;

        KeAcquireSpinLock(&Lock, &Old);
        Value = Shared;
        KeStallExecutionProcessor(1); /* the other processor runs into the lock */
        Shared = Value + 1;
        KeReleaseSpinLock(&Lock, Old);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PVOID Threads[3];

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    plain();
    readers_writers();
    for (ULONG i = 0; i < 3; i++)
        Threads[i] = start_thread(add, NULL);
    for (ULONG i = 0; i < 3; i++)
        join_thread(Threads[i]);
    is_long(Shared, 3000, "three threads on two processors exclude each other");
    return done();
}
