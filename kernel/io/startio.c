/*
 * StartIo: the device's queue, its current IRP, deferred starting. [doc: Writing a StartIo Routine]
 */
#include "iop.h"

static VOID IopCallStartIo(PDEVICE_OBJECT Device, PIRP Irp)
{
    PDRIVER_STARTIO StartIo = Device->DriverObject->DriverStartIo;

    if (StartIo == NULL) {
        KeSetBugCheckText("IoStartPacket on device %p of %wZ, which has no StartIo routine", Device,
                          &Device->DriverObject->DriverName);
        KeBugCheckEx(DRIVER_IRQL_NOT_LESS_OR_EQUAL, 0, KeGetCurrentIrql(), 8, 0);
    }
    StartIo(Device, Irp);
}

/* Takes the next packet; CurrentIrp is set under the cancel lock when it can be cancelled. DISPATCH_LEVEL. */
static PIRP IopNextPacket(PDEVICE_OBJECT Device, BOOLEAN Cancelable, const ULONG *Key)
{
    PKDEVICE_QUEUE_ENTRY Entry;
    PIRP Irp = NULL;
    KIRQL Irql = DISPATCH_LEVEL;

    if (Cancelable)
        IoAcquireCancelSpinLock(&Irql);
    Device->CurrentIrp = NULL;
    Entry = Key != NULL ? KeRemoveByKeyDeviceQueue(&Device->DeviceQueue, *Key)
                        : KeRemoveDeviceQueue(&Device->DeviceQueue);
    if (Entry != NULL) {
        Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.DeviceQueueEntry);
        Device->CurrentIrp = Irp;
        if (Cancelable && (IopDeviceExt(Device)->StartIoFlags & IOP_STARTIO_NO_CANCEL))
            IoSetCancelRoutine(Irp, NULL);
    }
    if (Cancelable)
        IoReleaseCancelSpinLock(Irql);
    return Irp;
}

/*
 * With deferred starting StartIo is not entered again while it runs: the next packet waits until it returns, so that a
 * StartIo that completes its request and calls IoStartNextPacket does not recurse. [doc: IoSetStartIoAttributes]
 */
static VOID IopStartNext(PDEVICE_OBJECT Device, BOOLEAN Cancelable, const ULONG *Key)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(Device);
    PIRP Irp;

    if (!(Extension->StartIoFlags & IOP_STARTIO_DEFER)) {
        Irp = IopNextPacket(Device, Cancelable, Key);
        if (Irp != NULL)
            IopCallStartIo(Device, Irp);
        return;
    }
    Extension->StartIoKey = Key != NULL ? (LONG)*Key : 0;
    if (Extension->StartIoCount++ != 0)
        return; /* the call below us goes on */
    do {
        ULONG NextKey = (ULONG)Extension->StartIoKey;

        Irp = IopNextPacket(Device, Cancelable, Key != NULL ? &NextKey : NULL);
        if (Irp != NULL)
            IopCallStartIo(Device, Irp);
    } while (--Extension->StartIoCount != 0);
}

static VOID IopStartFirst(PDEVICE_OBJECT Device, PIRP Irp)
{
    IOP_DEVOBJ_EXTENSION *Extension = IopDeviceExt(Device);

    if (!(Extension->StartIoFlags & IOP_STARTIO_DEFER)) {
        IopCallStartIo(Device, Irp);
        return;
    }
    Extension->StartIoCount++;
    IopCallStartIo(Device, Irp);
    if (--Extension->StartIoCount == 0)
        return;
    Extension->StartIoCount = 0;
    IopStartNext(Device, TRUE, NULL);
}

NT_EXPORT(IoStartPacket);
VOID NTAPI IoStartPacket(PDEVICE_OBJECT Device, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    KIRQL OldIrql = KfRaiseIrql(DISPATCH_LEVEL), CancelIrql = DISPATCH_LEVEL;
    PKDEVICE_QUEUE_ENTRY Entry = &Irp->Tail.Overlay.DeviceQueueEntry;
    BOOLEAN Queued;

    if (CancelFunction != NULL) {
        IoAcquireCancelSpinLock(&CancelIrql);
        IoSetCancelRoutine(Irp, CancelFunction);
    }
    Queued = Key != NULL ? KeInsertByKeyDeviceQueue(&Device->DeviceQueue, Entry, *Key)
                         : KeInsertDeviceQueue(&Device->DeviceQueue, Entry);
    if (!Queued) {
        Device->CurrentIrp = Irp;
        if (CancelFunction != NULL) {
            if (IopDeviceExt(Device)->StartIoFlags & IOP_STARTIO_NO_CANCEL)
                IoSetCancelRoutine(Irp, NULL);
            IoReleaseCancelSpinLock(CancelIrql);
        }
        IopStartFirst(Device, Irp);
    } else if (CancelFunction != NULL) {
        PDRIVER_CANCEL Routine = NULL;

        if (Irp->Cancel)
            Routine = IoSetCancelRoutine(Irp, NULL);
        if (Routine != NULL) {
            Irp->CancelIrql = CancelIrql;
            Routine(Device, Irp); /* releases the lock */
        } else {
            IoReleaseCancelSpinLock(CancelIrql);
        }
    }
    KeLowerIrql(OldIrql);
}

NT_EXPORT(IoStartNextPacket);
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT Device, BOOLEAN Cancelable)
{
    IopStartNext(Device, Cancelable, NULL);
}

NT_EXPORT(IoStartNextPacketByKey);
VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT Device, BOOLEAN Cancelable, ULONG Key)
{
    IopStartNext(Device, Cancelable, &Key);
}

NT_EXPORT(IoSetStartIoAttributes);
VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT Device, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable)
{
    IopDeviceExt(Device)->StartIoFlags = (DeferredStartIo ? IOP_STARTIO_DEFER : 0)
                                       | (NonCancelable ? IOP_STARTIO_NO_CANCEL : 0);
}
