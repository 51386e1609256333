/*
 * NtQueryInformationThread and NtSetInformationThread: the classes of the public reference and of ntddk.h's
 * THREADINFOCLASS that can be asked, and the well-known ones after it. Left out: other numbers, which give
 * STATUS_INVALID_INFO_CLASS (as do the number of the last system call and hardware counters, which are not kept);
 * segments of 16-bit code (STATUS_NOT_IMPLEMENTED).
 */
#include "psp.h"

#include "../rtl/rtl.h"

#define PSP_THREAD_SUSPEND_COUNT 35
#define PSP_THREAD_NAME 38
#define PSP_THREAD_SUBSYSTEM 40

/* What a class gives: built in the kernel, then copied out. */
typedef struct _PSP_ANSWER {
    ULONG Bytes;
    union {
        KERNEL_USER_TIMES Times;
        ULONG64 Quad[2];
        ULONG Long;
        GROUP_AFFINITY Group;
        PROCESSOR_NUMBER Processor;
        struct {
            NTSTATUS ExitStatus;
            PVOID Teb;
            CLIENT_ID Cid;
            KAFFINITY Affinity;
            KPRIORITY Priority, BasePriority;
        } Thread; /* THREAD_BASIC_INFORMATION */
    } u;
} PSP_ANSWER;

static VOID PspFillTimes(PSP_ANSWER *Answer, LARGE_INTEGER Created, LARGE_INTEGER Ended, ULONG64 Kernel, ULONG64 User)
{
    Answer->Bytes = sizeof(Answer->u.Times);
    Answer->u.Times.CreateTime = Created;
    Answer->u.Times.ExitTime = Ended;
    Answer->u.Times.KernelTime.QuadPart = Kernel;
    Answer->u.Times.UserTime.QuadPart = User;
}

