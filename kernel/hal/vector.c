/*
 * Interrupt vectors: each line has one for ever, and each message of the machine; which device has
 * which message the PnP manager decides. IRQL = vector / 16. Leaves out: interrupt controllers as
 * drivers could program them.
 */
#include "halp.h"

/* The lowest three vectors of each IRQL from 4 to 11 are lines', all others messages'. */
#define HALP_FIRST_LINE_IRQL 4
#define HALP_LINE_IRQLS 8
#define HALP_LINES_PER_IRQL 3

ULONG HalLineVector(ULONG Line)
{
    return ((HALP_FIRST_LINE_IRQL + Line % HALP_LINE_IRQLS) << 4) + Line / HALP_LINE_IRQLS;
}

ULONG HalMessageVector(ULONG Message)
{
    for (ULONG Vector = KE_FIRST_DEVICE_VECTOR; Vector <= KE_LAST_DEVICE_VECTOR; Vector++)
        if (KeGetVectorLine(Vector) == KE_NO_LINE && Message-- == 0)
            return Vector;
    return 0;
}

VOID HalInitVectors(VOID)
{
    HalInitCounters();
    _Static_assert(HAL_DEVICE_LINES == HALP_LINE_IRQLS * HALP_LINES_PER_IRQL, "a vector a line");
    for (ULONG Vector = 0; Vector < 256; Vector++)
        KeSetVectorLine(Vector, KE_NO_LINE);
    for (ULONG Line = 0; Line < HAL_DEVICE_LINES; Line++)
        KeSetVectorLine(HalLineVector(Line), Line);
}

/* The usual kinds of buses: the bus level is the line. [doc: HalGetInterruptVector, obsolete] */
NT_EXPORT(HalGetInterruptVector);
ULONG NTAPI HalGetInterruptVector(INTERFACE_TYPE InterfaceType, ULONG BusNumber,
                                  ULONG BusInterruptLevel, ULONG BusInterruptVector, PKIRQL Irql,
                                  PKAFFINITY Affinity)
{
    ULONG Vector;

    UNREFERENCED_PARAMETER(BusInterruptVector);
    *Irql = 0;
    *Affinity = 0;
    if (!HalpHasBus(BusNumber) || BusInterruptLevel >= HAL_DEVICE_LINES ||
        (InterfaceType != Isa && InterfaceType != PCIBus && InterfaceType != Internal))
        return 0; /* no such vector */
    Vector = HalLineVector(BusInterruptLevel);
    *Irql = (KIRQL)(Vector >> 4);
    *Affinity = KeQueryActiveProcessors();
    return Vector;
}
