/* The functions of <wdfmemory.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfmemory.h"

#ifdef __cplusplus
}
#endif
