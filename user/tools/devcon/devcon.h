/* devcon: what its files share. */
#pragma once

#include <windows.h>
#include <setupapi.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <wchar.h>

enum {
    DEVCON_FINE,
    DEVCON_REBOOT,
    DEVCON_FAIL,
    DEVCON_USAGE
}; /* exit codes [doc: DevCon return codes] */
enum { DEVCON_TEXT = 2048 };

typedef int DEVCON_COMMAND(int Count, WCHAR **Arguments);

/* What a command does with each device that its arguments name. */
typedef int DEVCON_EACH(HDEVINFO Set, SP_DEVINFO_DATA *Device, const WCHAR *Id, void *Context);

/* ---- match.c ---- */
/*
 * Calls Each for each device of the arguments: hardware or compatible IDs, @ instance IDs, with *
 * in them, 'literal text, =class first. Flags: DIGCF_*. The number of devices; -1: the arguments
 * are wrong (nothing was printed).
 */
int DevconVisit(int Count, WCHAR **Arguments, DWORD Flags, DEVCON_EACH *Each, void *Context);
/* A text property of a device; empty when absent. Out is of DEVCON_TEXT characters and ends as a
 * multi-string. */
BOOL DevconProperty(HDEVINFO Set, SP_DEVINFO_DATA *Device, DWORD Property, WCHAR *Out);
/* The friendly name, else the description. */
void DevconName(HDEVINFO Set, SP_DEVINFO_DATA *Device, WCHAR *Out);
/* ID    : what */
void DevconLine(const WCHAR *Id, const WCHAR *What);

DEVCON_COMMAND DevconFind, DevconFindAll, DevconStatus, DevconHwids, DevconStack, DevconDriverFiles,
    DevconDriverNodes, DevconClasses, DevconListClass; /* list.c, driver.c */
DEVCON_COMMAND DevconEnable, DevconDisable, DevconRestart, DevconRemove,
    DevconRescan;                                /* change.c */
DEVCON_COMMAND DevconSetHwid, DevconClassFilter; /* edit.c */
DEVCON_COMMAND DevconResources;                  /* resources.c */
DEVCON_COMMAND DevconInstall, DevconUpdate, DevconAddPackage, DevconDeletePackage,
    DevconEnumPackages; /* package.c */
