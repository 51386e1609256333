/*
 * The pools: alignment, pages, zeroing, flags, quotas, raising, and the ranges that addresses come
 * from.
 */
#include "tap.h"

#define TAG 'tsTP'

static BOOLEAN one_page(PVOID Block, SIZE_T Bytes)
{
    return BYTE_OFFSET(Block) + Bytes <= PAGE_SIZE;
}

static VOID sizes(PVOID Context)
{
    POOL_TYPE Type = *(POOL_TYPE *)Context;
    static const USHORT Size[] = {1,   8,   15,   16,   17,   32,   48,   100,  240,
                                  256, 500, 1000, 1360, 2000, 2048, 3000, 4064, 4080};
    BOOLEAN Aligned = TRUE, Within = TRUE, Kept = TRUE;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Size); i++) {
        PVOID Block[8];

        for (ULONG k = 0; k < 8; k++) {
            Block[k] = ExAllocatePoolWithTag(Type, Size[i], TAG);
            if (!ok(Block[k] != NULL, "%u bytes", Size[i]))
                return;
            Aligned &= ((ULONG_PTR)Block[k] & 15) == 0;
            Within &= one_page(Block[k], Size[i]);
            RtlFillMemory(Block[k], Size[i], (UCHAR)k);
        }
        for (ULONG k = 0; k < 8; k++) {
            Kept &= tap_all_bytes(Block[k], Size[i], (UCHAR)k);
            ExFreePoolWithTag(Block[k], TAG);
        }
    }
    ok(Aligned, "blocks are aligned to 16 bytes");
    ok(Within, "blocks of less than a page do not cross one");
    ok(Kept, "no block shows through another");
}

static VOID pages(PVOID Context)
{
    POOL_TYPE Type = *(POOL_TYPE *)Context;
    static const ULONG Size[] = {PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 100000, 0x180000};

    for (ULONG i = 0; i < RTL_NUMBER_OF(Size); i++) {
        PUCHAR Block = ExAllocatePoolWithTag(Type, Size[i], TAG);

        if (!ok(Block != NULL, "%u bytes", Size[i]))
            continue;
        is_ulong(BYTE_OFFSET(Block), 0, "a block of %u bytes is page aligned", Size[i]);
        Block[0] = 1;
        Block[Size[i] - 1] = 2;
        ExFreePool(Block);
    }
}

static VOID zeroing(PVOID Context)
{
    static const ULONG Size[] = {24, 500, 5000};

    UNREFERENCED_PARAMETER(Context);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Size); i++) {
        PUCHAR Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, Size[i], TAG);

        RtlFillMemory(Block, Size[i], 0xA5);
        ExFreePoolWithTag(Block, TAG);
        Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, Size[i], TAG);
        ok(tap_all_bytes(Block, Size[i], 0), "ExAllocatePool2 zeroes %u bytes", Size[i]);
        ExFreePoolWithTag(Block, TAG);
    }
}

static VOID flags(VOID)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, 100, TAG);

    ok(Block != NULL, "paged, not initialised");
    ExFreePool2(Block, TAG, NULL, 0);
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_CACHE_ALIGNED, 100, TAG);
    is_ulong((ULONG_PTR)Block & 63, 0, "cache aligned");
    ExFreePoolWithTag(Block, TAG);
    Block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 100, TAG, NULL, 0);
    ok(Block != NULL && tap_all_bytes(Block, 100, 0), "ExAllocatePool3 without parameters");
    ExFreePoolWithTag(Block, TAG);
    is_ptr(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 100, TAG), NULL,
           "two kinds of pool at once");
    is_ptr(ExAllocatePool2(0, 100, TAG), NULL, "no kind of pool");
    is_ptr(ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)1 << 45, TAG), NULL, "more than there is");
}

static VOID ranges(VOID)
{
    PVOID NonPaged = ExAllocatePool(NonPagedPoolNx, 64), Paged = ExAllocatePool(PagedPool, 64);
    PVOID Execute = ExAllocatePoolWithTag(NonPagedPoolExecute, 64, TAG);

    ok(NonPaged != NULL && Paged != NULL && Execute != NULL, "one of each");
    ok(MmIsNonPagedSystemAddressValid(NonPaged), "nonpaged pool is nonpaged");
    ok(!MmIsNonPagedSystemAddressValid(Paged), "paged pool is not");
    ok(MmIsAddressValid(Paged), "but is there");
    *(UCHAR *)Execute = 0xC3;
    ((VOID(*)(VOID))Execute)();
    ok(TRUE, "code in NonPagedPoolExecute runs");
    ExFreePool(NonPaged);
    ExFreePool(Paged);
    ExFreePool(Execute);
}

