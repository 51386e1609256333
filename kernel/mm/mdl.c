/*
 * Memory descriptor lists: building, locking, mapping. (IoAllocateMdl and its kin are io's.) A
 * locked page has one more reference, so it outlives its mapping. Nothing is ever paged out, so
 * locking needs no paging in. Left out: AWE, large pages, per-process limits.
 */
#include "../ex/exp.h"
#include "../ps/ps.h"
#include "mi.h"

#ifndef SYSTEM_PTE_MISUSE
#define SYSTEM_PTE_MISUSE 0xDA
#endif
#define MI_MDL_PAGES(m) \
    ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(m), MmGetMdlByteCount(m))
#define MI_MAPPABLE (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)

NT_EXPORT(MmSizeOfMdl);
SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    return sizeof(MDL) + ADDRESS_AND_SIZE_TO_SPAN_PAGES(Base, Length) * sizeof(PFN_NUMBER);
}

NT_EXPORT(MmCreateMdl);
PMDL NTAPI MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length)
{
    PMDL Mdl = MemoryDescriptorList;

    if (Mdl == NULL)
        Mdl = ExpAllocatePool(NonPagedPoolNx, MmSizeOfMdl(Base, Length), 'ldMM', FALSE,
                              __builtin_return_address(0));
    if (Mdl != NULL)
        MmInitializeMdl(Mdl, Base, Length);
    return Mdl;
}

static PFN_NUMBER MiPageOf(PVOID Va)
{
    return (MmGetPte(Va) & HAL_PTE_PFN_MASK) >> PAGE_SHIFT;
}

NT_EXPORT(MmBuildMdlForNonPagedPool);
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL Mdl)
{
    PPFN_NUMBER Page = MmGetMdlPfnArray(Mdl);
    ULONG Count = (ULONG)MI_MDL_PAGES(Mdl);

    for (ULONG i = 0; i < Count; i++) {
        PVOID Va = (PUCHAR)Mdl->StartVa + ((SIZE_T)i << PAGE_SHIFT);

        if (!(MmGetPte(Va) & HAL_PTE_PRESENT)) {
            KeSetBugCheckText("MDL %p is built over %p, which is not resident", Mdl, Va);
            KeBugCheckEx(MEMORY_MANAGEMENT, 0x1240, (ULONG_PTR)Mdl, MmGetPte(Va), 0);
        }
        Page[i] = MiPageOf(Va);
    }
    Mdl->Process = NULL;
    Mdl->MappedSystemVa = MmGetMdlVirtualAddress(Mdl);
    Mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

/* ---- locking ---- */

static LONG MiCountLockedPages(PEPROCESS Process, LONG Pages)
{
    return Process == NULL ? 0 : MmChangeLockedPages(Process->AddressSpace, Pages);
}

/* Raises STATUS_ACCESS_VIOLATION unless each page of the MDL may be used so. */
static VOID MiProbeMdl(PMDL Mdl, KPROCESSOR_MODE Mode, BOOLEAN Write)
{
    PUCHAR Start = MmGetMdlVirtualAddress(Mdl);
    SIZE_T Bytes = MmGetMdlByteCount(Mdl);

    if (Mode != KernelMode && (ULONG64)Start + Bytes > MM_USER_PROBE_ADDRESS)
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    if (!MmIsRangeAccessible(Start, Bytes, Write))
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

static VOID MiLockMdl(PMDL Mdl, PEPROCESS Process, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    PPFN_NUMBER Page = MmGetMdlPfnArray(Mdl);
    ULONG Count = (ULONG)MI_MDL_PAGES(Mdl);

    MiProbeMdl(Mdl, Mode, Operation != IoReadAccess);
    for (ULONG i = 0; i < Count; i++) {
        Page[i] = MiPageOf((PUCHAR)Mdl->StartVa + ((SIZE_T)i << PAGE_SHIFT));
        MmReferencePage(Page[i]);
    }
    Mdl->Process = MmIsUserAddress(Mdl->StartVa) ? Process : NULL;
    MiCountLockedPages(Mdl->Process, (LONG)Count);
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    if (Operation != IoReadAccess)
        Mdl->MdlFlags |= MDL_WRITE_OPERATION;
}

NT_EXPORT(MmProbeAndLockPages);
VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                               LOCK_OPERATION Operation)
{
    MiLockMdl(MemoryDescriptorList, PsGetCurrentProcess(), AccessMode, Operation);
}

NT_EXPORT(MmProbeAndLockProcessPages);
VOID NTAPI MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process,
                                      KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    KAPC_STATE State;

    KeStackAttachProcess(&Process->Pcb, &State);
    __try {
        MiLockMdl(MemoryDescriptorList, Process, AccessMode, Operation);
    } __finally {
        KeUnstackDetachProcess(&State);
    }
}

