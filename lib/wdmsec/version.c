/*
 * RtlIsNtDdiVersionAvailable and RtlIsServicePackVersionInstalled: Windows 2000 lacked them, so the kits link them into the
 * driver. Both compare an NTDDI_ constant: major, minor, service pack and sub-version, a byte each. [doc: wdm.h]
 */
#include <ntddk.h>

#define NTDDI_OSVER(Version) ((Version) & 0xFFFF0000)
#define NTDDI_SERVICE_PACK(Version) (((Version) >> 8) & 0xFF)

static ULONG SecVersion(VOID)
{
    RTL_OSVERSIONINFOEXW Info = {.dwOSVersionInfoSize = sizeof(Info)};

    RtlGetVersion((PRTL_OSVERSIONINFOW)&Info);
    return Info.dwMajorVersion << 24 | Info.dwMinorVersion << 16 | (ULONG)Info.wServicePackMajor << 8;
}

BOOLEAN WdmlibRtlIsNtDdiVersionAvailable(ULONG Version)
{
    return NTDDI_OSVER(SecVersion()) >= NTDDI_OSVER(Version);
}

/* Of the named Windows, not of a later one. */
BOOLEAN WdmlibRtlIsServicePackVersionInstalled(ULONG Version)
{
    ULONG Running = SecVersion();

    return NTDDI_OSVER(Running) == NTDDI_OSVER(Version) &&
           NTDDI_SERVICE_PACK(Running) >= NTDDI_SERVICE_PACK(Version);
}
