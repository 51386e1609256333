/*
 * Device information sets: the interfaces of one class with their devices, the devices of a setup
 * class, an enumerator or all, and those that a program names. Left out: other machines. [doc:
 * setupapi.h, "Device information sets"]
 */
#include "driver.h"

BOOL SetupFail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

DEVICE_SET *SetupSetOf(HDEVINFO Handle)
{
    DEVICE_SET *Set = (DEVICE_SET *)Handle;

    if (Handle != NULL && Handle != INVALID_HANDLE_VALUE && Set->Signature == SET_SIGNATURE)
        return Set;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

HDEVINFO WINAPI SetupDiCreateDeviceInfoListExW(CONST GUID *ClassGuid, HWND Parent, PCWSTR Machine,
                                               PVOID Reserved)
{
    DEVICE_SET *Set;

    IGNORE_ARG(Parent);
    if (Machine != NULL || Reserved != NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    Set = SetupAllocate(sizeof(*Set));
    if (Set == NULL)
        return INVALID_HANDLE_VALUE;
    Set->Signature = SET_SIGNATURE;
    if (ClassGuid != NULL)
        Set->Class = *ClassGuid;
    return Set;
}

HDEVINFO WINAPI SetupDiCreateDeviceInfoList(CONST GUID *ClassGuid, HWND Parent)
{
    return SetupDiCreateDeviceInfoListExW(ClassGuid, Parent, NULL, NULL);
}

BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO Handle)
{
    DEVICE_SET *Set = SetupSetOf(Handle);

    if (Set == NULL)
        return FALSE;
    while (Set->Interfaces != NULL) {
        SET_INTERFACE *Next = Set->Interfaces->Next;

        SetupFree(Set->Interfaces);
        Set->Interfaces = Next;
    }
    while (Set->Devices != NULL)
        SetupDropDevice(Set, Set->Devices);
    Set->Signature = 0;
    SetupFree(Set);
    return TRUE;
}

/* ---- devices ---- */

BOOL SetupDeviceId(DWORD Node, WCHAR *Id)
{
    return CM_Get_Device_IDW(Node, Id, MAX_PATH, 0) == CR_SUCCESS ||
           SetupFail(ERROR_NO_SUCH_DEVINST);
}

static VOID ReadClass(SET_DEVICE *Device)
{
    WCHAR Guid[40];
    ULONG Bytes = sizeof(Guid), Type;

    if (CM_Get_DevNode_Registry_PropertyW(Device->Node, SPDRP_CLASSGUID + 1, &Type, Guid, &Bytes,
                                          0) == CR_SUCCESS)
        SetupParseGuid(Guid, &Device->Class);
}

SET_DEVICE *SetupAddDevice(DEVICE_SET *Set, DWORD Node)
{
    SET_DEVICE **Link = &Set->Devices, *Device;

    while (*Link != NULL && (*Link)->Node != Node)
        Link = &(*Link)->Next;
    if (*Link != NULL)
        return *Link;
    Device = SetupAllocate(sizeof(*Device));
    if (Device == NULL)
        return NULL;
    Device->Node = Node;
    Device->Install.cbSize = sizeof(Device->Install);
    ReadClass(Device);
    *Link = Device;
    return Device;
}

SET_DEVICE *SetupDeviceOf(HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    SET_DEVICE *Device;

    if (Set == NULL)
        return NULL;
    for (Device = Set->Devices; Data != NULL && Data->cbSize == sizeof(*Data) && Device != NULL;
         Device = Device->Next)
        if (Device->Node == Data->DevInst)
            return Device;
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

/* A device that was made and never registered leaves no key. */
static VOID ForgetPhantom(DWORD Node)
{
    HANDLE Enum = RegpOpen(NULL, REG_CONTROL_SET L"Enum", FALSE);
    WCHAR Id[MAX_PATH];

    if (Enum != NULL && SetupDeviceId(Node, Id))
        RegpDeleteTree(Enum, Id);
    if (Enum != NULL)
        NtClose(Enum);
}

VOID SetupDropDevice(DEVICE_SET *Set, SET_DEVICE *Device)
{
    SET_DEVICE **Link = &Set->Devices;

    while (*Link != Device)
        Link = &(*Link)->Next;
    *Link = Device->Next;
    if (Device->Phantom)
        ForgetPhantom(Device->Node);
    SetupFreeDrivers(Device->Drivers);
    SetupFree(Device);
}

/* ---- interfaces ---- */

/* The device of \\?\ENUMERATOR#DEVICE#INSTANCE#{guid}...; 0 when there is none. */
static DWORD NodeOfPath(const WCHAR *Path)
{
    WCHAR Id[MAX_PATH];
    DWORD Node;
    ULONG i;

    for (i = 0; Path[4 + i] != 0 && !(Path[4 + i] == L'#' && Path[5 + i] == L'{'); i++) {
        if (i == COUNT_OF(Id) - 1)
            return 0;
        Id[i] = Path[4 + i] == L'#' ? L'\\' : Path[4 + i];
    }
    Id[i] = 0;
    return CM_Locate_DevNodeW(&Node, Id, LOCATE_PHANTOM) == CR_SUCCESS ? Node : 0;
}

SET_INTERFACE *SetupAddInterface(DEVICE_SET *Set, const GUID *Class, const WCHAR *Path)
{
    SIZE_T Bytes = (lstrlenW(Path) + 1) * sizeof(WCHAR);
    SET_INTERFACE *Interface =
        HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Interface) + Bytes);
    SET_INTERFACE **Link = &Set->Interfaces;

    if (Interface == NULL)
        return NULL;
    Interface->Class = *Class;
    Interface->Node = NodeOfPath(Path);
    Interface->Flags = SPINT_ACTIVE;
    lstrcpyW(Interface->Path, Path);
    if (Interface->Node != 0 && SetupAddDevice(Set, Interface->Node) == NULL) {
        HeapFree(GetProcessHeap(), 0, Interface);
        return NULL;
    }
    while (*Link != NULL)
        Link = &(*Link)->Next;
    *Link = Interface;
    return Interface;
}

