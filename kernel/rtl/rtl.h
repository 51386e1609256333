/*
 * rtl: the run-time library, a part that needs nothing but memory, pool and the time. What other
 * components may call beyond the documented Rtl routines and the C library's, and prototypes that
 * the DDK headers lack.
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

extern ULONG NtBuildNumber; /* the low 16 bits are the build */

/* ---- formatted output: the engine under the printf family and DbgPrint ---- */
#define RTLP_FORMAT_ERROR (-1)
/*
 * Formats into Buffer, at most Limit units (bytes, or WCHARs when Wide), without a terminator.
 * Returns the units that the whole result has, which may be more than Limit, or RTLP_FORMAT_ERROR
 * (longer than INT_MAX, or %n, which the kernel refuses). Any IRQL; reads what the arguments point
 * to. Not there: floating point. NT's kernel has none [doc DbgPrint]: the argument is passed over
 * and the conversion letter comes out.
 */
int RtlpFormat(PVOID Buffer, SIZE_T Limit, BOOLEAN Wide, const VOID *Format, va_list Arguments);

/* ---- the C library's routines that the DDK headers do not declare ---- */
int __cdecl _snprintf(char *Buffer, size_t Count, const char *Format, ...);
int __cdecl _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
int __cdecl _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...);
int __cdecl _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);
/* These always terminate; -1 when the result was cut (Count = _TRUNCATE) or did not fit (empty
 * buffer). */
int __cdecl _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...);
int __cdecl _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format,
                         va_list Arguments);
int __cdecl _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...);
int __cdecl _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format,
                          va_list Arguments);
int __cdecl sprintf_s(char *Buffer, size_t Size, const char *Format, ...);
int __cdecl swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...);
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
