/*
 * io: drivers, devices, files, IRPs. What other components may call beyond the documented Io
 * routines.
 */
#pragma once

#include "../ke/ke.h"

NTSTATUS IoInitSystem(VOID);
/*
 * Loads a driver by service name: image path from the registry's service key, driver object
 * \Driver\Name, DriverEntry, reinitialisation. PASSIVE_LEVEL in the System process. A failing
 * DriverEntry gives its status and unloads the image.
 */
NTSTATUS IopLoadDriver(PCUNICODE_STRING ServiceName, PDRIVER_OBJECT *Driver);
/* The same; *Entered: its DriverEntry was called. */
NTSTATUS IopLoadDriverForDevice(PCUNICODE_STRING ServiceName, PDRIVER_OBJECT *Driver,
                                PBOOLEAN Entered);
/*
 * Start the drivers whose services say so, in their order: Start 0 and 1, then, when the rest of
 * the system is there, 2. A failure is told of and noted for the service control manager, and stops
 * the machine (0x5A) where ErrorControl is 3. PASSIVE_LEVEL, System process, once each.
 */
VOID IopStartBootDrivers(VOID);
VOID IopStartAutoDrivers(VOID);
/* As above with the image's NT path given, for a service whose key is known. */
NTSTATUS IopLoadDriverImage(PCUNICODE_STRING ServiceName, PCUNICODE_STRING ImagePath,
                            PDRIVER_OBJECT *Driver);
/*
 * STATUS_INVALID_DEVICE_REQUEST when the driver has no unload routine; STATUS_PENDING when its
 * devices are still in use: the driver unloads when the last reference to them goes.
 */
NTSTATUS IopUnloadDriver(PDRIVER_OBJECT Driver);
/* The driver object of a loaded service, referenced, or NULL. */
PDRIVER_OBJECT IopFindDriver(PCUNICODE_STRING ServiceName);
/* Cancels and waits out a thread's IRPs at thread exit. */
VOID IoCancelThreadIo(PETHREAD Thread);
/* Appends a line ("\n" first) for each request that a thread has sent and nobody has completed, as
 * far as there is room. */
VOID IoDescribePending(char *Text, ULONG Bytes);
/* Shutdown notifications, then last-chance ones. PASSIVE_LEVEL. */
VOID IoShutdownSystem(VOID);
/* Gives cached IRPs and buffers back to pool, so that a count of pool blocks shows what is really
 * in use. */
VOID IoFlushCaches(VOID);

typedef struct _IO_STATISTICS { /* for the summary */
    ULONG64 IrpsByMajor[IRP_MJ_MAXIMUM_FUNCTION + 1];
    ULONG64 IrpsAllocated, IrpsFreed;
    ULONG DevicesCreated, DevicesDeleted;
    ULONG FilesOpened, FilesClosed;
} IO_STATISTICS;
extern IO_STATISTICS IoStatistics;
/* PnP, power and WMI requests sent since IoForgetMinors, as docs/PNP.md names them. */
VOID IoForgetMinors(VOID);
VOID IoVisitMinors(VOID (*Visit)(const char *Request, ULONG Count));

/* What threads asked of files and devices, for system information; NT exports the first four. */
extern ULONG IoReadOperationCount, IoWriteOperationCount, IoOtherOperationCount;
extern LARGE_INTEGER IoReadTransferCount, IoWriteTransferCount, IoOtherTransferCount;

extern POBJECT_TYPE *IoDriverObjectType, *IoDeviceObjectType, *IoFileObjectType,
    *IoAdapterObjectType;
extern POBJECT_TYPE *IoDeviceHandlerObjectType;

/* N of \Device\HarddiskVolumeN, the volume of that drive (upper case); 0: there is none. Any IRQL.
 */
ULONG IoVolumeNumber(WCHAR Letter);
