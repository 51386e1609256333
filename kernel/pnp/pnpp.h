/* Private to pnp: the device tree, its nodes, and what the sources share. */
#pragma once

#include "../io/iop.h"
#include "pnp.h"

#include <cfg.h>

#define PNP_TAG ' pnP'

#ifndef STATUS_PNP_NO_COMPAT_DRIVERS
#define STATUS_PNP_NO_COMPAT_DRIVERS ((NTSTATUS)0xC0000490)
#endif
#ifndef STATUS_PLUGPLAY_QUERY_VETOED
#define STATUS_PLUGPLAY_QUERY_VETOED ((NTSTATUS)0x80000028)
#endif

/* [doc: !devnode] the names and numbers that the debugger shows. */
typedef enum _PNP_STATE {
    DeviceNodeUninitialized = 0x301,
    DeviceNodeInitialized,
    DeviceNodeDriversAdded,
    DeviceNodeResourcesAssigned,
    DeviceNodeStarted = 0x308,
    DeviceNodeQueryStopped,
    DeviceNodeStopped,
    DeviceNodeQueryRemoved = 0x310,
    DeviceNodeRemovePendingCloses,
    DeviceNodeRemoved,
    DeviceNodeDeleted = 0x314
} PNP_STATE;

enum {                               /* PNP_NODE.Flags */
       PNP_NODE_ROOT_ENUMERATED = 1, /* made by us, not by a bus driver */
       PNP_NODE_MISSING =
           2, /* its bus reports it no more, or its bus goes: the node goes at removal */
       PNP_NODE_REPORTED = 4,           /* in the list that is being looked at */
       PNP_NODE_RAW = 8,                /* started without a function driver */
       PNP_NODE_SURPRISED = 0x10,       /* IRP_MN_SURPRISE_REMOVAL was sent */
       PNP_NODE_QUERIED = 0x20,         /* IRP_MN_QUERY_REMOVE_DEVICE was sent, and nothing since */
       PNP_NODE_COLLECTED = 0x40,       /* on a PNP_LIST that is being made */
       PNP_NODE_RESOURCES_ASIDE = 0x80, /* a rebalance has taken its resources away for now */
       PNP_NODE_GONE_TOLD = 0x100,      /* programs have heard that it is not there any more */
       PNP_NODE_NO_RESTART = 0x200      /* removed, and not to come back by itself */
};

enum { /* PNP_NODE.Actions: what the worker has to do */
    PNP_ACTION_ENUMERATE = 1,
    PNP_ACTION_STATE = 2,
    PNP_ACTION_EJECT = 4,
    PNP_ACTION_POWER_RELATIONS = 8,
    PNP_ACTION_SURPRISE = 0x10
};

#define PNP_DRIVERS_LIMIT 16 /* filters and function driver of one device */

typedef struct _PNP_NODE PNP_NODE;
struct _PNP_NODE {
    PNP_NODE *Parent, *Child, *Sibling; /* tree lock; children in the order they came */
    PDEVICE_OBJECT Pdo;                 /* referenced */
    PNP_STATE State, StateBefore;       /* StateBefore: where a cancelled query goes back to */
    ULONG Flags;                        /* PNP_NODE_* */
    ULONG Problem;                      /* CM_PROB_*, 0: none */
    NTSTATUS ProblemStatus;
    PDRIVER_OBJECT Driver[PNP_DRIVERS_LIMIT]; /* held; bottom first */
    ULONG DriverCount, FunctionIndex;   /* FunctionIndex: which of them is the function driver */
    UNICODE_STRING InstancePath;        /* BUS\DEVICE\INSTANCE, as its key under Enum */
    UNICODE_STRING DeviceId;            /* BUS\DEVICE */
    UNICODE_STRING InstanceId;          /* as the bus driver gave it */
    UNICODE_STRING Service;             /* of the function driver; empty until one is found */
    UNICODE_STRING HardwareIds,
        CompatibleIds; /* multi-strings; the final terminators are not counted */
    UNICODE_STRING Description, Location, ContainerId;
    DEVICE_CAPABILITIES Capabilities;
    PNP_BUS_INFORMATION Bus;            /* of the bus that the device is on */
    BOOLEAN HasBus;
    PNP_DEVICE_STATE DeviceState;       /* last answer to IRP_MN_QUERY_PNP_DEVICE_STATE */
    ULONG DisableableDepends; /* reasons why the device cannot be disabled: itself, its children */
    PCM_RESOURCE_LIST BootResources;    /* from the bus driver */
    PIO_RESOURCE_REQUIREMENTS_LIST Requirements;
    PCM_RESOURCE_LIST Resources, Translated; /* assigned; NULL: none */
    PCM_RESOURCE_LIST OldResources, OldTranslated; /* during a rebalance */
    PDEVICE_RELATIONS
        PowerRelations; /* must be on before the device is, and off after it; NULL: none */
    LIST_ENTRY Action;                  /* PnpActionQueue; DISPATCH_LEVEL */
    ULONG Actions;                      /* PNP_ACTION_*; DISPATCH_LEVEL */
};

