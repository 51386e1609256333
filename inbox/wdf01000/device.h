/*
 * device: WDFDEVICE_INIT, WDFDEVICE, and what the parts of a device say to each other: dispatch of IRPs (dispatch.c),
 * PnP and power (pnp.c), queues (queue.h), file objects and I/O targets. Fields name who owns them.
 */
#pragma once

#include "fx.h"

typedef enum _FX_DEVICE_KIND { FxDeviceControl, FxDeviceFunction, FxDeviceBus, FxDeviceMiniport } FX_DEVICE_KIND;

/* What WdfDeviceInitSetFileObjectConfig said. */
typedef struct _FX_FILE_CONFIG {
    BOOLEAN IsSet;
    PFN_WDF_DEVICE_FILE_CREATE EvtCreate;
    PFN_WDF_FILE_CLOSE EvtClose;
    PFN_WDF_FILE_CLEANUP EvtCleanup;
    WDF_TRI_STATE AutoForward;
    WDF_FILEOBJECT_CLASS FileClass; /* without the CanBeOptional bit */
    BOOLEAN CanBeOptional;
    WDF_OBJECT_ATTRIBUTES Attributes; /* Size 0: none */
} FX_FILE_CONFIG;

typedef struct _FX_PREPROCESS { /* WdfDeviceInitAssignWdmIrpPreprocessCallback, one a major function */
    PFN_WDFDEVICE_WDM_IRP_PREPROCESS Callback;
    UCHAR *Minors; /* pool, MinorCount of them; NULL: all */
    ULONG MinorCount;
} FX_PREPROCESS;

typedef struct _FX_DEVICE_DISPATCH { /* WdfDeviceConfigureWdmIrpDispatchCallback, one a major function */
    PFN_WDFDEVICE_WDM_IRP_DISPATCH Callback;
    WDFCONTEXT DriverContext;
    FX_DRIVER *Driver;
} FX_DEVICE_DISPATCH;

typedef enum _FX_MACHINE { FxMachinePnp, FxMachinePower, FxMachinePolicy } FX_MACHINE;
typedef struct _FX_STATE_CALLBACK { /* WdfDeviceInitRegister*StateChangeCallback; pool */
    struct _FX_STATE_CALLBACK *Next;
    FX_MACHINE Machine;
    ULONG State;
    ULONG Types; /* WDF_STATE_NOTIFICATION_TYPE */
    PVOID Callback;
} FX_STATE_CALLBACK;

/* WDFDEVICE_INIT: what a client says before WdfDeviceCreate. The device takes over what it owns. */
typedef struct _FX_DEVICE_SETTINGS { /* carried over into the device as they are */
    WDF_DEVICE_IO_TYPE ReadWriteIoType, ControlIoType; /* WdfDeviceIoBuffered when not set */
    ULONG DirectTransferThreshold;
    FX_FILE_CONFIG File;
    WDF_OBJECT_ATTRIBUTES RequestAttributes; /* Size 0: none */
    PFN_WDF_IO_IN_CALLER_CONTEXT EvtInCallerContext;
    FX_PREPROCESS Preprocess[IRP_MJ_MAXIMUM_FUNCTION + 1];
    BOOLEAN IsFilter, IsExclusive, IsPowerPolicyOwner, PowerPolicyOwnershipSet;
    BOOLEAN PowerPageable, PowerInrush;
    BOOLEAN PageableSet;   /* the driver chose PowerPageable; else a child follows its parent */
    BOOLEAN AllowSelfTarget;
    ULONG RemoveLockFlags; /* WDF_REMOVE_LOCK_OPTION_* */
    PFN_WDF_DEVICE_SHUTDOWN_NOTIFICATION EvtShutdown; /* of a control device */
    FX_STATE_CALLBACK *StateCallbacks;                /* owned */
    WDF_PNPPOWER_EVENT_CALLBACKS PnpPower;   /* newest form; Size 0: not set */
    WDF_POWER_POLICY_EVENT_CALLBACKS Policy; /* likewise */
    WDF_FDO_EVENT_CALLBACKS Fdo;
    WDF_PDO_EVENT_CALLBACKS Pdo;
    WDF_CHILD_LIST_CONFIG ChildList; /* Size 0: none */
    WDF_OBJECT_ATTRIBUTES ChildListAttributes;
} FX_DEVICE_SETTINGS;

