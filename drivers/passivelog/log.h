/*
 * A log file for code that runs at DISPATCH_LEVEL: LogWrite queues a line at IRQL <= DISPATCH_LEVEL, a work item writes the lines
 * to the file at PASSIVE_LEVEL, in the order in which they were handed over. One log a driver.
 */
#pragma once

#include <ntifs.h>
#include "passivelog.h"

typedef struct _LOG {
    KSPIN_LOCK Lock;
    LIST_ENTRY Lines;      /* Lock: LOG_LINE, oldest first */
    BOOLEAN WriterQueued;  /* Lock: the work item is queued or running */
    BOOLEAN Closing;       /* Lock: no line is taken any more */
    PASSIVELOG_COUNTS Counts; /* Lock */
    KEVENT Idle;           /* signalled while no line waits and the writer has finished */
    PIO_WORKITEM Writer;   /* set once by LogOpen */
    HANDLE File;           /* set once by LogOpen; used by the writer alone until LogClose */
} LOG;

/* Opens \??\C:\Logs\passivelog.log for appending, making both as needed. PASSIVE_LEVEL. Nothing is left when it fails. */
NTSTATUS LogOpen(LOG *Log, PDEVICE_OBJECT Device);
/* Takes no more lines, writes those that wait, flushes and closes the file. PASSIVE_LEVEL. */
VOID LogClose(LOG *Log);
/*
 * Queues Bytes bytes at Text. IRQL <= DISPATCH_LEVEL; Text must be resident. STATUS_INSUFFICIENT_RESOURCES,
 * STATUS_INVALID_BUFFER_SIZE, STATUS_DELETE_PENDING while closing: then the line is counted as refused.
 */
NTSTATUS LogWrite(LOG *Log, const char *Text, ULONG Bytes);
/* Waits until every line queued so far is in the file, flushes, returns the counts. PASSIVE_LEVEL. */
NTSTATUS LogFlush(LOG *Log, PASSIVELOG_COUNTS *Counts);
