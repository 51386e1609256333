/* The functions of <wdfchildlist.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfchildlist.h"

#ifdef __cplusplus
}
#endif
