/* The functions of <wdfcommonbuffer.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfcommonbuffer.h"

#ifdef __cplusplus
}
#endif
