/* The timer device (devices/timer) as a KMDF driver has it: its registers, mapped between prepare
 * and release. */
#pragma once

#include "pnp_test.h"

#include "../../devices/timer/timer_registers.h"

static PUCHAR Registers;

static TAP_UNUSED ULONG timer_get(ULONG Offset)
{
    return READ_REGISTER_ULONG((PULONG)(Registers + Offset));
}

static TAP_UNUSED VOID timer_set(ULONG Offset, ULONG Value)
{
    WRITE_REGISTER_ULONG((PULONG)(Registers + Offset), Value);
}

/* Takes the interrupt back that the device says it made. */
static TAP_UNUSED BOOLEAN timer_acknowledge(VOID)
{
    if (!(timer_get(TIMER_STATUS) & TIMER_STATUS_EXPIRED))
        return FALSE;
    timer_set(TIMER_STATUS, TIMER_STATUS_EXPIRED);
    return TRUE;
}

static TAP_UNUSED VOID timer_map(WDFCMRESLIST Translated)
{
    for (ULONG i = 0; i < WdfCmResourceListGetCount(Translated); i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = WdfCmResourceListGetDescriptor(Translated, i);

        if (Descriptor->Type == CmResourceTypeMemory)
            Registers =
                MmMapIoSpace(Descriptor->u.Memory.Start, Descriptor->u.Memory.Length, MmNonCached);
    }
    ok(Registers != NULL && timer_get(TIMER_ID) == TIMER_ID_VALUE, "the timer's registers");
}

static TAP_UNUSED VOID timer_unmap(VOID)
{
    MmUnmapIoSpace(Registers, 4096);
    Registers = NULL;
}

/* The index of the first resource of an interrupt. */
static TAP_UNUSED ULONG timer_interrupt_index(WDFCMRESLIST List)
{
    ULONG i = 0;

    while (WdfCmResourceListGetDescriptor(List, i) != NULL &&
           WdfCmResourceListGetDescriptor(List, i)->Type != CmResourceTypeInterrupt)
        i++;
    return i;
}
