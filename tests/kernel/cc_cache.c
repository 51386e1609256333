/*
 * The cache manager, seen by a file system: a driver that holds one stream in memory serves the
 * paging I/O. Copying, mapping, pinning, flushing, purging, sizes, the lazy writer, failing reads.
 */
#include "threads.h"

#define STREAM_BYTES 65536

static UCHAR Stream[STREAM_BYTES];
static LONG Reads, Writes;
static NTSTATUS ReadStatus = STATUS_SUCCESS;
static SECTION_OBJECT_POINTERS Pointers;
static LONG Acquired;

static NTSTATUS NTAPI serve(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    PUCHAR Buffer;
    ULONG64 Offset;
    ULONG Length;

    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_READ || Stack->MajorFunction == IRP_MJ_WRITE) {
        Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        Offset = (ULONG64)Stack->Parameters.Read.ByteOffset.QuadPart;
        Length = Stack->Parameters.Read.Length;
        if (!(Irp->Flags & IRP_PAGING_IO) || Offset + Length > STREAM_BYTES)
            Status = STATUS_INVALID_PARAMETER;
        else if (Stack->MajorFunction == IRP_MJ_READ && !NT_SUCCESS(ReadStatus))
            Status = ReadStatus;
        else if (Stack->MajorFunction == IRP_MJ_READ)
            RtlCopyMemory(Buffer, Stream + Offset, Length), InterlockedIncrement(&Reads);
        else
            RtlCopyMemory(Stream + Offset, Buffer, Length), InterlockedIncrement(&Writes);
        Irp->IoStatus.Information = NT_SUCCESS(Status) ? Length : 0;
    }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static BOOLEAN NTAPI acquire(PVOID Context, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Wait);
    InterlockedIncrement(&Acquired);
    return TRUE;
}

static VOID NTAPI release(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InterlockedDecrement(&Acquired);
}

static LARGE_INTEGER at(LONG64 Value)
{
    LARGE_INTEGER Result;

    Result.QuadPart = Value;
    return Result;
}

