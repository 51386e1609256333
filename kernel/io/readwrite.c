/*
 * NtReadFile, NtWriteFile, NtFlushBuffersFile, byte-range locks. Left out: scatter/gather, Fast I/O reads and writes
 * (there is no cache manager that a driver could serve them from).
 */
#include "iop.h"

/* The caller's offset, or the file's own position. [doc: NtReadFile, ByteOffset] */
static NTSTATUS IopPickOffset(IOP_REQUEST *Request, PLARGE_INTEGER ByteOffset, PULONG Key, BOOLEAN Write,
                              PIO_STACK_LOCATION Stack)
{
    LARGE_INTEGER Offset;

    Offset.QuadPart = 0;
    if (Key != NULL) {
        IopProbe(Request, Key, sizeof(*Key), FALSE);
        Stack->Parameters.Read.Key = *Key;
        Stack->Flags |= SL_KEY_SPECIFIED;
    }
    if (ByteOffset != NULL) {
        IopProbe(Request, ByteOffset, sizeof(*ByteOffset), FALSE);
        Offset = *ByteOffset;
    }
    if (Write && Request->AppendOnly) { /* [doc: NtWriteFile, ByteOffset] */
        Offset.LowPart = FILE_WRITE_TO_END_OF_FILE;
        Offset.HighPart = -1;
    } else if (ByteOffset == NULL || (Offset.LowPart == FILE_USE_FILE_POINTER_POSITION && Offset.HighPart == -1)) {
        if (Request->Synchronous)
            Offset = Request->File->CurrentByteOffset;
        else if (ByteOffset != NULL || !(Request->File->Flags & (FO_NAMED_PIPE | FO_MAILSLOT))) {
            /* Devices without a position take no offset; file systems insist. */
            if (ByteOffset != NULL || Request->Device->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM)
                return STATUS_INVALID_PARAMETER;
        }
    }
    if (Offset.QuadPart < 0
        && !(Write && Offset.LowPart == FILE_WRITE_TO_END_OF_FILE && Offset.HighPart == -1))
        return STATUS_INVALID_PARAMETER;
    Stack->Parameters.Read.ByteOffset = Offset;
    return STATUS_SUCCESS;
}

static NTSTATUS IopTransfer(IOP_REQUEST *Request, ULONG Major, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                            PULONG Key)
{
    BOOLEAN Write = Major == IRP_MJ_WRITE;
    NTSTATUS Status = IopMakeRequestIrp(Request, Major, IRP_MN_NORMAL);

    if (!NT_SUCCESS(Status))
        goto Abandon;
    __try {
        IopProbe(Request, Buffer, Length, !Write);
        Request->Stack->Parameters.Read.Length = Length; /* Write has the same layout */
        Status = IopPickOffset(Request, ByteOffset, Key, Write, Request->Stack);
        if (NT_SUCCESS(Status) && !IopAttachBuffer(Request, Buffer, Length, !Write))
            Status = STATUS_INSUFFICIENT_RESOURCES;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        goto Abandon;
    if (Write && (Request->File->Flags & FO_WRITE_THROUGH))
        Request->Stack->Flags |= SL_WRITE_THROUGH;
    Request->Irp->Flags |= Write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION;
    if (Request->File->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        Request->Irp->Flags |= IRP_NOCACHE;
    return IopSendRequest(Request);

Abandon:
    IopAbandonRequest(Request);
    return Status;
}

NT_SERVICE(ReadFile);
NT_EXPORT(NtReadFile);
NTSTATUS NTAPI NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                          PULONG Key)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginRequest(&Request, FileHandle, FILE_READ_DATA, Event, ApcRoutine, ApcContext,
                                      IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    return IopTransfer(&Request, IRP_MJ_READ, Buffer, Length, ByteOffset, Key);
}

NT_SERVICE(WriteFile);
NT_EXPORT(NtWriteFile);
NTSTATUS NTAPI NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                           PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                           PULONG Key)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginRequest(&Request, FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, Event, ApcRoutine,
                                      ApcContext, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    return IopTransfer(&Request, IRP_MJ_WRITE, Buffer, Length, ByteOffset, Key);
}

NT_SERVICE(FlushBuffersFile);
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginSynchronous(&Request, FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    Status = IopMakeRequestIrp(&Request, IRP_MJ_FLUSH_BUFFERS, 0);
    if (NT_SUCCESS(Status))
        return IopSendRequestAndWait(&Request);
    IopAbandonRequest(&Request);
    return Status;
}

/* ---- byte-range locks: the file system driver's business ---- */

/* The caller's 64-bit numbers; the length goes into pool that the driver frees with the IRP's auxiliary buffer. */
static NTSTATUS IopCaptureRange(IOP_REQUEST *Request, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
                                LARGE_INTEGER Range[2])
{
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        IopProbe(Request, ByteOffset, sizeof(*ByteOffset), FALSE);
        IopProbe(Request, Length, sizeof(*Length), FALSE);
        Range[0] = *ByteOffset;
        Range[1] = *Length;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static NTSTATUS IopLock(IOP_REQUEST *Request, ULONG Minor, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
                        ULONG Key, UCHAR Flags)
{
    LARGE_INTEGER Range[2];
    NTSTATUS Status = IopCaptureRange(Request, ByteOffset, Length, Range);

    if (NT_SUCCESS(Status))
        Status = IopMakeRequestIrp(Request, IRP_MJ_LOCK_CONTROL, Minor);
    if (NT_SUCCESS(Status) && !IopAllocateSystemBuffer(Request->Irp, sizeof(LARGE_INTEGER)))
        Status = STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(Status)) {
        IopAbandonRequest(Request);
        return Status;
    }
    *(PLARGE_INTEGER)Request->Irp->AssociatedIrp.SystemBuffer = Range[1];
    Request->Stack->Flags = Flags;
    Request->Stack->Parameters.LockControl.Length = Request->Irp->AssociatedIrp.SystemBuffer;
    Request->Stack->Parameters.LockControl.ByteOffset = Range[0];
    Request->Stack->Parameters.LockControl.Key = Key;
    return Minor == IRP_MN_LOCK ? IopSendRequest(Request) : IopSendRequestAndWait(Request);
}

NT_SERVICE(LockFile);
NTSTATUS NTAPI NtLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                          PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
                          ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginRequest(&Request, FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, Event, ApcRoutine,
                                      ApcContext, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    return IopLock(&Request, IRP_MN_LOCK, ByteOffset, Length, Key,
                   (FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0));
}

NT_SERVICE(UnlockFile);
NTSTATUS NTAPI NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                            PLARGE_INTEGER Length, ULONG Key)
{
    IOP_REQUEST Request;
    NTSTATUS Status = IopBeginSynchronous(&Request, FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, IoStatusBlock);

    if (Status != STATUS_SUCCESS)
        return Status;
    return IopLock(&Request, IRP_MN_UNLOCK_SINGLE, ByteOffset, Length, Key, 0);
}
