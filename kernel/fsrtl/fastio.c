/*
 * Fast I/O on cached files, for file systems that take these as their fast I/O routines:
 * FSRTL_COMMON_FCB_HEADER says what the file allows. [doc: FsRtlCopyRead, FsRtlCopyWrite,
 * FsRtlMdlReadDev, FsRtlPrepareMdlWriteDev] FALSE: the caller sends a request instead. IRQL <=
 * APC_LEVEL.
 */
#include "fsrtl.h"

static LARGE_INTEGER FsRtlpEnd(PLARGE_INTEGER Offset, ULONG Length)
{
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)((ULONG64)Offset->QuadPart + Length)};
}

/* The file's lock is held: may it be done without a request? */
static BOOLEAN FsRtlpIsFastAllowed(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length,
                                   BOOLEAN Wait, ULONG Key, BOOLEAN Read, PIO_STATUS_BLOCK IoStatus,
                                   PDEVICE_OBJECT Device)
{
    PFSRTL_COMMON_FCB_HEADER Header = File->FsContext;
    PFAST_IO_DISPATCH Fast;

    if (File->PrivateCacheMap == NULL || Header->IsFastIoPossible == FastIoIsNotPossible)
        return FALSE;
    if (Header->IsFastIoPossible != FastIoIsQuestionable)
        return TRUE;
    Device = Device != NULL ? Device : IoGetRelatedDeviceObject(File);
    Fast = Device->DriverObject->FastIoDispatch;
    return Fast != NULL && Fast->FastIoCheckIfPossible != NULL &&
           Fast->FastIoCheckIfPossible(File, Offset, Length, Wait, Key, Read, IoStatus, Device);
}

/* Expected failures make the caller send a request; others are somebody's defect and go on. */
static LONG FsRtlpFastFilter(NTSTATUS Status)
{
    return FsRtlIsNtstatusExpected(Status) ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

/* ---- reading ---- */

typedef struct _FSRTLP_FAST {
    PFILE_OBJECT File;
    PLARGE_INTEGER Offset;
    ULONG Length;
    BOOLEAN Wait;
    PVOID Buffer; /* NULL: lend the pages */
    PMDL *MdlChain;
    PIO_STATUS_BLOCK IoStatus;
} FSRTLP_FAST;

static BOOLEAN FsRtlpFastTransfer(const FSRTLP_FAST *Fast, BOOLEAN Write)
{
    PIRP Top = IoGetTopLevelIrp();
    BOOLEAN Done = TRUE;

    IoSetTopLevelIrp((PIRP)FSRTL_FAST_IO_TOP_LEVEL_IRP);
    __try {
        if (Fast->Buffer == NULL && Write)
            CcPrepareMdlWrite(Fast->File, Fast->Offset, Fast->Length, Fast->MdlChain,
                              Fast->IoStatus);
        else if (Fast->Buffer == NULL)
            CcMdlRead(Fast->File, Fast->Offset, Fast->Length, Fast->MdlChain, Fast->IoStatus);
        else if (Write)
            Done = CcCopyWrite(Fast->File, Fast->Offset, Fast->Length, Fast->Wait, Fast->Buffer);
        else
            Done = CcCopyRead(Fast->File, Fast->Offset, Fast->Length, Fast->Wait, Fast->Buffer,
                              Fast->IoStatus);
    } __except (FsRtlpFastFilter(GetExceptionCode())) {
        Done = FALSE;
    }
    IoSetTopLevelIrp(Top);
    return Done;
}

/* The header's resource is held. */
static BOOLEAN FsRtlpReadHeld(FSRTLP_FAST *Fast, ULONG Key, PDEVICE_OBJECT Device)
{
    PFSRTL_COMMON_FCB_HEADER Header = Fast->File->FsContext;
    LONGLONG Left = Header->FileSize.QuadPart - Fast->Offset->QuadPart;

    if (!FsRtlpIsFastAllowed(Fast->File, Fast->Offset, Fast->Length, Fast->Wait, Key, TRUE,
                             Fast->IoStatus, Device))
        return FALSE;
    if (Left <= 0) {
        Fast->IoStatus->Status = STATUS_END_OF_FILE;
        Fast->IoStatus->Information = 0;
        return TRUE;
    }
    Fast->Length = (ULONG)min(Left, (LONGLONG)Fast->Length);
    if (!FsRtlpFastTransfer(Fast, FALSE))
        return FALSE;
    Fast->File->Flags |= FO_FILE_FAST_IO_READ;
    if (Fast->Buffer != NULL)
        Fast->File->CurrentByteOffset.QuadPart =
            Fast->Offset->QuadPart + (LONGLONG)Fast->IoStatus->Information;
    return TRUE;
}

static BOOLEAN FsRtlpFastRead(FSRTLP_FAST *Fast, ULONG Key, PDEVICE_OBJECT Device)
{
    PFSRTL_COMMON_FCB_HEADER Header = Fast->File->FsContext;
    BOOLEAN Done = FALSE;

    if (Fast->Length == 0) {
        Fast->IoStatus->Status = STATUS_SUCCESS;
        Fast->IoStatus->Information = 0;
        return TRUE;
    }
    if (FsRtlpEnd(Fast->Offset, Fast->Length).QuadPart <= 0)
        return FALSE;
    KeEnterCriticalRegion();
    if (ExAcquireResourceSharedLite(Header->Resource, Fast->Wait)) {
        Done = FsRtlpReadHeld(Fast, Key, Device);
        ExReleaseResourceLite(Header->Resource);
    }
    KeLeaveCriticalRegion();
    return Done;
}

NT_EXPORT(FsRtlCopyRead);
BOOLEAN NTAPI FsRtlCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                            BOOLEAN Wait, ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                            PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_FAST Fast = {FileObject, FileOffset, Length, Wait, Buffer, NULL, IoStatus};

    return FsRtlpFastRead(&Fast, LockKey, DeviceObject);
}

