/* advapi32's event log: over the kernel's \Device\DrydockEventLog. */
#pragma once

#include "../nt.h"

#include "../../kernel/el/eventlog.h"

/* Writes an event of the service control manager to the system log (EL_SCM_*). What fails is not
 * told. */
VOID ReportServiceEvent(DWORD Id, WORD Type, const LPCWSTR *Strings, WORD Count);
