/* Miniports: drivers that another driver model owns. */
#pragma once

#include "wdffuncenum.h"

#ifdef __cplusplus
extern "C" {
#endif

#include "gen/wdfminiport.h"

#ifdef __cplusplus
}
#endif