/* ---- tree.c: the tree and its lock ---- */
extern PNP_NODE *PnpRoot; /* set once */
VOID PnpInitTree(VOID);
/* Guards the tree. Recursive; PASSIVE_LEVEL; drivers are called with it held. */
VOID PnpLockTree(VOID);
/* FALSE: another thread has held it for so long; *Owner is that thread. */
BOOLEAN PnpTryLockTree(ULONG Seconds, PKTHREAD *Owner);
VOID PnpUnlockTree(VOID);
/* The owner waits for a program, which may look at the tree meanwhile: nothing changes until it is
 * reclaimed. */
VOID PnpLendTree(VOID);
VOID PnpReclaimTree(VOID);
/* For looking only. TRUE: it was lent; else the tree is locked as by PnpLockTree. */
BOOLEAN PnpLockTreeToRead(VOID);
VOID PnpUnlockTreeToRead(BOOLEAN Lent);
/* The node of a physical device object; NULL for any other device. */
PNP_NODE *PnpNodeOf(PDEVICE_OBJECT Pdo);
/* As above for routines that must be given one: bug check 0xCA, 2. */
PNP_NODE *PnpRequireNode(PDEVICE_OBJECT Pdo, const char *Routine);
/* A new last child of Parent (NULL: the root) that takes over the caller's reference to Pdo. NULL:
 * out of memory. */
PNP_NODE *PnpMakeNode(PNP_NODE *Parent, PDEVICE_OBJECT Pdo);
/* Takes a node without children and drivers out of the tree and frees it with its reference to the
 * PDO. */
VOID PnpDeleteNode(PNP_NODE *Node);
/* Walks Top and what is below it: parents before children, or children before parents. NULL at the
 * end. */
PNP_NODE *PnpNextDown(PNP_NODE *Node, PNP_NODE *Top);
PNP_NODE *PnpFirstUp(PNP_NODE *Top);
PNP_NODE *PnpNextUp(PNP_NODE *Node, PNP_NODE *Top);
PNP_NODE *PnpFindNode(PCUNICODE_STRING InstancePath);
ULONG PnpDepth(const PNP_NODE *Node);
VOID PnpSetProblem(PNP_NODE *Node, ULONG Problem, NTSTATUS Status);
/* One line on the machine's log, after the device's instance path. */
VOID PnpLog(PNP_NODE *Node, const char *What, NTSTATUS Status);

/* ---- send.c: requests to a device stack, and strings ---- */
/*
 * Sends IRP_MJ_PNP with the given minor to the top of the stack and waits. Parameters (may be NULL)
 * are those of the stack location. Information (may be NULL) goes in and comes out.
 */
NTSTATUS PnpSend(PDEVICE_OBJECT Pdo, ULONG Minor, const IO_STACK_LOCATION *Parameters,
                 ULONG_PTR *Information);
/* Sends IRP_MN_QUERY_DEVICE_RELATIONS; *Relations is NULL when there are none. The caller frees it.
 */