NT_EXPORT(FsRtlMdlReadDev);
BOOLEAN NTAPI FsRtlMdlReadDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                              ULONG LockKey, PMDL *MdlChain, PIO_STATUS_BLOCK IoStatus,
                              PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_FAST Fast = {FileObject, FileOffset, Length, TRUE, NULL, MdlChain, IoStatus};

    return FsRtlpFastRead(&Fast, LockKey, DeviceObject);
}

NT_EXPORT(FsRtlMdlReadCompleteDev);
BOOLEAN NTAPI FsRtlMdlReadCompleteDev(PFILE_OBJECT FileObject, PMDL MdlChain,
                                      PDEVICE_OBJECT DeviceObject)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    CcMdlReadComplete(FileObject, MdlChain);
    return TRUE;
}

/* ---- writing ---- */

/* The cache and the header get NewSize, at least that much being allocated. */
static VOID FsRtlpSetSize(PFILE_OBJECT File, PFSRTL_COMMON_FCB_HEADER Header, LARGE_INTEGER NewSize)
{
    CC_FILE_SIZES Sizes = {Header->AllocationSize, NewSize, Header->ValidDataLength};

    Header->FileSize = NewSize;
    CcSetFileSizes(File, &Sizes);
}

/* The header's resource is held exclusively. The bytes between the valid data and the write become
 * zeros. */
