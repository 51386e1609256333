/* Collections of objects. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfcollection.h"

#ifdef __cplusplus
}
#endif
