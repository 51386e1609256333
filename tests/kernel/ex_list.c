/* S-lists, interlocked lists and numbers, lookaside lists of all three kinds. */
#include "tap.h"

#define TAG 'tsLE'

static VOID slist(PVOID Context)
{
    DECLSPEC_ALIGN(16) SLIST_HEADER Head;
    DECLSPEC_ALIGN(16) SLIST_ENTRY Entry[3];

    UNREFERENCED_PARAMETER(Context);
    tap_fill(&Head);
    InitializeSListHead(&Head);
    is_ulong(ExQueryDepthSList(&Head), 0, "an empty list");
    is_ptr(InterlockedPopEntrySList(&Head), NULL, "pop from it");
    is_ptr(InterlockedFlushSList(&Head), NULL, "flush it");
    is_ptr(InterlockedPushEntrySList(&Head, &Entry[0]), NULL, "push on an empty list");
    is_ptr(InterlockedPushEntrySList(&Head, &Entry[1]), &Entry[0], "push returns the entry before");
    InterlockedPushEntrySList(&Head, &Entry[2]);
    is_ulong(ExQueryDepthSList(&Head), 3, "three entries");
    is_ptr(InterlockedPopEntrySList(&Head), &Entry[2], "last in, first out");
    is_ptr(InterlockedFlushSList(&Head), &Entry[1], "flush returns the rest");
    is_ptr(Entry[1].Next, &Entry[0], "as a list");
    is_ulong(ExQueryDepthSList(&Head), 0, "and empties it");
}

static VOID misaligned(VOID)
{
    DECLSPEC_ALIGN(16) UCHAR Space[48];
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        InitializeSListHead((PSLIST_HEADER)(Space + 8));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is_status(Status, STATUS_DATATYPE_MISALIGNMENT, "a list head off 16 bytes");
}

static VOID interlocked(PVOID Context)
{
    LIST_ENTRY Head, Entry[3];
    SINGLE_LIST_ENTRY Single = {NULL}, Node[2];
    LARGE_INTEGER Large = {.QuadPart = 0xFFFFFFFFll}, Add = {.QuadPart = 2};
    ULONG Number = 5;
    KSPIN_LOCK Lock;

    UNREFERENCED_PARAMETER(Context);
    KeInitializeSpinLock(&Lock);
    InitializeListHead(&Head);
    is_ptr(ExInterlockedRemoveHeadList(&Head, &Lock), NULL, "remove from an empty list");
    is_ptr(ExInterlockedInsertTailList(&Head, &Entry[0], &Lock), NULL, "insert into an empty list");
    is_ptr(ExInterlockedInsertTailList(&Head, &Entry[1], &Lock), &Entry[0], "the tail before");
    is_ptr(ExInterlockedInsertHeadList(&Head, &Entry[2], &Lock), &Entry[0], "the head before");
    is_ptr(ExInterlockedRemoveHeadList(&Head, &Lock), &Entry[2], "the head");
    is_ptr(ExInterlockedRemoveHeadList(&Head, &Lock), &Entry[0], "the next");
    is_ptr(ExInterlockedPushEntryList(&Single, &Node[0], &Lock), NULL, "push on an empty list");
    is_ptr(ExInterlockedPushEntryList(&Single, &Node[1], &Lock), &Node[0], "the first before");
    is_ptr(ExInterlockedPopEntryList(&Single, &Lock), &Node[1], "pop");
    is_hex(ExInterlockedAddLargeInteger(&Large, Add, &Lock).QuadPart, 0xFFFFFFFF,
           "the number before");
    is_hex(Large.QuadPart, 0x100000001, "and after");
    is_ulong(ExInterlockedAddUlong(&Number, 7, &Lock), 5, "the ULONG before");
    is_ulong(Number, 12, "and after");
    is_ulong(Lock, 0, "the lock is free");
}

