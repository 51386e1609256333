/*
 * Calendar time and its epochs; which Windows this says it is.
 */
#include "tap.h"

#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG);
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG);

typedef struct _TIME_ROW { LONG64 Time; TIME_FIELDS Fields; } TIME_ROW;

static const TIME_ROW Rows[] = {
    /*                     year  mo  d   h   m   s  ms  weekday */
    {0, {1601, 1, 1, 0, 0, 0, 0, 1}},
    {116444736000000000, {1970, 1, 1, 0, 0, 0, 0, 4}},
    {119600064000000000, {1980, 1, 1, 0, 0, 0, 0, 2}},
    {125963423999990000, {2000, 2, 29, 23, 59, 59, 999, 2}},
    {125963424000000000, {2000, 3, 1, 0, 0, 0, 0, 3}},
    {94354848000000000, {1900, 1, 1, 0, 0, 0, 0, 1}},
    {94405824000000000, {1900, 3, 1, 0, 0, 0, 0, 4}},
    {133485407990000000, {2023, 12, 31, 23, 59, 59, 0, 0}},
    {9223149887999990000, {30827, 12, 31, 23, 59, 59, 999, 5}},
};

static VOID TestFields(VOID)
{
    TIME_FIELDS Fields;
    LARGE_INTEGER Time;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Rows); i++) {
        tap_fill(&Fields);
        Time.QuadPart = Rows[i].Time;
        RtlTimeToTimeFields(&Time, &Fields);
        is_bytes(&Fields, &Rows[i].Fields, sizeof(Fields), "RtlTimeToTimeFields row %lu", i);
        Fields = Rows[i].Fields;
        Fields.Weekday = 77; /* not looked at */
        tap_fill(&Time);
        is_bool(RtlTimeFieldsToTime(&Fields, &Time), TRUE, "RtlTimeFieldsToTime");
        is_long(Time.QuadPart, Rows[i].Time, "its time");
    }
}

static VOID TestBadFields(VOID)
{
    static const TIME_FIELDS Bad[] = {
        {1600, 1, 1, 0, 0, 0, 0, 0}, {2000, 0, 1, 0, 0, 0, 0, 0}, {2000, 13, 1, 0, 0, 0, 0, 0},
        {2000, 1, 0, 0, 0, 0, 0, 0}, {2001, 2, 29, 0, 0, 0, 0, 0}, {1900, 2, 29, 0, 0, 0, 0, 0},
        {2000, 4, 31, 0, 0, 0, 0, 0}, {2000, 1, 1, 24, 0, 0, 0, 0}, {2000, 1, 1, 0, 60, 0, 0, 0},
        {2000, 1, 1, 0, 0, 60, 0, 0}, {2000, 1, 1, 0, 0, 0, 1000, 0}, {2000, 1, 1, -1, 0, 0, 0, 0},
    };
    LARGE_INTEGER Time;

    for (ULONG i = 0; i < RTL_NUMBER_OF(Bad); i++) {
        TIME_FIELDS Fields = Bad[i];
        is_bool(RtlTimeFieldsToTime(&Fields, &Time), FALSE, "bad fields %lu", i);
    }
}

static VOID TestSeconds(VOID)
{
    LARGE_INTEGER Time;
    ULONG Seconds = 0;

    RtlSecondsSince1970ToTime(1, &Time);
    is_long(Time.QuadPart, 116444736010000000, "RtlSecondsSince1970ToTime");
    is_bool(RtlTimeToSecondsSince1970(&Time, &Seconds), TRUE, "RtlTimeToSecondsSince1970");
    is_ulong(Seconds, 1, "its seconds");
    RtlSecondsSince1980ToTime(MAXULONG, &Time);
    is_bool(RtlTimeToSecondsSince1980(&Time, &Seconds), TRUE, "RtlTimeToSecondsSince1980");
    is_ulong(Seconds, MAXULONG, "the last second");
    Time.QuadPart += 10000000;
    is_bool(RtlTimeToSecondsSince1980(&Time, &Seconds), FALSE, "one too late");
    Time.QuadPart = 116444735999999999;
    is_bool(RtlTimeToSecondsSince1970(&Time, &Seconds), FALSE, "before 1970");
}

static VOID TestLocal(VOID)
{
    LARGE_INTEGER System, Local, Back;

    System.QuadPart = 125962560000000000;
    ExSystemTimeToLocalTime(&System, &Local);
    ExLocalTimeToSystemTime(&Local, &Back);
    is_long(Back.QuadPart, System.QuadPart, "local time and back");
    ok((System.QuadPart - Local.QuadPart) % (15 * 60 * 10000000ll) == 0,
       "the bias is whole quarters of an hour");
}

