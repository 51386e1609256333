/* po: power. What other components may call beyond the documented Po routines. PASSIVE_LEVEL unless
 * said otherwise. */
#pragma once

#include "../io/io.h"

/*
 * Takes the machine to PowerSystemSleeping1 to PowerSystemHibernate and back to PowerSystemWorking:
 * each started device is asked, told, and told again. A refusal: its status, and all who were asked
 * are told that it stays as it is. It stays asleep for Limit100ns of virtual time, 0 for no time at
 * all, or until a device wakes it; PO_UNTIL_WOKEN: for PoSuspendSystem. STATUS_TIMEOUT: nothing has
 * woken it.
 */
#define PO_UNTIL_WOKEN MAXULONG64
NTSTATUS PoSleepSystem(SYSTEM_POWER_STATE State, POWER_ACTION Action, ULONG64 Limit100ns);
/*
 * As above, but returns when it is asleep, or not going to be: then with why. It sleeps until
 * PoWakeSystem or a device.
 */
NTSTATUS PoSuspendSystem(SYSTEM_POWER_STATE State, POWER_ACTION Action);
/* Returns when it works again. STATUS_POWER_STATE_INVALID: it is not asleep. */
NTSTATUS PoWakeSystem(VOID);
/* PowerSystemWorking, or the state that it sleeps in. */
SYSTEM_POWER_STATE PoSystemState(VOID);
/* S5 for each started device; nobody is asked. After IRP_MJ_SHUTDOWN. */
VOID PoShutdownDevices(POWER_ACTION Action);
/* The device is being deleted: bug check 0x9F, 1 when a power request for it is not completed. IRQL
 * <= DISPATCH_LEVEL. */
VOID PoCheckDeletedDevice(PDEVICE_OBJECT Device);
/* The device is being deleted: nobody watches whether it is idle. IRQL <= DISPATCH_LEVEL. */
VOID PoForgetIdleDevice(PDEVICE_OBJECT Device);
/* The type of object of power requests; with ob. */
NTSTATUS PoInitRequests(VOID);
/* Calls Visit, which may not wait, for each type that a power request or a thread asks for: a
 * POWER_REQUEST_TYPE, and who. */
typedef VOID PO_REQUEST_VISIT(PVOID Context, ULONG Type, const char *Kind, PCUNICODE_STRING Owner,
                              PCUNICODE_STRING Reason);
VOID PoVisitRequests(PO_REQUEST_VISIT *Visit, PVOID Context);
