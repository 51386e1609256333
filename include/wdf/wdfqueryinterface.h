/* The functions of <wdfqueryinterface.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfqueryinterface.h"

#ifdef __cplusplus
}
#endif
