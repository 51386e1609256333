/* Miniports: drivers that another driver model owns. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfminiport.h"

/* Set by the stub in a driver whose DriverUnload belongs to its port driver. */
typedef VOID(NTAPI *PFN_WDFDRIVERMINIPORTUNLOADOVERRIDE)(WDFDRIVER Driver);

#ifndef WDF_FRAMEWORK
extern PFN_WDFDRIVERMINIPORTUNLOADOVERRIDE WdfDriverMiniportUnloadOverride;

/* The last thing a miniport does with the framework: its driver object goes, then the binding. */
FORCEINLINE VOID WdfDriverMiniportUnload(WDFDRIVER Driver)
{
    if (WdfDriverMiniportUnloadOverride != NULL)
        WdfDriverMiniportUnloadOverride(Driver);
    else
        ((PFN_WDFDRIVERMINIPORTUNLOAD)WdfFunctions[WdfDriverMiniportUnloadTableIndex])(
            WdfDriverGlobals, Driver);
}
#endif

#ifdef __cplusplus
}
#endif