static VOID TestVersion(VOID)
{
    RTL_OSVERSIONINFOEXW Info;
    ULONG Major = 0, Minor = 9, Build = 0;
    UNICODE_STRING Csd;

    tap_fill(&Info);
    Info.dwOSVersionInfoSize = sizeof(RTL_OSVERSIONINFOW);
    is_status(RtlGetVersion((PRTL_OSVERSIONINFOW)&Info), STATUS_SUCCESS, "RtlGetVersion");
    ok(Info.dwMajorVersion == 10 && Info.dwMinorVersion == 0 && Info.dwPlatformId == 2, "10.0");
    is_hex(Info.wProductType, 0xA5, "the short form leaves the rest");
    Info.dwOSVersionInfoSize = sizeof(Info);
    is_status(RtlGetVersion((PRTL_OSVERSIONINFOW)&Info), STATUS_SUCCESS, "the long form");
    is_ulong(Info.wProductType, VER_NT_WORKSTATION, "a workstation");
    is_bool(PsGetVersion(&Major, &Minor, &Build, &Csd), FALSE, "PsGetVersion: a free build");
    ok(Major == Info.dwMajorVersion && Minor == Info.dwMinorVersion && Build == Info.dwBuildNumber,
       "the same version");
    is_bool(IoIsWdmVersionAvailable(1, 0x20), TRUE, "WDM 1.20");
    is_bool(IoIsWdmVersionAvailable(6, 0), TRUE, "WDM 6.0");
    is_bool(IoIsWdmVersionAvailable(6, 1), FALSE, "no WDM 6.1");
    is_bool(RtlIsNtDdiVersionAvailable(NTDDI_WIN7), TRUE, "Windows 7's interface");
    is_bool(RtlIsNtDdiVersionAvailable(0x0B000000), FALSE, "no later one");
    is_bool(RtlIsServicePackVersionInstalled(0x0A000000), TRUE, "this version, no service pack");
    is_bool(RtlIsServicePackVersionInstalled(0x06010100), FALSE, "Windows 7 SP1");
}

typedef struct _VERIFY_ROW {
    ULONG Major, Minor, Build;
    ULONG Types;
    UCHAR Condition;
    NTSTATUS Status;
} VERIFY_ROW;

static VOID TestVerify(VOID)
{
    static const VERIFY_ROW Verify[] = {
        {10, 0, 0, VER_MAJORVERSION | VER_MINORVERSION, VER_EQUAL, STATUS_SUCCESS},
        {6, 1, 0, VER_MAJORVERSION | VER_MINORVERSION, VER_GREATER_EQUAL, STATUS_SUCCESS},
        {6, 1, 0, VER_MAJORVERSION | VER_MINORVERSION, VER_GREATER, STATUS_SUCCESS},
        {10, 0, 0, VER_MAJORVERSION | VER_MINORVERSION, VER_GREATER, STATUS_REVISION_MISMATCH},
        {10, 1, 0, VER_MAJORVERSION | VER_MINORVERSION, VER_GREATER_EQUAL,
         STATUS_REVISION_MISMATCH},
        {10, 1, 0, VER_MAJORVERSION | VER_MINORVERSION, VER_LESS, STATUS_SUCCESS},
        {11, 0, 0, VER_MAJORVERSION, VER_GREATER_EQUAL, STATUS_REVISION_MISMATCH},
        {6, 1, 0, VER_MAJORVERSION, VER_LESS_EQUAL, STATUS_REVISION_MISMATCH},
        {0, 0, 7600, VER_BUILDNUMBER, VER_GREATER_EQUAL, STATUS_SUCCESS},
        {0, 0, 99999, VER_BUILDNUMBER, VER_GREATER_EQUAL, STATUS_REVISION_MISMATCH},
    };
    RTL_OSVERSIONINFOEXW Info;

    is_ulong64(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL) & 0xFFFFFFFF, 3 << 3,
               "VerSetConditionMask");
    for (ULONG i = 0; i < RTL_NUMBER_OF(Verify); i++) {
        ULONGLONG Conditions = 0;
        for (ULONG Type = 1; Type != 0 && Type <= VER_PRODUCT_TYPE; Type *= 2)
            if (Verify[i].Types & Type)
                Conditions = VerSetConditionMask(Conditions, Type, Verify[i].Condition);
        RtlZeroMemory(&Info, sizeof(Info));
        Info.dwOSVersionInfoSize = sizeof(Info);
        Info.dwMajorVersion = Verify[i].Major;
        Info.dwMinorVersion = Verify[i].Minor;
        Info.dwBuildNumber = Verify[i].Build;
        is_status(RtlVerifyVersionInfo(&Info, Verify[i].Types, Conditions), Verify[i].Status,
                  "verify row %lu", i);
    }
    Info.wProductType = VER_NT_WORKSTATION;
    is_status(RtlVerifyVersionInfo(&Info, VER_PRODUCT_TYPE,
                                   VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)),
              STATUS_SUCCESS, "a workstation");
    Info.wProductType = VER_NT_SERVER;
    is_status(RtlVerifyVersionInfo(&Info, VER_PRODUCT_TYPE,
                                   VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)),
              STATUS_REVISION_MISMATCH, "no server");
    is_status(RtlVerifyVersionInfo(&Info, 0, 1), STATUS_INVALID_PARAMETER, "no type");
}

static VOID TestBuildNumber(VOID)
{
    PULONG Number = tap_routine(L"NtBuildNumber");
    ULONG Build = 0;

    if (Number == NULL) {
        skip(2, "NtBuildNumber is not found here");
        return;
    }
    PsGetVersion(NULL, NULL, &Build, NULL);
    is_ulong(*Number & 0xFFFF, Build, "NtBuildNumber");
    is_hex(*Number >> 28, 0xF, "of a free build");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    TestFields();
    TestBadFields();
    TestSeconds();
    TestLocal();
    TestVersion();
    TestVerify();
    TestBuildNumber();
    return done();
}
