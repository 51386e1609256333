/*
 * Time and what the system is: clocks read the shared page or the virtual performance counter; all of it is virtual time.
 * Not modelled: time zones other than UTC, features of processors beyond those of every x64 one.
 */
#include "k32.h"

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME Time)
{
    ULONG64 Now = SHARED_SYSTEM_TIME;

    Time->dwLowDateTime = (DWORD)Now;
    Time->dwHighDateTime = (DWORD)(Now >> 32);
}

VOID WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME Time)
{
    LARGE_INTEGER Now;

    NtQuerySystemTime(&Now);
    *Time = *(LPFILETIME)&Now;
}

ULONGLONG WINAPI GetTickCount64(VOID)
{
    return SHARED_INTERRUPT_TIME / 10000;
}

DWORD WINAPI GetTickCount(VOID)
{
    return (DWORD)GetTickCount64();
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *Counter)
{
    NTSTATUS Status = NtQueryPerformanceCounter(Counter, NULL);

    return StatusToBool(Status);
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *Frequency)
{
    LARGE_INTEGER Counter;
    NTSTATUS Status = NtQueryPerformanceCounter(&Counter, Frequency);

    return StatusToBool(Status);
}

/* ---- calendar: days since 1601-01-01, a Monday ---- */

static BOOL IsLeap(ULONG Year)
{
    return Year % 4 == 0 && (Year % 100 != 0 || Year % 400 == 0);
}

static const USHORT DaysBefore[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

static ULONG MonthStart(ULONG Year, ULONG Month)
{
    return DaysBefore[Month - 1] + (Month > 2 && IsLeap(Year));
}

static ULONG YearStart(ULONG Year)
{
    ULONG Y = Year - 1601;

    return Y * 365 + Y / 4 - Y / 100 + Y / 400;
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *File, LPSYSTEMTIME System)
{
    ULONG64 Time = ((ULONG64)File->dwHighDateTime << 32) | File->dwLowDateTime;
    ULONG Milliseconds = (ULONG)(Time / 10000 % 86400000), Day, Year, Month;
    ULONG64 Days = Time / 10000 / 86400000;

    if (Time >> 63) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    Year = 1601 + (ULONG)(Days * 400 / 146097);
    while (YearStart(Year + 1) <= Days)
        Year++;
    while (YearStart(Year) > Days)
        Year--;
    Day = (ULONG)(Days - YearStart(Year));
    for (Month = 12; MonthStart(Year, Month) > Day; Month--)
        ;
    *System = (SYSTEMTIME){.wYear = (WORD)Year, .wMonth = (WORD)Month, .wDayOfWeek = (WORD)((Days + 1) % 7),
                           .wDay = (WORD)(Day - MonthStart(Year, Month) + 1), .wHour = (WORD)(Milliseconds / 3600000),
                           .wMinute = (WORD)(Milliseconds / 60000 % 60), .wSecond = (WORD)(Milliseconds / 1000 % 60),
                           .wMilliseconds = (WORD)(Milliseconds % 1000)};
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *System, LPFILETIME File)
{
    ULONG64 Time;

    if (System->wYear < 1601 || System->wMonth < 1 || System->wMonth > 12 || System->wDay < 1 ||
        System->wDay > MonthStart(System->wYear, System->wMonth == 12 ? 12 : System->wMonth + 1) -
                           MonthStart(System->wYear, System->wMonth) + (System->wMonth == 12 ? 31 : 0) ||
        System->wHour > 23 || System->wMinute > 59 || System->wSecond > 59 || System->wMilliseconds > 999) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    Time = YearStart(System->wYear) + MonthStart(System->wYear, System->wMonth) + System->wDay - 1;
    Time = ((Time * 24 + System->wHour) * 60 + System->wMinute) * 60 + System->wSecond;
    Time = (Time * 1000 + System->wMilliseconds) * 10000;
    File->dwLowDateTime = (DWORD)Time;
    File->dwHighDateTime = (DWORD)(Time >> 32);
    return TRUE;
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME System)
{
    FILETIME Now;

    GetSystemTimeAsFileTime(&Now);
    FileTimeToSystemTime(&Now, System);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME Local)
{
    GetSystemTime(Local); /* the machine's zone is UTC */
}

BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *File, LPFILETIME Local)
{
    *Local = *File;
    return TRUE;
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *Local, LPFILETIME File)
{
    *File = *Local;
    return TRUE;
}

