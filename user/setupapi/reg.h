/* The registry for setupapi and newdev, by NT's services. Handles serve as HKEYs. */
#pragma once

#include "../nt.h"

#define REG_MACHINE L"\\Registry\\Machine\\"
#define REG_CONTROL_SET L"\\Registry\\Machine\\System\\CurrentControlSet\\"
#define REG_CLASSES L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\"
#define REG_ENUM L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\"
#define REG_SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
#define REG_DATABASE L"\\Registry\\Machine\\System\\DriverDatabase\\"

/* Path below Parent, or from \Registry when Parent is NULL; made with what is above when Create.
 * NULL, last error set. */
HANDLE RegpOpen(HANDLE Parent, const WCHAR *Path, BOOL Create);
/* RegpOpen of a path that is printed. */
HANDLE RegpOpenF(BOOL Create, const WCHAR *Format, ...);
BOOL RegpSet(HANDLE Key, const WCHAR *Name, DWORD Type, const VOID *Data, DWORD Bytes);
BOOL RegpSetText(HANDLE Key, const WCHAR *Name, const WCHAR *Text);
BOOL RegpSetNumber(HANDLE Key, const WCHAR *Name, DWORD Number);
/* The value, to be freed by HeapFree, with two characters of zero after it; NULL: absent. Type,
 * Bytes may be NULL. */
PVOID RegpGet(HANDLE Key, const WCHAR *Name, DWORD *Type, DWORD *Bytes);
/* Text of a value into Out, cut; empty when absent. */
BOOL RegpGetText(HANDLE Key, const WCHAR *Name, WCHAR *Out, DWORD Limit);
DWORD RegpGetNumber(HANDLE Key, const WCHAR *Name, DWORD Otherwise);
BOOL RegpDeleteValue(HANDLE Key, const WCHAR *Name);
/* The name of a subkey or a value; FALSE: there are no more. */
BOOL RegpSubkey(HANDLE Key, DWORD Index, WCHAR *Name, DWORD Limit);
BOOL RegpValueName(HANDLE Key, DWORD Index, WCHAR *Name, DWORD Limit);
/* Path below Parent with all below it. */
BOOL RegpDeleteTree(HANDLE Parent, const WCHAR *Path);

/* Memory and text that goes with it. */
PVOID SetupAllocate(SIZE_T Bytes); /* zeroed; NULL with the last error set */
VOID SetupFree(PVOID Memory);
/* Prints into Out, always terminated; FALSE when it was cut. */
BOOL SetupPrint(WCHAR *Out, DWORD Limit, const WCHAR *Format, ...);
BOOL SetupSame(const WCHAR *A, const WCHAR *B); /* without case */
/* Whether a multi-string has Text, without case. */
BOOL SetupListHas(const WCHAR *List, const WCHAR *Text);
BOOL SetupFailStatus(NTSTATUS Status); /* the last error; FALSE */

int __cdecl _vsnwprintf(wchar_t *, size_t, const wchar_t *, va_list);
int __cdecl _wcsicmp(const wchar_t *, const wchar_t *);
int __cdecl _wcsnicmp(const wchar_t *, const wchar_t *, size_t);
size_t __cdecl wcslen(const wchar_t *);
wchar_t *__cdecl wcschr(const wchar_t *, wchar_t);
wchar_t *__cdecl wcsrchr(const wchar_t *, wchar_t);
NTSTATUS NTAPI RtlGUIDFromString(PUNICODE_STRING, GUID *);
