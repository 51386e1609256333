/*
 * pnp: the device tree, device interfaces, notifications, properties. What other components may
 * call beyond the documented Io routines. PASSIVE_LEVEL unless said otherwise.
 */
#pragma once

#include "../io/io.h"

/*
 * A driver has been loaded for Service. HardwareIds: a multi-string of the IDs that it drives, or
 * empty. A driver with AddDevice gets each device of these IDs that has no driver; without IDs, or
 * with an ID below ROOT\, and with no such device, a root device ROOT\Service\000n. STATUS_SUCCESS
 * when it got no device at all, or when one started; else the status of the first that failed; a
 * root device that failed is gone.
 */
NTSTATUS PnpStartDriver(PDRIVER_OBJECT Driver, PCUNICODE_STRING Service,
                        PCUNICODE_STRING HardwareIds);
/* A loaded service drives devices with these IDs (a multi-string), in place of others that it was
 * given, from now on and those that wait for a driver. PASSIVE_LEVEL */
NTSTATUS PnpDriveAlso(PCUNICODE_STRING Service, PCUNICODE_STRING Ids);
/* A loaded driver with AddDevice that no device has come for. */
BOOLEAN PnpWaitsForDevice(PDRIVER_OBJECT Driver);
/* A root device after all for a loaded driver with AddDevice for which no device has come. */
NTSTATUS PnpPlaceDriver(PDRIVER_OBJECT Driver, PCUNICODE_STRING Service);
/* A driver that a device has brought in need not go with it from now on. FALSE: it was not, or it
 * is not there. */
BOOLEAN PnpAdoptDriver(PCUNICODE_STRING Service, PDRIVER_OBJECT *Driver);
/* Removes each device of Driver: query-remove and remove, or surprise removal when the query is
 * refused. */
VOID PnpRemoveDriverDevices(PDRIVER_OBJECT Driver);
/* Does what the worker has to do; returns when there is nothing left. */
VOID PnpDrain(VOID);

/* Waits until no new device is being installed. */
VOID PnpWaitForInstalls(VOID);
/* Starts the root devices that setup has installed in an earlier run. */
VOID PnpStartRegisteredDevices(VOID);

/* ---- for io ---- */
/* The last handle to a device closed, and a removal waits for that. IRQL <= DISPATCH_LEVEL. */
VOID PnpHandlesClosed(VOID);

/* ---- for po ---- */
/* No device comes, goes or changes until PnpUnlockForPower. Bug check 0x9F, 4 when that takes
 * longer than Seconds. */
VOID PnpLockForPower(ULONG Seconds);
VOID PnpUnlockForPower(VOID);
typedef struct _PNP_POWER_LIST {
    ULONG Count;
    PDEVICE_OBJECT
        *Pdo; /* of started devices, referenced, in the order in which they are powered down */
} PNP_POWER_LIST;
NTSTATUS PnpListForPower(PNP_POWER_LIST *List); /* with the lock held */
VOID PnpFreePowerList(PNP_POWER_LIST *List);
PCUNICODE_STRING PnpInstancePath(PDEVICE_OBJECT Pdo); /* of a device that the tree has; any IRQL */

/* ---- for the session ---- */
/* As if the device were pulled out: IRP_MN_SURPRISE_REMOVAL and so on. STATUS_NO_SUCH_DEVICE: no
 * such instance path. */
NTSTATUS PnpSurpriseRemove(PCUNICODE_STRING InstancePath);
/* Calls Visit for each device, parents before children; Depth of a child of the root is 0. */
typedef struct _PNP_DEVICE_RECORD {
    ULONG Depth;
    PCUNICODE_STRING InstancePath, Service;
    const char *State;
    ULONG Problem;
    NTSTATUS ProblemStatus;
} PNP_DEVICE_RECORD;
VOID PnpVisitDevices(VOID (*Visit)(PVOID Context, const PNP_DEVICE_RECORD *Record), PVOID Context);
/* Calls Visit for each thing that can be said of the device: its name, and a text without control
 * characters. */
enum { PNP_DETAIL_BYTES = 200 };
typedef VOID PNP_DETAIL_VISIT(PVOID Context, const char *Name, const char *Text);
VOID PnpVisitDetails(PCUNICODE_STRING InstancePath, PNP_DETAIL_VISIT *Visit, PVOID Context);
