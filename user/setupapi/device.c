/*
 * Devices of a set that programs make, name and change: SetupDiCreateDeviceInfo,
 * SetupDiOpenDeviceInfo, registering, registry properties, keys. Left out: detecting duplicates by
 * resources, hardware profiles, other machines. [doc: setupapi.h]
 */
#include "driver.h"

#define INSTANCES 10000

static BOOL IsZeroGuid(const GUID *Guid)
{
    static const GUID Zero;

    return IsEqualGUID(Guid, &Zero);
}

/* ---- making ---- */

/* ROOT\NAME\nnnn: the first that no key has. Backslashes of a name become what a device ID may
 * have. */
static BOOL GenerateId(const WCHAR *Name, WCHAR *Id)
{
    WCHAR Clean[128];
    HANDLE Key;
    ULONG i;

    for (i = 0; Name[i] != 0; i++) {
        if (i == COUNT_OF(Clean) - 1 || Name[i] <= L' ' || Name[i] > 0x7F || Name[i] == L',')
            return SetupFail(ERROR_INVALID_DEVINST_NAME);
        Clean[i] = Name[i] == L'\\' ? L'_' : RtlUpcaseUnicodeChar(Name[i]);
    }
    Clean[i] = 0;
    for (i = 0; i < INSTANCES; i++) {
        SetupPrint(Id, MAX_PATH, L"ROOT\\%s\\%04lu", Clean, i);
        Key = RegpOpenF(FALSE, REG_ENUM L"%s", Id);
        if (Key == NULL)
            return TRUE;
        NtClose(Key);
    }
    return SetupFail(ERROR_DEVINST_ALREADY_EXISTS);
}

/* A full instance ID of a root device: ROOT\name\instance. */
static BOOL CheckId(const WCHAR *Name, WCHAR *Id)
{
    const WCHAR *First = wcschr(Name, L'\\'), *Last = wcsrchr(Name, L'\\');
    HANDLE Key;

    if (_wcsnicmp(Name, L"ROOT\\", 5) != 0 || First == Last || First + 1 == Last || Last[1] == 0 ||
        wcslen(Name) > 200)
        return SetupFail(ERROR_INVALID_DEVINST_NAME);
    lstrcpynW(Id, Name, MAX_PATH);
    Key = RegpOpenF(FALSE, REG_ENUM L"%s", Id);
    if (Key == NULL)
        return TRUE;
    NtClose(Key);
    return SetupFail(ERROR_DEVINST_ALREADY_EXISTS);
}

static BOOL MakeKey(const WCHAR *Id, const GUID *Class, const WCHAR *Description)
{
    HANDLE Key = RegpOpenF(TRUE, REG_ENUM L"%s", Id);
    WCHAR Guid[39], Name[64];
    BOOL Fine;

    if (Key == NULL)
        return FALSE;
    SetupPrintGuid(Class, Guid);
    Fine = RegpSetText(Key, L"ClassGUID", Guid) && RegpSetNumber(Key, L"ConfigFlags", 0) &&
           (Description == NULL || RegpSetText(Key, L"DeviceDesc", Description)) &&
           RegpSetNumber(Key, L"Phantom", 1);
    if (Fine && SetupDiClassNameFromGuidW(Class, Name, COUNT_OF(Name), NULL))
        RegpSetText(Key, L"Class", Name);
    NtClose(Key);
    return Fine;
}

BOOL WINAPI SetupDiCreateDeviceInfoW(HDEVINFO Handle, PCWSTR Name, CONST GUID *Class,
                                     PCWSTR Description, HWND Parent, DWORD Flags,
                                     PSP_DEVINFO_DATA Data)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    WCHAR Id[MAX_PATH];
    SET_DEVICE *Device;
    DWORD Node;

    IGNORE_ARG(Parent);
    if (Set == NULL)
        return FALSE;
    if (Name == NULL || Class == NULL ||
        (Flags & ~(DWORD)(DICD_GENERATE_ID | DICD_INHERIT_CLASSDRVS)) ||
        (Data != NULL && Data->cbSize != sizeof(*Data)))
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (!IsZeroGuid(&Set->Class) && !IsEqualGUID(&Set->Class, Class))
        return SetupFail(ERROR_CLASS_MISMATCH);
    if (!(Flags & DICD_GENERATE_ID ? GenerateId(Name, Id) : CheckId(Name, Id)) ||
        !MakeKey(Id, Class, Description))
        return FALSE;
    if (CM_Locate_DevNodeW(&Node, Id, LOCATE_PHANTOM) != CR_SUCCESS)
        return SetupFail(ERROR_NOT_ENOUGH_MEMORY);
    Device = SetupAddDevice(Set, Node);
    if (Device == NULL)
        return FALSE;
    Device->Phantom = TRUE;
    return Data == NULL || SetupGiveDevice(Device, Data);
}

