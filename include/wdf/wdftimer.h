/* The functions of <wdftimer.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdftimer.h"

#ifdef __cplusplus
}
#endif