static VOID nonpaged_lookaside(PVOID Context)
{
    static NPAGED_LOOKASIDE_LIST List;
    PVOID Block[8];

    UNREFERENCED_PARAMETER(Context);
    tap_fill(&List);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 100, TAG, 0);
    for (ULONG i = 0; i < 8; i++)
        Block[i] = ExAllocateFromNPagedLookasideList(&List);
    ok(Block[0] != NULL && Block[7] != NULL, "8 blocks");
    is_ulong(List.L.TotalAllocates, 8, "8 allocations counted");
    is_ulong(List.L.AllocateMisses, 8, "all missed");
    for (ULONG i = 0; i < 8; i++)
        ExFreeToNPagedLookasideList(&List, Block[i]);
    ok(ExQueryDepthSList(&List.L.ListHead) > 0, "some are kept");
    Block[0] = ExAllocateFromNPagedLookasideList(&List);
    ok(Block[0] != NULL, "and given out again");
    is_ulong(List.L.AllocateMisses, 8, "without a miss");
    ExFreeToNPagedLookasideList(&List, Block[0]);
    ExDeleteNPagedLookasideList(&List);
}

static ULONG Allocated, Freed;

static PVOID NTAPI my_allocate(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag)
{
    Allocated++;
    return ExAllocatePoolWithTag(Type, Bytes, Tag);
}

static VOID NTAPI my_free(PVOID Block)
{
    Freed++;
    ExFreePool(Block);
}

static VOID paged_lookaside(PVOID Context)
{
    static PAGED_LOOKASIDE_LIST List;
    PVOID Block;

    UNREFERENCED_PARAMETER(Context);
    Allocated = Freed = 0;
    ExInitializePagedLookasideList(&List, my_allocate, my_free, 0, 3, TAG, 0);
    Block = ExAllocateFromPagedLookasideList(&List);
    ok(Block != NULL, "a block");
    ok(List.L.Size >= sizeof(PVOID), "blocks have room for a link");
    ExFreeToPagedLookasideList(&List, Block);
    is_ulong(Allocated, 1, "my routine allocated it");
    is_ulong(Freed, 0, "the list keeps it");
    ExDeletePagedLookasideList(&List);
    is_ulong(Freed, 1, "until it is deleted");
}

static PVOID NTAPI my_allocate_ex(POOL_TYPE Type, SIZE_T Bytes, ULONG Tag, PLOOKASIDE_LIST_EX List)
{
    Allocated += List != NULL;
    return ExAllocatePoolWithTag(Type, Bytes, Tag);
}

static VOID NTAPI my_free_ex(PVOID Block, PLOOKASIDE_LIST_EX List)
{
    Freed += List != NULL;
    ExFreePool(Block);
}

static VOID lookaside_ex(VOID)
{
    static LOOKASIDE_LIST_EX List;
    PVOID Block;

    Allocated = Freed = 0;
    is_status(ExInitializeLookasideListEx(&List, my_allocate_ex, my_free_ex, NonPagedPoolNx, 0, 64,
                                          TAG, 0),
              STATUS_SUCCESS, "ExInitializeLookasideListEx");
    Block = ExAllocateFromLookasideListEx(&List);
    ExFreeToLookasideListEx(&List, Block);
    is_ulong(Allocated, 1, "my routine allocated");
    ExFlushLookasideListEx(&List);
    is_ulong(Freed, 1, "a flush frees");
    ExDeleteLookasideListEx(&List);
    is_status(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 0, 64, TAG, 0),
              STATUS_SUCCESS, "of its own");
    Block = ExAllocateFromLookasideListEx(&List);
    ok(Block != NULL, "a block");
    ExFreeToLookasideListEx(&List, Block);
    ExDeleteLookasideListEx(&List);
    ok(!NT_SUCCESS(ExInitializeLookasideListEx(&List, NULL, NULL, PagedPool, 3, 64, TAG, 0)),
       "both flags at once");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const TAP_CASE Table[] = {
        {"S-lists", slist, TAP_ALL_LEVELS},
        {"interlocked lists", interlocked, TAP_ALL_LEVELS},
        {"nonpaged lookaside list", nonpaged_lookaside, TAP_ALL_LEVELS},
        {"paged lookaside list", paged_lookaside, TAP_PASSIVE | TAP_APC},
    };

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TAP_RUN_TABLE(Table, NULL);
    misaligned();
    lookaside_ex();
    return done();
}