/* The list that cfgmgr32 makes, in new memory; NULL with the last error set. */
static WCHAR *ListInterfaces(const GUID *Class, WCHAR *Device, ULONG ListFlags)
{
    WCHAR *List;
    ULONG Length;

    if (CM_Get_Device_Interface_List_SizeW(&Length, (GUID *)Class, Device, ListFlags) !=
        CR_SUCCESS) {
        SetLastError(ERROR_INVALID_DATA);
        return NULL;
    }
    List = HeapAlloc(GetProcessHeap(), 0, Length * sizeof(WCHAR));
    if (List == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else if (CM_Get_Device_Interface_ListW((GUID *)Class, Device, List, Length, ListFlags) !=
             CR_SUCCESS)
        List[0] = 0; /* it grew meanwhile: as if it were asked for a moment earlier */
    return List;
}

/* The interfaces of a class, of any device or of one, into the set. */
static BOOL AddInterfaces(DEVICE_SET *Set, const GUID *Class, PCWSTR DeviceId, DWORD Flags)
{
    WCHAR *List = ListInterfaces(Class, (WCHAR *)DeviceId, Flags & DIGCF_PRESENT ? 0 : 1), *At;
    BOOL Fine = List != NULL;

    for (At = List; Fine && At[0] != 0; At += lstrlenW(At) + 1)
        Fine = SetupAddInterface(Set, Class, At) != NULL || SetupFail(ERROR_NOT_ENOUGH_MEMORY);
    SetupFree(List);
    return Fine;
}

/* A Filter of an enumerator or of enumerator and device; NULL: all. */
static BOOL AddDevices(DEVICE_SET *Set, const GUID *Class, PCWSTR Filter, DWORD Flags)
{
    ULONG Wanted = Filter != NULL ? 1 : 0, Length; /* CM_GETIDLIST_FILTER_ENUMERATOR */
    WCHAR *List, *At;
    DWORD Node;
    BOOL Fine = TRUE;

    if (Flags & DIGCF_PRESENT)
        Wanted |= 0x100; /* CM_GETIDLIST_FILTER_PRESENT */
    if (CM_Get_Device_ID_List_SizeW(&Length, Filter, Wanted) != CR_SUCCESS)
        return SetupFail(ERROR_INVALID_DATA);
    List = SetupAllocate(Length * sizeof(WCHAR));
    if (List == NULL)
        return FALSE;
    if (CM_Get_Device_ID_ListW(Filter, List, Length, Wanted) != CR_SUCCESS)
        List[0] = 0; /* it grew meanwhile: as if it were asked for a moment earlier */
    for (At = List; Fine && At[0] != 0; At += lstrlenW(At) + 1) {
        SET_DEVICE *Device;

        if (CM_Locate_DevNodeW(&Node, At, LOCATE_PHANTOM) != CR_SUCCESS)
            continue;
        Device = SetupAddDevice(Set, Node);
        Fine = Device != NULL;
        if (Fine && Class != NULL && !IsEqualGUID(&Device->Class, Class))
            SetupDropDevice(Set, Device);
    }
    SetupFree(List);
    return Fine;
}

HDEVINFO WINAPI SetupDiGetClassDevsExW(CONST GUID *ClassGuid, PCWSTR Enumerator, HWND Parent,
                                       DWORD Flags, HDEVINFO Into, PCWSTR Machine, PVOID Reserved)
{
    BOOL OfInterfaces = (Flags & DIGCF_DEVICEINTERFACE) != 0, Fine;
    HDEVINFO Handle = Into;

    if ((ClassGuid == NULL && (OfInterfaces || !(Flags & DIGCF_ALLCLASSES))) || Machine != NULL ||
        Reserved != NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (Into == NULL)
        Handle = SetupDiCreateDeviceInfoList(
            OfInterfaces || (Flags & DIGCF_ALLCLASSES) ? NULL : ClassGuid, Parent);
    if (SetupSetOf(Handle) == NULL)
        return INVALID_HANDLE_VALUE;
    if (OfInterfaces)
        Fine = AddInterfaces(Handle, ClassGuid, Enumerator, Flags);
    else
        Fine = AddDevices(Handle, Flags & DIGCF_ALLCLASSES ? NULL : ClassGuid, Enumerator, Flags);
    if (Fine)
        return Handle;
    if (Into == NULL)
        SetupDiDestroyDeviceInfoList(Handle);
    return INVALID_HANDLE_VALUE;
}

HDEVINFO WINAPI SetupDiGetClassDevsW(CONST GUID *ClassGuid, PCWSTR Enumerator, HWND Parent,
                                     DWORD Flags)
{
    return SetupDiGetClassDevsExW(ClassGuid, Enumerator, Parent, Flags, NULL, NULL, NULL);
}

HDEVINFO WINAPI SetupDiGetClassDevsA(CONST GUID *ClassGuid, PCSTR Enumerator, HWND Parent,
                                     DWORD Flags)
{
    WCHAR Wide[MAX_PATH];

    if (Enumerator != NULL &&
        MultiByteToWideChar(CP_ACP, 0, Enumerator, -1, Wide, COUNT_OF(Wide)) == 0)
        return INVALID_HANDLE_VALUE;
    return SetupDiGetClassDevsW(ClassGuid, Enumerator != NULL ? Wide : NULL, Parent, Flags);
}
