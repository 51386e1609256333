/* Bug checks and breakpoints of a driver's own. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfverifier.h"

#ifdef __cplusplus
}
#endif
