/* kernel32, private: what its sources share. */
#pragma once

#include "../nt.h"

/* ---- error.c ---- */
BOOL SetStatusError(NTSTATUS Status);             /* sets the last error; FALSE */
#define StatusToBool(Status) (NT_SUCCESS(Status) ? TRUE : SetStatusError(Status))

static inline VOID RemoveEntryList(PLIST_ENTRY Entry)
{
    Entry->Flink->Blink = Entry->Blink;
    Entry->Blink->Flink = Entry->Flink;
}

/* ---- control.c ---- */
VOID AttachConsoleControl(VOID); /* once, when the process starts */

/* ---- wait.c ---- */
/* Milliseconds to an NT time-out: NULL for INFINITE. */
PLARGE_INTEGER MakeTimeout(DWORD Milliseconds, PLARGE_INTEGER Timeout);
/* A status of a wait to what WaitForSingleObject returns. */
DWORD WaitResult(NTSTATUS Status);

typedef NTSTATUS(NTAPI *OPEN_SERVICE)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
/* A named object in \\BaseNamedObjects; NULL with the error set. */
HANDLE OpenNamed(OPEN_SERVICE Open, DWORD Access, BOOL Inherit, LPCWSTR Text);
HANDLE OpenNamedAnsi(OPEN_SERVICE Open, DWORD Access, BOOL Inherit, LPCSTR Text);

/* ---- file.c ---- */
/* The low bit of hEvent says: nothing to the completion port. [doc: GetQueuedCompletionStatus] */
#define OverlappedEvent(o) ((HANDLE)((ULONG_PTR)(o)->hEvent & ~(ULONG_PTR)1))
#define OverlappedContext(o) ((ULONG_PTR)(o)->hEvent & 1 ? NULL : (PVOID)(o))
/* The end of a request that is pending: its status. */
NTSTATUS WaitForFile(HANDLE File, PIO_STATUS_BLOCK IoStatus, NTSTATUS Status);
/* The APC of an NT service that calls the Win32 completion routine Context. */
VOID NTAPI CallCompletion(PVOID Context, PIO_STATUS_BLOCK IoStatus, ULONG Reserved);

/* ---- dir.c ---- */
/* Opens the file or directory of a Win32 name; Options: FILE_*, as NtOpenFile takes them. */
NTSTATUS OpenByName(const WCHAR *Name, ACCESS_MASK Access, ULONG Options, PHANDLE Handle);

/* ---- strings and paths ---- */
/* A heap copy in UTF-16, or NULL with ERROR_NOT_ENOUGH_MEMORY; NULL gives NULL. The caller frees it with FreeText. */
WCHAR *WideFromAnsi(const char *Text);
VOID FreeText(PVOID Text);
/* Ansi from wide into a caller's buffer, terminated. Returns characters without the end, or what it takes with it. */
DWORD AnsiFromWide(const WCHAR *Text, char *Buffer, DWORD Size);
SIZE_T WideLength(const WCHAR *Text);
/*
 * A Win32 name to an NT name (\??\..., \Device\...), on the heap. "NUL", "CON" and its kin, \\.\ and \\?\ as documented.
 * ERROR_PATH_NOT_FOUND, ERROR_FILENAME_EXCED_RANGE or ERROR_NOT_ENOUGH_MEMORY are set on failure.
 */
BOOL NtPathFromDos(const WCHAR *Name, PUNICODE_STRING NtName);
/* Attributes for a named or unnamed object in \BaseNamedObjects; FALSE when the name is bad. Free with FreeObjectName. */
BOOL MakeObjectName(POBJECT_ATTRIBUTES Attributes, PUNICODE_STRING Name, const WCHAR *Text,
                    const SECURITY_ATTRIBUTES *Security, ULONG Flags);
VOID FreeObjectName(PUNICODE_STRING Name);
