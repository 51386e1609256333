/* The functions of <wdfpdo.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfpdo.h"

#ifdef __cplusplus
}
#endif
