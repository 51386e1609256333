/* newdev: what its files share. */
#pragma once

#include "../nt.h"
#define _SETUPAPI_
#include <setupapi.h>

typedef struct _OUTCOME {
    ULONG Matching, Installed;
    BOOL Reboot;
} OUTCOME;

/* Not in mingw's header. [doc: setupapi.h] */
BOOL WINAPI SetupGetInfDriverStoreLocationW(PCWSTR Name, PSP_ALTPLATFORM_INFO Platform,
                                            PCWSTR Locale, PWSTR Buffer, DWORD Size, PDWORD Needed);

BOOL NewdevFail(DWORD Error); /* sets the last error; FALSE */
/* Takes over that the machine has to be started again. */
VOID NewdevNoteReboot(HDEVINFO Set, PSP_DEVINFO_DATA Device, OUTCOME *Outcome);
/* The name of the published INF of the device's driver; FALSE: it has none. Inf is of MAX_PATH
 * characters. */
BOOL NewdevDriverInf(HDEVINFO Set, PSP_DEVINFO_DATA Device, WCHAR *Inf);

/* Whether the published INF is an extension's, and whether it is applied to the device. */
BOOL NewdevIsExtension(const WCHAR *Path);
BOOL NewdevIsExtendedBy(HDEVINFO Set, PSP_DEVINFO_DATA Device, const WCHAR *Name);

/* ---- uninstall.c ---- */
/* Leaves the device without a driver; it is not stopped. */
BOOL NewdevForgetDriver(HDEVINFO Set, PSP_DEVINFO_DATA Device);
/* Stops and starts a device. */
BOOL NewdevRestart(HDEVINFO Set, PSP_DEVINFO_DATA Device, OUTCOME *Outcome);
