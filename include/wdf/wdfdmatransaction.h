/* DMA transactions. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfdmatransaction.h"

#ifdef __cplusplus
}
#endif
