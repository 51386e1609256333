/* The functions of <wdfinterrupt.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfinterrupt.h"

#ifdef __cplusplus
}
#endif
