/* What the machine says about itself: modes, features, time, UUIDs, system information. */
#include "tap.h"

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwAllocateLocallyUniqueId(PLUID);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemTime(PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI ZwQueryPerformanceCounter(PLARGE_INTEGER, PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI ZwDelayExecution(BOOLEAN, PLARGE_INTEGER);
NTSYSAPI NTSTATUS NTAPI ZwYieldExecution(VOID);
NTKERNELAPI NTSTATUS NTAPI ExAllocateLocallyUniqueId(PLUID);
NTKERNELAPI ULONG NTAPI ExGetFirmwareType(VOID);
NTKERNELAPI NTSTATUS NTAPI ExGetFirmwareEnvironmentVariable(PUNICODE_STRING, LPGUID, PVOID, PULONG,
                                                            PULONG);
NTKERNELAPI NTSTATUS NTAPI ExSetFirmwareEnvironmentVariable(PUNICODE_STRING, LPGUID, PVOID, ULONG,
                                                            ULONG);

#define TAG 'tsXE'

typedef struct _MODULE {
    PVOID Section, MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT Load, Init, Count, NameOffset;
    CHAR Path[256];
} MODULE;

static VOID modules(VOID)
{
    ULONG Length = 0;
    BOOLEAN Found = FALSE;
    struct {
        ULONG64 Count;
        MODULE Module[];
    } * List;

    is_status(ZwQuerySystemInformation(11, NULL, 0, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "modules, no buffer");
    List = ExAllocatePoolWithTag(PagedPool, Length, TAG);
    is_status(ZwQuerySystemInformation(11, List, Length, &Length), STATUS_SUCCESS, "modules");
    ok((ULONG)List->Count >= 2, "several");
    is_string(List->Module[0].Path + List->Module[0].NameOffset, "ntoskrnl.exe",
              "the kernel is first");
    for (ULONG i = 0; i < (ULONG)List->Count; i++)
        Found |= (ULONG_PTR)&modules - (ULONG_PTR)List->Module[i].ImageBase <
                 List->Module[i].ImageSize;
    ok(Found, "this driver is there");
    ExFreePoolWithTag(List, TAG);
}

static VOID processes(VOID)
{
    ULONG Length = 0;
    PUCHAR List;

    is_status(ZwQuerySystemInformation(5, NULL, 0, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "processes, no buffer");
    List = ExAllocatePoolWithTag(PagedPool, Length, TAG);
    is_status(ZwQuerySystemInformation(5, List, Length, NULL), STATUS_SUCCESS, "processes");
    ok(*(ULONG *)(List + 4) >= 1, "the System process has threads");
    is_ptr(*(HANDLE *)(List + 0x50), (HANDLE)4, "and number 4");
    ExFreePoolWithTag(List, TAG);
}

static VOID system_information(VOID)
{
    UCHAR Basic[0x40];
    ULONG Length = 0, Integrity[2] = {8, 0};
    BOOLEAN Debugger[2];

    tap_fill(&Basic);
    is_status(ZwQuerySystemInformation(0, Basic, sizeof(Basic), &Length), STATUS_SUCCESS, "basic");
    is_ulong(Length, 0x40, "its length");
    is_ulong(*(ULONG *)(Basic + 8), PAGE_SIZE, "page size");
    is_ulong(*(ULONG *)(Basic + 0x18), 0x10000, "allocation granularity");
    is_ulong(Basic[0x38], KeQueryActiveProcessorCount(NULL), "processors");
    is_status(ZwQuerySystemInformation(0, Basic, 8, &Length), STATUS_INFO_LENGTH_MISMATCH,
              "too short");
    is_status(NtQuerySystemInformation(0, Basic, sizeof(Basic), NULL), STATUS_SUCCESS,
              "the Nt form");
    is_status(ZwQuerySystemInformation(35, Debugger, 2, NULL), STATUS_SUCCESS, "debugger");
    is_bool(Debugger[1], KD_DEBUGGER_NOT_PRESENT, "not present");
    is_status(ZwQuerySystemInformation(103, Integrity, 8, NULL), STATUS_SUCCESS, "code integrity");
    is_status(ZwQuerySystemInformation(0x7FFF, Basic, 8, NULL), STATUS_INVALID_INFO_CLASS,
              "no such class");
    modules();
    processes();
}

static VOID identifiers(VOID)
{
    UUID One, Two;
    LUID A, B;

    is_status(ExUuidCreate(&One), STATUS_SUCCESS, "a UUID");
    is_status(ExUuidCreate(&Two), STATUS_SUCCESS, "another");
    ok(RtlCompareMemory(&One, &Two, sizeof(One)) != sizeof(One), "they differ");
    is_ulong(One.Data4[0] & 0xC0, 0x80, "the variant of RFC 4122");
    is_status(ZwAllocateLocallyUniqueId(&A), STATUS_SUCCESS, "an LUID");
    ZwAllocateLocallyUniqueId(&B);
    ok(B.LowPart != A.LowPart, "another");
    is_status(ExAllocateLocallyUniqueId(&A), STATUS_SUCCESS, "a third");
    ok(B.LowPart != A.LowPart, "another still");
}

static VOID times(VOID)
{
    LARGE_INTEGER Before, After, Delay = {.QuadPart = -100000}, Counter, Frequency;

    is_status(ZwQuerySystemTime(&Before), STATUS_SUCCESS, "time");
    is_status(ZwDelayExecution(FALSE, &Delay), STATUS_SUCCESS, "delay");
    ZwQuerySystemTime(&After);
    ok(After.QuadPart - Before.QuadPart >= 100000, "it took as long as asked");
    is_status(ZwQueryPerformanceCounter(&Counter, &Frequency), STATUS_SUCCESS, "counter");
    ok(Frequency.QuadPart > 0, "with a frequency");
    ok(NT_SUCCESS(ZwYieldExecution()), "yield");
}

static VOID firmware(VOID)
{
    UNICODE_STRING Name;
    GUID Vendor = {0};
    UCHAR Value[4];
    ULONG Length = sizeof(Value);

    RtlInitUnicodeString(&Name, L"BootOrder");
    is_ulong(ExGetFirmwareType(), 1, "legacy firmware");
    is_status(ExGetFirmwareEnvironmentVariable(&Name, &Vendor, Value, &Length, NULL),
              STATUS_NOT_IMPLEMENTED, "which has no variables");
    is_status(ExSetFirmwareEnvironmentVariable(&Name, &Vendor, Value, 4, 0), STATUS_NOT_IMPLEMENTED,
              "to set neither");
}

static VOID modes(VOID)
{
    ULONG Maximum, Minimum, Current;

    is_ulong(ExGetPreviousMode(), KernelMode, "a driver's own thread");
    is_bool(ExIsProcessorFeaturePresent(PF_XMMI64_INSTRUCTIONS_AVAILABLE), TRUE, "SSE2");
    is_bool(ExIsProcessorFeaturePresent(9999), FALSE, "no such feature");
    is_bool(ExVerifySuite(SingleUserTS), TRUE, "one user at a time");
    Current = ExSetTimerResolution(10000, TRUE);
    ok(Current <= 10000, "a finer resolution (%u)", Current);
    ExQueryTimerResolution(&Maximum, &Minimum, &Current);
    ok(Minimum <= Current && Current <= Maximum, "between the limits");
    ExSetTimerResolution(0, FALSE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    system_information();
    identifiers();
    times();
    modes();
    firmware();
    return done();
}
