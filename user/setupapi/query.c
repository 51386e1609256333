/* What programs ask of the elements of a set. An element's Reserved member points to it in the set.
 */
#include "setup.h"

static BOOL GiveInterface(SET_INTERFACE *Interface, PSP_DEVICE_INTERFACE_DATA Data)
{
    Data->InterfaceClassGuid = Interface->Class;
    Data->Flags = Interface->Flags;
    Data->Reserved = (ULONG_PTR)Interface;
    return TRUE;
}

BOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO Handle, PSP_DEVINFO_DATA Device, CONST GUID *Class,
                                        DWORD Index, PSP_DEVICE_INTERFACE_DATA Data)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    SET_INTERFACE *Interface;

    if (Set == NULL)
        return FALSE;
    if (Class == NULL || Data == NULL || Data->cbSize != sizeof(*Data))
        return SetupFail(ERROR_INVALID_PARAMETER);
    for (Interface = Set->Interfaces; Interface != NULL; Interface = Interface->Next) {
        if (!IsEqualGUID(&Interface->Class, Class) ||
            (Device != NULL && Device->DevInst != Interface->Node))
            continue;
        if (Index-- == 0)
            return GiveInterface(Interface, Data);
    }
    return SetupFail(ERROR_NO_MORE_ITEMS);
}

BOOL SetupGiveDevice(SET_DEVICE *Device, PSP_DEVINFO_DATA Data)
{
    Data->ClassGuid = Device->Class;
    Data->DevInst = Device->Node;
    Data->Reserved = (ULONG_PTR)Device;
    return TRUE;
}

/* The device of an interface; an interface without one gives zeros. */
static VOID GiveDeviceOf(HDEVINFO Handle, DWORD Node, PSP_DEVINFO_DATA Data)
{
    SET_DEVICE *Device = SetupSetOf(Handle)->Devices;

    while (Device != NULL && Device->Node != Node)
        Device = Device->Next;
    if (Device != NULL) {
        SetupGiveDevice(Device, Data);
        return;
    }
    RtlZeroMemory(&Data->ClassGuid, sizeof(Data->ClassGuid));
    Data->DevInst = Node;
    Data->Reserved = 0;
}

BOOL WINAPI SetupDiEnumDeviceInfo(HDEVINFO Handle, DWORD Index, PSP_DEVINFO_DATA Data)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    SET_DEVICE *Device;

    if (Set == NULL)
        return FALSE;
    if (Data == NULL || Data->cbSize != sizeof(*Data))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    for (Device = Set->Devices; Device != NULL; Device = Device->Next)
        if (Index-- == 0)
            return SetupGiveDevice(Device, Data);
    return SetupFail(ERROR_NO_MORE_ITEMS);
}

/* Path names an interface: \\?\...#{guid}[\reference]. The class is in it. */
static BOOL ClassOfPath(const WCHAR *Path, GUID *Class)
{
    const WCHAR *At = Path;
    ULONG64 Digits[2] = {0, 0};
    int Count = 0, i;

    while (*At != 0 && !(At[0] == L'#' && At[1] == L'{'))
        At++;
    for (At += *At != 0 ? 2 : 0; *At != 0 && *At != L'}'; At++) {
        WCHAR c = *At | 0x20;
        ULONG Value = *At >= L'0' && *At <= L'9' ? (ULONG)(*At - L'0')
                      : c >= L'a' && c <= L'f'   ? (ULONG)(c - L'a' + 10)
                                                 : 16;

        if (*At == L'-')
            continue;
        if (Value == 16 || Count == 32)
            return FALSE;
        Digits[Count / 16] = Digits[Count / 16] << 4 | Value;
        Count++;
    }
    if (Count != 32)
        return FALSE;
    Class->Data1 = (ULONG)(Digits[0] >> 32);
    Class->Data2 = (USHORT)(Digits[0] >> 16);
    Class->Data3 = (USHORT)Digits[0];
    for (i = 0; i < 8; i++)
        Class->Data4[i] = (BYTE)(Digits[1] >> (56 - 8 * i));
    return TRUE;
}

