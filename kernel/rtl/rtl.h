/*
 * rtl: the run-time library, a part that needs nothing but memory, pool and the time. What other components may call
 * beyond the documented Rtl routines and the C library's, and prototypes that the DDK headers lack.
 */
#pragma once

#include "../nt.h"
#include <stdarg.h>

typedef int errno_t;
#ifndef EINVAL
#define EINVAL 22
#endif
#ifndef ERANGE
#define ERANGE 34
#endif