BOOL WINAPI SetupDiRegisterDeviceInfo(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD Flags,
                                      PSP_DETSIG_CMPPROC Compare, PVOID Context,
                                      PSP_DEVINFO_DATA Duplicate)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    WCHAR Id[MAX_PATH];
    NTSTATUS Status;
    HANDLE Key;

    IGNORE_ARG(Context);
    IGNORE_ARG(Duplicate);
    if (Device == NULL || !SetupDeviceId(Device->Node, Id))
        return FALSE;
    if ((Flags & ~(DWORD)SPRDI_FIND_DUPS) || Compare != NULL)
        return SetupFail(ERROR_CALL_NOT_IMPLEMENTED);
    if (!Device->Phantom) /* it is registered: fine */
        return TRUE;
    Status = SetupControl(PNP_CONTROL_CREATE, Id, NULL);
    if (!NT_SUCCESS(Status))
        return SetupFailStatus(Status);
    Device->Phantom = FALSE;
    Key = RegpOpenF(FALSE, REG_ENUM L"%s", Id);
    if (Key != NULL) {
        RegpDeleteValue(Key, L"Phantom");
        NtClose(Key);
    }
    return TRUE;
}

BOOL WINAPI SetupDiOpenDeviceInfoW(HDEVINFO Handle, PCWSTR Id, HWND Parent, DWORD Flags,
                                   PSP_DEVINFO_DATA Data)
{
    DEVICE_SET *Set = SetupSetOf(Handle);
    SET_DEVICE *Device;
    DWORD Node;

    IGNORE_ARG(Parent);
    if (Set == NULL)
        return FALSE;
    if (Id == NULL || (Flags & ~(DWORD)(DIOD_INHERIT_CLASSDRVS | DIOD_CANCEL_REMOVE)) ||
        (Data != NULL && Data->cbSize != sizeof(*Data)))
        return SetupFail(ERROR_INVALID_PARAMETER);
    if (CM_Locate_DevNodeW(&Node, (WCHAR *)Id, LOCATE_PHANTOM) != CR_SUCCESS)
        return SetupFail(ERROR_NO_SUCH_DEVINST);
    Device = SetupAddDevice(Set, Node);
    if (Device == NULL)
        return FALSE;
    if (!IsZeroGuid(&Set->Class) && !IsEqualGUID(&Set->Class, &Device->Class)) {
        SetupDropDevice(Set, Device);
        return SetupFail(ERROR_CLASS_MISMATCH);
    }
    return Data == NULL || SetupGiveDevice(Device, Data);
}

BOOL WINAPI SetupDiDeleteDeviceInfo(HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    SetupDropDevice(SetupSetOf(Handle), Device);
    return TRUE;
}

/* ---- properties ---- */

BOOL WINAPI SetupDiSetDeviceRegistryPropertyW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                              DWORD Property, CONST BYTE *Buffer, DWORD Bytes)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    CONFIGRET Result;

    if (Device == NULL)
        return FALSE;
    Result = CM_Set_DevNode_Registry_PropertyW(Device->Node, Property + 1, Buffer, Bytes, 0);
    return Result == CR_SUCCESS ||
           SetupFail(CM_MapCrToWin32Err(Result, ERROR_INVALID_REG_PROPERTY));
}

BOOL WINAPI SetupDiGetDevicePropertyW(HDEVINFO Handle, PSP_DEVINFO_DATA Data, CONST DEVPROPKEY *Key,
                                      ULONG *Type, PBYTE Buffer, DWORD Bytes, PDWORD Needed,
                                      DWORD Flags)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    ULONG Size = Buffer != NULL ? Bytes : 0;
    CONFIGRET Result;

    if (Device == NULL)
        return FALSE;
    if (Flags != 0)
        return SetupFail(ERROR_INVALID_FLAGS);
    Result = CM_Get_DevNode_PropertyW(Device->Node, Key, Type, Buffer, &Size, 0);
    if (Needed != NULL)
        *Needed = Result == CR_SUCCESS || Result == CR_BUFFER_SMALL ? Size : 0;
    return Result == CR_SUCCESS || SetupFail(CM_MapCrToWin32Err(Result, ERROR_INVALID_DATA));
}

BOOL WINAPI SetupDiSetDevicePropertyW(HDEVINFO Handle, PSP_DEVINFO_DATA Data, CONST DEVPROPKEY *Key,
                                      ULONG Type, CONST BYTE *Buffer, DWORD Bytes, DWORD Flags)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    CONFIGRET Result;

    if (Device == NULL)
        return FALSE;
    if (Flags != 0)
        return SetupFail(ERROR_INVALID_FLAGS);
    Result = CM_Set_DevNode_PropertyW(Device->Node, Key, Type, Buffer, Bytes, 0);
    return Result == CR_SUCCESS || SetupFail(CM_MapCrToWin32Err(Result, ERROR_INVALID_DATA));
}