/* Each element names a page of the range; only those are locked. [doc: MmProbeAndLockSelectedPages]
 */
NT_EXPORT(MmProbeAndLockSelectedPages);
VOID NTAPI MmProbeAndLockSelectedPages(PMDL MemoryDescriptorList,
                                       PFILE_SEGMENT_ELEMENT SegmentArray,
                                       KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    PPFN_NUMBER Page = MmGetMdlPfnArray(MemoryDescriptorList);
    ULONG Count = (ULONG)MI_MDL_PAGES(MemoryDescriptorList);
    BOOLEAN Write = Operation != IoReadAccess;

    for (ULONG i = 0; i < Count; i++) {
        PVOID Va = SegmentArray[i].Buffer;

        if ((AccessMode != KernelMode && !MmIsUserAddress(Va)) ||
            !MmIsRangeAccessible(Va, PAGE_SIZE, Write))
            ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    }
    for (ULONG i = 0; i < Count; i++) {
        Page[i] = MiPageOf(SegmentArray[i].Buffer);
        MmReferencePage(Page[i]);
    }
    MemoryDescriptorList->Process = MmIsUserAddress(SegmentArray[0].Buffer) ? PsGetCurrentProcess()
                                                                            : NULL;
    MiCountLockedPages(MemoryDescriptorList->Process, (LONG)Count);
    MemoryDescriptorList->MdlFlags |= MDL_PAGES_LOCKED | (Write ? MDL_WRITE_OPERATION : 0);
}

NT_EXPORT(MmUnlockPages);
VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList)
{
    PMDL Mdl = MemoryDescriptorList;
    PPFN_NUMBER Page = MmGetMdlPfnArray(Mdl);
    ULONG Count = (ULONG)MI_MDL_PAGES(Mdl);

    if (!(Mdl->MdlFlags & MDL_PAGES_LOCKED)) {
        KeSetBugCheckText("MDL %p is unlocked, but its pages are not locked (flags 0x%x)", Mdl,
                          Mdl->MdlFlags);
        KeBugCheckEx(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)Mdl, Count, 0);
    }
    if (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    MiCountLockedPages(Mdl->Process, -(LONG)Count);
    for (ULONG i = 0; i < Count; i++)
        MmFreePages(Page[i], 1);
    Mdl->Process = NULL;
    Mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

/* ---- mapping ---- */

static ULONG64 MiMdlProtection(ULONG Priority)
{
    if (Priority & MdlMappingNoWrite)
        return Priority & MdlMappingNoExecute ? MM_PROT_READ : MM_PROT_EXECUTE_READ;
    return Priority & MdlMappingNoExecute ? MM_PROT_READWRITE : MM_PROT_EXECUTE_READWRITE;
}

static VOID MiCheckMappable(PMDL Mdl)
{
    if (Mdl->MdlFlags & MI_MAPPABLE)
        return;
    KeSetBugCheckText("MDL %p is mapped, but its pages are not locked (flags 0x%x)", Mdl,
                      Mdl->MdlFlags);
    KeBugCheckEx(MEMORY_MANAGEMENT, 0x1233, MmGetMdlPfnArray(Mdl)[0], 0, 0);
}

static PVOID MiMapMdlAt(PMDL Mdl, PVOID Va, SIZE_T Count, ULONG64 Protection)
{
    if (!NT_SUCCESS(MmMapPageArray(Va, MmGetMdlPfnArray(Mdl), Count, Protection)))
        return NULL;
    Mdl->MappedSystemVa = (PUCHAR)Va + Mdl->ByteOffset;
    Mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (Mdl->MdlFlags & MDL_PARTIAL)
        Mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return Mdl->MappedSystemVa;
}

static PVOID MiMapMdlInSystem(PMDL Mdl, ULONG Priority)
{
    SIZE_T Count = MI_MDL_PAGES(Mdl);
    PVOID Va = MmReserveSystemRange(MmRegionSystemPtes, Count), Result;

    if (Va == NULL)
        return NULL;
    Result = MiMapMdlAt(Mdl, Va, Count, MiMdlProtection(Priority));
    if (Result == NULL)
        MmReleaseSystemRange(MmRegionSystemPtes, Va, Count);
    return Result;
}

/* A user mapping that fails raises. [doc: MmMapLockedPagesSpecifyCache] */
static PVOID MiMapMdlInProcess(PMDL Mdl, PVOID Preferred, ULONG Priority)
{
    ULONG Protect = Priority & MdlMappingNoWrite ? PAGE_READONLY : PAGE_READWRITE;
    PUCHAR Va = NULL;

    if (PsGetCurrentProcess()->AddressSpace != NULL)
        Va = MmMapUserPages(PsGetCurrentProcess()->AddressSpace, Preferred, MmGetMdlPfnArray(Mdl),
                            MI_MDL_PAGES(Mdl), Protect);
    if (Va == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return Va + Mdl->ByteOffset;
}

NT_EXPORT(MmMapLockedPagesSpecifyCache);
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                         ULONG BugCheckOnFailure, MM_PAGE_PRIORITY Priority)
{
    PVOID Va;

    UNREFERENCED_PARAMETER(CacheType); /* there are no caches to bypass */
    MiCheckMappable(MemoryDescriptorList);
    if (AccessMode != KernelMode)
        return MiMapMdlInProcess(MemoryDescriptorList, RequestedAddress, Priority);
    Va = MiMapMdlInSystem(MemoryDescriptorList, Priority);
    if (Va == NULL && BugCheckOnFailure && !(MemoryDescriptorList->MdlFlags & MDL_MAPPING_CAN_FAIL))
        KeBugCheckEx(NO_MORE_SYSTEM_PTES, 0, MI_MDL_PAGES(MemoryDescriptorList), 0, 0);
    return Va;
}

NT_EXPORT(MmMapLockedPages);
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, NULL, TRUE,
                                        HighPagePriority);
}

