/* Work items of device objects: allocated, embedded, queued again by their own routine. */
#include "iodev.h"

static KEVENT Done;
static PDEVICE_OBJECT GotDevice;
static PVOID GotContext, GotItem;
static ULONG Runs;

static VOID NTAPI work(PDEVICE_OBJECT Target, PVOID Context)
{
    GotDevice = Target;
    GotContext = Context;
    is_irql(PASSIVE_LEVEL, "a work item runs at PASSIVE_LEVEL");
    ok(PsIsSystemThread(PsGetCurrentThread()), "in a system thread");
    KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI work_ex(PVOID Object, PVOID Context, PIO_WORKITEM Item)
{
    GotDevice = Object;
    GotContext = Context;
    GotItem = Item;
    if (++Runs < 3)
        IoQueueWorkItemEx(Item, work_ex, CriticalWorkQueue, Context);
    else
        KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
}

static VOID wait(VOID)
{
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    KeClearEvent(&Done);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIO_WORKITEM Item;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    leak_begin();
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    is_status(make_device(Driver, 0), STATUS_SUCCESS, "device");
    Item = IoAllocateWorkItem(Device);
    ok(Item != NULL, "IoAllocateWorkItem");
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoQueueWorkItem(Item, work, DelayedWorkQueue, (PVOID)42);
    KeLowerIrql(Irql);
    wait();
    is_ptr(GotDevice, Device, "its device");
    is_ptr(GotContext, (PVOID)42, "its context");
    IoQueueWorkItemEx(Item, work_ex, DelayedWorkQueue, (PVOID)43);
    wait();
    is_ulong(Runs, 3, "queued again from its own routine");
    is_ptr(GotItem, Item, "the item is handed over");
    IoFreeWorkItem(Item);
    is_ulong(IoSizeofWorkItem(), 0x58, "IoSizeofWorkItem");
    Item = ExAllocatePoolWithTag(NonPagedPool, IoSizeofWorkItem(), 'tseT');
    RtlFillMemory(Item, IoSizeofWorkItem(), 0xA5);
    IoInitializeWorkItem(Device, Item);
    IoQueueWorkItem(Item, work, DelayedWorkQueue, (PVOID)44);
    wait();
    is_ptr(GotContext, (PVOID)44, "in the driver's own memory");
    IoUninitializeWorkItem(Item);
    ExFreePoolWithTag(Item, 'tseT');
    IoDeleteDevice(Device);
    leak_end();
    return done();
}
