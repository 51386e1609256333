/*
 * pnp: Plug and Play and power of function, filter and bus-enumerated devices. pnp.c: IRP_MJ_PNP;
 * callback.c: the driver's callbacks in their order; power.c: IRP_MJ_POWER; policy.c: who owns the
 * power policy, idle and wake; pdo.c, childlist.c: children of a bus.
 */
#pragma once

#include "io.h"

/*
 * What a part of the framework does as a device is prepared, powered and released: interrupts, DMA
 * enablers. Any routine may be NULL. PASSIVE_LEVEL, one at a time. Those that return a status make
 * the power transition fail.
 */
typedef struct _FX_POWER_HOOK {
    LIST_ENTRY Link; /* Pnp->Hooks; Pnp->Lock */
    FX_OBJECT *Object;
    VOID (*Assign)
    (FX_OBJECT *Object, PCM_RESOURCE_LIST Raw,
     PCM_RESOURCE_LIST Translated);            /* before EvtDevicePrepareHardware */
    NTSTATUS (*Connect)(FX_OBJECT *Object);    /* after EvtDeviceD0Entry: EvtInterruptEnable */
    /* before EvtDeviceD0Exit: EvtInterruptDisable; not final: the device sleeps and comes back */
    NTSTATUS (*Disconnect)(FX_OBJECT *Object, BOOLEAN IsFinal);
    NTSTATUS (*EnableDma)(FX_OBJECT *Object);  /* after EvtDeviceD0EntryPostInterruptsEnabled */
    NTSTATUS (*DisableDma)(FX_OBJECT *Object); /* before EvtDeviceD0ExitPreInterruptsDisabled */
    VOID (*Release)(FX_OBJECT *Object);        /* after EvtDeviceReleaseHardware */
    BOOLEAN IsConnected, IsDmaEnabled;         /* callback.c's */
} FX_POWER_HOOK;
VOID FxPowerHookInsert(FX_DEVICE *Device, FX_POWER_HOOK *Hook); /* nothing for a control device */
VOID FxPowerHookRemove(FX_DEVICE *Device, FX_POWER_HOOK *Hook);

typedef struct _FX_RELATION { /* a device that is removed, or used, with this one */
    LIST_ENTRY Link;
    PDEVICE_OBJECT Device; /* referenced */
} FX_RELATION;

typedef enum _FX_SELF_MANAGED {
    FxSelfNever,
    FxSelfStarted,
    FxSelfSuspended,
    FxSelfFailed,
    FxSelfFlushed
} FX_SELF_MANAGED;

/* One component's functional states: pofx.c */
typedef struct _FX_POFX {
    WDF_POWER_FRAMEWORK_SETTINGS Settings; /* Size 0: none */
    PPO_FX_COMPONENT Component;            /* pool; NULL: F0 only */
    POHANDLE Handle;                       /* NULL: not registered */
    LONG IsActive;                         /* told so by PoFx: in F0; interlocked */
    LONG IsRequired, IsNotRequired;        /* power: PoFx waits for an answer; interlocked */
    BOOLEAN IsWanted;                      /* PoFx was told so; Policy */
    BOOLEAN IsOpen;                        /* power-managed queues go; Policy or Turn */
    BOOLEAN Resyncs; /* in D0 without PoFx's wish: it is wanted once; Policy */
} FX_POFX;
typedef enum _FX_POFX_STEP {
    FxPoFxNothing,
    FxPoFxUp,       /* the device to D0 */
    FxPoFxDown,     /* to Dx */
    FxPoFxPowered,  /* it is in D0 already */
    FxPoFxReleased, /* it is wanted again meanwhile, or in Dx already */
    FxPoFxActivate,
    FxPoFxOpen,
    FxPoFxClose,
} FX_POFX_STEP;

typedef enum _FX_ARM { FxArmNone, FxArmS0, FxArmSx } FX_ARM;

typedef struct _FX_USB_IDLE FX_USB_IDLE;

struct _FX_PNP {
    FX_DEVICE *Device;
    KSPIN_LOCK Lock;
    KEVENT Turn; /* synchronization event: taken by who changes PnP or power state; PASSIVE_LEVEL */
    ULONG State[3]; /* by FX_MACHINE: WDF_DEVICE_PNP_STATE, ..._POWER_STATE, ..._POWER_POLICY_STATE;
                       Turn */
    LIST_ENTRY Hooks; /* of FX_POWER_HOOK; Lock */

