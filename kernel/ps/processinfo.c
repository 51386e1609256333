/*
 * NtQueryInformationProcess: a table of classes with the size each one's answer has. The classes are those of the public reference and of ntddk.h's PROCESSINFOCLASS
 * that can be asked, and the well-known ones after it. Left out: other numbers, which give
 * STATUS_INVALID_INFO_CLASS; what Drydock has no state for answers as a plain 64-bit process does
 * (no job, no debugger, no WOW64, session 0, no handle tracing, no working-set watch).
 */
#include "psp.h"

#include "image.h"
#include "peb.h"
#include "../io/io.h"
#include "../rtl/rtl.h"

NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class,
                                         PVOID Information, ULONG Length, PULONG ReturnLength);

/* ---- memory ---- */

VOID PsQueryMemoryCounters(PEPROCESS Process, PVM_COUNTERS_EX Counters)
{
    MEMORY_BASIC_INFORMATION Region;
    PUCHAR At = (PUCHAR)HAL_USER_START;

    RtlZeroMemory(Counters, sizeof(*Counters));
    while (Process->AddressSpace != NULL && (ULONG64)At < MM_USER_PROBE_ADDRESS) {
        MmQueryUserMemory(Process->AddressSpace, At, &Region);
        if (Region.State != MEM_FREE)
            Counters->VirtualSize += Region.RegionSize;
        if (Region.State == MEM_COMMIT)
            Counters->WorkingSetSize += Region.RegionSize;
        if (Region.State == MEM_COMMIT && Region.Type == MEM_PRIVATE)
            Counters->PagefileUsage += Region.RegionSize;
        At += Region.RegionSize;
    }
    Process->PeakVirtualSize = max(Process->PeakVirtualSize, Counters->VirtualSize);
    Process->PeakWorkingSet = max(Process->PeakWorkingSet, Counters->WorkingSetSize);
    Process->PeakCommit = max(Process->PeakCommit, Counters->PagefileUsage);
    Counters->PeakVirtualSize = Process->PeakVirtualSize;
    Counters->PeakWorkingSetSize = Process->PeakWorkingSet;
    Counters->PeakPagefileUsage = Process->PeakCommit;
    Counters->PrivateUsage = Counters->PagefileUsage;
    Counters->QuotaNonPagedPoolUsage = Process->QuotaUsage[NonPagedPool];
    Counters->QuotaPagedPoolUsage = Process->QuotaUsage[PagedPool];
    Counters->QuotaPeakNonPagedPoolUsage = Process->QuotaPeak[NonPagedPool];
    Counters->QuotaPeakPagedPoolUsage = Process->QuotaPeak[PagedPool];
}

/* ---- answers of a fixed size: Info is zeroed and as large as the table says ---- */

typedef NTSTATUS PSP_FILL(PEPROCESS Process, PVOID Info, ULONG Bytes);

static NTSTATUS PspFillBasic(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    PROCESS_EXTENDED_BASIC_INFORMATION *Extended = Info;
    PROCESS_BASIC_INFORMATION *Basic = Info;

    if (Bytes == sizeof(*Extended)) { /* told apart by its length, and by its own first field */
        Extended->Size = sizeof(*Extended);
        Extended->IsProcessDeleting = Process->Exiting;
        Extended->IsWow64Process = Process->WoW64Process != NULL;
        Basic = &Extended->BasicInfo;
    }
    Basic->ExitStatus = Process->ExitStatus;
    Basic->PebBaseAddress = Process->Peb;
    Basic->AffinityMask = Process->Pcb.Affinity;
    Basic->BasePriority = Process->Pcb.BasePriority;
    Basic->UniqueProcessId = (ULONG_PTR)Process->UniqueProcessId;
    Basic->InheritedFromUniqueProcessId = (ULONG_PTR)Process->InheritedFromUniqueProcessId;
    return STATUS_SUCCESS;
}

/* No limit is enforced; the sizes of the working set are what Windows starts a process with.
 * [guess] */