static VOID MiCheckMapping(PVOID Base, PMDL Mdl, SIZE_T Count)
{
    if (!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)) {
        KeSetBugCheckText("MDL %p is unmapped from %p, but it is not mapped (flags 0x%x)", Mdl,
                          Base, Mdl->MdlFlags);
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 6, (ULONG_PTR)Mdl, (ULONG_PTR)Base, Count);
    }
    if (Base != Mdl->MappedSystemVa)
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 3, 0, (ULONG_PTR)Mdl->MappedSystemVa, (ULONG_PTR)Base);
    if (MiPageOf(Base) != MmGetMdlPfnArray(Mdl)[0])
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 4, 0, MiPageOf(Base), MmGetMdlPfnArray(Mdl)[0]);
}

static VOID MiForgetMapping(PMDL Mdl)
{
    Mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    Mdl->MappedSystemVa = NULL;
}

NT_EXPORT(MmUnmapLockedPages);
VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    SIZE_T Count = MI_MDL_PAGES(MemoryDescriptorList);
    PVOID Va = PAGE_ALIGN(BaseAddress);

    if (MmIsUserAddress(BaseAddress)) {
        MmUnmapUserPages(PsGetCurrentProcess()->AddressSpace, Va, Count);
        return;
    }
    MiCheckMapping(BaseAddress, MemoryDescriptorList, Count);
    MmUnmapPages(Va, Count);
    MmReleaseSystemRange(MmRegionSystemPtes, Va, Count);
    MiForgetMapping(MemoryDescriptorList);
}

static const struct {
    ULONG Win32;
} MiSystemProtections[] = {{PAGE_READONLY},          {PAGE_READWRITE}, {PAGE_EXECUTE_READ},
                           {PAGE_EXECUTE_READWRITE}, {PAGE_NOACCESS},  {PAGE_EXECUTE}};

