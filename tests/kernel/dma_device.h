/* The DMA engine (devices/dma) as a driver of the old kind finds it: by slot. One with 32 address
 * bits, one with 64. */
#pragma once

#include <ntddk.h>

#include "tap.h"

#include "../../devices/dma/dma_registers.h"

#define FIRST_SLOT 2
#define TAG 'amdT'
#define FOUR_GIB 0x100000000ll
#define BYTES (256 * 1024)

typedef struct _ENGINE {
    PUCHAR Registers;
    PKINTERRUPT Interrupt;
    KDPC Dpc;
    KEVENT Done;
    ULONG Status;
    PDMA_ADAPTER Adapter;
    ULONG MapRegisters;
    struct dma_descriptor *Table;
    PHYSICAL_ADDRESS TableAddress;
} ENGINE;

NTHALAPI ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                           ULONG BusInterruptLevel, ULONG BusInterruptVector,
                                           PKIRQL Irql, PKAFFINITY Affinity);

static TAP_UNUSED ENGINE Narrow, Wide;
static PDEVICE_OBJECT Device;

static TAP_UNUSED BOOLEAN NTAPI engine_isr(PKINTERRUPT Interrupt, PVOID Context)
{
    ENGINE *Engine = Context;
    ULONG Status = READ_REGISTER_ULONG((PULONG)(Engine->Registers + DMA_STATUS));

    UNREFERENCED_PARAMETER(Interrupt);
    if (!(Status & DMA_STATUS_DONE))
        return FALSE;
    Engine->Status = Status;
    WRITE_REGISTER_ULONG((PULONG)(Engine->Registers + DMA_STATUS), Status);
    KeInsertQueueDpc(&Engine->Dpc, NULL, NULL);
    return TRUE;
}

static TAP_UNUSED VOID NTAPI engine_dpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeSetEvent(&((ENGINE *)Context)->Done, 0, FALSE);
}

static TAP_UNUSED DEVICE_DESCRIPTION description(ULONG Version, BOOLEAN Is64, BOOLEAN ScatterGather)
{
    DEVICE_DESCRIPTION D;

    RtlZeroMemory(&D, sizeof(D));
    D.Version = Version;
    D.Master = TRUE;
    D.ScatterGather = ScatterGather;
    D.Dma32BitAddresses = TRUE;
    D.Dma64BitAddresses = Is64;
    D.DmaAddressWidth = Is64 ? 64 : 32; /* version 3 */
    D.InterfaceType = PCIBus;
    D.MaximumLength = BYTES;
    return D;
}

static TAP_UNUSED BOOLEAN engine_open(ENGINE *Engine, ULONG Slot, ULONG Version, BOOLEAN Is64)
{
    DEVICE_DESCRIPTION D = description(Version, Is64, TRUE);
    USHORT Command = PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER;
    PCI_COMMON_CONFIG Config;
    PHYSICAL_ADDRESS Base;
    KAFFINITY Affinity;
    ULONG Vector;
    KIRQL Irql;

    HalGetBusDataByOffset(PCIConfiguration, 0, Slot, &Config, 0, PCI_COMMON_HDR_LENGTH);
    if (Config.VendorID != DMA_VENDOR_ID || Config.DeviceID != DMA_DEVICE_ID)
        return FALSE;
    HalSetBusDataByOffset(PCIConfiguration, 0, Slot, &Command,
                          FIELD_OFFSET(PCI_COMMON_CONFIG, Command), sizeof(Command));
    Base.QuadPart = (Config.u.type0.BaseAddresses[0] & ~0xFull) |
                    (ULONG64)Config.u.type0.BaseAddresses[1] << 32;
    Engine->Registers = MmMapIoSpace(Base, 4096, MmNonCached);
    KeInitializeEvent(&Engine->Done, SynchronizationEvent, FALSE);
    KeInitializeDpc(&Engine->Dpc, engine_dpc, Engine);
    Vector = HalGetInterruptVector(PCIBus, 0, Config.u.type0.InterruptLine,
                                   Config.u.type0.InterruptLine, &Irql, &Affinity);
    IoConnectInterrupt(&Engine->Interrupt, engine_isr, Engine, NULL, Vector, Irql, Irql,
                       LevelSensitive, TRUE, Affinity, FALSE);
    Engine->Adapter = IoGetDmaAdapter(NULL, &D, &Engine->MapRegisters);
    Engine->Table = Engine->Adapter->DmaOperations->AllocateCommonBuffer(
        Engine->Adapter, 4 * PAGE_SIZE, &Engine->TableAddress, TRUE);
    return READ_REGISTER_ULONG((PULONG)(Engine->Registers + DMA_ID)) == DMA_ID_VALUE &&
           Engine->Table != NULL;
}

static TAP_UNUSED VOID engine_close(ENGINE *Engine)
{
    PDMA_OPERATIONS Operations = Engine->Adapter->DmaOperations;

    Operations->FreeCommonBuffer(Engine->Adapter, 4 * PAGE_SIZE, Engine->TableAddress,
                                 Engine->Table, TRUE);
    Operations->PutDmaAdapter(Engine->Adapter);
    IoDisconnectInterrupt(Engine->Interrupt);
    MmUnmapIoSpace(Engine->Registers, 4096);
}

/* Runs the first Count descriptors of the table; the bytes moved, or 0 after an error. */
static TAP_UNUSED ULONG64 engine_run(ENGINE *Engine, ULONG Count)
{
    WRITE_REGISTER_ULONG((PULONG)(Engine->Registers + DMA_COUNT), Count);
    WRITE_REGISTER_ULONG64((PULONG64)(Engine->Registers + DMA_TABLE),
                           (ULONG64)Engine->TableAddress.QuadPart);
    WRITE_REGISTER_ULONG((PULONG)(Engine->Registers + DMA_CONTROL),
                         DMA_CONTROL_INTERRUPT | DMA_CONTROL_START);
    KeWaitForSingleObject(&Engine->Done, Executive, KernelMode, FALSE, NULL);
    return (Engine->Status & DMA_STATUS_ERROR)
               ? 0
               : READ_REGISTER_ULONG64((PULONG64)(Engine->Registers + DMA_MOVED));
}

static TAP_UNUSED UCHAR pattern(ULONG i)
{
    return (UCHAR)(i * 7 + (i >> 8) * 13 + 5);
}

static TAP_UNUSED VOID fill(PUCHAR Buffer, ULONG Bytes)
{
    for (ULONG i = 0; i < Bytes; i++)
        Buffer[i] = pattern(i);
}

static TAP_UNUSED LONG64 first_wrong(const UCHAR *Buffer, ULONG Bytes)
{
    for (ULONG i = 0; i < Bytes; i++)
        if (Buffer[i] != pattern(i))
            return i;
    return -1;
}
