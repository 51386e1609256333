/*
 * MDLs: built, locked, mapped, advanced, protected; pages and addresses reserved; contiguous memory
 * and I/O space.
 */
#include "tap.h"

NTKERNELAPI VOID NTAPI MmProbeAndLockSelectedPages(PMDL Mdl, PFILE_SEGMENT_ELEMENT Segments,
                                                   KPROCESSOR_MODE Mode, LOCK_OPERATION Operation);

#define TAG 'tsMM'

static VOID nonpaged(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Block + 100, PAGE_SIZE + 200, FALSE, FALSE, NULL);
    BOOLEAN Good = TRUE;

    if (!ok(Mdl != NULL, "IoAllocateMdl"))
        return;
    MmBuildMdlForNonPagedPool(Mdl);
    ok(Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, "marked as nonpaged pool");
    is_ptr(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Block + 100,
           "its own address maps it");
    for (ULONG i = 0; i < 2; i++)
        Good &= (ULONG64)MmGetPhysicalAddress(Block + i * PAGE_SIZE).QuadPart >> PAGE_SHIFT ==
                MmGetMdlPfnArray(Mdl)[i];
    ok(Good, "the page numbers are those of MmGetPhysicalAddress");
    is_ulong(MmSizeOfMdl(Block + 100, PAGE_SIZE + 200), sizeof(MDL) + 2 * sizeof(PFN_NUMBER),
             "MmSizeOfMdl");
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID paged(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG), Mapped;
    PMDL Mdl = IoAllocateMdl(Block + 8, PAGE_SIZE, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    Block[8] = 0x5A;
    __try {
        MmProbeAndLockPages(Mdl, KernelMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is_status(Status, STATUS_SUCCESS, "lock paged pool");
    ok(Mdl->MdlFlags & MDL_PAGES_LOCKED, "marked as locked");
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE,
                                          NormalPagePriority);
    ok(Mapped != NULL && Mapped != Block + 8, "mapped at another address");
    is_ulong(BYTE_OFFSET(Mapped), 8, "with the same offset");
    is_ulong(Mapped[0], 0x5A, "the same bytes");
    Mapped[1] = 0xA5;
    is_ulong(Block[9], 0xA5, "both ways");
    is_hex(MmGetPhysicalAddress(Mapped).QuadPart, MmGetPhysicalAddress(Block + 8).QuadPart,
           "one physical address");
    is_ptr(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Mapped, "the mapping is kept");
    is_status(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_SUCCESS, "protect it");
    is_status(MmProtectMdlSystemAddress(Mdl, 0x12345), STATUS_INVALID_PAGE_PROTECTION,
              "no such protection");
    MmUnmapLockedPages(Mapped, Mdl);
    is_bool(MmIsAddressValid(Mapped), FALSE, "unmapped");
    Mapped = MmMapLockedPages(Mdl, KernelMode);
    is_ulong(Mapped[0], 0x5A, "MmMapLockedPages");
    MmUnlockPages(Mdl);
    is_bool(MmIsAddressValid(Mapped), FALSE, "unlocking unmaps");
    is_status(MmProtectMdlSystemAddress(Mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW, "not mapped");
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID bad_address(VOID)
{
    PMDL Mdl = IoAllocateMdl((PVOID)0x20000, PAGE_SIZE, FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        MmProbeAndLockPages(Mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    is_status(Status, STATUS_ACCESS_VIOLATION, "nothing there to lock");
    IoFreeMdl(Mdl);
}

static VOID other_locks(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG);
    FILE_SEGMENT_ELEMENT Segment[3];
    PMDL Mdl = IoAllocateMdl(Block, 2 * PAGE_SIZE, FALSE, FALSE, NULL);

    MmProbeAndLockProcessPages(Mdl, PsGetCurrentProcess(), KernelMode, IoReadAccess);
    is_hex(MmGetMdlPfnArray(Mdl)[0], MmGetPhysicalAddress(Block).QuadPart >> PAGE_SHIFT,
           "locked for a process");
    MmUnlockPages(Mdl);
    RtlZeroMemory(Segment, sizeof(Segment));
    Segment[0].Buffer = Block + PAGE_SIZE;
    Segment[1].Buffer = Block;
    MmProbeAndLockSelectedPages(Mdl, Segment, KernelMode, IoReadAccess);
    is_hex(MmGetMdlPfnArray(Mdl)[0], MmGetPhysicalAddress(Block + PAGE_SIZE).QuadPart >> PAGE_SHIFT,
           "the second page first");
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID advance(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL Mdl = MmCreateMdl(NULL, Block, 3 * PAGE_SIZE);
    PFN_NUMBER Second;

    MmBuildMdlForNonPagedPool(Mdl);
    Second = MmGetMdlPfnArray(Mdl)[1];
    is_status(MmAdvanceMdl(Mdl, PAGE_SIZE + 10), STATUS_SUCCESS, "advance by a page and ten bytes");
    is_ptr(MmGetMdlVirtualAddress(Mdl), Block + PAGE_SIZE + 10, "the address");
    is_ulong(MmGetMdlByteCount(Mdl), 2 * PAGE_SIZE - 10, "the count");
    is_hex(MmGetMdlPfnArray(Mdl)[0], Second, "the first page");
    ok(!NT_SUCCESS(MmAdvanceMdl(Mdl, 3 * PAGE_SIZE)), "not past the end");
    ExFreePool(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID reserved(VOID)
{
    PUCHAR Address = MmAllocateMappingAddress(2 * PAGE_SIZE, TAG), Mapped;
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Block, 2 * PAGE_SIZE, FALSE, FALSE, NULL);

    ok(Address != NULL, "an address in reserve");
    MmBuildMdlForNonPagedPool(Mdl);
    Block[5] = 55;
    Mapped = MmMapLockedPagesWithReservedMapping(Address, TAG, Mdl, MmCached);
    is_ptr(Mapped, Address, "mapped there");
    is_ulong(Mapped[5], 55, "the same bytes");
    MmUnmapReservedMapping(Mapped, TAG, Mdl);
    is_bool(MmIsAddressValid(Address), FALSE, "unmapped");
    MmFreeMappingAddress(Address, TAG);
    IoFreeMdl(Mdl);
    ExFreePoolWithTag(Block, TAG);
}

static VOID pages(VOID)
{
    PHYSICAL_ADDRESS Low = {.QuadPart = 0}, High = {.QuadPart = -1}, Skip = {.QuadPart = 0};
    PMDL Mdl = MmAllocatePagesForMdl(Low, High, Skip, 5 * PAGE_SIZE);
    PUCHAR Mapped;

    if (!ok(Mdl != NULL, "MmAllocatePagesForMdl"))
        return;
    is_ulong(MmGetMdlByteCount(Mdl), 5 * PAGE_SIZE, "all of it");
    Mapped = MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE,
                                          NormalPagePriority);
    ok(tap_all_bytes(Mapped, 5 * PAGE_SIZE, 0), "zeroed");
    RtlFillMemory(Mapped, 5 * PAGE_SIZE, 0xA5);
    MmUnmapLockedPages(Mapped, Mdl);
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
    Mdl = MmAllocatePagesForMdlEx(Low, High, Skip, PAGE_SIZE, MmCached, 4 /* fully required */);
    ok(Mdl != NULL, "MmAllocatePagesForMdlEx");
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
    Mdl = MmAllocateNodePagesForMdlEx(Low, High, Skip, PAGE_SIZE, MmCached, 0, 0);
    ok(Mdl != NULL, "MmAllocateNodePagesForMdlEx");
    MmFreePagesFromMdl(Mdl);
    ExFreePool(Mdl);
    is_ptr(MmAllocateNodePagesForMdlEx(Low, High, Skip, PAGE_SIZE, MmCached, 77, 0), NULL,
           "no such node");
    High.QuadPart = 0;
    is_ptr(MmAllocatePagesForMdl(Low, High, Skip, PAGE_SIZE), NULL, "no such pages");
}

static VOID contiguous(VOID)
{
    PHYSICAL_ADDRESS Low = {.QuadPart = 0}, High = {.QuadPart = -1},
                     Boundary = {.QuadPart = 0x10000};
    PUCHAR Block = MmAllocateContiguousMemory(5 * PAGE_SIZE, High);
    BOOLEAN Good = TRUE;

    if (!ok(Block != NULL, "MmAllocateContiguousMemory"))
        return;
    for (ULONG i = 1; i < 5; i++)
        Good &= MmGetPhysicalAddress(Block + i * PAGE_SIZE).QuadPart ==
                MmGetPhysicalAddress(Block).QuadPart + i * PAGE_SIZE;
    ok(Good, "physically contiguous");
    RtlFillMemory(Block, 5 * PAGE_SIZE, 1);
    MmFreeContiguousMemory(Block);
    Block = MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, Low, High, Boundary, MmNonCached);
    ok(Block != NULL &&
           ((ULONG64)MmGetPhysicalAddress(Block).QuadPart & 0xFFFF) + 3 * PAGE_SIZE <= 0x10000,
       "within a boundary");
    MmFreeContiguousMemorySpecifyCache(Block, 3 * PAGE_SIZE, MmNonCached);
    Block = MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, Low, High, Low, MmCached, 0);
    ok(Block != NULL, "on a node");
    MmFreeContiguousMemory(Block);
    High.QuadPart = 0;
    is_ptr(MmAllocateContiguousMemory(PAGE_SIZE, High), NULL, "no such memory");
    High.QuadPart = -1;
    Block = MmAllocateContiguousNodeMemory(PAGE_SIZE, Low, High, Low, PAGE_READWRITE | PAGE_NOCACHE,
                                           0);
    ok(Block != NULL, "MmAllocateContiguousNodeMemory");
    MmFreeContiguousMemory(Block);
    is_ptr(MmAllocateContiguousNodeMemory(PAGE_SIZE, Low, High, Low, PAGE_READONLY, 0), NULL,
           "no such protection");
    Block = MmAllocateNonCachedMemory(100);
    ok(Block != NULL && BYTE_OFFSET(Block) == 0, "MmAllocateNonCachedMemory");
    MmFreeNonCachedMemory(Block, 100);
}

static VOID io_space(VOID)
{
    PUCHAR Block = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG), Mapped;
    PHYSICAL_ADDRESS Physical = MmGetPhysicalAddress(Block), Beyond = {.QuadPart = 0x7FFFFFFF000};
    PPHYSICAL_MEMORY_RANGE Range = MmGetPhysicalMemoryRanges();

    Block[16] = 0x42;
    Physical.QuadPart += 16;
    Mapped = MmMapIoSpace(Physical, 8, MmNonCached);
    ok(Mapped != NULL && Mapped[0] == 0x42, "RAM as I/O space");
    MmUnmapIoSpace(Mapped, 8);
    Mapped = MmMapIoSpaceEx(Physical, 8, PAGE_READWRITE | PAGE_NOCACHE);
    ok(Mapped != NULL && Mapped[0] == 0x42, "MmMapIoSpaceEx");
    MmUnmapIoSpace(Mapped, 8);
    is_ptr(MmMapIoSpaceEx(Physical, 8, 0x12345678), NULL, "no such protection");
    Mapped = MmMapIoSpace(Beyond, PAGE_SIZE, MmNonCached);
    ok(Mapped != NULL, "a place where no device is");
    is_hex(*(volatile ULONG *)(Mapped + 8), MAXULONG, "reads as ones");
    *(volatile ULONG *)(Mapped + 8) = 5;
    is_hex(*(volatile USHORT *)(Mapped + 8), MAXUSHORT, "and keeps nothing");
    MmUnmapIoSpace(Mapped, PAGE_SIZE);
    is_hex(MmGetPhysicalAddress(MmGetVirtualForPhysical(Physical)).QuadPart, Physical.QuadPart,
           "MmGetVirtualForPhysical");
    ok(Range != NULL && Range[0].NumberOfBytes.QuadPart > 0, "MmGetPhysicalMemoryRanges");
    ok(Physical.QuadPart >= Range[0].BaseAddress.QuadPart &&
           Physical.QuadPart < Range[0].BaseAddress.QuadPart + Range[0].NumberOfBytes.QuadPart,
       "pool lies in it");
    ExFreePool(Range);
    ExFreePoolWithTag(Block, TAG);
    ok(MmQuerySystemSize() <= MmLargeSystem, "MmQuerySystemSize");
    is_bool(MmIsThisAnNtAsSystem(), FALSE, "a workstation");
    is_bool(Mm64BitPhysicalAddress, TRUE, "physical addresses of 64 bits");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    nonpaged();
    paged();
    bad_address();
    other_locks();
    advance();
    reserved();
    pages();
    contiguous();
    io_space();
    is_bool(MmIsAddressValid(NULL), FALSE, "NULL is not valid");
    is_bool(MmIsAddressValid((PVOID)&DriverEntry), TRUE, "code is");
    return done();
}