NT_EXPORT(MmProtectMdlSystemAddress);
NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect)
{
    PMDL Mdl = MemoryDescriptorList;

    if (!(Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        return STATUS_NOT_MAPPED_VIEW;
    if (!MmIsAddressValid(Mdl->MappedSystemVa))
        KeBugCheckEx(MEMORY_MANAGEMENT, 0x1235, (ULONG_PTR)Mdl, (ULONG_PTR)Mdl->MappedSystemVa, 0);
    for (ULONG i = 0; i < RTL_NUMBER_OF(MiSystemProtections); i++)
        if (MiSystemProtections[i].Win32 == NewProtect)
            return MmProtectPages(PAGE_ALIGN(Mdl->MappedSystemVa), MI_MDL_PAGES(Mdl),
                                  MmProtectToPte(NewProtect));
    return STATUS_INVALID_PAGE_PROTECTION;
}

NT_EXPORT(MmAdvanceMdl);
NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
    ULONG Offset = Mdl->ByteOffset + NumberOfBytes, Skip = Offset >> PAGE_SHIFT;
    ULONG Count = (ULONG)MI_MDL_PAGES(Mdl);
    PPFN_NUMBER Page = MmGetMdlPfnArray(Mdl);

    if (NumberOfBytes >= Mdl->ByteCount || Skip >= Count)
        return STATUS_INVALID_PARAMETER_2;
    if (Skip != 0 && (Mdl->MdlFlags & MDL_PAGES_LOCKED)) {
        MiCountLockedPages(Mdl->Process, -(LONG)Skip);
        for (ULONG i = 0; i < Skip; i++)
            MmFreePages(Page[i], 1);
    }
    RtlMoveMemory(Page, Page + Skip, (Count - Skip) * sizeof(*Page));
    Mdl->StartVa = (PUCHAR)Mdl->StartVa + ((SIZE_T)Skip << PAGE_SHIFT);
    Mdl->ByteOffset = BYTE_OFFSET(Offset);
    Mdl->ByteCount -= NumberOfBytes;
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        Mdl->MappedSystemVa = (PUCHAR)Mdl->MappedSystemVa + NumberOfBytes;
    return STATUS_SUCCESS;
}

/* ---- mappings reserved ahead ---- */

typedef struct _MI_RESERVED {
    LIST_ENTRY Link; /* MiReserved */
    PVOID Va;
    SIZE_T Pages, Mapped;
    ULONG Tag;
} MI_RESERVED;
static LIST_ENTRY MiReserved = {&MiReserved, &MiReserved};

NT_EXPORT(MmAllocateMappingAddress);
PVOID NTAPI MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag)
{
    SIZE_T Pages = BYTES_TO_PAGES(NumberOfBytes) +
                   1; /* an MDL of so many bytes may start inside a page */
    MI_RESERVED *Reserved;

    if (NumberOfBytes == 0)
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 0x100, 0, PoolTag, (ULONG_PTR)__builtin_return_address(0));
    Reserved = ExpAllocatePool(NonPagedPoolNx, sizeof(*Reserved), PoolTag, FALSE,
                               __builtin_return_address(0));
    if (Reserved == NULL)
        return NULL;
    Reserved->Pages = Pages;
    Reserved->Mapped = 0;
    Reserved->Tag = PoolTag;
    Reserved->Va = MmReserveSystemRange(MmRegionSystemPtes, Pages);
    if (Reserved->Va == NULL) {
        ExpFreePool(Reserved, PoolTag, NULL);
        return NULL;
    }
    InsertTailList(&MiReserved, &Reserved->Link);
    return Reserved->Va;
}

/*
 * Stops when the mapping is not the caller's: subcodes as MmFreeMappingAddress documents, from
 * First on.
 */
static MI_RESERVED *MiFindReserved(PVOID Va, ULONG Tag, ULONG NotOwner)
{
    for (PLIST_ENTRY Link = MiReserved.Flink; Link != &MiReserved; Link = Link->Flink) {
        MI_RESERVED *Reserved = CONTAINING_RECORD(Link, MI_RESERVED, Link);

        if (Reserved->Va == Va && Reserved->Tag == Tag)
            return Reserved;
    }
    KeSetBugCheckText("%p is not a mapping address that was reserved with this tag", Va);
    KeBugCheckEx(SYSTEM_PTE_MISUSE, NotOwner, (ULONG_PTR)Va, Tag, 0);
    return NULL;
}

NT_EXPORT(MmFreeMappingAddress);
VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag)
{
    MI_RESERVED *Reserved = MiFindReserved(BaseAddress, PoolTag, 0x101);

    if (Reserved->Mapped != 0)
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 0x103, (ULONG_PTR)BaseAddress, PoolTag, Reserved->Mapped);
    RemoveEntryList(&Reserved->Link);
    MmReleaseSystemRange(MmRegionSystemPtes, Reserved->Va, Reserved->Pages);
    ExpFreePool(Reserved, PoolTag, NULL);
}

NT_EXPORT(MmMapLockedPagesWithReservedMapping);
PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag,
                                                PMDL MemoryDescriptorList,
                                                MEMORY_CACHING_TYPE CacheType)
{
    MI_RESERVED *Reserved = MiFindReserved(MappingAddress, PoolTag, 0x104);
    SIZE_T Count = MI_MDL_PAGES(MemoryDescriptorList);
    PVOID Va;

    UNREFERENCED_PARAMETER(CacheType);
    MiCheckMappable(MemoryDescriptorList);
    if (Reserved->Mapped != 0)
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 0x107, (ULONG_PTR)MappingAddress,
                     (ULONG_PTR)MemoryDescriptorList, Count);
    if (Count > Reserved->Pages)
        return NULL;
    Va = MiMapMdlAt(MemoryDescriptorList, MappingAddress, Count, MM_PROT_READWRITE);
    if (Va != NULL)
        Reserved->Mapped = Count;
    return Va;
}

