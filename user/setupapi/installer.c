/*
 * What class installers are asked for, done as without one: registering, installing, starting,
 * stopping, removing devices. Left out: class installers and co-installers themselves, hardware
 * profiles, wizards. [doc: Device Installation Function Codes, SetupDiCallClassInstaller]
 */
#include "driver.h"

#define DISABLE_PERSIST 8

/* ---- parameters ---- */

BOOL WINAPI SetupDiGetDeviceInstallParamsW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                           PSP_DEVINSTALL_PARAMS_W Parameters)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    if (Parameters == NULL || Parameters->cbSize != sizeof(*Parameters))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    *Parameters = Device->Install;
    return TRUE;
}

BOOL WINAPI SetupDiSetDeviceInstallParamsW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                           PSP_DEVINSTALL_PARAMS_W Parameters)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    if (Parameters == NULL || Parameters->cbSize != sizeof(*Parameters))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    Device->Install = *Parameters;
    Device->Install.DriverPath[MAX_PATH - 1] = 0;
    return TRUE;
}

BOOL WINAPI SetupDiSetClassInstallParamsW(HDEVINFO Handle, PSP_DEVINFO_DATA Data,
                                          PSP_CLASSINSTALL_HEADER Parameters, DWORD Bytes)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);

    if (Device == NULL)
        return FALSE;
    if (Parameters == NULL || Bytes == 0) {
        Device->ParametersSize = 0;
        return TRUE;
    }
    if (Bytes < sizeof(*Parameters) || Bytes > sizeof(Device->Parameters) ||
        Parameters->cbSize != sizeof(*Parameters))
        return SetupFail(ERROR_INVALID_USER_BUFFER);
    RtlCopyMemory(Device->Parameters, Parameters, Bytes);
    Device->ParametersSize = Bytes;
    Device->Install.Flags |= DI_CLASSINSTALLPARAMS;
    return TRUE;
}

/* The parameters of Function, or NULL. */
static const VOID *ParametersOf(const SET_DEVICE *Device, DI_FUNCTION Function, DWORD Bytes)
{
    const SP_CLASSINSTALL_HEADER *Header = (const SP_CLASSINSTALL_HEADER *)Device->Parameters;

    return Device->ParametersSize >= Bytes && (Device->Install.Flags & DI_CLASSINSTALLPARAMS) &&
           Header->InstallFunction == Function ? Header : NULL;
}

/* ---- functions ---- */

/* What a device refuses now is done when the machine starts again: programs are told so. */
static BOOL NeedsReboot(SET_DEVICE *Device, const WCHAR *Id, const WCHAR *What)
{
    SetupLog(L"!    dvi: %s: %s was refused: the machine must be started again", Id, What);
    Device->Install.Flags |= DI_NEEDREBOOT;
    return TRUE;
}

static BOOL Restart(SET_DEVICE *Device, const WCHAR *Id)
{
    NTSTATUS Status = SetupControl(PNP_CONTROL_START, Id, NULL);

    if (Status == STATUS_PLUGPLAY_QUERY_VETOED)
        return NeedsReboot(Device, Id, L"stopping");
    if (Status == STATUS_NO_SUCH_DEVICE)
        return SetupFail(ERROR_NO_SUCH_DEVINST);
    if (!NT_SUCCESS(Status)) /* what keeps it from starting is its problem code */
        SetupLog(L"!    dvi: %s: the device does not start: status %#lx", Id, Status);
    return TRUE;
}

BOOL WINAPI SetupDiInstallDevice(HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    WCHAR Id[MAX_PATH];

    if (Device == NULL || !SetupDeviceId(Device->Node, Id))
        return FALSE;
    if (Device->Phantom)
        return SetupFail(ERROR_DEVINFO_NOT_REGISTERED);
    if (Device->Selected == NULL)
        return SetupFail(ERROR_NO_DRIVER_SELECTED);
    if (!SetupInstallDriver(Id, Device->Selected))
        return FALSE;
    if (!SetupIsExtension(Device->Selected))
        Device->Class = Device->Selected->Class;
    SetupGiveDevice(Device, Data);
    return (Device->Install.Flags & DI_DONOTCALLCONFIGMG) ? TRUE : Restart(Device, Id);
}

