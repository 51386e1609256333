/*
 * A device behind a PCI-to-PCI bridge, as a driver of the old kind finds it: by bus and slot.
 * Calls: HalGetBusData, HalGetBusDataByOffset, HalSetBusDataByOffset, HalTranslateBusAddress.
 */
#include "timer_device.h"

enum { BRIDGE_SLOT = 2, BEHIND_SLOT = 3, BESIDE_SLOT = 4 };
#define BEHIND 1
#define ALL_ON (PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER)

static ULONG read_config(ULONG Bus, ULONG Slot, ULONG Offset, ULONG Bytes)
{
    ULONG Value = 0;

    HalGetBusDataByOffset(PCIConfiguration, Bus, Slot, &Value, Offset, Bytes);
    return Value;
}

static VOID set_command(ULONG Bus, ULONG Slot, USHORT Command)
{
    HalSetBusDataByOffset(PCIConfiguration, Bus, Slot, &Command,
                          FIELD_OFFSET(PCI_COMMON_CONFIG, Command), sizeof(Command));
}

static VOID test_bridge(ULONG64 *Low, ULONG64 *High)
{
    ULONG Window = read_config(0, BRIDGE_SLOT, 0x20, 4);

    is_hex(read_config(0, BRIDGE_SLOT, 0x0A, 2), 0x0604, "its class: PCI-to-PCI bridge");
    is_hex(read_config(0, BRIDGE_SLOT, 0x0E, 1), PCI_BRIDGE_TYPE, "its header");
    is_hex(read_config(0, BRIDGE_SLOT, 0x18, 4), 0x00010100, "from bus 0 to bus 1, and no further");
    is_hex(read_config(0, BRIDGE_SLOT, FIELD_OFFSET(PCI_COMMON_CONFIG, Command), 2) & ALL_ON,
           ALL_ON, "its driver has switched it on");
    *Low = (ULONG64)(Window & 0xFFF0) << 16;
    *High = (Window & 0xFFF00000) | 0xFFFFF;
    ok(*Low >= 0xE0000000 && *High - *Low + 1 == 16 << 20, "its window: 0x%I64x to 0x%I64x", *Low,
       *High);
}

static VOID test_slots(VOID)
{
    USHORT Vendor = 0;

    is_hex(read_config(BEHIND, BEHIND_SLOT, 0, 4), TIMER_VENDOR_ID | TIMER_DEVICE_ID << 16,
           "the device behind it");
    is_hex(read_config(0, BEHIND_SLOT, 0, 2), PCI_INVALID_VENDORID, "is not on bus 0");
    is_hex(read_config(0, BESIDE_SLOT, 0, 2), TIMER_VENDOR_ID, "the device beside it is");
    is_hex(read_config(BEHIND, BESIDE_SLOT, 0, 2), PCI_INVALID_VENDORID, "and not on bus 1");
    is_ulong(HalGetBusData(PCIConfiguration, 2, BEHIND_SLOT, &Vendor, 2), 0, "there is no bus 2");
}

static VOID test_translation(ULONG64 Address)
{
    PHYSICAL_ADDRESS Bus = {.QuadPart = (LONGLONG)Address}, Translated = {.QuadPart = 0};
    ULONG Space = 0;

    is_bool(HalTranslateBusAddress(PCIBus, BEHIND, Bus, &Space, &Translated), TRUE,
            "an address of bus 1");
    is_hex(Translated.QuadPart, Address, "is the same for the processor");
    is_bool(HalTranslateBusAddress(PCIBus, 2, Bus, &Space, &Translated), FALSE,
            "one of bus 2 is none");
}

static VOID test_interrupt(TIMER *Timer)
{
    LARGE_INTEGER Timeout;

    Timeout.QuadPart = -10000000;
    KeInitializeEvent(&Timer->Done, SynchronizationEvent, FALSE);
    Timer->Line = read_config(BEHIND, BEHIND_SLOT, 0x3C, 1);
    Timer->Vector = HalGetInterruptVector(PCIBus, BEHIND, Timer->Line, Timer->Line, &Timer->Irql,
                                          &Timer->Affinity);
    if (!is_status(timer_connect(Timer, TRUE, Timer->Affinity), STATUS_SUCCESS,
                   "its line is connected"))
        return;
    timer_set(Timer, TIMER_PERIOD_US, 100);
    timer_set(Timer, TIMER_CONTROL,
              TIMER_CONTROL_ENABLE | TIMER_CONTROL_INTERRUPT | TIMER_CONTROL_ONE_SHOT);
    KeDelayExecutionThread(KernelMode, FALSE, &Timeout);
    is_long(Timer->Claimed, 1, "an interrupt comes through the bridge");
    IoDisconnectInterrupt(Timer->Interrupt);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    ULONG64 Low, High, Address;
    PHYSICAL_ADDRESS Base;
    TIMER Timer = {0};

    UNREFERENCED_PARAMETER(RegistryPath);
    tap_begin(Driver);
    test_bridge(&Low, &High);
    test_slots();
    Address = read_config(BEHIND, BEHIND_SLOT, 0x10, 4) & ~15u;
    ok(Address >= Low && Address <= High, "its registers are in the window: 0x%I64x", Address);
    Address = read_config(0, BESIDE_SLOT, 0x10, 4) & ~15u;
    ok(Address < Low || Address > High, "those of the other device are not: 0x%I64x", Address);
    Address = read_config(BEHIND, BEHIND_SLOT, 0x10, 4) & ~15u;
    test_translation(Address);
    set_command(BEHIND, BEHIND_SLOT, ALL_ON);
    Base.QuadPart = (LONGLONG)Address;
    Timer.Registers = MmMapIoSpace(Base, PAGE_SIZE, MmNonCached);
    is_hex(timer_get(&Timer, TIMER_ID), TIMER_ID_VALUE,
           "its registers are read through the bridge");
    set_command(0, BRIDGE_SLOT, PCI_ENABLE_BUS_MASTER);
    is_hex(timer_get(&Timer, TIMER_ID), MAXULONG, "but not while the bridge passes nothing on");
    set_command(0, BRIDGE_SLOT, ALL_ON);
    is_hex(timer_get(&Timer, TIMER_ID), TIMER_ID_VALUE, "and again");
    test_interrupt(&Timer);
    timer_close(&Timer);
    return done();
}
