/*
 * Where user and system addresses lie, probes of user buffers, and copies that must not fault.
 */
#include "../ps/ps.h"
#include "mi.h"

NT_EXPORT_DATA(MmHighestUserAddress);
PVOID MmHighestUserAddress = MM_HIGHEST_USER_ADDRESS;
NT_EXPORT_DATA(MmUserProbeAddress);
ULONG_PTR MmUserProbeAddress = MM_USER_PROBE_ADDRESS;
NT_EXPORT_DATA(MmSystemRangeStart);
PVOID MmSystemRangeStart = (PVOID)HAL_SYSTEM_START;
NT_EXPORT_DATA(Mm64BitPhysicalAddress);
BOOLEAN Mm64BitPhysicalAddress = TRUE;

/* Raises STATUS_DATATYPE_MISALIGNMENT or STATUS_ACCESS_VIOLATION. */
static VOID MiProbeRange(ULONG64 Start, SIZE_T Length, ULONG Alignment)
{
    if ((Start & (Alignment - 1)) != 0)
        ExRaiseDatatypeMisalignment();
    if (Start + Length < Start || Start + Length > MM_USER_PROBE_ADDRESS)
        ExRaiseAccessViolation();
}

NT_EXPORT(ProbeForRead);
VOID NTAPI ProbeForRead(CONST VOID *Address, SIZE_T Length, ULONG Alignment)
{
    if (Length != 0)
        MiProbeRange((ULONG64)Address, Length, Alignment);
}

/* Touches each page, so that one that cannot be written raises here and not later. */
NT_EXPORT(ProbeForWrite);
VOID NTAPI ProbeForWrite(PVOID Address, SIZE_T Length, ULONG Alignment)
{
    ULONG64 Start = (ULONG64)Address, End = Start + Length;

    if (Length == 0)
        return;
    MiProbeRange(Start, Length, Alignment);
    do {
        volatile UCHAR *Byte = (volatile UCHAR *)Start;

        *Byte = *Byte;
        Start = (Start & ~(ULONG64)(PAGE_SIZE - 1)) + PAGE_SIZE;
    } while (Start < End);
}

/* ---- validity ---- */

NT_EXPORT(MmIsAddressValid);
BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    return (MmGetPte(VirtualAddress) & HAL_PTE_PRESENT) != 0;
}

static BOOLEAN MiIsNonPaged(ULONG64 Va)
{
    return MmIsSystemAddress(Va) && !(Va >= MM_PAGED_POOL_START && Va < MM_PAGED_POOL_END);
}

NT_EXPORT(MmIsNonPagedSystemAddressValid);
BOOLEAN NTAPI MmIsNonPagedSystemAddressValid(PVOID VirtualAddress)
{
    return MiIsNonPaged((ULONG64)VirtualAddress) && MmIsAddressValid(VirtualAddress);
}

/* ---- copies by page tables: no fault, whoever the pages belong to ---- */

/* The kernel's own address of the byte at Va in the process (NULL: as it is shown), or NULL when it may not be touched so. */
static PUCHAR MiTranslate(PEPROCESS Process, PVOID Va, BOOLEAN Write)
{
    ULONG64 Need = HAL_PTE_PRESENT | (Write ? HAL_PTE_WRITE : 0), Pte;

    if (Process == NULL || !MmIsUserAddress(Va))
        Pte = MmGetPte(Va);
    else if (Process->AddressSpace == NULL)
        return NULL;
    else
        Pte = MiGetPte(MmDirectoryBase(Process->AddressSpace) >> PAGE_SHIFT, Va);
    if ((Pte & Need) != Need)
        return NULL;
    return (PUCHAR)MmPfnToKernelVa((Pte & HAL_PTE_PFN_MASK) >> PAGE_SHIFT) + BYTE_OFFSET(Va);
}

/* Bytes copied before the first page that cannot be. */
static SIZE_T MiCopyPages(PEPROCESS ToProcess, PUCHAR To, PEPROCESS FromProcess, PUCHAR From, SIZE_T Bytes)
{
    SIZE_T Done = 0;

    while (Done < Bytes) {
        SIZE_T Chunk = min(Bytes - Done, min(PAGE_SIZE - BYTE_OFFSET(To + Done),
                                             PAGE_SIZE - BYTE_OFFSET(From + Done)));
        PUCHAR Source = MiTranslate(FromProcess, From + Done, FALSE);
        PUCHAR Target = MiTranslate(ToProcess, To + Done, TRUE);

        if (Source == NULL || Target == NULL)
            break;
        RtlMoveMemory(Target, Source, Chunk);
        Done += Chunk;
    }
    return Done;
}

static BOOLEAN MiIsUserRange(PVOID Start, SIZE_T Bytes)
{
    ULONG64 End = (ULONG64)Start + Bytes;

    return End >= (ULONG64)Start && End <= MM_USER_PROBE_ADDRESS;
}

NT_EXPORT(MmCopyVirtualMemory);
NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID FromAddress, PEPROCESS ToProcess,
                                   PVOID ToAddress, SIZE_T BufferSize, KPROCESSOR_MODE PreviousMode,
                                   PSIZE_T NumberOfBytesCopied)
{
    *NumberOfBytesCopied = 0;
    if (PreviousMode != KernelMode &&
        (!MiIsUserRange(FromAddress, BufferSize) || !MiIsUserRange(ToAddress, BufferSize)))
        return STATUS_ACCESS_VIOLATION;
    *NumberOfBytesCopied = MiCopyPages(ToProcess, ToAddress, FromProcess, FromAddress, BufferSize);
    return *NumberOfBytesCopied == BufferSize ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}

#define MI_COPY_PHYSICAL 1u
#define MI_COPY_VIRTUAL 2u

NT_EXPORT(MmCopyMemory);
NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress,
                            SIZE_T NumberOfBytes, ULONG Flags, PSIZE_T NumberOfBytesTransferred)
{
    PVOID Source = SourceAddress.VirtualAddress;

    *NumberOfBytesTransferred = 0;
    if (Flags != MI_COPY_PHYSICAL && Flags != MI_COPY_VIRTUAL)
        return STATUS_INVALID_PARAMETER;
    if (!MmIsSystemAddress(TargetAddress))
        return STATUS_INVALID_PARAMETER;
    if (Flags == MI_COPY_PHYSICAL) {
        ULONG64 First = (ULONG64)SourceAddress.PhysicalAddress.QuadPart;

        if (First + NumberOfBytes < First || First + NumberOfBytes > (ULONG64)MmTotalPageCount()
                                                                         << PAGE_SHIFT)
            return STATUS_INVALID_ADDRESS;
        Source = (PVOID)(HAL_PHYSMAP_VA + First);
    }
    *NumberOfBytesTransferred = MiCopyPages(NULL, TargetAddress, NULL, Source, NumberOfBytes);
    return *NumberOfBytesTransferred == NumberOfBytes ? STATUS_SUCCESS : STATUS_PARTIAL_COPY;
}
