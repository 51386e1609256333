/*
 * Cache maps: made by the first CcInitializeCacheMap on a stream, gone with the last
 * CcUninitializeCacheMap. Leaves out: reclaiming clean pages under memory pressure.
 */
#include "ccp.h"

#include "../fsrtl/fsrtl.h"

#include "cc.h"

LIST_ENTRY CcMaps;
FAST_MUTEX CcLock;
static KTIMER CcLazyTimer;
static KDPC CcLazyDpc;
static WORK_QUEUE_ITEM CcLazyItem;
static BOOLEAN CcLazyArmed; /* CcLock */

#define CC_LAZY_DELAY_100NS 10000000ll /* [doc: dirty data is written about once a second] */

static VOID CcpInitLock(PFAST_MUTEX Mutex)
{
    Mutex->Count = 1;
    Mutex->Owner = NULL;
    Mutex->Contention = 0;
    KeInitializeEvent(&Mutex->Event, SynchronizationEvent, FALSE);
}

/* ---- lazy writing ---- */

static VOID CcpDeleteMap(CC_MAP *Map);

/* Drops one use; the last one deletes the map. TRUE: it is gone. */
static BOOLEAN CcpRelease(CC_MAP *Map)
{
    BOOLEAN Last;

    ExAcquireFastMutex(&CcLock);
    Last = --Map->OpenCount == 0;
    if (Last) {
        RemoveEntryList(&Map->Link);
        Map->FileObject->SectionObjectPointer->SharedCacheMap = NULL;
    }
    ExReleaseFastMutex(&CcLock);
    if (Last)
        CcpDeleteMap(Map);
    return Last;
}

static VOID CcpLazyWriteOne(CC_MAP *Map)
{
    if (!Map->Callbacks.AcquireForLazyWrite(Map->LazyContext, TRUE))
        return;
    CcpFlush(Map, 0, Map->Pages << PAGE_SHIFT);
    Map->Callbacks.ReleaseFromLazyWrite(Map->LazyContext);
}

VOID CcpWriteDirtyMaps(VOID)
{
    CC_MAP *Found;

    ExAcquireFastMutex(&CcLock);
    do {
        Found = NULL;
        for (PLIST_ENTRY Entry = CcMaps.Flink; Entry != &CcMaps && Found == NULL;
             Entry = Entry->Flink) {
            CC_MAP *Map = CONTAINING_RECORD(Entry, CC_MAP, Link);

            if (Map->Dirty)
                Found = Map;
        }
        if (Found != NULL) {
            Found->Dirty = FALSE;
            Found->OpenCount++; /* keeps it while the lock is down */
            ExReleaseFastMutex(&CcLock);
            CcpLazyWriteOne(Found);
            CcpRelease(Found);
            ExAcquireFastMutex(&CcLock);
        }
    } while (Found != NULL);
    ExReleaseFastMutex(&CcLock);
}

static VOID NTAPI CcpLazyWrite(PVOID Context)
{
    (void)Context;
    ExAcquireFastMutex(&CcLock);
    CcLazyArmed = FALSE;
    ExReleaseFastMutex(&CcLock);
    CcpWriteDirtyMaps();
    CcpPostDeferredWrites();
}

static VOID NTAPI CcpLazyTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Dpc, (void)Context, (void)Argument1, (void)Argument2;
    ExQueueWorkItem(&CcLazyItem, DelayedWorkQueue);
}

VOID CcpScheduleLazyWrite(VOID)
{
    LARGE_INTEGER Due;

    Due.QuadPart = -CC_LAZY_DELAY_100NS;
    ExAcquireFastMutex(&CcLock);
    if (!CcLazyArmed)
        KeSetTimer(&CcLazyTimer, Due, &CcLazyDpc);
    CcLazyArmed = TRUE;
    ExReleaseFastMutex(&CcLock);
}

VOID CcInitSystem(VOID)
{
    InitializeListHead(&CcMaps);
    CcpInitLock(&CcLock);
    KeInitializeTimer(&CcLazyTimer);
    KeInitializeDpc(&CcLazyDpc, CcpLazyTimeout, NULL);
    ExInitializeWorkItem(&CcLazyItem, CcpLazyWrite, NULL);
}

/* ---- pages ---- */

CC_MAP *CcpMapOf(PFILE_OBJECT FileObject)
{
    CC_MAP *Map = FileObject->SectionObjectPointer == NULL
                      ? NULL
                      : FileObject->SectionObjectPointer->SharedCacheMap;

    if (Map == NULL) { /* [doc: CACHE_MANAGER] */
        KeSetBugCheckText(
            "the cache manager was called for file object %p, on which caching was not initialized",
            FileObject);
        KeBugCheckEx(CACHE_MANAGER, (ULONG_PTR)FileObject, 0, 0, 0);
    }
    return Map;
}

