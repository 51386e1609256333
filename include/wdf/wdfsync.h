/* The functions of <wdfsync.h>. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfsync.h"

#ifdef __cplusplus
}
#endif
