/* The functions of <wdfresource.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfresource.h"

#ifdef __cplusplus
}
#endif
