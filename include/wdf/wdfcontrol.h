/* Control devices: devices outside any stack. */
#pragma once

#include "wdffuncenum.h"
#include <wdmsec.h> /* the SDDL_DEVOBJ_ strings */

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfcontrol.h"

#ifdef __cplusplus
}
#endif
