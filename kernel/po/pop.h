/* Private to po. */
#pragma once

#include "../io/iop.h"
#include "po.h"

#define PO_TAG ' orP'

#define POP_WATCHDOG_SECONDS 600 /* [doc: Bug Check 0x9F] a power request that takes longer stops the machine */
#define POP_100NS 10000000ll     /* a second */

/* A request of the power manager to a device stack. */
typedef struct _POP_REQUEST POP_REQUEST;
struct _POP_REQUEST {
    POP_REQUEST *Next;         /* queue of the stack, or of those with inrush */
    PDEVICE_OBJECT Device;     /* as the caller named it */
    PDEVICE_OBJECT Top, Base;  /* of its stack; referenced */
    UCHAR Minor;
    BOOLEAN HasInrush;         /* powers up a device that draws more current while it does */
    POWER_STATE_TYPE Type;
    POWER_STATE State;
    POWER_ACTION Action;
    ULONG SystemContext;
    PREQUEST_POWER_COMPLETE Routine;
    PVOID Context;
    PIRP Irp;
    KTIMER Watchdog;
    KDPC WatchdogDpc;
    ULONG64 Due;               /* virtual time at which the watchdog ends the wait */
    WORK_QUEUE_ITEM Item;
};

/* ---- irp.c ---- */
/* Sends a system power request to the stack and waits for it. */
NTSTATUS PopSendSystemIrp(PDEVICE_OBJECT Device, UCHAR Minor, SYSTEM_POWER_STATE State, POWER_ACTION Action,
                          ULONG SystemContext);
/* The system transition that device requests tell their drivers of; PowerActionNone outside of one. */
extern POWER_ACTION PopCurrentAction;

/* ---- system.c ---- */
VOID PopLog(const char *Format, ...); /* one line on the machine's log */

/* ---- asleep.c ---- */
/*
 * The first and the last of a system transition: in between a device may wake the machine, asleep
 * or not yet.
 */
VOID PopBeginTransition(VOID);
VOID PopEndTransition(VOID);
/* A wait/wake request of the device was completed with success. IRQL <= DISPATCH_LEVEL. */
VOID PopNoteWake(PDEVICE_OBJECT Pdo);
/* Every device is down. See PoSleepSystem. */
NTSTATUS PopStayAsleep(SYSTEM_POWER_STATE State, ULONG64 Limit100ns);

/* ---- setting.c ---- */
/* A setting has another value: who registered for it is told, in this thread. */
VOID PopChangeSetting(const GUID *Setting, ULONG Value);
extern const GUID PopConsoleDisplayState;

/* ---- request.c ---- */
EXECUTION_STATE PopRequestedState(VOID); /* ES_* of all requests and threads */
/* NtPowerInformation's levels of programs' requests. */
NTSTATUS PopCreateUserRequest(PVOID Input, ULONG InputLength, PVOID Output, ULONG OutputLength);
NTSTATUS PopActOnUserRequest(PVOID Input, ULONG InputLength);

/* ---- state.c ---- */
#define POP_IRP_WOKE 0x80000000 /* IRP.Flags: PoSetSystemWake */
typedef struct _POP_HISTORY {
    ULONG64 LastSleep, LastWake; /* interrupt time, 100 ns */
    ULONG Sleeps;
} POP_HISTORY;
extern POP_HISTORY PopHistory;
