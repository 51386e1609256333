/* The functions of <wdfwmi.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfwmi.h"

#ifdef __cplusplus
}
#endif
