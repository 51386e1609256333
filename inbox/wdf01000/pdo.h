/* pdo: children of a bus: what their driver said of them, and the bus's lists of them. */
#pragma once

#include "pnp.h"

typedef struct _FX_TEXT { /* WdfPdoInitAddDeviceText */
    struct _FX_TEXT *Next;
    LCID Locale;
    UNICODE_STRING Description, Location; /* pool */
} FX_TEXT;

struct _FX_CHILD;
/* Of a WDFDEVICE_INIT, then of the device. */
typedef struct _FX_PDO {
    UNICODE_STRING DeviceId, InstanceId, ContainerId; /* pool; empty: none */
    UNICODE_STRING HardwareIds,
        CompatibleIds; /* pool; strings with their terminators, without the list's */
    FX_TEXT *Texts;
    LCID DefaultLocale;
    BOOLEAN IsRaw, ForwardsToParent, NoParentPower;
    FX_DEVICE *Device;        /* once it exists */

    FX_DEVICE *Parent;        /* referenced once the device exists */
    struct _FX_CHILD *Entry;  /* of a dynamic child; NULL: a static one */
    LIST_ENTRY StaticLink;    /* Parent->Children->Static; its Lock */
    BOOLEAN IsStatic, IsReported, IsMissing; /* Lock */
    BOOLEAN HoldsParent;      /* has a power reference on the parent */
    LIST_ENTRY EjectionRelations; /* of FX_RELATION; Pnp->Lock */
    PIRP WaitWake;            /* pending; Pnp->Lock */
    BOOLEAN WakeEnabled;      /* EvtDeviceEnableWakeAtBus was called; Turn */
} FX_PDO;

typedef struct _FX_CHILD { /* a child's description; the identification, then the address follow */
    LIST_ENTRY Link;          /* List->Children; List->Lock */
    struct _FX_CHILD_LIST *List;
    FX_DEVICE *Device;        /* NULL: not created yet */
    BOOLEAN IsPresent;        /* as the driver says */
    BOOLEAN IsSeen;           /* in the scan that is under way */
    BOOLEAN IsReportedMissing;
    BOOLEAN IsDead;           /* goes when nobody looks at the list any more */
    BOOLEAN ComesAgain;       /* once its device is gone: it was taken out only for that */
    UCHAR Retries;            /* of EvtChildListCreateDevice */
    PWDF_CHILD_IDENTIFICATION_DESCRIPTION_HEADER Id;
    PWDF_CHILD_ADDRESS_DESCRIPTION_HEADER Address; /* NULL: the list has none */
} FX_CHILD;

typedef struct _FX_CHILD_LIST {
    FX_OBJECT Object;
    FX_DEVICE *Bus;
    LIST_ENTRY Link;     /* Bus->Children->Lists; Lock of it */
    WDF_CHILD_LIST_CONFIG Config;
    KSPIN_LOCK Lock;
    LIST_ENTRY Children; /* Lock */
    LONG Scans, Iterations; /* Lock */
    BOOLEAN HasChanged;  /* PnP is told when nobody scans or iterates; Lock */
} FX_CHILD_LIST;

struct _FX_CHILDREN { /* of a function or filter device */
    KSPIN_LOCK Lock;
    LIST_ENTRY Static;   /* of FX_PDO; Lock */
    LONG StaticLocks;    /* WdfFdoLockStaticChildListForIteration; Lock */
    BOOLEAN HasChanged;  /* Lock */
    BOOLEAN IsBus;       /* there was a child list or a static child */
    LIST_ENTRY Lists;    /* of FX_CHILD_LIST; Lock */
    FX_CHILD_LIST *Default;
    BOOLEAN HasBusInformation;
    PNP_BUS_INFORMATION BusInformation;
};
typedef struct _FX_CHILDREN FX_CHILDREN;

static inline FX_PDO *FxPdoOf(FX_DEVICE *Device) { return Device->Child; }

/* ---- childlist.c ---- */
FX_DEVICE *FxBusOf(PWDF_DRIVER_GLOBALS DriverGlobals,
                   WDFDEVICE Handle);   /* NULL, a mistake: it has no children */
VOID FxChildSweep(FX_CHILD_LIST *List); /* frees dead entries, unless somebody iterates */
VOID FxListIterated(
    FX_CHILD_LIST *List); /* the end of an iteration: tells PnP of changes that waited for it */
NTSTATUS FxChildrenCreate(FX_DEVICE *Bus);
NTSTATUS FxChildrenCommit(FX_DEVICE *Bus); /* the default child list */
VOID FxChildrenRemove(FX_DEVICE *Bus);     /* the bus goes: so do its children's devices */
VOID FxChildrenDestroy(FX_DEVICE *Bus);
VOID FxChildForget(FX_DEVICE *Device);     /* at the disposal of a child */
/* The child is not there any more: PnP is told. FALSE: it was gone already. */
BOOLEAN FxChildMissing(FX_DEVICE *Device);
VOID FxChildrenChanged(FX_DEVICE *Bus);
/* The description is in the list anew, as one that has no device yet. */
VOID FxChildAgain(FX_CHILD *Gone);

/* ---- pdo.c ---- */
FX_PDO *FxPdoAllocate(FX_DEVICE *Parent);
VOID FxPdoFree(FX_PDO *Pdo);
VOID FxPdoDispose(FX_DEVICE *Device);
/* With the turn taken: the parent is brought to D0 and kept there; or let go. */
NTSTATUS FxPdoHoldParent(FX_DEVICE *Device);
VOID FxPdoReleaseParent(FX_DEVICE *Device);
VOID FxPdoEnableWake(FX_DEVICE *Device);  /* on the way down, when a wait/wake request is pending */
VOID FxPdoDisableWake(FX_DEVICE *Device); /* on the way up */
NTSTATUS FxPdoWaitWake(FX_DEVICE *Device,
                       PIRP Irp); /* a wait/wake request; takes the remove lock's place over */

/* ---- pdopnp.c ---- */
NTSTATUS FxPdoAsk(FX_DEVICE *Device, PIRP Irp, UCHAR Minor);
