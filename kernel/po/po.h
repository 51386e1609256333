/* po: power. What other components may call beyond the documented Po routines. PASSIVE_LEVEL unless said otherwise. */
#pragma once

#include "../io/io.h"

/*
 * Takes the machine to PowerSystemSleeping1 to PowerSystemHibernate and back to PowerSystemWorking: each started device is
 * asked, told, and told again. A refusal: its status, and all who were asked are told that it stays as it is.
 */
NTSTATUS PoSleepSystem(SYSTEM_POWER_STATE State, POWER_ACTION Action);
/* S5 for each started device; nobody is asked. After IRP_MJ_SHUTDOWN. */
VOID PoShutdownDevices(POWER_ACTION Action);
/* The device is being deleted: bug check 0x9F, 1 when a power request for it is not completed. IRQL <= DISPATCH_LEVEL. */
VOID PoCheckDeletedDevice(PDEVICE_OBJECT Device);
/* The device is being deleted: nobody watches whether it is idle. IRQL <= DISPATCH_LEVEL. */
VOID PoForgetIdleDevice(PDEVICE_OBJECT Device);
