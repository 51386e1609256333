/* The functions of <wdfcompaniontarget.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfcompaniontarget.h"

#ifdef __cplusplus
}
#endif
