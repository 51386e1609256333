/*
 * The services on a process's virtual memory.
 */
#include "../ex/exp.h"
#include "../ps/ps.h"
#include "mi.h"

/* The address space of a process by handle; the System process gets one when it first asks. */
static NTSTATUS MiReferenceSpace(HANDLE Handle, ACCESS_MASK Access, PEPROCESS *Process,
                                 MM_ADDRESS_SPACE **Space)
{
    NTSTATUS Status = ObReferenceObjectByHandle(Handle, Access, *PsProcessType, ExGetPreviousMode(),
                                                (PVOID *)Process, NULL);

    if (!NT_SUCCESS(Status))
        return Status;
    if ((*Process)->AddressSpace == NULL && *Process == PsInitialSystemProcess)
        Status = PsGiveAddressSpace(*Process);
    else if ((*Process)->AddressSpace == NULL)
        Status = STATUS_PROCESS_IS_TERMINATING;
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(*Process);
        return Status;
    }
    *Space = (*Process)->AddressSpace;
    return STATUS_SUCCESS;
}

static NTSTATUS MiCaptureRange(PVOID *BaseAddress, PSIZE_T RegionSize, PVOID *Base, SIZE_T *Bytes)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    NTSTATUS Status = ExpCopyIn(Base, BaseAddress, sizeof(*Base), Mode);

    if (NT_SUCCESS(Status))
        Status = ExpProbeOut(BaseAddress, sizeof(*Base), Mode);
    if (NT_SUCCESS(Status))
        Status = ExpCopyIn(Bytes, RegionSize, sizeof(*Bytes), Mode);
    if (NT_SUCCESS(Status))
        Status = ExpProbeOut(RegionSize, sizeof(*Bytes), Mode);
    return Status;
}

static VOID MiReturnRange(PVOID *BaseAddress, PSIZE_T RegionSize, PVOID Base, SIZE_T Bytes)
{
    ExpCopyOut(BaseAddress, &Base, sizeof(Base), ExGetPreviousMode());
    ExpCopyOut(RegionSize, &Bytes, sizeof(Bytes), ExGetPreviousMode());
}

NT_SERVICE(AllocateVirtualMemory);
NT_EXPORT(NtAllocateVirtualMemory);
NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                       PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect)
{
    MM_ADDRESS_SPACE *Space;
    PEPROCESS Process;
    PVOID Base;
    SIZE_T Bytes;
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Base, &Bytes);

    if (!NT_SUCCESS(Status))
        return Status;
    if (ZeroBits > 21 && ZeroBits < 32)
        return STATUS_INVALID_PARAMETER_3;
    Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmAllocateUserMemory(Space, &Base, &Bytes, AllocationType, Protect);
    ObfDereferenceObject(Process);
    if (NT_SUCCESS(Status))
        MiReturnRange(BaseAddress, RegionSize, Base, Bytes);
    return Status;
}

NT_SERVICE(FreeVirtualMemory);
NT_EXPORT(NtFreeVirtualMemory);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                   ULONG FreeType)
{
    MM_ADDRESS_SPACE *Space;
    PEPROCESS Process;
    PVOID Base;
    SIZE_T Bytes;
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Base, &Bytes);

    if (NT_SUCCESS(Status))
        Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmFreeUserMemory(Space, &Base, &Bytes, FreeType);
    ObfDereferenceObject(Process);
    if (NT_SUCCESS(Status))
        MiReturnRange(BaseAddress, RegionSize, Base, Bytes);
    return Status;
}

NT_SERVICE(ProtectVirtualMemory);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                      ULONG NewProtect, PULONG OldProtect)
{
    MM_ADDRESS_SPACE *Space;
    PEPROCESS Process;
    PVOID Base;
    SIZE_T Bytes;
    ULONG Old;
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Base, &Bytes);

    if (NT_SUCCESS(Status))
        Status = ExpProbeOut(OldProtect, sizeof(Old), ExGetPreviousMode());
    if (NT_SUCCESS(Status))
        Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MmProtectUserMemory(Space, &Base, &Bytes, NewProtect, &Old);
    ObfDereferenceObject(Process);
    if (NT_SUCCESS(Status)) {
        MiReturnRange(BaseAddress, RegionSize, Base, Bytes);
        ExpCopyOut(OldProtect, &Old, sizeof(Old), ExGetPreviousMode());
    }
    return Status;
}

