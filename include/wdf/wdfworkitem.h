/* The functions of <wdfworkitem.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfworkitem.h"

#ifdef __cplusplus
}
#endif