    /* PnP; Turn */
    FX_OBJECT *Raw, *Translated; /* WDFCMRESLIST between start and release */
    BOOLEAN IsStarted;    /* between a successful start and stop or removal */
    BOOLEAN IsPreparing;  /* in EvtDevicePrepareHardware */
    struct _FX_MESSAGES *Messages; /* connect.c's: while the device's messages are connected */
    BOOLEAN IsPrepared; /* EvtDevicePrepareHardware was called, EvtDeviceReleaseHardware not yet */
    BOOLEAN InD0; /* EvtDeviceD0Entry succeeded, EvtDeviceD0Exit was not called yet; written under
                     Lock */
    BOOLEAN IsGone;       /* surprise-removed, or failed for good */
    BOOLEAN IsHeldAwake;  /* between a query to stop or remove and its end: FxPowerReference */
    BOOLEAN HasFailed;    /* IRP_MN_QUERY_PNP_DEVICE_STATE says so */
    WDF_DEVICE_FAILED_ACTION FailedAction;
    REENUMERATE_SELF_INTERFACE_STANDARD Reenumerate; /* of the bus; Size 0: none */
    LONG IsRestarting;                               /* interlocked */
    WORK_QUEUE_ITEM RestartWork;
    FX_SELF_MANAGED SelfManaged;
    WDF_POWER_DEVICE_STATE LastState; /* for EvtDeviceD0Entry's PreviousState */
    LONG Static;          /* WdfDeviceSetStaticStopRemove: not stoppable while not 0 */
    WDF_DEVICE_STATE DeviceState;             /* what the driver said; Lock */
    WDF_DEVICE_PNP_CAPABILITIES PnpCaps;      /* Size 0: not set; Lock */
    WDF_DEVICE_POWER_CAPABILITIES PowerCaps;  /* likewise */
    PIRP Changing; /* the state-changing PnP request that is being processed; Lock */
    KTIMER Watchdog; /* a power callback that lasts 10 minutes: WDF_POWER_ROUTINE_TIMED_OUT */
    KDPC WatchdogDpc;
    WDF_POWER_ROUTINE_TIMED_OUT_DATA TimedOut;

    /* power policy, of its owner: policy.c, idle.c, wake.c */
    KEVENT Policy; /* synchronization event, taken before Turn: one who asks for device power at a
                      time */
    KEVENT InD0Event;        /* notification: in D0 with queues, or never more */
    DEVICE_CAPABILITIES Caps; /* of the stack below; Size 0: not asked yet */
    BOOLEAN PolicyRuns;      /* between start and stop; Lock */
    BOOLEAN IsRequesting;    /* a device power request of ours is on its way; Policy */
    BOOLEAN WorkQueued;      /* Lock */
    WORK_QUEUE_ITEM Work;
    LONG References;         /* who needs D0; interlocked */
    BOOLEAN IdleKnown,
        IdleEnabled; /* WdfDeviceAssignS0IdleSettings was called; and power-down is on; Lock */
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Idle;
    KTIMER IdleTimer;
    KDPC IdleDpc;
    BOOLEAN IdleExpired;     /* Lock */
    BOOLEAN IdleDown;        /* in Dx while the system works; Lock */
    BOOLEAN WantUp;          /* and to come back whatever the references say; Lock */
    FX_USB_IDLE *UsbIdle;    /* usbidle.c's; set once; NULL: the idle capability is another */
    FX_POFX PoFx;
    BOOLEAN WakeKnown, WakeEnabled;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Wake;
    BOOLEAN SystemSleeps;    /* between a system power request down and the one up; Lock */
    BOOLEAN SystemDown;      /* and the device went down for it; Policy */
    POWER_ACTION SystemAction;
    FX_ARM ArmFor, Armed;    /* what the next power-down arms; what is armed; Policy and Turn */
    BOOLEAN ArmFailed;
    KSPIN_LOCK
        WakeLock; /* its own: a child that owns its policy is also the one that keeps the request */
    PIRP WaitWake;           /* outstanding; WakeLock */
    PKTHREAD WaitWakeCanceler; /* who holds WakeLock while it cancels */
    KEVENT WaitWakeEnded;    /* notification */
    NTSTATUS WaitWakeStatus;
    BOOLEAN WakeTriggered;   /* the wait/wake request succeeded */

    BOOLEAN IsEnumerated; /* of a child: PnP has asked it for its ID */
    LIST_ENTRY RemovalRelations; /* of FX_RELATION; Lock */
    LIST_ENTRY UsageDependents;  /* of FX_RELATION; Lock */
    BOOLEAN SpecialSupported[WdfSpecialFileMax];
    LONG SpecialCount[WdfSpecialFileMax]; /* files of the type in use */
};
typedef struct _FX_PNP FX_PNP;