NT_SERVICE_PARTIAL(QueryVirtualMemory,
                   "classes other than MemoryBasicInformation: STATUS_INVALID_INFO_CLASS");
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
                                    ULONG MemoryInformationClass, PVOID MemoryInformation,
                                    SIZE_T MemoryInformationLength, PSIZE_T ReturnLength)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    MEMORY_BASIC_INFORMATION Info;
    MM_ADDRESS_SPACE *Space;
    PEPROCESS Process;
    SIZE_T Bytes = sizeof(Info);
    NTSTATUS Status;

    if (MemoryInformationClass != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (MemoryInformationLength < sizeof(Info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!MmIsUserAddress(BaseAddress))
        return STATUS_INVALID_PARAMETER;
    Status = MiReferenceSpace(ProcessHandle, PROCESS_QUERY_INFORMATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    MmQueryUserMemory(Space, BaseAddress, &Info);
    ObfDereferenceObject(Process);
    Status = ExpCopyOut(MemoryInformation, &Info, sizeof(Info), Mode);
    if (NT_SUCCESS(Status) && ReturnLength != NULL)
        Status = ExpCopyOut(ReturnLength, &Bytes, sizeof(Bytes), Mode);
    return Status;
}

/* The whole view goes to its file, however little is asked for. */
NT_SERVICE(FlushVirtualMemory);
NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                    PIO_STATUS_BLOCK IoStatusBlock)
{
    IO_STATUS_BLOCK IoStatus = {.Information = 0};
    MM_ADDRESS_SPACE *Space;
    PEPROCESS Process;
    PVOID Base;
    SIZE_T Bytes;
    NTSTATUS Status = MiCaptureRange(BaseAddress, RegionSize, &Base, &Bytes);

    if (NT_SUCCESS(Status))
        Status = ExpProbeOut(IoStatusBlock, sizeof(*IoStatusBlock), ExGetPreviousMode());
    if (NT_SUCCESS(Status))
        Status = MiReferenceSpace(ProcessHandle, PROCESS_VM_OPERATION, &Process, &Space);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = MiFlushUserView(Space, Base, &Base, &Bytes);
    ObfDereferenceObject(Process);
    if (NT_SUCCESS(Status))
        MiReturnRange(BaseAddress, RegionSize, Base, Bytes);
    IoStatus.Status = Status;
    ExpCopyOut(IoStatusBlock, &IoStatus, sizeof(IoStatus), ExGetPreviousMode());
    return Status;
}

/* ---- memory of other processes ---- */

NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID FromAddress, PEPROCESS ToProcess, PVOID ToAddress,
                                   SIZE_T BufferSize, KPROCESSOR_MODE PreviousMode, PSIZE_T NumberOfBytesCopied);
NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Bytes, PSIZE_T Read);
NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Bytes,
                                    PSIZE_T Written);

/* Copies between the current process and another; *Moved, the caller's, may be NULL. */
static NTSTATUS MiMoveMemory(HANDLE Handle, ACCESS_MASK Access, PVOID Theirs, PVOID Ours, SIZE_T Bytes, PSIZE_T Moved)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    PEPROCESS Process, Self = PsGetCurrentProcess();
    SIZE_T Copied = 0;
    NTSTATUS Status = STATUS_SUCCESS;

    if (Moved != NULL)
        Status = ExpProbeOut(Moved, sizeof(*Moved), Mode);
    if (NT_SUCCESS(Status))
        Status = ObReferenceObjectByHandle(Handle, Access, *PsProcessType, Mode, (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Access == PROCESS_VM_READ)
        Status = MmCopyVirtualMemory(Process, Theirs, Self, Ours, Bytes, Mode, &Copied);
    else
        Status = MmCopyVirtualMemory(Self, Ours, Process, Theirs, Bytes, Mode, &Copied);
    ObfDereferenceObject(Process);
    if (Moved != NULL)
        ExpCopyOut(Moved, &Copied, sizeof(Copied), Mode);
    return Status;
}

NTSTATUS NTAPI NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Bytes, PSIZE_T Read)
{
    return MiMoveMemory(ProcessHandle, PROCESS_VM_READ, BaseAddress, Buffer, Bytes, Read);
}

NTSTATUS NTAPI NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Bytes,
                                    PSIZE_T Written)
{
    return MiMoveMemory(ProcessHandle, PROCESS_VM_WRITE, BaseAddress, Buffer, Bytes, Written);
}
