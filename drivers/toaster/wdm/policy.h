/*
 * Power policy of a WDM driver that owns a device's: system states become device states. Shared by
 * the bus driver (for the bus) and by the toaster's driver. [doc: Power Policy Owner; Handling
 * System Power IRPs; Handling Device Power IRPs]
 */
#pragma once

#include <ntddk.h>

typedef struct _POLICY POLICY;
struct _POLICY {
    PDEVICE_OBJECT Pdo, Lower; /* set once */
    PIO_REMOVE_LOCK Remove;    /* held for each IRP by the dispatch routine; given back here */
    DEVICE_POWER_STATE DeviceFor[PowerSystemMaximum]; /* PolicyLearn; D0 and D3 until then */
    DEVICE_POWER_STATE Device; /* now: one device power IRP at a time changes it */
    SYSTEM_POWER_STATE System;
    PIRP SystemIrp;            /* the one that waits for a device request */
    /*
     * Which state the device takes for a system state; NULL: that of DeviceFor. IRQL <=
     * DISPATCH_LEVEL.
     */
    DEVICE_POWER_STATE (*Choose)(_In_ POLICY *Policy, _In_ SYSTEM_POWER_STATE System);
    /* Before the device loses power: no request may touch it when this returns. PASSIVE_LEVEL. */
    VOID (*Down)(_In_ POLICY *Policy, _In_ DEVICE_POWER_STATE State);
    /* The device has power again. IRQL <= DISPATCH_LEVEL. */
    VOID (*Up)(_In_ POLICY *Policy);
};

VOID PolicyInitialize(_Out_ POLICY *Policy, _In_ PDEVICE_OBJECT Pdo, _In_ PDEVICE_OBJECT Lower,
                      _In_ PIO_REMOVE_LOCK Remove);
/* The states of the device's capabilities. */
VOID PolicyLearn(_Inout_ POLICY *Policy, _In_ const DEVICE_CAPABILITIES *Capabilities);
/* The device is started: it is in D0. */
VOID PolicyStarted(_Inout_ POLICY *Policy, _In_ PDEVICE_OBJECT Self);
/* IRP_MJ_POWER with the remove lock held: query and set. Everything else is passed on. */
NTSTATUS PolicyPower(_Inout_ POLICY *Policy, _In_ PDEVICE_OBJECT Self, _Inout_ PIRP Irp);
