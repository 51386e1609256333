/* Wait locks, spin locks and objects' locks. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfsync.h"

#ifdef __cplusplus
}
#endif
