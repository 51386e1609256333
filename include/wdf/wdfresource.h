/* Hardware resources: requirements and assignments. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfresource.h"

#define WDF_INSERT_AT_END ((ULONG)-1)

#ifdef __cplusplus
}
#endif