LONG WINAPI CompareFileTime(const FILETIME *A, const FILETIME *B)
{
    ULONG64 Left = ((ULONG64)A->dwHighDateTime << 32) | A->dwLowDateTime;
    ULONG64 Right = ((ULONG64)B->dwHighDateTime << 32) | B->dwLowDateTime;

    return Left < Right ? -1 : Left > Right;
}

DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION Zone)
{
    *Zone = (TIME_ZONE_INFORMATION){.StandardName = L"UTC", .DaylightName = L"UTC"};
    return TIME_ZONE_ID_UNKNOWN;
}

/* ---- the system ---- */

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO Info)
{
    *Info = (SYSTEM_INFO){.wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64, .dwPageSize = 4096,
                          .lpMinimumApplicationAddress = (PVOID)0x10000,
                          .lpMaximumApplicationAddress = (PVOID)0x3FFFFFFEFFFFull,
                          .dwActiveProcessorMask = CurrentPeb()->ActiveProcessAffinityMask,
                          .dwNumberOfProcessors = CurrentPeb()->NumberOfProcessors,
                          .dwProcessorType = PROCESSOR_AMD_X8664, .dwAllocationGranularity = 0x10000};
}

VOID WINAPI GetNativeSystemInfo(LPSYSTEM_INFO Info)
{
    GetSystemInfo(Info);
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD Feature)
{
    return Feature < 64 && *((volatile UCHAR *)SHARED_DATA + 0x274 + Feature) != 0;
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW Version)
{
    PPSP_PEB Peb = CurrentPeb();

    if (Version->dwOSVersionInfoSize < sizeof(*Version)) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    Version->dwMajorVersion = Peb->OSMajorVersion;
    Version->dwMinorVersion = Peb->OSMinorVersion;
    Version->dwBuildNumber = Peb->OSBuildNumber;
    Version->dwPlatformId = Peb->OSPlatformId;
    Version->szCSDVersion[0] = 0;
    return TRUE;
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA Version)
{
    OSVERSIONINFOW Wide = {.dwOSVersionInfoSize = sizeof(Wide)};

    if (Version->dwOSVersionInfoSize < sizeof(*Version)) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    GetVersionExW(&Wide);
    Version->dwMajorVersion = Wide.dwMajorVersion;
    Version->dwMinorVersion = Wide.dwMinorVersion;
    Version->dwBuildNumber = Wide.dwBuildNumber;
    Version->dwPlatformId = Wide.dwPlatformId;
    Version->szCSDVersion[0] = 0;
    return TRUE;
}

DWORD WINAPI GetVersion(VOID)
{
    PPSP_PEB Peb = CurrentPeb();

    return Peb->OSMajorVersion | (Peb->OSMinorVersion << 8) | ((DWORD)Peb->OSBuildNumber << 16);
}

BOOL WINAPI GetComputerNameW(LPWSTR Buffer, LPDWORD Size)
{
    static const WCHAR Name[] = L"DRYDOCK";

    if (*Size < COUNT_OF(Name)) {
        *Size = COUNT_OF(Name);
        SetLastError(ERROR_BUFFER_OVERFLOW);
        return FALSE;
    }
    lstrcpyW(Buffer, Name);
    *Size = COUNT_OF(Name) - 1;
    return TRUE;
}

BOOL WINAPI GetComputerNameA(LPSTR Buffer, LPDWORD Size)
{
    WCHAR Wide[16];

    if (!GetComputerNameW(Wide, Size))
        return FALSE;
    AnsiFromWide(Wide, Buffer, *Size + 1);
    return TRUE;
}
