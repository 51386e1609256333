/* wmi: a device's WMI providers, as PnP and dispatch see them. */
#pragma once

#include "device.h"

/* At start and at removal: registers the device with WMI, or takes that back. PASSIVE_LEVEL. */
VOID FxWmiEnable(FX_DEVICE *Device, BOOLEAN Enable);
/* IRP_MJ_SYSTEM_CONTROL: handles what is for this device, forwards the rest. */
NTSTATUS FxWmiDispatch(FX_DEVICE *Device, PIRP Irp);
VOID FxWmiFree(FX_DEVICE *Device);