BOOL WINAPI SetupDiGetDevicePropertyKeys(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DEVPROPKEY *Keys,
                                         DWORD Count, PDWORD Needed, DWORD Flags)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    ULONG Found = Keys != NULL ? Count : 0;
    CONFIGRET Result;

    if (Device == NULL)
        return FALSE;
    if (Flags != 0)
        return SetupFail(ERROR_INVALID_FLAGS);
    Result = CM_Get_DevNode_Property_Keys(Device->Node, Keys, &Found, 0);
    if (Needed != NULL)
        *Needed = Result == CR_SUCCESS || Result == CR_BUFFER_SMALL ? Found : 0;
    return Result == CR_SUCCESS || SetupFail(CM_MapCrToWin32Err(Result, ERROR_INVALID_DATA));
}

/* ---- keys ---- */

/* The hardware key is Device Parameters of the device; the software key is that of its driver. */
static HANDLE OpenDeviceKey(SET_DEVICE *Device, DWORD Scope, DWORD KeyType, BOOL Create)
{
    WCHAR Id[MAX_PATH], Driver[64];
    HANDLE Key;

    if (Scope != DICS_FLAG_GLOBAL || (KeyType != DIREG_DEV && KeyType != DIREG_DRV)) {
        SetLastError(KeyType != DIREG_DEV && KeyType != DIREG_DRV ? ERROR_INVALID_FLAGS
                                                                  : ERROR_CALL_NOT_IMPLEMENTED);
        return NULL;
    }
    if (Device->Phantom) {
        SetLastError(ERROR_DEVINFO_NOT_REGISTERED);
        return NULL;
    }
    if (!SetupDeviceId(Device->Node, Id))
        return NULL;
    if (KeyType == DIREG_DEV)
        return RegpOpenF(Create, REG_ENUM L"%s\\Device Parameters", Id);
    Key = RegpOpenF(FALSE, REG_ENUM L"%s", Id);
    if (Key == NULL)
        return NULL;
    RegpGetText(Key, L"Driver", Driver, COUNT_OF(Driver));
    NtClose(Key);
    if (Driver[0] != 0)
        return RegpOpenF(Create, REG_CLASSES L"%s", Driver);
    SetLastError(ERROR_KEY_DOES_NOT_EXIST);
    return NULL;
}

HKEY WINAPI SetupDiOpenDevRegKey(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD Scope, DWORD Profile,
                                 DWORD KeyType, REGSAM Access)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    HANDLE Key = Device != NULL ? OpenDeviceKey(Device, Scope, KeyType, FALSE) : NULL;

    IGNORE_ARG(Profile);
    IGNORE_ARG(Access); /* who may set up devices may do all of it */
    if (Key == NULL && GetLastError() == ERROR_FILE_NOT_FOUND)
        SetLastError(ERROR_KEY_DOES_NOT_EXIST);
    return Key != NULL ? Key : INVALID_HANDLE_VALUE;
}

HKEY WINAPI SetupDiCreateDevRegKeyW(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD Scope,
                                    DWORD Profile, DWORD KeyType, HINF Inf, PCWSTR Section)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    HANDLE Key = Device != NULL ? OpenDeviceKey(Device, Scope, KeyType, TRUE) : NULL;

    IGNORE_ARG(Profile);
    if (Key != NULL && Inf != NULL &&
        !SetupInstallFromInfSectionW(NULL, Inf, Section, SPINST_REGISTRY, Key, NULL, 0, NULL, NULL,
                                     NULL, NULL)) {
        NtClose(Key);
        Key = NULL;
    }
    return Key != NULL ? Key : INVALID_HANDLE_VALUE;
}

static BOOL DeleteBelow(const WCHAR *Parent, const WCHAR *Path)
{
    HANDLE Key = RegpOpen(NULL, Parent, FALSE);
    BOOL Fine = Key != NULL && RegpDeleteTree(Key, Path);

    if (Key != NULL)
        NtClose(Key);
    return Fine;
}

BOOL WINAPI SetupDiDeleteDevRegKey(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD Scope,
                                   DWORD Profile, DWORD KeyType)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    WCHAR Id[MAX_PATH], Path[MAX_PATH], Driver[64];
    HANDLE Key;

    IGNORE_ARG(Profile);
    if (Device == NULL || !SetupDeviceId(Device->Node, Id))
        return FALSE;
    if (Scope != DICS_FLAG_GLOBAL ||
        (KeyType != DIREG_DEV && KeyType != DIREG_DRV && KeyType != DIREG_BOTH))
        return SetupFail(ERROR_INVALID_FLAGS);
    Key = RegpOpenF(FALSE, REG_ENUM L"%s", Id);
    if (Key == NULL)
        return FALSE;
    RegpGetText(Key, L"Driver", Driver, COUNT_OF(Driver));
    NtClose(Key);
    if (KeyType != DIREG_DEV &&
        (Driver[0] == 0 || !DeleteBelow(REG_CONTROL_SET L"Control\\Class", Driver)))
        return SetupFail(ERROR_KEY_DOES_NOT_EXIST);
    if (KeyType == DIREG_DRV)
        return TRUE;
    return (SetupPrint(Path, MAX_PATH, L"%s\\Device Parameters", Id) &&
            DeleteBelow(REG_CONTROL_SET L"Enum", Path)) ||
           SetupFail(ERROR_KEY_DOES_NOT_EXIST);
}
