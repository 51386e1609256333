/* fsrtl: what file system drivers build on beside rtl's names, locks and maps. Nothing but the documented FsRtl routines. */
#pragma once

#include "../ke/ke.h"
