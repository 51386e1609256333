/* The functions of <wdfiotarget.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfiotarget.h"

#ifdef __cplusplus
}
#endif
