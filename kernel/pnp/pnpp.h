/* Private to pnp: the device node of a root-enumerated device, its interfaces and properties. */
#pragma once

#include "../io/iop.h"
#include "pnp.h"

#define PNP_TAG ' pnP'

typedef enum _PNP_STATE { PnpAdded, PnpStarted, PnpRemovePending, PnpRemoved } PNP_STATE;

typedef struct _PNP_NODE {
    LIST_ENTRY Link;             /* PnpNodes; PASSIVE_LEVEL */
    PDEVICE_OBJECT Pdo;
    PDRIVER_OBJECT Driver;       /* function driver, not referenced: nodes go before it unloads */
    UNICODE_STRING InstancePath; /* ROOT\NAME\0000 */
    UNICODE_STRING DeviceId;     /* ROOT\NAME */
    UNICODE_STRING Service;
    UNICODE_STRING HardwareIds;  /* multi-string, both terminators counted in Length */
    ULONG Instance;
    PNP_STATE State;
    LIST_ENTRY Properties;       /* of PNP_PROPERTY */
} PNP_NODE;

/* The node of a physical device object; NULL for any other device. */
PNP_NODE *PnpNodeOf(PDEVICE_OBJECT Pdo);

/* ---- send.c: requests to a device stack ---- */
/* Sends IRP_MJ_PNP with the given minor; Stack gives the parameters (may be NULL); Information out, optional. */
NTSTATUS PnpSend(PDEVICE_OBJECT Pdo, ULONG Minor, const IO_STACK_LOCATION *Parameters, ULONG_PTR *Information);

/* ---- root.c ---- */
NTSTATUS PnpInitRoot(VOID);
NTSTATUS PnpCreateNode(PCUNICODE_STRING Service, PCUNICODE_STRING HardwareId, PNP_NODE **Node);
VOID PnpDeleteNode(PNP_NODE *Node);
extern LIST_ENTRY PnpNodes;

/* ---- strings, in pool with PNP_TAG; Buffer NULL when out of memory ---- */
UNICODE_STRING PnpFormat(PCWSTR Format, ...); /* at most 511 characters; %wZ and the rest */
UNICODE_STRING PnpCopy(PCUNICODE_STRING Source);
VOID PnpFree(PUNICODE_STRING String);

/* ---- regkey.c ---- */
/* Opens a key below \Registry\Machine\System\CurrentControlSet, making each missing key on the way. */
NTSTATUS PnpOpenKey(PCUNICODE_STRING Path, ACCESS_MASK Access, HANDLE *Key);
NTSTATUS PnpSetString(HANDLE Key, PCWSTR Name, ULONG Type, PCUNICODE_STRING Value);

/* ---- property.c ---- */
VOID PnpFreeProperties(PLIST_ENTRY List);
/* Lists of typed values by key. A NULL Data deletes. */
NTSTATUS PnpSetProperty(PLIST_ENTRY List, const DEVPROPKEY *Key, LCID Lcid, DEVPROPTYPE Type, ULONG Size,
                        const VOID *Data);
NTSTATUS PnpGetProperty(PLIST_ENTRY List, const DEVPROPKEY *Key, LCID Lcid, ULONG Size, PVOID Data,
                        PULONG RequiredSize, PDEVPROPTYPE Type);

/* ---- interface.c ---- */
VOID PnpForgetInterfaces(PNP_NODE *Node); /* disables and frees those of a removed device */

/* ---- notify.c ---- */
VOID PnpNotifyInterface(const GUID *Class, PCUNICODE_STRING Link, BOOLEAN Arrival);
/* Calls those who watch Pdo, in this thread. The first failure of a query-remove ends it. */
NTSTATUS PnpNotifyTarget(PDEVICE_OBJECT Pdo, const GUID *Event);
/* Calls Visit for each enabled interface of Class. */
VOID PnpVisitInterfaces(const GUID *Class, VOID (*Visit)(PVOID Context, PCUNICODE_STRING Link), PVOID Context);

extern const GUID PnpGuidArrival, PnpGuidRemoval, PnpGuidQueryRemove, PnpGuidRemoveCancelled, PnpGuidRemoveComplete;
