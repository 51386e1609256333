/*
 * Pinned memory: a run of the pool's blocks, backed by locked pages of its own, mapped into one process. Pages and mapping are
 * made and taken away with no lock held; the lock covers the block map, the lists and the counters. An allocation is taken
 * away by whoever takes it off the lists: FREE_PINNED, the file's end, the process's end, the device's end.
 *
 * A mapping can only go while its process has an address space: who unmaps in another process counts in that owner's
 * Unmapping, and the process's exit waits until nobody does.
 */
#include "driver.h"

typedef struct AI_OWNER { /* a process that holds allocations */
    LIST_ENTRY Link;      /* AI_PINNED.Owners; Lock */
    LIST_ENTRY Pins;      /* of AI_PIN; Lock */
    PEPROCESS Process;    /* referenced */
    UINT32 UsedBlocks;    /* Lock */
    UINT32 References;    /* allocations, made or being made, and who looks at it; Lock */
    UINT32 Unmapping;     /* others that are taking a mapping out of this process; Lock */
    KEVENT NobodyUnmaps;  /* signalled while Unmapping is 0 */
} AI_OWNER;

typedef struct AI_PIN { /* element of AI_PINNED.ById; stays where it is */
    UINT64 Id;
    LIST_ENTRY FileLink, OwnerLink; /* Lock */
    AI_FILE *File;
    AI_OWNER *Owner;
    UINT32 First, Count; /* blocks */
    PMDL Mdl;
    PVOID UserAddress;
} AI_PIN;

/* ---- the table by id ---- */

_Function_class_(RTL_AVL_COMPARE_ROUTINE) static RTL_GENERIC_COMPARE_RESULTS NTAPI
AiComparePins(_In_ PRTL_AVL_TABLE Table, _In_ PVOID First, _In_ PVOID Second)
{
    UINT64 A = ((const AI_PIN *)First)->Id, B = ((const AI_PIN *)Second)->Id;

    UNREFERENCED_PARAMETER(Table);
    return A < B ? GenericLessThan : A > B ? GenericGreaterThan : GenericEqual;
}

_Function_class_(RTL_AVL_ALLOCATE_ROUTINE) static PVOID NTAPI AiAllocatePin(_In_ PRTL_AVL_TABLE Table, _In_ CLONG Bytes)
{
    UNREFERENCED_PARAMETER(Table);
    return ExAllocatePoolZero(NonPagedPoolNx, (SIZE_T)Bytes, AI_TAG);
}

_Function_class_(RTL_AVL_FREE_ROUTINE) static VOID NTAPI AiFreePin(_In_ PRTL_AVL_TABLE Table, _In_ PVOID Node)
{
    UNREFERENCED_PARAMETER(Table);
    ExFreePoolWithTag(Node, AI_TAG);
}

NTSTATUS AiPinnedInitialize(AI_PINNED *Pinned, UINT32 Blocks, UINT32 QuotaBlocks)
{
    PAGED_CODE();
    RtlZeroMemory(Pinned, sizeof(*Pinned));
    KeInitializeSpinLock(&Pinned->Lock);
    InitializeListHead(&Pinned->Owners);
    RtlInitializeGenericTableAvl(&Pinned->ById, AiComparePins, AiAllocatePin, AiFreePin, NULL);
    Pinned->QuotaBlocks = QuotaBlocks;
    Pinned->NextId = 1;
    return AiBlocksInitialize(&Pinned->Blocks, Blocks);
}

VOID AiPinnedDelete(AI_PINNED *Pinned)
{
    PAGED_CODE();
    NT_ASSERT(IsListEmpty(&Pinned->Owners));
    AiBlocksDelete(&Pinned->Blocks);
}

/* ---- owners ---- */

/* Lock held. */
static AI_OWNER *AiFindOwner(_In_ AI_PINNED *Pinned, _In_opt_ const VOID *Process)
{
    for (PLIST_ENTRY Link = Pinned->Owners.Flink; Link != &Pinned->Owners; Link = Link->Flink) {
        AI_OWNER *Owner = CONTAINING_RECORD(Link, AI_OWNER, Link);

        if (Owner->Process == Process)
            return Owner;
    }
    return NULL;
}

