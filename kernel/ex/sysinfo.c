/*
 * NtQuerySystemInformation: the table of its classes, the machine's constants, processes and modules
 * (the rest is in sysload.c, sysobject.c, systopology.c), and the services that ask for the time or
 * give up the processor. The classes are those of the public reference [doc:
 * NtQuerySystemInformation], of mingw's winternl.h, and the well-known ones that say something of this
 * machine; Drydock's own is in drydock_query.h. Left out: other numbers, which give
 * STATUS_INVALID_INFO_CLASS; counters that nothing keeps are zero.
 */
#include "sysclass.h"

#include "../ci/ci.h"
#include "../ldr/ldr.h"
#include "../ps/ps.h"
#include "../../include/drydock_query.h"

DD_STATIC_ASSERT_SIZE(((LDR_UNLOADED_MODULE *)0)->Name,
                      sizeof(((DRYDOCK_UNLOADED_MODULE *)0)->Name));

typedef struct _EXP_SYSTEM_BASIC {
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, LowestPhysicalPage,
        HighestPhysicalPage;
    ULONG AllocationGranularity;
    ULONG64 MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessors;
    CCHAR NumberOfProcessors;
} EXP_SYSTEM_BASIC;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_BASIC, 0x40);

NTSTATUS ExpCheckLength(ULONG Length, ULONG Bytes, PULONG Needed)
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
    VM_COUNTERS_EX Memory;
    IO_COUNTERS Io;
} EXP_SYSTEM_PROCESS;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_PROCESS, 0x100);

typedef struct _EXP_SYSTEM_THREAD_EX { /* SYSTEM_EXTENDED_THREAD_INFORMATION */
    EXP_SYSTEM_THREAD Thread;
    PVOID StackBase, StackLimit, Win32StartAddress, TebBase;
    ULONG_PTR Reserved[3];
} EXP_SYSTEM_THREAD_EX;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_THREAD_EX, 0x88);

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

static VOID ExpFillThreadEx(EXP_SYSTEM_THREAD_EX *Info, PETHREAD Thread)
{
    ExpFillThread(&Info->Thread, Thread);
    Info->StackBase = Thread->Tcb.StackBase;
    Info->StackLimit = Thread->Tcb.StackLimit;
    Info->Win32StartAddress = Thread->Win32StartAddress;
    Info->TebBase = Thread->Tcb.Teb;
}

static ULONG ExpProcessBytes(PEPROCESS Process, ULONG ThreadBytes, ULONG *Threads,
                             UNICODE_STRING *Name)
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
    Bytes = sizeof(EXP_SYSTEM_PROCESS) + *Threads * ThreadBytes + Name->Length + sizeof(WCHAR);
    return (Bytes + 7) & ~7u;
}

static VOID ExpFillProcess(EXP_SYSTEM_PROCESS *Info, PEPROCESS Process, ULONG ThreadBytes,
                           ULONG Threads, UNICODE_STRING *Name)
{
    PUCHAR Thread = (PUCHAR)(Info + 1);

    Info->NumberOfThreads = Threads;
    Info->CreateTime = Process->CreateTime;
    Info->UserTime.QuadPart = (LONGLONG)Process->Pcb.UserTime;
    Info->KernelTime.QuadPart = (LONGLONG)Process->Pcb.KernelTime;
    Info->BasePriority = Process->Pcb.BasePriority;
    Info->UniqueProcessId = Process->UniqueProcessId;
    Info->InheritedFromUniqueProcessId = Process->InheritedFromUniqueProcessId;
    Info->HandleCount = Process->ObjectTable == NULL ? 0 : ObHandleCount(Process->ObjectTable);
    Info->SessionId = Process == PsInitialSystemProcess ? 0 : PsGetProcessSessionId(Process);
    Info->UniqueProcessKey = (ULONG_PTR)Process->UniqueProcessId;
    Info->CycleTime = (Process->Pcb.UserTime + Process->Pcb.KernelTime) * KE_CYCLES_PER_100NS;
    PsQueryMemoryCounters(Process, &Info->Memory);
    Info->Io = Process->IoCounters;
    for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead;
         Link = Link->Flink, Thread += ThreadBytes) {
        PETHREAD Next = CONTAINING_RECORD(Link, struct _ETHREAD, ThreadListEntry);

        if (ThreadBytes == sizeof(EXP_SYSTEM_THREAD_EX))
            ExpFillThreadEx((EXP_SYSTEM_THREAD_EX *)Thread, Next);
        else
            ExpFillThread((EXP_SYSTEM_THREAD *)Thread, Next);
    }
    Info->ImageName.Length = Name->Length;
    Info->ImageName.MaximumLength = Name->Length + sizeof(WCHAR);
    RtlCopyMemory(Thread, Name->Buffer,
                  Name->Length); /* the name's address is set when the caller's is known */
    Info->ImageName.Buffer = (PWSTR)(Thread - (PUCHAR)Info);
}