static NTSTATUS CcpFill(CC_MAP *Map, SIZE_T Page)
{
    PUCHAR Va = Map->Base + (Page << PAGE_SHIFT);
    PFN_NUMBER Frame = MmAllocatePages(1);
    NTSTATUS Status;

    if (Frame == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = MmMapPages(Va, Frame, 1, MM_PROT_READWRITE);
    if (NT_SUCCESS(Status) &&
        ((ULONG64)Page << PAGE_SHIFT) < (ULONG64)Map->ValidDataLength.QuadPart) {
        Status = CcpPageIo(Map, IRP_MJ_READ, Va, (ULONG64)Page << PAGE_SHIFT, PAGE_SIZE);
        if (!NT_SUCCESS(Status))
            MmUnmapPages(Va, 1);
    }
    if (!NT_SUCCESS(Status)) {
        MmFreePages(Frame, 1);
        return Status;
    }
    Map->State[Page] = CC_PAGE_PRESENT;
    return STATUS_SUCCESS;
}

NTSTATUS CcpMakePresent(CC_MAP *Map, ULONG64 Offset, ULONG Length, BOOLEAN Wait)
{
    SIZE_T First = Offset >> PAGE_SHIFT, End = (Offset + Length + PAGE_SIZE - 1) >> PAGE_SHIFT;
    NTSTATUS Status = STATUS_SUCCESS;

    if (End > Map->Pages)
        return STATUS_END_OF_FILE;
    ExAcquireFastMutex(&Map->Lock);
    for (SIZE_T Page = First; Page < End && NT_SUCCESS(Status); Page++)
        if (!(Map->State[Page] & CC_PAGE_PRESENT))
            Status = Wait ? CcpFill(Map, Page) : STATUS_CANT_WAIT;
    ExReleaseFastMutex(&Map->Lock);
    return Status;
}

VOID CcpMarkDirty(CC_MAP *Map, ULONG64 Offset, ULONG Length)
{
    ExAcquireFastMutex(&Map->Lock);
    for (SIZE_T Page = Offset >> PAGE_SHIFT; Page << PAGE_SHIFT < Offset + Length; Page++)
        Map->State[Page] |= CC_PAGE_DIRTY;
    Map->Dirty = TRUE;
    ExReleaseFastMutex(&Map->Lock);
    CcpScheduleLazyWrite();
}

NTSTATUS CcpFlush(CC_MAP *Map, ULONG64 Offset, ULONG64 Length)
{
    SIZE_T End = (Offset + Length + PAGE_SIZE - 1) >> PAGE_SHIFT;
    NTSTATUS Result = STATUS_SUCCESS;

    ExAcquireFastMutex(&Map->Lock);
    for (SIZE_T Page = Offset >> PAGE_SHIFT; Page < End && Page < Map->Pages; Page++) {
        NTSTATUS Status;

        if (!(Map->State[Page] & CC_PAGE_DIRTY))
            continue;
        Map->State[Page] &= (UCHAR)~CC_PAGE_DIRTY;
        Status = CcpPageIo(Map, IRP_MJ_WRITE, Map->Base + (Page << PAGE_SHIFT),
                           (ULONG64)Page << PAGE_SHIFT, PAGE_SIZE);
        if (!NT_SUCCESS(Status)) {
            Map->State[Page] |= CC_PAGE_DIRTY;
            if (NT_SUCCESS(Result))
                Result = Status;
        }
    }
    ExReleaseFastMutex(&Map->Lock);
    return Result;
}

static VOID CcpDropPage(CC_MAP *Map, SIZE_T Page)
{
    PUCHAR Va = Map->Base + (Page << PAGE_SHIFT);

    MmFreePages((MmGetPte(Va) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT, 1);
    MmUnmapPages(Va, 1);
    Map->State[Page] = 0;
}

BOOLEAN CcpPurge(CC_MAP *Map, ULONG64 Offset, ULONG64 Length)
{
    SIZE_T End = (Offset + Length + PAGE_SIZE - 1) >> PAGE_SHIFT;

    if (Map->PinCount != 0)
        return FALSE;
    ExAcquireFastMutex(&Map->Lock);
    for (SIZE_T Page = Offset >> PAGE_SHIFT; Page < End && Page < Map->Pages; Page++)
        if (Map->State[Page] & CC_PAGE_PRESENT)
            CcpDropPage(Map, Page);
    ExReleaseFastMutex(&Map->Lock);
    return TRUE;
}

/* ---- maps ---- */

static SIZE_T CcpPagesFor(const CC_FILE_SIZES *Sizes)
{
    SIZE_T Pages = ((ULONG64)Sizes->AllocationSize.QuadPart + PAGE_SIZE - 1) >> PAGE_SHIFT;

    return Pages < CC_MINIMUM_PAGES / 2 ? CC_MINIMUM_PAGES : Pages * 2;
}

static CC_MAP *CcpCreateMap(PFILE_OBJECT FileObject, const CC_FILE_SIZES *Sizes)
{
    CC_MAP *Map = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*Map), CC_TAG);

    if (Map == NULL)
        return NULL;
    Map->Pages = CcpPagesFor(Sizes);
    Map->State = ExAllocatePool2(POOL_FLAG_NON_PAGED, Map->Pages, CC_TAG);
    if (Map->State == NULL)
        goto FreeMap;
    Map->Base = MmReserveSystemRange(MmRegionSession, Map->Pages);
    if (Map->Base == NULL)
        goto FreeState;
    CcpInitLock(&Map->Lock);
    ObReferenceObject(FileObject);
    Map->FileObject = FileObject;
    Map->FileSize = Sizes->FileSize;
    Map->ValidDataLength = Sizes->ValidDataLength;
    return Map;

FreeState:
    ExFreePoolWithTag(Map->State, CC_TAG);
FreeMap:
    ExFreePoolWithTag(Map, CC_TAG);
    return NULL;
}

