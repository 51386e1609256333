/*
 * A framework without I/O targets: a function device has no local target then. These give way to the real ones as soon
 * as they are linked in.
 */
#include "fx.h"

#include "io.h"

__attribute__((weak)) NTSTATUS FxTargetCreateLocal(FX_DEVICE *Device)
{
    UNREFERENCED_PARAMETER(Device);
    return STATUS_SUCCESS;
}

__attribute__((weak)) VOID FxTargetsStart(FX_DEVICE *Device)
{
    UNREFERENCED_PARAMETER(Device);
}

__attribute__((weak)) VOID FxTargetsStop(FX_DEVICE *Device)
{
    UNREFERENCED_PARAMETER(Device);
}

__attribute__((weak)) VOID FxTargetsRemove(FX_DEVICE *Device)
{
    UNREFERENCED_PARAMETER(Device);
}
