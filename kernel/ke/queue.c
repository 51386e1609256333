/*
 * Kernel queues (KQUEUE): a list of entries and a bound on the threads that work on them at once.
 * I/O completion ports and worker pools are built on them.
 */
#include "ki.h"

NT_EXPORT(KeInitializeQueue);
VOID NTAPI KeInitializeQueue(PRKQUEUE Queue, ULONG Count)
{
    RtlZeroMemory(Queue, sizeof(*Queue));
    Queue->Header.Type = QueueObject;
    Queue->Header.Size = sizeof(*Queue) / sizeof(LONG);
    InitializeListHead(&Queue->Header.WaitListHead);
    InitializeListHead(&Queue->EntryListHead);
    InitializeListHead(&Queue->ThreadListHead);
    Queue->MaximumCount = Count != 0 ? Count : KeProcessorCount;
}

NT_EXPORT(KeReadStateQueue);
LONG NTAPI KeReadStateQueue(PRKQUEUE Queue)
{
    return Queue->Header.SignalState;
}

/* An entry is there and one more thread may work: hands it to the thread that waited last. */
static VOID KiHandOutEntry(PRKQUEUE Queue)
{
    while (Queue->Header.SignalState > 0 && Queue->CurrentCount < Queue->MaximumCount &&
           !IsListEmpty(&Queue->Header.WaitListHead)) {
        PKWAIT_BLOCK Block =
            CONTAINING_RECORD(Queue->Header.WaitListHead.Blink, KWAIT_BLOCK, WaitListEntry);
        PLIST_ENTRY Entry = RemoveHeadList(&Queue->EntryListHead);

        Entry->Flink = NULL;
        Queue->Header.SignalState--;
        Queue->CurrentCount++;
        KiUnwaitThread((KTHREAD *)Block->Thread, (LONG_PTR)Entry, 0);
    }
}

static LONG KiInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry, BOOLEAN Head)
{
    KIRQL OldIrql = KiLockDispatcher();
    LONG Old = Queue->Header.SignalState;

    if (Head)
        InsertHeadList(&Queue->EntryListHead, Entry);
    else
        InsertTailList(&Queue->EntryListHead, Entry);
    Queue->Header.SignalState++;
    KiHandOutEntry(Queue);
    KiUnlockDispatcher(OldIrql);
    return Old;
}

NT_EXPORT(KeInsertQueue);
LONG NTAPI KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return KiInsertQueue(Queue, Entry, FALSE);
}

NT_EXPORT(KeInsertHeadQueue);
LONG NTAPI KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    return KiInsertQueue(Queue, Entry, TRUE);
}

/* A thread that blocks no longer counts as working on its queue. */
VOID KiLeaveQueue(KTHREAD *Thread)
{
    PRKQUEUE Queue = (PRKQUEUE)Thread->Queue;

    if (Queue == NULL)
        return;
    Queue->CurrentCount--;
    KiHandOutEntry(Queue);
}

static VOID KiJoinQueue(KTHREAD *Thread, PRKQUEUE Queue)
{
    if (Thread->Queue == (PKQUEUE)Queue)
        return;
    if (Thread->Queue != NULL) {
        KiLeaveQueue(Thread);
        RemoveEntryList(&Thread->QueueListEntry);
    }
    Thread->Queue = (PKQUEUE)Queue;
    Queue->CurrentCount++;
    InsertTailList(&Queue->ThreadListHead, &Thread->QueueListEntry);
}

BOOLEAN KiTakeEntry(PRKQUEUE Queue, KTHREAD *Thread, LONG_PTR *Entry)
{
    PLIST_ENTRY First;

    KiJoinQueue(Thread, Queue);
    if (IsListEmpty(&Queue->EntryListHead) || Queue->CurrentCount > Queue->MaximumCount)
        return FALSE;
    First = RemoveHeadList(&Queue->EntryListHead);
    First->Flink = NULL;
    Queue->Header.SignalState--;
    *Entry = (LONG_PTR)First;
    return TRUE;
}

NT_EXPORT(KeRemoveQueue);
PLIST_ENTRY NTAPI KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE Mode, PLARGE_INTEGER Timeout)
{
    return (PLIST_ENTRY)KiWaitForEntry(Queue, Mode, Timeout, KI_CALLER());
}

/*
 * As many entries as there are, Count at most; waits for the first. Returns their number, or the
 * status that ended the wait (STATUS_TIMEOUT and its like are above any count). [guess: the routine
 * has a prototype, no page]
 */
NT_PARTIAL(KeRemoveQueueEx, "an alertable wait is one that is not");
ULONG KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                      PLARGE_INTEGER Timeout, PLIST_ENTRY *EntryArray, ULONG Count)
{
    LONG_PTR First = KiWaitForEntry((PRKQUEUE)Queue, WaitMode, Timeout, KI_CALLER());
    ULONG Taken = 1;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Alertable);
    if (First == STATUS_TIMEOUT || First == STATUS_USER_APC || (NTSTATUS)First == STATUS_ABANDONED)
        return (ULONG)First;
    EntryArray[0] = (PLIST_ENTRY)First;
    OldIrql = KiLockDispatcher();
    while (Taken < Count && !IsListEmpty(&Queue->EntryListHead)) {
        EntryArray[Taken] = RemoveHeadList(&Queue->EntryListHead);
        EntryArray[Taken++]->Flink = NULL;
        Queue->Header.SignalState--;
    }
    KiUnlockDispatcher(OldIrql);
    return Taken;
}

NT_EXPORT(KeRundownQueue);
PLIST_ENTRY NTAPI KeRundownQueue(PRKQUEUE Queue)
{
    KIRQL OldIrql = KiLockDispatcher();
    PLIST_ENTRY First = NULL;

    while (!IsListEmpty(&Queue->ThreadListHead)) {
        KTHREAD *Thread =
            CONTAINING_RECORD(RemoveHeadList(&Queue->ThreadListHead), KTHREAD, QueueListEntry);

        Thread->Queue = NULL;
        if (Thread->State == KTHREAD_WAITING && Thread->WaitCount == 1 &&
            Thread->WaitBlockList[0].Object == Queue)
            KiUnwaitThread(Thread, (LONG_PTR)STATUS_ABANDONED, 0);
    }
    if (!IsListEmpty(&Queue->EntryListHead)) { /* a chain without its head, as documented */
        First = Queue->EntryListHead.Flink;
        RemoveEntryList(&Queue->EntryListHead);
        InitializeListHead(&Queue->EntryListHead);
    }
    KiUnlockDispatcher(OldIrql);
    return First;
}

VOID KiQueueThreadEnds(KTHREAD *Thread)
{
    if (Thread->Queue == NULL)
        return;
    KiLeaveQueue(Thread);
    RemoveEntryList(&Thread->QueueListEntry);
    Thread->Queue = NULL;
}