#define FX_REGKEY_SUBKEYS                                                                          \
    0x300u /* WDF_REGKEY_DEVICE_SUBKEY 0x100, WDF_REGKEY_DRIVER_SUBKEY 0x200 [doc:                 \
              WdfDeviceOpenRegistryKey] */

/* ---- pnp.c ---- */
NTSTATUS FxPnpCommit(
    FX_DEVICE *Device); /* once the device is in the tree of objects: its default child list */
VOID FxPnpDispose(FX_DEVICE *Device);    /* before the device object leaves its stack */
/* Sends the IRP down and waits; its status. The stack location stays ours, and the IRP is to be
 * completed. */
NTSTATUS FxPnpStart(FX_DEVICE *Device, PIRP Irp);
NTSTATUS FxForwardWait(FX_DEVICE *Device, PIRP Irp);
VOID FxTakeTurn(FX_PNP *Pnp);
VOID FxEndTurn(FX_PNP *Pnp);
/* The machine's next state, with the driver's state change callbacks. */
VOID FxEnterState(FX_DEVICE *Device, FX_MACHINE Machine, ULONG State);
/* The driver or a callback failed the device: PnP is told, and removes it. */
VOID FxPnpFail(FX_DEVICE *Device, WDF_DEVICE_FAILED_ACTION Action);

/* ---- devstate.c ---- */
PDEVICE_OBJECT
FxKnownPdo(FX_DEVICE *Device); /* NULL while PnP does not know it yet, or there is none */
NTSTATUS FxRelationAdd(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_OBJECT Other);
VOID FxRelationRemove(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_OBJECT Other);
VOID FxRelationsClear(FX_DEVICE *Device, PLIST_ENTRY List);

/* ---- ask.c: these complete the IRP or send it on ---- */
NTSTATUS FxPnpCapabilities(FX_DEVICE *Device, PIRP Irp);
NTSTATUS FxPnpState(FX_DEVICE *Device, PIRP Irp);
NTSTATUS FxPnpRelations(FX_DEVICE *Device, PIRP Irp);
NTSTATUS FxPnpUsage(FX_DEVICE *Device, PIRP Irp);
NTSTATUS FxPnpFilterRequirements(FX_DEVICE *Device, PIRP Irp);
VOID FxApplyCapabilities(FX_DEVICE *Device, PDEVICE_CAPABILITIES Caps);
PNP_DEVICE_STATE FxApplyDeviceState(FX_DEVICE *Device, PNP_DEVICE_STATE State);
/* Old's devices and those of List; Old may be NULL and is freed when *Result is another. */
NTSTATUS FxRelationsReport(FX_DEVICE *Device, PLIST_ENTRY List, PDEVICE_RELATIONS Old,
                           PDEVICE_RELATIONS *Result);

/* ---- restart.c ---- */
/* Asks the bus once for the way to be found anew. PASSIVE_LEVEL, in a start. */
VOID FxRestartPrepare(FX_DEVICE *Device);
VOID FxRestartForget(FX_PNP *Pnp);
/* TRUE: a failed device is on its way to be found anew, and PnP need not be told that it failed. */
BOOLEAN FxRestartBegin(FX_DEVICE *Device);
/* A child's answer; STATUS_NOT_SUPPORTED: it is asked for something else. */
NTSTATUS FxReenumerateAnswer(FX_DEVICE *Device, const IO_STACK_LOCATION *Stack);

/* ---- query.c ---- */
NTSTATUS FxPnpQueryInterface(FX_DEVICE *Device, PIRP Irp);

/* ---- pdo.c, childlist.c ---- */
PDEVICE_OBJECT FxPdoParentWdm(FX_DEVICE *Device);
/* A bus's children added to Old, as FxRelationsReport; STATUS_NOT_SUPPORTED: the device is no bus.
 */
VOID FxChildrenScan(FX_DEVICE *Device); /* EvtChildListScanForChildren, in D0 */
NTSTATUS FxChildrenReport(FX_DEVICE *Device, PDEVICE_RELATIONS Old, PDEVICE_RELATIONS *Result);

/* ---- connect.c ---- */
BOOLEAN FxInterruptsHavePolicy(FX_DEVICE *Device);
/* What the driver wants of its interrupts, in the list's descriptors of them. */
VOID FxInterruptsApplyPolicy(FX_DEVICE *Device, PIO_RESOURCE_REQUIREMENTS_LIST Requirements);

