/* mm's own: between its files. */
#pragma once

#include "mm.h"

VOID MiInitPages(VOID);
VOID MiInitRegions(VOID);
