/* ZwQuerySystemInformation, class by class: sizes, too short buffers, what the answers say. */
#include "tap.h"

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);

#define TAG 'isXE'
#define ROOM 0x40000u

static PUCHAR Buffer; /* ROOM bytes */

/* Classes whose answer has one size; 0 bytes a processor: the size stands as it is. */
static const struct {
    ULONG Class, Bytes, PerProcessor;
    const char *Name;
} Fixed[] = {
    {0, 0x40, 0, "SystemBasicInformation"},
    {1, 12, 0, "SystemProcessorInformation"},
    {2, 312, 0, "SystemPerformanceInformation"},
    {8, 0, 48, "SystemProcessorPerformanceInformation"},
    {9, 4, 0, "SystemFlagsInformation"},
    {21, 64, 0, "SystemFileCacheInformation"},
    {23, 0, 24, "SystemInterruptInformation"},
    {28, 12, 0, "SystemTimeAdjustmentInformation"},
    {33, 16, 0, "SystemExceptionInformation"},
    {35, 2, 0, "SystemKernelDebuggerInformation"},
    {36, 48, 0, "SystemContextSwitchInformation"},
    {37, 16, 0, "SystemRegistryQuotaInformation"},
    {42, 0, 48, "SystemProcessorIdleInformation"},
    {44, 172, 0, "SystemCurrentTimeZoneInformation"},
    {50, 8, 0, "SystemRangeStartInformation"},
    {55, 8 + 64 * 16, 0, "SystemNumaProcessorMap"},
    {58, 4, 0, "SystemRecommendedSharedDataAlignment"},
    {60, 8 + 64 * 8, 0, "SystemNumaAvailableMemory"},
    {62, 0x40, 0, "SystemEmulationBasicInformation"},
    {63, 12, 0, "SystemEmulationProcessorInformation"},
    {73, 64, 32, "SystemLogicalProcessorInformation"},
    {83, 0, 8, "SystemProcessorIdleCycleTimeInformation"},
    {90, 32, 0, "SystemBootEnvironmentInformation"},
    {103, 8, 0, "SystemCodeIntegrityInformation"},
    {107, 3 * 0x30 + 0x50, 0x30, "SystemLogicalProcessorAndGroupInformation"},
    {108, 0, 8, "SystemProcessorCycleTimeInformation"},
    {124, 12, 0, "SystemQueryPerformanceCounterInformation"},
    {145, 2, 0, "SystemSecureBootInformation"},
    {149, 3, 0, "SystemKernelDebuggerInformationEx"},
    {196, 4, 0, "SystemKernelVaShadowInformation"},
    {201, 4, 0, "SystemSpeculationControlInformation"},
    {206, 8, 0, "SystemLeapSecondInformation"},
};

static VOID fixed_sizes(VOID)
{
    ULONG Processors = KeQueryActiveProcessorCount(NULL);

    for (ULONG i = 0; i < RTL_NUMBER_OF(Fixed); i++) {
        ULONG Bytes = Fixed[i].Bytes + Processors * Fixed[i].PerProcessor, Length = 0;

        RtlFillMemory(Buffer, Bytes + 16, 0xA5);
        is_status(ZwQuerySystemInformation(Fixed[i].Class, Buffer, Bytes - 1, &Length),
                  STATUS_INFO_LENGTH_MISMATCH, "%s, a byte short", Fixed[i].Name);
        is_ulong(Length, Bytes, "says what it needs");
        ok(tap_all_bytes(Buffer, Bytes + 16, 0xA5), "and writes nothing");
        Length = 0;
        is_status(ZwQuerySystemInformation(Fixed[i].Class, Buffer, Bytes, &Length), STATUS_SUCCESS, "%s",
                  Fixed[i].Name);
        is_ulong(Length, Bytes, "its length");
        ok(tap_all_bytes(Buffer + Bytes, 16, 0xA5), "nothing past its end");
    }
}

