/* setupapi: device information sets, as its files share them. [doc: setupapi.h] */
#pragma once

#include "../nt.h"
#define _SETUPAPI_
#include <setupapi.h>

typedef DWORD CONFIGRET;
#define CR_SUCCESS 0x00
#define CR_BUFFER_SMALL 0x1A
#define CR_NO_SUCH_VALUE 0x25
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG Length, GUID *Class, WCHAR *Device, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListW(GUID *Class, WCHAR *Device, WCHAR *Buffer, ULONG Length, ULONG Flags);
CONFIGRET WINAPI CM_Locate_DevNodeW(DWORD *Node, WCHAR *Id, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_ID_Size(ULONG *Length, DWORD Node, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_IDW(DWORD Node, WCHAR *Buffer, ULONG Length, ULONG Flags);
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyW(DWORD Node, ULONG Property, PULONG Type, PVOID Buffer, PULONG Bytes,
                                                   ULONG Flags);

typedef struct _SET_INTERFACE {
    struct _SET_INTERFACE *Next;
    GUID Class;
    DWORD Node; /* of its device */
    DWORD Flags;
    WCHAR Path[1]; /* \\?\... */
} SET_INTERFACE;

typedef struct _SET_DEVICE {
    struct _SET_DEVICE *Next;
    DWORD Node;
} SET_DEVICE;

typedef struct _DEVICE_SET { /* what an HDEVINFO points to */
    ULONG Signature;
    SET_INTERFACE *Interfaces; /* in the order found */
    SET_DEVICE *Devices;
} DEVICE_SET;
#define SET_SIGNATURE 0x53656453

/* The set, or NULL with ERROR_INVALID_HANDLE. */
DEVICE_SET *SetupSetOf(HDEVINFO Handle);
/* Puts an interface, and its device unless it is there, at the ends of the lists; NULL when memory is short. */
SET_INTERFACE *SetupAddInterface(DEVICE_SET *Set, const GUID *Class, const WCHAR *Path);
/* Sets the last error; returns FALSE. */
BOOL SetupFail(DWORD Error);
