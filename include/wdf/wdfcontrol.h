/* The functions of <wdfcontrol.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfcontrol.h"

#ifdef __cplusplus
}
#endif
