/* Copying between a caller's buffer and the cache. Leaves out: read-ahead (its granularity is accepted). */
#include "ccp.h"

ULONG CcpClip(CC_MAP *Map, ULONG64 Offset, ULONG Length)
{
    ULONG64 Size = (ULONG64)Map->FileSize.QuadPart;

    if (Offset >= Size)
        return 0;
    return Length > Size - Offset ? (ULONG)(Size - Offset) : Length;
}

/* [doc CcCopyRead: raises when the read fails; FALSE only when Wait is FALSE and the data is not there] */
NT_EXPORT(CcCopyRead);
BOOLEAN NTAPI CcCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer,
                         PIO_STATUS_BLOCK IoStatus)
{
    CC_MAP *Map = CcpMapOf(FileObject);
    ULONG64 Offset = (ULONG64)FileOffset->QuadPart;
    ULONG Bytes = CcpClip(Map, Offset, Length);
    NTSTATUS Status = Bytes == 0 ? STATUS_SUCCESS : CcpMakePresent(Map, Offset, Bytes, Wait);

    if (Status == STATUS_CANT_WAIT)
        return FALSE;
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    RtlCopyMemory(Buffer, Map->Base + Offset, Bytes);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = Bytes;
    return TRUE;
}

NT_EXPORT(CcFastCopyRead);
VOID NTAPI CcFastCopyRead(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, ULONG PageCount, PVOID Buffer,
                          PIO_STATUS_BLOCK IoStatus)
{
    LARGE_INTEGER Offset;

    (void)PageCount;
    Offset.QuadPart = FileOffset;
    CcCopyRead(FileObject, &Offset, Length, TRUE, Buffer, IoStatus);
}

NT_EXPORT(CcCopyWrite);
BOOLEAN NTAPI CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer)
{
    CC_MAP *Map = CcpMapOf(FileObject);
    ULONG64 Offset = (ULONG64)FileOffset->QuadPart;
    NTSTATUS Status;

    if (Length == 0)
        return TRUE;
    Status = CcpMakePresent(Map, Offset, Length, Wait);
    if (Status == STATUS_CANT_WAIT)
        return FALSE;
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    RtlCopyMemory(Map->Base + Offset, Buffer, Length);
    if (Offset + Length > (ULONG64)Map->ValidDataLength.QuadPart)
        Map->ValidDataLength.QuadPart = (LONGLONG)(Offset + Length);
    CcpMarkDirty(Map, Offset, Length);
    if (FileObject->Flags & FO_WRITE_THROUGH)
        CcpFlush(Map, Offset, Length);
    return TRUE;
}

NT_EXPORT(CcFastCopyWrite);
VOID NTAPI CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, PVOID Buffer)
{
    LARGE_INTEGER Offset;

    Offset.QuadPart = FileOffset;
    CcCopyWrite(FileObject, &Offset, Length, TRUE, Buffer);
}

NT_EXPORT(CcZeroData);
BOOLEAN NTAPI CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait)
{
    CC_MAP *Map = CcpMapOf(FileObject);
    ULONG64 At = (ULONG64)StartOffset->QuadPart, End = (ULONG64)EndOffset->QuadPart;

    while (At < End) {
        ULONG Piece = (ULONG)min(End - At, (ULONG64)65536);
        NTSTATUS Status = CcpMakePresent(Map, At, Piece, Wait);

        if (Status == STATUS_CANT_WAIT)
            return FALSE;
        if (!NT_SUCCESS(Status))
            ExRaiseStatus(Status);
        RtlZeroMemory(Map->Base + At, Piece);
        CcpMarkDirty(Map, At, Piece);
        At += Piece;
    }
    return TRUE;
}

/* Writes are never throttled: the cache is bounded by RAM, and a write that finds none left fails. */
NT_EXPORT(CcCanIWrite);
BOOLEAN NTAPI CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait, UCHAR Retrying)
{
    (void)FileObject, (void)Wait, (void)Retrying;
    return MmFreePageCount() > BYTES_TO_PAGES(BytesToWrite);
}

NT_EXPORT(CcSetReadAheadGranularity);
VOID NTAPI CcSetReadAheadGranularity(PFILE_OBJECT FileObject, ULONG Granularity)
{
    (void)FileObject;
    if ((Granularity & (Granularity - 1)) != 0 || Granularity < PAGE_SIZE) /* [doc: an even power of two >= PAGE_SIZE] */
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
}

NT_EXPORT(CcWaitForCurrentLazyWriterActivity);
NTSTATUS NTAPI CcWaitForCurrentLazyWriterActivity(VOID)
{
    CcpWriteDirtyMaps();
    return STATUS_SUCCESS;
}