NTSTATUS PnpQueryRelations(PNP_NODE *Node, DEVICE_RELATION_TYPE Type, PDEVICE_RELATIONS *Relations);

/* Strings in pool with PNP_TAG; Buffer NULL when out of memory. */
UNICODE_STRING PnpFormat(PCWSTR Format, ...); /* at most 511 characters; %wZ and the rest */
UNICODE_STRING PnpCopy(PCUNICODE_STRING Source);
VOID PnpFree(PUNICODE_STRING String);
/* The strings of a multi-string, one a call: *Next starts at NULL. FALSE at the end. */
BOOLEAN PnpNextString(PCUNICODE_STRING Multi, PWCHAR *Next, PUNICODE_STRING One);

/* ---- root.c: the root bus ---- */
NTSTATUS PnpInitRoot(VOID);
typedef struct _PNP_ROOT_DESCRIPTION {
    PCUNICODE_STRING Name, Service;            /* ROOT\Name\000n, driven by Service */
    PCUNICODE_STRING
        InstancePath; /* if not NULL, instead; Name is what describes the device then */
    UNICODE_STRING HardwareIds, CompatibleIds; /* multi-strings; without hardware IDs: ROOT\Name */
    PCM_RESOURCE_LIST Resources;               /* NULL: none */
    PIO_RESOURCE_REQUIREMENTS_LIST Requirements;
} PNP_ROOT_DESCRIPTION;
/* A root-enumerated device, its node initialized (PnpInitializeNode). What is given is copied. */
NTSTATUS PnpCreateRootDevice(const PNP_ROOT_DESCRIPTION *Given, PNP_NODE **Node);
/* Takes the PDO of a root-enumerated device away; the object lives while it is referenced. */
VOID PnpDeleteRootDevice(PDEVICE_OBJECT Pdo);

/* ---- control.c ---- */
/* A root device of an instance path ROOT\... whose key is there; without drivers. With the tree
 * lock held. */
NTSTATUS PnpCreateRegisteredDevice(PCUNICODE_STRING InstancePath, PNP_NODE **Node);

/* ---- install.c ---- */
VOID PnpInitInstall(VOID);
/* The device has no driver: setup is run for it when the driver store has one. With the tree lock
 * held. */
VOID PnpInstallDevice(PNP_NODE *Node);

/* ---- identify.c ---- */
/* Asks the bus driver who the device is and records it under Enum. DeviceNodeInitialized, or a
 * problem. */
NTSTATUS PnpInitializeNode(PNP_NODE *Node);
NTSTATUS PnpQueryCapabilities(PNP_NODE *Node);
ULONG PnpCapabilityBits(const DEVICE_CAPABILITIES *Capabilities); /* CM_DEVCAP_* */

/* ---- match.c: which service drives which hardware ID ---- */
NTSTATUS PnpAddMatch(PCUNICODE_STRING Service, PCUNICODE_STRING Ids);
VOID PnpRemoveMatch(PCUNICODE_STRING Service);
/* The IDs of a loaded service; Buffer NULL: none were given. */
PCUNICODE_STRING PnpMatchIds(PCUNICODE_STRING Service);
/* The service for the node: of its Enum key, else by its IDs, best first. To be freed; Buffer NULL:
 * none. */
UNICODE_STRING PnpFindService(PNP_NODE *Node);

/* ---- stack.c: drivers of a device ---- */
/* Loads the node's filters and function driver and calls their AddDevice routines. On failure none
 * is left. */
NTSTATUS PnpAddDrivers(PNP_NODE *Node);
/* After IRP_MN_REMOVE_DEVICE: the drivers may unload. */
VOID PnpReleaseDrivers(PNP_NODE *Node);
PDRIVER_OBJECT PnpFunctionDriver(PNP_NODE *Node); /* NULL: none */
/* The driver is the function driver without AddDevice having been called. */
VOID PnpTakeDriver(PNP_NODE *Node, PDRIVER_OBJECT Driver);

/* ---- start.c ---- */
/* From DeviceNodeInitialized to DeviceNodeStarted, or a problem. Its children are enumerated by the
 * worker. */
