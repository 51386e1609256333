/* String objects. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfstring.h"

#ifdef __cplusplus
}
#endif
