/*
 * NtQuery/SetInformationProcess and Thread: the classes that drivers and kernel32 use. Others give
 * STATUS_INVALID_INFO_CLASS, as NT does for classes it does not know.
 */
#include "psp.h"

#include "image.h"
#include "../rtl/rtl.h"

/* What a class gives: built in the kernel, then copied out. */
typedef struct _PSP_ANSWER {
    ULONG Bytes;
    union {
        PROCESS_BASIC_INFORMATION Basic;
        KERNEL_USER_TIMES Times;
        VM_COUNTERS Vm;
        IO_COUNTERS Io;
        ULONG64 Quad;
        ULONG Long;
        struct {
            NTSTATUS ExitStatus;
            PVOID Teb;
            CLIENT_ID Cid;
            KAFFINITY Affinity;
            KPRIORITY Priority, BasePriority;
        } Thread; /* THREAD_BASIC_INFORMATION */
        UCHAR Priority[2];
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

static NTSTATUS PspAnswerProcess(PEPROCESS Process, PROCESSINFOCLASS Class, PSP_ANSWER *Answer)
{
    switch ((ULONG)Class) {
    case ProcessBasicInformation:
        Answer->Bytes = sizeof(Answer->u.Basic);
        Answer->u.Basic.ExitStatus = Process->ExitStatus;
        Answer->u.Basic.PebBaseAddress = Process->Peb;
        Answer->u.Basic.AffinityMask = Process->Pcb.Affinity;
        Answer->u.Basic.BasePriority = Process->Pcb.BasePriority;
        Answer->u.Basic.UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId;
        Answer->u.Basic.InheritedFromUniqueProcessId = (ULONG_PTR)Process->InheritedFromUniqueProcessId;
        return STATUS_SUCCESS;
    case ProcessTimes:
        PspFillTimes(Answer, Process->CreateTime, Process->ExitTime, Process->Pcb.KernelTime, Process->Pcb.UserTime);
        return STATUS_SUCCESS;
    case ProcessVmCounters: /* no accounting: zeroes */
        Answer->Bytes = sizeof(Answer->u.Vm);
        return STATUS_SUCCESS;
    case ProcessIoCounters:
        Answer->Bytes = sizeof(Answer->u.Io);
        return STATUS_SUCCESS;
    case ProcessDebugPort:
        Answer->Bytes = sizeof(ULONG64);
        Answer->u.Quad = Process->DebugPort ? ~0ull : 0;
        return STATUS_SUCCESS;
    case ProcessWow64Information:
        Answer->Bytes = sizeof(ULONG64);
        Answer->u.Quad = (ULONG64)Process->WoW64Process;
        return STATUS_SUCCESS;
    case ProcessAffinityMask:
        Answer->Bytes = sizeof(ULONG64);
        Answer->u.Quad = Process->Pcb.Affinity;
        return STATUS_SUCCESS;
    case ProcessHandleCount:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Process->ObjectTable == NULL ? 0 : ObHandleCount(Process->ObjectTable);
        return STATUS_SUCCESS;
    case ProcessSessionInformation:
    case ProcessBreakOnTermination:
        Answer->Bytes = sizeof(ULONG);
        return STATUS_SUCCESS;
    case ProcessDebugFlags:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = 1; /* PROCESS_DEBUG_INHERIT is not refused */
        return STATUS_SUCCESS;
    case ProcessDefaultHardErrorMode:
        Answer->Bytes = sizeof(ULONG);
        Answer->u.Long = Process->DefaultHardErrorMode;
        return STATUS_SUCCESS;
    case ProcessPriorityClass:
        Answer->Bytes = 2;
        Answer->u.Priority[1] = Process->PriorityClass;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
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
        Answer->u.Quad = (ULONG64)(Thread->Win32StartAddress ? Thread->Win32StartAddress : (PVOID)Thread->StartAddress);
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
        Answer->Bytes = sizeof(ULONG);
        return STATUS_SUCCESS;
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

/* UNICODE_STRING followed by its characters. */
static NTSTATUS PspGiveString(PCUNICODE_STRING String, PVOID Buffer, ULONG Length, PULONG LengthOut)
{
    ULONG Bytes = sizeof(UNICODE_STRING) + String->Length + sizeof(WCHAR);
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
            return STATUS_INFO_LENGTH_MISMATCH;
        Copy->Length = String->Length;
        Copy->MaximumLength = String->Length + sizeof(WCHAR);
        Copy->Buffer = (PWSTR)(Copy + 1);
        RtlCopyMemory(Copy->Buffer, String->Buffer, String->Length);
        Copy->Buffer[String->Length / sizeof(WCHAR)] = 0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Information, ULONG Length,
                                         PULONG ReturnLength);
NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Information, ULONG Length,
                                        PULONG ReturnLength);
NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Information, ULONG Length);
NTSTATUS NTAPI NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS Class, PVOID Information, ULONG Length);

NT_SERVICE_PARTIAL(QueryInformationProcess, "the classes of jobs, working sets, I/O counters and debug objects");
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Information, ULONG Length,
                                         PULONG ReturnLength)
{
    PSP_ANSWER Answer;
    PEPROCESS Process;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, PspProcessType,
                                       ExGetPreviousMode(), (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    RtlZeroMemory(&Answer, sizeof(Answer));
    if (Class == ProcessImageFileName || (ULONG)Class == 43 /* ProcessImageFileNameWin32 */)
        Status = PspGiveString(&Process->ImagePath, Information, Length, ReturnLength);
    else if ((ULONG)Class == 60 /* ProcessCommandLineInformation */)
        Status = PspGiveString(&Process->CommandLine, Information, Length, ReturnLength);
    else {
        Status = PspAnswerProcess(Process, Class, &Answer);
        if (NT_SUCCESS(Status))
            Status = PspGiveAnswer(&Answer, Information, Length, ReturnLength);
    }
    ObDereferenceObject(Process);
    return Status;
}

NT_SERVICE_PARTIAL(QueryInformationThread, "the classes of descriptor tables, performance counts and ideal processors");
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
    Status = PspAnswerThread(Thread, Class, &Answer);
    if (NT_SUCCESS(Status))
        Status = PspGiveAnswer(&Answer, Information, Length, ReturnLength);
    ObDereferenceObject(Thread);
    return Status;
}

/* Reads a ULONG or ULONG64 parameter of a set call. */
static NTSTATUS PspTakeValue(PVOID Information, ULONG Length, ULONG Expected, PULONG64 Value)
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

NT_SERVICE_PARTIAL(SetInformationProcess, "all classes but the hard error mode, the priority class and the affinity");
NTSTATUS NTAPI NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class, PVOID Information, ULONG Length)
{
    PEPROCESS Process;
    ULONG64 Value;
    NTSTATUS Status;

    Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SET_INFORMATION, PspProcessType, ExGetPreviousMode(),
                                       (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    switch ((ULONG)Class) {
    case ProcessDefaultHardErrorMode:
        Status = PspTakeValue(Information, Length, sizeof(ULONG), &Value);
        if (NT_SUCCESS(Status))
            Process->DefaultHardErrorMode = (ULONG)Value;
        break;
    case ProcessPriorityClass: /* the second of two bytes; the first says whether it has the foreground */
        Status = PspTakeValue(Information, Length, 2, &Value);
        if (NT_SUCCESS(Status))
            Status = PspSetPriorityClass(Process, (UCHAR)(Value >> 8));
        break;
    case ProcessAffinityMask:
        Status = PspTakeValue(Information, Length, sizeof(ULONG64), &Value);
        if (NT_SUCCESS(Status) && (Value == 0 || (Value >> KeProcessorCount) != 0))
            Status = STATUS_INVALID_PARAMETER;
        if (NT_SUCCESS(Status))
            Process->Pcb.Affinity = Value;
        break;
    default:
        Status = STATUS_INVALID_INFO_CLASS;
    }
    ObDereferenceObject(Process);
    return Status;
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
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NT_SERVICE_PARTIAL(SetInformationThread, "the classes of descriptor tables, ideal processors and priorities of I/O");
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