static BOOL Disable(SET_DEVICE *Device, const WCHAR *Id, BOOL Persist)
{
    CONFIGRET Result = CM_Disable_DevNode(Device->Node, Persist ? DISABLE_PERSIST : 0);

    if (Result == 0x17) /* CR_REMOVE_VETOED */
        return NeedsReboot(Device, Id, L"disabling");
    return Result == CR_SUCCESS || SetupFail(CM_MapCrToWin32Err(Result, ERROR_NOT_DISABLEABLE));
}

static BOOL Enable(SET_DEVICE *Device)
{
    CONFIGRET Result = CM_Enable_DevNode(Device->Node, 0);

    return Result == CR_SUCCESS || SetupFail(CM_MapCrToWin32Err(Result, ERROR_INVALID_DATA));
}

BOOL WINAPI SetupDiChangeState(HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    const SP_PROPCHANGE_PARAMS *Change;
    WCHAR Id[MAX_PATH];

    if (Device == NULL || !SetupDeviceId(Device->Node, Id))
        return FALSE;
    Change = ParametersOf(Device, DIF_PROPERTYCHANGE, sizeof(*Change));
    if (Change == NULL)
        return SetupFail(ERROR_NO_CLASSINSTALL_PARAMS);
    switch (Change->StateChange) {
    case DICS_ENABLE:
        return Enable(Device);
    case DICS_DISABLE:
        return Disable(Device, Id, TRUE);
    case DICS_STOP:
        return Disable(Device, Id, FALSE);
    case DICS_START:
    case DICS_PROPCHANGE:
        return Restart(Device, Id);
    default:
        return SetupFail(ERROR_INVALID_PARAMETER);
    }
}

/* The keys of the device and of its driver. */
static VOID DeleteKeys(const WCHAR *Id)
{
    HANDLE Enum = RegpOpen(NULL, REG_CONTROL_SET L"Enum", FALSE);
    HANDLE Classes = RegpOpen(NULL, REG_CONTROL_SET L"Control\\Class", FALSE);
    HANDLE Device = RegpOpenF(FALSE, REG_ENUM L"%s", Id);
    WCHAR Driver[64] = {0};

    if (Device != NULL) {
        RegpGetText(Device, L"Driver", Driver, COUNT_OF(Driver));
        NtClose(Device);
    }
    if (Classes != NULL && Driver[0] != 0)
        RegpDeleteTree(Classes, Driver);
    if (Enum != NULL)
        RegpDeleteTree(Enum, Id);
    if (Classes != NULL)
        NtClose(Classes);
    if (Enum != NULL)
        NtClose(Enum);
}

BOOL WINAPI SetupDiRemoveDevice(HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    SET_DEVICE *Device = SetupDeviceOf(Handle, Data);
    WCHAR Id[MAX_PATH];
    NTSTATUS Status;

    if (Device == NULL || !SetupDeviceId(Device->Node, Id))
        return FALSE;
    Status = SetupControl(PNP_CONTROL_REMOVE, Id, NULL);
    if (Status == STATUS_PLUGPLAY_QUERY_VETOED)
        NeedsReboot(Device, Id, L"removing");
    else if (!NT_SUCCESS(Status) &&
             Status != STATUS_NO_SUCH_DEVICE) /* a device that is not there has keys */
        return SetupFailStatus(Status);
    DeleteKeys(Id);
    SetupLog(L">>>  %s: removed", Id);
    return TRUE;
}

BOOL WINAPI SetupDiCallClassInstaller(DI_FUNCTION Function, HDEVINFO Handle, PSP_DEVINFO_DATA Data)
{
    if (SetupDeviceOf(Handle, Data) == NULL)
        return FALSE;
    switch (Function) {
    case DIF_REGISTERDEVICE:
        return SetupDiRegisterDeviceInfo(Handle, Data, 0, NULL, NULL, NULL);
    case DIF_SELECTBESTCOMPATDRV:
        return SetupDiSelectBestCompatDrv(Handle, Data);
    case DIF_INSTALLDEVICE:
        return SetupDiInstallDevice(Handle, Data);
    case DIF_PROPERTYCHANGE:
        return SetupDiChangeState(Handle, Data);
    case DIF_REMOVE:
        return SetupDiRemoveDevice(Handle, Data);
    case DIF_ALLOW_INSTALL:
    case DIF_REGISTER_COINSTALLERS:
    case DIF_INSTALLINTERFACES:
    case DIF_INSTALLDEVICEFILES: /* DIF_INSTALLDEVICE does what these would */
        return TRUE;
    default:
        return SetupFail(ERROR_DI_DO_DEFAULT);
    }
}
