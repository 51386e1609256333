/*
 * NtQuerySystemInformation, and the services that ask for the time or give up the processor. Left
 * out: classes that are not in the table at the end (STATUS_INVALID_INFO_CLASS); counters that
 * nothing keeps are zero.
 */
#include "../ldr/ldr.h"
#include "../ps/ps.h"
#include "exp.h"

/* Writes what fits of Bytes bytes at Buffer (kernel memory, Length bytes); *Needed gets the whole.
 */
typedef NTSTATUS EXP_SYSTEM_QUERY(PVOID Buffer, ULONG Length, PULONG Needed);

typedef struct _EXP_SYSTEM_BASIC {
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, LowestPhysicalPage,
        HighestPhysicalPage;
    ULONG AllocationGranularity;
    ULONG64 MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessors;
    CCHAR NumberOfProcessors;
} EXP_SYSTEM_BASIC;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_BASIC, 0x40);

static NTSTATUS ExpCheckLength(ULONG Length, ULONG Bytes, PULONG Needed)
{
    *Needed = Bytes;
    return Length < Bytes ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

static NTSTATUS ExpQueryBasic(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_BASIC *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Info), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info->TimerResolution = 156250;
    Info->PageSize = PAGE_SIZE;
    Info->NumberOfPhysicalPages = (ULONG)MmTotalPageCount();
    Info->LowestPhysicalPage = 1;
    Info->HighestPhysicalPage = (ULONG)MmTotalPageCount() - 1;
    Info->AllocationGranularity = 0x10000;
    Info->MinimumUserModeAddress = HAL_USER_START;
    Info->MaximumUserModeAddress = (ULONG64)MM_HIGHEST_USER_ADDRESS;
    Info->ActiveProcessors = KeQueryActiveProcessors();
    Info->NumberOfProcessors = (CCHAR)KeProcessorCount;
    return Status;
}

typedef struct _EXP_SYSTEM_PROCESSOR {
    USHORT Architecture, Level, Revision, MaximumProcessors;
    ULONG FeatureBits;
} EXP_SYSTEM_PROCESSOR;

static NTSTATUS ExpQueryProcessor(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_PROCESSOR *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Info), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info->Architecture = 9 /* AMD64 */;
    Info->Level = 6;
    Info->MaximumProcessors = (USHORT)KeProcessorCount;
    return Status;
}

typedef struct _EXP_SYSTEM_TIME {
    LARGE_INTEGER BootTime, CurrentTime, TimeZoneBias;
    ULONG TimeZoneId, Reserved;
    ULONG64 BootTimeBias, SleepTimeBias;
} EXP_SYSTEM_TIME;

static NTSTATUS ExpQueryTimeOfDay(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_TIME Info = {.TimeZoneId = 0};

    *Needed = min(Length, sizeof(Info)); /* any shorter form will do */
    if (Length > sizeof(Info))
        return STATUS_INFO_LENGTH_MISMATCH;
    KeQuerySystemTimePrecise(&Info.CurrentTime);
    Info.BootTime.QuadPart = Info.CurrentTime.QuadPart - (LONGLONG)KeVirtualTime();
    RtlCopyMemory(Buffer, &Info, *Needed);
    return STATUS_SUCCESS;
}

/* ---- processes and their threads ---- */

typedef struct _EXP_SYSTEM_THREAD {
    LARGE_INTEGER KernelTime, UserTime, CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    LONG Priority, BasePriority;
    ULONG ContextSwitches, ThreadState, WaitReason;
} EXP_SYSTEM_THREAD;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_THREAD, 0x50);

typedef struct _EXP_SYSTEM_PROCESS {
    ULONG NextEntryOffset, NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount, NumberOfThreadsHighWatermark;
    ULONG64 CycleTime;
    LARGE_INTEGER CreateTime, UserTime, KernelTime;
    UNICODE_STRING ImageName;
    LONG BasePriority;
    HANDLE UniqueProcessId, InheritedFromUniqueProcessId;
    ULONG HandleCount, SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T Memory[12];       /* sizes, faults and quotas: not kept */
    LARGE_INTEGER Counts[6]; /* of reads, writes and others: not kept */
} EXP_SYSTEM_PROCESS;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_PROCESS, 0x100);

static VOID ExpFillThread(EXP_SYSTEM_THREAD *Info, PETHREAD Thread)
{
    Info->KernelTime.QuadPart = (LONGLONG)Thread->Tcb.KernelTime;
    Info->UserTime.QuadPart = (LONGLONG)Thread->Tcb.UserTime;
    Info->CreateTime = Thread->CreateTime;
    Info->WaitTime = Thread->Tcb.WaitTime;
    Info->StartAddress = Thread->StartAddress;
    Info->ClientId = Thread->Cid;
    Info->Priority = Thread->Tcb.Priority;
    Info->BasePriority = Thread->Tcb.BasePriority;
    Info->ContextSwitches = Thread->Tcb.ContextSwitches;
    Info->ThreadState = Thread->Tcb.State;
    Info->WaitReason = Thread->Tcb.WaitReason;
}

