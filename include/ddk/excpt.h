/* <excpt.h>: mingw's, with the names that C sources of the kits use for the structured exception keywords. */
#pragma once
#pragma GCC system_header

#include_next <excpt.h>

#if !defined(__cplusplus) && !defined(_NTOSKRNL_) && !defined(DDK_NO_SEH_NAMES)
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif
