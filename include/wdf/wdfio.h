/* The functions of <wdfio.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfio.h"

#ifdef __cplusplus
}
#endif
