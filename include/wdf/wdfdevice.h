/* The functions of <wdfdevice.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfdevice.h"

#ifdef __cplusplus
}
#endif
