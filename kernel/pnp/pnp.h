/*
 * pnp: root-enumerated devices, device interfaces, notifications, properties. What other components may call beyond
 * the documented Io routines.
 */
#pragma once

#include "../io/io.h"

/*
 * Bare start: makes a root device ROOT\Service\000n with HardwareId (may be empty: "ROOT\Service"), lets Driver add
 * itself, starts the stack. PASSIVE_LEVEL in the System process. STATUS_SUCCESS and nothing done for a driver without
 * AddDevice. A failure leaves no device behind.
 */
NTSTATUS PnpStartDriver(PDRIVER_OBJECT Driver, PCUNICODE_STRING Service, PCUNICODE_STRING HardwareId);
/* Removes each device of Driver: query-remove and remove, or surprise removal when the query is refused. */
VOID PnpRemoveDriverDevices(PDRIVER_OBJECT Driver);
