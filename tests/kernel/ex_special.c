/* Special pool (run with it on): where blocks lie, what is round them, that freed places rest, and
 * what does not go there. */
#include "tap.h"

#define SPECIAL_START 0x0000603000000000ull
#define SPECIAL_END 0x0000604000000000ull

static BOOLEAN is_special(PVOID Block)
{
    return (ULONG64)Block >= SPECIAL_START && (ULONG64)Block < SPECIAL_END;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    static const SIZE_T Sizes[] = {1, 15, 16, 17, 100, 4064, 4065, 4096};
    PVOID Block, Again, Many[64];
    BOOLEAN Distinct = TRUE;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Sizes); i++) {
        Block = ExAllocatePoolWithTag(i & 1 ? PagedPool : NonPagedPoolNx, Sizes[i], 'tseT');
        ok(is_special(Block), "%Iu bytes go to special pool", Sizes[i]);
        is_hex(((ULONG64)Block + Sizes[i] + 15) & 0xFF0, 0, "and end with a page");
        RtlFillMemory(Block, Sizes[i], 0x11);
        ExFreePoolWithTag(Block, 'tseT');
    }
    Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
    ok(is_special(Block) && tap_all_bytes(Block, 100, 0), "ExAllocatePool2 gives zeros there");
    ExFreePool(Block);
    for (ULONG i = 0; i < RTL_NUMBER_OF(Many); i++) {
        Many[i] = ExAllocatePoolWithTag(NonPagedPoolNx, 32, 'tseT');
        Distinct &= Many[i] != Block;
        ExFreePoolWithTag(Many[i], 'tseT');
    }
    ok(Distinct, "a freed place is not used again soon");
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 5000, 'tseT');
    ok(!is_special(Block), "more than a page does not go there");
    ExFreePoolWithTag(Block, 'tseT');
    Block = ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 64, 'tseT');
    Again = ExAllocatePoolWithTag(PagedPool, 64, 'tseT');
    ok(is_special(Block) && is_special(Again) && Block != Again, "with quota too");
    ExFreePoolWithTag(Block, 'tseT');
    ExFreePoolWithTag(Again, 'tseT');
    return done();
}
