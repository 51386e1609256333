/*
 * <ntddk.h>: mingw-w64's with KUSER_SHARED_DATA in the layout of Windows 11 and what it lacks from supplement/.
 */
#pragma once
#pragma GCC system_header

#define _KUSER_SHARED_DATA _DDK_MINGW_KUSER_SHARED_DATA
#define KUSER_SHARED_DATA DDK_MINGW_KUSER_SHARED_DATA
#define PKUSER_SHARED_DATA PDDK_MINGW_KUSER_SHARED_DATA
#include_next <ntddk.h>
#undef _KUSER_SHARED_DATA
#undef KUSER_SHARED_DATA
#undef PKUSER_SHARED_DATA

#include "supplement/kuser.h"
#include "supplement/ps.h"
#include "supplement/ntddk_more.h"