static BOOLEAN FsRtlpWriteHeld(FSRTLP_FAST *Fast, ULONG Key, PDEVICE_OBJECT Device)
{
    PFSRTL_COMMON_FCB_HEADER Header = Fast->File->FsContext;
    LARGE_INTEGER Old = Header->FileSize, End = FsRtlpEnd(Fast->Offset, Fast->Length);

    if (!FsRtlpIsFastAllowed(Fast->File, Fast->Offset, Fast->Length, Fast->Wait, Key, FALSE,
                             Fast->IoStatus, Device))
        return FALSE;
    if (End.QuadPart > Header->AllocationSize.QuadPart)
        return FALSE; /* the file system has to find room */
    if (End.QuadPart > Old.QuadPart)
        FsRtlpSetSize(Fast->File, Header, End);
    if ((Fast->Offset->QuadPart > Header->ValidDataLength.QuadPart &&
         !CcZeroData(Fast->File, &Header->ValidDataLength, Fast->Offset, Fast->Wait)) ||
        !FsRtlpFastTransfer(Fast, TRUE)) {
        FsRtlpSetSize(Fast->File, Header, Old);
        return FALSE;
    }
    if (End.QuadPart > Header->ValidDataLength.QuadPart)
        Header->ValidDataLength = End;
    Fast->File->Flags |=
        FO_FILE_MODIFIED | (End.QuadPart > Old.QuadPart ? FO_FILE_SIZE_CHANGED : 0);
    if (Fast->Buffer == NULL)
        return TRUE;
    Fast->IoStatus->Status = STATUS_SUCCESS;
    Fast->IoStatus->Information = Fast->Length;
    Fast->File->CurrentByteOffset = End;
    return TRUE;
}

static BOOLEAN FsRtlpFastWrite(FSRTLP_FAST *Fast, ULONG Key, PDEVICE_OBJECT Device)
{
    PFSRTL_COMMON_FCB_HEADER Header = Fast->File->FsContext;
    BOOLEAN Done = FALSE;

    if ((Fast->File->Flags & FO_WRITE_THROUGH) ||
        Fast->Offset->QuadPart < 0 || /* also to the end of the file */
        FsRtlpEnd(Fast->Offset, Fast->Length).QuadPart < 0 ||
        !CcCanIWrite(Fast->File, Fast->Length, Fast->Wait, FALSE))
        return FALSE;
    if (Fast->Length == 0) {
        Fast->IoStatus->Status = STATUS_SUCCESS;
        Fast->IoStatus->Information = 0;
        return TRUE;
    }
    KeEnterCriticalRegion();
    if (ExAcquireResourceExclusiveLite(Header->Resource, Fast->Wait)) {
        Done = FsRtlpWriteHeld(Fast, Key, Device);
        ExReleaseResourceLite(Header->Resource);
    }
    KeLeaveCriticalRegion();
    return Done;
}

NT_EXPORT(FsRtlCopyWrite);
BOOLEAN NTAPI FsRtlCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length,
                             BOOLEAN Wait, ULONG LockKey, PVOID Buffer, PIO_STATUS_BLOCK IoStatus,
                             PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_FAST Fast = {FileObject, FileOffset, Length, Wait, Buffer, NULL, IoStatus};

    return FsRtlpFastWrite(&Fast, LockKey, DeviceObject);
}

NT_EXPORT(FsRtlPrepareMdlWriteDev);
BOOLEAN NTAPI FsRtlPrepareMdlWriteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                      ULONG Length, ULONG LockKey, PMDL *MdlChain,
                                      PIO_STATUS_BLOCK IoStatus, PDEVICE_OBJECT DeviceObject)
{
    FSRTLP_FAST Fast = {FileObject, FileOffset, Length, TRUE, NULL, MdlChain, IoStatus};

    return FsRtlpFastWrite(&Fast, LockKey, DeviceObject);
}

/* A file that writes through is completed by a request. */
NT_EXPORT(FsRtlMdlWriteCompleteDev);
BOOLEAN NTAPI FsRtlMdlWriteCompleteDev(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset,
                                       PMDL MdlChain, PDEVICE_OBJECT DeviceObject)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    if (FileObject->Flags & FO_WRITE_THROUGH)
        return FALSE;
    CcMdlWriteComplete(FileObject, FileOffset, MdlChain);
    return TRUE;
}
