/*
 * Measures the edu device: how late and how often an interrupt comes, what a register reads as,
 * when a transfer's bytes are in memory. What is right is for the test to say that gives the device
 * its faults.
 */
#include <initguid.h>
#include <ntddk.h>
#include <wdmguid.h>

#include "../../../devices/edu/edu_registers.h"
#include "qemu_device.h"

#define DATA_BYTES 64u
#define SETTLE_MS 1

static BOOLEAN qemu_claim(QDEV *Device, ULONG Message)
{
    ULONG Bits = qemu_get(Device, 0, EDU_INTERRUPT_STATUS);

    UNREFERENCED_PARAMETER(Message);
    if (Bits == 0)
        return FALSE;
    qemu_put(Device, 0, EDU_INTERRUPT_ACKNOWLEDGE, Bits);
    return TRUE;
}

static VOID pause(LONG Milliseconds)
{
    LARGE_INTEGER Time;

    Time.QuadPart = -10000ll * Milliseconds;
    KeDelayExecutionThread(KernelMode, FALSE, &Time);
}

static VOID measure_interrupt(QDEV *Device)
{
    ULONG64 Start = KeQueryInterruptTime(), Took;
    NTSTATUS Status;

    qemu_put(Device, 0, EDU_INTERRUPT_RAISE, 1);
    Status = qemu_wait(Device);
    Took = KeQueryInterruptTime() - Start;
    pause(SETTLE_MS);
    diag("interrupt: %s after %I64u us, %d by message, %d by line, %d without a cause",
         Status == STATUS_SUCCESS ? "came" : "lost", Took / 10, Device->Messages[0], Device->Lines,
         Device->Spurious);
    qemu_put(Device, 0, EDU_INTERRUPT_ACKNOWLEDGE, MAXULONG);
    Device->Spurious = 0;
}

static VOID start_transfer(QDEV *Device, ULONG64 From, ULONG64 To, ULONG Command)
{
    WRITE_REGISTER_ULONG64((PULONG64)(Device->Bar[0].Address + EDU_DMA_SOURCE), From);
    WRITE_REGISTER_ULONG64((PULONG64)(Device->Bar[0].Address + EDU_DMA_TARGET), To);
    WRITE_REGISTER_ULONG64((PULONG64)(Device->Bar[0].Address + EDU_DMA_COUNT), DATA_BYTES);
    WRITE_REGISTER_ULONG64((PULONG64)(Device->Bar[0].Address + EDU_DMA_COMMAND),
                           EDU_DMA_START | Command);
    pause(SETTLE_MS); /* its transfers take 100 us here */
}

/* Reads no register before it looks at memory. */
static VOID measure_write(QDEV *Device, LONG Wait, BOOLEAN Read)
{
    RtlFillMemory(Device->Buffer, DATA_BYTES, 0xA5);
    start_transfer(Device, EDU_BUFFER, qemu_physical(Device, 0), EDU_DMA_TO_MEMORY);
    pause(Wait);
    if (Read)
        qemu_get(Device, 0, EDU_LIVENESS);
    diag("write: %s%s: memory has %02x", Wait > SETTLE_MS ? "later" : "at once",
         Read ? ", with a register read" : "", Device->Buffer[DATA_BYTES - 1]);
}

static VOID qemu_test(QDEV *Device)
{
    ULONG Id[4];

    for (ULONG i = 0; i < 4; i++)
        Id[i] = qemu_get(Device, 0, EDU_ID);
    diag("reads: %08x %08x %08x %08x", Id[0], Id[1], Id[2], Id[3]);
    measure_interrupt(Device);
    measure_interrupt(Device);
    RtlFillMemory(Device->Buffer + PAGE_SIZE, DATA_BYTES, 0x11);
    start_transfer(Device, qemu_physical(Device, PAGE_SIZE), EDU_BUFFER, 0);
    measure_write(Device, SETTLE_MS, FALSE);
    measure_write(Device, SETTLE_MS, TRUE);
    measure_write(Device, 20, FALSE);
}
