/* Device queues, StartIo with and without keys, deferred starting, the device's once-a-second timer. */
#include "threads.h"
#include "iodev.h"

static ULONG Started[8], StartCount, Depth, Deepest;
static BOOLEAN CompleteInStart;
static LONG Ticks;

static VOID test_queue(VOID)
{
    KDEVICE_QUEUE Queue;
    KDEVICE_QUEUE_ENTRY Entry[4];
    KIRQL Irql;

    tap_fill(&Queue);
    tap_fill(&Entry);
    KeInitializeDeviceQueue(&Queue);
    is_ulong(Queue.Size, sizeof(Queue), "size");
    is_bool(Queue.Busy, FALSE, "idle");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    is_bool(KeInsertDeviceQueue(&Queue, &Entry[0]), FALSE, "an idle queue takes no entry");
    is_bool(Queue.Busy, TRUE, "but is busy from now on");
    is_bool(KeInsertByKeyDeviceQueue(&Queue, &Entry[1], 20), TRUE, "key 20");
    is_bool(KeInsertByKeyDeviceQueue(&Queue, &Entry[2], 10), TRUE, "key 10");
    is_bool(KeInsertByKeyDeviceQueue(&Queue, &Entry[3], 20), TRUE, "key 20 again");
    is_ptr(KeRemoveByKeyDeviceQueue(&Queue, 15), &Entry[1], "first with a key of 15 or more");
    is_bool(KeRemoveEntryDeviceQueue(&Queue, &Entry[3]), TRUE, "one by name");
    is_bool(KeRemoveEntryDeviceQueue(&Queue, &Entry[3]), FALSE, "only once");
    is_ptr(KeRemoveByKeyDeviceQueue(&Queue, 15), &Entry[2], "none is large enough: the first");
    is_ptr(KeRemoveDeviceQueue(&Queue), NULL, "empty");
    is_bool(Queue.Busy, FALSE, "idle again");
    KeLowerIrql(Irql);
}

static VOID NTAPI start_io(PDEVICE_OBJECT Target, PIRP Irp)
{
    if (++Depth > Deepest)
        Deepest = Depth;
    is_irql(DISPATCH_LEVEL, "StartIo runs at DISPATCH_LEVEL");
    Started[StartCount++ % 8] = (ULONG)(ULONG_PTR)Irp->Tail.Overlay.DriverContext[3];
    if (CompleteInStart)
        IoStartNextPacket(Target, FALSE);
    Depth--;
}

static PIRP packet(ULONG Number)
{
    PIRP Irp = IoAllocateIrp(1, FALSE);

    Irp->Tail.Overlay.DriverContext[3] = (PVOID)(ULONG_PTR)Number;
    return Irp;
}

static VOID start_next(VOID)
{
    KIRQL Irql;

    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoStartNextPacket(Device, FALSE);
    KeLowerIrql(Irql);
}

static VOID test_startio(VOID)
{
    PIRP Irp[4];
    ULONG Key[4] = { 0, 30, 10, 20 }, i;
    KIRQL Irql;

    for (i = 0; i < 4; i++)
        Irp[i] = packet(i + 1);
    for (i = 0; i < 4; i++)
        IoStartPacket(Device, Irp[i], &Key[i], NULL);
    is_ulong(StartCount, 1, "only the first is started");
    is_ptr(Device->CurrentIrp, Irp[0], "it is current");
    start_next();
    is_ulong(Started[1], 3, "the smallest key is next");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoStartNextPacketByKey(Device, FALSE, 25);
    KeLowerIrql(Irql);
    is_ulong(Started[2], 2, "the first with a key of 25 or more");
    start_next();
    is_ulong(Started[3], 4, "the last");
    start_next();
    is_ptr(Device->CurrentIrp, NULL, "none is current");
    is_irql(PASSIVE_LEVEL, "IRQL is as before");
    /* Deferred: StartIo is not entered from within itself. */
    StartCount = Deepest = 0;
    IoSetStartIoAttributes(Device, TRUE, TRUE);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoStartPacket(Device, Irp[0], NULL, NULL);
    IoStartPacket(Device, Irp[1], NULL, NULL);
    IoStartPacket(Device, Irp[2], NULL, NULL);
    CompleteInStart = TRUE;
    IoStartNextPacket(Device, FALSE);
    KeLowerIrql(Irql);
    is_ulong(StartCount, 3, "all are started");
    is_ulong(Deepest, 1, "one after the other");
    for (i = 0; i < 4; i++)
        IoFreeIrp(Irp[i]);
}

static VOID NTAPI tick(PDEVICE_OBJECT Target, PVOID Context)
{
    UNREFERENCED_PARAMETER(Target);
    InterlockedAdd(Context, 1);
}

static VOID test_timer(VOID)
{
    is_status(IoInitializeTimer(Device, tick, (PVOID)&Ticks), STATUS_SUCCESS, "IoInitializeTimer");
    sleep_ms(1500);
    is_long(Ticks, 0, "does not run before IoStartTimer");
    IoStartTimer(Device);
    sleep_ms(2500);
    ok(Ticks == 2 || Ticks == 3, "once a second: %ld", Ticks);
    IoStopTimer(Device);
    Ticks = 0;
    sleep_ms(2500);
    is_long(Ticks, 0, "stopped");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Driver->DriverStartIo = start_io;
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    test_queue();
    test_startio();
    test_timer();
    IoDeleteDevice(Device);
    return done();
}
