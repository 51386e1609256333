/* ZwQueryInformationProcess and Thread, class by class: exact lengths, what the answers say, what can be set. */
#include "threads.h"

NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationProcess(HANDLE, PROCESSINFOCLASS, PVOID, ULONG);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG, PULONG);

static UCHAR Buffer[0x800];

static const struct {
    ULONG Class, Bytes;
    NTSTATUS Status; /* of a right length, for the System process */
    const char *Name;
} ProcessClass[] = {
    {0, sizeof(PROCESS_BASIC_INFORMATION), STATUS_SUCCESS, "ProcessBasicInformation"},
    {0, sizeof(PROCESS_EXTENDED_BASIC_INFORMATION), STATUS_SUCCESS, "the extended form"},
    {1, sizeof(QUOTA_LIMITS), STATUS_SUCCESS, "ProcessQuotaLimits"},
    {2, sizeof(IO_COUNTERS), STATUS_SUCCESS, "ProcessIoCounters"},
    {3, sizeof(VM_COUNTERS), STATUS_SUCCESS, "ProcessVmCounters"},
    {3, sizeof(VM_COUNTERS_EX), STATUS_SUCCESS, "VM_COUNTERS_EX"},
    {4, sizeof(KERNEL_USER_TIMES), STATUS_SUCCESS, "ProcessTimes"},
    {7, 8, STATUS_SUCCESS, "ProcessDebugPort"},
    {12, 4, STATUS_SUCCESS, "ProcessDefaultHardErrorMode"},
    {14, sizeof(POOLED_USAGE_AND_LIMITS), STATUS_SUCCESS, "ProcessPooledUsageAndLimits"},
    {15, 16, STATUS_UNSUCCESSFUL, "ProcessWorkingSetWatch, which nobody asked for"},
    {18, 2, STATUS_SUCCESS, "ProcessPriorityClass"},
    {19, 4, STATUS_SUCCESS, "ProcessWx86Information"},
    {20, 4, STATUS_SUCCESS, "ProcessHandleCount"},
    {22, 4, STATUS_SUCCESS, "ProcessPriorityBoost"},
    {23, 36, STATUS_SUCCESS, "ProcessDeviceMap"},
    {24, 4, STATUS_SUCCESS, "ProcessSessionInformation"},
    {26, 8, STATUS_SUCCESS, "ProcessWow64Information"},
    {28, 4, STATUS_SUCCESS, "ProcessLUIDDeviceMapsEnabled"},
    {29, 4, STATUS_SUCCESS, "ProcessBreakOnTermination"},
    {30, 8, STATUS_PORT_NOT_SET, "ProcessDebugObjectHandle, without a debugger"},
    {31, 4, STATUS_SUCCESS, "ProcessDebugFlags"},
    {33, 4, STATUS_SUCCESS, "ProcessIoPriority"},
    {34, 4, STATUS_SUCCESS, "ProcessExecuteFlags"},
    {36, 4, STATUS_SUCCESS, "ProcessCookie"},
    {37, 0x40, STATUS_INVALID_PARAMETER, "ProcessImageInformation, without an image"},
    {38, 16, STATUS_SUCCESS, "ProcessCycleTime"},
    {39, 4, STATUS_SUCCESS, "ProcessPagePriority"},
    {42, 24, STATUS_UNSUCCESSFUL, "ProcessWorkingSetWatchEx"},
    {45, 4, STATUS_SUCCESS, "ProcessAffinityUpdateMode"},
    {48, 4, STATUS_SUCCESS, "ProcessTokenVirtualizationEnabled"},
    {49, 8, STATUS_SUCCESS, "ProcessConsoleHostProcess"},
    {61, 1, STATUS_SUCCESS, "ProcessProtectionInformation"},
    {75, 4, STATUS_SUCCESS, "ProcessSubsystemInformation"},
};

static VOID process_sizes(VOID)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(ProcessClass); i++) {
        ULONG Bytes = ProcessClass[i].Bytes, Class = ProcessClass[i].Class, Length = 0;

        tap_fill(&Buffer);
        is_status(ZwQueryInformationProcess(NtCurrentProcess(), Class, Buffer, Bytes, &Length), ProcessClass[i].Status,
                  "%s", ProcessClass[i].Name);
        is_ulong(Length, Bytes, "its length");
        ok(tap_all_bytes(Buffer + Bytes, 16, 0xA5), "nothing past its end");
        is_status(ZwQueryInformationProcess(NtCurrentProcess(), Class, Buffer, Bytes + 1, &Length),
                  STATUS_INFO_LENGTH_MISMATCH, "a byte too long");
    }
}