BOOL WINAPI SetupDiOpenDeviceInterfaceW(HDEVINFO Handle, PCWSTR Path, DWORD Flags,
                                        PSP_DEVICE_INTERFACE_DATA Data)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    SET_INTERFACE *Interface;
    GUID Class;

    if (Set == NULL)
        return FALSE;
    if ((Flags & ~(DWORD)DIODI_NO_ADD) || (Data != NULL && Data->cbSize != sizeof(*Data)))
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (Path == NULL || lstrlenW(Path) < 4 || !ClassOfPath(Path, &Class))
        return SetupFail(ERROR_NO_SUCH_DEVICE_INTERFACE);
    for (Interface = Set->Interfaces; Interface != NULL; Interface = Interface->Next)
        if (lstrcmpiW(Interface->Path, Path) == 0)
            return Data == NULL || GiveInterface(Interface, Data);
    if (Flags & DIODI_NO_ADD)
        return SetupFail(ERROR_NO_SUCH_DEVICE_INTERFACE);
    Interface = SetupAddInterface(Set, &Class, Path);
    if (Interface == NULL)
        return SetupFail(ERROR_NOT_ENOUGH_MEMORY);
    return Data == NULL || GiveInterface(Interface, Data);
}

BOOL WINAPI SetupDiOpenDeviceInterfaceA(HDEVINFO Handle, PCSTR Path, DWORD Flags,
                                        PSP_DEVICE_INTERFACE_DATA Data)
{
    WCHAR Wide[MAX_PATH * 2];

    if (Path == NULL || MultiByteToWideChar(CP_ACP, 0, Path, -1, Wide, COUNT_OF(Wide)) == 0)
        return SetupFail(ERROR_INVALID_PARAMETER);
    return SetupDiOpenDeviceInterfaceW(Handle, Wide, Flags, Data);
}

/* The element that Data stands for, if it is still in the set. */
static SET_INTERFACE *FindInterface(DEVICE_SET *Set, PSP_DEVICE_INTERFACE_DATA Data)
{
    SET_INTERFACE *Interface;

    for (Interface = Set->Interfaces; Interface != NULL; Interface = Interface->Next)
        if ((ULONG_PTR)Interface == Data->Reserved)
            return Interface;
    return NULL;
}

/* What both forms of GetDeviceInterfaceDetail check; NULL with the last error set. */
static SET_INTERFACE *DetailOf(HDEVINFO Handle, PSP_DEVICE_INTERFACE_DATA Data,
                               PSP_DEVINFO_DATA Device)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    SET_INTERFACE *Interface;

    if (Set == NULL)
        return NULL;
    Interface = Data != NULL && Data->cbSize == sizeof(*Data) ? FindInterface(Set, Data) : NULL;
    if (Interface == NULL || (Device != NULL && Device->cbSize != sizeof(*Device))) {
        SetLastError(Interface == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_USER_BUFFER);
        return NULL;
    }
    return Interface;
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailW(HDEVINFO Handle, PSP_DEVICE_INTERFACE_DATA Data,
                                             PSP_DEVICE_INTERFACE_DETAIL_DATA_W Detail, DWORD Bytes,
                                             PDWORD Needed, PSP_DEVINFO_DATA Device)
{
    SET_INTERFACE *Interface = DetailOf(Handle, Data, Device);
    DWORD Size;

    if (Interface == NULL)
        return FALSE;
    if (Detail != NULL && (Bytes < sizeof(*Detail) || Detail->cbSize != sizeof(*Detail)))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    if (Detail == NULL && Bytes != 0)
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    Size = (DWORD)(FIELD_OFFSET(SP_DEVICE_INTERFACE_DETAIL_DATA_W, DevicePath) +
                   (lstrlenW(Interface->Path) + 1) * sizeof(WCHAR));
    if (Needed != NULL)
        *Needed = Size;
    if (Device != NULL)
        GiveDeviceOf(Handle, Interface->Node, Device);
    if (Bytes < Size)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    lstrcpyW(Detail->DevicePath, Interface->Path);
    return TRUE;
}

BOOL WINAPI SetupDiGetDeviceInterfaceDetailA(HDEVINFO Handle, PSP_DEVICE_INTERFACE_DATA Data,
                                             PSP_DEVICE_INTERFACE_DETAIL_DATA_A Detail, DWORD Bytes,
                                             PDWORD Needed, PSP_DEVINFO_DATA Device)
{
    SET_INTERFACE *Interface = DetailOf(Handle, Data, Device);
    DWORD Size;

    if (Interface == NULL)
        return FALSE;
    if (Detail != NULL && (Bytes < sizeof(*Detail) || Detail->cbSize != sizeof(*Detail)))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    if (Detail == NULL && Bytes != 0)
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    Size = (DWORD)(FIELD_OFFSET(SP_DEVICE_INTERFACE_DETAIL_DATA_A, DevicePath) +
                   lstrlenW(Interface->Path) + 1);
    if (Needed != NULL)
        *Needed = Size;
    if (Device != NULL)
        GiveDeviceOf(Handle, Interface->Node, Device);
    if (Bytes < Size)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    return WideCharToMultiByte(CP_ACP, 0, Interface->Path, -1, Detail->DevicePath,
                               Bytes - FIELD_OFFSET(SP_DEVICE_INTERFACE_DETAIL_DATA_A, DevicePath),
                               NULL, NULL) != 0;
}

