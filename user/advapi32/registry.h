/*
 * The registry as programs see it: NT's services on keys with Win32's names, errors and rules for
 * buffers. Sizes of names are in characters, of data in bytes. [doc: winreg.h] Not modelled: other
 * machines, WOW64 views (there is one view), performance data, a user's own classes, transactions.
 */
#pragma once

#include "../nt.h"

#define REG_NAME_LIMIT 255 /* characters of a key's name */
#define REG_VALUE_NAME_LIMIT 16383

enum { /* NT's classes of information */
    REG_KEY_BASIC = 0,
    REG_KEY_NODE = 1,
    REG_KEY_FULL = 2,
    REG_VALUE_FULL = 1,
    REG_VALUE_PARTIAL = 2
};

typedef struct _REG_NODE_INFO { /* KEY_NODE_INFORMATION */
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, NameLength;
    WCHAR Name[1];
} REG_NODE_INFO;

typedef struct _REG_FULL_INFO { /* KEY_FULL_INFORMATION */
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, SubKeys, MaxNameLen, MaxClassLen, Values,
        MaxValueNameLen, MaxValueDataLen;
    WCHAR Class[1];
} REG_FULL_INFO;

typedef struct _REG_VALUE_INFO { /* KEY_VALUE_FULL_INFORMATION */
    ULONG TitleIndex, Type, DataOffset, DataLength, NameLength;
    WCHAR Name[1];
} REG_VALUE_INFO;

typedef struct _REG_DATA_INFO { /* KEY_VALUE_PARTIAL_INFORMATION */
    ULONG TitleIndex, Type, DataLength;
    BYTE Data[4];
} REG_DATA_INFO;

NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG,
                                     PULONG);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);

/* ---- reg_key.c ---- */
LSTATUS RegError(NTSTATUS Status);
/* The handle behind a key, which may be a predefined one; it stays open. */
LSTATUS RegHandle(HKEY Key, PHANDLE Handle);
BOOL RegIsPredefined(HKEY Key);
BOOL RegMakeString(PUNICODE_STRING String, LPCWSTR Text); /* NULL: empty; FALSE: too long */
VOID RegCloseRoots(VOID);                                 /* when the process ends */

/* ---- reg_value.c ---- */
/* The value, from the heap; its data has two bytes of zeros behind it. */
LSTATUS RegFetchValue(HKEY Key, LPCWSTR Name, REG_DATA_INFO **Info);

/* ---- reg_enum.c ---- */
/* Subkey or value number Index, or what the key is, from the heap. */
LSTATUS RegFetchKey(HKEY Key, DWORD Index, REG_NODE_INFO **Info);
LSTATUS RegFetchValueAt(HKEY Key, DWORD Index, REG_VALUE_INFO **Info);
LSTATUS RegFetchFull(HKEY Key, REG_FULL_INFO **Info);
/* Length characters and an end into a caller's buffer; ERROR_MORE_DATA: no room. *Size: of the
 * buffer, then without the end. */
LSTATUS RegGiveText(const WCHAR *Text, DWORD Length, LPWSTR Buffer, LPDWORD Size);
LSTATUS RegGiveTextAnsi(const WCHAR *Text, DWORD Length, LPSTR Buffer, LPDWORD Size);
/* Data into a caller's buffer, any part of which may be NULL. */
LSTATUS RegGiveData(const VOID *Data, DWORD Bytes, LPBYTE Buffer, LPDWORD Size);

/* ---- reg_ansi.c ---- */
BOOL RegIsText(DWORD Type); /* its data is text, which the A forms narrow */
/* From the heap; NULL for NULL, or with *Error set. */
WCHAR *RegWiden(LPCSTR Text, LSTATUS *Error);
/* Data of a text type in the other width, from the heap; *Bytes in and out. NULL: no memory. */
PVOID RegNarrowData(const VOID *Data, PDWORD Bytes);
PVOID RegWidenData(const VOID *Data, PDWORD Bytes);

static inline PVOID RegAllocate(SIZE_T Bytes)
{
    return HeapAlloc(ProcessHeap(), HEAP_ZERO_MEMORY, Bytes);
}

static inline VOID RegFree(PVOID Block)
{
    if (Block != NULL)
        HeapFree(ProcessHeap(), 0, Block);
}
