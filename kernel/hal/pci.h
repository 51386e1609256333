/* Private to the bus driver: its bus and its devices. */
#pragma once

#include "halp.h"

typedef struct _HALP_DEVICE { /* extension of a device's PDO */
    PDEVICE_OBJECT Self;
    ULONG Index;      /* of HAL_VECTOR.device */
    BOOLEAN Reported; /* in the last list of the bus's children */
    BOOLEAN Started;
    HAL_DEVICE_INFO Info;
    HAL_ASSIGNED_INTERRUPT Interrupt; /* while started */
    BOOLEAN HasInterrupt;
    PIRP Wake; /* IRP_MN_WAIT_WAKE that is held; cancel spin lock */
} HALP_DEVICE;

typedef struct _HALP_BUS { /* extension of the FDO */
    ULONG Number;
    PDEVICE_OBJECT Fdo, Pdo, Lower;
    PDEVICE_OBJECT Child[16]; /* by index; NULL: not there, or not found yet */
} HALP_BUS;

#define HalpDeviceOf(Object) ((HALP_DEVICE *)(Object)->DeviceExtension)

/* ---- pcidevice.c ---- */
/* It was pulled out: what is at its index now, if anything, is another device. */
BOOLEAN HalpIsGone(const HALP_DEVICE *Device);
/* As HalpReadConfig and HalpWriteConfig; of one that is gone ones are read. */
ULONG HalpReadDevice(const HALP_DEVICE *Device, PVOID Buffer, ULONG Offset, ULONG Length);
ULONG HalpWriteDevice(const HALP_DEVICE *Device, PVOID Buffer, ULONG Offset, ULONG Length);
/* A request to a PDO; returns the IRP's status. */
NTSTATUS HalpDevicePnp(PDEVICE_OBJECT Pdo, PIRP Irp);

/* ---- pciid.c: strings in paged pool; NULL without memory ---- */
PWSTR HalpDeviceId(const HALP_DEVICE *Device);
PWSTR HalpHardwareIds(const HALP_DEVICE *Device); /* multi-string */
PWSTR HalpCompatibleIds(const HALP_DEVICE *Device);
PWSTR HalpInstanceId(const HALP_DEVICE *Device);
PWSTR HalpDeviceText(const HALP_DEVICE *Device, DEVICE_TEXT_TYPE Type);

/* ---- pciresource.c ---- */
/* In paged pool; NULL without memory. */
PCM_RESOURCE_LIST HalpBootConfiguration(const HALP_DEVICE *Device);
PIO_RESOURCE_REQUIREMENTS_LIST HalpRequirements(const HALP_DEVICE *Device);
/* Programs the device as START_DEVICE's raw resources say. */
NTSTATUS HalpStartDevice(HALP_DEVICE *Device, PCM_RESOURCE_LIST Resources);
VOID HalpStopDevice(HALP_DEVICE *Device); /* no access, no interrupt */

/* ---- pcipower.c ---- */
VOID HalpTellPowerStates(const HALP_DEVICE *Device, PDEVICE_CAPABILITIES Capabilities);
VOID HalpSetPowerState(const HALP_DEVICE *Device, DEVICE_POWER_STATE State);
/* Completes the request, or holds it and returns STATUS_PENDING. */
NTSTATUS HalpWaitWake(HALP_DEVICE *Device, PIRP Irp);
VOID HalpEndWake(HALP_DEVICE *Device, NTSTATUS Status); /* of the request that is held, if one is */
/* A device has signalled something: the request ends if it was this one. IRQL <= DISPATCH_LEVEL */
VOID HalpCheckWake(HALP_DEVICE *Device);
