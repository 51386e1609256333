/*
 * Reading, writing, flushing and asking about a connected pipe. Not modelled: transceive, and what
 * else FSCTL_PIPE_... has.
 */
#include "npp.h"

static PVOID NpLockFile(PFILE_OBJECT File, NP_CONNECTION **Connection, PULONG End, NTSTATUS *Status,
                        KIRQL *OldIrql)
{
    KeAcquireSpinLock(&NpLock, OldIrql);
    *Connection = NpConnectionOf(File, End, Status);
    return *Connection;
}

/* What a read gets when there is nothing to read. STATUS_PENDING: it waits. */
static NTSTATUS NpReadNothing(NP_CONNECTION *Connection, NP_END *End, PIRP Irp, PLIST_ENTRY Done)
{
    if (Connection->State == NP_CLOSING)
        return STATUS_PIPE_BROKEN;
    if (End->CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_PIPE_EMPTY;
    NpPend(Irp, &End->In.Readers, Done);
    return STATUS_PENDING;
}

NTSTATUS NTAPI NpRead(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NP_CONNECTION *Connection;
    LIST_ENTRY Done;
    NTSTATUS Status;
    ULONG Moved = 0, End;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    InitializeListHead(&Done);
    Irp->Tail.Overlay.DriverContext[1] = NULL;
    if (NpLockFile(Stack->FileObject, &Connection, &End, &Status, &OldIrql) != NULL) {
        NP_END *Own = &Connection->End[End];

        if (!IsListEmpty(&Own->In.Data))
            Status = NpTake(&Own->In, Own->ReadMode == FILE_PIPE_MESSAGE_MODE,
                            Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Read.Length, &Moved,
                            &Done);
        else
            Status = NpReadNothing(Connection, Own, Irp, &Done);
    }
    KeReleaseSpinLock(&NpLock, OldIrql);
    NpFinish(&Done);
    return Status == STATUS_PENDING ? Status : NpComplete(Irp, Status, Moved);
}

static NTSTATUS NpSend(PIRP Irp, NP_DATA *Data)
{
    PFILE_OBJECT File = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    ULONG_PTR Information = Data->Bytes;
    NP_CONNECTION *Connection;
    LIST_ENTRY Done;
    NTSTATUS Status;
    KIRQL OldIrql;
    ULONG End;

    InitializeListHead(&Done);
    if (NpLockFile(File, &Connection, &End, &Status, &OldIrql) == NULL ||
        Connection->State == NP_CLOSING) {
        if (Connection != NULL)
            Status = STATUS_PIPE_CLOSING;
        ExFreePoolWithTag(Data, NP_TAG);
    } else {
        NP_END *Other = &Connection->End[!End];
        BOOLEAN MayWait =
            Data->Flush || Connection->End[End].CompletionMode == FILE_PIPE_QUEUE_OPERATION;

        Status = NpPut(&Other->In, Other, Data, Irp, MayWait, &Done);
    }
    KeReleaseSpinLock(&NpLock, OldIrql);
    NpFinish(&Done);
    if (Status == STATUS_PENDING)
        return Status;
    if (Status == STATUS_PIPE_BUSY) /* no room: nothing is written [doc: PIPE_NOWAIT] */
        return NpComplete(Irp, STATUS_SUCCESS, 0);
    return NpComplete(Irp, Status, NT_SUCCESS(Status) ? Information : 0);
}

static NP_DATA *NpMakeData(PVOID Text, ULONG Bytes, BOOLEAN Flush)
{
    NP_DATA *Data = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Data) + Bytes, NP_TAG);

    if (Data == NULL)
        return NULL;
    RtlZeroMemory(Data, sizeof(*Data));
    Data->Bytes = Bytes;
    Data->Flush = Flush;
    if (Bytes != 0)
        RtlCopyMemory(Data->Text, Text, Bytes);
    return Data;
}

NTSTATUS NTAPI NpWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    ULONG Bytes = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    NP_DATA *Data = NpMakeData(Irp->AssociatedIrp.SystemBuffer, Bytes, FALSE);

    UNREFERENCED_PARAMETER(Device);
    return Data != NULL ? NpSend(Irp, Data) : NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
}

/* Ends when the other end has read all there is. */
NTSTATUS NTAPI NpFlush(PDEVICE_OBJECT Device, PIRP Irp)
{
    NP_DATA *Data = NpMakeData(NULL, 0, TRUE);

    UNREFERENCED_PARAMETER(Device);
    return Data != NULL ? NpSend(Irp, Data) : NpComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
}

/* ---- asking ---- */

/* The first message, or all bytes, without taking them. */
static ULONG NpCopyOut(NP_QUEUE *Queue, BOOLEAN Message, PUCHAR To, ULONG Room)
{
    ULONG Moved = 0;

    for (PLIST_ENTRY Link = Queue->Data.Flink; Link != &Queue->Data && Moved < Room;
         Link = Link->Flink) {
        NP_DATA *Data = CONTAINING_RECORD(Link, NP_DATA, Link);
        ULONG Part = min(Room - Moved, Data->Bytes - Data->Offset);

        RtlCopyMemory(To + Moved, Data->Text + Data->Offset, Part);
        Moved += Part;
        if (Message)
            break;
    }
    return Moved;
}

