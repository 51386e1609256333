/* cfgmgr32: return codes, and what its files share. [doc: cfgmgr32.h] */
#pragma once

#include "../nt.h"

typedef DWORD CONFIGRET;
typedef DWORD DEVINST;

#define CR_SUCCESS 0x00
#define CR_OUT_OF_MEMORY 0x02
#define CR_INVALID_POINTER 0x03
#define CR_INVALID_FLAG 0x04
#define CR_INVALID_DEVNODE 0x05
#define CR_NO_SUCH_DEVNODE 0x0D
#define CR_FAILURE 0x13
#define CR_REMOVE_VETOED 0x17
#define CR_BUFFER_SMALL 0x1A
#define CR_REGISTRY_ERROR 0x1D
#define CR_INVALID_DEVICE_ID 0x1E
#define CR_INVALID_DATA 0x1F
#define CR_NO_SUCH_VALUE 0x25
#define CR_NOT_DISABLEABLE 0x28
#define CR_NO_SUCH_REGISTRY_KEY 0x2E
#define CR_ACCESS_DENIED 0x33
#define CR_CALL_NOT_IMPLEMENTED 0x34
#define CR_INVALID_PROPERTY 0x35
#define CR_NO_SUCH_DEVICE_INTERFACE 0x37

NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING, GUID *);

#define CFGMGR_CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet\\"

/* Opens Path below Parent (below the control set when Parent is NULL) for reading. NULL: there is
 * none. */
HANDLE CfgOpenKey(HANDLE Parent, const WCHAR *Path);
/* The name of Key's Index-th subkey, terminated. FALSE: there is none, or it is longer than Limit
 * characters. */
BOOL CfgSubkeyName(HANDLE Key, ULONG Index, WCHAR *Name, ULONG Limit);
/* A value's data and type; *Bytes goes in as the buffer's size and comes out as the value's. */
CONFIGRET CfgReadValue(HANDLE Key, const WCHAR *Name, PVOID Data, ULONG *Bytes, ULONG *Type);
/* Text as bytes of code page 1252 into Buffer of Size bytes. Count includes the terminators. */
VOID CfgNarrow(const WCHAR *Text, ULONG Count, CHAR *Buffer);
ULONG CfgLength(const WCHAR *Text);

/* ---- devnode.c ---- */
#define DEVICE_ID_LIMIT 200
/* The instance ID of a device instance, in capitals; NULL: it is none. */
const WCHAR *CfgIdOf(DEVINST Node);
/* The number of Id, a new one if need be; 0 when there is no room. */
DEVINST CfgNumberOf(const WCHAR *Id);
WCHAR CfgUpper(WCHAR c);
/* Without case. */
BOOL CfgSame(const WCHAR *Id, const WCHAR *Other);
/* The device's key under Enum; NULL: there is none. */
HANDLE CfgOpenNode(const WCHAR *Id);
/* The value of the device's key for a CM_DRP_ number, or NULL. */
const WCHAR *CfgPropertyValue(ULONG Property);

CONFIGRET WINAPI CM_Locate_DevNodeW(DEVINST *Node, WCHAR *Id, ULONG Flags);

/* ---- tree.c ---- */
#include "../../kernel/pnp/control.h"
NTSTATUS NTAPI NtPlugPlayControl(ULONG Class, PVOID Buffer, ULONG Bytes);
NTSTATUS NTAPI NtOpenProcessToken(HANDLE Process, ACCESS_MASK Access, PHANDLE Token);
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll, PTOKEN_PRIVILEGES New,
                                       ULONG Bytes, PTOKEN_PRIVILEGES Old, PULONG Needed);
/* The service, with the privilege that it takes; for setupapi. Drydock's own. */
NTSTATUS WINAPI CMP_PlugPlayControl(ULONG Class, PNP_CONTROL_DATA *Data);
/* Asks the kernel about the device of an instance ID. Data may be NULL. */
CONFIGRET CfgControl(ULONG Class, const WCHAR *Id, PNP_CONTROL_DATA *Data);
/* The device is in the tree now. */
BOOL CfgIsPresent(const WCHAR *Id);

