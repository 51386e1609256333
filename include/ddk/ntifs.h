/* <ntifs.h>: mingw-w64's, and what it lacks from supplement/. */
#pragma once
#pragma GCC system_header

#include_next <ntifs.h>

#include "supplement/ntifs_more.h"