static ULONG ExpProcessBytes(PEPROCESS Process, ULONG *Threads, UNICODE_STRING *Name)
{
    ULONG Bytes;

    *Threads = 0;
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead;
         Link = Link->Flink)
        ++*Threads;
    *Name = Process->ImagePath;
    for (ULONG i = Name->Length / sizeof(WCHAR); i != 0; i--)
        if (Process->ImagePath.Buffer[i - 1] == L'\\') {
            Name->Buffer = Process->ImagePath.Buffer + i;
            Name->Length = (USHORT)(Process->ImagePath.Length - i * sizeof(WCHAR));
            break;
        }
    Bytes = sizeof(EXP_SYSTEM_PROCESS) + *Threads * sizeof(EXP_SYSTEM_THREAD) + Name->Length +
            sizeof(WCHAR);
    return (Bytes + 7) & ~7u;
}

static VOID ExpFillProcess(EXP_SYSTEM_PROCESS *Info, PEPROCESS Process, ULONG Threads,
                           UNICODE_STRING *Name)
{
    EXP_SYSTEM_THREAD *Thread = (EXP_SYSTEM_THREAD *)(Info + 1);

    Info->NumberOfThreads = Threads;
    Info->CreateTime = Process->CreateTime;
    Info->UserTime.QuadPart = (LONGLONG)Process->Pcb.UserTime;
    Info->KernelTime.QuadPart = (LONGLONG)Process->Pcb.KernelTime;
    Info->BasePriority = Process->Pcb.BasePriority;
    Info->UniqueProcessId = Process->UniqueProcessId;
    Info->InheritedFromUniqueProcessId = Process->InheritedFromUniqueProcessId;
    Info->HandleCount = Process->ObjectTable == NULL ? 0 : ObHandleCount(Process->ObjectTable);
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead;
         Link = Link->Flink)
        ExpFillThread(Thread++, CONTAINING_RECORD(Link, struct _ETHREAD, ThreadListEntry));
    Info->ImageName.Length = Name->Length;
    Info->ImageName.MaximumLength = Name->Length + sizeof(WCHAR);
    RtlCopyMemory(Thread, Name->Buffer,
                  Name->Length); /* the name's address is set when the caller's is known */
    Info->ImageName.Buffer = (PWSTR)((PUCHAR)Thread - (PUCHAR)Info);
}

/* Names are offsets from their entry here; ExpFixNames makes them addresses in the caller's buffer.
 */
static NTSTATUS ExpQueryProcesses(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_PROCESS *Last = NULL;

    *Needed = 0;
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);
        EXP_SYSTEM_PROCESS *Info = (PVOID)((PUCHAR)Buffer + *Needed);
        UNICODE_STRING Name;
        ULONG Threads, Bytes = ExpProcessBytes(Process, &Threads, &Name);

        if (*Needed + Bytes <= Length) {
            ExpFillProcess(Info, Process, Threads, &Name);
            if (Last != NULL)
                Last->NextEntryOffset = (ULONG)((PUCHAR)Info - (PUCHAR)Last);
            Last = Info;
        }
        *Needed += Bytes;
    }
    return *Needed > Length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

static VOID ExpFixNames(PUCHAR Image, PUCHAR Target)
{
    for (;;) {
        EXP_SYSTEM_PROCESS *Info = (EXP_SYSTEM_PROCESS *)Image;

        Info->ImageName.Buffer = Info->ImageName.Length == 0
                                     ? NULL
                                     : (PWSTR)(Target + (ULONG_PTR)Info->ImageName.Buffer);
        if (Info->NextEntryOffset == 0)
            return;
        Image += Info->NextEntryOffset;
        Target += Info->NextEntryOffset;
    }
}

/* ---- modules ---- */

typedef struct _EXP_SYSTEM_MODULE { /* RTL_PROCESS_MODULE_INFORMATION */
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    CHAR FullPathName[256];
} EXP_SYSTEM_MODULE;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_MODULE, 0x128);

static VOID ExpFillModule(EXP_SYSTEM_MODULE *Info, PLDR_MODULE Module, USHORT Index)
{
    ULONG Length = min(Module->FullDllName.Length / sizeof(WCHAR), sizeof(Info->FullPathName) - 1);

    RtlZeroMemory(Info, sizeof(*Info));
    Info->ImageBase = Module->DllBase;
    Info->ImageSize = Module->SizeOfImage;
    Info->LoadOrderIndex = Info->InitOrderIndex = Index;
    Info->LoadCount = Module->LoadCount;
    for (ULONG i = 0; i < Length; i++) {
        Info->FullPathName[i] = (CHAR)Module->FullDllName.Buffer[i];
        if (Info->FullPathName[i] == '\\')
            Info->OffsetToFileName = (USHORT)(i + 1);
    }
}

static NTSTATUS ExpQueryModules(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_MODULE *Info = (EXP_SYSTEM_MODULE *)((PUCHAR)Buffer + 8);
    USHORT Count = 0;

    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList;
         Link = Link->Flink, Count++)
        if (8 + (Count + 1) * sizeof(*Info) <= Length)
            ExpFillModule(&Info[Count], CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks),
                          Count);
    *Needed = 8 + Count * sizeof(*Info);
    if (Length >= sizeof(ULONG))
        *(PULONG)Buffer = Count;
    return *Needed > Length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* ---- small ones ---- */