static NTSTATUS PspAnswerThread(PETHREAD Thread, THREADINFOCLASS Class, PSP_ANSWER *Answer)
{
    switch ((ULONG)Class) {
    case ThreadBasicInformation:
        Answer->Bytes = sizeof(Answer->u.Thread);
        Answer->u.Thread.ExitStatus = Thread->ExitStatus;
        Answer->u.Thread.Teb = Thread->Tcb.Teb;
        Answer->u.Thread.Cid = Thread->Cid;
        Answer->u.Thread.Affinity = Thread->Tcb.Affinity;
        Answer->u.Thread.Priority = Thread->Tcb.Priority;
        Answer->u.Thread.BasePriority = KeQueryBasePriorityIncrement(&Thread->Tcb);
        return STATUS_SUCCESS;
    case ThreadTimes:
        PspFillTimes(Answer, Thread->CreateTime, Thread->ExitTime, Thread->Tcb.KernelTime, Thread->Tcb.UserTime);
        return STATUS_SUCCESS;
    case ThreadQuerySetWin32StartAddress:
        Answer->Bytes = sizeof(ULONG64);
        Answer->u.Quad[0] = (ULONG64)(Thread->Win32StartAddress ? Thread->Win32StartAddress : (PVOID)Thread->StartAddress);
        return STATUS_SUCCESS;
    case ThreadAmILastThread:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Thread->ThreadsProcess->ActiveThreads == 1;
        return STATUS_SUCCESS;
    case ThreadIsIoPending:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = !IsListEmpty(&Thread->IrpList);
        return STATUS_SUCCESS;
    case ThreadIsTerminated:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Thread->Terminated;
        return STATUS_SUCCESS;
    case ThreadHideFromDebugger:
        Answer->Bytes = sizeof(BOOLEAN);
        Answer->u.Long = Thread->HideFromDebugger;
        return STATUS_SUCCESS;
    case ThreadBreakOnTermination:
    case PSP_THREAD_SUBSYSTEM: /* SubsystemInformationTypeWin32 */
        Answer->Bytes = sizeof(ULONG);
        return STATUS_SUCCESS;
    case ThreadPerformanceCount: /* always zero, as in NT */
        Answer->Bytes = sizeof(ULONG64);
        return STATUS_SUCCESS;
    case ThreadPriorityBoost: /* whether it is disabled */
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Thread->PriorityBoostDisabled;
        return STATUS_SUCCESS;
    case ThreadIoPriority:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Thread->IoPriority != 0 ? Thread->IoPriority - 1u : IoPriorityNormal;
        return STATUS_SUCCESS;
    case ThreadPagePriority:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Thread->PagePriority != 0 ? Thread->PagePriority - 1u : 5; /* MEMORY_PRIORITY_NORMAL */
        return STATUS_SUCCESS;
    case ThreadActualBasePriority:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = (ULONG)Thread->Tcb.BasePriority;
        return STATUS_SUCCESS;
    case PSP_THREAD_SUSPEND_COUNT:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Thread->Tcb.SuspendCount;
        return STATUS_SUCCESS;
    case ThreadCycleTime: /* AccumulatedCycles, CurrentCycleCount */
        Answer->Bytes = 2 * sizeof(ULONG64);
        Answer->u.Quad[0] = (Thread->Tcb.KernelTime + Thread->Tcb.UserTime) * KE_CYCLES_PER_100NS;
        return STATUS_SUCCESS;
    case ThreadGroupInformation:
        Answer->Bytes = sizeof(Answer->u.Group);
        Answer->u.Group.Mask = Thread->Tcb.Affinity;
        return STATUS_SUCCESS;
    case ThreadIdealProcessorEx:
        Answer->Bytes = sizeof(Answer->u.Processor);
        Answer->u.Processor.Number = Thread->Tcb.IdealProcessor;
        return STATUS_SUCCESS;
    case ThreadDescriptorTableEntry: /* of 32-bit x86 alone */
        return STATUS_NOT_IMPLEMENTED;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/* Length must be exact; LengthOut gets what would be. [doc: ZwQueryInformationProcess] */
static NTSTATUS PspGiveAnswer(const PSP_ANSWER *Answer, PVOID Buffer, ULONG Length, PULONG LengthOut)
{
    __try {
        if (ExGetPreviousMode() != KernelMode) {
            ProbeForWrite(Buffer, Length, Answer->Bytes < sizeof(ULONG) ? 1 : sizeof(ULONG));
            if (LengthOut != NULL)
                ProbeForWrite(LengthOut, sizeof(*LengthOut), sizeof(ULONG));
        }
        if (LengthOut != NULL)
            *LengthOut = Answer->Bytes;
        if (Length != Answer->Bytes)
            return STATUS_INFO_LENGTH_MISMATCH;
        RtlCopyMemory(Buffer, &Answer->u, Answer->Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* A UNICODE_STRING, its characters behind it; a name of none is an empty one. [doc: GetThreadDescription] */
static NTSTATUS PspGiveName(PETHREAD Thread, PVOID Buffer, ULONG Length, PULONG LengthOut)
{
    ULONG Bytes = sizeof(UNICODE_STRING) + Thread->Name.Length;
    PUNICODE_STRING Copy = Buffer;

    __try {
        if (ExGetPreviousMode() != KernelMode) {
            ProbeForWrite(Buffer, Length, sizeof(ULONG));
            if (LengthOut != NULL)
                ProbeForWrite(LengthOut, sizeof(*LengthOut), sizeof(ULONG));
        }
        if (LengthOut != NULL)
            *LengthOut = Bytes;
        if (Length < Bytes)
            return STATUS_BUFFER_TOO_SMALL;
        Copy->Length = Copy->MaximumLength = Thread->Name.Length;
        Copy->Buffer = (PWSTR)(Copy + 1);
        RtlCopyMemory(Copy->Buffer, Thread->Name.Buffer, Thread->Name.Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Information, ULONG Length,
                                        PULONG ReturnLength);
NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Information, ULONG Length);

NT_SERVICE(QueryInformationThread);
NT_EXPORT(NtQueryInformationThread);
NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Information, ULONG Length,
                                        PULONG ReturnLength)
{
    PSP_ANSWER Answer;
    PETHREAD Thread;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_QUERY_LIMITED_INFORMATION, PspThreadType,
                                       ExGetPreviousMode(), (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(&Answer, sizeof(Answer));
    Status = (ULONG)Class == PSP_THREAD_NAME ? PspGiveName(Thread, Information, Length, ReturnLength)
                                             : PspAnswerThread(Thread, Class, &Answer);
    if (NT_SUCCESS(Status) && (ULONG)Class != PSP_THREAD_NAME)
        Status = PspGiveAnswer(&Answer, Information, Length, ReturnLength);
    ObDereferenceObject(Thread);
    return Status;
}

NTSTATUS PspTakeValue(PVOID Information, ULONG Length, ULONG Expected, PULONG64 Value)
{
    if (Length != Expected)
        return STATUS_INFO_LENGTH_MISMATCH;
    *Value = 0;
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Information, Length, Length < sizeof(ULONG) ? 1 : sizeof(ULONG));
        RtlCopyMemory(Value, Information, Length);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PspSetName(PETHREAD Thread, PVOID Information, ULONG Length)
{
    UNICODE_STRING Given, Copy = {0};
    NTSTATUS Status = STATUS_SUCCESS;

    if (Length != sizeof(Given))
        return STATUS_INFO_LENGTH_MISMATCH;
    __try {
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Information, Length, sizeof(ULONG));
        Given = *(PUNICODE_STRING)Information;
        if (ExGetPreviousMode() != KernelMode)
            ProbeForRead(Given.Buffer, Given.Length, sizeof(WCHAR));
        Status = PspDuplicateString(&Given, &Copy);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        if (Copy.Buffer != NULL)
            ExFreePoolWithTag(Copy.Buffer, PSP_TAG);
        return GetExceptionCode();
    }
    if (!NT_SUCCESS(Status))
        return Status;
    if (Thread->Name.Buffer != NULL)
        ExFreePoolWithTag(Thread->Name.Buffer, PSP_TAG);
    Thread->Name = Copy;
    return STATUS_SUCCESS;
}

/* Classes that take one ULONG and only keep it. */
static NTSTATUS PspSetThreadUlong(PETHREAD Thread, ULONG Class, ULONG Value)
{
    switch (Class) {
    case ThreadPriorityBoost:
        Thread->PriorityBoostDisabled = Value != 0;
        return STATUS_SUCCESS;
    case ThreadIoPriority:
        if (Value >= MaxIoPriorityTypes)
            return STATUS_INVALID_PARAMETER;
        Thread->IoPriority = (UCHAR)(Value + 1);
        return STATUS_SUCCESS;
    case ThreadPagePriority:
        if (Value > 5)
            return STATUS_INVALID_PARAMETER;
        Thread->PagePriority = (UCHAR)(Value + 1);
        return STATUS_SUCCESS;
    }
    return STATUS_INVALID_INFO_CLASS;
}

static NTSTATUS PspSetThread(PETHREAD Thread, THREADINFOCLASS Class, PVOID Information, ULONG Length)
{
    ULONG64 Value;
    NTSTATUS Status;

    switch ((ULONG)Class) {
    case ThreadPriority:
    case ThreadBasePriority:
        Status = PspTakeValue(Information, Length, sizeof(ULONG), &Value);
        if (!NT_SUCCESS(Status))
            return Status;
        if (Class == ThreadBasePriority) {
            KeSetBasePriorityThread((PVOID)&Thread->Tcb, (LONG)Value);
            return STATUS_SUCCESS;
        }
        if ((LONG)Value < LOW_PRIORITY + 1 || (LONG)Value > HIGH_PRIORITY)
            return STATUS_INVALID_PARAMETER;
        KeSetPriorityThread((PVOID)&Thread->Tcb, (KPRIORITY)Value);
        return STATUS_SUCCESS;
    case ThreadAffinityMask:
        Status = PspTakeValue(Information, Length, sizeof(ULONG64), &Value);
        if (!NT_SUCCESS(Status))
            return Status;
        if (Value == 0 || (Value >> KeProcessorCount) != 0)
            return STATUS_INVALID_PARAMETER;
        Thread->Tcb.Affinity = Thread->Tcb.UserAffinity = Value;
        return STATUS_SUCCESS;
    case ThreadQuerySetWin32StartAddress:
        Status = PspTakeValue(Information, Length, sizeof(ULONG64), &Value);
        if (NT_SUCCESS(Status))
            Thread->Win32StartAddress = (PVOID)Value;
        return Status;
    case ThreadHideFromDebugger:
        if (Length != 0)
            return STATUS_INFO_LENGTH_MISMATCH;
        Thread->HideFromDebugger = TRUE;
        return STATUS_SUCCESS;
    case ThreadImpersonationToken:
        Status = PspTakeValue(Information, Length, sizeof(HANDLE), &Value);
        return NT_SUCCESS(Status) ? PsAssignImpersonationToken(Thread, (HANDLE)Value) : Status;
    case ThreadPriorityBoost:
    case ThreadIoPriority:
    case ThreadPagePriority:
        Status = PspTakeValue(Information, Length, sizeof(ULONG), &Value);
        return NT_SUCCESS(Status) ? PspSetThreadUlong(Thread, (ULONG)Class, (ULONG)Value) : Status;
    case PSP_THREAD_NAME:
        return PspSetName(Thread, Information, Length);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NT_SERVICE_PARTIAL(SetInformationThread, "the classes of TLS cells, ideal processors, processor groups and break on "
                                         "termination");
NT_EXPORT(NtSetInformationThread);
NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Information, ULONG Length)
{
    PETHREAD Thread;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(ThreadHandle, THREAD_SET_INFORMATION, PspThreadType, ExGetPreviousMode(),
                                       (PVOID *)&Thread, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspSetThread(Thread, Class, Information, Length);
    ObDereferenceObject(Thread);
    return Status;
}