/* The process's record with one more reference, made if it is new; NULL when out of memory. */
static AI_OWNER *AiAcquireOwner(_Inout_ AI_PINNED *Pinned, _In_ PEPROCESS Process)
{
    AI_OWNER *Fresh = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Fresh), AI_TAG), *Owner;
    KIRQL Irql;

    if (Fresh == NULL)
        return NULL;
    InitializeListHead(&Fresh->Pins);
    KeInitializeEvent(&Fresh->NobodyUnmaps, NotificationEvent, TRUE);
    Fresh->Process = Process;
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Owner = AiFindOwner(Pinned, Process);
    if (Owner == NULL) {
        Owner = Fresh;
        Fresh = NULL;
        ObReferenceObject(Process);
        InsertTailList(&Pinned->Owners, &Owner->Link);
    }
    Owner->References++;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    if (Fresh != NULL)
        ExFreePoolWithTag(Fresh, AI_TAG);
    return Owner;
}

static VOID AiReleaseOwner(_Inout_ AI_PINNED *Pinned, _In_ AI_OWNER *Owner)
{
    BOOLEAN Last;
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Last = --Owner->References == 0;
    if (Last)
        RemoveEntryList(&Owner->Link);
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    if (!Last)
        return;
    ObDereferenceObject(Owner->Process);
    ExFreePoolWithTag(Owner, AI_TAG);
}

/* ---- blocks ---- */

static NTSTATUS AiReserve(_Inout_ AI_PINNED *Pinned, _In_ const AI_FILE *File, _Inout_ AI_OWNER *Owner,
                          _In_ UINT32 Count, _Out_ UINT32 *First)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KIRQL Irql;

    *First = AI_NO_BLOCK;
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    if (Pinned->Stopped || File->Closing)
        Status = STATUS_NO_SUCH_DEVICE;
    else if (Count > Pinned->QuotaBlocks - Owner->UsedBlocks)
        Status = STATUS_QUOTA_EXCEEDED;
    if (NT_SUCCESS(Status)) {
        *First = AiBlocksTake(&Pinned->Blocks, Count);
        Status = *First == AI_NO_BLOCK ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }
    if (NT_SUCCESS(Status)) {
        Owner->UsedBlocks += Count;
        Pinned->PeakUsed = max(Pinned->PeakUsed, Pinned->Blocks.Total - Pinned->Blocks.Free);
    }
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    return Status;
}

static VOID AiUnreserve(_Inout_ AI_PINNED *Pinned, _Inout_ AI_OWNER *Owner, _In_ UINT32 First, _In_ UINT32 Count)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    AiBlocksGive(&Pinned->Blocks, First, Count);
    Owner->UsedBlocks -= Count;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
}

/* ---- pages and mapping ---- */

/* Locked, zeroed pages for Count blocks; NULL when the system has none. */
static PMDL AiAllocatePages(_In_ UINT32 Count)
{
    PHYSICAL_ADDRESS Low = { .QuadPart = 0 }, High = { .QuadPart = -1 }, Skip = { .QuadPart = 0 };
    SIZE_T Bytes = (SIZE_T)Count * AI_BLOCK_BYTES;
    PMDL Mdl = MmAllocatePagesForMdlEx(Low, High, Skip, Bytes, MmCached, MM_ALLOCATE_FULLY_REQUIRED);

    if (Mdl != NULL && MmGetMdlByteCount(Mdl) < Bytes) {
        MmFreePagesFromMdl(Mdl);
        ExFreePool(Mdl);
        Mdl = NULL;
    }
    return Mdl;
}

static VOID AiFreePages(_In_ PMDL Mdl)
{
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
}

