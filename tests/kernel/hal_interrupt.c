/*
 * Interrupts of devices, found and connected as drivers of old did: bus data,
 * HalGetInterruptVector, IoConnectInterrupt. Calls: HalGetBusData, HalGetBusDataByOffset,
 * HalSetBusData, HalSetBusDataByOffset, HalGetInterruptVector, IoConnectInterrupt,
 * IoDisconnectInterrupt, KeSynchronizeExecution, KeAcquireInterruptSpinLock,
 * KeReleaseInterruptSpinLock, IoGetAffinityInterrupt.
 */
#include "timer_device.h"

static TIMER One, Two, Shared[2];

static VOID bus_data(VOID)
{
    USHORT Vendor = 0;
    ULONG Id = 0, Base, All = MAXULONG, Size = 0;

    is_ulong(HalGetBusDataByOffset(PCIConfiguration, 0, 31, &Vendor, 0, 2), 2,
             "an empty slot gives two bytes");
    is_hex(Vendor, PCI_INVALID_VENDORID, "and no vendor");
    is_ulong(HalGetBusDataByOffset(PCIConfiguration, 1, FIRST_SLOT, &Vendor, 0, 2), 0,
             "there is no bus 1");
    is_ulong(HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Id, 0, 4), 4,
             "a device's identity");
    is_hex(Id, TIMER_VENDOR_ID | TIMER_DEVICE_ID << 16, "is the timer's");
    is_ulong(HalSetBusData(PCIConfiguration, 0, 31, &Vendor, 2), 0, "an empty slot takes nothing");
    HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Base, 0x10, 4);
    HalSetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &All, 0x10, 4);
    HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Size, 0x10, 4);
    is_hex(Size, 0xFFFFF000, "a base address register says its size");
    HalSetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Base, 0x10, 4);
    HalGetBusDataByOffset(PCIConfiguration, 0, FIRST_SLOT, &Size, 0x10, 4);
    is_hex(Size, Base, "and takes its address back");
}

static VOID vectors(VOID)
{
    KAFFINITY Affinity = 5;
    KIRQL Irql = 5;

    is_ulong(HalGetInterruptVector(PCIBus, 7, 16, 16, &Irql, &Affinity), 0,
             "a bus that is none has no vector");
    is_ulong(Irql, 0, "its IRQL is 0");
    is_hex(Affinity, 0, "its affinity is empty");
    ok(One.Vector != 0 && One.Irql > DISPATCH_LEVEL && One.Irql < CLOCK_LEVEL,
       "a line's IRQL is a device's");
    is_hex(One.Affinity, KeQueryActiveProcessors(), "all processors take it");
    ok(One.Vector != Two.Vector, "another line has another vector");
    is_ulong(Shared[0].Vector, Shared[1].Vector, "a shared line has one");
}

static VOID parameters(VOID)
{
    static const struct {
        ULONG Vector;
        LONG Irql, Synchronize;
        KAFFINITY Affinity;
        const char *Text;
    } Table[] = {
        {0, 0, 0, 0, "no processor"},
        {0, 0, 0, 0x8000000000000000ull, "a processor that is none"},
        {0x20, 0, 0, 1, "a vector that is no device's"},
        {0, 1, 1, 1, "another IRQL than the vector's"},
        {0, 0, -1, 1, "a synchronisation IRQL below the interrupt's"},
    };

    for (ULONG i = 0; i < RTL_NUMBER_OF(Table); i++) {
        PKINTERRUPT Interrupt = (PKINTERRUPT)&One;
        ULONG Vector = Table[i].Vector != 0 ? Table[i].Vector : One.Vector;
        NTSTATUS Status = IoConnectInterrupt(&Interrupt, timer_isr, &One, NULL, Vector,
                                             (KIRQL)(One.Irql + Table[i].Irql),
                                             (KIRQL)(One.Irql + Table[i].Synchronize),
                                             LevelSensitive, TRUE, Table[i].Affinity, FALSE);

        is_status(Status, STATUS_INVALID_PARAMETER, "%s", Table[i].Text);
        is_ptr(Interrupt, NULL, "%s: no interrupt object", Table[i].Text);
    }
}

/* ---- delivery ---- */

static VOID raise_at(PVOID Context)
{
    LONG Calls = One.Calls;

    UNREFERENCED_PARAMETER(Context);
    timer_set(&One, TIMER_RAISE, 0);
    is_long(One.Calls, Calls + 1, "an interrupt comes at once");
}