static NTSTATUS PspFillQuotaLimits(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    QUOTA_LIMITS *Limits = Info;

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Bytes);
    Limits->PagedPoolLimit = Limits->NonPagedPoolLimit = Limits->PagefileLimit = ~(SIZE_T)0;
    Limits->MinimumWorkingSetSize = 50 * PAGE_SIZE;
    Limits->MaximumWorkingSetSize = 345 * PAGE_SIZE;
    Limits->TimeLimit.QuadPart = -1;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillIoCounters(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    RtlCopyMemory(Info, &Process->IoCounters, Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillVmCounters(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    VM_COUNTERS_EX Counters;

    PsQueryMemoryCounters(Process, &Counters);
    RtlCopyMemory(Info, &Counters, Bytes); /* VM_COUNTERS is its front */
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillProcessTimes(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    KERNEL_USER_TIMES *Times = Info;

    UNREFERENCED_PARAMETER(Bytes);
    Times->CreateTime = Process->CreateTime;
    Times->ExitTime = Process->ExitTime;
    Times->KernelTime.QuadPart = (LONGLONG)Process->Pcb.KernelTime;
    Times->UserTime.QuadPart = (LONGLONG)Process->Pcb.UserTime;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillDebugPort(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG64)Info = Process->DebugPort != NULL ? ~0ull : 0;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillErrorMode(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info = Process->DefaultHardErrorMode;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillPooledUsage(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    POOLED_USAGE_AND_LIMITS *Use = Info;
    VM_COUNTERS_EX Counters;

    UNREFERENCED_PARAMETER(Bytes);
    PsQueryMemoryCounters(Process, &Counters);
    Use->PeakPagedPoolUsage = Counters.QuotaPeakPagedPoolUsage;
    Use->PagedPoolUsage = Counters.QuotaPagedPoolUsage;
    Use->PeakNonPagedPoolUsage = Counters.QuotaPeakNonPagedPoolUsage;
    Use->NonPagedPoolUsage = Counters.QuotaNonPagedPoolUsage;
    Use->PeakPagefileUsage = Counters.PeakPagefileUsage;
    Use->PagefileUsage = Counters.PagefileUsage;
    Use->PagedPoolLimit = Use->NonPagedPoolLimit = Use->PagefileLimit = ~(SIZE_T)0;
    return STATUS_SUCCESS;
}

/* Nobody has had the working set watched. [doc: GetWsChanges after InitializeProcessForWsWatch] */
static NTSTATUS PspFillWorkingSetWatch(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Info);
    UNREFERENCED_PARAMETER(Bytes);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS PspFillPriorityClass(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    ((PUCHAR)Info)[0] = Process->Foreground;
    ((PUCHAR)Info)[1] = Process->PriorityClass;
    return STATUS_SUCCESS;
}

/* What is zero for every process of this machine. */
static NTSTATUS PspFillNothing(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Info);
    UNREFERENCED_PARAMETER(Bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillHandleCount(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    ULONG Count = Process->ObjectTable == NULL ? 0 : ObHandleCount(Process->ObjectTable);

    Process->HandleHighWater = max(Process->HandleHighWater, Count);
    ((PULONG)Info)[0] = Count;
    if (Bytes > sizeof(ULONG))
        ((PULONG)Info)[1] = Process->HandleHighWater;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillAffinity(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG64)Info = Process->Pcb.Affinity; /* also the front of a GROUP_AFFINITY of group 0 */
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillPriorityBoost(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info = Process->PriorityBoostDisabled;
    return STATUS_SUCCESS;
}

/* C: and the drives that the host gives; DOSDEVICE_DRIVE_FIXED. */
static NTSTATUS PspFillDeviceMap(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    PROCESS_DEVICEMAP_INFORMATION *Map = Info;

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Bytes);
    Map->Query.DriveMap = 1u << 2 | KiLoaderBlock->drives;
    for (ULONG i = 0; i < 26; i++)
        if (Map->Query.DriveMap & 1u << i)
            Map->Query.DriveType[i] = 3;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillWow64(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG64)Info = (ULONG64)Process->WoW64Process;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillBreakOnTermination(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info = Process->BreakOnTermination;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillDebugObject(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Info);
    UNREFERENCED_PARAMETER(Bytes);
    return STATUS_PORT_NOT_SET;
}

static NTSTATUS PspFillDebugFlags(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info = !Process->NoDebugInherit; /* PROCESS_DEBUG_INHERIT */
    return STATUS_SUCCESS;
}

/* Tracing is not on for any process. */
static NTSTATUS PspFillHandleTracing(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Info);
    UNREFERENCED_PARAMETER(Bytes);
    return STATUS_INVALID_PARAMETER;
}

static NTSTATUS PspFillIoPriority(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info = Process->IoPriority != 0 ? Process->IoPriority - 1u : IoPriorityNormal;
    return STATUS_SUCCESS;
}

static NTSTATUS PspFillPagePriority(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info =
        Process->PagePriority != 0 ? Process->PagePriority - 1u : 5; /* MEMORY_PRIORITY_NORMAL */
    return STATUS_SUCCESS;
}

/* Data is never executable in a 64-bit process, and that cannot be changed:
 * MEM_EXECUTE_OPTION_DISABLE, _PERMANENT. */
static NTSTATUS PspFillExecuteFlags(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG)Info = 1 | 8;
    return STATUS_SUCCESS;
}

/* A process's secret, for itself alone: pointers are encoded with it. */
static NTSTATUS PspFillCookie(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    if (Process != PsCurrentProcess())
        return STATUS_INVALID_PARAMETER;
    while (Process->Cookie == 0)
        Process->Cookie = (ULONG)KeRandom64();
    *(PULONG)Info = Process->Cookie;
    return STATUS_SUCCESS;
}

typedef struct _PSP_IMAGE_INFORMATION { /* SECTION_IMAGE_INFORMATION */
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize, CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinor, SubSystemMajor, SystemMajor, SystemMinor;
    USHORT ImageCharacteristics, DllCharacteristics, Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags, ImageFileSize, CheckSum;
} PSP_IMAGE_INFORMATION;
DD_STATIC_ASSERT_SIZE(PSP_IMAGE_INFORMATION, 0x40);

static VOID PspReadImageHeaders(PUCHAR Base, PSP_IMAGE_INFORMATION *Image)
{
    PIMAGE_NT_HEADERS64 Headers = (PVOID)(Base + ((PIMAGE_DOS_HEADER)Base)->e_lfanew);
    PIMAGE_OPTIONAL_HEADER64 Optional = &Headers->OptionalHeader;

    Image->TransferAddress = Base + Optional->AddressOfEntryPoint;
    Image->MaximumStackSize = Optional->SizeOfStackReserve;
    Image->CommittedStackSize = Optional->SizeOfStackCommit;
    Image->SubSystemType = Optional->Subsystem;
    Image->SubSystemMinor = Optional->MinorSubsystemVersion;
    Image->SubSystemMajor = Optional->MajorSubsystemVersion;
    Image->SystemMajor = Optional->MajorOperatingSystemVersion;
    Image->SystemMinor = Optional->MinorOperatingSystemVersion;
    Image->ImageCharacteristics = Headers->FileHeader.Characteristics;
    Image->DllCharacteristics = Optional->DllCharacteristics;
    Image->Machine = Headers->FileHeader.Machine;
    Image->ImageContainsCode = Optional->SizeOfCode != 0;
    Image->LoaderFlags = Optional->LoaderFlags;
    Image->ImageFileSize = Optional->SizeOfImage;
    Image->CheckSum = Optional->CheckSum;
}

static NTSTATUS PspFillImage(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    NTSTATUS Status = STATUS_SUCCESS;
    KAPC_STATE State;

    UNREFERENCED_PARAMETER(Bytes);
    if (Process->SectionBaseAddress == NULL)
        return STATUS_INVALID_PARAMETER; /* the System process has no image */
    if (!ExAcquireRundownProtection(&Process->RundownProtect))
        return STATUS_PROCESS_IS_TERMINATING;
    KeStackAttachProcess((PVOID)&Process->Pcb, &State);
    __try {
        PspReadImageHeaders(Process->SectionBaseAddress, Info);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&State);
    ExReleaseRundownProtection(&Process->RundownProtect);
    return Status;
}

/* PROCESS_CYCLE_TIME_INFORMATION: AccumulatedCycles, CurrentCycleCount. */
static NTSTATUS PspFillCycleTime(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    *(PULONG64)Info = (Process->Pcb.KernelTime + Process->Pcb.UserTime) * KE_CYCLES_PER_100NS;
    return STATUS_SUCCESS;
}

/* STATUS_SUCCESS when the handle in Info is of the file that the process runs. */
static NTSTATUS PspFillImageMapping(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    PFILE_OBJECT File;
    NTSTATUS Status = ObReferenceObjectByHandle(*(PHANDLE)Info, FILE_EXECUTE, *IoFileObjectType,
                                                ExGetPreviousMode(), (PVOID *)&File, NULL);

    UNREFERENCED_PARAMETER(Bytes);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Process->ImageFilePointer == NULL ||
        File->DeviceObject != Process->ImageFilePointer->DeviceObject ||
        !RtlEqualUnicodeString(&File->FileName, &Process->ImageFilePointer->FileName, TRUE))
        Status = STATUS_UNSUCCESSFUL;
    ObDereferenceObject(File);
    return Status;
}

/* PROCESS_MITIGATION_POLICY_INFORMATION: which policy, and its flags: none is on. [doc:
 * PROCESS_MITIGATION_POLICY] */
static NTSTATUS PspFillMitigation(PEPROCESS Process, PVOID Info, ULONG Bytes)
{
    const ULONG LastPolicy = 19; /* ProcessActivationContextTrustPolicy */

    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Bytes);
    if (*(PULONG)Info > LastPolicy)
        return STATUS_INVALID_PARAMETER;
    ((PULONG)Info)[1] = 0;
    return STATUS_SUCCESS;
}

/* ---- answers that grow ---- */

#define PSP_CLASS_IMAGE_NAME 27
#define PSP_CLASS_IMAGE_NAME_WIN32 43
#define PSP_CLASS_GROUPS 47
#define PSP_CLASS_WINDOW 50
#define PSP_CLASS_HANDLES 51
#define PSP_CLASS_COMMAND_LINE 60
#define PSP_CLASS_TELEMETRY 64

/* Writes what fits of the answer at Info (zeroed, Length bytes); User is where it will lie.
 * *Needed: the whole. */
typedef NTSTATUS PSP_BUILD(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User, PULONG Needed);

static NTSTATUS PspBuildString(PCUNICODE_STRING Front, PCUNICODE_STRING Rest, PUCHAR Info,
                               ULONG Length, PVOID User, PULONG Needed)
{
    PUNICODE_STRING Copy = (PVOID)Info;

    *Needed = sizeof(*Copy) + Front->Length + Rest->Length + sizeof(WCHAR);
    if (Length < *Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    Copy->Length = Front->Length + Rest->Length;
    Copy->MaximumLength = Copy->Length + sizeof(WCHAR);
    Copy->Buffer = (PWSTR)((PUNICODE_STRING)User + 1);
    RtlCopyMemory(Copy + 1, Front->Buffer, Front->Length);
    RtlCopyMemory((PUCHAR)(Copy + 1) + Front->Length, Rest->Buffer, Rest->Length);
    return STATUS_SUCCESS;
}

/* The program's path after "\??\", "C:\x\y.exe"; the System process has no file, so an empty one.
 */
static UNICODE_STRING PspPathWithDrive(PEPROCESS Process)
{
    static const UNICODE_STRING Prefix = RTL_CONSTANT_STRING(L"\\??\\");
    UNICODE_STRING Path = Process->ImagePath;

    if (!RtlPrefixUnicodeString(&Prefix, &Path, TRUE) ||
        Path.Length < Prefix.Length + 2 * sizeof(WCHAR) || Path.Buffer[5] != L':') {
        Path.Length = 0;
        return Path;
    }
    Path.Buffer += Prefix.Length / sizeof(WCHAR);
    Path.Length -= Prefix.Length;
    return Path;
}

typedef struct _PSP_IMAGE_NAME {
    UNICODE_STRING
        Volume; /* "\Device\HarddiskVolume1", in Text; empty if the process has no file */
    UNICODE_STRING Path;   /* "\x\y.exe" */
    WCHAR Text[40];
} PSP_IMAGE_NAME;

static VOID PspSplitImageName(PEPROCESS Process, PSP_IMAGE_NAME *Name)
{
    Name->Path = PspPathWithDrive(Process);
    Name->Text[0] = 0;
    if (Name->Path.Length != 0) {
        _snwprintf(Name->Text, RTL_NUMBER_OF(Name->Text), L"\\Device\\HarddiskVolume%lu",
                   IoVolumeNumber(RtlUpcaseUnicodeChar(Name->Path.Buffer[0])));
        Name->Path.Buffer += 2;
        Name->Path.Length -= 2 * sizeof(WCHAR);
    }
    RtlInitUnicodeString(&Name->Volume, Name->Text);
}

static NTSTATUS PspBuildImageName(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                                  PULONG Needed)
{
    PSP_IMAGE_NAME Name;

    PspSplitImageName(Process, &Name);
    return PspBuildString(&Name.Volume, &Name.Path, Info, Length, User, Needed);
}

static NTSTATUS PspBuildImageNameWin32(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                                       PULONG Needed)
{
    UNICODE_STRING Path = PspPathWithDrive(Process), Drive = Path;

    if (Path.Length == 0)
        return PspBuildString(&Path, &Path, Info, Length, User, Needed);
    Drive.Length = 2 * sizeof(WCHAR);
    Path.Buffer += 2;
    Path.Length -= 2 * sizeof(WCHAR);
    return PspBuildString(&Drive, &Path, Info, Length, User, Needed);
}

static NTSTATUS PspBuildCommandLine(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                                    PULONG Needed)
{
    static const UNICODE_STRING Nothing = {0};

    return PspBuildString(&Process->CommandLine, &Nothing, Info, Length, User, Needed);
}

/* Numbers of the processor groups that threads may run in: group 0. */
static NTSTATUS PspBuildGroups(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                               PULONG Needed)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Info);
    UNREFERENCED_PARAMETER(User);
    *Needed = sizeof(USHORT);
    return Length < *Needed ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/* PROCESS_WINDOW_INFORMATION: WindowFlags, WindowTitleLength, WindowTitle. Consoles have no windows
 * here. */
static NTSTATUS PspBuildWindow(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                               PULONG Needed)
{
    UNREFERENCED_PARAMETER(Info);
    UNREFERENCED_PARAMETER(User);
    *Needed = 2 * sizeof(ULONG);
    if (Process->Peb == NULL)
        return STATUS_INVALID_PARAMETER;
    return Length < *Needed ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

typedef struct _PSP_HANDLE_ENTRY { /* PROCESS_HANDLE_TABLE_ENTRY_INFO */
    ULONG_PTR Handle, HandleCount, PointerCount;
    ULONG GrantedAccess, TypeIndex, Attributes, Reserved;
} PSP_HANDLE_ENTRY;

typedef struct _PSP_HANDLE_LIST {
    PSP_HANDLE_ENTRY *Entry;
    ULONG Room, Count;
} PSP_HANDLE_LIST;

static VOID PspAddHandle(PVOID Context, const OB_HANDLE_USE *Use)
{
    PSP_HANDLE_LIST *List = Context;
    ULONG i = List->Count++;

    if (i >= List->Room)
        return;
    List->Entry[i].Handle = Use->Value;
    List->Entry[i].HandleCount = (ULONG_PTR)Use->HandleCount;
    List->Entry[i].PointerCount = (ULONG_PTR)Use->PointerCount;
    List->Entry[i].GrantedAccess = Use->GrantedAccess;
    List->Entry[i].TypeIndex = Use->TypeIndex;
    List->Entry[i].Attributes = Use->Attributes;
}

/* PROCESS_HANDLE_SNAPSHOT_INFORMATION: NumberOfHandles, Reserved, entries. */
static NTSTATUS PspBuildHandles(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                                PULONG Needed)
{
    const ULONG Head = 2 * sizeof(ULONG_PTR);
    PSP_HANDLE_LIST List = {(PVOID)(Info + Head),
                            Length < Head ? 0 : (Length - Head) / sizeof(PSP_HANDLE_ENTRY), 0};

    UNREFERENCED_PARAMETER(User);
    if (Process->ObjectTable != NULL)
        ObEnumerateHandles(Process->ObjectTable, PspAddHandle, &List);
    *Needed = Head + List.Count * sizeof(PSP_HANDLE_ENTRY);
    if (Length < *Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    *(PULONG_PTR)Info = List.Count;
    return STATUS_SUCCESS;
}

typedef struct _PSP_TELEMETRY { /* PROCESS_TELEMETRY_ID_INFORMATION: strings follow, by offset */
    ULONG HeaderSize, ProcessId;
    ULONG64 ProcessStartKey, CreateTime, CreateInterruptTime, CreateUnbiasedInterruptTime,
        ProcessSequenceNumber, SessionCreateTime;
    ULONG SessionId, BootId, ImageChecksum, ImageTimeDateStamp;
    ULONG UserSidOffset, ImagePathOffset, PackageNameOffset, RelativeAppNameOffset,
        CommandLineOffset;
} PSP_TELEMETRY;
DD_STATIC_ASSERT_SIZE(PSP_TELEMETRY, 0x60);

static VOID PspPutText(PUCHAR Info, ULONG *At, ULONG *Offset, PCUNICODE_STRING Front,
                       PCUNICODE_STRING Rest)
{
    *Offset = *At;
    RtlCopyMemory(Info + *At, Front->Buffer, Front->Length);
    RtlCopyMemory(Info + *At + Front->Length, Rest->Buffer, Rest->Length);
    *At += Front->Length + Rest->Length + sizeof(WCHAR);
}

static NTSTATUS PspBuildTelemetry(PEPROCESS Process, PUCHAR Info, ULONG Length, PVOID User,
                                  PULONG Needed)
{
    static const UNICODE_STRING Nothing = {0};
    PSP_IMAGE_NAME Name;
    PSP_TELEMETRY *Id = (PVOID)Info;
    PTOKEN_USER Owner;
    ULONG At, SidBytes;
    NTSTATUS Status = SeQueryInformationToken(Process->Token, TokenUser, (PVOID *)&Owner);

    UNREFERENCED_PARAMETER(User);
    if (!NT_SUCCESS(Status))
        return Status;
    PspSplitImageName(Process, &Name);
    SidBytes = (RtlLengthSid(Owner->User.Sid) + 3) & ~3u;
    *Needed = sizeof(*Id) + SidBytes + Name.Volume.Length + Name.Path.Length +
              Process->CommandLine.Length + 4 * sizeof(WCHAR);
    if (Length >= *Needed) {
        Id->HeaderSize = sizeof(*Id);
        Id->ProcessId = (ULONG)(ULONG_PTR)Process->UniqueProcessId;
        Id->ProcessStartKey = Id->ProcessSequenceNumber = (ULONG64)Process->UniqueProcessId;
        Id->CreateTime = (ULONG64)Process->CreateTime.QuadPart;
        Id->CreateInterruptTime = Id->CreateTime - KiLoaderBlock->boot_time_100ns;
        Id->CreateUnbiasedInterruptTime = Id->CreateInterruptTime;
        Id->SessionCreateTime = KiLoaderBlock->boot_time_100ns;
        Id->BootId = 1;
        Id->UserSidOffset = sizeof(*Id);
        RtlCopyMemory(Info + sizeof(*Id), Owner->User.Sid, RtlLengthSid(Owner->User.Sid));
        At = sizeof(*Id) + SidBytes;
        PspPutText(Info, &At, &Id->ImagePathOffset, &Name.Volume, &Name.Path);
        PspPutText(Info, &At, &Id->PackageNameOffset, &Nothing, &Nothing);
        PspPutText(Info, &At, &Id->RelativeAppNameOffset, &Nothing, &Nothing);
        PspPutText(Info, &At, &Id->CommandLineOffset, &Process->CommandLine, &Nothing);
    }
    ExFreePool(Owner);
    return Length < *Needed ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* ---- the table ---- */

#define PSP_IN 1u   /* the caller's buffer is read first */
#define PSP_FULL 2u /* wants PROCESS_QUERY_INFORMATION, not just the limited right */

/* Bytes: sizes that the class takes, exactly; 0 with Build. */
static const struct {
    UCHAR Class, Flags;
    USHORT Bytes, MoreBytes;
    PSP_FILL *Fill;
    PSP_BUILD *Build;
} PspProcessQuery[] = {
    {ProcessBasicInformation, 0, sizeof(PROCESS_BASIC_INFORMATION),
     sizeof(PROCESS_EXTENDED_BASIC_INFORMATION), PspFillBasic, NULL},
    {ProcessQuotaLimits, 0, sizeof(QUOTA_LIMITS), sizeof(QUOTA_LIMITS_EX), PspFillQuotaLimits,
     NULL},
    {ProcessIoCounters, 0, sizeof(IO_COUNTERS), 0, PspFillIoCounters, NULL},
    {ProcessVmCounters, 0, sizeof(VM_COUNTERS), sizeof(VM_COUNTERS_EX), PspFillVmCounters, NULL},
    {ProcessTimes, 0, sizeof(KERNEL_USER_TIMES), 0, PspFillProcessTimes, NULL},
    {ProcessDebugPort, PSP_FULL, sizeof(PVOID), 0, PspFillDebugPort, NULL},
    {ProcessDefaultHardErrorMode, 0, sizeof(ULONG), 0, PspFillErrorMode, NULL},
    {ProcessPooledUsageAndLimits, 0, sizeof(POOLED_USAGE_AND_LIMITS), 0, PspFillPooledUsage, NULL},
    {ProcessWorkingSetWatch, PSP_FULL, sizeof(PROCESS_WS_WATCH_INFORMATION), 0,
     PspFillWorkingSetWatch, NULL},
    {ProcessPriorityClass, 0, 2, 0, PspFillPriorityClass, NULL},
    {ProcessWx86Information, 0, sizeof(ULONG), 0, PspFillNothing, NULL},
    {ProcessHandleCount, 0, sizeof(ULONG), 2 * sizeof(ULONG), PspFillHandleCount, NULL},
    {ProcessAffinityMask, 0, sizeof(KAFFINITY), sizeof(GROUP_AFFINITY), PspFillAffinity, NULL},
    {ProcessPriorityBoost, 0, sizeof(ULONG), 0, PspFillPriorityBoost, NULL},
    {ProcessDeviceMap, PSP_FULL, 36, sizeof(PROCESS_DEVICEMAP_INFORMATION), PspFillDeviceMap, NULL},
    {ProcessSessionInformation, 0, sizeof(ULONG), 0, PspFillNothing, NULL},
    {ProcessWow64Information, 0, sizeof(PVOID), 0, PspFillWow64, NULL},
    {ProcessImageFileName, 0, 0, 0, NULL, PspBuildImageName},
    {ProcessLUIDDeviceMapsEnabled, 0, sizeof(ULONG), 0, PspFillNothing, NULL},
    {ProcessBreakOnTermination, PSP_FULL, sizeof(ULONG), 0, PspFillBreakOnTermination, NULL},
    {ProcessDebugObjectHandle, PSP_FULL, sizeof(HANDLE), 0, PspFillDebugObject, NULL},
    {ProcessDebugFlags, PSP_FULL, sizeof(ULONG), 0, PspFillDebugFlags, NULL},
    {ProcessHandleTracing, PSP_FULL, sizeof(PROCESS_HANDLE_TRACING_QUERY), 0, PspFillHandleTracing,
     NULL},
    {ProcessIoPriority, PSP_FULL, sizeof(ULONG), 0, PspFillIoPriority, NULL},
    {ProcessExecuteFlags, PSP_FULL, sizeof(ULONG), 0, PspFillExecuteFlags, NULL},
    {ProcessCookie, PSP_FULL, sizeof(ULONG), 0, PspFillCookie, NULL},
    {ProcessImageInformation, 0, sizeof(PSP_IMAGE_INFORMATION), 0, PspFillImage, NULL},
    {ProcessCycleTime, 0, 2 * sizeof(ULONG64), 0, PspFillCycleTime, NULL},
    {ProcessPagePriority, 0, sizeof(PAGE_PRIORITY_INFORMATION), 0, PspFillPagePriority, NULL},
    {ProcessWorkingSetWatchEx, PSP_FULL, 3 * sizeof(ULONG_PTR), 0, PspFillWorkingSetWatch, NULL},
    {PSP_CLASS_IMAGE_NAME_WIN32, 0, 0, 0, NULL, PspBuildImageNameWin32},
    {ProcessImageFileMapping, PSP_IN, sizeof(HANDLE), 0, PspFillImageMapping, NULL},
    {ProcessAffinityUpdateMode, PSP_FULL, sizeof(ULONG), 0, PspFillNothing, NULL},
    {PSP_CLASS_GROUPS, 0, 0, 0, NULL, PspBuildGroups},
    {ProcessTokenVirtualizationEnabled, 0, sizeof(ULONG), 0, PspFillNothing, NULL},
    {ProcessConsoleHostProcess, 0, sizeof(ULONG_PTR), 0, PspFillNothing, NULL},
    {PSP_CLASS_WINDOW, 0, 0, 0, NULL, PspBuildWindow},
    {PSP_CLASS_HANDLES, PSP_FULL, 0, 0, NULL, PspBuildHandles},
    {52 /* ProcessMitigationPolicy */, PSP_IN | PSP_FULL, 8, 0, PspFillMitigation, NULL},
    {PSP_CLASS_COMMAND_LINE, 0, 0, 0, NULL, PspBuildCommandLine},
    {61 /* ProcessProtectionInformation */, 0, sizeof(UCHAR), 0, PspFillNothing, NULL},
    {PSP_CLASS_TELEMETRY, 0, 0, 0, NULL, PspBuildTelemetry},
    {75 /* ProcessSubsystemInformation: SubsystemInformationTypeWin32 */, 0, sizeof(ULONG), 0,
     PspFillNothing, NULL},
};

#define PSP_LARGEST_ANSWER 0x40000u

/* The answer of entry Index of the table into Answer, which holds Length zeroed bytes, or what the
 * caller gave. */
static NTSTATUS PspAnswerProcess(ULONG Index, PEPROCESS Process, PVOID Answer, ULONG Length,
                                 PVOID User, PULONG Needed)
{
    if (PspProcessQuery[Index].Build != NULL)
        return PspProcessQuery[Index].Build(Process, Answer, Length, User, Needed);
    *Needed = PspProcessQuery[Index].Bytes;
    if (Length == PspProcessQuery[Index].MoreBytes && Length != 0)
        *Needed = Length;
    if (Length != *Needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    return PspProcessQuery[Index].Fill(Process, Answer, Length);
}

static NTSTATUS PspQueryProcess(ULONG Index, PEPROCESS Process, PVOID Information, ULONG Length,
                                PULONG ReturnLength)
{
    ULONG Room = min(Length, PSP_LARGEST_ANSWER), Needed = 0;
    KPROCESSOR_MODE Mode = ExGetPreviousMode();
    UCHAR Small[0x80];
    PVOID Answer = Room <= sizeof(Small) ? Small : ExAllocatePoolWithTag(PagedPool, Room, PSP_TAG);
    NTSTATUS Status;

    if (Answer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(Answer, Room);
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Information, Length, Length < sizeof(ULONG) ? 1 : sizeof(ULONG));
            if (ReturnLength != NULL)
                ProbeForWrite(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG));
        }
        if (PspProcessQuery[Index].Flags & PSP_IN)
            RtlCopyMemory(Answer, Information, Room);
        Status = PspAnswerProcess(Index, Process, Answer, Room, Information, &Needed);
        if (ReturnLength != NULL)
            *ReturnLength = Needed;
        if (NT_SUCCESS(Status))
            RtlCopyMemory(Information, Answer, Needed);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (Answer != Small)
        ExFreePoolWithTag(Answer, PSP_TAG);
    return Status;
}

NT_SERVICE(QueryInformationProcess);
NT_EXPORT(NtQueryInformationProcess);
NTSTATUS NTAPI NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS Class,
                                         PVOID Information, ULONG Length, PULONG ReturnLength)
{
    ULONG Index = 0;
    PEPROCESS Process;
    NTSTATUS Status;

    while (Index < RTL_NUMBER_OF(PspProcessQuery) && PspProcessQuery[Index].Class != (ULONG)Class)
        Index++;
    if (Index == RTL_NUMBER_OF(PspProcessQuery))
        return STATUS_INVALID_INFO_CLASS;
    Status = ObReferenceObjectByHandle(
        ProcessHandle,
        PspProcessQuery[Index].Flags & PSP_FULL ? PROCESS_QUERY_INFORMATION
                                                : PROCESS_QUERY_LIMITED_INFORMATION,
        PspProcessType, ExGetPreviousMode(), (PVOID *)&Process, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = PspQueryProcess(Index, Process, Information, Length, ReturnLength);
    ObDereferenceObject(Process);
    return Status;
}
