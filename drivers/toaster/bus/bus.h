/*
 * busenum.sys: a bus of toasters that is nothing but software. One device object for the bus (FDO),
 * one for each toaster (PDO).
 *
 * Locks: BUS.Children (a fast mutex) guards the list of toasters and what is said of it;
 * TOASTER.Lock (a spin lock) its wake request and lever. A toaster points to its bus until the bus
 * is removed; whoever uses it holds Children or is called by the PnP manager, which does not remove
 * bus and toaster at once.
 */
#pragma once

#include "../wdm/policy.h"

#include <wmistr.h>
#include <wmilib.h>

#include "../include/toaster.h"

#define BUS_TAG 'suBT'
#define BUS_VENDOR L"Drydock"

typedef enum _BUS_STATE {
    BusNotStarted,
    BusStarted,
    BusStopPending,
    BusStopped,
    BusRemovePending,
    BusSurpriseRemoved,
    BusRemoved
} BUS_STATE;

typedef struct _BUS_COMMON { /* begins both device extensions */
    BOOLEAN IsBus;
    BUS_STATE State,
        StateBefore; /* changed by the PnP manager's requests alone, which come one at a time */
    PDEVICE_OBJECT Self;
} BUS_COMMON;

typedef struct _BUS {
    BUS_COMMON Common;
    POLICY Policy;
    IO_REMOVE_LOCK Remove;
    PDEVICE_OBJECT Pdo, Lower;
    UNICODE_STRING Interface; /* link of GUID_DEVINTERFACE_TOASTER_BUS */
    FAST_MUTEX Children;
    LIST_ENTRY Toasters;      /* Children */
    TOASTER_BUS_DATA Data;    /* Children */
    BOOLEAN WmiRegistered;
} BUS;

typedef struct _TOASTER {
    BUS_COMMON Common;
    BUS *Bus;                 /* Children; NULL: the bus is gone */
    LIST_ENTRY Entry;         /* BUS.Toasters; Children */
    ULONG Serial;             /* set once */
    BOOLEAN Present;          /* it is plugged in; Children */
    BOOLEAN Reported;         /* in the last report; Children */
    BOOLEAN Known;            /* in any report: the PnP manager will remove it; Children */
    BOOLEAN Asked;            /* the PnP manager has sent it a request: it has a device node */
    BOOLEAN Locked;           /* IRP_MN_SET_LOCK */
    LONG InterfaceReferences;
    DEVICE_POWER_STATE Power;
    KSPIN_LOCK Lock;
    PIRP WakeIrp;             /* Lock */
    KTIMER Lever;
    KDPC LeverDpc;
} TOASTER;

/* fdo.c */
NTSTATUS BusPnp(_Inout_ BUS *Bus, _Inout_ PIRP Irp);
/* pdo.c */
NTSTATUS ToasterPnp(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp);
/* pdopower.c */
NTSTATUS ToasterPower(_Inout_ TOASTER *Toaster, _Inout_ PIRP Irp);
VOID ToasterInitializeLever(_Inout_ TOASTER *Toaster);
/*
 * Presses the lever now: ends the wake request with success. FALSE: it is not armed. IRQL <=
 * DISPATCH_LEVEL.
 */
BOOLEAN ToasterPress(_Inout_ TOASTER *Toaster);
VOID ToasterPopAfter(_Inout_ TOASTER *Toaster, _In_ ULONG Milliseconds);
/* No lever, no wake request: the request ends with Status. */
VOID ToasterDisarm(_Inout_ TOASTER *Toaster, _In_ NTSTATUS Status);
BOOLEAN ToasterIsArmed(_Inout_ TOASTER *Toaster);

/* children.c: plugging in and out. PASSIVE_LEVEL. */
NTSTATUS BusPlugIn(_Inout_ BUS *Bus, _In_ ULONG Serial);
NTSTATUS BusUnplug(_Inout_ BUS *Bus, _In_ ULONG Serial); /* 0: each */
NTSTATUS BusEject(_Inout_ BUS *Bus, _In_ ULONG Serial);  /* 0: each */
NTSTATUS BusPress(_Inout_ BUS *Bus, _In_ ULONG Serial);
ULONG BusList(_Inout_ BUS *Bus, _Out_writes_bytes_(Bytes) TOASTER_LIST *List, _In_ ULONG Bytes);
/* Adds those that are plugged in to Relations (may be NULL), which is freed then. */
NTSTATUS BusReport(_Inout_ BUS *Bus, _In_opt_ PDEVICE_RELATIONS Relations,
                   _Out_ PDEVICE_RELATIONS *Result);
/* The bus is removed: deletes toasters, but those that still have to be removed. */
VOID BusForgetChildren(_Inout_ BUS *Bus);
/* The toaster lets go of its bus and is deleted. */
VOID ToasterDelete(_Inout_ TOASTER *Toaster);

/* ioctl.c */
NTSTATUS BusDeviceControl(_Inout_ BUS *Bus, _Inout_ PIRP Irp);

/* wmi.c */
VOID BusWmiStart(_Inout_ BUS *Bus);
VOID BusWmiStop(_Inout_ BUS *Bus);
NTSTATUS BusSystemControl(_Inout_ BUS *Bus, _Inout_ PIRP Irp);

/* driver.c */
NTSTATUS BusComplete(_Inout_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);
extern UNICODE_STRING BusRegistryPath;
