/*
 * Long work without a thread switch: the watchdog looks at it, step by step, and must neither stop it nor mistake the calls that
 * map memory for a loop that goes nowhere.
 */
#include "tap.h"

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    volatile ULONG Counter = 0; /* in memory: no register changes while it counts */
    ULONG Good = 0;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    for (ULONG i = 0; i < 60000; i++) {
        volatile ULONG Work = 0;
        PVOID Pages;

        while (Work < 1000) /* so that the clock's tick finds the driver, not the kernel */
            Work++;
        Pages = MmAllocateNonCachedMemory(PAGE_SIZE);

        if (Pages == NULL)
            break;
        Good++;
        MmFreeNonCachedMemory(Pages, PAGE_SIZE);
    }
    while (Counter < 400000000)
        Counter++;
    is_ulong(Counter, 400000000, "a loop that counts in memory is no circle");
    is_ulong(Good, 60000, "60,000 pages mapped and unmapped");
    return done();
}
