/*
 * Children of a bus: not made here yet; a WDFDEVICE_INIT of theirs does not exist.
 */
#include "fx.h"

#include "pnp.h"

VOID FxPdoInitFree(FX_DEVICE_INIT *Init)
{
    UNREFERENCED_PARAMETER(Init);
}

NTSTATUS FxPdoCheckInit(FX_DEVICE_INIT *Init)
{
    UNREFERENCED_PARAMETER(Init);
    return STATUS_NOT_SUPPORTED;
}

PDEVICE_OBJECT FxPdoParentWdm(FX_DEVICE *Device)
{
    return Device->Wdm;
}

NTSTATUS FxChildrenReport(FX_DEVICE *Device, PDEVICE_RELATIONS Old, PDEVICE_RELATIONS *Result)
{
    UNREFERENCED_PARAMETER(Device);
    *Result = Old;
    return STATUS_NOT_SUPPORTED;
}

VOID FxChildrenScan(FX_DEVICE *Device)
{
    UNREFERENCED_PARAMETER(Device);
}
