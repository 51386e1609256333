/* The functions of <wdfdriver.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfdriver.h"

#ifdef __cplusplus
}
#endif