NT_EXPORT(MmUnmapReservedMapping);
VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList)
{
    MI_RESERVED *Reserved = MiFindReserved(BaseAddress, PoolTag, 0x108);
    SIZE_T Count = MI_MDL_PAGES(MemoryDescriptorList);

    if (Reserved->Mapped != Count)
        KeBugCheckEx(SYSTEM_PTE_MISUSE, 0x10B, (ULONG_PTR)BaseAddress, Reserved->Mapped, Count);
    MmUnmapPages(Reserved->Va, Reserved->Mapped);
    Reserved->Mapped = 0;
    MiForgetMapping(MemoryDescriptorList);
}

/* ---- MDLs that come with their pages ---- */

#define MI_FULLY_REQUIRED 4u /* MM_ALLOCATE_FULLY_REQUIRED */

static ULONG MiFillPages(PPFN_NUMBER Page, ULONG Count, PFN_NUMBER Low, PFN_NUMBER High)
{
    for (ULONG i = 0; i < Count; i++) {
        Page[i] = MmAllocatePagesInRange(1, Low, High, 1);
        if (Page[i] == 0)
            return i;
    }
    return Count;
}

static VOID MiFreePageArray(PPFN_NUMBER Page, ULONG Count)
{
    for (ULONG i = 0; i < Count; i++)
        MmFreePages(Page[i], 1);
}

static PMDL MiAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                  SIZE_T TotalBytes, ULONG Flags, PVOID Caller)
{
    PFN_NUMBER Last = (PFN_NUMBER)((ULONG64)HighAddress.QuadPart >> PAGE_SHIFT);
    ULONG Wanted = (ULONG)BYTES_TO_PAGES(TotalBytes), Count;
    PMDL Mdl;

    if (TotalBytes == 0 || TotalBytes > MAXULONG - PAGE_SIZE || Wanted > MmTotalPageCount())
        return NULL;
    Mdl = ExpAllocatePool(NonPagedPoolNx, MmSizeOfMdl(NULL, TotalBytes), 'ldMM', FALSE, Caller);
    if (Mdl == NULL)
        return NULL;
    MmInitializeMdl(Mdl, NULL, TotalBytes);
    Count = MiFillPages(MmGetMdlPfnArray(Mdl), Wanted, BYTES_TO_PAGES((ULONG64)LowAddress.QuadPart),
                        min(Last, MmTotalPageCount() - 1));
    if (Count == 0 || (Count < Wanted && (Flags & MI_FULLY_REQUIRED))) {
        MiFreePageArray(MmGetMdlPfnArray(Mdl), Count);
        ExpFreePool(Mdl, 'ldMM', NULL);
        return NULL;
    }
    Mdl->ByteCount = Count < Wanted ? Count << PAGE_SHIFT : Wanted << PAGE_SHIFT;
    Mdl->MdlFlags |= MDL_PAGES_LOCKED;
    return Mdl;
}

NT_EXPORT(MmAllocatePagesForMdl);
PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                 PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes)
{
    UNREFERENCED_PARAMETER(SkipBytes); /* only says how to look for more */
    return MiAllocatePagesForMdl(LowAddress, HighAddress, TotalBytes, 0,
                                 __builtin_return_address(0));
}

NT_EXPORT(MmAllocatePagesForMdlEx);
PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                   PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                   MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SkipBytes);
    UNREFERENCED_PARAMETER(CacheType);
    return MiAllocatePagesForMdl(LowAddress, HighAddress, TotalBytes, Flags,
                                 __builtin_return_address(0));
}

/* There is one node. */
NT_EXPORT(MmAllocateNodePagesForMdlEx);
PMDL NTAPI MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                       PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                       MEMORY_CACHING_TYPE CacheType, ULONG IdealNode, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SkipBytes);
    UNREFERENCED_PARAMETER(CacheType);
    if (IdealNode != 0)
        return NULL;
    return MiAllocatePagesForMdl(LowAddress, HighAddress, TotalBytes, Flags,
                                 __builtin_return_address(0));
}

NT_EXPORT(MmFreePagesFromMdl);
VOID NTAPI MmFreePagesFromMdl(PMDL MemoryDescriptorList)
{
    PMDL Mdl = MemoryDescriptorList;

    if (!(Mdl->MdlFlags & MDL_PAGES_LOCKED))
        KeBugCheckEx(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)Mdl, MI_MDL_PAGES(Mdl), 0);
    MiFreePageArray(MmGetMdlPfnArray(Mdl), (ULONG)MI_MDL_PAGES(Mdl));
    Mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
}
