/*
 * The cache's own pages lent as MDLs, and writes put off until there is room. [doc: CcMdlRead,
 * CcPrepareMdlWrite, CcDeferWrite] A lent page counts as pinned: it is neither purged nor moved.
 * Left out: a failed preparation that leaves a part locked (it leaves nothing).
 */
#include "ccp.h"

/* The MDL of present pages; raises. NULL for no bytes. */
static PMDL CcpLend(CC_MAP *Map, ULONG64 Offset, ULONG Bytes)
{
    NTSTATUS Status = Bytes == 0 ? STATUS_SUCCESS : CcpMakePresent(Map, Offset, Bytes, TRUE);
    PMDL Mdl;

    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    if (Bytes == 0)
        return NULL;
    Mdl = IoAllocateMdl(Map->Base + Offset, Bytes, FALSE, FALSE, NULL);
    if (Mdl == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    MmBuildMdlForNonPagedPool(Mdl);
    InterlockedIncrement((PLONG)&Map->PinCount);
    return Mdl;
}

static VOID CcpTakeBack(CC_MAP *Map, PMDL Mdl)
{
    while (Mdl != NULL) {
        PMDL Next = Mdl->Next;

        InterlockedDecrement((PLONG)&Map->PinCount);
        IoFreeMdl(Mdl);
        Mdl = Next;
    }
}

NT_EXPORT(CcMdlRead);
VOID NTAPI CcMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                     PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus)
{
    CC_MAP *Map = CcpMapOf(FileObject);
    ULONG64 Offset = (ULONG64)FileOffset->QuadPart;
    ULONG Bytes = CcpClip(Map, Offset, Length);

    *MdlChain = CcpLend(Map, Offset, Bytes);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = Bytes;
}

NT_EXPORT(CcMdlReadComplete);
VOID NTAPI CcMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    CcpTakeBack(CcpMapOf(FileObject), MdlChain);
}

NT_EXPORT(CcPrepareMdlWrite);
VOID NTAPI CcPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                             PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus)
{
    *MdlChain = CcpLend(CcpMapOf(FileObject), (ULONG64)FileOffset->QuadPart, Length);
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = Length;
}

/* What the MDLs describe is new data; a file that writes through gets it now, and a failure raises
 * with the MDLs kept. */
NT_EXPORT(CcMdlWriteComplete);
VOID NTAPI CcMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain)
{
    CC_MAP *Map = CcpMapOf(FileObject);
    ULONG64 Offset = (ULONG64)FileOffset->QuadPart;
    ULONG Bytes = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    for (PMDL Mdl = MdlChain; Mdl != NULL; Mdl = Mdl->Next)
        Bytes += MmGetMdlByteCount(Mdl);
    if (Bytes != 0) {
        if (Offset + Bytes > (ULONG64)Map->ValidDataLength.QuadPart)
            Map->ValidDataLength.QuadPart = (LONGLONG)(Offset + Bytes);
        CcpMarkDirty(Map, Offset, Bytes);
        if (FileObject->Flags & FO_WRITE_THROUGH)
            Status = CcpFlush(Map, Offset, Bytes);
    }
    if (!NT_SUCCESS(Status))
        ExRaiseStatus(Status);
    CcpTakeBack(Map, MdlChain);
}

NT_EXPORT(CcMdlWriteAbort);
VOID NTAPI CcMdlWriteAbort(PFILE_OBJECT FileObject, PMDL MdlChain)
{
    CcpTakeBack(CcpMapOf(FileObject), MdlChain);
}

/* ---- writes that wait ---- */

typedef struct _CC_DEFERRED {
    LIST_ENTRY Link; /* CcDeferred; CcLock */
    PFILE_OBJECT FileObject;
    ULONG Bytes;
    PCC_POST_DEFERRED_WRITE Post;
    PVOID Context1, Context2;
} CC_DEFERRED;

static LIST_ENTRY CcDeferred = {&CcDeferred, &CcDeferred};

/* The first of those that can go on, off the list. */
static CC_DEFERRED *CcpNextDeferred(VOID)
{
    CC_DEFERRED *First = NULL;

    ExAcquireFastMutex(&CcLock);
    if (!IsListEmpty(&CcDeferred))
        First = CONTAINING_RECORD(CcDeferred.Flink, CC_DEFERRED, Link);
    if (First != NULL && !CcCanIWrite(First->FileObject, First->Bytes, FALSE, TRUE))
        First = NULL;
    if (First != NULL)
        RemoveEntryList(&First->Link);
    ExReleaseFastMutex(&CcLock);
    return First;
}

VOID CcpPostDeferredWrites(VOID)
{
    CC_DEFERRED *Deferred;

    while ((Deferred = CcpNextDeferred()) != NULL) {
        Deferred->Post(Deferred->Context1, Deferred->Context2);
        ExFreePoolWithTag(Deferred, CC_TAG);
    }
    if (!IsListEmpty(&CcDeferred))
        CcpScheduleLazyWrite(); /* tries again */
}

/* PostRoutine is called by the lazy writer's thread, within a second if there is room. */
NT_EXPORT(CcDeferWrite);
VOID NTAPI CcDeferWrite(PFILE_OBJECT FileObject, PCC_POST_DEFERRED_WRITE PostRoutine,
                        PVOID Context1, PVOID Context2, ULONG BytesToWrite, BOOLEAN Retrying)
{
    CC_DEFERRED *Deferred = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Deferred), CC_TAG);

    if (Deferred == NULL) { /* [doc] posted at once: the file system tries again */
        PostRoutine(Context1, Context2);
        return;
    }
    *Deferred = (CC_DEFERRED){.FileObject = FileObject,
                              .Bytes = BytesToWrite,
                              .Post = PostRoutine,
                              .Context1 = Context1,
                              .Context2 = Context2};
    ExAcquireFastMutex(&CcLock);
    if (Retrying)
        InsertHeadList(&CcDeferred, &Deferred->Link);
    else
        InsertTailList(&CcDeferred, &Deferred->Link);
    ExReleaseFastMutex(&CcLock);
    CcpScheduleLazyWrite();
}
