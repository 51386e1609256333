/*
 * Which Windows this is: 10.0 build 22000, workstation, free build, no service pack. Left out:
 * editions, suites beyond single-user terminal services.
 */
#include "rtl.h"

/* The DDK renames these two for its static library. */
#undef RtlIsNtDdiVersionAvailable
#undef RtlIsServicePackVersionInstalled

#define RTLP_MAJOR 10
#define RTLP_MINOR 0
#define RTLP_BUILD 22000
#define RTLP_PLATFORM 2 /* VER_PLATFORM_WIN32_NT */
#define RTLP_SUITES 0x100 /* VER_SUITE_SINGLEUSERTS */
#define RTLP_NTDDI 0x0A00000Bu
#define RTLP_WDM_MAJOR 6
#define RTLP_WDM_MINOR 0

NT_EXPORT_DATA(NtBuildNumber);
ULONG NtBuildNumber = 0xF0000000u | RTLP_BUILD; /* F: a free build */

NT_EXPORT(RtlGetVersion);
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW Information)
{
    Information->dwMajorVersion = RTLP_MAJOR;
    Information->dwMinorVersion = RTLP_MINOR;
    Information->dwBuildNumber = RTLP_BUILD;
    Information->dwPlatformId = RTLP_PLATFORM;
    memset(Information->szCSDVersion, 0, sizeof(Information->szCSDVersion));
    if (Information->dwOSVersionInfoSize == sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW More = (PRTL_OSVERSIONINFOEXW)Information;
        More->wServicePackMajor = More->wServicePackMinor = 0;
        More->wSuiteMask = RTLP_SUITES;
        More->wProductType = VER_NT_WORKSTATION;
        More->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

NT_EXPORT(IoIsWdmVersionAvailable);
BOOLEAN NTAPI IoIsWdmVersionAvailable(UCHAR Major, UCHAR Minor)
{
    return Major < RTLP_WDM_MAJOR || (Major == RTLP_WDM_MAJOR && Minor <= RTLP_WDM_MINOR);
}

BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version);
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG Version);

/* The version must not name a service pack. [doc] RtlIsNtDdiVersionAvailable */
NT_EXPORT(RtlIsNtDdiVersionAvailable);
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version)
{
    return SPVER(Version) == 0 && Version <= RTLP_NTDDI;
}

NT_EXPORT(RtlIsServicePackVersionInstalled);
BOOLEAN NTAPI RtlIsServicePackVersionInstalled(ULONG Version)
{
    return OSVER(Version) == OSVER(RTLP_NTDDI) && SPVER(Version) == 0;
}

/* ---- VerSetConditionMask, RtlVerifyVersionInfo: three bits of condition a VER_ type, in the order
 * of the types' bits ---- */

#define RTLP_CONDITION_BITS 3
#define RTLP_CONDITION_MASK 7u

NT_EXPORT(VerSetConditionMask);
ULONGLONG NTAPI VerSetConditionMask(ULONGLONG Conditions, ULONG Types, UCHAR Condition)
{
    for (ULONG Type = 0; Type < 8; Type++)
        if (Types & (1u << Type))
            Conditions |= (ULONGLONG)(Condition & RTLP_CONDITION_MASK)
                          << (Type * RTLP_CONDITION_BITS);
    return Conditions;
}

static ULONG RtlpCondition(ULONGLONG Conditions, ULONG Type)
{
    return (ULONG)(Conditions >> ((ULONG)__builtin_ctz(Type) * RTLP_CONDITION_BITS)) &
           RTLP_CONDITION_MASK;
}

static BOOLEAN RtlpHolds(ULONG Condition, ULONG Current, ULONG Wanted)
{
    switch (Condition) {
    case VER_EQUAL: return Current == Wanted;
    case VER_GREATER: return Current > Wanted;
    case VER_GREATER_EQUAL: return Current >= Wanted;
    case VER_LESS: return Current < Wanted;
    case VER_LESS_EQUAL: return Current <= Wanted;
    default: return FALSE;
    }
}

static BOOLEAN RtlpSuitesHold(ULONG Condition, ULONG Wanted)
{
    if (Condition == VER_AND)
        return (RTLP_SUITES & Wanted) == Wanted;
    return Condition == VER_OR && (RTLP_SUITES & Wanted) != 0;
}

/* Major, minor and service pack are one number: a later part counts only where the earlier ones are
 * equal. [doc] */
static BOOLEAN RtlpVersionHolds(PRTL_OSVERSIONINFOEXW Wanted, ULONG Types, ULONGLONG Conditions)
{
    const struct { ULONG Type, Current, Wanted; } Part[] = {
        {VER_MAJORVERSION, RTLP_MAJOR, Wanted->dwMajorVersion},
        {VER_MINORVERSION, RTLP_MINOR, Wanted->dwMinorVersion},
        {VER_SERVICEPACKMAJOR, 0, Wanted->wServicePackMajor},
        {VER_SERVICEPACKMINOR, 0, Wanted->wServicePackMinor},
    };
    BOOLEAN Holds = TRUE;

    for (ULONG Index = 0; Index < ARRAYSIZE(Part); Index++) {
        if ((Types & Part[Index].Type) == 0)
            continue;
        Holds = RtlpHolds(RtlpCondition(Conditions, Part[Index].Type), Part[Index].Current,
                          Part[Index].Wanted);
        if (Part[Index].Current != Part[Index].Wanted)
            break;
    }
    return Holds;
}

NT_EXPORT(RtlVerifyVersionInfo);
NTSTATUS NTAPI RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW Wanted, ULONG Types, ULONGLONG Conditions)
{
    if (Types == 0 || Conditions == 0)
        return STATUS_INVALID_PARAMETER;
    if ((Types & VER_SUITENAME) &&
        !RtlpSuitesHold(RtlpCondition(Conditions, VER_SUITENAME), Wanted->wSuiteMask))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_PRODUCT_TYPE) && !RtlpHolds(RtlpCondition(Conditions, VER_PRODUCT_TYPE),
                                                 VER_NT_WORKSTATION, Wanted->wProductType))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_PLATFORMID) &&
        !RtlpHolds(RtlpCondition(Conditions, VER_PLATFORMID), RTLP_PLATFORM, Wanted->dwPlatformId))
        return STATUS_REVISION_MISMATCH;
    if ((Types & VER_BUILDNUMBER) &&
        !RtlpHolds(RtlpCondition(Conditions, VER_BUILDNUMBER), RTLP_BUILD, Wanted->dwBuildNumber))
        return STATUS_REVISION_MISMATCH;
    return RtlpVersionHolds(Wanted, Types, Conditions) ? STATUS_SUCCESS : STATUS_REVISION_MISMATCH;
}
