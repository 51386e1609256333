/* The functions of <wdfrequest.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfrequest.h"

#ifdef __cplusplus
}
#endif
