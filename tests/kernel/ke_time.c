/* Time: the clocks agree and go forward; the shared page shows them. */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER First, Second, Frequency, Ticks;
    ULONG64 Interrupt, Precise;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    First = KeQueryPerformanceCounter(&Frequency);
    KeStallExecutionProcessor(50);
    Second = KeQueryPerformanceCounter(NULL);
    ok(Frequency.QuadPart > 0, "the counter has a frequency");
    ok(Second.QuadPart > First.QuadPart, "and goes forward");
    KeQuerySystemTime(&First);
    KeStallExecutionProcessor(50);
    KeQuerySystemTimePrecise(&Second);
    ok(Second.QuadPart - First.QuadPart >= 500, "a stall of 50 us takes 50 us");
    ok(First.QuadPart > 125911584000000000LL, "the system time is after the year 2000");
    Interrupt = KeQueryInterruptTime();
    KeStallExecutionProcessor(1);
    KeQueryInterruptTimePrecise(&Precise);
    ok(Precise > Interrupt, "interrupt time goes forward");
    ok(KeQueryUnbiasedInterruptTime() >= Precise, "as does the unbiased one");
    KeQueryTickCount(&Ticks);
    ok((ULONG64)Ticks.QuadPart <= KeQueryInterruptTime() / KeQueryTimeIncrement(), "ticks are interrupt time by the increment");
    KeQueryTickCount(&First);
    for (ULONG i = 0; i < 20; i++)
        KeStallExecutionProcessor(1000);
    KeQueryTickCount(&Second);
    ok(Second.QuadPart > First.QuadPart, "20 ms make at least one tick");
    if (tap_routine(L"wine_get_version") == NULL) {
        ULONG64 Shared = *(volatile ULONG64 *)0xFFFFF78000000008ull;

        ok(Shared + 100 >= KeQueryInterruptTime() - 100 && Shared <= KeQueryInterruptTime(), "the shared page has it too");
        is_ulong(*(volatile ULONG *)0xFFFFF7800000026Cull, 10, "and the version");
        is_ulong(*(volatile UCHAR *)0xFFFFF7800000026Cull, 10, "read as a byte");
        is_ulong(*(volatile USHORT *)0xFFFFF7800000026Cull, 10, "read as a word");
    }
    return done();
}