static NTSTATUS read_raises(PFILE_OBJECT File, LONG64 Offset)
{
    LARGE_INTEGER Where = at(Offset);
    IO_STATUS_BLOCK Iosb;
    UCHAR Byte;

    __try {
        CcCopyRead(File, &Where, 1, TRUE, &Byte, &Iosb);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS granularity_raises(PFILE_OBJECT File, ULONG Granularity)
{
    __try {
        CcSetReadAheadGranularity(File, Granularity);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static VOID copying(PFILE_OBJECT File)
{
    LARGE_INTEGER Where = at(4090);
    IO_STATUS_BLOCK Iosb;
    UCHAR Buffer[32];

    tap_fill(&Buffer);
    ok(!CcCopyRead(File, &Where, 16, FALSE, Buffer, &Iosb),
       "data that is not there, without waiting");
    ok(CcCopyRead(File, &Where, 16, TRUE, Buffer, &Iosb), "waiting for it");
    is_status(Iosb.Status, STATUS_SUCCESS, "its status");
    is_ulong64(Iosb.Information, 16, "its length");
    is_bytes(Buffer, Stream + 4090, 16, "the bytes, over a page boundary");
    is_long(Reads, 2, "two pages were read");
    ok(CcCopyRead(File, &Where, 16, FALSE, Buffer, &Iosb), "now without waiting");
    is_long(Reads, 2, "from the cache");
    Where = at(STREAM_BYTES - 4);
    CcCopyRead(File, &Where, 16, TRUE, Buffer, &Iosb);
    is_ulong64(Iosb.Information, 4, "the end of the file bounds a read");
    Where = at(8192);
    ok(CcCopyWrite(File, &Where, 5, TRUE, "cache"), "a write");
    ok(Stream[8192] != 'c', "stays in the cache");
    CcFlushCache(&Pointers, &Where, 5, &Iosb);
    is_status(Iosb.Status, STATUS_SUCCESS, "a flush");
    is_bytes(Stream + 8192, "cache", 5, "writes it");
    is_long(Writes, 1, "as one page");
    ReadStatus = STATUS_DEVICE_DATA_ERROR;
    is_status(read_raises(File, 5 * 4096), STATUS_DEVICE_DATA_ERROR, "a read that fails raises");
    ReadStatus = STATUS_SUCCESS;
    is_status(read_raises(File, 5 * 4096), STATUS_SUCCESS, "and can be tried again");
}

static VOID mapping(PFILE_OBJECT File)
{
    LARGE_INTEGER Where = at(12288);
    PVOID Bcb, Again, Data, Same;
    IO_STATUS_BLOCK Iosb;

    ok(CcMapData(File, &Where, 8192, MAP_WAIT, &Bcb, &Data), "two pages mapped");
    is_bytes(Data, Stream + 12288, 8192, "show the stream");
    ok(!CcPurgeCacheSection(&Pointers, NULL, 0, 0), "what is mapped cannot be purged");
    ok(CcPinMappedData(File, &Where, 8192, PIN_WAIT, &Bcb), "pinned");
    *(PUCHAR)Data = 0x77;
    CcSetDirtyPinnedData(Bcb, NULL);
    ok(CcPinRead(File, &Where, 16, PIN_WAIT, &Again, &Same), "pinned again");
    is_ptr(Same, Data, "at the same address");
    is_ptr(CcGetFileObjectFromBcb(Again), File, "of the same file");
    CcRepinBcb(Again);
    CcUnpinData(Again);
    CcUnpinRepinnedBcb(Again, TRUE, &Iosb);
    is_status(Iosb.Status, STATUS_SUCCESS, "unpinned, written through");
    is_ulong(Stream[12288], 0x77, "to the stream");
    CcUnpinDataForThread(Bcb, ExGetCurrentResourceThread());
    ok(CcPreparePinWrite(File, &Where, 4096, TRUE, PIN_WAIT, &Bcb, &Data),
       "a page prepared to be written");
    ok(tap_all_bytes(Data, 4096, 0), "is zero");
    CcSetBcbOwnerPointer(Bcb, (PVOID)((ULONG_PTR)&Bcb | 3));
    CcUnpinData(Bcb);
    Stream[20480] = 0x11;
    ok(CcPurgeCacheSection(&Pointers, NULL, 0, 0), "purged");
    is_status(read_raises(File, 20480), STATUS_SUCCESS, "read anew");
    is_ptr(CcGetFileObjectFromSectionPtrs(&Pointers), File, "the stream's file object");
}

static VOID sizes(PFILE_OBJECT File)
{
    CC_FILE_SIZES Sizes = {at(STREAM_BYTES), at(6000), at(6000)};
    LARGE_INTEGER Where = at(5990), End = at(4200);
    IO_STATUS_BLOCK Iosb;
    UCHAR Buffer[32];

    CcSetFileSizes(File, &Sizes);
    CcCopyRead(File, &Where, 32, TRUE, Buffer, &Iosb);
    is_ulong64(Iosb.Information, 10, "a shorter file");
    Where = at(4100);
    ok(CcZeroData(File, &Where, &End, TRUE), "CcZeroData");
    CcCopyRead(File, &Where, 32, TRUE, Buffer, &Iosb);
    ok(tap_all_bytes(Buffer, 32, 0), "zeros the range");
    ok(CcCanIWrite(File, 4096, FALSE, 0), "CcCanIWrite");
    CcSetReadAheadGranularity(File, 65536);
    is_status(granularity_raises(File, 100), STATUS_INVALID_PARAMETER,
              "a granularity that is no power of two");
    ok(!CcPurgeCacheSection(&Pointers, NULL, 0, 1), "maps of open files are not taken away");
}

/* ---- the cache's pages lent, and fast I/O over a file's header ---- */

static NTSTATUS mdl_read_raises(PFILE_OBJECT File, LONG64 Offset)
{
    LARGE_INTEGER Where = at(Offset);
    IO_STATUS_BLOCK Iosb;
    PMDL Mdl;

    __try {
        CcMdlRead(File, &Where, 16, &Mdl, &Iosb);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    CcMdlReadComplete(File, Mdl);
    return STATUS_SUCCESS;
}

static VOID lending(PFILE_OBJECT File)
{
    LARGE_INTEGER Where = at(4090);
    IO_STATUS_BLOCK Iosb;
    PMDL Mdl;
    PVOID Data;

    CcMdlRead(File, &Where, 16, &Mdl, &Iosb);
    ok(NT_SUCCESS(Iosb.Status) && Iosb.Information == 16, "CcMdlRead");
    is_ulong(MmGetMdlByteCount(Mdl), 16, "its MDL");
    Data = MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
    is_bytes(Data, Stream + 4090, 16, "shows the data");
    ok(!CcPurgeCacheSection(&Pointers, NULL, 0, 0), "what is lent cannot be purged");
    CcMdlReadComplete(File, Mdl);
    ok(CcPurgeCacheSection(&Pointers, NULL, 0, 0), "what is given back can");
    ReadStatus = STATUS_DEVICE_DATA_ERROR;
    is_status(mdl_read_raises(File, 8192), STATUS_DEVICE_DATA_ERROR, "a read that fails raises");
    ReadStatus = STATUS_SUCCESS;
    CcPrepareMdlWrite(File, &Where, 8, &Mdl, &Iosb);
    ok(NT_SUCCESS(Iosb.Status) && Iosb.Information == 8, "CcPrepareMdlWrite");
    RtlCopyMemory(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), "lentlent", 8);
    CcMdlWriteComplete(File, &Where, Mdl);
    ok(Stream[4090] != 'l', "written to the cache");
    CcFlushCache(&Pointers, NULL, 0, &Iosb);
    is_bytes(Stream + 4090, "lentlent", 8, "and flushed from there");
    File->Flags |= FO_WRITE_THROUGH;
    CcPrepareMdlWrite(File, &Where, 8, &Mdl, &Iosb);
    RtlCopyMemory(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), "throughh", 8);
    CcMdlWriteComplete(File, &Where, Mdl);
    is_bytes(Stream + 4090, "throughh", 8, "a file that writes through is written at once");
    File->Flags &= ~(ULONG)FO_WRITE_THROUGH;
    CcPrepareMdlWrite(File, &Where, 8, &Mdl, &Iosb);
    CcMdlWriteAbort(File, Mdl);
    ok(CcPurgeCacheSection(&Pointers, NULL, 0, 0), "CcMdlWriteAbort");
}

static KEVENT Posted;

static VOID NTAPI post(PVOID Context1, PVOID Context2)
{
    if (Context1 == &Posted && Context2 == &Stream)
        KeSetEvent(&Posted, 0, FALSE);
}

static BOOLEAN MayBeFast;

static BOOLEAN NTAPI check_if_possible(PFILE_OBJECT File, PLARGE_INTEGER Offset, ULONG Length,
                                       BOOLEAN Wait, ULONG Key, BOOLEAN Read, PIO_STATUS_BLOCK Iosb,
                                       PDEVICE_OBJECT Device)
{
    UNREFERENCED_PARAMETER(File);
    UNREFERENCED_PARAMETER(Offset);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(Read);
    UNREFERENCED_PARAMETER(Iosb);
    UNREFERENCED_PARAMETER(Device);
    return MayBeFast && Key == 7;
}

static BOOLEAN fast_read(PFILE_OBJECT File, LONG64 Offset, ULONG Length, PVOID Buffer,
                         PIO_STATUS_BLOCK Iosb)
{
    LARGE_INTEGER Where = at(Offset);

    return FsRtlCopyRead(File, &Where, Length, TRUE, 7, Buffer, Iosb, File->DeviceObject);
}

static BOOLEAN fast_write(PFILE_OBJECT File, LONG64 Offset, ULONG Length, PVOID Buffer,
                          PIO_STATUS_BLOCK Iosb)
{
    LARGE_INTEGER Where = at(Offset);

    return FsRtlCopyWrite(File, &Where, Length, TRUE, 7, Buffer, Iosb, File->DeviceObject);
}

static VOID fast_io(PFILE_OBJECT File)
{
    static FSRTL_COMMON_FCB_HEADER Header;
    static ERESOURCE Resource;
    static FAST_IO_DISPATCH Dispatch;
    CC_FILE_SIZES Sizes = {at(STREAM_BYTES), at(20000), at(16000)};
    LARGE_INTEGER Where = at(100);
    IO_STATUS_BLOCK Iosb;
    UCHAR Buffer[32];
    PMDL Mdl;

    ExInitializeResourceLite(&Resource);
    Header.Resource = &Resource;
    Header.IsFastIoPossible = FastIoIsPossible;
    Header.AllocationSize = Sizes.AllocationSize;
    Header.FileSize = Sizes.FileSize;
    Header.ValidDataLength = Sizes.ValidDataLength;
    CcSetFileSizes(File, &Sizes);
    File->FsContext = &Header;
    Dispatch.SizeOfFastIoDispatch = sizeof(Dispatch);
    Dispatch.FastIoCheckIfPossible = check_if_possible;
    File->DeviceObject->DriverObject->FastIoDispatch = &Dispatch;
    ok(fast_read(File, 100, 16, Buffer, &Iosb) && Iosb.Information == 16, "FsRtlCopyRead");
    is_bytes(Buffer, Stream + 100, 16, "its data");
    is_long(File->CurrentByteOffset.QuadPart, 116, "moves the file's position");
    ok(fast_read(File, 19990, 16, Buffer, &Iosb) && Iosb.Information == 10, "up to the end");
    ok(fast_read(File, 20000, 16, Buffer, &Iosb) && Iosb.Status == STATUS_END_OF_FILE,
       "and not beyond");
    ok(fast_read(File, 20000, 0, Buffer, &Iosb) && Iosb.Status == STATUS_SUCCESS,
       "nothing can be read anywhere");
    ok(fast_write(File, 18000, 4, "fast", &Iosb) && Iosb.Information == 4, "FsRtlCopyWrite");
    is_long(Header.ValidDataLength.QuadPart, 18004, "what is valid grows");
    ok(fast_read(File, 17996, 8, Buffer, &Iosb) && Buffer[3] == 0 && Buffer[4] == 'f',
       "over zeros");
    ok(fast_write(File, 20000, 4, "more", &Iosb), "a write that makes the file longer");
    is_long(Header.FileSize.QuadPart, 20004, "does");
    ok((File->Flags & (FO_FILE_SIZE_CHANGED | FO_FILE_MODIFIED)) ==
           (FO_FILE_SIZE_CHANGED | FO_FILE_MODIFIED),
       "and is marked");
    ok(!fast_write(File, STREAM_BYTES - 2, 4, "more", &Iosb), "not beyond what is allocated");
    ok(!fast_write(File, -1, 4, "more", &Iosb), "nor at the end that a request has to find");
    ReadStatus = STATUS_DEVICE_DATA_ERROR;
    ok(!fast_read(File, 8192, 4, Buffer, &Iosb), "a device's error is left to a request");
    ReadStatus = STATUS_SUCCESS;
    Header.IsFastIoPossible = FastIoIsQuestionable;
    ok(!fast_read(File, 100, 4, Buffer, &Iosb), "a file with locks: the file system says no");
    MayBeFast = TRUE;
    ok(fast_read(File, 100, 4, Buffer, &Iosb), "or yes");
    Header.IsFastIoPossible = FastIoIsNotPossible;
    ok(!fast_read(File, 100, 4, Buffer, &Iosb) && !fast_write(File, 100, 4, Buffer, &Iosb),
       "a file without fast I/O");
    Header.IsFastIoPossible = FastIoIsPossible;
    ok(FsRtlMdlReadDev(File, &Where, 16, 7, &Mdl, &Iosb, NULL) && MmGetMdlByteCount(Mdl) == 16,
       "FsRtlMdlReadDev");
    ok(FsRtlMdlReadCompleteDev(File, Mdl, NULL), "FsRtlMdlReadCompleteDev");
    ok(FsRtlPrepareMdlWriteDev(File, &Where, 4, 7, &Mdl, &Iosb, File->DeviceObject),
       "FsRtlPrepareMdlWriteDev");
    RtlCopyMemory(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), "mdl!", 4);
    File->Flags |= FO_WRITE_THROUGH;
    ok(!FsRtlMdlWriteCompleteDev(File, &Where, Mdl, File->DeviceObject),
       "a request completes one that writes through");
    ok(!fast_write(File, 100, 4, Buffer, &Iosb), "and writes it");
    File->Flags &= ~(ULONG)FO_WRITE_THROUGH;
    ok(FsRtlMdlWriteCompleteDev(File, &Where, Mdl, File->DeviceObject), "FsRtlMdlWriteCompleteDev");
    ok(fast_read(File, 100, 4, Buffer, &Iosb) && memcmp(Buffer, "mdl!", 4) == 0, "its data");
    File->DeviceObject->DriverObject->FastIoDispatch = NULL;
    File->FsContext = NULL;
    ExDeleteResourceLite(&Resource);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    CACHE_MANAGER_CALLBACKS Callbacks = {acquire, release, acquire, release};
    CC_FILE_SIZES Sizes = {at(STREAM_BYTES), at(STREAM_BYTES), at(STREAM_BYTES)};
    PDEVICE_OBJECT Device;
    PFILE_OBJECT File;
    LARGE_INTEGER Where = at(0);
    IO_STATUS_BLOCK Iosb;
    UCHAR Back[4];
    LONG Before;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        Driver->MajorFunction[i] = serve;
    for (ULONG i = 0; i < STREAM_BYTES; i++)
        Stream[i] = (UCHAR)(i * 7 + i / 256);
    if (!NT_SUCCESS(IoCreateDevice(Driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device)))
        return bail("no device");
    Device->Flags &= ~DO_DEVICE_INITIALIZING;
    File = IoCreateStreamFileObject(NULL, Device);
    File->SectionObjectPointer = &Pointers;
    CcInitializeCacheMap(File, &Sizes, TRUE, &Callbacks, NULL);
    ok(File->PrivateCacheMap != NULL && Pointers.SharedCacheMap != NULL, "caching is on");
    copying(File);
    mapping(File);
    Before = Writes;
    CcCopyWrite(File, &Where, 4, TRUE, "lazy");
    sleep_ms(3000);
    ok(Writes > Before, "the lazy writer writes within seconds");
    is_bytes(Stream, "lazy", 4, "what was written");
    is_long(Acquired, 0, "between the file system's callbacks");
    lending(File);
    KeInitializeEvent(&Posted, NotificationEvent, FALSE);
    CcDeferWrite(File, post, &Posted, Stream, 4096, FALSE);
    is_status(KeWaitForSingleObject(&Posted, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS,
              "a deferred write is posted when there is room");
    fast_io(File);
    sizes(File);
    is_status(CcWaitForCurrentLazyWriterActivity(), STATUS_SUCCESS,
              "CcWaitForCurrentLazyWriterActivity");
    Where = at(100);
    CcFastCopyWrite(File, 100, 3, "end");
    CcFastCopyRead(File, 100, 3, 1, Back, &Iosb);
    is_bytes(Back, "end", 3, "the fast forms");
    ok(CcUninitializeCacheMap(File, NULL, NULL), "the last one ends the map");
    ok(Pointers.SharedCacheMap == NULL, "which is gone");
    is_bytes(Stream + 100, "end", 3, "and everything is written");
    ok(!CcUninitializeCacheMap(File, NULL, NULL), "once");
    File->SectionObjectPointer = NULL;
    ObDereferenceObject(File);
    IoDeleteDevice(Device);
    return done();
}