static VOID process_answers(VOID)
{
    PROCESS_EXTENDED_BASIC_INFORMATION Extended;
    ULONG Cookie = 0, Again = 1, Length = 0, Before, Count[2] = {0};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Event;

    ZwQueryInformationProcess(NtCurrentProcess(), 0, &Extended, sizeof(Extended), NULL);
    ok(Extended.Size == sizeof(Extended) && Extended.BasicInfo.UniqueProcessId == 4, "process 4");
    ZwQueryInformationProcess(NtCurrentProcess(), 36, &Cookie, sizeof(Cookie), NULL);
    ZwQueryInformationProcess(NtCurrentProcess(), 36, &Again, sizeof(Again), NULL);
    ok(Cookie != 0 && Cookie == Again, "the cookie stays");
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 20, Count, sizeof(Count), &Length), STATUS_SUCCESS,
              "handles, the long form");
    ok(Count[1] >= Count[0] && Count[0] != 0, "and their high water mark");
    ZwClose(Event);
    Before = Count[0];
    ZwQueryInformationProcess(NtCurrentProcess(), 20, Count, sizeof(Count), NULL);
    is_ulong(Count[0], Before - 1, "one less");
    ZwQueryInformationProcess(NtCurrentProcess(), 23, Buffer, 36, NULL);
    is_ulong(*(PULONG)Buffer & 4, 4, "there is a drive C:");
    is_ulong(Buffer[4 + 2], 3, "a fixed one");
}

/* Operations on files are counted for the process that asks. */
static VOID io_counters(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\SystemRoot\\query.txt");
    OBJECT_ATTRIBUTES Attributes;
    IO_COUNTERS Before, After;
    FILE_STANDARD_INFORMATION Standard;
    IO_STATUS_BLOCK IoStatus;
    LARGE_INTEGER Start = {.QuadPart = 0};
    HANDLE File;

    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    is_status(ZwCreateFile(&File, FILE_READ_DATA | FILE_WRITE_DATA | DELETE | SYNCHRONIZE, &Attributes, &IoStatus, NULL,
                           0, 0, FILE_SUPERSEDE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0),
              STATUS_SUCCESS, "a file");
    ZwQueryInformationProcess(NtCurrentProcess(), ProcessIoCounters, &Before, sizeof(Before), NULL);
    ZwWriteFile(File, NULL, NULL, NULL, &IoStatus, "twelve bytes", 12, &Start, NULL);
    ZwReadFile(File, NULL, NULL, NULL, &IoStatus, Buffer, 100, &Start, NULL);
    ZwQueryInformationFile(File, &IoStatus, &Standard, sizeof(Standard), FileStandardInformation);
    ZwQueryInformationProcess(NtCurrentProcess(), ProcessIoCounters, &After, sizeof(After), NULL);
    ZwClose(File);
    is_ulong64(After.WriteOperationCount - Before.WriteOperationCount, 1, "one write");
    is_ulong64(After.WriteTransferCount - Before.WriteTransferCount, 12, "of 12 bytes");
    is_ulong64(After.ReadOperationCount - Before.ReadOperationCount, 1, "one read");
    is_ulong64(After.ReadTransferCount - Before.ReadTransferCount, 12, "that gave 12 bytes");
    is_ulong64(After.OtherOperationCount - Before.OtherOperationCount, 1, "one query");
}

static VOID process_lists(VOID)
{
    PROCESS_HANDLE_TRACING_QUERY Trace;
    ULONG Length = 0, Policy[2] = {1, 99};
    PULONG List;

    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 27, Buffer, 4, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "a name in four bytes");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 27, Buffer, Length, &Length), STATUS_SUCCESS,
              "ProcessImageFileName");
    ok(((PUNICODE_STRING)Buffer)->Buffer == (PWSTR)(Buffer + sizeof(UNICODE_STRING)), "its characters follow");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 43, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "ProcessImageFileNameWin32");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 60, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "ProcessCommandLineInformation");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 47, Buffer, 0, &Length), STATUS_BUFFER_TOO_SMALL,
              "groups, no room");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 47, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "ProcessGroupInformation");
    is_ulong(Length, sizeof(USHORT), "one group");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 51, Buffer, 0, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "a handle snapshot, no room");
    List = ExAllocatePoolWithTag(PagedPool, Length + 400, 'yrqP');
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 51, List, Length + 400, &Length), STATUS_SUCCESS,
              "ProcessHandleInformation");
    is_ulong(Length, 16 + List[0] * 40, "the count and the length agree");
    ExFreePoolWithTag(List, 'yrqP');
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 64, Buffer, 0, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "telemetry, no room");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 64, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "ProcessTelemetryIdInformation");
    is_ulong(((PULONG)Buffer)[1], 4, "of process 4");
    ok(RtlValidSid((PSID)(Buffer + ((PULONG)Buffer)[18])), "its user's SID");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 52, Policy, sizeof(Policy), &Length), STATUS_SUCCESS,
              "ProcessMitigationPolicy");
    is_ulong(Policy[1], 0, "nothing is on");
    Policy[0] = 77;
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), 52, Policy, sizeof(Policy), &Length),
              STATUS_INVALID_PARAMETER, "a policy that is none");
    is_status(ZwQueryInformationProcess(NtCurrentProcess(), ProcessHandleTracing, &Trace, sizeof(Trace), &Length),
              STATUS_INVALID_PARAMETER, "handles are not traced");
    is_status(NtQueryInformationProcess(NtCurrentProcess(), 0x7777, Buffer, 8, &Length), STATUS_INVALID_INFO_CLASS,
              "no such class");
    is_status(NtQueryInformationProcess((HANDLE)(ULONG_PTR)0x7770, 0, Buffer, sizeof(PROCESS_BASIC_INFORMATION), NULL),
              STATUS_INVALID_HANDLE, "no such process");
}

