/*
 * The cache manager, seen by a file system: a driver that holds one stream in memory serves the paging I/O. Copying, mapping,
 * pinning, flushing, purging, sizes, the lazy writer, failing reads.
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
    ok(!CcCopyRead(File, &Where, 16, FALSE, Buffer, &Iosb), "data that is not there, without waiting");
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
    ok(CcPreparePinWrite(File, &Where, 4096, TRUE, PIN_WAIT, &Bcb, &Data), "a page prepared to be written");
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
    is_status(granularity_raises(File, 100), STATUS_INVALID_PARAMETER, "a granularity that is no power of two");
    ok(!CcPurgeCacheSection(&Pointers, NULL, 0, 1), "maps of open files are not taken away");
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
    sizes(File);
    is_status(CcWaitForCurrentLazyWriterActivity(), STATUS_SUCCESS, "CcWaitForCurrentLazyWriterActivity");
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
