/*
 * The DMA engine (devices/dma) as a KMDF driver has it: registers and interrupt; a transfer is
 * programmed from a scatter/gather list into the table of descriptors, which lies in a common
 * buffer of the enabler Engine. The device's own memory is the other side.
 */
#pragma once

#include "pnp_test.h"

#include "../../devices/dma/dma_registers.h"

#define TABLE_BYTES (4 * PAGE_SIZE)

static PUCHAR Registers;
static WDFINTERRUPT EngineInterrupt;
static WDFCOMMONBUFFER Table;
static TAP_UNUSED ULONG EngineStatus;

static TAP_UNUSED ULONG engine_get(ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Registers + Offset));
}

static TAP_UNUSED VOID engine_set(ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Registers + Offset), Value);
}

/* Bytes that the last transfer moved. */
static TAP_UNUSED ULONG engine_moved(VOID)
{
    return (ULONG)READ_REGISTER_ULONG64((PULONG64)(Registers + DMA_MOVED));
}

/* Starts the transfer of the list from (write) or to it; Local: the place in the device's memory.
 */
static TAP_UNUSED VOID engine_start(PSCATTER_GATHER_LIST List, ULONG Local, BOOLEAN Write)
{
    struct dma_descriptor *Entry = WdfCommonBufferGetAlignedVirtualAddress(Table);

    for (ULONG i = 0; i < List->NumberOfElements; i++, Entry++) {
        ULONG64 Address = (ULONG64)List->Elements[i].Address.QuadPart;
        ULONG Length = List->Elements[i].Length;

        *Entry = Write ? (struct dma_descriptor){Address, Local, Length, DMA_TARGET_LOCAL}
                       : (struct dma_descriptor){Local, Address, Length, DMA_SOURCE_LOCAL};
        Local += Length;
    }
    engine_set(DMA_COUNT, List->NumberOfElements);
    WRITE_REGISTER_ULONG64((PULONG64)(Registers + DMA_TABLE),
                           (ULONG64)WdfCommonBufferGetAlignedLogicalAddress(Table).QuadPart);
    engine_set(DMA_CONTROL, DMA_CONTROL_START | DMA_CONTROL_INTERRUPT);
}

static EVT_WDF_INTERRUPT_ISR engine_isr;
static TAP_UNUSED BOOLEAN NTAPI engine_isr(WDFINTERRUPT Interrupt, ULONG Message)
{
    ULONG Status = engine_get(DMA_STATUS);

    UNREFERENCED_PARAMETER(Message);
    if (!(Status & DMA_STATUS_DONE))
        return FALSE;
    EngineStatus = Status;
    engine_set(DMA_STATUS, Status);
    WdfInterruptQueueDpcForIsr(Interrupt);
    return TRUE;
}

static TAP_UNUSED VOID engine_map(WDFCMRESLIST Translated)
{
    for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = WdfCmResourceListGetDescriptor(Translated, i);

        if (Descriptor->Type == CmResourceTypeMemory)
            Registers =
                MmMapIoSpace(Descriptor->u.Memory.Start, Descriptor->u.Memory.Length, MmNonCached);
    }
    ok(Registers != NULL && engine_get(DMA_ID) == DMA_ID_VALUE, "the engine's registers");
}

static TAP_UNUSED NTSTATUS engine_create_interrupt(PFN_WDF_INTERRUPT_DPC EvtDpc)
{
    WDF_INTERRUPT_CONFIG Config;

    WDF_INTERRUPT_CONFIG_INIT(&Config, engine_isr, EvtDpc);
    return WdfInterruptCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &EngineInterrupt);
}

static TAP_UNUSED VOID engine_fill(PUCHAR Bytes, SIZE_T Count)
{
    for (SIZE_T i = 0; i < Count; i++)
        Bytes[i] = (UCHAR)(i * 7 + (i >> 8) + 1);
}

/* The first byte that is not what engine_fill wrote; -1: none. */
static TAP_UNUSED LONG engine_wrong(const UCHAR *Bytes, SIZE_T Count)
{
    for (SIZE_T i = 0; i < Count; i++)
        if (Bytes[i] != (UCHAR)(i * 7 + (i >> 8) + 1))
            return (LONG)i;
    return -1;
}
