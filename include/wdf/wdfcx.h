/* What class extensions alone call: the functions of the table whose names say Cx, and the self
 * target. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The structures of class extensions are not public: pointers only. */
typedef struct _WDFCX_FILEOBJECT_CONFIG *PWDFCX_FILEOBJECT_CONFIG;
typedef struct _WDFCX_PNPPOWER_EVENT_CALLBACKS *PWDFCX_PNPPOWER_EVENT_CALLBACKS;
typedef struct _WDFCX_POWER_POLICY_EVENT_CALLBACKS *PWDFCX_POWER_POLICY_EVENT_CALLBACKS;
typedef NTSTATUS NTAPI EVT_WDFCXDEVICE_WDM_IRP_PREPROCESS(WDFDEVICE Device, PIRP Irp,
                                                          WDFCONTEXT DispatchContext);
typedef EVT_WDFCXDEVICE_WDM_IRP_PREPROCESS *PFN_WDFCXDEVICE_WDM_IRP_PREPROCESS;

#include "gen/wdfcx.h"

#ifdef __cplusplus
}
#endif
