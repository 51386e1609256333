/* Mapping and pinning: buffer control blocks over the cache's own addresses. Pinned pages are not purged. */
#include "ccp.h"

static CC_BCB *CcpMakeBcb(CC_MAP *Map, ULONG64 Offset, ULONG Length, BOOLEAN Pinned)
{
    CC_BCB *Bcb = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Bcb), CC_TAG);

    if (Bcb == NULL)
        return NULL;
    Bcb->Public.NodeTypeCode = 0x2FD; /* CACHE_NTC_BCB */
    Bcb->Public.NodeByteSize = sizeof(Bcb->Public);
    Bcb->Public.MappedLength = Length;
    Bcb->Public.MappedFileOffset.QuadPart = (LONGLONG)Offset;
    Bcb->Map = Map;
    Bcb->References = 1;
    Bcb->Pinned = Pinned;
    InterlockedIncrement((PLONG)&Map->PinCount);
    return Bcb;
}

/* Raises as documented; FALSE when the caller cannot wait and the data is not there. */
static BOOLEAN CcpMapRange(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait,
                           BOOLEAN Pinned, PVOID *Bcb, PVOID *Buffer)
{
    CC_MAP *Map = CcpMapOf(FileObject);
    ULONG64 Offset = (ULONG64)FileOffset->QuadPart;
    NTSTATUS Status = CcpMakePresent(Map, Offset, Length, Wait);

    if (Status == STATUS_CANT_WAIT)
        return FALSE;
    *Bcb = NT_SUCCESS(Status) ? CcpMakeBcb(Map, Offset, Length, Pinned) : NULL;
    if (*Bcb == NULL)
        ExRaiseStatus(NT_SUCCESS(Status) ? STATUS_INSUFFICIENT_RESOURCES : Status);
    *Buffer = Map->Base + Offset;
    return TRUE;
}

NT_EXPORT(CcMapData);
BOOLEAN NTAPI CcMapData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb,
                        PVOID *Buffer)
{
    return CcpMapRange(FileObject, FileOffset, Length, (Flags & MAP_WAIT) != 0, FALSE, Bcb, Buffer);
}

NT_EXPORT(CcPinRead);
BOOLEAN NTAPI CcPinRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb,
                        PVOID *Buffer)
{
    return CcpMapRange(FileObject, FileOffset, Length, (Flags & PIN_WAIT) != 0, TRUE, Bcb, Buffer);
}

NT_EXPORT(CcPreparePinWrite);
BOOLEAN NTAPI CcPreparePinWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Zero,
                                ULONG Flags, PVOID *Bcb, PVOID *Buffer)
{
    if (!CcPinRead(FileObject, FileOffset, Length, Flags, Bcb, Buffer))
        return FALSE;
    if (Zero)
        RtlZeroMemory(*Buffer, Length);
    CcSetDirtyPinnedData(*Bcb, NULL);
    return TRUE;
}

NT_EXPORT(CcPinMappedData);
BOOLEAN NTAPI CcPinMappedData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID *Bcb)
{
    CC_BCB *Mapped = *Bcb;

    (void)FileObject, (void)FileOffset, (void)Length, (void)Flags;
    Mapped->Pinned = TRUE; /* what is mapped is present already */
    return TRUE;
}

NT_EXPORT(CcSetDirtyPinnedData);
VOID NTAPI CcSetDirtyPinnedData(PVOID BcbVoid, PLARGE_INTEGER Lsn)
{
    CC_BCB *Bcb = BcbVoid;

    (void)Lsn; /* only a file system with a log passes one; nothing is ordered by it here */
    CcpMarkDirty(Bcb->Map, (ULONG64)Bcb->Public.MappedFileOffset.QuadPart, Bcb->Public.MappedLength);
    if (Bcb->Public.MappedFileOffset.QuadPart + Bcb->Public.MappedLength > Bcb->Map->ValidDataLength.QuadPart)
        Bcb->Map->ValidDataLength.QuadPart = Bcb->Public.MappedFileOffset.QuadPart + Bcb->Public.MappedLength;
}

NT_EXPORT(CcRepinBcb);
VOID NTAPI CcRepinBcb(PVOID Bcb)
{
    InterlockedIncrement(&((CC_BCB *)Bcb)->References);
}

NT_EXPORT(CcUnpinData);
VOID NTAPI CcUnpinData(PVOID BcbVoid)
{
    CC_BCB *Bcb = (CC_BCB *)((ULONG_PTR)BcbVoid & ~(ULONG_PTR)1);

    if (InterlockedDecrement(&Bcb->References) != 0)
        return;
    InterlockedDecrement((PLONG)&Bcb->Map->PinCount);
    ExFreePoolWithTag(Bcb, CC_TAG);
}

NT_EXPORT(CcUnpinDataForThread);
VOID NTAPI CcUnpinDataForThread(PVOID Bcb, ERESOURCE_THREAD Thread)
{
    (void)Thread;
    CcUnpinData(Bcb);
}

NT_EXPORT(CcUnpinRepinnedBcb);
VOID NTAPI CcUnpinRepinnedBcb(PVOID BcbVoid, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus)
{
    CC_BCB *Bcb = BcbVoid;

    IoStatus->Information = 0;
    IoStatus->Status = STATUS_SUCCESS;
    if (WriteThrough)
        IoStatus->Status = CcpFlush(Bcb->Map, (ULONG64)Bcb->Public.MappedFileOffset.QuadPart, Bcb->Public.MappedLength);
    CcUnpinData(Bcb);
}

NT_EXPORT(CcSetBcbOwnerPointer);
VOID NTAPI CcSetBcbOwnerPointer(PVOID Bcb, PVOID OwnerPointer)
{
    ((CC_BCB *)Bcb)->Owner = (ERESOURCE_THREAD)OwnerPointer;
}

NT_EXPORT(CcGetFileObjectFromBcb);
PFILE_OBJECT NTAPI CcGetFileObjectFromBcb(PVOID Bcb)
{
    return ((CC_BCB *)Bcb)->Map->FileObject;
}