struct WDFDEVICE_INIT { /* opaque to the client */
    FX_GLOBALS *Globals;
    FX_DEVICE_KIND Kind;
    BOOLEAN Consumed; /* the device has taken over the settings and the name */
    BOOLEAN IsOwned;  /* the framework frees it after the driver's callback: WdfDeviceCreate does not */
    FX_DEVICE_SETTINGS Settings;
    DEVICE_TYPE DeviceType;
    ULONG Characteristics;
    UNICODE_STRING Name; /* pool, empty: none or automatic */
    BOOLEAN AutoName;
    UNICODE_STRING Sddl; /* pool */
    BOOLEAN HasClassGuid;
    GUID ClassGuid;
    UCHAR ShutdownFlags; /* WDF_DEVICE_SHUTDOWN_FLAGS of a control device */
    PDEVICE_OBJECT Pdo;  /* of a function device */
    FX_DEVICE *Parent;   /* of a bus-enumerated one */
    struct _FX_PDO *PdoInit; /* pdo.h's: IDs, texts; the device takes it over; NULL for others */
    FX_DEVICE *Created;
};
typedef struct WDFDEVICE_INIT FX_DEVICE_INIT;

struct _FX_DEVICE {
    FX_OBJECT Object;
    FX_DEVICE_KIND Kind;
    PDEVICE_OBJECT Wdm;      /* ours; its extension points here */
    PDEVICE_OBJECT Attached; /* next lower, NULL for control devices and bus-enumerated ones */
    PDEVICE_OBJECT Pdo;
    FX_DRIVER *Driver;
    UCHAR ShutdownFlags;     /* registered for these WDF_DEVICE_SHUTDOWN_FLAGS */
    FX_DEVICE_SETTINGS Settings;
    FX_CALLBACK_LOCK OwnLock; /* what CallbackLock points at with scope device */
    UNICODE_STRING Name;         /* pool; given or automatic */
    UNICODE_STRING SymbolicLink; /* pool; the last one made, deleted with the device */
    BOOLEAN Initializing;        /* until WdfControlFinishInitializing or the end of AddDevice */

    IO_REMOVE_LOCK RemoveLock;   /* held for each IRP in the framework that is not completed */

    /* queues: dispatch.c, queue.c */
    KSPIN_LOCK QueueLock;
    LIST_ENTRY Queues;                                  /* of FX_QUEUE; QueueLock */
    FX_QUEUE *DefaultQueue;                             /* set once, before the device starts */
    FX_QUEUE *QueueOf[IRP_MJ_MAXIMUM_FUNCTION + 1];     /* WdfDeviceConfigureRequestDispatching */
    FX_DEVICE_DISPATCH Dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1];
    BOOLEAN QueuesPowered; /* power-managed queues may present requests: TRUE in D0 and always for control devices; QueueLock */
    struct _FX_REQUEST_CACHE *RequestCache;             /* request.c's: requests with the device's attributes */

    /* file objects: fileobj.c */
    KSPIN_LOCK FileLock;
    LIST_ENTRY Files; /* of FX_FILE; FileLock */

    /* I/O targets: target.c */
    FX_TARGET *LocalTarget; /* NULL for control and bus-enumerated devices */
    FX_TARGET *SelfTarget;
    KSPIN_LOCK TargetLock;
    LIST_ENTRY Targets;     /* of FX_TARGET.DeviceLink: USB devices and pipes; TargetLock */

    /* PnP and power: pnp.c and its own header */
    struct _FX_PNP *Pnp; /* NULL for control devices */

    LIST_ENTRY Interfaces; /* of devifc.c's records; PASSIVE_LEVEL under InterfaceLock */
    KMUTEX InterfaceLock;
    struct _FX_CHILDREN *Children; /* childlist.c's: what a bus has; NULL for control devices */
    struct _FX_PDO *Child;         /* pdo.c's: of a bus-enumerated device, else NULL */
    LIST_ENTRY QueryInterfaces;    /* query.c's: WdfDeviceAddQueryInterface; InterfaceLock */

    /* WMI: wmi.c */
    KSPIN_LOCK WmiLock;
    LIST_ENTRY WmiProviders;    /* WmiLock */
    UNICODE_STRING MofName;     /* pool; set once */
    BOOLEAN WmiStarted;         /* between start and removal; PASSIVE_LEVEL */
    BOOLEAN WmiRegistered;      /* with WMI; PASSIVE_LEVEL */
};