/* NULL: the process has no room. The mapping raises an exception then. */
static PVOID AiMapPages(_In_ PMDL Mdl)
{
    PVOID Address = NULL;

    __try {
        Address = MmMapLockedPagesSpecifyCache(Mdl, UserMode, MmCached, NULL, FALSE,
                                               NormalPagePriority | MdlMappingNoExecute);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Address = NULL;
    }
    return Address;
}

/* ---- allocation ---- */

static NTSTATUS AiBack(_Inout_ AI_PIN *Pin)
{
    Pin->Mdl = AiAllocatePages(Pin->Count);
    if (Pin->Mdl == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Pin->UserAddress = AiMapPages(Pin->Mdl);
    if (Pin->UserAddress != NULL)
        return STATUS_SUCCESS;
    AiFreePages(Pin->Mdl);
    return STATUS_NO_MEMORY;
}

/* Puts a finished allocation where it can be found; from here on others may take it away. */
static NTSTATUS AiPublishPin(_Inout_ AI_PINNED *Pinned, _Inout_ AI_PIN *Pin)
{
    AI_PIN *Own = NULL;
    BOOLEAN IsNew;
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    if (!Pinned->Stopped && !Pin->File->Closing) {
        Pin->Id = Pinned->NextId++;
        Own = RtlInsertElementGenericTableAvl(&Pinned->ById, Pin, sizeof(*Pin), &IsNew);
    }
    if (Own != NULL) {
        InsertTailList(&Own->File->Allocations, &Own->FileLink);
        InsertTailList(&Own->Owner->Pins, &Own->OwnerLink);
        Pinned->Allocations++;
        Pinned->AllocationsNow++;
        Pinned->BackedBlocks += Own->Count;
        Pinned->BytesAllocated += (UINT64)Own->Count * AI_BLOCK_BYTES;
    }
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    return Own != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS AiMakePin(_Inout_ AI_PINNED *Pinned, _Inout_ AI_PIN *Pin)
{
    NTSTATUS Status = AiReserve(Pinned, Pin->File, Pin->Owner, Pin->Count, &Pin->First);

    if (!NT_SUCCESS(Status))
        return Status;
    Status = AiBack(Pin);
    if (!NT_SUCCESS(Status))
        goto Unreserve;
    Status = AiPublishPin(Pinned, Pin);
    if (!NT_SUCCESS(Status))
        goto Unback;
    return STATUS_SUCCESS;

Unback:
    MmUnmapLockedPages(Pin->UserAddress, Pin->Mdl);
    AiFreePages(Pin->Mdl);
Unreserve:
    AiUnreserve(Pinned, Pin->Owner, Pin->First, Pin->Count);
    return Status;
}

static VOID AiCountFailure(_Inout_ AI_PINNED *Pinned)
{
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Pinned->AllocationsFailed++;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
}

NTSTATUS AiPinnedAllocate(AI_PINNED *Pinned, AI_FILE *File, UINT64 Bytes, AI_ALLOCATION *Allocation)
{
    AI_PIN Pin = { .File = File };
    NTSTATUS Status;

    PAGED_CODE();
    if (Bytes == 0 || Bytes > (UINT64)Pinned->Blocks.Total * AI_BLOCK_BYTES)
        return STATUS_INVALID_PARAMETER;
    Pin.Count = (UINT32)((Bytes + AI_BLOCK_BYTES - 1) / AI_BLOCK_BYTES);
    Pin.Owner = AiAcquireOwner(Pinned, PsGetCurrentProcess());
    if (Pin.Owner == NULL) {
        AiCountFailure(Pinned);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = AiMakePin(Pinned, &Pin);
    AiTraceAllocate(Pin.Id, Bytes, Status);
    if (!NT_SUCCESS(Status)) {
        AiCountFailure(Pinned);
        AiReleaseOwner(Pinned, Pin.Owner);
        return Status; /* else the reference is the allocation's */
    }
    Allocation->AllocationId = Pin.Id;
    Allocation->UserAddress = (UINT64)(ULONG_PTR)Pin.UserAddress;
    Allocation->Bytes = (UINT64)Pin.Count * AI_BLOCK_BYTES;
    return STATUS_SUCCESS;
}

/* ---- taking away ---- */

/* Off the lists and the table: the allocation is the caller's copy now. Lock held. */
static VOID AiTakePin(_Inout_ AI_PINNED *Pinned, _In_ AI_PIN *Own, _Out_ AI_PIN *Pin)
{
    *Pin = *Own;
    RemoveEntryList(&Own->FileLink);
    RemoveEntryList(&Own->OwnerLink);
    RtlDeleteElementGenericTableAvl(&Pinned->ById, Own);
    Pinned->AllocationsNow--;
}

/* Unmaps in the owner's address space, frees the pages, then the blocks and the reference to the owner. */
static VOID AiDestroyPin(_Inout_ AI_PINNED *Pinned, _In_ const AI_PIN *Pin)
{
    BOOLEAN Attach = Pin->Owner->Process != PsGetCurrentProcess();
    KAPC_STATE State;
    KIRQL Irql;

    if (Attach)
        KeStackAttachProcess((PKPROCESS)Pin->Owner->Process, &State);
    MmUnmapLockedPages(Pin->UserAddress, Pin->Mdl);
    if (Attach)
        KeUnstackDetachProcess(&State);
    AiFreePages(Pin->Mdl);
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Pinned->BackedBlocks -= Pin->Count;
    AiBlocksGive(&Pinned->Blocks, Pin->First, Pin->Count);
    Pin->Owner->UsedBlocks -= Pin->Count;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    AiTraceFree(Pin->Id, (UINT64)Pin->Count * AI_BLOCK_BYTES);
    AiReleaseOwner(Pinned, Pin->Owner);
}

NTSTATUS AiPinnedFree(AI_PINNED *Pinned, const AI_FILE *File, UINT64 Id)
{
    AI_PIN Key = { .Id = Id }, Pin, *Own;
    KIRQL Irql;

    PAGED_CODE();
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Own = RtlLookupElementGenericTableAvl(&Pinned->ById, &Key);
    if (Own != NULL && (Own->File != File || Own->Owner->Process != PsGetCurrentProcess()))
        Own = NULL;
    if (Own != NULL) {
        AiTakePin(Pinned, Own, &Pin);
        Pinned->Frees++;
    }
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    if (Own == NULL)
        return STATUS_NOT_FOUND;
    AiDestroyPin(Pinned, &Pin); /* in its process, which cannot end while this thread is here */
    return STATUS_SUCCESS;
}

/*
 * Takes the first allocation of a file, of an owner, or of anybody (both NULL), with its owner's rundown protection unless
 * the process is ending here (Exiting). FALSE: there is none.
 */
static BOOLEAN AiTakeAny(_Inout_ AI_PINNED *Pinned, _In_opt_ AI_FILE *File, _In_opt_ AI_OWNER *Owner,
                         _In_ BOOLEAN Exiting, _Out_ AI_PIN *Pin)
{
    AI_PIN *Own = NULL;
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    if (File != NULL && !IsListEmpty(&File->Allocations))
        Own = CONTAINING_RECORD(File->Allocations.Flink, AI_PIN, FileLink);
    else if (Owner != NULL && !IsListEmpty(&Owner->Pins))
        Own = CONTAINING_RECORD(Owner->Pins.Flink, AI_PIN, OwnerLink);
    else if (File == NULL && Owner == NULL && Pinned->AllocationsNow != 0)
        Own = RtlEnumerateGenericTableAvl(&Pinned->ById, TRUE);
    if (Own != NULL) {
        AiTakePin(Pinned, Own, Pin);
        Pinned->FreesOnClose++;
        if (!Exiting && Pin->Owner->Unmapping++ == 0) /* an exit takes everything before it waits */
            KeClearEvent(&Pin->Owner->NobodyUnmaps);
    }
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    return Own != NULL;
}

static VOID AiDestroyForeignPin(_Inout_ AI_PINNED *Pinned, _In_ const AI_PIN *Pin)
{
    AI_OWNER *Owner = Pin->Owner;
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Owner->References++; /* until it is signalled */
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    AiDestroyPin(Pinned, Pin);
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    if (--Owner->Unmapping == 0)
        KeSetEvent(&Owner->NobodyUnmaps, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    AiReleaseOwner(Pinned, Owner);
}

VOID AiPinnedCloseFile(AI_PINNED *Pinned, AI_FILE *File)
{
    AI_PIN Pin;
    KIRQL Irql;

    PAGED_CODE();
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    File->Closing = TRUE;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    while (AiTakeAny(Pinned, File, NULL, FALSE, &Pin))
        AiDestroyForeignPin(Pinned, &Pin);
}

VOID AiPinnedStop(AI_PINNED *Pinned)
{
    AI_PIN Pin;
    KIRQL Irql;

    PAGED_CODE();
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Pinned->Stopped = TRUE;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    while (AiTakeAny(Pinned, NULL, NULL, FALSE, &Pin))
        AiDestroyForeignPin(Pinned, &Pin);
}

VOID AiPinnedProcessExit(AI_PINNED *Pinned, PEPROCESS Process)
{
    AI_OWNER *Owner;
    AI_PIN Pin;
    KIRQL Irql;

    PAGED_CODE();
    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Owner = AiFindOwner(Pinned, Process);
    if (Owner != NULL)
        Owner->References++;
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    if (Owner == NULL)
        return;
    while (AiTakeAny(Pinned, NULL, Owner, TRUE, &Pin))
        AiDestroyPin(Pinned, &Pin);
    (VOID)KeWaitForSingleObject(&Owner->NobodyUnmaps, Executive, KernelMode, FALSE, NULL);
    AiReleaseOwner(Pinned, Owner);
}

/* ---- GET_MEMORY_POOL ---- */

static UINT64 AiBytes(_In_ UINT32 Blocks)
{
    return (UINT64)Blocks * AI_BLOCK_BYTES;
}

VOID AiPinnedQuery(AI_PINNED *Pinned, PEPROCESS Process, AI_MEMORY_POOL *Pool)
{
    const AI_BLOCKS *Blocks = &Pinned->Blocks;
    AI_OWNER *Owner;
    KIRQL Irql;

    KeAcquireSpinLock(&Pinned->Lock, &Irql);
    Owner = AiFindOwner(Pinned, Process);
    Pool->ProcessUsedBytes = Owner != NULL ? AiBytes(Owner->UsedBlocks) : 0;
    Pool->TotalBlocks = Blocks->Total;
    Pool->FreeBlocks = Blocks->Free;
    Pool->UsedBlocks = Blocks->Total - Blocks->Free;
    Pool->LargestFreeBlocks = AiBlocksLargest(Blocks);
    Pool->FreeRuns = AiBlocksRuns(Blocks);
    Pool->AllocationsNow = Pinned->AllocationsNow;
    Pool->BackedBytes = AiBytes(Pinned->BackedBlocks);
    Pool->PeakUsedBytes = AiBytes(Pinned->PeakUsed);
    KeReleaseSpinLock(&Pinned->Lock, Irql);
    Pool->TotalBytes = AiBytes(Pool->TotalBlocks);
    Pool->FreeBytes = AiBytes(Pool->FreeBlocks);
    Pool->UsedBytes = AiBytes(Pool->UsedBlocks);
    Pool->LargestFreeBytes = AiBytes(Pool->LargestFreeBlocks);
    Pool->ProcessQuotaBytes = AiBytes(Pinned->QuotaBlocks);
    Pool->BlockBytes = AI_BLOCK_BYTES;
    Pool->FragmentationBasisPoints =
        Pool->FreeBlocks == 0
            ? 0
            : (UINT32)((UINT64)(Pool->FreeBlocks - Pool->LargestFreeBlocks) * AI_BASIS_POINTS / Pool->FreeBlocks);
}
