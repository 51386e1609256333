/* A work item queued while it is queued: WORKER_INVALID. */
#include "iodev.h"

static VOID NTAPI work(PDEVICE_OBJECT Target, PVOID Context)
{
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PIO_WORKITEM Item;
    KIRQL Irql;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!NT_SUCCESS(make_device(Driver, 0)) || (Item = IoAllocateWorkItem(Device)) == NULL)
        return bail("no work item");
    expect_bugcheck(0xE4);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    IoQueueWorkItem(Item, work, DelayedWorkQueue, NULL);
    IoQueueWorkItem(Item, work, DelayedWorkQueue, NULL);
    KeLowerIrql(Irql);
    return STATUS_SUCCESS;
}
