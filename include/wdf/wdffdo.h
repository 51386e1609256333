/* The functions of <wdffdo.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdffdo.h"

#ifdef __cplusplus
}
#endif
