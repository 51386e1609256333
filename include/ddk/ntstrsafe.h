/*
 * <ntstrsafe.h>: strings whose buffers' sizes are always given. [doc: ntstrsafe.h, "Using Safe String Functions"]
 * mingw's emits every routine as a global in each object and has none of the UNICODE_STRING ones.
 *
 * Results: STATUS_SUCCESS; STATUS_BUFFER_OVERFLOW, what fits was written; STATUS_INVALID_PARAMETER, nothing was.
 */
#pragma once
#pragma GCC system_header

#ifndef _NTSTRSAFE_H_INCLUDED_
#define _NTSTRSAFE_H_INCLUDED_

#include <stdarg.h>
#include <stdio.h>
#include <wchar.h>
#include <ntdef.h>
#include <ntstatus.h>

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(wchar_t))
#ifndef STRSAFE_MAX_CCH
#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH
#endif

#ifndef STRSAFE_IGNORE_NULLS
#define STRSAFE_IGNORE_NULLS 0x00000100    /* a null pointer is an empty string */
#define STRSAFE_FILL_BEHIND_NULL 0x00000200 /* the low byte fills the rest of the buffer */
#define STRSAFE_FILL_ON_FAILURE 0x00000400
#define STRSAFE_NULL_ON_FAILURE 0x00000800
#define STRSAFE_NO_TRUNCATION 0x00001000
#define STRSAFE_ZERO_LENGTH_ON_FAILURE 0x00000800
#define STRSAFE_FILL_BEHIND 0x00000200
#define STRSAFE_FILL_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_BEHIND_NULL))
#define STRSAFE_FAILURE_BYTE(x) ((ULONG)(((x) & 0x000000FF) | STRSAFE_FILL_ON_FAILURE))
#endif
#define DDK_STRSAFE_VALID_FLAGS_ 0x00001FFFu

#ifndef STRSAFE_APIS_TYPES_
#define STRSAFE_APIS_TYPES_
typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR;
#endif

#define DDK_STRSAFE_API_ static __inline__ __attribute__((unused)) NTSTATUS

#define DDK_CHAR_ char
#define DDK_NAME_(name) name##A
#define DDK_FORMAT_ _vsnprintf
#include "supplement/strsafe_template.h"
#undef DDK_CHAR_
#undef DDK_NAME_
#undef DDK_FORMAT_

#define DDK_CHAR_ wchar_t
#define DDK_NAME_(name) name##W
#define DDK_FORMAT_ _vsnwprintf
#include "supplement/strsafe_template.h"
#undef DDK_CHAR_
#undef DDK_NAME_
#undef DDK_FORMAT_

#include "supplement/strsafe_unicode.h"

#ifdef UNICODE
#define DDK_STRSAFE_PICK_(name) name##W
#else
#define DDK_STRSAFE_PICK_(name) name##A
#endif
#define RtlStringCchCopy DDK_STRSAFE_PICK_(RtlStringCchCopy)
#define RtlStringCbCopy DDK_STRSAFE_PICK_(RtlStringCbCopy)
#define RtlStringCchCopyEx DDK_STRSAFE_PICK_(RtlStringCchCopyEx)
#define RtlStringCbCopyEx DDK_STRSAFE_PICK_(RtlStringCbCopyEx)
#define RtlStringCchCopyN DDK_STRSAFE_PICK_(RtlStringCchCopyN)
#define RtlStringCbCopyN DDK_STRSAFE_PICK_(RtlStringCbCopyN)
#define RtlStringCchCat DDK_STRSAFE_PICK_(RtlStringCchCat)
#define RtlStringCbCat DDK_STRSAFE_PICK_(RtlStringCbCat)
#define RtlStringCchCatN DDK_STRSAFE_PICK_(RtlStringCchCatN)
#define RtlStringCbCatN DDK_STRSAFE_PICK_(RtlStringCbCatN)
#define RtlStringCchPrintf DDK_STRSAFE_PICK_(RtlStringCchPrintf)
#define RtlStringCbPrintf DDK_STRSAFE_PICK_(RtlStringCbPrintf)
#define RtlStringCchPrintfEx DDK_STRSAFE_PICK_(RtlStringCchPrintfEx)
#define RtlStringCbPrintfEx DDK_STRSAFE_PICK_(RtlStringCbPrintfEx)
#define RtlStringCchVPrintf DDK_STRSAFE_PICK_(RtlStringCchVPrintf)
#define RtlStringCbVPrintf DDK_STRSAFE_PICK_(RtlStringCbVPrintf)
#define RtlStringCchLength DDK_STRSAFE_PICK_(RtlStringCchLength)
#define RtlStringCbLength DDK_STRSAFE_PICK_(RtlStringCbLength)

#endif
