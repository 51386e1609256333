/*
 * Driver lists of devices: building one from the driver store or from one INF, asking for its
 * entries, selecting one. Left out: lists of a whole class, drivers on the network. [doc:
 * setupapi.h, SetupDiBuildDriverInfoList and the others]
 */
#include "driver.h"

#define DRVINFO_V1_SIZE FIELD_OFFSET(SP_DRVINFO_DATA_V2_W, DriverDate)

/* The multi-string of a device's property, to be freed; an absent one is empty. NULL: memory is
 * short. */
static WCHAR *ReadIds(DWORD Node, ULONG Property)
{
    ULONG Bytes = 0, Type;
    WCHAR *Ids;

    CM_Get_DevNode_Registry_PropertyW(Node, Property + 1, &Type, NULL, &Bytes, 0);
    Ids = SetupAllocate(Bytes + 2 * sizeof(WCHAR));
    if (Ids != NULL && Bytes != 0)
        CM_Get_DevNode_Registry_PropertyW(Node, Property + 1, &Type, Ids, &Bytes, 0);
    return Ids;
}

static VOID DropList(SET_DEVICE *Device)
{
    SetupFreeDrivers(Device->Drivers);
    Device->Drivers = Device->Selected = NULL;
    Device->DriverType = SPDIT_NODRIVER;
}

BOOL WINAPI SetupDiBuildDriverInfoList(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD DriverType)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    WCHAR *Hardware, *Compatible;
    BOOL Matching = DriverType == SPDIT_COMPATDRIVER, Fine = FALSE;

    if (Device == NULL)
        return FALSE;
    if (DriverType != SPDIT_COMPATDRIVER && DriverType != SPDIT_CLASSDRIVER)
        return SetupFail(ERROR_INVALID_PARAMETER);
    DropList(Device);
    Hardware = ReadIds(Device->Node, SPDRP_HARDWAREID);
    Compatible = ReadIds(Device->Node, SPDRP_COMPATIBLEIDS);
    if (Hardware != NULL && Compatible != NULL) {
        const WCHAR *Match = Matching ? Hardware : NULL;

        if (Device->Install.Flags & DI_ENUMSINGLEINF)
            Fine =
                SetupListDrivers(Device->Install.DriverPath, Match, Compatible, &Device->Drivers);
        else
            Fine = SetupListStore(Match, Compatible, FALSE, &Device->Drivers);
    }
    SetupFree(Hardware);
    SetupFree(Compatible);
    if (Fine)
        Device->DriverType = DriverType;
    else
        DropList(Device);
    return Fine;
}

BOOL WINAPI SetupDiDestroyDriverInfoList(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD DriverType)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    if (DriverType == Device->DriverType)
        DropList(Device);
    return TRUE;
}

static BOOL CheckSize(PSP_DRVINFO_DATA_W Info)
{
    if (Info != NULL &&
        (Info->cbSize == sizeof(SP_DRVINFO_DATA_V2_W) || Info->cbSize == DRVINFO_V1_SIZE))
        return TRUE;
    return SetupFail(ERROR_INVALID_USER_BUFFER);
}

static BOOL GiveDriver(const SET_DEVICE *Device, const SETUP_DRIVER *Driver,
                       PSP_DRVINFO_DATA_W Info)
{
    if (!CheckSize(Info))
        return FALSE;
    Info->DriverType = Device->DriverType;
    Info->Reserved = (ULONG_PTR)Driver;
    lstrcpynW(Info->Description, Driver->Description, COUNT_OF(Info->Description));
    lstrcpynW(Info->MfgName, Driver->Manufacturer, COUNT_OF(Info->MfgName));
    lstrcpynW(Info->ProviderName, Driver->Provider, COUNT_OF(Info->ProviderName));
    if (Info->cbSize == sizeof(SP_DRVINFO_DATA_V2_W)) {
        Info->DriverDate = Driver->Date;
        Info->DriverVersion = Driver->Version;
    }
    return TRUE;
}

BOOL WINAPI SetupDiEnumDriverInfoW(HDEVINFO Handle, PSP_DEVINFO_DATA Data, DWORD DriverType,
                                   DWORD Index, PSP_DRVINFO_DATA_W Info)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    SETUP_DRIVER *Driver;

    if (Device == NULL)
        return FALSE;
    for (Driver = DriverType == Device->DriverType ? Device->Drivers : NULL; Driver != NULL;
         Driver = Driver->Next)
        if (Index-- == 0)
            return GiveDriver(Device, Driver, Info);
    return SetupFail(ERROR_NO_MORE_ITEMS);
}

