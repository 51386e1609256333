/* ps, private: the CID table, creation and exit, notification lists. */
#pragma once

#include "ps.h"

#define PSP_TAG 'ssPD'

extern POBJECT_TYPE PspProcessType, PspThreadType, PspJobType;

/* FALSE when the object is already being deleted. [doc: exported, undocumented] */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object);

/* A set call's parameter of at most eight bytes: STATUS_INFO_LENGTH_MISMATCH unless Length is
 * Expected. (threadinfo.c) */
NTSTATUS PspTakeValue(PVOID Information, ULONG Length, ULONG Expected, PULONG64 Value);

/* The time NT calls system time, in 100 ns units since 1601. */
LONGLONG PspSystemTime(VOID);

/* ---- cid.c: client IDs, multiples of four; an entry holds no reference ---- */
NTSTATUS PspInitCidTable(VOID);
NTSTATUS PspAllocateCid(PVOID Object, PHANDLE Id); /* STATUS_INSUFFICIENT_RESOURCES when full */
VOID PspFreeCid(HANDLE Id);
/* The object with this ID and type, referenced, or NULL. */
PVOID PspLookupCid(HANDLE Id, POBJECT_TYPE Type);

/* ---- process.c ---- */
VOID PspLinkThread(PEPROCESS Process, PETHREAD Thread);
/* The last thread is gone, or none ever ran: frees handles and memory, tells the routines, signals.
 * In the process. */
VOID PspExitProcess(PEPROCESS Process);
/* STATUS_PENDING becomes Status; later calls change nothing. */
VOID PspSetExitStatus(PEPROCESS Process, NTSTATUS Status);

/* STATUS_INVALID_PARAMETER: there is no such class. Threads keep their distance to the process's
 * priority. */
NTSTATUS PspSetPriorityClass(PEPROCESS Process, UCHAR Class);

NTSTATUS PspDuplicateString(PCUNICODE_STRING Source,
                            PUNICODE_STRING Copy); /* terminated; PSP_TAG */

/* The program's file name, for messages; not cut as ImageFileName is. */
UNICODE_STRING PspProgramName(PEPROCESS Process);

/* ---- start.c: the images a process starts with ---- */
VOID PspAnnounceStartImages(PEPROCESS Process); /* in its first thread */
VOID PspFreeStartImages(PEPROCESS Process);
/* terminal.c: the process ends: the host hears of it, if it owns its terminal, which loses a
 * reference. */
VOID PspLeaveTerminal(PEPROCESS Process);

/* ---- thread.c ---- */
/*
 * A thread that is not started yet. UserContext NULL: a system thread that runs Routine(Context).
 * One reference, which PspThreadReaped drops; the caller takes its own if it needs one.
 */
NTSTATUS PspCreateThread(PEPROCESS Process, PKSTART_ROUTINE Routine, PVOID Context,
                         PCONTEXT UserContext, PVOID Teb, PETHREAD *Thread);
VOID PspStartThread(PETHREAD Thread, BOOLEAN Suspended); /* tells the routines, makes it ready */
VOID PspAbandonThread(PETHREAD Thread);                  /* undoes PspCreateThread */
/* STATUS_ACCESS_DENIED for a system thread. Does not return when Thread is the current one. */
NTSTATUS PspTerminateThread(PETHREAD Thread, NTSTATUS ExitStatus);

/* ---- notify.c ---- */
VOID PspInitNotify(VOID);
VOID PspCallProcessCreate(PEPROCESS Process, PPS_CREATE_NOTIFY_INFO Info);
VOID PspCallProcessExit(PEPROCESS Process);
VOID PspCallThreadNotify(PETHREAD Thread, BOOLEAN Create);
VOID PspCallThreadStarted(PETHREAD Thread); /* routines that run in the new thread */
