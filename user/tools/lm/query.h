/* What lm and ps share: answers of NtQuerySystemInformation, and text for JSON. */
#pragma once

#include <windows.h>

#include <winternl.h>

#define QUERY_MODULES 11

typedef struct QUERY_MODULE { /* RTL_PROCESS_MODULE_INFORMATION */
    HANDLE Section;
    BYTE *MappedBase, *Base;
    ULONG Bytes, Flags;
    USHORT LoadOrder, InitOrder, LoadCount, FileName; /* FileName: offset in Path */
    CHAR Path[256];
} QUERY_MODULE;

typedef struct QUERY_MODULE_LIST { /* RTL_PROCESS_MODULES */
    ULONG Count;
    QUERY_MODULE Module[1];
} QUERY_MODULE_LIST;

/* The whole answer, to be given to free, and its length in *Bytes; NULL: it was refused with
 * *Status. */
void *QuerySystem(ULONG Class, ULONG *Bytes, NTSTATUS *Status);
/* "nt" for the kernel, else the file's name without what follows its last dot. */
void QueryModuleName(const QUERY_MODULE *Module, char *Name, size_t Limit);
/* The text in quotes, as JSON has it. */
void QueryPrintJson(const char *Text);
/* UTF-8. */
void QueryNarrow(const WCHAR *Text, int Length, char *To, size_t Limit);
