/* The functions of <wdfdmaenabler.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfdmaenabler.h"

#ifdef __cplusplus
}
#endif