static const struct {
    ULONG Class, Value, Bad;
} Settable[] = {
    {ProcessDefaultHardErrorMode, 1, 0}, {ProcessPriorityBoost, 1, 0}, {ProcessDebugFlags, 0, 2},
    {ProcessIoPriority, 1, 9},           {ProcessPagePriority, 3, 7},
};

static VOID process_set(VOID)
{
    ULONG Old = 0, New, Got;
    UCHAR Class[2] = {0, 3 /* high */}, Was[2], Bad[2] = {0, 9};
    PROCESS_BASIC_INFORMATION Basic;
    KPRIORITY Before = KeQueryPriorityThread(KeGetCurrentThread());

    for (ULONG i = 0; i < RTL_NUMBER_OF(Settable); i++) {
        ULONG Number = Settable[i].Class;

        ZwQueryInformationProcess(NtCurrentProcess(), Number, &Old, sizeof(Old), NULL);
        New = Settable[i].Value;
        is_status(ZwSetInformationProcess(NtCurrentProcess(), Number, &New, sizeof(New)), STATUS_SUCCESS, "set %u",
                  Number);
        Got = 0xA5A5A5A5;
        ZwQueryInformationProcess(NtCurrentProcess(), Number, &Got, sizeof(Got), NULL);
        is_ulong(Got, New, "it is kept");
        if (Settable[i].Bad != 0) {
            New = Settable[i].Bad;
            is_status(ZwSetInformationProcess(NtCurrentProcess(), Number, &New, sizeof(New)), STATUS_INVALID_PARAMETER,
                      "%u is too much", New);
        }
        is_status(ZwSetInformationProcess(NtCurrentProcess(), Number, &Old, 3), STATUS_INFO_LENGTH_MISMATCH,
                  "a wrong length");
        ZwSetInformationProcess(NtCurrentProcess(), Number, &Old, sizeof(Old));
    }
    ZwQueryInformationProcess(NtCurrentProcess(), ProcessPriorityClass, Was, sizeof(Was), NULL);
    is_status(ZwSetInformationProcess(NtCurrentProcess(), ProcessPriorityClass, Class, sizeof(Class)), STATUS_SUCCESS,
              "the high priority class");
    ZwQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, &Basic, sizeof(Basic), NULL);
    is_long(Basic.BasePriority, 13, "starts at 13");
    is_long(KeQueryPriorityThread(KeGetCurrentThread()) - Before, 13 - 8, "and takes its threads along");
    is_status(ZwSetInformationProcess(NtCurrentProcess(), ProcessPriorityClass, Bad, sizeof(Bad)),
              STATUS_INVALID_PARAMETER, "a class that is none");
    ZwSetInformationProcess(NtCurrentProcess(), ProcessPriorityClass, Was, sizeof(Was));
    is_long(KeQueryPriorityThread(KeGetCurrentThread()), Before, "back again");
    is_status(ZwSetInformationProcess(NtCurrentProcess(), 0x7777, Class, 2), STATUS_INVALID_INFO_CLASS, "no such class");
}

/* ---- threads ---- */

