/*
 * hal: what is known of the machine's devices: vectors, configuration space, the bus driver, DMA
 * adapters. What other components may call beyond the documented Hal and Io routines.
 */
#pragma once

#include "../io/io.h"

#define HALP_TAG ' laH'

/* ---- vector.c ---- */
VOID HalInitVectors(VOID);       /* gives each interrupt line its vector */
ULONG HalLineVector(ULONG Line); /* its IRQL is the upper half */
/* Vector of a message by its number in the machine, which the PnP manager assigns; 0: there is no
 * such message. */
ULONG HalMessageVector(ULONG Message);

/* ---- counter.c ---- */
VOID HalInitCounters(VOID);

/* ---- config.c ---- */
/* Reads or writes Length bytes of a device's configuration space; returns how many. IRQL <=
 * DISPATCH_LEVEL. */
ULONG HalpReadConfig(ULONG Index, PVOID Buffer, ULONG Offset, ULONG Length);
ULONG HalpWriteConfig(ULONG Index, PVOID Buffer, ULONG Offset, ULONG Length);
BOOLEAN HalpHasBus(ULONG BusNumber); /* bus 0, and those behind bridges that are there */
VOID HalpQueryDevice(ULONG Index, HAL_DEVICE_INFO *Info);

/* ---- pci.c ---- */
/* With devices in the machine: \Driver\pci and its bus, whose children they are. PASSIVE_LEVEL. */
NTSTATUS HalInitDevices(VOID);
/* Device objects that the bus driver has made and deleted so far, for devices that come and go:
 * they are no driver's that is being tested. */
VOID HalCountDeviceObjects(ULONG *Created, ULONG *Deleted);

typedef struct _HAL_ASSIGNED_INTERRUPT {
    ULONG MessageCount; /* 0: a line */
    ULONG Message;      /* first message's number in the machine */
    ULONG Vector;       /* of the line */
    KIRQL Irql;
    KINTERRUPT_MODE Mode;
    BOOLEAN Shared;
    KAFFINITY Affinity;
} HAL_ASSIGNED_INTERRUPT;
/* The interrupt that a device of the bus was started with. FALSE: none. */
BOOLEAN HalGetAssignedInterrupt(PDEVICE_OBJECT Pdo, HAL_ASSIGNED_INTERRUPT *Assigned);
BOOLEAN HalIsVectorAssigned(ULONG Vector); /* a line's, or a started device's message */
