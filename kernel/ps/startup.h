/* ps, private: what a new process starts with, whoever asks for it. */
#pragma once

#include "psp.h"

#include "console.h"
#include "image.h"
#include "peb.h"

enum { PSP_STANDARD_INPUT, PSP_STANDARD_OUTPUT, PSP_STANDARD_ERROR, PSP_STANDARD_COUNT };

/* Values of RTL_USER_PROCESS_PARAMETERS.ConsoleHandle that are no handles. */
#define PSP_CONSOLE_DETACHED ((HANDLE)(LONG_PTR)-1)
#define PSP_CONSOLE_NEW ((HANDLE)(LONG_PTR)-2)
#define PSP_CONSOLE_NO_WINDOW ((HANDLE)(LONG_PTR)-3)

typedef struct _PSP_STARTUP {
    PEPROCESS Parent; /* what it inherits from, and its parent's ID; referenced by the caller */
    UNICODE_STRING ImagePath; /* NT path */
    UNICODE_STRING DosPath, CommandLine, CurrentDirectory, Title, Desktop, Shell, Runtime;
    PCWSTR Environment;
    SIZE_T EnvironmentBytes;
    ULONG WindowFlags, ShowWindowFlags, ConsoleFlags;
    struct _PSP_TERMINAL *Terminal; /* the process's own from now on, or NULL: the parent's */
    BOOLEAN Console;  /* on the one console there is */
    BOOLEAN NewGroup; /* a process group of its own: the target of Ctrl+Break */
    BOOLEAN InheritHandles;
    BOOLEAN
        DuplicateStandard; /* Standard are the parent's handles, of which the process gets copies */
    BOOLEAN OpenStandard;  /* fresh handles to the console instead of Standard */
    HANDLE Standard[PSP_STANDARD_COUNT];
    ULONG HandleCount; /* of List; InheritHandles: those only, if not 0 */
    HANDLE *List;
} PSP_STARTUP;

/* ---- params.c ---- */
/* The process environment block and the parameters, in the process. Raises when its memory cannot
 * be written. */
NTSTATUS PspCreatePeb(PEPROCESS Process, const PSP_IMAGE *Exe, const PSP_STARTUP *Startup);
/* A session's program: no parent's blocks to take from. The strings stay those of the arguments. */
VOID PspInitStartup(PSP_STARTUP *Startup, PCUNICODE_STRING ImagePath, PCUNICODE_STRING CommandLine);
/* Copies to pool what the current process says of a new one; PspFreeStartup in any case. */
NTSTATUS PspCaptureStartup(PSP_STARTUP *Startup, PPSP_PARAMETERS User);
VOID PspFreeStartup(PSP_STARTUP *Startup);

/* ---- terminal.c ---- */
typedef struct _PSP_TERMINAL PSP_TERMINAL;
/* The process gets the terminal, or a reference of its parent's; none if that has none. */
VOID PspGiveTerminal(PEPROCESS Process, PSP_TERMINAL *Terminal, PEPROCESS Parent);
HANDLE PspTerminalNumber(const PSP_TERMINAL *Terminal);
/* Copies what is there of a line, or waits for one. STATUS_CANCELLED: the thread is to end. */
NTSTATUS PspReadTerminal(PSP_TERMINAL *Terminal, PVOID Buffer, PULONG Bytes);
NTSTATUS
PspWaitForFlow(PSP_TERMINAL *Terminal); /* until a writer may write; STATUS_CANCELLED as above */
/* Makes the end of a line CR LF; there is room for a byte more. The bytes there are then. */
ULONG PspEndLine(PUCHAR Text, ULONG Bytes);

/* ---- control.c ---- */
/* As PspConsoleEvent for the processes on that terminal; they are terminated if Event is
 * CTRL_CLOSE_EVENT. */
VOID PspSignalTerminal(HANDLE Number, ULONG Event);
/* An event for the processes of the group, or for all on the console. STATUS_INVALID_PARAMETER:
 * there is no such group. */
NTSTATUS PspConsoleEvent(ULONG Event, HANDLE Group);
ULONG PspConsoleProcesses(PULONG Ids, ULONG Room); /* how many there are */

/* ---- start.c ---- */
/* As PsStartProgram; Terminal may be NULL. */
NTSTATUS PspStartOnTerminal(PCUNICODE_STRING Path, PCUNICODE_STRING CommandLine,
                            struct _PSP_TERMINAL *Terminal, PEPROCESS *Process);
/*
 * A process with its images, blocks and first thread, of which the drivers were told, and which
 * runs when PspStartThread is called. Both are referenced. What drivers refuse it with, or why it
 * could not be made.
 */
NTSTATUS PspCreateProgram(const PSP_STARTUP *Startup, PVOID Token, PEPROCESS *Process,
                          PETHREAD *Thread);
/* A process of which nothing has run ends. */
VOID PspAbandonProgram(PEPROCESS Process, PETHREAD Thread, NTSTATUS Status);
