/* Registry keys. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfregistry.h"

#ifdef __cplusplus
}
#endif