/* ---- registry.c, for writing ---- */
/* A NULL Data deletes. */
CONFIGRET CfgWriteValue(HANDLE Key, const WCHAR *Name, ULONG Type, const VOID *Data, ULONG Bytes);
/* Opens Path below Parent for reading and writing, and makes it when Create. */
HANDLE CfgOpenForWriting(HANDLE Parent, const WCHAR *Path, BOOL Create);
/* The key of the device, for writing; NULL: there is none, or none that may be written. */
HANDLE CfgOpenNodeForWriting(const WCHAR *Id);
#define GUID_LENGTH 38 /* {8-4-4-4-12} */
VOID CfgFormatGuid(const GUID *Guid, WCHAR *At); /* terminated */

/* ---- properties by key: property.c ---- */
typedef struct _PROPERTY_KEY {
    GUID Guid;
    ULONG Id;
} PROPERTY_KEY; /* DEVPROPKEY */

/* DEVPROP_TYPE_* [doc: devpropdef.h] */
#define TYPE_EMPTY 0x00
#define TYPE_UINT32 0x07
#define TYPE_GUID 0x0D
#define TYPE_FILETIME 0x10
#define TYPE_BOOLEAN 0x11
#define TYPE_STRING 0x12
#define TYPE_SECURITY 0x13
#define TYPE_STRING_LIST 0x2012

typedef struct _CFG_VALUE { /* a property that is a value of the registry */
    const GUID *Category;
    ULONG Id;
    const WCHAR *Name;
    ULONG Type;
    BOOL Settable; /* text, or a list of it */
} CFG_VALUE;

typedef struct _KEY_LIST {
    PROPERTY_KEY *Keys;
    ULONG Limit, Count; /* Count may be above Limit */
} KEY_LIST;

BOOL CfgSameGuid(const GUID *Guid, const GUID *Other);
/* Size bytes into a buffer of *Bytes, which comes out as Size. */
CONFIGRET CfgGive(const VOID *From, ULONG Size, VOID *Buffer, PULONG Bytes);
const CFG_VALUE *CfgFindValue(const CFG_VALUE *Values, ULONG Count, const PROPERTY_KEY *Key);
CONFIGRET CfgGetValueOf(HANDLE Key, const CFG_VALUE *Value, ULONG *Type, VOID *Buffer,
                        PULONG Bytes);
CONFIGRET CfgSetValueOf(HANDLE Key, const CFG_VALUE *Value, ULONG Type, const VOID *Buffer,
                        ULONG Bytes);
CONFIGRET CfgFinishProperty(CONFIGRET Result, ULONG *Type, PULONG Bytes);
VOID CfgAddKey(KEY_LIST *List, const GUID *Category, ULONG Id);
/* Those of Values that Key has. */
VOID CfgAddValues(KEY_LIST *List, HANDLE Key, const CFG_VALUE *Values, ULONG Count);
CONFIGRET CfgFinishKeys(const KEY_LIST *List, PULONG Count);
/* What the kernel knows of a device; a Category of zeros: by DEVICE_REGISTRY_PROPERTY. */
CONFIGRET CfgAskKernel(const WCHAR *Id, const GUID *Category, ULONG Number, ULONG *Type,
                       VOID *Buffer, PULONG Bytes);

/* ---- stored.c: properties that somebody has set. Base: the key of the device, interface or class
 * ---- */
CONFIGRET CfgGetStored(HANDLE Base, const PROPERTY_KEY *Key, ULONG *Type, VOID *Buffer,
                       PULONG Bytes);
CONFIGRET CfgSetStored(HANDLE Base, const PROPERTY_KEY *Key, ULONG Type, const VOID *Buffer,
                       ULONG Bytes);
VOID CfgAddStored(KEY_LIST *List, HANDLE Base);

HANDLE CfgOpenClass(const GUID *Class);            /* devclass.c; NULL: there is none */
HANDLE CfgOpenInterface(const WCHAR *Interface);   /* ifproperty.c; by its path */