static VOID delivery(VOID)
{
    KIRQL OldIrql;

    is_status(timer_connect(&One, FALSE, One.Affinity), STATUS_SUCCESS, "connected");
    timer_set(&One, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    tap_at_levels(TAP_ALL_LEVELS, raise_at, NULL, "raise");
    One.Calls = 0;
    KeRaiseIrql(One.Irql, &OldIrql);
    timer_set(&One, TIMER_RAISE, 0);
    is_long(One.Calls, 0, "it waits while the IRQL is its own");
    KeLowerIrql(OldIrql);
    is_long(One.Calls, 1, "and comes when the IRQL falls");
    is_long(One.Wrong, 0, "the ISR runs at the device's IRQL");
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    timer_set(&One, TIMER_RAISE, 0);
    timer_set(&One, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    KeLowerIrql(OldIrql);
    is_long(One.Calls, 1, "a line that fell again before that is no interrupt");
    timer_set(&One, TIMER_CONTROL, 0);
    timer_set(&One, TIMER_RAISE, 0);
    is_long(One.Calls, 1, "nor is one that the device holds back");
    timer_set(&One, TIMER_STATUS, TIMER_STATUS_EXPIRED);
}

static VOID NTAPI dpc_routine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(&((TIMER *)Context)->Done, 0, FALSE);
}

static VOID periods(VOID)
{
    ULONG64 Start = KeQueryInterruptTime(), Now;
    ULONG i;

    KeInitializeEvent(&One.Done, SynchronizationEvent, FALSE);
    KeInitializeDpc(&One.Dpc, dpc_routine, &One);
    One.Calls = 0;
    timer_set(&One, TIMER_PERIOD_US, 1000);
    timer_set(&One, TIMER_CONTROL, TIMER_CONTROL_ENABLE | TIMER_CONTROL_INTERRUPT);
    for (i = 0; i < 10; i++)
        KeWaitForSingleObject(&One.Done, Executive, KernelMode, FALSE, NULL);
    timer_set(&One, TIMER_CONTROL, 0);
    Now = KeQueryInterruptTime();
    is_long(One.Calls, 10, "ten periods, ten interrupts, ten DPCs");
    ok(Now - Start >= 100000 && Now - Start < 110000, "in ten milliseconds of virtual time");
    One.Dpc.DeferredRoutine = NULL;
}

/* A loop that reads a register until the device is ready ends, with no interrupt and no call. */
static VOID polling(VOID)
{
    ULONG Before = timer_get(&One, TIMER_COUNT);

    timer_set(&One, TIMER_PERIOD_US, 250000);
    timer_set(&One, TIMER_CONTROL, TIMER_CONTROL_ENABLE | TIMER_CONTROL_ONE_SHOT);
    while (!(timer_get(&One, TIMER_STATUS) & TIMER_STATUS_EXPIRED))
        ;
    is_ulong(timer_get(&One, TIMER_COUNT), Before + 1, "a polled device gets ready");
    timer_set(&One, TIMER_STATUS, TIMER_STATUS_EXPIRED);
}

/* ---- synchronisation ---- */

static BOOLEAN NTAPI synchronised(PVOID Context)
{
    LONG Calls = One.Calls;

    *(KIRQL *)Context = KeGetCurrentIrql();
    timer_set(&One, TIMER_RAISE, 0);
    return One.Calls == Calls;
}

static VOID synchronisation(VOID)
{
    GROUP_AFFINITY Affinity;
    KIRQL Irql = 0, OldIrql;

    timer_set(&One, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    One.Calls = 0;
    is_bool(KeSynchronizeExecution(One.Interrupt, synchronised, &Irql), TRUE,
            "no ISR runs in KeSynchronizeExecution");
    is_ulong(Irql, One.Irql, "which raises to the interrupt's IRQL");
    is_long(One.Calls, 1, "the ISR runs after it");
    OldIrql = KeAcquireInterruptSpinLock(One.Interrupt);
    is_ulong(OldIrql, PASSIVE_LEVEL, "KeAcquireInterruptSpinLock returns the IRQL before");
    is_ulong(KeGetCurrentIrql(), One.Irql, "and raises");
    timer_set(&One, TIMER_RAISE, 0);
    is_long(One.Calls, 1, "no ISR runs under the lock");
    KeReleaseInterruptSpinLock(One.Interrupt, OldIrql);
    is_long(One.Calls, 2, "but after it");
    tap_fill(&Affinity);
    is_status(IoGetAffinityInterrupt(One.Interrupt, &Affinity), STATUS_SUCCESS,
              "the interrupt's affinity");
    is_hex(Affinity.Mask, One.Affinity, "is what it was connected with");
    is_status(timer_connect(&Two, FALSE, Two.Affinity), STATUS_SUCCESS, "another line");
    IoDisconnectInterrupt(Two.Interrupt);
}

/* ---- the processor ---- */

static VOID targets(VOID)
{
    for (ULONG i = 0; i < KeQueryActiveProcessorCount(NULL); i++) {
        is_status(timer_connect(&Two, FALSE, (KAFFINITY)1 << i), STATUS_SUCCESS,
                  "connected to processor %u", i);
        timer_set(&Two, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
        Two.Calls = 0;
        timer_set(&Two, TIMER_RAISE, 0);
        is_long(Two.Calls, 1, "one call");
        is_ulong(Two.LastProcessor, i, "on that processor");
        IoDisconnectInterrupt(Two.Interrupt);
    }
    timer_set(&Two, TIMER_RAISE, 0);
    is_long(Two.Calls, 1, "no ISR is called after its disconnection");
    is_status(timer_connect(&Two, FALSE, Two.Affinity), STATUS_SUCCESS,
              "connected with the line asserted");
    is_long(Two.Calls, 2, "the ISR is called before the connection returns");
    IoDisconnectInterrupt(Two.Interrupt);
    timer_set(&Two, TIMER_CONTROL, 0);
}

/* ---- an interrupt in an interrupt ---- */

static LONG Inner; /* calls of the other's ISR before this one returned */

static BOOLEAN NTAPI nesting_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    TIMER *Mine = Context, *Other = Mine == &One ? &Two : &One;
    LONG Calls = Other->Calls;

    Mine->Calls++;
    timer_set(Mine, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    if (Other->Calls == 0)
        timer_set(Other, TIMER_RAISE, 0);
    Inner = Other->Calls - Calls;
    UNREFERENCED_PARAMETER(Interrupt);
    return TRUE;
}

static VOID nesting(VOID)
{
    TIMER *Low = One.Irql < Two.Irql ? &One : &Two, *High = Low == &One ? &Two : &One;

    IoDisconnectInterrupt(One.Interrupt);
    for (TIMER *Timer = Low;; Timer = High) {
        IoConnectInterrupt(&Timer->Interrupt, nesting_isr, Timer, NULL, Timer->Vector, Timer->Irql,
                           Timer->Irql, LevelSensitive, FALSE, 1, FALSE);
        timer_set(Timer, TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
        if (Timer == High)
            break;
    }
    Low->Calls = High->Calls = 0;
    timer_set(Low, TIMER_RAISE, 0);
    is_long(Inner, 1, "an interrupt of a higher IRQL comes in the ISR of a lower");
    is_long(High->Calls, 1, "once");
    Low->Calls = High->Calls = 0;
    timer_set(High, TIMER_RAISE, 0);
    is_long(Inner, 0, "the other way round it waits");
    is_long(Low->Calls, 1, "until the ISR is done");
    IoDisconnectInterrupt(Two.Interrupt);
}

/* ---- sharing ---- */

static VOID sharing(VOID)
{
    is_status(timer_connect(&Shared[0], TRUE, 1), STATUS_SUCCESS, "first of a shared line");
    is_status(timer_connect(&Shared[1], FALSE, 1), STATUS_INVALID_PARAMETER,
              "a second that does not share");
    is_status(timer_connect(&Shared[1], TRUE, 1), STATUS_SUCCESS, "a second that does");
    timer_set(&Shared[0], TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    timer_set(&Shared[1], TIMER_CONTROL, TIMER_CONTROL_INTERRUPT);
    timer_set(&Shared[1], TIMER_RAISE, 0);
    is_long(Shared[0].Calls, 1, "the first ISR is asked");
    is_long(Shared[0].Claimed, 0, "and says no");
    is_long(Shared[1].Claimed, 1, "the second claims the interrupt");
    timer_set(&Shared[0], TIMER_RAISE, 0);
    is_long(Shared[0].Claimed, 1, "the first device's");
    is_long(Shared[1].Calls, 1, "is none of the second's business");
    IoDisconnectInterrupt(Shared[0].Interrupt);
    timer_set(&Shared[1], TIMER_RAISE, 0);
    is_long(Shared[1].Claimed, 2, "the second is called alone");
    IoDisconnectInterrupt(Shared[1].Interrupt);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    if (!timer_open(&One, FIRST_SLOT) || !timer_open(&Two, FIRST_SLOT + 1) ||
        !timer_open(&Shared[0], FIRST_SLOT + 2) || !timer_open(&Shared[1], FIRST_SLOT + 3))
        return bail("the machine has not the four timers");
    bus_data();
    is_hex(timer_get(&One, TIMER_ID), TIMER_ID_VALUE, "a register is read");
    vectors();
    parameters();
    delivery();
    periods();
    polling();
    synchronisation();
    targets();
    nesting();
    sharing();
    timer_set(&One, TIMER_CONTROL, 0);
    IoDisconnectInterrupt(One.Interrupt);
    timer_close(&One);
    timer_close(&Two);
    timer_close(&Shared[0]);
    timer_close(&Shared[1]);
    return done();
}
