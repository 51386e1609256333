/* Control devices: devices outside any stack. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfcontrol.h"

#ifdef __cplusplus
}
#endif
