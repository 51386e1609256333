/*
 * Device queues: the list of requests behind the one that a device works on. [doc: Setting Up and Using Device Queues]
 */
#include "iop.h"

#define IOP_DEVICE_QUEUE_OBJECT 20 /* KDEVICE_QUEUE.Type: DeviceQueueObject of NT's KOBJECTS */

NT_EXPORT(KeInitializeDeviceQueue);
VOID NTAPI KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    RtlZeroMemory(DeviceQueue, sizeof(*DeviceQueue));
    DeviceQueue->Type = IOP_DEVICE_QUEUE_OBJECT;
    DeviceQueue->Size = sizeof(*DeviceQueue);
    InitializeListHead(&DeviceQueue->DeviceListHead);
    KeInitializeSpinLock(&DeviceQueue->Lock);
}

/* FALSE: the queue was idle; the entry is not in it and the device is busy from now on. */
static BOOLEAN IopInsertEntry(PKDEVICE_QUEUE Queue, PKDEVICE_QUEUE_ENTRY Entry, const ULONG *Key)
{
    KLOCK_QUEUE_HANDLE Handle;
    PLIST_ENTRY After = &Queue->DeviceListHead;
    BOOLEAN Busy;

    KeAcquireInStackQueuedSpinLock(&Queue->Lock, &Handle);
    Busy = Queue->Busy;
    Entry->Inserted = Busy;
    Entry->SortKey = Key != NULL ? *Key : 0;
    if (Busy && Key == NULL)
        InsertTailList(&Queue->DeviceListHead, &Entry->DeviceListEntry);
    if (Busy && Key != NULL) { /* behind the last one with the same or a smaller key */
        while (After->Blink != &Queue->DeviceListHead
               && CONTAINING_RECORD(After->Blink, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey > *Key)
            After = After->Blink;
        InsertTailList(After, &Entry->DeviceListEntry);
    }
    Queue->Busy = TRUE;
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Busy;
}

NT_EXPORT(KeInsertDeviceQueue);
BOOLEAN NTAPI KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    return IopInsertEntry(DeviceQueue, DeviceQueueEntry, NULL);
}

NT_EXPORT(KeInsertByKeyDeviceQueue);
BOOLEAN NTAPI KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry,
                                       ULONG SortKey)
{
    return IopInsertEntry(DeviceQueue, DeviceQueueEntry, &SortKey);
}

/* The first entry, or with a key the first whose key is not smaller (else the first). NULL: idle from now on. */
static PKDEVICE_QUEUE_ENTRY IopRemoveEntry(PKDEVICE_QUEUE Queue, const ULONG *Key)
{
    KLOCK_QUEUE_HANDLE Handle;
    PKDEVICE_QUEUE_ENTRY Entry = NULL;
    PLIST_ENTRY Link;

    KeAcquireInStackQueuedSpinLock(&Queue->Lock, &Handle);
    if (IsListEmpty(&Queue->DeviceListHead)) {
        Queue->Busy = FALSE;
    } else {
        Link = Queue->DeviceListHead.Flink;
        while (Key != NULL && Link != &Queue->DeviceListHead
               && CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey < *Key)
            Link = Link->Flink;
        if (Link == &Queue->DeviceListHead)
            Link = Link->Flink;
        RemoveEntryList(Link);
        Entry = CONTAINING_RECORD(Link, KDEVICE_QUEUE_ENTRY, DeviceListEntry);
        Entry->Inserted = FALSE;
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Entry;
}

NT_EXPORT(KeRemoveDeviceQueue);
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    return IopRemoveEntry(DeviceQueue, NULL);
}

NT_EXPORT(KeRemoveByKeyDeviceQueue);
PKDEVICE_QUEUE_ENTRY NTAPI KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    return IopRemoveEntry(DeviceQueue, &SortKey);
}

NT_EXPORT(KeRemoveEntryDeviceQueue);
BOOLEAN NTAPI KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    KLOCK_QUEUE_HANDLE Handle;
    BOOLEAN Inserted;

    KeAcquireInStackQueuedSpinLock(&DeviceQueue->Lock, &Handle);
    Inserted = DeviceQueueEntry->Inserted;
    if (Inserted) {
        RemoveEntryList(&DeviceQueueEntry->DeviceListEntry);
        DeviceQueueEntry->Inserted = FALSE;
    }
    KeReleaseInStackQueuedSpinLock(&Handle);
    return Inserted;
}
