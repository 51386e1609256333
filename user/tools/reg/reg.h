/*
 * reg: what its files share. A command gets the words after its own name and returns the process's
 * exit code: 0, 1 when it failed, 2 when a comparison found differences. [doc: reg]
 */
#pragma once

#include <windows.h>

#include <stdio.h>
#include <wchar.h>

#define REG_FAILED 1
#define REG_DIFFERENT 2
#define REG_NAME_CHARACTERS 16384 /* of a value's name with its end; a key's is shorter */

typedef int REG_COMMAND(int Count, WCHAR **Words);
REG_COMMAND RegAdd, RegDelete, RegQuery, RegCopy, RegCompare, RegExport, RegImport, RegSave,
    RegLoad, RegUnload, RegRestore;

/* A key as a command line names it. */
typedef struct _REG_PATH {
    HKEY Root;
    WCHAR *Full; /* with the root's whole name, from the heap; it lives as long as reg does */
    const WCHAR *SubKey; /* in Full; empty: the root itself */
} REG_PATH;

typedef struct _REG_VALUE {
    WCHAR *Name; /* "": the unnamed one */
    DWORD Type, Bytes;
    BYTE *Data; /* with two characters' worth of zeros behind it */
} REG_VALUE;

/* ---- reg.c ---- */
/* "ERROR: ..." on standard error; returns REG_FAILED. */
int FailText(const char *Text);
/* The system's text for what a Reg routine returned. */
int Fail(LSTATUS Error);
/* "ERROR: Invalid syntax. Detail", then where help is; Detail may be NULL. */
int FailSyntax(const char *Detail);
int Succeed(void); /* "The operation completed successfully."; 0 */
/* FALSE: no such root; the caller returns FailKeyName(). */
BOOL ParsePath(const WCHAR *Text, REG_PATH *Path);
int FailKeyName(void);
LSTATUS OpenPath(const REG_PATH *Path, REGSAM Access, HKEY *Key);
/* Puts the question until the answer is one. */
BOOL Confirm(const WCHAR *Question);
BOOL IsOption(const WCHAR *Word, const WCHAR *Option); /* "/v", in any case, or with a '-' */
/* The word after an option, which must be there. */
BOOL TakeWord(int Count, WCHAR **Words, int *At, const WCHAR **Word);
/* The word after an option that need not be: what looks like an option is none. */
BOOL HasWord(int Count, WCHAR **Words, int At);
BOOL IsView(const WCHAR *Word); /* /reg:32 or /reg:64: there is one view */
void *Allocate(size_t Bytes);   /* zeros; ends reg when there is no memory */

/* ---- value.c ---- */
/* Value number Index, or of that name. The caller frees it with FreeValue when it got one. */
LSTATUS GetValueAt(HKEY Key, DWORD Index, REG_VALUE *Value);
LSTATUS GetValue(HKEY Key, const WCHAR *Name, REG_VALUE *Value);
void FreeValue(REG_VALUE *Value);
/* A subkey's name, from the heap; NULL: there are no more, or *Error says what else. */
WCHAR *GetSubKey(HKEY Key, DWORD Index, LSTATUS *Error);
const WCHAR *TypeName(DWORD Type);
BOOL ParseType(const WCHAR *Text, DWORD *Type);
/* The value's data as reg shows it, from the heap. */
WCHAR *ShowData(const REG_VALUE *Value, const WCHAR *Separator);
/* Data of that type from a command line's word; FALSE after an error message. */
BOOL ParseData(DWORD Type, const WCHAR *Text, const WCHAR *Separator, BYTE **Data, DWORD *Bytes);
