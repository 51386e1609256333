/* Power manager declarations that mingw's wdm.h lacks. [doc: wdm.h] */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

NTKERNELAPI VOID NTAPI PoSetSystemWakeDevice(PDEVICE_OBJECT DeviceObject);

#ifdef __cplusplus
}
#endif