static const struct {
    ULONG Class, Bytes;
    NTSTATUS Status;
    const char *Name;
} ThreadClass[] = {
    {0, 48, STATUS_SUCCESS, "ThreadBasicInformation"},
    {1, sizeof(KERNEL_USER_TIMES), STATUS_SUCCESS, "ThreadTimes"},
    {9, 8, STATUS_SUCCESS, "ThreadQuerySetWin32StartAddress"},
    {11, 8, STATUS_SUCCESS, "ThreadPerformanceCount"},
    {12, 4, STATUS_SUCCESS, "ThreadAmILastThread"},
    {14, 4, STATUS_SUCCESS, "ThreadPriorityBoost"},
    {16, 4, STATUS_SUCCESS, "ThreadIsIoPending"},
    {17, 1, STATUS_SUCCESS, "ThreadHideFromDebugger"},
    {18, 4, STATUS_SUCCESS, "ThreadBreakOnTermination"},
    {20, 4, STATUS_SUCCESS, "ThreadIsTerminated"},
    {22, 4, STATUS_SUCCESS, "ThreadIoPriority"},
    {23, 16, STATUS_SUCCESS, "ThreadCycleTime"},
    {24, 4, STATUS_SUCCESS, "ThreadPagePriority"},
    {25, 4, STATUS_SUCCESS, "ThreadActualBasePriority"},
    {30, sizeof(GROUP_AFFINITY), STATUS_SUCCESS, "ThreadGroupInformation"},
    {33, sizeof(PROCESSOR_NUMBER), STATUS_SUCCESS, "ThreadIdealProcessorEx"},
    {35, 4, STATUS_SUCCESS, "ThreadSuspendCount"},
    {40, 4, STATUS_SUCCESS, "ThreadSubsystemInformation"},
};

static VOID thread_sizes(VOID)
{
    for (ULONG i = 0; i < RTL_NUMBER_OF(ThreadClass); i++) {
        ULONG Bytes = ThreadClass[i].Bytes, Class = ThreadClass[i].Class, Length = 0;

        tap_fill(&Buffer);
        is_status(ZwQueryInformationThread(NtCurrentThread(), Class, Buffer, Bytes, &Length), ThreadClass[i].Status,
                  "%s", ThreadClass[i].Name);
        is_ulong(Length, Bytes, "its length");
        ok(tap_all_bytes(Buffer + Bytes, 16, 0xA5), "nothing past its end");
        is_status(ZwQueryInformationThread(NtCurrentThread(), Class, Buffer, Bytes + 1, &Length),
                  STATUS_INFO_LENGTH_MISMATCH, "a byte too long");
    }
    is_status(ZwQueryInformationThread(NtCurrentThread(), ThreadDescriptorTableEntry, Buffer, 12, NULL),
              STATUS_NOT_IMPLEMENTED, "descriptor tables are x86's");
    is_status(NtQueryInformationThread(NtCurrentThread(), 0x7777, Buffer, 8, NULL), STATUS_INVALID_INFO_CLASS,
              "no such class");
}

static VOID thread_name(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"query test"), Other = RTL_CONSTANT_STRING(L"other");
    ULONG Length = 0, Value = 1, Got = 9;

    is_status(ZwQueryInformationThread(NtCurrentThread(), 38, Buffer, sizeof(Buffer), &Length), STATUS_SUCCESS,
              "a thread without a name");
    is_ulong(((PUNICODE_STRING)Buffer)->Length, 0, "has an empty one");
    is_status(ZwSetInformationThread(NtCurrentThread(), 38, &Name, sizeof(Name)), STATUS_SUCCESS, "a name");
    is_status(ZwQueryInformationThread(NtCurrentThread(), 38, Buffer, sizeof(UNICODE_STRING), &Length),
              STATUS_BUFFER_TOO_SMALL, "no room for it");
    is_ulong(Length, sizeof(Name) + Name.Length, "says what it needs");
    is_status(ZwQueryInformationThread(NtCurrentThread(), 38, Buffer, Length, &Length), STATUS_SUCCESS, "room");
    is_unicode((PUNICODE_STRING)Buffer, L"query test", "it is kept");
    is_status(ZwSetInformationThread(NtCurrentThread(), 38, &Other, sizeof(Other)), STATUS_SUCCESS, "another");
    ZwQueryInformationThread(NtCurrentThread(), 38, Buffer, sizeof(Buffer), &Length);
    is_unicode((PUNICODE_STRING)Buffer, L"other", "replaces it");
    is_status(ZwSetInformationThread(NtCurrentThread(), ThreadPriorityBoost, &Value, sizeof(Value)), STATUS_SUCCESS,
              "no boosts");
    ZwQueryInformationThread(NtCurrentThread(), ThreadPriorityBoost, &Got, sizeof(Got), NULL);
    is_ulong(Got, 1, "it is kept");
    Value = 9;
    is_status(ZwSetInformationThread(NtCurrentThread(), ThreadPagePriority, &Value, sizeof(Value)),
              STATUS_INVALID_PARAMETER, "a page priority of 9");
}

/* In a thread of its own, which takes its name with it. */
static VOID NTAPI thread_tests(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    thread_sizes();
    thread_name();
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    process_sizes();
    process_answers();
    io_counters();
    process_lists();
    process_set();
    join_thread(start_thread(thread_tests, NULL));
    return done();
}
