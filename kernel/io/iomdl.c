/*
 * MDLs as the I/O manager makes them. Locking and mapping them is mm's. Left out: quota charges.
 */
#include "iop.h"

#define IOP_TAG_MDL ' ldM'

NT_EXPORT(IoAllocateMdl);
PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    SIZE_T Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    PMDL Mdl, Last;

    UNREFERENCED_PARAMETER(ChargeQuota);
    if (sizeof(*Mdl) + Pages * sizeof(PFN_NUMBER) > MAXSHORT && Length > 0x80000000u)
        return NULL; /* [doc: at most 2 GB - PAGE_SIZE] */
    Mdl = ExAllocatePoolForCaller(NonPagedPoolNx, sizeof(*Mdl) + Pages * sizeof(PFN_NUMBER), IOP_TAG_MDL,
                                  __builtin_return_address(0));
    if (Mdl == NULL)
        return NULL;
    MmInitializeMdl(Mdl, VirtualAddress, Length);
    Mdl->MappedSystemVa = NULL;
    Mdl->Process = NULL;
    if (Irp == NULL)
        return Mdl;
    if (!SecondaryBuffer) {
        Irp->MdlAddress = Mdl;
        return Mdl;
    }
    for (Last = Irp->MdlAddress; Last->Next != NULL; Last = Last->Next)
        ;
    Last->Next = Mdl;
    return Mdl;
}

NT_EXPORT(IoFreeMdl);
VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    /* A partial MDL's own mapping ends with it. [doc: IoFreeMdl, MmPrepareMdlForReuse] */
    if ((Mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) && (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    ExFreePoolWithTag(Mdl, IOP_TAG_MDL);
}

NT_EXPORT(IoBuildPartialMdl);
VOID NTAPI IoBuildPartialMdl(PMDL Source, PMDL Target, PVOID VirtualAddress, ULONG Length)
{
    const CSHORT Inherited = MDL_IO_PAGE_READ | MDL_ALLOCATED_FIXED_SIZE | MDL_IO_SPACE | MDL_SOURCE_IS_NONPAGED_POOL
                           | MDL_MAPPED_TO_SYSTEM_VA;
    ULONG_PTR Start = (ULONG_PTR)Source->StartVa + Source->ByteOffset;
    ULONG Offset = (ULONG)((ULONG_PTR)VirtualAddress - Start);
    SIZE_T Pages, First;
    CSHORT Room;

    if (Length == 0)
        Length = Source->ByteCount - Offset;
    Pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    First = ((ULONG_PTR)VirtualAddress - (ULONG_PTR)Source->StartVa) >> PAGE_SHIFT;
    Room = Target->Size;
    if (sizeof(*Target) + Pages * sizeof(PFN_NUMBER) > (USHORT)Room || Offset + Length > Source->ByteCount) {
        KeSetBugCheckText("IoBuildPartialMdl: %u bytes at %p do not fit the target MDL %p (%d bytes) or lie outside "
                          "the source MDL %p", Length, VirtualAddress, Target, Room, Source);
        KeBugCheckEx(TARGET_MDL_TOO_SMALL, (ULONG_PTR)Source, (ULONG_PTR)Target, (ULONG_PTR)VirtualAddress, Length);
    }
    Target->MdlFlags &= MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED;
    Target->MdlFlags |= (Source->MdlFlags & Inherited) | MDL_PARTIAL;
    Target->StartVa = (PVOID)PAGE_ALIGN(VirtualAddress);
    Target->ByteOffset = BYTE_OFFSET(VirtualAddress);
    Target->ByteCount = Length;
    Target->Process = Source->Process;
    if (Source->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
        Target->MappedSystemVa = (PUCHAR)Source->MappedSystemVa + Offset;
        if (Source->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
            Target->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
    } else {
        Target->MappedSystemVa = NULL;
    }
    RtlCopyMemory(MmGetMdlPfnArray(Target), MmGetMdlPfnArray(Source) + First, Pages * sizeof(PFN_NUMBER));
}