NTSTATUS PnpStartNode(PNP_NODE *Node);
/* What the flags of IRP_MN_QUERY_PNP_DEVICE_STATE ask for. */
VOID PnpAskDeviceState(PNP_NODE *Node);

/* ---- enumerate.c ---- */
VOID PnpEnumerateNode(PNP_NODE *Node);
/* Root devices that were removed but not uninstalled start again. */
VOID PnpReviveRootDevices(VOID);
VOID PnpAskPowerRelations(PNP_NODE *Node);
VOID PnpForgetPowerRelations(PNP_NODE *Node);

/* ---- remove.c ---- */
typedef enum _PNP_REMOVE_KIND {
    PnpRemoveQuery,    /* ask; give up when refused */
    PnpRemoveForced,   /* ask; by surprise when refused */
    PnpRemoveSurprise, /* the device is gone */
    PnpRemoveFailed    /* IRP_MN_REMOVE_DEVICE alone: after a start that failed */
} PNP_REMOVE_KIND;
/*
 * Removes the drivers of a node, of all below it and of its removal relations. The node itself
 * stays in the tree with the problem, unless it is missing; those below go. STATUS_PENDING: handles
 * are open, the rest follows their close. STATUS_UNSUCCESSFUL: PnpRemoveQuery was refused.
 */
NTSTATUS PnpRemoveNode(PNP_NODE *Node, PNP_REMOVE_KIND Kind, ULONG Problem);
/* STATUS_PLUGPLAY_QUERY_VETOED: refused, or it cannot be. */
NTSTATUS PnpEjectNode(PNP_NODE *Node);
/* Who refused the last removal, as CM_Query_And_Remove_SubTree tells: tree lock. Name:
 * PNP_CONTROL_TEXT characters. */
VOID PnpNoteVeto(PNP_VETO_TYPE Type, PCUNICODE_STRING Name);
PNP_VETO_TYPE PnpLastVeto(PWSTR Name);
VOID PnpRetryPendingRemovals(VOID);

/* ---- action.c: what is to be done, in order ---- */
VOID PnpQueueAction(PNP_NODE *Node, ULONG Action); /* IRQL <= DISPATCH_LEVEL */
VOID PnpForgetActions(PNP_NODE *Node);
VOID PnpQueueRetry(VOID); /* a removal may go on: a handle was closed. IRQL <= DISPATCH_LEVEL */

/* ---- claim.c ---- */
VOID PnpDropClaims(PDRIVER_OBJECT Driver); /* a driver goes; tree lock */

/* ---- arbiter.c: hardware resources ---- */
/* Asks for requirements, has the stack filter them, assigns. Sets Resources and Translated. */
NTSTATUS PnpAssignResources(PNP_NODE *Node);
VOID PnpReleaseResources(PNP_NODE *Node);
/* The boot configuration becomes the assigned resources. STATUS_CONFLICTING_ADDRESSES: somebody has
 * them. */
NTSTATUS PnpClaimBootResources(PNP_NODE *Node);
/* The requirements have changed: they are asked for again, and the device restarted with other
 * resources. */
VOID PnpRestartForResources(PNP_NODE *Node, BOOLEAN MustStop);
SIZE_T PnpResourceListBytes(const CM_RESOURCE_LIST *List);

/* ---- regkey.c ---- */
/* Opens a key below \Registry\Machine\System\CurrentControlSet, making each missing key on the way.
 */
