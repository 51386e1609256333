/*
 * sc: what its files share. Every command is SCCOMMAND(argc, argv): the words after the command's
 * own name; it returns the process's exit code, a Win32 error as on Windows.
 */
#pragma once

#include <windows.h>

#include <stdio.h>
#include <wchar.h>
#include <winsvc.h>

#define SC_TEXT_BYTES 8192 /* [doc QueryServiceConfigW] the most that a configuration takes */

typedef int SC_COMMAND(int Count, WCHAR **Words);
SC_COMMAND ScCreate, ScConfig, ScDescription, ScDelete;
SC_COMMAND ScStart, ScStop, ScControl, ScInterrogate;
SC_COMMAND ScQuery, ScQueryEx, ScQueryConfig, ScQueryDescription, ScDependents, ScDisplayName,
    ScKeyName;

/* ---- sc.c ---- */
/* "[SC] Routine FAILED 1060:", the system's text for it, blank lines as Windows has them; returns
 * Error. */
int ScFail(const char *Routine, DWORD Error);
int ScUsage(const char *Text);
/* The local machine's manager; NULL after telling why. */
SC_HANDLE ScOpenManager(DWORD Access);
/* A service; NULL after telling why, which *Error then has. The manager's handle is closed. */
SC_HANDLE ScOpenService(const WCHAR *Name, DWORD Access, int *Error);

/* ---- print.c ---- */
void ScPrintStatus(const WCHAR *Name, const WCHAR *DisplayName,
                   const SERVICE_STATUS_PROCESS *Status, BOOL Extended);
/* 1: "KERNEL_DRIVER"; "" for what is none of the documented ones. */
const char *ScTypeName(DWORD Type);
const char *ScStartName(DWORD Start);
const char *ScErrorControlName(DWORD Control);
