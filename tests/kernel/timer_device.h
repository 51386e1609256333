/* The timer device (devices/timer) as a driver of the old kind finds it: by slot, its resources in
 * configuration space. */
#pragma once

#include <ntddk.h>

#include "tap.h"

#include "../../devices/timer/timer_registers.h"

/* The headers leave these out for drivers of today. */
NTHALAPI ULONG NTAPI HalGetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                                   PVOID Buffer, ULONG Length);
NTHALAPI ULONG NTAPI HalSetBusData(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                                   PVOID Buffer, ULONG Length);
NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                           ULONG BusInterruptLevel, ULONG BusInterruptVector,
                                           PKIRQL Irql, PKAFFINITY Affinity);

#define FIRST_SLOT 2

typedef struct _TIMER {
    PUCHAR Registers; /* mapped */
    ULONG PortBase;
    ULONG Line, Vector;
    KIRQL Irql;
    KAFFINITY Affinity;
    PKINTERRUPT Interrupt;
    volatile LONG Calls, Claimed,
        Wrong; /* ISR calls; those that found their device interrupting; at a wrong IRQL */
    volatile ULONG LastProcessor;
    KDPC Dpc;
    KEVENT Done;
} TIMER;

static TAP_UNUSED ULONG timer_get(TIMER *Timer, ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Timer->Registers + Offset));
}

static TAP_UNUSED VOID timer_set(TIMER *Timer, ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Timer->Registers + Offset), Value);
}

/* Finds, switches on and maps the timer in the slot. */
static TAP_UNUSED BOOLEAN timer_open(TIMER *Timer, ULONG Slot)
{
    PCI_COMMON_CONFIG Config;
    PHYSICAL_ADDRESS Base;
    USHORT Command = PCI_ENABLE_IO_SPACE | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER;

    RtlZeroMemory(Timer, sizeof(*Timer));
    if (HalGetBusData(PCIConfiguration, 0, Slot, &Config, PCI_COMMON_HDR_LENGTH) !=
            PCI_COMMON_HDR_LENGTH ||
        Config.VendorID != TIMER_VENDOR_ID || Config.DeviceID != TIMER_DEVICE_ID)
        return FALSE;
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, &Command,
                          FIELD_OFFSET(PCI_COMMON_CONFIG, Command), sizeof(Command));
    Base.QuadPart = Config.u.type0.BaseAddresses[0] & ~0xF;
    Timer->Registers = MmMapIoSpace(Base, 4096, MmNonCached);
    Timer->PortBase = Config.u.type0.BaseAddresses[1] & ~3;
    Timer->Line = Config.u.type0.InterruptLine;
    Timer->Vector =
        HalGetInterruptVector(PCIBus, 0, Timer->Line, Timer->Line, &Timer->Irql, &Timer->Affinity);
    return Timer->Registers != NULL;
}

static TAP_UNUSED VOID timer_close(TIMER *Timer)
{
    MmUnmapIoSpace(Timer->Registers, 4096);
}

/* Claims the interrupt when the device says that it made it; quietens it, and queues the DPC when
 * there is one. */
static TAP_UNUSED BOOLEAN NTAPI timer_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    TIMER *Timer = Context;

    UNREFERENCED_PARAMETER(Interrupt);
    Timer->Calls++;
    Timer->Wrong += KeGetCurrentIrql() != Timer->Irql;
    Timer->LastProcessor = KeGetCurrentProcessorNumberEx(NULL);
    if (!(timer_get(Timer, TIMER_STATUS) & TIMER_STATUS_EXPIRED))
        return FALSE;
    timer_set(Timer, TIMER_STATUS, TIMER_STATUS_EXPIRED);
    Timer->Claimed++;
    if (Timer->Dpc.DeferredRoutine != NULL)
        KeInsertQueueDpc(&Timer->Dpc, NULL, NULL);
    return TRUE;
}

static TAP_UNUSED NTSTATUS timer_connect(TIMER *Timer, BOOLEAN Share, KAFFINITY Affinity)
{
    return IoConnectInterrupt(&Timer->Interrupt, timer_isr, Timer, NULL, Timer->Vector, Timer->Irql,
                              Timer->Irql, LevelSensitive, Share, Affinity, FALSE);
}