static VOID CcpDeleteMap(CC_MAP *Map)
{
    CcpFlush(Map, 0, Map->Pages << PAGE_SHIFT);
    CcpPurge(Map, 0, Map->Pages << PAGE_SHIFT);
    MmReleaseSystemRange(MmRegionSession, Map->Base, Map->Pages);
    ObDereferenceObject(Map->FileObject);
    ExFreePoolWithTag(Map->State, CC_TAG);
    ExFreePoolWithTag(Map, CC_TAG);
}

/* [doc CcInitializeCacheMap: raises STATUS_INSUFFICIENT_RESOURCES] */
NT_EXPORT(CcInitializeCacheMap);
VOID NTAPI CcInitializeCacheMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES Sizes, BOOLEAN PinAccess,
                                PCACHE_MANAGER_CALLBACKS Callbacks, PVOID LazyWriteContext)
{
    CC_MAP *Map = FileObject->SectionObjectPointer->SharedCacheMap;

    if (FileObject->PrivateCacheMap != NULL)
        return;
    if (Map == NULL) {
        Map = CcpCreateMap(FileObject, Sizes);
        if (Map == NULL)
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        Map->PinAccess = PinAccess;
        Map->Callbacks = *Callbacks;
        Map->LazyContext = LazyWriteContext;
        FileObject->SectionObjectPointer->SharedCacheMap = Map;
        ExAcquireFastMutex(&CcLock);
        InsertTailList(&CcMaps, &Map->Link);
        ExReleaseFastMutex(&CcLock);
    }
    Map->OpenCount++;
    FileObject->PrivateCacheMap = Map;
    FileObject->Flags |= FO_CACHE_SUPPORTED;
}

static VOID CcpTruncate(CC_MAP *Map, ULONG64 Size)
{
    ULONG64 Keep = (Size + PAGE_SIZE - 1) & ~(ULONG64)(PAGE_SIZE - 1);
    SIZE_T Last = Size >> PAGE_SHIFT;

    if (Keep < (ULONG64)Map->Pages << PAGE_SHIFT)
        CcpPurge(Map, Keep, ((ULONG64)Map->Pages << PAGE_SHIFT) - Keep);
    if ((Size & (PAGE_SIZE - 1)) && Last < Map->Pages && (Map->State[Last] & CC_PAGE_PRESENT))
        RtlZeroMemory(Map->Base + Size, Keep - Size);
    Map->FileSize.QuadPart = (LONGLONG)Size;
    if (Map->ValidDataLength.QuadPart > (LONGLONG)Size)
        Map->ValidDataLength.QuadPart = (LONGLONG)Size;
}

NT_EXPORT(CcUninitializeCacheMap);
BOOLEAN NTAPI CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize,
                                     PCACHE_UNINITIALIZE_EVENT Event)
{
    CC_MAP *Map = FileObject->SectionObjectPointer == NULL
                      ? NULL
                      : FileObject->SectionObjectPointer->SharedCacheMap;
    BOOLEAN Last = FALSE;

    if (Map != NULL && TruncateSize != NULL)
        CcpTruncate(Map, (ULONG64)TruncateSize->QuadPart);
    if (Map != NULL && FileObject->PrivateCacheMap != NULL) {
        FileObject->PrivateCacheMap = NULL;
        Last = CcpRelease(Map);
    }
    if (Event != NULL)
        KeSetEvent(&Event->Event, 0, FALSE);
    return Last;
}

