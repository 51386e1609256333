/* The functions of <wdfobject.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfobject.h"

#ifdef __cplusplus
}
#endif