/* SPDRP_ numbers are CM_DRP_ numbers less one. */
BOOL WINAPI SetupDiGetDeviceRegistryPropertyW(HDEVINFO Handle, PSP_DEVINFO_DATA Device,
                                              DWORD Property, PDWORD Type, PBYTE Buffer,
                                              DWORD Bytes, PDWORD Needed)
{
    ULONG Size = Buffer != NULL ? Bytes : 0;
    CONFIGRET Result;

    if (SetupSetOf(Handle) == NULL)
        return FALSE;
    if (Device == NULL || Device->cbSize != sizeof(*Device))
        return SetupFail(ERROR_INVALID_PARAMETER);
    Result =
        CM_Get_DevNode_Registry_PropertyW(Device->DevInst, Property + 1, Type, Buffer, &Size, 0);
    if (Needed != NULL && (Result == CR_SUCCESS || Result == CR_BUFFER_SMALL))
        *Needed = Size;
    if (Result == CR_SUCCESS)
        return TRUE;
    return SetupFail(Result == CR_BUFFER_SMALL    ? ERROR_INSUFFICIENT_BUFFER
                     : Result == CR_NO_SUCH_VALUE ? ERROR_INVALID_DATA
                                                  : ERROR_INVALID_REG_PROPERTY);
}

static BOOL IsText(DWORD Type)
{
    return Type == REG_SZ || Type == REG_EXPAND_SZ || Type == REG_MULTI_SZ;
}

BOOL WINAPI SetupDiGetDeviceRegistryPropertyA(HDEVINFO Handle, PSP_DEVINFO_DATA Device,
                                              DWORD Property, PDWORD Type, PBYTE Buffer,
                                              DWORD Bytes, PDWORD Needed)
{
    DWORD Size = 0, Narrow, ValueType = REG_NONE;
    PBYTE Value;
    BOOL Result;

    SetupDiGetDeviceRegistryPropertyW(Handle, Device, Property, &ValueType, NULL, 0, &Size);
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return FALSE;
    Value = HeapAlloc(GetProcessHeap(), 0, Size);
    if (Value == NULL)
        return SetupFail(ERROR_NOT_ENOUGH_MEMORY);
    Result =
        SetupDiGetDeviceRegistryPropertyW(Handle, Device, Property, &ValueType, Value, Size, &Size);
    Narrow = Result && IsText(ValueType) ? Size / sizeof(WCHAR) : Size;
    if (Result && Type != NULL)
        *Type = ValueType;
    if (Result && Needed != NULL)
        *Needed = Narrow;
    if (Result && (Buffer == NULL || Bytes < Narrow))
        Result = SetupFail(ERROR_INSUFFICIENT_BUFFER);
    else if (Result && IsText(ValueType))
        WideCharToMultiByte(CP_ACP, 0, (PCWSTR)Value, Narrow, (PSTR)Buffer, Narrow, NULL, NULL);
    else if (Result)
        RtlCopyMemory(Buffer, Value, Size);
    HeapFree(GetProcessHeap(), 0, Value);
    return Result;
}

/* Sizes count characters, the terminator too. */
BOOL WINAPI SetupDiGetDeviceInstanceIdW(HDEVINFO Handle, PSP_DEVINFO_DATA Device, PWSTR Id,
                                        DWORD Limit, PDWORD Needed)
{
    ULONG Length;

    if (SetupSetOf(Handle) == NULL)
        return FALSE;
    if (Device == NULL || Device->cbSize != sizeof(*Device) ||
        CM_Get_Device_ID_Size(&Length, Device->DevInst, 0) != CR_SUCCESS)
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (Needed != NULL)
        *Needed = Length + 1;
    if (Id == NULL || Limit < Length + 1)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    return CM_Get_Device_IDW(Device->DevInst, Id, Limit, 0) == CR_SUCCESS;
}

BOOL WINAPI SetupDiGetDeviceInstanceIdA(HDEVINFO Handle, PSP_DEVINFO_DATA Device, PSTR Id,
                                        DWORD Limit, PDWORD Needed)
{
    WCHAR Wide[MAX_PATH];
    DWORD Length;

    if (!SetupDiGetDeviceInstanceIdW(Handle, Device, Wide, COUNT_OF(Wide), &Length))
        return FALSE;
    if (Needed != NULL)
        *Needed = Length;
    if (Id == NULL || Limit < Length)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    return WideCharToMultiByte(CP_ACP, 0, Wide, -1, Id, Limit, NULL, NULL) != 0;
}
