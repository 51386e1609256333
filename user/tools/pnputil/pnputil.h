/* pnputil: what its files share. */
#pragma once

#include <windows.h>
#include <setupapi.h>
#include <cfgmgr32.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "../console.h"

/* Not in mingw's header. [doc: cfgmgr32.h] */
DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET Result, DWORD Default);

enum { PNPUTIL_TEXT = 2048, PNPUTIL_LIST = 32 };

/* The options of all commands; each command says which it takes. */
typedef struct _PNPUTIL_OPTIONS {
    const WCHAR *Name[PNPUTIL_LIST];  /* without the slash, as they were given */
    const WCHAR *Value[PNPUTIL_LIST]; /* what followed, or NULL */
    int Count;
    const WCHAR *Argument[2]; /* what is no option: an INF, an instance ID, a folder */
    int Arguments;
} PNPUTIL_OPTIONS;

BOOL PnpHas(const PNPUTIL_OPTIONS *Options, const WCHAR *Name);
const WCHAR *PnpValue(const PNPUTIL_OPTIONS *Options, const WCHAR *Name); /* or NULL */

typedef int PNPUTIL_COMMAND(const PNPUTIL_OPTIONS *Options); /* a Win32 error code */

/* A line "Label:   text" whose text starts in the column Width. */
void PnpShow(int Width, const WCHAR *Label, const WCHAR *Format, ...);
/* "Failed to X: what the error means", and the error. */
int PnpFail(const WCHAR *What, DWORD Error);
BOOL PnpParseGuid(const WCHAR *Text, GUID *Guid);
void PnpPrintGuid(const GUID *Guid, WCHAR *Text); /* 39 characters */

/* ---- match.c: devices by the filters that commands have in common ---- */
typedef void PNPUTIL_EACH(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context);
/* Flags: DIGCF_PRESENT or 0. The number of devices; -1: an argument is wrong. */
int PnpVisit(const PNPUTIL_OPTIONS *Options, DWORD Flags, PNPUTIL_EACH *Each, void *Context);
BOOL PnpProperty(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property,
                 WCHAR *Out); /* of PNPUTIL_TEXT; a multi-string too */
BOOL PnpDriverValue(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Name, WCHAR *Out);

/* ---- package.c: a package of the driver store ---- */
typedef struct _PNPUTIL_PACKAGE {
    WCHAR Published[MAX_PATH], Original[MAX_PATH]; /* oem0.inf and the INF's own name */
    WCHAR Folder[MAX_PATH];                        /* in the store */
    WCHAR Provider[LINE_LEN], ClassName[64], ClassGuid[64], Version[LINE_LEN], ExtensionId[64];
} PNPUTIL_PACKAGE;
BOOL PnpReadPackage(const WCHAR *Published, PNPUTIL_PACKAGE *Package);
void PnpShowPackage(const PNPUTIL_PACKAGE *Package, int Indent);
BOOL PnpIsOem(const WCHAR *Name);
typedef void PNPUTIL_FOUND(const WCHAR *Name, void *Context);
void PnpVisitOem(PNPUTIL_FOUND *Found, void *Context); /* of each published INF, by number */

PNPUTIL_COMMAND PnpAddDriver;                                     /* add.c */
PNPUTIL_COMMAND PnpDeleteDriver, PnpExportDriver, PnpEnumDrivers; /* drivers.c */
PNPUTIL_COMMAND PnpEnumDevices;                                   /* devices.c */
PNPUTIL_COMMAND PnpDisable, PnpEnable, PnpRestart, PnpRemove, PnpScan; /* change.c */
PNPUTIL_COMMAND PnpEnumInterfaces, PnpEnumClasses, PnpEnumTree;   /* other.c */

/* What /enum-devices and /enum-devicetree may add to a device, at a column. */
void PnpShowParts(const PNPUTIL_OPTIONS *Options, HDEVINFO Set, SP_DEVINFO_DATA *Device,
                  int Indent);
