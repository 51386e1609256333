/* The functions of <wdfdpc.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfdpc.h"

#ifdef __cplusplus
}
#endif
