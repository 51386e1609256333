/* cc: the cache manager that file system drivers call. [doc: ntifs.h cache manager routines] */
#pragma once

#include "../nt.h"

VOID CcInitSystem(VOID); /* after ex */