static VOID raising(VOID)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Block;

    __try {
        ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE),
                              (SIZE_T)1 << 45, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is_status(Status, STATUS_INSUFFICIENT_RESOURCES, "POOL_RAISE_IF_ALLOCATION_FAILURE raises");
    Status = STATUS_SUCCESS;
    __try {
        ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_RAISE_ON_FAILURE, (SIZE_T)1 << 45, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is_status(Status, STATUS_INSUFFICIENT_RESOURCES, "POOL_FLAG_RAISE_ON_FAILURE raises");
    Status = STATUS_SUCCESS;
    __try {
        ExAllocatePoolWithQuotaTag(PagedPool, (SIZE_T)1 << 45, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    ok(!NT_SUCCESS(Status), "a quota allocation raises by default (0x%08x)", Status);
    is_ptr(ExAllocatePoolWithQuotaTag((POOL_TYPE)(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE),
                                      (SIZE_T)1 << 45, TAG),
           NULL, "unless told to fail");
    Block = ExAllocatePoolWithQuotaTag(PagedPool, 200, TAG);
    ok(Block != NULL, "a quota allocation");
    ExFreePoolWithTag(Block, TAG);
    Block = ExAllocatePoolWithQuota(NonPagedPoolNx, 5000);
    ok(Block != NULL, "a large one");
    ExFreePool(Block);
    Block = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 30, TAG, NormalPoolPriority);
    ok(Block != NULL, "with a priority");
    ExFreePoolWithTag(Block, 0);
}

/* Many blocks of mixed sizes, freed in another order, leave the pool in order. */
static VOID churn(VOID)
{
    static PUCHAR Block[400];
    ULONG Seed = 12345;
    BOOLEAN Kept = TRUE;

    for (ULONG Round = 0; Round < 20; Round++)
        for (ULONG i = 0; i < RTL_NUMBER_OF(Block); i++) {
            ULONG Bytes, Slot;

            Seed = Seed * 1664525 + 1013904223;
            Slot = (Seed >> 8) % RTL_NUMBER_OF(Block);
            Bytes = 4 + (Seed >> 16) % (Seed & 1 ? 200 : 9000);
            if (Block[Slot] != NULL) {
                ULONG Old = *(ULONG *)Block[Slot];

                Kept &= Old < 10000 && (Old < 5 || Block[Slot][Old - 1] == (UCHAR)Slot);
                ExFreePoolWithTag(Block[Slot], TAG);
            }
            Block[Slot] = ExAllocatePoolWithTag(NonPagedPoolNx, Bytes, TAG);
            *(ULONG *)Block[Slot] = Bytes;
            if (Bytes > 4)
                Block[Slot][Bytes - 1] = (UCHAR)Slot;
        }
    for (ULONG i = 0; i < RTL_NUMBER_OF(Block); i++)
        if (Block[i] != NULL)
            ExFreePoolWithTag(Block[i], TAG);
    ok(Kept, "8000 allocations in random order keep their contents");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const TAP_CASE NonPaged[] = {
        {"sizes of nonpaged blocks", sizes, TAP_ALL_LEVELS},
        {"pages of nonpaged blocks", pages, TAP_ALL_LEVELS},
        {"zeroing", zeroing, TAP_ALL_LEVELS},
    };
    static const TAP_CASE Paged[] = {
        {"sizes of paged blocks", sizes, TAP_PASSIVE | TAP_APC},
        {"pages of paged blocks", pages, TAP_PASSIVE | TAP_APC},
    };
    POOL_TYPE Type = NonPagedPoolNx;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TAP_RUN_TABLE(NonPaged, &Type);
    Type = PagedPool;
    TAP_RUN_TABLE(Paged, &Type);
    flags();
    ranges();
    raising();
    churn();
    return done();
}
