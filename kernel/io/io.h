/*
 * io: drivers, devices, files, IRPs. What other components may call beyond the documented Io routines.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS IoInitSystem(VOID);
/*
 * Loads a driver by service name: image path from the registry's service key, driver object \Driver\Name, DriverEntry,
 * reinitialisation. PASSIVE_LEVEL in the System process. A failing DriverEntry gives its status and unloads the image.
 */
NTSTATUS IopLoadDriver(PCUNICODE_STRING ServiceName, PDRIVER_OBJECT *Driver);
/* STATUS_INVALID_DEVICE_REQUEST when the driver has no unload routine or its devices are still in use. */
NTSTATUS IopUnloadDriver(PDRIVER_OBJECT Driver);
/* The file's device and relative path behind \??\C:\..., or a device. */
/* Cancels and waits out a thread's IRPs at thread exit. */
VOID IoCancelThreadIo(PETHREAD Thread);

typedef struct _IO_STATISTICS { /* for the summary */
    ULONG64 IrpsByMajor[IRP_MJ_MAXIMUM_FUNCTION + 1];
    ULONG64 IrpsAllocated, IrpsFreed;
    ULONG DevicesCreated, DevicesDeleted;
} IO_STATISTICS;
extern IO_STATISTICS IoStatistics;
