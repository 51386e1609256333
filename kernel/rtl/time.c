/*
 * Calendar time: 100 ns since 1601 (UTC) to and from fields and the seconds of 1970 and 1980;
 * system to local time by the bias in KUSER_SHARED_DATA. The calendar is the Gregorian one without
 * leap seconds. Left out: daylight saving rules.
 */
#include "rtl.h"

#define RTLP_TICKS_PER_SECOND 10000000ll
#define RTLP_SECONDS_PER_DAY 86400ll
#define RTLP_SECONDS_1601_TO_1970 11644473600ll
#define RTLP_SECONDS_1601_TO_1980 11960006400ll
#define RTLP_LAST_YEAR 30827 /* 2^63 * 100 ns falls into 30828 */
#define RTLP_KUSER_TIME_ZONE_BIAS 0x20 /* KSYSTEM_TIME */

static const USHORT RtlpDaysBefore[2][13] = {
    {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
    {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366},
};

static BOOLEAN RtlpIsLeap(LONG64 Year)
{
    return Year % 4 == 0 && (Year % 100 != 0 || Year % 400 == 0);
}

static LONG64 RtlpDaysBeforeYear(LONG64 Year) /* days from 1601-01-01 to Year-01-01 */
{
    LONG64 Years = Year - 1601;

    return Years * 365 + Years / 4 - Years / 100 + Years / 400;
}

NT_EXPORT(RtlTimeToTimeFields);
VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields)
{
    LONG64 Seconds = Time->QuadPart / RTLP_TICKS_PER_SECOND, Days = Seconds / RTLP_SECONDS_PER_DAY,
           Year;
    ULONG Second = (ULONG)(Seconds % RTLP_SECONDS_PER_DAY), Month = 1, Leap;

    Fields->Milliseconds = (CSHORT)(Time->QuadPart / 10000 % 1000);
    Fields->Hour = (CSHORT)(Second / 3600);
    Fields->Minute = (CSHORT)(Second / 60 % 60);
    Fields->Second = (CSHORT)(Second % 60);
    Fields->Weekday = (CSHORT)((Days + 1) % 7); /* 1601-01-01 was a Monday */
    Year = 1601 + Days / 366;                   /* not past the year wanted */
    while (RtlpDaysBeforeYear(Year + 1) <= Days)
        Year++;
    Days -= RtlpDaysBeforeYear(Year);
    Leap = RtlpIsLeap(Year);
    while (RtlpDaysBefore[Leap][Month] <= Days)
        Month++;
    Fields->Year = (CSHORT)Year;
    Fields->Month = (CSHORT)Month;
    Fields->Day = (CSHORT)(Days - RtlpDaysBefore[Leap][Month - 1] + 1);
}

/* FALSE when a field is out of range; the weekday is not looked at. [doc] RtlTimeFieldsToTime */
NT_EXPORT(RtlTimeFieldsToTime);
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS Fields, PLARGE_INTEGER Time)
{
    LONG64 Days, Seconds;
    ULONG Leap;

    if (Fields->Year < 1601 || Fields->Year > RTLP_LAST_YEAR || Fields->Month < 1 ||
        Fields->Month > 12 || (USHORT)Fields->Hour > 23 || (USHORT)Fields->Minute > 59 ||
        (USHORT)Fields->Second > 59 || (USHORT)Fields->Milliseconds > 999)
        return FALSE;
    Leap = RtlpIsLeap(Fields->Year);
    if (Fields->Day < 1 ||
        Fields->Day > RtlpDaysBefore[Leap][Fields->Month] - RtlpDaysBefore[Leap][Fields->Month - 1])
        return FALSE;
    Days = RtlpDaysBeforeYear(Fields->Year) + RtlpDaysBefore[Leap][Fields->Month - 1] +
           Fields->Day - 1;
    Seconds =
        Days * RTLP_SECONDS_PER_DAY + Fields->Hour * 3600 + Fields->Minute * 60 + Fields->Second;
    Time->QuadPart = Seconds * RTLP_TICKS_PER_SECOND + Fields->Milliseconds * 10000;
    return TRUE;
}

static BOOLEAN RtlpTimeToSeconds(const LARGE_INTEGER *Time, LONG64 Epoch, PULONG Result)
{
    LONG64 Seconds = Time->QuadPart / RTLP_TICKS_PER_SECOND - Epoch;

    if (Seconds < 0 || Seconds > MAXULONG)
        return FALSE;
    *Result = (ULONG)Seconds;
    return TRUE;
}

NT_EXPORT(RtlTimeToSecondsSince1970);
BOOLEAN NTAPI RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG Seconds)
{
    return RtlpTimeToSeconds(Time, RTLP_SECONDS_1601_TO_1970, Seconds);
}

NT_EXPORT(RtlTimeToSecondsSince1980);
BOOLEAN NTAPI RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG Seconds)
{
    return RtlpTimeToSeconds(Time, RTLP_SECONDS_1601_TO_1980, Seconds);
}

NT_EXPORT(RtlSecondsSince1970ToTime);
VOID NTAPI RtlSecondsSince1970ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (Seconds + RTLP_SECONDS_1601_TO_1970) * RTLP_TICKS_PER_SECOND;
}

NT_EXPORT(RtlSecondsSince1980ToTime);
VOID NTAPI RtlSecondsSince1980ToTime(ULONG Seconds, PLARGE_INTEGER Time)
{
    Time->QuadPart = (Seconds + RTLP_SECONDS_1601_TO_1980) * RTLP_TICKS_PER_SECOND;
}

static LONG64 RtlpTimeZoneBias(VOID) /* local time is UTC minus the bias */
{
    const volatile KSYSTEM_TIME *Bias = (const VOID *)(HAL_KUSER_VA + RTLP_KUSER_TIME_ZONE_BIAS);

    return (LONG64)((ULONG64)(ULONG)Bias->High1Time << 32 | Bias->LowPart);
}

NT_EXPORT(ExSystemTimeToLocalTime);
VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    LocalTime->QuadPart = SystemTime->QuadPart - RtlpTimeZoneBias();
}

NT_EXPORT(ExLocalTimeToSystemTime);
VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    SystemTime->QuadPart = LocalTime->QuadPart + RtlpTimeZoneBias();
}