/* ---- power.c ---- */
NTSTATUS FxPowerForward(FX_DEVICE *Device, PIRP Irp); /* and gives the remove lock back */
NTSTATUS FxPowerComplete(FX_DEVICE *Device, PIRP Irp, NTSTATUS Status);

/* ---- policy.c: who owns the power policy asks for device power; PASSIVE_LEVEL without the turn
 * ---- */
VOID FxPolicyInit(FX_PNP *Pnp);
VOID FxPolicyStart(FX_DEVICE *Device); /* the device has started: idle time counts */
/* Before stop or removal: nothing more is asked for, what was asked is over. Any number of times.
 */
VOID FxPolicyStop(FX_DEVICE *Device);
/* The device is brought to D0 and stays there until FxPowerDereference. */
NTSTATUS FxPolicyAwake(FX_DEVICE *Device);
NTSTATUS FxSystemPower(FX_DEVICE *Device,
                       PIRP Irp);      /* a system set-power request; completes it or sends it on */
VOID FxPolicyQueue(FX_DEVICE *Device); /* looks at what is to be done; <= DISPATCH_LEVEL */
NTSTATUS FxPolicyCapabilities(
    FX_DEVICE *Device); /* fills Caps once; STATUS_INVALID_DEVICE_STATE above PASSIVE_LEVEL */
BOOLEAN FxReadPolicySetting(FX_DEVICE *Device, PCWSTR User, PCWSTR Default);

/* ---- pofx.c ---- */
NTSTATUS FxPoFxRegister(FX_DEVICE *Device); /* in a start, in D0; nothing without settings */
VOID FxPoFxUnregister(FX_DEVICE *Device);   /* the policy does not run any more */
VOID FxPoFxStart(FX_PNP *Pnp);              /* the policy runs */
FX_POFX_STEP FxPoFxNext(const FX_PNP *Pnp); /* Lock held */
VOID FxPoFxDo(FX_DEVICE *Device, FX_POFX_STEP Step);
VOID FxPoFxAnswer(FX_PNP *Pnp);
VOID FxPoFxChanged(FX_PNP *Pnp); /* FxPoFxUp, FxPoFxDown or the like was done */
/* In D0, on the way up: whether the power-managed queues go; else they do in F0. */
BOOLEAN FxPoFxMayOpen(FX_PNP *Pnp);

/* ---- usbidle.c: with Policy taken ---- */
NTSTATUS
FxUsbIdleCreate(FX_DEVICE *Device); /* of a device that may be suspended; any number of times */
/* The USB stack is asked; success: it has called back that the device may go down, and waits until
 * LetGo. */
NTSTATUS FxUsbIdleAsk(FX_DEVICE *Device);
VOID FxUsbIdleLetGo(FX_PNP *Pnp);
VOID FxUsbIdleEnd(FX_DEVICE *Device); /* the request is over; nothing when there is none */
/* Policy or D0 is wanted: Waiters more (or less) who wait for Policy. Without Policy; <=
 * DISPATCH_LEVEL. */
VOID FxUsbIdleStir(FX_PNP *Pnp, LONG Waiters);

/* ---- wake.c ---- */
NTSTATUS FxWaitWakeSend(FX_DEVICE *Device, SYSTEM_POWER_STATE State);
VOID FxWaitWakeCancel(FX_DEVICE *Device); /* and waits for its end; nothing when there is none */
VOID FxWakeArm(FX_DEVICE *Device);        /* callback.c's, on the way down */
VOID FxWakeDisarm(FX_DEVICE *Device);     /* on the way up */
/* The state to sleep in and be armed for; FALSE: the device does not wake the system from State. */
BOOLEAN FxWakeWanted(FX_DEVICE *Device, SYSTEM_POWER_STATE State, DEVICE_POWER_STATE *DxState);

/* ---- callback.c: with the turn taken ---- */
NTSTATUS FxPrepareHardware(FX_DEVICE *Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated);
VOID FxReleaseHardware(FX_DEVICE *Device);
/* To D0. On failure the device is as it was before, but for callbacks that are documented to have
 * been called. */
NTSTATUS FxPowerUpDevice(FX_DEVICE *Device);
/* From D0; nothing when it is not there. A failing callback does not keep it from going on; the
 * first failure. */
NTSTATUS FxPowerDownDevice(FX_DEVICE *Device, WDF_POWER_DEVICE_STATE Target);
VOID FxSelfManagedFlush(FX_DEVICE *Device);
VOID FxSelfManagedCleanup(FX_DEVICE *Device);