/* The list of class Class, however long; FALSE when it cannot be had. */
static BOOLEAN query(ULONG Class, const char *Name, PULONG Length)
{
    ULONG Needed = 0;

    *Length = 0;
    RtlFillMemory(Buffer, ROOM, 0xA5);
    is_status(ZwQuerySystemInformation(Class, Buffer, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH, "%s, no room", Name);
    if (!ok(Needed > 0 && Needed <= ROOM, "it needs some"))
        return FALSE;
    return is_status(ZwQuerySystemInformation(Class, Buffer, ROOM, Length), STATUS_SUCCESS, "%s", Name);
}

static VOID performance(VOID)
{
    ULONG Switches, Allocs;
    PVOID Block;

    ZwQuerySystemInformation(2, Buffer, 312, NULL);
    Allocs = *(PULONG)(Buffer + 0x80);
    Switches = *(PULONG)(Buffer + 0x128);
    ok(*(PULONG)(Buffer + 0x2c) != 0, "pages are available");
    Block = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    ZwQuerySystemInformation(2, Buffer, 312, NULL);
    ok(*(PULONG)(Buffer + 0x80) > Allocs, "an allocation is counted");
    ok(*(PULONG)(Buffer + 0x128) >= Switches, "switches do not go back");
    ExFreePoolWithTag(Block, TAG);
}

static VOID processor_times(VOID)
{
    ULONG64 Kernel, Dpc = 0;
    LARGE_INTEGER Due = {.QuadPart = -10000};
    KTIMER Timer;

    ZwQuerySystemInformation(8, Buffer, ROOM, NULL);
    Kernel = ((PULONG64)Buffer)[1];
    KeInitializeTimer(&Timer);
    KeSetTimer(&Timer, Due, NULL);
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    ZwQuerySystemInformation(8, Buffer, ROOM, NULL);
    ok(((PULONG64)Buffer)[1] > Kernel, "kernel time, idle time with it, goes on");
    ok(((PULONG64)Buffer)[0] <= ((PULONG64)Buffer)[1], "and holds the idle time");
    ZwQuerySystemInformation(23, Buffer, ROOM, NULL);
    for (ULONG i = 0; i < KeQueryActiveProcessorCount(NULL); i++)
        Dpc += ((PULONG)Buffer)[6 * i + 1];
    is_ulong(((PULONG)Buffer)[3], KeQueryTimeIncrement(), "the clock's increment");
    diag("%I64u DPCs so far", Dpc);
}

static VOID exceptions(VOID)
{
    ULONG Before, Found = 0;

    ZwQuerySystemInformation(33, Buffer, 16, NULL);
    Before = ((PULONG)Buffer)[1];
    __try {
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Found = 1;
    }
    ZwQuerySystemInformation(33, Buffer, 16, NULL);
    is_ulong(((PULONG)Buffer)[1] - Before, Found, "a raised exception is counted");
}

static VOID handles(VOID)
{
    OBJECT_ATTRIBUTES Attributes;
    BOOLEAN Seen = FALSE;
    ULONG Length;
    HANDLE Event;
    PVOID Object;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    ObReferenceObjectByHandle(Event, 0, *ExEventObjectType, KernelMode, &Object, NULL);
    if (query(16, "SystemHandleInformation", &Length)) {
        ULONG Count = *(PULONG)Buffer;

        is_ulong(Length, 8 + Count * 24, "the count and the length agree");
        for (ULONG i = 0; i < Count && !Seen; i++) {
            PUCHAR Entry = Buffer + 8 + i * 24;

            Seen = *(PVOID *)(Entry + 8) == Object && *(PUSHORT)Entry == 4 &&
                   *(PULONG)(Entry + 16) == EVENT_ALL_ACCESS &&
                   *(PUSHORT)(Entry + 6) == (USHORT)((ULONG_PTR)Event & 0x7FFFFFFF);
        }
        ok(Seen, "an event's handle is there");
    }
    Seen = FALSE;
    if (query(64, "SystemExtendedHandleInformation", &Length)) {
        ULONG_PTR Count = *(PULONG_PTR)Buffer;

        for (ULONG_PTR i = 0; i < Count && !Seen; i++) {
            PUCHAR Entry = Buffer + 16 + i * 40;

            Seen = *(PVOID *)Entry == Object && *(PULONG_PTR)(Entry + 8) == 4 &&
                   *(PULONG_PTR)(Entry + 16) == ((ULONG_PTR)Event & 0x7FFFFFFF);
        }
        ok(Seen, "the event's handle is there too");
    }
    ObDereferenceObject(Object);
    ZwClose(Event);
}

static VOID pool_tags(VOID)
{
    ULONG Length, i;

    if (!query(22, "SystemPoolTagInformation", &Length))
        return;
    is_ulong(Length, 8 + *(PULONG)Buffer * 40, "the count and the length agree");
    for (i = 0; i < *(PULONG)Buffer; i++)
        if (*(PULONG)(Buffer + 8 + i * 40) == TAG)
            break;
    if (ok(i < *(PULONG)Buffer, "this test's tag is there"))
        is_ulong64(*(PULONG64)(Buffer + 8 + i * 40 + 16), ROOM, "with its paged bytes");
}

static BOOLEAN find_lookaside(ULONG Tag, ULONG Length)
{
    for (ULONG At = 0; At + 32 <= Length; At += 32)
        if (*(PULONG)(Buffer + At + 24) == Tag)
            return *(PULONG)(Buffer + At + 28) == 96;
    return FALSE;
}

static VOID lookasides(VOID)
{
    static NPAGED_LOOKASIDE_LIST List;
    ULONG Length = 0;

    ExInitializeNPagedLookasideList(&List, NULL, NULL, 0, 96, 'ksaL', 0);
    if (query(45, "SystemLookasideInformation", &Length))
        ok(find_lookaside('ksaL', Length), "a list of this driver's is there");
    ExDeleteNPagedLookasideList(&List);
    Length = 0;
    ZwQuerySystemInformation(45, Buffer, ROOM, &Length);
    ok(!find_lookaside('ksaL', Length), "deleted, it is not");
}

static VOID processes(VOID)
{
    ULONG Length, Threads;
    PUCHAR Thread;

    if (!query(57, "SystemExtendedProcessInformation", &Length))
        return;
    Threads = *(PULONG)(Buffer + 4);
    Thread = Buffer + 0x100;
    ok(Threads != 0, "the System process has threads");
    for (ULONG i = 0; i < Threads; i++, Thread += 0x88)
        if (*(PHANDLE)(Thread + 0x30) == PsGetCurrentThreadId())
            break;
    is_ptr(*(PHANDLE)(Thread + 0x30), PsGetCurrentThreadId(), "this thread is one");
    is_ptr(*(PHANDLE)(Thread + 0x28), (HANDLE)4, "of process 4");
    ok((PVOID)&Thread < *(PVOID *)(Thread + 0x50) && (PVOID)&Thread > *(PVOID *)(Thread + 0x58), "on its own stack");
}

static VOID modules(VOID)
{
    BOOLEAN Found = FALSE;
    ULONG Length;
    PUCHAR At;

    if (!query(77, "SystemModuleInformationEx", &Length))
        return;
    for (At = Buffer; *(PUSHORT)At != 0; At += *(PUSHORT)At)
        Found |= (ULONG_PTR)&modules - *(PULONG_PTR)(At + 8 + 0x10) < *(PULONG)(At + 8 + 0x18);
    ok(Found, "this driver is a module");
}

static VOID topology(VOID)
{
    ULONG Length = 0, Cores = 0;
    PROCESSOR_NUMBER First = {0, 0, 0}, None = {0, 77, 0};
    PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Info = (PVOID)Buffer;

    is_status(KeQueryLogicalProcessorRelationship(NULL, RelationAll, NULL, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "relations, no room");
    is_status(KeQueryLogicalProcessorRelationship(NULL, RelationAll, Info, &Length), STATUS_SUCCESS, "relations");
    for (ULONG At = 0; At < Length; At += Info->Size) {
        Info = (PVOID)(Buffer + At);
        Cores += Info->Relationship == RelationProcessorCore;
        if (Info->Relationship == RelationGroup)
            is_ulong(Info->Group.GroupInfo[0].ActiveProcessorCount, KeQueryActiveProcessorCount(NULL),
                     "the group's processors");
    }
    is_ulong(Cores, KeQueryActiveProcessorCount(NULL), "as many cores as processors");
    Length = ROOM;
    is_status(KeQueryLogicalProcessorRelationship(&First, RelationProcessorCore, (PVOID)Buffer, &Length),
              STATUS_SUCCESS, "the core of processor 0");
    is_ulong(Length, 0x30, "one");
    is_ulong64(((PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX)Buffer)->Processor.GroupMask[0].Mask, 1, "that is it");
    is_status(KeQueryLogicalProcessorRelationship(&None, RelationAll, (PVOID)Buffer, &Length),
              STATUS_INVALID_PARAMETER, "no such processor");
    is_status(KeQueryLogicalProcessorRelationship(NULL, 99, (PVOID)Buffer, &Length), STATUS_INVALID_PARAMETER,
              "no such relation");
}

static VOID firmware(VOID)
{
    ULONG Request[4] = {'ACPI', 0, 0, 0}, Length = 0;

    is_status(ZwQuerySystemInformation(76, Request, 8, &Length), STATUS_INFO_LENGTH_MISMATCH, "half a request");
    is_ulong(Length, 16, "it wants all");
    is_status(ZwQuerySystemInformation(76, Request, sizeof(Request), &Length), STATUS_SUCCESS, "ACPI tables");
    is_ulong(Request[3], 0, "none");
    Request[1] = 1;
    Request[2] = 'TDSD';
    ok(!NT_SUCCESS(ZwQuerySystemInformation(76, Request, sizeof(Request), &Length)), "not even the DSDT");
    Request[0] = 'NONE';
    is_status(ZwQuerySystemInformation(76, Request, sizeof(Request), &Length), STATUS_NOT_IMPLEMENTED,
              "a provider that is none");
}

static VOID others(VOID)
{
    UCHAR Policy[0x20];
    ULONG Length = 99;

    RtlZeroMemory(Policy, sizeof(Policy));
    is_status(ZwQuerySystemInformation(134, Policy, 8, &Length), STATUS_INFO_LENGTH_MISMATCH, "policy, too short");
    ok(!NT_SUCCESS(ZwQuerySystemInformation(134, Policy, sizeof(Policy), NULL)), "no policy is there");
    is_status(ZwQuerySystemInformation(18, Buffer, ROOM, &Length), STATUS_SUCCESS, "page files");
    is_ulong(Length, 0, "there is none");
    is_status(ZwQuerySystemInformation(3, Buffer, 48, &Length), STATUS_SUCCESS, "time of day");
    is_status(ZwQuerySystemInformation(3, Buffer, 49, &Length), STATUS_INFO_LENGTH_MISMATCH, "of a longer form");
    ZwQuerySystemInformation(50, Buffer, 8, NULL);
    ok(*(PULONG_PTR)Buffer <= (ULONG_PTR)&others, "the system range starts below this driver");
    is_status(NtQuerySystemInformation(0x1000, Buffer, ROOM, &Length), STATUS_INVALID_INFO_CLASS, "no such class");
    is_status(NtQuerySystemInformation(0, Buffer, 0x40, NULL), STATUS_SUCCESS, "no return length is wanted");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    Buffer = ExAllocatePoolWithTag(PagedPool, ROOM, TAG);
    fixed_sizes();
    performance();
    processor_times();
    exceptions();
    handles();
    pool_tags();
    lookasides();
    processes();
    modules();
    topology();
    firmware();
    others();
    ExFreePoolWithTag(Buffer, TAG);
    return done();
}
