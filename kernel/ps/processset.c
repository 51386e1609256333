/* NtSetInformationProcess: the classes that Drydock has state for. */
#include "psp.h"

NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class,
                                       PVOID Information, ULONG Length);

static NTSTATUS PspSetProcess(PEPROCESS Process, ULONG Class, ULONG64 Value)
{
    switch (Class) {
    case ProcessDefaultHardErrorMode:
        Process->DefaultHardErrorMode = (ULONG)Value;
        return STATUS_SUCCESS;
    case ProcessPriorityClass:
        Process->Foreground = (Value & 0xFF) != 0;
        return PspSetPriorityClass(Process, (UCHAR)(Value >> 8));
    case ProcessAffinityMask:
        if (Value == 0 || (Value >> KeProcessorCount) != 0)
            return STATUS_INVALID_PARAMETER;
        Process->Pcb.Affinity = Value;
        return STATUS_SUCCESS;
    case ProcessPriorityBoost:
        Process->PriorityBoostDisabled = Value != 0;
        return STATUS_SUCCESS;
    case ProcessDebugFlags:
        Process->NoDebugInherit = !(Value & 1);
        return Value & ~1ull ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    case ProcessIoPriority:
        if (Value >= MaxIoPriorityTypes)
            return STATUS_INVALID_PARAMETER;
        Process->IoPriority = (UCHAR)(Value + 1);
        return STATUS_SUCCESS;
    case ProcessPagePriority:
        if (Value > 5)
            return STATUS_INVALID_PARAMETER;
        Process->PagePriority = (UCHAR)(Value + 1);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_INFO_CLASS;
}

/* Bytes that a settable class takes; 0: none. */
static ULONG PspSetBytes(ULONG Class)
{
    switch (Class) {
    case ProcessPriorityClass:
        return 2;
    case ProcessAffinityMask:
        return sizeof(KAFFINITY);
    case ProcessDefaultHardErrorMode:
    case ProcessPriorityBoost:
    case ProcessDebugFlags:
    case ProcessIoPriority:
    case ProcessPagePriority:
        return sizeof(ULONG);
    }
    return 0;
}

NT_SERVICE_PARTIAL(SetInformationProcess,
                   "tokens, quotas, device maps, handle tracing, working-set watches, break on "
                   "termination");
NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class,
                                       PVOID Information, ULONG Length)
{
    ULONG Bytes = PspSetBytes((ULONG)Class);
    PEPROCESS Process;
    ULONG64 Value;
    NTSTATUS Status;

    if (Bytes == 0)
        return STATUS_INVALID_INFO_CLASS;
    Status = PspTakeValue(Information, Length, Bytes, &Value);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SET_INFORMATION, PspProcessType,
                                       ExGetPreviousMode(), (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspSetProcess(Process, (ULONG)Class, Value);
    ObDereferenceObject(Process);
    return Status;
}
