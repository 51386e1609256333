/*
 * Device information sets: the interfaces of one class, or those that a program names, and their devices. Left out: sets of
 * all devices or of a setup class, other machines, installing. [doc: setupapi.h, "Device information sets"]
 */
#include "setup.h"

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

HDEVINFO WINAPI SetupDiCreateDeviceInfoList(CONST GUID *ClassGuid, HWND Parent)
{
    DEVICE_SET *Set = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Set));

    IGNORE_ARG(ClassGuid); /* says which devices may be added; none can be here but by interface */
    IGNORE_ARG(Parent);
    if (Set == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    Set->Signature = SET_SIGNATURE;
    return Set;
}

BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO Handle)
{
    DEVICE_SET *Set = SetupSetOf(Handle);

    if (Set == NULL)
        return FALSE;
    while (Set->Interfaces != NULL) {
        SET_INTERFACE *Next = Set->Interfaces->Next;

        HeapFree(GetProcessHeap(), 0, Set->Interfaces);
        Set->Interfaces = Next;
    }
    while (Set->Devices != NULL) {
        SET_DEVICE *Next = Set->Devices->Next;

        HeapFree(GetProcessHeap(), 0, Set->Devices);
        Set->Devices = Next;
    }
    Set->Signature = 0;
    HeapFree(GetProcessHeap(), 0, Set);
    return TRUE;
}

static BOOL AddDevice(DEVICE_SET *Set, DWORD Node)
{
    SET_DEVICE **Link = &Set->Devices, *Device;

    while (*Link != NULL && (*Link)->Node != Node)
        Link = &(*Link)->Next;
    if (*Link != NULL)
        return TRUE;
    Device = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Device));
    if (Device == NULL)
        return FALSE;
    Device->Node = Node;
    *Link = Device;
    return TRUE;
}

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
    return CM_Locate_DevNodeW(&Node, Id, 0) == CR_SUCCESS ? Node : 0;
}

SET_INTERFACE *SetupAddInterface(DEVICE_SET *Set, const GUID *Class, const WCHAR *Path)
{
    SIZE_T Bytes = (lstrlenW(Path) + 1) * sizeof(WCHAR);
    SET_INTERFACE *Interface = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*Interface) + Bytes);
    SET_INTERFACE **Link = &Set->Interfaces;

    if (Interface == NULL)
        return NULL;
    Interface->Class = *Class;
    Interface->Node = NodeOfPath(Path);
    Interface->Flags = SPINT_ACTIVE;
    lstrcpyW(Interface->Path, Path);
    if (Interface->Node != 0 && !AddDevice(Set, Interface->Node)) {
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

    if (CM_Get_Device_Interface_List_SizeW(&Length, (GUID *)Class, Device, ListFlags) != CR_SUCCESS) {
        SetLastError(ERROR_INVALID_DATA);
        return NULL;
    }
    List = HeapAlloc(GetProcessHeap(), 0, Length * sizeof(WCHAR));
    if (List == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else if (CM_Get_Device_Interface_ListW((GUID *)Class, Device, List, Length, ListFlags) != CR_SUCCESS)
        List[0] = 0; /* it grew meanwhile: as if it were asked for a moment earlier */
    return List;
}

HDEVINFO WINAPI SetupDiGetClassDevsW(CONST GUID *ClassGuid, PCWSTR Enumerator, HWND Parent, DWORD Flags)
{
    WCHAR *List, *At;
    HDEVINFO Set;

    if (!(Flags & DIGCF_DEVICEINTERFACE) || ClassGuid == NULL) {
        SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
        return INVALID_HANDLE_VALUE;
    }
    List = ListInterfaces(ClassGuid, (WCHAR *)Enumerator, Flags & DIGCF_PRESENT ? 0 : 1);
    if (List == NULL)
        return INVALID_HANDLE_VALUE;
    Set = SetupDiCreateDeviceInfoList(NULL, Parent);
    for (At = List; Set != INVALID_HANDLE_VALUE && At[0] != 0; At += lstrlenW(At) + 1)
        if (SetupAddInterface(Set, ClassGuid, At) == NULL) {
            SetupDiDestroyDeviceInfoList(Set);
            Set = INVALID_HANDLE_VALUE;
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        }
    HeapFree(GetProcessHeap(), 0, List);
    return Set;
}

HDEVINFO WINAPI SetupDiGetClassDevsA(CONST GUID *ClassGuid, PCSTR Enumerator, HWND Parent, DWORD Flags)
{
    WCHAR Wide[MAX_PATH];

    if (Enumerator != NULL && MultiByteToWideChar(CP_ACP, 0, Enumerator, -1, Wide, COUNT_OF(Wide)) == 0)
        return INVALID_HANDLE_VALUE;
    return SetupDiGetClassDevsW(ClassGuid, Enumerator != NULL ? Wide : NULL, Parent, Flags);
}