/* Names are offsets from their entry here; ExpFixNames makes them addresses in the caller's buffer.
 */
static NTSTATUS ExpListProcesses(PVOID Buffer, ULONG Length, ULONG ThreadBytes, PULONG Needed)
{
    EXP_SYSTEM_PROCESS *Last = NULL;

    *Needed = 0;
    for (PLIST_ENTRY Link = PsActiveProcessHead.Flink; Link != &PsActiveProcessHead;
         Link = Link->Flink) {
        PEPROCESS Process = CONTAINING_RECORD(Link, struct _EPROCESS, ActiveProcessLinks);
        EXP_SYSTEM_PROCESS *Info = (PVOID)((PUCHAR)Buffer + *Needed);
        UNICODE_STRING Name;
        ULONG Threads, Bytes = ExpProcessBytes(Process, ThreadBytes, &Threads, &Name);

        if (*Needed + Bytes <= Length) {
            ExpFillProcess(Info, Process, ThreadBytes, Threads, &Name);
            if (Last != NULL)
                Last->NextEntryOffset = (ULONG)((PUCHAR)Info - (PUCHAR)Last);
            Last = Info;
        }
        *Needed += Bytes;
    }
    return *Needed > Length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

static NTSTATUS ExpQueryProcesses(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpListProcesses(Buffer, Length, sizeof(EXP_SYSTEM_THREAD), Needed);
}

static NTSTATUS ExpQueryProcessesEx(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpListProcesses(Buffer, Length, sizeof(EXP_SYSTEM_THREAD_EX), Needed);
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

typedef struct _EXP_SYSTEM_MODULE_EX { /* RTL_PROCESS_MODULE_INFORMATION_EX */
    USHORT NextOffset;
    EXP_SYSTEM_MODULE Module;
    ULONG ImageChecksum, TimeDateStamp;
    PVOID DefaultBase;
} EXP_SYSTEM_MODULE_EX;
DD_STATIC_ASSERT_SIZE(EXP_SYSTEM_MODULE_EX, 0x140);

/* A list by offsets; the last entry is a USHORT of zero. */
static NTSTATUS ExpQueryModulesEx(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_SYSTEM_MODULE_EX *Info = Buffer;
    USHORT Count = 0;

    for (PLIST_ENTRY Link = PsLoadedModuleList.Flink; Link != &PsLoadedModuleList;
         Link = Link->Flink, Count++) {
        PLDR_MODULE Module = CONTAINING_RECORD(Link, LDR_MODULE, InLoadOrderLinks);

        if ((Count + 1) * sizeof(*Info) > Length)
            continue;
        ExpFillModule(&Info[Count].Module, Module, Count);
        Info[Count].NextOffset = sizeof(*Info);
        Info[Count].ImageChecksum = Module->CheckSum;
        Info[Count].TimeDateStamp = Module->TimeDateStamp;
        Info[Count].DefaultBase = Module->DllBase;
    }
    *Needed = Count * sizeof(*Info) + sizeof(USHORT);
    return *Needed > Length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

static NTSTATUS ExpQueryUnloadedModules(PVOID Buffer, ULONG Length, PULONG Needed)
{
    DRYDOCK_UNLOADED_MODULE *Info = Buffer;
    const LDR_UNLOADED_MODULE *Module;
    ULONG Count = 0;

    for (; (Module = LdrUnloadedModule(Count)) != NULL; Count++) {
        if ((Count + 1) * sizeof(*Info) > Length)
            continue;
        Info[Count].Base = (ULONG64)Module->Base;
        Info[Count].Bytes = Module->SizeOfImage;
        Info[Count].Time = KiLoaderBlock->boot_time_100ns + Module->UnloadTime;
        RtlCopyMemory(Info[Count].Name, Module->Name, sizeof(Info[Count].Name));
    }
    *Needed = Count * sizeof(*Info);
    return *Needed > Length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* ---- small ones ---- */

/* Answers of a single number, which may be zero. */
static NTSTATUS ExpAnswerUlong(ULONG Value, PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, sizeof(ULONG), Needed);

    if (NT_SUCCESS(Status))
        *(PULONG)Buffer = Value;
    return Status;
}

static NTSTATUS ExpQueryFlags(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpAnswerUlong(0 /* no NtGlobalFlag is set */, Buffer, Length, Needed);
}

static NTSTATUS ExpQueryRangeStart(PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, sizeof(ULONG_PTR), Needed);

    if (NT_SUCCESS(Status))
        *(PULONG_PTR)Buffer = HAL_SYSTEM_START;
    return Status;
}

static NTSTATUS ExpQuerySharedAlignment(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpAnswerUlong(64, Buffer, Length, Needed); /* a cache line */
}

/* Kernel and user mode share one address space, and no mitigation of side channels is on. */
static NTSTATUS ExpQueryVaShadow(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpAnswerUlong(0, Buffer, Length, Needed);
}

static NTSTATUS ExpQuerySpeculation(PVOID Buffer, ULONG Length, PULONG Needed)
{
    return ExpAnswerUlong(0, Buffer, Length, Needed);
}

/* SYSTEM_LEAP_SECOND_INFORMATION: Enabled, Flags. Virtual time has none. */
static NTSTATUS ExpQueryLeapSecond(PVOID Buffer, ULONG Length, PULONG Needed)
{
    UNREFERENCED_PARAMETER(Buffer);
    return ExpCheckLength(Length, 2 * sizeof(ULONG), Needed);
}

/*
 * SYSTEM_POLICY_INFORMATION is opaque [doc: NtQuerySystemInformation]: the caller names a licence value.
 * This machine has no licence store, so no value exists. [guess: the status]
 */
static NTSTATUS ExpQueryPolicy(PVOID Buffer, ULONG Length, PULONG Needed)
{
    NTSTATUS Status = ExpCheckLength(Length, 0x20, Needed);

    UNREFERENCED_PARAMETER(Buffer);
    return NT_SUCCESS(Status) ? STATUS_OBJECT_NAME_NOT_FOUND : Status;
}

typedef struct _EXP_REGISTRY_QUOTA {
    ULONG RegistryQuotaAllowed, RegistryQuotaUsed;
    SIZE_T PagedPoolSize;
} EXP_REGISTRY_QUOTA;

static VOID ExpAddConfigurationPool(PVOID Context, const EX_POOL_TAG_USE *Use)
{
    const UCHAR *Tag = (const UCHAR *)&Use->Tag;

    if (Tag[0] == 'C' && Tag[1] == 'M')
        *(PSIZE_T)Context += Use->Bytes;
}

static NTSTATUS ExpQueryRegistryQuota(PVOID Buffer, ULONG Length, PULONG Needed)
{
    EXP_REGISTRY_QUOTA *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, sizeof(*Info), Needed);
    SIZE_T Used = 0;

    if (!NT_SUCCESS(Status))
        return Status;
    ExEnumeratePoolTags(ExpAddConfigurationPool, &Used);
    Info->PagedPoolSize = MmTotalPageCount() << PAGE_SHIFT;
    Info->RegistryQuotaAllowed = (ULONG)min(Info->PagedPoolSize, MAXULONG);
    Info->RegistryQuotaUsed = (ULONG)Used;
    return Status;
}

/* RTL_TIME_ZONE_INFORMATION: the machine keeps UTC, without daylight saving. */
static NTSTATUS ExpQueryTimeZone(PVOID Buffer, ULONG Length, PULONG Needed)
{
    static const WCHAR Name[32] = L"Coordinated Universal Time";
    NTSTATUS Status = ExpCheckLength(Length, 172, Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    RtlCopyMemory((PUCHAR)Buffer + 4, Name, sizeof(Name));
    RtlCopyMemory((PUCHAR)Buffer + 88, Name, sizeof(Name));
    return Status;
}

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

/* SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX: Allowed, Enabled, Present. */
static NTSTATUS ExpQueryDebuggerEx(PVOID Buffer, ULONG Length, PULONG Needed)
{
    BOOLEAN *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, 3 * sizeof(BOOLEAN), Needed);
    UCHAR State = ((const KUSER_SHARED_DATA *)HAL_KUSER_VA)->KdDebuggerEnabled;

    if (!NT_SUCCESS(Status))
        return Status;
    Info[0] = Info[1] = State & 1;
    Info[2] = (State & 2) != 0;
    return Status;
}

/* SYSTEM_SECUREBOOT_INFORMATION: SecureBootEnabled, SecureBootCapable. */
static NTSTATUS ExpQuerySecureBoot(PVOID Buffer, ULONG Length, PULONG Needed)
{
    BOOLEAN *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, 2 * sizeof(BOOLEAN), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info[0] = Info[1] = CiIsSecureBoot();
    return Status;
}

/* SYSTEM_CODEINTEGRITY_INFORMATION. [doc: NtQuerySystemInformation] */
static NTSTATUS ExpQueryCodeIntegrity(PVOID Buffer, ULONG Length, PULONG Needed)
{
    ULONG *Info = Buffer;
    NTSTATUS Status = ExpCheckLength(Length, 2 * sizeof(ULONG), Needed);

    if (!NT_SUCCESS(Status))
        return Status;
    Info[0] = 2 * sizeof(ULONG);
    Info[1] = CiOptions();
    return Status;
}

/* Input: what a class reads from the caller's buffer before it is answered. */
static const struct {
    ULONG Class, Input;
    EXP_SYSTEM_QUERY *Query;
} ExpSystemQuery[] = {
    {0, 0, ExpQueryBasic},
    {1, 0, ExpQueryProcessor},
    {2, 0, ExpQueryPerformance},
    {3, 0, ExpQueryTimeOfDay},
    {5, 0, ExpQueryProcesses},
    {8, 0, ExpQueryProcessorPerformance},
    {9, 0, ExpQueryFlags},
    {11, 0, ExpQueryModules},
    {16, 0, ExpQueryHandles},
    {18, 0, ExpQueryPageFiles},
    {21, 0, ExpQueryFileCache},
    {22, 0, ExpQueryPoolTags},
    {23, 0, ExpQueryInterrupts},
    {28, 0, ExpQueryTimeAdjustment},
    {33, 0, ExpQueryExceptions},
    {35, 0, ExpQueryDebugger},
    {36, 0, ExpQueryContextSwitches},
    {37, 0, ExpQueryRegistryQuota},
    {42, 0, ExpQueryProcessorIdle},
    {44, 0, ExpQueryTimeZone},
    {45, 0, ExpQueryLookasides},
    {50, 0, ExpQueryRangeStart},
    {55, 0, ExpQueryNumaMap},
    {57, 0, ExpQueryProcessesEx},
    {58, 0, ExpQuerySharedAlignment},
    {60, 0, ExpQueryNumaMemory},
    {62, 0, ExpQueryBasic},
    {63, 0, ExpQueryProcessor},
    {64, 0, ExpQueryHandlesEx},
    {73, 0, ExpQueryLogicalProcessors},
    {76, EXP_FIRMWARE_HEADER, ExpQueryFirmwareTable},
    {77, 0, ExpQueryModulesEx},
    {83, 0, ExpQueryIdleCycles},
    {90, 0, ExpQueryBootEnvironment},
    {103, 0, ExpQueryCodeIntegrity},
    {107, 0, ExpQueryProcessorGroups},
    {108, 0, ExpQueryProcessorCycles},
    {124, 0, ExpQueryCounterInformation},
    {134, 0, ExpQueryPolicy},
    {145, 0, ExpQuerySecureBoot},
    {149, 0, ExpQueryDebuggerEx},
    {196, 0, ExpQueryVaShadow},
    {201, 0, ExpQuerySpeculation},
    {206, 0, ExpQueryLeapSecond},
    {DRYDOCK_QUERY_UNLOADED_MODULES, 0, ExpQueryUnloadedModules},
};
#define EXP_CLASS_PROCESSES 5
#define EXP_CLASS_PROCESSES_EX 57

#define EXP_LARGEST_ANSWER 0x400000u

/*
 * Answers class number Index of the table: built in the kernel, then copied out. A short buffer gives
 * STATUS_INFO_LENGTH_MISMATCH and what is needed in *ReturnLength. [doc: NtQuerySystemInformation]
 */
static NTSTATUS ExpAnswerQuery(ULONG Index, PVOID Buffer, ULONG BufferLength, PULONG ReturnLength,
                               KPROCESSOR_MODE Mode)
{
    ULONG Length = min(BufferLength, EXP_LARGEST_ANSWER), Needed = 0;
    ULONG Input = min(ExpSystemQuery[Index].Input, Length);
    ULONG Class = ExpSystemQuery[Index].Class;
    NTSTATUS Status, Copied = STATUS_SUCCESS;
    PVOID Image = ExpAllocatePool(NonPagedPoolNx, Length + 8, 'ySxE', FALSE, NULL);

    if (Image == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Image, Length + 8);
    Status = Input == 0 ? STATUS_SUCCESS : ExpCopyIn(Image, Buffer, Input, Mode);
    if (NT_SUCCESS(Status))
        Status = ExpSystemQuery[Index].Query(Image, Length, &Needed);
    if (NT_SUCCESS(Status) && (Class == EXP_CLASS_PROCESSES || Class == EXP_CLASS_PROCESSES_EX))
        ExpFixNames(Image, Buffer);
    if (NT_SUCCESS(Status) || Status == STATUS_BUFFER_TOO_SMALL)
        Copied = ExpCopyOut(Buffer, Image, min(Needed, Length), Mode);
    ExpFreePool(Image, 'ySxE', NULL);
    if (NT_SUCCESS(Copied) && ReturnLength != NULL)
        Copied = ExpCopyOut(ReturnLength, &Needed, sizeof(Needed), Mode);
    return NT_SUCCESS(Copied) ? Status : Copied;
}

NT_SERVICE(QuerySystemInformation);
NT_EXPORT(NtQuerySystemInformation);
NTSTATUS NTAPI NtQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation,
                                        ULONG SystemInformationLength, PULONG ReturnLength)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(ExpSystemQuery); i++)
        if (ExpSystemQuery[i].Class == SystemInformationClass)
            return ExpAnswerQuery(i, SystemInformation, SystemInformationLength, ReturnLength,
                                  ExGetPreviousMode());
    return STATUS_INVALID_INFO_CLASS;
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
