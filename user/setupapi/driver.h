/* Driver nodes: what an INF offers for a device; the driver store; installing on a device. */
#pragma once

#include "inf.h"

typedef struct _SETUP_DRIVER {
    struct _SETUP_DRIVER *Next; /* better ones first */
    DWORD Rank;                 /* [doc: How Windows Ranks Drivers] lower is better */
    FILETIME Date;
    DWORDLONG Version;
    GUID Class;
    GUID ExtensionId;           /* zeros: it is a base driver's INF */
    WCHAR InfPath[MAX_PATH];    /* the INF that was read: published ones lie in C:\Windows\INF */
    WCHAR Section[256];         /* without decoration */
    WCHAR Description[256], Manufacturer[256], Provider[256], ClassName[64];
    WCHAR MatchingId[256];      /* empty: listed, not matched */
    WCHAR Ids[1024];            /* multi-string: of the model */
} SETUP_DRIVER;

#define SETUP_NO_RANK 0xFFFFFFFF

/*
 * Puts the models of an INF that fit a device into a list, best first. Hardware and Compatible: the
 * device's IDs; NULL: every model. FALSE, last error set: the INF cannot be read or memory is
 * short.
 */
BOOL SetupListDrivers(const WCHAR *InfPath, const WCHAR *Hardware, const WCHAR *Compatible,
                      SETUP_DRIVER **List);
/* As above, of each INF in the driver store: base drivers, or extensions of them. */
BOOL SetupListStore(const WCHAR *Hardware, const WCHAR *Compatible, BOOL Extensions,
                    SETUP_DRIVER **List);
BOOL SetupIsExtension(const SETUP_DRIVER *Driver);
VOID SetupFreeDrivers(SETUP_DRIVER *List);

/* ---- store.c ---- */
/* The INF's package into the store; Published, of MAX_PATH, becomes C:\Windows\INF\oemN.inf. Known:
 * it was there already. */
BOOL SetupAddPackage(const WCHAR *InfPath, WCHAR *Published, BOOL *Known);
BOOL SetupDeletePackage(const WCHAR *OemName); /* oemN.inf */
/* The INF in the store of a published one; an INF that is none stays. */
BOOL SetupStoredInf(const WCHAR *Published, WCHAR *Path);

/* ---- property.c ---- */
/* AddProperty and DelProperty of a section and of what it needs. */
BOOL SetupRunProperties(SETUP_INF *Inf, int Section, const WCHAR *InstanceId);

/* ---- install.c ---- */
/*
 * Installs a driver on the device of an instance ID, with the extensions of the store that fit; an
 * extension alone: its base driver again, which has to be there. It is not started.
 */
BOOL SetupInstallDriver(const WCHAR *InstanceId, const SETUP_DRIVER *Driver);

/* ---- class.c ---- */
BOOL SetupParseGuid(const WCHAR *Text, GUID *Guid);
VOID SetupPrintGuid(const GUID *Guid, WCHAR *Text); /* 39 characters */
/* The class of an INF; Name is of 64 characters. */
BOOL SetupInfClass(SETUP_INF *Inf, GUID *Class, WCHAR *Name);
/* Makes the class's key, with what [ClassInstall32] says when the INF brings a new class. */
BOOL SetupInstallClass(SETUP_INF *Inf, const GUID *Class, const WCHAR *Name);

/* ---- NtPlugPlayControl ---- */
#include "../../kernel/pnp/control.h"
NTSTATUS WINAPI CMP_PlugPlayControl(ULONG Class, PNP_CONTROL_DATA *Data); /* of cfgmgr32 */
NTSTATUS SetupControl(ULONG Class, const WCHAR *InstanceId,
                      PNP_CONTROL_DATA *Data); /* Data may be NULL */