/* The entry that Info stands for; NULL with the last error set. */
static SETUP_DRIVER *DriverOf(SET_DEVICE *Device, PSP_DRVINFO_DATA_W Info)
{
    SETUP_DRIVER *Driver;

    if (Device == NULL || !CheckSize(Info))
        return NULL;
    for (Driver = Device->Drivers; Driver != NULL; Driver = Driver->Next)
        if ((ULONG_PTR)Driver == Info->Reserved)
            return Driver;
    SetLastError(ERROR_INVALID_PARAMETER);
    return NULL;
}

BOOL WINAPI SetupDiGetDriverInfoDetailW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                        PSP_DRVINFO_DATA_W Info, PSP_DRVINFO_DETAIL_DATA_W Detail,
                                        DWORD Bytes, PDWORD Needed)
{
    SETUP_DRIVER *Driver = DriverOf(SetupDeviceOf(Handle, Data), Info);
    DWORD Count = 0, First, Size;

    if (Driver == NULL)
        return FALSE;
    First = Driver->Ids[0] != 0 ? (DWORD)wcslen(Driver->Ids) + 1 : 0;
    while (Driver->Ids[Count] != 0)
        Count += (DWORD)wcslen(Driver->Ids + Count) + 1;
    Count++;
    Size = (DWORD)(FIELD_OFFSET(SP_DRVINFO_DETAIL_DATA_W, HardwareID) + Count * sizeof(WCHAR));
    if (Needed != NULL)
        *Needed = Size;
    if (Detail == NULL)
        return Bytes == 0 ? SetupFail(ERROR_INSUFFICIENT_BUFFER)
                          : SetupFail(ERROR_INVALID_USER_BUFFER);
    if (Detail->cbSize != sizeof(*Detail) || Bytes < sizeof(*Detail))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    Detail->InfDate = Driver->Date;
    Detail->CompatIDsOffset = Count > First + 1 ? First : 0;
    Detail->CompatIDsLength = Count > First + 1 ? Count - First : 0;
    Detail->Reserved = 0;
    lstrcpynW(Detail->SectionName, Driver->Section, COUNT_OF(Detail->SectionName));
    lstrcpynW(Detail->InfFileName, Driver->InfPath, COUNT_OF(Detail->InfFileName));
    lstrcpynW(Detail->DrvDescription, Driver->Description, COUNT_OF(Detail->DrvDescription));
    if (Bytes < Size)
        return SetupFail(ERROR_INSUFFICIENT_BUFFER);
    RtlCopyMemory(Detail->HardwareID, Driver->Ids, Count * sizeof(WCHAR));
    return TRUE;
}

BOOL WINAPI SetupDiGetDriverInstallParamsW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                           PSP_DRVINFO_DATA_W Info,
                                           PSP_DRVINSTALL_PARAMS Parameters)
{
    SETUP_DRIVER *Driver = DriverOf(SetupDeviceOf(Handle, Data), Info);

    if (Driver == NULL)
        return FALSE;
    if (Parameters == NULL || Parameters->cbSize != sizeof(*Parameters))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    Parameters->Rank = Driver->Rank;
    Parameters->Flags = 0;
    Parameters->PrivateData = 0;
    Parameters->Reserved = 0;
    return TRUE;
}

BOOL WINAPI SetupDiSetSelectedDriverW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                      PSP_DRVINFO_DATA_W Info)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    SETUP_DRIVER *Driver = Info != NULL ? DriverOf(Device, Info) : NULL;

    if (Device == NULL || (Info != NULL && Driver == NULL))
        return FALSE;
    Device->Selected = Driver;
    return TRUE;
}

BOOL WINAPI SetupDiGetSelectedDriverW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                      PSP_DRVINFO_DATA_W Info)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    return Device->Selected != NULL ? GiveDriver(Device, Device->Selected, Info)
                                    : SetupFail(ERROR_NO_DRIVER_SELECTED);
}

BOOL WINAPI SetupDiSelectBestCompatDrv(HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    if (Device->Drivers == NULL)
        return SetupFail(ERROR_NO_COMPAT_DRIVERS);
    Device->Selected = Device->Drivers;
    return TRUE;
}
