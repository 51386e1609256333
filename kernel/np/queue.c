/*
 * What is on its way from one end of a pipe to the other: data as it was written, readers that wait
 * for some, writers that wait for room. Not modelled: NT's charging of the quota to processes.
 */
#include "npp.h"

VOID NpInitQueue(NP_QUEUE *Queue, ULONG Quota)
{
    RtlZeroMemory(Queue, sizeof(*Queue));
    InitializeListHead(&Queue->Data);
    InitializeListHead(&Queue->Readers);
    Queue->Quota = Quota;
}

/* ---- IRPs that wait ---- */

static VOID NpFreeData(NP_QUEUE *Queue, NP_DATA *Data)
{
    RemoveEntryList(&Data->Link);
    Queue->Buffered -= Data->Bytes - Data->Offset;
    ExFreePoolWithTag(Data, NP_TAG);
}

/* DriverContext: of a writer its queue and data. Whoever dequeues an IRP that is being cancelled
 * leaves it alone. */
static VOID NTAPI NpCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&NpLock, &OldIrql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    if (Irp->Tail.Overlay.DriverContext[1] != NULL)
        NpFreeData(Irp->Tail.Overlay.DriverContext[0], Irp->Tail.Overlay.DriverContext[1]);
    KeReleaseSpinLock(&NpLock, OldIrql);
    NpComplete(Irp, STATUS_CANCELLED, 0);
}

BOOLEAN NpPend(PIRP Irp, PLIST_ENTRY List, PLIST_ENTRY Done)
{
    if (List != NULL)
        InsertTailList(List, &Irp->Tail.Overlay.ListEntry);
    else
        InitializeListHead(&Irp->Tail.Overlay.ListEntry);
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, NpCancel);
    if (!Irp->Cancel || IoSetCancelRoutine(Irp, NULL) == NULL)
        return TRUE; /* if it is being cancelled, NpCancel has it */
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    NpDone(Irp, STATUS_CANCELLED, 0, Done);
    return FALSE;
}

PIRP NpUnpend(PLIST_ENTRY List)
{
    while (!IsListEmpty(List)) {
        PIRP Irp = CONTAINING_RECORD(RemoveHeadList(List), IRP, Tail.Overlay.ListEntry);

        if (IoSetCancelRoutine(Irp, NULL) != NULL)
            return Irp;
        InitializeListHead(&Irp->Tail.Overlay.ListEntry); /* NpCancel takes it off again */
    }
    return NULL;
}

VOID NpDone(PIRP Irp, NTSTATUS Status, ULONG_PTR Information, PLIST_ENTRY Done)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    InsertTailList(Done, &Irp->Tail.Overlay.ListEntry);
}

VOID NpFinish(PLIST_ENTRY Done)
{
    while (!IsListEmpty(Done))
        IoCompleteRequest(CONTAINING_RECORD(RemoveHeadList(Done), IRP, Tail.Overlay.ListEntry),
                          IO_NAMED_PIPE_INCREMENT);
}

/* ---- data ---- */

/* The data is through, or given up: its writer ends. */
static VOID NpDropData(NP_QUEUE *Queue, NP_DATA *Data, NTSTATUS Status, PLIST_ENTRY Done)
{
    PIRP Irp = Data->Irp;
    ULONG_PTR Information = NT_SUCCESS(Status) && !Data->Flush ? Data->Bytes : 0;

    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL)
        Irp->Tail.Overlay.DriverContext[1] = NULL; /* NpCancel completes it, without data */
    else if (Irp != NULL)
        NpDone(Irp, Status, Information, Done);
    NpFreeData(Queue, Data);
}

static NP_DATA *NpFirst(NP_QUEUE *Queue)
{
    return IsListEmpty(&Queue->Data) ? NULL : CONTAINING_RECORD(Queue->Data.Flink, NP_DATA, Link);
}

static VOID NpDropFlushes(NP_QUEUE *Queue, PLIST_ENTRY Done)
{
    while (NpFirst(Queue) != NULL && NpFirst(Queue)->Flush)
        NpDropData(Queue, NpFirst(Queue), STATUS_SUCCESS, Done);
}

NTSTATUS NpTake(NP_QUEUE *Queue, BOOLEAN Message, PUCHAR To, ULONG Room, PULONG Moved,
                PLIST_ENTRY Done)
{
    NTSTATUS Status = STATUS_SUCCESS;
    BOOLEAN More = TRUE;
    NP_DATA *Data;

    *Moved = 0;
    while (More && (Data = NpFirst(Queue)) != NULL) {
        ULONG Part = min(Room - *Moved, Data->Bytes - Data->Offset);

        RtlCopyMemory(To + *Moved, Data->Text + Data->Offset, Part);
        *Moved += Part;
        Data->Offset += Part;
        Queue->Buffered -= Part;
        More = !Message && *Moved < Room;
        if (Data->Offset == Data->Bytes)
            NpDropData(Queue, Data, STATUS_SUCCESS, Done);
        else if (Message)
            Status = STATUS_BUFFER_OVERFLOW;
        NpDropFlushes(Queue, Done);
    }
    return Status;
}

static VOID NpServeReaders(NP_QUEUE *Queue, const NP_END *Reader, PLIST_ENTRY Done)
{
    BOOLEAN Message = Reader->ReadMode == FILE_PIPE_MESSAGE_MODE;
    PIRP Irp;

    while (NpFirst(Queue) != NULL && (Irp = NpUnpend(&Queue->Readers)) != NULL) {
        ULONG Moved, Room = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
        NTSTATUS Status =
            NpTake(Queue, Message, Irp->AssociatedIrp.SystemBuffer, Room, &Moved, Done);

        NpDone(Irp, Status, Moved, Done);
    }
}

NTSTATUS NpPut(NP_QUEUE *Queue, const NP_END *Reader, NP_DATA *Data, PIRP Irp, BOOLEAN MayWait,
               PLIST_ENTRY Done)
{
    InsertTailList(&Queue->Data, &Data->Link);
    Queue->Buffered += Data->Bytes;
    if (Data->Flush)
        NpDropFlushes(Queue, Done);
    else
        NpServeReaders(Queue, Reader, Done);
    if (Queue->Data.Blink != &Data->Link || (!Data->Flush && Queue->Buffered <= Queue->Quota))
        return STATUS_SUCCESS; /* it is through, or there is room for what is left */
    Irp->Tail.Overlay.DriverContext[0] = Queue;
    Irp->Tail.Overlay.DriverContext[1] = Data;
    if (!MayWait) {
        NpFreeData(Queue, Data);
        return STATUS_PIPE_BUSY;
    }
    if (NpPend(Irp, NULL, Done))
        Data->Irp = Irp;
    else
        NpFreeData(Queue, Data);
    return STATUS_PENDING;
}

VOID NpBreak(NP_QUEUE *Queue, NTSTATUS Status, BOOLEAN Drop, PLIST_ENTRY Done)
{
    PIRP Irp;

    while ((Irp = NpUnpend(&Queue->Readers)) != NULL)
        NpDone(Irp, Status, 0, Done);
    while (Drop && NpFirst(Queue) != NULL)
        NpDropData(Queue, NpFirst(Queue), Status, Done);
}
