/*
 * I/O completion ports: a kernel queue with a handle. Left out: wait-completion packets, concurrency changes after
 * creation.
 */
#include "iop.h"

POBJECT_TYPE IopCompletionType;

#define IOP_TAG_PACKET 'pcoI'

/*
 * What is queued: the IRP of a request itself, whose end thus needs no memory that may be lacking, or a packet of
 * NtSetIoCompletion. The type, behind the link in both, tells them apart.
 */
enum { IOP_PACKET_IRP, IOP_PACKET_OWN };

typedef struct _IOP_PACKET {
    LIST_ENTRY Link; /* KQUEUE entry */
    ULONG Type;
    PVOID Key, ApcContext;
    IO_STATUS_BLOCK Iosb;
} IOP_PACKET;
DD_STATIC_ASSERT_OFFSET(IOP_PACKET, Type,
                        FIELD_OFFSET(IRP, Tail.Overlay.PacketType) - FIELD_OFFSET(IRP, Tail.Overlay.ListEntry));

/* Takes what was queued as Entry out of its memory. */
static VOID IopTakePacket(PLIST_ENTRY Entry, IOP_PACKET *Copy)
{
    IOP_PACKET *Packet = CONTAINING_RECORD(Entry, IOP_PACKET, Link);
    PIRP Irp;

    if (Packet->Type == IOP_PACKET_OWN) {
        *Copy = *Packet;
        ExFreePoolWithTag(Packet, IOP_TAG_PACKET);
        return;
    }
    Irp = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
    Copy->Key = Irp->Tail.CompletionKey;
    Copy->ApcContext = Irp->Overlay.AsynchronousParameters.UserApcContext;
    Copy->Iosb = Irp->IoStatus;
    IoFreeIrp(Irp);
}

static VOID IopDeleteCompletion(PVOID Object)
{
    PLIST_ENTRY First = KeRundownQueue(Object), Link = First;
    IOP_PACKET Lost;

    if (First == NULL)
        return;
    do {
        PLIST_ENTRY Next = Link->Flink;

        IopTakePacket(Link, &Lost);
        Link = Next;
    } while (Link != First);
}

NTSTATUS IopInitCompletionType(VOID)
{
    static const GENERIC_MAPPING Mapping = {
        STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE,
        STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, IO_COMPLETION_ALL_ACCESS
    };
    OB_TYPE_INITIALIZER Init;

    RtlZeroMemory(&Init, sizeof(Init));
    Init.GenericMapping = Mapping;
    Init.ValidAccessMask = IO_COMPLETION_ALL_ACCESS;
    Init.InvalidAttributes = OBJ_PERMANENT | OBJ_OPENLINK;
    Init.PoolType = NonPagedPoolNx;
    Init.SecurityRequired = TRUE;
    Init.Delete = IopDeleteCompletion;
    return ObCreateType(L"IoCompletion", &Init, &IopCompletionType);
}

BOOLEAN IopPostCompletion(PVOID Port, PVOID Key, PVOID ApcContext, NTSTATUS Status, ULONG_PTR Information)
{
    IOP_PACKET *Packet = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Packet), IOP_TAG_PACKET);

    if (Packet == NULL)
        return FALSE;
    Packet->Type = IOP_PACKET_OWN;
    Packet->Key = Key;
    Packet->ApcContext = ApcContext;
    Packet->Iosb.Status = Status;
    Packet->Iosb.Information = Information;
    KeInsertQueue(Port, &Packet->Link);
    return TRUE;
}

VOID IopPostIrp(PVOID Port, PVOID Key, PIRP Irp)
{
    Irp->Tail.CompletionKey = Key;
    Irp->Tail.Overlay.PacketType = IOP_PACKET_IRP;
    KeInsertQueue(Port, &Irp->Tail.Overlay.ListEntry);
}

NT_SERVICE(CreateIoCompletion);
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count);
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count)
{
    KPROCESSOR_MODE Mode = IopPreviousMode();
    HANDLE Handle;
    PKQUEUE Queue;
    NTSTATUS Status;

    Status = ObCreateObject(Mode, IopCompletionType, ObjectAttributes, Mode, NULL, sizeof(*Queue), 0, 0,
                            (PVOID *)&Queue);
    if (!NT_SUCCESS(Status))
        return Status;
    KeInitializeQueue(Queue, Count);
    Status = ObInsertObject(Queue, NULL, DesiredAccess, 0, NULL, &Handle);
    if (!NT_SUCCESS(Status))
        return Status;
    __try {
        if (Mode != KernelMode)
            ProbeForWrite(IoCompletionHandle, sizeof(HANDLE), sizeof(HANDLE));
        *IoCompletionHandle = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(SetIoCompletion);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                                 ULONG_PTR IoStatusInformation);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                                 ULONG_PTR IoStatusInformation)
{
    PKQUEUE Queue;
    NTSTATUS Status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, IopCompletionType,
                                                IopPreviousMode(), (PVOID *)&Queue, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    if (!IopPostCompletion(Queue, KeyContext, ApcContext, IoStatus, IoStatusInformation))
        Status = STATUS_INSUFFICIENT_RESOURCES;
    ObDereferenceObject(Queue);
    return Status;
}

/* Hands one packet out, or puts the status of the wait into Result. */
static NTSTATUS IopStorePacket(PLIST_ENTRY Entry, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK Iosb)
{
    NTSTATUS Status = STATUS_SUCCESS;
    IOP_PACKET Copy;

    IopTakePacket(Entry, &Copy);
    __try {
        *KeyContext = Copy.Key;
        *ApcContext = Copy.ApcContext;
        *Iosb = Copy.Iosb;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

NT_SERVICE(RemoveIoCompletion);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext,
                                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext,
                                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = IopPreviousMode();
    LARGE_INTEGER Local;
    PLIST_ENTRY Entry;
    PKQUEUE Queue;
    NTSTATUS Status;

    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(KeyContext, sizeof(PVOID), sizeof(PVOID));
            ProbeForWrite(ApcContext, sizeof(PVOID), sizeof(PVOID));
            ProbeForWrite(IoStatusBlock, sizeof(*IoStatusBlock), sizeof(ULONG));
            if (Timeout != NULL)
                ProbeForRead(Timeout, sizeof(*Timeout), sizeof(ULONG));
        }
        if (Timeout != NULL)
            Local = *Timeout;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    Status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, IopCompletionType, Mode,
                                       (PVOID *)&Queue, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Entry = KeRemoveQueue(Queue, Mode, Timeout != NULL ? &Local : NULL);
    ObDereferenceObject(Queue);
    /* Instead of an entry a wait that ended otherwise gives its status. [doc: KeRemoveQueue] */
    if ((ULONG_PTR)Entry == STATUS_TIMEOUT || (ULONG_PTR)Entry == STATUS_USER_APC
        || (ULONG_PTR)Entry == STATUS_ABANDONED)
        return (NTSTATUS)(ULONG_PTR)Entry;
    return IopStorePacket(Entry, KeyContext, ApcContext, IoStatusBlock);
}
