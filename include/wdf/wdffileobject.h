/* File objects. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdffileobject.h"

#ifdef __cplusplus
}
#endif