NTSTATUS NpPeek(PFILE_OBJECT File, PVOID Buffer, ULONG Room, PULONG_PTR Information)
{
    FILE_PIPE_PEEK_BUFFER *Peek = Buffer;
    ULONG Header = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data), End;
    NP_CONNECTION *Connection;
    NTSTATUS Status;
    KIRQL OldIrql;

    if (Room < Header)
        return STATUS_BUFFER_TOO_SMALL;
    if (NpLockFile(File, &Connection, &End, &Status, &OldIrql) != NULL) {
        NP_QUEUE *Queue = &Connection->End[End].In;
        BOOLEAN Message = Connection->End[End].ReadMode == FILE_PIPE_MESSAGE_MODE;
        NP_DATA *First =
            IsListEmpty(&Queue->Data) ? NULL : CONTAINING_RECORD(Queue->Data.Flink, NP_DATA, Link);

        RtlZeroMemory(Peek, Header);
        Peek->NamedPipeState = Connection->State;
        Peek->ReadDataAvailable = Queue->Buffered;
        for (PLIST_ENTRY Link = Queue->Data.Flink; Message && Link != &Queue->Data;
             Link = Link->Flink)
            Peek->NumberOfMessages++;
        Peek->MessageLength = Message && First != NULL ? First->Bytes - First->Offset : 0;
        *Information = Header + NpCopyOut(Queue, Message, (PUCHAR)Peek->Data, Room - Header);
        if (First == NULL && Connection->State == NP_CLOSING)
            Status = STATUS_PIPE_BROKEN;
        else if (Message && First != NULL && *Information - Header < Peek->MessageLength)
            Status = STATUS_BUFFER_OVERFLOW;
    }
    KeReleaseSpinLock(&NpLock, OldIrql);
    return Status;
}

static VOID NpDescribe(NP_CONNECTION *Connection, ULONG End, FILE_PIPE_LOCAL_INFORMATION *Info)
{
    NP_QUEUE *In = &Connection->End[End].In, *Out = &Connection->End[!End].In;
    NP_PIPE *Pipe = Connection->Pipe;

    RtlZeroMemory(Info, sizeof(*Info));
    Info->NamedPipeState = Connection->State;
    Info->NamedPipeEnd = End == NP_SERVER ? FILE_PIPE_SERVER_END : FILE_PIPE_CLIENT_END;
    Info->ReadDataAvailable = In->Buffered;
    Info->WriteQuotaAvailable = Out->Quota > Out->Buffered ? Out->Quota - Out->Buffered : 0;
    Info->InboundQuota = Connection->End[NP_SERVER].In.Quota;
    Info->OutboundQuota = Connection->End[NP_CLIENT].In.Quota;
    if (Pipe == NULL)
        return;
    Info->NamedPipeType = Pipe->Type;
    Info->NamedPipeConfiguration = Pipe->Configuration;
    Info->MaximumInstances = Pipe->MaximumInstances;
    Info->CurrentInstances = Pipe->InstanceCount;
}

NTSTATUS NTAPI NpQuery(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Class = Stack->Parameters.QueryFile.FileInformationClass, Bytes = 0, End;
    ULONG Room = Stack->Parameters.QueryFile.Length;
    FILE_PIPE_INFORMATION *Modes = Irp->AssociatedIrp.SystemBuffer;
    NP_CONNECTION *Connection;
    NTSTATUS Status;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(Device);
    if (NpLockFile(Stack->FileObject, &Connection, &End, &Status, &OldIrql) == NULL) {
        Status = Status == STATUS_INVALID_HANDLE ? STATUS_INVALID_PARAMETER : Status;
    } else if (Class == FilePipeInformation && Room >= sizeof(*Modes)) {
        Bytes = sizeof(*Modes);
        Modes->ReadMode = Connection->End[End].ReadMode;
        Modes->CompletionMode = Connection->End[End].CompletionMode;
    } else if (Class == FilePipeLocalInformation && Room >= sizeof(FILE_PIPE_LOCAL_INFORMATION)) {
        Bytes = sizeof(FILE_PIPE_LOCAL_INFORMATION);
        NpDescribe(Connection, End, Irp->AssociatedIrp.SystemBuffer);
    } else {
        Status = Class == FilePipeInformation || Class == FilePipeLocalInformation
                     ? STATUS_INFO_LENGTH_MISMATCH
                     : STATUS_INVALID_PARAMETER;
    }
    KeReleaseSpinLock(&NpLock, OldIrql);
    return NpComplete(Irp, Status, Bytes);
}

NTSTATUS NTAPI NpSet(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    FILE_PIPE_INFORMATION *Modes = Irp->AssociatedIrp.SystemBuffer;
    NP_CONNECTION *Connection;
    NTSTATUS Status;
    KIRQL OldIrql;
    ULONG End;

    UNREFERENCED_PARAMETER(Device);
    if (Stack->Parameters.SetFile.FileInformationClass != FilePipeInformation ||
        Stack->Parameters.SetFile.Length < sizeof(*Modes) || Modes->ReadMode > 1 ||
        Modes->CompletionMode > 1)
        return NpComplete(Irp, STATUS_INVALID_PARAMETER, 0);
    if (NpLockFile(Stack->FileObject, &Connection, &End, &Status, &OldIrql) != NULL) {
        if (Modes->ReadMode == FILE_PIPE_MESSAGE_MODE && Connection->Pipe != NULL &&
            Connection->Pipe->Type != FILE_PIPE_MESSAGE_TYPE) {
            Status = STATUS_INVALID_PARAMETER; /* bytes have no messages to be read by */
        } else {
            Connection->End[End].ReadMode = Modes->ReadMode;
            Connection->End[End].CompletionMode = Modes->CompletionMode;
        }
    } else if (Stack->FileObject->FsContext2 == NP_SERVER_FILE) { /* for the next client */
        ((NP_INSTANCE *)Stack->FileObject->FsContext)->ReadMode = Modes->ReadMode;
        ((NP_INSTANCE *)Stack->FileObject->FsContext)->CompletionMode = Modes->CompletionMode;
        Status = STATUS_SUCCESS;
    }
    KeReleaseSpinLock(&NpLock, OldIrql);
    return NpComplete(Irp, Status, 0);
}