/* Moves the map to a longer run of addresses. FALSE: pages are pinned, or no memory. */
static BOOLEAN CcpGrow(CC_MAP *Map, const CC_FILE_SIZES *Sizes)
{
    SIZE_T Pages = CcpPagesFor(Sizes);
    PUCHAR State = ExAllocatePool2(POOL_FLAG_NON_PAGED, Pages, CC_TAG);
    PUCHAR Base =
        State == NULL || Map->PinCount != 0 ? NULL : MmReserveSystemRange(MmRegionSession, Pages);

    if (Base == NULL) {
        if (State != NULL)
            ExFreePoolWithTag(State, CC_TAG);
        return FALSE;
    }
    CcpFlush(Map, 0, Map->Pages << PAGE_SHIFT);
    CcpPurge(Map, 0, Map->Pages << PAGE_SHIFT);
    MmReleaseSystemRange(MmRegionSession, Map->Base, Map->Pages);
    ExFreePoolWithTag(Map->State, CC_TAG);
    Map->Base = Base;
    Map->State = State;
    Map->Pages = Pages;
    return TRUE;
}

NT_EXPORT(CcSetFileSizes);
VOID NTAPI CcSetFileSizes(PFILE_OBJECT FileObject, PCC_FILE_SIZES Sizes)
{
    CC_MAP *Map = FileObject->SectionObjectPointer == NULL
                      ? NULL
                      : FileObject->SectionObjectPointer->SharedCacheMap;

    if (Map == NULL)
        return; /* [doc] nothing to do for a file that is not cached */
    if ((ULONG64)Sizes->AllocationSize.QuadPart > (ULONG64)Map->Pages << PAGE_SHIFT &&
        !CcpGrow(Map, Sizes))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    if (Sizes->FileSize.QuadPart < Map->FileSize.QuadPart)
        CcpTruncate(Map, (ULONG64)Sizes->FileSize.QuadPart);
    Map->FileSize = Sizes->FileSize;
    if (Sizes->ValidDataLength.QuadPart != MAXLONGLONG)
        Map->ValidDataLength = Sizes->ValidDataLength;
}

NT_EXPORT(CcFlushCache);
VOID NTAPI CcFlushCache(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER FileOffset, ULONG Length,
                        PIO_STATUS_BLOCK IoStatus)
{
    CC_MAP *Map = Pointers->SharedCacheMap;
    ULONG64 Offset = FileOffset == NULL ? 0 : (ULONG64)FileOffset->QuadPart;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Map != NULL && NT_SUCCESS(Status = FsRtlTellFilters(
                                      Map->FileObject, FS_FILTER_ACQUIRE_FOR_CC_FLUSH, NULL))) {
        Status = CcpFlush(Map, Offset,
                          FileOffset == NULL || Length == 0 ? Map->Pages << PAGE_SHIFT : Length);
        FsRtlTellFilters(Map->FileObject, FS_FILTER_RELEASE_FOR_CC_FLUSH, NULL);
    }
    if (IoStatus != NULL) {
        IoStatus->Status = Status;
        IoStatus->Information = 0;
    }
}

NT_PARTIAL(CcPurgeCacheSection, "UNINITIALIZE_CACHE_MAPS: FALSE while a file object caches");
BOOLEAN NTAPI CcPurgeCacheSection(PSECTION_OBJECT_POINTERS Pointers, PLARGE_INTEGER FileOffset,
                                  ULONG Length, ULONG Flags)
{
    CC_MAP *Map = Pointers->SharedCacheMap;
    ULONG64 Offset = FileOffset == NULL ? 0 : (ULONG64)FileOffset->QuadPart;

    if (Map == NULL)
        return TRUE;
    if (Flags & 1) /* UNINITIALIZE_CACHE_MAPS: the maps of open files are not taken from them */
        return FALSE;
    return CcpPurge(Map, Offset,
                    FileOffset == NULL || Length == 0 ? Map->Pages << PAGE_SHIFT : Length);
}

NT_EXPORT(CcGetFileObjectFromSectionPtrs);
PFILE_OBJECT NTAPI CcGetFileObjectFromSectionPtrs(PSECTION_OBJECT_POINTERS Pointers)
{
    CC_MAP *Map = Pointers->SharedCacheMap;

    return Map == NULL ? NULL : Map->FileObject;
}