NTSTATUS PnpOpenKey(PCUNICODE_STRING Path, ACCESS_MASK Access, HANDLE *Key);
/* As above; an absent key is an error. */
NTSTATUS PnpOpenExistingKey(PCUNICODE_STRING Path, ACCESS_MASK Access, HANDLE *Key);
NTSTATUS PnpSetString(HANDLE Key, PCWSTR Name, ULONG Type, PCUNICODE_STRING Value);
NTSTATUS PnpSetValue(HANDLE Key, PCWSTR Name, ULONG Type, const VOID *Data, ULONG Bytes);
/* A value's data in pool, to be freed; terminators of strings are cut off. Buffer NULL: absent. */
UNICODE_STRING PnpQueryString(HANDLE Key, PCWSTR Name);
/* A REG_DWORD; 0: absent. */
ULONG PnpQueryNumber(HANDLE Key, PCWSTR Name);
/* The device's key under Enum, made if needed. */
NTSTATUS PnpOpenEnumKey(PNP_NODE *Node, ACCESS_MASK Access, HANDLE *Key);
/* A string value of the Enum key; Buffer NULL: absent. */
UNICODE_STRING PnpQueryEnumString(PNP_NODE *Node, PCWSTR Name);

/* ---- property.c ---- */
ULONG PnpNodeStatus(PNP_NODE *Node); /* DN_* */
/* What the system knows of the device, by key. STATUS_OBJECT_NAME_NOT_FOUND: nothing. */
NTSTATUS PnpGetSystemProperty(PNP_NODE *Node, const DEVPROPKEY *Key, ULONG Size, PVOID Data,
                              PULONG RequiredSize, PDEVPROPTYPE Type);

/* By DEVICE_REGISTRY_PROPERTY. STATUS_INVALID_PARAMETER_2: there is no such property. */
NTSTATUS PnpGetFixedProperty(PNP_NODE *Node, ULONG Property, ULONG Size, PVOID Data,
                             PULONG RequiredSize, PDEVPROPTYPE Type);
DEVICE_POWER_STATE PnpDevicePower(PNP_NODE *Node); /* PowerDeviceUnspecified: it is not started */

/* ---- stored.c: what was set by key ---- */
#define PNP_STORED_TYPE 0xFFFF0000u /* with the property's type, the registry's */
/* Base is the path of the device's or interface's key below the control set. A NULL Data deletes.
 */
NTSTATUS PnpSetStored(PCUNICODE_STRING Base, const DEVPROPKEY *Key, LCID Lcid, DEVPROPTYPE Type,
                      ULONG Size, const VOID *Data);
NTSTATUS PnpGetStored(PCUNICODE_STRING Base, const DEVPROPKEY *Key, LCID Lcid, ULONG Size,
                      PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type);

/* ---- interface.c ---- */
VOID PnpForgetInterfaces(PNP_NODE *Node); /* disables and frees those of a removed device */

/* ---- watch.c: programs that watch ---- */
NTSTATUS PnpInitWatches(VOID);
VOID PnpTellProgramsOfInterface(const GUID *Class, PCUNICODE_STRING Link, BOOLEAN Arrival);
VOID PnpTellProgramsOfInstance(PNP_NODE *Node, ULONG Action); /* PNP_EVENT_* of control.h */
VOID PnpTellProgramsOfTarget(PDEVICE_OBJECT Pdo, ULONG Action);
VOID PnpTellProgramsOfCustom(PDEVICE_OBJECT Pdo,
                             const TARGET_DEVICE_CUSTOM_NOTIFICATION *Notification);
/* With the tree lock held. FALSE: one refuses that the device is removed. */
BOOLEAN PnpAskPrograms(PDEVICE_OBJECT Pdo);
/* NtPlugPlayControl's classes from PNP_CONTROL_WATCH on. */
NTSTATUS PnpControlWatch(ULONG Class, PVOID Buffer, ULONG Bytes);

/* ---- notify.c ---- */
VOID PnpNotifyInterface(const GUID *Class, PCUNICODE_STRING Link, BOOLEAN Arrival);
/* Calls those who watch Pdo, in this thread. The first failure of a query-remove ends it. */
NTSTATUS PnpNotifyTarget(PDEVICE_OBJECT Pdo, const GUID *Event);
/* Calls Visit for each enabled interface of Class. */
VOID PnpVisitInterfaces(const GUID *Class, VOID (*Visit)(PVOID Context, PCUNICODE_STRING Link),
                        PVOID Context);

extern const GUID PnpGuidArrival, PnpGuidRemoval, PnpGuidQueryRemove, PnpGuidRemoveCancelled,
    PnpGuidRemoveComplete;