/* ---- device.c ---- */
extern const FX_CLASS FxDeviceClass;
NTSTATUS NTAPI FxDeviceAdd(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo); /* DriverExtension->AddDevice */
/* The framework's device of a device object of ours; NULL for any other. Any IRQL. */
static inline FX_DEVICE *FxDeviceOf(PDEVICE_OBJECT Wdm)
{
    return *(FX_DEVICE **)Wdm->DeviceExtension;
}
/* Frees an initialisation block and what it still owns. PASSIVE_LEVEL. */
VOID FxDeviceInitFree(FX_DEVICE_INIT *Init);
VOID FxDeviceSettingsFree(FX_DEVICE_SETTINGS *Settings); /* what settings own */
/* Allocates a blank one; NULL when out of memory. */
FX_DEVICE_INIT *FxDeviceInitAllocate(FX_GLOBALS *Globals, FX_DEVICE_KIND Kind);
static inline FX_DEVICE_INIT *FxInitOf(PWDFDEVICE_INIT Init) { return (FX_DEVICE_INIT *)Init; }
static inline FX_DEVICE *FxDeviceFromHandle(PWDF_DRIVER_GLOBALS Globals, WDFDEVICE Handle)
{
    return FX_OBJECT_OF(FX_DEVICE, FxGlobalsOf(Globals), Handle, FxTypeDevice);
}

/* ---- dispatch.c: every IRP comes here ---- */
NTSTATUS NTAPI FxDeviceDispatch(PDEVICE_OBJECT Wdm, PIRP Irp);
/* What is done with it after preprocess callbacks: PnP, power, WMI, files, queues, or down the stack. */
NTSTATUS FxDispatchIrp(FX_DEVICE *Device, PIRP Irp);

/* Completes without handling. A CLEANUP or CLOSE succeeds: a handle can always be closed. */
NTSTATUS FxDispatchGone(PIRP Irp);
/* To the next lower driver, as it is; STATUS_INVALID_DEVICE_REQUEST when there is none. */
NTSTATUS FxForward(FX_DEVICE *Device, PIRP Irp);
/* A request that nobody here takes: a filter forwards it, others refuse it with STATUS_INVALID_DEVICE_REQUEST. */
NTSTATUS FxForwardOrRefuse(FX_DEVICE *Device, PIRP Irp);
NTSTATUS FxCompleteIrp(PIRP Irp, NTSTATUS Status); /* no boost; returns Status */

/* ---- devifc.c ---- */
/* Enables what the driver left enabled, at start; or disables all, at removal. PASSIVE_LEVEL. */
VOID FxInterfacesEnable(FX_DEVICE *Device, BOOLEAN Enable);
VOID FxInterfacesFree(FX_DEVICE *Device);
VOID FxSymbolicLinkDelete(FX_DEVICE *Device);

/* ---- pdo.c ---- */
VOID FxPdoInitFree(FX_DEVICE_INIT *Init);
BOOLEAN FxPdoForwards(FX_DEVICE *Device); /* may send requests on to its parent's queues */
NTSTATUS FxPdoCheckInit(FX_DEVICE_INIT *Init); /* STATUS_INVALID_DEVICE_STATE etc.: something required is missing */

/* ---- query.c ---- */
VOID FxQueryInterfacesFree(FX_DEVICE *Device);

/* ---- pnp.c, power.c (owner: PnP) ---- */
NTSTATUS FxPnpCreate(FX_DEVICE *Device, FX_DEVICE_INIT *Init); /* before the device object starts to receive IRPs */
VOID FxPnpDestroy(FX_DEVICE *Device);                          /* FX_PNP's memory */
NTSTATUS FxPnpDispatch(FX_DEVICE *Device, PIRP Irp);           /* IRP_MJ_PNP */
NTSTATUS FxPowerDispatch(FX_DEVICE *Device, PIRP Irp);         /* IRP_MJ_POWER */
/*
 * For power-managed queues and targets: asks for D0 and keeps the device there until released. STATUS_SUCCESS: it is in D0;
 * STATUS_PENDING: it will be (FxQueuesPowerUp follows). <= DISPATCH_LEVEL.
 */
NTSTATUS FxPowerReference(FX_DEVICE *Device);
VOID FxPowerDereference(FX_DEVICE *Device);