static NTSTATUS ExpQueryDebugger(PVOID Buffer, ULONG Length, PULONG Needed)
{
    BOOLEAN *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, 2 * sizeof(BOOLEAN), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info[0] = ((const KUSER_SHARED_DATA *)HAL_KUSER_VA)->KdDebuggerEnabled & 1;
    Info[1] = !(((const KUSER_SHARED_DATA *)HAL_KUSER_VA)->KdDebuggerEnabled & 2);
    return Status;
}

/* CODEINTEGRITY_OPTION_ENABLED and _TESTSIGN: any driver may be loaded here. */
static NTSTATUS ExpQueryCodeIntegrity(PVOID Buffer, ULONG Length, PULONG Needed)
{
    ULONG *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, 2 * sizeof(ULONG), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info[0] = 2 * sizeof(ULONG);
    Info[1] = 3;
    return Status;
}

static const struct {
    ULONG Class;
    EXP_SYSTEM_QUERY *Query;
} ExpSystemQuery[] = {
    {0, ExpQueryBasic},           {1, ExpQueryProcessor}, {3, ExpQueryTimeOfDay},
    {5, ExpQueryProcesses},       {11, ExpQueryModules},  {35, ExpQueryDebugger},
    {103, ExpQueryCodeIntegrity}, {62, ExpQueryBasic},
};
#define EXP_CLASS_PROCESSES 5

static EXP_SYSTEM_QUERY *ExpFindQuery(ULONG Class)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(ExpSystemQuery); i++)
        if (ExpSystemQuery[i].Class == Class)
            return ExpSystemQuery[i].Query;
    return NULL;
}

#define EXP_LARGEST_ANSWER 0x100000u

NT_SERVICE_PARTIAL(QuerySystemInformation,
                   "classes Basic, Processor, TimeOfDay, Process, Module, KernelDebugger, "
                   "CodeIntegrity; others STATUS_INVALID_INFO_CLASS");
NT_PARTIAL(NtQuerySystemInformation, "as ZwQuerySystemInformation");
NTSTATUS NTAPI NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation,
                                        ULONG SystemInformationLength, PULONG ReturnLength)
{
    EXP_SYSTEM_QUERY *Query = ExpFindQuery(SystemInformationClass);
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    ULONG Length = min(SystemInformationLength, EXP_LARGEST_ANSWER), Needed;
    PVOID Image;
    NTSTATUS Status, Copied = STATUS_SUCCESS;

    if (Query == NULL)
        return STATUS_INVALID_INFO_CLASS;
    Image = ExpAllocatePool(NonPagedPoolNx, Length + 8, 'ySxE', FALSE, NULL);
    if (Image == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Image, Length + 8);
    Status = Query(Image, Length, &Needed);
    if (NT_SUCCESS(Status) && SystemInformationClass == EXP_CLASS_PROCESSES)
        ExpFixNames(Image, SystemInformation);
    if (NT_SUCCESS(Status))
        Copied = ExpCopyOut(SystemInformation, Image, Needed, Mode);
    ExpFreePool(Image, 'ySxE', NULL);
    if (NT_SUCCESS(Copied) && ReturnLength != NULL)
        Copied = ExpCopyOut(ReturnLength, &Needed, sizeof(Needed), Mode);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

/* ---- time ---- */

NT_SERVICE(QuerySystemTime);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER SystemTime)
{
    LARGE_INTEGER Now;

    KeQuerySystemTimePrecise(&Now);
    return ExpCopyOut(SystemTime, &Now, sizeof(Now), ExGetPreviousMode());
}

NT_SERVICE(QueryPerformanceCounter);
NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER PerformanceCounter,
                                         PLARGE_INTEGER PerformanceFrequency)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Frequency, Counter = KeQueryPerformanceCounter(&Frequency);
    NTSTATUS Status = ExpCopyOut(PerformanceCounter, &Counter, sizeof(Counter), Mode);

    if (NT_SUCCESS(Status) && PerformanceFrequency != NULL)
        Status = ExpCopyOut(PerformanceFrequency, &Frequency, sizeof(Frequency), Mode);
    return Status;
}

NT_SERVICE(DelayExecution);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN Alertable, PLARGE_INTEGER DelayInterval)
{
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    LARGE_INTEGER Interval;
    NTSTATUS Status = ExpCopyIn(&Interval, DelayInterval, sizeof(Interval), Mode);

    return NT_SUCCESS(Status) ? KeDelayExecutionThread(Mode, Alertable, &Interval) : Status;
}

/* A wait of no time lets every other ready thread of the same priority run first. */
NT_SERVICE(YieldExecution);
NTSTATUS NTAPI NtYieldExecution(VOID)
{
    LARGE_INTEGER Now = {.QuadPart = 0};

    KeDelayExecutionThread(KernelMode, FALSE, &Now);
    return STATUS_SUCCESS;
}
