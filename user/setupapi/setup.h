/* setupapi: device information sets, as its files share them. [doc: setupapi.h] */
#pragma once

#include "../nt.h"
#define _SETUPAPI_
#include <setupapi.h>

typedef DWORD CONFIGRET;
#define CR_SUCCESS 0x00
#define CR_BUFFER_SMALL 0x1A
#define CR_NO_SUCH_VALUE 0x25
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG Length, GUID *Class, WCHAR *Device,
                                                    ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListW(GUID *Class, WCHAR *Device, WCHAR *Buffer,
                                               ULONG Length, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_ID_List_SizeW(PULONG Length, const WCHAR *Filter, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_ID_ListW(const WCHAR *Filter, WCHAR *Buffer, ULONG Length,
                                        ULONG Flags);
CONFIGRET WINAPI CM_Locate_DevNodeW(DWORD *Node, WCHAR *Id, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_ID_Size(ULONG *Length, DWORD Node, ULONG Flags);
CONFIGRET WINAPI CM_Get_Device_IDW(DWORD Node, WCHAR *Buffer, ULONG Length, ULONG Flags);
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyW(DWORD Node, ULONG Property, PULONG Type,
                                                   PVOID Buffer, PULONG Bytes, ULONG Flags);
CONFIGRET WINAPI CM_Set_DevNode_Registry_PropertyW(DWORD Node, ULONG Property, const VOID *Buffer,
                                                   ULONG Bytes, ULONG Flags);
CONFIGRET WINAPI CM_Get_DevNode_PropertyW(DWORD Node, const DEVPROPKEY *Key, ULONG *Type,
                                          VOID *Buffer, PULONG Bytes, ULONG Flags);
CONFIGRET WINAPI CM_Set_DevNode_PropertyW(DWORD Node, const DEVPROPKEY *Key, ULONG Type,
                                          const VOID *Buffer, ULONG Bytes, ULONG Flags);
CONFIGRET WINAPI CM_Get_DevNode_Property_Keys(DWORD Node, DEVPROPKEY *Keys, PULONG Count,
                                              ULONG Flags);
CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG Status, PULONG Problem, DWORD Node, ULONG Flags);
CONFIGRET WINAPI CM_Disable_DevNode(DWORD Node, ULONG Flags);
CONFIGRET WINAPI CM_Enable_DevNode(DWORD Node, ULONG Flags);
DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET Result, DWORD Default);
#define LOCATE_PHANTOM 1

typedef struct _SET_INTERFACE {
    struct _SET_INTERFACE *Next;
    GUID Class;
    DWORD Node; /* of its device */
    DWORD Flags;
    WCHAR Path[1]; /* \\?\... */
} SET_INTERFACE;

struct _SETUP_DRIVER;
typedef struct _SET_DEVICE {
    struct _SET_DEVICE *Next;
    DWORD Node;
    GUID Class;                          /* zero: none */
    BOOL Phantom; /* made by SetupDiCreateDeviceInfo and not yet registered */
    struct _SETUP_DRIVER *Drivers, *Selected; /* the driver list, and one of it */
    DWORD DriverType;                    /* SPDIT_*: what the list was built for */
    SP_DEVINSTALL_PARAMS_W Install;
    DWORD ParametersSize;                /* 0: none set */
    BYTE Parameters[64]
        __attribute__((aligned(8))); /* of the class installer, SP_CLASSINSTALL_HEADER first */
} SET_DEVICE;

typedef struct _DEVICE_SET { /* what an HDEVINFO points to */
    ULONG Signature;
    SET_INTERFACE *Interfaces; /* in the order found */
    SET_DEVICE *Devices;
    GUID Class;                /* zero: of any class */
} DEVICE_SET;
#define SET_SIGNATURE 0x53656453

/* The set, or NULL with ERROR_INVALID_HANDLE. */
DEVICE_SET *SetupSetOf(HDEVINFO Handle);
/* Puts an interface, and its device unless it is there, at the ends of the lists; NULL when memory
 * is short. */
SET_INTERFACE *SetupAddInterface(DEVICE_SET *Set, const GUID *Class, const WCHAR *Path);
/* The device of Node in the set, put at the end unless it is there; NULL: memory is short. */
SET_DEVICE *SetupAddDevice(DEVICE_SET *Set, DWORD Node);
/* The element that Data stands for; NULL with the last error set. */
SET_DEVICE *SetupDeviceOf(HDEVINFO Handle, PSP_DEVINFO_DATA Data);
BOOL SetupGiveDevice(SET_DEVICE *Device, PSP_DEVINFO_DATA Data);
/* The instance ID into Id, of MAX_PATH. */
BOOL SetupDeviceId(DWORD Node, WCHAR *Id);
/* Takes an element out of the set. */
VOID SetupDropDevice(DEVICE_SET *Set, SET_DEVICE *Device);
/* Sets the last error; returns FALSE. */
BOOL SetupFail(DWORD Error);
