/*
 * Faults and bad timing that every device model can be given: a transfer that fails, timers that
 * are late. No routine of the kernel is on trial: what the options promise is.
 */
#include "dma_device.h"

#define LATE_100NS 5000

/* Moves 64 bytes within the common buffer; what engine_run says. */
static ULONG64 move(UCHAR Value)
{
    PUCHAR Source = (PUCHAR)Narrow.Table + PAGE_SIZE, Target = Source + PAGE_SIZE;

    RtlFillMemory(Source, 64, Value);
    RtlZeroMemory(Target, 64);
    RtlZeroMemory(Narrow.Table, sizeof(*Narrow.Table));
    Narrow.Table->source = (ULONG64)Narrow.TableAddress.QuadPart + PAGE_SIZE;
    Narrow.Table->target = (ULONG64)Narrow.TableAddress.QuadPart + 2 * PAGE_SIZE;
    Narrow.Table->length = 64;
    return engine_run(&Narrow, 1);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    PUCHAR Target;
    ULONG64 Start;

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!ok(engine_open(&Narrow, FIRST_SLOT, DEVICE_DESCRIPTION_VERSION, FALSE), "the engine"))
        return done();
    Target = (PUCHAR)Narrow.Table + 2 * PAGE_SIZE;
    Start = KeQueryInterruptTime();
    is_ulong((ULONG)move(0x11), 0, "the fourth transfer fails");
    ok(KeQueryInterruptTime() - Start >= LATE_100NS, "its end comes late");
    is_ulong(Target[0], 0, "nothing has arrived");
    is_ulong((ULONG)move(0x22), 64, "the others do not");
    is_ulong(Target[63], 0x22, "all has arrived");
    engine_close(&Narrow);
    return done();
}
