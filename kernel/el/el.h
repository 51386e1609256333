/* el: the event log. What other components may call. */
#pragma once

#include "../nt.h"

#include "eventlog.h"

/* Creates the device. Once, in phase 1, after the I/O manager and C:. */
NTSTATUS ElInitSystem(VOID);
/*
 * Writes a record; Report is one as IOCTL_EL_REPORT has it, Bytes long in all, and its strings end
 * where they say. PASSIVE_LEVEL, no locks held. STATUS_INVALID_PARAMETER: it is malformed; else
 * what the log's file says.
 */
NTSTATUS ElReport(const EL_REPORT *Report, ULONG Bytes);
/* A record of Count strings of the system log. PASSIVE_LEVEL; what fails is not told, as of all
 * that only reports. */
VOID ElReportStrings(PCWSTR Source, ULONG EventId, USHORT Type, PCUNICODE_STRING const *Strings,
                     USHORT Count);
